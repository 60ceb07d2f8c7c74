/** A clock for tests with real sockets: waits of a second and more are over at once and move its time, shorter ones are real. */
import type { Clock } from '../../src/thread/clock.js';

/** Retries wait for a second or more; the time limits of these tests are shorter. */
const LEAP_FROM_MS = 1000;

export class LeapingClock implements Clock {
  readonly waits: number[] = [];
  #nowMs = 1_790_000_000_000;

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  after(delayMs: number, run: () => void): () => void {
    if (delayMs < LEAP_FROM_MS) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    }
    let isCancelled = false;
    this.waits.push(delayMs);
    setImmediate(() => {
      if (isCancelled) return;
      this.#nowMs += delayMs;
      run();
    });
    return () => {
      isCancelled = true;
    };
  }
}
