/**
 * The tickets that this process has: taken, renewed while their turns wait or run, and left, over all processes.
 *
 * A ticket is a lease, so that what a process had begun is taken over when the process has died.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover, whenReady } from '../thread/maybe-promise.js';
import { ShortLivedMap } from '../thread/short-lived-map.js';
import type { Ticket, TicketState, TicketStore } from '../thread/store.js';

/** A ticket counts for so long unless it is renewed: a process that died holds up its threads for so long, milliseconds. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = LEASE_MS / 3;
/** How often a process asks whether another one has left an earlier ticket. */
const POLL_INTERVAL_MS = 100;
/** How often a failed `leave` of a finished event is retried. */
const RETRY_DELAY_MS = 250;

/** What a {@link TicketKeeper} needs. */
export interface TicketKeeperDeps {
  readonly store: TicketStore;
  readonly clock: Clock;
}

/** A ticket of this process. */
export interface HeldTicket {
  readonly ticket: Ticket;
  /** Until then, on our clock, no other process can have the event. */
  leasedUntilMs: number;
  /** A renewal that the store has not answered yet. */
  renewal?: Promise<void> | undefined;
  /** Called once if another process has taken the event over (`busy`), or has finished it (`done`). */
  readonly onLost: (how: 'done' | 'busy') => void;
  /** Called if the lease had ended and another process has gone past the ticket, which is renewed all the same. */
  onOvertaken?(): void;
}

/** Keeps the tickets of one process. */
export class TicketKeeper {
  readonly #deps: TicketKeeperDeps;
  /** By the key of the event. */
  readonly #held = new ShortLivedMap<HeldTicket>();
  /** Finished here, and the store does not know it yet; by the key of the event. */
  readonly #untold = new Map<string, HeldTicket>();
  #stopRenewing: (() => void) | undefined;
  #stopRetrying: (() => void) | undefined;

  constructor(deps: TicketKeeperDeps) {
    this.#deps = deps;
  }

  /** Whether this process has finished the event, and the store does not know it yet. */
  isFinished(event: string): boolean {
    return this.#untold.has(event);
  }

  /** When a lease that is asked for now will be over, on our clock. */
  leaseEndMs(): number {
    return this.#deps.clock.now() + LEASE_MS;
  }

  /** Whether the lease goes on, by our clock. */
  isLeased({ leasedUntilMs }: HeldTicket): boolean {
    return this.#deps.clock.now() < leasedUntilMs;
  }

  /** Whether the ticket is renewed: not that of a turn that lasts too long. */
  isHeld(held: HeldTicket): boolean {
    return this.#held.get(held.ticket.event) === held;
  }

  /** Renews a ticket from now on, until {@link leave} or {@link letGo}. */
  hold(held: HeldTicket): void {
    this.#held.set(held.ticket.event, held);
    this.#stopRenewing ??= inBackground(this.#deps.clock, RENEW_EVERY_MS, () => this.#renewAll());
  }

  /** Renews a ticket no longer: another process takes its thread over when the lease is over. */
  letGo(held: HeldTicket): void {
    if (this.isHeld(held)) this.#held.delete(held.ticket.event);
  }

  /**
   * Gives a ticket up. Never rejects.
   * @param how `finished`: if the store does not answer, the call is retried until it does, and the event counts as finished
   *   in this process. `released`: if the store does not answer, the lease ends by itself.
   */
  leave(held: HeldTicket, how: 'finished' | 'released'): MaybePromise<void> {
    const { store } = this.#deps;
    this.letGo(held);
    return recover(
      // A renewal that came after the release would take the slot again.
      () => whenReady(how === 'released' ? held.renewal : undefined, () => store.leave(held.ticket, how)),
      () => {
        if (how === 'finished') this.#tellAgain(held);
      },
    );
  }

  /** Waits until no other process has an earlier ticket in the thread, while `mayWait` says so. */
  async untilNext(held: HeldTicket, mayWait: () => boolean): Promise<void> {
    const { store } = this.#deps;
    while (mayWait()) {
      // A store that does not answer now will: nothing begins without it either.
      const state = await store.isNext(held.ticket).catch((): TicketState => 'waiting');
      if (state === 'next') return;
      if (state === 'lost') await this.renew(held);
      if (mayWait()) await this.#pause();
    }
  }

  /** The lease has ended, so another process may have the event: asks until the store says who has it. */
  async untilLeased(held: HeldTicket, mayWait: () => boolean): Promise<void> {
    while (mayWait() && !this.isLeased(held)) {
      await this.renew(held);
      if (mayWait() && !this.isLeased(held)) await this.#pause();
    }
  }

  /** Prolongs the lease. Never rejects: if the store does not answer, the lease goes on until its end. */
  renew(held: HeldTicket): Promise<void> {
    held.renewal ??= this.#renew(held).finally(() => (held.renewal = undefined));
    return held.renewal;
  }

  /**
   * Tells the store at once which events are finished, if it does not know them yet: then no other process takes them over.
   * If it does not answer, the call is retried later. Never rejects.
   */
  tellFinished(): MaybePromise<void> {
    return this.#untold.size === 0 ? undefined : this.#tellAll();
  }

  /** Renews nothing any more, and tells the store once more what it does not know yet. */
  async close(): Promise<void> {
    this.#held.clear();
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
    await this.tellFinished();
    this.#stopRetrying?.();
  }

  async #renew(held: HeldTicket): Promise<void> {
    const untilMs = this.leaseEndMs();
    try {
      const renewed = await this.#deps.store.renew(held.ticket, LEASE_MS);
      if (renewed === 'renewed' || renewed === 'overtaken') {
        held.leasedUntilMs = untilMs;
        // A turn that lasts too long was let go meanwhile, and may be overtaken.
        if (renewed === 'overtaken' && this.isHeld(held)) held.onOvertaken?.();
      } else if (this.isHeld(held)) {
        this.letGo(held);
        held.onLost(renewed);
      }
    } catch {
      // The next round, or the end of the lease.
    }
  }

  #renewAll(): void {
    this.#stopRenewing = undefined;
    if (this.#held.size === 0) return;
    this.#stopRenewing = inBackground(this.#deps.clock, RENEW_EVERY_MS, () => this.#renewAll());
    for (const held of this.#held.values()) void this.renew(held);
  }

  #tellAgain(held: HeldTicket): void {
    this.#untold.set(held.ticket.event, held);
    this.#stopRetrying ??= inBackground(this.#deps.clock, RETRY_DELAY_MS, () => void this.tellFinished());
  }

  /** One first: while that one fails, the store does not answer. */
  async #tellAll(): Promise<void> {
    this.#stopRetrying?.();
    this.#stopRetrying = undefined;
    const [first, ...others] = this.#untold.values();
    if (first && (await this.#tell(first))) await Promise.all(others.map((held) => this.#tell(held)));
    for (const held of this.#untold.values()) this.#tellAgain(held);
  }

  /** Never rejects. @returns whether the store knows it now */
  #tell(held: HeldTicket): Promise<boolean> {
    const { event } = held.ticket;
    const told = recover(
      () => whenReady(this.#deps.store.leave(held.ticket, 'finished'), () => this.#untold.delete(event)),
      () => false,
    );
    return Promise.resolve(told);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      inBackground(this.#deps.clock, POLL_INTERVAL_MS, resolve);
    });
  }
}
