/** Measures the events: a probe counts what listeners hear, without anything that names a customer. */
import { HandoverError } from '../thread/errors.js';
import type { Measurement, Probe } from '../thread/probe.js';
import type { HandoverEventMap, HandoverEvents } from './events.js';

/** Tells a probe what happens. */
export function measureEvents(events: HandoverEvents, probe: Probe): void {
  const count = (measurement: Measurement): void => probe.happened(measurement);
  events.on('begun', ({ thread: { pageId }, handoverId }) => count({ kind: 'handoverBegun', pageId, handoverId }));
  events.on('passed', ({ thread: { pageId }, handoverId }) => count({ kind: 'handoverPassed', pageId, handoverId }));
  events.on('claimed', ({ thread: { pageId }, handoverId, waitedMs }) =>
    count({ kind: 'handoverClaimed', pageId, handoverId, waitedMs }),
  );
  events.on('returned', (told) => {
    // Without an id it was another app's doing, which `ownerChanged` tells.
    if (told.result.handoverId !== undefined) count(endedOf(told));
  });
  events.on('refused', ({ thread: { pageId }, reason: refused }) =>
    count({ kind: 'handoverEnded', pageId, outcome: 'refused', via: 'none', refused }),
  );
  events.on('failed', ({ thread: { pageId }, handoverId, error, takingBack }) => {
    const id = handoverId === undefined ? {} : { handoverId };
    const errorType = errorTypeOf(error);
    if (takingBack) count({ kind: 'takingBackFailed', pageId, errorType, ...id });
    else count({ kind: 'handoverEnded', pageId, outcome: 'failed', via: 'none', errorType, ...id });
  });
  events.on('ownerChanged', ({ thread: { pageId }, from, to }) =>
    count({ kind: 'ownerChanged', pageId, from: from.owner, to: to.owner }),
  );
  events.on('disagreement', ({ thread: { pageId }, by, ledger, meta }) =>
    count({ kind: 'disagreement', pageId, by, ledger: ledger.owner, meta: meta?.owner ?? 'notUs' }),
  );
  events.on('suppressed', ({ thread: { pageId }, reason }) => count({ kind: 'suppressed', pageId, reason }));
  events.on('ignored', ({ thread, event, reason, error }) =>
    count({
      kind: 'ignored',
      pageId: thread?.pageId ?? '',
      reason,
      eventKind: event.kind,
      ...(error === undefined ? {} : { errorType: errorTypeOf(error) }),
    }),
  );
}

/** One word for an error: its code, or else its class. Never its text, which may be anybody's. */
function errorTypeOf(error: Error): string {
  return error instanceof HandoverError ? error.code : error.name;
}

function endedOf({ thread: { pageId }, result }: HandoverEventMap['returned']): Measurement {
  const { handoverId, outcome, via, waitedMs, agentMs } = result;
  return {
    kind: 'handoverEnded',
    pageId,
    outcome,
    via,
    waitedMs,
    ...(handoverId === undefined ? {} : { handoverId }),
    ...(agentMs === undefined ? {} : { agentMs }),
  };
}
