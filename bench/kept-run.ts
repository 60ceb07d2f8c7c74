/**
 * Keeps what a run has measured, and draws it: `npm run bench` writes results/bench.json, `npm run bench -- --plot` draws
 * that file without a new run.
 *
 * The numbers behind the drawing are in docs/generate/bench-run.json, so that a test can compare drawing and numbers.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type as osType } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Bar, BarChart } from '../docs/generate/charts.js';
import { barChartSvg } from '../docs/generate/charts.js';
import { CORES, PINNED } from './pinned-process.js';
import type { Table } from './report.js';
import type { Extent } from './rounds.js';

/** A whole run, as it is kept. */
export interface KeptRun {
  /** ISO 8601. */
  readonly at: string;
  readonly machine: string;
  readonly node: string;
  /** Whether server and load had a core each. */
  readonly pinned: boolean;
  readonly rounds: number;
  readonly webhooks: number;
  /** Only the measures that compare sides. */
  readonly measures: readonly { readonly name: string; readonly figures: NonNullable<Table['figures']> }[];
}

const ROOT = resolve(__dirname, '..');
const LAST_RUN = resolve(ROOT, 'results', 'bench.json');
/** The run that docs/performance.md shows. */
export const SHOWN_RUN = resolve(ROOT, 'docs', 'generate', 'bench-run.json');
export const DRAWING = resolve(ROOT, 'docs', 'images', 'bench.svg');
const PANELS = ['CPU for each event, µs', 'p99 latency, ms'];
const US_PER_S = 1e6;
const EVENTS = 10_000;

/** Writes a run into results/bench.json. */
export function keepRun(tables: readonly (readonly [string, Table])[], { rounds, webhooks }: Extent, at: Date): string {
  const run: KeptRun = {
    at: at.toISOString(),
    machine: `${osType()} ${release()}, ${cpus()[0]?.model ?? 'unknown processor'}, ${CORES} cores`,
    node: process.version,
    pinned: PINNED,
    rounds,
    webhooks,
    measures: tables.flatMap(([name, { figures }]) => (figures === undefined ? [] : [{ name, figures }])),
  };
  mkdirSync(dirname(LAST_RUN), { recursive: true });
  writeFileSync(LAST_RUN, jsonOf(run));
  return LAST_RUN;
}

/** Draws the last run into docs/images, and puts its numbers beside the generators. @throws if no run has been kept */
export function plotLastRun(): string {
  const run = lastRun();
  writeFileSync(SHOWN_RUN, jsonOf(run));
  writeFileSync(DRAWING, barChartSvg(chartOf(run)));
  return DRAWING;
}

/** What is drawn of a run. A side without a latency, such as a client, is left out. */
export function chartOf({ measures, ...run }: KeptRun): BarChart {
  const groups = measures.flatMap(({ name, figures }) => {
    const bars = figures.flatMap(({ side, cpuPer10k, p99Ms }): Bar[] =>
      // JSON has null for what is no number.
      !Number.isFinite(p99Ms)
        ? []
        : [{ name: side, values: [(cpuPer10k / EVENTS) * US_PER_S, p99Ms], look: lookOf(side) }],
    );
    return bars.length === 0 ? [] : [{ name, bars }];
  });
  const cores = run.pinned ? 'a core each for server and load' : 'server and load share the cores: rough figures';
  return {
    description: `CPU for each event and p99 latency of ${groups.length} comparisons, side by side. The tables in docs/performance.md have the same kinds of figures.`,
    panels: PANELS,
    groups,
    footer: `${run.at.slice(0, 10)}, Node ${run.node}, medians of ${run.rounds} rounds of up to ${run.webhooks} webhooks, ${cores}.`,
  };
}

function lookOf(side: string): Bar['look'] {
  if (side.startsWith('bare')) return 'limit';
  return side.startsWith('stock') || side === 'botkit' ? 'other' : 'ours';
}

function lastRun(): KeptRun {
  if (!existsSync(LAST_RUN)) throw new Error('No run of the benchmark has been kept here. Run: npm run bench');
  return JSON.parse(readFileSync(LAST_RUN, 'utf8')) as KeptRun;
}

function jsonOf(run: KeptRun): string {
  return `${JSON.stringify(run, null, 2)}\n`;
}
