/**
 * Lets one task run while no other does: a delivery that may kill its process must not take others with it.
 *
 * Usually any number of tasks run side by side. A task that asks to run alone waits until those have ended; new ones wait
 * meanwhile. All of that is limited in time, because a task may hang.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';

/** One per process. */
export class SoloGate {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #running = 0;
  /** Tasks that wait for the one that runs alone; `undefined` if none does. */
  #held: (() => void)[] | undefined;
  #whenIdle: (() => void) | undefined;
  /** The last task that asked to run alone. */
  #lastSolo: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param limitMs how long others wait for a task that runs alone, and that task for the others, milliseconds */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Runs a task beside others. @returns `undefined` if the gate was closed before the task began */
  async beside<T>(task: () => Promise<T>): Promise<T | undefined> {
    while (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve));
    if (this.#closed) return undefined;
    this.#enter();
    try {
      return await task();
    } finally {
      this.#exit();
    }
  }

  /**
   * Runs a task when no other runs; those that ask to run alone run one after the other.
   * @param task told `false` if others have not ended in time, so that it runs beside them
   * @param crowded called if the task has not ended in time: others run beside it from now on
   * @returns `undefined` if the gate was closed before the task began
   */
  async alone<T>(task: (isAlone: boolean) => Promise<T>, crowded: () => void): Promise<T | undefined> {
    const before = this.#lastSolo;
    let letNextBegin: () => void = () => undefined;
    this.#lastSolo = new Promise((resolve) => (letNextBegin = resolve));
    await before;
    this.#held = [];
    const isAlone = await this.#idleInTime();
    if (!isAlone) this.#release();
    const solo = { isCrowded: false };
    const cancel = inBackground(this.#clock, this.#limitMs, () => {
      solo.isCrowded = true;
      this.#enter();
      this.#release();
      letNextBegin();
      if (isAlone) crowded();
    });
    try {
      return this.#closed ? undefined : await task(isAlone);
    } finally {
      cancel();
      if (solo.isCrowded) this.#exit();
      else this.#release();
      letNextBegin();
    }
  }

  /** Nothing begins any more. What runs goes on. */
  close(): void {
    this.#closed = true;
    this.#whenIdle?.();
    this.#release();
  }

  #enter(): void {
    this.#running += 1;
  }

  #exit(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
  }

  async #idleInTime(): Promise<boolean> {
    if (this.#running === 0 || this.#closed) return true;
    await new Promise<void>((resolve) => {
      const cancel = inBackground(this.#clock, this.#limitMs, resolve);
      this.#whenIdle = () => {
        cancel();
        resolve();
      };
    });
    this.#whenIdle = undefined;
    return this.#running === 0;
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const goOn of held) goOn();
  }
}
