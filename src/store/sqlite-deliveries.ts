/** The rows of an inbox in an SQLite file: who has which delivery, and what becomes of it without its process. */
import type { KeptDelivery, TakenOver } from '../thread/inbox.js';
import { SET_ASIDE_KEPT, SUSPECT_AFTER_LOSSES } from './inbox-options.js';
import type { SqliteRow, SqliteSession } from './sqlite-session.js';
import { textIn } from './sqlite-session.js';

/** What {@link SqliteDeliveries} needs. */
export interface SqliteDeliveriesDeps {
  readonly botKey: string;
  readonly processId: string;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly maxAttempts: number;
  readonly now: () => number;
}

const OF_MINE = 'WHERE id = @id AND bot = @bot AND process = @process';

/** One for each process and bot. Every method is as the one of `DeliveryInbox`, and runs inside the caller's transaction. */
export class SqliteDeliveries {
  readonly #deps: SqliteDeliveriesDeps;

  constructor(deps: SqliteDeliveriesDeps) {
    this.#deps = deps;
  }

  /** Their ids; those for which there is no room have none. */
  put(session: SqliteSession, bodies: readonly string[]): (string | undefined)[] {
    const { botKey: bot, processId: process, maxDeliveries } = this.#deps;
    const kept = Number(session.get('SELECT COUNT(*) AS kept FROM handover_inbox WHERE bot = @bot', { bot })?.['kept']);
    const untilMs = this.#leaseEndMs();
    return bodies.map((body, index) => {
      if (kept + index >= maxDeliveries) return undefined;
      const row = session.get(
        `INSERT INTO handover_inbox (bot, body, process, until_ms) VALUES (@bot, @body, @process, @untilMs) RETURNING id`,
        { bot, body, process, untilMs },
      );
      return String(row?.['id']);
    });
  }

  remove(session: SqliteSession, ids: readonly string[]): void {
    for (const id of ids) session.run(`DELETE FROM handover_inbox ${OF_MINE}`, this.#mine(id));
  }

  renew(session: SqliteSession, ids: readonly string[]): void {
    const untilMs = this.#leaseEndMs();
    for (const id of ids) {
      session.run(`UPDATE handover_inbox SET until_ms = @untilMs ${OF_MINE}`, { ...this.#mine(id), untilMs });
    }
  }

  giveBack(session: SqliteSession, ids: readonly string[]): void {
    for (const id of ids) {
      session.run(`UPDATE handover_inbox SET process = NULL, until_ms = 0, alone = 0 ${OF_MINE}`, this.#mine(id));
    }
  }

  markAlone(session: SqliteSession, id: string, isAlone: boolean): void {
    const alone = isAlone ? 1 : 0;
    session.run(`UPDATE handover_inbox SET alone = @alone ${OF_MINE}`, { ...this.#mine(id), alone });
  }

  setAside(session: SqliteSession, deliveries: readonly KeptDelivery[]): void {
    const { botKey: bot, now } = this.#deps;
    for (const { body } of deliveries) {
      session.run('INSERT INTO handover_inbox_aside (bot, at_ms, body) VALUES (@bot, @atMs, @body)', {
        bot,
        atMs: now(),
        body,
      });
    }
    session.run(
      `DELETE FROM handover_inbox_aside WHERE bot = @bot AND id NOT IN
         (SELECT id FROM handover_inbox_aside WHERE bot = @bot ORDER BY id DESC LIMIT ${SET_ASIDE_KEPT})`,
      { bot },
    );
    this.remove(
      session,
      deliveries.map(({ id }) => id),
    );
  }

  takeOver(session: SqliteSession, limit: number): TakenOver {
    const { botKey: bot, processId: process, maxAttempts } = this.#deps;
    const rows = session.all(
      `SELECT id, body, process, losses, attempts, alone FROM handover_inbox
       WHERE bot = @bot AND until_ms <= @takeableMs ORDER BY id LIMIT @limit`,
      { bot, takeableMs: this.#takeableMs(session), limit: Math.max(0, limit) },
    );
    const taken: KeptDelivery[] = [];
    const exhausted: KeptDelivery[] = [];
    for (const row of rows) {
      const { losses, attempts } = this.#countLoss(row);
      session.run(
        `UPDATE handover_inbox SET process = @process, until_ms = @untilMs, losses = @losses, attempts = @attempts, alone = 0
         WHERE id = @id`,
        { id: Number(row['id']), process, untilMs: this.#leaseEndMs(), losses, attempts },
      );
      const delivery = { id: String(row['id']), body: textIn(row, 'body') };
      if (attempts >= maxAttempts) exhausted.push(delivery);
      else taken.push({ ...delivery, isSuspect: losses >= SUSPECT_AFTER_LOSSES });
    }
    if (exhausted.length > 0) this.setAside(session, exhausted);
    return { deliveries: taken, setAside: exhausted.length };
  }

  /** Given back, or lost by this process itself, it has lost no process. */
  #countLoss(row: SqliteRow): { readonly losses: number; readonly attempts: number } {
    const [losses, attempts] = [Number(row['losses']), Number(row['attempts'])];
    if (row['process'] === null || row['process'] === this.#deps.processId) return { losses, attempts };
    return { losses: losses + 1, attempts: attempts + (row['alone'] === 1 ? 1 : 0) };
  }

  /**
   * Leases that end up to then may be taken over; 0 if only what was given back may be.
   *
   * If no process has looked for half a lease, the file was out of reach or all processes were down. Then leases may be over
   * whose processes live and had no chance to renew: for one lease only what was given back is taken over.
   */
  #takeableMs(session: SqliteSession): number {
    const { botKey: bot, leaseMs, now } = this.#deps;
    const nowMs = now();
    const polls = session.get('SELECT polled_ms, not_before_ms FROM handover_inbox_polls WHERE bot = @bot', { bot });
    const wasAway = nowMs - Number(polls?.['polled_ms'] ?? 0) > leaseMs / 2;
    const notBeforeMs = wasAway ? nowMs + leaseMs : Number(polls?.['not_before_ms']);
    session.run(
      `INSERT OR REPLACE INTO handover_inbox_polls (bot, polled_ms, not_before_ms) VALUES (@bot, @nowMs, @notBeforeMs)`,
      { bot, nowMs, notBeforeMs },
    );
    return nowMs < notBeforeMs ? 0 : nowMs;
  }

  #mine(id: string): { readonly id: number; readonly bot: string; readonly process: string } {
    return { id: Number(id), bot: this.#deps.botKey, process: this.#deps.processId };
  }

  #leaseEndMs(): number {
    return this.#deps.now() + this.#deps.leaseMs;
  }
}
