/**
 * The people on the pretend platform: a customer with a telephone, VCC Live's agent, somebody in the Page Inbox.
 *
 * Exists so that tests and pages speak in sentences. Agents act through Graph's own edges, as VCC Live's app would.
 */
import type { GraphEdges } from './graph-edges.js';
import { SimulatedRefusalError, type GraphErrorAnswer } from './simulator-errors.js';
import type {
  ConnectedApp,
  ConversationEntry,
  CustomerAct,
  MessengerPlatform,
  Page,
  ReceivedEvent,
  Thread,
} from './messenger-platform.js';
import type { Wire } from './wire.js';
import { AgentExpectations, CustomerExpectations } from './expectations.js';
import { graphTarget } from './graph-edges.js';
import type { ChangedTicket, ClosedChat, VccLiveWebhooks } from './vcc-live-webhooks.js';
import type { WebhookAnswer } from './webhook-delivery.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';

/** What people act upon. */
export interface Stage {
  readonly platform: MessengerPlatform;
  readonly edges: GraphEdges;
  readonly wire: Wire;
  readonly vccLiveWebhooks: VccLiveWebhooks;
  /** Resolves when no webhook is under way. */
  readonly settled: () => Promise<void>;
  /** Messages that expectations have used up. */
  readonly heard: WeakSet<ConversationEntry>;
}

/** Something a customer sends beside text. */
export interface SimulatedAttachment {
  readonly type: 'image' | 'audio' | 'video' | 'file' | 'location' | 'fallback';
  /** Default: an example address. Ignored for locations. */
  readonly url?: string;
  /** Locations. Default: somewhere in Budapest. */
  readonly coordinates?: { readonly lat: number; readonly long: number };
}

/** A thread on an agent's desk. */
export interface QueuedThread {
  readonly psid: string;
  /** The metadata that came with the thread. */
  readonly metadata?: string;
  /** When VCC Live's control ends, milliseconds. */
  readonly expiresAtMs: number;
}

/** A customer of one Page. Each act resolves when the webhooks it caused were delivered, or given up for now. */
export class SimulatedCustomer {
  readonly psid: string;
  readonly pageId: string;
  /** What a test expects this customer to hear: `await customer.expects.answer(/hello/i)`. */
  readonly expects: CustomerExpectations;
  readonly #stage: Stage;
  readonly #page: Page;
  readonly #thread: Thread;

  /** @internal The simulator makes these. */
  constructor(stage: Stage, page: Page, psid: string) {
    this.psid = psid;
    this.pageId = page.pageId;
    this.#stage = stage;
    this.#page = page;
    this.#thread = stage.platform.threadOf(page, psid);
    const { wire, settled, heard } = stage;
    this.expects = new CustomerExpectations({ psid, wire, settled, heard, inbox: () => this.inbox() });
  }

  /** Writes. Resolves with the message id. */
  says(text: string): Promise<string> {
    return this.#writes({ text });
  }

  /** Taps a quick reply. */
  taps(title: string, payload: string): Promise<string> {
    return this.#writes({ text: title, quick_reply: { payload } });
  }

  /** Sends a picture, a file, a place. */
  sends(attachment: SimulatedAttachment): Promise<string> {
    const {
      type,
      url = `https://cdn.example.test/v/${type}`,
      coordinates = { lat: 47.4979, long: 19.0402 },
    } = attachment;
    const sent =
      type === 'location' ? { type, title: 'Pinned location', payload: { coordinates } } : { type, payload: { url } };
    return this.#writes({ attachments: [sent] });
  }

