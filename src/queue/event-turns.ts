/** The turns of events: each takes its ticket, waits in the queue of its thread, runs, and ends. */
import type { Clock } from '../thread/clock.js';
import { sleep } from '../thread/clock.js';
import { decisionLine } from '../thread/decision-line.js';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { ProcessId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import { isDebugOn } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import { ShortLivedMap } from '../thread/short-lived-map.js';
import type { Entered, Ticket } from '../thread/store.js';
import { isThenable } from '../thread/thenable.js';
import type { Capacity } from './capacity.js';
import { runAs } from './current-turn.js';
import type { EventWork } from './delivery.js';
import type { Ending, QueuedEvent } from './job.js';
import { Job } from './job.js';
import type { TicketKeeper } from './ticket.js';
import { LEASE_MS } from './ticket.js';
import type { ThreadQueue } from './thread-queue.js';

/** A record that was read longer ago than this is read again before its turn. */
const FRESH_MS = 100;
/** How often the store is asked for an event whose turn was cut off from it. */
const AGAIN_EVERY_MS = 1_000;

/** What {@link EventTurns} need. */
export interface EventTurnsDeps<Value extends QueuedEvent> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: ProcessId;
  readonly threads: ThreadQueue;
  readonly tickets: TicketKeeper;
  readonly capacity: Capacity;
  /** Takes the ticket of an event and records what the event proves, in one step. */
  readonly enter: (ticket: Ticket, leaseMs: number, event: ThreadEvent) => MaybePromise<Entered<Value>>;
  /** Called whenever an event has ended. */
  readonly ended: () => void;
}

/** The events of this process that have not ended. */
export class EventTurns<Value extends QueuedEvent> {
  readonly #deps: EventTurnsDeps<Value>;
  readonly #jobs = new ShortLivedMap<Job<Value>>();

