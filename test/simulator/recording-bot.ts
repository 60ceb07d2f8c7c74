/** A bot that only writes down what arrives, and a plain Graph client: what an app would have on its side of the wire. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExactJson } from '../../src/thread/exact-json.js';
import { MessengerSimulator, type SimulatorOptions } from '../../src/simulator/index.js';
import { listenLocally, originOf, stopServer } from '../kit/listening.js';

export interface Delivery {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: any;
}

export class RecordingBot {
  readonly deliveries: Delivery[] = [];
  /** Status to answer with, or `undefined` for no answer at all. May do something before it answers. */
  answer: (delivery: Delivery) => number | undefined | Promise<number | undefined> = () => 200;
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const delivery: Delivery = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        raw,
        body: raw === '' ? undefined : parseExactJson(raw),
      };
      this.deliveries.push(delivery);
      void Promise.resolve(this.answer(delivery)).then((status) => {
        if (status === undefined) return;
        const challenge = new URL(delivery.url, 'http://x').searchParams.get('hub.challenge');
        // Where restify is loaded in the same process, writeHead returns nothing.
        response.statusCode = status;
        response.end(challenge ?? '');
      });
    });
  });

  static async start(): Promise<RecordingBot> {
    const bot = new RecordingBot();
    await listenLocally(bot.#server);
    return bot;
  }

  get url(): string {
    return `${originOf(this.#server)}/api/messages`;
  }

  /** Every item that arrived, with the channel it stood on. */
  get items(): { channel: string; item: any }[] {
    return this.deliveries.flatMap(({ body }) =>
      body.entry.flatMap((entry: any) =>
        ['messaging', 'standby'].flatMap((channel) => (entry[channel] ?? []).map((item: any) => ({ channel, item }))),
      ),
    );
  }

  close(): Promise<void> {
    return stopServer(this.#server);
  }
}

export interface Scene {
  readonly sim: MessengerSimulator;
  readonly bot: RecordingBot;
  /** Calls Graph as the bot's app. */
  readonly call: (
    method: string,
    path: string,
    body?: object,
  ) => Promise<{ status: number; body: any; headers: Headers }>;
  /** Calls Graph as VCC Live's app. */
  readonly vccCalls: (method: string, path: string, body?: object) => Promise<{ status: number; body: any }>;
  readonly end: () => Promise<void>;
}

export const PSID = '6600112233445566';

export async function scene(options: SimulatorOptions = {}): Promise<Scene> {
  const bot = await RecordingBot.start();
  const sim = await MessengerSimulator.start({ clock: 'held', ...options });
  sim.connectBot(bot.url);
  const { pageAccessToken, appSecret, pages } = sim.settings;
  const proof = createHmac('sha256', appSecret).update(pageAccessToken).digest('hex');
  return {
    sim,
    bot,
    call: (method, path, body) =>
      graph(sim, method, withQuery(path, `appsecret_proof=${proof}`), pageAccessToken, body),
    vccCalls: (method, path, body) => graph(sim, method, path, pages[0]!.vccLivePageAccessToken, body),
    end: async () => {
      await sim.stop();
      await bot.close();
    },
  };
}

/** One raw call. */
export async function graph(
  sim: MessengerSimulator,
  method: string,
  path: string,
  token?: string,
  body?: object | string,
): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(`${sim.graphBaseUrl}/v26.0${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
}

/** A payload of test/fixtures/payloads. */
export function fixture(name: string): any {
  return JSON.parse(readFileSync(join(__dirname, '../fixtures/payloads', `${name}.json`), 'utf8'));
}

/** An error without its trace id, which is another each time. */
export function withoutTrace(body: any): unknown {
  const { fbtrace_id: trace, ...error } = body.error;
  return { traced: typeof trace === 'string' && trace.length > 10, error };
}

/** True where a promise rejects, whatever with. */
export async function breaks(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}

function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}
