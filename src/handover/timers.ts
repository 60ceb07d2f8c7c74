/**
 * The three timers of a handover: nobody answered, the agent fell silent, it has lasted too long.
 *
 * The deadline is kept in the store, so it survives restarts and one process handles it although several watch. When
 * it comes, the record is read again: an agent who answered meanwhile moved it on.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { OpenHandover } from '../thread/record.js';
import type { DueTime, ThreadStore } from '../thread/store.js';

/** How long a handover may take, milliseconds. Each is off unless it is given. */
export interface HandoverTimers {
  /** From the pass until an agent's first words. Never cuts off an agent who has answered. */
  readonly unclaimedMs?: number;
  /** From the agent's last words, once there were any. */
  readonly idleMs?: number;
  /** From the pass, whatever happens. */
  readonly maximumMs?: number;
}

/** When a handover is to be ended, and as what. */
export interface Deadline {
  readonly atMs: number;
  readonly outcome: 'unclaimed' | 'abandoned';
}

/** The name of the deadline of a thread's timers. */
export const HANDOVER_DEADLINE = 'handover';
/** The name of the deadline at which a thread whose chat VCC Live has closed is taken back. */
export const CLOSED_CHAT_DEADLINE = 'closedChat';

/**
 * How long after a refused take the next one is tried. A setting of the Page has to change first, and a person changes it.
 */
const TAKE_RETRY_MS = 60 * 60_000;
/** A deadline that a process took and did not handle is due again after this. */
const DEADLINE_LEASE_MS = 60_000;
/** A process looks for deadlines this often. */
const POLL_INTERVAL_MS = 5_000;
const MAX_CONCURRENT = 50;
/** More than this at work are not begun: then something else is wrong than a bot whose turns hang. */
const MOST_AT_WORK = 500;

/** The next deadline of a handover, or `undefined` if no timer concerns it. */
export function deadlineOf(open: OpenHandover, timers: HandoverTimers): Deadline | undefined {
  const passedAtMs = open.passedAtMs ?? open.startedAtMs;
  const deadlines: Deadline[] = [];
  if (timers.maximumMs !== undefined) deadlines.push({ atMs: passedAtMs + timers.maximumMs, outcome: 'abandoned' });
  if (open.agentAtMs === undefined) {
    if (timers.unclaimedMs !== undefined)
      deadlines.push({ atMs: passedAtMs + timers.unclaimedMs, outcome: 'unclaimed' });
  } else if (timers.idleMs !== undefined) {
    deadlines.push({ atMs: open.agentAtMs + timers.idleMs, outcome: 'abandoned' });
  }
  const first = deadlines.sort((a, b) => a.atMs - b.atMs)[0];
  return first && { ...first, atMs: notBeforeRetry(open, first.atMs) };
}

/** The time of a take, or of the next attempt if Meta has refused one. Our clock. */
export function notBeforeRetry({ takeRefusedAtMs }: OpenHandover, atMs: number): number {
  return takeRefusedAtMs === undefined ? atMs : Math.max(atMs, takeRefusedAtMs + TAKE_RETRY_MS);
}

/** Whether any timer is on. */
export function hasTimers(timers: HandoverTimers): boolean {
  return timers.unclaimedMs !== undefined || timers.idleMs !== undefined || timers.maximumMs !== undefined;
}

/** Dependencies of {@link DeadlineWatch}. */
export interface DeadlineWatchDeps {
  readonly store: Pick<ThreadStore, 'takeDue'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Handles a deadline that has come. Rejects if it must be retried. */
  readonly handle: (due: DueTime) => Promise<void>;
}

/** Watches for deadlines that have come. One for each process; others may watch the same store. */
export class DeadlineWatch {
  readonly #deps: DeadlineWatchDeps;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  /** Deadlines at work, by thread and name: a slow one holds up no other, and is not begun again beside itself. */
  readonly #atWork = new Map<string, Promise<void>>();
  /** Ends the waiting for a batch. */
  #goOn: () => void = () => undefined;
  #closed = false;

  constructor(deps: DeadlineWatchDeps) {
    this.#deps = deps;
  }

  /** Begins to watch; does nothing if it watches already. Does not keep the process alive. */
  start(): void {
    if (this.#closed || this.#cancel) return;
    this.#cancel = inBackground(this.#deps.clock, POLL_INTERVAL_MS, () => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#cancel = undefined;
        this.start();
      });
    });
  }

  /** Stops watching, and waits for what is in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#goOn();
    await this.#looking;
    await Promise.all(this.#atWork.values());
  }

  /**
   * Handles what is due now, once, and resolves when that has ended.
   * @throws {@link StoreError} if the store does not answer
   */
  async runDue(): Promise<void> {
    if (this.#closed) return;
    await this.#beginDue();
    await Promise.all(this.#atWork.values());
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    try {
      await this.#beginDue();
    } catch (error) {
      this.#deps.log.warn(`Timers could not be looked at: ${textOfThrown(error)}`);
    }
  }

  /**
   * Begins to handle all that is due now, a batch at a time: the next one when the batch before has ended, or has taken
   * as long as it takes until the next look.
   */
  async #beginDue(): Promise<void> {
    const { store, clock } = this.#deps;
    for (;;) {
      const most = Math.min(MAX_CONCURRENT, MOST_AT_WORK - this.#atWork.size);
      const due = await store.takeDue(clock.now(), most, DEADLINE_LEASE_MS);
      const batch = due.flatMap((deadline) => this.#begin(deadline));
      if (due.length < MAX_CONCURRENT || this.#hasClosed()) return;
      await this.#endedOrOverdue(batch);
      if (this.#hasClosed()) return;
    }
  }

  #endedOrOverdue(batch: readonly Promise<void>[]): Promise<void> {
    return new Promise((resolve) => {
      const cancel = inBackground(this.#deps.clock, POLL_INTERVAL_MS, resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
      void Promise.all(batch).then(this.#goOn);
    });
  }

  #hasClosed(): boolean {
    return this.#closed;
  }

  #begin(due: DueTime): Promise<void>[] {
    const id = `${threadId(due.thread)} ${due.name}`;
    // Its lease is over and it is at work still: it comes once more, and is found done then.
    if (this.#atWork.has(id)) return [];
    const worked = this.#workOff(due).finally(() => this.#atWork.delete(id));
    this.#atWork.set(id, worked);
    return [worked];
  }

  async #workOff(due: DueTime): Promise<void> {
    try {
      if (due.name === HANDOVER_DEADLINE || due.name === CLOSED_CHAT_DEADLINE) await this.#deps.handle(due);
    } catch (error) {
      const why = textOfThrown(error);
      this.#deps.log.warn(`A handover's timer failed and is retried: ${why}`);
    }
  }
}
