/**
 * Makes one kind of error of whatever a store rejects with.
 *
 * Exists because users bring stores of their own, and a driver's `ECONNREFUSED` means the same as ours: the record
 * cannot be read now. What the rest of the package forgives must not depend on who wrote the store.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadRecord } from '../thread/record.js';
import type { ThreadChange, ThreadStore } from '../thread/store.js';

type Change<T> = (current: ThreadRecord | undefined) => ThreadChange<T>;

/** The same store; every rejection is a {@link StoreError} that tells the store's own words. */
export function guardedStore(store: ThreadStore): ThreadStore {
  const guard: ThreadStore = {
    forBot: (bot) => guardedStore(store.forBot(bot)),
    read: (thread) => guarded('read', () => store.read(thread)),
    update: (thread, change) => guardedChange('update', change, (watched) => store.update(thread, watched)),
    findHandover: (handoverId) => guarded('findHandover', () => store.findHandover(handoverId)),
    listOpen: (limit) => guarded('listOpen', () => store.listOpen(limit)),
    listSetAside: (limit) => guarded('listSetAside', () => store.listSetAside(limit)),
    forget: (thread) => guarded('forget', () => store.forget(thread)),
    enter: (ticket, leaseMs, change) =>
      guardedChange('enter', change, (watched) => store.enter(ticket, leaseMs, watched)),
    isNext: (ticket) => guarded('isNext', () => store.isNext(ticket)),
    renew: (ticket, leaseMs) => guarded('renew', () => store.renew(ticket, leaseMs)),
    leave: (ticket, how) => guarded('leave', () => store.leave(ticket, how)),
    readFor: (ticket) => guarded('readFor', () => store.readFor(ticket)),
    schedule: (due) => guarded('schedule', () => store.schedule(due)),
    unschedule: (thread, name) => guarded('unschedule', () => store.unschedule(thread, name)),
    takeDue: (nowMs, limit, leaseMs) => guarded('takeDue', () => store.takeDue(nowMs, limit, leaseMs)),
  };
  const close = store.close?.bind(store);
  return close ? { ...guard, close: () => guarded('close', close) } : guard;
}

/** What `change` itself throws is a mistake of this package's, and no fault of the store. */
async function guardedChange<T, R>(
  operation: string,
  change: Change<T>,
  run: (watched: Change<T>) => Promise<R>,
): Promise<R> {
  let thrown: { readonly error: unknown } | undefined;
  const watched: Change<T> = (current) => {
    try {
      return change(current);
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  try {
    return await guarded(operation, () => run(watched));
  } catch (error) {
    // Set by `watched`, which the compiler does not see.
    const own = thrown as { readonly error: unknown } | undefined;
    throw own ? own.error : error;
  }
}

async function guarded<T>(operation: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof HandoverError) throw cause;
    throw new StoreError('storeUnavailable', operation, { cause });
  }
}
