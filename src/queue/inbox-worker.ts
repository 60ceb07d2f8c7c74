/**
 * Runs the deliveries of a durable inbox: each is acknowledged once it lies there, and removed when its turns have ended.
 *
 * If a process dies, another one takes over its deliveries. The tickets of the events make sure that no event runs twice. A
 * delivery that was lost with two processes is a suspect: it runs alone, so that it harms no other delivery.
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { DeliveryInbox, KeptDelivery } from '../thread/inbox.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import { ShortLivedMap } from '../thread/short-lived-map.js';
import type { DeliveryVerdict, EventWork } from './deliver.js';
import type { QueuedEvent } from './job.js';
import type { Queue } from './measured-queue.js';
import { InboxOutcomes } from './inbox-outcomes.js';
import { SoloGate } from './solo-gate.js';

/** What the worker needs. */
export interface InboxWorkerDeps<Value extends QueuedEvent> {
  readonly inbox: DeliveryInbox;
  readonly queue: Queue<Value>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The events of a body; `undefined` if the body cannot be read. Never throws. */
  readonly read: (body: string) => readonly ThreadEvent[] | undefined;
}

const DEFAULT_LEASE_MS = 15_000;
/** After a poll that found deliveries or failed, the next one comes this soon. */
const NEXT_POLL_SOON_MS = 500;
/** Deliveries taken over that run at the same time. */
const MAX_CONCURRENT = 50;
/** How long a delivery waits for an event that another process runs, before it asks again. */
const WAIT_FOR_OTHERS_MS = 20_000;
/** The first delay after which a delivery is tried again that the queue could not take. Each further one is twice as long. */
const RETRY_DELAY_MS = 5_000;
const MAX_RETRY_DELAY_MS = 60_000;
/** If so many deliveries wait for a retry, no more are acknowledged: Meta keeps them as well. */
const MAX_WAITING_RETRIES = 1_000;
const TOO_MANY_RETRIES = `${MAX_WAITING_RETRIES} acknowledged deliveries wait for a retry already.`;
/** How long a suspect waits for running turns, and others for a suspect's. A turn that takes longer hangs. */
const MAX_ALONE_MS = 2 * 60_000;

/** A delivery that belongs to this process. */
interface Delivery<Value extends QueuedEvent> {
  readonly id: string;
  readonly events: readonly ThreadEvent[];
  readonly bytes: number;
  readonly work: EventWork<Value>;
  readonly origin: 'received' | 'takenOver' | 'suspect';
  /** Its turns that run now. */
  turns: number;
  /** Another process had it meanwhile, and may have left events of it undone. */
  wasTakenAgain: boolean;
}

/** One per process. */
export class InboxWorker<Value extends QueuedEvent = QueuedEvent> {
  readonly #deps: InboxWorkerDeps<Value>;
  readonly #gate: SoloGate;
  readonly #pollIntervalMs: number;
  /** By id. */
  readonly #inProgress = new ShortLivedMap<Delivery<Value>>();
  readonly #outcomes: InboxOutcomes;
  /** Ends the delays of deliveries that wait for a retry. */
  readonly #wakes = new Set<() => void>();
  /** How many of those wait because the queue could not take them. */
  #retries = 0;
  #worker: () => EventWork<Value> | undefined = () => undefined;
  #cancelPoll: (() => void) | undefined;
  #polling: Promise<void> | undefined;
  #isAnswering = true;
  #closed = false;

  constructor(deps: InboxWorkerDeps<Value>) {
    this.#deps = deps;
    this.#gate = new SoloGate(deps.clock, MAX_ALONE_MS);
    this.#outcomes = new InboxOutcomes(deps.inbox);
    this.#pollIntervalMs = (deps.inbox.leaseMs ?? DEFAULT_LEASE_MS) / 3;
  }

