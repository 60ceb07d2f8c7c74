/**
 * The plugin: Bot Framework middleware that hands Messenger threads to VCC Live and keeps the bot silent meanwhile.
 *
 * Translates between the framework's turns and the use cases of `handover/`; decides nothing about ownership itself.
 */
import { randomBytes } from 'node:crypto';
import type { Activity, BotAdapter, ConversationReference, Middleware, TurnContext } from 'botbuilder';
import { TurnContext as TurnContextClass } from 'botbuilder';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import type { Clock } from '../thread/clock.js';
import { systemClock } from '../thread/clock.js';
import { HandoverError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion } from '../thread/record.js';
import type { Logger } from '../thread/logger.js';
import { consoleLogger } from '../thread/logger.js';
import { ThreadControlClient } from '../graph/thread-control-client.js';
import { guardedStore } from '../store/guarded-store.js';
import { MemoryThreadStore } from '../store/memory-store.js';
import { DeliveryDesk } from '../handover/deliver.js';
import type { Redactor } from '../handover/redact.js';
import { dependable, redactPersonalData } from '../handover/redact.js';
import type { HandoverOrder, Turn } from '../handover/turn.js';
import { HandoverEngine } from '../handover/engine.js';
import type { HandoverNews, NewsListener } from '../handover/news.js';
import { NewsDesk } from '../handover/news.js';
import { DeadlineWatch, hasTimers } from '../handover/timers.js';
import { askAvailability } from './availability.js';
import { HandoverDialog } from './handover-dialog.js';
import type { HandoverRequest, HandoverText, HandoverTexts, VccLiveHandoverOptions } from './handover-options.js';
import { checkOptions } from './handover-options.js';
import { registerParts } from './handover-parts.js';
import { passWithNotice } from './inline-thread-control.js';
import { metadataFor, textFor, transcriptOf } from './outgoing-metadata.js';
import type { MetadataParts } from './outgoing-metadata.js';
import type { TurnReading } from './read-turn.js';
import { readTurn } from './read-turn.js';
import { Doors } from './silence.js';
import type { TalkToAgent } from './talk-to-agent.js';
import { DEFAULT_TALK_TO_AGENT, asksForAgent } from './talk-to-agent.js';
import type { RunningAdmission } from './turn-state.js';
import { admissionOf, setTurn, turnOf } from './turn-state.js';
import type { VccLiveWebhookHandler, VccLiveWebhookOptions } from './vcc-live-webhook.js';
import { vccLiveWebhook } from './vcc-live-webhook.js';

/** The bot's logic, as adapters take it. */
export type BotLogic = (context: TurnContext) => Promise<void>;

const CHANNEL = 'facebook';
const DEFAULT_DIALOG_ID = 'vccLiveHandover';
/** A turn that another process works on is waited for this long where no webhook can be answered with 503. */
const MIDDLEWARE_DEADLINE_MS = 20_000;

