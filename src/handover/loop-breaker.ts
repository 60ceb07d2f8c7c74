/**
 * Notices that a thread bounces between bot and agent.
 *
 * Exists because a dialog that hands over whenever a handover ends, and a contact centre that hands back whatever it gets,
 * would pass a thread to and fro as fast as Meta allows, with a text to the customer each time.
 */
import { HandoverError } from '../thread/errors.js';
import type { ThreadRecord } from '../thread/record.js';

/** How many handovers of one thread are no loop yet. */
export interface LoopBreaker {
  /** So many handovers may begin within the time; one more fails. 1 to 8, default 6. */
  readonly maxHandovers?: number;
  /** Milliseconds. Default 600,000 (ten minutes). */
  readonly withinMs?: number;
}

/** A record keeps no more conclusions than this, so no more can be counted. */
export const MOST_HANDOVERS_COUNTED = 8;
const DEFAULT_MAX_HANDOVERS = 6;
const DEFAULT_WITHIN_MS = 10 * 60_000;

/**
 * The error of a handover that would be one too many, or `undefined`. Handovers count from when they were asked for;
 * those that failed moved no thread and do not count.
 */
export function loopOf(record: ThreadRecord, breaker: LoopBreaker, nowMs: number): HandoverError | undefined {
  const { maxHandovers = DEFAULT_MAX_HANDOVERS, withinMs = DEFAULT_WITHIN_MS } = breaker;
  const recent = record.conclusions.filter(
    (each) => each.outcome !== 'failed' && nowMs - (each.concludedAtMs - each.waitedMs) < withinMs,
  );
  if (recent.length < maxHandovers) return undefined;
  const text =
    `The thread was handed over ${recent.length} times within ${withinMs} ms and came back each time, so it stays with the bot. ` +
    'Does a dialog hand over whenever a handover ends? Option: loopBreaker.';
  return new HandoverError('loopBroken', text);
}
