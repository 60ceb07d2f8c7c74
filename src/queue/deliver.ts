/**
 * Runs webhook deliveries: each event once, each thread in order, threads side by side.
 *
 * Exists because Meta delivers again whatever is acknowledged late, and several processes may get the same event.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { Clock } from '../thread/clock.js';
import { sleep } from '../thread/clock.js';
import { Deadlines } from '../thread/deadlines.js';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import { threadOf } from '../thread/event.js';
import type { ProcessId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover, whenReady } from '../thread/maybe-promise.js';
import { RepeatedLines } from '../thread/repeated-lines.js';
import type { Entered, Ticket, TicketStore } from '../thread/store.js';
import { isThenable } from '../thread/thenable.js';
import type { DeliveryLimits } from './capacity.js';
import { Capacity, limitsOf } from './capacity.js';
import { askingTurnOf } from './current-turn.js';
import type { CloseReport, Delivery, DeliveryTerms, DeliveryVerdict, EventWork, QueueStatus } from './delivery.js';
import { isAbandoned } from './delivery.js';
import { EventTurns } from './event-turns.js';
import type { Job, QueuedEvent } from './job.js';
import { recognisedBy, whenAllEnded, worstOf } from './job.js';
import { OwnTurns } from './own-turns.js';
import { TicketKeeper } from './ticket.js';
import { ThreadQueue } from './thread-queue.js';

export type { DeliveryLimits } from './capacity.js';
export type { CloseReport, DeliveryTerms, DeliveryVerdict, EventWork } from './delivery.js';

/** How often a process asks whether another one has finished an event. */
const POLL_INTERVAL_MS = 250;

/** What a {@link DeliveryQueue} needs. */
export interface DeliveryQueueDeps<Value extends QueuedEvent> {
  readonly store: TicketStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among those that share the store. */
  readonly processId: ProcessId;
  /** Takes the ticket of an event and records what the event proves, in one step. */
  readonly enter: (ticket: Ticket, leaseMs: number, event: ThreadEvent) => MaybePromise<Entered<Value>>;
  readonly limits?: DeliveryLimits;
}

/** One per process and store. */
export class DeliveryQueue<Value extends QueuedEvent = QueuedEvent> {
  readonly #deps: DeliveryQueueDeps<Value>;
  readonly #threads: ThreadQueue;
  readonly #tickets: TicketKeeper;
  readonly #capacity: Capacity;
  readonly #events: EventTurns<Value>;
  readonly #own: OwnTurns;
  #closed = false;
  #onIdle: (() => void) | undefined;
  /** By their length: an adapter has one. */
  readonly #deadlines = new Map<number, Deadlines>();
  #keysMade = 0;
  /** While the store is away, Meta goes on delivering. */
  readonly #lines: RepeatedLines;

  constructor(deps: DeliveryQueueDeps<Value>) {
    this.#deps = deps;
    this.#lines = new RepeatedLines(deps.log, deps.clock);
    const limits = limitsOf(deps.limits);
    this.#capacity = new Capacity(limits);
    this.#threads = new ThreadQueue({ ...deps, ...limits });
    this.#tickets = new TicketKeeper(deps);
    const shared = {
      ...deps,
      threads: this.#threads,
      tickets: this.#tickets,
      capacity: this.#capacity,
      ended: () => this.#checkIdle(),
    };
    this.#events = new EventTurns(shared);
    this.#own = new OwnTurns(shared);
  }

