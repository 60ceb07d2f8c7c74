/**
 * The use cases, in one hand: what the framework's room calls.
 *
 * Knows no framework. Every door of the package asks here.
 */
import { StoreError } from '../thread/errors.js';
import type { HandoverResult, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion, OpenHandover } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { Admissions } from './admit.js';
import { HandingOver } from './hand-over.js';
import type { Afterwards, Ending, EndingClaim } from './lifecycle.js';
import {
  claimAfterwards,
  claimEnding,
  endedBeforeRerun,
  endingOfKept,
  eventOfTurn,
  releaseEnding,
  resultOf,
} from './lifecycle.js';
import { Speaking } from './may-speak.js';
import type { TakeReason } from './take-from-agent.js';
import { takeFromAgent } from './take-from-agent.js';
import type { EndedHandover, EngineParts, Outcome } from './thread-steps.js';
import { ThreadSteps, publicOwner, unchanged } from './thread-steps.js';
import type { Deadline } from './timers.js';
import { deadlineOf } from './timers.js';
import type { Turn } from './turn.js';
import { VccLiveReports } from './vcc-live-reports.js';

/** A deadline that comes while the pass is not confirmed comes again after this, for as long as that can still change. */
const ARMED_AGAIN_MS = 60_000;
const UNSETTLED_MS = 24 * 60 * 60_000;
/** Keys of turns that have no claim in the store. */
const WITHOUT_EVENT = /^(?:resume|proactive|unrecorded|unclaimed):/;
/** Long enough to give it back; short enough that a redelivery is not held up where that is lost. */
const ASKING_LEASE_MS = 1000;

