/**
 * Runs what came in: a turn of Bot Framework's, worked off like a delivery, or what an adapter has admitted already.
 *
 * Says the plugin's own text where a thread came home, and runs the bot's logic at most once.
 */
import type { Activity, TurnContext } from 'botbuilder';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { Ticket } from '../thread/store.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { Queue } from '../queue/measured-queue.js';
import type { TurnDecision, RecordedEvent, Turn } from '../handover/turn.js';
import { isRepeated } from '../handover/turn.js';
import type { HandoverRequests, BroughtActivity } from './begin-handover.js';
import type { AfterHandover } from './after-handover.js';
import type { AddressFinder } from './find-address.js';
import { completeTurn } from './find-address.js';
import { becomeHandoffStatus, becomeHandoffStatusOf, referenceFor } from './handoff-status.js';
import type { PluginTurns } from './plugin-turns.js';
import type { PoliciesOf } from './page-policies.js';
import { say } from './plugin-texts.js';
import type { TurnReading } from './read-turn.js';
import { addressTurn } from './read-turn.js';
import type { OutgoingGuards } from './silence.js';
import type { RunningDecision, TurnState } from './turn-state.js';
import { setTurn } from './turn-state.js';
import { isWithoutThread, userRefOf } from './user-ref.js';

/** What turns stand on. */
export interface TurnRunnerDeps {
  readonly engine: HandoverEngine;
  readonly queue: Queue<RecordedEvent>;
  /** Runs work as a turn of the thread, see `DeliveryQueue.run`. */
  readonly runInQueue: (thread: ThreadKey, work: (ticket: Ticket) => Promise<void>) => Promise<void>;
  readonly guards: OutgoingGuards;
  readonly addresses: AddressFinder;
  readonly requests: HandoverRequests;
  readonly pluginTurns: PluginTurns;
  readonly log: Logger;
  readonly after: AfterHandover;
  readonly policiesOf: PoliciesOf;
}

/** A turn that Bot Framework has begun. Its context is a proxy, so what it has is asked for once. */
export interface BegunTurn {
  readonly context: TurnContext;
  readonly state: TurnState;
  readonly activity: Partial<Activity>;
}

/** What a delivery has come to. */
interface RunState {
  hasRun: boolean;
  thrown: { readonly error: unknown } | undefined;
}

/** A turn that another process works on is waited for this long where no webhook can be answered with 503. */
const MIDDLEWARE_DEADLINE_MS = 20_000;

/** Runs turns. */
export class TurnRunner {
  readonly #deps: TurnRunnerDeps;

  constructor(deps: TurnRunnerDeps) {
    this.#deps = deps;
  }

