/** A durable inbox in an SQLite file: a delivery is acknowledged when the disk has it, and removed after its turns. */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../thread/clock.js';
import type { DeliveryInbox, KeptDelivery, TakenOver } from '../../thread/inbox.js';
import { recover, whenReady } from '../../thread/maybe-promise.js';
import type { StoringBot } from '../../thread/store.js';
import { checkFields, namesOf } from '../../thread/check-values.js';
import type { InboxLimits } from '../inbox-options.js';
import { inboxLimits, SET_ASIDE_KEPT, SUSPECT_AFTER_LOSSES } from '../inbox-options.js';
import type { SqliteParams } from './sqlite-driver.js';
import { SqliteFile } from './sqlite-file.js';
import type { SqliteOptions } from './sqlite-options.js';
import { sqliteFile, synchronousOption } from './sqlite-options.js';
import type { SqliteRow, SqliteSession } from './sqlite-session.js';
import { textIn } from './sqlite-session.js';

const OF_MINE = 'WHERE id = @id AND bot = @bot AND process = @process';

/** Settings of a {@link SqliteInbox}. All processes of a bot need the same ones. */
export interface SqliteInboxOptions extends SqliteOptions, InboxLimits {
  /**
   * `full`: a delivery is on the disk before Meta gets its 200, and survives a loss of power. Deliveries that come at the same
   * time share one wait for the disk. `normal`: it survives the end of the process only. Default `full`.
   */
  readonly synchronous?: 'normal' | 'full';
}

