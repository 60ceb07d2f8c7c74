/** Prints what was measured: a table for each measure, and at the end which targets were met. */
import { cpus, release, type as osType } from 'node:os';
import { CORES, PINNED } from './pinned-process.js';
import type { Rounds, Sample } from './rounds.js';
import { median } from './rounds.js';

/** One figure that has a target, or is worth one line. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly shown: (value: number) => string;
  /** At most this. */
  readonly must?: number;
  readonly aim?: number;
  /** The value of each round; empty if there is one only. */
  readonly rounds: readonly number[];
  readonly note?: string;
}

/** What a measure found. */
export interface Table {
  readonly figures?: readonly {
    readonly side: string;
    readonly cpuPer10k: number;
    readonly eventsPerSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
  }[];
  readonly rows: readonly Row[];
  /** Why there is nothing, or not everything. */
  readonly missing?: string;
}

export const times = (value: number): string => value.toFixed(2);
export const percent = (value: number): string => `${value > 0 ? '+' : ''}${(value * 100).toFixed(0)} %`;
export const plain = (value: number): string =>
  Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);

/** The middle of what was measured of each side. */
export function figuresOf(rounds: Rounds): NonNullable<Table['figures']> {
  return [...rounds].map(([side, samples]) => {
    const middle = (figure: (sample: Sample) => number): number => median(samples.map(figure));
    return {
      side,
      cpuPer10k: middle(({ cpuPer10k }) => cpuPer10k),
      eventsPerSecond: middle(({ eventsPerSecond }) => eventsPerSecond),
      p50Ms: middle(({ p50Ms }) => p50Ms),
      p99Ms: middle(({ p99Ms }) => p99Ms),
    };
  });
}

/** The machine, and what is measured how. */
export function printHead(extent: string): void {
  print(
    `Node ${process.version}, ${osType()} ${release()}, ${cpus()[0]?.model ?? 'unknown processor'}, ${CORES} cores`,
  );
  print(PINNED ? 'Server and load have a core each.' : 'Server and load share the cores: the figures are rough.');
  print(`${extent}. CPU: seconds of the server process for 10,000 events. Ratios: the median of paired rounds.`);
}

export function printTable(name: string, { figures, rows, missing }: Table): void {
  print(`\n== ${name}`);
  if (missing !== undefined) print(`   ${missing}`);
  if (figures) {
    print(`   ${''.padEnd(16)}${['CPU s', 'events/s', 'p50 ms', 'p99 ms'].map((head) => head.padStart(10)).join('')}`);
    for (const { side, cpuPer10k, eventsPerSecond, p50Ms, p99Ms } of figures) {
      const columns = [times(cpuPer10k), eventsPerSecond.toFixed(0), latency(p50Ms), latency(p99Ms)];
      print(`   ${side.padEnd(16)}${columns.map((column) => column.padStart(10)).join('')}`);
    }
  }
  for (const row of rows) print(`   ${lineOf(row)}`);
}

/** Which targets were met. Nothing fails on one: a quarter more or less is noise on a shared machine. */
export function printVerdict(tables: readonly (readonly [string, Table])[]): void {
  print('\n== targets');
  for (const [name, { rows }] of tables) {
    for (const row of rows) {
      if (row.must === undefined || row.aim === undefined) continue;
      print(`   ${verdictOf(row, row.must, row.aim).padEnd(8)}${name}: ${row.what} ${row.shown(row.value)}`);
    }
  }
}

function lineOf({ what, value, shown, must, aim, rounds, note }: Row): string {
  const targets = must === undefined || aim === undefined ? '' : ` (must ${shown(must)}, aim ${shown(aim)})`;
  const each = rounds.length === 0 ? '' : `  rounds: ${rounds.map(shown).join(' ')}`;
  return `${what}: ${shown(value)}${targets}${each}${note === undefined ? '' : `  [${note}]`}`;
}

function verdictOf({ value }: Row, must: number, aim: number): string {
  if (value <= aim) return 'aim';
  return value <= must ? 'must' : 'MISSED';
}

function latency(ms: number): string {
  return Number.isNaN(ms) ? '-' : ms.toFixed(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
