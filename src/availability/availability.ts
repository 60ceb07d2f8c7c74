/**
 * Whether an agent is available, as the application says.
 *
 * Exists because a customer who wants a person must not be kept from one by a calendar that cannot be reached.
 */
import type { Accepted, ApplicationFunction } from '../thread/application-functions.js';

/** Whether an agent is there. `unknown` is treated as `available`. */
export type Availability = 'available' | 'unavailable' | 'unknown';

const ANSWERS: readonly unknown[] = ['available', 'unavailable', 'unknown'] satisfies Availability[];

/** The option `availability`, for a call. */
export const AVAILABILITY: ApplicationFunction<Availability> = {
  name: 'availability',
  accept: (given): Accepted<Availability> | undefined =>
    ANSWERS.includes(given) ? { value: given as Availability } : undefined,
  expected: 'available, unavailable or unknown',
  instead: 'unknown',
  otherwise: 'It counts as unknown: the customer is handed over.',
  // The customer has read nothing yet.
  defaultLimitMs: 2000,
  level: 'warn',
};
