/**
 * What an adapter that receives Meta's webhooks itself uses of the plugin: it gives requests and outgoing activities in,
 * and knows nothing of threads, queue or records.
 */
import { parseExactJson } from '../thread/exact-json.js';
import type { ThreadEvent } from '../thread/event.js';
import { checkDuration, checkSecret } from '../thread/check-values.js';
import { ThreadControlClient } from '../graph/thread-control-client.js';
import { parseWebhook } from '../webhook/parse-webhook.js';
import type { AnswerDeps, WebhookRequest, WebhookResponse } from '../webhook/http-request.js';
import { limitsOf } from '../webhook/http-request.js';
import type { Activity, ResourceResponse } from '../activities/activity.js';
import type { RawWebhookRequest, RawWebhookResponse } from '../webhook/raw-request.js';
import { asWebhookRequest, CollectedResponse } from '../webhook/raw-request.js';
import type { DeliveryTerms, EventWork } from '../queue/deliver.js';
import type { Inbox } from '../queue/measured-inbox.js';
import type { Queue } from '../queue/measured-queue.js';
import type { RecordedEvent } from '../handover/turn.js';
import type { HandoverCore } from './compose-core.js';
import { checkAskingTurn } from './guarded-storage.js';
import type { GraphOptions, HandoverOptions } from './handover-options.js';
import type { LastWebhook } from './health.js';
import type { PluginTurns } from './plugin-turns.js';
import type { BotAdapter, BotLogic, TurnContext } from './port.js';
import type { ReceiveDeps, ReceivingOptions } from './receive-webhook.js';
import { recordTraffic } from './record-traffic.js';
import { receiveWebhook, replyTo } from './receive-webhook.js';
import type { TurnRunner } from './run-event.js';
import type { OnSent, SendDeps } from './send-messages.js';
import { sendMessages } from './send-messages.js';

/** Meta waits five seconds; the answer has to travel. */
const DEFAULT_ACK_DEADLINE_MS = 4000;

/** How the plugin reaches Meta. */
export type MetaAccount = Pick<HandoverOptions, 'pageAccessToken' | 'appSecret'> & { readonly graph: GraphOptions };

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

/** The plugin, as adapters see it. */
export interface MessengerHost {
  /** For routes that an adapter answers itself. */
  readonly answering: AnswerDeps;
  readonly account: MetaAccount;
  /** Rejects with {@link TurnTakenOverError} if another process has the event of the turn that asks. */
  checkTurn(): Promise<void>;
  /** @throws {@link InvalidOptionError} without a verify token, or without an app secret in either place */
  serve(adapter: BotAdapter, settings: ServeSettings): MessengerService;
}

/** Dependencies of the host. */
export interface MessengerHostDeps {
  readonly core: HandoverCore;
  readonly answering: AnswerDeps;
  readonly queue: Queue<RecordedEvent>;
  readonly inbox: Inbox<RecordedEvent> | undefined;
  readonly pluginTurns: PluginTurns;
  readonly runner: TurnRunner;
  readonly webhooks: LastWebhook;
}

