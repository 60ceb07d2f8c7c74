/**
 * Makes one kind of error of whatever a store rejects with.
 *
 * Exists because users bring stores of their own, and a driver's `ECONNREFUSED` means the same as ours: the record
 * cannot be read now. What the rest of the package forgives must not depend on who wrote the store.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { ThreadRecord } from '../thread/record.js';
import type { ThreadChange, ThreadStore } from '../thread/store.js';

/** The same store; every rejection is a {@link StoreError}, with the store's own error as its cause. */
export function guardedStore(store: ThreadStore): ThreadStore {
  return {
    read: (thread) => guarded('read', () => store.read(thread)),
    update: (thread, change) => guardedUpdate(store, thread, change),
    findHandover: (handoverId) => guarded('findHandover', () => store.findHandover(handoverId)),
    listOpen: (limit) => guarded('listOpen', () => store.listOpen(limit)),
    forget: (thread) => guarded('forget', () => store.forget(thread)),
    claim: (event, holder, leaseMs) => guarded('claim', () => store.claim(event, holder, leaseMs)),
    finish: (event, holder) => guarded('finish', () => store.finish(event, holder)),
    release: (event, holder) => guarded('release', () => store.release(event, holder)),
    schedule: (due) => guarded('schedule', () => store.schedule(due)),
    unschedule: (thread, name) => guarded('unschedule', () => store.unschedule(thread, name)),
    takeDue: (nowMs, limit, leaseMs) => guarded('takeDue', () => store.takeDue(nowMs, limit, leaseMs)),
  };
}

/** What `change` itself throws is a mistake of this package's, and no fault of the store. */
async function guardedUpdate<T>(
  store: ThreadStore,
  thread: ThreadKey,
  change: (current: ThreadRecord | undefined) => ThreadChange<T>,
): Promise<T> {
  const thrown: unknown[] = [];
  const watched = (current: ThreadRecord | undefined): ThreadChange<T> => {
    try {
      return change(current);
    } catch (error) {
      thrown.push(error);
      throw error;
    }
  };
  try {
    return await guarded('update', () => store.update(thread, watched));
  } catch (error) {
    throw thrown.length === 0 ? error : thrown.at(-1);
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
