/**
 * Runs turns, the same way for every adapter: an adapter of ours that receives webhooks, Botkit's, or Azure's channel.
 *
 * The bot's logic runs at most once for an event, and the plugin says its own text if the thread came home with it.
 */
import { HandoverError } from '../thread/errors.js';
import type { ThreadEventKind } from '../thread/event.js';
import { isDebugOn } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover, whenReady } from '../thread/maybe-promise.js';
import { threadLabel } from '../thread/thread-label.js';
import { activityFromEvent } from '../activities/activity-from-event.js';
import type { Activity } from '../activities/activity.js';
import type { TurnReading } from '../activities/read-turn.js';
import { addressTurn, readTurn } from '../activities/read-turn.js';
import { isWithoutThread, userRefOf } from '../activities/user-ref.js';
import type { DeliveryQueue } from '../queue/deliver.js';
import type { Queue } from '../queue/measured-queue.js';
import type { RecordedEvent, Turn, TurnDecision } from '../handover/turn.js';
import { isRepeated } from '../handover/turn.js';
import type { AfterHandover } from './requests/after-handover.js';
import type { HandoverRequests, BroughtActivity } from './requests/begin-handover.js';
import type { HandoverCore } from './compose-core.js';
import { completeTurn, isMessenger } from './addresses/find-address.js';
import { becomeHandoffStatus, becomeHandoffStatusOf, referenceFor } from './addresses/handoff-status.js';
import type { LastWebhook } from './serving/health.js';
import type { OutgoingGuards } from './outgoing/outgoing-guards.js';
import { say } from './options/plugin-texts.js';
import type { PluginTurns } from './plugin-turns.js';
import type { AttachedBot, Framework, TurnContext } from './port.js';
import type { DecidedEvent, RunningDecision, TurnState } from './turn-state.js';
import { decidedIn, setDecided, setTurn, stateOf, turnIn } from './turn-state.js';

/** Dependencies of {@link TurnRunner}. */
export interface TurnRunnerDeps extends Pick<
  HandoverCore,
  'clock' | 'engine' | 'events' | 'addresses' | 'log' | 'book'
> {
  readonly framework: Framework;
  /** Takes events in. */
  readonly queue: Queue<RecordedEvent>;
  /** Runs turns without an event. */
  readonly ownTurns: Pick<DeliveryQueue, 'run'>;
  readonly guards: OutgoingGuards;
  readonly requests: HandoverRequests;
  readonly pluginTurns: PluginTurns;
  readonly after: AfterHandover;
  readonly webhooks: LastWebhook;
}

/** A turn whose context exists. Middleware is given a proxy of the context, which is slow to ask, so it is asked once. */
interface OpenTurn {
  readonly context: TurnContext;
  readonly state: TurnState;
  readonly activity: Activity;
}

/** How an adapter runs a turn on an event. */
interface TurnTransport {
  /** The turn's context; `undefined` if no turn can be made of the event. */
  open(recorded: RecordedEvent): OpenTurn | undefined;
  /** Runs the middleware that is left and the bot's logic. */
  run(open: OpenTurn, decided: DecidedEvent): Promise<void>;
  /** Gets what the turn rejects with. */
  failed(error: unknown, recorded: RecordedEvent): void;
  /** What runs a turn that follows, if no bot is attached. */
  readonly bot?: AttachedBot;
}

type Decision = TurnDecision | 'unmanaged';
type Next = () => Promise<void>;

/** A turn that another process runs is waited for this long if no webhook can be answered with 503. */
const MIDDLEWARE_DEADLINE_MS = 20_000;
const THREAD_CONTROL: ReadonlySet<ThreadEventKind> = new Set([
  'passThreadControl',
  'takeThreadControl',
  'requestThreadControl',
]);

/** Runs turns. */
export class TurnRunner {
  readonly #deps: TurnRunnerDeps;

  constructor(deps: TurnRunnerDeps) {
    this.#deps = deps;
  }

  /** The plugin as middleware. Turns of other channels pass untouched. */
  onTurn(context: TurnContext, next: Next): Promise<void> {
    const state = stateOf(context);
    const decided = decidedIn(state);
    if (decided) {
      const { decision, isRunning } = decided;
      decided.isRunning = true;
      return isRunning || decision === 'unmanaged' ? next() : this.#runTurn(context, decision, decided, next);
    }
    const { activity, adapter } = context;
    if (!isMessenger(adapter, activity.channelId) || turnIn(state)) return next();
    this.#deps.guards.guardAdapter(adapter);
    const reading = readTurn(activity);
    const open = { context, state, activity };
    return reading.events.length === 0 ? this.#runProactive(open, next) : this.#runReceived(open, reading, next);
  }

