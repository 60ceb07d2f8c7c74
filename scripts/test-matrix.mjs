/**
 * Tries the package on other versions of Node, npm, TypeScript and the peers, and writes docs/versions.md.
 *
 *     npm run test:matrix                          every cell, the cheapest first
 *     npm run test:matrix -- --only node,redis     some axes
 *     npm run test:matrix -- --only node@22        one cell
 *     npm run test:matrix -- --list                what there is, and what is done
 *     npm run test:matrix -- --again               cells that passed on these sources as well
 *
 * A run that was stopped goes on where it was: a cell that passed on the same sources is not run again. One cell runs at a
 * time, in a copy of the repository in the folder for temporary files. Every command in it has a time limit. For Linux and macOS.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AXES } from './matrix/axes.mjs';
import { withTables } from './matrix/page.mjs';
import { runCell, sourceFiles } from './matrix/run-cell.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = join(repository, 'docs', 'versions.md');
const RESULTS = join(repository, 'docs', 'generate', 'versions.json');
/** What a cell's outcome depends on. */
const SOURCE = /^(src|test|samples)\/|^scripts\/(?!test-matrix)[^/]+$|^(package|package-lock|tsconfig[^/]*)\.json$/;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main() {
  const cells = chosen(values.only);
  if (cells.length === 0) {
    const names = AXES.map(({ name, versions }) => `${name} (${versions.join(', ')})`).join(', ');
    console.error(`No cell is called "${values.only}". There are ${names}. Name one version so: node@22`);
    return 1;
  }
  const sources = hashOfSources();
  let failed = 0;
  for (const { axis, version } of cells) {
    const before = readResults()[axis.name]?.[version];
    const isDone = before?.sources === sources && hasPassed(axis, version, before.steps);
    if (values.list || (isDone && !values.again)) {
      console.log(`${axis.name}@${version}: ${isDone ? `passed on these sources (${before.exact})` : 'to do'}`);
      continue;
    }
    console.log(`${axis.name}@${version} …`);
    const date = new Date().toISOString().slice(0, 10);
    const { steps, log } = await runCell(axis, version, (found) => write(axis, version, { ...found, date, sources }));
    for (const { name, passed, note, seconds } of steps) {
      console.log(`  ${passed ? 'passed' : 'FAILED'}  ${name}${note === '' ? '' : `: ${note}`} (${seconds} s)`);
    }
    if (steps.some(({ passed }) => !passed)) {
      failed += 1;
      console.log(`  The output is in ${relative(repository, log)}.`);
    }
  }
  if (failed > 0) console.error(`${failed} of ${cells.length} cells failed.`);
  return failed > 0 ? 1 : 0;
}

function chosen(only) {
  const wanted = only.split(',').filter((each) => each !== '');
  const all = AXES.flatMap((axis) => axis.versions.map((version) => ({ axis, version })));
  if (wanted.length === 0) return all;
  return all.filter(({ axis, version }) => wanted.includes(axis.name) || wanted.includes(`${axis.name}@${version}`));
}

function hasPassed(axis, version, steps) {
  return axis.steps
    .filter(({ except }) => except?.includes(version) !== true)
    .every(({ name }) => steps.some((step) => step.name === name && step.passed));
}

/** After each step, so that a run that is stopped loses one. */
function write(axis, version, result) {
  const results = readResults();
  results[axis.name] = { ...results[axis.name], [version]: result };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), AXES, results));
}

function readResults() {
  return JSON.parse(readFileSync(RESULTS, 'utf8'));
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const file of sourceFiles().filter((each) => SOURCE.test(each))) {
    hash.update(file).update(readFileSync(join(repository, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
