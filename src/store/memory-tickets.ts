/** The tickets of a store in memory: leases on events, finished events, and the order in each thread. Within bounds. */
import { threadId } from '../thread/key.js';
import type { Renewed, Ticket, TicketState } from '../thread/store.js';
import { OldestFirstMap } from './oldest-first-map.js';

interface Lease {
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
  readonly #leases = new OldestFirstMap<Lease>();
  /** Oldest first. */
  readonly #finished = new OldestFirstMap<Finished>();
  /** The tickets of each thread, oldest first. */
  readonly #tickets = new Map<string, readonly Ticket[]>();

  constructor(options: MemoryTicketsOptions) {
    this.#options = options;
  }

  /** Events with a lease, and finished ones. */
  get count(): number {
    return this.#leases.size + this.#finished.size;
  }

  /** Why the ticket cannot be taken; `undefined` if it can. */
  refusalOf(ticket: Ticket): 'done' | 'busy' | undefined {
    this.#shed(this.#options.now());
    if (this.#finished.get(ticket.event)) return 'done';
    return this.isTakenOver(ticket) ? 'busy' : undefined;
  }

  /** Takes a ticket that is not refused, or prolongs its lease. @returns whether another process has an earlier ticket */
  take(ticket: Ticket, leaseMs: number): boolean {
    const nowMs = this.#options.now();
    this.#leases.set(ticket.event, { processId: ticket.processId, untilMs: nowMs + leaseMs });
    this.#shed(nowMs);
    const id = threadId(ticket.thread);
    const live = this.#liveTickets(id);
    const known = live.findIndex(({ event }) => event === ticket.event);
    this.#keep(id, known < 0 ? [...live, ticket] : live);
    const before = known < 0 ? live : live.slice(0, known);
    return before.some(({ processId }) => processId !== ticket.processId);
  }

  renew(ticket: Ticket, leaseMs: number): Renewed {
    const refusal = this.refusalOf(ticket);
    if (refusal) return refusal;
    this.take(ticket, leaseMs);
    return 'renewed';
  }

  state(ticket: Ticket): TicketState {
    if (this.isTakenOver(ticket)) return 'lost';
    const [first] = this.#liveTickets(threadId(ticket.thread));
    return first === undefined || first.processId === ticket.processId ? 'next' : 'waiting';
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): void {
    if (this.isTakenOver(ticket)) return;
    if (how === 'finished') this.#finish(ticket);
    else this.#leases.delete(ticket.event);
    const id = threadId(ticket.thread);
    const tickets = this.#tickets.get(id) ?? [];
    this.#keep(
      id,
      tickets.filter(({ event }) => event !== ticket.event),
    );
  }

  /** Another process leases the event, or has finished it. */
  isTakenOver({ event, processId }: Ticket): boolean {
    const nowMs = this.#options.now();
    this.#shed(nowMs);
    const finished = this.#finished.get(event);
    if (finished) return finished.processId !== processId;
    const lease = this.#leases.get(event);
    return lease !== undefined && lease.processId !== processId && lease.untilMs > nowMs;
  }

  #finish({ event, processId }: Ticket): void {
    this.#leases.delete(event);
    const nowMs = this.#options.now();
    if (!this.#finished.get(event)) this.#finished.set(event, { processId, atMs: nowMs });
    this.#shed(nowMs);
  }

  #liveTickets(id: string): readonly Ticket[] {
    const tickets = this.#tickets.get(id);
    if (!tickets) return [];
    const nowMs = this.#options.now();
    return tickets.filter(({ event, processId }) => {
      const lease = this.#leases.get(event);
      return lease !== undefined && lease.processId === processId && lease.untilMs > nowMs;
    });
  }

  #keep(id: string, tickets: readonly Ticket[]): void {
    if (tickets.length === 0) this.#tickets.delete(id);
    else this.#tickets.set(id, tickets);
  }

  #shed(nowMs: number): void {
    const { maxClaims, claimRetentionMs } = this.#options;
    const leases = this.#leases.size;
    const most = Math.max(0, maxClaims - leases);
    const untilMs = nowMs - claimRetentionMs;
    this.#finished.shed(({ atMs }) => atMs <= untilMs || this.#finished.size > most);
    if (leases <= maxClaims) return;
    this.#leases.shed(({ untilMs }) => this.count > maxClaims && untilMs <= nowMs);
  }
}
