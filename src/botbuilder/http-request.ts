/**
 * One HTTP request of restify, express or node:http: its bytes within a limit, its query, its answer.
 *
 * Exists because the routes for Meta and for VCC Live live in the same servers, with and without body parsers.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import { parseExactJson } from '../thread/exact-json.js';
import type { Logger } from '../thread/logger.js';

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

/** What a request is answered with, as plain text. */
export interface Reply {
  readonly status: number;
  /** Empty: none, and no headers either. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What became of reading a body. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'tooLarge' }
  /** A parser read the stream and kept no bytes; `value` is what it made of them. */
  | { readonly kind: 'parsedAway'; readonly value: unknown }
  /** Nobody waits for an answer any more. */
  | { readonly kind: 'aborted' };

const ABORTED: Body = { kind: 'aborted' };

/** What answering stands on. */
export interface AnswerParts {
  readonly log: Logger;
  readonly clock: Clock;
}

/** What is left of a body that is too large is read and dropped for this long, so that the sender gets to the answer. */
const LINGER_MS = 2_000;
/** More than this is not read for it; the connection is broken off. */
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Answers a request with what `receive` makes of it, and with 500 where that rejects. Never rejects.
 * @param receive resolves with `undefined` where nobody waits for an answer any more
 */
export async function answerRequest(
  req: WebhookRequest,
  res: WebhookResponse,
  parts: AnswerParts,
  receive: () => Promise<Reply | undefined>,
): Promise<void> {
  try {
    const reply = await receive();
    if (reply) answer(res, reply);
    if (reply?.status === 413) linger(req, parts.clock);
  } catch (error) {
    parts.log.error(`A webhook could not be received: ${textOfThrown(error)}`);
    try {
      answer(res, { status: 500, body: 'Internal error' });
    } catch (second) {
      parts.log.error(`Its 500 could not be sent either: ${textOfThrown(second)}`);
    }
  }
}

/** The method in capitals; POST where a test's request has none. */
export function methodOf(req: WebhookRequest): string {
  return req.method === 'POST' ? 'POST' : (req.method ?? 'POST').toUpperCase();
}

/**
 * A header as it came, all of them where it came several times. `name` in lower case.
 * Looks at what stands on the wire: node makes its object of all headers only where somebody asks for that, which costs more.
 */
export function headerOf(req: WebhookRequest, name: string): string | readonly string[] | undefined {
  const found: string[] = [];
  // A test's request may have neither.
  const { rawHeaders = [] } = req as { readonly rawHeaders?: readonly string[] };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] as string;
    if (given.length === name.length && given.toLowerCase() === name) found.push(rawHeaders[index + 1] as string);
  }
  if (found.length > 0) return found.length === 1 ? found[0] : found;
  return (req as { readonly headers?: IncomingMessage['headers'] }).headers?.[name];
}

/** The query as it stands in the address, whatever a framework made of it. */
export function queryOf(req: WebhookRequest): URLSearchParams {
  const url = req.url ?? '';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/** The body's bytes, from the stream or from a parser that kept them. */
export function readBody(req: WebhookRequest, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const body = bodyAtHand(req, maxBytes);
    if (body) resolve(body);
    else readStream(req, maxBytes, resolve);
  });
}

/** What is known without reading the stream. */
function bodyAtHand(req: WebhookRequest, maxBytes: number): Body | undefined {
  const kept = keptBytes(req.rawBody) ?? keptBytes(req.body);
  if (kept) return kept.length > maxBytes ? { kind: 'tooLarge' } : { kind: 'bytes', bytes: kept };
  if (wasRead(req)) return { kind: 'parsedAway', value: req.body };
  // Its `close` has been and will not come again.
  if (req.destroyed) return ABORTED;
  return Number(headerOf(req, 'content-length') ?? 0) > maxBytes ? { kind: 'tooLarge' } : undefined;
}

function readStream(req: WebhookRequest, maxBytes: number, settle: (body: Body) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  // Every stream closes in the end: to settle a promise again costs several times what it costs to ask.
  let isSettled = false;
  const end = (body: Body): void => {
    if (isSettled) return;
    isSettled = true;
    settle(body);
  };
  const keep = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
    length += bytes.length;
    if (length <= maxBytes) {
      chunks.push(bytes);
      return;
    }
    chunks.length = 0;
    req.off('data', keep);
    end({ kind: 'tooLarge' });
  };
  const abort = (): void => end(ABORTED);
  req.on('data', keep);
  req.on('end', () => {
    const [only, more] = chunks;
    end({ kind: 'bytes', bytes: only && !more ? only : Buffer.concat(chunks) });
  });
  req.on('error', abort);
  req.on('close', abort);
}

/** A text as JSON with all digits of long ids, or that it is none. */
export function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: parseExactJson(text) };
  } catch {
    return { ok: false };
  }
}

/** A parser read the stream and kept only what it made of it. A test's request may be no stream at all. */
function wasRead(req: WebhookRequest): boolean {
  const stream: { readonly readableDidRead?: boolean; readonly readableEnded?: boolean; readonly on?: unknown } = req;
  if (typeof stream.on !== 'function') return true;
  if (stream.readableDidRead === undefined) return typeof req.body === 'object' && req.body !== null;
  return stream.readableDidRead || stream.readableEnded === true;
}

function keptBytes(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined;
}

function answer(res: WebhookResponse, reply: Reply): void {
  // The application has answered for itself.
  if (res.headersSent === true) return;
  if (typeof res.setHeader === 'function') {
    res.statusCode = reply.status;
    if (reply.body === '') {
      res.end();
      return;
    }
    res.setHeader('content-type', 'text/plain; charset=utf-8');
    if (reply.headers) for (const [name, value] of Object.entries(reply.headers)) res.setHeader(name, value);
    res.end(reply.body);
    return;
  }
  res.status?.(reply.status);
  if (reply.body !== '') res.send?.(reply.body);
  res.end();
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
