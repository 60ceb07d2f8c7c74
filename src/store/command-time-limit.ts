/** The time limit of the commands to Redis. */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import { HandoverError, StoreError } from '../thread/errors.js';
import type { RedisClientLike } from './redis-client.js';

interface Waiting {
  readonly operation: string;
  /** Who was asked first. */
  readonly client: RedisClientLike;
  readonly untilMs: number;
  readonly reject: (error: unknown) => void;
}

/** One timer for all commands: they take the same time, so the oldest is the first whose time is over. */
export class CommandTimeLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #overdue: (client: RedisClientLike) => void;
  /** Commands in progress, oldest first: the order in which they time out. */
  readonly #waiting = new Set<Waiting>();
  #cancelWatch: (() => void) | undefined;

  /** @param overdue gets the client of each command that had no answer in time */
  constructor(clock: Clock, limitMs: number, overdue: (client: RedisClientLike) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#overdue = overdue;
  }

  /** The answer, or a rejection if there is none in time. */
  on<T>(operation: string, client: RedisClientLike, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { operation, client, untilMs: this.#clock.now() + this.#limitMs, reject };
      this.#waiting.add(waiting);
      this.#watch();
      const over = (): void => {
        this.#waiting.delete(waiting);
        if (this.#waiting.size === 0) this.#rest();
      };
      answer.then(resolve, reject);
      answer.then(over, over);
    });
  }

  #watch(): void {
    if (this.#cancelWatch) return;
    const [oldest] = this.#waiting;
    const afterMs = oldest === undefined ? this.#limitMs : Math.max(1, oldest.untilMs - this.#clock.now());
    this.#cancelWatch = inBackground(this.#clock, afterMs, () => {
      this.#cancelWatch = undefined;
      this.#giveUpOverdue();
      if (this.#waiting.size > 0) this.#watch();
    });
  }

  #rest(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
  }

  #giveUpOverdue(): void {
    const nowMs = this.#clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.untilMs > nowMs) break;
      this.#waiting.delete(waiting);
      waiting.reject(unavailable(waiting.operation, `no answer within ${this.#limitMs} ms`));
      this.#overdue(waiting.client);
    }
  }
}

/** Redis did not do what it was asked. @param why in a few words, without secrets */
export function unavailable(operation: string, why: string): StoreError {
  return new StoreError('storeUnavailable', operation, {
    cause: new HandoverError('storeUnavailable', `Redis: ${why}`),
  });
}
