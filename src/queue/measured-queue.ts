/**
 * A delivery queue that is measured: a probe learns of each delivery, and of each turn in it.
 *
 * Wraps the queue from outside, so that deliveries nobody measures cost nothing more.
 */
import type { Clock } from '../thread/clock.js';
import type { Probe } from '../thread/probe.js';
import { measured } from '../thread/probe.js';
import type { ThreadEvent } from '../thread/event.js';
import type { DeliveryTerms, DeliveryVerdict, EventWork } from './delivery.js';
import type { QueuedEvent } from './job.js';

/** Takes deliveries in. */
export interface Queue<Value extends QueuedEvent> {
  take(events: readonly ThreadEvent[], work: EventWork<Value>, how: DeliveryTerms): Promise<DeliveryVerdict>;
  refusalOf(events: readonly ThreadEvent[], bytes: number): string | undefined;
}

/** Measures the turns alone: an inbox runs its deliveries long after Meta was answered. */
export function queueOfMeasuredTurns<Value extends QueuedEvent>(
  queue: Queue<Value>,
  probe: Probe | undefined,
  clock: Clock,
): Queue<Value> {
  if (probe === undefined) return queue;
  return {
    refusalOf: (events, bytes) => queue.refusalOf(events, bytes),
    take: (events, work, how) => queue.take(events, measuredTurns({ probe, clock }, work), how),
  };
}

/** The queue itself if there is no probe. */
export function measuredQueue<Value extends QueuedEvent>(
  queue: Queue<Value>,
  probe: Probe | undefined,
  clock: Clock,
): Queue<Value> {
  if (probe === undefined) return queue;
  const deps = { probe, clock };
  return {
    refusalOf: (events, bytes) => queue.refusalOf(events, bytes),
    take: (events, work, how) =>
      measured(
        deps,
        { kind: 'delivery', events: events.length },
        () => queue.take(events, measuredTurns(deps, work), how),
        (verdict, durationMs) => ({ kind: 'delivery', durationMs, verdict: verdict ?? 'failed' }),
      ),
  };
}

function measuredTurns<Value extends QueuedEvent>(
  deps: { readonly probe: Probe; readonly clock: Clock },
  work: EventWork<Value>,
): EventWork<Value> {
  return (value, key) => {
    const { kind: eventKind, channel, pageId } = value.event;
    const turn = { kind: 'turn', eventKind, channel, ...(pageId === undefined ? {} : { pageId }) } as const;
    return measured(
      deps,
      turn,
      async () => work(value, key),
      (_value, durationMs) => ({ kind: 'turn', durationMs }),
    );
  };
}