const DEFAULT_TEXTS: HandoverTexts = {
  connecting: "I'm connecting you to an agent. One moment, please.",
  unavailable: 'None of our agents is available right now.',
  failed: "I'm sorry, I could not reach an agent. Please try again in a few minutes.",
  unclaimed: "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
  abandoned: 'Your chat with the agent has ended. You are talking to the bot again.',
  returned: null,
};

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
  readonly #options: VccLiveHandoverOptions;
  readonly #triggers: readonly TalkToAgent[];
  readonly #texts: HandoverTexts;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #news: NewsDesk;
  readonly #client: ThreadControlClient;
  readonly #engine: HandoverEngine;
  readonly #desk: DeliveryDesk;
  readonly #watch: DeadlineWatch;
  readonly #doors: Doors;
  readonly #statusEvents: boolean;
  readonly #redact: Redactor;
  #dialogId = DEFAULT_DIALOG_ID;
  #attached: { adapter: BotAdapter; logic: BotLogic; microsoftAppId: string | undefined } | undefined;

  /** @throws {@link InvalidOptionError} where an option cannot work, naming it */
  constructor(options: VccLiveHandoverOptions) {
    checkOptions(options);
    this.#options = { ...options };
    this.#triggers = triggersOf(options.talkToAgent);
    this.#texts = { ...DEFAULT_TEXTS, ...definedTexts(options.texts) };
    this.#log = options.logger ?? consoleLogger;
    this.#clock = options.clock ?? systemClock;
    this.#statusEvents = options.statusEvents === true;
    this.#redact = redactorOf(options.redact, this.#log);
    this.#news = new NewsDesk(this.#log);
    const { vccLiveAppId } = options;
    this.#client = new ThreadControlClient({
      botAppId: options.botAppId,
      pageAccessToken: options.pageAccessToken,
      ...(options.appSecret === undefined ? {} : { appSecret: options.appSecret }),
      ...options.graph,
      clock: this.#clock,
    });
    const store = guardedStore(options.store ?? new MemoryThreadStore({ now: () => this.#clock.now() }));
    this.#engine = new HandoverEngine({
      botAppId: options.botAppId,
      vccLiveAppId: typeof vccLiveAppId === 'function' ? vccLiveAppId : () => vccLiveAppId,
      graph: this.#client,
      store,
      clock: this.#clock,
      newId,
      news: this.#news,
      log: this.#log,
      timers: options.timers ?? {},
      requests: options.requests ?? 'grantVccLive',
      reclaim: options.reclaim ?? {},
      onEnded: ({ conclusion, reference }) => this.#resume(conclusion, reference, null),
    });
    this.#watch = new DeadlineWatch({
      store,
      clock: this.#clock,
      log: this.#log,
      expire: (thread) => this.#expire(thread),
      bringHome: (thread) => this.#bringHome(thread),
    });
    if (hasTimers(options.timers ?? {})) this.#watch.start();
    this.#desk = new DeliveryDesk({
      store,
      clock: this.#clock,
      log: this.#log,
      holder: newId(),
      arrive: (event, key) => this.#engine.admissions.arrive(event, key),
    });
    this.#doors = new Doors({
      engine: this.#engine,
      news: this.#news,
      clock: this.#clock,
      initiate: (context, activity) => this.#initiate(context, activity),
    });
    registerParts(this, {
      engine: this.#engine,
      desk: this.#desk,
      client: this.#client,
      news: this.#news,
      log: this.#log,
      clock: this.#clock,
      statusEvents: this.#statusEvents,
      pageAccessToken: options.pageAccessToken,
      appSecret: options.appSecret,
      graph: { ...options.graph },
      botAppId: options.botAppId,
    });
  }

  /** Bot Framework's door. Turns of other channels pass untouched. */
  async onTurn(context: TurnContext, next: () => Promise<void>): Promise<void> {
    if (context.activity.channelId !== CHANNEL || turnOf(context)) return next();
    this.#doors.guardAdapter(context.adapter);

    const admitted = admissionOf(context);
    if (admitted === 'unmanaged') return next();
    if (admitted) return this.#run(context, admitted, next);

    const reading = readTurn(context.activity);
    if (reading.events.length === 0) return this.#runProactive(context, reading, next);
    return this.#runDelivered(context, reading, next);
  }

  /**
   * Hands this turn's thread to VCC Live: sends the notice, passes the thread, confirms. After `passed` nothing more
   * leaves this turn. Never rejects.
   */
  async toAgent(context: TurnContext, request: HandoverRequest = {}): Promise<HandoverStart> {
    return this.#toAgent(context, request, false);
  }

  /**
   * Takes the thread back from whoever has it; an open handover ends as `takenBack`. The Page has to allow it.
   * @param metadata for the app that loses control; at most 1000 characters
   * @throws {@link GraphApiError} where Meta refuses; kind `configuration` names the Page setting to change
   */
  async take(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { thread, turn } = this.#target(target);
    const taken = await this.#engine.take(thread, textFor(thread, metadata, this.#metadataParts), turn);
    if (taken && !turn) await this.#resume(taken.conclusion, taken.reference, null);
  }

  /**
   * Releases the thread: it is idle until somebody writes.
   * @throws {@link GraphApiError} kind `notOwner` where another app owns it
   */
  async release(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { thread, turn } = this.#target(target);
    await this.#engine.release(thread, textFor(thread, metadata, this.#metadataParts), turn);
  }

  /**
   * Who owns the thread, by all that is known; with `ask: true` by what Meta says now.
   * @throws {@link StoreError} where the store does not answer, {@link GraphApiError} where Meta does not
   */
  async ownerOf(target: TurnContext | ThreadKey, how: { ask?: boolean } = {}): Promise<ThreadOwner> {
    return this.#engine.ownerOf(this.#target(target).thread, how.ask === true);
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#engine.forget(this.#target(thread).thread);
  }

  /**
   * A dialog that hands over, waits, and ends with a `HandoverResult`: `dialogs.add(handover.dialog())`.
   * @param id default `vccLiveHandover`; {@link step} begins the dialog made last
   * @param request what its handovers ask for, unless they say otherwise
   */
  dialog(id: string = DEFAULT_DIALOG_ID, request: HandoverRequest = {}): HandoverDialog {
    this.#dialogId = id;
    const host = {
      begin: (context: TurnContext, asked: HandoverRequest) => this.#toAgent(context, asked, true),
      ending: async (context: TurnContext, handoverId: string, startedAtMs: number) => {
        const turn = turnOf(context);
        return turn && this.#engine.endingFor(turn, handoverId, startedAtMs);
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
   * @param how `microsoftAppId` is what `CloudAdapter` needs for a turn of its own
   */
  attach(adapter: BotAdapter, logic?: BotLogic, how: { microsoftAppId?: string } = {}): void {
    this.#doors.guardAdapter(adapter);
    if (logic) this.#attached = { adapter, logic, microsoftAppId: how.microsoftAppId };
  }

  /**
   * A route for VCC Live's webhooks Chat (Async) and Ticket Status (Async): `server.post('/vcc-live', handler)`. What they
   * tell is in the result of the handover; a thread whose chat is closed comes home. Call it once, at start-up: from then
   * on this process watches for closed chats whose thread has not come home.
   * @throws {@link InvalidOptionError} naming the option
   * @see https://vcc.live/developers/webhook/overview/about-webhooks
   */
  vccLiveWebhook(options: VccLiveWebhookOptions): VccLiveWebhookHandler {
    const handler = vccLiveWebhook(options, { reports: this.#engine.reports, log: this.#log, clock: this.#clock });
    if (options.takeBackAfterMs !== false) this.#watch.start();
    return handler;
  }

  /** Listens to what happens; each listener gets one object. A listener that throws is logged and hurts nobody. */
  on<K extends keyof HandoverNews>(event: K, listener: NewsListener<K>): this {
    this.#news.on(event, listener);
    return this;
  }

  /** Stops listening. */
  off<K extends keyof HandoverNews>(event: K, listener: NewsListener<K>): this {
    this.#news.off(event, listener);
    return this;
  }

  /** Stops watching for timers and closed chats, and waits for what they are doing. The rest goes on. */
  async close(): Promise<void> {
    await this.#watch.close();
  }

  async #runProactive(context: TurnContext, reading: TurnReading, next: () => Promise<void>): Promise<void> {
    if (reading.thread) {
      const turn = await this.#engine.proactiveTurn(reading.thread);
      setTurn(context, turn);
      this.#doors.guardTurn(context, turn);
      return this.#runLogic(turn, next);
    }
    return next();
  }

  /** A turn that some other adapter made of a webhook: worked off like a delivery, in this turn. */
  async #runDelivered(context: TurnContext, reading: TurnReading, next: () => Promise<void>): Promise<void> {
    const state: { thrown?: unknown } = {};
    let ran = false;
    const verdict = await this.#desk.take(
      reading.events,
      async (arrived, key) => {
        const unmanaged = !arrived.thread && isCheckboxOptin(arrived.event);
        const admission = unmanaged
          ? 'unmanaged'
          : await this.#engine.admissions.admit(arrived, key, this.#statusEvents);
        if (ran || (admission !== 'unmanaged' && admission.run === 'nothing')) return;
        // next() at most once, whatever a bridge packs into one activity.
        ran = true;
        try {
          await (admission === 'unmanaged' ? next() : this.#run(context, admission, next));
        } catch (thrown) {
          state.thrown = thrown;
        }
      },
      { ackDeadlineMs: MIDDLEWARE_DEADLINE_MS, waitForOwn: true, unrecognisable: reading.synthetic === true },
    );
    if ('thrown' in state) throw state.thrown;
    if (verdict === 'unavailable') await this.#runWithoutStore(context, reading, next);
  }

  /** The store did not answer: Meta itself delivered this, so the bot answers; Meta refuses what is not the bot's. */
  async #runWithoutStore(context: TurnContext, reading: TurnReading, next: () => Promise<void>): Promise<void> {
    const [event] = reading.events;
    if (event?.channel !== 'messaging' || event.pageId === undefined || event.psid === undefined) return;
    if (/ThreadControl$/.test(event.kind)) return;
    const turn = this.#engine.unrecordedTurn({ pageId: event.pageId, psid: event.psid });
    setTurn(context, turn);
    this.#doors.guardTurn(context, turn);
    await next();
  }

  async #run(context: TurnContext, admission: RunningAdmission, next: () => Promise<void>): Promise<void> {
    const { turn, concluded } = admission;
    setTurn(context, turn);
    this.#doors.guardTurn(context, turn);
    if (concluded?.outcome === 'completed' && !turn.mute) await this.#say(context, this.#texts.returned);
    if (admission.run === 'greeting') return;
    if (admission.run === 'handBack') {
      becomeHandoffStatus(context, 'completed', admission.metadata);
      return this.#runLogic(turn, next);
    }
    if (await this.#asksForAgent(context)) {
      await this.#toAgent(context, {}, false);
      return;
    }
    return this.#runLogic(turn, next);
  }

  /** Where the logic fails, what its turn had claimed is given back before the error goes to `onTurnError`. */
  async #runLogic(turn: Turn, next: () => Promise<void>): Promise<void> {
    try {
      await next();
    } catch (error) {
      await this.#engine.turnFailed(turn);
      throw error;
    }
  }

  async #asksForAgent(context: TurnContext): Promise<boolean> {
    if (context.activity.type !== 'message') return false;
    try {
      return await asksForAgent(context, this.#triggers, payloadOf(context));
    } catch (error) {
      this.#log.error(`A talkToAgent trigger failed: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  async #toAgent(
    context: TurnContext,
    request: HandoverRequest,
    dialogWaits: boolean,
    transcript: readonly string[] = [],
  ): Promise<HandoverStart> {
    if (context.activity.channelId !== CHANNEL) return { status: 'refused', reason: 'notMessenger' };
    const turn = turnOf(context);
    if (!turn) return { status: 'failed', error: noThread() };
    if (await this.#nobodyThere(context, turn, request)) {
      await this.#say(context, this.#texts.unavailable);
      return { status: 'refused', reason: 'unavailable' };
    }
    let order: HandoverOrder;
    try {
      order = await this.#order(context, turn, request, dialogWaits, transcript);
    } catch (thrown) {
      const error =
        thrown instanceof Error ? thrown : new HandoverError('unexpected', 'A text or metadata function failed.');
      this.#news.tell('failed', { thread: turn.thread, error });
      this.#log.error(`Handover not begun: ${error.message}`);
      await this.#say(context, this.#texts.failed);
      return { status: 'failed', error };
    }
    const { loopBreaker } = this.#options;
    const breaker = loopBreaker === false ? undefined : loopBreaker;
    const start = await this.#engine.handingOver.handOver(turn, order, breaker);
    if (start.status === 'failed') await this.#say(context, this.#texts.failed);
    return start;
  }

  /** Whether the application says that no agent is there. Not asked where the thread is with one, or was just passed. */
  async #nobodyThere(context: TurnContext, turn: Turn, request: HandoverRequest): Promise<boolean> {
    const { availability } = this.#options;
    if (!availability || turn.mute !== undefined) return false;
    const owner = await this.#engine.ownerOf(turn.thread, false).then(
      (known) => known.owner,
      // The store is lost: the handover will say so.
      () => 'unknown' as const,
    );
    if (owner === 'vccLive' || owner === 'other') return false;
    const parts = { clock: this.#clock, log: this.#log };
    return (await askAvailability(() => availability(context, request), parts)) === 'unavailable';
  }

  get #metadataParts(): MetadataParts {
    return { options: this.#options, redact: this.#redact };
  }

  async #order(
    context: TurnContext,
    turn: Turn,
    request: HandoverRequest,
    dialogWaits: boolean,
    transcript: readonly string[],
  ): Promise<HandoverOrder> {
    const metadata = metadataFor(context, turn.thread, request, transcript, this.#metadataParts);
    const notice = await activityOf(context, request.notice === undefined ? this.#texts.connecting : request.notice);
    const reference = TurnContextClass.getConversationReference(context.activity);
    const order: HandoverOrder = { metadata, dialogWaits, reference };
    if (!notice) return order;
    if (this.#options.inlineThreadControl === true) {
      const inline = await passWithNotice(this.#client, turn.thread, notice, this.#log);
      if (inline) return { ...order, passWithNotice: inline };
    }
    return {
      ...order,
      sendNotice: async () => {
        await context.sendActivity(notice);
      },
    };
  }

  /** Bot Framework's own way to ask for a handover: an outgoing `handoff.initiate`. */
  async #initiate(context: TurnContext, initiate: Partial<Activity>): Promise<void> {
    const value: unknown = initiate.value;
    const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
    const { reason } = fields;
    await this.#toAgent(
      context,
      {
        ...(typeof reason === 'string' ? { reason } : {}),
        ...(value === undefined || value === null
          ? {}
          : { metadata: typeof value === 'string' ? { reason: value } : fields }),
      },
      false,
      transcriptOf(initiate, turnOf(context)?.thread),
    );
  }

  async #say(context: TurnContext, text: HandoverText): Promise<void> {
    try {
      const activity = await activityOf(context, text);
      if (activity) await context.sendActivity(activity);
    } catch (error) {
      this.#log.warn(
        `A text of the plugin could not be sent: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** A timer has ended a handover: the customer hears it, and a dialog that waits gets its turn. */
  async #expire(thread: ThreadKey): Promise<void> {
    const ended = await this.#engine.expire(thread);
    if (!ended) return;
    const text = ended.conclusion.outcome === 'unclaimed' ? this.#texts.unclaimed : this.#texts.abandoned;
    await this.#resume(ended.conclusion, ended.reference, text);
  }

  /** VCC Live has closed a chat, and its thread has come home for that: a dialog that waits gets its turn. */
  async #bringHome(thread: ThreadKey): Promise<void> {
    const ended = await this.#engine.reports.bringHome(thread);
    if (ended) await this.#resume(ended.conclusion, ended.reference, this.#texts.returned);
  }

  /**
   * A turn for a handover that ended outside any: says a text, and runs the bot's logic as `handoff.status` where a
   * dialog waits. Never rejects: the handover has ended, whatever becomes of this turn.
   */
  async #resume(conclusion: Conclusion, reference: unknown, text: HandoverText): Promise<void> {
    const attached = this.#attached;
    if (!attached || !isReference(reference)) return;
    const { adapter, logic, microsoftAppId } = attached;
    const resumed = async (context: TurnContext): Promise<void> => {
      const turn = turnOf(context);
      if (turn) turn.key = `resume:${conclusion.handoverId}`;
      await this.#say(context, text);
      if (!conclusion.dialogWaits && !this.#statusEvents) return;
      becomeHandoffStatus(context, 'completed', undefined);
      await logic(context);
    };
    try {
      if (microsoftAppId === undefined) await adapter.continueConversation(reference, resumed);
      else await adapter.continueConversationAsync(microsoftAppId, reference, resumed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error(`Handover ${conclusion.handoverId} has ended, but the turn that told the bot so failed: ${why}`);
    }
  }

  #target(target: TurnContext | ThreadKey): { readonly thread: ThreadKey; readonly turn?: Turn } {
    if (!isThreadOrTurn(target)) throw noThread();
    if ('pageId' in target && 'psid' in target) {
      if (isId(target.pageId) && isId(target.psid)) return { thread: { pageId: target.pageId, psid: target.psid } };
      throw noThread();
    }
    const turn = turnOf(target);
    if (turn) return { thread: turn.thread, turn };
    const reading = target.activity.channelId === CHANNEL ? readTurn(target.activity) : undefined;
    const [event] = reading?.events ?? [];
    if (event?.pageId !== undefined && event.psid !== undefined)
      return { thread: { pageId: event.pageId, psid: event.psid } };
    if (reading?.thread) return { thread: reading.thread };
    throw noThread();
  }
}

function newId(): string {
  return randomBytes(16).toString('hex');
}

function triggersOf(given: VccLiveHandoverOptions['talkToAgent']): readonly TalkToAgent[] {
  if (given === undefined) return [DEFAULT_TALK_TO_AGENT];
  return isTriggerList(given) ? [...given] : [given];
}

function isTriggerList(given: TalkToAgent | readonly TalkToAgent[]): given is readonly TalkToAgent[] {
  return Array.isArray(given);
}

function redactorOf(given: VccLiveHandoverOptions['redact'], log: Logger): Redactor {
  if (given === false) return (text) => text;
  if (given === undefined) return redactPersonalData;
  return dependable(given, (error) => {
    // Its message may hold the text.
    log.error(`The redact option failed, so a text stays here: ${error instanceof Error ? error.name : typeof error}`);
  });
}

function definedTexts(texts: Partial<HandoverTexts> | undefined): Partial<HandoverTexts> {
  return Object.fromEntries(Object.entries<unknown>(texts ?? {}).filter(([, text]) => text !== undefined));
}

async function activityOf(context: TurnContext, text: HandoverText): Promise<Partial<Activity> | undefined> {
  const said = typeof text === 'function' ? await text(context) : text;
  if (!said) return undefined;
  return typeof said === 'string' ? { type: 'message', text: said } : { type: 'message', ...said };
}

/** The payload of the button or quick reply behind a turn, whichever adapter made it. */
function payloadOf(context: TurnContext): string | undefined {
  const [event] = readTurn(context.activity).events;
  return event?.payload;
}

function becomeHandoffStatus(context: TurnContext, state: 'completed', message: string | undefined): void {
  Object.assign(context.activity, {
    type: 'event',
    name: 'handoff.status',
    value: { state, ...(message === undefined ? {} : { message }) },
  });
}

/** A checkbox opt-in has no PSID yet, so no thread; its turn runs as with the stock adapter. */
function isCheckboxOptin(event: ThreadEvent): boolean {
  return event.kind === 'optin' && event.channel === 'messaging';
}

function isReference(reference: unknown): reference is Partial<ConversationReference> {
  return typeof reference === 'object' && reference !== null;
}

/** Applications without types pass what they have, a turn that ended long ago for one. */
function isThreadOrTurn(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false;
  return ('pageId' in target && 'psid' in target) || ('activity' in target && isReference(target.activity));
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function noThread(): HandoverError {
  return new HandoverError(
    'noThread',
    'This is no turn of a Messenger thread: customer and Page are not known. Call adapter.use(handover) before any other middleware, or pass { pageId, psid }.',
  );
}
