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
    if (this.#finishOf(ticket.event)) return 'done';
    return this.#isLeasedElsewhere(ticket) ? 'busy' : undefined;
  }

  /** Takes a ticket that is not refused, or prolongs its lease. @returns whether another process has an earlier ticket */
  take({ thread, event, processId }: Ticket, leaseMs: number): boolean {
    const nowMs = this.#options.now();
    const leases = this.#keptLeases(threadId(thread), processId, nowMs);
    const lease: Lease = { event, processId, untilMs: nowMs + leaseMs };
    const known = leases.findIndex((one) => one.event === event);
    const at = known < 0 ? leases.length : known;
    this.#leaseCount += known < 0 ? 1 : 0;
    leases[at] = lease;
    this.#shed(nowMs);
    const others = leases.findIndex((one) => one.processId !== processId);
    return others >= 0 && others < at;
  }

  renew(ticket: Ticket, leaseMs: number): Renewed {
    const refusal = this.refusalOf(ticket);
    if (refusal) return refusal;
    const isQueued =
      this.#leases
        .get(threadId(ticket.thread))
        ?.some(({ event, processId }) => event === ticket.event && processId === ticket.processId) === true;
    this.take(ticket, leaseMs);
    return isQueued ? 'renewed' : 'overtaken';
  }

  state(ticket: Ticket): TicketState {
    if (this.isTakenOver(ticket)) return 'lost';
    const nowMs = this.#options.now();
    const first = this.#leases.get(threadId(ticket.thread))?.find(({ untilMs }) => untilMs > nowMs);
    return first === undefined || first.processId === ticket.processId ? 'next' : 'waiting';
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): void {
    const { event, processId } = ticket;
    const finish = this.#finishOf(event);
    if (this.#isElsewhere(ticket, finish)) return;
    this.#dropLease(ticket);
    if (how === 'released' || finish) return;
    const nowMs = this.#options.now();
    this.#finished.set(event, { processId, atMs: nowMs });
    this.#shed(nowMs);
  }

  /** Another process leases the event, or has finished it. */
  isTakenOver(ticket: Ticket): boolean {
    return this.#isElsewhere(ticket, this.#finishOf(ticket.event));
  }

  #isElsewhere(ticket: Ticket, finish: Finished | undefined): boolean {
    return finish ? finish.processId !== ticket.processId : this.#isLeasedElsewhere(ticket);
  }

  #isLeasedElsewhere({ thread, event, processId }: Ticket): boolean {
    const lease = this.#leases.get(threadId(thread))?.find((one) => one.event === event);
    return lease !== undefined && lease.processId !== processId && lease.untilMs > this.#options.now();
  }

  /** The finish of an event that is still remembered. */
  #finishOf(event: string): Finished | undefined {
    const finish = this.#finished.get(event);
    const { claimRetentionMs, now } = this.#options;
    return finish && finish.atMs > now() - claimRetentionMs ? finish : undefined;
  }

  /** The list that the thread has from now on: without other processes' leases that have ended. */
  #keptLeases(id: string, processId: string, nowMs: number): Lease[] {
    const all = this.#leases.get(id) ?? [];
    const live = all.filter((lease) => lease.untilMs > nowMs || lease.processId === processId);
    this.#leaseCount += live.length - all.length;
    this.#leases.set(id, live);
    return live;
  }

  #dropLease({ thread, event }: Ticket): void {
    const id = threadId(thread);
    const leases = this.#leases.get(id);
    const at = leases?.findIndex((lease) => lease.event === event) ?? -1;
    if (!leases || at < 0) return;
    leases.splice(at, 1);
    this.#leaseCount -= 1;
    if (leases.length === 0) this.#leases.delete(id);
  }

  /** Finished events leave, the oldest first. Leases never leave before their time. */
  #shed(nowMs: number): void {
    const { maxClaims, claimRetentionMs } = this.#options;
    const untilMs = nowMs - claimRetentionMs;
    this.#finished.shed(({ atMs }) => atMs <= untilMs || this.count > maxClaims);
  }
}
