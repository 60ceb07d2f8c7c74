/**
 * Removes from an SQLite file what is over, a little at a time.
 *
 * It goes through each table, again and again. An index by time would be written with every event.
 */
import type { SqliteParams } from './sqlite-driver.js';
import type { SqliteSession } from './sqlite-session.js';
import { textIn } from './sqlite-session.js';

const BETWEEN_SWEEPS_MS = 1_000;
/** Of each table, so that a sweep takes less than a millisecond. */
const ROWS_AT_ONCE = 500;

/** A process that was paused finds its slot for so long after its lease. */
const TICKETS_KEPT_MS = 24 * 60 * 60 * 1000;

/** Each table's primary key, and which of its rows are over. */
const TABLES = {
  handover_threads: { columns: ['bot', 'thread'], over: 'expires_ms <= @nowMs' },
  handover_set_aside: { columns: ['bot', 'label'], over: 'expires_ms <= @nowMs' },
  handover_finished: { columns: ['bot', 'event'], over: 'expires_ms <= @nowMs' },
  handover_tickets: { columns: ['bot', 'thread', 'event'], over: `until_ms <= @nowMs - ${TICKETS_KEPT_MS}` },
} as const;

/** One for each store of a process. */
export class SqliteSweep {
  readonly #now: () => number;
  #lastMs = 0;
  /** The last row of each table that a sweep has looked at, by its key. */
  readonly #reached = new Map<string, SqliteParams>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Inside the caller's transaction. Does nothing if the last sweep was a moment ago. */
  dropExpired(session: SqliteSession): void {
    const nowMs = this.#now();
    if (nowMs >= this.#lastMs && nowMs < this.#lastMs + BETWEEN_SWEEPS_MS) return;
    this.#lastMs = nowMs;
    for (const [table, { columns, over }] of Object.entries(TABLES)) this.#dropFrom(session, table, columns, over);
  }

  #dropFrom(session: SqliteSession, table: string, columns: readonly string[], over: string): void {
    const key = `(${columns.join(', ')})`;
    const from = this.#reached.get(table) ?? Object.fromEntries(columns.map((column) => [column, '']));
    const fromKey = `(${columns.map((column) => `@${column}`).join(', ')})`;
    const last = session.get(
      `SELECT ${columns.join(', ')} FROM ${table} WHERE ${key} > ${fromKey} ORDER BY ${columns.join(', ')}
       LIMIT 1 OFFSET ${ROWS_AT_ONCE - 1}`,
      from,
    );
    const isWithin = last === undefined ? '' : `AND ${key} <= (${columns.map((column) => `@to_${column}`).join(', ')})`;
    const to = last === undefined ? {} : Object.fromEntries(columns.map((name) => [`to_${name}`, textIn(last, name)]));
    session.run(`DELETE FROM ${table} WHERE ${key} > ${fromKey} ${isWithin} AND ${over}`, {
      ...from,
      ...to,
      nowMs: this.#now(),
    });
    if (last === undefined) this.#reached.delete(table);
    else this.#reached.set(table, Object.fromEntries(columns.map((name) => [name, textIn(last, name)])));
  }
}
