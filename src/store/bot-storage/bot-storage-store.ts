/**
 * Remembers threads, tickets and deadlines in any Bot Framework storage.
 *
 * For bots on several processes that have a storage already (blobs, Cosmos DB) and want no further server.
 * @see https://learn.microsoft.com/azure/bot-service/bot-builder-howto-v4-storage
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../thread/clock.js';
import { systemClock } from '../../thread/clock.js';
import { InvalidOptionError, StoreError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import { encodedText, threadId } from '../../thread/key.js';
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
import { checkFields, checkMethods, namesOf } from '../../thread/check-values.js';
import { lifetimes, positiveOption } from '../positive-option.js';
import { SetAsideItems } from './set-aside-items.js';
import { ShardedEntries } from './sharded-entries.js';
import { StorageDueTimes } from './storage-due-times.js';
import { StorageRecords } from './storage-records.js';
import type { ThreadBody } from './stored-entries.js';
import { dueEntryOf, openEntryOf, threadBodyOf } from './stored-entries.js';
import { isQueued, isTakenOver, takeTicket, ticketState, withoutTicket } from './thread-tickets.js';
import { TicketSightings } from './ticket-sightings.js';
import type { BodyChange, ItemOf, StorageLike } from './versioned-items.js';
import { VersionedItems } from './versioned-items.js';

export type { StorageLike } from './versioned-items.js';

const PREFIX = 'handover-vcclive';
const MAX_TRIES = 10;
/** Longest key that Cosmos DB takes. */
const MAX_KEY_LENGTH = 255;

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
  /** In [0, 1): for the jitter of waits. Default `Math.random`. */
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
 * `BlobsStorage`, `CosmosDbPartitionedStorage`, the Agents SDK's. Storages that ignore eTags (`botbuilder-storage-redis`) or
 * lose refused writes silently (`botbuilder-storage-mongodb`) are right for a single process at most.
 *
 * docs/reliability.md says what it promises and what it cannot: the first write of a thread by two processes at once.
 * docs/what-is-stored.md says what stays behind, because a storage has no expiry.
 *
 * Keys: `<prefix>.<app id>.thread.<page>.<psid>`, `.due.<0 to 7>`, `.open.<0 to 7>`, and for what could not be read `.aside`
 * and `.aside.<label of the thread>`.
 *
 * @throws InvalidOptionError from the constructor
 */
export class BotStorageThreadStore implements ThreadStore {
  readonly #items: VersionedItems;
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
    const { recordTtlMs, claimRetentionMs } = lifetimes(options);
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
    this.#sightings = new TicketSightings(this.#clock, claimRetentionMs);
    this.#faultOf = bot?.faultOf;
    this.#records = new StorageRecords({
      items: this.#items,
      open: new ShardedEntries(this.#items, {
        prefix: `${this.#prefix}.open`,
        entryOf: openEntryOf,
        idOf: ({ handoverId }) => handoverId,
      }),
      sightings: this.#sightings,
      clock: this.#clock,
      recordTtlMs,
      itemOf: (thread) => this.#threadItem(thread),
    });
    this.#dueTimes = new StorageDueTimes(
      new ShardedEntries(this.#items, {
        prefix: `${this.#prefix}.due`,
        entryOf: dueEntryOf,
        idOf: ({ thread }) => threadId(thread),
      }),
    );
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

  findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    return this.#records.findHandover(handoverId);
  }

  listOpen(limit: number): Promise<ThreadKey[]> {
    return this.#records.listOpen(limit);
  }

  /** The thread's own item last, so that a call that failed can be repeated. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#dueTimes.forget(thread);
    await this.#records.forgetOpen(thread);
    await this.#aside.forget(thread);
    await this.#items.remove('forget', [this.#threadKey(thread)]);
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
      setAside: this.#aside.of(thread),
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
