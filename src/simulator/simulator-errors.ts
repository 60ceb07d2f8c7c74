/** Errors of the pretend platform itself: what a person on it tried was refused, or what a test waited for never came. */
import { HandoverError } from '../thread/errors.js';

/** The platform refused what an agent (or the Page Inbox) tried; `answer` is the body Graph would have sent. */
export class SimulatedRefusalError extends HandoverError {
  /** Graph's error body. */
  readonly answer: unknown;
  /** Meta's code, if the body has one. */
  readonly graphCode: number | undefined;
  /** Meta's subcode, if the body has one. */
  readonly graphSubcode: number | undefined;

  constructor(what: string, answer: GraphErrorAnswer) {
    super('unexpected', `The simulated platform refused "${what}": ${answer.error.message}`);
    this.answer = answer;
    this.graphCode = answer.error.code;
    this.graphSubcode = answer.error.error_subcode;
  }
}

/** What was waited for did not appear on the wire. The message ends with the wire's last lines. */
export class WireTimeoutError extends HandoverError {
  constructor(timeoutMs: number, lastLines: string) {
    super('unexpected', `Nothing on the wire matched within ${timeoutMs} ms. The last lines were:\n${lastLines}`);
  }
}

/** A bot did not do what its test expected. The message ends with what went over the wire for that thread. */
export class ExpectationError extends HandoverError {
  /** What was expected, in words. */
  readonly expected: string;
  /** What came instead, in words. */
  readonly got: string;
  /** The last lines of the thread's wire, oldest first. */
  readonly wireLines: string;

  constructor(sentence: string, expected: string, got: string, wireLines: string) {
    const wire = wireLines === '' ? 'Nothing went over the wire.' : `The wire of it:\n${wireLines}`;
    super('expectationFailed', `${sentence}\nGot ${got}\n${wire}`);
    this.expected = expected;
    this.got = got;
    this.wireLines = wireLines;
  }
}

/** The pretend platform cannot do that in its present state: no webhook is connected, it has been stopped. */
export class SimulatorStateError extends HandoverError {
  constructor(message: string) {
    super('unexpected', message);
  }
}

/**
 * The body of every refusal of Graph.
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
export interface GraphErrorAnswer {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: number;
    readonly error_subcode?: number;
    readonly is_transient?: boolean;
    readonly fbtrace_id: string;
  };
}
