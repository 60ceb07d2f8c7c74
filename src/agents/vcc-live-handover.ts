/**
 * The plugin: middleware of the Agents SDK that hands Messenger threads to VCC Live and keeps the bot silent meanwhile.
 *
 * It is the public face of `bot/` for the Microsoft 365 Agents SDK, and decides nothing itself.
 */
import type { AgentApplication, BaseAdapter, Middleware, TurnContext, TurnState } from '@microsoft/agents-hosting';
import { RouteRank } from '@microsoft/agents-hosting';
import { checkFields, namesOf } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { HandoverResult, HandoverStart } from '../thread/handover.js';
import type { Turn } from '../handover/turn.js';
import type { Plugin } from '../bot/compose.js';
import { isMessenger } from '../bot/addresses/find-address.js';
import type { DueResult } from '../bot/handover-plugin.js';
import { HandoverPlugin, dueResultsOf, hasDueResult, pluginOf } from '../bot/handover-plugin.js';
import { SetupCheck, attachBot } from '../bot/setup/setup-check.js';
import { turnOf } from '../bot/turn-state.js';
import { applicationAdapter, checkAdapter, clientIdOf, repairProcess } from './check-adapter.js';
import { agentsSdk } from './framework.js';
import type { BotLogic, DialogAccess, HandoverRequest, Message, VccLiveHandoverOptions } from './options.js';

/** What a bot may tell about itself when it is attached. */
export interface AgentAttachOptions extends Partial<DialogAccess> {
  /**
   * The client id that turns of the plugin's own are begun with. Default: `agentAppId` of the application, otherwise the
   * client id of the adapter. A `MessengerAdapter` needs none.
   */
  readonly agentAppId?: string;
}

/** What {@link VccLiveHandover.onResult} calls, as a route's handler with the result beside the state. */
export type ResultHandler<State extends TurnState> = (
  context: TurnContext,
  state: State,
  result: HandoverResult,
) => Promise<void>;

const ATTACH_NAMES = namesOf<AgentAttachOptions>({ agentAppId: true, dialogs: true, conversationState: true });

const NO_HANDLER =
  'transfer() hands over, but no handler gets the result. Call handover.onResult(app, async (context, state, result) => …) at ' +
  'start-up if the bot is to go on. This line is written once.';

