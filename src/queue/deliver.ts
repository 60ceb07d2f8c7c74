/**
 * Works off a webhook delivery: each event once, each thread in order, threads side by side.
 *
 * Exists because Meta delivers again whatever is acknowledged late, and several processes may get the same event. An
 * event is claimed before its evidence counts; the claim is a lease until its turn has ended.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { Clock } from '../thread/clock.js';
import { inBackground, sleep } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import { labelOfId } from '../thread/thread-label.js';
import type { Logger } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import type { ThreadStore, Ticket } from '../thread/store.js';
import { eventKey } from '../webhook/event-key.js';
import { HeldTicket } from './held-ticket.js';
import type { RecordedEvent, EnteredEvent } from '../handover/turn.js';
import { threadOf } from '../handover/turn.js';
import type { Ending, JobState, TakenIn } from './under-way.js';
import { UnderWay } from './under-way.js';

/** A claim lives this long without being renewed: what a process that died holds up a redelivery. */
const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** How often another process's claim is looked at. */
const POLL_MS = 250;
/** How often a thread is looked at in which another process has an earlier event. */
const TURN_POLL_MS = 100;
/** A record that was read longer ago than this is read again before its turn. */
const FRESH_MS = 100;
const LONGEST_TURN_MS = 2 * 60_000;
const MAX_EVENTS = 10_000;
const MAX_EVENTS_PER_THREAD = 200;
const MAX_TURNS = 1_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * How a delivery went.
 * - `done`: every event is finished, here or before → 200
 * - `stillRunning`: the deadline came while a turn of this process goes on, the event's or one before it in its thread → 200, its
 *   redelivery is not run again
 * - `stored`: it lies in the inbox, and its turns go on, here or elsewhere → 200
 * - `busy`: the deadline came while another process works on an event or on an earlier one of its thread, or while too many
 *   turns run → 503, so that Meta delivers again
 * - `unavailable`: the store did not answer, there is too much under way, or this process stops; nothing was run → 503
 */
export type DeliveryVerdict = 'done' | 'stillRunning' | 'stored' | 'busy' | 'unavailable';

/** How much is taken in at once. What is beyond is answered with 503: Meta waits, and delivers again. */
export interface DeliveryLimits {
  /** Events taken in and not finished, all threads together. Default 10,000. */
  readonly maxEvents?: number;
  /** The same for one thread. A delivery that finds fewer is taken in whole. Default 200. */
  readonly maxEventsPerThread?: number;
  /** Turns that run at the same time, of different threads; further ones wait. Default 1000. */
  readonly maxTurns?: number;
  /** Size of the deliveries that are not finished, bytes. Default 64 MiB. */
  readonly maxBytes?: number;
  /**
   * A turn that hangs holds up its thread for so long, in every process, milliseconds; then the next turn of the thread
   * begins beside it. Default 120,000.
   */
  readonly longestTurnMs?: number;
}

/** What the desk stands on. */
export interface DeliveryQueueDeps {
  readonly store: ThreadStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among those that share the store. */
  readonly processId: string;
  /** Takes the ticket of an event and folds in the event's evidence, in one step. */
  readonly enter: (ticket: Ticket, leaseMs: number, event: ThreadEvent) => MaybePromise<EnteredEvent>;
  readonly limits?: DeliveryLimits;
}

/** How a delivery is taken in. */
export interface DeliveryTerms {
  /** From the call on, milliseconds. */
  readonly ackDeadlineMs: number;
  /** The turns of this process are waited for however long they take; the deadline is only for those of others. */
  readonly waitForOwn?: boolean;
  /** The events have nothing to recognise a second delivery by. */
  readonly unrecognisable?: boolean;
  /** Size of the delivery. Default 0: it does not count. */
  readonly bytes?: number;
}

/** What a desk that closed had to leave. */
export interface CloseReport {
  /** Events whose turns had begun and go on. */
  readonly running: number;
  /** Events that were taken in and not begun; their claims were given back. */
  readonly waiting: number;
}

/**
 * Runs one event, when its turn has come; `undefined` where that is done at once. Must not reject; if it does, the event
 * counts as finished.
 */
export type EventWork = (recorded: RecordedEvent, key: string) => Promise<void> | undefined;

