/** A bot behind a real HTTP server of whatever make, and a client that sends bytes as it likes. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { TurnContext } from 'botbuilder';
import express from 'express';
import * as restify from 'restify';
import type { Logger, ThreadEvent, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { signPayload, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { HandoverFacebookAdapterOptions } from 'botbuilder-handover-vcclive/facebook-adapter';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { listenLocally, stopServer } from '../kit/listening.js';

export const PAGE = '111222333444555';
export const PSID = '6600112233445566';
export const SECRET = 'the app secret of a test';
export const VERIFY_TOKEN = 'the verify token of a test';
/** The simulator's defaults. */
export const BOT_APP = '24012345678901237';
export const VCC_LIVE_APP = '27012345678901239';
/** Nobody listens there: a call to Graph fails at once. */
const NOWHERE = 'http://127.0.0.1:9';

export class LogBook implements Logger {
  readonly lines: string[] = [];
  info = (line: string): void => void this.lines.push(`info ${line}`);
  warn = (line: string): void => void this.lines.push(`warn ${line}`);
  error = (line: string): void => void this.lines.push(`error ${line}`);
}

export interface Bot {
  readonly handover: VccLiveHandover;
  readonly adapter: HandoverFacebookAdapter;
  readonly log: LogBook;
  /** Texts (or types) of the turns that ran, in the order in which they began. */
  readonly turns: string[];
  readonly ignored: { readonly event: ThreadEvent; readonly reason: string }[];
  readonly logic: (context: TurnContext) => Promise<void>;
}

export function newBot(
  given: {
    readonly handover?: Partial<VccLiveHandoverOptions>;
    readonly adapter?: Partial<HandoverFacebookAdapterOptions>;
    readonly logic?: (context: TurnContext) => Promise<void>;
  } = {},
): Bot {
  const log = new LogBook();
  const handover = new VccLiveHandover({
    botAppId: BOT_APP,
    vccLiveAppId: VCC_LIVE_APP,
    pageAccessToken: 'the-token-of-a-test',
    appSecret: SECRET,
    graph: { baseUrl: NOWHERE, maxRetries: 0, timeoutMs: 500 },
    logger: log,
    ...given.handover,
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: VERIFY_TOKEN, ...given.adapter });
  const turns: string[] = [];
  const ignored: { event: ThreadEvent; reason: string }[] = [];
  handover.on('ignored', ({ event, reason }) => ignored.push({ event, reason }));
  const logic = async (context: TurnContext): Promise<void> => {
    const { text, type } = context.activity as { text?: string | null; type: string };
    turns.push(text ?? type);
    await given.logic?.(context);
  };
  return { handover, adapter, log, turns, ignored, logic };
}

export interface Served {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export type HouseOf = (bot: Bot) => Server;

/** Every way to put the adapter behind a server that has to work. */
export const houses: Readonly<Record<string, HouseOf>> = {
  'node:http': (bot) => createServer(listenerOf(bot)),
  'express without a body parser': (bot) => createServer(expressOf(bot)),
  'express with express.json that keeps the bytes': (bot) =>
    createServer(
      expressOf(
        bot,
        express.json({
          verify: (req, _res, bytes) => {
            (req as unknown as { rawBody: Buffer }).rawBody = bytes;
          },
        }),
      ),
    ),
  'express with express.raw': (bot) => createServer(expressOf(bot, express.raw({ type: '*/*' }))),
  'express with express.text': (bot) => createServer(expressOf(bot, express.text({ type: '*/*' }))),
  'restify without a body parser': (bot) => restifyOf(bot),
  'restify with bodyParser': (bot) => restifyOf(bot, restify.plugins.bodyParser()),
  'restify with jsonBodyParser': (bot) => restifyOf(bot, restify.plugins.jsonBodyParser()),
};

export function listenerOf(bot: Bot): RequestListener {
  return (req, res) => void bot.adapter.processActivity(req, res, bot.logic);
}

export function expressOf(bot: Bot, parser?: express.RequestHandler): express.Express {
  const app = express();
  if (parser) app.use(parser);
  app.all('/api/messages', (req, res) => void bot.adapter.processActivity(req, res, bot.logic));
  // Express's own handler writes what a parser throws to the console.
  app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(400).end();
  });
  return app;
}

function restifyOf(bot: Bot, parser?: restify.RequestHandler | restify.RequestHandler[]): Server {
  const server = restify.createServer();
  if (parser) server.use(parser);
  const receive = async (req: restify.Request, res: restify.Response): Promise<void> =>
    bot.adapter.processActivity(req, res, bot.logic);
  for (const method of ['get', 'post', 'put', 'head'] as const) server[method]('/api/messages', receive);
  return server.server;
}

export async function serve(server: Server): Promise<Served> {
  await listenLocally(server);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/api/messages`,
    close: () => stopServer(server),
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Posts as Meta does: signed over the bytes. */
export async function post(
  to: Served,
  body: string | object,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const wanted = { 'content-type': 'application/json', 'x-hub-signature-256': signPayload(text, SECRET), ...headers };
  const given = Object.entries<string | undefined>(wanted).filter((each): each is [string, string] => !!each[1]);
  const response = await fetch(to.url, { method: 'POST', headers: Object.fromEntries(given), body: text });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** Writes a request piece by piece; each piece is a TCP segment of its own. Resolves with all that came back. */
export async function postInPieces(
  to: Served,
  head: Readonly<Record<string, string>>,
  pieces: readonly Buffer[],
): Promise<{ readonly answer: string; readonly ms: number }> {
  const socket = connect({ port: to.port, host: '127.0.0.1', noDelay: true });
  const begun = performance.now();
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  const lines = Object.entries({ Host: 'test', Connection: 'close', 'Content-Type': 'application/json', ...head });
  await write(
    socket,
    Buffer.from(`POST /api/messages HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`),
  );
  for (const piece of pieces) await write(socket, piece);
  await ended;
  return { answer: Buffer.concat(chunks).toString('utf8'), ms: performance.now() - begun };
}

export async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await new Promise<void>((resolve) => setTimeout(resolve, 2));
}

export function chunked(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
}

let count = 0;

/** A customer's message, as an item of `messaging`. */
export function messageItem(text: string, psid = PSID): object {
  count += 1;
  return {
    sender: { id: psid },
    recipient: { id: PAGE },
    timestamp: Date.now(),
    message: { mid: `m_${process.pid}_${count}`, text },
  };
}

export function delivery(...messaging: readonly unknown[]): object {
  return { object: 'page', entry: [{ id: PAGE, time: Date.now(), messaging }] };
}

/** Real time, for what happens in other sockets: looks every few milliseconds, at most two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!holds()) throw new Error('what was waited for did not happen');
}
