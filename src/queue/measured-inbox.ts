/**
 * Measures an inbox: a delivery's time ends when it is stored, because then Meta can be answered.
 *
 * Wraps the worker from outside, like `measured-queue.ts`.
 */
import type { Clock } from '../thread/clock.js';
import type { Probe } from '../thread/probe.js';
import { measured } from '../thread/probe.js';
import type { QueuedEvent } from './job.js';
import type { InboxWorker } from './inbox-worker.js';

/** Takes deliveries in, and keeps them. */
export type Inbox<Value extends QueuedEvent> = Pick<InboxWorker<Value>, 'take' | 'servedBy'>;

/** The inbox itself if there is no probe. */
export function measuredInbox<Value extends QueuedEvent>(
  inbox: Inbox<Value>,
  probe: Probe | undefined,
  clock: Clock,
): Inbox<Value> {
  if (probe === undefined) return inbox;
  return {
    servedBy: (worker) => inbox.servedBy(worker),
    take: (body, events, work) =>
      measured(
        { probe, clock },
        { kind: 'delivery', events: events.length },
        () => inbox.take(body, events, work),
        (verdict, durationMs) => ({ kind: 'delivery', durationMs, verdict: verdict ?? 'failed' }),
      ),
  };
}
