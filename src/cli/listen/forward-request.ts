/** Sends a request on as it came, and brings the answer back. */
import type { IncomingMessage } from 'node:http';
import { codeOf } from '../check-bot.js';

/** Longer than Meta waits: the bot's own end of it is to be seen. */
const FORWARD_WITHIN_MS = 20_000;
/** Belong to one connection, not to what is sent over it. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-connection'],
  ...['host', 'content-length', 'content-encoding', 'expect'],
]);

/** Codes of a connection that never was. */
const NO_CONNECTION: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** An answer on its way back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Set if nobody answered: the system's code. */
  readonly unreachable?: string;
  /** Set if no connection was made, so that nothing of the request arrived. */
  readonly neverSent?: boolean;
}

/** Sends the request on. Never rejects: if there is no answer, the answer is a proxy's 502. */
export async function forwardRequest(request: IncomingMessage, bytes: Buffer, target: URL): Promise<Answer> {
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
    return {
      status: 502,
      headers: {},
      body: Buffer.from(`${target.host} cannot be reached.`),
      unreachable,
      neverSent: NO_CONNECTION.has(unreachable),
    };
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

/** The parameters of a request. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}
