/**
 * The use cases, in one hand: what the framework's room calls.
 *
 * Knows no framework. Every door of the package asks here.
 */
import type { ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { OpenHandover } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import { TurnDecisions } from './decide-turn.js';
import { AppIdWatch } from './app-id-watch.js';
import { DialogResults } from './dialog-result.js';
import { HandoverStarter } from './hand-over.js';
import { SendGuard } from './may-send.js';
import type { MayTakeBack } from './may-take-back.js';
import { whileDeadlineIsDue } from './may-take-back.js';
import type { TakeReason } from './take-back.js';
import { takeFromAgent } from './take-back.js';
import type { EndedHandover, EngineDeps } from './change-record.js';
import { ThreadRecords, publicOwner, unchanged } from './change-record.js';
import type { Deadline } from './timers.js';
import { deadlineOf } from './timers.js';
import type { Turn } from './turn.js';
import { VccLiveReports } from './vcc-live-reports.js';

/** A deadline that comes while the pass is not confirmed comes again after this, for as long as that can still change. */
const ARMED_AGAIN_MS = 60_000;
const UNSETTLED_MS = 24 * 60 * 60_000;

/** Does the work of `VccLiveHandover`. */
export class HandoverEngine {
  readonly decisions: TurnDecisions;
  readonly appIds: AppIdWatch;
  readonly starter: HandoverStarter;
  readonly sendGuard: SendGuard;
  readonly dialogResults: DialogResults;
  readonly reports: VccLiveReports;
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#records = new ThreadRecords(deps);
    this.starter = new HandoverStarter(this.#records);
    this.appIds = new AppIdWatch(deps.log);
    this.decisions = new TurnDecisions(this.#records, this.starter, this.appIds);
    this.sendGuard = new SendGuard(this.#records);
    this.dialogResults = new DialogResults(this.#records);
    this.reports = new VccLiveReports(this.#records);
  }

  /** A turn that no webhook began. */
  async proactiveTurn(thread: ThreadKey): Promise<Turn> {
    await this.#deps.policiesAsked(thread.pageId);
    const record = await this.#records.readOr(thread, undefined);
    const turn = this.#records.turn(thread, `proactive:${this.#deps.newId()}`, record ?? emptyRecord, false);
    if (!record) turn.epoch = undefined;
    return turn;
  }

  /** A turn that Meta delivered while the store could not be reached. */
  unrecordedTurn(thread: ThreadKey): Turn {
    return { ...this.#records.turn(thread, `unrecorded:${this.#deps.newId()}`, emptyRecord), epoch: undefined };
  }

  /** Takes the thread back; concludes an open handover as `takenBack`. Rejects with Graph's error where Meta refuses. */
  async take(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<EndedHandover | undefined> {
    const changed = await this.#records.takeBack(thread, { metadata });
    if (changed === undefined) return undefined;
    this.#records.moveAlong(turn, changed);
    if (turn?.blockedBecause === 'handedOver') turn.blockedBecause = undefined;
    return changed.value;
  }

  /**
   * A deadline of the thread has come: where it still stands, the thread is taken back and the handover concluded.
   * Rejects where it has to come again.
   */
  async expire(thread: ThreadKey): Promise<EndedHandover | undefined> {
    const { store, clock } = this.#deps;
    const { timers } = this.#deps.policies(thread.pageId);
    const record = await store.read(thread);
    const open = record?.open;
    // Its pass may be found to have gone through yet.
    if (open && open.phase !== 'passed' && clock.now() - open.startedAtMs < UNSETTLED_MS) {
      await this.#records.setDeadline(thread, { atMs: clock.now() + ARMED_AGAIN_MS, outcome: 'unclaimed' });
      return undefined;
    }
    const deadline = open?.phase === 'passed' ? deadlineOf(open, timers) : undefined;
    if (deadline && deadline.atMs > clock.now()) {
      await this.#records.setDeadline(thread, deadline);
      return undefined;
    }
    if (!record || !open || !deadline) return this.#dropDeadline(thread, open);
    const ids = await this.#records.ids(thread);
    // Released without a word, or taken by a third app, of which Meta tells VCC Live only: nothing of VCC Live's is left to
    // take back, and nothing is taken out of another's hands.
    const owner = (await this.#records.ask(thread)) ?? this.#records.ownerNow(record, ids);
    const there = owner.owner === 'vccLive';
    const mayTake = whileDeadlineIsDue(open.id, deadline, timers, clock.now());
    const reason = reasonOf(deadline, mayTake);
    const ended = there ? await takeFromAgent(this.#records, thread, ids, open, reason) : undefined;
    if (ended === 'notNow') return this.#dropDeadline(thread, undefined);
    await this.#dropDeadline(thread, open);
    return ended;
  }

  /** Releases the thread: it is idle. Rejects with Graph's error where Meta refuses. */
  async release(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<void> {
    const ids = await this.#records.ids(thread);
    const changed = await this.#records.ownCall(
      thread,
      ids,
      'idle',
      () => this.#deps.graph.release(thread, metadata),
      unchanged,
    );
    this.#records.moveAlong(turn, changed);
  }

  /** Who owns the thread by what is known; with `ask` by what Meta says. Rejects where the one asked does not answer. */
  async ownerOf(thread: ThreadKey, ask: boolean): Promise<ThreadOwner> {
    if (ask) {
      const asked = await this.#records.askOrThrow(thread);
      return publicOwner(asked.now);
    }
    const ids = await this.#records.ids(thread);
    const record = (await this.#deps.store.read(thread)) ?? emptyRecord;
    return publicOwner(this.#records.ownerNow(record, ids));
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#deps.store.forget(thread);
  }

  /**
   * The deadline is worked off. A handover that began meanwhile has set one of the same name, and keeps it.
   * @param workedOff the handover that needs no deadline any more; `undefined`: whichever is open gets its next one
   */
  async #dropDeadline(thread: ThreadKey, workedOff: OpenHandover | undefined): Promise<undefined> {
    await this.#records.setDeadline(thread, undefined);
    const open = (await this.#deps.store.read(thread))?.open;
    if (!open || open.id === workedOff?.id) return;
    const deadline = deadlineOf(open, this.#deps.policies(thread.pageId).timers);
    if (deadline) await this.#records.setDeadline(thread, deadline);
  }
}

function reasonOf({ outcome }: Deadline, mayTake: MayTakeBack): TakeReason {
  return { outcome, via: 'timer', reason: outcome, taker: 'a timer', mayTake };
}
