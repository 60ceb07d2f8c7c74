/** Tickets in an SQLite file: leases on events, finished events, and the order in each thread. */
import { threadId } from '../../thread/key.js';
import type { Renewed, Ticket, TicketState } from '../../thread/store.js';
import type { SqliteRow, SqliteSession } from './sqlite-session.js';

/** What {@link SqliteTickets} needs. */
export interface SqliteTicketsDeps {
  readonly botKey: string;
  readonly claimRetentionMs: number;
  readonly now: () => number;
}

/** Which process has finished an event or leases it, as columns. Needs `@bot`, `@thread`, `@event` and `@nowMs`. */
export const OWNER_COLUMNS = `
  (SELECT process FROM handover_finished
   WHERE bot = @bot AND event = @event AND expires_ms > @nowMs) AS finished_by,
  (SELECT process FROM handover_tickets
   WHERE bot = @bot AND thread = @thread AND event = @event AND until_ms > @nowMs) AS leased_by`;

/** Whether the thread has any ticket, as a column. */
export const ANY_TICKET_COLUMN = `
  EXISTS (SELECT 1 FROM handover_tickets WHERE bot = @bot AND thread = @thread) AS any_ticket`;

const FIRST_COLUMN = `
  (SELECT process FROM handover_tickets
   WHERE bot = @bot AND thread = @thread AND until_ms > @nowMs ORDER BY slot LIMIT 1) AS first`;

/** One for each bot. Every method is as the one of `ThreadStore`, and runs inside the caller's transaction. */
export class SqliteTickets {
  readonly #deps: SqliteTicketsDeps;

  constructor(deps: SqliteTicketsDeps) {
    this.#deps = deps;
  }

  /**
   * Takes a ticket that is not refused, or prolongs its lease.
   * @param isAlone the thread has no ticket
   * @returns whether another process has an earlier ticket
   */
  take(session: SqliteSession, ticket: Ticket, leaseMs: number, isAlone = false): boolean {
    const { bot, thread, event, nowMs } = this.paramsOf(ticket);
    const process = ticket.processId;
    if (isAlone) {
      session.run(
        `INSERT INTO handover_tickets (bot, thread, event, process, slot, until_ms)
         VALUES (@bot, @thread, @event, @process, 1, @untilMs)`,
        { bot, thread, event, process, untilMs: nowMs + leaseMs },
      );
      return false;
    }
    session.run(
      `DELETE FROM handover_tickets
       WHERE bot = @bot AND thread = @thread AND until_ms <= @nowMs AND process <> @process`,
      { bot, thread, process, nowMs },
    );
    session.run(
      `INSERT INTO handover_tickets (bot, thread, event, process, slot, until_ms)
       VALUES (@bot, @thread, @event, @process,
         (SELECT COALESCE(MAX(slot), 0) + 1 FROM handover_tickets WHERE bot = @bot AND thread = @thread), @untilMs)
       ON CONFLICT (bot, thread, event) DO UPDATE SET until_ms = excluded.until_ms`,
      { bot, thread, event, process, untilMs: nowMs + leaseMs },
    );
    const earlier = session.get(
      `SELECT 1 AS found FROM handover_tickets WHERE bot = @bot AND thread = @thread AND process <> @process AND slot <
         (SELECT slot FROM handover_tickets WHERE bot = @bot AND thread = @thread AND event = @event) LIMIT 1`,
      { bot, thread, event, process },
    );
    return earlier !== undefined;
  }

  renew(session: SqliteSession, ticket: Ticket, leaseMs: number): Renewed {
    const refusal = refusalOf(session.get(`SELECT ${OWNER_COLUMNS}`, this.paramsOf(ticket)), ticket);
    if (refusal) return refusal;
    const { bot, thread, event } = this.paramsOf(ticket);
    const queued = session.get(
      `SELECT 1 AS found FROM handover_tickets
       WHERE bot = @bot AND thread = @thread AND event = @event AND process = @process`,
      { bot, thread, event, process: ticket.processId },
    );
    this.take(session, ticket, leaseMs);
    return queued === undefined ? 'overtaken' : 'renewed';
  }

  state(session: SqliteSession, ticket: Ticket): TicketState {
    const row = session.get(`SELECT ${OWNER_COLUMNS}, ${FIRST_COLUMN}`, this.paramsOf(ticket));
    if (isTakenOver(row, ticket)) return 'lost';
    const first = row?.['first'];
    return isText(first) && first !== ticket.processId ? 'waiting' : 'next';
  }

  leave(session: SqliteSession, ticket: Ticket, how: 'finished' | 'released'): void {
    const params = this.paramsOf(ticket);
    const owners = session.get(`SELECT ${OWNER_COLUMNS}`, params);
    if (isTakenOver(owners, ticket)) return;
    const { bot, thread, event, nowMs } = params;
    session.run('DELETE FROM handover_tickets WHERE bot = @bot AND thread = @thread AND event = @event', {
      bot,
      thread,
      event,
    });
    if (how === 'released' || isText(owners?.['finished_by'])) return;
    session.run(
      `INSERT OR REPLACE INTO handover_finished (bot, event, process, expires_ms)
       VALUES (@bot, @event, @process, @expiresMs)`,
      { bot, event, process: ticket.processId, expiresMs: nowMs + this.#deps.claimRetentionMs },
    );
  }

  /** What the columns above need. */
  paramsOf({ thread, event }: Ticket): {
    readonly bot: string;
    readonly thread: string;
    readonly event: string;
    readonly nowMs: number;
  } {
    return { bot: this.#deps.botKey, thread: threadId(thread), event, nowMs: this.#deps.now() };
  }
}

/** Why the ticket cannot be taken; `undefined` if it can. @param owners has the {@link OWNER_COLUMNS} */
export function refusalOf(owners: SqliteRow | undefined, ticket: Ticket): 'done' | 'busy' | undefined {
  if (isText(owners?.['finished_by'])) return 'done';
  return isTakenOver(owners, ticket) ? 'busy' : undefined;
}

/** Another process leases the event, or has finished it. @param owners has the {@link OWNER_COLUMNS} */
export function isTakenOver(owners: SqliteRow | undefined, { processId }: Ticket): boolean {
  const by = owners?.['finished_by'] ?? owners?.['leased_by'];
  return isText(by) && by !== processId;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