/** The host of one plugin. */
export function messengerHost(deps: MessengerHostDeps): MessengerHost {
  const { pageAccessToken, appSecret, graph } = deps.core.options;
  const account = { pageAccessToken, ...(appSecret === undefined ? {} : { appSecret }), graph: { ...graph } };
  return {
    answering: deps.answering,
    account,
    checkTurn: () => checkAskingTurn(deps.core.engine.fence),
    serve: (adapter, settings) => new AdapterService(adapter, deps, settings),
  };
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

/** The events of a body that an inbox kept; `undefined` if the body cannot be read. */
export function eventsOf(body: string): readonly ThreadEvent[] | undefined {
  try {
    return parseWebhook(parseExactJson(body));
  } catch {
    return undefined;
  }
}

class AdapterService implements MessengerService {
  readonly #adapter: BotAdapter;
  readonly #deps: MessengerHostDeps;
  readonly #sending: SendDeps;
  readonly #receiving: ReceiveDeps;
  readonly #ackDeadlineMs: number;
  /** The logic of the last request that Meta signed. Deliveries that another process has left are run with it. */
  #lastLogic: BotLogic | undefined;

  constructor(adapter: BotAdapter, deps: MessengerHostDeps, settings: ServeSettings) {
    const { verifyToken, receiving, names, parsedBodyHint } = settings;
    const { ackDeadlineMs = DEFAULT_ACK_DEADLINE_MS, record } = receiving;
    const { core, answering, inbox, pluginTurns } = deps;
    const appSecret = neededSecret(settings.appSecret ?? core.options.appSecret, names?.appSecret);
    checkSecret(names?.verifyToken ?? 'verify_token', verifyToken, "the verify token of the app's webhook settings");
    checkDuration('ackDeadlineMs', ackDeadlineMs);
    this.#adapter = adapter;
    this.#deps = deps;
    const { engine, events, clock, addresses, lines } = core;
    this.#sending = { client: clientFor(settings, core, appSecret), engine, events, clock, addresses, lines };
    this.#ackDeadlineMs = ackDeadlineMs;
    this.#receiving = { verifyToken, appSecret, limits: limitsOf(receiving, clock), parsedBodyHint, ...answering };
    deps.webhooks.isServed = true;
    if (record !== undefined) recordTraffic(record, core);
    inbox?.servedBy(() => {
      const logic = pluginTurns.logic ?? this.#lastLogic;
      return logic && this.#workWith(logic);
    });
  }

  receive(req: WebhookRequest, res: WebhookResponse, logic: BotLogic): Promise<void> {
    return this.#receive(req, res, logic, {});
  }

  async receiveRaw(request: RawWebhookRequest, logic: BotLogic): Promise<RawWebhookResponse> {
    const collected = new CollectedResponse();
    // A function is stopped with its answer, so the answer waits for turns that a server would let go on.
    await this.#receive(asWebhookRequest(request), collected, logic, { waitForOwn: true, isRefusable: true });
    return collected.response;
  }

  #receive(
    req: WebhookRequest,
    res: WebhookResponse,
    logic: BotLogic,
    how: Pick<DeliveryTerms, 'waitForOwn' | 'isRefusable'>,
  ): Promise<void> {
    const work = this.#workWith(logic);
    const { queue, inbox, webhooks, core } = this.#deps;
    return receiveWebhook(req, res, this.#receiving, (events, body) => {
      webhooks.atMs = core.clock.now();
      const acknowledged = core.traffic.observer?.webhook(body.toString('utf8'));
      // Not before: a health check or a scanner must not choose what the kept deliveries of customers are run with.
      this.#lastLogic = logic;
      const taken =
        inbox && events.length > 0
          ? inbox.take(body.toString('utf8'), events, work)
          : queue.take(events, work, { ...how, ackDeadlineMs: this.#ackDeadlineMs, bytes: body.length });
      if (acknowledged)
        void taken.then(
          (verdict) => acknowledged(replyTo(verdict).status),
          () => undefined,
        );
      return taken;
    });
  }

  send(context: TurnContext, activities: readonly Activity[], onSent?: OnSent): Promise<ResourceResponse[]> {
    return sendMessages(context, activities, this.#sending, onSent);
  }

  #workWith(logic: BotLogic): EventWork<RecordedEvent> {
    const bot = { adapter: this.#adapter, logic };
    return (recorded, key) => this.#deps.runner.runWebhookEvent(recorded, key, bot);
  }
}

/** An adapter's own token, secret or address needs a client of its own; otherwise the plugin's serves both. */
function clientFor(settings: ServeSettings, core: HandoverCore, appSecret: string): ThreadControlClient {
  const { options, client, clock, log, probe, traffic, tokens } = core;
  const { apiVersion = options.graph?.apiVersion, baseUrl = options.graph?.baseUrl } = settings.graph ?? {};
  const { pageAccessToken = options.pageAccessToken } = settings;
  const isSame =
    pageAccessToken === options.pageAccessToken &&
    appSecret === options.appSecret &&
    apiVersion === options.graph?.apiVersion &&
    baseUrl === options.graph?.baseUrl;
  if (isSame) return client;
  return new ThreadControlClient(
    {
      botAppId: options.botAppId,
      pageAccessToken,
      appSecret,
      ...options.graph,
      ...settings.graph,
      clock,
      logger: log,
      ...(probe === undefined ? {} : { probe }),
    },
    { traffic, tokens },
  );
}
