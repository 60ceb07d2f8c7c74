/** The tickets of a store in memory: leases on events, finished events, and the order in each thread. Within bounds. */
import { threadId } from '../thread/key.js';
import type { Renewed, Ticket, TicketState } from '../thread/store.js';
import { OldestFirstMap } from './oldest-first-map.js';

/** A ticket that was taken and not left. */
interface Lease {
  readonly event: string;
  readonly processId: string;
  readonly untilMs: number;
}

interface Finished {
  readonly processId: string;
  readonly atMs: number;
}

/** Bounds, and the time. */
export interface MemoryTicketsOptions {
  readonly maxClaims: number;
  readonly claimRetentionMs: number;
  readonly now: () => number;
}

/** One for each bot. Every method is as the one of `ThreadStore`. */
export class MemoryTickets {
  readonly #options: MemoryTicketsOptions;
  /** By thread, oldest first. A thread without one has no entry. */
  readonly #leases = new Map<string, Lease[]>();
  #leaseCount = 0;
  /** By event, oldest first. */
  readonly #finished = new OldestFirstMap<Finished>();

  constructor(options: MemoryTicketsOptions) {
    this.#options = options;
  }

  /** Events with a lease, and finished ones. */
  get count(): number {
    return this.#leaseCount + this.#finished.size;
  }

  /** Why the ticket cannot be taken; `undefined` if it can. */
  refusalOf(ticket: Ticket): 'done' | 'busy' | undefined {
    this.#shed();
    if (this.#finished.get(ticket.event)) return 'done';
    return this.#isLeasedElsewhere(ticket) ? 'busy' : undefined;
  }

  /** Takes a ticket that is not refused, or prolongs its lease. @returns whether another process has an earlier ticket */
  take({ thread, event, processId }: Ticket, leaseMs: number): boolean {
    const nowMs = this.#options.now();
    const lease: Lease = { event, processId, untilMs: nowMs + leaseMs };
    const live = this.#change(threadId(thread), (leases) => {
      const known = leases.filter(({ untilMs }) => untilMs > nowMs);
      const at = known.findIndex((one) => one.event === event);
      if (at < 0) return [...known, lease];
      known[at] = lease;
      return known;
    });
    this.#shed();
    const others = live.findIndex((one) => one.processId !== processId);
    return others >= 0 && others < live.indexOf(lease);
  }

  renew(ticket: Ticket, leaseMs: number): Renewed {
    const refusal = this.refusalOf(ticket);
    if (refusal) return refusal;
    this.take(ticket, leaseMs);
    return 'renewed';
  }

  state(ticket: Ticket): TicketState {
    if (this.isTakenOver(ticket)) return 'lost';
    const nowMs = this.#options.now();
    const first = this.#leases.get(threadId(ticket.thread))?.find(({ untilMs }) => untilMs > nowMs);
    return first === undefined || first.processId === ticket.processId ? 'next' : 'waiting';
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): void {
    const { thread, event, processId } = ticket;
    if (this.isTakenOver(ticket)) return;
    this.#change(threadId(thread), (leases) => leases.filter((lease) => lease.event !== event));
    if (how === 'finished' && !this.#finished.get(event)) {
      this.#finished.set(event, { processId, atMs: this.#options.now() });
    }
    this.#shed();
  }

  /** Another process leases the event, or has finished it. */
  isTakenOver(ticket: Ticket): boolean {
    const finished = this.#finished.get(ticket.event);
    return finished ? finished.processId !== ticket.processId : this.#isLeasedElsewhere(ticket);
  }

  #isLeasedElsewhere({ thread, event, processId }: Ticket): boolean {
    const lease = this.#leases.get(threadId(thread))?.find((one) => one.event === event);
    return lease !== undefined && lease.processId !== processId && lease.untilMs > this.#options.now();
  }

  #change(id: string, change: (leases: Lease[]) => Lease[]): readonly Lease[] {
    const before = this.#leases.get(id) ?? [];
    const after = change(before);
    this.#leaseCount += after.length - before.length;
    if (after.length > 0) this.#leases.set(id, after);
    else this.#leases.delete(id);
    return after;
  }

  /** Finished events leave, the oldest first. Leases never leave before their time. */
  #shed(): void {
    const { maxClaims, claimRetentionMs, now } = this.#options;
    const untilMs = now() - claimRetentionMs;
    this.#finished.shed(({ atMs }) => atMs <= untilMs || this.count > maxClaims);
  }
}