  /** Presses a button. Its sender and title are those of the button with that payload, where an app has sent one. */
  async presses(payload: string, title?: string): Promise<string> {
    const mid = this.#stage.platform.newMid();
    const button = this.#thread.buttons.get(payload);
    const label = title ?? button?.title ?? payload;
    await this.#acts({
      kind: 'postback',
      content: { postback: { mid, title: label, payload } },
      wakes: true,
      buttonAppId: button?.appId,
      shows: { mid, text: label, message: { text: label } },
    });
    return mid;
  }

  /** Reads everything so far. */
  reads(): Promise<void> {
    const watermark = this.#stage.platform.platformNow();
    return this.#acts({ kind: 'read', content: { read: { watermark } }, wakes: false });
  }

  /** Reacts to a message. */
  reacts(mid: string, action: 'react' | 'unreact' = 'react'): Promise<void> {
    const reaction = { reaction: 'love', emoji: '\u2764\ufe0f', action, mid };
    return this.#acts({ kind: 'reaction', content: { reaction }, wakes: false });
  }

  /** Removes a message of theirs. */
  unsends(mid: string): Promise<void> {
    return this.#acts({ kind: 'message', content: { message: { mid, is_deleted: true } }, wakes: false });
  }

  /** Comes (again) by an m.me link. */
  follows(ref: string): Promise<void> {
    const referral = { ref, source: 'SHORTLINK', type: 'OPEN_THREAD' };
    return this.#acts({ kind: 'referral', content: { referral }, wakes: true });
  }

  /** What came to them: messages, typing and seen marks of everybody else, oldest first. */
  inbox(): ConversationEntry[] {
    return this.#thread.conversation.filter((entry) => entry.from !== 'customer');
  }

  /**
   * Ticks the box of the checkbox plugin on a web page. The bot may answer to this `user_ref`; the customer's next message
   * has it as its `prior_message`.
   */
  optsIn(userRef: string, ref = 'checkbox'): Promise<void> {
    return this.#stage.platform.optsIn(this.#page, this.#thread, userRef, ref);
  }

  /** The whole conversation, their own messages included, oldest first. */
  conversation(): ConversationEntry[] {
    return [...this.#thread.conversation];
  }

  /** The texts that came to them, oldest first. */
  hears(): string[] {
    return this.inbox().flatMap((entry) => (entry.text === undefined ? [] : [entry.text]));
  }

  async #writes(content: JsonObject): Promise<string> {
    const mid = this.#stage.platform.newMid();
    const text = typeof content['text'] === 'string' ? { text: content['text'] } : {};
    const { optedInBy } = this.#thread;
    delete this.#thread.optedInBy;
    const prior =
      optedInBy === undefined ? {} : { prior_message: { source: 'checkbox_plugin', identifier: optedInBy } };
    await this.#acts({
      kind: 'message',
      content: { message: { mid, ...content }, ...prior },
      wakes: true,
      shows: { mid, ...text, message: content },
    });
    return mid;
  }

  #acts(act: CustomerAct): Promise<void> {
    return this.#stage.platform.customerActs(this.#page, this.#thread, act);
  }
}

/**
 * VCC Live's desk on one Page. Each act resolves when no webhook is under way any more.
 * Acts that the platform refuses reject with {@link SimulatedRefusalError}.
 */
export class SimulatedAgent {
  /** What a test expects on this desk: `await agent.expects.thread(psid, { metadata: /asked/ })`. */
  readonly expects: AgentExpectations<QueuedThread>;
  readonly #stage: Stage;
  readonly #page: Page;
  readonly #app: ConnectedApp;

  /** @internal The simulator makes these. */
  constructor(stage: Stage, page: Page, app: ConnectedApp) {
    this.#stage = stage;
    this.#page = page;
    this.#app = app;
    this.expects = new AgentExpectations({ wire: stage.wire, settled: stage.settled, queue: () => this.queue() });
  }

