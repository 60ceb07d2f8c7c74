/**
 * Runs what came in: a turn of Bot Framework's, worked off like a delivery, or what an adapter has admitted already.
 *
 * Says the plugin's own text where a thread came home, and runs the bot's logic at most once.
 */
import type { Activity, TurnContext } from 'botbuilder';
import type { Logger } from '../thread/logger.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { Desk } from '../handover/measured-desk.js';
import type { Admission, Arrived, Turn } from '../handover/turn.js';
import { isRepeated } from '../handover/turn.js';
import type { Beginnings, BroughtActivity } from './begin-handover.js';
import type { AfterHandover } from './after-handover.js';
import type { AddressFinder } from './find-address.js';
import { completeTurn } from './find-address.js';
import { becomeHandoffStatus, becomeHandoffStatusOf, referenceFor } from './handoff-status.js';
import type { OwnTurns } from './own-turns.js';
import type { PoliciesOf } from './page-policies.js';
import { say } from './plugin-texts.js';
import type { TurnReading } from './read-turn.js';
import { addressTurn } from './read-turn.js';
import type { Doors } from './silence.js';
import type { RunningAdmission, TurnState } from './turn-state.js';
import { setTurn } from './turn-state.js';
import { isWithoutThread, userRefOf } from './user-ref.js';

/** What turns stand on. */
export interface TurnParts {
  readonly engine: HandoverEngine;
  readonly desk: Desk;
  readonly doors: Doors;
  readonly addresses: AddressFinder;
  readonly beginnings: Beginnings;
  readonly ownTurns: OwnTurns;
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
  readonly #parts: TurnParts;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** A turn without a webhook behind it. Where its thread cannot be named, the guards look at each message. */
  async runProactive({ context, state, activity }: BegunTurn, next: () => Promise<void>): Promise<void> {
    const { adapter } = context;
    const address = await this.#parts.addresses.ofTurn(adapter, activity);
    if (address.to === 'userRef') completeTurn(adapter, activity, { pageId: address.pageId, psid: address.userRef });
    if (address.to !== 'thread') return next();
    completeTurn(adapter, activity, address.thread);
    const turn = await this.#parts.engine.proactiveTurn(address.thread);
    this.#enter(context, state, turn);
    return next();
  }

  /** A turn that some other adapter made of a webhook: worked off like a delivery, in this turn. */
  async runDelivered(begun: BegunTurn, reading: TurnReading, next: () => Promise<void>): Promise<void> {
    const state: RunState = { hasRun: false, thrown: undefined };
    const verdict = await this.#parts.desk.take(
      reading.events,
      (arrived, key) => {
        this.#parts.addresses.heard(arrived.event);
        const unmanaged = !arrived.thread && isWithoutThread(arrived.event);
        const admitted = unmanaged ? 'unmanaged' : this.#parts.engine.admissions.admit(arrived, key);
        const run = (admission: Admission | 'unmanaged'): Promise<void> | undefined =>
          this.#runOnce(state, begun, arrived, admission, next);
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
    { event, thread }: Arrived,
    admission: Admission | 'unmanaged',
    next: () => Promise<void>,
  ): Promise<void> | undefined {
    if (state.hasRun || (admission !== 'unmanaged' && admission.run === 'nothing')) return undefined;
    state.hasRun = true;
    const failed = (error: unknown): void => {
      state.thrown = { error };
    };
    try {
      const { context, activity } = begun;
      const userRef = thread ? undefined : userRefOf(event.raw);
      if (thread) addressTurn(activity, thread);
      else if (userRef !== undefined) addressTurn(activity, { pageId: event.pageId ?? '', psid: userRef });
      if (admission !== 'unmanaged') this.begin(context, begun.state, admission);
      if (admission === 'unmanaged') return next().then(undefined, failed);
      const { turn } = admission;
      const running = this.run(context, admission, { event, activity }, next);
      const ended = isRepeated(turn)
        ? running.then(() => this.#parts.ownTurns.resumeRepeated(turn, activity))
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
    const turn = this.#parts.engine.unrecordedTurn({ pageId: event.pageId, psid: event.psid });
    this.#enter(context, state, turn);
    await next();
  }

  /**
   * Puts the turn of an admitted event into its context and guards it. For the adapter, which holds the bare context:
   * middleware is given a proxy of it, through which everything takes several times as long.
   */
  begin(context: TurnContext, state: TurnState, { turn }: RunningAdmission): void {
    this.#enter(context, state, turn);
  }

  #enter(context: TurnContext, state: TurnState, turn: Turn): void {
    setTurn(state, turn);
    this.#parts.doors.guardTurn(context, turn);
  }

  /** An event whose turn has begun: says what is to be said, then runs the bot's logic on it. */
  run(
    context: TurnContext,
    admission: RunningAdmission,
    brought: BroughtActivity,
    next: () => Promise<void>,
  ): Promise<void> {
    if (admission.run !== 'logic' || admission.concluded) return this.#runSpecial(context, admission, brought, next);
    const { turn } = admission;
    const isAsked = this.#parts.beginnings.isAskedFor(context, turn, brought);
    if (isAsked === false && !this.#parts.after.isDue(turn)) return next();
    return this.#runAsked(context, turn, isAsked, next);
  }

  /** Something is to be said, or told to the logic, because the thread came home or an agent wrote. */
  async #runSpecial(
    context: TurnContext,
    admission: RunningAdmission,
    brought: BroughtActivity,
    next: () => Promise<void>,
  ): Promise<void> {
    const { turn } = admission;
    if (admission.run === 'accepted') return this.#runAccepted(context, turn, admission.reference, next);

    const { after, log, beginnings } = this.#parts;
    const { returned } = this.#parts.policiesOf(turn.thread.pageId).texts;
    if (admission.concluded?.outcome === 'completed' && !turn.mute) await say(context, returned, log);
    if (admission.run === 'greeting') return after.around(context, turn, 'event');
    if (admission.run === 'handBack') {
      const { metadata } = admission;
      return after.around(context, turn, 'event', async () => {
        becomeHandoffStatus(context, 'completed', metadata);
        await next();
      });
    }
    return this.#runAsked(context, turn, beginnings.isAskedFor(context, turn, brought), next);
  }

  /** The customer may ask for a person, or there is something to do after a handover. */
  async #runAsked(
    context: TurnContext,
    turn: Turn,
    isAsked: boolean | Promise<boolean>,
    next: () => Promise<void>,
  ): Promise<void> {
    const { after, beginnings } = this.#parts;
    if (await isAsked) {
      await beginnings.toAgent(context, {});
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
