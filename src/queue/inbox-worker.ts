/**
 * Works deliveries off that are kept: acknowledged once they are in the inbox, removed from it when their turns ended.
 *
 * What a process that died has left is taken over by another; the claims on the events see to it that what was done is
 * not done again.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { DeliveryInbox, KeptDelivery } from '../thread/inbox.js';
import type { Logger } from '../thread/logger.js';
import type { DeliveryVerdict, EventWork } from './deliver.js';
import type { Queue } from './measured-queue.js';

/** What it stands on. */
export interface InboxWorkerDeps {
  readonly inbox: DeliveryInbox;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Logger;
  /** The events of a body; `undefined` where it cannot be read. Never throws. */
  readonly read: (body: string) => readonly ThreadEvent[] | undefined;
}

/** How often own deliveries are renewed and others' are looked for. A third of the lease, as for claims. */
const POLL_INTERVAL_MS = 5_000;
const MAX_CONCURRENT = 50;
/** An event that another process works on is waited for this long; then the delivery comes again. */
const WAIT_FOR_OTHERS_MS = 20_000;
/** What cannot be worked off for the store, or for want of room, is tried again after this, and twice that, and so on. */
const RETRY_DELAY_MS = 5_000;
const MAX_RETRY_DELAY_MS = 60_000;
/** With so many at rest nothing more is kept: Meta keeps it as well. */
const MAX_WAITING_RETRIES = 1_000;

const OVERDUE = `${MAX_WAITING_RETRIES} kept deliveries cannot be worked off now.`;

/** One per process. */
export class InboxWorker {
  readonly #deps: InboxWorkerDeps;
  /** Deliveries under way here, by their id in the inbox. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Those of them that wait for the store, or for room; each is woken where this process stops. */
  readonly #atRest = new Set<() => void>();
  /** Not worked off, and left to other processes. */
  readonly #left = new Set<string>();
  /** Worked off, but the inbox could not be told yet. */
  readonly #worked = new Set<string>();
  #worker: () => EventWork | undefined = () => undefined;
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(deps: InboxWorkerDeps) {
    this.#deps = deps;
  }

  /**
   * From now on kept deliveries are looked for. `worker` gives what runs their events, nothing where the bot's logic is
   * not known yet: by a first request, or `attach(adapter, logic)`.
   */
  servedBy(worker: () => EventWork | undefined): void {
    this.#worker = worker;
    if (this.#closed || this.#cancelLook || this.#looking) return;
    this.#lookAfter(0);
  }

  /** Keeps a delivery and begins to work on it. `stored`: it may be acknowledged, whatever happens to this process. */
  async take(body: string, events: readonly ThreadEvent[], work: EventWork): Promise<DeliveryVerdict> {
    if (this.#closed) return 'unavailable';
    const bytes = Buffer.byteLength(body);
    const refusal = this.#isOverdue ? OVERDUE : this.#deps.queue.refusalOf(events, bytes);
    if (refusal !== undefined) {
      this.#refused(refusal);
      return 'unavailable';
    }
    let id: string | undefined;
    try {
      id = await this.#deps.inbox.put(body);
    } catch (error) {
      this.#refused(textOfThrown(error));
      return 'unavailable';
    }
    if (id === undefined) {
      this.#refused('The inbox is full.');
      return 'unavailable';
    }
    this.#begin(id, events, bytes, work);
    return 'stored';
  }

  /** Takes nothing more. What is under way goes on. */
  stop(): void {
    this.#closed = true;
    this.#cancelLook?.();
    for (const wake of this.#atRest) wake();
  }

  /** After the desk was closed: what was not worked off is given back, and the inbox closed. */
  async close(): Promise<void> {
    this.stop();
    await this.#looking;
    try {
      await this.#deps.inbox.giveBack([...new Set([...this.#underWay.keys(), ...this.#left])]);
      await this.#removeWorked();
      await this.#deps.inbox.close?.();
    } catch (error) {
      this.#deps.log.warn(`The inbox could not be told that this process stops: ${textOfThrown(error)}`);
    }
  }

  #begin(id: string, events: readonly ThreadEvent[], bytes: number, work: EventWork): void {
    const worked = this.#workOff(id, events, bytes, work).finally(() => {
      this.#underWay.delete(id);
    });
    this.#underWay.set(id, worked);
  }

