/** Binds the port of `bot/` to plain objects: no middleware, no proxies. */
import { presentFields } from '../thread/read-unknown.js';
import type { Activity, ConversationReference, ResourceResponse } from '../activities/activity.js';
import { markSpeaksToMeta } from '../bot/adapter-answers.js';
import type { MessengerService } from '../bot/serving/serve-adapter.js';
import type { AttachedBot, BotAdapter, BotLogic, Framework, TurnContext } from '../bot/port.js';
import type { TurnRunner } from '../bot/run-event.js';
import type { ThreadHost } from './messenger-turn.js';
import { MessengerTurn, noteSent } from './messenger-turn.js';

/** What the binding is given when the plugin exists. */
export interface BindingDeps {
  readonly host: ThreadHost;
  readonly runner: Pick<TurnRunner, 'onTurn'>;
}

/** The name of a turn that the bot begins itself. */
const PROACTIVE = 'continueConversation';

/** The framework of a bot that has none. The plugin is made with it, so what it needs of the plugin comes later. */
export class MessengerBinding implements Framework {
  readonly attachCall = 'bot.onMessage(handler)';
  #deps!: BindingDeps;

  connect(deps: BindingDeps): void {
    this.#deps = deps;
  }

  newContext(adapter: BotAdapter, activity: Activity): MessengerTurn {
    return new MessengerTurn(this.#deps.host, adapter, activity);
  }

  /** The plugin is the only middleware. */
  runMiddleware(_adapter: BotAdapter, context: TurnContext, logic: BotLogic): Promise<void> {
    return this.#deps.runner.onTurn(context, () => logic(context));
  }

  referenceOf({ channelId, conversation, from, recipient }: Activity): ConversationReference {
    const place = conversation && { id: conversation.id };
    return presentFields({ channelId, conversation: place, user: from, bot: recipient });
  }

  continueConversation({ adapter }: AttachedBot, reference: ConversationReference, logic: BotLogic): Promise<void> {
    const { user, bot, conversation } = reference;
    const activity: Activity = { type: 'event', name: PROACTIVE, channelId: 'facebook' };
    if (user) activity.from = user;
    if (bot) activity.recipient = bot;
    if (conversation) activity.conversation = conversation;
    const context = this.newContext(adapter, activity);
    return this.runMiddleware(adapter, context, logic);
  }
}

/** What carries activities to Messenger. */
export class DirectAdapter implements BotAdapter {
  #service!: MessengerService;

  constructor() {
    markSpeaksToMeta(this);
  }

  serve(service: MessengerService): void {
    this.#service = service;
  }

  async sendActivities(context: TurnContext, activities: Activity[]): Promise<ResourceResponse[]> {
    return this.#service.send(context, activities, (id, index) => noteSent(activities[index], id));
  }

  /** Messenger changes no message. */
  async updateActivity(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Messenger removes no message. */
  async deleteActivity(): Promise<void> {
    return Promise.resolve();
  }
}
