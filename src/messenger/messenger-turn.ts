/**
 * One turn of a bot without a framework: the thread as handlers get it, and the context that `bot/` needs, in one object.
 * A turn makes nothing that it does not use.
 */
import type { HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Activity, ResourceResponse } from '../activities/activity.js';
import { userRefOf } from '../activities/user-ref.js';
import type { HandoverRequest as HandoverRequestOf } from '../bot/options/handover-options.js';
import type { BotAdapter, SendHandler, TurnContext } from '../bot/port.js';
import { decidedIn, turnOf } from '../bot/turn-state.js';
import type { CustomerMessage } from './customer-message.js';
import { customerMessageOf } from './customer-message.js';
import type { HandoverRequest, MessengerThread } from './messenger-thread.js';
import type { Reply } from './reply.js';
import { activityOf, activityOrSilence } from './reply.js';

/** What a thread, by a turn or by its key, does with the bot. */
export interface ThreadHost {
  /** Begins a turn in the thread, and resolves with what `work` gives. */
  inTurn<T>(key: ThreadKey, work: (turn: MessengerTurn) => Promise<T>): Promise<T>;
  toAgent(turn: MessengerTurn, request: HandoverRequestOf): Promise<HandoverStart>;
  take(target: MessengerTurn | ThreadKey, metadata?: string): Promise<void>;
  release(target: MessengerTurn | ThreadKey, metadata?: string): Promise<void>;
  ownerOf(target: MessengerTurn | ThreadKey, how?: { readonly ask?: boolean }): Promise<ThreadOwner>;
}

/** The ids of the messages that an activity has become. `bot/` answers with the last of them only. */
const SENT_IDS = Symbol('ids of the sent messages');

type ReplyActivity = Activity & { [SENT_IDS]?: string[] };

/** Graph accepted a message of an activity. */
export function noteSent(activity: Activity | undefined, id: string): void {
  const ids = activity && (activity as ReplyActivity)[SENT_IDS];
  ids?.push(id);
}

/** A turn. */
export class MessengerTurn implements TurnContext, MessengerThread {
  readonly turnState = new Map<symbol, unknown>();
  readonly #host: ThreadHost;
  readonly #handlers: SendHandler[] = [];
  #message: CustomerMessage | undefined;

  constructor(
    host: ThreadHost,
    readonly adapter: BotAdapter,
    readonly activity: Activity,
  ) {
    this.#host = host;
  }

  get key(): ThreadKey {
    const turn = turnOf(this);
    if (turn) return turn.thread;
    const { from, recipient } = this.activity;
    return { pageId: recipient?.id ?? '', psid: this.userRef === undefined ? (from?.id ?? '') : '' };
  }

  get userRef(): string | undefined {
    return userRefOf(this.activity.channelData);
  }

  get message(): CustomerMessage | undefined {
    const event = decidedIn(this.turnState)?.event;
    return event && (this.#message ??= customerMessageOf(event));
  }

  async reply(reply: string | Reply): Promise<readonly string[]> {
    const activity: ReplyActivity = activityOf(reply);
    const ids: string[] = [];
    activity[SENT_IDS] = ids;
    await this.sendActivity(activity);
    return ids;
  }

  async typing(isTyping = true): Promise<void> {
    await this.#act(isTyping ? 'typing_on' : 'typing_off');
  }

  async seen(): Promise<void> {
    await this.#act('mark_seen');
  }

  async toAgent(request: HandoverRequest = {}): Promise<HandoverStart> {
    const { notice, ...rest } = request;
    // As a function: if the notice cannot be read, the customer reads `texts.connecting`.
    const made: unknown = () => activityOrSilence(notice, 'request.notice') ?? null;
    return this.#host.toAgent(this, notice === undefined ? rest : { ...rest, notice: made as Activity });
  }

  async take(metadata?: string): Promise<void> {
    await this.#host.take(this, metadata);
  }

  async release(metadata?: string): Promise<void> {
    await this.#host.release(this, metadata);
  }

  async owner(how?: { readonly ask?: boolean }): Promise<ThreadOwner> {
    return this.#host.ownerOf(this, how);
  }

  onSendActivities(handler: SendHandler): void {
    this.#handlers.push(handler);
  }

  /** Addresses an activity to this thread, and sends it through the guards. For `bot/`. */
  async sendActivity(textOrActivity: string | Activity): Promise<ResourceResponse | undefined> {
    const activity: Activity =
      typeof textOrActivity === 'string' ? { type: 'message', text: textOrActivity } : textOrActivity;
    const { channelId = 'facebook', conversation, recipient, from } = this.activity;
    activity.channelId = channelId;
    // The same objects as the turn's, by which the guards see that it goes to the turn's own thread.
    if (conversation) activity.conversation = conversation;
    if (recipient) activity.from = recipient;
    if (from) activity.recipient = from;
    const [response] = await this.#pass([activity], 0);
    return response;
  }

  #act(action: string): Promise<unknown> {
    return this.sendActivity({ type: 'typing', channelData: { sender_action: action } });
  }

  #pass(activities: Activity[], first: number): Promise<ResourceResponse[]> {
    const handler = this.#handlers[first];
    if (!handler) return this.adapter.sendActivities(this, activities);
    return handler(this, activities, () => this.#pass(activities, first + 1));
  }
}