/** A job that goes the long way: claimed, waited for, admitted or skipped. */
interface Job extends TakenIn {
  readonly event: ThreadEvent;
  readonly ticket: Ticket;
  state: JobState;
  /** When its turn began, our clock. */
  runningSinceMs: number | undefined;
  /** Until then, on our clock, no other process can have the event. */
  claimedUntilMs: number;
  readonly admit: (entered: Extract<EnteredEvent, { status: 'entered' }>) => void;
  /** Leaves its place in the queue without a run. */
  readonly skip: (ending: Ending) => void;
}

interface Deadline {
  readonly cancel: () => void;
  over: boolean;
  /** Told when it has come. */
  readonly waiting: Set<() => void>;
}

/** One per process and store. */
export class DeliveryQueue {
  readonly #deps: DeliveryQueueDeps;
  readonly #limits: Required<DeliveryLimits>;
  readonly #underWay: UnderWay<Job>;
  /** Finished here, but the store has not taken it yet. */
  readonly #unwritten = new Map<string, Ticket>();
  #closed = false;
  #keysMade = 0;
  #stopRenewing: (() => void) | undefined;

  constructor(deps: DeliveryQueueDeps) {
    this.#deps = deps;
    this.#limits = {
      maxEvents: deps.limits?.maxEvents ?? MAX_EVENTS,
      maxEventsPerThread: deps.limits?.maxEventsPerThread ?? MAX_EVENTS_PER_THREAD,
      maxTurns: deps.limits?.maxTurns ?? MAX_TURNS,
      maxBytes: deps.limits?.maxBytes ?? MAX_BYTES,
      longestTurnMs: deps.limits?.longestTurnMs ?? LONGEST_TURN_MS,
    };
    this.#underWay = new UnderWay(this.#limits.maxTurns);
  }

  /** Takes a delivery in and resolves when it is done or when the deadline has come, whichever is first. */
  async take(events: readonly ThreadEvent[], work: EventWork, how: DeliveryTerms): Promise<DeliveryVerdict> {
    const bytes = how.bytes ?? 0;
    const tooMuch = this.refusalOf(events, bytes);
    if (tooMuch !== undefined) {
      this.#refused(tooMuch);
      return 'unavailable';
    }
    // A turn that some other adapter runs cannot be refused: it is worked off as long as the store is there.
    if (this.#closed && how.waitForOwn !== true) return 'unavailable';
    const deadline = this.#deadline(how.ackDeadlineMs);
    try {
      return await this.#takeWithin(deadline, events, work, how);
    } finally {
      deadline.cancel();
    }
  }

  /**
   * Takes no more, and waits until what is under way is finished, at most `withinMs`. What has not begun by then is
   * given back, for another process or the next redelivery.
   */
  async close(withinMs: number): Promise<CloseReport> {
    this.#closed = true;
    if (!this.#underWay.isIdle) {
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(withinMs, resolve);
        this.#underWay.onIdle = () => {
          cancel();
          resolve();
        };
      });
      this.#underWay.onIdle = undefined;
    }
    const left = [...this.#underWay.jobs.values()];
    const waiting = left.filter((job) => job.state !== 'running');
    if (waiting.length > 0) await this.#giveUp(waiting, undefined);
    await this.#writeFinished();
    this.#restFromRenewing();
    return { running: left.length - waiting.length, waiting: waiting.length };
  }

  /** Why a delivery of so many bytes cannot be taken in now; `undefined` where it can. */
  refusalOf(events: readonly ThreadEvent[], bytes: number): string | undefined {
    const { maxEvents, maxEventsPerThread, maxBytes } = this.#limits;
    const underWay = this.#underWay;
    if (underWay.jobs.size + events.length > maxEvents) {
      return `${underWay.jobs.size} events are under way, and no more than ${maxEvents} are taken in.`;
    }
    if (underWay.bytes + bytes > maxBytes && underWay.bytes > 0) {
      return `Deliveries of ${underWay.bytes} bytes are under way, and no more than ${maxBytes} are taken in.`;
    }
    if (underWay.jobs.size < maxEventsPerThread) return undefined;
    for (const event of events) {
      const thread = threadOf(event);
      if (!thread || (underWay.lines.get(threadId(thread))?.length ?? 0) < maxEventsPerThread) continue;
      return `A thread has ${maxEventsPerThread} events under way, and no more are taken in.`;
    }
    return undefined;
  }

  async #takeWithin(
    deadline: Deadline,
    events: readonly ThreadEvent[],
    work: EventWork,
    how: DeliveryTerms,
  ): Promise<DeliveryVerdict> {
    const watched: Job[] = [];
    const jobs: Job[] = [];
    // Places in the queues are taken at once, in the order of the delivery; claims are asked for meanwhile.
    for (const event of events) {
      const key = keyOf(event, how) ?? this.#newKey('once');
      if (this.#unwritten.has(key)) continue;
      const twin = this.#underWay.jobs.get(key);
      if (twin) {
        watched.push(twin);
        continue;
      }
      const job = this.#enqueue(event, key, work);
      watched.push(job);
      jobs.push(job);
    }
    if (how.bytes !== undefined && jobs.length > 0) this.#underWay.weigh(how.bytes, jobs);

    const progress = { isTakenIn: false };
    const ended = await within(deadline, this.#workOff(jobs, watched, deadline, how, progress));
    if (ended !== 'overdue') return ended;
    if (!progress.isTakenIn) {
      this.#refused(`The thread store did not answer within ${how.ackDeadlineMs} ms.`);
      return 'unavailable';
    }
    // What waits for another process, or for room, is not acknowledged: it would be lost with this process. It keeps its
    // place, and its redelivery finds it there or done.
    const isOurs = (job: TakenIn): boolean =>
      job.state === 'running' || (job.state === 'here' && (how.waitForOwn === true || this.#hasTurnRunning(job)));
    const refusal = worstOf(watched.filter((job) => !isOurs(job)).map(({ state }) => endingOf(state)));
    if (how.waitForOwn) await Promise.all(watched.filter(isOurs).map((job) => job.finished));
    return refusal === 'done' ? 'stillRunning' : refusal;
  }

  async #workOff(
    jobs: readonly Job[],
    watched: readonly TakenIn[],
    deadline: Deadline,
    how: DeliveryTerms,
    progress: { isTakenIn: boolean },
  ): Promise<Ending> {
    await this.#takeIn(jobs, deadline, how);
    progress.isTakenIn = true;
    const [first, second] = watched;
    if (first && !second) return first.finished;
    return worstOf(await Promise.all(watched.map((job) => job.finished)));
  }

  /** Claims the events, folds in their evidence, and lets them run; all of them, or none. */
  async #takeIn(jobs: readonly Job[], deadline: Deadline, how: DeliveryTerms): Promise<void> {
    if (this.#unwritten.size > 0) await this.#writeFinished();
    let taken: ReadonlyMap<Job, EnteredEvent>;
    try {
      taken = await this.#takeAll(jobs);
    } catch (error) {
      await this.#giveUp(jobs, error);
      return;
    }
    if (isAbandoned(deadline, how)) {
      await this.#giveUp(jobs, undefined);
      return;
    }
    for (const job of jobs) {
      const each: EnteredEvent = taken.get(job) ?? { status: 'busy' };
      if (each.status === 'entered') job.admit(each);
      else if (each.status === 'done') job.skip('done');
      else void this.#waitForOther(job, deadline, how);
    }
  }

  async #takeAll(jobs: readonly Job[]): Promise<ReadonlyMap<Job, EnteredEvent>> {
    const [first, second] = jobs;
    // Most deliveries bring one event, and there is no order to keep in that.
    if (first && !second) return new Map([[first, await this.#takeOne(first)]]);
    const taken = new Map<Job, EnteredEvent>();
    await this.#inOrder(jobs, async (job) => {
      taken.set(job, await this.#takeOne(job));
    });
    return taken;
  }

  /** Threads side by side; the events of one thread one after the other, because they write the same record. */
  async #inOrder(jobs: readonly Job[], take: (job: Job) => Promise<void>): Promise<void> {
    const lines = new Map<string, Promise<void>>();
    for (const job of jobs) {
      const before = lines.get(job.queue);
      lines.set(job.queue, before ? before.then(() => take(job)) : take(job));
    }
    const ended = await Promise.allSettled(lines.values());
    const lost = ended.find((line) => line.status === 'rejected');
    if (lost) throw lost.reason;
  }

  async #takeOne(job: Job): Promise<EnteredEvent> {
    job.claimedUntilMs = this.#deps.clock.now() + LEASE_MS;
    return this.#deps.enter(job.ticket, LEASE_MS, job.event);
  }

  /** Takes a place in the queue of the event's thread. */
  #enqueue(event: ThreadEvent, key: string, work: EventWork): Job {
    let resolveFinished: (ending: Ending) => void = () => undefined;
    let resolveAdmitted: (taken: EnteredEvent | undefined) => void = () => undefined;
    const finished = new Promise<Ending>((resolve) => (resolveFinished = resolve));
    const admitted = new Promise<EnteredEvent | undefined>((resolve) => (resolveAdmitted = resolve));
    const end = (ending: Ending): void => {
      job.state = ending;
      this.#underWay.leave(job);
      if (this.#underWay.jobs.size === 0) this.#restFromRenewing();
      resolveFinished(ending);
    };
    const thread = threadOf(event);
    const queue = thread ? threadId(thread) : `event ${key}`;
    let claimedAtMs = 0;
    const job: Job = {
      event,
      key,
      ticket: { thread: thread ?? threadOfPage(event), event: key, processId: this.#deps.processId },
      thread,
      queue,
      finished,
      load: undefined,
      isClaimed: true,
      runningSinceMs: undefined,
      state: 'claiming',
      claimedUntilMs: 0,
      admit: (taken) => {
        job.state = 'here';
        claimedAtMs = this.#deps.clock.now();
        this.#keepRenewing();
        resolveAdmitted(taken);
      },
      skip: (ending) => {
        end(ending);
        resolveAdmitted(undefined);
      },
    };
    this.#underWay.enter(job);

    const line = this.#underWay.lineOf(queue);
    const isFirst = line.tail === undefined;
    const run = async (): Promise<void> => {
      const taken = await admitted;
      if (taken?.status !== 'entered') return;
      if (taken.mustWait && thread) await this.#untilItsTurn(job);
      while (job.state === 'here') {
        if (this.#underWay.turns >= this.#limits.maxTurns) await this.#underWay.untilThereIsRoom();
        else if (this.#deps.clock.now() >= job.claimedUntilMs) await this.#claimAnew(job);
        else break;
      }
      // Given back while it waited: another process has it, or this one stops.
      if (job.state !== 'here') {
        this.#underWay.passRoomOn();
        return;
      }
      job.state = 'running';
      job.runningSinceMs = this.#deps.clock.now();
      line.running += 1;
      // Nothing was before it and nothing came after it: the record is as it was when its evidence was folded in.
      const alone = isFirst && line.length === 1 && !taken.mustWait;
      const recorded = taken.value;
      recorded.isFresh = alone && this.#deps.clock.now() - claimedAtMs < FRESH_MS;
      const room = this.#takeRoom();
      await this.#inReasonableTime(this.#run(work, recorded, key, room), queue, room, () => {
        line.running -= 1;
        // The next event of the thread does not wait until the store has written this one down.
        void this.#finish(job).then(() => end('done'));
      });
    };
    void this.#inLine(queue, run);
    return job;
  }

  /**
   * Queues a turn that no event began among the events of its thread, over all processes, so that the two do not overwrite
   * each other's state. `turn` must not reject.
   * @returns `waits`: something of the thread is queued or runs. Whoever may be in it must not wait for `done`.
   */
  takeTurn(
    thread: ThreadKey,
    turn: (ticket: Ticket) => Promise<void>,
  ): { readonly waits: boolean; readonly done: Promise<void> } {
    const queue = threadId(thread);
    const waits = this.#underWay.lines.has(queue);
    const line = this.#underWay.lineOf(queue);
    const { store, clock, processId } = this.#deps;
    const times = { leaseMs: LEASE_MS, renewEveryMs: RENEW_EVERY_MS, pollMs: TURN_POLL_MS };
    const held = new HeldTicket(thread, { store, clock, processId, ...times });
    const run = async (): Promise<void> => {
      await held.isNext();
      line.running += 1;
      const overlong = (): void => held.stopRenewing();
      await this.#inReasonableTime(turn(held.ticket), queue, overlong, () => (line.running -= 1));
      await held.leave();
    };
    return { waits, done: this.#inLine(queue, run) };
  }

  /** Runs when everything before it in the queue is over. `run` does not reject. */
  #inLine(queue: string, run: () => Promise<void>): Promise<void> {
    const line = this.#underWay.lineOf(queue);
    const before = line.tail;
    const mine = before ? before.then(run) : run();
    line.tail = mine;
    line.length += 1;
    void mine.then(() => this.#underWay.stepOut(queue, line));
    return mine;
  }

  /** Counts a turn as running. @returns counts it no longer; further calls do nothing */
  #takeRoom(): () => void {
    this.#underWay.turnBegins();
    let isTaken = true;
    return () => {
      if (isTaken) this.#underWay.turnEnds();
      isTaken = false;
    };
  }

  async #run(work: EventWork, recorded: RecordedEvent, key: string, room: () => void): Promise<void> {
    try {
      await work(recorded, key);
    } catch (error) {
      this.#tellFailed(error);
    } finally {
      room();
    }
  }

  /** Another process has earlier tickets of the thread: waits until they are left, or until their leases are over. */
  async #untilItsTurn(job: Job): Promise<void> {
    const { clock, store } = this.#deps;
    while (job.state === 'here') {
      // A store that does not answer now will: nothing is taken in without it either.
      const state = await store.isNext(job.ticket).catch(() => 'waiting' as const);
      if (state === 'next') return;
      if (state === 'lost') await this.#renew(job);
      await new Promise<void>((resolve) => {
        inBackground(clock, TURN_POLL_MS, resolve);
      });
    }
  }

  /** A turn that waits for something that never comes must not silence its customer for good. */
  #inReasonableTime(worked: Promise<void>, queue: string, overlong: () => void, ended: () => void): Promise<void> {
    return new Promise<void>((resolve) => {
      const cancel = inBackground(this.#deps.clock, this.#limits.longestTurnMs, () => {
        this.#tellOverlong(queue);
        overlong();
        resolve();
      });
      void worked.then(() => {
        cancel();
        ended();
        resolve();
      });
    });
  }

  #tellOverlong(queue: string): void {
    const seconds = Math.round(this.#limits.longestTurnMs / 1000);
    this.#deps.log.error(
      `A turn of ${labelled(queue)} has not ended for ${seconds} s. The next turn of the thread begins beside it. Find out what the bot's logic waits for.`,
    );
  }

  #tellFailed(error: unknown): void {
    this.#deps.log.error(`An event could not be worked on: ${textOfThrown(error)}`);
  }

  #hasTurnRunning({ queue }: TakenIn): boolean {
    return (this.#underWay.lines.get(queue)?.running ?? 0) > 0;
  }

  /** Another process works on this event: until it is done, until its lease ends, or until the deadline. */
  async #waitForOther(job: Job, deadline: Deadline, how: DeliveryTerms): Promise<void> {
    job.state = 'elsewhere';
    for (;;) {
      await within(deadline, sleep(this.#deps.clock, POLL_MS));
      if (hasEnded(job)) return;
      if (deadline.over) {
        job.skip('busy');
        return;
      }
      try {
        const taken = await this.#takeOne(job);
        if (taken.status === 'busy') continue;
        if (taken.status !== 'entered') job.skip(taken.status);
        else if (isAbandoned(deadline, how) || hasEnded(job)) await this.#giveUp([job], undefined);
        else job.admit(taken);
      } catch (error) {
        await this.#giveUp([job], error);
      }
      return;
    }
  }

  /** Nothing of these is run here: their claims are given back, so that a redelivery is not held up. */
  async #giveUp(jobs: readonly Job[], reason: unknown): Promise<void> {
    if (reason !== undefined) this.#refused(textOfThrown(reason));
    const { store } = this.#deps;
    // Also those whose ticket was not answered: it may have been written. Nothing happens to other processes' tickets.
    await Promise.allSettled(jobs.map(async (job) => store.leave(job.ticket, 'released')));
    for (const job of jobs) job.skip('unavailable');
  }

  /** Of an event that comes once. */
  #newKey(prefix: 'once' | 'unclaimed'): string {
    this.#keysMade += 1;
    return `${prefix}:${this.#deps.processId}.${this.#keysMade}`;
  }

  #refused(why: string): void {
    this.#deps.log.error(`A delivery was refused so that Meta delivers it again: ${why}`);
  }

  async #finish({ key, ticket }: Job): Promise<void> {
    try {
      await this.#deps.store.leave(ticket, 'finished');
    } catch {
      this.#unwritten.set(key, ticket);
    }
  }

  /** Finished events that the store could not be told about are kept here until it can. */
  async #writeFinished(): Promise<void> {
    for (const [key, ticket] of this.#unwritten) {
      try {
        await this.#deps.store.leave(ticket, 'finished');
        this.#unwritten.delete(key);
      } catch {
        return;
      }
    }
  }

  /**
   * While anything is under way, its claims are renewed; a claim must not end before its turn does.
   */
  #keepRenewing(): void {
    if (this.#stopRenewing || this.#underWay.jobs.size === 0) return;
    this.#stopRenewing = inBackground(this.#deps.clock, RENEW_EVERY_MS, () => {
      this.#stopRenewing = undefined;
      const nowMs = this.#deps.clock.now();
      for (const job of this.#underWay.jobs.values()) {
        // Only what runs here: a lease on what another process works on would outlive the waiting for it.
        if (job.state !== 'here' && job.state !== 'running') continue;
        // A turn that hangs is not renewed for ever: other processes would wait for it as long.
        if (nowMs - (job.runningSinceMs ?? nowMs) < this.#limits.longestTurnMs) void this.#renew(job);
      }
      void this.#writeFinished();
      this.#keepRenewing();
    });
  }

  /** A lease that was lost, while the store was away for one, is another process's: what has not begun does not begin. */
  async #renew(job: Job): Promise<void> {
    const untilMs = this.#deps.clock.now() + LEASE_MS;
    try {
      const renewed = await this.#deps.store.renew(job.ticket, LEASE_MS);
      if (job.state !== 'here') return;
      if (renewed === 'renewed') job.claimedUntilMs = untilMs;
      else job.skip(renewed);
    } catch {
      // The next round, or the end of the lease.
    }
  }

  /** The store was away for as long as the lease, so another process may have taken the event over: asked until it says. */
  async #claimAnew(job: Job): Promise<void> {
    await this.#renew(job);
    const { clock } = this.#deps;
    if (job.state !== 'here' || clock.now() < job.claimedUntilMs) return;
    await new Promise<void>((resolve) => {
      inBackground(clock, POLL_MS, resolve);
    });
  }

  #restFromRenewing(): void {
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
  }

  #deadline(afterMs: number): Deadline {
    const cancel = this.#deps.clock.after(afterMs, () => {
      deadline.over = true;
      for (const tell of deadline.waiting) tell();
    });
    const deadline: Deadline = { cancel, over: false, waiting: new Set() };
    return deadline;
  }
}

