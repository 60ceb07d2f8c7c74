/**
 * The place of a turn that no event brought in the order of its thread, over all processes.
 *
 * Exists because such a turn may end a dialog just when another process has the customer's next message: that one waits
 * until the dialog's state is saved, as it waits for an event.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import type { ThreadStore } from '../thread/store.js';

const PREFIX = 'own:';

/** Whether a turn's key is that of a place. */
export function isOwnPlace(turnKey: string): boolean {
  return turnKey.startsWith(PREFIX);
}

/** What a place stands on. Times are milliseconds. */
export interface OwnPlaceParts {
  readonly store: ThreadStore;
  readonly clock: Clock;
  readonly holder: string;
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly pollMs: number;
}

/** Taken when it is made. Where the store does not answer, the turn runs as without a place. */
export class OwnPlace {
  /** Claimed in the store for as long as the turn runs, as an event's key is. */
  readonly key = PREFIX + randomUUID();
  readonly #parts: OwnPlaceParts;
  readonly #thread: ThreadKey;
  /** The claim made last: one that is still under way must not come after the place was left. */
  #claimed: Promise<unknown>;
  #stopRenewing: (() => void) | undefined;

  /** `undefined` where the store keeps no order over processes. */
  static in(thread: ThreadKey, parts: OwnPlaceParts): OwnPlace | undefined {
    return parts.store.isTurnOf ? new OwnPlace(thread, parts) : undefined;
  }

  private constructor(thread: ThreadKey, parts: OwnPlaceParts) {
    this.#parts = parts;
    this.#thread = thread;
    this.#claimed = this.#claim();
    this.#keepRenewing();
  }

  /**
   * Resolves when no other process has earlier events of the thread. After a lease at the latest: what runs there may wait
   * for this very turn.
   */
  async comes(): Promise<void> {
    const { clock, store, holder, leaseMs, pollMs } = this.#parts;
    await this.#claimed;
    const latestMs = clock.now() + leaseMs;
    while (clock.now() < latestMs) {
      if ((await store.isTurnOf?.(this.#thread, holder).catch(() => true)) !== false) return;
      await new Promise<void>((resolve) => {
        inBackground(clock, pollMs, resolve);
      });
    }
  }

  /** Lets the next one of the thread begin, in whichever process. */
  async leave(): Promise<void> {
    this.#stopRenewing?.();
    const { store, holder } = this.#parts;
    await this.#claimed;
    await store.release(this.key, holder, this.#thread).catch(() => undefined);
  }

  #claim(): Promise<unknown> {
    const { store, holder, leaseMs } = this.#parts;
    return store.claim(this.key, holder, leaseMs, this.#thread).catch(() => undefined);
  }

  #keepRenewing(): void {
    this.#stopRenewing = inBackground(this.#parts.clock, this.#parts.renewEveryMs, () => {
      this.#claimed = this.#claim();
      this.#keepRenewing();
    });
  }
}
