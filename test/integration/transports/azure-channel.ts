/**
 * A pretend Facebook channel of Azure Bot Service: Meta's webhooks become activities for the bot, and what the bot posts
 * to `serviceUrl` goes to Meta. Everything by HTTP on the loopback address.
 *
 * Exists so that whole stories of the pretend platform run on that transport. The forms are those that were seen of the
 * real channel: standby, pass, take and request of control each arrive differently, some of them without conversation.
 * @see https://github.com/BotBuilderCommunity/botbuilder-community-dotnet/pull/7
 * @see https://github.com/microsoft/BotFramework-BlogSamples/tree/master/blog-samples/CSharp/FacebookHandover
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';

/** Where a standby event has its items; both shapes of `value` are in public code. */
export type StandbyForm = 'array' | 'standby' | 'standBy' | 'channelData' | 'everywhere';

/** What the channel is not known to do in one way only. */
export interface ChannelHabits {
  /** Default `array`. */
  standby: StandbyForm;
  /** Default `event`, with the payload in `value`; otherwise a message, with the payload in `channelData`. */
  echoes: 'event' | 'message';
  /** Whether the connector answers the bot after it has asked Meta (default), or before; then {@link AzureChannel.flush}. */
  accepts: 'afterMeta' | 'beforeMeta';
  /** What the bot is told, with `afterMeta`, of what Meta refuses: Meta's words, 403 without any, or that all is well. */
  refusals: 'relayed' | 'stripped' | 'swallowed';
}

/** What the bot asked of the connector. */
export interface ConnectorCall {
  readonly method: string;
  readonly conversationId: string;
  readonly activityId?: string;
  readonly activity?: any;
}

/** An activity that went to the bot, and the answer. */
export interface DeliveredActivity {
  readonly activity: any;
  readonly status: number;
  readonly body: any;
}

const CONVERSATION = /^\/v3\/conversations(?:\/([^/]+)(?:\/activities(?:\/([^/]+))?)?)?$/;

/** The channel of one bot. */
export class AzureChannel {
  readonly habits: ChannelHabits;
  /** What the bot asked of the connector, in order. */
  readonly calls: ConnectorCall[] = [];
  /** What went to the bot, in order. */
  readonly delivered: DeliveredActivity[] = [];
  /** What Meta refused. */
  readonly refusedByMeta: any[] = [];
  readonly #sim: MessengerSimulator;
  readonly #server: Server;
  #waiting: (() => Promise<unknown>)[] = [];
  #botUrl = '';
  #ids = 0;

  private constructor(sim: MessengerSimulator, habits: Partial<ChannelHabits>) {
    this.#sim = sim;
    this.habits = { standby: 'array', echoes: 'event', accepts: 'afterMeta', refusals: 'relayed', ...habits };
    this.#server = createServer((req, res) => void this.#serve(req, res));
  }

