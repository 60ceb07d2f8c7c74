/**
 * Bot Framework's Facebook adapter, repaired: as a class of its own, and for an adapter instance that a bot already has.
 *
 * Lives on its own export path because `botbuilder-adapter-facebook` cannot be loaded from a clean install (it requires
 * `request` without declaring it), and the plugin must not depend on that.
 */
import type { Activity, BotAdapter, ResourceResponse } from 'botbuilder';
import { TurnContext } from 'botbuilder';
import type { FacebookAdapterOptions } from 'botbuilder-adapter-facebook';
import { HandoverError, InvalidOptionError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import { ThreadControlClient } from '../graph/thread-control-client.js';
import type { EventWork } from '../queue/deliver.js';
import type { TurnDecision, RecordedEvent } from '../handover/turn.js';
import { isRepeated } from '../handover/turn.js';
import type { GraphOptions } from '../bot/handover-options.js';
import { checkDuration } from '../bot/check-options.js';
import type { HandoverDeps } from './handover-parts.js';
import { depsOf } from './handover-parts.js';
import { activityFromEvent } from '../bot/messenger-activity.js';
import type { BodyOptions, WebhookRequest, WebhookResponse } from '../bot/http-request.js';
import { limitsOf } from '../bot/http-request.js';
import type { ReceiveDeps } from '../bot/receive-webhook.js';
import { receiveWebhook } from '../bot/receive-webhook.js';
import { runMiddleware } from './run-middleware.js';
import type { SendDeps } from '../bot/send-messages.js';
import { sendMessages } from '../bot/send-messages.js';
import { LossTeller } from '../bot/tell-losses.js';
import { setAdmitted, stateOf } from '../bot/turn-state.js';
import { isWithoutThread } from '../bot/user-ref.js';
import type { BotLogic } from '../bot/plugin-turns.js';
import type { VccLiveHandover } from './vcc-live-handover.js';

/** Meta waits five seconds; the answer has to travel. */
const DEFAULT_ACK_DEADLINE_MS = 4000;

const { FacebookAdapter } = loadStockAdapter();
/** A second repair would lift the guard that the first one has put on `sendActivities`. */
const repaired = new WeakSet<object>();

/** What both the subclass and the repair take. */
export interface RepairOptions {
  /** The plugin; its middleware becomes the first of the adapter's. */
  handover: VccLiveHandover;
  /** Larger bodies are answered with 413. Default 1 MiB. */
  maxBodyBytes?: number;
  /**
   * What all bodies that have not ended may hold together; beyond it the largest of them is answered with 503. Bytes.
   * Default 64 MiB.
   */
  maxPendingBodyBytes?: number;
  /** A body that has not ended by then is answered with 408. Milliseconds, default 10,000. */
  bodyTimeoutMs?: number;
  /** A delivery is acknowledged after this at the latest, while a slow turn goes on. Milliseconds, default 4000. */
  ackDeadlineMs?: number;
}

/** The stock adapter's options; token, app secret and Graph URL are the handover's unless given. */
export interface HandoverFacebookAdapterOptions
  extends RepairOptions, Omit<FacebookAdapterOptions, 'app_secret' | 'access_token'> {
  app_secret?: string;
  access_token?: string;
}

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
  readonly #service: AdapterService;

  /** @throws {@link InvalidOptionError} without a `handover`, a verify token, or an app secret in either place */
  constructor(options: HandoverFacebookAdapterOptions) {
    const inside = depsOf((options as HandoverFacebookAdapterOptions | undefined)?.handover);
    const { handover, maxBodyBytes, maxPendingBodyBytes, bodyTimeoutMs, ackDeadlineMs, ...stock } = options;
    super(stockOptions(stock, inside));
    const graph = ownClient(options, inside, ownGraph(options));
    this.#service = new AdapterService(
      this,
      inside,
      graph,
      secretOf(options.app_secret, inside),
      options.verify_token,
      { maxBodyBytes, maxPendingBodyBytes, bodyTimeoutMs, ackDeadlineMs },
    );
    this.use(handover);
    handover.attach(this);
  }

  /** Answers the request, and runs the bot's logic for what it brought. Never rejects; the log says what went wrong. */
  override processActivity(req: unknown, res: unknown, logic: BotLogic): Promise<void> {
    return this.#service.receive(req as WebhookRequest, res as WebhookResponse, logic);
  }

  /**
   * Sends to Messenger. What Messenger has no form for is logged, and emitted as `suppressed` with reason `unsupported`.
   * @throws {@link GraphApiError} unless it is that another app controls the thread. Its `sent` has what Meta had accepted
   */
  override async sendActivities(context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    return this.#service.send(context, activities);
  }
}

/**
 * Repairs a stock adapter that a bot already has: what comes in and what goes out is then handled as by
 * {@link HandoverFacebookAdapter}. Verify token, token and app secret are the adapter's own.
 * A second call changes nothing.
 * @returns the same adapter
 * @throws {@link InvalidOptionError} where it is no FacebookAdapter, or has no verify token or app secret
 */
