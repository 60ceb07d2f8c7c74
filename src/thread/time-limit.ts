/** Waits for the application's function, up to a time limit. */
import type { Clock } from './clock.js';

/** How long a function of the application's may take to answer, milliseconds. Below the time in which Meta wants its 200. */
export const APPLICATION_TIMEOUT_MS = 3000;

/** The result of a call: its answer, its error, or neither within the time limit. */
export type InTime<T> =
  | { readonly status: 'answered'; readonly value: T }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'late' };

/** Runs `run` and waits `limitMs` at most. Never rejects; what comes later is dropped. */
export function withinTime<T>(clock: Clock, limitMs: number, run: () => T | Promise<T>): Promise<InTime<T>> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve({ status: 'late' }));
    const settle = (result: InTime<T>): void => {
      cancel();
      resolve(result);
    };
    // In a function of its own, so that one that throws at once fails like one that rejects.
    (async () => run())().then(
      (value) => settle({ status: 'answered', value }),
      (error: unknown) => settle({ status: 'failed', error }),
    );
  });
}
