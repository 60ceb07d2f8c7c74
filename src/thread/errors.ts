/**
 * Every error this package throws is one of these, with a code to switch on. Its text says what the error means and what
 * to do. No text holds a token, a proof or a secret.
 */

import { cleanedCause, failureReason } from './failure-reason.js';
import { fieldOf, stringOf } from './read-unknown.js';

const OWN_CODES = [
  'invalidOption',
  'storeUnavailable',
  'storeConflict',
  'noThread',
  'takenByOtherApp',
  'outcomeUnknown',
  'loopBroken',
  'missingPeer',
  'dialogMissing',
  'noResult',
  'turnTakenOver',
  'expectationFailed',
  'unexpected',
] as const;

const GRAPH_CODES = [
  'anotherAppOwns',
  'invalidToken',
  'permissionMissing',
  'misconfigured',
  'rateLimited',
  'metaFault',
  'customerUnreachable',
  'outsideWindow',
  'policyViolation',
  'networkFailed',
  'timedOut',
  'invalidCall',
  'unknownAnswer',
] as const;

/**
 * What a failed Graph call means.
 * - `anotherAppOwns`: the bot does not control the thread (another app does, or Messenger's own automated flow)
 * - `invalidToken`: the Page access token is dead, empty or could not be had
 * - `permissionMissing`: the token or the app may not do this
 * - `misconfigured`: something is set up wrongly: Page routing, app ids, app secret, base URL
 * - `rateLimited`: too many calls; `retryAfterMs` says how long to wait
 * - `metaFault`: Meta had a fault of its own
 * - `customerUnreachable`: this customer cannot be reached, or is not one of this Page's
 * - `outsideWindow`: outside the time in which the bot may write
 * - `policyViolation`: Meta objects to a message, restricted the Page or warned of abuse
 * - `networkFailed`: no answer came, or one that is not the Graph API's, such as the page of a proxy
 * - `timedOut`: no answer came in time
 * - `invalidCall`: the call itself is wrong
 * - `unknownAnswer`: an answer that fits nothing above
 */
export type GraphErrorCode = (typeof GRAPH_CODES)[number];

/** What happened. docs/errors.md has a line for each code. */
export type HandoverErrorCode = (typeof OWN_CODES)[number] | GraphErrorCode;

const CODES: ReadonlySet<string> = new Set<HandoverErrorCode>([...OWN_CODES, ...GRAPH_CODES]);

/** Whether a text is a code of this package's errors. */
export function isErrorCode(text: string): text is HandoverErrorCode {
  return CODES.has(text);
}

/** Base of all errors of this package. Holds no token, proof or secret, in no field and in no text. */
export class HandoverError extends Error {
  readonly code: HandoverErrorCode;

  constructor(code: HandoverErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }

  /** For loggers that write JSON: the message and every field, without stack and cause. */
  toJSON(): Readonly<Record<string, unknown>> {
    return { message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}

/** An option has a value it cannot have. Thrown by constructors, before anything runs. */
export class InvalidOptionError extends HandoverError {
  /** Name of the option, with its path: `graph.timeoutMs`. */
  readonly option: string;
  /** The given value, in words that hold no secret. */
  readonly got: string;
  /** What the option takes. */
  readonly expected: string;

  constructor(option: string, got: string, expected: string) {
    super('invalidOption', `Option "${option}" is ${got}; it must be ${expected}.`);
    this.option = option;
    this.got = got;
    this.expected = expected;
  }
}

/**
 * Another process has gone on with the thread of this turn, because this process stood still for longer than its lease (15 s),
 * or because it stops. Requests for an agent, `take` and `release` of the turn's thread, the result of a dialog and a guarded
 * storage reject with this, so that the turn ends and nothing of it is saved. `onTurnError` does not hear of it. If nobody has
 * run the turn's event, it runs again.
 */
export class TurnTakenOverError extends HandoverError {
  constructor() {
    super(
      'turnTakenOver',
      'Another process has gone on with the thread of this turn, because this process stood still for longer than its lease, ' +
        'or stops. The turn ends here: let this error through.',
    );
  }
}

/** The store could not be reached (`storeUnavailable`) or other writers were always faster (`storeConflict`). */
export class StoreError extends HandoverError {
  /** The operation that failed, a method of the store: `read`, `update`, `enter` …; of an inbox: `inbox.put` … */
  readonly operation: string;
  /** Why, in the store's own words and without its secrets: `READONLY You can't write against a read only replica`. */
  readonly reason: string | undefined;

  /** @param options `cause`: what the store threw. A copy is kept, with its name, code and reason. */
  constructor(code: 'storeUnavailable' | 'storeConflict', operation: string, options?: { cause?: unknown }) {
    const cause = options?.cause;
    const reason = failureReason(cause);
    super(code, code === 'storeUnavailable' ? unavailable(operation, reason) : conflict(operation), {
      ...(cause === undefined ? {} : { cause: cleanedCause(cause) }),
    });
    this.operation = operation;
    this.reason = reason;
  }
}

function unavailable(operation: string, reason: string | undefined): string {
  const store = operation.startsWith('inbox.') ? 'inbox' : 'thread store';
  const failed =
    reason === undefined
      ? `The ${store} did not answer to "${operation}".`
      : `The ${store} failed at "${operation}": ${reason}.`;
  return `${failed} Check the ${store}'s address, credentials and health.`;
}

function conflict(operation: string): string {
  return `The thread store refused "${operation}" too often because other processes wrote the same thread.`;
}

/** The text of a thrown value, for a log line; code can throw any value. Never throws. */
export function textOfThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  return stringOf(fieldOf(thrown, 'message')) ?? 'an object that is no Error';
}
