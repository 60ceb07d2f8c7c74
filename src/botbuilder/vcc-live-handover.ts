/**
 * The plugin: Bot Framework middleware that hands Messenger threads to VCC Live and keeps the bot silent meanwhile.
 *
 * Translates between the framework's turns and the use cases of `handover/`; decides nothing about ownership itself.
 */
import { randomBytes } from 'node:crypto';
import type { BotAdapter, Middleware, TurnContext } from 'botbuilder';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import type { Clock } from '../thread/clock.js';
import { inBackground, systemClock } from '../thread/clock.js';
import { HandoverError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import { parseExactJson } from '../thread/exact-json.js';
import type { HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { ThreadStore } from '../thread/store.js';
import { consoleLogger, dependableLogger } from '../thread/logger.js';
import { dependableProbe } from '../thread/probe.js';
import { readableOnTheWay } from '../thread/readable-on-the-way.js';
import { RepeatedLines } from '../thread/repeated-lines.js';
import { ThreadControlClient } from '../graph/thread-control-client.js';
import { guardedStore } from '../store/guarded-store.js';
import { MemoryThreadStore } from '../store/memory-store.js';
import { parseWebhook } from '../webhook/parse-webhook.js';
import { ApplicationFunctions } from '../handover/application-functions.js';
import type { CloseReport } from '../queue/deliver.js';
import { DeliveryQueue } from '../queue/deliver.js';
import { HandoverEngine } from '../handover/engine.js';
import { InboxWorker } from '../queue/inbox-worker.js';
import { logEvents } from '../handover/log-events.js';
import { measureEvents } from '../handover/measure-events.js';
import { queueOfMeasuredTurns, measuredQueue } from '../queue/measured-queue.js';
import { measuredInbox } from '../queue/measured-inbox.js';
import type { HandoverEventMap, HandoverListener } from '../handover/events.js';
import { HandoverEvents } from '../handover/events.js';
import { DeadlineWatch } from '../handover/timers.js';
import type { DialogAccess } from '../bot/after-handover.js';
import { AfterHandover } from '../bot/after-handover.js';
import { HandoverRequests } from '../bot/begin-handover.js';
import { checkDuration, checkOptions, unknownOptions } from '../bot/check-options.js';
import { HandoverDialog } from './handover-dialog.js';
import { AddressFinder, isMessenger } from '../bot/find-address.js';
import type { HandoverRequest, VccLiveHandoverOptions } from '../bot/handover-options.js';
import { registerDeps } from './handover-parts.js';
import { RoutingLookup } from '../bot/inline-thread-control.js';
import { KnownPages } from '../bot/known-pages.js';
import type { MetadataDeps } from '../bot/outgoing-metadata.js';
import { textFor } from '../bot/outgoing-metadata.js';
import type { BotLogic } from '../bot/plugin-turns.js';
import { PluginTurns } from '../bot/plugin-turns.js';
import type { Policies } from '../bot/page-policies.js';
import { PolicyBook } from '../bot/page-policies.js';
import { readTurn } from '../bot/read-turn.js';
import { TurnRunner } from '../bot/run-event.js';
import { OutgoingGuards } from '../bot/silence.js';
import { targetOf } from '../bot/target-thread.js';
import { admittedIn, stateOf, turnIn, turnOf } from '../bot/turn-state.js';
import type { VccLiveWebhookHandler, VccLiveWebhookOptions } from '../bot/vcc-live-webhook.js';
import { vccLiveWebhook } from '../bot/vcc-live-webhook.js';

/** What a bot may tell about itself when it is attached. */
export interface AttachOptions extends Partial<DialogAccess> {
  /** The bot's Microsoft app id: what `CloudAdapter` needs for a turn of its own. Default: not needed. */
  readonly microsoftAppId?: string;
}

const CLOSES_WITHIN_MS = 10_000;
const ID_BYTES = 16;
const IDS_IN_POOL = 256;
const DEFAULT_DIALOG_ID = 'vccLiveHandover';

/**
 * Hands threads over, stays silent, and goes on when they come home.
 *
 * ```ts
 * const handover = new VccLiveHandover({ botAppId, vccLiveAppId, pageAccessToken, appSecret });
 * adapter.use(handover); // before any other middleware
 * ```
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export class VccLiveHandover implements Middleware {
  readonly #log: Logger;
  readonly #lines: RepeatedLines;
  readonly #clock: Clock;
  readonly #events: HandoverEvents;
  readonly #engine: HandoverEngine;
  readonly #watch: DeadlineWatch;
  readonly #guards: OutgoingGuards;
  readonly #addresses: AddressFinder;
  readonly #requests: HandoverRequests;
  readonly #runner: TurnRunner;
  readonly #pluginTurns: PluginTurns;
  readonly #after: AfterHandover;
  readonly #functions: ApplicationFunctions;
  readonly #policiesAsked: (pageId: string) => Promise<void> | undefined;
  readonly #metadataOf: (pageId: string) => MetadataDeps;
  readonly #stop: {
    readonly queue: DeliveryQueue;
    readonly inbox: InboxWorker | undefined;
    readonly store: ThreadStore;
  };
  #closing: Promise<CloseReport> | undefined;
  #dialogId = DEFAULT_DIALOG_ID;

  /** @throws {@link InvalidOptionError} where an option cannot work, naming it */
  constructor(options: VccLiveHandoverOptions) {
    checkOptions(options);
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret } = options;
    const log = dependableLogger(options.logger ?? consoleLogger);
    for (const name of unknownOptions(options)) {
      log.warn(`There is no option ${JSON.stringify(name)}; it has no effect. Is it misspelt?`);
    }
    const clock = options.clock ?? systemClock;
    const limitMs = options.limits?.applicationFunctionMs;
    const functions = new ApplicationFunctions({ clock, log, limitMs });
    const book = new PolicyBook(options, { clock, functions });
    const policiesOf = (pageId: string): Policies => book.of(pageId);
    const policiesAsked = (pageId: string): Promise<void> | undefined => book.asked(pageId);
    const events = new HandoverEvents(log);
    logEvents(events, log);
    const probe = dependableProbe(options.telemetry, log);
    if (probe) measureEvents(events, probe);
    const client = new ThreadControlClient({
      botAppId,
      pageAccessToken,
      ...(appSecret === undefined ? {} : { appSecret }),
      ...options.graph,
      clock,
      logger: log,
      ...(probe === undefined ? {} : { probe }),
    });
    const readable = readableOnTheWay('graph.baseUrl', options.graph?.baseUrl);
    if (readable !== undefined) log.warn(readable);
    const pages = new KnownPages({
      hasOneToken: typeof pageAccessToken === 'string',
      ask: () => client.page(),
      clock,
      log,
    });
    const addresses = new AddressFinder(pages, log);
    const given = options.store ?? new MemoryThreadStore({ now: () => clock.now() });
    const store: ThreadStore = guardedStore(given.forBot({ appId: botAppId, log }));
    const newId = idsFrom(randomBytes);
    const processId = newId();
    const engine = new HandoverEngine({
      botAppId,
      vccLiveAppId: typeof vccLiveAppId === 'function' ? vccLiveAppId : () => vccLiveAppId,
      graph: client,
      store,
      clock,
      processId,
      newId,
      events,
      log,
      policies: policiesOf,
      policiesAsked,
      onEnded: (thread, ended, eventKey) => this.#pluginTurns.resumeAfter(thread, ended, eventKey),
    });
    const queue: DeliveryQueue = new DeliveryQueue({
      store,
      clock,
      log,
      processId,
      enter: (ticket, leaseMs, event) => engine.decisions.enter(ticket, leaseMs, event),
      limits: options.limits ?? {},
    });
    const measured = measuredQueue(queue, probe, clock);
    const worker = queueOfMeasuredTurns(queue, probe, clock);
    const kept = options.inbox?.forBot({ appId: botAppId, log });
    const inbox = kept && new InboxWorker({ inbox: kept, queue: worker, clock, log, read: eventsOf });
    this.#log = log;
    this.#lines = new RepeatedLines(log, clock);
    this.#clock = clock;
    this.#events = events;
    this.#engine = engine;
    this.#addresses = addresses;
    this.#after = new AfterHandover({ engine, log, policiesOf, functions });
    this.#functions = functions;
    this.#policiesAsked = policiesAsked;
    this.#metadataOf = (pageId) => {
      const { metadata, redact } = policiesOf(pageId);
      const given = { ...(metadata === undefined ? {} : { metadata }), ...(redact === undefined ? {} : { redact }) };
      return { options: { botAppId, vccLiveAppId, ...given }, functions };
    };
    const { after, metadataOf } = { after: this.#after, metadataOf: this.#metadataOf };
    this.#pluginTurns = new PluginTurns({
      log,
      queue,
      after,
      policiesOf,
      expire: (thread) => engine.expire(thread),
      endedBefore: (turn) => engine.dialogResults.endedBefore(turn),
      bringHome: (thread) => engine.reports.bringHome(thread),
    });
    this.#requests = new HandoverRequests({
      engine,
      client,
      events,
      log,
      policiesOf,
      policiesAsked,
      functions,
      metadataOf,
      addresses,
      routing: new RoutingLookup(client, { clock, log }),
      failed: (thread, reference, error) => this.#pluginTurns.failed(thread, reference, error),
    });
    this.#guards = new OutgoingGuards({
      engine,
      events,
      clock,
      addresses,
      initiate: (context, activity) => this.#requests.initiate(context, activity),
    });
    const { requests, guards, pluginTurns } = {
      requests: this.#requests,
      guards: this.#guards,
      pluginTurns: this.#pluginTurns,
    };
    this.#runner = new TurnRunner({
      engine,
      queue: measured,
      guards,
      addresses,
      requests,
      pluginTurns,
      after,
      log,
      policiesOf,
    });
    this.#watch = new DeadlineWatch({
      store,
      clock,
      log,
      expire: async (thread) => {
        await policiesAsked(thread.pageId);
        await this.#pluginTurns.expire(thread);
      },
      bringHome: async (thread) => {
        await policiesAsked(thread.pageId);
        await this.#pluginTurns.bringHome(thread);
      },
    });
    if (book.mayHaveTimers) this.#watch.start();
    this.#stop = { queue, inbox, store };
    registerDeps(this, {
      engine,
      queue: measured,
      inbox: inbox && measuredInbox(inbox, probe, clock),
      pluginTurns: this.#pluginTurns,
      client,
      events,
      log,
      lines: this.#lines,
      clock,
      after,
      probe,
      pageAccessToken,
      appSecret,
      graph: { ...options.graph },
      botAppId,
      runner: this.#runner,
      guards,
      addresses,
    });
  }

  /** Bot Framework's door. Turns of other channels pass untouched. */
  onTurn(context: TurnContext, next: () => Promise<void>): Promise<void> {
    const state = stateOf(context);
    const admitted = admittedIn(state);
    if (admitted) {
      const { decision, isRunning } = admitted;
      admitted.isRunning = true;
      return isRunning || decision === 'unmanaged' ? next() : this.#runner.run(context, decision, admitted, next);
    }
    const { activity } = context;
    if (!isMessenger(context.adapter, activity.channelId) || turnIn(state)) return next();
    this.#guards.guardAdapter(context.adapter);
    const reading = readTurn(activity);
    const begun = { context, state, activity };
    if (reading.events.length === 0) return this.#runner.runProactive(begun, next);
    return this.#runner.runDelivered(begun, reading, next);
  }

  /**
   * Hands this turn's thread to VCC Live: sends the notice, passes the thread, confirms. After `passed` nothing more
   * leaves this turn. Never rejects.
   */
  async toAgent(context: TurnContext, request: HandoverRequest = {}): Promise<HandoverStart> {
    return this.#requests.toAgent(context, request);
  }

  /**
   * Takes the thread back from whoever has it; an open handover ends as `takenBack`. The Page has to allow it.
   * With a key, and where the bot is attached, a waiting dialog gets its turn at once, and this resolves when that is over;
   * where something else of the thread is under way, its turn comes after that and is not waited for.
   * @param metadata for the app that loses control; at most 1000 characters
   * @throws {@link GraphApiError} where Meta refuses; code `misconfigured`: the text names the Page setting to change
   */
  async take(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { thread, turn } = await targetOf(target, this.#addresses);
    await this.#policiesAsked(thread.pageId);
    const text = await textFor(thread, metadata, this.#metadataOf(thread.pageId));
    const taken = await this.#engine.take(thread, text, turn);
    if (!taken || turn) return;
    const resumed = this.#pluginTurns.resume(thread, taken);
    // Behind a turn of the thread, which may be the one that calls this and would wait for itself.
    if (!resumed.waits) await resumed.done;
  }

  /**
   * Releases the thread: it is idle until somebody writes.
   * @throws {@link GraphApiError} code `anotherAppOwns` if another app owns it
   */
  async release(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { thread, turn } = await targetOf(target, this.#addresses);
    await this.#policiesAsked(thread.pageId);
    const text = await textFor(thread, metadata, this.#metadataOf(thread.pageId));
    await this.#engine.release(thread, text, turn);
  }

  /**
   * Who owns the thread, by all that is known; with `ask: true` by what Meta says now.
   * @throws {@link StoreError} where the store does not answer, {@link GraphApiError} where Meta does not
   */
  async ownerOf(target: TurnContext | ThreadKey, how: { ask?: boolean } = {}): Promise<ThreadOwner> {
    const { thread } = await targetOf(target, this.#addresses);
    return this.#engine.ownerOf(thread, how.ask === true);
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#engine.forget((await targetOf(thread, this.#addresses)).thread);
  }

  /**
   * A dialog that hands over, waits, and ends with a `HandoverResult`: `dialogs.add(handover.dialog())`.
   * @param id default `vccLiveHandover`; {@link step} begins the dialog made last
   * @param request what its handovers ask for, unless they say otherwise
   */
  dialog(id: string = DEFAULT_DIALOG_ID, request: HandoverRequest = {}): HandoverDialog {
    this.#dialogId = id;
    const host = {
      begin: (context: TurnContext, asked: HandoverRequest) =>
        this.#requests.toAgent(context, asked, { dialogWaits: true }),
      ending: async (context: TurnContext, handoverId: string, startedAtMs: number) => {
        const turn = turnOf(context);
        return turn && this.#engine.dialogResults.resultFor(turn, handoverId, startedAtMs);
      },
      now: () => this.#clock.now(),
    };
    return new HandoverDialog(host, id, request);
  }

  /**
   * A waterfall step that begins the dialog; the next step has the `HandoverResult` in `step.result`.
   * @throws {@link HandoverError} code `dialogMissing`, in the turn, where the dialog was not added
   */
  step(request: HandoverRequest = {}): (step: WaterfallStepContext) => Promise<DialogTurnResult> {
    return async (step) => {
      if (!step.findDialog(this.#dialogId)) {
        const text = `There is no dialog "${this.#dialogId}" beside this waterfall. Add it: dialogs.add(handover.dialog()).`;
        throw new HandoverError('dialogMissing', text);
      }
      return step.beginDialog(this.#dialogId, request);
    };
  }

  /**
   * Guards what leaves the adapter past the middleware, and, with `logic`, gives a waiting dialog its turn when a
   * handover ends outside one.
   * @param how `microsoftAppId` is what `CloudAdapter` needs for a turn of its own; `dialogs` and `conversationState` are
   *   what the option `openPrompt` needs
   */
  attach(adapter: BotAdapter, logic?: BotLogic, how: AttachOptions = {}): void {
    this.#guards.guardAdapter(adapter);
    const { microsoftAppId, dialogs, conversationState } = how;
    if (logic) this.#pluginTurns.attach({ adapter, logic, microsoftAppId });
    if (dialogs) this.#after.reach({ dialogs, conversationState });
  }

  /**
   * A route for VCC Live's webhooks Chat (Async) and Ticket Status (Async): `server.post('/vcc-live', handler)`. What they
   * tell is in the result of the handover; a thread whose chat is closed comes home. Call it once, at start-up: from then
   * on this process watches for closed chats whose thread has not come home.
   * @throws {@link InvalidOptionError} naming the option
   * @see https://vcc.live/developers/webhook/overview/about-webhooks
   */
  vccLiveWebhook(options: VccLiveWebhookOptions): VccLiveWebhookHandler {
    const handler = vccLiveWebhook(options, {
      reports: this.#engine.reports,
      log: this.#log,
      lines: this.#lines,
      clock: this.#clock,
      functions: this.#functions,
    });
    if (options.takeBackAfterMs !== false) this.#watch.start();
    return handler;
  }

  /**
   * Listens to what happens; each listener gets one object. A listener may be async, and nobody waits for it. One that
   * throws or rejects is logged, and fails nothing.
   */
  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#events.on(event, listener);
    return this;
  }

  /** Stops listening. */
  off<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#events.off(event, listener);
    return this;
  }

  /**
   * Stops gracefully: the adapter takes no more deliveries (503, so that Meta delivers to another process or later), what
   * runs is finished, timers are left to others; then inbox and store end the connections that are their own.
   * Stop the server that receives webhooks afterwards, so that Meta gets its answers. A second call is the first one.
   * @param how `withinMs`: what has not ended by then is left, milliseconds; default 10,000
   * @returns what was left: turns that go on, and events that were not begun, whose claims were given back
   */
  close(how: { readonly withinMs?: number } = {}): Promise<CloseReport> {
    checkDuration('withinMs', how.withinMs);
    this.#closing ??= this.#close(how.withinMs ?? CLOSES_WITHIN_MS);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<CloseReport> {
    const { queue, inbox, store } = this.#stop;
    inbox?.stop();
    const overdue = new Promise<void>((resolve) => {
      inBackground(this.#clock, withinMs, resolve);
    });
    const watched = this.#watch.close();
    const left = await queue.close(withinMs);
    await Promise.race([watched, overdue]);
    await inbox?.close();
    await store.close?.();
    return left;
  }
}

/** The events of a body that was kept; `undefined` where it cannot be read. */
function eventsOf(body: string): readonly ThreadEvent[] | undefined {
  try {
    return parseWebhook(parseExactJson(body));
  } catch {
    return undefined;
  }
}

/** Ids of 128 random bits, hex. The bits of many are drawn at once: drawing costs more than all the rest of an id. */
function idsFrom(draw: (bytes: number) => Buffer): () => string {
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used === pool.length) {
      pool = draw(ID_BYTES * IDS_IN_POOL);
      used = 0;
    }
    used += ID_BYTES;
    return pool.toString('hex', used - ID_BYTES, used);
  };
}