export function repairFacebookAdapter<T extends InstanceType<typeof FacebookAdapter>>(
  adapter: T,
  options: RepairOptions,
): T {
  const inside = depsOf((options as RepairOptions | undefined)?.handover);
  if (!(adapter instanceof FacebookAdapter)) {
    throw new InvalidOptionError('adapter', 'something else', 'a FacebookAdapter of botbuilder-adapter-facebook');
  }
  if (repaired.has(adapter)) return adapter;
  const own = (adapter as unknown as { readonly options: FacebookAdapterOptions }).options;
  const service = new AdapterService(
    adapter,
    inside,
    // Of the stock adapter's address and version nobody can tell what was chosen and what is a default of 2018.
    ownClient(own, inside, {}),
    secretOf(own.app_secret, inside),
    own.verify_token,
    options,
  );
  repaired.add(adapter);
  adapter.processActivity = (req: unknown, res: unknown, logic: BotLogic) =>
    service.receive(req as WebhookRequest, res as WebhookResponse, logic);
  adapter.sendActivities = (context, activities) => service.send(context, activities);
  // First of all middleware, whatever was added before.
  const { middleware } = adapter as unknown as { readonly middleware: { middleware: unknown[] } };
  const before = middleware.middleware.splice(0);
  adapter.use(options.handover);
  middleware.middleware.push(...before);
  options.handover.attach(adapter);
  return adapter;
}

/** What both doors of the adapter do, whoever's methods they are. */
class AdapterService {
  readonly #adapter: BotAdapter;
  readonly #inside: HandoverDeps;
  readonly #client: ThreadControlClient;
  readonly #receive: ReceiveDeps;
  readonly #losses: LossTeller;
  readonly #ackDeadlineMs: number;
  /** The logic of the last request that Meta signed: deliveries that another process has left are worked off with it. */
  #lastLogic: BotLogic | undefined;

