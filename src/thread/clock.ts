/** Time as an argument, so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `run` once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, run: () => void): () => void;
  /** As {@link after}, but the timer alone does not keep the process alive. Default: {@link after}. */
  afterInBackground?(delayMs: number, run: () => void): StopBackgroundTimer;
}

/** Stops a timer that does not keep the process alive by itself. */
export interface StopBackgroundTimer {
  (): void;
  /** Lets the timer keep the process alive from now on, or no longer. Absent: the clock cannot. */
  readonly keepAlive?: (keeps: boolean) => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  afterInBackground: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return Object.assign(() => clearTimeout(timer), {
      keepAlive: (keeps: boolean) => {
        if (keeps) timer.ref();
        else timer.unref();
      },
    });
  },
};

/** {@link Clock.afterInBackground}, if the clock has it. */
export function inBackground(clock: Clock, delayMs: number, run: () => void): StopBackgroundTimer {
  return clock.afterInBackground ? clock.afterInBackground(delayMs, run) : clock.after(delayMs, run);
}

/** Resolves after `delayMs` of that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
