/**
 * Works off a webhook delivery: each event once, each thread in order, threads side by side.
 *
 * Exists because Meta delivers again whatever is acknowledged late, and several processes may get the same event. An
 * event is claimed before its evidence counts; the claim is a lease until its turn has ended.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { sleep } from '../thread/clock.js';
import type { ThreadEvent } from '../thread/event.js';
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

interface Job {
  readonly event: ThreadEvent;
  readonly key: string;
  readonly finished: Promise<void>;
  readonly end: () => void;
  /** Set once its place in the queue may be used: the event to run, or nothing. */
  readonly admit: (arrived: Arrived | undefined) => void;
}

/** One per process and store. */
export class DeliveryDesk {
  readonly #parts: DeliveryParts;
  /** Events of this process under way, by key; the promise ends with their turn. */
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
    if (this.#underWay.size + events.length > MAX_UNDER_WAY) return 'unavailable';
    const deadline = this.#deadline(how.ackDeadlineMs);
    const waits: Promise<void>[] = [];
    const jobs: Job[] = [];
    // Places in the queues are taken at once, in the order of the delivery; claims are asked for meanwhile.
    for (const event of events) {
      const key = how.unrecognisable || isAnonymous(event) ? `once:${randomUUID()}` : eventKey(event);
      if (this.#unwritten.has(key)) continue;
      const twin = this.#underWay.get(key);
      if (twin) {
        waits.push(twin.finished);
        continue;
      }
      jobs.push(this.#enqueue(event, key, work));
    }
    await this.#writeFinished();

    const claims = await Promise.allSettled(jobs.map((job) => this.#claim(job.key)));
    const refused = claims.find((claim) => claim.status === 'rejected');
    if (refused) {
      await this.#giveUp(jobs, claims, refused.reason);
      deadline.cancel();
      return 'unavailable';
    }
    const arrivals = await Promise.allSettled(
      jobs.map(async (job, index) => {
        const claim = claims[index];
        if (claim?.status !== 'fulfilled' || claim.value.state !== 'mine') return undefined;
        return this.#parts.arrive(job.event, job.key);
      }),
    );
    const lost = arrivals.find((arrival) => arrival.status === 'rejected');
    if (lost) {
      await this.#giveUp(jobs, claims, lost.reason);
      deadline.cancel();
      return 'unavailable';
    }

    const foreign: Promise<boolean>[] = [];
    jobs.forEach((job, index) => {
      const claim = claims[index];
      const arrival = arrivals[index];
      if (claim?.status === 'fulfilled' && claim.value.state === 'foreign') {
        foreign.push(this.#waitForOther(job, deadline));
        return;
      }
      job.admit(arrival?.status === 'fulfilled' ? arrival.value : undefined);
      waits.push(job.finished);
    });
    this.#keepRenewing();

    const own = Promise.all(waits);
    const ended = await Promise.race([
      Promise.all([own, ...foreign]).then(() => 'done' as const),
      deadline.passed.then(() => 'late' as const),
    ]);
    const others = await Promise.all(foreign);
    if (how.waitForOwn) await own;
    deadline.cancel();
    return others.includes(false) ? 'busy' : ended;
  }

  /** Takes a place in the queue of the event's thread. */
  #enqueue(event: ThreadEvent, key: string, work: EventWork): Job {
    let end: () => void = () => undefined;
    let admit: (arrived: Arrived | undefined) => void = () => undefined;
    const finished = new Promise<void>((resolve) => (end = resolve));
    const admitted = new Promise<Arrived | undefined>((resolve) => (admit = resolve));
    const job: Job = { event, key, finished, end, admit };
    this.#underWay.set(key, job);

    const thread = threadOf(event);
    const queue = thread ? threadId(thread) : `event ${key}`;
    const run = async (): Promise<void> => {
      const arrived = await admitted;
      if (arrived) {
        try {
          await work(arrived, key);
        } catch (error) {
          this.#parts.log.error(
            `An event could not be worked on: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
        await this.#finish(key);
      }
      this.#underWay.delete(key);
      if (this.#underWay.size === 0) this.#restFromRenewing();
      end();
    };
    const before = this.#queues.get(queue);
    const mine = before ? before.then(run) : run();
    this.#queues.set(queue, mine);
    void mine.then(() => {
      if (this.#queues.get(queue) === mine) this.#queues.delete(queue);
    });
    return job;
  }

  async #claim(key: string): Promise<Claimed> {
    const claim = await this.#parts.store.claim(key, this.#parts.holder, LEASE_MS);
    return { state: claim.status === 'claimed' ? 'mine' : claim.status === 'done' ? 'done' : 'foreign' };
  }

  /** Another process works on this event: until it is done, until its lease ends, or until the deadline. */
  async #waitForOther(job: Job, deadline: { readonly passed: Promise<void>; over: boolean }): Promise<boolean> {
    for (;;) {
      await Promise.race([sleep(this.#parts.clock, POLL_MS), deadline.passed]);
      if (deadline.over) {
        job.admit(undefined);
        return false;
      }
      try {
        const { state } = await this.#claim(job.key);
        if (state === 'foreign') continue;
        job.admit(state === 'mine' ? await this.#parts.arrive(job.event, job.key) : undefined);
        if (state === 'mine') await Promise.race([job.finished, deadline.passed]);
        return true;
      } catch (error) {
        await this.#giveUp([job], [{ status: 'fulfilled', value: { state: 'mine' } }], error);
        return false;
      }
    }
  }

  /** Nothing of these is run here: their claims are given back, so that a redelivery is not held up. */
  async #giveUp(
    jobs: readonly Job[],
    claims: readonly PromiseSettledResult<Claimed>[],
    reason: unknown,
  ): Promise<void> {
    this.#parts.log.error(
      `A delivery was refused so that Meta delivers it again: ${reason instanceof Error ? reason.message : String(reason)}`,
    );
    await Promise.allSettled(
      jobs.map(async (job, index) => {
        const claim = claims[index];
        if (claim?.status === 'fulfilled' && claim.value.state === 'mine') {
          await this.#parts.store.release(job.key, this.#parts.holder).catch(() => undefined);
        }
      }),
    );
    for (const job of jobs) job.admit(undefined);
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
    this.#stopRenewing = this.#parts.clock.after(RENEW_EVERY_MS, () => {
      this.#stopRenewing = undefined;
      for (const key of this.#underWay.keys()) {
        this.#parts.store.claim(key, this.#parts.holder, LEASE_MS).catch(() => undefined);
      }
      void this.#writeFinished();
      this.#keepRenewing();
    });
  }

  #restFromRenewing(): void {
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
  }

  #deadline(afterMs: number): { readonly passed: Promise<void>; readonly cancel: () => void; over: boolean } {
    let pass: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (pass = resolve));
    const cancelTimer = this.#parts.clock.after(afterMs, () => {
      deadline.over = true;
      pass();
    });
    const deadline = { passed, cancel: cancelTimer, over: false };
    return deadline;
  }
}

/** Without message id, stamp and watermark two equal items cannot be told from one that came twice. */
function isAnonymous(event: ThreadEvent): boolean {
  return event.mid === undefined && event.timestampMs === undefined && event.watermarkMs === undefined;
}