  /**
   * Begins to poll the inbox for deliveries that can be taken over.
   * @param worker what runs their events; `undefined` until the bot's logic is known, by a first request or by
   *   `attach(adapter, logic)`
   */
  servedBy(worker: () => EventWork<Value> | undefined): void {
    this.#worker = worker;
    if (!this.#closed && !this.#cancelPoll && !this.#polling) this.#pollAfter(0);
  }

  /** Puts a delivery into the inbox and begins to run it. `stored`: Meta may be answered 200. */
  async take(body: string, events: readonly ThreadEvent[], work: EventWork<Value>): Promise<DeliveryVerdict> {
    if (this.#closed) return 'unavailable';
    const bytes = Buffer.byteLength(body);
    const refusal = this.#retries >= MAX_WAITING_RETRIES ? TOO_MANY_RETRIES : this.#deps.queue.refusalOf(events, bytes);
    if (refusal !== undefined) return this.#refuse(refusal);
    let id: string | undefined;
    try {
      id = await this.#deps.inbox.put(body, orderOf(events));
    } catch (error) {
      return this.#refuse(textOfThrown(error));
    }
    if (id === undefined) return this.#refuse('The inbox is full.');
    this.#begin({ id, events, bytes, work, origin: 'received', turns: 0, wasTakenAgain: false });
    return 'stored';
  }

  /** Takes no more deliveries. What runs goes on, and its leases are renewed until {@link close}. */
  stop(): void {
    this.#closed = true;
    this.#gate.close();
    for (const wake of this.#wakes) wake();
  }

  /**
   * Gives back what has not begun, and closes the inbox. Call it after the queue was closed. A delivery with a turn that
   * still runs stays with this process until its lease is over.
   */
  async close(): Promise<void> {
    this.stop();
    await this.#polling;
    this.#cancelPoll?.();
    const inProgress = [...this.#inProgress.values()];
    for (const { id, turns } of inProgress) if (turns === 0) this.#outcomes.unfinished(id);
    try {
      await this.#deps.inbox.renew(inProgress.filter(({ turns }) => turns > 0).map(({ id }) => id));
      await this.#outcomes.tell();
      await this.#deps.inbox.close?.();
    } catch (error) {
      this.#deps.log.warn(
        `The inbox did not answer while this process stopped: ${textOfThrown(error)}. Other processes take over its deliveries when their leases are over.`,
      );
    }
  }

  #begin(delivery: Delivery<Value>): void {
    this.#inProgress.set(delivery.id, delivery);
    void this.#run(delivery);
  }

  async #run(delivery: Delivery<Value>): Promise<void> {
    const isDone = delivery.origin === 'suspect' ? await this.#runAlone(delivery) : await this.#runBeside(delivery);
    this.#inProgress.delete(delivery.id);
    this.#outcomes[isDone ? 'done' : 'unfinished'](delivery.id);
    // If this fails, the next poll does it.
    await this.#outcomes.tell().catch(() => undefined);
  }

  /** @returns whether all events are done; `false` only if this process stops */
  async #runBeside(delivery: Delivery<Value>): Promise<boolean> {
    for (let delayMs = RETRY_DELAY_MS; !this.#closed;) {
      const verdict = await this.#gate.beside(() => this.#attempt(delivery));
      if (isDone(verdict) && !delivery.wasTakenAgain) return true;
      if (verdict === 'unavailable') {
        this.#retries += 1;
        await this.#delay(delayMs);
        this.#retries -= 1;
        delayMs = Math.min(2 * delayMs, MAX_RETRY_DELAY_MS);
      } else if (verdict === 'busy') {
        await this.#delay(RETRY_DELAY_MS);
      }
    }
    return false;
  }

