/**
 * The options of the plugin. `check-options.ts` refuses wrong ones before anything runs; docs/options.md has a row for each.
 */
import type { Clock } from '../../thread/clock.js';
import type { HandoverOutcome, HandoverRequest as RequestOf, HandoverResult } from '../../thread/handover.js';
import type { AppId, PageId } from '../../thread/ids.js';
import type { DeliveryInbox } from '../../thread/inbox.js';
import type { Logger } from '../../thread/logger.js';
import type { Probe } from '../../thread/probe.js';
import type { ThreadStore } from '../../thread/store.js';
import type { Availability } from '../../availability/availability.js';
import type { Activity } from '../../activities/activity.js';
import type { DeliveryLimits } from '../../queue/deliver.js';
import type { LoopBreaker } from '../../handover/loop-breaker.js';
import type { ReclaimWords, RequestPolicy } from '../../handover/policies.js';
import type { HandoverTimers } from '../../handover/timers.js';
import type { TalkToAgent } from './talk-to-agent.js';
import type { Callback, TurnContext } from '../port.js';

/** A value, or a promise of it. */
type Awaitable<T> = T | Promise<T>;

/** A request for a handover whose notice may be text or an activity. */
export type HandoverRequest<Message = Activity> = RequestOf<Message>;

/** A text of the plugin: fixed, an activity, made for the turn, or `null` for silence. */
export type HandoverText<Context = TurnContext, Message = Activity> =
  string | Message | Callback<[context: Context], Awaitable<string | Message | null>> | null;

/** What the customer reads from the plugin itself. */
export interface HandoverTexts<Context = TurnContext, Message = Activity> {
  /** Before the thread is passed. */
  connecting: HandoverText<Context, Message>;
  /** If no agent is available. */
  unavailable: HandoverText<Context, Message>;
  /** If the thread could not be passed. */
  failed: HandoverText<Context, Message>;
  /** When no agent answered in time and the bot took the thread back. */
  unclaimed: HandoverText<Context, Message>;
  /** When the agent fell silent, or the handover lasted too long, and the bot took the thread back. */
  abandoned: HandoverText<Context, Message>;
  /** When the thread has come home and the bot has a turn. Default `null`: the bot's dialog greets. */
  returned: HandoverText<Context, Message>;
}

/** Says whether an agent is there for this turn's customer and request. */
export type AvailabilityCheck<Context = TurnContext, Message = Activity> = Callback<
  [context: Context, request: HandoverRequest<Message>],
  Awaitable<Availability>
>;

/** A question to the customer, asked once after a handover; the bot's logic gets the answer like any other message. */
export interface Satisfaction<Context = TurnContext, Message = Activity> {
  /** A text, an activity (with quick replies, say), or a function that makes one; `null` or nothing: not asked after all. */
  ask: string | Message | Callback<[context: Context, result: HandoverResult], Awaitable<SatisfactionAnswer<Message>>>;
  /**
   * After which outcomes. Default `['completed']`. A `completed` handover counts only if VCC Live handed back or an
   * agent wrote: a customer whom nobody answered is not asked.
   */
  after?: readonly Exclude<HandoverOutcome, 'refused' | 'failed'>[];
}

/** What a function of {@link Satisfaction} gives. */
export type SatisfactionAnswer<Message = Activity> = string | Message | null | undefined;

/**
 * What happens, when the thread is home, to a prompt that was open when the thread was handed over by anything but a
 * dialog that waits for it.
 * - `continue`: nothing; the customer's next message answers it
 * - `repeat`: it is asked again, in the first turn that the bot has; a message of that turn is not taken for the answer
 * - `drop`: the dialogs are cancelled before the logic runs
 * - a function: what it does, in the first turn that the bot has, before the logic runs
 */
export type OpenPrompt<Context = TurnContext> =
  'continue' | 'repeat' | 'drop' | Callback<[context: Context, result: HandoverResult], Awaitable<void>>;

