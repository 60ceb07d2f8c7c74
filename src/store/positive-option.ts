/** Checks the numbers among a store's options, so that a wrong one is refused before anything runs. */
import { InvalidOptionError } from '../thread/errors.js';

/**
 * The value, or `fallback` if it is absent.
 * @throws InvalidOptionError if it is no whole number above 0
 */
export function positiveOption(option: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidOptionError(option, String(value), 'a whole number above 0');
}
