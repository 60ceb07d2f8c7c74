/**
 * Remembers threads, tickets and deadlines in this process, within bounds.
 *
 * The default store: nothing to set up, nothing shared with other processes, and nothing left after a restart.
 */
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { ThreadRecord } from '../thread/record.js';
import type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoringBot,
  ThreadChange,
  ThreadStore,
  Ticket,
  TicketState,
} from '../thread/store.js';
import { OldestFirstMap } from './oldest-first-map.js';
import { positiveOption } from './positive-option.js';

const MAX_THREADS = 100_000;
const RECORD_TTL_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_CLAIMS = 100_000;
const CLAIM_RETENTION_MS = 48 * 60 * 60 * 1000;

/** Bounds of a {@link MemoryThreadStore}. */
export interface MemoryThreadStoreOptions {
  /** Threads kept at once. Default 100,000. */
  readonly maxThreads?: number;
  /** How long a record is kept after it was last written, milliseconds. Default 30 days. */
  readonly recordTtlMs?: number;
  /** Events kept at once, claimed and finished. Default 100,000. */
  readonly maxClaims?: number;
  /** How long a finished event is remembered, milliseconds. Default 48 hours: Meta redelivers for up to 36. */
  readonly claimRetentionMs?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

interface KeptRecord {
  readonly record: ThreadRecord;
  readonly expiresAtMs: number;
}

interface Lease {
  readonly processId: string;
  readonly untilMs: number;
}

interface Finished {
  readonly processId: string;
  readonly atMs: number;
}

interface KeptDeadline {
  readonly due: DueTime;
  readonly hiddenUntilMs: number;
}

/**
 * A {@link ThreadStore} in memory, for one process.
 *
 * - Where there are more than `maxThreads`, the one used longest ago leaves. A thread with an open handover, or that
 *   another app owns (`recordedOwner` is not `bot`), never leaves for lack of room, only when its time is over: where
 *   all are such, the store grows beyond `maxThreads`.
 * - Where there are more than `maxClaims`, finished events leave first, the oldest before the others; a lease leaves
 *   only when it has ended, so the store grows where more than `maxClaims` events are being worked on.
 * - Records are kept and returned by reference, not copied. Their types are readonly all through: nobody may change
 *   one, and `change` makes a new one.
 *
 * @throws InvalidOptionError from the constructor, where a bound is no whole number above 0
 */
export class MemoryThreadStore implements ThreadStore {
  readonly #maxThreads: number;
  readonly #recordTtlMs: number;
  readonly #maxClaims: number;
  readonly #claimRetentionMs: number;
  readonly #now: () => number;

  /** Order of last use. */
  readonly #evictable = new OldestFirstMap<KeptRecord>();
  /** Order of last write, which is the order of expiry. */
  readonly #pinned = new OldestFirstMap<KeptRecord>();
  /** Threads with an open handover, by its id. Their records are all among the pinned. */
  readonly #openHandovers = new Map<string, ThreadKey>();
  readonly #leases = new OldestFirstMap<Lease>();
  /** Oldest first. */
  readonly #finished = new OldestFirstMap<Finished>();
  /** The tickets of each thread, oldest first. */
  readonly #tickets = new Map<string, readonly Ticket[]>();
  readonly #deadlines = new Map<string, Map<string, KeptDeadline>>();
  readonly #options: MemoryThreadStoreOptions;
  /** By the app ids of the bots that have asked. */
  readonly #ofBots = new Map<string, MemoryThreadStore>();

  constructor(options: MemoryThreadStoreOptions = {}) {
    this.#options = options;
    this.#maxThreads = positiveOption('maxThreads', options.maxThreads, MAX_THREADS);
    this.#recordTtlMs = positiveOption('recordTtlMs', options.recordTtlMs, RECORD_TTL_MS);
    this.#maxClaims = positiveOption('maxClaims', options.maxClaims, MAX_CLAIMS);
    this.#claimRetentionMs = positiveOption('claimRetentionMs', options.claimRetentionMs, CLAIM_RETENTION_MS);
    this.#now = options.now ?? Date.now;
  }

  /** Threads remembered now, expired ones that have not been met since included. */
  get threadCount(): number {
    return this.#evictable.size + this.#pinned.size;
  }

  /** Events remembered now, claimed and finished. */
  get claimCount(): number {
    return this.#leases.size + this.#finished.size;
  }

  /** The first bot that asks has this store itself; each further one has another of the same bounds. */
  forBot({ appId }: StoringBot): MemoryThreadStore {
    const isFirst = this.#ofBots.size === 0;
    const known = this.#ofBots.get(appId) ?? (isFirst ? this : new MemoryThreadStore(this.#options));
    this.#ofBots.set(appId, known);
    return known;
  }

