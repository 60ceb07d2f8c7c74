/** The port to whatever remembers threads. Three adapters in `store/`; users may bring their own. */
import type { ThreadKey } from './key.js';
import type { ThreadRecord } from './record.js';

/** What a change makes of a record: the record to keep (`undefined` leaves the store as it is) and a value for the caller. */
export interface ThreadChange<T> {
  readonly record: ThreadRecord | undefined;
  readonly value: T;
}

/**
 * State of an event's claim: `claimed` by the asker now; `done` before, by anyone; `busy` with another holder whose
 * lease ends at `untilMs` (our clock).
 */
export type ClaimState =
  { readonly status: 'claimed' } | { readonly status: 'done' } | { readonly status: 'busy'; readonly untilMs: number };

/** A deadline that has come. */
export interface DueTime {
  readonly thread: ThreadKey;
  /** Which deadline of the thread; one name has one time. */
  readonly name: string;
  readonly atMs: number;
}

/**
 * Remembers threads, claims on events, and deadlines.
 *
 * Every method rejects with {@link StoreError} where the store cannot be reached or a conflict does not settle.
 */
export interface ThreadStore {
  /** The record, or `undefined` where nothing is known or it has expired. */
  read(thread: ThreadKey): Promise<ThreadRecord | undefined>;

  /**
   * Atomic read-modify-write. `change` is pure; the store calls it again with the newer record where another writer
   * was faster, and resolves with the value of the call that was written.
   */
  update<T>(thread: ThreadKey, change: (current: ThreadRecord | undefined) => ThreadChange<T>): Promise<T>;

  /**
   * The thread whose open handover has this id; `undefined` where no open one has it. The store derives this from what
   * `update` writes (`record.open?.id`): nobody tells it. It answers from the record as it is now, so that an id is
   * found from the moment its record is written until the moment the handover is concluded, forgotten or expired.
   * @param handoverId as in `OpenHandover.id`; any other text is an id that no handover has
   */
  findHandover(handoverId: string): Promise<ThreadKey | undefined>;

  /** Up to `limit` threads that have an open handover, in no order, each once. For people who look after a bot. */
  listOpen(limit: number): Promise<ThreadKey[]>;

  /** Removes the record and the deadlines of a thread. */
  forget(thread: ThreadKey): Promise<void>;

  /**
   * Claims an event for `holder` until `leaseMs` from now. The same holder may claim again (its lease is renewed).
   * @param event deduplication key of the event; holds no personal data once hashed by the caller
   */
  claim(event: string, holder: string, leaseMs: number): Promise<ClaimState>;

  /** The event is finished: `claim` answers `done` from now on, for as long as the store remembers. */
  finish(event: string, holder: string): Promise<void>;

  /** The event is not finished and not being worked on: the next claim succeeds. Nothing where another holder has it. */
  release(event: string, holder: string): Promise<void>;

  /** Sets the deadline `name` of a thread, replacing the one of that name. */
  schedule(due: DueTime): Promise<void>;

  /** Removes a deadline; nothing where there is none. */
  unschedule(thread: ThreadKey, name: string): Promise<void>;

  /**
   * Deadlines at or before `nowMs`, oldest first. Each is hidden from other takers for `leaseMs` and comes again after
   * that unless it was unscheduled or scheduled anew.
   */
  takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]>;
}
