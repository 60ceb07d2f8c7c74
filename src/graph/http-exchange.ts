/**
 * One HTTP request and its answer, within a time limit: the only file that knows the HTTP library.
 *
 * Exists to keep the library's errors in here, because they carry the request with its token, and to tell for sure
 * whether a request that failed had left this process.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Axios } from 'axios';
import type { Clock } from '../thread/clock.js';

/** What is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. Absent on GET. */
  readonly body?: string | undefined;
}

/**
 * What came of it.
 * - `answered`: any HTTP answer, redirects and errors included; header names are in lower case
 * - `failed`: no answer, or more of it than is read. `sent` is false where no connection was ready, so that not one
 *   byte of the request can have arrived
 */
export type HttpResult =
  | {
      readonly status: 'answered';
      readonly httpStatus: number;
      readonly headers: ReadonlyMap<string, string>;
      readonly text: string;
    }
  | {
      readonly status: 'failed';
      readonly reason: 'timeout' | 'connection' | 'tooLarge';
      readonly sent: boolean;
      readonly cause: SystemFault;
    };

/** Any HTTP answer. */
export type HttpAnswer = Extract<HttpResult, { status: 'answered' }>;
/** No answer. */
export type HttpFailure = Extract<HttpResult, { status: 'failed' }>;

/** What is kept of a network error: the system's code and its text. The caller takes secrets out of the text. */
export interface SystemFault {
  readonly code?: string;
  readonly message: string;
}

/** Connections to Graph at one time; more wait in line, within their time limit. */
const MAX_SOCKETS = 32;
const MAX_IDLE_SOCKETS = 8;
/** Below the idle time after which load balancers usually close a connection. */
const IDLE_SOCKET_MS = 30_000;
/** Answers of thread control are below 1 kB; errors with long texts below 10 kB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const TOO_LARGE = /maxContentLength/;

const AGENT_OPTIONS = {
  keepAlive: true,
  maxSockets: MAX_SOCKETS,
  maxFreeSockets: MAX_IDLE_SOCKETS,
  timeout: IDLE_SOCKET_MS,
  scheduling: 'lifo',
} as const;

/** Sends requests over connections that are kept open. */
export class HttpExchange {
  readonly #httpAgent = new http.Agent(AGENT_OPTIONS);
  readonly #httpsAgent = new https.Agent(AGENT_OPTIONS);
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  // Its own instance: what a bot sets on the shared `axios.defaults` or as interceptors does not reach these calls.
  readonly #axios = new Axios({
    adapter: 'http',
    responseType: 'text',
    validateStatus: () => true,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    httpAgent: this.#httpAgent,
    httpsAgent: this.#httpsAgent,
  });

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Sends one request. Never rejects. The time limit covers everything: waiting for a connection, DNS, TLS, the whole answer. */
  async run(request: HttpRequest): Promise<HttpResult> {
    const journey = new Journey();
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(this.#timeoutMs, () => {
        // Resolved before the request is destroyed, so that the destruction's own error comes too late to be the result.
        resolve(timeoutOf(this.#timeoutMs, journey.sent));
        journey.end();
      });
      void this.#send(request, journey).then((result) => {
        cancelTimer();
        resolve(result);
      });
    });
  }

  /** Closes all connections, those in use included. A later request opens new ones. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #send(request: HttpRequest, journey: Journey): Promise<HttpResult> {
    try {
      const response = await this.#axios.request<string>({
        method: request.method,
        url: request.url,
        headers: { ...request.headers },
        data: request.body,
        signal: journey.signal,
        transport: journey,
      });
      const headers = new Map<string, string>();
      for (const [name, value] of Object.entries(response.headers)) {
        if (typeof value === 'string') headers.set(name.toLowerCase(), value);
      }
      return { status: 'answered', httpStatus: response.status, headers, text: response.data };
    } catch (error) {
      return failureOf(error, journey.sent);
    }
  }
}

/** Watches one request on its way, as the library's transport. `sent` turns true with the first ready connection. */
class Journey {
  sent = false;
  readonly #abort = new AbortController();
  #request: http.ClientRequest | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  request = (options: https.RequestOptions, answered: (response: http.IncomingMessage) => void): http.ClientRequest => {
    const request = (options.protocol === 'https:' ? https : http).request(options, answered);
    this.#request = request;
    request.once('socket', (socket) => this.#watch(socket));
    return request;
  };

  end(): void {
    this.#abort.abort();
    this.#request?.destroy();
  }

  #watch(socket: Socket | TLSSocket): void {
    if (!socket.connecting) {
      this.sent = true;
      return;
    }
    // Node writes the request when the connection is ready; over TLS that is after the handshake.
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      this.sent = true;
    });
  }
}

function timeoutOf(timeoutMs: number, sent: boolean): HttpResult {
  return { status: 'failed', reason: 'timeout', sent, cause: { message: `no complete answer within ${timeoutMs} ms` } };
}

function failureOf(error: unknown, sent: boolean): HttpResult {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: 'unknown failure' };
  // The library's error is dropped here: it holds the request's headers.
  const cause: SystemFault = typeof code === 'string' ? { code, message } : { message };
  return { status: 'failed', reason: TOO_LARGE.test(message) ? 'tooLarge' : 'connection', sent, cause };
}
