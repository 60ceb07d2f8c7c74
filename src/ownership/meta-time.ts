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

/**
 * The largest (stamp − arrival) of the last minutes, as two halves of a window: `current` is being filled, `previous`
 * still counts. Immutable; {@link learnOffset} makes the next one.
 */
export interface OffsetWindow {
  readonly currentFromMs: number;
  readonly current?: number;
  readonly previous?: number;
}

/** Nothing learned yet. */
export const noOffset: OffsetWindow = { currentFromMs: 0 };

/** Meta's clock minus ours, milliseconds; `undefined` before anything was learned. */
export function offsetOf(window: OffsetWindow): number | undefined {
  if (window.current === undefined) return window.previous;
  if (window.previous === undefined) return window.current;
  return Math.max(window.current, window.previous);
}

/**
 * Learns from an item that arrived now. Stamps in seconds, missing ones and ones over a day ahead teach nothing.
 * @param nowMs our clock at arrival
 */
export function learnOffset(window: OffsetWindow, event: ThreadEvent, nowMs: number): OffsetWindow {
  if (event.timestampInSeconds) return window;
  const stamp = stampOf(event, nowMs);
  if (stamp === undefined) return window;
  const sample = stamp - nowMs;
  const half = SAMPLE_WINDOW_MS / 2;
  const fresh = window.current === undefined;
  if (fresh || nowMs - window.currentFromMs > half || nowMs < window.currentFromMs) {
    const tooOld = nowMs - window.currentFromMs > SAMPLE_WINDOW_MS;
    return window.current === undefined || tooOld
      ? { currentFromMs: nowMs, current: sample }
      : { currentFromMs: nowMs, current: sample, previous: window.current };
  }
  if (sample <= (window.current ?? -Infinity)) return window;
  return { ...window, current: sample };
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
