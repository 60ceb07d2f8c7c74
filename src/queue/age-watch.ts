/**
 * Tells when something has gone on for too long.
 *
 * Exists because a timer for every event costs more than the event. All that is watched may grow equally old, so the
 * first to come is the first to be too old, and one timer is enough: for the oldest.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';

/** Something whose age is watched, by one watch. It holds its own place in the line. */
export class Watched {
  /** @internal Clock of the watch, milliseconds. */
  sinceMs = 0;
  /** @internal */
  older: Watched | undefined = undefined;
  /** @internal */
  younger: Watched | undefined = undefined;
}

/** Watches the age of things that come and go. */
export class AgeWatch<T extends Watched> {
  readonly #clock: Clock;
  readonly #mostMs: number;
  readonly #tooOld: (item: T) => void;
  /** Both ends of the line, in the order in which they came. */
  #oldest: T | undefined;
  #youngest: T | undefined;
  #isArmed = false;

  /** @param tooOld is told once of each that is watched still after `mostMs` */
  constructor(clock: Clock, mostMs: number, tooOld: (item: T) => void) {
    this.#clock = clock;
    this.#mostMs = mostMs;
    this.#tooOld = tooOld;
  }

  /** @param nowMs of the same clock */
  add(item: T, nowMs: number): void {
    item.sinceMs = nowMs;
    item.older = this.#youngest;
    if (this.#youngest) this.#youngest.younger = item;
    else this.#oldest = item;
    this.#youngest = item;
    if (!this.#isArmed) this.#arm(this.#mostMs);
  }

  /** Nothing where it is not watched, or not any more. */
  delete(item: T): void {
    const { older, younger } = item;
    if (!older && this.#oldest !== item) return;
    if (older) older.younger = younger;
    else this.#oldest = younger as T | undefined;
    if (younger) younger.older = older;
    else this.#youngest = older as T | undefined;
    item.older = undefined;
    item.younger = undefined;
  }

  /** A timer that finds nothing too old is not stopped earlier: it is armed once, while things come and go. */
  #arm(afterMs: number): void {
    this.#isArmed = true;
    inBackground(this.#clock, afterMs, () => this.#look());
  }

  #look(): void {
    this.#isArmed = false;
    const nowMs = this.#clock.now();
    for (let item = this.#oldest; item; item = this.#oldest) {
      const leftMs = item.sinceMs + this.#mostMs - nowMs;
      // A clock that was put back says nothing of an age; nothing may wait for ever.
      if (leftMs > 0 && item.sinceMs <= nowMs) {
        this.#arm(leftMs);
        return;
      }
      this.delete(item);
      this.#tooOld(item);
    }
  }
}
