/**
 * The error of every Graph call: what happened, what it means, and what to change.
 *
 * Meta's code alone does not distinguish a thread that another app owns from a missing permission. The HTTP libraries'
 * own errors carry the token, so none of them leaves this room.
 * @see https://developers.facebook.com/docs/messenger-platform/error-codes
 */
import type { GraphErrorCode } from '../thread/errors.js';
import { HandoverError } from '../thread/errors.js';
import type { PageId } from '../thread/ids.js';
import { presentFields } from '../thread/read-unknown.js';
import type { OwnerAnswer } from './owner-answer.js';

/**
 * Did the call change anything at Meta?
 * - `refused`: no; Meta said so, `thread_owner` did after an unclear attempt, or a proxy that wants a login first
 * - `unknown`: perhaps; it was sent and no clear answer came
 * - `notSent`: no; nothing left this process
 */
export type GraphOutcome = 'refused' | 'unknown' | 'notSent';

/** Which of the client's methods was called. */
export type GraphOperation =
  'pass' | 'take' | 'release' | 'request' | 'extend' | 'owner' | 'featureStatus' | 'page' | 'send';

/** A message that Meta had accepted before another one of the same `sendActivities` failed. */
export interface SentMessage {
  /** Meta's id of the message. */
  readonly id: string;
  /** Index of its activity in the batch, from 0. */
  readonly activityIndex: number;
}

/** The fields of a {@link GraphApiError}. */
export interface GraphErrorDetails {
  readonly code: GraphErrorCode;
  readonly operation: GraphOperation;
  readonly outcome: GraphOutcome;
  /** What happened, what it means, what to do. Holds no secret. */
  readonly text: string;
  readonly retryable: boolean;
  readonly pageId?: PageId | undefined;
  readonly metaCode?: number | undefined;
  readonly metaSubcode?: number | undefined;
  readonly httpStatus?: number | undefined;
  readonly fbTraceId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly userMessage?: string | undefined;
  readonly owner?: OwnerAnswer | undefined;
  readonly sent?: readonly SentMessage[] | undefined;
  readonly activityIndex?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A Graph call that did not succeed. Holds no token, proof or secret, in no field and in no text; of a network
 * library's error only the system's code and text are kept, as `cause`.
 */
export class GraphApiError extends HandoverError {
  declare readonly code: GraphErrorCode;
  /** Which call: `pass`, `take`, `send`, `owner` … */
  readonly operation: GraphOperation;
  /** Whether the call may have changed something. Look at it before making a `send` again. */
  readonly outcome: GraphOutcome;
  /** True if waiting can help (`rateLimited`, `metaFault`, `networkFailed`, `timedOut`); false if something must change first. */
  readonly retryable: boolean;
  declare readonly pageId?: PageId;
  /** Meta's `error.code`. */
  declare readonly metaCode?: number;
  /** Meta's `error.error_subcode`. */
  declare readonly metaSubcode?: number;
  declare readonly httpStatus?: number;
  /** Meta's `error.fbtrace_id`, to be given to Meta's support. */
  declare readonly fbTraceId?: string;
  /** How long calls of this sort pause for this Page, milliseconds. */
  declare readonly retryAfterMs?: number;
  /** Meta's `error.error_user_msg`, shortened. Absent if Meta sent none. */
  declare readonly userMessage?: string;
  /** What `thread_owner` said, if it was asked to find out what became of the call. */
  declare readonly owner?: OwnerAnswer;
  /**
   * Of a `sendActivities` through the Facebook adapter: what Meta had accepted before the message that failed, oldest
   * first. An activity with attachments is several messages, so its first ones may be among them. Of activities before
   * a `delay` only the last message is there.
   */
  declare readonly sent?: readonly SentMessage[];
  /** Of a `sendActivities` through the Facebook adapter: index of the activity that failed, from 0. No activity after it was sent. */
  declare readonly activityIndex?: number;
  readonly #details: GraphErrorDetails;

  constructor(details: GraphErrorDetails) {
    const { code, operation, outcome, retryable, text, cause, ...optional } = details;
    super(code, `${text} ${OUTCOME_SENTENCES[outcome]}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    this.outcome = outcome;
    this.retryable = retryable;
    this.#details = details;
    Object.assign(this, presentFields(optional));
  }

  /** A copy of the error with other details. */
  restated(changes: Partial<GraphErrorDetails>): GraphApiError {
    return new GraphApiError({ ...this.#details, ...changes });
  }
}

const OUTCOME_SENTENCES: Readonly<Record<GraphOutcome, string>> = {
  refused: 'Nothing was changed.',
  unknown: 'Whether it took effect is not known.',
  notSent: 'Nothing was sent to Meta.',
};
