/**
 * A delivery desk that is measured: each delivery, and each turn in it, is told to a probe.
 *
 * Wraps the desk from outside, so that deliveries nobody measures cost nothing more.
 */
import type { Clock } from '../thread/clock.js';
import type { Probe } from '../thread/probe.js';
import { measured } from '../thread/probe.js';
import type { DeliveryQueue, EventWork } from './deliver.js';

/** Takes deliveries in. */
export type Queue = Pick<DeliveryQueue, 'take' | 'refusalOf'>;

/** Measures the turns alone: what an inbox has kept is worked off long after Meta was answered. */
export function queueOfMeasuredTurns(queue: Queue, probe: Probe | undefined, clock: Clock): Queue {
  if (probe === undefined) return queue;
  return {
    refusalOf: (events, bytes) => queue.refusalOf(events, bytes),
    take: (events, work, how) => queue.take(events, measuredTurns({ probe, clock }, work), how),
  };
}

/** The desk itself where there is no probe. */
export function measuredQueue(queue: Queue, probe: Probe | undefined, clock: Clock): Queue {
  if (probe === undefined) return queue;
  const parts = { probe, clock };
  return {
    refusalOf: (events, bytes) => queue.refusalOf(events, bytes),
    take: (events, work, how) =>
      measured(
        parts,
        { kind: 'delivery', events: events.length },
        () => queue.take(events, measuredTurns(parts, work), how),
        (verdict, durationMs) => ({ kind: 'delivery', durationMs, verdict: verdict ?? 'failed' }),
      ),
  };
}

function measuredTurns(parts: { readonly probe: Probe; readonly clock: Clock }, work: EventWork): EventWork {
  return (recorded, key) => {
    const { kind: eventKind, channel, pageId } = recorded.event;
    const turn = { kind: 'turn', eventKind, channel, ...(pageId === undefined ? {} : { pageId }) } as const;
    return measured(
      parts,
      turn,
      async () => work(recorded, key),
      (_value, durationMs) => ({ kind: 'turn', durationMs }),
    );
  };
}
