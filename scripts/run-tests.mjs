/**
 * Runs the tests, several files at the same time.
 *
 *     npm test                                    all of them
 *     npm test -- test/store test/crash/crash.test.ts     folders and files, and nothing else
 *     npm test -- test/store --grep ticket        what follows them goes to mocha
 *
 * One file runs alone in one process. TEST_JOBS sets how many files run at the same time. Default: one more than there
 * are cores, because many tests wait for processes and leases.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const TEST_FILE = /\.test\.ts$/;

/** The files that take longest, the longest first. Begun last, one of them would run alone at the end. */
export const LONGEST_FIRST = [
  'test/package/packed-package.test.ts',
  'test/integration/inbox-processes.test.ts',
  'test/integration/paused-process.test.ts',
  'test/readme/examples-run.test.ts',
  'test/store/bot-storage-store.test.ts',
  'test/chaos/chaos.test.ts',
  'test/store/redis-cluster-failover.test.ts',
  'test/integration/two-processes.test.ts',
  'test/browser/story.test.ts',
  'test/integration/many-processes.test.ts',
  'test/integration/sqlite-processes.test.ts',
  'test/integration/sample-restarts.test.ts',
  'test/readme/examples.test.ts',
  'test/readme/site.test.ts',
  'test/integration/timers.test.ts',
  'test/simulator/stage-scenarios.test.ts',
  'test/store/redis-cluster.test.ts',
  'test/store/redis-store.test.ts',
  'test/integration/redis-cluster-failover.test.ts',
  'test/crash/crash.test.ts',
  'test/crash/sqlite-crash.test.ts',
  'test/cli/simulate.test.ts',
  'test/cli/doctor/doctor.test.ts',
  'test/comparison/comparison.test.ts',
  'test/expressions/linear.test.ts',
  'test/simulator/testing-your-bot.test.ts',
  'test/run/run-tests.test.ts',
];

/** A question that these arguments cannot answer. */
class WrongArguments extends Error {}

/**
 * What mocha is started with.
 * @param given the arguments after `npm test --`
 * @throws {WrongArguments} when an argument names no test
 */
export function mochaArguments(given, jobs = availableParallelism() + 1) {
  const firstOption = given.findIndex((argument) => argument.startsWith('-'));
  const named = firstOption === -1 ? given : given.slice(0, firstOption);
  const options = firstOption === -1 ? [] : given.slice(firstOption);
  const late = options.find((option) => TEST_FILE.test(option));
  if (late !== undefined) throw new WrongArguments(`Name "${late}" before the options of mocha.`);
  const files = longestFirst(named.length === 0 ? filesIn(join(repository, 'test')) : named.flatMap(filesOf));
  const together = Math.min(jobs, files.length);
  return [...files, '--exit', ...(together > 1 ? ['--parallel', '--jobs', String(together)] : []), ...options];
}

function filesOf(name) {
  const path = resolve(name);
  if (!existsSync(path)) throw new WrongArguments(`There is no file or folder "${name}".`);
  const files = statSync(path).isDirectory() ? filesIn(path) : [path];
  if (!files.some((file) => TEST_FILE.test(file))) {
    throw new WrongArguments(`"${name}" has no tests. A file of tests ends in ".test.ts".`);
  }
  return files;
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => TEST_FILE.test(file))
    .sort()
    .map((file) => join(folder, file));
}

function longestFirst(files) {
  const place = (file) => {
    const found = LONGEST_FIRST.indexOf(relative(repository, file).replaceAll('\\', '/'));
    return found === -1 ? LONGEST_FIRST.length : found;
  };
  return [...new Set(files)].sort((a, b) => place(a) - place(b));
}

function main() {
  const jobs = process.env.TEST_JOBS === undefined ? undefined : Number(process.env.TEST_JOBS);
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0)) {
    throw new WrongArguments(`TEST_JOBS is "${process.env.TEST_JOBS}". Set it to a whole number above 0.`);
  }
  const mocha = join(repository, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const config = ['--config', join(repository, '.mocharc.json')];
  const args = [mocha, ...config, ...mochaArguments(process.argv.slice(2), jobs)];
  return spawnSync(process.execPath, args, { cwd: repository, stdio: 'inherit' }).status ?? 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    process.exitCode = main();
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
