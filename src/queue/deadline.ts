/** The time by which a delivery has to be answered. */
import type { Clock } from '../thread/clock.js';

/** Begins when it is made. */
export class Deadline {
  isOver = false;
  readonly #waiting = new Set<() => void>();
  readonly #cancel: () => void;

  constructor(clock: Clock, afterMs: number) {
    this.#cancel = clock.after(afterMs, () => {
      this.isOver = true;
      for (const tell of this.#waiting) tell();
    });
  }

  /** The value of a promise, or `overdue` if the deadline is over first. */
  within<T>(work: Promise<T>): Promise<T | 'overdue'> {
    if (this.isOver) return Promise.resolve('overdue');
    return new Promise((resolve, reject) => {
      const tell = (): void => resolve('overdue');
      this.#waiting.add(tell);
      work.then((value) => {
        this.#waiting.delete(tell);
        resolve(value);
      }, reject);
    });
  }

  /** The deadline never comes. */
  cancel(): void {
    this.#cancel();
  }
}
