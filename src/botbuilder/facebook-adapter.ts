/**
 * Bot Framework's Facebook adapter, repaired: as a class of its own, and for an adapter instance that a bot already has.
 *
 * Lives on its own export path because `botbuilder-adapter-facebook` cannot be loaded from a clean install (it requires
 * `request` without declaring it), and the plugin must not depend on that.
 */
import type { Activity, BotAdapter, ResourceResponse, TurnContext } from 'botbuilder';
import type { FacebookAdapterOptions } from 'botbuilder-adapter-facebook';
import '../thread/check-node.js';
import { HandoverError, InvalidOptionError } from '../thread/errors.js';
import { checkFields, checkSecret, describedPart, namesOf } from '../thread/check-values.js';
import { presentFields } from '../thread/read-unknown.js';
import type { WebhookRequest, WebhookResponse } from '../webhook/http-request.js';
import { speaksToMeta } from '../bot/adapter-answers.js';
import type { GraphOptions, HandoverOptions } from '../bot/options/handover-options.js';
import { pluginOf } from '../bot/handover-plugin.js';
import type { MessengerService } from '../bot/serving/serve-adapter.js';
import { neededSecret, serve } from '../bot/serving/serve-adapter.js';
import type { RawWebhookRequest, RawWebhookResponse } from '../webhook/raw-request.js';
import type { ReceivingOptions } from '../bot/serving/receive-webhook.js';
import { RECEIVING_NAMES } from '../bot/serving/receive-webhook.js';
import { isRepaired, markRepaired } from './check-setup.js';
import type { BotLogic } from './options.js';
import type { VccLiveHandover } from './vcc-live-handover.js';

export type { RecordOption } from '../bot/serving/record-traffic.js';

const { FacebookAdapter } = loadStockAdapter();
/** A second repair would lift the guard that the first one has put on `sendActivities`. */

/** What both the subclass and the repair take. */
export interface RepairOptions extends ReceivingOptions {
  /** The plugin; its middleware becomes the first of the adapter's. */
  handover: VccLiveHandover;
}

const REPAIR_NAMES = ['handover', ...RECEIVING_NAMES];

/** The stock adapter's options; token, app secret and Graph URL are the handover's unless given. */
export interface HandoverFacebookAdapterOptions
  extends RepairOptions, Omit<FacebookAdapterOptions, 'app_secret' | 'access_token'> {
  app_secret?: string;
  access_token?: string;
}

type StockOptions = Omit<HandoverFacebookAdapterOptions, keyof RepairOptions>;

const STOCK_NAMES = namesOf<StockOptions>({
  verify_token: true,
  app_secret: true,
  access_token: true,
  getAccessTokenForPage: true,
  api_host: true,
  api_version: true,
  enable_incomplete: true,
});

/**
 * A Facebook adapter for bots with a handover. `processActivity` takes GET (`hub.challenge`) and POST on one route, under
 * restify, express or node:http, without a body parser or with one that keeps `req.rawBody`.
 *
 * ```ts
 * const adapter = new HandoverFacebookAdapter({ handover, verify_token });
 * server.post('/api/messages', (req, res) => adapter.processActivity(req, res, (context) => bot.run(context)));
 * server.get('/api/messages', (req, res) => adapter.processActivity(req, res, (context) => bot.run(context)));
 * ```
 */
export class HandoverFacebookAdapter extends FacebookAdapter {
  readonly #service: MessengerService;

  /** @throws {@link InvalidOptionError} without a `handover`, a verify token, or an app secret in either place */
  constructor(options: HandoverFacebookAdapterOptions) {
    const plugin = pluginOf((options as HandoverFacebookAdapterOptions | undefined)?.handover);
    checkFields('', options, [...REPAIR_NAMES, ...STOCK_NAMES]);
    super(stockOptions(options, plugin.core.options));
    this.#service = serve(plugin, this, {
      ...ownToken(options),
      verifyToken: options.verify_token,
      appSecret: options.app_secret,
      graph: ownGraph(options),
      receiving: options,
    });
    markRepaired(this);
    options.handover.attach(this);
  }

  /** Answers the request, and runs the bot's logic for what it brought. Never rejects; the log says what went wrong. */
  override processActivity(req: unknown, res: unknown, logic: BotLogic): Promise<void> {
    return this.#service.receive(req as WebhookRequest, res as WebhookResponse, logic);
  }

  /**
   * {@link processActivity} for a cloud function: takes the request as bytes, and resolves with what to answer. It waits until the
   * turns have ended, because a function is stopped with its answer. Never rejects.
   */
  receive(request: RawWebhookRequest, logic: BotLogic): Promise<RawWebhookResponse> {
    return this.#service.receiveRaw(request, logic);
  }

  /**
   * Sends to Messenger. What Messenger has no form for is logged, and emitted as `suppressed` with reason `unsupported`.
   * @throws {@link GraphApiError} unless it is that another app controls the thread. Its `sent` has what Meta had accepted
   */
  override sendActivities(context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    return this.#service.send(context, activities);
  }
}

