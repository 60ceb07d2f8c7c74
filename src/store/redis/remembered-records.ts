/**
 * What this process has seen of each thread, so that a write need not read before.
 *
 * Exists because what is remembered must end: within bounds, and ten minutes after it was last used, so that a customer
 * whom another process forgot is forgotten here as well.
 */
import type { Clock } from '../../thread/clock.js';
import { inBackground } from '../../thread/clock.js';
import { OldestFirstMap } from '../oldest-first-map.js';

const REMEMBERED_MS = 10 * 60_000;
const TIDIED_EVERY_MS = 60_000;

interface Remembered<Seen> {
  readonly seen: Seen;
  readonly untilMs: number;
}

/** By thread; the one not used for longest leaves first. */
export class RememberedRecords<Seen> {
  readonly #byThread = new OldestFirstMap<Remembered<Seen>>();
  readonly #most: number;
  readonly #clock: Clock;
  #tidies = false;

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  get size(): number {
    return this.#byThread.size;
  }

  get(id: string): Seen | undefined {
    return this.#byThread.get(id)?.seen;
  }

  set(id: string, seen: Seen): void {
    this.#byThread.set(id, { seen, untilMs: this.#clock.now() + REMEMBERED_MS });
    this.#byThread.shed(() => this.#byThread.size > this.#most);
    this.#tidyLater();
  }

  delete(id: string): void {
    this.#byThread.delete(id);
  }

  #tidyLater(): void {
    if (this.#tidies || this.#byThread.size === 0) return;
    this.#tidies = true;
    inBackground(this.#clock, TIDIED_EVERY_MS, () => {
      const nowMs = this.#clock.now();
      this.#byThread.shed(({ untilMs }) => untilMs <= nowMs);
      this.#tidies = false;
      this.#tidyLater();
    });
  }
}