  /** What waits and runs now, and whether a further delivery is taken in. */
  get status(): QueueStatus {
    return { load: this.#threads.load, isFull: this.#capacity.isFull, isClosed: this.#closed };
  }

  /** Takes a delivery in. Resolves when the delivery is done or when the deadline has come, whichever is first. */
  take(events: readonly ThreadEvent[], work: EventWork<Value>, how: DeliveryTerms): Promise<DeliveryVerdict> {
    const refusal = this.refusalOf(events, how.bytes ?? 0);
    if (refusal !== undefined) this.#logRefused(refusal);
    // A turn that some other adapter runs cannot be refused: it runs as long as the store answers.
    const isRefusable = how.waitForOwn !== true || how.isRefusable === true;
    if (refusal !== undefined || (this.#closed && isRefusable)) return Promise.resolve('unavailable');
    const delivery: Delivery = { how, isOverdue: false, isTakenIn: false, failure: undefined };
    const { watched, jobs } = this.#jobsOf(events, how);
    if (jobs.length > 0) this.#capacity.add(jobs, how.bytes ?? 0);
    void whenReady(this.#enterAll(delivery, jobs), () => this.#begin(delivery, jobs, work));
    return new Promise((resolve) => {
      const deadline = this.#deadlinesOf(how).add(() => {
        delivery.isOverdue = true;
        resolve(this.#verdictAtDeadline(delivery, watched));
      });
      whenAllEnded(watched, () => {
        deadline.cancel();
        resolve(worstOf(watched));
      });
    });
  }

  #deadlinesOf({ ackDeadlineMs }: DeliveryTerms): Deadlines {
    let deadlines = this.#deadlines.get(ackDeadlineMs);
    if (!deadlines) {
      deadlines = new Deadlines(this.#deps.clock, ackDeadlineMs, { keepAlive: true });
      this.#deadlines.set(ackDeadlineMs, deadlines);
    }
    return deadlines;
  }

  /** Why a delivery of so many bytes cannot be taken in now; `undefined` if it can. */
  refusalOf(events: readonly ThreadEvent[], bytes: number): string | undefined {
    return this.#capacity.refusalOf(events.length, bytes, () => this.#longestOf(events));
  }

  /**
   * Runs `work` as a turn of the thread: at once if a turn of the thread asks for it, otherwise behind everything of the
   * thread that is in the queue. Resolves and rejects as `work` does.
   * @param work gets the ticket that lets it run
   */
  run<T>(thread: ThreadKey, work: (ticket: Ticket) => Promise<T>): Promise<T> {
    const inside = askingTurnOf(threadId(thread));
    return inside ? work(inside.ticket) : this.runAfter(thread, work);
  }

  /**
   * As {@link run}, but always behind what is in the queue. A turn of the thread that asks must not wait for it: see
   * {@link isInside}.
   */
  runAfter<T>(thread: ThreadKey, work: (ticket: Ticket) => Promise<T>): Promise<T> {
    return this.#own.run(thread, work);
  }

  /** See {@link EventTurns.settle}. */
  settle(ticket: Ticket): MaybePromise<void> {
    return this.#events.settle(ticket);
  }

  /** See {@link EventTurns.isLost}. */
  isLost(ticket: Ticket, doesStoreAnswer: boolean): boolean {
    return this.#events.isLost(ticket, doesStoreAnswer);
  }

  /** Whether a turn of the thread asks. */
  isInside(thread: ThreadKey): boolean {
    return askingTurnOf(threadId(thread)) !== undefined;
  }

  /**
   * Takes no more, and waits until everything is finished, at most `withinMs`. Until then the tickets of what runs are
   * renewed. What has not begun by then is given back, for another process or the next redelivery.
   */
  async close(withinMs: number): Promise<CloseReport> {
    this.#closed = true;
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(withinMs, resolve);
        this.#onIdle = () => {
          cancel();
          resolve();
        };
      });
      this.#onIdle = undefined;
    }
    const left = this.#events.all;
    const waiting = left.filter((job) => job.state !== 'running');
    if (waiting.length > 0) await this.#events.giveUp(waiting);
    await this.#tickets.close();
    this.#threads.stopIfEmpty();
    this.#lines.stop();
    for (const deadlines of this.#deadlines.values()) deadlines.stopIfEmpty();
    return { running: left.length - waiting.length, waiting: waiting.length };
  }