  /** The threads that VCC Live owns. */
  queue(): QueuedThread[] {
    const queued: QueuedThread[] = [];
    for (const thread of this.#page.threads.values()) {
      const { ownerAppId, expiresAtMs, metadata } = this.#stage.platform.truthOf(thread);
      if (ownerAppId !== this.#app.appId || expiresAtMs === undefined) continue;
      queued.push({ psid: thread.psid, expiresAtMs, ...(metadata === undefined ? {} : { metadata }) });
    }
    return queued;
  }

  /** Writes to a customer. `humanAgent`: with the tag that is allowed for seven days. Resolves with the message id. */
  async says(psid: string, text: string, how: { readonly humanAgent?: boolean } = {}): Promise<string> {
    const tag = how.humanAgent === true ? { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' } : {};
    const answer = await this.#calls('messages', { recipient: { id: psid }, message: { text }, ...tag });
    return isJsonObject(answer) ? String(answer['message_id']) : '';
  }

  /** Sends any body to the Send API: templates, buttons, inline thread control. */
  async sends(psid: string, body: JsonObject): Promise<void> {
    await this.#calls('messages', { recipient: { id: psid }, ...body });
  }

  /** Passes the thread to the bot. */
  async handsBack(psid: string, metadata?: string): Promise<void> {
    await this.passesTo(psid, this.#page.defaultAppId, metadata);
  }

  /** Passes the thread to any app. */
  async passesTo(psid: string, appId: string, metadata?: string): Promise<void> {
    await this.#calls('pass_thread_control', { recipient: { id: psid }, target_app_id: appId, ...optional(metadata) });
  }

  /** Releases the thread. Nobody is told. */
  async releases(psid: string): Promise<void> {
    await this.#calls('release_thread_control', { recipient: { id: psid } });
  }

  /** Takes the thread. */
  async takes(psid: string, metadata?: string): Promise<void> {
    await this.#calls('take_thread_control', { recipient: { id: psid }, ...optional(metadata) });
  }

  /** Asks the owner for the thread. */
  async requests(psid: string, metadata?: string): Promise<void> {
    await this.#calls('request_thread_control', { recipient: { id: psid }, ...optional(metadata) });
  }

  /** Keeps control for longer, at most seven days. */
  async extends(psid: string, durationS: number): Promise<void> {
    await this.#calls('extend_thread_control', { recipient: { id: psid }, duration: durationS });
  }

  /**
   * Closes the chat at VCC Live's desk, which sends Chat (Async). Control of the thread stays where it is: whether VCC Live
   * hands it back then is not published, so `handsBack` and `releases` are acts of their own. Resolves with the bot's answer.
   * @throws {@link SimulatorStateError} where `simulator.connectVccLive` was not called; rejects where nothing answers
   */
  async closesChat(psid: string, how: ClosedChat = {}): Promise<WebhookAnswer> {
    const thread = this.#stage.platform.threadOf(this.#page, psid);
    const answer = await this.#stage.vccLiveWebhooks.chatClosed(this.#page, thread, how);
    await this.#stage.settled();
    return answer;
  }

  /** Changes the ticket of the thread, which sends Ticket Status (Async). As {@link closesChat} in all else. */
  async changesTicket(psid: string, how: ChangedTicket): Promise<WebhookAnswer> {
    const thread = this.#stage.platform.threadOf(this.#page, psid);
    const answer = await this.#stage.vccLiveWebhooks.ticketChanged(this.#page, thread, how);
    await this.#stage.settled();
    return answer;
  }

  /** What VCC Live's app received of a thread, oldest first. */
  sees(psid: string): ReceivedEvent[] {
    return this.#app.received.filter((event) => event.psid === psid);
  }

  async #calls(edge: string, params: JsonObject): Promise<unknown> {
    const path = `/me/${edge}`;
    const head = { appId: this.#app.appId, appName: this.#app.name, pageId: this.#page.pageId };
    const seq = this.#stage.wire.write({
      kind: 'graph',
      ...head,
      method: 'POST',
      path,
      edge: graphTarget(path).name,
      query: {},
      body: params,
      outcome: 'pending',
      refused: false,
      done: false,
    });
    const caller = { page: this.#page, app: this.#app };
    const { status, body } = this.#stage.edges.answerTo(caller, { method: 'POST', path, params, token: undefined });
    const refused = status !== 200;
    this.#stage.wire.end(seq, { outcome: 'answered', status, answer: body, refused, done: !refused });
    if (refused) throw new SimulatedRefusalError(edge, body as GraphErrorAnswer);
    await this.#stage.settled();
    return body;
  }
}

/** Somebody who answers in the Page Inbox. Each act resolves when no webhook is under way any more. */
export class SimulatedPageInbox {
  readonly #stage: Stage;
  readonly #page: Page;
  readonly #app: ConnectedApp;

  /** @internal The simulator makes these. */
  constructor(stage: Stage, page: Page, app: ConnectedApp) {
    this.#stage = stage;
    this.#page = page;
    this.#app = app;
  }

  /** Answers; the inbox takes control by itself. Resolves with the message id. */
  async replies(psid: string, text: string): Promise<string> {
    const mid = this.#stage.platform.inboxWrites(this.#page, this.#threadOf(psid), this.#app.appId, text);
    await this.#stage.settled();
    return mid;
  }

  /** Moves the conversation to the main folder; the inbox takes control by itself. */
  async movesToMain(psid: string): Promise<void> {
    this.#stage.platform.inboxTakes(this.#page, this.#threadOf(psid), this.#app.appId);
    await this.#stage.settled();
  }

  /** Marks the conversation as done: the thread goes to the default application. Nothing where another app owns it. */
  async marksDone(psid: string): Promise<void> {
    const { platform } = this.#stage;
    platform.pass(this.#page, this.#threadOf(psid), this.#app.appId, this.#page.defaultAppId);
    await this.#stage.settled();
  }

  /** What the inbox' app received of a thread, oldest first. */
  sees(psid: string): ReceivedEvent[] {
    return this.#app.received.filter((event) => event.psid === psid);
  }

  #threadOf(psid: string): Thread {
    return this.#stage.platform.threadOf(this.#page, psid);
  }
}

function optional(metadata: string | undefined): JsonObject {
  return metadata === undefined ? {} : { metadata };
}