/**
 * A turn that had to wait for the store has gone on without it, and must not come back. A webhook that was refused is run
 * all the same once the store answers: Meta's redelivery finds it done, and a slow store keeps nobody out for ever.
 */
function isAbandoned(deadline: Deadline, how: DeliveryTerms): boolean {
  return deadline.over && how.waitForOwn === true;
}

/** A desk that closes gives up what waits. */
function hasEnded({ state }: Job): boolean {
  return state === 'done' || state === 'busy' || state === 'unavailable';
}

/** What is not ended yet counts as left to whoever has it. */
function endingOf(state: Job['state']): Ending {
  return state === 'done' || state === 'unavailable' ? state : 'busy';
}

/** Events that name no customer have their tickets in one place for each Page; no such ticket waits for another. */
function threadOfPage({ pageId }: ThreadEvent): ThreadKey {
  return { pageId: pageId ?? '-', psid: '-' };
}

/** A queue as a log may name it: a thread's has the customer's id in it. */
function labelled(queue: string): string {
  return queue.startsWith('event ') ? queue : `thread ${labelOfId(queue)}`;
}

/** The value, or `overdue` where the deadline is over first. */
function within<T>(deadline: Deadline, work: Promise<T>): Promise<T | 'overdue'> {
  if (deadline.over) return Promise.resolve('overdue');
  return new Promise((resolve, reject) => {
    const tell = (): void => resolve('overdue');
    deadline.waiting.add(tell);
    work.then((value) => {
      deadline.waiting.delete(tell);
      resolve(value);
    }, reject);
  });
}

function worstOf(endings: readonly Ending[]): Ending {
  return endings.find((ending) => ending === 'unavailable') ?? endings.find((ending) => ending === 'busy') ?? 'done';
}

/** What an event is recognised by when it comes again; `undefined` where it is not. */
function keyOf(event: ThreadEvent, how: Pick<DeliveryTerms, 'unrecognisable'>): string | undefined {
  return how.unrecognisable === true || isAnonymous(event) ? undefined : eventKey(event);
}

/** Without message id, stamp and watermark two equal items cannot be told from one that came twice. */
function isAnonymous(event: ThreadEvent): boolean {
  return event.mid === undefined && event.timestampMs === undefined && event.watermarkMs === undefined;
}
