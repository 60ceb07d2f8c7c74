/** Time, and promises that open, when the test likes. */
import type { Clock } from '../../src/thread/clock.js';

/** The moment at which every test begins. */
export const START_MS = Date.UTC(2026, 10, 22, 9);

/** Moves only when it is told to, and lets everything that follows from one moment happen before the next. */
export class HeldClock implements Clock {
  #nowMs = START_MS;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= targetMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#timers.delete(next);
      next.run();
      await settled();
    }
    this.#nowMs = targetMs;
  }
}

/** Everything that only waits for other promises has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** A promise that the test resolves when it likes. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
