/** Checks the numbers among a store's options, so that a wrong one is refused before anything runs. */
import { InvalidOptionError } from '../thread/errors.js';

const RECORD_TTL_MS = 30 * 24 * 60 * 60 * 1000;
const CLAIM_RETENTION_MS = 48 * 60 * 60 * 1000;

/** How long a store remembers, milliseconds. */
export interface Lifetimes {
  /** A record, after it was last written. */
  readonly recordTtlMs: number;
  /** A finished event. */
  readonly claimRetentionMs: number;
}

/**
 * The value, or `fallback` if it is absent.
 * @throws InvalidOptionError if it is no whole number above 0
 */
export function positiveOption(option: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidOptionError(option, String(value), 'a whole number above 0');
}

/**
 * The lifetimes among a store's options. Default 30 days and 48 hours.
 * @throws InvalidOptionError if one is no whole number above 0
 */
export function lifetimes(options: Partial<Lifetimes>): Lifetimes {
  return {
    recordTtlMs: positiveOption('recordTtlMs', options.recordTtlMs, RECORD_TTL_MS),
    claimRetentionMs: positiveOption('claimRetentionMs', options.claimRetentionMs, CLAIM_RETENTION_MS),
  };
}