  /** @returns whether all events are done; if not, the suspect is given back, so that this counts as no attempt */
  async #runAlone(delivery: Delivery<Value>): Promise<boolean> {
    const { inbox, log } = this.#deps;
    const { id } = delivery;
    const crowded = (): void => void inbox.markAlone?.(id, false).catch(() => undefined);
    const run = async (isAlone: boolean): Promise<DeliveryVerdict> => {
      log.warn(
        `Delivery ${id} was lost with two processes or more. It runs alone now, and other deliveries wait for it.`,
      );
      if (isAlone) await inbox.markAlone?.(id, true);
      return this.#attempt(delivery);
    };
    const verdict = await this.#gate.alone(run, crowded).catch(() => 'unavailable' as const);
    return isDone(verdict) && !delivery.wasTakenAgain;
  }

  #attempt(delivery: Delivery<Value>): Promise<DeliveryVerdict> {
    delivery.wasTakenAgain = false;
    const { events, bytes, work } = delivery;
    const counted: EventWork<Value> = async (recorded, key) => {
      delivery.turns += 1;
      try {
        await work(recorded, key);
      } finally {
        delivery.turns -= 1;
      }
    };
    return this.#deps.queue.take(events, counted, { ackDeadlineMs: WAIT_FOR_OTHERS_MS, waitForOwn: true, bytes });
  }

  /** Resolves after the time, or when this process stops. */
  async #delay(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        this.#wakes.delete(wake);
        resolve();
      };
      const cancel = inBackground(this.#deps.clock, ms, wake);
      this.#wakes.add(wake);
    });
  }

  #pollAfter(delayMs: number): void {
    this.#cancelPoll = inBackground(this.#deps.clock, delayMs, () => {
      this.#cancelPoll = undefined;
      this.#polling = this.#poll().then((nextMs) => {
        this.#polling = undefined;
        this.#pollAfter(nextMs);
      });
    });
  }

  /** @returns when to poll next, from now, milliseconds */
  async #poll(): Promise<number> {
    try {
      const ids = [...this.#inProgress.values()].map(({ id }) => id);
      const steps = [this.#deps.inbox.renew(ids), this.#outcomes.tell(), this.#takeOver()] as const;
      // If one fails, the others are worth trying.
      await Promise.allSettled(steps);
      const [, , taken] = await Promise.all(steps);
      this.#isAnswering = true;
      return taken > 0 ? NEXT_POLL_SOON_MS : this.#pollIntervalMs;
    } catch (error) {
      if (this.#isAnswering) {
        this.#deps.log.warn(
          `The inbox does not answer: ${textOfThrown(error)}. Until it does, deliveries are answered with 503 and none is taken over. Check its server.`,
        );
      }
      this.#isAnswering = false;
      return Math.min(NEXT_POLL_SOON_MS, this.#pollIntervalMs);
    }
  }

  /** @returns how many deliveries this process has taken over */
  async #takeOver(): Promise<number> {
    const work = this.#worker();
    // Deliveries of others would have to wait here as well.
    if (!work || this.#closed || this.#retries > 0) return 0;
    const { inbox, log } = this.#deps;
    const running = [...this.#inProgress.values()].filter(({ origin }) => origin !== 'received').length;
    const { deliveries, setAside } = await inbox.takeOver(MAX_CONCURRENT - running);
    if (setAside > 0) {
      log.error(
        `${setAside} deliveries ended every process that ran them alone. They are set aside and never run again. Look at the inbox's list of such deliveries, and at the logs of the processes that died.`,
      );
    }
    const unreadable = deliveries.filter((delivery) => !this.#beginTaken(delivery, work));
    if (unreadable.length > 0) {
      await inbox.setAside(unreadable);
      log.error(
        `${unreadable.length} deliveries of the inbox cannot be read. They are set aside and never run. Find out what else writes to the inbox.`,
      );
    }
    return deliveries.length;
  }

  /** @returns `false` if the delivery cannot be read */
  #beginTaken({ id, body, isSuspect }: KeptDelivery, work: EventWork<Value>): boolean {
    const known = this.#inProgress.get(id);
    if (known) {
      known.wasTakenAgain = true;
      return true;
    }
    if (this.#closed) {
      this.#outcomes.unfinished(id);
      return true;
    }
    const events = this.#deps.read(body);
    if (events === undefined) return false;
    const origin = isSuspect ? 'suspect' : 'takenOver';
    this.#begin({ id, events, bytes: Buffer.byteLength(body), work, origin, turns: 0, wasTakenAgain: false });
    return true;
  }

  #refuse(why: string): DeliveryVerdict {
    this.#deps.log.error(`A delivery was refused so that Meta delivers it again: ${why}`);
    return 'unavailable';
  }
}

function isDone(verdict: DeliveryVerdict | undefined): boolean {
  return verdict === 'done' || verdict === 'stillRunning' || verdict === 'stored';
}

/** Deliveries of one thread keep their order: the first event's thread, or its Page if the event names no customer. */
function orderOf(events: readonly ThreadEvent[]): string {
  const first = events.find(({ psid }) => psid !== undefined) ?? events[0];
  return threadId({ pageId: first?.pageId ?? '-', psid: first?.psid ?? '-' });
}
