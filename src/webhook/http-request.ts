/**
 * One HTTP request of restify, express or node:http: its bytes within a limit, its query, its answer.
 *
 * Exists because the routes for Meta and for VCC Live live in the same servers, with and without body parsers.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../thread/clock.js';
import { InvalidOptionError, textOfThrown } from '../thread/errors.js';
import { parseExactJson } from '../thread/exact-json.js';
import type { Logger } from '../thread/logger.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import { checkDuration, namesOf } from '../thread/check-values.js';
import type { BodyLimits, BodyReading } from './read-body.js';
import { bodyLimits, readStream, refusalStatus } from './read-body.js';

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
  | BodyReading
  /** A parser read the stream and kept no bytes; `value` is what it made of them. */
  | { readonly kind: 'parsedAway'; readonly value: unknown }
  /** It is compressed. */
  | { readonly kind: 'encoded' };

/** A body that is refused, whoever sent it. */
export type RefusedBody = Extract<Body, { readonly kind: 'tooLarge' | 'tooSlow' | 'noRoom' | 'encoded' }>;

/** The limits of a route, as options. */
export interface BodyOptions {
  /** A larger body is answered with 413. Bytes. Default 1,048,576 (1 MiB). */
  maxBodyBytes?: number | undefined;
  /**
   * What all bodies that have not ended may hold together; beyond it the largest of them is answered with 503. Bytes.
   * Default 64 MiB.
   */
  maxPendingBodyBytes?: number | undefined;
  /** A body that has not ended by then is answered with 408. Milliseconds. Default 10,000. */
  bodyTimeoutMs?: number | undefined;
}

/** The names of {@link BodyOptions}. */
export const BODY_NAMES = namesOf<BodyOptions>({ maxBodyBytes: true, maxPendingBodyBytes: true, bodyTimeoutMs: true });

/** Dependencies of an answer. */
export interface AnswerDeps {
  readonly log: Logger;
  readonly clock: Clock;
  /** For what anybody can cause. */
  readonly lines: RepeatedLines;
}

/** What is left of a body that was refused is read and dropped for this long, so that the sender gets to the answer. */
const LINGER_MS = 2_000;
/** More than this is not read for it; the connection is broken off. */
const LINGER_BYTES = 16 * 1024 * 1024;

/**
 * Answers a request with what `receive` makes of it, and with 500 if that rejects. Never rejects.
 * @param receive resolves with `undefined` if nobody waits for an answer any more
 */
export async function answerRequest(
  req: WebhookRequest,
  res: WebhookResponse,
  deps: AnswerDeps,
  receive: () => Promise<Reply | undefined>,
): Promise<void> {
  try {
    const reply = await receive();
    if (reply) answer(res, reply);
    if (reply) linger(req, deps.clock);
  } catch (error) {
    deps.lines.say('error', 'failed', `A webhook could not be received: ${textOfThrown(error)}`);
    try {
      answer(res, { status: 500, body: 'Internal error' });
    } catch (second) {
      deps.log.error(`Its 500 could not be sent either: ${textOfThrown(second)}`);
    }
  }
}

/** The method in capitals; POST if a test's request has none. */
export function methodOf(req: WebhookRequest): string {
  return req.method === 'POST' ? 'POST' : (req.method ?? 'POST').toUpperCase();
}

/**
 * A header as it came, all of them if it came several times. `name` in lower case.
 * Reads the raw headers: Node builds its object of all headers only on request, which costs more.
 */
export function headerOf(req: WebhookRequest, name: string): string | readonly string[] | undefined {
  let found: string | string[] | undefined;
  // A test's request may have neither.
  const { rawHeaders = [] } = req as { readonly rawHeaders?: readonly string[] };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] as string;
    if (given.length !== name.length || given.toLowerCase() !== name) continue;
    const value = rawHeaders[index + 1] as string;
    found = found === undefined ? value : [found, value].flat();
  }
  if (found !== undefined) return found;
  return (req as { readonly headers?: IncomingMessage['headers'] }).headers?.[name];
}

