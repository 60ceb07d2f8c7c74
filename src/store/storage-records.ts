/** Changes threads' records in a Bot Framework storage, together with tickets and with the index of open handovers. */
import type { Clock } from '../thread/clock.js';
import { StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { Entered, StoredRecord, ThreadChange, Ticket } from '../thread/store.js';
import type { AddedOpening, OpenIndex } from './open-index.js';
import type { OpenEntry, ThreadBody } from './stored-entries.js';
import { takeTicket } from './thread-tickets.js';
import type { TicketSightings } from './ticket-sightings.js';
import type { BodyChange, ItemOf, VersionedItems } from './versioned-items.js';

/** Old entries of open handovers that one update looks after, so that no update takes long. */
const MAX_OLD_ENTRIES_AT_ONCE = 8;
/** A change that begins another handover each time it is called is no pure function, and is called no more often. */
const MAX_BEGINNINGS = 3;

/** What {@link StorageRecords} needs. */
export interface StorageRecordsDeps {
  readonly items: VersionedItems;
  readonly open: OpenIndex;
  readonly sightings: TicketSightings;
  readonly clock: Clock;
  readonly recordTtlMs: number;
  readonly itemOf: (thread: ThreadKey) => ItemOf<ThreadBody>;
}

/** What became of an update: written (or left), or to be tried again once the handover it begins is in the index. */
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
   * A handover that begins is entered in the index before its record is written: an entry that its record does not
   * know is harmless, a handover that the index does not know is never found.
   */
  async update<T>(
    operation: string,
    thread: ThreadKey,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
    asked?: TicketAsked,
  ): Promise<Entered<T>> {
    const added: AddedOpening[] = [];
    for (;;) {
      const indexed = added.map(({ entry }) => entry.handoverId);
      const tried = await this.#tryUpdate(operation, thread, change, { indexed, asked });
      if (tried.kind === 'refused') return { status: tried.status };
      if (tried.kind === 'done') {
        await this.#tidy(tried.before, tried.after, added);
        return { status: 'entered', value: tried.value, mustWait: tried.mustWait };
      }
      if (added.length === MAX_BEGINNINGS) throw new StoreError('storeConflict', operation);
      added.push(await this.#deps.open.add(operation, tried.handoverId, thread, this.#deps.clock.now()));
    }
  }

  #tryUpdate<T>(
    operation: string,
    thread: ThreadKey,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
    { indexed, asked }: { readonly indexed: readonly string[]; readonly asked: TicketAsked | undefined },
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
      if (after !== undefined && after !== before && !indexed.includes(after)) {
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

  /** The record is written; what fails here leaves an entry too many, which its record does not confirm. */
  async #tidy(before: string | undefined, after: string | undefined, added: readonly AddedOpening[]): Promise<void> {
    if (before === after && added.length === 0) return;
    try {
      const over = [...(before === undefined ? [] : [before]), ...added.map(({ entry }) => entry.handoverId)];
      await this.#deps.open.remove(
        'update',
        over.filter((id) => id !== after),
      );
      const begun = added.find(({ entry }) => entry.handoverId === after);
      if (begun?.began === true) await this.#deps.open.ensure('update', begun.entry);
      await this.#dropOverdue(begun?.others ?? []);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Handovers whose thread was never written again leave no trace in their record: it expired. */
  async #dropOverdue(entries: readonly OpenEntry[]): Promise<void> {
    const oldMs = this.#deps.clock.now() - this.#deps.recordTtlMs;
    const old = entries.filter(({ addedAtMs }) => addedAtMs <= oldMs).slice(0, MAX_OLD_ENTRIES_AT_ONCE);
    const known = await this.known('update', old);
    const gone = old.filter((entry) => !known.includes(entry));
    await this.#deps.open.remove(
      'update',
      gone.map(({ handoverId }) => handoverId),
    );
  }

  /** Of the entries, those that the record of their thread confirms. */
  async known(operation: string, entries: readonly OpenEntry[]): Promise<readonly OpenEntry[]> {
    const bodies = await this.bodiesOf(operation, entries);
    return entries.filter(
      ({ handoverId, thread }) =>
        this.recordOf(bodies.get(this.#deps.itemOf(thread).key))?.openHandoverId === handoverId,
    );
  }

  /** The items of these threads that exist, by key. */
  async bodiesOf(
    operation: string,
    entries: readonly { readonly thread: ThreadKey }[],
  ): Promise<ReadonlyMap<string, ThreadBody>> {
    const items = new Map(entries.map(({ thread }) => [this.#deps.itemOf(thread).key, this.#deps.itemOf(thread)]));
    return this.#deps.items.read(operation, [...items.values()]);
  }

  /** The record in a body, unless its time is over. */
  recordOf(body: ThreadBody | undefined): StoredRecord | undefined {
    if (body?.expiresAtMs === undefined || body.expiresAtMs <= this.#deps.clock.now()) return undefined;
    return body.record;
  }
}
