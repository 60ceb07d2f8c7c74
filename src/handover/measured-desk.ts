/**
 * A delivery desk that is measured: each delivery, and each turn in it, is told to a probe.
 *
 * Wraps the desk from outside, so that deliveries nobody measures cost nothing more.
 */
import type { Clock } from '../thread/clock.js';
import type { Probe } from '../thread/probe.js';
import { measured } from '../thread/probe.js';
import type { DeliveryDesk, EventWork } from './deliver.js';

/** Takes deliveries in. */
export type Desk = Pick<DeliveryDesk, 'take' | 'refusalOf'>;

/** Measures the turns alone: what an inbox has kept is worked off long after Meta was answered. */
export function deskOfMeasuredTurns(desk: Desk, probe: Probe | undefined, clock: Clock): Desk {
  if (probe === undefined) return desk;
  return {
    refusalOf: (events, bytes) => desk.refusalOf(events, bytes),
    take: (events, work, how) => desk.take(events, measuredTurns({ probe, clock }, work), how),
  };
}

/** The desk itself where there is no probe. */
export function measuredDesk(desk: Desk, probe: Probe | undefined, clock: Clock): Desk {
  if (probe === undefined) return desk;
  const parts = { probe, clock };
  return {
    refusalOf: (events, bytes) => desk.refusalOf(events, bytes),
    take: (events, work, how) =>
      measured(
        parts,
        { kind: 'delivery', events: events.length },
        () => desk.take(events, measuredTurns(parts, work), how),
        (verdict, durationMs) => ({ kind: 'delivery', durationMs, verdict: verdict ?? 'failed' }),
      ),
  };
}

function measuredTurns(parts: { readonly probe: Probe; readonly clock: Clock }, work: EventWork): EventWork {
  return (arrived, key) => {
    const { kind: eventKind, channel, pageId } = arrived.event;
    const turn = { kind: 'turn', eventKind, channel, ...(pageId === undefined ? {} : { pageId }) } as const;
    return measured(
      parts,
      turn,
      async () => work(arrived, key),
      (_value, durationMs) => ({ kind: 'turn', durationMs }),
    );
  };
}
