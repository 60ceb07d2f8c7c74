/**
 * Keeps the bot's own state from being overwritten by a turn that another process has taken over.
 *
 * Exists because Bot Framework saves state whatever was saved since it was read (eTag `*`): a process that stood still would
 * put its old state over the newer one, and a dialog that waits for an agent would be gone.
 */
import type { Fence } from '../../handover/fence.js';
import { askingTurn } from '../../queue/current-turn.js';

/** Where a bot keeps its state: Bot Framework's and the Agents SDK's `Storage`. */
export interface StateStorage {
  read(keys: string[], ...more: unknown[]): Promise<unknown>;
  write(changes: object, ...more: unknown[]): Promise<unknown>;
  delete(keys: string[], ...more: unknown[]): Promise<unknown>;
}

/** A storage with these three methods alone, as the application gave it. */
export type GuardedStorage<S extends StateStorage> = Pick<S, keyof StateStorage>;

/**
 * Whether the turn that asks, if any, may still save something.
 * @throws {@link TurnTakenOverError} if another process has its event
 */
export async function checkAskingTurn(fence: Pick<Fence, 'check'>): Promise<void> {
  const turn = askingTurn();
  if (turn) await fence.check(turn.ticket);
}

/** A storage whose changes reject if the turn that makes them is another process's now. */
export function guardedStorage<S extends StateStorage>(storage: S, fence: Pick<Fence, 'check'>): GuardedStorage<S> {
  const made: StateStorage = {
    read: (keys, ...more) => storage.read(keys, ...more),
    write: async (changes, ...more) => {
      await checkAskingTurn(fence);
      return storage.write(changes, ...more);
    },
    delete: async (keys, ...more) => {
      await checkAskingTurn(fence);
      return storage.delete(keys, ...more);
    },
  };
  // Each has the arguments and the answer of the storage's own.
  return made;
}