/** The query as it stands in the address, whatever a framework made of it. */
export function queryOf(req: WebhookRequest): URLSearchParams {
  const url = req.url ?? '';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/**
 * The limits of a route, checked.
 * @throws {@link InvalidOptionError} naming the option
 */
export function limitsOf(options: BodyOptions, clock: Clock): BodyLimits {
  const { maxBodyBytes, maxPendingBodyBytes, bodyTimeoutMs } = options;
  checkBytes('maxBodyBytes', maxBodyBytes);
  checkBytes('maxPendingBodyBytes', maxPendingBodyBytes);
  checkDuration('bodyTimeoutMs', bodyTimeoutMs);
  const limits = bodyLimits(clock, {
    ...(maxBodyBytes === undefined ? {} : { maxBytes: maxBodyBytes }),
    ...(maxPendingBodyBytes === undefined ? {} : { maxPendingBytes: maxPendingBodyBytes }),
    ...(bodyTimeoutMs === undefined ? {} : { timeoutMs: bodyTimeoutMs }),
  });
  if (maxPendingBodyBytes !== undefined && maxPendingBodyBytes < limits.maxBytes) {
    throw new InvalidOptionError('maxPendingBodyBytes', String(maxPendingBodyBytes), 'at least maxBodyBytes');
  }
  return limits;
}

function checkBytes(option: string, value: unknown): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) return;
  const got = typeof value === 'number' ? String(value) : `of type ${typeof value}`;
  throw new InvalidOptionError(option, got, 'a positive whole number of bytes');
}

/** The body's bytes, from the stream or from a parser that kept them. */
export function readBody(req: WebhookRequest, limits: BodyLimits): Promise<Body> {
  return new Promise((resolve) => {
    const body = bodyAtHand(req, limits.maxBytes);
    if (body) resolve(body);
    else readStream(req, Number(headerOf(req, 'content-length') ?? NaN), limits, resolve);
  });
}

/** The reply to a body that is not read, and one line for the log that says why. */
export function refuseBody(body: RefusedBody, limits: BodyLimits, { lines }: AnswerDeps): Reply {
  if (body.kind === 'encoded') {
    lines.say(
      'warn',
      body.kind,
      'A webhook was refused (415): its body is compressed. Meta and VCC Live compress none.',
    );
    return { status: 415, body: 'Send the body without Content-Encoding' };
  }
  const status = refusalStatus(body.kind);
  const { says, reply } = REFUSALS[body.kind];
  lines.say('warn', body.kind, `A webhook was refused (${status}): ${says(limits)}`);
  return { status, body: reply, headers: HEADERS_OF[status] };
}

const REFUSALS: Readonly<
  Record<
    Exclude<RefusedBody['kind'], 'encoded'>,
    { readonly says: (limits: BodyLimits) => string; readonly reply: string }
  >
> = {
  tooLarge: {
    says: ({ maxBytes }) => `its body has more than ${maxBytes} bytes (maxBodyBytes). Meta's are far smaller.`,
    reply: 'Body too large',
  },
  tooSlow: {
    says: ({ timeoutMs }) =>
      `its body did not end within ${timeoutMs} ms (bodyTimeoutMs). Either the sender stalls, or other code reads the stream.`,
    reply: 'The body took too long',
  },
  noRoom: {
    says: () =>
      'the bodies that have not ended hold too much memory (maxPendingBodyBytes), and this one holds most of it.',
    reply: 'Deliver again later',
  },
};

/** Who stalls is not waited for any longer; who is still sending gets the time to read the answer. */
const HEADERS_OF: Readonly<Record<ReturnType<typeof refusalStatus>, Readonly<Record<string, string>>>> = {
  408: { connection: 'close' },
  413: {},
  503: { 'retry-after': '1' },
};

/** What is known without reading the stream. */
function bodyAtHand(req: WebhookRequest, maxBytes: number): Body | undefined {
  const kept = keptBytes(req.rawBody) ?? keptBytes(req.body);
  if (kept) return kept.length > maxBytes ? { kind: 'tooLarge' } : { kind: 'bytes', bytes: kept };
  if (wasRead(req)) return { kind: 'parsedAway', value: req.body };
  return isEncoded(headerOf(req, 'content-encoding')) ? { kind: 'encoded' } : undefined;
}

function isEncoded(header: string | readonly string[] | undefined): boolean {
  return header !== undefined && !/^(?:\s*identity\s*)?$/i.test(String(header));
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
    res.setHeader('x-content-type-options', 'nosniff');
    if (reply.headers) for (const [name, value] of Object.entries(reply.headers)) res.setHeader(name, value);
    res.end(reply.body);
    return;
  }
  res.status?.(reply.status);
  if (reply.body !== '') res.send?.(reply.body);
  res.end();
}

/** Nobody waits for the rest of a body; closing at once would break the answer off before the sender reads it. */
function linger(req: WebhookRequest, clock: Clock): void {
  const stream: { readonly resume?: unknown; readonly complete?: boolean } = req;
  if (typeof stream.resume !== 'function' || stream.complete === true || req.destroyed) return;
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
