/**
 * Reads from an answer's headers how long Meta asks the caller to wait.
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers-2
 */

import type { AnswerHeaders } from './http-exchange.js';

const MINUTE_MS = 60_000;

/**
 * The longer of `Retry-After` (seconds or a date) and the longest `estimated_time_to_regain_access` (minutes) in
 * `X-Business-Use-Case-Usage`, in milliseconds; `undefined` if neither says more than zero. Headers that are not
 * what they should be count as absent.
 */
export function askedWaitMs(headers: AnswerHeaders, nowMs: number): number | undefined {
  const longest = Math.max(
    retryAfterMs(headers.get('retry-after'), nowMs),
    regainAccessMs(headers.get('x-business-use-case-usage')),
  );
  return longest > 0 ? longest : undefined;
}

function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}

function regainAccessMs(value: string | undefined): number {
  if (value === undefined) return 0;
  let usage: unknown;
  try {
    usage = JSON.parse(value);
  } catch {
    return 0;
  }
  if (typeof usage !== 'object' || usage === null) return 0;
  const entries: unknown[] = Object.values(usage).flat();
  return Math.max(0, ...entries.map(minutesOf)) * MINUTE_MS;
}

function minutesOf(entry: unknown): number {
  if (typeof entry !== 'object' || entry === null) return 0;
  const minutes = Number((entry as Readonly<Record<string, unknown>>)['estimated_time_to_regain_access']);
  return Number.isFinite(minutes) ? minutes : 0;
}
