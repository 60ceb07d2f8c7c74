/**
 * A simulated Azure Bot Service with its Facebook channel: Meta's webhooks become activities for the bot's messaging endpoint,
 * and what the bot posts to the connector goes to Meta. Everything by HTTP.
 *
 * It checks no token and sends none: the bot must run without a Microsoft app id.
 * @see https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fieldOf, isRecord, itemsOf, stringOf } from '../../thread/read-unknown.js';
import { verifySignature } from '../../webhook/signature.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { JsonObject } from '../webhook-items.js';
import { AzureActivities, messengerBodyOf, USUAL_HABITS, type AzureHabits } from './azure-activities.js';

/** What the bot asked of the connector. */
export interface ConnectorCall {
  readonly method: string;
  readonly conversationId: string;
  readonly activityId?: string;
  readonly activity?: unknown;
}

/** An activity that went to the bot, and the answer. */
export interface DeliveredActivity {
  readonly activity: JsonObject;
  /** The HTTP status; `undefined` if the bot gave no answer. */
  readonly status: number | undefined;
  readonly body: unknown;
}

/** A message that Meta refused. */
export interface RefusedActivity {
  readonly activity: unknown;
  readonly error: { readonly message: string };
}

const CONVERSATION = /^\/v3\/conversations(?:\/([^/]+)(?:\/activities(?:\/([^/]+))?)?)?$/;
/** The channel's path that Meta calls. */
const FACEBOOK_PATH = '/facebook';
/** Azure waits 15 seconds for a bot. */
const BOT_ANSWERS_WITHIN_MS = 15_000;
/** What is remembered of the past, of each kind. */
const MOST_REMEMBERED = 10_000;

/** The channel of one bot. */
export class AzureChannel {
  /** What the bot asked of the connector, in order. */
  readonly calls: ConnectorCall[] = [];
  /** What went to the bot, in order. */
  readonly delivered: DeliveredActivity[] = [];
  /** What Meta refused. */
  readonly refusedByMeta: RefusedActivity[] = [];
  readonly habits: AzureHabits;
  readonly activities: AzureActivities;
  readonly #simulator: MessengerSimulator;
  readonly #server: Server;
  readonly #listeners = new Set<(delivered: DeliveredActivity) => void>();
  #waiting: (() => Promise<unknown>)[] = [];
  #botUrl = '';
  #accepted = 0;

