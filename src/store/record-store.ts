/**
 * The store of a bot as the plugin uses it: with records instead of what a store keeps, and with one kind of error.
 *
 * Exists because stores do not know what is in a record, and because users bring stores of their own: a driver's
 * `ECONNREFUSED` means the same as ours. What the rest of the package forgives must not depend on who wrote the store.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { ThreadRecord } from '../thread/record.js';
import type { Entered, FencedRecord, StoredRecord, ThreadChange, ThreadStore, Ticket } from '../thread/store.js';
import { isThenable } from '../thread/thenable.js';

/** What a change makes of a thread's record. */
export type RecordChange<T> = ThreadChange<T, ThreadRecord>;

/**
 * A thread store that reads and writes records of threads. Every method is as in `ThreadStore`, and every failure of the store
 * is a {@link StoreError} that tells the store's own words.
 */
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

/** @param store of one bot, whose `faultOf` is `faultOfRecord` */
export function recordStore(store: ThreadStore): RecordStore {
  const close = store.close?.bind(store);
  return {
    read: async (thread) => recordIn(await guarded('read', () => store.read(thread))),
    update: async (thread, change) => changed('update', change, (stored) => store.update(thread, stored)),
    enter: (ticket, leaseMs, change) => changed('enter', change, (stored) => store.enter(ticket, leaseMs, stored)),
    readFor: (ticket) =>
      whenReady(
        guarded('readFor', () => store.readFor(ticket)),
        fencedRecord,
      ),
    isNext: async (ticket) => guarded('isNext', () => store.isNext(ticket)),
    renew: async (ticket, leaseMs) => guarded('renew', () => store.renew(ticket, leaseMs)),
    leave: (ticket, how) => guarded('leave', () => store.leave(ticket, how)),
    findHandover: async (handoverId) => guarded('findHandover', () => store.findHandover(handoverId)),
    listOpen: async (limit) => guarded('listOpen', () => store.listOpen(limit)),
    listSetAside: async (limit) => guarded('listSetAside', () => store.listSetAside(limit)),
    forget: async (thread) => guarded('forget', () => store.forget(thread)),
    schedule: async (due) => guarded('schedule', () => store.schedule(due)),
    unschedule: async (thread, name) => guarded('unschedule', () => store.unschedule(thread, name)),
    takeDue: async (nowMs, limit, leaseMs) => guarded('takeDue', () => store.takeDue(nowMs, limit, leaseMs)),
    ...(close ? { close: async () => guarded('close', close) } : {}),
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

function fencedRecord({ record, isOurs }: FencedRecord): FencedRecord<ThreadRecord> {
  return { record: recordIn(record), isOurs };
}

/** What `change` itself throws is a mistake of this package's, and no fault of the store. */
function changed<T, R>(
  operation: string,
  change: (current: ThreadRecord | undefined) => RecordChange<T>,
  run: (stored: (current: StoredRecord | undefined) => ThreadChange<T>) => MaybePromise<R>,
): MaybePromise<R> {
  let mistake: { readonly error: unknown } | undefined;
  const stored = (current: StoredRecord | undefined): ThreadChange<T> => {
    try {
      const { record, value } = change(recordIn(current));
      return { record: record && storedRecordOf(record), value };
    } catch (error) {
      mistake = { error };
      throw error;
    }
  };
  // Not with guarded(): this runs for every event, and each function that is made for it costs as much as the call.
  try {
    const answer = run(stored);
    return isThenable(answer) ? answer.then(undefined, (cause: unknown) => failed(operation, cause, mistake)) : answer;
  } catch (cause) {
    return failed(operation, cause, mistake);
  }
}

function guarded<T>(operation: string, run: () => MaybePromise<T>): MaybePromise<T> {
  try {
    const answer = run();
    return isThenable(answer) ? answer.then(undefined, (cause: unknown) => failed(operation, cause)) : answer;
  } catch (cause) {
    return failed(operation, cause);
  }
}

function failed(operation: string, cause: unknown, mistake?: { readonly error: unknown }): never {
  if (mistake) throw mistake.error;
  throw cause instanceof HandoverError ? cause : new StoreError('storeUnavailable', operation, { cause });
}
