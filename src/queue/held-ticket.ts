/**
 * The ticket of a turn that no event began: its slot in the order of its thread, over all processes.
 *
 * Such a turn may end a dialog just when another process has the customer's next message. That message waits until the
 * dialog's state is saved, as it waits for an event.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import { recover } from '../thread/maybe-promise.js';
import type { ThreadStore, Ticket } from '../thread/store.js';

const PREFIX = 'own:';

/** What a held ticket needs. Times are milliseconds. */
export interface HeldTicketDeps {
  readonly store: ThreadStore;
  readonly clock: Clock;
  readonly processId: string;
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly pollMs: number;
}

/** Taken when it is made. If the store does not answer, the turn runs without one. */
export class HeldTicket {
  readonly ticket: Ticket;
  readonly #deps: HeldTicketDeps;
  /** The last request for the lease. One that is not answered yet must not come after the ticket was left. */
  #leased: Promise<unknown>;
  #stopRenewing: (() => void) | undefined;

  constructor(thread: ThreadKey, deps: HeldTicketDeps) {
    this.ticket = { thread, event: PREFIX + randomUUID(), processId: deps.processId };
    this.#deps = deps;
    const change = (): { record: undefined; value: undefined } => ({ record: undefined, value: undefined });
    this.#leased = Promise.resolve(
      recover(
        () => deps.store.enter(this.ticket, deps.leaseMs, change),
        () => undefined,
      ),
    );
    this.#keepRenewing();
  }

  /**
   * Resolves when no other process has an earlier ticket in the thread. After a lease at the latest: the turn there may
   * wait for this very turn.
   */
  async isNext(): Promise<void> {
    const { clock, store, leaseMs, pollMs } = this.#deps;
    await this.#leased;
    const latestMs = clock.now() + leaseMs;
    while (clock.now() < latestMs) {
      const state = await store.isNext(this.ticket).catch(() => 'next' as const);
      if (state !== 'waiting') return;
      await new Promise<void>((resolve) => {
        inBackground(clock, pollMs, resolve);
      });
    }
  }

  /** Renews the lease no longer: others of the thread need not wait for a turn that hangs. */
  stopRenewing(): void {
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
  }

  /** Lets the next turn of the thread begin, in whichever process. */
  async leave(): Promise<void> {
    this.stopRenewing();
    await this.#leased;
    await recover(
      () => this.#deps.store.leave(this.ticket, 'released'),
      () => undefined,
    );
  }

  #keepRenewing(): void {
    const { clock, renewEveryMs, store, leaseMs } = this.#deps;
    this.#stopRenewing = inBackground(clock, renewEveryMs, () => {
      this.#leased = store.renew(this.ticket, leaseMs).catch(() => undefined);
      this.#keepRenewing();
    });
  }
}
