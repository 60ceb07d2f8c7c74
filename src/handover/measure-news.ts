/** Makes measurements of the news: what a probe counts is what listeners hear, without anything that names a customer. */
import type { HandoverError } from '../thread/errors.js';
import type { Measurement, Probe } from '../thread/probe.js';
import type { HandoverNews, NewsDesk } from './news.js';

/** Tells a probe what happens. */
export function measureNews(news: NewsDesk, probe: Probe): void {
  const count = (measurement: Measurement): void => probe.happened(measurement);
  news.on('begun', ({ thread: { pageId }, handoverId }) => count({ kind: 'handoverBegun', pageId, handoverId }));
  news.on('passed', ({ thread: { pageId }, handoverId }) => count({ kind: 'handoverPassed', pageId, handoverId }));
  news.on('claimed', ({ thread: { pageId }, handoverId, waitedMs }) =>
    count({ kind: 'handoverClaimed', pageId, handoverId, waitedMs }),
  );
  news.on('returned', (told) => {
    // Without an id it was another app's doing, which `ownerChanged` tells.
    if (told.result.handoverId !== undefined) count(endedOf(told));
  });
  news.on('refused', ({ thread: { pageId }, reason: refused }) =>
    count({ kind: 'handoverEnded', pageId, outcome: 'refused', via: 'none', refused }),
  );
  news.on('failed', ({ thread: { pageId }, handoverId, error, takingBack }) => {
    const id = handoverId === undefined ? {} : { handoverId };
    const errorType = errorTypeOf(error);
    if (takingBack) count({ kind: 'takingBackFailed', pageId, errorType, ...id });
    else count({ kind: 'handoverEnded', pageId, outcome: 'failed', via: 'none', errorType, ...id });
  });
  news.on('ownerChanged', ({ thread: { pageId }, from, to }) =>
    count({ kind: 'ownerChanged', pageId, from: from.owner, to: to.owner }),
  );
  news.on('disagreement', ({ thread: { pageId }, by, ledger, meta }) =>
    count({ kind: 'disagreement', pageId, by, ledger: ledger.owner, meta: meta?.owner ?? 'notUs' }),
  );
  news.on('suppressed', ({ thread: { pageId }, reason }) => count({ kind: 'suppressed', pageId, reason }));
  news.on('ignored', ({ thread, event, reason, error }) =>
    count({
      kind: 'ignored',
      pageId: thread?.pageId ?? '',
      reason,
      eventKind: event.kind,
      ...(error === undefined ? {} : { errorType: errorTypeOf(error) }),
    }),
  );
}

/** One word for an error: Graph's kind, the package's code, else the class. Never its text, which may be anybody's. */
export function errorTypeOf(error: Error & { readonly kind?: unknown; readonly code?: HandoverError['code'] }): string {
  if (typeof error.kind === 'string') return error.kind;
  if (typeof error.code === 'string') return error.code;
  return error.name;
}

function endedOf({ thread: { pageId }, result }: HandoverNews['returned']): Measurement {
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
