/**
 * Stands between Meta and a bot: hands every request on, byte for byte, and tells what went through.
 *
 * Exists because a bot keeps no record of its webhooks, and should not: they hold what customers wrote. A tap needs
 * nothing of the bot, and sees what the bot never got to see, wrong signatures for one.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerChallenge } from '../../webhook/challenge.js';
import { verifySignature } from '../../webhook/signature.js';
import { codeOf } from '../check-bot.js';

/** A delivery that went through. */
export interface TappedDelivery {
  readonly atMs: number;
  readonly body: string;
  /** `unchecked`: the app secret is not known. */
  readonly signature: 'valid' | 'wrong' | 'unchecked';
  /** What Meta was answered. */
  readonly status: number;
  readonly tookMs: number;
  /** Set where the bot could not be reached: the system's code. */
  readonly unreachable?: string;
}

/** How a tap is set up. */
export interface TapOptions {
  readonly port: number;
  readonly host: string;
  /** The bot's webhook. Without it the tap itself answers, and every delivery ends here. */
  readonly forwardTo: string | undefined;
  readonly appSecret: string | undefined;
  readonly verifyToken: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onDelivery: (delivery: TappedDelivery) => void;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** Longer than Meta waits: the bot's own end of it is to be seen. */
const FORWARD_WITHIN_MS = 20_000;
/** Belong to one connection, not to what is sent over it. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-connection'],
  ...['host', 'content-length', 'content-encoding', 'expect'],
]);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly unreachable?: string;
}

/** A listening tap. */
export class WebhookTap {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens. Rejects with the system's error where the port cannot be had. */
  static async start(options: TapOptions): Promise<WebhookTap> {
    const server = createServer((request, response) => {
      passThrough(request, response, options).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new WebhookTap(server);
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Frees the port; breaks what is under way. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function passThrough(request: IncomingMessage, response: ServerResponse, options: TapOptions): Promise<void> {
  const startedMs = performance.now();
  const bytes = await bodyOf(request);
  const { forwardTo } = options;
  const answer = forwardTo === undefined ? answerHere(request, options) : await forward(request, bytes, forwardTo);
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.end(answer.body);
  if (request.method !== 'POST') return;
  options.onDelivery({
    atMs: options.now(),
    body: bytes.toString('utf8'),
    signature: signatureOf(request, bytes, options.appSecret),
    status: answer.status,
    tookMs: Math.round(performance.now() - startedMs),
    ...(answer.unreachable === undefined ? {} : { unreachable: answer.unreachable }),
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new RangeError('The body of a delivery is over 4 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answerHere(request: IncomingMessage, { verifyToken }: TapOptions): Answer {
  const headers = { 'Content-Type': 'text/plain' };
  if (request.method === 'POST') return { status: 200, headers, body: Buffer.from('EVENT_RECEIVED') };
  const { searchParams } = new URL(request.url ?? '/', 'http://tap.invalid');
  const { status, body } = answerChallenge(searchParams, verifyToken ?? '');
  return { status, headers, body: Buffer.from(body) };
}

async function forward(request: IncomingMessage, bytes: Buffer, forwardTo: string): Promise<Answer> {
  const target = new URL(forwardTo);
  const asked = new URL(request.url ?? '/', 'http://tap.invalid');
  for (const [name, value] of asked.searchParams) target.searchParams.append(name, value);
  const method = request.method ?? 'GET';
  try {
    const response = await fetch(target, {
      method,
      headers: endToEnd(Object.entries(request.headers)),
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(bytes) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(FORWARD_WITHIN_MS),
    });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: endToEnd([...response.headers]), body };
  } catch (error) {
    const unreachable = error instanceof Error && error.name === 'TimeoutError' ? 'no answer in 20 s' : codeOf(error);
    // What a proxy answers; Meta delivers again, as it would without the tap.
    return { status: 502, headers: {}, body: Buffer.from('The bot cannot be reached.'), unreachable };
  }
}

function endToEnd(
  headers: readonly (readonly [string, string | readonly string[] | undefined])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    headers
      .filter(([name, value]) => value !== undefined && !HOP_HEADERS.has(name.toLowerCase()))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

function signatureOf(
  request: IncomingMessage,
  bytes: Buffer,
  appSecret: string | undefined,
): TappedDelivery['signature'] {
  if (appSecret === undefined) return 'unchecked';
  const header = request.headers['x-hub-signature-256'];
  return verifySignature(bytes, Array.isArray(header) ? header[0] : header, appSecret).valid ? 'valid' : 'wrong';
}