  constructor(
    adapter: BotAdapter,
    inside: HandoverDeps,
    client: ThreadControlClient,
    appSecret: string,
    verifyToken: unknown,
    limits: BodyOptions & { readonly ackDeadlineMs?: number | undefined },
  ) {
    checkText('verify_token', verifyToken, "the verify token of the app's webhook settings");
    checkDuration('ackDeadlineMs', limits.ackDeadlineMs);
    this.#adapter = adapter;
    this.#inside = inside;
    this.#client = client;
    this.#losses = new LossTeller(inside.log, inside.events);
    this.#ackDeadlineMs = limits.ackDeadlineMs ?? DEFAULT_ACK_DEADLINE_MS;
    const { log, clock, lines } = inside;
    this.#receive = { verifyToken, appSecret, limits: limitsOf(limits, clock), log, clock, lines };
    inside.inbox?.servedBy(() => {
      const logic = inside.pluginTurns.logic ?? this.#lastLogic;
      return logic && ((recorded, key) => this.#work(recorded, key, logic));
    });
  }

  receive(req: WebhookRequest, res: WebhookResponse, logic: BotLogic): Promise<void> {
    const work: EventWork<RecordedEvent> = (recorded, key) => this.#work(recorded, key, logic);
    const { queue, inbox } = this.#inside;
    const deliver = (events: readonly ThreadEvent[], body: Buffer) => {
      // Not before: a health check or a scanner must not choose what the kept deliveries of customers are run with.
      this.#lastLogic = logic;
      return inbox && events.length > 0
        ? inbox.take(body.toString('utf8'), events, work)
        : queue.take(events, work, { ackDeadlineMs: this.#ackDeadlineMs, bytes: body.length });
    };
    return receiveWebhook(req, res, this.#receive, deliver);
  }

  send(context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    const { engine, events, clock, addresses } = this.#inside;
    const deps: SendDeps = { client: this.#client, engine, events, clock, addresses, losses: this.#losses };
    return sendMessages(context, activities, deps);
  }

  /** `undefined` where nothing runs on the event. */
  #work(recorded: RecordedEvent, key: string, logic: BotLogic): Promise<void> | undefined {
    this.#inside.addresses.heard(recorded.event);
    const decided = this.#decide(recorded, key);
    const isForNobody = !(decided instanceof Promise) && decided !== 'unmanaged' && decided.run === 'nothing';
    return isForNobody ? undefined : this.#run(recorded, decided, logic);
  }

  #decide(recorded: RecordedEvent, key: string): TurnDecision | 'unmanaged' | Promise<TurnDecision> {
    const { event, thread } = recorded;
    if (!thread && isWithoutThread(event)) return 'unmanaged';
    return this.#inside.engine.decisions.decideTurn(recorded, key);
  }

  async #run(
    { event, thread }: RecordedEvent,
    decided: TurnDecision | 'unmanaged' | Promise<TurnDecision>,
    logic: BotLogic,
  ): Promise<void> {
    const { events, log, guards, runner, pluginTurns } = this.#inside;
    try {
      const decision = decided instanceof Promise ? await decided : decided;
      if (decision !== 'unmanaged' && decision.run === 'nothing') return;
      const activity = activityFromEvent(event);
      if (!activity) return;
      const context = new TurnContext(this.#adapter, activity);
      guards.guardAdapter(this.#adapter);
      const state = stateOf(context);
      if (decision !== 'unmanaged') runner.begin(context, state, decision);
      setAdmitted(state, { event, decision, activity, isRunning: false });
      await runMiddleware(this.#adapter, context, logic);
      if (decision === 'unmanaged' || !isRepeated(decision.turn)) return;
      await pluginTurns.resumeRepeated(decision.turn, activity, { adapter: this.#adapter, logic });
    } catch (thrown) {
      // One bad item, or a bot without onTurnError, must not sink the delivery: the others are worked off.
      const error =
        thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
      log.error(`A turn ended with an error that no onTurnError handled: ${error.stack ?? error.message}`);
      events.emit('ignored', { ...(thread === undefined ? {} : { thread }), event, reason: 'failed', error });
    }
  }
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
  options: Omit<HandoverFacebookAdapterOptions, keyof RepairOptions>,
  inside: HandoverDeps,
): FacebookAdapterOptions {
  const { pageAccessToken } = inside;
  // An option that is `undefined`, as one from an environment variable may be, is one that is not given.
  const given = Object.fromEntries(
    Object.entries<unknown>(options).filter(([, value]) => value !== undefined),
  ) as unknown as typeof options;
  if (given.access_token !== undefined) checkText('access_token', given.access_token, 'a Page access token');
  const token =
    given.access_token !== undefined || given.getAccessTokenForPage !== undefined
      ? {}
      : typeof pageAccessToken === 'string'
        ? { access_token: pageAccessToken }
        : { getAccessTokenForPage: async (pageId: string) => pageAccessToken(pageId) };
  const host = inside.graph.baseUrl === undefined ? {} : { api_host: new URL(inside.graph.baseUrl).host };
  return {
    api_version: inside.graph.apiVersion ?? 'v26.0',
    ...host,
    ...token,
    ...given,
    app_secret: secretOf(given.app_secret, inside),
  };
}

/** What of the adapter's own options changes how Graph is reached. */
function ownGraph(options: HandoverFacebookAdapterOptions): Pick<GraphOptions, 'apiVersion' | 'baseUrl'> {
  const { api_version, api_host } = options;
  return {
    ...(api_version === undefined ? {} : { apiVersion: api_version }),
    // The stock adapter speaks https only.
    ...(api_host === undefined ? {} : { baseUrl: `https://${api_host}` }),
  };
}

/** The adapter's own token, secret or address needs a client of its own; otherwise the handover's serves both. */
function ownClient(
  options: Pick<FacebookAdapterOptions, 'getAccessTokenForPage'> & { access_token?: string; app_secret?: string },
  inside: HandoverDeps,
  graph: Pick<GraphOptions, 'apiVersion' | 'baseUrl'>,
): ThreadControlClient {
  const { access_token, getAccessTokenForPage, app_secret } = options;
  const sameToken =
    getAccessTokenForPage === undefined && (access_token === undefined || access_token === inside.pageAccessToken);
  const sameSecret = app_secret === undefined || app_secret === inside.appSecret;
  const { apiVersion = inside.graph.apiVersion, baseUrl = inside.graph.baseUrl } = graph;
  const sameGraph = apiVersion === inside.graph.apiVersion && baseUrl === inside.graph.baseUrl;
  if (sameToken && sameSecret && sameGraph) return inside.client;
  return new ThreadControlClient({
    botAppId: inside.botAppId,
    pageAccessToken: access_token ?? getAccessTokenForPage ?? inside.pageAccessToken,
    appSecret: secretOf(app_secret, inside),
    ...inside.graph,
    ...graph,
    clock: inside.clock,
    logger: inside.log,
    ...(inside.probe === undefined ? {} : { probe: inside.probe }),
  });
}

function secretOf(given: string | undefined, inside: HandoverDeps): string {
  const secret = given ?? inside.appSecret;
  checkText(
    'app_secret',
    secret,
    "the App Secret of the bot's app, here or as appSecret of the VccLiveHandover: webhooks are verified with it",
  );
  return secret;
}

/** No error shows the value: it may be a secret. */
function checkText(option: string, value: unknown, expected: string): asserts value is string {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return;
  const blank = typeof value === 'string' && value.trim() === '';
  const got = value === undefined ? 'missing' : typeof value !== 'string' ? `of type ${typeof value}` : undefined;
  throw new InvalidOptionError(option, got ?? (blank ? 'empty' : 'a string with blanks around it'), expected);
}
