/** The time limit of the commands to Redis. */
import type { Clock } from '../../thread/clock.js';
import { Deadlines } from '../../thread/deadlines.js';
import { HandoverError, StoreError } from '../../thread/errors.js';
import type { RedisClientLike } from './redis-client.js';

/** Limits how long a command may take. */
export class CommandTimeLimit {
  readonly #limitMs: number;
  readonly #overdue: (client: RedisClientLike) => void;
  readonly #deadlines: Deadlines;

  /** @param overdue gets the client of each command that had no answer in time */
  constructor(clock: Clock, limitMs: number, overdue: (client: RedisClientLike) => void) {
    this.#limitMs = limitMs;
    this.#overdue = overdue;
    this.#deadlines = new Deadlines(clock, limitMs);
  }

  /**
   * The answer, or a rejection if there is none in time.
   * @param client who was asked first
   */
  on<T>(operation: string, client: RedisClientLike, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const deadline = this.#deadlines.add(() => {
        reject(unavailable(operation, `no answer within ${this.#limitMs} ms`));
        this.#overdue(client);
      });
      const over = (): void => deadline.cancel();
      answer.then(resolve, reject);
      answer.then(over, over);
    });
  }

  /** Leaves no timer behind, if no command is in progress. */
  stopIfIdle(): void {
    this.#deadlines.stopIfEmpty();
  }
}

/** Redis did not do what it was asked. @param why in a few words, without secrets */
export function unavailable(operation: string, why: string): StoreError {
  return new StoreError('storeUnavailable', operation, {
    cause: new HandoverError('storeUnavailable', `Redis: ${why}`),
  });
}
