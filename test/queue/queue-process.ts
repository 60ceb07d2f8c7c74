/** A process with a delivery queue, for the tests of this room: what ran in it, and a store that fails when a test says so. */
import type { ThreadEvent } from '../../src/thread/event.js';
import { threadOf } from '../../src/thread/event.js';
import type { Logger } from '../../src/thread/logger.js';
import type { MaybePromise } from '../../src/thread/maybe-promise.js';
import { whenReady } from '../../src/thread/maybe-promise.js';
import type { Entered, ThreadStore, Ticket } from '../../src/thread/store.js';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { eventKey } from '../../src/webhook/event-key.js';
import type { DeliveryLimits, DeliveryTerms, DeliveryVerdict, EventWork as WorkOn } from '../../src/queue/deliver.js';
import { DeliveryQueue } from '../../src/queue/deliver.js';
import type { QueuedEvent } from '../../src/queue/job.js';
import { HeldClock, START_MS } from '../kit/held-clock.js';
import { loggerInto } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';

export type EventWork = WorkOn<QueuedEvent>;

export const PAGE = '111222333444555';
const UNCHANGED = { record: undefined, value: undefined };
export const TERMS = { ackDeadlineMs: 4000 };

/** A message of a customer. */
export function message(mid: string, psid = '6600112233445566'): ThreadEvent {
  return { kind: 'message', channel: 'messaging', pageId: PAGE, psid, mid, timestampMs: START_MS, text: mid, raw: {} };
}

/** A process, and what happened in it. */
export interface Process {
  readonly queue: DeliveryQueue;
  readonly clock: HeldClock;
  /** What ran here, by mid, in the order in which it began. */
  readonly ran: string[];
  readonly arrived: string[];
  readonly log: string[];
  readonly take: (events: readonly ThreadEvent[], how?: DeliveryTerms) => Promise<DeliveryVerdict>;
}

export interface ProcessOptions {
  readonly limits?: DeliveryLimits;
  readonly processId?: string;
  readonly clock?: HeldClock;
  readonly store?: ThreadStore;
  readonly work?: EventWork;
  /** What recording an event does. */
  readonly arrive?: (event: ThreadEvent) => MaybePromise<void>;
}

/** Starts a process. */
export function newProcess(options: ProcessOptions = {}): Process {
  const clock = options.clock ?? new HeldClock();
  const ran: string[] = [];
  const arrived: string[] = [];
  const log: string[] = [];
  const logger: Logger = loggerInto(log, 'info', 'warn', 'error');
  const store = options.store ?? new MemoryThreadStore({ now: () => clock.now() });
  const queue = new DeliveryQueue({
    store,
    clock,
    log: logger,
    processId: options.processId ?? 'process 1',
    ...(options.limits ? { limits: options.limits } : {}),
    enter: (ticket, leaseMs, event): MaybePromise<Entered<QueuedEvent>> =>
      whenReady(
        store.enter(ticket, leaseMs, () => UNCHANGED),
        (entered) => {
          if (entered.status !== 'entered') return entered;
          arrived.push(event.mid ?? '');
          return whenReady(options.arrive?.(event), () => ({ ...entered, value: { event, isFresh: false } }));
        },
      ),
  });
  const work: EventWork = async (each, key) => {
    ran.push(each.event.mid ?? '');
    await options.work?.(each, key);
  };
  return { queue, clock, ran, arrived, log, take: (events, how = TERMS) => queue.take(events, work, how) };
}

/** The ticket of an event. */
export function ticketOf(event: ThreadEvent, processId: string): Ticket {
  return { thread: threadOf(event) ?? { pageId: PAGE, psid: '-' }, event: eventKey(event), processId };
}

/** Another process takes an event, and says what it got. */
export async function takenBy(store: ThreadStore, event: ThreadEvent, processId = 'process 2'): Promise<string> {
  return (await store.enter(ticketOf(event, processId), 60_000, () => UNCHANGED)).status;
}

type Operation = 'claim' | 'finish' | 'release';

/** A store of which single operations fail or hang while the test says so. */
export function weakStore(inner: ThreadStore): {
  readonly store: ThreadStore;
  readonly failing: Set<string>;
  readonly hanging: Set<string>;
  readonly calls: { operation: string; processId: string }[];
} {
  const failing = new Set<string>();
  const hanging = new Set<string>();
  const calls: { operation: string; processId: string }[] = [];
  const store = storeAround(inner, ({ name, given, run }) => {
    const operation = operationOf(name, given);
    if (operation === undefined) return run();
    const [{ processId }] = given as [Ticket];
    calls.push({ operation, processId });
    if (hanging.has(operation)) return new Promise<never>(() => undefined);
    return failing.has(operation) ? Promise.reject(new TypeError('the store is down')) : run();
  });
  return { store, failing, hanging, calls };
}

/** What a call does with a ticket. */
function operationOf(name: keyof ThreadStore, [, how]: readonly unknown[]): Operation | undefined {
  if (name === 'enter' || name === 'renew') return 'claim';
  if (name === 'leave') return how === 'finished' ? 'finish' : 'release';
  return undefined;
}
