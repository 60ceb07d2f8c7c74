/** The port to the store of threads. `store/` has the adapters; users may bring their own. */
import type { AppId, EventKey, HandoverId, ProcessId } from './ids.js';
import type { ThreadKey } from './key.js';
import type { Logger } from './logger.js';
import type { MaybePromise } from './maybe-promise.js';

/** What a store keeps of a thread, as plain JSON. */
export interface StoredRecord {
  /** The id by which {@link ThreadStore.findHandover} finds the thread. Absent: it has no open handover. */
  readonly openHandoverId?: HandoverId;
  /** A store that is short of room may drop this record: the thread's next event tells what matters. */
  readonly forgettable: boolean;
  /** Unknown to the store. */
  readonly body: unknown;
}

/** What a change makes of a record: the record to keep (`undefined` leaves the store as it is) and a value for the caller. */
export interface ThreadChange<T, Kept = StoredRecord> {
  readonly record: Kept | undefined;
  readonly value: T;
}

/**
 * The right of one process to run one event, and that event's slot in the order of its thread.
 *
 * The two are one thing: whoever may run an event has a slot, and whoever has a slot may run its event when it is next.
 */
export interface Ticket {
  readonly thread: ThreadKey;
  /** Deduplication key of the event. A turn that no event began has a random one. */
  readonly event: EventKey;
  /** Names the process among those that share the store. */
  readonly processId: ProcessId;
}

/**
 * The answer to {@link ThreadStore.enter}. `done`: the event is finished, by any process. `busy`: another process has a
 * ticket for it whose lease goes on. The change counts only with `entered`.
 */
export type Entered<T> =
  | {
      readonly status: 'entered';
      readonly value: T;
      /** Another process has an earlier ticket in this thread: ask {@link ThreadStore.isNext} before the event runs. */
      readonly mustWait: boolean;
    }
  | { readonly status: 'done' }
  | { readonly status: 'busy' };

/**
 * The answer to {@link ThreadStore.renew}. `overtaken`: the lease had ended, and another process has gone past the ticket
 * meanwhile; the ticket has a slot behind the others now. `done` and `busy` are as with {@link Entered}: the ticket is lost.
 */
export type Renewed = 'renewed' | 'overtaken' | 'done' | 'busy';

/** The state of a ticket. `lost`: the lease ended, and another process has run the event or is running it. */
export type TicketState = 'next' | 'waiting' | 'lost';

/** A record, and whether the ticket that it was read for still counts. */
export interface FencedRecord<Kept = StoredRecord> {
  readonly record: Kept | undefined;
  /** `false`: another process has taken the event over. Nothing of this turn may leave the bot any more. */
  readonly isOurs: boolean;
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
  readonly appId: AppId;
  /** Where a store says what an operator has to know. */
  readonly log: Logger;
}

/** A bot, as a thread store has to know it. */
export interface ThreadStoreBot extends StoringBot {
  /** Why the body of a record cannot be read; `undefined` if it can. A store asks this of all that it did not write itself. */
  readonly faultOf: (body: unknown) => string | undefined;
}

/** A record that could not be read and was put elsewhere. */
export interface SetAsideRecord {
  readonly thread: ThreadKey;
  /** When, the store's clock, milliseconds. */
  readonly atMs: number;
  /** The key under which it lies now. */
  readonly where: string;
}

/**
 * Remembers threads, tickets, and deadlines.
 *
 * Every method rejects with {@link StoreError} if the store cannot be reached or a conflict does not settle. Every event takes
 * `enter`, `readFor` and `leave`: a store that has the answer there may return it without a promise.
 */
export interface ThreadStore {
  /**
   * The part of this store that belongs to one bot, with the same connections. The plugin calls this once, so that two
   * bots may be given the same store, or two stores over the same data. Every call with the same id gives the same data.
   */
  forBot(bot: ThreadStoreBot): ThreadStore;

  /**
   * The record, or `undefined` if nothing is known, it has expired, or it cannot be read. The next {@link update}
   * sets one that cannot be read aside, logs that once, and goes on as if nothing were known.
   */
  read(thread: ThreadKey): Promise<StoredRecord | undefined>;

  /**
   * Atomic read-modify-write. `change` is pure; the store calls it again with the newer record if another writer
   * was faster, and resolves with the value of the call that was written.
   */
  update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): Promise<T>;

  /**
   * The thread whose open handover has this id; `undefined` if no open one has it. The store derives this from what
   * `update` and `enter` write (`openHandoverId`): no caller reports it. The store answers from the record as it is now, so that an id is
   * found from the moment its record is written until the moment the handover is concluded, forgotten or expired.
   * @param handoverId as in `OpenHandover.id`; any other text is an id that no handover has
   */
  findHandover(handoverId: HandoverId): Promise<ThreadKey | undefined>;

  /** Up to `limit` threads that have an open handover, in no order, each once. For people who look after a bot. */
  listOpen(limit: number): Promise<ThreadKey[]>;

  /** Up to `limit` records that could not be read and were set aside, newest first. For people who look after a bot. */
  listSetAside(limit: number): Promise<SetAsideRecord[]>;

  /** Removes the record and the deadlines of a thread, and what of it was set aside. */
  forget(thread: ThreadKey): Promise<void>;

  /**
   * Takes a ticket and changes the record of its thread, in one atomic step. A process that enters again renews its lease
   * and keeps its slot.
   * @param leaseMs how long the ticket counts unless it is renewed, by the clock of the store
   * @param change as in {@link update}
   */
  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
  ): MaybePromise<Entered<T>>;

  /**
   * Whether the ticket's process may run the next event of the thread: no other process has a live ticket that is older
   * than all of its own. A ticket whose lease is over holds up nobody.
   */
  isNext(ticket: Ticket): Promise<TicketState>;

  /**
   * Prolongs the lease to `leaseMs` from now. If the lease was over, the ticket keeps its slot unless a call of another process
   * for this thread has dropped it: then it takes the last slot, and the answer is `overtaken`. Calls of its own process drop
   * no ticket.
   */
  renew(ticket: Ticket, leaseMs: number): Promise<Renewed>;

  /**
   * Gives the slot up. `finished`: {@link enter} answers `done` from now on, for as long as the store remembers.
   * `released`: the next {@link enter} succeeds. Nothing happens if another process has taken the event over.
   */
  leave(ticket: Ticket, how: 'finished' | 'released'): MaybePromise<void>;

  /** The record, and whether the ticket still counts; in one atomic step. */
  readFor(ticket: Ticket): MaybePromise<FencedRecord>;

  /** Closes what the store itself has opened, above all connections. Optional. */
  close?(): Promise<void>;

  /** Sets the deadline `name` of a thread, replacing the one of that name. */
  schedule(due: DueTime): Promise<void>;

  /** Removes a deadline; nothing if there is none. */
  unschedule(thread: ThreadKey, name: string): Promise<void>;

  /**
   * Deadlines at or before `nowMs`, oldest first. Each is hidden from other takers for `leaseMs` and is repeated after
   * that unless it was unscheduled or scheduled anew.
   */
  takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]>;
}

/** What of a store the queue uses: tickets. It writes no records. */
export interface TicketStore extends Pick<ThreadStore, 'isNext' | 'renew' | 'leave'> {
  enter(
    ticket: Ticket,
    leaseMs: number,
    change: () => { readonly record: undefined; readonly value: undefined },
  ): MaybePromise<Entered<undefined>>;
}
