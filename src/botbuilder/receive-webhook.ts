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

/** What is left of a body that is too large is read and dropped for this long, so that the sender gets to the answer. */
const LINGER_MS = 2_000;
/** More than this is not read for it; the connection is broken off. */
const LINGER_BYTES = 16 * 1024 * 1024;

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
    if (reply?.status === 413) linger(req, parts.clock);
  } catch (error) {
    parts.log.error(`A webhook could not be received: ${textOf(error)}`);
    try {
      answer(res, { status: 500, body: 'Internal error' });
    } catch (second) {
      parts.log.error(`Its 500 could not be sent either: ${textOf(second)}`);
    }
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
    return { status: 413, body: 'Body too large' };
  }
  if (body.kind === 'parsedAway') {
    parts.log.error(RAW_BODY_LINE);
    return { status: 500, body: RAW_BODY_LINE };
  }

  const headers = headersOf(req);
  const signature = headers['x-hub-signature-256'] ?? headers['x-hub-signature'];
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
  const url = req.url ?? '';
  const start = url.indexOf('?');
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  const reply = answerChallenge(query, parts.verifyToken);
  if (reply.status !== 200) {
    parts.log.warn(
      'A webhook verification was refused: hub.mode has to be "subscribe", hub.verify_token the verify_token of the adapter, and hub.challenge what Meta sends.',
    );
  }
  return reply;
}

/** The body's bytes, from the stream or from a parser that kept them. */
async function rawBody(req: WebhookRequest, maxBytes: number): Promise<Body> {
  const kept = keptBytes(req.rawBody) ?? keptBytes(req.body);
  if (kept) return kept.length > maxBytes ? { kind: 'tooLarge' } : { kind: 'bytes', bytes: kept };
  if (wasRead(req)) return { kind: 'parsedAway' };
  // Its `close` has been and will not come again.
  if (req.destroyed) return { kind: 'aborted' };
  if (Number(headersOf(req)['content-length'] ?? 0) > maxBytes) return { kind: 'tooLarge' };

  return new Promise<Body>((resolve) => {
    let chunks: Buffer[] = [];
    let length = 0;
    const settle = (body: Body): void => {
      chunks = [];
      req.off('data', keep);
      resolve(body);
    };
    const keep = (chunk: Buffer | string): void => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
      length += bytes.length;
      if (length > maxBytes) settle({ kind: 'tooLarge' });
      else chunks.push(bytes);
    };
    req.on('data', keep);
    req.on('end', () => settle({ kind: 'bytes', bytes: Buffer.concat(chunks) }));
    req.on('error', () => settle({ kind: 'aborted' }));
    req.on('close', () => settle({ kind: 'aborted' }));
  });
}

/** A parser read the stream and kept only what it made of it. A test's request may be no stream at all. */
function wasRead(req: WebhookRequest): boolean {
  const stream: { readonly readableDidRead?: boolean; readonly readableEnded?: boolean; readonly on?: unknown } = req;
  if (typeof stream.on !== 'function') return true;
  if (stream.readableDidRead === undefined) return typeof req.body === 'object' && req.body !== null;
  return stream.readableDidRead || stream.readableEnded === true;
}

/** Nothing waits for the rest of the body; closing at once would break the answer off before the sender reads it. */
function linger(req: WebhookRequest, clock: Clock): void {
  const stream: { readonly on?: unknown; readonly complete?: boolean } = req;
  if (typeof stream.on !== 'function' || stream.complete === true || req.destroyed) return;
  let dropped = 0;
  const cancel = clock.after(LINGER_MS, () => req.destroy());
  req.on('data', (chunk: Buffer | string) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) req.destroy();
  });
  req.on('end', cancel);
  req.on('close', cancel);
  req.on('error', cancel);
  req.resume();
}

function headersOf(req: WebhookRequest): IncomingMessage['headers'] {
  return (req as { readonly headers?: IncomingMessage['headers'] }).headers ?? {};
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
  // The application has answered for itself.
  if (res.headersSent === true) return;
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

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
