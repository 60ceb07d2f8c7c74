/** Threads' records in a Bot Framework storage, with their tickets, and the open handovers among them. */
import type { Clock } from '../../thread/clock.js';
import { StoreError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import { threadId } from '../../thread/key.js';
import type { Entered, StoredRecord, ThreadChange, Ticket } from '../../thread/store.js';
import type { ShardedEntries } from './sharded-entries.js';
import type { OpenEntry, ThreadBody } from './stored-entries.js';
import { takeTicket } from './thread-tickets.js';
import type { TicketSightings } from './ticket-sightings.js';
import type { BodyChange, ItemOf, VersionedItems } from './versioned-items.js';

const THREADS_READ_AT_ONCE = 32;

/** What {@link StorageRecords} needs. */
export interface StorageRecordsDeps {
  readonly items: VersionedItems;
  /** Where open handovers are found by their id. They are hints: the thread's record decides. */
  readonly open: ShardedEntries<OpenEntry>;
  readonly sightings: TicketSightings;
  readonly clock: Clock;
  readonly recordTtlMs: number;
  readonly itemOf: (thread: ThreadKey) => ItemOf<ThreadBody>;
}

/** What became of an update: written (or left), or to be tried again once the handover it begins has an entry. */
type Tried<T> =
  | {
      readonly kind: 'done';
      readonly value: T;
      readonly mustWait: boolean;
      readonly before: string | undefined;
      readonly after: string | undefined;
    }
  | { readonly kind: 'begins'; readonly handoverId: string }
  | { readonly kind: 'refused'; readonly status: 'done' | 'busy' };

/** A ticket that a change comes with. */
interface TicketAsked {
  readonly ticket: Ticket;
  readonly leaseMs: number;
}

/** One for each bot of a storage. Every method rejects like {@link VersionedItems}. */
export class StorageRecords {
  readonly #deps: StorageRecordsDeps;

  constructor(deps: StorageRecordsDeps) {
    this.#deps = deps;
  }

  /**
   * A handover that begins gets its entry before its record is written: an entry that its record does not know is
   * harmless, a handover without an entry is never found.
   */
  async update<T>(
    operation: string,
    thread: ThreadKey,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
    asked?: TicketAsked,
  ): Promise<Entered<T>> {
    let added: string | undefined;
    let tried = await this.#tryUpdate(operation, thread, change, { added, asked });
    if (tried.kind === 'begins') {
      added = tried.handoverId;
      await this.#add(operation, added, thread);
      tried = await this.#tryUpdate(operation, thread, change, { added, asked });
    }
    // The change begins another handover each time it is called.
    if (tried.kind === 'begins') throw new StoreError('storeConflict', operation);
    if (tried.kind === 'refused') return { status: tried.status };
    await this.#dropEnded([tried.before, added], tried.after);
    return { status: 'entered', value: tried.value, mustWait: tried.mustWait };
  }

  async findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    const entries = await this.#deps.open.around('findHandover', handoverId);
    const [known] = await this.#known(
      'findHandover',
      entries.filter((entry) => entry.handoverId === handoverId),
    );
    return known?.thread;
  }

  /** Removes entries that it meets whose record has expired. */
  async listOpen(limit: number): Promise<ThreadKey[]> {
    if (limit <= 0) return [];
    const { open, clock, recordTtlMs } = this.#deps;
    const entries = await open.all('listOpen');
    const found: OpenEntry[] = [];
    const over: OpenEntry[] = [];
    for (let from = 0; from < entries.length && found.length < limit; from += THREADS_READ_AT_ONCE) {
      const some = entries.slice(from, from + THREADS_READ_AT_ONCE);
      const known = await this.#known('listOpen', some);
      found.push(...known);
      over.push(...some.filter((entry) => !known.includes(entry) && entry.addedAtMs + recordTtlMs <= clock.now()));
    }
    const ids = new Set(over.map(({ handoverId }) => handoverId));
    if (ids.size > 0) await open.removeAll('listOpen', ({ handoverId }) => ids.has(handoverId));
    return found.slice(0, limit).map(({ thread }) => thread);
  }

  /** Forgets the thread's open handovers, also those that its record does not know. */
  async forgetOpen(thread: ThreadKey): Promise<void> {
    const id = threadId(thread);
    await this.#deps.open.removeAll('forget', (entry) => threadId(entry.thread) === id);
  }

  #tryUpdate<T>(
    operation: string,
    thread: ThreadKey,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
    { added, asked }: { readonly added: string | undefined; readonly asked: TicketAsked | undefined },
  ): Promise<Tried<T>> {
    const item = this.#deps.itemOf(thread);
    return this.#deps.items.change(operation, item, (body): BodyChange<ThreadBody, Tried<T>> => {
      const taken =
        asked && takeTicket(body ?? {}, asked.ticket, asked.leaseMs, this.#deps.sightings.viewOf(item.key, body));
      if (taken && taken.status !== 'entered') {
        return { body: undefined, value: { kind: 'refused', status: taken.status } };
      }
      const { record, value } = change(this.recordOf(body));
      const before = body?.record?.openHandoverId;
      const after = record === undefined ? before : record.openHandoverId;
      if (after !== undefined && after !== before && after !== added) {
        return { body: undefined, value: { kind: 'begins', handoverId: after } };
      }
      if (taken) this.#deps.sightings.note(item.key, taken.value);
      const mustWait = taken?.mustWait === true;
      const done: Tried<T> = { kind: 'done', value, mustWait, before, after };
      if (record === undefined && !taken) return { body: undefined, value: done };
      const written = record && { record, expiresAtMs: this.#deps.clock.now() + this.#deps.recordTtlMs };
      return { body: { ...body, ...written, ...(taken && { tickets: taken.value }) }, value: done };
    });
  }

  async #add(operation: string, handoverId: string, { pageId, psid }: ThreadKey): Promise<void> {
    const entry: OpenEntry = { handoverId, thread: { pageId, psid }, addedAtMs: this.#deps.clock.now() };
    await this.#deps.open.change(operation, handoverId, (entries) => {
      if (entries.some((other) => other.handoverId === handoverId)) return { value: undefined };
      return { entries: [...entries, entry], value: undefined };
    });
  }

  /** The record is written; what fails here leaves an entry too many, which its record does not confirm. */
  async #dropEnded(ids: readonly (string | undefined)[], openId: string | undefined): Promise<void> {
    try {
      for (const id of new Set(ids)) {
        if (id === undefined || id === openId) continue;
        await this.#deps.open.remove('update', id, ({ handoverId }) => handoverId === id);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Of the entries, those that the record of their thread confirms. */
  async #known(operation: string, entries: readonly OpenEntry[]): Promise<readonly OpenEntry[]> {
    const { items, itemOf } = this.#deps;
    const threads = new Map(entries.map(({ thread }) => [itemOf(thread).key, itemOf(thread)]));
    const bodies = await items.read(operation, [...threads.values()]);
    return entries.filter(
      ({ handoverId, thread }) => this.recordOf(bodies.get(itemOf(thread).key))?.openHandoverId === handoverId,
    );
  }

  /** The record in a body, unless its time is over. */
  recordOf(body: ThreadBody | undefined): StoredRecord | undefined {
    if (body?.expiresAtMs === undefined || body.expiresAtMs <= this.#deps.clock.now()) return undefined;
    return body.record;
  }
}
