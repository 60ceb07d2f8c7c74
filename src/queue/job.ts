/** One event in this process, from its delivery to its end. */
import type { ThreadEvent } from '../thread/event.js';
import { threadOf } from '../thread/event.js';
import type { ProcessId } from '../thread/ids.js';
import { threadId } from '../thread/key.js';
import type { ThreadKey } from '../thread/key.js';
import type { Ticket } from '../thread/store.js';
import { eventKey } from '../webhook/event-key.js';
import type { HeldTicket } from './ticket.js';
import type { QueueEntry } from './thread-queue.js';

/** `done`: here or before. `busy`: left to the process that has it. `unavailable`: the store did not answer, or this process stops. */
export type Ending = 'done' | 'busy' | 'unavailable';

/**
 * `entering`: its ticket is being taken. `elsewhere`: another process has it. `queued`: this process has its ticket, and its
 * turn has not begun. `running`: its turn runs.
 */
export type JobState = 'entering' | 'elsewhere' | 'queued' | 'running' | Ending;

/** What taking an event in gives for its turn. */
export interface QueuedEvent {
  readonly event: ThreadEvent;
  /** Set when the turn begins: nothing has happened on the thread since the event was taken in, as far as this process knows. */
  isFresh: boolean;
}

/** The bytes of a delivery. They count until its last event has ended. */
export interface Load {
  readonly bytes: number;
  jobsLeft: number;
}

/** One event. `Value` is what taking the event in gave. */
export class Job<Value extends QueuedEvent> implements HeldTicket {
  readonly thread: ThreadKey | undefined;
  /** Events of one queue run one after the other: those of a thread. An event that names none has a queue to itself. */
  readonly queue: string;
  readonly ticket: Ticket;
  state: JobState = 'entering';
  entry: QueueEntry | undefined;
  value: Value | undefined;
  /** Another process has an earlier ticket of the thread. */
  mustWait = false;
  /** It has waited for another process. */
  hasWaited = false;
  /** Nothing else of the thread was in the queue when the event came. */
  isFirst = false;
  /** When this process got the ticket, our clock. */
  enteredAtMs = 0;
  leasedUntilMs = 0;
  renewal: Promise<void> | undefined;
  /** Its lease had ended while its turn ran, and another process has gone past it. */
  isOvertaken = false;
  /** Its turn was kept from going on, and no other process is known to have the event: see `EventTurns`. */
  mustRunAgain = false;
  load: Load | undefined;
  #watchers: (() => void)[] | undefined;

  constructor(
    readonly event: ThreadEvent,
    readonly key: string,
    processId: ProcessId,
    /** Ends an event that waits, and that another process has taken over or finished. */
    private readonly lost: (key: string, how: 'done' | 'busy') => void,
  ) {
    this.thread = threadOf(event);
    this.queue = this.thread ? threadId(this.thread) : `event ${key}`;
    this.ticket = { thread: this.thread ?? threadOfPage(event), event: key, processId };
  }

  /** Whether the event needs nothing more from this process. */
  get hasEnded(): boolean {
    return this.state === 'done' || this.state === 'busy' || this.state === 'unavailable';
  }

  /** The ending by now: what has not ended counts as left to whoever has it. */
  get endingByNow(): Ending {
    return this.state === 'done' || this.state === 'unavailable' ? this.state : 'busy';
  }

  /** Calls `run` when the event has ended: now, if it has. */
  whenEnded(run: () => void): void {
    if (this.hasEnded) run();
    else if (this.#watchers) this.#watchers.push(run);
    else this.#watchers = [run];
  }

  /** An event that waits has ended here; a turn that runs finds out by itself. */
  onLost(how: 'done' | 'busy'): void {
    if (this.state === 'queued') this.lost(this.key, how);
  }

  /** A turn that runs is lost; an event that waits goes behind the others. */
  onOvertaken(): void {
    if (this.state === 'running') this.isOvertaken = true;
    else this.mustWait = true;
  }

  /** Waits once more, as an event that another process may have. */
  waitsAgain(entry: QueueEntry): void {
    this.isOvertaken = false;
    this.mustRunAgain = false;
    this.hasWaited = true;
    this.state = 'elsewhere';
    this.entry = entry;
  }

  end(ending: Ending): void {
    this.state = ending;
    const watchers = this.#watchers ?? [];
    this.#watchers = undefined;
    for (const run of watchers) run();
  }
}

/** The ending of a delivery by those of its events, by now. */
export function worstOf(jobs: readonly Job<QueuedEvent>[]): Ending {
  let worst: Ending = 'done';
  for (const { endingByNow } of jobs) {
    if (endingByNow === 'unavailable') return endingByNow;
    if (endingByNow === 'busy') worst = endingByNow;
  }
  return worst;
}

/** Calls `run` when all of these have ended: now, if they have. */
export function whenAllEnded(jobs: readonly Job<QueuedEvent>[], run: () => void): void {
  let left = jobs.length + 1;
  const ended = (): void => {
    left -= 1;
    if (left === 0) run();
  };
  for (const job of jobs) job.whenEnded(ended);
  ended();
}

/**
 * The key by which a redelivered event is recognised. `undefined`: without message id, stamp and watermark, two equal items
 * look like one item that came twice.
 */
export function recognisedBy(event: ThreadEvent): string | undefined {
  const isAnonymous = event.mid === undefined && event.timestampMs === undefined && event.watermarkMs === undefined;
  return isAnonymous ? undefined : eventKey(event);
}

/** Events that name no customer have their tickets in one thread for each Page. No such ticket waits for another. */
function threadOfPage({ pageId }: ThreadEvent): ThreadKey {
  return { pageId: pageId ?? '-', psid: '-' };
}
