/**
 * Remembers threads, tickets and deadlines in an SQLite file, for a bot on one machine.
 *
 * Nothing to set up, as with memory, and all of it is there after a restart.
 */
import { systemClock } from '../../thread/clock.js';
import type { ThreadKey } from '../../thread/key.js';
import type { MaybePromise } from '../../thread/maybe-promise.js';
import { whenReady } from '../../thread/maybe-promise.js';
import type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoredRecord,
  ThreadChange,
  ThreadStore,
  ThreadStoreBot,
  Ticket,
  TicketState,
} from '../../thread/store.js';
import { checkFields, namesOf } from '../../thread/check-values.js';
import { lifetimes } from '../positive-option.js';
import { SqliteDueTimes } from './sqlite-due-times.js';
import { SqliteFile } from './sqlite-file.js';
import type { SqliteOptions } from './sqlite-options.js';
import { sqliteFile, synchronousOption } from './sqlite-options.js';
import { RECORD_COLUMNS, SqliteRecords } from './sqlite-records.js';
import { SqliteSweep } from './sqlite-sweep.js';
import { ANY_TICKET_COLUMN, OWNER_COLUMNS, isTakenOver, refusalOf, SqliteTickets } from './sqlite-tickets.js';

/** Settings of a {@link SqliteThreadStore}. */
export interface SqliteThreadStoreOptions extends SqliteOptions {
  /**
   * `normal`: what was written survives the end of the process, but a loss of power may cost the last seconds. `full`: it
   * survives both, and each write waits for the disk. Default `normal`.
   * @see https://www.sqlite.org/pragma.html#pragma_synchronous
   */
  readonly synchronous?: 'normal' | 'full';
  /** How long a record is kept after it was last written, milliseconds. Default 30 days. */
  readonly recordTtlMs?: number;
  /** How long a finished event is remembered, milliseconds. Default 48 hours: Meta redelivers for up to 36. */
  readonly claimRetentionMs?: number;
}

const OPTION_NAMES = namesOf<SqliteThreadStoreOptions>({
  driver: true,
  busyTimeoutMs: true,
  clock: true,
  synchronous: true,
  recordTtlMs: true,
  claimRetentionMs: true,
});

/**
 * A {@link ThreadStore} in one SQLite file, for the processes of one machine. The file is created when it is first used; its
 * folder must exist, on a disk of this machine. Two bots may share a file, and a {@link SqliteInbox} may use it too.
 *
 * ```ts
 * store: new SqliteThreadStore('handover.db')
 * ```
 *
 * docs/reliability.md says what is promised, and what happens while the file is locked, full, damaged or read-only.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` if this Node has no `node:sqlite` and
 *   `better-sqlite3` is not installed
 */
export class SqliteThreadStore implements ThreadStore {
  readonly #file: SqliteFile;
  readonly #options: SqliteThreadStoreOptions;
  readonly #records: SqliteRecords;
  readonly #tickets: SqliteTickets;
  readonly #dueTimes: SqliteDueTimes;
  readonly #sweep: SqliteSweep;

  /** @internal {@link forBot} makes these: the same connection, the data of one bot. */
  constructor(file: SqliteFile, options: SqliteThreadStoreOptions, bot: ThreadStoreBot | undefined);
  /** @param path of the file */
  constructor(path: string, options?: SqliteThreadStoreOptions);
  constructor(file: string | SqliteFile, options: SqliteThreadStoreOptions = {}, bot?: ThreadStoreBot) {
    checkFields('', options, OPTION_NAMES);
    this.#options = options;
    const { recordTtlMs, claimRetentionMs } = lifetimes(options);
    const synchronous = synchronousOption(options.synchronous, 'normal');
    this.#file = file instanceof SqliteFile ? file : sqliteFile(file, options, synchronous);
    const { clock = systemClock } = options;
    const now = (): number => clock.now();
    const botKey = bot?.appId ?? '';
    this.#records = new SqliteRecords({ botKey, bot, recordTtlMs, now });
    this.#tickets = new SqliteTickets({ botKey, claimRetentionMs, now });
    this.#dueTimes = new SqliteDueTimes(botKey, now);
    this.#sweep = new SqliteSweep(now);
  }

