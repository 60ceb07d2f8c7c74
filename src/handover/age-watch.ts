/**
 * Tells when something has gone on for too long.
 *
 * Exists because a timer for every event costs more than the event. All that is watched may grow equally old, so the
 * first to come is the first to be too old, and one timer is enough: for the oldest.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';

/** Watches the age of things that come and go. */
export class AgeWatch<T> {
  readonly #clock: Clock;
  readonly #mostMs: number;
  readonly #tooOld: (item: T) => void;
  /** Since when each is watched, in the order in which they came. */
  readonly #since = new Map<T, number>();
  #isArmed = false;

  /** @param tooOld is told once of each that is watched still after `mostMs` */
  constructor(clock: Clock, mostMs: number, tooOld: (item: T) => void) {
    this.#clock = clock;
    this.#mostMs = mostMs;
    this.#tooOld = tooOld;
  }

  /** @param nowMs of the same clock */
  add(item: T, nowMs: number): void {
    this.#since.set(item, nowMs);
    if (!this.#isArmed) this.#arm(this.#mostMs);
  }

  delete(item: T): void {
    this.#since.delete(item);
  }

  /** A timer that finds nothing too old is not stopped earlier: it is armed once, while things come and go. */
  #arm(afterMs: number): void {
    this.#isArmed = true;
    inBackground(this.#clock, afterMs, () => this.#look());
  }

  #look(): void {
    this.#isArmed = false;
    const nowMs = this.#clock.now();
    for (const [item, sinceMs] of this.#since) {
      const leftMs = sinceMs + this.#mostMs - nowMs;
      // A clock that was put back says nothing of an age; nothing may wait for ever.
      if (leftMs > 0 && sinceMs <= nowMs) {
        this.#arm(leftMs);
        return;
      }
      this.#since.delete(item);
      this.#tooOld(item);
    }
  }
}
