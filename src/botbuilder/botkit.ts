/**
 * The plugin for a Botkit controller: `controller.usePlugin(handoverPlugin(handover))`, and a Botkit bot hands over.
 *
 * Lives on its own export path and loads nothing of Botkit: what it needs of a controller is described here. The Facebook
 * adapter is loaded only if the controller has one.
 * @see https://github.com/howdyai/botkit/blob/main/packages/docs/plugins/index.md
 */
import type { BotAdapter, TurnContext } from 'botbuilder';
import '../thread/check-node.js';
import { checkFields } from '../thread/check-values.js';
import { HandoverError, InvalidOptionError, textOfThrown } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { BodyLimits } from '../webhook/read-body.js';
import type { AnswerDeps } from '../webhook/http-request.js';
import { limitsOf } from '../webhook/http-request.js';
import type { HandoverEventMap } from '../handover/events.js';
import { speaksToMeta } from '../bot/adapter-answers.js';
import type { HandoverCore } from '../bot/compose-core.js';
import { checkAskingTurn } from '../bot/setup/guarded-storage.js';
import { referenceTo } from '../bot/addresses/handoff-status.js';
import { DEFAULT_DIALOG_ID } from '../bot/requests/handover-dialog-ids.js';
import { pluginOf } from '../bot/handover-plugin.js';
import type { ReceivingOptions } from '../bot/serving/receive-webhook.js';
import { RECEIVING_NAMES } from '../bot/serving/receive-webhook.js';
import type { BotkitTurns, BotkitWorker } from './botkit-turns.js';
import { repairTurns } from './botkit-turns.js';
import { answerChallengeFirst, keepBytes } from './botkit-webserver.js';
import type { RepairOptions } from './facebook-adapter.js';
import type { BotLogic } from './options.js';
import type { VccLiveHandover } from './vcc-live-handover.js';

export type { RecordOption } from '../bot/serving/record-traffic.js';

export type { BotkitWorker } from './botkit-turns.js';

/** What the plugin needs of Botkit's controller; every `Botkit` of botkit 4 is one. */
export interface BotkitController extends BotkitTurns {
  readonly adapter: unknown;
  /** Express, if the controller has a web server. */
  readonly webserver: unknown;
  /** Node's server, if the controller made it itself. */
  readonly http: unknown;
  getConfig(key?: string): unknown;
  addPluginExtension(name: string, extension: unknown): void;
  spawn(config?: unknown): Promise<BotkitWorker>;
}

/**
 * How the plugin repairs the controller. Without a stock Facebook adapter, only `microsoftAppId` is of use. Botkit's own
 * `jsonLimit` (100 kB) comes before `maxBodyBytes`.
 */
export interface HandoverPluginOptions extends ReceivingOptions {
  /** The bot's Microsoft app id, if the controller's adapter is a `CloudAdapter`. */
  microsoftAppId?: string;
}

/** Botkit's name of each event of the plugin: `controller.on('handover_passed', async (bot, message) => …)`. */
export const botkitEvents: Readonly<Record<keyof HandoverEventMap, string>> = {
  begun: 'handover_begun',
  passed: 'handover_passed',
  claimed: 'handover_claimed',
  returning: 'handover_returning',
  returned: 'handover_returned',
  ownerChanged: 'handover_owner_changed',
  refused: 'handover_refused',
  failed: 'handover_failed',
  disagreement: 'handover_disagreement',
  suppressed: 'handover_suppressed',
  vccLiveEvent: 'handover_vcc_live_event',
  standbyMessage: 'handover_standby_message',
  ignored: 'handover_ignored',
};

const PLUGIN_NAME = 'vcc-live-handover';
/** `controller.plugins.handover` is the `VccLiveHandover`. */
const EXTENSION_NAME = 'handover';
const CHANNEL = 'facebook';

const pluggedIn = new WeakMap<object, VccLiveHandover>();