  forBot(bot: ThreadStoreBot): SqliteThreadStore {
    return new SqliteThreadStore(this.#file, this.#options, bot);
  }

  async read(thread: ThreadKey): Promise<StoredRecord | undefined> {
    return this.#file.read('read', (session) => this.#records.read(session, thread));
  }

  async update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): Promise<T> {
    const { value, tell } = await this.#file.write('update', (session) =>
      this.#records.change(session, thread, change),
    );
    tell?.();
    return value;
  }

  async findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    return this.#file.read('findHandover', (session) => this.#records.find(session, handoverId));
  }

  async listOpen(limit: number): Promise<ThreadKey[]> {
    return this.#file.read('listOpen', (session) => this.#records.listOpen(session, limit));
  }

  async listSetAside(limit: number): Promise<SetAsideRecord[]> {
    return this.#file.read('listSetAside', (session) => this.#records.listSetAside(session, limit));
  }

  async forget(thread: ThreadKey): Promise<void> {
    await this.#file.write('forget', (session) => this.#records.forget(session, thread));
  }

  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
  ): MaybePromise<Entered<T>> {
    const done = this.#file.write('enter', (session) => {
      const row = session.get(READ_TO_ENTER, this.#tickets.paramsOf(ticket));
      const status = refusalOf(row, ticket);
      if (status) return { entered: { status }, tell: undefined };
      const { value, tell } = this.#records.change(session, ticket.thread, change, { row });
      const mustWait = this.#tickets.take(session, ticket, leaseMs, row?.['any_ticket'] === 0);
      return { entered: { status: 'entered' as const, value, mustWait }, tell };
    });
    return whenReady(done, ({ entered, tell }) => {
      tell?.();
      return entered;
    });
  }

  async isNext(ticket: Ticket): Promise<TicketState> {
    return this.#file.read('isNext', (session) => this.#tickets.state(session, ticket));
  }

  async renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    return this.#file.write('renew', (session) => this.#tickets.renew(session, ticket, leaseMs));
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): MaybePromise<void> {
    return this.#file.write('leave', (session) => {
      this.#tickets.leave(session, ticket, how);
      this.#sweep.dropExpired(session);
    });
  }

  readFor(ticket: Ticket): MaybePromise<FencedRecord> {
    return this.#file.read('readFor', (session) => {
      const row = session.get(READ_FOR, this.#tickets.paramsOf(ticket));
      const record = this.#records.recordIn(row);
      return { record: typeof record === 'string' ? undefined : record, isOurs: !isTakenOver(row, ticket) };
    });
  }

  async schedule(due: DueTime): Promise<void> {
    await this.#file.write('schedule', (session) => this.#dueTimes.schedule(session, due));
  }

  async unschedule(thread: ThreadKey, name: string): Promise<void> {
    await this.#file.write('unschedule', (session) => this.#dueTimes.unschedule(session, thread, name));
  }

  /** Usually there is none, and then nothing is written. */
  async takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    if (!(await this.#file.read('takeDue', (session) => this.#dueTimes.hasDue(session, nowMs)))) return [];
    return this.#file.write('takeDue', (session) => this.#dueTimes.take(session, nowMs, limit, leaseMs));
  }

  /** Closes the file. */
  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

const OF_RECORD = `FROM (SELECT 1) LEFT JOIN handover_threads AS record
  ON record.bot = @bot AND record.thread = @thread AND record.expires_ms > @nowMs`;
/** One statement, so that both are of the same moment. */
const READ_FOR = `SELECT ${RECORD_COLUMNS}, ${OWNER_COLUMNS} ${OF_RECORD}`;
const READ_TO_ENTER = `SELECT ${RECORD_COLUMNS}, ${OWNER_COLUMNS}, ${ANY_TICKET_COLUMN} ${OF_RECORD}`;
