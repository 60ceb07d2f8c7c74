/**
 * Meta's HTTP request, once, for restify, express and node:http: each early return has its status and its reason.
 *
 * Exists because the stock adapter acknowledges late, verifies SHA-1 only, and crashes on what Meta really sends.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../thread/clock.js';
import type { ThreadEvent } from '../thread/event.js';
import type { Logger } from '../thread/logger.js';
import { answerChallenge } from '../webhook/challenge.js';
import { parseWebhook } from '../webhook/parse-webhook.js';
import { verifySignature } from '../webhook/signature.js';
import type { DeliveryVerdict } from '../handover/deliver.js';

/** A request of node:http, restify or express. */
export type WebhookRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

/** What can be answered: node's response and all that extend it, or a test's `status()`, `send()`, `end()`. */
export interface WebhookResponse {
  statusCode?: number;
  setHeader?(name: string, value: string): unknown;
  status?(code: number): unknown;
  send?(body: unknown): unknown;
  end(body?: unknown): unknown;
  readonly headersSent?: boolean;
}

/** How a webhook is received. */
export interface ReceiveParts {
  readonly verifyToken: string;
  readonly appSecret: string;
  readonly maxBodyBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
  /** Works the events off; resolves when they are done or it is time to answer. */
  readonly deliver: (events: readonly ThreadEvent[]) => Promise<DeliveryVerdict>;
}

type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'parsedAway' }
  | { readonly kind: 'aborted' };

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RAW_BODY_LINE =
  'The request body was parsed before the adapter saw its bytes, so its signature cannot be checked. ' +
  'Use no body parser on this route, or one that keeps the bytes: express.json({ verify: (req, _res, buf) => { req.rawBody = buf; } }).';

/** Receives one request and answers it. Never rejects. */
export async function receiveWebhook(req: WebhookRequest, res: WebhookResponse, parts: ReceiveParts): Promise<void> {
  try {
    const reply = await receive(req, parts);
    if (reply) answer(res, reply);
  } catch (error) {
    parts.log.error(`A webhook could not be received: ${error instanceof Error ? error.message : String(error)}`);
    if (res.headersSent !== true) answer(res, { status: 500, body: 'Internal error' });
  }
}

/** The reply, or `undefined` where nobody waits for one any more. */
async function receive(req: WebhookRequest, parts: ReceiveParts): Promise<Reply | undefined> {
  const method = (req.method ?? 'POST').toUpperCase();
  if (method === 'GET') return challenge(req, parts);
  if (method !== 'POST') return { status: 405, body: 'Method not allowed', headers: { allow: 'GET, POST' } };

  const body = await rawBody(req, parts.maxBodyBytes);
  if (body.kind === 'aborted') return undefined;
  if (body.kind === 'tooLarge') {
    parts.log.warn(`A webhook body of more than ${parts.maxBodyBytes} bytes was refused. Meta's are far smaller.`);
    return { status: 413, body: 'Body too large', headers: { connection: 'close' } };
  }
  if (body.kind === 'parsedAway') {
    parts.log.error(RAW_BODY_LINE);
    return { status: 500, body: RAW_BODY_LINE };
  }

  const signature = req.headers['x-hub-signature-256'] ?? req.headers['x-hub-signature'];
  const verdict = verifySignature(body.bytes, signature, parts.appSecret);
  if (!verdict.valid) {
    parts.log.warn(`A webhook was refused (${verdict.reason}): ${verdict.hint}`);
    return { status: 401, body: 'Signature missing or wrong' };
  }
  const parsed = parseJson(body.bytes);
  if (!parsed.ok) return { status: 400, body: 'Body is not JSON' };
  if (!isPageDelivery(parsed.value)) return { status: 404, body: 'Not a delivery of a Page' };

  const delivered = await parts.deliver(parseWebhook(parsed.value));
  if (delivered === 'busy' || delivered === 'unavailable') return { status: 503, body: 'Deliver again later' };
  return { status: 200, body: 'EVENT_RECEIVED' };
}

function challenge(req: WebhookRequest, parts: ReceiveParts): Reply {
  const query = new URL(req.url ?? '/', 'http://webhook.invalid').searchParams;
  const reply = answerChallenge(query, parts.verifyToken);
  if (reply.status !== 200) {
    parts.log.warn("A webhook verification was refused: hub.verify_token is not the adapter's verify_token.");
  }
  return reply;
}

/** The body's bytes, from the stream or from a parser that kept them. */
async function rawBody(req: WebhookRequest, maxBytes: number): Promise<Body> {
  const kept = keptBytes(req.rawBody) ?? keptBytes(req.body);
  if (kept) return kept.length > maxBytes ? { kind: 'tooLarge' } : { kind: 'bytes', bytes: kept };
  // A parser read the stream and kept only what it made of it.
  if (req.readableDidRead || req.readableEnded) return { kind: 'parsedAway' };
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return { kind: 'tooLarge' };

  return new Promise<Body>((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
      length += bytes.length;
      if (length <= maxBytes) {
        chunks.push(bytes);
        return;
      }
      chunks.length = 0;
      req.pause();
      resolve({ kind: 'tooLarge' });
    });
    req.on('end', () => resolve({ kind: 'bytes', bytes: Buffer.concat(chunks) }));
    req.on('error', () => resolve({ kind: 'aborted' }));
    req.on('close', () => resolve({ kind: 'aborted' }));
  });
}

function keptBytes(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined;
}

function parseJson(bytes: Buffer): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(bytes.toString('utf8')) as unknown };
  } catch {
    return { ok: false };
  }
}

function isPageDelivery(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'object' in value && value.object === 'page';
}

function answer(res: WebhookResponse, reply: Reply): void {
  if (typeof res.setHeader === 'function') {
    res.statusCode = reply.status;
    res.setHeader('content-type', 'text/plain; charset=utf-8');
    for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value);
    res.end(reply.body);
    return;
  }
  res.status?.(reply.status);
  res.send?.(reply.body);
  res.end();
}