  read(thread: ThreadKey): Promise<ThreadRecord | undefined> {
    return Promise.resolve(this.#recall(threadId(thread)));
  }

  update<T>(thread: ThreadKey, change: (current: ThreadRecord | undefined) => ThreadChange<T>): Promise<T> {
    return promised(() => this.#update(thread, change));
  }

  findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    return promised(() => {
      const thread = this.#openHandovers.get(handoverId);
      return thread && this.#recall(threadId(thread)) && { ...thread };
    });
  }

  listOpen(limit: number): Promise<ThreadKey[]> {
    return promised(() => {
      const open: ThreadKey[] = [];
      for (const thread of this.#openHandovers.values()) {
        if (open.length >= limit) break;
        if (this.#recall(threadId(thread))) open.push({ ...thread });
      }
      return open;
    });
  }

  /** None: nobody but this package writes here. */
  listSetAside(): Promise<SetAsideRecord[]> {
    return Promise.resolve([]);
  }

  forget(thread: ThreadKey): Promise<void> {
    return promised(() => {
      const id = threadId(thread);
      this.#drop(id);
      this.#deadlines.delete(id);
    });
  }

  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: ThreadRecord | undefined) => ThreadChange<T>,
  ): Entered<T> {
    const { event, processId, thread } = ticket;
    const refusal = this.#refusalOf(ticket);
    if (refusal) return { status: refusal };
    const value = this.#update(thread, change);
    this.#lease(event, processId, leaseMs);
    return { status: 'entered', value, mustWait: this.#takeSlot(ticket) };
  }

  isNext(ticket: Ticket): Promise<TicketState> {
    return promised(() => {
      if (this.#isTakenOver(ticket)) return 'lost';
      const [first] = this.#liveTickets(threadId(ticket.thread));
      return first === undefined || first.processId === ticket.processId ? 'next' : 'waiting';
    });
  }

  renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    return promised(() => {
      const refusal = this.#refusalOf(ticket);
      if (refusal) return refusal;
      this.#lease(ticket.event, ticket.processId, leaseMs);
      this.#takeSlot(ticket);
      return 'renewed';
    });
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): void {
    if (this.#isTakenOver(ticket)) return;
    if (how === 'finished') this.#finish(ticket.event, ticket.processId);
    else this.#leases.delete(ticket.event);
    const id = threadId(ticket.thread);
    this.#keepTickets(
      id,
      (this.#tickets.get(id) ?? []).filter(({ event }) => event !== ticket.event),
    );
  }

  readFor(ticket: Ticket): FencedRecord {
    return { record: this.#recall(threadId(ticket.thread)), isOurs: !this.#isTakenOver(ticket) };
  }

  schedule(due: DueTime): Promise<void> {
    return promised(() => {
      const id = threadId(due.thread);
      const ofThread = this.#deadlines.get(id) ?? new Map<string, KeptDeadline>();
      ofThread.set(due.name, { due, hiddenUntilMs: Number.NEGATIVE_INFINITY });
      this.#deadlines.set(id, ofThread);
    });
  }

  unschedule(thread: ThreadKey, name: string): Promise<void> {
    return promised(() => {
      const id = threadId(thread);
      const ofThread = this.#deadlines.get(id);
      ofThread?.delete(name);
      if (ofThread?.size === 0) this.#deadlines.delete(id);
    });
  }

  /** Looks at every deadline there is: a few for each open handover. */
  takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    return promised(() => {
      const due = [...this.#deadlines.values()]
        .flatMap((ofThread) => [...ofThread.values()])
        .filter((deadline) => deadline.due.atMs <= nowMs && deadline.hiddenUntilMs <= nowMs)
        .map((deadline) => deadline.due)
        .sort((a, b) => a.atMs - b.atMs)
        .slice(0, Math.max(0, limit));
      for (const taken of due) {
        this.#deadlines.get(threadId(taken.thread))?.set(taken.name, { due: taken, hiddenUntilMs: nowMs + leaseMs });
      }
      return due;
    });
  }

  #refusalOf(ticket: Ticket): 'done' | 'busy' | undefined {
    this.#shedClaims(this.#now());
    if (this.#finished.get(ticket.event)) return 'done';
    return this.#isTakenOver(ticket) ? 'busy' : undefined;
  }

  /** Another process leases the event, or has finished it. */
  #isTakenOver({ event, processId }: Ticket): boolean {
    const nowMs = this.#now();
    this.#shedClaims(nowMs);
    const finished = this.#finished.get(event);
    if (finished) return finished.processId !== processId;
    const lease = this.#leases.get(event);
    return lease !== undefined && lease.processId !== processId && lease.untilMs > nowMs;
  }

  #lease(event: string, processId: string, leaseMs: number): void {
    const nowMs = this.#now();
    this.#leases.set(event, { processId, untilMs: nowMs + leaseMs });
    this.#shedClaims(nowMs);
  }

  #finish(event: string, processId: string): void {
    this.#leases.delete(event);
    const nowMs = this.#now();
    if (!this.#finished.get(event)) this.#finished.set(event, { processId, atMs: nowMs });
    this.#shedClaims(nowMs);
  }

  /** @returns whether another process has an earlier ticket in the thread */
  #takeSlot(ticket: Ticket): boolean {
    const id = threadId(ticket.thread);
    const live = this.#liveTickets(id);
    const known = live.findIndex(({ event }) => event === ticket.event);
    const before = known < 0 ? live : live.slice(0, known);
    this.#keepTickets(id, known < 0 ? [...live, ticket] : live);
    return before.some(({ processId }) => processId !== ticket.processId);
  }