  async #workOff(id: string, events: readonly ThreadEvent[], bytes: number, work: EventWork): Promise<void> {
    const { queue } = this.#deps;
    const terms = { ackDeadlineMs: WAIT_FOR_OTHERS_MS, waitForOwn: true, bytes };
    let verdict = await queue.take(events, work, terms);
    // Nothing is wrong with it: it stays here, so that this does not count as one of the times it was tried.
    for (let restMs = RETRY_DELAY_MS; verdict === 'unavailable'; restMs = Math.min(2 * restMs, MAX_RETRY_DELAY_MS)) {
      if (await this.#isStoppedWithin(restMs)) break;
      verdict = await queue.take(events, work, terms);
    }
    if (verdict === 'busy' || verdict === 'unavailable') {
      // Whoever has its events works it off; it is taken over when its lease is over.
      if (this.#closed) this.#left.add(id);
      return;
    }
    this.#worked.add(id);
    await this.#removeWorked();
  }

  /** Waits, and says whether this process stopped meanwhile. */
  async #isStoppedWithin(ms: number): Promise<boolean> {
    if (this.#closed) return true;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        this.#atRest.delete(wake);
        resolve();
      };
      const cancel = inBackground(this.#deps.clock, ms, wake);
      this.#atRest.add(wake);
    });
    return this.#hasStopped();
  }

  #hasStopped(): boolean {
    return this.#closed;
  }

  get #isOverdue(): boolean {
    return this.#atRest.size >= MAX_WAITING_RETRIES;
  }

  async #removeWorked(): Promise<void> {
    const ids = [...this.#worked];
    for (const id of ids) this.#worked.delete(id);
    try {
      await this.#deps.inbox.remove(ids);
    } catch {
      // Told again later; whoever takes them over meanwhile finds their events done.
      for (const id of ids) this.#worked.add(id);
    }
  }

  #lookAfter(delayMs: number): void {
    this.#cancelLook = inBackground(this.#deps.clock, delayMs, () => {
      this.#cancelLook = undefined;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        if (!this.#closed) this.#lookAfter(POLL_INTERVAL_MS);
      });
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { inbox, log } = this.#deps;
    try {
      await inbox.renew([...this.#underWay.keys()]);
      await this.#removeWorked();
      const work = this.#worker();
      // Those of others would have to wait here as well.
      if (!work || this.#atRest.size > 0) return;
      const { deliveries, setAside } = await inbox.takeOver(MAX_CONCURRENT);
      if (setAside > 0) {
        log.error(`${setAside} deliveries were tried too often and are set aside: each of them may end the process.`);
      }
      const unreadable = deliveries.filter((delivery) => !this.#takeOver(delivery, work)).map(({ id }) => id);
      if (unreadable.length > 0) {
        await inbox.setAside(unreadable);
        log.error(
          `${unreadable.length} deliveries of the inbox cannot be read and are set aside. Look at what wrote them.`,
        );
      }
    } catch (error) {
      log.warn(`The inbox could not be looked at: ${textOfThrown(error)}`);
    }
  }

  /** False where the delivery cannot be read. */
  #takeOver({ id, body }: KeptDelivery, work: EventWork): boolean {
    if (this.#underWay.has(id) || this.#closed) return true;
    const events = this.#deps.read(body);
    if (events !== undefined) this.#begin(id, events, Buffer.byteLength(body), work);
    return events !== undefined;
  }

  #refused(why: string): void {
    this.#deps.log.error(`A delivery was refused so that Meta delivers it again: ${why}`);
  }
}
