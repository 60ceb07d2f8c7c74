/** The words about a delivery: how it is taken in, and how it went. */
import type { MaybePromise } from '../thread/maybe-promise.js';
import type { QueueLoad } from './thread-queue.js';

/**
 * How a delivery went.
 * - `done`: every event is finished, here or before → 200
 * - `stillRunning`: the deadline came while a turn of this process goes on, the event's or one before it in its thread → 200, its
 *   redelivery is not run again
 * - `stored`: it lies in the inbox, and its turns go on, here or elsewhere → 200
 * - `busy`: the deadline came while another process works on an event or on an earlier one of its thread, or while too many
 *   turns run → 503, so that Meta delivers again
 * - `unavailable`: the store did not answer, too much is in progress, or this process stops; nothing was run → 503
 */
export type DeliveryVerdict = 'done' | 'stillRunning' | 'stored' | 'busy' | 'unavailable';

/** How a delivery is taken in. */
export interface DeliveryTerms {
  /** From the call on, milliseconds. */
  readonly ackDeadlineMs: number;
  /** The turns of this process are waited for however long they take; the deadline is only for those of others. */
  readonly waitForOwn?: boolean;
  /** A queue that closes refuses it, although it waits for its turns: it comes from a webhook. */
  readonly isRefusable?: boolean;
  /** The events have nothing to recognise a second delivery by. */
  readonly unrecognisable?: boolean;
  /** Size of the delivery. Default 0: it does not count. */
  readonly bytes?: number;
}

/** The state of a queue, for health checks. */
export interface QueueStatus {
  readonly load: QueueLoad;
  /** No further delivery is taken in, whatever its thread. */
  readonly isFull: boolean;
  readonly isClosed: boolean;
}

/** What a queue that was closed had to leave. */
export interface CloseReport {
  /** Events whose turns had begun and go on. */
  readonly running: number;
  /** Events that were taken in and not begun; their tickets were given back. */
  readonly waiting: number;
}

/**
 * Runs one event when its turn has come; without a promise if that is done at once. Must not reject; if it does, the event
 * counts as finished.
 */
export type EventWork<Value> = (value: Value, key: string) => MaybePromise<void>;

/** One delivery that is being taken in. */
export interface Delivery {
  readonly how: DeliveryTerms;
  isOverdue: boolean;
  isTakenIn: boolean;
  /** Why one of its events could not be taken in. */
  failure: { readonly error: unknown } | undefined;
}

/**
 * A turn that had to wait for the store has gone on without it, and must not come back. A webhook that was refused is run
 * all the same once the store answers: Meta's redelivery finds it done, and a slow store keeps nobody out for ever.
 */
export function isAbandoned({ isOverdue, how }: Delivery): boolean {
  return isOverdue && how.waitForOwn === true;
}
