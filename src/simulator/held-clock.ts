/**
 * The platform's clock: either the machine's, or one that stands still until a test moves it.
 *
 * Exists so that "24 hours later" takes no time in a test. `advance` also works on the machine's clock: it then jumps ahead.
 */
import type { Clock } from '../thread/clock.js';

/** Where a held clock starts: 2026-11-22T09:00:00Z, milliseconds since 1970. */
export const HELD_START_MS = Date.UTC(2026, 10, 22, 9);

interface PendingTimer {
  readonly atMs: number;
  readonly run: () => void;
  /** Somebody waits for it, or for something that comes before it: an answer, for one. */
  readonly isWait: boolean;
  /** Cancels the machine's own timer. */
  disarm?: () => void;
}

/** The clock on which expiry, delay and redelivery happen. Timers never keep the process alive. */
export class SimulatorClock implements Clock {
  /** `held`: moves only by {@link advance}. */
  readonly mode: 'real' | 'held';
  #heldNowMs: number;
  #aheadMs = 0;
  #closed = false;
  readonly #timers = new Set<PendingTimer>();
  #waits = 0;
  #lastWaitAtRealMs = 0;
  readonly #quiet: () => Promise<void>;
  #advancing: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  /**
   * @param mode `real`: the machine's time; `held`: stands at `startMs`
   * @param startMs where a held clock starts, milliseconds since 1970; ignored by a real one
   * @param quiet resolves when what was begun at the present moment is done; awaited between two moments of `advance`
   */
  constructor(
    mode: 'real' | 'held' = 'held',
    startMs = HELD_START_MS,
    quiet: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.mode = mode;
    this.#heldNowMs = startMs;
    this.#quiet = quiet;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.mode === 'held' ? this.#heldNowMs : Date.now() + this.#aheadMs;
  }

  /** Runs `run` once, `delayMs` of this clock from now. On a held clock a delay of 0 runs without `advance`. */
  after(delayMs: number, run: () => void): () => void {
    this.#lastWaitAtRealMs = performance.now();
    return this.#add(delayMs, run, true);
  }

  /** As {@link after}, for what nobody waits for: a look at what is due, or the platform's own plans. */
  afterInBackground(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, run, false);
  }

  /** How many timers of {@link after} are pending: a bot that uses this clock waits for something. */
  get waits(): number {
    return this.#waits;
  }

  /** When the last of them was set, on `performance.now()`. */
  get lastWaitAtRealMs(): number {
    return this.#lastWaitAtRealMs;
  }

  /**
   * Moves ahead by `ms`, stopping at every timer on the way and waiting until what it started is done.
   * Several calls follow one another.
   */
  advance(ms: number): Promise<void> {
    this.#advancing = this.#advancing.then(() => this.#advanceNow(ms));
    return this.#advancing;
  }

  /** Calls `listener` after each {@link advance}, until the returned function is called. */
  onAdvanced(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Drops every timer; later ones are never run. */
  close(): void {
    this.#closed = true;
    for (const timer of [...this.#timers]) this.#drop(timer);
  }

  #add(delayMs: number, run: () => void, isWait: boolean): () => void {
    if (this.#closed) return () => undefined;
    const timer: PendingTimer = { atMs: this.now() + Math.max(delayMs, 0), run, isWait };
    this.#timers.add(timer);
    if (isWait) this.#waits += 1;
    this.#arm(timer);
    return () => this.#drop(timer);
  }

  async #advanceNow(ms: number): Promise<void> {
    const targetMs = this.now() + Math.max(ms, 0);
    await this.#quiet();
    for (let next = this.#earliest(targetMs); next !== undefined; next = this.#earliest(targetMs)) {
      this.#jumpTo(next.atMs);
      this.#drop(next);
      next.run();
      await this.#quiet();
    }
    this.#jumpTo(targetMs);
    for (const timer of this.#timers) this.#arm(timer);
    for (const listener of this.#listeners) listener();
  }

  #earliest(targetMs: number): PendingTimer | undefined {
    let earliest: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= targetMs && (earliest === undefined || timer.atMs < earliest.atMs)) earliest = timer;
    }
    return earliest;
  }

  #jumpTo(atMs: number): void {
    if (this.mode === 'held') this.#heldNowMs = Math.max(this.#heldNowMs, atMs);
    else this.#aheadMs += Math.max(atMs - this.now(), 0);
  }

  #arm(timer: PendingTimer): void {
    disarm(timer);
    const waitMs = timer.atMs - this.now();
    if (this.mode === 'real') {
      const handle = setTimeout(() => this.#fire(timer), Math.max(waitMs, 0));
      handle.unref();
      timer.disarm = () => clearTimeout(handle);
    } else if (waitMs <= 0) {
      const handle = setImmediate(() => this.#fire(timer));
      timer.disarm = () => clearImmediate(handle);
    }
  }

  #fire(timer: PendingTimer): void {
    this.#drop(timer);
    timer.run();
  }

  #drop(timer: PendingTimer): void {
    disarm(timer);
    if (this.#timers.delete(timer) && timer.isWait) this.#waits -= 1;
  }
}

/** Each sort by its own: `clearImmediate` of a timeout that somebody fakes leaves Node's count of immediates astray. */
function disarm(timer: PendingTimer): void {
  timer.disarm?.();
  delete timer.disarm;
}
