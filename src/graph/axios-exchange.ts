/**
 * HTTP by axios, for thread control: a few calls for each handover.
 *
 * A transport of our own watches each request, because axios does not say whether a failed request had left.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../thread/clock.js';
import type { HttpExchange, HttpRequest, HttpResult } from './http-exchange.js';
import { IDLE_SOCKET_MS, MAX_ANSWER_BYTES, MAX_SOCKETS, faultOf, timeoutOf } from './http-exchange.js';

type Axios = InstanceType<(typeof import('axios'))['Axios']>;

const MAX_IDLE_SOCKETS = 8;
const TOO_LARGE = /maxContentLength/;

const AGENT_OPTIONS = {
  keepAlive: true,
  maxSockets: MAX_SOCKETS,
  maxFreeSockets: MAX_IDLE_SOCKETS,
  timeout: IDLE_SOCKET_MS,
  scheduling: 'lifo',
} as const;

/** {@link HttpExchange} by axios. */
export class AxiosExchange implements HttpExchange {
  readonly #httpAgent = new http.Agent(AGENT_OPTIONS);
  readonly #httpsAgent = new https.Agent(AGENT_OPTIONS);
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** Made for the first request: loading axios takes longer than loading this package. */
  #axios: Axios | undefined;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

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

  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  async #send(request: HttpRequest, journey: Journey): Promise<HttpResult> {
    try {
      this.#axios ??= axiosOver({ httpAgent: this.#httpAgent, httpsAgent: this.#httpsAgent });
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

/** An instance of its own: what a bot sets on the shared `axios.defaults` or as interceptors does not reach these calls. */
function axiosOver(agents: { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent }): Axios {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it with the package
  const axios = require('axios') as typeof import('axios');
  return new axios.Axios({
    adapter: 'http',
    responseType: 'text',
    validateStatus: () => true,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    ...agents,
  });
}

function failureOf(error: unknown, sent: boolean): HttpResult {
  const cause = faultOf(error);
  return { status: 'failed', reason: TOO_LARGE.test(cause.message) ? 'tooLarge' : 'connection', sent, cause };
}
