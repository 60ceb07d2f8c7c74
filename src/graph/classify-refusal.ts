/**
 * Says what a refusal of the Graph API means and which calls it stops.
 *
 * Code and subcode count first, then the text, then the code alone, and the HTTP status last.
 */
import type { GraphErrorCode } from '../thread/errors.js';
import type { GraphOutcome } from './graph-api-error.js';
import type { Row, Stops } from './refusal-table.js';
import { FAULT_OF_META, LOOK_UP, ROWS, THROTTLED } from './refusal-table.js';

/** What Meta answered instead of doing the call. */
export interface Refusal {
  readonly httpStatus: number;
  readonly code?: number | undefined;
  readonly subcode?: number | undefined;
  readonly text: string;
  /** Meta's `error.is_transient`. */
  readonly isTransient: boolean;
}

/** Which call was refused. */
export type RefusedCall = 'send' | 'other';

/** What that means. */
export interface Verdict {
  readonly means: GraphErrorCode;
  readonly outcome: GraphOutcome;
  readonly retryable: boolean;
  /** What it means, and where to change what, in one or two sentences. */
  readonly advice: string;
  /** `sends` and `page` pause: as long as Meta asks for a rate limit, for an hour if Meta objects (`policyViolation`). */
  readonly stops: Stops;
}

/**
 * The subcode of `take_thread_control` for an app that has control already, so the take has nothing to do (seen in one
 * production code base, not documented).
 */
export const ALREADY_OWNER = { code: 27, subcode: 1893035 } as const;

const RETRYABLE_CODES: readonly GraphErrorCode[] = ['rateLimited', 'metaFault', 'networkFailed', 'timedOut'];

/**
 * What the refusal means. `outcome` is `unknown` for `metaFault` (code 1, 2, 1200 and HTTP 5xx may come after the
 * change was made) and `refused` for everything else.
 */
export function classifyRefusal(refusal: Refusal, call: RefusedCall): Verdict {
  const row = ROWS.find((candidate) => matches(candidate, refusal)) ?? rowOfStatus(refusal);
  const { stops, advice } = (call === 'send' ? row.onSend : undefined) ?? row;
  return {
    means: row.means,
    outcome: row.means === 'metaFault' ? 'unknown' : 'refused',
    retryable: isRetryable(row.means),
    advice,
    stops,
  };
}

/** Whether waiting can help with this sort of error. */
export function isRetryable(code: GraphErrorCode): boolean {
  return RETRYABLE_CODES.includes(code);
}

function matches(row: Row, refusal: Refusal): boolean {
  if (row.codes !== undefined && (refusal.code === undefined || !row.codes.includes(refusal.code))) return false;
  if (row.subcodes !== undefined && !row.subcodes.includes(refusal.subcode)) return false;
  return row.text === undefined || row.text.test(refusal.text);
}

/** For codes that the table does not have, and for `{"success":false}`. */
function rowOfStatus({ httpStatus, isTransient, code }: Refusal): Row {
  if (httpStatus === 429) return THROTTLED;
  if (isTransient || httpStatus >= 500 || httpStatus === 408) return FAULT_OF_META;
  return { means: 'unknownAnswer', stops: 'call', advice: code === undefined ? 'Meta gave no reason.' : LOOK_UP };
}