  #verdictAtDeadline(
    { isTakenIn, how }: Delivery,
    watched: readonly Job<Value>[],
  ): DeliveryVerdict | Promise<DeliveryVerdict> {
    if (!isTakenIn) {
      this.#logRefused(`The thread store did not answer within ${how.ackDeadlineMs} ms.`);
      return 'unavailable';
    }
    // What waits for another process, or for room, is not acknowledged: it would be lost with this process. It keeps its
    // place, and its redelivery finds it there or done.
    const isOurs = (job: Job<Value>): boolean =>
      job.state === 'running' ||
      (job.state === 'queued' && (how.waitForOwn === true || this.#threads.isRunning(job.queue)));
    const refusal = worstOf(watched.filter((job) => !isOurs(job)));
    const verdict = refusal === 'done' ? 'stillRunning' : refusal;
    if (how.waitForOwn !== true) return verdict;
    return new Promise((resolve) => whenAllEnded(watched.filter(isOurs), () => resolve(verdict)));
  }

  /** A job for each event that is new here; places in the queues are taken at once, in the order of the delivery. */
  #jobsOf(events: readonly ThreadEvent[], how: DeliveryTerms): { watched: Job<Value>[]; jobs: Job<Value>[] } {
    const watched: Job<Value>[] = [];
    const jobs: Job<Value>[] = [];
    for (const event of events) {
      const key = (how.unrecognisable ? undefined : recognisedBy(event)) ?? this.#newKey();
      if (this.#tickets.isFinished(key)) continue;
      let job = this.#events.find(key);
      if (!job) {
        job = this.#events.add(event, key);
        jobs.push(job);
      }
      watched.push(job);
    }
    return { watched, jobs };
  }

  /** Threads side by side; the events of one thread one after the other, because they write the same record. Never rejects. */
  #enterAll(delivery: Delivery, jobs: readonly Job<Value>[]): MaybePromise<unknown> {
    const finished = this.#tickets.tellFinished();
    let entering: Map<string, PromiseLike<unknown>> | undefined;
    for (const job of jobs) {
      const entered = whenReady(entering?.get(job.queue) ?? finished, () => this.#enterFor(delivery, job));
      if (isThenable(entered)) (entering ??= new Map()).set(job.queue, entered);
    }
    return entering && Promise.all(entering.values());
  }

  #enterFor(delivery: Delivery, job: Job<Value>): MaybePromise<void> {
    if (delivery.failure) return undefined;
    return recover(
      () => this.#events.enter(job),
      (error) => {
        delivery.failure ??= { error };
      },
    );
  }

  /** Lets the events run, all of them or none. */
  #begin(delivery: Delivery, jobs: readonly Job<Value>[], work: EventWork<Value>): MaybePromise<void> {
    if (delivery.failure) this.#logRefused(textOfThrown(delivery.failure.error));
    if (delivery.failure || isAbandoned(delivery)) return this.#events.giveUp(jobs);
    delivery.isTakenIn = true;
    for (const job of jobs) {
      if (job.state === 'queued') this.#events.runWhenFirst(job, work);
      else if (job.state === 'elsewhere') void this.#waitForOther(delivery, job, work);
    }
  }

  /** Another process works on this event: asks until it is done, until its lease ends, or until the deadline. */
  async #waitForOther(delivery: Delivery, job: Job<Value>, work: EventWork<Value>): Promise<void> {
    while (job.state === 'elsewhere') {
      await sleep(this.#deps.clock, POLL_INTERVAL_MS);
      if (job.hasEnded) return;
      if (delivery.isOverdue) {
        this.#events.end(job, 'busy');
        return;
      }
      try {
        await this.#events.enter(job);
      } catch (error) {
        this.#logRefused(textOfThrown(error));
        return this.#events.giveUp([job]);
      }
    }
    if (isAbandoned(delivery)) await this.#events.giveUp([job]);
    else this.#events.runWhenFirst(job, work);
  }

  get #isIdle(): boolean {
    return this.#events.isEmpty && this.#threads.isEmpty;
  }

  #checkIdle(): void {
    if (this.#onIdle && this.#isIdle) this.#onIdle();
  }

  #longestOf(events: readonly ThreadEvent[]): number {
    const threads = events.flatMap((event) => threadOf(event) ?? []);
    return Math.max(0, ...threads.map((thread) => this.#threads.lengthOf(threadId(thread))));
  }

  /** Of an event that comes once. */
  #newKey(): string {
    this.#keysMade += 1;
    return `once:${this.#deps.processId}.${this.#keysMade}`;
  }

  #logRefused(why: string): void {
    this.#lines.say('error', 'refused delivery', `A delivery was refused so that Meta delivers it again: ${why}`);
  }
}
