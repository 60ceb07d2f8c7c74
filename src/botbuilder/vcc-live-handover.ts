/**
 * The plugin: Bot Framework middleware that hands Messenger threads to VCC Live and keeps the bot silent meanwhile.
 *
 * It is the public face of `bot/` for Bot Framework, and decides nothing itself.
 */
import type { BotAdapter, Middleware, TurnContext } from 'botbuilder';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import { InvalidOptionError } from '../thread/errors.js';
import type { HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { HandoverEventMap, HandoverListener } from '../handover/events.js';
import type { CloseReport } from '../queue/deliver.js';
import { checkDuration } from '../bot/check-values.js';
import type { Plugin } from '../bot/compose.js';
import { compose } from '../bot/compose.js';
import type { MessengerHost } from '../bot/messenger-host.js';
import { turnOf } from '../bot/turn-state.js';
import type { VccLiveWebhookHandler, VccLiveWebhookOptions } from '../bot/vcc-live-webhook.js';
import { vccLiveWebhook } from '../bot/vcc-live-webhook.js';
import { CopyCheck, ownCopies } from './check-copies.js';
import { SetupCheck, checkMicrosoftAppId, checkRepaired, useFirst } from './check-setup.js';
import { botFramework } from './framework.js';
import type { HandoverDialogHost } from './handover-dialog.js';
import { HandoverDialog } from './handover-dialog.js';
import { DEFAULT_DIALOG_ID, HandoverDialogs } from './handover-dialogs.js';
import type { BotLogic, DialogAccess, HandoverRequest, VccLiveHandoverOptions } from './options.js';

/** What a bot may tell about itself when it is attached. */
export interface AttachOptions extends Partial<DialogAccess> {
  /** The bot's Microsoft app id: what `CloudAdapter` needs for a turn of its own. Default: not needed. */
  readonly microsoftAppId?: string;
}

const CLOSES_WITHIN_MS = 10_000;

/**
 * Hands threads over, stays silent, and goes on when they come home.
 *
 * ```ts
 * const handover = new VccLiveHandover({ botAppId, vccLiveAppId, pageAccessToken, appSecret });
 * handover.install(adapter, (context) => bot.run(context));
 * ```
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export class VccLiveHandover implements Middleware {
  readonly #plugin: Plugin;
  readonly #dialogs = new HandoverDialogs();
  readonly #setup: SetupCheck;
  readonly #copies: CopyCheck;
  #servesVccLive = false;
  #closing: Promise<CloseReport> | undefined;

  /** For Botkit, which passes over a plugin without a name in silence. */
  readonly name = 'VccLiveHandover';

  /** @throws {@link InvalidOptionError} if an option cannot work, naming it */
  constructor(options: VccLiveHandoverOptions) {
    const plugin = compose(options, botFramework);
    this.#plugin = plugin;
    const { log, book } = plugin.core;
    this.#copies = new CopyCheck(log);
    this.#setup = new SetupCheck({
      log,
      isAttached: () => plugin.pluginTurns.logic !== undefined,
      beginsTurns: () =>
        book.mayHaveTimers ? 'the option timers' : this.#servesVccLive ? 'vccLiveWebhook()' : undefined,
    });
  }

  /**
   * What this package's adapters use of a plugin; not for applications.
   * @throws {@link InvalidOptionError} if it is no plugin of this copy of the package
   */
  static hostOf(handover: unknown): MessengerHost {
    if (typeof handover === 'object' && handover !== null && #plugin in handover) return handover.#plugin.host;
    const isOfAnotherCopy = typeof handover === 'object' && handover !== null && 'toAgent' in handover;
    const another = `one of another copy of the package; loaded are ${ownCopies().join(' and ')}`;
    const got = handover === undefined ? 'missing' : isOfAnotherCopy ? another : 'something else';
    throw new InvalidOptionError('handover', got, 'a VccLiveHandover of this copy of botbuilder-handover-vcclive');
  }

  /**
   * For Botkit, which calls this of a plugin and writes the error to the console.
   * @throws {@link InvalidOptionError} always
   */
  init(): never {
    const expected =
      'handoverPlugin(handover) of botbuilder-handover-vcclive/botkit: controller.usePlugin(handoverPlugin(handover))';
    throw new InvalidOptionError('usePlugin', 'the handover itself, which is no plugin of Botkit', expected);
  }

  /**
   * For the adapter, which calls it as middleware. Turns of other channels pass untouched.
   * @throws {@link InvalidOptionError} in a turn of a stock FacebookAdapter
   */
  onTurn(context: TurnContext, next: () => Promise<void>): Promise<void> {
    this.#setup.atTurn(context.adapter, this);
    return this.#plugin.runner.onTurn(context, next);
  }

  /**
   * Adds the plugin to an adapter, before all other middleware, and attaches the bot. Call it once for each adapter, at
   * start-up, instead of `adapter.use(handover)`.
   * @param logic the bot's logic, as the adapter's `process` gets it
   * @param how as for {@link attach}
   * @throws {@link InvalidOptionError} as {@link attach}
   */
  install(adapter: BotAdapter, logic: BotLogic, how: AttachOptions = {}): void {
    this.attach(adapter, logic, how);
  }

  /**
   * {@link install}, and also for an adapter without logic of its own. Guards what leaves the adapter past the middleware,
   * and, with `logic`, gives a waiting dialog its turn when a handover ends outside one: by a timer, by VCC Live's webhook,
   * or by {@link take} with a thread's key.
   * @param how `microsoftAppId` is what `CloudAdapter` needs for a turn of its own; `dialogs` and `conversationState` are
   *   what the option `openPrompt` needs
   * @throws {@link InvalidOptionError} for a stock FacebookAdapter, and for a `CloudAdapter` without `microsoftAppId`
   */
  attach(adapter: BotAdapter, logic?: BotLogic, how: AttachOptions = {}): void {
    const { guards, pluginTurns, after } = this.#plugin;
    const { microsoftAppId, dialogs, conversationState } = how;
    this.#copies.check();
    checkRepaired(adapter);
    if (logic) checkMicrosoftAppId(adapter, microsoftAppId);
    useFirst(adapter, this);
    guards.guardAdapter(adapter);
    if (logic) pluginTurns.attach({ adapter, logic, microsoftAppId });
    if (dialogs) after.reach({ dialogs, conversationState });
  }

  /**
   * Hands this turn's thread to VCC Live: sends the notice, passes the thread, confirms. After `passed` nothing more
   * leaves this turn.
   *
   * Never rejects, unlike {@link take} and {@link release}: a refused or failed handover is an outcome that every bot has to
   * handle, and the customer has read `texts.failed` by then. Look at `status`.
   */
  async toAgent(context: TurnContext, request: HandoverRequest = {}): Promise<HandoverStart> {
    return this.#plugin.requests.toAgent(context, request);
  }

  /**
   * Takes the thread back from its owner; an open handover ends as `takenBack`. The Page has to allow it.
   * With a key, and if the bot is attached, a waiting dialog gets its turn behind what the thread has in the queue, and this
   * resolves when that turn is over. If a turn of the same thread calls this, the dialog's turn comes after it.
   *
   * Rejects, unlike {@link toAgent}: nobody has told the customer anything, and only the caller knows what to do.
   * @param metadata for the app that loses control; at most 1000 characters
   * @throws {@link GraphApiError} if Meta refuses; code `misconfigured`: the text names the Page setting to change
   */
  async take(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { core, pluginTurns } = this.#plugin;
    const taken = await core.operations.take(target, metadata);
    if (taken) await pluginTurns.resumeTaken(taken);
  }

  /**
   * Releases the thread: it is idle until somebody writes. Rejects like {@link take}.
   * @throws {@link GraphApiError} code `anotherAppOwns` if another app owns it
   */
  async release(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    await this.#plugin.core.operations.release(target, metadata);
  }

  /**
   * Who owns the thread, by all that is known; with `ask: true` by what Meta says now.
   * @throws {@link StoreError} if the store does not answer, {@link GraphApiError} if Meta does not
   */
  async ownerOf(target: TurnContext | ThreadKey, how: { ask?: boolean } = {}): Promise<ThreadOwner> {
    return this.#plugin.core.operations.ownerOf(target, how);
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#plugin.core.operations.forget(thread);
  }

  /**
   * A dialog that hands over, waits, and ends with a `HandoverResult`: `dialogs.add(handover.dialog())`.
   * @param id default `vccLiveHandover`
   * @param request what its handovers ask for, unless they say otherwise
   */
  dialog(id: string = DEFAULT_DIALOG_ID, request: HandoverRequest = {}): HandoverDialog {
    const { requests, core } = this.#plugin;
    const host: HandoverDialogHost = {
      begin: (context, asked) => requests.toAgent(context, asked, { dialogWaits: true }),
      ending: async (context, handoverId, startedAtMs) => {
        const turn = turnOf(context);
        return turn && core.engine.dialogResults.resultFor(turn, handoverId, startedAtMs);
      },
      now: () => core.clock.now(),
    };
    this.#copies.check();
    this.#dialogs.made(id);
    return new HandoverDialog(host, id, request);
  }

  /**
   * A waterfall step that begins the dialog; `handoverResultOf(step)` in the next step is the `HandoverResult`.
   * @param dialogId which dialog of {@link dialog}. Default: `vccLiveHandover` if this waterfall can begin it, otherwise the
   *   only one that it can begin
   * @throws {@link HandoverError} code `dialogMissing`, in the turn, if there is no such dialog, or no telling which
   */
  step(request: HandoverRequest = {}, dialogId?: string): (step: WaterfallStepContext) => Promise<DialogTurnResult> {
    return async (step) => step.beginDialog(this.#dialogs.idFor(step, dialogId), request);
  }

  /**
   * A route for VCC Live's webhooks Chat (Async) and Ticket Status (Async): `server.post('/vcc-live', handler)`. What they
   * tell is in the result of the handover; a thread whose chat is closed comes home. Call it once, at start-up: from then
   * on this process watches for closed chats whose thread has not come home.
   * @throws {@link InvalidOptionError} naming the option
   * @see https://vcc.live/developers/webhook/overview/about-webhooks
   */
  vccLiveWebhook(options: VccLiveWebhookOptions): VccLiveWebhookHandler {
    const { core, answering, watch } = this.#plugin;
    this.#servesVccLive = true;
    const handler = vccLiveWebhook(options, {
      ...answering,
      reports: core.engine.reports,
      functions: core.functions,
    });
    if (options.takeBackAfterMs !== false) watch.start();
    return handler;
  }

  /**
   * Listens to what happens; each listener gets one object. A listener may be async, and nobody waits for it. One that
   * throws or rejects is logged, and fails nothing.
   */
  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#plugin.core.events.on(event, listener);
    return this;
  }

  /** Stops listening. */
  off<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#plugin.core.events.off(event, listener);
    return this;
  }

  /**
   * Stops gracefully: the adapter takes no more deliveries (503, so that Meta delivers to another process or later), what
   * runs is finished, timers are left to others; then inbox and store end the connections that are their own.
   * Stop the server that receives webhooks afterwards, so that Meta gets its answers. A second call is the first one.
   * @param how `withinMs`: what has not ended by then is left, milliseconds; default 10,000
   * With an inbox, another process takes over what is left. So turns that go on here send nothing after this.
   * @returns what was left: turns that go on, and events that were not begun, whose claims were given back
   */
  close(how: { readonly withinMs?: number } = {}): Promise<CloseReport> {
    checkDuration('withinMs', how.withinMs);
    this.#closing ??= this.#plugin.close(how.withinMs ?? CLOSES_WITHIN_MS);
    return this.#closing;
  }
}
