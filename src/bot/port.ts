/**
 * What this room needs of a bot framework: the shapes of an activity, a turn and an adapter, and what a binding does.
 *
 * Members are methods, not function properties. TypeScript compares a method's parameters in both directions, so the classes
 * of a framework fit without a cast.
 */
import type { AppId } from '../thread/ids.js';
import type { Activity, ConversationReference, ResourceResponse } from '../activities/activity.js';

/** One turn of a bot. */
export interface TurnContext {
  readonly activity: Activity;
  readonly adapter: BotAdapter;
  readonly turnState: {
    get(key: symbol): unknown;
    set(key: symbol, value: unknown): void;
  };
  sendActivity(textOrActivity: string | Activity): Promise<unknown>;
  onSendActivities(handler: SendHandler): unknown;
}

/** Sees each batch of activities that a turn sends. `next` sends what is in `activities` by then. */
export type SendHandler = (
  context: TurnContext,
  activities: Activity[],
  next: () => Promise<ResourceResponse[]>,
) => Promise<ResourceResponse[]>;

/** What carries activities to a channel. */
export interface BotAdapter {
  sendActivities(context: TurnContext, activities: Activity[]): Promise<ResourceResponse[]>;
  updateActivity(context: TurnContext, activity: Activity): Promise<unknown>;
  deleteActivity(context: TurnContext, reference: ConversationReference): Promise<void>;
}

/** A function of the application. As a method's type, it takes the framework's own context and activity. */
export type Callback<Args extends unknown[], Result> = { call(...args: Args): Result }['call'];

/** The bot's logic, as adapters take it. */
export type BotLogic<Context = TurnContext> = Callback<[context: Context], Promise<void>>;

/** A bot that can begin turns of its own. */
export interface AttachedBot {
  readonly adapter: BotAdapter;
  readonly logic: BotLogic;
  /** What `CloudAdapter` needs for a turn of its own. */
  readonly microsoftAppId?: AppId | undefined;
}

/** What a framework does for this room. Each framework has one binding. */
export interface Framework {
  /** How an application attaches its logic, for log lines: `handover.attach(app)`. */
  readonly attachCall: string;
  /** A turn on this activity. Its middleware has not run yet. */
  newContext(adapter: BotAdapter, activity: Activity): TurnContext;
  /** Runs the adapter's middleware and then the logic. Rejects if neither they nor the adapter handle an error. */
  runMiddleware(adapter: BotAdapter, context: TurnContext, logic: BotLogic): Promise<void>;
  /** Where the conversation of this incoming activity can be reached later. */
  referenceOf(activity: Activity): ConversationReference;
  /** Begins a turn in a known conversation, through the adapter's middleware. */
  continueConversation(bot: AttachedBot, reference: ConversationReference, logic: BotLogic): Promise<void>;
}
