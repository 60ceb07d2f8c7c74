/**
 * Every error this package throws is one of these, with a code to switch on. Its text says what the error means and what
 * to do. No text holds a token, a proof or a secret.
 */

import { cleanedCause, failureReason } from './failure-reason.js';
import { fieldOf, stringOf } from './read-unknown.js';

/** Codes of the errors that are not Graph's. docs/errors.md has a line for each. */
export type HandoverErrorCode =
  | 'invalidOption'
  | 'storeUnavailable'
  | 'storeConflict'
  | 'noThread'
  | 'takenByOtherApp'
  | 'outcomeUnknown'
  | 'loopBroken'
  | 'missingPeer'
  | 'dialogMissing'
  | 'expectationFailed'
  | 'unexpected';

/** Base of the package's own errors. */
export class HandoverError extends Error {
  readonly code: HandoverErrorCode;

  constructor(code: HandoverErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
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

/** The store could not be reached (`storeUnavailable`) or other writers were always faster (`storeConflict`). */
export class StoreError extends HandoverError {
  /** The operation that failed: `read`, `update`, `claim` … */
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
