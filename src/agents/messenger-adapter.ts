/**
 * A Messenger adapter for the Agents SDK that receives Meta's webhooks and sends to Graph itself, without Azure Bot Service.
 *
 * The SDK has none. It extends CloudAdapter because `AgentApplication` takes no other adapter. It uses nothing of it that
 * needs a setting of Azure's.
 */
import { Activity } from '@microsoft/agents-activity';
import type { ConversationReference } from '@microsoft/agents-activity';
import { CloudAdapter, TurnContext } from '@microsoft/agents-hosting';
import type { Request, ResourceResponse } from '@microsoft/agents-hosting';
import { checkFields, namesOf } from '../thread/check-values.js';
import { checkGraphSettings } from '../graph/client-options.js';
import type { WebhookRequest, WebhookResponse } from '../webhook/http-request.js';
import { markSpeaksToMeta } from '../bot/adapter-answers.js';
import type { GraphOptions, HandoverOptions } from '../bot/options/handover-options.js';
import { pluginOf } from '../bot/handover-plugin.js';
import type { MessengerService } from '../bot/serving/serve-adapter.js';
import { serve } from '../bot/serving/serve-adapter.js';
import type { RawWebhookRequest, RawWebhookResponse } from '../webhook/raw-request.js';
import type { ReceivingOptions } from '../bot/serving/receive-webhook.js';
import { RECEIVING_NAMES } from '../bot/serving/receive-webhook.js';
import { servesItself } from './check-adapter.js';
import type { BotLogic } from './options.js';
import type { VccLiveHandover } from './vcc-live-handover.js';

/** What the SDK's own adapter answers with. SDKs below 1.8 have no name for it. */
type HostResponse = Parameters<CloudAdapter['process']>[1];

/** Options of {@link MessengerAdapter}. */
export interface MessengerAdapterOptions extends ReceivingOptions {
  /** The plugin. Its middleware becomes the first of the adapter's. */
  handover: VccLiveHandover;
  /** The verify token of the app's webhook settings. */
  verifyToken: string;
  /** The App Secret that webhooks are verified with. Default: the plugin's. One of the two is needed. */
  appSecret?: string | undefined;
  /** The Page access token that messages are sent with, or a function of the Page id. Default: the plugin's. */
  pageAccessToken?: HandoverOptions['pageAccessToken'] | undefined;
  /** Address and version of the Graph API. Default: the plugin's. */
  graph?: Pick<GraphOptions, 'apiVersion' | 'baseUrl'> | undefined;
}

const OWN_NAMES = namesOf<Omit<MessengerAdapterOptions, keyof ReceivingOptions>>({
  handover: true,
  verifyToken: true,
  appSecret: true,
  pageAccessToken: true,
  graph: true,
});

/** CloudAdapter asks for a client id in production. Nothing is signed or verified with this one. */
const NO_CLIENT_ID = 'messenger-adapter';
const STARTS_SERVER =
  'startServer of @microsoft/agents-hosting-express parses every body and has no route for GET, so it cannot serve Messenger: ' +
  'give process() to the routes of an express() of your own.';

/**
 * `process` takes GET (`hub.challenge`) and POST on one route, under Express, Fastify (its raw request and response) or
 * node:http, without a body parser or with one that keeps `req.rawBody`.
 *
 * ```ts
 * const adapter = new MessengerAdapter({ handover, verifyToken });
 * const app = new AgentApplication({ adapter, storage });
 * handover.attach(app);
 * server.all('/api/messages', (req, res) => adapter.process(req, res, (context) => app.run(context)));
 * ```
 */
export class MessengerAdapter extends CloudAdapter {
  readonly #service: MessengerService;

  /** @throws {@link InvalidOptionError} without a `handover`, a verify token, or an App Secret in either place */
  constructor(options: MessengerAdapterOptions) {
    checkFields('', options, [...OWN_NAMES, ...RECEIVING_NAMES]);
    const { handover, verifyToken, appSecret, pageAccessToken, graph = {} } = options;
    const plugin = pluginOf(handover);
    checkGraphSettings('graph.', checkFields('graph', graph, ['baseUrl', 'apiVersion']));
    super({ clientId: NO_CLIENT_ID });
    markSpeaksToMeta(this);
    servesItself(this, handover);
    this.#service = serve(plugin, this, {
      verifyToken,
      appSecret,
      pageAccessToken,
      graph,
      receiving: options,
      names: { verifyToken: 'verifyToken', appSecret: 'appSecret' },
      parsedBodyHint: STARTS_SERVER,
    });
    handover.attach(this);
  }

  /** Answers the request, and runs the bot's logic for what it brought. Never rejects. The log says what went wrong. */
  override process(req: WebhookRequest | Request, res: WebhookResponse | HostResponse, logic: BotLogic): Promise<void> {
    return this.#service.receive(req as WebhookRequest, res, logic);
  }

  /**
   * {@link process} for a cloud function: takes the request as bytes, and resolves with what to answer. It waits until the
   * turns have ended, because a function is stopped with its answer. Never rejects.
   */
  receive(request: RawWebhookRequest, logic: BotLogic): Promise<RawWebhookResponse> {
    return this.#service.receiveRaw(request, logic);
  }

  /**
   * Sends to Messenger. What Messenger has no form for is logged, and emitted as `suppressed` with reason `unsupported`.
   * @throws {@link GraphApiError} unless it is that another app controls the thread. Its `sent` has what Meta had accepted
   */
  override sendActivities(context: TurnContext, activities: Activity[]): Promise<ResourceResponse[]> {
    return this.#service.send(context, activities);
  }

  /**
   * Begins a turn in a known conversation. An id of the bot is not needed.
   * @param _botAppIdOrIdentity any value, for compatibility with the SDK
   * @param reference of this SDK or of Bot Framework; `{ user: { id: '<PSID>' }, agent: { id: '<Page id>' } }` is enough
   */
  override continueConversation(
    _botAppIdOrIdentity: Parameters<CloudAdapter['continueConversation']>[0],
    reference: Partial<ConversationReference> & { readonly bot?: ConversationReference['agent'] },
    logic: BotLogic,
  ): Promise<void> {
    const { agent = reference.bot, user, conversation = { id: user?.id ?? '' }, channelId = 'facebook' } = reference;
    const complete: ConversationReference = { ...reference, conversation, channelId, agent };
    const context = new TurnContext(this, Activity.getContinuationActivity(complete));
    return this.runMiddleware(context, logic);
  }

  /** Does nothing: a message on Messenger cannot be changed. */
  override updateActivity(_context: TurnContext, _activity: Activity): Promise<void> {
    return Promise.resolve();
  }

  /** Does nothing: a message on Messenger cannot be taken back by its sender's app. */
  override deleteActivity(_context: TurnContext, _reference: Partial<ConversationReference>): Promise<void> {
    return Promise.resolve();
  }
}
