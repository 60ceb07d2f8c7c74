/**
 * `init` writes a bot of each kind, and each is a program that answers a customer and hands over.
 *
 * The bots are those of README.md, docs/adapters.md, docs/agents-sdk.md, docs/botkit.md and docs/azure-bot-service.md.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { runCommandLine } from '../../src/cli/command-line.js';
import { AzureChannel } from '../../src/simulator/azure/azure-channel.js';
import { compile } from '../readme/compile-examples.js';
import { Programs } from '../readme/run-program.js';

const COMPILING_LIMIT_MS = 120_000;
const PROGRAM_LIMIT_MS = 60_000;
const PSID = '6600112233445566';
const KINDS = ['none', 'facebook', 'stock', 'botkit', 'azure', 'agents'] as const;
const LANGUAGES = ['javascript', 'typescript'] as const;

interface Typed {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

describe('init', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'init-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** @param answer what the user answers; `undefined`: there is no user */
  const type = async (words: readonly string[], answer?: string, env = {}): Promise<Typed & { asked: string }> => {
    let [said, complained, asked] = ['', '', ''];
    const code = await runCommandLine(['init', ...words], {
      say: (text) => (said += text),
      complain: (text) => (complained += text),
      stopped: () => Promise.resolve(),
      folder,
      env,
      ask: (question) => {
        asked = question;
        return Promise.resolve(answer);
      },
    });
    return { code, said, complained, asked };
  };
  const file = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

  it('asks what the bot is, and writes its code, what to configure, and what comes next', async () => {
    const { code, said, asked } = await type([], '1');
    expect(code).to.equal(0);
    expect(asked).to.match(/^What is your bot\?\n {2}1 {2}no framework/);
    expect(await file('handover-bot.mjs'))
      .to.include('new MessengerBot({')
      .and.not.include('!,');
    expect(await file('.env.example'))
      .to.match(/^FACEBOOK_APP_ID=$/m)
      .and.match(/^VCC_LIVE_APP_ID=$/m);
    expect(said).to.include('npm install botbuilder-handover-vcclive').and.include('docs/set-up.md');
    expect(said).to.include('node --env-file=.env handover-bot.mjs');
  });

  it('suggests what the dependencies show, and takes it with --yes', async () => {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { botbuilder: '4', botkit: '4' } }));
    expect((await type([], '')).said).to.include('Written: handover-bot.mjs, Botkit.');
    await writeFile(join(folder, 'tsconfig.json'), '{}');
    expect((await type(['--yes'])).said).to.include('Written: handover-bot.ts, Botkit.');
  });

  it('overwrites nothing', async () => {
    await writeFile(join(folder, 'handover-bot.mjs'), 'mine');
    const { code, complained } = await type(['--bot', 'none']);
    expect([code, complained]).to.deep.equal([
      2,
      'handover-bot.mjs exists, and init overwrites nothing. Give another name with --file.\n',
    ]);
    expect(await readdir(folder)).to.deep.equal(['handover-bot.mjs']);
    expect(await file('handover-bot.mjs')).to.equal('mine');
  });

  it('keeps a .env.example, and names what is not in it', async () => {
    await writeFile(join(folder, '.env.example'), 'FACEBOOK_APP_ID=\nFACEBOOK_APP_SECRET=\n');
    const { said } = await type(['--bot', 'none', '--file', 'bot.mjs']);
    expect(said)
      .to.include('Kept: .env.example.')
      .and.include('FACEBOOK_PAGE_ACCESS_TOKEN, FACEBOOK_VERIFY_TOKEN, VCC_LIVE');
    expect(await file('.env.example')).to.equal('FACEBOOK_APP_ID=\nFACEBOOK_APP_SECRET=\n');
  });

  it('ends with 2 and writes nothing if nobody says what the bot is', async () => {
    const noUser = await type([]);
    expect(noUser.code).to.equal(2);
    expect(noUser.complained).to.include('--bot: none, facebook, stock, botkit, azure, agents');
    expect((await type([], '7')).complained).to.include('a number from 1 to 6');
    expect((await type(['--bot', 'viber'])).complained).to.include('Allowed choices are none, facebook');
    expect((await type(['--bot', 'none', '--file', 'no/such/folder/bot.mjs'])).complained).to.include('(ENOENT)');
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('has doctor check the settings if they are there', async () => {
    const env = {
      FACEBOOK_APP_ID: '1',
      FACEBOOK_APP_SECRET: 'a secret',
      FACEBOOK_PAGE_ACCESS_TOKEN: 'a-token',
      GRAPH_BASE_URL: 'http://127.0.0.1:9',
    };
    const { said, complained } = await type(['--bot', 'none'], undefined, env);
    expect(said + complained)
      .to.match(/Graph|Meta/)
      .and.not.include('a secret');
    expect((await type(['--bot', 'none', '--no-doctor', '--file', 'b.mjs'], undefined, env)).said).not.to.include(
      '127.0.0.1',
    );
  });

  it('writes JavaScript without a type', async () => {
    for (const kind of KINDS) {
      await type(['--bot', kind, '--language', 'javascript', '--file', `${kind}.mjs`]);
      expect((await transform(await file(`${kind}.mjs`), { loader: 'js' })).warnings, kind).to.deep.equal([]);
    }
  });

  it('writes TypeScript that compiles as strictly as the package itself', async () => {
    const sources = new Map<string, string>();
    for (const kind of KINDS) {
      await type(['--bot', kind, '--language', 'typescript', '--file', `${kind}.ts`]);
      sources.set(kind, `${await file(`${kind}.ts`)}\nexport {};`);
    }
    expect(compile(sources)).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  describe('writes a bot that', () => {
    let programs: Programs;
    before(async function () {
      this.timeout(COMPILING_LIMIT_MS);
      folder = await mkdtemp(join(tmpdir(), 'init-'));
      await mkdir(folder, { recursive: true });
      const sources = new Map<string, string>();
      for (const kind of KINDS) {
        for (const language of LANGUAGES) {
          const name = `${kind}-${language}`;
          await type(['--bot', kind, '--language', language, '--file', name]);
          sources.set(name, await file(name));
        }
      }
      programs = await Programs.from(sources);
    });
    after(() => programs.remove());

    for (const kind of KINDS) {
      for (const language of LANGUAGES) {
        it(`answers and hands over: ${kind}, in ${language}`, async () => {
          const { simulator, bot, url, end } = await programs.start(`${kind}-${language}`);
          const channel = kind === 'azure' ? await AzureChannel.open(simulator) : undefined;
          try {
            channel?.connect(url);
            const customer = simulator.customer(PSID);
            await customer.says('Hello');
            await customer.expects.answer(/^You said: Hello$/);
            await customer.says('talk to agent');
            await customer.expects.answer(/agent/);
            await simulator.expects.owner(PSID, 'vccLive');
          } catch (error) {
            throw new Error(`${String(error)}\nThe program printed:\n${bot.printed}`, { cause: error });
          } finally {
            await channel?.close();
            await end();
          }
        }).timeout(PROGRAM_LIMIT_MS);
      }
    }
  });
});