  #liveTickets(id: string): readonly Ticket[] {
    const tickets = this.#tickets.get(id);
    if (!tickets) return [];
    const nowMs = this.#now();
    return tickets.filter(({ event, processId }) => {
      const lease = this.#leases.get(event);
      return lease !== undefined && lease.processId === processId && lease.untilMs > nowMs;
    });
  }

  #keepTickets(id: string, tickets: readonly Ticket[]): void {
    if (tickets.length === 0) this.#tickets.delete(id);
    else this.#tickets.set(id, tickets);
  }

  #update<T>(thread: ThreadKey, change: (current: ThreadRecord | undefined) => ThreadChange<T>): T {
    const id = threadId(thread);
    const { record, value } = change(this.#recall(id));
    if (record !== undefined) this.#keep(thread, id, record);
    return value;
  }

  /** The record; the thread counts as used. */
  #recall(id: string): ThreadRecord | undefined {
    const record = this.#look(id);
    const used = record && this.#evictable.get(id);
    if (used !== undefined) this.#evictable.set(id, used);
    return record;
  }

  /** The record, for somebody who is about to write it. */
  #look(id: string): ThreadRecord | undefined {
    const kept = this.#evictable.get(id) ?? (this.#pinned.size > 0 ? this.#pinned.get(id) : undefined);
    if (kept === undefined) return undefined;
    if (kept.expiresAtMs > this.#now()) return kept.record;
    this.#drop(id);
    return undefined;
  }

  #keep(thread: ThreadKey, id: string, record: ThreadRecord): void {
    const nowMs = this.#now();
    const leaves = mayLeave(record);
    if (this.#pinned.size > 0) {
      const openBefore = this.#pinned.get(id)?.record.open;
      if (openBefore) this.#openHandovers.delete(openBefore.id);
      if (leaves) this.#pinned.delete(id);
    }
    if (!leaves) this.#evictable.delete(id);
    (leaves ? this.#evictable : this.#pinned).set(id, { record, expiresAtMs: nowMs + this.#recordTtlMs });
    if (record.open) this.#openHandovers.set(record.open.id, { pageId: thread.pageId, psid: thread.psid });
    this.#shedThreads(id, nowMs);
  }

  #drop(id: string): void {
    const open = this.#pinned.get(id)?.record.open;
    if (open) this.#openHandovers.delete(open.id);
    this.#evictable.delete(id);
    this.#pinned.delete(id);
  }

  /** What has expired, then what is used least; the thread just written stays even where all others are pinned. */
  #shedThreads(written: string, nowMs: number): void {
    while (this.#pinned.size > 0) {
      const oldest = this.#pinned.oldest();
      if (!oldest || oldest.value.expiresAtMs > nowMs) break;
      this.#drop(oldest.key);
    }
    this.#evictable.shed(({ expiresAtMs }) => expiresAtMs <= nowMs);
    if (this.threadCount <= this.#maxThreads) return;
    this.#evictable.shed((_kept, id) => this.threadCount > this.#maxThreads && id !== written);
  }

  #shedClaims(nowMs: number): void {
    const leases = this.#leases.size;
    const most = Math.max(0, this.#maxClaims - leases);
    const untilMs = nowMs - this.#claimRetentionMs;
    this.#finished.shed(({ atMs }) => atMs <= untilMs || this.#finished.size > most);
    if (leases <= this.#maxClaims) return;
    this.#leases.shed(({ untilMs }) => this.claimCount > this.#maxClaims && untilMs <= nowMs);
  }
}

/** Runs at once, in one piece; what it throws rejects. */
function promised<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(run());
  });
}

/** A thread with the bot and without a handover can be learnt anew from the next event; the others cannot. */
function mayLeave(record: ThreadRecord): boolean {
  return record.open === undefined && record.recordedOwner === 'bot';
}
