/** `simulate` as a process: against nothing, against the sample bot, and as it is published. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { build } from 'esbuild';
import { expect } from 'chai';
import { bundled } from '../run/bundled.js';
import { Program, REPOSITORY } from './child-process.js';
import { freePort } from '../kit/listening.js';

const LIMIT_MS = 120_000;
const COMMAND = bundled('src/cli/index.ts');
const SAMPLE = bundled('samples/talk-to-agent/index.ts');
const AZURE_SAMPLE = bundled('samples/azure-bot/index.ts');

describe('npx botbuilder-handover-vcclive simulate', function () {
  this.timeout(LIMIT_MS);
  const running: Program[] = [];
  const start = (...how: ConstructorParameters<typeof Program>): Program => {
    const program = new Program(...how);
    running.push(program);
    return program;
  };
  let data = '';
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'sample-data-'));
  });
  afterEach(async () => {
    for (const program of running.splice(0)) await program.end('SIGKILL');
    await rm(data, { recursive: true, force: true });
  });
  /** What the bot is told that was printed for a .env file, and where it keeps its data. */
  const sampleEnv = (pasted: string, port: number): NodeJS.ProcessEnv => ({
    ...parseEnv(pasted),
    PORT: String(port),
    BOT_DATA: data,
  });

  it('waits for a bot that is not there, drives it when it comes, and says when it goes', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api/messages`;
    const platform = start(COMMAND, ['simulate', '--port', '0', '--bot', url, '--log']);
    await platform.prints(new RegExp(`No server listens at ${url}\\. Start your bot .* Trying again`));

    // What was printed for a .env file is all that the bot is told.
    const [, pasted = ''] = await platform.prints(/In a \.env file:\n([\s\S]*?)\n\n/);
    const bot = start(SAMPLE, [], sampleEnv(pasted, port));
    await platform.prints(new RegExp(`The bot answers at ${url}\\.\n`));

    const [, origin = ''] = await platform.prints(/Page in the browser +(http:\S+)\//);
    const { psid } = await act(origin, { act: 'newCustomer' });
    await act(origin, { act: 'customerSays', psid, text: 'talk to agent' });
    await platform.prints(/POST \/v26\.0\/me\/messages 200\n[\s\S]*POST \/v26\.0\/me\/pass_thread_control 200\n/);
    await platform.prints(
      new RegExp(`owner +111222333444555/${String(psid)}: 24012345678901237 → 27012345678901239 \\(pass\\)`),
    );

    const checked = start(COMMAND, ['doctor', '--url', url], parseEnv(pasted));
    expect(await checked.ended, checked.printed).to.equal(0);
    expect(platform.printed, 'doctor has its token, and asks one question without').not.to.include('without a token');

    await bot.end('SIGKILL');
    const before = platform.printed.length;
    await act(origin, { act: 'customerSays', psid, text: 'hello?' });
    await platform.prints(/No server listens/, before);

    expect(await platform.end('SIGINT')).to.equal(0);
    expect(await act(origin, { act: 'newCustomer' }).catch(String)).to.equal('TypeError: fetch failed');
  });

  it('says that the bot has another secret', async () => {
    const port = await freePort();
    const platform = start(COMMAND, ['simulate', '--port', '0', '--bot', `http://127.0.0.1:${port}/api/messages`]);
    const [, pasted = ''] = await platform.prints(/In a \.env file:\n([\s\S]*?)\n\n/);
    const env = { ...sampleEnv(pasted, port), FACEBOOK_APP_SECRET: 'that-of-yesterday' };
    start(SAMPLE, [], env);
    await platform.prints(/answers 401: it does not accept the signature\. Is FACEBOOK_APP_SECRET the one above\?/);
    expect(await platform.end('SIGTERM')).to.equal(0);
  });

  it('plays Azure Bot Service for a bot that takes activities, and says so when it is asked without --azure', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api/messages`;
    const platform = start(COMMAND, ['simulate', '--azure', '--port', '0', '--bot', url, '--log']);
    const [, pasted = ''] = await platform.prints(/In a \.env file:\n([\s\S]*?)\n\n/);
    start(AZURE_SAMPLE, [], sampleEnv(pasted, port));
    await platform.prints(new RegExp(`The bot answers at ${url}\\.\n`));

    const [, origin = ''] = await platform.prints(/Page in the browser +(http:\S+)\//);
    const { psid } = await act(origin, { act: 'newCustomer' });
    await act(origin, { act: 'customerSays', psid, text: 'talk to agent' });
    await platform.prints(/POST \/v26\.0\/me\/messages 200\n[\s\S]*POST \/v26\.0\/me\/pass_thread_control 200\n/);
    expect(await platform.end('SIGINT')).to.equal(0);

    const other = start(COMMAND, ['simulate', '--port', '0', '--bot', url]);
    await other.prints(/takes activities of Azure Bot Service, not Meta's webhooks\. Run this command with --azure/);
    expect(await other.end('SIGINT')).to.equal(0);
  });

  it('plays a recording at the bot that starts meanwhile, says what differs, and ends with 1', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api/messages`;
    const recording = ['--replay', 'test/fixtures/recordings/our-adapter.jsonl', '--replay-wait', '1000'];
    const platform = start(COMMAND, ['simulate', '--port', '0', '--bot', url, ...recording]);
    const [, pasted = ''] = await platform.prints(/In a \.env file:\n([\s\S]*?)\n\n/);
    start(SAMPLE, [], sampleEnv(pasted, port));
    await platform.prints(
      /This bot differs in \d+ places:\n {2}line \d+, body: POST messages has .* at message\.quick_replies/,
    );
    expect(await platform.ended).to.equal(1);
  });

  it('ends with 2 for a recording that is not there, or beside Azure Bot Service', async () => {
    const missing = start(COMMAND, ['simulate', '--port', '0', '--replay', 'nowhere.jsonl']);
    expect(await missing.ended).to.equal(2);
    expect(missing.printed).to.include('nowhere.jsonl cannot be read (ENOENT)');
    const azure = start(COMMAND, ['simulate', '--azure', '--port', '0', '--replay', 'nowhere.jsonl']);
    expect(await azure.ended).to.equal(2);
    expect(azure.printed).to.include('together with --azure');
  });

  it('ends with 2 for several bots behind one Azure Bot Service', async () => {
    const several = ['--bot', 'http://127.0.0.1:1/a', '--bot', 'http://127.0.0.1:1/b'];
    const platform = start(COMMAND, ['simulate', '--azure', '--port', '0', ...several]);
    expect(await platform.ended).to.equal(2);
    expect(platform.printed).to.include('one address, together with --azure');
  });

  it('ends with 2 for what it does not understand', async () => {
    expect(await start(COMMAND, ['simulate', '--port', 'x']).ended).to.equal(2);
  });

  describe('as it is published', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'published-command-'));
      const sources = ['thread', 'webhook', 'recording', 'simulator'].map((room) => join(REPOSITORY, 'src', room));
      const files = (await Promise.all(sources.map((source) => filesIn(source)))).flat();
      await build({
        entryPoints: files,
        outbase: join(REPOSITORY, 'src'),
        outdir: join(folder, 'dist'),
        format: 'cjs',
      });
      await writeFile(join(folder, 'package.json'), '{"version":"1.2.3"}');
      const built = new Program('scripts/build-cli.mjs', [join(folder, 'dist', 'cli', 'index.js')], {}, []);
      expect(await built.ended, built.printed).to.equal(0);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it('needs no package beside its own', async () => {
      const command = join(folder, 'dist', 'cli', 'index.js');
      const version = start(command, ['--version'], {}, []);
      expect([await version.ended, version.printed]).to.deep.equal([0, '1.2.3\n']);
      const bot = `http://127.0.0.1:${await freePort()}/api/messages`;
      const platform = start(command, ['simulate', '--port', '0', '--bot', bot, '--tls'], {}, []);
      const [, certificate = ''] = await platform.prints(/export NODE_EXTRA_CA_CERTS='(\S+)'/);
      expect(await readdir(join(certificate, '..'))).to.deep.equal(['certificate.pem']);
      await platform.prints(/export GRAPH_BASE_URL='https:/);
      await platform.prints(/Trying again/);
      expect(await platform.end('SIGTERM')).to.equal(0);
      const left = await readdir(join(certificate, '..')).catch(() => 'nothing');
      expect(left, 'the certificate is removed').to.equal('nothing');
    });
  });
});

/** Does what the page does. */
async function act(origin: string, command: object): Promise<{ readonly psid?: string }> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${origin}/stage/act`, { method: 'POST', headers, body: JSON.stringify(command) });
  expect(response.status, await response.clone().text()).to.equal(200);
  return (await response.json()) as { readonly psid?: string };
}

async function filesIn(room: string): Promise<string[]> {
  const names = await readdir(room, { recursive: true });
  return names.filter((name) => name.endsWith('.ts') && !name.startsWith('page')).map((name) => join(room, name));
}
