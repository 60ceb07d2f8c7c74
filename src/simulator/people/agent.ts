/** VCC Live's agents. They act through Graph's own edges, as VCC Live's app does. */
import { checkFields } from '../../thread/check-values.js';
import { AgentExpectations } from '../expectations.js';
import { graphTarget } from '../graph-edges.js';
import type { ConnectedApp, Page, ReceivedEvent } from '../messenger-platform.js';
import { SimulatedRefusalError, type GraphErrorAnswer } from '../simulator-errors.js';
import type { ChangedTicket, ClosedChat } from '../vcc-live-webhooks.js';
import type { WebhookAnswer } from '../webhook-delivery.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import type { Surroundings } from './surroundings.js';

/** A thread that VCC Live owns. */
export interface QueuedThread {
  readonly psid: string;
  /** The metadata that came with the thread. */
  readonly metadata?: string;
  /** When VCC Live's control ends, milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * VCC Live's agents on one Page. Each act resolves when no webhook is in progress any more.
 * Acts that the platform refuses reject with {@link SimulatedRefusalError}.
 */
export class SimulatedAgent {
  /** What a test expects of these agents: `await agent.expects.thread(psid, { metadata: /asked/ })`. */
  readonly expects: AgentExpectations<QueuedThread>;
  readonly #surroundings: Surroundings;
  readonly #page: Page;
  readonly #app: ConnectedApp;

  /** @internal The simulator makes these. */
  constructor(surroundings: Surroundings, page: Page, app: ConnectedApp) {
    this.#surroundings = surroundings;
    this.#page = page;
    this.#app = app;
    this.expects = new AgentExpectations({
      wire: surroundings.wire,
      settled: surroundings.settled,
      queue: () => this.queue(),
    });
  }

  /** The threads that VCC Live owns. */
  queue(): QueuedThread[] {
    const queued: QueuedThread[] = [];
    for (const thread of this.#page.threads.values()) {
      const { ownerAppId, expiresAtMs, metadata } = this.#surroundings.platform.truthOf(thread);
      if (ownerAppId !== this.#app.appId || expiresAtMs === undefined) continue;
      queued.push({ psid: thread.psid, expiresAtMs, ...(metadata === undefined ? {} : { metadata }) });
    }
    return queued;
  }

  /** Writes to a customer. `humanAgent`: with the tag that is allowed for seven days. Resolves with the message id. */
  async says(psid: string, text: string, how: { readonly humanAgent?: boolean } = {}): Promise<string> {
    checkFields('', how, ['humanAgent']);
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

  /** Releases the thread. Meta tells nobody. */
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
   * Closes the chat at VCC Live, which sends Chat (Async). VCC Live keeps the thread: nobody has published whether it hands
   * the thread back then, so call `handsBack` or `releases` for that. Resolves with the bot's answer.
   * @throws {@link SimulatorStateError} if `simulator.connectVccLive` was not called; rejects if nothing answers
   */
  async closesChat(psid: string, how: ClosedChat = {}): Promise<WebhookAnswer> {
    const thread = this.#surroundings.platform.threadOf(this.#page, psid);
    const answer = await this.#surroundings.vccLiveWebhooks.chatClosed(this.#page, thread, how);
    await this.#surroundings.settled();
    return answer;
  }

  /** Changes the ticket of the thread, which sends Ticket Status (Async). See {@link closesChat}. */
  async changesTicket(psid: string, how: ChangedTicket): Promise<WebhookAnswer> {
    const thread = this.#surroundings.platform.threadOf(this.#page, psid);
    const answer = await this.#surroundings.vccLiveWebhooks.ticketChanged(this.#page, thread, how);
    await this.#surroundings.settled();
    return answer;
  }

  /** What VCC Live's app received of a thread, oldest first. */
  sees(psid: string): ReceivedEvent[] {
    return this.#app.received.filter((event) => event.psid === psid);
  }

  async #calls(edge: string, params: JsonObject): Promise<unknown> {
    const path = `/me/${edge}`;
    const head = { appId: this.#app.appId, appName: this.#app.name, pageId: this.#page.pageId };
    const seq = this.#surroundings.wire.write({
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
    const { status, body } = this.#surroundings.edges.answerTo(caller, {
      method: 'POST',
      path,
      params,
      token: undefined,
    });
    const refused = status !== 200;
    this.#surroundings.wire.end(seq, { outcome: 'answered', status, answer: body, refused, done: !refused });
    if (refused) throw new SimulatedRefusalError(edge, body as GraphErrorAnswer);
    await this.#surroundings.settled();
    return body;
  }
}

function optional(metadata: string | undefined): JsonObject {
  return metadata === undefined ? {} : { metadata };
}
