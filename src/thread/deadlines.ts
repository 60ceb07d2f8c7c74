/**
 * Deadlines of one length, on one timer.
 *
 * Exists because each event has several that are hardly ever reached, and a timer of its own for each of them costs more
 * than the decision about the event.
 */
import type { Clock, StopBackgroundTimer } from './clock.js';
import { inBackground } from './clock.js';

/** A deadline that has not come. Only {@link Deadlines} reads and writes what is in it. */
export class Deadline {
  before: Deadline | undefined;
  after: Deadline | undefined;

  constructor(
    readonly list: Deadlines,
    public atMs: number,
    readonly run: () => void,
  ) {}

  /** It comes no more. A second call does nothing, nor does one after it has come. */
  cancel(): void {
    this.list.remove(this);
  }
}

/**
 * A list in the order in which the deadlines come: all have the same length.
 *
 * If somebody sets the machine's clock, a deadline that waits comes early or late by one length at most.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #keepAlive: boolean;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #stopTimer: StopBackgroundTimer | undefined;

  /**
   * @param lengthMs milliseconds
   * @param keepAlive whether a deadline that waits keeps the process alive, as it must if somebody waits for it
   */
  constructor(clock: Clock, lengthMs: number, { keepAlive = false }: { readonly keepAlive?: boolean } = {}) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#keepAlive = keepAlive;
  }

  /** Runs `run` after the length, unless it is cancelled. */
  add(run: () => void): Deadline {
    const deadline = new Deadline(this, this.#clock.now() + this.#lengthMs, run);
    deadline.before = this.#last;
    if (this.#last) this.#last.after = deadline;
    else this.#first = deadline;
    this.#last = deadline;
    if (!this.#stopTimer) this.#setTimer(deadline.atMs, this.#lengthMs);
    else if (this.#keepAlive && this.#first === deadline) this.#stopTimer.keepAlive?.(true);
    return deadline;
  }

  /** Takes a deadline out of the list, if it is in it. */
  remove(deadline: Deadline): void {
    const { before, after } = deadline;
    if (!before && this.#first !== deadline) return;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    deadline.before = undefined;
    deadline.after = undefined;
    if (this.#keepAlive && !this.#first) this.#stopTimer?.keepAlive?.(false);
  }

  /** Stops the timer if no deadline waits: it would come once more, for nothing. */
  stopIfEmpty(): void {
    if (this.#first) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #setTimer(atMs: number, delayMs: number): void {
    this.#stopTimer = inBackground(this.#clock, delayMs, () => this.#come(atMs));
    if (this.#keepAlive) this.#stopTimer.keepAlive?.(true);
  }

  /** The timer has ended. The deadline that it was set for may have been cancelled since. */
  #come(atMs: number): void {
    const nowMs = Math.max(atMs, this.#clock.now());
    try {
      while (this.#first && this.#first.atMs <= nowMs) {
        const { run } = this.#first;
        this.remove(this.#first);
        run();
      }
    } finally {
      this.#stopTimer = undefined;
      if (this.#last && this.#last.atMs > nowMs + this.#lengthMs) this.#comeBy(nowMs + this.#lengthMs);
      if (this.#first) this.#setTimer(this.#first.atMs, Math.min(this.#first.atMs - nowMs, this.#lengthMs));
    }
  }

  /** The clock was set back: no deadline comes later than a length from now, however often somebody sets the clock. */
  #comeBy(latestMs: number): void {
    for (let each = this.#last; each && each.atMs > latestMs; each = each.before) each.atMs = latestMs;
  }
}
