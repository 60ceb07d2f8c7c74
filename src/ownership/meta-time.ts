/**
 * Puts our own observations on Meta's clock.
 *
 * The two clocks may be minutes apart, so they are never compared raw: the offset is learned from the stamps of the
 * items that arrive, and only ever under-estimated (an item cannot arrive before it was sent). docs/ownership.md has the rules.
 */
import type { ThreadEvent } from '../thread/event.js';
import type { EvidenceMaxima } from '../thread/record.js';
import { REST_OF_SECOND_MS } from './same-second.js';

const SAMPLE_WINDOW_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** Meta's clock minus ours, as one item shows it. */
interface OffsetSample {
  readonly offsetMs: number;
  /** Meta stamped the item in seconds, so the sample is up to a second smaller than a stamp in milliseconds would give. */
  readonly isRough: boolean;
}

/**
 * The largest (stamp − arrival) of the last minutes, as two halves of a window: `current` is being filled, `previous`
 * still counts. Immutable; {@link learnOffset} makes the next one.
 */
export interface OffsetWindow {
  readonly currentFromMs: number;
  readonly current?: OffsetSample;
  readonly previous?: OffsetSample;
}

/** Nothing learned yet. */
export const noOffset: OffsetWindow = { currentFromMs: 0 };

/** Meta's clock minus ours, milliseconds; `undefined` before anything was learned. */
export function offsetOf(window: OffsetWindow): number | undefined {
  return largestOf(window)?.offsetMs;
}

/** Whether {@link offsetOf} comes from a stamp in seconds. */
export function isOffsetRough(window: OffsetWindow): boolean {
  return largestOf(window)?.isRough === true;
}

/**
 * Learns from an item that arrived now. Missing stamps and stamps over a day ahead teach nothing. A stamp in seconds teaches
 * what the start of its second proves: the item was sent then or later.
 * @param nowMs our clock at arrival
 */
export function learnOffset(window: OffsetWindow, event: ThreadEvent, nowMs: number): OffsetWindow {
  if (event.timestampMs === undefined || stampOf(event, nowMs) === undefined) return window;
  const sample = { offsetMs: event.timestampMs - nowMs, isRough: event.timestampInSeconds === true };
  const { current, currentFromMs } = window;
  const half = SAMPLE_WINDOW_MS / 2;
  if (current === undefined || nowMs - currentFromMs > SAMPLE_WINDOW_MS)
    return { currentFromMs: nowMs, current: sample };
  if (nowMs - currentFromMs > half || nowMs < currentFromMs) {
    return { currentFromMs: nowMs, current: sample, previous: current };
  }
  return sample.offsetMs > current.offsetMs ? { ...window, current: sample } : window;
}

function largestOf({ current, previous }: OffsetWindow): OffsetSample | undefined {
  if (current === undefined || previous === undefined) return current ?? previous;
  return current.offsetMs >= previous.offsetMs ? current : previous;
}

/** An event's time on Meta's clock by its own stamp, or `undefined` if it has no credible stamp. */
export function stampOf(event: ThreadEvent, nowMs: number): number | undefined {
  if (event.timestampMs === undefined) return undefined;
  if (event.timestampMs > nowMs + DAY_MS) return undefined;
  return event.timestampInSeconds ? event.timestampMs + REST_OF_SECOND_MS : event.timestampMs;
}

/**
 * The newest time on Meta's clock in a thread's record. Meta's stamps count, and our own observations too: if one of our
 * calls begins after another was answered, its time is also later.
 */
export function newestPlace(maxima: EvidenceMaxima): number | undefined {
  const newest = Math.max(
    maxima.activityAtMetaMs ?? -Infinity,
    maxima.explicit?.atMetaMs ?? -Infinity,
    maxima.explicit?.answeredAtMetaMs ?? -Infinity,
    maxima.us?.atMetaMs ?? -Infinity,
    maxima.notUs?.atMetaMs ?? -Infinity,
    maxima.vccLiveEcho?.atMetaMs ?? -Infinity,
  );
  return newest === -Infinity ? undefined : newest;
}

/**
 * The time on Meta's clock of our own observation. It is the later of two: just after the thread's newest time when the
 * call was sent, and the time of sending, as far as the offset is known.
 * @param newestStamp {@link newestPlace} of the thread at `oursMs`
 * @param oursMs our clock when the call was sent (or answered)
 * @param offsetMs Meta's clock minus ours
 */
export function placeOwn(newestStamp: number | undefined, oursMs: number, offsetMs: number | undefined): number {
  const afterNewest = newestStamp === undefined ? 1 : newestStamp + 1;
  return offsetMs === undefined ? afterNewest : Math.max(afterNewest, oursMs + offsetMs);
}

/** Now on Meta's clock as far as it is known; ours if nothing was learned. */
export function metaNow(nowMs: number, offsetMs: number | undefined): number {
  return nowMs + (offsetMs ?? 0);
}