/**
 * A plugin for `controller.usePlugin`. Call it before features are loaded, and do not call `adapter.use(handover)`.
 *
 * It repairs a stock Facebook adapter (`repairFacebookAdapter`), puts the handover before all other middleware, keeps
 * `bot.say`, `bot.reply` and `bot.startConversationWithUser` silent while another app owns the thread, resumes dialogs
 * that wait for a handover which ended outside any turn, and triggers {@link botkitEvents} on the controller.
 *
 * It is a function, not an object with `init`, because Botkit swallows what `init` throws.
 * @returns the plugin; it throws {@link InvalidOptionError}, out of `usePlugin`, if the adapter has no verify token, if neither
 *   adapter nor handover has an App Secret, and if the controller has another handover already
 * @throws {@link InvalidOptionError} if `handover` is none, or an option is misspelt
 */
export function handoverPlugin(
  handover: VccLiveHandover,
  options: HandoverPluginOptions = {},
): (controller: BotkitController) => { name: string } {
  const { core } = pluginOf(handover);
  checkFields('', options, ['microsoftAppId', ...RECEIVING_NAMES]);
  return (controller) => {
    const before = pluggedIn.get(controller);
    if (before !== undefined && before !== handover) {
      throw new InvalidOptionError('handover', 'the second one of this controller', 'the one it has already');
    }
    if (before === undefined) plugIn(controller, handover, core, options);
    pluggedIn.set(controller, handover);
    return { name: PLUGIN_NAME };
  };
}

function plugIn(
  controller: BotkitController,
  handover: VccLiveHandover,
  core: HandoverCore,
  options: HandoverPluginOptions,
): void {
  const { adapter } = controller;
  const { microsoftAppId, ...receiving } = options;
  if (!isAdapter(adapter)) {
    throw new InvalidOptionError('controller.adapter', 'no adapter', 'an adapter of Bot Framework');
  }
  const logic: BotLogic = async (context) => {
    await controller.handleTurn(context);
  };
  if (isFacebookAdapter(adapter)) {
    repairAdapter(adapter, { ...receiving, handover });
    forgiveSends(adapter, core);
    passTokenErrorsOn(controller, adapter);
    repairWebserver(controller, adapter, logic, { limits: limitsOf(receiving, core.clock), answering: core });
  }
  repairTurns(controller, () => checkAskingTurn(core.engine.fence));
  nameMissingDialog(controller.dialogSet);
  const { dialogSet } = controller;
  handover.attach(adapter, logic, {
    ...(microsoftAppId === undefined ? {} : { microsoftAppId }),
    dialogs: { createContext: (context) => dialogSet.createContext(context) },
    conversationState: { saveChanges: (context) => controller.saveState(workerOf(context)) },
  });
  controller.addPluginExtension(EXTENSION_NAME, handover);
  for (const name of Object.keys(botkitEvents) as (keyof HandoverEventMap)[]) {
    handover.on(name, (events) => void trigger(controller, name, events, core));
  }
}

/** Botkit begins a dialog by a wrapper of its own, which `controller.addDialog` adds, and its error names only that. */
function nameMissingDialog(dialogSet: BotkitController['dialogSet']): void {
  const find = dialogSet.find.bind(dialogSet);
  dialogSet.find = (id) => {
    const found = find(id);
    if (found || id !== `${DEFAULT_DIALOG_ID}:botkit-wrapper`) return found;
    const text = `There is no dialog "${DEFAULT_DIALOG_ID}" in the controller. Add it: controller.addDialog(handover.dialog()).`;
    throw new HandoverError('dialogMissing', text);
  };
}

/** The adapter's file cannot be loaded if `botbuilder-adapter-facebook` is not installed. */
function repairAdapter(adapter: FacebookAdapter, options: RepairOptions): void {
  const { repairFacebookAdapter } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only here, and not before it is needed
    require('./facebook-adapter.js') as typeof import('./facebook-adapter.js');
  repairFacebookAdapter(adapter as unknown as Parameters<typeof repairFacebookAdapter>[0], options);
}

/**
 * As with the stock adapter, a message that Meta refuses is logged and not thrown: Botkit's `bot.say` does not pass a
 * rejection on but leaves it unhandled, which ends the process.
 */
function forgiveSends(adapter: FacebookAdapter, { log }: AnswerDeps): void {
  const send = adapter.sendActivities.bind(adapter);
  adapter.sendActivities = async (context, activities) => {
    try {
      return await send(context, activities);
    } catch (error) {
      log.error(`A message of the bot was not sent: ${textOfThrown(error)}`);
      return activities.map(() => ({ id: '' }));
    }
  };
}

