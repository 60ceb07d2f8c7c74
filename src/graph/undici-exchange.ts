/**
 * HTTP by undici's own dispatcher, for messages: the hot path.
 *
 * Calls the dispatcher directly: only the dispatcher reports when a connection is ready and the request is about to be
 * written. undici's other functions cost a stream for each answer.
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';
import type { Clock } from '../thread/clock.js';
import { HandoverError } from '../thread/errors.js';
import type { AnswerHeaders, HttpExchange, HttpFailure, HttpRequest, HttpResult } from './http-exchange.js';
import { IDLE_SOCKET_MS, MAX_ANSWER_BYTES, MAX_SOCKETS, faultOf, timeoutOf } from './http-exchange.js';

const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
/** Where the path of `https://host/path` begins to be looked for. */
const BEHIND_SCHEME = 'https://'.length;

/** {@link HttpExchange} by undici. Ignores proxies. */
export class UndiciExchange implements HttpExchange {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** Made for the first request: loading undici takes longer than loading this package. */
  #agent: Agent | undefined;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  run(request: HttpRequest): Promise<HttpResult> {
    return new Promise((resolve) => {
      const timeoutMs = this.#timeoutMs;
      const cancelTimer = this.#clock.after(timeoutMs, () => journey.end(timeoutOf(timeoutMs, journey.sent)));
      const journey = new Journey((result) => {
        cancelTimer();
        resolve(result);
      });
      const path = request.url.indexOf('/', BEHIND_SCHEME);
      try {
        this.#agent ??= agentFor(timeoutMs);
        this.#agent.dispatch(
          {
            origin: request.url.slice(0, path),
            path: request.url.slice(path),
            method: request.method,
            headers: request.headers,
            body: request.body ?? null,
          },
          journey,
        );
      } catch (error) {
        journey.end(failureOf(error, false));
      }
    });
  }

  close(): void {
    void this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/** One request on its way. `sent` turns true when a connection is ready for it, which over TLS is after the handshake. */
class Journey implements Dispatcher.DispatchHandler {
  sent = false;
  readonly #settle: (result: HttpResult) => void;
  #isOver = false;
  #controller: Dispatcher.DispatchController | undefined;
  #httpStatus = 0;
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];

  constructor(settle: (result: HttpResult) => void) {
    this.#settle = settle;
  }

  /** Gives up: a request that still waits is not sent, a request in progress is aborted. */
  end(failure: HttpFailure): void {
    this.#finish(failure);
    this.#controller?.abort(new Error(failure.cause.message));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // undici drops the request if this throws, and keeps the connection for the next; an abort would close it.
    if (this.#isOver) throw new HandoverError('unexpected', 'Its time was over before its turn came.');
    this.sent = true;
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#httpStatus = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, second] = this.#chunks;
    const bytes = first && !second ? first : Buffer.concat(this.#chunks);
    this.#finish({
      status: 'answered',
      httpStatus: this.#httpStatus,
      headers: new LazyHeaders(this.#headers),
      text: bytes.toString('utf8'),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(failureOf(error, this.sent));
  }

  #finish(result: HttpResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(result);
  }
}

/** The exchange has its own time limit; undici's would be a second one with another clock. */
function agentFor(timeoutMs: number): Agent {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it with the package
  const undici = require('undici') as typeof import('undici');
  return new undici.Agent({
    connections: MAX_SOCKETS,
    keepAliveTimeout: IDLE_SOCKET_MS,
    keepAliveMaxTimeout: IDLE_SOCKET_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: MAX_ANSWER_BYTES,
    // An attempt at a connection ends with the request that it is for.
    connect: { timeout: timeoutMs },
  });
}

/** Few answers have a header that somebody looks at. */
class LazyHeaders implements AnswerHeaders {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | undefined {
    const value = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  }
}

function failureOf(error: unknown, sent: boolean): HttpFailure {
  const cause = faultOf(error);
  return { status: 'failed', reason: cause.code === TOO_LARGE ? 'tooLarge' : 'connection', sent, cause };
}
