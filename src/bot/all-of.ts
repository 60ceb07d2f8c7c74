/** Joins several answers to "is an agent there?": opening hours and VCC Live's own, say. */
import type { Availability } from './availability.js';

/** A function for the option `availability`, or a part of one. */
export type AvailabilityFunction<Args extends readonly unknown[] = readonly unknown[]> = (
  ...args: Args
) => Availability | Promise<Availability>;

/**
 * `available` if every function says so, `unavailable` if one says so, else `unknown`. The functions are asked in their order, and
 * nobody is asked after an `unavailable`: put the cheap ones first.
 *
 * A function that fails does not hide an `unavailable` of a later one. If there is none, the error is thrown, and the plugin
 * logs it and hands the customer over.
 */
export function allOf<Args extends readonly unknown[]>(
  ...checks: readonly AvailabilityFunction<Args>[]
): (...args: Args) => Promise<Availability> {
  return async (...args) => {
    let isUnknown = false;
    let failure: { readonly error: unknown } | undefined;
    for (const check of checks) {
      try {
        const answer = await check(...args);
        if (answer === 'unavailable') return 'unavailable';
        if (answer !== 'available') isUnknown = true;
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
    return isUnknown ? 'unknown' : 'available';
  };
}
