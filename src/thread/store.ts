/** The port to whatever remembers threads. Three adapters in `store/`; users may bring their own. */
import type { ThreadKey } from './key.js';
import type { Logger } from './logger.js';
import type { ThreadRecord } from './record.js';

/** What a change makes of a record: the record to keep (`undefined` leaves the store as it is) and a value for the caller. */
export interface ThreadChange<T> {
  readonly record: ThreadRecord | undefined;
  readonly value: T;
}

/**
 * State of an event's claim: `claimed` by the asker now; `done` before, by anyone; `busy` with another holder whose
 * lease ends at `untilMs` (the store's clock, which may be another than ours).
 */
export type ClaimState =
  { readonly status: 'claimed' } | { readonly status: 'done' } | { readonly status: 'busy'; readonly untilMs: number };

/** A claim on an event of a thread, which takes the event's place among that thread's events. */
export interface PlacedClaim {
  /** Deduplication key of the event. */
  readonly event: string;
  readonly holder: string;
  readonly leaseMs: number;
  readonly thread: ThreadKey;
}

/** What became of a claim and the change that came with it; the change counts only where it says `claimed`. */
export type ClaimedUpdate<T> =
  | {
      readonly status: 'claimed';
      readonly value: T;
      /** Events of this thread that other holders claimed before are not finished: {@link ThreadStore.isTurnOf}. */
      readonly mustWait: boolean;
    }
  | Exclude<ClaimState, { readonly status: 'claimed' }>;

/**
 * What a store that has everything at hand answers without a promise: the steps that every event takes. None of them
 * fails. Nothing comes between two of them that are called one after the other.
 */
export interface StepsAtOnce {
  /** @param id of the thread, see `threadId` */
  read(id: string): ThreadRecord | undefined;

  /** Keeps a record. */
  write(id: string, thread: ThreadKey, record: ThreadRecord): void;

  /** Whether the event may be claimed: it is not finished, and nobody has a lease on it. */
  isFree(event: string): boolean;

  /** Claims an event that is free, see {@link isFree}. */
  claim(event: string, holder: string, leaseMs: number): void;

  /** As {@link ThreadStore.finish}. */
  finish(event: string): void;
}

/** A deadline that has come. */
export interface DueTime {
  readonly thread: ThreadKey;
  /** Which deadline of the thread; one name has one time. */
  readonly name: string;
  readonly atMs: number;
}

/** The bot that uses a store or an inbox. */
export interface StoringBot {
  /** Its Facebook app id: bots with different ones never see each other's data. */
  readonly appId: string;
  /** Where a store says what an operator has to know. */
  readonly log: Logger;
}

/** A record that could not be read and was put elsewhere. */
export interface SetAsideRecord {
  /** Absent where it is not a thread's own record, but an index of the store. */
  readonly thread?: ThreadKey;
  /** When, the store's clock, milliseconds. */
  readonly atMs: number;
  /** The key under which it lies now. */
  readonly where: string;
}

/**
 * Remembers threads, claims on events, and deadlines.
 *
 * Every method rejects with {@link StoreError} where the store cannot be reached or a conflict does not settle.
 */
export interface ThreadStore {
  /**
   * The part of this store that belongs to one bot, with the same connections. The plugin calls this once, so that two
   * bots may be given the same store, or two stores over the same data. Every call with the same id gives the same data.
   */
  forBot(bot: StoringBot): ThreadStore;

  /**
   * The record, or `undefined` where nothing is known, it has expired, or it cannot be read. The next {@link update}
   * sets one that cannot be read aside, logs that once, and goes on as if nothing were known.
   */
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

  /** Up to `limit` records that could not be read and were set aside, newest first. For people who look after a bot. */
  listSetAside(limit: number): Promise<SetAsideRecord[]>;

  /** Removes the record and the deadlines of a thread, and what of it was set aside. */
  forget(thread: ThreadKey): Promise<void>;

  /**
   * Claims an event for `holder` until `leaseMs` from now. The same holder may claim again (its lease is renewed).
   * @param event deduplication key of the event; holds no personal data once hashed by the caller
   * @param thread of the event, where it has a place in that thread's order: its place is kept as long as the claim
   */
  claim(event: string, holder: string, leaseMs: number, thread?: ThreadKey): Promise<ClaimState>;

  /**
   * The event is finished: `claim` answers `done` from now on, for as long as the store remembers.
   * @param thread as in {@link claim}: the event leaves its place
   */
  finish(event: string, holder: string, thread?: ThreadKey): Promise<void>;

  /**
   * The event is not finished and not being worked on: the next claim succeeds. Nothing where another holder has it.
   * @param thread as in {@link claim}: the event leaves its place
   */
  release(event: string, holder: string, thread?: ThreadKey): Promise<void>;

  /**
   * Claims an event and changes its thread's record in one atomic step, and gives the event its place in the order of
   * the thread over all processes. Optional: without it events are claimed and records updated one after the other, and
   * order is kept within a process only. Present only together with {@link isTurnOf}.
   * @param change as in {@link update}; what it makes counts only where the event was claimed
   */
  claimAndUpdate?<T>(
    claim: PlacedClaim,
    change: (current: ThreadRecord | undefined) => ThreadChange<T>,
  ): Promise<ClaimedUpdate<T>>;

  /**
   * Whether `holder` may work on the thread: no other holder has an unfinished claim that is older than all of its own.
   * A claim whose lease is over holds up nobody.
   */
  isTurnOf?(thread: ThreadKey, holder: string): Promise<boolean>;

  /**
   * The same without promises, of the memory store that the plugin makes itself: nobody else has it. A store that is given
   * is asked by its promises alone, so that whatever is wrapped around it is asked too.
   */
  readonly atOnce?: StepsAtOnce;

  /** Ends what the store itself has opened, connections above all. Optional. */
  close?(): Promise<void>;

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
