/**
 * What a turn gets of a handover that is over: the result for the dialog that waits, and what comes after it.
 *
 * Exists because each is given once, to one turn of one process, and must be given again where that turn dies or fails.
 */
import { sleep } from '../thread/clock.js';
import { StoreError } from '../thread/errors.js';
import type { HandoverResult } from '../thread/handover.js';
import type { Conclusion } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import { isAnotherApp } from '../ownership/ledger.js';
import type { Afterwards, Ending, EndingClaim } from './lifecycle.js';
import { claimAfterwards, claimEnding, endedBeforeRerun, endingOfKept, releaseEnding, resultOf } from './lifecycle.js';
import { isOwnPlace } from './own-place.js';
import type { EngineParts, Outcome, ThreadSteps } from './thread-steps.js';
import type { Turn } from './turn.js';
import { eventOfTurn } from './turn.js';

/** Keys of turns that have no claim in the store. */
const WITHOUT_EVENT = /^(?:resume|proactive|unrecorded|unclaimed):/;
/** Long enough to give it back; short enough that a redelivery is not held up where that is lost. */
const ASKING_LEASE_MS = 1000;
const ASK_AGAIN_MS = 500;
/** The lease of an event's claim, and a little. */
const CLAIM_OF_THE_DEAD_MS = 16_000;

/** Gives endings out. */
export class HandoverEndings {
  readonly #parts: EngineParts;
  readonly #steps: ThreadSteps;

  constructor(steps: ThreadSteps) {
    this.#parts = steps.parts;
    this.#steps = steps;
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

  async #endingFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread } = turn;
    const nowMs = this.#parts.clock.now();
    let claim = await this.#claimEnding(turn, handoverId, nowMs);
    // A turn that died must not keep the dialog waiting, and this customer unanswered, until its event comes again.
    if (claim.kind === 'wait' && claim.claimedBy !== undefined && (await this.#isDeserted(turn, claim.claimedBy))) {
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

  /**
   * Whether the turn that claimed an ending is not running any more: its event is neither done nor worked on by any process.
   * Of turns that no event brought nobody can tell, unless they have a place in the order of the thread.
   */
  async #isDeserted(turn: Turn, claimedBy: string): Promise<boolean> {
    if (WITHOUT_EVENT.test(claimedBy)) return false;
    const { store, clock, newId, waitsHere } = this.#parts;
    // Where an order is kept over all processes, or there is only this one, no other event's turn runs beside this one. Its
    // claim says nothing: the event may have been delivered again, and wait for this very turn.
    const keepsOrder = store.isTurnOf !== undefined || store.atOnce !== undefined;
    const isInOrder = keepsOrder && turn.delivered && !WITHOUT_EVENT.test(turn.key);
    if (isInOrder && !isOwnPlace(claimedBy)) return true;
    const eventKey = eventOfTurn(claimedBy);
    const holder = `asks:${newId()}`;
    const untilMs = clock.now() + (turn.delivered ? CLAIM_OF_THE_DEAD_MS : 0);
    for (;;) {
      if (waitsHere(eventKey)) return true;
      const { status } = await store.claim(eventKey, holder, ASKING_LEASE_MS);
      if (status === 'done') return false;
      if (status === 'claimed') break;
      // Dead or at work, nobody can tell before the lease is over. The customer's message waits: it would go unanswered.
      if (clock.now() >= untilMs) return false;
      await sleep(clock, ASK_AGAIN_MS);
    }
    await store.release(eventKey, holder);
    return true;
  }
}
