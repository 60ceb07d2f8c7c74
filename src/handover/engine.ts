/**
 * The use cases, in one hand: what the framework's room calls.
 *
 * Knows no framework. Every door of the package asks here.
 */
import type { ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { OpenHandover } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import { Admissions } from './admit.js';
import { AppIdWatch } from './app-id-watch.js';
import { HandingOver } from './hand-over.js';
import { HandoverEndings } from './handover-endings.js';
import { Speaking } from './may-speak.js';
import type { MayTakeBack } from './may-take-back.js';
import { whileDeadlineIsDue } from './may-take-back.js';
import type { TakeReason } from './take-from-agent.js';
import { takeFromAgent } from './take-from-agent.js';
import type { EndedHandover, EngineParts } from './thread-steps.js';
import { ThreadSteps, publicOwner, unchanged } from './thread-steps.js';
import type { Deadline } from './timers.js';
import { deadlineOf } from './timers.js';
import type { Turn } from './turn.js';
import { VccLiveReports } from './vcc-live-reports.js';

/** A deadline that comes while the pass is not confirmed comes again after this, for as long as that can still change. */
const ARMED_AGAIN_MS = 60_000;
const UNSETTLED_MS = 24 * 60 * 60_000;

/** Does the work of `VccLiveHandover`. */
export class HandoverEngine {
  readonly admissions: Admissions;
  readonly appIds: AppIdWatch;
  readonly handingOver: HandingOver;
  readonly speaking: Speaking;
  readonly endings: HandoverEndings;
  readonly reports: VccLiveReports;
  readonly #parts: EngineParts;
  readonly #steps: ThreadSteps;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#steps = new ThreadSteps(parts);
    this.handingOver = new HandingOver(this.#steps);
    this.appIds = new AppIdWatch(parts.log);
    this.admissions = new Admissions(this.#steps, this.handingOver, this.appIds);
    this.speaking = new Speaking(this.#steps);
    this.endings = new HandoverEndings(this.#steps);
    this.reports = new VccLiveReports(this.#steps);
  }

  /** A turn that no webhook began. */
  async proactiveTurn(thread: ThreadKey): Promise<Turn> {
    await this.#parts.policiesAsked(thread.pageId);
    const record = await this.#steps.readOr(thread, undefined);
    const turn = this.#steps.turn(thread, `proactive:${this.#parts.newId()}`, record ?? emptyRecord, false);
    if (!record) turn.epoch = undefined;
    return turn;
  }

  /** A turn that Meta delivered while the store could not be reached. */
  unrecordedTurn(thread: ThreadKey): Turn {
    return { ...this.#steps.turn(thread, `unrecorded:${this.#parts.newId()}`, emptyRecord), epoch: undefined };
  }

  /** Takes the thread back; concludes an open handover as `takenBack`. Rejects with Graph's error where Meta refuses. */
  async take(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<EndedHandover | undefined> {
    const stepped = await this.#steps.takeBack(thread, { metadata });
    if (stepped === undefined) return undefined;
    this.#steps.moveAlong(turn, stepped);
    if (turn?.mute === 'handedOver') turn.mute = undefined;
    return stepped.value;
  }

  /**
   * A deadline of the thread has come: where it still stands, the thread is taken back and the handover concluded.
   * Rejects where it has to come again.
   */
  async expire(thread: ThreadKey): Promise<EndedHandover | undefined> {
    const { store, clock } = this.#parts;
    const { timers } = this.#parts.policies(thread.pageId);
    const record = await store.read(thread);
    const open = record?.open;
    // Its pass may be found to have gone through yet.
    if (open && open.phase !== 'passed' && clock.now() - open.startedAtMs < UNSETTLED_MS) {
      await this.#steps.setDeadline(thread, { atMs: clock.now() + ARMED_AGAIN_MS, outcome: 'unclaimed' });
      return undefined;
    }
    const deadline = open?.phase === 'passed' ? deadlineOf(open, timers) : undefined;
    if (deadline && deadline.atMs > clock.now()) {
      await this.#steps.setDeadline(thread, deadline);
      return undefined;
    }
    if (!record || !open || !deadline) return this.#dropDeadline(thread, open);
    const ids = await this.#steps.ids(thread);
    // Released without a word, or taken by a third app, of which Meta tells VCC Live only: nothing of VCC Live's is left to
    // take back, and nothing is taken out of another's hands.
    const owner = (await this.#steps.ask(thread)) ?? this.#steps.ownerNow(record, ids);
    const there = owner.owner === 'vccLive';
    const mayTake = whileDeadlineIsDue(open.id, deadline, timers, clock.now());
    const reason = reasonOf(deadline, mayTake);
    const ended = there ? await takeFromAgent(this.#steps, thread, ids, open, reason) : undefined;
    if (ended === 'notNow') return this.#dropDeadline(thread, undefined);
    await this.#dropDeadline(thread, open);
    return ended;
  }

  /** Releases the thread: it is idle. Rejects with Graph's error where Meta refuses. */
  async release(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<void> {
    const ids = await this.#steps.ids(thread);
    const stepped = await this.#steps.ownCall(
      thread,
      ids,
      'idle',
      () => this.#parts.graph.release(thread, metadata),
      unchanged,
    );
    this.#steps.moveAlong(turn, stepped);
  }

  /** Who owns the thread by what is known; with `ask` by what Meta says. Rejects where the one asked does not answer. */
  async ownerOf(thread: ThreadKey, ask: boolean): Promise<ThreadOwner> {
    if (ask) {
      const asked = await this.#steps.askOrThrow(thread);
      return publicOwner(asked.now);
    }
    const ids = await this.#steps.ids(thread);
    const record = (await this.#parts.store.read(thread)) ?? emptyRecord;
    return publicOwner(this.#steps.ownerNow(record, ids));
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#parts.store.forget(thread);
  }

  /**
   * The deadline is worked off. A handover that began meanwhile has set one of the same name, and keeps it.
   * @param workedOff the handover that needs no deadline any more; `undefined`: whichever is open gets its next one
   */
  async #dropDeadline(thread: ThreadKey, workedOff: OpenHandover | undefined): Promise<undefined> {
    await this.#steps.setDeadline(thread, undefined);
    const open = (await this.#parts.store.read(thread))?.open;
    if (!open || open.id === workedOff?.id) return;
    const deadline = deadlineOf(open, this.#parts.policies(thread.pageId).timers);
    if (deadline) await this.#steps.setDeadline(thread, deadline);
  }
}

function reasonOf({ outcome }: Deadline, mayTake: MayTakeBack): TakeReason {
  return { outcome, via: 'timer', reason: outcome, taker: 'a timer', mayTake };
}
