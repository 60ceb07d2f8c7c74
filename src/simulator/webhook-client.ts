/** Sends HTTP requests to the bot's webhook, each within Meta's time limit. */
import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { signPayload } from '../webhook/signature.js';
import { SimulatorStateError } from './simulator-errors.js';
import type { WebhookEntry } from './wire.js';

const ANSWER_LIMIT_BYTES = 64 * 1024;

type Headers = Readonly<Record<string, string>>;

/** What a webhook answered. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: string;
  /** Real milliseconds. */
  readonly ms: number;
}

/** How a delivery ended. */
export type Ending = Pick<WebhookEntry, 'outcome' | 'status' | 'ackMs' | 'reason'>;

/** Its requests. Each rejects if no answer comes in time. */
export class WebhookClient {
  readonly #timeoutMs: number;
  readonly #httpAgent = new HttpAgent({ keepAlive: false });
  readonly #httpsAgent = new HttpsAgent({ keepAlive: false });
  readonly #open = new Set<ClientRequest>();

  /** @param timeoutMs of this machine */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get(url: URL): Promise<WebhookAnswer> {
    return this.#exchange(url, 'GET', {}, undefined);
  }

  post(url: string, headers: Headers, body: Buffer): Promise<WebhookAnswer> {
    return this.#exchange(new URL(url), 'POST', headers, body);
  }

  /** Breaks all requests off. */
  close(): void {
    for (const request of this.#open) request.destroy();
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }

  #exchange(url: URL, method: string, headers: Headers, body: Buffer | undefined): Promise<WebhookAnswer> {
    const beganMs = performance.now();
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const send = secure ? httpsRequest : httpRequest;
      const request = send(url, { method, headers, agent: secure ? this.#httpsAgent : this.#httpAgent });
      const limit = setTimeout(() => request.destroy(new LateError()), this.#timeoutMs);
      this.#open.add(request);
      const stop = (): void => {
        clearTimeout(limit);
        this.#open.delete(request);
      };
      request.once('error', (error) => {
        stop();
        reject(error);
      });
      request.once('close', stop);
      request.once('response', (response) => {
        readAnswer(response).then(
          (text) => {
            stop();
            resolve({ status: response.statusCode ?? 0, body: text, ms: Math.round(performance.now() - beganMs) });
          },
          (error: unknown) => {
            stop();
            reject(error instanceof Error ? error : new SimulatorStateError('The webhook broke off its answer.'));
          },
        );
      });
      request.end(body);
    });
  }
}

/** The limit for acknowledging has passed. Never leaves this file. */
class LateError extends SimulatorStateError {
  constructor() {
    super('The webhook did not answer in time.');
  }
}

/** The headers that Meta sends. */
export function usualHeaders(body: Buffer): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    'User-Agent': 'facebookexternalua',
    Accept: '*/*',
  };
}

/** Both signatures: SHA-256, and the old SHA-1 that the stock adapter checks. */
export function signatures(body: Buffer, secret: string): { 'X-Hub-Signature': string; 'X-Hub-Signature-256': string } {
  return {
    'X-Hub-Signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
    'X-Hub-Signature-256': signPayload(body, secret),
  };
}

/** How a body of the test's own is to be sent. */
export interface RawDelivery {
  /** Added to, or replacing, the usual ones. `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The secret to sign with; default the bot's. `null`: no signature. */
  readonly signWith?: string | null;
}

/** The headers of a body of the test's own. @param appSecret signs it, unless the test gives another secret */
export function rawHeaders(body: Buffer, how: RawDelivery, appSecret: string): Record<string, string> {
  const secret = how.signWith === undefined ? appSecret : how.signWith;
  const wanted = { ...usualHeaders(body), ...(secret === null ? {} : signatures(body, secret)), ...how.headers };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries<string | undefined>(wanted)) {
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** What an answer means for the delivery. */
export function endingOf(answer: WebhookAnswer): Ending {
  return { outcome: answer.status === 200 ? 'acknowledged' : 'refused', status: answer.status, ackMs: answer.ms };
}

/** What a missing answer means for the delivery. */
export function brokenEnding(error: unknown): Ending {
  if (error instanceof LateError) return { outcome: 'late' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke';
  return { outcome: 'unreachable', reason: code };
}

function readAnswer(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= ANSWER_LIMIT_BYTES) chunks.push(chunk);
    });
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.once('error', reject);
    response.once('aborted', () => reject(new SimulatorStateError('The webhook broke off its answer.')));
  });
}
