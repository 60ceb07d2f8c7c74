/**
 * How often a connection may be replaced: at once, then ever less often while the new ones are no better.
 *
 * Exists because a failover may take a minute, and a connection made anew for every refused command would be a storm.
 */

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** After so long without a replacement the next one is the first again. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Says yes or no; each yes makes the next pause twice as long. */
export class ReplacementPace {
  readonly #longestPauseMs: number;
  #replaced = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(longestPauseMs = LONGEST_PAUSE_MS) {
    this.#longestPauseMs = longestPauseMs;
  }

  /** Whether a connection may be replaced now. A yes counts as a replacement. */
  isTime(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs >= FORGOTTEN_AFTER_MS) this.#replaced = 0;
    const pauseMs = Math.min(this.#longestPauseMs, FIRST_PAUSE_MS * 2 ** (this.#replaced - 1));
    if (this.#replaced > 0 && sinceMs < pauseMs) return false;
    this.#replaced += 1;
    this.#lastMs = nowMs;
    return true;
  }
}
