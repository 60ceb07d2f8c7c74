/** How much of what came in this process has not finished, and whether more can be taken in. */
import type { Job, Load, QueuedEvent } from './job.js';

/** How much is taken in at once. What is beyond is answered with 503: Meta waits, and delivers again. */
export interface DeliveryLimits {
  /** Events taken in and not finished, all threads together. Default 10,000. */
  readonly maxEvents?: number;
  /** The same for one thread. A delivery that finds fewer is taken in whole. Default 200. */
  readonly maxEventsPerThread?: number;
  /** Turns that run at the same time, of different threads; further ones wait. Default 1000. */
  readonly maxTurns?: number;
  /** Size of the deliveries that are not finished, bytes. Default 64 MiB. */
  readonly maxBytes?: number;
  /**
   * A turn that hangs holds up its thread for so long, in every process, milliseconds; then the next turn of the thread
   * begins beside it. Default 120,000.
   */
  readonly longestTurnMs?: number;
}

/** The limits, with their defaults. */
export function limitsOf(given: DeliveryLimits = {}): Required<DeliveryLimits> {
  return {
    maxEvents: given.maxEvents ?? 10_000,
    maxEventsPerThread: given.maxEventsPerThread ?? 200,
    maxTurns: given.maxTurns ?? 1_000,
    maxBytes: given.maxBytes ?? 64 * 1024 * 1024,
    longestTurnMs: given.longestTurnMs ?? 2 * 60_000,
  };
}

/** Counts. A turn that hangs counts no longer, so that hung turns do not close the process to everybody. */
export class Capacity {
  readonly #limits: Required<DeliveryLimits>;
  #events = 0;
  #bytes = 0;

  constructor(limits: Required<DeliveryLimits>) {
    this.#limits = limits;
  }

  /**
   * Why a delivery cannot be taken in now; `undefined` if it can.
   * @param longest gives how many events wait or run in that thread of the delivery that has most
   */
  refusalOf(events: number, bytes: number, longest: () => number): string | undefined {
    const { maxEvents, maxEventsPerThread, maxBytes } = this.#limits;
    if (this.#events + events > maxEvents) {
      return `${this.#events} events are in progress, and no more than ${maxEvents} are taken in.`;
    }
    if (this.#bytes + bytes > maxBytes && this.#bytes > 0) {
      return `Deliveries of ${this.#bytes} bytes are in progress, and no more than ${maxBytes} are taken in.`;
    }
    if (this.#events < maxEventsPerThread || longest() < maxEventsPerThread) return undefined;
    return `A thread has ${maxEventsPerThread} events in progress, and no more are taken in.`;
  }

  /** Whether no further event is taken in, whatever its thread. */
  get isFull(): boolean {
    return this.#events >= this.#limits.maxEvents || this.#bytes >= this.#limits.maxBytes;
  }

  /** The events of one delivery count from now on. */
  add<V extends QueuedEvent>(jobs: readonly Job<V>[], bytes: number): void {
    this.#events += jobs.length;
    this.#bytes += bytes;
    const load: Load = { bytes, jobsLeft: jobs.length };
    for (const job of jobs) job.load = load;
  }

  /** An event counts no longer. A second call does nothing. */
  remove<V extends QueuedEvent>(job: Job<V>): void {
    const { load } = job;
    if (!load) return;
    job.load = undefined;
    this.#events -= 1;
    load.jobsLeft -= 1;
    if (load.jobsLeft === 0) this.#bytes -= load.bytes;
  }
}
