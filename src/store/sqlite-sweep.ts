/** Removes from an SQLite file what is over, a little at a time. */
import type { SqliteSession } from './sqlite-session.js';

const BETWEEN_SWEEPS_MS = 1_000;
/** Of each table, so that a sweep takes a millisecond or two. More than a process finishes in that time. */
const MAX_ROWS = 1_000;

/** The tables with a column `expires_ms`, and their primary keys. */
const TABLES: readonly (readonly [string, string])[] = [
  ['handover_threads', 'bot, thread'],
  ['handover_set_aside', 'bot, label'],
  ['handover_finished', 'bot, thread, event'],
];

/** One for each store of a process. */
export class SqliteSweep {
  readonly #now: () => number;
  #lastMs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Inside the caller's transaction. Does nothing if the last sweep was a moment ago. */
  dropExpired(session: SqliteSession): void {
    const nowMs = this.#now();
    if (nowMs >= this.#lastMs && nowMs < this.#lastMs + BETWEEN_SWEEPS_MS) return;
    this.#lastMs = nowMs;
    for (const [table, key] of TABLES) {
      session.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE expires_ms <= @nowMs LIMIT ${MAX_ROWS})`,
        { nowMs },
      );
    }
  }
}
