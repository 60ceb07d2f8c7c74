/**
 * Chance that repeats itself: the same seed gives the same simulation.
 *
 * Exists because a run that failed must be run again exactly (mulberry32, 32 bit of state; nothing here is secret).
 */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A source of repeatable chance. */
export class SeededRandom {
  #state: number;

  /** @param seed any integer; only its lowest 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to, but not including, `limit`. 0 if `limit` is below 1. */
  below(limit: number): number {
    return Math.floor(this.next() * Math.max(limit, 1));
  }

  /** That many letters and digits. */
  letters(length: number): string {
    let text = '';
    while (text.length < length) text += LETTERS.charAt(this.below(LETTERS.length));
    return text;
  }
}
