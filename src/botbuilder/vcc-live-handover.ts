/**
 * The plugin: Bot Framework middleware that hands Messenger threads to VCC Live and keeps the bot silent meanwhile.
 *
 * It is the public face of `bot/` for Bot Framework, and decides nothing itself.
 */
import type { Activity, BotAdapter, Middleware, TurnContext } from 'botbuilder';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import { checkFields, namesOf } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import { loadPeers } from '../thread/missing-peer.js';
import type { Plugin } from '../bot/compose.js';
import { HandoverPlugin, pluginOf } from '../bot/handover-plugin.js';
import { waitingHost } from '../bot/requests/waiting-dialog.js';
import { DEFAULT_DIALOG_ID, HandoverDialogIds, checkRequest } from '../bot/requests/handover-dialog-ids.js';
import { SetupCheck, attachBot } from '../bot/setup/setup-check.js';
import { checkCopies, checkMicrosoftAppId, checkRepaired } from './check-setup.js';
import { botFramework } from './framework.js';
import type { HandoverDialog } from './handover-dialog.js';
import type { BotLogic, DialogAccess, HandoverRequest, VccLiveHandoverOptions } from './options.js';

/** What a bot may tell about itself when it is attached. */
export interface AttachOptions extends Partial<DialogAccess> {
  /** The bot's Microsoft app id: what `CloudAdapter` needs for a turn of its own. Default: not needed. */
  readonly microsoftAppId?: string;
}

const ATTACH_NAMES = namesOf<AttachOptions>({ microsoftAppId: true, dialogs: true, conversationState: true });

/**
 * Hands threads over, stays silent, and goes on when they come home.
 *
 * ```ts
 * const handover = new VccLiveHandover({ botAppId, vccLiveAppId, pageAccessToken, appSecret });
 * handover.install(adapter, (context) => bot.run(context));
 * ```
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export class VccLiveHandover extends HandoverPlugin<TurnContext, Partial<Activity>> implements Middleware {
  readonly #plugin: Plugin;
  readonly #dialogs = new HandoverDialogIds();
  readonly #setup: SetupCheck;

  /** For Botkit, which passes over a plugin without a name in silence. */
  readonly name = 'VccLiveHandover';

  /** @throws {@link InvalidOptionError} if an option cannot work, naming it */
  constructor(options: VccLiveHandoverOptions) {
    super(options, botFramework);
    this.#plugin = pluginOf(this);
    this.#setup = new SetupCheck(this.#plugin, (adapter) => checkRepaired(adapter as unknown as BotAdapter));
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
    checkFields('', how, ATTACH_NAMES);
    const { microsoftAppId } = how;
    checkCopies(this.#plugin.core.lines);
    checkRepaired(adapter);
    if (logic) checkMicrosoftAppId(adapter, microsoftAppId);
    attachBot(this.#plugin, this, { adapter, logic, microsoftAppId }, how);
  }

  /**
   * A dialog that hands over, waits, and ends with a `HandoverResult`: `dialogs.add(handover.dialog())`.
   * @param id default `vccLiveHandover`
   * @param request what its handovers ask for, unless they say otherwise
   * @throws {@link HandoverError} code `missingPeer` if `botbuilder-dialogs` is not installed
   */
  dialog(id: string = DEFAULT_DIALOG_ID, request: HandoverRequest = {}): HandoverDialog {
    const dialogs = loadDialogs('handover.dialog()');
    checkCopies(this.#plugin.core.lines);
    checkRequest(request);
    this.#dialogs.made(id);
    return new dialogs.HandoverDialog(waitingHost(this.#plugin), id, request);
  }

  /**
   * A waterfall step that begins the dialog; `handoverResultOf(step)` in the next step is the `HandoverResult`.
   * @param dialogId which dialog of {@link dialog}. Default: `vccLiveHandover` if this waterfall can begin it, otherwise the
   *   only one that it can begin
   * @throws {@link HandoverError} code `missingPeer` if `botbuilder-dialogs` is not installed; code `dialogMissing`, in the
   *   turn, if there is no such dialog, or no telling which
   */
  step(request: HandoverRequest = {}, dialogId?: string): (step: WaterfallStepContext) => Promise<DialogTurnResult> {
    loadDialogs('handover.step()');
    checkRequest(request);
    return async (step) => step.beginDialog(this.#dialogs.idFor(step, dialogId), request);
  }
}

/** A bot without dialogs need not install their package, and does not wait for it to load. */
function loadDialogs(who: string): typeof import('./handover-dialog.js') {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only here, and not before it is needed
  return loadPeers(() => require('./handover-dialog.js') as typeof import('./handover-dialog.js'), {
    names: ['botbuilder-dialogs'],
    who,
  });
}
