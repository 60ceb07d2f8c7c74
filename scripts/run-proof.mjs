/**
 * The long forms of the tests that prove what is promised: `npm run test:chaos`, `test:crash`, `fuzz`.
 *
 * What is set in the environment goes before the numbers here: CHAOS_SCHEDULES=300 npm run test:chaos
 * A chaos run is kept in results/chaos.json; `npm run test:chaos -- --plot` draws the kept run and plays nothing.
 */
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PROOFS = {
  chaos: {
    files: ['test/chaos/chaos.test.ts'],
    size: { CHAOS_SCHEDULES: '10000', CHAOS_RESULT: resolve(repository, 'results', 'chaos.json') },
    plot: 'docs/generate/chaos-coverage.ts',
  },
  crash: {
    files: ['test/crash/crash.test.ts', 'test/crash/sqlite-crash.test.ts'],
    size: { CRASH_CONVERSATIONS: '1000' },
  },
  fuzz: { files: ['test/fuzz/fuzz.test.ts'], size: { FUZZ_BODIES: '100000' } },
};

const proof = PROOFS[process.argv[2]];
if (proof === undefined) {
  console.error(`Which one: ${Object.keys(PROOFS).join(', ')}?`);
  process.exit(1);
}
if (process.argv.includes('--plot')) {
  if (proof.plot === undefined) {
    console.error('Only the chaos run can be drawn: npm run test:chaos -- --plot');
    process.exit(1);
  }
  const plotted = spawnSync(process.execPath, ['--import', 'tsx', proof.plot], { cwd: repository, stdio: 'inherit' });
  process.exit(plotted.status ?? 1);
}
const mocha = resolve(repository, 'node_modules', 'mocha', 'bin', 'mocha.js');
const args = [
  '--no-config',
  '--require',
  'tsx/cjs',
  '--extension',
  'ts',
  '--forbid-only',
  '--timeout',
  '30000',
  ...proof.files,
];
const ran = spawnSync(process.execPath, [mocha, ...args], {
  cwd: repository,
  stdio: 'inherit',
  env: { ...proof.size, ...process.env },
});
process.exit(ran.status ?? 1);