interface Put {
  readonly body: string;
  readonly resolve: (id: string | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const OPTION_NAMES = namesOf<SqliteInboxOptions>({
  driver: true,
  busyTimeoutMs: true,
  clock: true,
  synchronous: true,
  leaseMs: true,
  maxAttempts: true,
  maxDeliveries: true,
});

/**
 * Keeps deliveries in an SQLite file, for the processes of one machine. Each instance is one process among those that share
 * the inbox.
 *
 * ```ts
 * store: new SqliteThreadStore('handover.db'),
 * inbox: new SqliteInbox('handover.db'),
 * ```
 *
 * The inbox holds whole deliveries, with what customers wrote, until their turns have ended. A delivery that ends every
 * process goes to the table `handover_inbox_aside`, for somebody to look at. {@link SqliteThreadStore} says what holds for the
 * file.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` as `SqliteThreadStore`
 */
export class SqliteInbox implements DeliveryInbox {
  readonly leaseMs: number;
  readonly #file: SqliteFile;
  readonly #options: SqliteInboxOptions;
  readonly #bot: string;
  readonly #process = randomBytes(9).toString('base64url');
  readonly #limits: Required<InboxLimits>;
  readonly #reachesDisk: boolean;
  /** Those of this round of the event loop: they are written together. */
  #puts: Put[] = [];

  /** @internal {@link forBot} makes these: the same connection, the deliveries of one bot. */
  constructor(file: SqliteFile, options: SqliteInboxOptions, bot: StoringBot | undefined);
  /** @param path of the file */
  constructor(path: string, options?: SqliteInboxOptions);
  constructor(file: string | SqliteFile, options: SqliteInboxOptions = {}, bot?: StoringBot) {
    checkFields('', options, OPTION_NAMES);
    this.#options = options;
    this.#limits = inboxLimits(options);
    this.leaseMs = this.#limits.leaseMs;
    this.#bot = bot?.appId ?? '';
    this.#reachesDisk = synchronousOption(options.synchronous, 'full') === 'full';
    this.#file = file instanceof SqliteFile ? file : sqliteFile(file, options, 'normal');
  }

  forBot(bot: StoringBot): SqliteInbox {
    return new SqliteInbox(this.#file, this.#options, bot);
  }

  /** All deliveries are taken over in the order in which they were put, so `order` adds nothing. */
  put(body: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#puts.push({ body, resolve, reject });
      if (this.#puts.length === 1) setImmediate(() => this.#writePuts());
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#onMine('inbox.remove', ids, 'DELETE FROM handover_inbox');
  }

  async renew(ids: readonly string[]): Promise<void> {
    await this.#onMine('inbox.renew', ids, 'UPDATE handover_inbox SET until_ms = @untilMs', () => ({
      untilMs: this.#leaseEndMs,
    }));
  }

  async giveBack(ids: readonly string[]): Promise<void> {
    await this.#onMine('inbox.giveBack', ids, 'UPDATE handover_inbox SET process = NULL, until_ms = 0, alone = 0');
  }

  async markAlone(id: string, isAlone: boolean): Promise<void> {
    await this.#onMine('inbox.markAlone', [id], 'UPDATE handover_inbox SET alone = @alone', () => ({
      alone: isAlone ? 1 : 0,
    }));
  }

  async setAside(deliveries: readonly KeptDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.#file.write('inbox.setAside', (session) => this.#setAside(session, deliveries));
  }

  async takeOver(limit: number): Promise<TakenOver> {
    return this.#file.write('inbox.takeOver', (session) => this.#takeOver(session, limit));
  }

  /** Closes the file. */
  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }

  #writePuts(): void {
    const puts = this.#puts;
    this.#puts = [];
    const bodies = puts.map(({ body }) => body);
    const write = this.#reachesDisk ? 'writeToDisk' : 'write';
    const settled = recover(
      () =>
        whenReady(
          this.#file[write]('inbox.put', (session) => this.#insert(session, bodies)),
          (ids) => puts.forEach(({ resolve }, index) => resolve(ids[index])),
        ),
      (error) => puts.forEach(({ reject }) => reject(error)),
    );
    void settled;
  }

  /** Their ids; those for which there is no room have none. */
  #insert(session: SqliteSession, bodies: readonly string[]): (string | undefined)[] {
    const [bot, process, untilMs] = [this.#bot, this.#process, this.#leaseEndMs];
    const kept = Number(session.get('SELECT COUNT(*) AS kept FROM handover_inbox WHERE bot = @bot', { bot })?.['kept']);
    return bodies.map((body, index) => {
      if (kept + index >= this.#limits.maxDeliveries) return undefined;
      const row = session.get(
        `INSERT INTO handover_inbox (bot, body, process, until_ms) VALUES (@bot, @body, @process, @untilMs) RETURNING id`,
        { bot, body, process, untilMs },
      );
      return String(row?.['id']);
    });
  }

  /** Changes deliveries if they are this process's own. */
  async #onMine(operation: string, ids: readonly string[], change: string, params?: () => SqliteParams): Promise<void> {
    await this.#file.write(operation, (session) => {
      for (const id of ids) session.run(`${change} ${OF_MINE}`, { ...params?.(), ...this.#mine(id) });
    });
  }

  #setAside(session: SqliteSession, deliveries: readonly KeptDelivery[]): void {
    const [bot, atMs] = [this.#bot, this.#now()];
    for (const { id, body } of deliveries) {
      session.run('INSERT INTO handover_inbox_aside (bot, at_ms, body) VALUES (@bot, @atMs, @body)', {
        bot,
        atMs,
        body,
      });
      session.run(`DELETE FROM handover_inbox ${OF_MINE}`, this.#mine(id));
    }
    session.run(
      `DELETE FROM handover_inbox_aside WHERE bot = @bot AND id NOT IN
         (SELECT id FROM handover_inbox_aside WHERE bot = @bot ORDER BY id DESC LIMIT ${SET_ASIDE_KEPT})`,
      { bot },
    );
  }

  #takeOver(session: SqliteSession, limit: number): TakenOver {
    const rows = session.all(
      `SELECT id, body, process, losses, attempts, alone FROM handover_inbox
       WHERE bot = @bot AND until_ms <= @takeableMs ORDER BY id LIMIT @limit`,
      { bot: this.#bot, takeableMs: this.#takeableMs(session), limit: Math.max(0, limit) },
    );
    const taken: KeptDelivery[] = [];
    const exhausted: KeptDelivery[] = [];
    for (const row of rows) {
      const { losses, attempts } = this.#countLoss(row);
      session.run(
        `UPDATE handover_inbox SET process = @process, until_ms = @untilMs, losses = @losses, attempts = @attempts, alone = 0
         WHERE id = @id`,
        { id: Number(row['id']), process: this.#process, untilMs: this.#leaseEndMs, losses, attempts },
      );
      const delivery = { id: String(row['id']), body: textIn(row, 'body') };
      if (attempts >= this.#limits.maxAttempts) exhausted.push(delivery);
      else taken.push({ ...delivery, isSuspect: losses >= SUSPECT_AFTER_LOSSES });
    }
    if (exhausted.length > 0) this.#setAside(session, exhausted);
    return { deliveries: taken, setAside: exhausted.length };
  }

  /** Given back, or lost by this process itself, it has lost no process. */
  #countLoss(row: SqliteRow): { readonly losses: number; readonly attempts: number } {
    const [losses, attempts] = [Number(row['losses']), Number(row['attempts'])];
    if (row['process'] === null || row['process'] === this.#process) return { losses, attempts };
    return { losses: losses + 1, attempts: attempts + (row['alone'] === 1 ? 1 : 0) };
  }

  /**
   * Leases that end up to then may be taken over; 0 if only what was given back may be.
   *
   * If no process has looked for half a lease, the file was out of reach or all processes were down. Then leases may be over
   * whose processes live and had no chance to renew: for one lease only what was given back is taken over.
   */
  #takeableMs(session: SqliteSession): number {
    const [bot, nowMs] = [this.#bot, this.#now()];
    const polls = session.get('SELECT polled_ms, not_before_ms FROM handover_inbox_polls WHERE bot = @bot', { bot });
    const wasAway = nowMs - Number(polls?.['polled_ms'] ?? 0) > this.leaseMs / 2;
    const notBeforeMs = wasAway ? nowMs + this.leaseMs : Number(polls?.['not_before_ms']);
    session.run(
      `INSERT OR REPLACE INTO handover_inbox_polls (bot, polled_ms, not_before_ms) VALUES (@bot, @nowMs, @notBeforeMs)`,
      { bot, nowMs, notBeforeMs },
    );
    return nowMs < notBeforeMs ? 0 : nowMs;
  }

  #mine(id: string): { readonly id: number; readonly bot: string; readonly process: string } {
    return { id: Number(id), bot: this.#bot, process: this.#process };
  }

  #now(): number {
    return (this.#options.clock ?? systemClock).now();
  }

  get #leaseEndMs(): number {
    return this.#now() + this.leaseMs;
  }
}
