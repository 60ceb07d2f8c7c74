/**
 * Repairs of Botkit's web server: the webhook's bytes are kept as they came, and Meta's verification is answered with
 * 403 if the token is wrong. And its bodies get the limits that all others have.
 *
 * Botkit keeps the body as a string, chunk by chunk, which damages every character that lies across two chunks, so that
 * the signature of a genuine delivery does not fit; and the stock adapter answers a wrong verify token with 200.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:http';
import type { BodyLimits, BodyReading } from '../webhook/read-body.js';
import { readStream } from '../webhook/read-body.js';
import type { AnswerDeps } from '../webhook/http-request.js';
import { answerRequest, refuseBody } from '../webhook/http-request.js';

/** Answers one request. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** What express keeps of a route. */
interface Layer {
  readonly route?: { readonly path?: unknown; readonly methods?: Readonly<Record<string, unknown>> };
}

/**
 * Makes `req.rawBody` of the webhook's requests the bytes as they came, whatever is assigned to it; empty until they have
 * all come. A body beyond the limits is answered here: Botkit's own parser knows no time limit.
 * @param server Botkit's own; anything else is left alone
 */
export function keepBytes(server: unknown, path: string, limits: BodyLimits, deps: AnswerDeps): void {
  if (!(server instanceof Server)) return;
  // Before express, and so before Botkit reads the body.
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    if (req.method !== 'POST' || pathOf(req) !== path) return;
    let reading: BodyReading | undefined;
    Object.defineProperty(req, 'rawBody', {
      configurable: true,
      enumerable: true,
      get: () => rawBodyOf(reading, limits),
      set: () => undefined,
    });
    readStream(req, Number(req.headers['content-length'] ?? NaN), limits, (settled) => {
      reading = settled;
      if (settled.kind === 'bytes' || settled.kind === 'aborted') return;
      void answerRequest(req, res, deps, () => Promise.resolve(refuseBody(settled, limits, deps)));
    });
  });
}

/** Botkit adds each piece to it, so it costs nothing while pieces come. */
function rawBodyOf(reading: BodyReading | undefined, { maxBytes }: BodyLimits): Buffer | string {
  if (reading?.kind === 'bytes') return reading.bytes;
  // What stands for a body that is too large is too large: whoever verifies it must not take it for an empty one.
  return reading?.kind === 'tooLarge' ? Buffer.alloc(maxBytes + 1) : '';
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
