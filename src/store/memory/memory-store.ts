/**
 * Remembers threads, tickets and deadlines in this process, within bounds.
 *
 * The default store: nothing to set up, nothing shared with other processes, and nothing left after a restart.
 */
import type { ThreadKey } from '../../thread/key.js';
import { threadId } from '../../thread/key.js';
import type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoredRecord,
  ThreadChange,
  ThreadStore,
  ThreadStoreBot,
  Ticket,
  TicketState,
} from '../../thread/store.js';
import { checkFields, namesOf } from '../../thread/check-values.js';
import { MemoryRecords } from './memory-records.js';
import { MemoryTickets } from './memory-tickets.js';
import { lifetimes, positiveOption } from '../positive-option.js';

const MAX_THREADS = 100_000;
const MAX_CLAIMS = 100_000;

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

interface KeptDeadline {
  readonly due: DueTime;
  readonly hiddenUntilMs: number;
}

const OPTION_NAMES = namesOf<MemoryThreadStoreOptions>({
  maxThreads: true,
  recordTtlMs: true,
  maxClaims: true,
  claimRetentionMs: true,
  now: true,
});

/**
 * A {@link ThreadStore} in memory, for one process.
 *
 * - If there are more than `maxThreads`, the one used longest ago leaves. A thread with an open handover, or that another
 *   app owns (its record is not `forgettable`), never leaves for lack of room, only when its time is over. If all are such,
 *   the store grows beyond `maxThreads`.
 * - If there are more than `maxClaims`, finished events leave first, the oldest before the others. A lease leaves only when
 *   it has ended, so the store grows if more than `maxClaims` events are in progress.
 * - Records are kept and returned by reference, not copied. Their types are readonly all through: nobody may change
 *   one, and `change` makes a new one.
 *
 * @throws InvalidOptionError from the constructor, if a bound is no whole number above 0
 */
export class MemoryThreadStore implements ThreadStore {
  readonly #records: MemoryRecords;
  readonly #tickets: MemoryTickets;
  readonly #deadlines = new Map<string, Map<string, KeptDeadline>>();
  readonly #options: MemoryThreadStoreOptions;
  /** By the app ids of the bots that have asked. */
  readonly #ofBots = new Map<string, MemoryThreadStore>();

  constructor(options: MemoryThreadStoreOptions = {}) {
    checkFields('', options, OPTION_NAMES);
    this.#options = options;
    const now = options.now ?? Date.now;
    const maxThreads = positiveOption('maxThreads', options.maxThreads, MAX_THREADS);
    const maxClaims = positiveOption('maxClaims', options.maxClaims, MAX_CLAIMS);
    const { recordTtlMs, claimRetentionMs } = lifetimes(options);
    this.#records = new MemoryRecords({ maxThreads, recordTtlMs, now });
    this.#tickets = new MemoryTickets({ maxClaims, claimRetentionMs, now });
  }

  /** Threads remembered now, expired ones that have not been met since included. */
  get threadCount(): number {
    return this.#records.count;
  }

  /** Events remembered now, with a lease and finished. */
  get claimCount(): number {
    return this.#tickets.count;
  }

  /** The first bot that asks has this store itself; each further one has another of the same bounds. */
  forBot({ appId }: ThreadStoreBot): MemoryThreadStore {
    const isFirst = this.#ofBots.size === 0;
    const known = this.#ofBots.get(appId) ?? (isFirst ? this : new MemoryThreadStore(this.#options));
    this.#ofBots.set(appId, known);
    return known;
  }

  read(thread: ThreadKey): Promise<StoredRecord | undefined> {
    return Promise.resolve(this.#records.recall(threadId(thread)));
  }

  update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): Promise<T> {
    return promised(() => this.#update(thread, change));
  }

  findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    return promised(() => this.#records.find(handoverId));
  }

  listOpen(limit: number): Promise<ThreadKey[]> {
    return promised(() => this.#records.listOpen(limit));
  }

  /** None: nobody but this package writes here. */
  listSetAside(): Promise<SetAsideRecord[]> {
    return Promise.resolve([]);
  }

  forget(thread: ThreadKey): Promise<void> {
    return promised(() => {
      const id = threadId(thread);
      this.#records.drop(id);
      this.#deadlines.delete(id);
    });
  }

  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
  ): Entered<T> {
    const refusal = this.#tickets.refusalOf(ticket);
    if (refusal) return { status: refusal };
    const value = this.#update(ticket.thread, change);
    return { status: 'entered', value, mustWait: this.#tickets.take(ticket, leaseMs) };
  }

  isNext(ticket: Ticket): Promise<TicketState> {
    return promised(() => this.#tickets.state(ticket));
  }

  renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    return promised(() => this.#tickets.renew(ticket, leaseMs));
  }

  leave(ticket: Ticket, how: 'finished' | 'released'): void {
    this.#tickets.leave(ticket, how);
  }

  readFor(ticket: Ticket): FencedRecord {
    return { record: this.#records.recall(threadId(ticket.thread)), isOurs: !this.#tickets.isTakenOver(ticket) };
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

  #update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): T {
    const id = threadId(thread);
    const { record, value } = change(this.#records.recall(id));
    if (record !== undefined) this.#records.keep(thread, id, record);
    return value;
  }
}

/** Runs at once, in one piece; what it throws rejects. */
function promised<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(run());
  });
}
