/** A durable inbox in an SQLite file: a delivery is acknowledged when the disk has it, and removed after its turns. */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../thread/clock.js';
import type { DeliveryInbox, KeptDelivery, TakenOver } from '../thread/inbox.js';
import { recover, whenReady } from '../thread/maybe-promise.js';
import type { StoringBot } from '../thread/store.js';
import { checkFields, namesOf } from '../thread/check-values.js';
import { positiveOption } from './positive-option.js';
import { SqliteDeliveries } from './sqlite-deliveries.js';
import { SqliteFile } from './sqlite-file.js';
import type { SqliteOptions } from './sqlite-options.js';
import { sqliteFile, synchronousOption } from './sqlite-options.js';

const MAX_DELIVERIES = 10_000;
const LEASE_MS = 15_000;
const MAX_ATTEMPTS = 3;

/** Settings of a {@link SqliteInbox}. All processes of a bot need the same ones. */
export interface SqliteInboxOptions extends SqliteOptions {
  /**
   * `full`: a delivery is on the disk before Meta gets its 200, and survives a loss of power. Deliveries that come at the same
   * time share one wait for the disk. `normal`: it survives the end of the process only. Default `full`.
   */
  readonly synchronous?: 'normal' | 'full';
  /** Deliveries kept at once; past this Meta is answered 503. Default 10,000. */
  readonly maxDeliveries?: number;
  /** Another process takes over a delivery that its process has not renewed for so long, milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /**
   * A delivery that ends so many processes while it runs alone is set aside, in the table `handover_inbox_aside`. Default 3.
   */
  readonly maxAttempts?: number;
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
  readonly #deliveries: SqliteDeliveries;
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
    this.leaseMs = positiveOption('leaseMs', options.leaseMs, LEASE_MS);
    const { clock = systemClock } = options;
    this.#deliveries = new SqliteDeliveries({
      botKey: bot?.appId ?? '',
      processId: randomBytes(9).toString('base64url'),
      leaseMs: this.leaseMs,
      maxDeliveries: positiveOption('maxDeliveries', options.maxDeliveries, MAX_DELIVERIES),
      maxAttempts: positiveOption('maxAttempts', options.maxAttempts, MAX_ATTEMPTS),
      now: () => clock.now(),
    });
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
    await this.#file.write('inbox.remove', (session) => this.#deliveries.remove(session, ids));
  }

  async renew(ids: readonly string[]): Promise<void> {
    await this.#file.write('inbox.renew', (session) => this.#deliveries.renew(session, ids));
  }

  async giveBack(ids: readonly string[]): Promise<void> {
    await this.#file.write('inbox.giveBack', (session) => this.#deliveries.giveBack(session, ids));
  }

  async markAlone(id: string, isAlone: boolean): Promise<void> {
    await this.#file.write('inbox.markAlone', (session) => this.#deliveries.markAlone(session, id, isAlone));
  }

  async setAside(deliveries: readonly KeptDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    await this.#file.write('inbox.setAside', (session) => this.#deliveries.setAside(session, deliveries));
  }

  async takeOver(limit: number): Promise<TakenOver> {
    return this.#file.write('inbox.takeOver', (session) => this.#deliveries.takeOver(session, limit));
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
          this.#file[write]('inbox.put', (session) => this.#deliveries.put(session, bodies)),
          (ids) => puts.forEach(({ resolve }, index) => resolve(ids[index])),
        ),
      (error) => puts.forEach(({ reject }) => reject(error)),
    );
    void settled;
  }
}
