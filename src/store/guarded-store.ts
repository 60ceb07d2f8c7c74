/**
 * Makes one kind of error of whatever a store rejects with.
 *
 * Exists because users bring stores of their own, and a driver's `ECONNREFUSED` means the same as ours: the record
 * cannot be read now. What the rest of the package forgives must not depend on who wrote the store.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover } from '../thread/maybe-promise.js';
import type { StoredRecord, ThreadChange, ThreadStore } from '../thread/store.js';

type Change<T> = (current: StoredRecord | undefined) => ThreadChange<T>;

/** The same store; every failure is a {@link StoreError} that tells the store's own words. */
export function guardedStore(store: ThreadStore): ThreadStore {
  const guard: ThreadStore = {
    forBot: (bot) => guardedStore(store.forBot(bot)),
    read: async (thread) => guarded('read', () => store.read(thread)),
    update: async (thread, change) => guardedChange('update', change, (watched) => store.update(thread, watched)),
    findHandover: async (handoverId) => guarded('findHandover', () => store.findHandover(handoverId)),
    listOpen: async (limit) => guarded('listOpen', () => store.listOpen(limit)),
    listSetAside: async (limit) => guarded('listSetAside', () => store.listSetAside(limit)),
    forget: async (thread) => guarded('forget', () => store.forget(thread)),
    enter: (ticket, leaseMs, change) =>
      guardedChange('enter', change, (watched) => store.enter(ticket, leaseMs, watched)),
    isNext: async (ticket) => guarded('isNext', () => store.isNext(ticket)),
    renew: async (ticket, leaseMs) => guarded('renew', () => store.renew(ticket, leaseMs)),
    leave: (ticket, how) => guarded('leave', () => store.leave(ticket, how)),
    readFor: (ticket) => guarded('readFor', () => store.readFor(ticket)),
    schedule: async (due) => guarded('schedule', () => store.schedule(due)),
    unschedule: async (thread, name) => guarded('unschedule', () => store.unschedule(thread, name)),
    takeDue: async (nowMs, limit, leaseMs) => guarded('takeDue', () => store.takeDue(nowMs, limit, leaseMs)),
  };
  const close = store.close?.bind(store);
  return close ? { ...guard, close: async () => guarded('close', close) } : guard;
}

/** What `change` itself throws is a mistake of this package's, and no fault of the store. */
function guardedChange<T, R>(
  operation: string,
  change: Change<T>,
  run: (watched: Change<T>) => MaybePromise<R>,
): MaybePromise<R> {
  let thrown: { readonly error: unknown } | undefined;
  const watched: Change<T> = (current) => {
    try {
      return change(current);
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  return recover(
    () => run(watched),
    (error) => {
      throw thrown ? thrown.error : asStoreError(operation, error);
    },
  );
}

function guarded<T>(operation: string, run: () => MaybePromise<T>): MaybePromise<T> {
  return recover(run, (error) => {
    throw asStoreError(operation, error);
  });
}

function asStoreError(operation: string, cause: unknown): HandoverError {
  return cause instanceof HandoverError ? cause : new StoreError('storeUnavailable', operation, { cause });
}