  readonly #lost = (key: string, how: 'done' | 'busy'): void => {
    const job = this.find(key);
    if (job) this.end(job, how);
  };

  constructor(deps: EventTurnsDeps<Value>) {
    this.#deps = deps;
  }

  /** Whether every event has ended. */
  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** The events that have not ended. */
  get all(): readonly Job<Value>[] {
    return [...this.#jobs.values()];
  }

  /** An event that has not ended, by its key. */
  find(key: string): Job<Value> | undefined {
    return this.#jobs.get(key);
  }

  /**
   * Before something leaves in the turn of an event: if its lease has ended by our clock, the store says what became of it.
   * Nothing is asked for any other ticket, nor for a turn that lasts too long, which may be overtaken and goes on.
   */
  settle({ event }: Ticket): MaybePromise<void> {
    const { tickets } = this.#deps;
    const job = this.#jobs.get(event);
    if (job?.state !== 'running' || tickets.isLeased(job) || !tickets.isHeld(job)) return undefined;
    return tickets.renew(job);
  }

  /**
   * Whether the turn of an event must not go on: another process has gone past it, or may have run it, because its lease has
   * ended and the store does not answer. `false` for any other ticket. The event runs again when its turn has ended.
   */
  isLost({ event }: Ticket, doesStoreAnswer: boolean): boolean {
    const job = this.#jobs.get(event);
    if (!job) return false;
    const isLost = job.isOvertaken || (!doesStoreAnswer && !this.#deps.tickets.isLeased(job));
    if (isLost) job.mustRunAgain = true;
    return isLost;
  }

  /** Takes a place at the end of the queue of the event's thread. */
  add(event: ThreadEvent, key: string): Job<Value> {
    const job = new Job<Value>(event, key, this.#deps.processId, this.#lost);
    job.entry = this.#deps.threads.enter(job.queue);
    job.isFirst = this.#deps.threads.isAlone(job.entry);
    this.#jobs.set(key, job);
    return job;
  }

  /** Asks for the ticket of an event. Its state says what came of that; rejects if the store does not answer. */
  enter(job: Job<Value>): MaybePromise<void> {
    job.leasedUntilMs = this.#deps.tickets.leaseEndMs();
    return whenReady(this.#deps.enter(job.ticket, LEASE_MS, job.event), (entered) => {
      if (job.hasEnded) return;
      if (entered.status === 'done') {
        this.#tell(job, 'does not run, because it has run before');
        this.end(job, 'done');
      } else if (entered.status === 'busy') {
        if (job.state !== 'elsewhere') this.#tell(job, 'does not run here now, because another process has its ticket');
        job.state = 'elsewhere';
      } else {
        job.state = 'queued';
        job.value = entered.value;
        job.mustWait = entered.mustWait && job.thread !== undefined;
        job.enteredAtMs = this.#deps.clock.now();
        this.#deps.tickets.hold(job);
      }
    });
  }

  #tell({ event, thread }: Job<Value>, decision: string): void {
    const { log } = this.#deps;
    if (isDebugOn(log)) log.debug?.(decisionLine(event, thread, decision));
  }

  /** Runs an event whose ticket this process has, when nothing of its thread is before it, here and elsewhere. */
  runWhenFirst(job: Job<Value>, work: EventWork<Value>): void {
    const { entry } = job;
    if (!entry) return;
    this.#deps.threads.whenFirst(entry, () => {
      const isReady = !job.mustWait && this.#deps.threads.hasRoom && this.#deps.tickets.isLeased(job);
      if (isReady) this.#run(job, work);
      else void this.#untilItMayRun(job).then(() => this.#run(job, work));
    });
  }

  /** Waits for other processes, for room, and for the store if the lease has ended. */
  async #untilItMayRun(job: Job<Value>): Promise<void> {
    const { threads, tickets } = this.#deps;
    const mayWait = (): boolean => job.state === 'queued';
    while (mayWait()) {
      // A process that stood still meanwhile may have been overtaken, whatever it waits for.
      if (job.mustWait) {
        job.mustWait = false;
        job.hasWaited = true;
        await tickets.untilNext(job, mayWait);
      } else if (!threads.hasRoom) {
        await threads.untilTurnEnds();
      } else if (!tickets.isLeased(job)) {
        await tickets.untilLeased(job, mayWait);
      } else return;
    }
    this.#deps.threads.passRoomOn();
  }

  #run(job: Job<Value>, work: EventWork<Value>): void {
    const { threads, tickets, clock, log } = this.#deps;
    const { entry, value } = job;
    // Given back while it waited: another process has it, or this one stops.
    if (job.state !== 'queued' || !entry || !value) return;
    job.state = 'running';
    const isOnlyOne = job.isFirst && threads.isAlone(entry) && !job.hasWaited;
    value.isFresh = isOnlyOne && clock.now() - job.enteredAtMs < FRESH_MS;
    threads.begin(entry, true, () => {
      tickets.letGo(job);
      this.#deps.capacity.remove(job);
    });
    const turn = { queue: job.queue, ticket: job.ticket, outer: undefined, isOver: false };
    const over = (): void => {
      turn.isOver = true;
      if (job.mustRunAgain) {
        void this.#again(job, work);
        return;
      }
      // The next event of the thread does not wait until the store has written this one down.
      const told = tickets.leave(job, 'finished');
      threads.leave(entry);
      void whenReady(told, () => this.end(job, 'done'));
    };
    const failed = (error: unknown): void => {
      log.error(`An event could not be worked on: ${textOfThrown(error)}`);
      over();
    };
    let running: MaybePromise<void>;
    try {
      running = runAs(turn, () => work(value, job.key));
    } catch (error) {
      return failed(error);
    }
    if (isThenable(running)) void running.then(over, failed);
    else over();
  }

  /**
   * The turn was kept from going on. As soon as the store answers, it says whether another process has run the event; otherwise
   * the event runs here once more, behind what has gone past it.
   */
  async #again(job: Job<Value>, work: EventWork<Value>): Promise<void> {
    const { threads, tickets, clock, log } = this.#deps;
    tickets.letGo(job);
    if (job.entry) threads.leave(job.entry);
    log.warn(
      'The lease of a turn ended while it ran: the store did not answer, or this process stood still and a later event was first. ' +
        'Its event runs again, unless another process has run it.',
    );
    job.waitsAgain(threads.enter(job.queue));
    while (job.state === 'elsewhere') {
      await sleep(clock, AGAIN_EVERY_MS);
      try {
        await this.enter(job);
      } catch {
        // The store is still away.
      }
    }
    if (job.state === 'queued') this.runWhenFirst(job, work);
  }

  /** The event needs nothing more from this process. */
  end(job: Job<Value>, ending: Ending): void {
    if (job.hasEnded) return;
    this.#deps.tickets.letGo(job);
    this.#jobs.delete(job.key);
    this.#deps.capacity.remove(job);
    if (job.entry) this.#deps.threads.leave(job.entry);
    job.end(ending);
    this.#deps.ended();
  }

  /** Nothing of these is run here: their tickets are given back, so that a redelivery is not held up. */
  async giveUp(jobs: readonly Job<Value>[]): Promise<void> {
    // Also those whose ticket was not answered: it may have been written. Nothing happens to other processes' tickets.
    await Promise.all(
      jobs.filter((job) => !job.hasEnded).map(async (job) => this.#deps.tickets.leave(job, 'released')),
    );
    for (const job of jobs) this.end(job, 'unavailable');
  }
}
