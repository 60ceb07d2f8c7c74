/**
 * Remembers threads, tickets and deadlines in any Bot Framework storage.
 *
 * For bots on several processes that have a storage already (blobs, Cosmos DB) and want no further server.
 * @see https://learn.microsoft.com/azure/bot-service/bot-builder-howto-v4-storage
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { systemClock } from '../thread/clock.js';
import { InvalidOptionError, StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import { encodedText } from '../thread/key.js';
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
} from '../thread/store.js';
import { checkFields, checkMethods, namesOf } from '../thread/check-values.js';
import { DueIndex } from './due-index.js';
import { OpenIndex } from './open-index.js';
import { positiveOption } from './positive-option.js';
import { SetAsideItems } from './set-aside-items.js';
import { StorageDueTimes } from './storage-due-times.js';
import { StorageRecords } from './storage-records.js';
import type { ThreadBody } from './stored-entries.js';
import { threadBodyOf } from './stored-entries.js';
import { isQueued, isTakenOver, takeTicket, ticketState, withoutTicket } from './thread-tickets.js';
import { TicketSightings } from './ticket-sightings.js';
import type { BodyChange, ItemOf, StorageLike } from './versioned-items.js';
import { VersionedItems } from './versioned-items.js';

export type { StorageLike } from './versioned-items.js';

const PREFIX = 'handover-vcclive';
const RECORD_TTL_MS = 30 * 24 * 60 * 60 * 1000;
const CLAIM_RETENTION_MS = 48 * 60 * 60 * 1000;
const MAX_TRIES = 10;
/** Longest key that Cosmos DB takes. */
const MAX_KEY_LENGTH = 255;
const MAX_THREADS_READ_AT_ONCE = 32;

/** Settings of a {@link BotStorageThreadStore}. */
export interface BotStorageThreadStoreOptions {
  /** Begins every key, before the bot's app id: letters, digits, `-` and `_`, at most 64. Default `handover-vcclive`. */
  readonly prefix?: string;
  /** How long a record counts after it was last written, milliseconds. Default 30 days. */
  readonly recordTtlMs?: number;
  /** How long a finished event is remembered, milliseconds. Default 48 hours: Meta redelivers for up to 36. */
  readonly claimRetentionMs?: number;
  /** Times a write is tried against faster writers before it rejects with `storeConflict`. Default 10. */
  readonly maxTries?: number;
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
  /** In [0, 1): for the jitter of waits, and for tokens that must differ between processes. Default `Math.random`. */
  readonly random?: () => number;
}

const A_STORAGE = 'a Bot Framework Storage with read, write and delete';
const OPTION_NAMES = namesOf<BotStorageThreadStoreOptions>({
  prefix: true,
  recordTtlMs: true,
  claimRetentionMs: true,
  maxTries: true,
  clock: true,
  random: true,
});

/**
 * A {@link ThreadStore} over a Bot Framework `Storage` that compares eTags: botbuilder's `MemoryStorage` (one process),
 * `BlobsStorage`, `CosmosDbPartitionedStorage`, the Agents SDK's.
 *
 * **What is atomic.** A change of an item that exists goes by its eTag, tried again after a random wait if another
 * process was faster. Within one instance of this class everything is atomic: changes of one key wait for each other.
 *
 * **Tickets** stand in their thread's item, with the last 200 finished events, and change with it. Each event of a known
 * thread goes to one process. A storage has no clock: a lease is over when this process has seen its ticket unrenewed for
 * as long, by its own clock.
 *
 * **What is not promised: the first write of an item by two processes at once.** `Storage` cannot say "only if absent".
 * A first write carries a random token and is read back; a writer that finds the other's token takes what is there and
 * changes that. With the order write 1, write 2, read 1, read 2 writer 1 notices and nothing is lost. With write 1,
 * read 1, write 2, read 2 both believe theirs was first, and what writer 1 wrote is gone, if writer 2 had looked before
 * write 1. So the first event of a thread can be lost from its record, or run in two processes, if both begin within the
 * milliseconds between one reading and writing. Deadlines are looked for a second time after that. `BlobsStorage` is no
 * better: without an eTag it sends an empty `If-Match`, which overwrites (seen with Azurite 3.35). Use `RedisThreadStore`
 * if this matters.
 *
 * **What stays behind.** `Storage` has no expiry and deletes whatever the eTag, so nothing that another process might
 * be renewing is deleted: expired records count as absent and are replaced by eTag when met. Items of customers who never
 * come back stay. Let the storage remove items with this prefix that were not written for longer than `recordTtlMs`
 * (lifecycle management of blobs, time to live of Cosmos DB).
 *
 * **What it must not be used with.** Storages that ignore eTags (`botbuilder-storage-redis`) or lose refused writes
 * silently (`botbuilder-storage-mongodb`) are right for a single process at most. botbuilder's `MemoryStorage` writes an
 * item whose key was deleted meanwhile, so two instances over one of those can bring back what one of them forgot.
 *
 * **What cannot be read** (an item that somebody else wrote, a record of another version) is copied to another key, once,
 * and replaced by its eTag. A blob that is no JSON is read three times; then it is written over: `Storage` does not give
 * its text, so that only the storage's own versions or soft delete can keep it.
 *
 * Keys: `<prefix>.<app id>.thread.<page>.<psid>`, `.due` and `.due.<bucket>`, `.open.<0 to 63>`, and for
 * what could not be read `.aside` and `.aside.<label of the thread>`.
 *
 * @throws InvalidOptionError from the constructor
 */