/**
 * Each time Botkit spawns a bot, the stock adapter asks for a token, in a middleware that never ends if there is none
 * (an application's `getAccessTokenForPage` that fails) and ends the process. Its replacement fails the turn instead.
 */
function passTokenErrorsOn(controller: BotkitController, adapter: FacebookAdapter): void {
  const { fns } = controller.middleware.spawn as { readonly fns?: unknown[] };
  const at = fns?.indexOf(adapter.middlewares?.spawn?.[0]) ?? -1;
  if (!fns || at < 0) return;
  fns[at] = async (bot: BotkitWorker & { api?: unknown }) => {
    bot.api = await adapter.getAPI(bot.getConfig('activity'));
  };
}

function repairWebserver(
  controller: BotkitController,
  adapter: FacebookAdapter,
  logic: BotLogic,
  { limits, answering }: { readonly limits: BodyLimits; readonly answering: AnswerDeps },
): void {
  const path = controller.getConfig('webhook_uri');
  if (typeof path !== 'string') return;
  keepBytes(controller.http, path, limits, answering);
  answerChallengeFirst(controller.webserver, path, (req, res) => void adapter.processActivity(req, res, logic));
}

/** Triggers Botkit's event for an event of the plugin. Never rejects. */
async function trigger<K extends keyof HandoverEventMap>(
  controller: BotkitController,
  name: K,
  events: HandoverEventMap[K],
  { log }: AnswerDeps,
): Promise<void> {
  const event = botkitEvents[name];
  if (!hasHandler(controller, event)) return;
  try {
    const thread = threadIn(events);
    const message = messageOf(event, events, thread);
    // What is said about a message that was held back would be held back, and tell of itself, without end.
    const bot = thread && name !== 'suppressed' ? await workerFor(controller, thread) : undefined;
    await controller.trigger(event, bot, message);
  } catch (error) {
    log.error(`A handler of "${event}" failed: ${textOfThrown(error)}`);
  }
}

/** A worker costs a read of the storage, and most bots listen to few events. Botkit keeps its handlers to itself. */
function hasHandler(controller: BotkitController, event: string): boolean {
  const { _events } = controller as unknown as { readonly _events?: Readonly<Record<string, unknown>> };
  return _events === undefined || _events[event] !== undefined;
}

/** As much of a worker as `saveState` needs. */
function workerOf(context: TurnContext): BotkitWorker {
  return {
    getConfig: (key) => (key === 'context' ? context : undefined),
    changeContext: () => Promise.resolve(undefined),
  };
}

function threadIn(events: HandoverEventMap[keyof HandoverEventMap]): ThreadKey | undefined {
  const { thread } = events;
  return thread && thread.pageId !== '' && thread.psid !== '' ? thread : undefined;
}

/** A bot that speaks to the customer of the thread, as after `startConversationWithUser`. */
async function workerFor(controller: BotkitController, thread: ThreadKey): Promise<BotkitWorker> {
  const bot = await controller.spawn({ activity: { channelId: CHANNEL, recipient: { id: thread.pageId } } });
  await bot.changeContext(referenceTo(thread));
  return bot;
}

/** What Botkit's handlers know as a message; `bot.reply(message, …)` finds its way by `incoming_message`. */
function messageOf(event: string, events: object, thread: ThreadKey | undefined): Record<string, unknown> {
  if (!thread) return { ...events, type: event };
  const reference = referenceTo(thread);
  const { user: from, bot: recipient, ...where } = reference;
  return {
    ...events,
    type: event,
    user: thread.psid,
    channel: thread.psid,
    reference,
    incoming_message: { type: 'event', name: event, ...where, from, recipient, value: events },
  };
}

type FacebookAdapter = BotAdapter & {
  readonly name: string;
  readonly middlewares?: { readonly spawn?: readonly unknown[] };
  getAPI(activity: unknown): Promise<unknown>;
  processActivity(req: unknown, res: unknown, logic: (context: TurnContext) => Promise<void>): Promise<void>;
};

function isAdapter(adapter: unknown): adapter is BotAdapter {
  return typeof adapter === 'object' && adapter !== null && 'sendActivities' in adapter && 'use' in adapter;
}

function isFacebookAdapter(adapter: BotAdapter): adapter is FacebookAdapter {
  return speaksToMeta(adapter);
}
