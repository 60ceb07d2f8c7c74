/** `.ci/run` with a pretend npm: its last line, its exit code, and what it takes for a failure. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const SCRIPT = resolve(__dirname, '..', '..', '.ci', 'run');
const LIMIT_MS = 60_000;

/** What the pretend npm does, by its arguments. All others end well and print nothing. */
type Npm = Readonly<Record<string, string>>;

describe('.ci/run', function () {
  this.timeout(LIMIT_MS);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ci-run-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function run(npm: Npm, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; lines: string[] }> {
    const cases = Object.entries({ test: 'echo "  12 passing (3s)"', ...npm });
    const script = cases.map(([words, commands]) => `"${words}") ${commands} ;;`).join('\n');
    await writeFile(join(folder, 'npm'), `#!/usr/bin/env bash\ncase "$*" in\n${script}\nesac\n`);
    await chmod(join(folder, 'npm'), 0o755);
    // No program is looked for, and none is installed.
    const programs = { CHROMIUM_PATH: 'none', REDIS_SERVER_PATH: 'none', PROMETHEUS_PATH: 'none' };
    const path = `${folder}${delimiter}${process.env['PATH'] ?? ''}`;
    const ended = promisify(execFile)(SCRIPT, [], { env: { ...process.env, ...programs, ...env, PATH: path } });
    const [code, printed] = await ended.then(
      ({ stdout }) => [0, stdout] as const,
      (failed: unknown) => {
        const { code, stdout } = failed as { readonly code: number; readonly stdout: string };
        return [code, stdout] as const;
      },
    );
    return { code, lines: printed.trimEnd().split('\n') };
  }

  for (const [how, summary] of [
    ['plain', '  4102 passing (5m)'],
    ['in colours', '\\033[92m \\033[0m\\033[32m 4102 passing\\033[0m\\033[90m (5m)\\033[0m'],
  ] as const) {
    it(`ends with what mocha has counted, printed ${how}`, async () => {
      const { code, lines } = await run({ test: `printf "${summary}\\n"` });
      expect(code, lines.join('\n')).to.equal(0);
      expect(lines.at(-1)).to.equal('4102 passed, 0 failed');
    });
  }

  it('runs what does not depend on each other at the same time, and prints each in one piece', async () => {
    const meet = (own: string, other: string): string =>
      `echo ${own}; touch "${folder}/${own}"; until [ -e "${folder}/${other}" ]; do sleep 0.01; done; echo ${own}`;
    const { code, lines } = await run({ 'run types': meet('types', 'lint'), 'run lint': meet('lint', 'types') });
    expect(code, lines.join('\n')).to.equal(0);
    for (const name of ['types', 'lint'])
      expect(lines.join('\n')).to.include(`== ${name}\n${name}\n${name}\n== ${name}: `);
  });

  const looks = ['build', 'types', 'lint', 'unused', 'format:check', 'architecture', 'api', 'package'];
  for (const step of ['ci', ...looks.map((name) => `run ${name}`)]) {
    it(`ends with the exit code of "npm ${step}", and without the tests`, async () => {
      const { code, lines } = await run({ [step]: 'exit 7' });
      expect(code).to.equal(7);
      expect(lines).to.not.include('== tests');
      expect(lines.at(-1)).to.equal('0 passed, 1 failed');
    });
  }

  for (const step of ['start -- --demo', 'run executed-files', 'run bench -- --quick']) {
    it(`fails if "npm ${step}" fails after the tests`, async () => {
      const { code, lines } = await run({ [step]: 'exit 7' });
      expect(code).to.equal(7);
      expect(lines.at(-1)).to.equal('12 passed, 1 failed');
    });
  }

  it('fails as the tests do', async () => {
    const { code, lines } = await run({ test: 'printf "  12 passing (3s)\\n  2 failing\\n"; exit 2' });
    expect(code).to.equal(2);
    expect(lines.at(-1)).to.equal('12 passed, 2 failed');
  });

  it('fails if no test ran, or one was skipped', async () => {
    const nothing = await run({ test: 'echo "  0 passing (3ms)"' });
    expect(nothing.code).to.equal(1);
    expect(nothing.lines).to.include('No test ran.');
    const skipped = await run({ test: 'printf "  12 passing (3s)\\n  1 pending\\n"' });
    expect(skipped.code).to.equal(1);
    expect(skipped.lines).to.include('1 tests were skipped.');
    expect(skipped.lines.at(-1)).to.equal('12 passed, 1 failed');
  });

  it('ends tests that hang', async () => {
    const { code, lines } = await run({ test: 'sleep 60' }, { TESTS_LIMIT_S: '1' });
    expect(code).to.equal(124);
    expect(lines).to.include('The tests did not end within 1 s.');
  });
});
