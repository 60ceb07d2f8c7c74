/**
 * Since when this process has seen each ticket in a Bot Framework storage, by its own clock.
 *
 * A storage has no clock. So a lease is over when this process has seen its ticket unrenewed for as long as the lease.
 */
import type { Clock } from '../../thread/clock.js';
import { OldestFirstMap } from '../oldest-first-map.js';
import type { StoredTicket, TicketItem, TicketView } from './thread-tickets.js';

/** Threads with tickets that this process remembers having seen. A ticket it forgets counts for one lease more. */
const MAX_THREADS_SEEN = 10_000;

interface Sighting {
  readonly renewals: number;
  readonly sinceMs: number;
}

/** By the key of the thread's item. */
export class TicketSightings {
  readonly #clock: Clock;
  readonly #claimRetentionMs: number;
  /** Of tickets, by thread and event. */
  readonly #seen = new OldestFirstMap<Map<string, Sighting>>();

  /** @param claimRetentionMs how long a finished event is remembered, milliseconds */
  constructor(clock: Clock, claimRetentionMs: number) {
    this.#clock = clock;
    this.#claimRetentionMs = claimRetentionMs;
  }

  /** How this process sees the tickets of a thread. Remembers since when it has seen each of them. */
  viewOf(key: string, item: TicketItem | undefined): TicketView {
    const nowMs = this.#clock.now();
    const before = this.#seen.get(key);
    const seen = new Map<string, Sighting>();
    const endsAtMs = (ticket: StoredTicket): number => {
      const known = before?.get(ticket.event);
      const since = known?.renewals === ticket.renewals ? known : { renewals: ticket.renewals, sinceMs: nowMs };
      seen.set(ticket.event, since);
      return since.sinceMs + ticket.leaseMs;
    };
    const live = new Set((item?.tickets ?? []).filter((ticket) => endsAtMs(ticket) > nowMs));
    this.#remember(key, seen);
    return {
      isLive: (ticket) => live.has(ticket),
      isRemembered: ({ atMs }) => atMs + this.#claimRetentionMs > nowMs,
    };
  }

  /** What this process wrote, it has seen. */
  note(key: string, tickets: readonly StoredTicket[]): void {
    const nowMs = this.#clock.now();
    const seen = new Map(this.#seen.get(key));
    for (const { event, renewals } of tickets) {
      if (seen.get(event)?.renewals !== renewals) seen.set(event, { renewals, sinceMs: nowMs });
    }
    this.#remember(key, seen);
  }

  /** The thread has no tickets any more. */
  forget(key: string): void {
    this.#seen.delete(key);
  }

  #remember(key: string, seen: Map<string, Sighting>): void {
    if (seen.size === 0) this.#seen.delete(key);
    else this.#seen.set(key, seen);
    this.#seen.shed(() => this.#seen.size > MAX_THREADS_SEEN);
  }
}
