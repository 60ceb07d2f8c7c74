/**
 * Works off a webhook delivery: each event once, each thread in order, threads side by side.
 *
 * Exists because Meta delivers again whatever is acknowledged late, and several processes may get the same event. An
 * event is claimed before its evidence counts; the claim is a lease until its turn has ended.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { inBackground, sleep } from '../thread/clock.js';
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { ThreadStore } from '../thread/store.js';
import { eventKey } from '../webhook/event-key.js';
import type { Arrived } from './turn.js';
import { threadOf } from './turn.js';

/** A claim lives this long without being renewed: what a process that died holds up a redelivery. */
const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** How often another process's claim is looked at. */
const POLL_MS = 250;
/** A turn that hangs holds up its thread no longer than this. */
const LONGEST_TURN_MS = 10 * 60_000;
/** More events than this under way, and Meta is asked to come again later. */
const MAX_UNDER_WAY = 10_000;

/**
 * How a delivery went.
 * - `done`: every event is finished, here or before → 200
 * - `late`: the deadline came while a turn of this process goes on → 200, its redelivery is not run again
 * - `busy`: the deadline came while another process works on an event → 503, so that Meta delivers again
 * - `unavailable`: the store did not answer; nothing was run → 503
 */
export type DeliveryVerdict = 'done' | 'late' | 'busy' | 'unavailable';

/** What the desk stands on. */
export interface DeliveryParts {
  readonly store: ThreadStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among those that share the store. */
  readonly holder: string;
  /** Folds in an event's evidence. */
  readonly arrive: (event: ThreadEvent, key: string) => Promise<Arrived>;
}

/** How a delivery is taken in. */
export interface DeliveryTerms {
  /** From the call on, milliseconds. */
  readonly ackDeadlineMs: number;
  /** The turns of this process are waited for however long they take; the deadline is only for those of others. */
  readonly waitForOwn?: boolean;
  /** The events have nothing to recognise a second delivery by. */
  readonly unrecognisable?: boolean;
}

/** Runs one event, when its turn has come. Must not reject; if it does, the event counts as finished. */
export type EventWork = (arrived: Arrived, key: string) => Promise<void>;

type Claimed = { readonly state: 'mine' } | { readonly state: 'done' } | { readonly state: 'foreign' };

/** `done`: here or before · `busy`: left to the process that has it · `unavailable`: the store did not answer. */
type Ending = 'done' | 'busy' | 'unavailable';

interface Job {
  readonly event: ThreadEvent;
  readonly key: string;
  /** Jobs of one queue run one after the other: the thread, or the event itself where it names none. */
  readonly queue: string;
  readonly finished: Promise<Ending>;
  /** `here`: this process has the claim, and the event is run when its place in the queue comes. */
  state: 'claiming' | 'elsewhere' | 'here' | Ending;
  readonly admit: (arrived: Arrived) => void;
  /** Leaves its place in the queue without a run. */
  readonly skip: (ending: Ending) => void;
}

interface Deadline {
  readonly passed: Promise<void>;
  readonly cancel: () => void;
  over: boolean;
}

/** One per process and store. */
export class DeliveryDesk {
  readonly #parts: DeliveryParts;
  /** Events of this process under way, by key. */
  readonly #underWay = new Map<string, Job>();
  /** Finished here, but the store has not taken it yet. */
  readonly #unwritten = new Set<string>();
  /** Last job of each thread. */
  readonly #queues = new Map<string, Promise<void>>();
  #stopRenewing: (() => void) | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Takes a delivery in and resolves when it is done or when the deadline has come, whichever is first. */
  async take(events: readonly ThreadEvent[], work: EventWork, how: DeliveryTerms): Promise<DeliveryVerdict> {
    if (this.#underWay.size + events.length > MAX_UNDER_WAY) {
      this.#refused(`${this.#underWay.size} events are under way, and no more than ${MAX_UNDER_WAY} are taken in.`);
      return 'unavailable';
    }
    const deadline = this.#deadline(how.ackDeadlineMs);
    try {
      return await this.#takeWithin(deadline, events, work, how);
    } finally {
      deadline.cancel();
    }
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
      const key = how.unrecognisable || isAnonymous(event) ? `once:${randomUUID()}` : eventKey(event);
      if (this.#unwritten.has(key)) continue;
      const twin = this.#underWay.get(key);
      const job = twin ?? this.#enqueue(event, key, work);
      watched.push(job);
      if (!twin) jobs.push(job);
    }

    const takenIn = await Promise.race([
      this.#takeIn(jobs, deadline, how),
      deadline.passed.then(() => 'overdue' as const),
    ]);
    if (takenIn === 'overdue') {
      this.#refused(`The thread store did not answer within ${how.ackDeadlineMs} ms.`);
      return 'unavailable';
    }

    const all = Promise.all(watched.map((job) => job.finished)).then((endings) => worstOf(endings));
    const ended = await Promise.race([all, deadline.passed.then(() => undefined)]);
    if (ended !== undefined) return ended;
    // A second delivery of an event that waits for another process must not be acknowledged either.
    const states = watched.map((job) => job.state);
    const open = states.map((state) => (state === 'claiming' || state === 'elsewhere' ? 'busy' : state));
    const refusal = worstOf(open.filter((state) => state !== 'here'));
    if (how.waitForOwn) {
      await Promise.all(watched.filter((job) => job.state === 'here').map((job) => job.finished));
    }
    return refusal === 'done' ? 'late' : refusal;
  }