  /** Runs an event of a webhook that an adapter of ours received. `undefined` if nothing runs on it. */
  runWebhookEvent(recorded: RecordedEvent, key: string, bot: AttachedBot): MaybePromise<void> {
    const { framework, guards, log, events } = this.#deps;
    return this.#runEvent(recorded, key, {
      bot,
      open: ({ event }) => {
        const made = activityFromEvent(event);
        if (!made) return undefined;
        const context = framework.newContext(bot.adapter, made);
        guards.guardAdapter(bot.adapter);
        // A framework may have made an object of its own of it.
        return { context, state: stateOf(context), activity: context.activity };
      },
      run: ({ context, state }, decided) => {
        setDecided(state, decided);
        return framework.runMiddleware(bot.adapter, context, bot.logic);
      },
      failed: (thrown, { event, thread }) => {
        // One bad item, or a bot without onTurnError, must not sink the delivery: its other events still run.
        const error =
          thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
        log.error(`A turn ended with an error that no onTurnError handled: ${error.stack ?? error.message}`);
        events.emit('ignored', { ...(thread === undefined ? {} : { thread }), event, reason: 'failed', error });
      },
    });
  }

  /** A turn that some other adapter made of a webhook: queued like a delivery, and run in this turn. */
  #runReceived(turn: OpenTurn, reading: TurnReading, next: Next): Promise<void> {
    this.#deps.webhooks.atMs = this.#deps.clock.now();
    let hasRun = false;
    let thrown: { readonly error: unknown } | undefined;
    const transport: TurnTransport = {
      open: ({ event, thread }) => {
        // next() at most once, however many items a bridge packs into one activity.
        if (hasRun) return undefined;
        hasRun = true;
        const userRef = thread ? undefined : userRefOf(event.raw);
        if (thread) addressTurn(turn.activity, thread);
        else if (userRef !== undefined) addressTurn(turn.activity, { pageId: event.pageId ?? '', psid: userRef });
        return turn;
      },
      run: ({ context }, decided) =>
        decided.decision === 'unmanaged' ? next() : this.#runTurn(context, decided.decision, decided, next),
      failed: (error) => (thrown = { error }),
    };
    const taken = this.#deps.queue.take(reading.events, (recorded, key) => this.#runEvent(recorded, key, transport), {
      ackDeadlineMs: MIDDLEWARE_DEADLINE_MS,
      waitForOwn: true,
      unrecognisable: reading.synthetic === true,
    });
    return taken.then((verdict) => {
      if (thrown) throw thrown.error;
      return verdict === 'unavailable' ? this.#runWithoutStore(turn, reading, next) : undefined;
    });
  }

  /** The one way of an event to the bot's logic. `undefined` if nothing runs on the event. */
  #runEvent(recorded: RecordedEvent, key: string, transport: TurnTransport): MaybePromise<void> {
    this.#deps.addresses.heard(recorded.event);
    return recover(
      () => whenReady(this.#decide(recorded, key), (decision) => this.#runDecided(recorded, decision, transport)),
      (error) => transport.failed(error, recorded),
    );
  }

  #decide(recorded: RecordedEvent, key: string): MaybePromise<Decision> {
    const isUnmanaged = !recorded.thread && isWithoutThread(recorded.event);
    return isUnmanaged ? 'unmanaged' : this.#deps.engine.decisions.decideTurn(recorded, key);
  }

  #runDecided(recorded: RecordedEvent, decision: Decision, transport: TurnTransport): MaybePromise<void> {
    if (decision !== 'unmanaged' && decision.run === 'nothing') return undefined;
    const open = transport.open(recorded);
    if (!open) return undefined;
    const { context, state, activity } = open;
    if (decision !== 'unmanaged') this.#enter(context, state, decision.turn);
    const running = transport.run(open, { event: recorded.event, decision, activity, isRunning: false });
    if (decision === 'unmanaged' || !isRepeated(decision.turn)) return running;
    return running.then(() => this.#deps.pluginTurns.resumeRepeated(decision.turn, activity, transport.bot));
  }

  /**
   * A turn without a webhook behind it, in the queue of its thread. If its thread cannot be named, the guards look at each
   * message.
   */
  async #runProactive({ context, state, activity }: OpenTurn, next: Next): Promise<void> {
    const { adapter } = context;
    const address = await this.#deps.addresses.ofTurn(adapter, activity);
    if (address.to === 'userRef') completeTurn(adapter, activity, { pageId: address.pageId, psid: address.userRef });
    if (address.to !== 'thread') return next();
    completeTurn(adapter, activity, address.thread);
    const { thread } = address;
    return this.#deps.ownTurns.run(thread, async (ticket) => {
      const turn = await this.#deps.engine.proactiveTurn(thread);
      turn.ticket = ticket;
      this.#enter(context, state, turn);
      try {
        await next();
      } catch (error) {
        await this.#deps.engine.fence.forgive(turn.ticket, error);
      }
    });
  }

  /** The store did not answer. Meta itself delivered this, so the bot answers; Meta refuses what is not the bot's. */
  async #runWithoutStore({ context, state }: OpenTurn, reading: TurnReading, next: Next): Promise<void> {
    const [event] = reading.events;
    if (event?.channel !== 'messaging' || event.pageId === undefined || event.psid === undefined) return;
    if (THREAD_CONTROL.has(event.kind) || event.kind === 'echo') return;
    this.#enter(context, state, this.#deps.engine.unrecordedTurn({ pageId: event.pageId, psid: event.psid }));
    await next();
  }

  #enter(context: TurnContext, state: TurnState, turn: Turn): void {
    setTurn(state, turn);
    this.#deps.guards.guardTurn(context, turn);
  }

  /** Runs a turn to its end. One that another process has taken over ends early, and no error handler hears of it. */
  #runTurn(context: TurnContext, decision: RunningDecision, brought: BroughtActivity, next: Next): Promise<void> {
    const { ticket } = decision.turn;
    return this.#runLogic(context, decision, brought, next).catch((error: unknown) =>
      this.#deps.engine.fence.forgive(ticket, error),
    );
  }

  /** An event whose turn has begun: says what is to be said, then runs the bot's logic on it. */
  #runLogic(context: TurnContext, decision: RunningDecision, brought: BroughtActivity, next: Next): Promise<void> {
    if (decision.run !== 'logic' || decision.concluded) return this.#runSpecial(context, decision, brought, next);
    const { turn } = decision;
    const isAsked = this.#deps.requests.isAskedFor(context, turn, brought);
    if (isAsked === false && !this.#deps.after.isDue(turn)) return next();
    return this.#runAsked(context, turn, isAsked, next);
  }

  /** Something is to be said, or told to the logic, because the thread came home or an agent wrote. */
  async #runSpecial(
    context: TurnContext,
    decision: RunningDecision,
    brought: BroughtActivity,
    next: Next,
  ): Promise<void> {
    const { turn } = decision;
    if (decision.run === 'accepted') return this.#runAccepted(context, turn, decision.reference, next);

    const { after, log, requests } = this.#deps;
    const { returned } = this.#deps.book.of(turn.thread.pageId).texts;
    if (decision.concluded?.outcome === 'completed' && !turn.blockedBecause) await say(context, returned, log);
    if (decision.run === 'greeting') return after.around(context, turn, 'event');
    if (decision.run === 'handBack') {
      const { metadata } = decision;
      return after.around(context, turn, 'event', async () => {
        becomeHandoffStatus(context, 'completed', metadata);
        await next();
      });
    }
    return this.#runAsked(context, turn, requests.isAskedFor(context, turn, brought), next);
  }

  /** The customer may ask for a person, or there is something to do after a handover. */
  async #runAsked(context: TurnContext, turn: Turn, isAsked: boolean | Promise<boolean>, next: Next): Promise<void> {
    const { after, log, requests } = this.#deps;
    if (await isAsked) {
      if (isDebugOn(log)) {
        const label = threadLabel(turn.thread);
        log.debug?.(`Thread ${label}: a handover begins instead, because the customer asks for an agent.`);
      }
      await requests.toAgent(context, {});
      return;
    }
    if (!after.isDue(turn)) return next();
    const kind = context.activity.type === 'message' ? 'message' : 'event';
    return after.around(context, turn, kind, next);
  }

  /** The agent's first words: the logic hears of them in the conversation of the customer, and may not speak there. */
  async #runAccepted(context: TurnContext, turn: Turn, kept: unknown, next: Next): Promise<void> {
    const reference = referenceFor(turn.thread, kept, context.adapter);
    if (!reference) return;
    becomeHandoffStatusOf(context, reference, 'accepted');
    await next();
  }
}