  /** Opens a channel, which the platform then knows as the bot's webhook. */
  static async open(sim: MessengerSimulator, habits: Partial<ChannelHabits> = {}): Promise<AzureChannel> {
    const channel = new AzureChannel(sim, habits);
    await new Promise<void>((resolve) => channel.#server.listen(0, '127.0.0.1', resolve));
    sim.connectBot(`${channel.serviceUrl}/facebook`);
    return channel;
  }

  /** Where the bot has its messaging endpoint. */
  connect(botUrl: string): void {
    this.#botUrl = botUrl;
  }

  /** What the bot is told to post to. */
  get serviceUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The texts that the bot gave to the connector, whatever became of them. */
  get texts(): string[] {
    return this.calls.map(({ activity }) => activity?.text).filter(Boolean);
  }

  /** Gives Meta what the connector accepted and has not sent on. */
  async flush(): Promise<void> {
    for (const send of this.#waiting.splice(0)) await send();
    await this.#sim.settled();
  }

  /** Posts an activity to the bot. */
  async deliver(activity: object): Promise<DeliveredActivity> {
    const response = await fetch(this.#botUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    const text = await response.text();
    const delivered = {
      activity,
      status: response.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    this.delivered.push(delivered);
    return delivered;
  }

  /** What every activity has that belongs to a conversation. */
  addressed(pageId: string, psid: string, fields: object): object {
    return {
      ...this.bare({}),
      conversation: { id: `${psid}-${pageId}`, isGroup: false },
      from: { id: psid, name: 'A Customer' },
      recipient: { id: pageId, name: 'A Page' },
      ...fields,
    };
  }

  /** An activity without conversation, from and recipient. */
  bare(fields: object): object {
    this.#ids += 1;
    return {
      channelId: 'facebook',
      id: `activity-${this.#ids}`,
      timestamp: new Date(this.#sim.clock.now()).toISOString(),
      serviceUrl: this.serviceUrl,
      ...fields,
    };
  }

  /** A standby event of these items in the channel's form of it. */
  standbyEvent(entry: { readonly id: string; readonly time: number; readonly standby: readonly object[] }): object {
    const { id, time, standby } = entry;
    const event = { type: 'event', name: 'standby' };
    switch (this.habits.standby) {
      case 'array':
        return this.bare({ ...event, value: standby, channelData: { id, time } });
      case 'standby':
        return this.bare({ ...event, value: { id, time, standby } });
      case 'standBy':
        return this.bare({ ...event, value: { id, time, standBy: standby } });
      case 'channelData':
        return this.bare({ ...event, channelData: entry });
      case 'everywhere':
        return this.bare({ ...event, value: standby, channelData: entry });
    }
  }

  /** What the channel makes of one item of `messaging[]`. */
  activityOf(item: any): object {
    const { sender, recipient } = item;
    if (item.request_thread_control) return this.bare({ type: 'event', name: 'request_thread_control', value: item });
    if (item.app_roles || item.policy_enforcement) return this.bare({ type: 'event', value: item });
    if (item.pass_thread_control || item.take_thread_control) {
      return this.addressed(recipient.id, sender.id, { type: 'conversationUpdate', channelData: item });
    }
    if (item.message?.is_echo) {
      const page = { from: { id: sender.id }, recipient: { id: recipient.id } };
      const form =
        this.habits.echoes === 'event'
          ? { type: 'event', value: item }
          : { type: 'message', text: item.message.text, channelData: item };
      return { ...this.addressed(sender.id, recipient.id, form), ...page };
    }
    if (item.message) {
      const { text, attachments } = item.message;
      return this.addressed(recipient.id, sender.id, {
        type: 'message',
        ...(text === undefined ? {} : { text }),
        ...(attachments === undefined ? {} : { attachments: [{ contentType: 'image/*', contentUrl: 'about:blank' }] }),
        channelData: item,
      });
    }
    if (item.postback) {
      return this.addressed(recipient.id, sender.id, {
        type: 'message',
        text: item.postback.payload,
        channelData: item,
      });
    }
    return this.addressed(recipient.id, sender.id, { type: 'event', value: item });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', this.serviceUrl);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (url.pathname === '/facebook') return this.#receive(req, res, url, body);
    const [matched, conversationId, activityId] = CONVERSATION.exec(url.pathname) ?? [];
    if (matched === undefined) {
      answer(res, 404, { error: { code: 'NotFound', message: url.pathname } });
      return;
    }
    const activity = body.length === 0 ? undefined : JSON.parse(body.toString('utf8'));
    if (conversationId === undefined) {
      const { members, bot } = activity;
      answer(res, 201, { id: `${members[0].id}-${bot.id}` });
      return;
    }
    return this.#connect(req.method ?? '', res, decodeURIComponent(conversationId), activityId, activity);
  }

  /** Meta delivers. */
  async #receive(req: IncomingMessage, res: ServerResponse, url: URL, body: Buffer): Promise<void> {
    if (req.method === 'GET') {
      res.end(url.searchParams.get('hub.challenge'));
      return;
    }
    const signature = req.headers['x-hub-signature-256'];
    if (!verifySignature(body, signature, this.#sim.settings.appSecret).valid) {
      answer(res, 401, {});
      return;
    }
    const { entry: entries } = JSON.parse(body.toString('utf8'));
    for (const entry of entries) {
      for (const item of entry.messaging ?? []) await this.deliver(this.activityOf(item));
      if (entry.standby) await this.deliver(this.standbyEvent(entry));
    }
    // The channel has what Meta wanted to be rid of, whatever the bot has made of it.
    answer(res, 200, {});
  }

  /** The bot sends, updates, deletes. */
  async #connect(
    method: string,
    res: ServerResponse,
    conversationId: string,
    activityId: string | undefined,
    activity: any,
  ): Promise<void> {
    this.calls.push({
      method,
      conversationId,
      ...(activityId === undefined ? {} : { activityId }),
      ...(activity === undefined ? {} : { activity }),
    });
    if (method !== 'POST') {
      answer(res, 200, {});
      return;
    }
    const [psid = '', pageId = ''] = conversationId.split('-');
    this.#ids += 1;
    const accepted = { id: `connector-${this.#ids}` };
    if (this.habits.accepts === 'beforeMeta') {
      this.#waiting.push(() => this.#toMeta(pageId, psid, activity));
      answer(res, 201, accepted);
      return;
    }
    const refusal = await this.#toMeta(pageId, psid, activity);
    if (refusal === undefined || this.habits.refusals === 'swallowed') {
      answer(res, 201, accepted);
      return;
    }
    if (this.habits.refusals === 'stripped') {
      answer(res, 403, undefined);
      return;
    }
    answer(res, 400, { error: { code: 'ServiceError', message: refusal.message } });
  }

  /** Sends by Graph, as the channel's Facebook app, which is the bot's. Resolves with what Meta refused it with. */
  async #toMeta(pageId: string, psid: string, activity: any): Promise<{ readonly message: string } | undefined> {
    const message = messageOf(activity);
    if (message === undefined) return undefined;
    const { settings } = this.#sim;
    const token = settings.pages.find((page) => page.pageId === pageId)?.pageAccessToken ?? '';
    const proof = createHmac('sha256', settings.appSecret).update(token).digest('hex');
    const response = await fetch(`${this.#sim.graphBaseUrl}/v26.0/me/messages?appsecret_proof=${proof}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ recipient: { id: psid }, ...message }),
    });
    const answered = (await response.json()) as { readonly error?: { readonly message: string } };
    if (answered.error) this.refusedByMeta.push({ activity, error: answered.error });
    return answered.error;
  }
}

function messageOf(activity: any): object | undefined {
  if (activity.type === 'typing') return { sender_action: 'typing_on' };
  if (activity.type !== 'message') return undefined;
  const { quick_replies: quickReplies, ...native } = activity.channelData ?? {};
  const replies = quickReplies ?? activity.suggestedActions?.actions.map(quickReplyOf);
  return {
    messaging_type: 'RESPONSE',
    message: { text: activity.text, ...native, ...(replies === undefined ? {} : { quick_replies: replies }) },
  };
}

function quickReplyOf(action: any): object {
  return { content_type: 'text', title: action.title, payload: action.value };
}

function answer(res: ServerResponse, status: number, body: object | undefined): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(body === undefined ? undefined : JSON.stringify(body));
}
