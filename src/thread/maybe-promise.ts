/** Values that are there now or come later: a store in memory answers at once, and what asks it runs on without waiting. */
import { isThenable } from './thenable.js';

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with the value: now if it is there, otherwise when its promise resolves. */
export function whenReady<T, R>(value: MaybePromise<T>, then: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isThenable(value) ? value.then(then) : then(value);
}

/** Runs `run`; `failed` gives the value if `run` throws or its promise rejects. */
export function recover<T, R>(
  run: () => MaybePromise<T>,
  failed: (error: unknown) => MaybePromise<R>,
): MaybePromise<T | R> {
  try {
    const value = run();
    return isThenable(value) ? value.then(undefined, failed) : value;
  } catch (error) {
    return failed(error);
  }
}
