/** Turns a thread's record into what a store keeps, and back. Stores do not know what is in a record. */
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { ThreadKey } from '../thread/key.js';
import type { ThreadRecord } from '../thread/record.js';
import type { Entered, FencedRecord, StoredRecord, ThreadChange, ThreadStore, Ticket } from '../thread/store.js';

/** What a change makes of a thread's record. */
export type RecordChange<T> = ThreadChange<T, ThreadRecord>;

/** A thread store that reads and writes records of threads. Every method is as in `ThreadStore`. */
export interface RecordStore extends Omit<ThreadStore, 'forBot' | 'read' | 'update' | 'enter' | 'readFor'> {
  read(thread: ThreadKey): Promise<ThreadRecord | undefined>;
  update<T>(thread: ThreadKey, change: (current: ThreadRecord | undefined) => RecordChange<T>): Promise<T>;
  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: ThreadRecord | undefined) => RecordChange<T>,
  ): MaybePromise<Entered<T>>;
  readFor(ticket: Ticket): MaybePromise<FencedRecord<ThreadRecord>>;
}

/** The same store for records. @param store of one bot, whose `faultOf` is `faultOfRecord` */
export function recordStore(store: ThreadStore): RecordStore {
  const close = store.close?.bind(store);
  return {
    read: async (thread) => recordIn(await store.read(thread)),
    update: (thread, change) => store.update(thread, stored(change)),
    enter: (ticket, leaseMs, change) => store.enter(ticket, leaseMs, stored(change)),
    readFor: (ticket) =>
      whenReady(store.readFor(ticket), ({ record, isOurs }) => ({ record: recordIn(record), isOurs })),
    isNext: (ticket) => store.isNext(ticket),
    renew: (ticket, leaseMs) => store.renew(ticket, leaseMs),
    leave: (ticket, how) => store.leave(ticket, how),
    findHandover: (handoverId) => store.findHandover(handoverId),
    listOpen: (limit) => store.listOpen(limit),
    listSetAside: (limit) => store.listSetAside(limit),
    forget: (thread) => store.forget(thread),
    schedule: (due) => store.schedule(due),
    unschedule: (thread, name) => store.unschedule(thread, name),
    takeDue: (nowMs, limit, leaseMs) => store.takeDue(nowMs, limit, leaseMs),
    ...(close ? { close } : {}),
  };
}

/** What a store keeps of a record. */
export function storedRecordOf(record: ThreadRecord): StoredRecord {
  const { open, recordedOwner } = record;
  if (open) return { openHandoverId: open.id, forgettable: false, body: record };
  // The next event tells anew what there is to know about a thread with the bot.
  return { forgettable: recordedOwner === 'bot', body: record };
}

/** The record that a store kept. A store gives only bodies in which `faultOfRecord` found no fault. */
function recordIn(stored: StoredRecord | undefined): ThreadRecord | undefined {
  return stored?.body as ThreadRecord | undefined;
}

function stored<T>(
  change: (current: ThreadRecord | undefined) => RecordChange<T>,
): (current: StoredRecord | undefined) => ThreadChange<T> {
  return (current) => {
    const { record, value } = change(recordIn(current));
    return { record: record && storedRecordOf(record), value };
  };
}
