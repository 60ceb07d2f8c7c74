/** Pages whose webhooks fail: Meta warns the developer, and later unsubscribes the app. */
import type { SimulatorClock } from './held-clock.js';
import type { Wire } from './wire.js';

/** After this long without one success, the developer is warned, milliseconds. */
const ALERT_AFTER_MS = 15 * 60 * 1000;

/** After this long without one success, the app is unsubscribed for the Page, milliseconds. */
const UNSUBSCRIBE_AFTER_MS = 60 * 60 * 1000;

/** What the count works with. */
export interface FailingPagesDeps {
  readonly clock: SimulatorClock;
  readonly wire: Wire;
  /** Is the bot's app still subscribed for that Page? */
  readonly isSubscribed: (pageId: string) => boolean;
  /** Meta gives up on a Page. */
  readonly unsubscribe: (pageId: string) => void;
}

/** Counts failures without one success in between. */
export class FailingPages {
  readonly #deps: FailingPagesDeps;
  readonly #failingSinceMs = new Map<string, number>();
  readonly #warned = new Set<string>();

  constructor(deps: FailingPagesDeps) {
    this.#deps = deps;
  }

  /** Forgets earlier failures of a Page. */
  forgive(pageId: string): void {
    this.#failingSinceMs.delete(pageId);
    this.#warned.delete(pageId);
  }

  /** A delivery to this Page's subscriber failed. */
  count(pageId: string): void {
    const nowMs = this.#deps.clock.now();
    const sinceMs = this.#failingSinceMs.get(pageId) ?? nowMs;
    this.#failingSinceMs.set(pageId, sinceMs);
    const failingMs = nowMs - sinceMs;
    if (failingMs >= ALERT_AFTER_MS && !this.#warned.has(pageId)) {
      this.#warned.add(pageId);
      this.#deps.wire.note(`alert to the developer: webhooks of Page ${pageId} have failed for 15 minutes`);
    }
    if (failingMs >= UNSUBSCRIBE_AFTER_MS && this.#deps.isSubscribed(pageId)) {
      this.#deps.unsubscribe(pageId);
      this.#deps.wire.note(
        `webhooks disabled: the app has been unsubscribed for Page ${pageId} after 1 hour of failures`,
      );
    }
  }
}
