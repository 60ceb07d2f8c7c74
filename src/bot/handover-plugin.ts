/**
 * What the public class of every framework has in common: it takes threads and contexts, and decides nothing itself.
 *
 * Each framework's `VccLiveHandover` extends it and adds how a bot of that framework is put together.
 */
import { InvalidOptionError } from '../thread/errors.js';
import type { HandoverResult, HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import { checkDuration, checkFields } from '../thread/check-values.js';
import type { Activity } from '../activities/activity.js';
import type { CloseReport } from '../queue/deliver.js';
import type { HandoverEventMap, HandoverListener } from '../handover/events.js';
import { resultOf } from '../handover/lifecycle.js';
import type { Plugin } from './compose.js';
import { compose } from './compose.js';
import type { GuardedStorage, StateStorage } from './setup/guarded-storage.js';
import { guardedStorage } from './setup/guarded-storage.js';
import type { HandoverOptions, HandoverRequest } from './options/handover-options.js';
import type { HealthHandlers } from './serving/health-handlers.js';
import { healthHandlers } from './serving/health-handlers.js';
import type { HealthOptions, HealthReport } from './serving/health.js';
import type { Framework, TurnContext } from './port.js';
import { turnOf } from './turn-state.js';
import type { VccLiveWebhookHandler, VccLiveWebhookOptions } from './serving/vcc-live-webhook.js';
import { vccLiveWebhook } from './serving/vcc-live-webhook.js';

const CLOSES_WITHIN_MS = 10_000;

/** The wired parts behind a public object. Not in the package's types: only its own bindings use it. */
let partsOf: (handover: HandoverPlugin) => Plugin;
let isPlugin: (value: object) => value is HandoverPlugin;

/** The methods and events that a bot of any framework has. */
export class HandoverPlugin<Context extends TurnContext = TurnContext, Message extends Activity = Activity> {
  readonly #parts: Plugin;
  #closing: Promise<CloseReport> | undefined;

  static {
    partsOf = (handover) => handover.#parts;
    isPlugin = (value): value is HandoverPlugin => #parts in value;
  }

  /**
   * @param framework the binding
   * @throws {@link InvalidOptionError} if an option cannot work, naming it
   */
  protected constructor(options: HandoverOptions<Context, Message>, framework: Framework) {
    this.#parts = compose(options, framework);
  }

  /**
   * Hands this turn's thread to VCC Live: sends the notice, passes the thread, confirms. After `passed` nothing more
   * leaves this turn.
   *
   * Does not reject, unlike {@link take} and {@link release}: a refused or failed handover is an outcome that every bot has to
   * handle, and the customer has read `texts.failed` by then. Look at `status`.
   * @throws {@link TurnTakenOverError} if another process has taken over the turn's event, which ends the turn
   */
  async toAgent(context: Context, request: HandoverRequest<Message> = {}): Promise<HandoverStart> {
    return this.#parts.requests.toAgent(context, request);
  }

  /**
   * Takes the thread back from its owner; an open handover ends as `takenBack`. The Page has to allow it.
   * With a key, and if the bot is attached, who waits for the result gets a turn behind what the thread has in the queue, and
   * this resolves when that turn is over. If a turn of the same thread calls this, that turn comes after it.
   *
   * Rejects, unlike {@link toAgent}: nobody has told the customer anything, and only the caller knows what to do.
   * @param metadata for the app that loses control; at most 1000 characters
   * @throws {@link GraphApiError} if Meta refuses; code `misconfigured`: the text names the Page setting to change
   */
  async take(target: Context | ThreadKey, metadata?: string): Promise<void> {
    const { core, pluginTurns } = this.#parts;
    const taken = await core.operations.take(target, metadata);
    if (taken) await pluginTurns.resumeTaken(taken);
  }

  /**
   * Releases the thread: it is idle until somebody writes. Rejects like {@link take}.
   * @throws {@link GraphApiError} code `anotherAppOwns` if another app owns it
   */
  async release(target: Context | ThreadKey, metadata?: string): Promise<void> {
    await this.#parts.core.operations.release(target, metadata);
  }

  /**
   * Who owns the thread, by all that is known; with `ask: true` by what Meta says now.
   * @throws {@link StoreError} if the store does not answer, {@link GraphApiError} if Meta does not
   */
  async ownerOf(target: Context | ThreadKey, how: { ask?: boolean } = {}): Promise<ThreadOwner> {
    return this.#parts.core.operations.ownerOf(target, how);
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#parts.core.operations.forget(thread);
  }

  /**
   * The bot's storage, for two or more processes: `new ConversationState(handover.guardStorage(storage))`. A process that
   * stood still for longer than its lease (15 s) does not know that another one has run its event. Its `write` and `delete`
   * reject then, so that it does not put old state over new. Each of them asks the store once. Calls outside turns go through.
   * @returns `read`, `write` and `delete` of the storage; they reject with {@link TurnTakenOverError}
   */
  guardStorage<S extends StateStorage>(storage: S): GuardedStorage<S> {
    return guardedStorage(storage, this.#parts.core.engine.fence);
  }

  /**
   * A route for VCC Live's webhooks Chat (Async) and Ticket Status (Async): `server.post('/vcc-live', handler)`. What they
   * tell is in the result of the handover; a thread whose chat is closed comes home. Call it once, at start-up: from then
   * on this process watches for closed chats whose thread has not come home.
   * @throws {@link InvalidOptionError} naming the option
   * @see https://vcc.live/developers/webhook/overview/about-webhooks
   */
  vccLiveWebhook(options: VccLiveWebhookOptions): VccLiveWebhookHandler {
    const { core, watch } = this.#parts;
    this.#parts.servesVccLive = true;
    const handler = vccLiveWebhook(options, { ...core, reports: core.engine.reports });
    if (options.takeBackAfterMs !== false) watch.start();
    return handler;
  }

  /**
   * Takes back the threads whose timers have come, once, and resolves when that is done and the turns that follow have ended.
   * For a schedule of a cloud function, which is stopped between requests: once a minute. Any other process looks for due
   * timers by itself, every five seconds.
   * @throws {@link StoreError} if the store does not answer
   */
  runTimers(): Promise<void> {
    return this.#parts.watch.runDue();
  }

  /**
   * Whether this process can do its work, for a probe: store, inbox, tokens, last webhook, queue. Resolves within `withinMs`,
   * also if the store hangs. By itself it calls nothing of Meta's: the tokens' states come from calls that were made anyway.
   * @throws {@link InvalidOptionError} naming the option
   */
  health(options: HealthOptions = {}): Promise<HealthReport> {
    return this.#parts.health.report(options);
  }

  /**
   * Routes for probes that answer with {@link health}: `server.get('/healthz', liveness)`, `server.get('/readyz', readiness)`.
   * @param options for the readiness
   * @throws {@link InvalidOptionError} naming the option
   * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
   */
  healthHandlers(options: HealthOptions = {}): HealthHandlers {
    return healthHandlers((how) => this.health(how), options, this.#parts.core);
  }

  /**
   * Listens to what happens; each listener gets one object. A listener may be async, and nobody waits for it. One that
   * throws or rejects is logged, and fails nothing.
   */
  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#parts.core.events.on(event, listener);
    return this;
  }

  /** Stops listening. */
  off<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): this {
    this.#parts.core.events.off(event, listener);
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
    checkFields('', how, ['withinMs']);
    checkDuration('withinMs', how.withinMs);
    this.#closing ??= this.#parts.close(how.withinMs ?? CLOSES_WITHIN_MS);
    return this.#closing;
  }
}

/**
 * The wired parts of a plugin.
 * @throws {@link InvalidOptionError} if it is no plugin of this copy of the package
 */
export function pluginOf(handover: unknown): Plugin {
  if (typeof handover === 'object' && handover !== null && isPlugin(handover)) return partsOf(handover);
  const isOfAnotherCopy = typeof handover === 'object' && handover !== null && 'toAgent' in handover;
  const another = `one of another copy of the package; loaded are ${ownCopies().join(' and ')}`;
  const got = handover === undefined ? 'missing' : isOfAnotherCopy ? another : 'something else';
  throw new InvalidOptionError('handover', got, 'a VccLiveHandover of this copy of botbuilder-handover-vcclive');
}

/** The files of the loaded copies of this package. */
function ownCopies(): string[] {
  return Object.keys(require.cache).filter((path) => /[\\/]bot[\\/]handover-plugin\.[jt]s$/.test(path));
}

/** The result that a handler of the application is to be given in this turn. */
export interface DueResult {
  readonly result: HandoverResult;
  /** The handler has finished: no turn is given the result again. */
  handled(): Promise<void>;
}

/** Whether this turn is to give a result to the application's handler. */
export function hasDueResult(context: TurnContext): boolean {
  const turn = turnOf(context);
  return turn?.due !== undefined && turn.due.length > 0 && turn.blockedBecause === undefined;
}

/** The results that this turn is to give to the application's handler, oldest first, for as long as the turn may speak. */
export function* dueResultsOf({ core }: Plugin, context: TurnContext): Generator<DueResult> {
  const turn = turnOf(context);
  for (const due of turn?.due ?? []) {
    if (!turn || !hasDueResult(context)) return;
    yield {
      result: resultOf(due),
      handled: async () => {
        turn.due = turn.due?.filter((each) => each !== due);
        await core.engine.dialogResults.handled(turn, due.handoverId);
      },
    };
  }
}
