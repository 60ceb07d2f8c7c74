/** The tickets of a store in memory: leases on events, finished events, and the order in each thread. Within bounds. */
import { threadId } from '../../thread/key.js';
import { ShortLivedMap } from '../../thread/short-lived-map.js';
import type { Renewed, Ticket, TicketState } from '../../thread/store.js';

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
  readonly #leases = new ShortLivedMap<Lease[]>();
  #leaseCount = 0;
  /** By event, oldest first. */
  readonly #finished = new Map<string, Finished>();
  /** Goes on where it was: a new iterator steps over every entry that was deleted since the map was last arranged anew. */
  readonly #fromOldest = this.#finished.entries();
  #oldest: [string, Finished] | undefined;
  /** Events that finish in one millisecond have one entry's value in common. */
  #newest: Finished = { processId: '', atMs: 0 };

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
    const lease: Lease = { event, processId, untilMs: nowMs + leaseMs };
    const id = threadId(thread);
    const leases = this.#leases.get(id);
    if (leases === undefined) {
      this.#leases.set(id, [lease]);
      this.#leaseCount += 1;
      this.#shed(nowMs);
      return false;
    }
    this.#dropEnded(leases, processId, nowMs);
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
    const isQueued = this.#leaseOf(ticket)?.processId === ticket.processId;
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
    // Nobody else can have finished an event of which this process has the lease.
    const isLeasedHere = this.#leaseOf(ticket)?.processId === processId;
    const finish = isLeasedHere ? undefined : this.#finishOf(event);
    if (!isLeasedHere && this.#isElsewhere(ticket, finish)) return;
    this.#dropLease(ticket);
    if (how === 'released' || finish) return;
    const nowMs = this.#options.now();
    // A finish of long ago goes first, so that the order of the map is that of the times.
    if (!isLeasedHere) this.#shed(nowMs);
    if (this.#newest.atMs !== nowMs || this.#newest.processId !== processId) this.#newest = { processId, atMs: nowMs };
    this.#finished.set(event, this.#newest);
    this.#shed(nowMs);
  }

  /** Another process leases the event, or has finished it. */
  isTakenOver(ticket: Ticket): boolean {
    return this.#isElsewhere(ticket, this.#finishOf(ticket.event));
  }

  #isElsewhere(ticket: Ticket, finish: Finished | undefined): boolean {
    return finish ? finish.processId !== ticket.processId : this.#isLeasedElsewhere(ticket);
  }

  #isLeasedElsewhere(ticket: Ticket): boolean {
    const lease = this.#leaseOf(ticket);
    return lease !== undefined && lease.processId !== ticket.processId && lease.untilMs > this.#options.now();
  }

  #leaseOf({ thread, event }: Ticket): Lease | undefined {
    for (const lease of this.#leases.get(threadId(thread)) ?? []) if (lease.event === event) return lease;
    return undefined;
  }

  /** The finish of an event that is still remembered. */
  #finishOf(event: string): Finished | undefined {
    const finish = this.#finished.get(event);
    const { claimRetentionMs, now } = this.#options;
    return finish && finish.atMs > now() - claimRetentionMs ? finish : undefined;
  }

  /** Other processes' leases that have ended leave; a process's own never do by a call of its own. */
  #dropEnded(leases: Lease[], processId: string, nowMs: number): void {
    for (let at = leases.length - 1; at >= 0; at -= 1) {
      const lease = leases[at];
      if (!lease || lease.untilMs > nowMs || lease.processId === processId) continue;
      leases.splice(at, 1);
      this.#leaseCount -= 1;
    }
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
    while (this.#finished.size > 0) {
      const [event, { atMs }] = (this.#oldest ??= this.#fromOldest.next().value as [string, Finished]);
      if (atMs > untilMs && this.count <= maxClaims) return;
      this.#finished.delete(event);
      this.#oldest = undefined;
    }
  }
}