export class BotStorageThreadStore implements ThreadStore {
  readonly #items: VersionedItems;
  readonly #due: DueIndex;
  readonly #open: OpenIndex;
  readonly #aside: SetAsideItems;
  readonly #storage: StorageLike;
  readonly #options: BotStorageThreadStoreOptions;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #sightings: TicketSightings;
  readonly #records: StorageRecords;
  readonly #dueTimes: StorageDueTimes;
  readonly #faultOf: ThreadStoreBot['faultOf'] | undefined;

  /** @param bot whose data it is; {@link forBot} says so, and nobody else needs to */
  constructor(storage: StorageLike, options: BotStorageThreadStoreOptions = {}, bot?: ThreadStoreBot) {
    checkFields('', options, OPTION_NAMES);
    const prefix = checkedPrefix(options.prefix ?? PREFIX);
    // Callers in JavaScript forget the argument, or pass the class.
    const given: unknown = storage;
    checkMethods('storage', given ?? null, ['read', 'write', 'delete'], A_STORAGE);
    this.#storage = storage;
    this.#options = options;
    this.#prefix = bot === undefined ? prefix : `${prefix}.${plain(bot.appId)}`;
    const recordTtlMs = positiveOption('recordTtlMs', options.recordTtlMs, RECORD_TTL_MS);
    const claimRetentionMs = positiveOption('claimRetentionMs', options.claimRetentionMs, CLAIM_RETENTION_MS);
    this.#clock = options.clock ?? systemClock;
    this.#items = new VersionedItems(this.#storage, {
      maxTries: positiveOption('maxTries', options.maxTries, MAX_TRIES),
      clock: this.#clock,
      random: options.random ?? Math.random,
    });
    this.#aside = new SetAsideItems(this.#items, {
      prefix: `${this.#prefix}.aside`,
      keptMs: recordTtlMs,
      clock: this.#clock,
      log: bot?.log,
    });
    this.#due = new DueIndex(this.#items, this.#aside, `${this.#prefix}.due`);
    this.#open = new OpenIndex(this.#items, this.#aside, `${this.#prefix}.open`);
    this.#sightings = new TicketSightings(this.#clock, claimRetentionMs);
    this.#faultOf = bot?.faultOf;
    const shared = {
      items: this.#items,
      clock: this.#clock,
      itemOf: (thread: ThreadKey) => this.#threadItem(thread),
    };
    this.#records = new StorageRecords({ ...shared, open: this.#open, sightings: this.#sightings, recordTtlMs });
    this.#dueTimes = new StorageDueTimes({ ...shared, due: this.#due, records: this.#records });
  }

  forBot(bot: ThreadStoreBot): BotStorageThreadStore {
    return new BotStorageThreadStore(this.#storage, this.#options, bot);
  }

  listSetAside(limit: number): Promise<SetAsideRecord[]> {
    return this.#aside.list(limit);
  }

  async read(thread: ThreadKey): Promise<StoredRecord | undefined> {
    const item = this.#threadItem(thread);
    return this.#records.recordOf((await this.#items.read('read', [item])).get(item.key));
  }

  async update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): Promise<T> {
    const updated = await this.#records.update('update', thread, change);
    if (updated.status !== 'entered') throw new StoreError('storeConflict', 'update');
    return updated.value;
  }

  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
  ): Promise<Entered<T>> {
    return this.#records.update('enter', ticket.thread, change, { ticket, leaseMs });
  }

  async isNext(ticket: Ticket): Promise<TicketState> {
    const item = this.#threadItem(ticket.thread);
    const body = (await this.#items.read('isNext', [item])).get(item.key);
    return ticketState(body ?? {}, ticket, this.#sightings.viewOf(item.key, body));
  }

  renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    const item = this.#threadItem(ticket.thread);
    return this.#items.change('renew', item, (body): BodyChange<ThreadBody, Renewed> => {
      const taken = takeTicket(body ?? {}, ticket, leaseMs, this.#sightings.viewOf(item.key, body));
      if (taken.status !== 'entered') return { body: undefined, value: taken.status };
      this.#sightings.note(item.key, taken.value);
      const renewed = isQueued(body ?? {}, ticket) ? 'renewed' : 'overtaken';
      return { body: { ...body, tickets: taken.value }, value: renewed };
    });
  }

  async leave(ticket: Ticket, how: 'finished' | 'released'): Promise<void> {
    const item = this.#threadItem(ticket.thread);
    await this.#items.change('leave', item, (body): BodyChange<ThreadBody, undefined> => {
      // Forgotten meanwhile: nothing about the customer is written again.
      if (body === undefined) return { body: undefined, value: undefined };
      const view = this.#sightings.viewOf(item.key, body);
      if (isTakenOver(body, ticket, view)) return { body: undefined, value: undefined };
      const left = withoutTicket(body, ticket, view, how === 'finished' ? this.#clock.now() : undefined);
      if (left.tickets.length === 0) this.#sightings.forget(item.key);
      return { body: { ...body, ...left }, value: undefined };
    });
  }

  async readFor(ticket: Ticket): Promise<FencedRecord> {
    const item = this.#threadItem(ticket.thread);
    const body = (await this.#items.read('readFor', [item])).get(item.key);
    const isOurs = !isTakenOver(body ?? {}, ticket, this.#sightings.viewOf(item.key, body));
    return { record: this.#records.recordOf(body), isOurs };
  }

  async findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    const entry = await this.#open.find('findHandover', handoverId);
    if (entry === undefined) return undefined;
    const [known] = await this.#records.known('findHandover', [entry]);
    return known?.thread;
  }

  async listOpen(limit: number): Promise<ThreadKey[]> {
    if (limit <= 0) return [];
    const entries = await this.#open.all('listOpen');
    const found: ThreadKey[] = [];
    for (let from = 0; from < entries.length && found.length < limit; from += MAX_THREADS_READ_AT_ONCE) {
      const known = await this.#records.known('listOpen', entries.slice(from, from + MAX_THREADS_READ_AT_ONCE));
      found.push(...known.map(({ thread }) => thread));
    }
    return found.slice(0, limit);
  }

  async forget(thread: ThreadKey): Promise<void> {
    const item = this.#threadItem(thread);
    const body = (await this.#items.read('forget', [item])).get(item.key);
    await this.#items.remove('forget', [item.key]);
    await this.#aside.forget(thread);
    for (const [name, { atMs, bucket }] of Object.entries(body?.deadlines ?? {})) {
      await this.#due.remove('forget', bucket, { thread, name, atMs });
    }
    const openId = body?.record?.openHandoverId;
    if (openId !== undefined) await this.#open.remove('forget', [openId]);
  }

  schedule(due: DueTime): Promise<void> {
    return this.#dueTimes.schedule(due);
  }

  unschedule(thread: ThreadKey, name: string): Promise<void> {
    return this.#dueTimes.unschedule(thread, name);
  }

  takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    return this.#dueTimes.take(nowMs, limit, leaseMs);
  }

  #threadItem(thread: ThreadKey): ItemOf<ThreadBody> {
    return {
      key: this.#threadKey(thread),
      bodyOf: (value) => threadBodyOf(value, this.#faultOf),
      setAside: this.#aside.ofThread(thread),
    };
  }

  #threadKey(thread: ThreadKey): string {
    return this.#key('thread', thread.pageId, thread.psid);
  }

  /** Letters, digits, `.`, `-` and `_` only, which every storage takes; too long a key is hashed. */
  #key(kind: string, ...parts: string[]): string {
    const key = [this.#prefix, kind, ...parts.map(plain)].join('.');
    if (key.length <= MAX_KEY_LENGTH) return key;
    return `${this.#prefix}.${kind}.${createHash('sha256').update(key).digest('hex')}`;
  }
}

function checkedPrefix(prefix: string): string {
  if (/^[\w-]{1,64}$/.test(prefix)) return prefix;
  throw new InvalidOptionError('prefix', JSON.stringify(prefix), '1 to 64 letters, digits, "-" or "_"');
}

/** Each character beyond letters, digits and `-` becomes `_` and its code, so that two texts never meet in one key. */
function plain(text: string): string {
  return encodedText(text).replace(/[^A-Za-z0-9-]/g, (char) => `_${char.charCodeAt(0).toString(16)}`);
}
