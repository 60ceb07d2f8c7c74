/**
 * What random schedules have tried together: how often each doing was in one schedule with each other one, and with each
 * thing that the judge counts. `npm run test:chaos -- --plot` draws it.
 */
import type { Verdict } from './judge.js';
import type { Act, Schedule } from './schedule.js';

/** What is kept of a run. */
export interface KeptCoverage {
  /** ISO 8601. */
  readonly at: string;
  readonly node: string;
  readonly firstSeed: number;
  readonly schedules: number;
  /** Schedules by two doings; a doing with itself: the schedules that have it. */
  readonly together: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Schedules by a doing and by what the judge counted. `FINDING`: what must not be. */
  readonly counted: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What the judge calls wrong. */
export const FINDING = 'a finding';

type Counts = Record<string, Record<string, number>>;

/** Adds schedules up. */
export class Coverage {
  readonly #together: Counts = {};
  readonly #counted: Counts = {};

  /** Adds one schedule and what came of it. */
  add(schedule: Schedule, { findings, counts }: Verdict): void {
    const doings = [...new Set(schedule.moves.map(({ act }) => doingOf(act)))];
    const came = Object.entries(counts).flatMap(([name, times]) => (times > 0 ? [name] : []));
    for (const doing of doings) {
      for (const other of doings) count(this.#together, doing, other);
      for (const name of findings.length > 0 ? [...came, FINDING] : came) count(this.#counted, doing, name);
    }
  }

  /** What has been added up, for a file. */
  kept(run: Pick<KeptCoverage, 'at' | 'node' | 'firstSeed' | 'schedules'>): KeptCoverage {
    return { ...run, together: this.#together, counted: this.#counted };
  }
}

/** A doing's name: `agent hands back`. What goes wrong with a Graph call has the name of the fault. */
function doingOf(act: Act): string {
  return act.do === 'graphFails' ? `Graph: ${words(act.fault)}` : words(act.do);
}

function words(name: string): string {
  return name.replace(/[A-Z]|\d+/g, (part) => ` ${part.toLowerCase()}`).trim();
}

function count(counts: Counts, one: string, other: string): void {
  const row = (counts[one] ??= {});
  row[other] = (row[other] ?? 0) + 1;
}
