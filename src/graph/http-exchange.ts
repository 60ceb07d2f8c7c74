/**
 * One HTTP request and its answer, within a time limit: the interface that both HTTP libraries implement.
 *
 * Some of the libraries' errors carry the request with its token, so they stay in the libraries' files. A failure says
 * for sure whether the request had left this process. Messages go through undici, which costs a tenth of what axios
 * does (docs/performance.md); thread control goes through axios.
 */

/** What is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or the bytes of a form. Absent on GET. */
  readonly body?: string | Buffer | undefined;
}

/**
 * The result of a request.
 * - `answered`: any HTTP answer, redirects and errors included; header names are in lower case
 * - `failed`: no answer, or more of it than is read. `sent` is false if no connection was ready, so that not one
 *   byte of the request can have arrived
 */
export type HttpResult =
  | {
      readonly status: 'answered';
      readonly httpStatus: number;
      readonly headers: AnswerHeaders;
      readonly text: string;
    }
  | {
      readonly status: 'failed';
      readonly reason: 'timeout' | 'connection' | 'tooLarge';
      readonly sent: boolean;
      readonly cause: SystemFault;
    };

/** The headers of an answer, by their names in lower case. One that came several times is not there. */
export interface AnswerHeaders {
  get(name: string): string | undefined;
}

/** Any HTTP answer. */
export type HttpAnswer = Extract<HttpResult, { status: 'answered' }>;
/** No answer. */
export type HttpFailure = Extract<HttpResult, { status: 'failed' }>;

/** What is left of a network error: the system's code and its text. The caller takes secrets out of the text. */
export interface SystemFault {
  readonly code?: string;
  readonly message: string;
}

/** Sends requests over connections that are kept open. */
export interface HttpExchange {
  /**
   * Sends one request. Never rejects. Follows no redirect. The time limit covers everything: waiting for a connection,
   * DNS, TLS, the whole answer.
   */
  run(request: HttpRequest): Promise<HttpResult>;
  /** Closes all connections, those in use included. A later request opens new ones. */
  close(): void;
}

/** Connections to Graph at one time. More requests wait in a queue, within their time limit. */
export const MAX_SOCKETS = 32;
/** Below the idle time after which load balancers usually close a connection. */
export const IDLE_SOCKET_MS = 30_000;
/** Answers of thread control are below 1 kB; errors with long texts below 10 kB. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** No complete answer came in time. */
export function timeoutOf(timeoutMs: number, sent: boolean): HttpFailure {
  return { status: 'failed', reason: 'timeout', sent, cause: { message: `no complete answer within ${timeoutMs} ms` } };
}

/** The library's own error is dropped here: it may hold the request's headers. */
export function faultOf(error: unknown): SystemFault {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: 'unknown failure' };
  // Node's error for a host with several addresses has a code and no text.
  return typeof code === 'string' ? { code, message: message === '' ? code : message } : { message };
}
