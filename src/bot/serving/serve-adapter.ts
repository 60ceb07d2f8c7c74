/**
 * What an adapter that receives Meta's webhooks itself uses of the plugin: it gives requests and outgoing activities in,
 * and knows nothing of threads, queue or records.
 */
import { checkDuration, checkSecret } from '../../thread/check-values.js';
import type { ThreadControlClient } from '../../graph/thread-control-client.js';
import type { WebhookRequest, WebhookResponse } from '../../webhook/http-request.js';
import { limitsOf } from '../../webhook/http-request.js';
import type { RawWebhookRequest, RawWebhookResponse } from '../../webhook/raw-request.js';
import { asWebhookRequest, CollectedResponse } from '../../webhook/raw-request.js';
import type { Activity, ResourceResponse } from '../../activities/activity.js';
import type { DeliveryTerms, EventWork } from '../../queue/deliver.js';
import type { RecordedEvent } from '../../handover/turn.js';
import type { Plugin } from '../compose.js';
import type { HandoverCore } from '../compose-core.js';
import { clientOf } from '../compose-core.js';
import type { GraphOptions, HandoverOptions } from '../options/handover-options.js';
import type { BotAdapter, BotLogic, TurnContext } from '../port.js';
import type { ReceivingOptions } from './receive-webhook.js';
import { receiveWebhook, replyTo } from './receive-webhook.js';
import { recordTraffic } from './record-traffic.js';
import type { OnSent } from '../outgoing/send-messages.js';
import { sendMessages } from '../outgoing/send-messages.js';

/** Meta waits five seconds; the answer has to travel. */
const DEFAULT_ACK_DEADLINE_MS = 4000;

type Waiting = Pick<DeliveryTerms, 'waitForOwn' | 'isRefusable'>;

/** What an adapter says of itself. What it leaves out is the plugin's. */
export interface ServeSettings {
  readonly verifyToken: unknown;
  readonly appSecret?: string | undefined;
  readonly pageAccessToken?: HandoverOptions['pageAccessToken'] | undefined;
  readonly graph?: Pick<GraphOptions, 'apiVersion' | 'baseUrl'>;
  readonly receiving: ReceivingOptions;
  /** The adapter's own names of two options, for errors. Default: `verify_token`, `app_secret`. */
  readonly names?: { readonly verifyToken: string; readonly appSecret: string };
  /** What to do about a body that was parsed away, beside the usual advice. */
  readonly parsedBodyHint?: string;
}

/** An adapter's way in and way out. */
export interface MessengerService {
  /** Answers the request and runs the bot's logic for what it brought. Never rejects. */
  receive(req: WebhookRequest, res: WebhookResponse, logic: BotLogic): Promise<void>;
  /** The same without a server. Resolves when the turns have ended, or when the delivery lies in the inbox. Never rejects. */
  receiveRaw(request: RawWebhookRequest, logic: BotLogic): Promise<RawWebhookResponse>;
  /** @throws {@link GraphApiError} unless it is that another app controls the thread */
  send(context: TurnContext, activities: readonly Activity[], onSent?: OnSent): Promise<ResourceResponse[]>;
}

/**
 * The app secret that webhooks are verified with.
 * @throws {@link InvalidOptionError} if it is missing
 */
export function neededSecret(secret: string | undefined, option = 'app_secret'): string {
  const expected =
    "the App Secret of the bot's app, here or as appSecret of the VccLiveHandover: webhooks are verified with it";
  checkSecret(option, secret, expected);
  return secret;
}

/**
 * Serves an adapter from now on.
 * @throws {@link InvalidOptionError} without a verify token, or without an app secret in either place
 */
export function serve(plugin: Plugin, adapter: BotAdapter, settings: ServeSettings): MessengerService {
  const { core, queue, inbox, pluginTurns, runner, webhooks } = plugin;
  const { verifyToken, names, parsedBodyHint } = settings;
  const { ackDeadlineMs = DEFAULT_ACK_DEADLINE_MS, record } = settings.receiving;
  const appSecret = neededSecret(settings.appSecret ?? core.options.appSecret, names?.appSecret);
  checkSecret(names?.verifyToken ?? 'verify_token', verifyToken, "the verify token of the app's webhook settings");
  checkDuration('ackDeadlineMs', ackDeadlineMs);
  const sending = { ...core, client: clientFor(settings, core, appSecret) };
  const limits = limitsOf(settings.receiving, core.clock);
  const receiving = { ...core, verifyToken, appSecret, parsedBodyHint, limits };
  /** The logic of the last request that Meta signed. Deliveries that another process has left are run with it. */
  let lastLogic: BotLogic | undefined;
  const workWith = (logic: BotLogic): EventWork<RecordedEvent> => {
    const bot = { adapter, logic };
    return (recorded, key) => runner.runWebhookEvent(recorded, key, bot);
  };
  const receive = (req: WebhookRequest, res: WebhookResponse, logic: BotLogic, how: Waiting): Promise<void> => {
    const work = workWith(logic);
    return receiveWebhook(req, res, receiving, (events, body) => {
      webhooks.atMs = core.clock.now();
      const acknowledged = core.traffic.observer?.webhook(body.toString('utf8'));
      // Not before: a health check or a scanner must not choose what the kept deliveries of customers are run with.
      lastLogic = logic;
      const taken =
        inbox && events.length > 0
          ? inbox.take(body.toString('utf8'), events, work)
          : queue.take(events, work, { ...how, ackDeadlineMs, bytes: body.length });
      if (acknowledged)
        void taken.then(
          (verdict) => acknowledged(replyTo(verdict).status),
          () => undefined,
        );
      return taken;
    });
  };
  webhooks.isServed = true;
  if (record !== undefined) recordTraffic(record, core);
  inbox?.servedBy(() => {
    const logic = pluginTurns.logic ?? lastLogic;
    return logic && workWith(logic);
  });
  return {
    receive: (req, res, logic) => receive(req, res, logic, {}),
    receiveRaw: async (request, logic) => {
      const collected = new CollectedResponse();
      // A function is stopped with its answer, so the answer waits for turns that a server would let go on.
      await receive(asWebhookRequest(request), collected, logic, { waitForOwn: true, isRefusable: true });
      return collected.response;
    },
    send: (context, activities, onSent) => sendMessages(context, activities, sending, onSent),
  };
}

/** An adapter's own token, secret or address needs a client of its own; otherwise the plugin's serves both. */
function clientFor(settings: ServeSettings, core: HandoverCore, appSecret: string): ThreadControlClient {
  const { options } = core;
  const { apiVersion = options.graph?.apiVersion, baseUrl = options.graph?.baseUrl } = settings.graph ?? {};
  const { pageAccessToken = options.pageAccessToken } = settings;
  const isSame =
    pageAccessToken === options.pageAccessToken &&
    appSecret === options.appSecret &&
    apiVersion === options.graph?.apiVersion &&
    baseUrl === options.graph?.baseUrl;
  if (isSame) return core.client;
  return clientOf({ ...options, pageAccessToken, appSecret, graph: { ...options.graph, apiVersion, baseUrl } }, core);
}
