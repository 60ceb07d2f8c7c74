/** What `npm test` runs: the files that it is given and no others, or all, several at the same time. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const REPOSITORY = resolve(__dirname, '..', '..');
const SCRIPT = join(REPOSITORY, 'scripts', 'run-tests.mjs');
const LIMIT_MS = 60_000;
/** As `npm test`, without the variables that mocha sets for the files that it runs. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(MOCHA|TEST_JOBS|NODE_V8)/.test(name)),
);

interface Ended {
  readonly code: number;
  readonly printed: string;
}

describe('npm test', function () {
  this.timeout(LIMIT_MS);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'run-tests-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (name: string, body: string): Promise<void> =>
    writeFile(join(folder, name), `describe(${JSON.stringify(name)}, () => { ${body} });`);
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    promisify(execFile)(process.execPath, [SCRIPT, ...args], { cwd: REPOSITORY, env: { ...ENV, ...env } }).then(
      ({ stdout, stderr }) => ({ code: 0, printed: stdout + stderr }),
      (failed: unknown) => {
        const { code, stdout, stderr } = failed as {
          readonly code: number;
          readonly stdout: string;
          readonly stderr: string;
        };
        return { code, printed: stdout + stderr };
      },
    );
  const passes = "it('passes', () => undefined);";

  it('with a file runs that file only', async () => {
    await write('one.test.ts', passes);
    await write('two.test.ts', "it('fails', () => { throw new Error('two'); });");
    const { code, printed } = await run([join(folder, 'one.test.ts')]);
    expect(code, printed).to.equal(0);
    expect(printed).to.include('1 passing').and.include('one.test.ts').and.not.include('two');
  });

  it('with a folder runs its files at the same time, and hands on what follows to mocha', async () => {
    const file = (own: string, other: string): string => `
      const { existsSync, writeFileSync } = require('node:fs');
      it('meets the other file', async () => {
        writeFileSync(${JSON.stringify(join(folder, own))}, '');
        while (!existsSync(${JSON.stringify(join(folder, other))})) await new Promise((resolve) => setTimeout(resolve, 5));
      });
      it('left out', () => { throw new Error('left out'); });`;
    await write('a.test.ts', file('a', 'b'));
    await write('b.test.ts', file('b', 'a'));
    const { code, printed } = await run([folder, '--grep', 'meets'], { TEST_JOBS: '2' });
    expect(code, printed).to.equal(0);
    expect(printed).to.include('2 passing');
  });

  it('counts what failed and what was skipped, and fails', async () => {
    await write('a.test.ts', `${passes} it.skip('is skipped', () => undefined);`);
    await write('b.test.ts', "it('fails', () => { throw new Error('b'); });");
    const { code, printed } = await run([folder]);
    expect(code).to.equal(1);
    for (const count of ['1 passing', '1 pending', '1 failing']) expect(printed).to.include(`  ${count}`);
  });

  for (const [jobs, whose] of [
    ['1', 'one of 2 files'],
    ['2', 'a.test.ts'],
  ] as const) {
    it(`refuses a test that stands alone by "only", with ${jobs} at the same time`, async () => {
      await write('a.test.ts', "it.only('alone', () => undefined);");
      await write('b.test.ts', passes);
      const { code, printed } = await run([folder], { TEST_JOBS: jobs });
      expect(code).to.not.equal(0);
      expect(printed).to.match(/`\.only` (is )?(forbidden|not supported)/);
    });

    it(`ends, and fails a file that leaves a server open, with ${jobs} at the same time`, async () => {
      await write('a.test.ts', "it('leaves', () => require('node:http').createServer().listen(0, '127.0.0.1'));");
      await write('b.test.ts', passes);
      const { code, printed } = await run([folder], { TEST_JOBS: jobs, CLOSES_WITHIN_MS: '200' });
      expect(code).to.equal(1);
      expect(printed).to.include(`${whose} has ended, and leaves open: 1 × TCPServerWrap`);
    });
  }

  it('with nothing to run is an error that names what was asked for', async () => {
    const nothing = relative(process.cwd(), join(folder, 'nothing.test.ts'));
    expect(await run([nothing])).to.deep.equal({ code: 1, printed: `There is no file or folder "${nothing}".\n` });
    expect((await run([folder])).printed).to.match(/has no tests\. A file of tests ends in "\.test\.ts"/);
    expect((await run(['--grep', 'x', nothing])).printed).to.match(/Name ".*" before the options of mocha/);
    expect((await run([], { TEST_JOBS: 'many' })).printed).to.match(/TEST_JOBS is "many"\. Set it to a whole number/);
  });

  it('without arguments runs every file of tests, those that take longest first', async () => {
    const { LONGEST_FIRST, mochaArguments } = (await import(SCRIPT)) as {
      readonly LONGEST_FIRST: readonly string[];
      readonly mochaArguments: (given: readonly string[], jobs?: number) => readonly string[];
    };
    const args = mochaArguments([], 2);
    const files = args.filter((each) => each.endsWith('.test.ts')).map((each) => relative(REPOSITORY, each));
    expect(files).to.include('test/run/run-tests.test.ts').and.have.length.above(200);
    expect(new Set(files).size).to.equal(files.length);
    expect(files.slice(0, LONGEST_FIRST.length)).to.deep.equal(LONGEST_FIRST);
    expect(args.slice(files.length)).to.deep.equal(['--exit', '--parallel', '--jobs', '2']);
  });
});