/**
 * Repairs a stock adapter that a bot already has: what comes in and what goes out is then handled as by
 * {@link HandoverFacebookAdapter}. The verify token is the adapter's own. Its own token and App Secret have priority over the plugin's.
 * A second call changes nothing.
 * @returns the same adapter
 * @throws {@link InvalidOptionError} if it is no FacebookAdapter, if it has no verify token, or if neither it nor the plugin has an
 *   App Secret
 */
export function repairFacebookAdapter<T extends InstanceType<typeof FacebookAdapter>>(
  adapter: T,
  options: RepairOptions,
): T {
  const plugin = pluginOf((options as RepairOptions | undefined)?.handover);
  checkFields('', options, REPAIR_NAMES);
  if (!isFacebookAdapter(adapter)) {
    throw new InvalidOptionError('adapter', 'something else', 'a FacebookAdapter of botbuilder-adapter-facebook');
  }
  if (isRepaired(adapter)) return adapter;
  const own = (adapter as unknown as { readonly options: FacebookAdapterOptions }).options;
  // Nobody can tell which of the stock adapter's address and version was chosen and which is a default of 2018.
  const { verify_token: verifyToken, app_secret: appSecret } = own;
  const service = serve(plugin, adapter, { ...ownToken(own), verifyToken, appSecret, receiving: options });
  adapter.processActivity = (req: unknown, res: unknown, logic: BotLogic) =>
    service.receive(req as WebhookRequest, res as WebhookResponse, logic);
  adapter.sendActivities = (context, activities) => service.send(context, activities);
  markRepaired(adapter);
  options.handover.attach(adapter);
  return adapter;
}

/** By shape: where the package is installed twice, the adapter may be of the other copy's class. */
function isFacebookAdapter(adapter: unknown): boolean {
  if (typeof adapter !== 'object' || adapter === null || !('options' in adapter)) return false;
  return 'processActivity' in adapter && speaksToMeta(adapter as unknown as BotAdapter);
}

function loadStockAdapter(): typeof import('botbuilder-adapter-facebook') {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not say what is missing
    return require('botbuilder-adapter-facebook') as typeof import('botbuilder-adapter-facebook');
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : '';
    const missing = /Cannot find module '([^']+)'/.exec(text)?.[1];
    const install = 'npm install botbuilder-adapter-facebook request@npm:@cypress/request';
    if (missing !== 'request' && missing !== 'botbuilder-adapter-facebook') throw cause;
    const why =
      missing === 'request'
        ? 'botbuilder-adapter-facebook needs the package "request", which it does not declare; its maintained fork installs under that name'
        : 'HandoverFacebookAdapter extends the adapter of botbuilder-adapter-facebook, which is not installed';
    throw new HandoverError('missingPeer', `${why}. Run: ${install}`, { cause });
  }
}

function stockOptions(
  options: HandoverFacebookAdapterOptions,
  { pageAccessToken, appSecret, graph = {} }: HandoverOptions,
): FacebookAdapterOptions {
  // An option that is `undefined`, as one from an environment variable may be, is one that is not given.
  const given = presentFields(Object.fromEntries(STOCK_NAMES.map((name) => [name, options[name]]))) as StockOptions;
  if (given.access_token !== undefined) checkSecret('access_token', given.access_token, 'a Page access token');
  const token =
    given.access_token !== undefined || given.getAccessTokenForPage !== undefined
      ? {}
      : typeof pageAccessToken === 'string'
        ? { access_token: pageAccessToken }
        : { getAccessTokenForPage: async (pageId: string) => pageAccessToken(pageId) };
  const host = graph.baseUrl === undefined ? {} : { api_host: new URL(graph.baseUrl).host };
  return {
    api_version: graph.apiVersion ?? 'v26.0',
    ...host,
    ...token,
    ...given,
    app_secret: neededSecret(given.app_secret ?? appSecret),
  };
}

/** What of the adapter's own options changes how Graph is reached. */
function ownGraph(options: HandoverFacebookAdapterOptions): Pick<GraphOptions, 'apiVersion' | 'baseUrl'> {
  const { api_version, api_host } = options;
  checkForm('api_version', api_version, /^v\d+\.\d+$/, 'a version such as v26.0');
  checkForm('api_host', api_host, /^[^/?#@\s]+$/, 'a host without https:// and path, such as graph.facebook.com');
  return {
    ...(api_version === undefined ? {} : { apiVersion: api_version }),
    // The stock adapter speaks https only.
    ...(api_host === undefined ? {} : { baseUrl: `https://${api_host}` }),
  };
}

function checkForm(option: string, value: string | undefined, form: RegExp, expected: string): void {
  if (value === undefined || form.test(value)) return;
  throw new InvalidOptionError(option, describedPart(value), expected);
}

function ownToken({
  access_token,
  getAccessTokenForPage,
}: Pick<FacebookAdapterOptions, 'getAccessTokenForPage'> & { access_token?: string }): {
  readonly pageAccessToken: HandoverOptions['pageAccessToken'] | undefined;
} {
  return { pageAccessToken: access_token ?? getAccessTokenForPage };
}
