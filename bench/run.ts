/**
 * `npm run bench`: the package, the stock adapter and the bare limit, side by side on this machine.
 *
 * `--quick` takes few rounds and short ones; `--rounds 6`, `--webhooks 20000` change the extent; `--only echo` runs the
 * measures whose name has that word. The run is kept in results/bench.json; `--plot` draws the kept run and measures
 * nothing. docs/performance.md says how to read it.
 */
import { parseArgs } from 'node:util';
import { keepRun, plotLastRun } from './kept-run.js';
import { MEASURES } from './measures.js';
import { PinnedProcess } from './pinned-process.js';
import { buildPrograms } from './programs.js';
import type { Table } from './report.js';
import { printHead, printTable, printVerdict } from './report.js';

const ROUNDS = 5;
const WEBHOOKS = 10_000;
const QUICK_ROUNDS = 2;
const QUICK_WEBHOOKS = 600;

void main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      webhooks: { type: 'string' },
      only: { type: 'string', default: '' },
      plot: { type: 'boolean', default: false },
    },
  });
  if (values.plot) {
    console.log(`Drawn: ${plotLastRun()}`);
    return;
  }
  const rounds = positive('rounds', values.rounds, values.quick ? QUICK_ROUNDS : ROUNDS);
  const webhooks = positive('webhooks', values.webhooks, values.quick ? QUICK_WEBHOOKS : WEBHOOKS);
  const chosen = MEASURES.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
  if (chosen.length === 0) {
    throw new Error(`No measure has "${values.only}" in its name: ${MEASURES.map(({ name }) => name).join(' · ')}`);
  }

  const program = await buildPrograms();
  const load = await PinnedProcess.start('load', program('load'));
  const graph = await PinnedProcess.start('load', program('graph'));
  try {
    const graphOrigin = `http://127.0.0.1:${await graph.ask<number>('port')}`;
    printHead(`${rounds} rounds of up to ${webhooks} webhooks`);
    const tables: [string, Table][] = [];
    for (const { name, run } of chosen) {
      const table = await run({ program, load, graph, graphOrigin }, { rounds, webhooks });
      printTable(name, table);
      tables.push([name, table]);
    }
    printVerdict(tables);
    console.log(`\nKept: ${keepRun(tables, { rounds, webhooks }, new Date())}. "npm run bench -- --plot" draws it.`);
  } finally {
    await load.end();
    await graph.end();
  }
}

function positive(option: string, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} has to be a whole number above 0, not "${given ?? ''}".`);
}
