/** The example of docs/testing-your-bot.md is a test that passes, and one that can fail: with the bot broken it does. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compile } from '../readme/compile-examples.js';
import { paper, REPOSITORY } from '../readme/readme-examples.js';
import { freePort } from '../kit/listening.js';

const RUN_LIMIT_MS = 40_000;
const EXAMPLE = /<!-- example: ([\w.-]+) -->\s*```\w+\n([\s\S]*?)```/g;
const PAGE = paper('docs/testing-your-bot.md');
const MOCHA = join(REPOSITORY, 'node_modules', 'mocha', 'bin', 'mocha.js');

describe('docs/testing-your-bot.md', function () {
  this.timeout(RUN_LIMIT_MS);
  let folder: string;
  const files = new Map([...PAGE.matchAll(EXAMPLE)].map(([, name = '', code = '']) => [name, code]));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'testing-your-bot-'));
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const settings = { extends: join(REPOSITORY, 'tsconfig.json'), include: ['*.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('has a bot, and a test of it that passes', async () => {
    // The third is run by test/readme/examples.test.ts.
    expect([...files.keys()]).to.deep.equal(['bot.mjs', 'bot.test.ts', 'test-with-simulator']);
    expect(await outcome((code) => code))
      .to.include('2 passing')
      .and.not.include('failing');
  });

  it('has a test that notices a bot which answers twice, and one which talks over the agent', async () => {
    expect(await outcome((code) => code.replace('|| seen.has(message.mid)', ''))).to.include('1 failing');
    const said = await outcome((code) =>
      code
        .replace('{ messaging = [] } of entry', '{ messaging, standby } of entry')
        .replace('item of messaging', 'item of messaging ?? standby'),
    );
    expect(said).to.include('Expected no refused sends').and.include('"You said: My parcel is late." ((#10)');
  });

  it('compiles as strictly as the package itself', () => {
    expect(compile(new Map([['bot.test', files.get('bot.test.ts') ?? '']]))).to.deep.equal([]);
  });

  /** What mocha says about the example, with this change to its bot. */
  async function outcome(change: (bot: string) => string): Promise<string> {
    const bot = files.get('bot.mjs') ?? '';
    await writeFile(join(folder, 'bot.mjs'), change(bot));
    await writeFile(join(folder, 'bot.test.ts'), files.get('bot.test.ts') ?? '');
    const args = [MOCHA, '--no-config', '-r', 'tsx/cjs', '--extension', 'ts', '--timeout', '15000', 'bot.test.ts'];
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'), PORT: String(await freePort()) };
    return promisify(execFile)(process.execPath, args, { cwd: folder, env }).then(
      ({ stdout }) => stdout,
      (failed: unknown) => (failed as { readonly stdout: string }).stdout,
    );
  }
});
