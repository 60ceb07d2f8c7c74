/** What the inboxes in Redis and in an SQLite file have in common: options, and when a delivery is a suspect. */
import { positiveOption } from './positive-option.js';

const MAX_DELIVERIES = 10_000;
const LEASE_MS = 15_000;
const MAX_ATTEMPTS = 3;

/** A delivery that so many processes have lost is a suspect. The first loss may have any reason: a deployment, the memory. */
export const SUSPECT_AFTER_LOSSES = 2;
/** Deliveries set aside that are kept for somebody to look at. */
export const SET_ASIDE_KEPT = 1_000;

/** Settings of every inbox. */
export interface InboxLimits {
  /** Deliveries kept at once; past this Meta is answered 503. Default 10,000. */
  readonly maxDeliveries?: number;
  /** Another process takes over a delivery that its process has not renewed for so long, milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /** A delivery that ends so many processes while it runs alone is set aside. Default 3. */
  readonly maxAttempts?: number;
}

/** @throws InvalidOptionError */
export function inboxLimits(options: InboxLimits): Required<InboxLimits> {
  return {
    maxDeliveries: positiveOption('maxDeliveries', options.maxDeliveries, MAX_DELIVERIES),
    leaseMs: positiveOption('leaseMs', options.leaseMs, LEASE_MS),
    maxAttempts: positiveOption('maxAttempts', options.maxAttempts, MAX_ATTEMPTS),
  };
}