/** Does the work of `VccLiveHandover`. */
export class HandoverEngine {
  readonly admissions: Admissions;
  readonly handingOver: HandingOver;
  readonly speaking: Speaking;
  readonly reports: VccLiveReports;
  readonly #parts: EngineParts;
  readonly #steps: ThreadSteps;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#steps = new ThreadSteps(parts);
    this.handingOver = new HandingOver(this.#steps);
    this.admissions = new Admissions(this.#steps, this.handingOver);
    this.speaking = new Speaking(this.#steps);
    this.reports = new VccLiveReports(this.#steps);
  }

  /** A turn that no webhook began. */
  async proactiveTurn(thread: ThreadKey): Promise<Turn> {
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
    const stepped = await this.#steps.takeBack(thread, metadata);
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
    const ended = there ? await takeFromAgent(this.#steps, thread, ids, open, reasonOf(deadline)) : undefined;
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
   * What a dialog that waits for a handover gets in this turn: its result, or nothing yet.
   * @param startedAtMs our clock when the dialog began
   */
  async endingFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    try {
      return await this.#endingFor(turn, handoverId, startedAtMs);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.log.warn(`Thread store lost while a dialog asked for the end of its handover: ${error.message}`);
      // The customer waits for an answer. Where Meta says that the thread is ours, the handover is over, however it ended.
      const isOurs = turn.mute === undefined && (await this.#steps.isOursByMeta(turn.thread)) === true;
      return isOurs ? this.#endedUnseen(handoverId, startedAtMs) : undefined;
    }
  }

  /**
   * The handover whose end a repeated turn has left to its dialog, where the thread is the bot's: it came home before there
   * was a dialog, so no event will tell it.
   */
  async endedBefore(turn: Turn): Promise<Conclusion | undefined> {
    const record = await this.#steps.readOr(turn.thread, undefined);
    const concluded = record && endedBeforeRerun(record, turn.key, turn.run);
    if (!concluded || isAnotherApp(this.#steps.ownerNow(record, await this.#steps.ids(turn.thread)))) return undefined;
    return concluded;
  }

  async #endingFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread } = turn;
    const nowMs = this.#parts.clock.now();
    let claim = await this.#claimEnding(turn, handoverId, nowMs);
    // A turn that died must not keep the dialog waiting, and this customer unanswered, until its event comes again.
    if (claim.kind === 'wait' && claim.claimedBy !== undefined && (await this.#isDeserted(claim.claimedBy))) {
      claim = await this.#claimEnding(turn, handoverId, nowMs, claim.claimedBy);
    }
    if (claim.kind === 'unrecorded') {
      if (!turn.delivered || turn.mute !== undefined || !(await this.#cameHomeUnrecorded(turn, handoverId)))
        return undefined;
      claim = await this.#claimEnding(turn, handoverId, nowMs);
    }
    if (claim.kind === 'yours') {
      turn.endedHandoverId = handoverId;
      return resultOf(claim.conclusion);
    }
    if (claim.kind !== 'gone') return undefined;
    const record = (await this.#parts.store.read(thread)) ?? emptyRecord;
    const known = this.#steps.ownerNow(record, await this.#steps.ids(thread));
    const owner = known.owner === 'unknown' ? await this.#steps.ask(thread) : known;
    if (owner?.owner !== 'bot' && owner?.owner !== 'idle') return undefined;
    return this.#endedUnseen(handoverId, startedAtMs);
  }

  /** Concludes a handover whose pass went through and could not be recorded, where the thread is ours again. */
  async #cameHomeUnrecorded({ thread, key }: Turn, handoverId: string): Promise<boolean> {
    const asked = await this.#steps.ask(thread);
    if (asked?.owner !== 'bot' && asked?.owner !== 'idle') return false;
    const ids = await this.#steps.ids(thread);
    const stepped = await this.#steps.step(
      thread,
      ids,
      () => [],
      (record): Outcome<Conclusion | undefined> => {
        const { open } = record;
        if (open?.id !== handoverId || open.phase !== 'armed') return { record, news: [], value: undefined };
        const nowMs = this.#parts.clock.now();
        const unseen: Ending = { outcome: 'completed', via: 'message', nowMs, endedBy: key };
        const ending = open.keptHandBack ? endingOfKept(open.keptHandBack, nowMs) : unseen;
        return this.#steps.concluded(thread, record, ending, true);
      },
    );
    return stepped.value !== undefined;
  }

  /** The thread is ours again, and nothing tells how the handover ended. */
  #endedUnseen(handoverId: string, startedAtMs: number): HandoverResult {
    const waitedMs = Math.max(0, this.#parts.clock.now() - startedAtMs);
    return { handoverId, outcome: 'completed', via: 'message', waitedMs };
  }

  /** @param deserter the event whose turn had claimed the ending and died */
  #claimEnding(turn: Turn, handoverId: string, nowMs: number, deserter?: string): Promise<EndingClaim> {
    return this.#parts.store.update(turn.thread, (current) => {
      const record = current ?? emptyRecord;
      const free = deserter === undefined ? record : releaseEnding(record, handoverId, deserter);
      const claimed = claimEnding(free, handoverId, turn.key, nowMs);
      return { record: claimed.record === record ? undefined : claimed.record, value: claimed.claim };
    });
  }

  /** Whether an event is neither done nor worked on by any process. Of turns that no event brought nobody can tell. */
  async #isDeserted(turnKey: string): Promise<boolean> {
    if (WITHOUT_EVENT.test(turnKey)) return false;
    const eventKey = eventOfTurn(turnKey);
    const { store, newId } = this.#parts;
    const holder = `asks:${newId()}`;
    const { status } = await store.claim(eventKey, holder, ASKING_LEASE_MS);
    if (status !== 'claimed') return false;
    await store.release(eventKey, holder);
    return true;
  }

  /**
   * What comes after a handover, for this turn to do: once for each handover, whichever turn of whichever process asks
   * first. Nothing where the turn knows of none.
   */
  async afterwardsFor(turn: Turn): Promise<Afterwards | undefined> {
    if (turn.ended === undefined) return undefined;
    return this.#steps.forgiving(() =>
      this.#parts.store.update(turn.thread, (current) => {
        const record = current ?? emptyRecord;
        const claimed = claimAfterwards(record, turn.key, this.#parts.clock.now());
        return { record: claimed.record === record ? undefined : claimed.record, value: claimed.afterwards };
      }),
    );
  }

  /** A turn threw. What it had claimed is given back: its dialog was not saved, and its event does not come again. */
  async turnFailed(turn: Turn): Promise<void> {
    const { thread, key, endedHandoverId } = turn;
    if (endedHandoverId === undefined) return;
    await this.#steps.forgiving(() =>
      this.#parts.store.update(thread, (current) => {
        const released = current && releaseEnding(current, endedHandoverId, key);
        return { record: released === current ? undefined : released, value: undefined };
      }),
    );
  }

  /** The deadline is worked off. A handover that began meanwhile has set one of the same name, and keeps it. */
  async #dropDeadline(thread: ThreadKey, workedOff: OpenHandover | undefined): Promise<undefined> {
    await this.#steps.setDeadline(thread, undefined);
    const open = (await this.#parts.store.read(thread))?.open;
    if (!open || open.id === workedOff?.id) return;
    const deadline = deadlineOf(open, this.#parts.policies(thread.pageId).timers);
    if (deadline) await this.#steps.setDeadline(thread, deadline);
  }
}

function reasonOf({ outcome }: Deadline): TakeReason {
  return { outcome, via: 'timer', reason: outcome, taker: 'a timer' };
}
