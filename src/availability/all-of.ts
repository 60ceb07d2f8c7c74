/** Joins several answers to "is an agent there?": opening hours and VCC Live's own, say. */
import type { Availability } from './availability.js';

/** A function for the option `availability`, or a part of one. */
export type AvailabilityFunction<Context, Request> = (
  context: Context,
  request: Request,
) => Availability | Promise<Availability>;

/**
 * `available` if every function says so, `unavailable` if one says so, else `unknown`. The functions are asked in their order,
 * and nobody is asked after an `unavailable`: put the cheap ones first.
 *
 * A function that fails does not hide an `unavailable` of a later one. If there is none, the error is thrown, and the plugin
 * logs it and hands the customer over.
 */
export function allOf<Context, Request>(
  ...checks: readonly AvailabilityFunction<Context, Request>[]
): (context: Context, request: Request) => Promise<Availability> {
  return async (context, request) => {
    let isUnknown = false;
    let failure: { readonly error: unknown } | undefined;
    for (const check of checks) {
      try {
        const answer = await check(context, request);
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