  private constructor(simulator: MessengerSimulator, habits: Partial<AzureHabits>) {
    this.#simulator = simulator;
    this.habits = { ...USUAL_HABITS, ...habits };
    this.activities = new AzureActivities(
      this.habits,
      () => this.serviceUrl,
      () => simulator.clock.now(),
    );
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => answer(response, 500, undefined));
    });
  }

  /** Opens a channel on a free port of this machine. The simulator then delivers its webhooks to the channel. */
  static async open(simulator: MessengerSimulator, habits: Partial<AzureHabits> = {}): Promise<AzureChannel> {
    const channel = new AzureChannel(simulator, habits);
    await new Promise<void>((resolve, reject) => {
      channel.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    simulator.connectBot(`${channel.serviceUrl}${FACEBOOK_PATH}`);
    return channel;
  }

  /** Names the bot's messaging endpoint. */
  connect(botUrl: string): void {
    this.#botUrl = botUrl;
  }

  /** Where the bot posts its activities. */
  get serviceUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The texts that the bot gave to the connector, whatever became of them. */
  get texts(): string[] {
    return this.calls.map(({ activity }) => stringOf(fieldOf(activity, 'text')) ?? '').filter((text) => text !== '');
  }

  /** Hears of each activity that went to the bot. @returns how to stop */
  onDelivered(listener: (delivered: DeliveredActivity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives Meta what the connector has accepted and not sent on. */
  async flush(): Promise<void> {
    for (const send of this.#waiting.splice(0)) await send();
    await this.#simulator.settled();
  }

  /** Posts an activity to the bot. Never rejects. */
  async deliver(activity: JsonObject): Promise<DeliveredActivity> {
    const delivered: DeliveredActivity = { activity, ...(await this.#post(activity)) };
    remember(this.delivered, delivered);
    for (const listener of this.#listeners) listener(delivered);
    return delivered;
  }

  /** Ends the server and its connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #post(activity: JsonObject): Promise<Pick<DeliveredActivity, 'status' | 'body'>> {
    try {
      const response = await fetch(this.#botUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(activity),
        redirect: 'manual',
        signal: AbortSignal.timeout(BOT_ANSWERS_WITHIN_MS),
      });
      return { status: response.status, body: parsed(await response.text()) };
    } catch {
      return { status: undefined, body: undefined };
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.serviceUrl);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (url.pathname === FACEBOOK_PATH) return this.#receive(request, response, url, body);
    const [matched, conversationId, activityId] = CONVERSATION.exec(url.pathname) ?? [];
    if (matched === undefined) {
      answer(response, 404, { error: { code: 'NotFound', message: url.pathname } });
      return;
    }
    const activity = parsed(body.toString('utf8'));
    if (conversationId === undefined) {
      const [member] = itemsOf(fieldOf(activity, 'members'));
      const bot = stringOf(fieldOf(fieldOf(activity, 'bot'), 'id')) ?? '';
      answer(response, 201, { id: `${stringOf(fieldOf(member, 'id')) ?? ''}-${bot}` });
      return;
    }
    const call: ConnectorCall = {
      method: request.method ?? '',
      conversationId: decodeURIComponent(conversationId),
      ...(activityId === undefined ? {} : { activityId }),
      ...(activity === undefined ? {} : { activity }),
    };
    return this.#connect(call, response);
  }

  /** Meta delivers. */
  async #receive(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): Promise<void> {
    if (request.method === 'GET') {
      response.end(url.searchParams.get('hub.challenge'));
      return;
    }
    const signature = request.headers['x-hub-signature-256'];
    const { appSecret } = this.#simulator.settings;
    if (!verifySignature(body, typeof signature === 'string' ? signature : undefined, appSecret).valid) {
      answer(response, 401, {});
      return;
    }
    for (const entry of itemsOf(fieldOf(parsed(body.toString('utf8')), 'entry'))) {
      for (const item of itemsOf(fieldOf(entry, 'messaging'))) {
        if (isRecord(item)) await this.deliver(this.activities.activityOf(item));
      }
      const standby = itemsOf(fieldOf(entry, 'standby'));
      const [id, time] = [stringOf(fieldOf(entry, 'id')) ?? '', Number(fieldOf(entry, 'time'))];
      if (standby.length > 0) await this.deliver(this.activities.standbyEvent({ id, time, standby }));
    }
    // The channel has taken the delivery over from Meta, whatever the bot makes of it.
    answer(response, 200, {});
  }

  /** The bot sends, updates, deletes. */
  async #connect(call: ConnectorCall, response: ServerResponse): Promise<void> {
    remember(this.calls, call);
    if (call.method !== 'POST') {
      answer(response, 200, {});
      return;
    }
    this.#accepted += 1;
    const accepted = { id: `connector-${this.#accepted}` };
    if (this.habits.accepts === 'beforeMeta') {
      this.#waiting.push(() => this.#toMeta(call));
      answer(response, 201, accepted);
      return;
    }
    const refusal = await this.#toMeta(call);
    if (refusal === undefined || this.habits.refusals === 'swallowed') {
      answer(response, 201, accepted);
      return;
    }
    if (this.habits.refusals === 'stripped') {
      answer(response, 403, undefined);
      return;
    }
    answer(response, 400, { error: { code: 'ServiceError', message: refusal.message } });
  }

  /** Sends by Graph, as the channel's Facebook app, which is the bot's. Resolves with Meta's refusal, if there is one. */
  async #toMeta({ conversationId, activity }: ConnectorCall): Promise<RefusedActivity['error'] | undefined> {
    const body = messengerBodyOf(activity);
    if (body === undefined) return undefined;
    const [psid = '', pageId = ''] = conversationId.split('-');
    const { settings } = this.#simulator;
    const token = settings.pages.find((page) => page.pageId === pageId)?.pageAccessToken ?? '';
    const proof = createHmac('sha256', settings.appSecret).update(token).digest('hex');
    const path = `/${settings.apiVersion}/me/messages?appsecret_proof=${proof}`;
    const response = await fetch(`${this.#simulator.graphBaseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ recipient: { id: psid }, ...body }),
    });
    const error = fieldOf(parsed(await response.text()), 'error');
    if (error === undefined) return undefined;
    const refusal = {
      message: stringOf(fieldOf(error, 'message')) ?? 'Meta refused the message.',
      ...(isRecord(error) ? error : {}),
    };
    remember(this.refusedByMeta, { activity, error: refusal });
    return refusal;
  }
}

function remember<T>(past: T[], entry: T): void {
  past.push(entry);
  if (past.length > MOST_REMEMBERED) past.shift();
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: object | undefined): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