  /**
   * A turn without a webhook behind it, in the queue of its thread. If its thread cannot be named, the guards look at each
   * message.
   */
  async runProactive({ context, state, activity }: BegunTurn, next: () => Promise<void>): Promise<void> {
    const { adapter } = context;
    const address = await this.#deps.addresses.ofTurn(adapter, activity);
    if (address.to === 'userRef') completeTurn(adapter, activity, { pageId: address.pageId, psid: address.userRef });
    if (address.to !== 'thread') return next();
    completeTurn(adapter, activity, address.thread);
    const { thread } = address;
    return this.#deps.runInQueue(thread, async (ticket) => {
      const turn = await this.#deps.engine.proactiveTurn(thread);
      turn.ticket = ticket;
      this.#enter(context, state, turn);
      await next();
    });
  }

  /** A turn that some other adapter made of a webhook: worked off like a delivery, in this turn. */
  async runDelivered(begun: BegunTurn, reading: TurnReading, next: () => Promise<void>): Promise<void> {
    const state: RunState = { hasRun: false, thrown: undefined };
    const verdict = await this.#deps.queue.take(
      reading.events,
      (recorded, key) => {
        this.#deps.addresses.heard(recorded.event);
        const unmanaged = !recorded.thread && isWithoutThread(recorded.event);
        const admitted = unmanaged ? 'unmanaged' : this.#deps.engine.decisions.decideTurn(recorded, key);
        const run = (decision: TurnDecision | 'unmanaged'): Promise<void> | undefined =>
          this.#runOnce(state, begun, recorded, decision, next);
        return admitted instanceof Promise ? admitted.then(run) : run(admitted);
      },
      { ackDeadlineMs: MIDDLEWARE_DEADLINE_MS, waitForOwn: true, unrecognisable: reading.synthetic === true },
    );
    if (state.thrown) throw state.thrown.error;
    if (verdict === 'unavailable') await this.#runWithoutStore(begun, reading, next);
  }

  /** next() at most once, whatever a bridge packs into one activity. What it rejects with is kept for after the delivery. */
  #runOnce(
    state: RunState,
    begun: BegunTurn,
    { event, thread }: RecordedEvent,
    decision: TurnDecision | 'unmanaged',
    next: () => Promise<void>,
  ): Promise<void> | undefined {
    if (state.hasRun || (decision !== 'unmanaged' && decision.run === 'nothing')) return undefined;
    state.hasRun = true;
    const failed = (error: unknown): void => {
      state.thrown = { error };
    };
    try {
      const { context, activity } = begun;
      const userRef = thread ? undefined : userRefOf(event.raw);
      if (thread) addressTurn(activity, thread);
      else if (userRef !== undefined) addressTurn(activity, { pageId: event.pageId ?? '', psid: userRef });
      if (decision !== 'unmanaged') this.begin(context, begun.state, decision);
      if (decision === 'unmanaged') return next().then(undefined, failed);
      const { turn } = decision;
      const running = this.run(context, decision, { event, activity }, next);
      const ended = isRepeated(turn)
        ? running.then(() => this.#deps.pluginTurns.resumeRepeated(turn, activity))
        : running;
      return ended.then(undefined, failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  /** The store did not answer: Meta itself delivered this, so the bot answers; Meta refuses what is not the bot's. */
  async #runWithoutStore(
    { context, state }: BegunTurn,
    reading: TurnReading,
    next: () => Promise<void>,
  ): Promise<void> {
    const [event] = reading.events;
    if (event?.channel !== 'messaging' || event.pageId === undefined || event.psid === undefined) return;
    if (/ThreadControl$/.test(event.kind)) return;
    const turn = this.#deps.engine.unrecordedTurn({ pageId: event.pageId, psid: event.psid });
    this.#enter(context, state, turn);
    await next();
  }

  /**
   * Puts the turn of an admitted event into its context and guards it. For the adapter, which holds the bare context:
   * middleware is given a proxy of it, through which everything takes several times as long.
   */
  begin(context: TurnContext, state: TurnState, { turn }: RunningDecision): void {
    this.#enter(context, state, turn);
  }

  #enter(context: TurnContext, state: TurnState, turn: Turn): void {
    setTurn(state, turn);
    this.#deps.guards.guardTurn(context, turn);
  }

  /** An event whose turn has begun: says what is to be said, then runs the bot's logic on it. */
  run(
    context: TurnContext,
    decision: RunningDecision,
    brought: BroughtActivity,
    next: () => Promise<void>,
  ): Promise<void> {
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
    next: () => Promise<void>,
  ): Promise<void> {
    const { turn } = decision;
    if (decision.run === 'accepted') return this.#runAccepted(context, turn, decision.reference, next);

    const { after, log, requests } = this.#deps;
    const { returned } = this.#deps.policiesOf(turn.thread.pageId).texts;
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
  async #runAsked(
    context: TurnContext,
    turn: Turn,
    isAsked: boolean | Promise<boolean>,
    next: () => Promise<void>,
  ): Promise<void> {
    const { after, requests } = this.#deps;
    if (await isAsked) {
      await requests.toAgent(context, {});
      return;
    }
    if (!after.isDue(turn)) return next();
    const kind = context.activity.type === 'message' ? 'message' : 'event';
    return after.around(context, turn, kind, next);
  }

  /** The agent's first words: the logic hears of them in the conversation of the customer, and may not speak there. */
  async #runAccepted(context: TurnContext, turn: Turn, kept: unknown, next: () => Promise<void>): Promise<void> {
    const reference = referenceFor(turn.thread, kept, context.adapter);
    if (!reference) return;
    becomeHandoffStatusOf(context, reference, 'accepted');
    await next();
  }
}
