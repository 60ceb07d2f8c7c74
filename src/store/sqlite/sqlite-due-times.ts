/** Deadlines in an SQLite file. */
import type { ThreadKey } from '../../thread/key.js';
import { threadId, threadOf } from '../../thread/key.js';
import type { DueTime } from '../../thread/store.js';
import type { SqliteSession } from './sqlite-session.js';
import { textIn } from './sqlite-session.js';

/** One for each bot. Every method is as the one of `ThreadStore`, and runs inside the caller's transaction. */
export class SqliteDueTimes {
  readonly #botKey: string;
  readonly #now: () => number;

  constructor(botKey: string, now: () => number) {
    this.#botKey = botKey;
    this.#now = now;
  }

  schedule(session: SqliteSession, { thread, name, atMs }: DueTime): void {
    session.run(
      `INSERT OR REPLACE INTO handover_deadlines (bot, thread, name, at_ms, hidden_until_ms)
       VALUES (@bot, @thread, @name, @atMs, 0)`,
      { bot: this.#botKey, thread: threadId(thread), name, atMs },
    );
  }

  unschedule(session: SqliteSession, thread: ThreadKey, name: string): void {
    session.run('DELETE FROM handover_deadlines WHERE bot = @bot AND thread = @thread AND name = @name', {
      bot: this.#botKey,
      thread: threadId(thread),
      name,
    });
  }

  /** Whether {@link take} would find any. Needs no transaction. */
  hasDue(session: SqliteSession, nowMs: number): boolean {
    return session.get(`SELECT 1 AS found ${DUE} LIMIT 1`, this.#dueParams(nowMs)) !== undefined;
  }

  take(session: SqliteSession, nowMs: number, limit: number, leaseMs: number): DueTime[] {
    const rows = session.all(
      `UPDATE handover_deadlines SET hidden_until_ms = @hiddenUntilMs
       WHERE bot = @bot AND (thread, name) IN (SELECT thread, name ${DUE} ORDER BY at_ms LIMIT @limit)
       RETURNING thread, name, at_ms`,
      { ...this.#dueParams(nowMs), limit: Math.max(0, limit), hiddenUntilMs: this.#now() + leaseMs },
    );
    return rows
      .flatMap((row) => {
        const thread = threadOf(textIn(row, 'thread'));
        return thread === undefined ? [] : [{ thread, name: textIn(row, 'name'), atMs: Number(row['at_ms']) }];
      })
      .sort((a, b) => a.atMs - b.atMs);
  }

  #dueParams(nowMs: number): { readonly bot: string; readonly nowMs: number; readonly storeNowMs: number } {
    return { bot: this.#botKey, nowMs, storeNowMs: this.#now() };
  }
}

const DUE = 'FROM handover_deadlines WHERE bot = @bot AND at_ms <= @nowMs AND hidden_until_ms <= @storeNowMs';
