/**
 * Who runs when in this process: the entries of a thread one after the other, threads side by side, as many as may run.
 *
 * Works with callbacks instead of promises, so that an entry that need not wait begins at once.
 */
import type { Clock } from '../thread/clock.js';
import type { Deadline } from '../thread/deadlines.js';
import { Deadlines } from '../thread/deadlines.js';
import type { Logger } from '../thread/logger.js';
import { ShortLivedMap } from '../thread/short-lived-map.js';
import { labelOfId } from '../thread/thread-label.js';

/** What a {@link ThreadQueue} needs. */
export interface ThreadQueueDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Turns that may run at the same time. */
  readonly maxTurns: number;
  /** A turn holds up its thread for so long at most, milliseconds. */
  readonly longestTurnMs: number;
}

/** The entries of one thread. */
interface ThreadEntries {
  readonly thread: string;
  /** Oldest first. */
  readonly entries: QueueEntry[];
  /** Turns of the thread that run and hold it up. */
  running: number;
  isAdvancing: boolean;
}

/** How much a process has to do. */
export interface QueueLoad {
  /** Turns that run and hold up their threads. */
  readonly running: number;
  /** Entries behind them, or waiting for room or for another process. */
  readonly waiting: number;
  /** Turns that have lasted longer than `longestTurnMs` and go on. They hold up nothing. */
  readonly hung: number;
}

/** An entry in the queue of its thread. Only {@link ThreadQueue} reads and writes what is in it. */
export class QueueEntry {
  /** What runs when the entry is the first of its thread. */
  next: (() => void) | undefined;
  state: 'waiting' | 'running' | 'left' = 'waiting';
  countsAsTurn = false;
  /** Its turn has lasted too long, has left the queue, and goes on. */
  isHung = false;
  /** When its turn has lasted too long. */
  deadline: Deadline | undefined;

  constructor(readonly queue: ThreadEntries) {}
}

/** The queues of all threads of this process. */
export class ThreadQueue {
  readonly #deps: ThreadQueueDeps;
  readonly #queues = new ShortLivedMap<ThreadEntries>();
  readonly #waitingForRoom: (() => void)[] = [];
  readonly #longest: Deadlines;
  #turns = 0;
  #hung = 0;

  constructor(deps: ThreadQueueDeps) {
    this.#deps = deps;
    this.#longest = new Deadlines(deps.clock, deps.longestTurnMs);
  }

  /** Whether no thread has an entry. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** What is in all queues. Counts when it is asked. */
  get load(): QueueLoad {
    let running = 0;
    let waiting = 0;
    for (const queue of this.#queues.values()) {
      running += queue.running;
      waiting += queue.entries.length - queue.running;
    }
    return { running, waiting, hung: this.#hung };
  }

  /** Whether a further turn may begin. */
  get hasRoom(): boolean {
    return this.#turns < this.#deps.maxTurns;
  }

  /** The number of entries of a thread. */
  lengthOf(thread: string): number {
    return this.#queues.get(thread)?.entries.length ?? 0;
  }

  /** Whether a turn of the thread runs in this process and holds it up. */
  isRunning(thread: string): boolean {
    return (this.#queues.get(thread)?.running ?? 0) > 0;
  }

  /** Resolves when a turn ends: then there may be room. */
  untilTurnEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.#waitingForRoom.push(resolve);
    });
  }

  /** Wakes one that waits for room, if there is room. Whoever was woken and does not begin a turn calls this again. */
  passRoomOn(): void {
    if (this.hasRoom) this.#waitingForRoom.shift()?.();
  }

  /** Leaves no timer behind, if no turn runs. */
  stopIfEmpty(): void {
    this.#longest.stopIfEmpty();
  }

  /** Adds an entry at the end of the queue of its thread. */
  enter(thread: string): QueueEntry {
    let queue = this.#queues.get(thread);
    if (!queue) {
      queue = { thread, entries: [], running: 0, isAdvancing: false };
      this.#queues.set(thread, queue);
    }
    const entry = new QueueEntry(queue);
    queue.entries.push(entry);
    return entry;
  }

  /** Whether the entry is the only one of its thread. */
  isAlone({ queue: { entries } }: QueueEntry): boolean {
    return entries.length === 1;
  }

  /** Runs `run` once, when every entry before this one has left: now, if there is none. */
  whenFirst(entry: QueueEntry, run: () => void): void {
    entry.next = run;
    this.#advance(entry.queue);
  }

  /**
   * The turn of an entry begins.
   * @param countsAsTurn whether the turn counts against `maxTurns`
   * @param overlong is called if the turn has not ended after `longestTurnMs`: the entry has left, and the turn takes no room
   */
  begin(entry: QueueEntry, countsAsTurn: boolean, overlong: () => void): void {
    entry.state = 'running';
    entry.countsAsTurn = countsAsTurn;
    entry.queue.running += 1;
    if (countsAsTurn) this.#turns += 1;
    entry.deadline = this.#longest.add(() => {
      this.#logOverlong(entry.queue.thread);
      overlong();
      this.leave(entry);
      entry.isHung = true;
      this.#hung += 1;
    });
  }

  /**
   * Ends the turn of an entry, if it has begun, and lets the next entry of the thread go on. A second call changes nothing,
   * except that a turn that had hung has ended.
   */
  leave(entry: QueueEntry): void {
    if (entry.isHung) this.#hung -= 1;
    entry.isHung = false;
    if (entry.state === 'left') return;
    const { queue } = entry;
    if (entry.state === 'running') {
      queue.running -= 1;
      entry.deadline?.cancel();
      if (entry.countsAsTurn) this.#turns -= 1;
    }
    entry.state = 'left';
    entry.next = undefined;
    queue.entries.splice(queue.entries.indexOf(entry), 1);
    if (queue.entries.length === 0) this.#queues.delete(queue.thread);
    this.passRoomOn();
    this.#advance(queue);
  }

  /** @param queue of a thread, or of an event without one */
  #logOverlong(queue: string): void {
    const { log, longestTurnMs } = this.#deps;
    const name = queue.startsWith('event ') ? queue : `thread ${labelOfId(queue)}`;
    log.error(
      `A turn of ${name} has not ended for ${Math.round(longestTurnMs / 1000)} s. ` +
        "The next turn of the thread begins beside it. Find out what the bot's logic waits for.",
    );
  }

  /** In a loop: a thousand entries that end at once must not call each other a thousand deep. */
  #advance(queue: ThreadEntries): void {
    if (queue.isAdvancing) return;
    queue.isAdvancing = true;
    try {
      for (;;) {
        const [first] = queue.entries;
        const run = first?.next;
        if (!first || !run) return;
        first.next = undefined;
        run();
      }
    } finally {
      queue.isAdvancing = false;
    }
  }
}
