/**
 * Two repairs of Botkit's web server: the webhook's bytes are kept as they came, and Meta's verification is answered with
 * 403 where the token is wrong.
 *
 * Botkit keeps the body as a string, chunk by chunk, which damages every character that lies across two chunks, so that
 * the signature of a genuine delivery does not fit; and the stock adapter answers a wrong verify token with 200.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:http';

/** Answers one request. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** What express keeps of a route. */
interface Layer {
  readonly route?: { readonly path?: unknown; readonly methods?: Readonly<Record<string, unknown>> };
}

/**
 * Makes `req.rawBody` of the webhook's requests the bytes as they came, whatever is assigned to it.
 * @param server Botkit's own; anything else is left alone
 * @param maxBytes no more than this, and the chunk that goes beyond it, is kept
 */
export function keepBytes(server: unknown, path: string, maxBytes: number): void {
  if (!(server instanceof Server)) return;
  // Before express, and so before Botkit reads the body.
  server.prependListener('request', (req: IncomingMessage) => {
    if (req.method !== 'POST' || pathOf(req) !== path) return;
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      if (length <= maxBytes) chunks.push(chunk);
      length += chunk.length;
    });
    Object.defineProperty(req, 'rawBody', {
      configurable: true,
      enumerable: true,
      get: () => Buffer.concat(chunks),
      set: () => undefined,
    });
  });
}

/**
 * Answers `GET path` before the route that the stock adapter has made for it.
 * @param webserver an application or router of express; anything else is left alone
 */
export function answerChallengeFirst(webserver: unknown, path: string, answer: RequestHandler): void {
  const stack = stackOf(webserver);
  if (!stack) return;
  (webserver as { get(path: string, handler: RequestHandler): unknown }).get(path, answer);
  const mine = stack.pop();
  const stock = stack.findIndex(({ route }) => route?.path === path && route.methods?.['get'] === true);
  if (mine) stack.splice(stock < 0 ? stack.length : stock, 0, mine);
}

/** Express 4 has `_router`, and throws on `router`; express 5 has `router`; a router has the stack itself. */
function stackOf(webserver: unknown): Layer[] | undefined {
  if (typeof webserver !== 'function') return undefined;
  const own = webserver as { readonly stack?: unknown; readonly _router?: unknown; readonly router?: unknown };
  if (Array.isArray(own.stack)) return own.stack as Layer[];
  const router = own._router === undefined ? own.router : own._router;
  const { stack } = (router ?? {}) as { readonly stack?: unknown };
  return Array.isArray(stack) ? (stack as Layer[]) : undefined;
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? '').split('?', 1)[0] ?? '';
}
