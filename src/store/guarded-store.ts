/**
 * Makes one kind of error of whatever a store rejects with.
 *
 * Exists because users bring stores of their own, and a driver's `ECONNREFUSED` means the same as ours: the record
 * cannot be read now. What the rest of the package forgives must not depend on who wrote the store.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { ThreadRecord } from '../thread/record.js';
import type { ClaimedUpdate, PlacedClaim, ThreadChange, ThreadStore } from '../thread/store.js';

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
    claim: (event, holder, leaseMs, thread) => guarded('claim', () => store.claim(event, holder, leaseMs, thread)),
    finish: (event, holder, thread) => guarded('finish', () => store.finish(event, holder, thread)),
    release: (event, holder, thread) => guarded('release', () => store.release(event, holder, thread)),
    schedule: (due) => guarded('schedule', () => store.schedule(due)),
    unschedule: (thread, name) => guarded('unschedule', () => store.unschedule(thread, name)),
    takeDue: (nowMs, limit, leaseMs) => guarded('takeDue', () => store.takeDue(nowMs, limit, leaseMs)),
  };
  return { ...guard, ...guardedExtras(store) };
}

/** What not every store can do stays absent where it is. */
function guardedExtras(store: ThreadStore): Partial<ThreadStore> {
  const claimAndUpdate = store.claimAndUpdate?.bind(store);
  const isTurnOf = store.isTurnOf?.bind(store);
  const close = store.close?.bind(store);
  return {
    ...(claimAndUpdate && isTurnOf
      ? {
          claimAndUpdate: <T>(claim: PlacedClaim, change: Change<T>): Promise<ClaimedUpdate<T>> =>
            guardedChange('claim', change, (watched) => claimAndUpdate(claim, watched)),
          isTurnOf: (thread: ThreadKey, holder: string) => guarded('isTurnOf', () => isTurnOf(thread, holder)),
        }
      : {}),
    ...(close ? { close: () => guarded('close', close) } : {}),
  };
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
