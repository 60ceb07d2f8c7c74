/** The command as it is published, in one file: every room that a command needs is found, and loaded only when it is. */
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect } from 'chai';
import { Program, REPOSITORY } from './child-process.js';
import { openClinic, PSID, type Clinic } from './doctor/clinic.js';

const LIMIT_MS = 120_000;

describe('the published command', function () {
  this.timeout(LIMIT_MS);
  let folder: string;
  let clinic: Clinic;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'published-'));
    const src = join(REPOSITORY, 'src');
    const names = await readdir(src, { recursive: true });
    const files = names.filter((name) => name.endsWith('.ts') && !/^(cli|simulator\/page)\//.test(name));
    const entryPoints = files.map((name) => join(src, name));
    await build({ entryPoints, outbase: src, outdir: join(folder, 'dist'), format: 'cjs' });
    await writeFile(join(folder, 'package.json'), '{"version":"1.2.3"}');
    const built = new Program('scripts/build-cli.mjs', [join(folder, 'dist', 'cli', 'index.js')], {}, []);
    expect(await built.ended, built.printed).to.equal(0);
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    clinic = await openClinic();
    await clinic.sim.customer(PSID).says('hi');
  });
  after(async () => {
    await clinic.close();
    await rm(folder, { recursive: true, force: true });
  });
  const run = async (...words: string[]): Promise<readonly [number | null, string]> => {
    const program = new Program(join(folder, 'dist', 'cli', 'index.js'), words, clinic.env, []);
    return [await program.ended, program.printed];
  };

  it('checks', async () => {
    const [code, printed] = await run('doctor', '--psid', PSID, '--live');
    expect([code, printed.includes('✔ Take control')], printed).to.deep.equal([0, true]);
  });

  it('passes a thread through a store of the user’s own, with Bot Framework', async () => {
    const source = `const { MemoryThreadStore } = require(${JSON.stringify(join(folder, 'dist', 'index.js'))});
module.exports.store = () => new MemoryThreadStore();`;
    await writeFile(join(folder, 'store.cjs'), source);
    const [code, printed] = await run('pass', PSID, '--store', join(folder, 'store.cjs'));
    expect([code, printed.includes('the bot is silent there')], printed).to.deep.equal([0, true]);
  });

  it('finds the Redis store', async () => {
    const [code, printed] = await run('threads', '--store', 'redis://127.0.0.1:1');
    expect([code, printed.includes('ECONNREFUSED')], printed).to.deep.equal([2, true]);
  });

  it('has help for every command, which names every exit code', async () => {
    for (const name of ['doctor', 'owner', 'pass', 'take', 'release', 'threads', 'forget', 'listen', 'simulate']) {
      const [code, printed] = await run('help', name);
      expect([code, printed.includes(`Usage: botbuilder-handover-vcclive ${name}`)]).to.deep.equal([0, true]);
      if (name !== 'listen') expect(printed).to.include('Exit codes: 0');
    }
  });
});