  /** Claims the events, folds in their evidence, and lets them run; all of them, or none. */
  async #takeIn(jobs: readonly Job[], deadline: Deadline, how: DeliveryTerms): Promise<void> {
    await this.#writeFinished();
    const claims = await Promise.allSettled(jobs.map((job) => this.#claim(job.key)));
    const refused = claims.find((claim) => claim.status === 'rejected');
    if (refused) {
      await this.#giveUp(jobs, refused.reason);
      return;
    }
    const states = claims.map((claim) => (claim.status === 'fulfilled' ? claim.value.state : 'foreign'));
    const mine = jobs.filter((_job, index) => states[index] === 'mine');
    let arrivals: ReadonlyMap<Job, Arrived>;
    try {
      arrivals = await this.#arriveInOrder(mine);
    } catch (error) {
      await this.#giveUp(jobs, error);
      return;
    }
    if (isAbandoned(deadline, how)) {
      await this.#giveUp(jobs, undefined);
      return;
    }
    jobs.forEach((job, index) => {
      const arrived = arrivals.get(job);
      if (arrived) job.admit(arrived);
      else if (states[index] === 'done') job.skip('done');
      else void this.#waitForOther(job, deadline, how);
    });
  }

  /** Threads side by side; the events of one thread one after the other, because they write the same record. */
  async #arriveInOrder(jobs: readonly Job[]): Promise<ReadonlyMap<Job, Arrived>> {
    const arrivals = new Map<Job, Arrived>();
    const lines = new Map<string, Promise<void>>();
    for (const job of jobs) {
      const line = lines.get(job.queue) ?? Promise.resolve();
      const arrive = async (): Promise<void> => {
        arrivals.set(job, await this.#parts.arrive(job.event, job.key));
      };
      lines.set(job.queue, line.then(arrive));
    }
    const ended = await Promise.allSettled(lines.values());
    const lost = ended.find((line) => line.status === 'rejected');
    if (lost) throw lost.reason;
    return arrivals;
  }

  /** Takes a place in the queue of the event's thread. */
  #enqueue(event: ThreadEvent, key: string, work: EventWork): Job {
    let resolveFinished: (ending: Ending) => void = () => undefined;
    let resolveAdmitted: (arrived: Arrived | undefined) => void = () => undefined;
    const finished = new Promise<Ending>((resolve) => (resolveFinished = resolve));
    const admitted = new Promise<Arrived | undefined>((resolve) => (resolveAdmitted = resolve));
    const end = (ending: Ending): void => {
      job.state = ending;
      this.#underWay.delete(key);
      if (this.#underWay.size === 0) this.#restFromRenewing();
      resolveFinished(ending);
    };
    const thread = threadOf(event);
    const queue = thread ? threadId(thread) : `event ${key}`;
    const job: Job = {
      event,
      key,
      queue,
      finished,
      state: 'claiming',
      admit: (arrived) => {
        job.state = 'here';
        this.#keepRenewing();
        resolveAdmitted(arrived);
      },
      skip: (ending) => {
        end(ending);
        resolveAdmitted(undefined);
      },
    };
    this.#underWay.set(key, job);

    const run = async (): Promise<void> => {
      const arrived = await admitted;
      if (!arrived) return;
      const worked = this.#run(work, arrived, key);
      // The next event of the thread does not wait until the store has written this one down.
      void worked.then(() => this.#finish(key)).then(() => end('done'));
      await this.#inReasonableTime(worked, queue);
    };
    void this.#inLine(queue, run);
    return job;
  }

  /**
   * Gives a turn that no event brought its place among the events of its thread here, so that the two do not overwrite
   * each other's state. `turn` must not reject.
   * @returns `waits`: something of the thread is under way. Who may be in it must not wait for `done`, but for nothing else.
   */
  takeTurn(thread: ThreadKey, turn: () => Promise<void>): { readonly waits: boolean; readonly done: Promise<void> } {
    const queue = threadId(thread);
    const waits = this.#queues.has(queue);
    return { waits, done: this.#inLine(queue, () => this.#inReasonableTime(turn(), queue)) };
  }

  /** Runs when everything before it in the queue is over. `run` does not reject. */
  #inLine(queue: string, run: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(queue);
    const mine = before ? before.then(run) : run();
    this.#queues.set(queue, mine);
    void mine.then(() => {
      if (this.#queues.get(queue) === mine) this.#queues.delete(queue);
    });
    return mine;
  }

  async #run(work: EventWork, arrived: Arrived, key: string): Promise<void> {
    try {
      await work(arrived, key);
    } catch (error) {
      this.#parts.log.error(`An event could not be worked on: ${textOf(error)}`);
    }
  }

  /** A turn that waits for something that never comes must not silence its customer for good. */
  async #inReasonableTime(worked: Promise<void>, queue: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = inBackground(this.#parts.clock, LONGEST_TURN_MS, () => {
        this.#parts.log.error(`A turn of thread ${queue} has not ended in 10 minutes; the next one begins beside it.`);
        resolve();
      });
      void worked.then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #claim(key: string): Promise<Claimed> {
    const claim = await this.#parts.store.claim(key, this.#parts.holder, LEASE_MS);
    return { state: claim.status === 'claimed' ? 'mine' : claim.status === 'done' ? 'done' : 'foreign' };
  }

  /** Another process works on this event: until it is done, until its lease ends, or until the deadline. */
  async #waitForOther(job: Job, deadline: Deadline, how: DeliveryTerms): Promise<void> {
    job.state = 'elsewhere';
    for (;;) {
      await Promise.race([sleep(this.#parts.clock, POLL_MS), deadline.passed]);
      if (deadline.over) {
        job.skip('busy');
        return;
      }
      try {
        const { state } = await this.#claim(job.key);
        if (state === 'foreign') continue;
        if (state === 'done') job.skip('done');
        else await this.#takeOver(job, deadline, how);
      } catch (error) {
        await this.#giveUp([job], error);
      }
      return;
    }
  }

  /** The other process has let go of the event without finishing it. */
  async #takeOver(job: Job, deadline: Deadline, how: DeliveryTerms): Promise<void> {
    const arrived = await this.#parts.arrive(job.event, job.key);
    if (isAbandoned(deadline, how)) await this.#giveUp([job], undefined);
    else job.admit(arrived);
  }

  /** Nothing of these is run here: their claims are given back, so that a redelivery is not held up. */
  async #giveUp(jobs: readonly Job[], reason: unknown): Promise<void> {
    if (reason !== undefined) this.#refused(textOf(reason));
    // Also those whose claim was not answered: it may have been written. Nothing happens to other holders' claims.
    await Promise.allSettled(jobs.map(async (job) => this.#parts.store.release(job.key, this.#parts.holder)));
    for (const job of jobs) job.skip('unavailable');
  }

  #refused(why: string): void {
    this.#parts.log.error(`A delivery was refused so that Meta delivers it again: ${why}`);
  }

  async #finish(key: string): Promise<void> {
    try {
      await this.#parts.store.finish(key, this.#parts.holder);
    } catch {
      this.#unwritten.add(key);
    }
  }

  /** Finished events that the store could not be told about are kept here until it can. */
  async #writeFinished(): Promise<void> {
    for (const key of this.#unwritten) {
      try {
        await this.#parts.store.finish(key, this.#parts.holder);
        this.#unwritten.delete(key);
      } catch {
        return;
      }
    }
  }

  /** While anything is under way, its claims are renewed; a claim must not end before its turn does. */
  #keepRenewing(): void {
    if (this.#stopRenewing || this.#underWay.size === 0) return;
    this.#stopRenewing = inBackground(this.#parts.clock, RENEW_EVERY_MS, () => {
      this.#stopRenewing = undefined;
      for (const job of this.#underWay.values()) {
        // Only what runs here: a claim on what another process works on would outlive the waiting for it.
        if (job.state !== 'here') continue;
        this.#parts.store.claim(job.key, this.#parts.holder, LEASE_MS).catch(() => undefined);
      }
      void this.#writeFinished();
      this.#keepRenewing();
    });
  }

  #restFromRenewing(): void {
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
  }

  #deadline(afterMs: number): Deadline {
    let pass: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (pass = resolve));
    const cancel = this.#parts.clock.after(afterMs, () => {
      deadline.over = true;
      pass();
    });
    const deadline: Deadline = { passed, cancel, over: false };
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

function worstOf(endings: readonly Ending[]): Ending {
  return endings.find((ending) => ending === 'unavailable') ?? endings.find((ending) => ending === 'busy') ?? 'done';
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Without message id, stamp and watermark two equal items cannot be told from one that came twice. */
function isAnonymous(event: ThreadEvent): boolean {
  return event.mid === undefined && event.timestampMs === undefined && event.watermarkMs === undefined;
}