/** The options that may differ from Page to Page. */
export interface PagePolicies<Context = TurnContext, Message = Activity> {
  /** What counts as "talk to agent". Default: `talkToAgentPhrases(['en'])`. `[]`: nothing. */
  talkToAgent?: TalkToAgent<Context> | readonly TalkToAgent<Context>[];
  /** What the customer reads from the plugin. Default: English. */
  texts?: Partial<HandoverTexts<Context, Message>>;
  /**
   * What VCC Live gets with the thread. Default: handover id and reason, as JSON. The id is added to an object, not to a
   * string. At most 1000 characters arrive; the rest is cut without breaking JSON or a character. When the function fails,
   * the default leaves.
   */
  metadata?: Callback<[context: Context, request: HandoverRequest<Message>], Awaitable<string | object>>;
  /**
   * Runs over every text that leaves in metadata, at any depth, before anything is cut; never over the handover id and the
   * ids of the thread. Default `redactPersonalData`: card numbers, e-mail addresses, phone numbers. `false`: nothing is
   * redacted. When it fails, the text does not leave.
   */
  redact?: ((text: string) => string | Promise<string>) | false;
  /**
   * Whether an agent is there, asked before each handover of the bot's own. `unavailable`: the customer reads
   * `texts.unavailable` and the handover is refused. `unknown`, or a function that fails: handed over.
   * Default: not asked.
   */
  availability?: AvailabilityCheck<Context, Message>;
  /**
   * A thread that was handed over `maxHandovers` times (default 6, at most 8) `withinMs` milliseconds (default 600,000)
   * stays with the bot: the next handover fails with code `loopBroken`. Default: off; `{}` takes those two.
   */
  loopBreaker?: LoopBreaker | false;
  /**
   * When the bot takes the thread back by itself, milliseconds; each is off unless given. They survive restarts with a
   * store that does, and need a Page that allows the bot to take control. The customer hears `texts.unclaimed` or
   * `texts.abandoned`, and the dialog goes on, if the bot is attached (`attach(adapter, logic)`); otherwise the
   * dialog goes on with the customer's next message.
   */
  timers?: HandoverTimers;
  /** Who gets a thread that an app asks for (`request_thread_control`). Default `grantVccLive`. */
  controlRequests?: RequestPolicy;
  /** Words with which the customer, or an agent, takes the thread back to the bot. Default: none. */
  reclaim?: ReclaimWords;
  /** A question asked once after a handover that has ended, never while another app owns the thread. Default: none. */
  satisfactionQuestion?: Satisfaction<Context, Message>;
  /**
   * What becomes of a prompt that was open when the thread was handed over, and no dialog waited for it. `repeat` and
   * `drop` need the bot's dialogs: `attach(adapter, logic, { dialogs, conversationState })`; the Botkit plugin has them.
   * Default `continue`.
   */
  openPrompt?: OpenPrompt<Context>;
  /**
   * What happens to a handover runs the bot's logic as `handoff.status` even if no dialog waits: `accepted` (an agent
   * has answered; nothing the bot says leaves), `completed`, and, if the bot is attached, `failed`. Default false.
   */
  statusEvents?: boolean;
  /**
   * The echoes of the bot's own messages run its logic, in the conversation of the Page, if the thread is the bot's. The
   * ledger reads every echo in any case. Default false.
   */
  ownEchoes?: boolean;
  /** Notice and pass in one Graph call on Pages with Conversation Routing. Default false. */
  inlineThreadControl?: boolean;
}

/** The names of those options. */
export type PolicyName = keyof PagePolicies;

/** How Graph is called. Durations are milliseconds. */
export interface GraphOptions {
  /** Origin of the Graph API. Default, and if it is `undefined`: `https://graph.facebook.com`. */
  baseUrl?: string | undefined;
  /** Default `v26.0`. @see https://developers.facebook.com/docs/graph-api/changelog/versions */
  apiVersion?: string | undefined;
  /** Time limit of one call. Default 5000. */
  timeoutMs?: number;
  /** How often a call is repeated if that is safe. Default 3. */
  maxRetries?: number;
}

/** Limits of what the plugin runs at once, and of how long it waits. Durations are milliseconds. */
export interface HandoverLimits extends DeliveryLimits {
  /**
   * How long the plugin waits for a function of the application's: `metadata`, `texts`, `availability` and the other options
   * that are functions, and the recognisers of `talkToAgent`. Then it goes on without the function. At most 600,000. Default
   * 3000, for `availability` 2000. It does not concern `vccLiveAppId`, `pageAccessToken` and the bot's logic.
   */
  readonly applicationFunctionMs?: number;
}

/**
 * Options of `VccLiveHandover`. `Context` and `Message` are the framework's turn context and outgoing activity, so that an
 * application's functions get the framework's own types.
 */
export interface HandoverOptions<Context = TurnContext, Message = Activity> extends PagePolicies<Context, Message> {
  /** The bot's Facebook app id. */
  botAppId: AppId;
  /** VCC Live's app id, from VCC Live support; a function if it differs by Page. */
  vccLiveAppId: string | ((pageId: PageId) => Awaitable<string>);
  /** Page access token; a function if one bot serves several Pages. */
  pageAccessToken: string | ((pageId: PageId) => Awaitable<string>);
  /**
   * App Secret of the bot's app: signs Graph calls (`appsecret_proof`). `HandoverFacebookAdapter` needs it to verify
   * webhooks. @see https://developers.facebook.com/docs/graph-api/guides/secure-requests
   */
  appSecret?: string;
  /**
   * Other policies for some Pages: an object by Page id, or a function of it, asked once a minute at most. What a Page does
   * not name holds for it as for all others; `texts` are joined text by text, every other policy is replaced as a whole. A
   * function that fails, or gives something that cannot work, is one line in the log, and the common policies hold.
   */
  pages?:
    | Readonly<Record<string, PagePolicies<Context, Message>>>
    | ((pageId: PageId) => Awaitable<PagePolicies<Context, Message> | undefined>);
  /** Where threads are remembered. Default: `new MemoryThreadStore()`, for one process and as long as it lives. */
  store?: ThreadStore;
  /**
   * Where `HandoverFacebookAdapter` (or a repaired one) keeps deliveries until their turns have ended: they are
   * acknowledged as soon as they are there, and another process finishes them if this one dies. Bots whose logic is
   * attached (`attach(adapter, logic)`) take over at their start, others with their first delivery. Default: none.
   */
  inbox?: DeliveryInbox;
  /**
   * How much the plugin runs at once, and how long it waits. A delivery beyond the limits is answered with 503, so that
   * Meta delivers it again later.
   */
  limits?: HandoverLimits;
  graph?: GraphOptions;
  /**
   * Where the plugin writes its few lines: pino, winston, console. Default: warnings and errors to the console. At `info`:
   * a line for each handover begun, passed, claimed and ended, and for each change of owner. A logger that fails loses its
   * lines, and nothing else.
   */
  logger?: Logger;
  /** What counts and times: `openTelemetry()`, `botTelemetry(client)`, one of your own, or several. Default: nothing. */
  telemetry?: Probe | readonly Probe[];
  /** For tests: the clock everything goes by. Default: this machine's. */
  clock?: Clock;
}