/**
 * Hands threads over, stays silent, and goes on when they come home.
 *
 * ```ts
 * const handover = new VccLiveHandover({ botAppId, vccLiveAppId, pageAccessToken, appSecret });
 * handover.attach(app);
 * app.onMessage(/agent/i, async (context) => void (await handover.transfer(context)));
 * handover.onResult(app, async (context, state, result) => void (await context.sendActivity('Welcome back.')));
 * ```
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export class VccLiveHandover extends HandoverPlugin<TurnContext, Message> implements Middleware {
  readonly #plugin: Plugin;
  readonly #setup: SetupCheck;
  readonly #applications = new WeakSet<object>();
  /** Results whose handler has finished, until the state of their turn is saved. */
  readonly #finished = new WeakMap<Turn, readonly DueResult[]>();
  #hasHandler = false;

  /** @throws {@link InvalidOptionError} if an option cannot work, naming it */
  constructor(options: VccLiveHandoverOptions) {
    super(options, agentsSdk);
    this.#plugin = pluginOf(this);
    this.#setup = new SetupCheck(this.#plugin);
  }

  /** For the adapter, which calls it as middleware. Turns of other channels pass untouched. */
  onTurn(context: TurnContext, next: () => Promise<void>): Promise<void> {
    const { adapter } = context;
    this.#setup.atTurn(adapter, this);
    repairProcess(adapter);
    return this.#plugin.runner.onTurn(context, () => this.#runLogic(context, next));
  }

  /**
   * Adds the plugin to an application, before all other middleware of its adapter, accepts the activities that the SDK
   * would refuse, guards what leaves, and runs the application when a handover ends outside a turn: by a timer, by VCC Live's
   * webhook, or by {@link take} with a thread's key. Call it once, at start-up.
   * @param how `dialogs` and `conversationState` are what the option `openPrompt` needs
   * @throws {@link InvalidOptionError} if the application's adapter cannot work
   */
  attach<State extends TurnState>(app: AgentApplication<State>, how?: AgentAttachOptions): void;
  /**
   * The same for a bot without an `AgentApplication`.
   * @param logic the bot's logic, as the adapter's `process` gets it. Without it, the bot goes on with the customer's next message
   */
  attach(adapter: BaseAdapter, logic?: BotLogic, how?: AgentAttachOptions): void;
  attach<State extends TurnState>(
    target: AgentApplication<State> | BaseAdapter,
    logicOrHow?: BotLogic | AgentAttachOptions,
    how: AgentAttachOptions = {},
  ): void {
    const adapter = applicationAdapter(target);
    if (adapter) {
      const app = target as AgentApplication<State>;
      const { agentAppId } = app.options;
      const given = {
        ...(agentAppId === undefined ? {} : { agentAppId }),
        ...(logicOrHow as AgentAttachOptions | undefined),
      };
      this.#attach(adapter, (context) => app.run(context), given);
    } else this.#attach(target as BaseAdapter, logicOrHow as BotLogic | undefined, how);
  }

  /**
   * {@link toAgent} for a route: hands this turn's thread to VCC Live. When the thread is back, the handler of
   * {@link onResult} gets the result, once for each handover that was `passed`. Never rejects. Look at `status`.
   */
  async transfer(context: TurnContext, request: HandoverRequest = {}): Promise<HandoverStart> {
    const { requests, core } = this.#plugin;
    if (!this.#hasHandler) core.lines.once('warn', NO_HANDLER);
    return requests.toAgent(context, request);
  }

  /**
   * Calls the handler with the result of each handover that the bot began, by {@link transfer}, {@link toAgent} or the option
   * `talkToAgent`, but not by a dialog, as a route of the application with the first rank. The turn is the customer's next message, or one of the plugin's own if the application is attached. A result
   * counts as handled when the handler and the rest of its turn have ended: after an error, or a crash, the next turn is
   * given it again, in whichever process it runs.
   * @throws {@link InvalidOptionError} if this application has a handler already
   */
  onResult<State extends TurnState>(app: AgentApplication<State>, handler: ResultHandler<State>): this {
    if (this.#applications.has(app)) {
      throw new InvalidOptionError(
        'onResult',
        'called twice for one application',
        'one handler, because a result is given once',
      );
    }
    this.#applications.add(app);
    this.#hasHandler = true;
    this.#plugin.requests.awaitedByHandler();
    const isDue = (context: TurnContext): Promise<boolean> => Promise.resolve(hasDueResult(context));
    const run = async (context: TurnContext, state: State): Promise<void> => {
      const turn = turnOf(context);
      if (!turn) return;
      const finished: DueResult[] = [];
      this.#finished.set(turn, finished);
      for (const due of dueResultsOf(this.#plugin, context)) {
        await handler(context, state, due.result);
        finished.push(due);
      }
    };
    app.addRoute(isDue, run, false, RouteRank.First);
    return this;
  }

  #attach(adapter: BaseAdapter, logic: BotLogic | undefined, how: AgentAttachOptions): void {
    checkFields('', how, ATTACH_NAMES);
    const { agentAppId: microsoftAppId = clientIdOf(adapter) } = how;
    checkAdapter(adapter, this);
    repairProcess(adapter);
    attachBot(this.#plugin, this, { adapter, logic, microsoftAppId }, how);
  }

  /** Runs what is behind the plugin. The application saves its state in there, so a result is handled only afterwards. */
  async #runLogic(context: TurnContext, next: () => Promise<void>): Promise<void> {
    const { activity, adapter } = context;
    if (!isMessenger(adapter, activity.channelId)) return next();
    // An event about the Page itself has no sender, and the SDK finds no state without one.
    const page = activity.conversation;
    if (page && activity.from?.id === undefined)
      Object.assign(activity, { from: { id: page.id }, recipient: { id: page.id } });
    await next();
    const turn = turnOf(context);
    const finished = turn && this.#finished.get(turn);
    if (!turn || !finished) return;
    this.#finished.delete(turn);
    for (const due of finished) await due.handled();
  }
}
