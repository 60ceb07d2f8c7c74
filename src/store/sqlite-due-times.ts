/** Deadlines in an SQLite file. */
import type { ThreadKey } from '../thread/key.js';
import { threadId, threadOf } from '../thread/key.js';
import type { DueTime } from '../thread/store.js';
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
    const rows = session.all(`SELECT thread, name, at_ms ${DUE} ORDER BY at_ms LIMIT @limit`, {
      ...this.#dueParams(nowMs),
      limit: Math.max(0, limit),
    });
    const hiddenUntilMs = this.#now() + leaseMs;
    return rows.flatMap((row) => {
      const [id, name] = [textIn(row, 'thread'), textIn(row, 'name')];
      session.run(
        `UPDATE handover_deadlines SET hidden_until_ms = @hiddenUntilMs
         WHERE bot = @bot AND thread = @thread AND name = @name`,
        { bot: this.#botKey, thread: id, name, hiddenUntilMs },
      );
      const thread = threadOf(id);
      return thread === undefined ? [] : [{ thread, name, atMs: Number(row['at_ms']) }];
    });
  }

  #dueParams(nowMs: number): { readonly bot: string; readonly nowMs: number; readonly storeNowMs: number } {
    return { bot: this.#botKey, nowMs, storeNowMs: this.#now() };
  }
}

const DUE = 'FROM handover_deadlines WHERE bot = @bot AND at_ms <= @nowMs AND hidden_until_ms <= @storeNowMs';
