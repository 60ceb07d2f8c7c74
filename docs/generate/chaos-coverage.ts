/**
 * Draws what a chaos run has tried together into docs/images/chaos.svg: `npm run test:chaos -- --plot`.
 *
 * A run of `npm run test:chaos` writes results/chaos.json. The numbers behind the drawing are kept beside this file, so that a
 * test can compare drawing and numbers.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FINDING, type KeptCoverage } from '../../test/chaos/coverage.js';
import type { HeatMap } from './charts.js';
import { heatMapSvg } from './charts.js';

const LAST_RUN = resolve(__dirname, '..', '..', 'results', 'chaos.json');
/** The run that docs/proof.md shows. */
export const SHOWN_RUN = resolve(__dirname, 'chaos-run.json');
export const DRAWING = resolve(__dirname, '..', 'images', 'chaos.svg');

/** What is drawn of a run: doings by doings, and doings by what was counted. */
export function heatMapOf({ together, counted, ...run }: KeptCoverage): HeatMap {
  const doings = Object.keys(together).sort();
  const things = [...new Set(Object.values(counted).flatMap((row) => Object.keys(row)))];
  const columns = [...things.filter((name) => name !== FINDING).sort(), FINDING];
  return {
    description: `In how many of ${run.schedules} random schedules two actions met, and what the judge counted in schedules with an action. No action has a finding if the last column has only zeros.`,
    rows: doings,
    columns: [...doings, ...columns],
    gapsBefore: [doings.length],
    headings: ['Schedules in which two actions met', 'What happened in them'],
    count: (row, column) => {
      const doing = doings[row] ?? '';
      if (column >= doings.length) return counted[doing]?.[columns[column - doings.length] ?? ''] ?? 0;
      // The other half says the same.
      return column > row ? undefined : (together[doing]?.[doings[column] ?? ''] ?? 0);
    },
    footer: `${run.at.slice(0, 10)}, Node ${run.node}, ${run.schedules} schedules from seed ${run.firstSeed}. The diagonal: schedules that have the action.`,
  };
}

function main(): void {
  if (!existsSync(LAST_RUN)) {
    console.error('No chaos run has been kept here. Run: npm run test:chaos');
    process.exitCode = 1;
    return;
  }
  const run = JSON.parse(readFileSync(LAST_RUN, 'utf8')) as KeptCoverage;
  writeFileSync(SHOWN_RUN, `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(DRAWING, heatMapSvg(heatMapOf(run)));
  console.log(`Drawn: ${DRAWING}`);
}

if (require.main === module) main();
