/** Records of threads in an SQLite file, and the open handovers among them. */
import type { ThreadKey } from '../../thread/key.js';
import { threadId, threadOf } from '../../thread/key.js';
import type { SetAsideRecord, StoredRecord, ThreadChange, ThreadStoreBot } from '../../thread/store.js';
import { labelOfId } from '../../thread/thread-label.js';
import type { SqliteRow, SqliteSession } from './sqlite-session.js';
import { textIn } from './sqlite-session.js';
import { bodyIn, setAsideLine } from '../unreadable-record.js';

/** What {@link SqliteRecords} needs. */
export interface SqliteRecordsDeps {
  /** What the rows of one bot have in the column `bot`. */
  readonly botKey: string;
  /** Absent: every body can be read, and nothing is logged. */
  readonly bot: ThreadStoreBot | undefined;
  readonly recordTtlMs: number;
  readonly now: () => number;
}

/** A change that was made, in a transaction that may still fail. */
export interface Changed<T> {
  readonly value: T;
  /** A record that could not be read was set aside: says so. To be called when the transaction is over. */
  readonly tell: (() => void) | undefined;
}

/** The columns of a record, for statements of others. */
export const RECORD_COLUMNS = 'record.open_id, record.forgettable, record.body';

/** One for each bot. Every method runs inside the caller's transaction. */
export class SqliteRecords {
  readonly #deps: SqliteRecordsDeps;

  constructor(deps: SqliteRecordsDeps) {
    this.#deps = deps;
  }

  read(session: SqliteSession, thread: ThreadKey): StoredRecord | undefined {
    const found = this.recordIn(this.#row(session, threadId(thread)));
    return typeof found === 'string' ? undefined : found;
  }

  /** @param read the record's row, if the caller has read it in this transaction */
  change<T>(
    session: SqliteSession,
    thread: ThreadKey,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
    read?: { readonly row: SqliteRow | undefined },
  ): Changed<T> {
    const id = threadId(thread);
    const row = read ? read.row : this.#row(session, id);
    const found = this.recordIn(row);
    const tell = typeof found === 'string' ? this.#setAside(session, id, row, found) : undefined;
    const { record, value } = change(typeof found === 'string' ? undefined : found);
    if (record !== undefined) this.#write(session, id, record);
    return { value, tell };
  }

  find(session: SqliteSession, handoverId: string): ThreadKey | undefined {
    const row = session.get(
      'SELECT thread FROM handover_threads WHERE bot = @bot AND open_id = @handoverId AND expires_ms > @nowMs',
      { ...this.#now, handoverId },
    );
    return row && threadOf(textIn(row, 'thread'));
  }

  listOpen(session: SqliteSession, limit: number): ThreadKey[] {
    const rows = session.all(
      `SELECT thread FROM handover_threads
       WHERE bot = @bot AND open_id IS NOT NULL AND expires_ms > @nowMs LIMIT @limit`,
      { ...this.#now, limit: Math.max(0, limit) },
    );
    return rows.flatMap((row) => threadOf(textIn(row, 'thread')) ?? []);
  }

  listSetAside(session: SqliteSession, limit: number): SetAsideRecord[] {
    const rows = session.all(
      `SELECT label, thread, at_ms FROM handover_set_aside
       WHERE bot = @bot AND expires_ms > @nowMs ORDER BY at_ms DESC LIMIT @limit`,
      { ...this.#now, limit: Math.max(0, limit) },
    );
    return rows.flatMap((row) => {
      const thread = threadOf(textIn(row, 'thread'));
      return thread ? [{ thread, atMs: Number(row['at_ms']), where: placeOf(textIn(row, 'label')) }] : [];
    });
  }

  /** The record, its deadlines, what was set aside, and tickets that nobody left. */
  forget(session: SqliteSession, thread: ThreadKey): void {
    const id = threadId(thread);
    for (const table of ['handover_threads', 'handover_deadlines', 'handover_set_aside']) {
      session.run(`DELETE FROM ${table} WHERE bot = @bot AND thread = @thread`, { bot: this.#deps.botKey, thread: id });
    }
    session.run('DELETE FROM handover_tickets WHERE bot = @bot AND thread = @thread AND until_ms <= @nowMs', {
      ...this.#now,
      thread: id,
    });
  }

  /** The record of a row with the {@link RECORD_COLUMNS}; a text says why it cannot be read. */
  recordIn(row: SqliteRow | undefined): StoredRecord | string | undefined {
    // A row without a body is that of a join that found no record.
    if (row === undefined || row['body'] === null) return undefined;
    const read = bodyIn(textIn(row, 'body'), this.#deps.bot?.faultOf);
    if (typeof read === 'string') return read;
    const forgettable = row['forgettable'] === 1;
    const openHandoverId = row['open_id'];
    return typeof openHandoverId === 'string' ? { openHandoverId, forgettable, ...read } : { forgettable, ...read };
  }

  #row(session: SqliteSession, thread: string): SqliteRow | undefined {
    return session.get(
      `SELECT ${RECORD_COLUMNS} FROM handover_threads AS record
       WHERE bot = @bot AND thread = @thread AND expires_ms > @nowMs`,
      { ...this.#now, thread },
    );
  }

  #write(session: SqliteSession, thread: string, { openHandoverId, forgettable, body }: StoredRecord): void {
    session.run(
      `INSERT INTO handover_threads (bot, thread, open_id, forgettable, expires_ms, body)
       VALUES (@bot, @thread, @openId, @forgettable, @expiresMs, @body)
       ON CONFLICT (bot, thread) DO UPDATE SET open_id = excluded.open_id, forgettable = excluded.forgettable,
         expires_ms = excluded.expires_ms, body = excluded.body`,
      {
        bot: this.#deps.botKey,
        thread,
        openId: openHandoverId ?? null,
        forgettable: forgettable ? 1 : 0,
        expiresMs: this.#expiresMs,
        body: JSON.stringify(body ?? null),
      },
    );
  }

  #setAside(session: SqliteSession, thread: string, row: SqliteRow | undefined, why: string): () => void {
    const { botKey, bot, now } = this.#deps;
    const label = labelOfId(thread);
    session.run(
      `INSERT OR REPLACE INTO handover_set_aside (bot, label, thread, at_ms, expires_ms, body)
       VALUES (@bot, @label, @thread, @atMs, @expiresMs, @body)`,
      { bot: botKey, label, thread, atMs: now(), expiresMs: this.#expiresMs, body: textIn(row, 'body') },
    );
    session.run('DELETE FROM handover_threads WHERE bot = @bot AND thread = @thread', { bot: botKey, thread });
    return () => bot?.log.error(setAsideLine(label, why, placeOf(label)));
  }

  get #now(): { readonly bot: string; readonly nowMs: number } {
    return { bot: this.#deps.botKey, nowMs: this.#deps.now() };
  }

  get #expiresMs(): number {
    return this.#deps.now() + this.#deps.recordTtlMs;
  }
}

/** Names a row for the person who looks for it: the table and its label. */
function placeOf(label: string): string {
  return `handover_set_aside:${label}`;
}
