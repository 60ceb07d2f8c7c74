/**
 * Gives the result of a finished handover to the dialog that waits for it, and says what comes after the handover.
 *
 * No two turns of a thread run at once, over all processes. So whoever asks gets the result: a dialog that still asks was
 * not saved as ended. {@link decideDialog} is the decision; docs/decisions.md has its table.
 */
import { StoreError, TurnTakenOverError } from '../thread/errors.js';
import type { HandoverResult } from '../thread/handover.js';
import type { EventKey, HandoverId } from '../thread/ids.js';
import type { Conclusion, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { askOwner, isOursByMeta } from './ask-owner.js';
import type { ThreadRecords } from './change-record.js';
import type { EngineDeps } from './engine-deps.js';
import type { Fence } from './fence.js';
import type { Ending } from './lifecycle.js';
import {
  concludeOpen,
  conclusionOfCause,
  endingOfEarlyHandBack,
  hasSavedDialog,
  replaceConclusion,
  resultOf,
  unchanged,
} from './lifecycle.js';
import type { Turn } from './turn.js';
import { isRepeated } from './turn.js';

/** After this nobody is asked about a handover any more. */
const AFTERWARDS_MS = 24 * 60 * 60_000;

/** What is known when a dialog asks for the end of its handover. */
export interface DialogFacts {
  readonly handoverId: HandoverId;
  readonly record: ThreadRecord;
  /** Who owns the thread by the record. */
  readonly owner: Verdict['owner'];
  /** Whether Meta delivered the turn and it may still speak. */
  readonly maySpeak: boolean;
  /** What `thread_owner` answered; `noAnswer` if it gave none. Absent: it was not asked. */
  readonly asked?: Verdict['owner'] | 'noAnswer' | undefined;
}

/**
 * What a waiting dialog gets.
 * - `result`: its handover has ended; the dialog gets the conclusion
 * - `wait`: it waits on
 * - `askOwner`: Meta must be asked first, then the decision is made again
 * - `conclude`: the handover passed and could not be recorded, and the thread is ours again: it ends now
 * - `endUnseen`: the record is gone and the thread is ours: the dialog ends without a conclusion
 */
export type DialogAnswer = 'result' | 'wait' | 'askOwner' | 'conclude' | 'endUnseen';

/** Decides what a dialog gets that waits for a handover. Pure. */
export function decideDialog({ handoverId, record, owner, maySpeak, asked }: DialogFacts): DialogAnswer {
  if (record.open?.id === handoverId) {
    // Its dialog heard that it is passed, and the record does not say so: the store was lost then. Only Meta knows.
    if (record.open.phase !== 'armed' || !maySpeak) return 'wait';
    if (asked === undefined) return 'askOwner';
    return isOurs(asked) ? 'conclude' : 'wait';
  }
  if (record.conclusions.some((each) => each.handoverId === handoverId)) return 'result';
  if (owner === 'unknown' && asked === undefined) return 'askOwner';
  return isOurs(owner === 'unknown' ? asked : owner) ? 'endUnseen' : 'wait';
}

function isOurs(owner: DialogFacts['asked']): boolean {
  return owner === 'bot' || owner === 'idle';
}

/** What is still to be done after a handover, and whether this turn does it. */
export interface Afterwards {
  readonly conclusion: Conclusion;
  /** The same event did it before, in a run that did not finish: what a customer must not get twice is not repeated. */
  readonly again: boolean;
}

/** The handover after which this event's turn may have something to do: the last one, if none is open and it came home lately. */
export function endedLately(record: ThreadRecord, eventKey: EventKey, nowMs: number): Conclusion | undefined {
  const last = record.conclusions.at(-1);
  if (!last || record.open || last.outcome === 'failed' || last.outcome === 'refused') return undefined;
  if (nowMs - last.concludedAtMs >= AFTERWARDS_MS) return undefined;
  return last.afterwardsBy === undefined || last.afterwardsBy === eventKey ? last : undefined;
}

/** Claims for the turn of one event what comes after a handover, so that it is done once. */
export function claimAfterwards(
  record: ThreadRecord,
  eventKey: EventKey,
  nowMs: number,
): { record: ThreadRecord; value: Afterwards | undefined } {
  const last = endedLately(record, eventKey, nowMs);
  if (!last) return { record, value: undefined };
  if (last.afterwardsBy !== undefined) return { record, value: { conclusion: last, again: true } };
  const conclusion: Conclusion = { ...last, afterwardsBy: eventKey };
  return { record: replaceConclusion(record, conclusion), value: { conclusion, again: false } };
}

/** A handover that an earlier run of this event began and that ended before a new run began the dialog that waits for it. */
function endedBeforeRerun(record: ThreadRecord, eventKey: EventKey, run: string): Conclusion | undefined {
  const concluded = record.open ? undefined : conclusionOfCause(record, eventKey, run);
  if (concluded?.waits === 'handler') return dueToHandler(record)?.[0];
  return concluded?.waits === 'dialog' && !hasSavedDialog(record, eventKey, run) ? concluded : undefined;
}

/**
 * The results that a handler of the application has not finished with, oldest first. None while a handover is open. There are two
 * if the event that showed the end of one handover began the next.
 */
export function dueToHandler({ open, conclusions }: ThreadRecord): readonly Conclusion[] | undefined {
  if (open || conclusions.length === 0) return undefined;
  const due = conclusions.filter(
    (each) => each.waits === 'handler' && each.isHandled !== true && each.outcome !== 'failed',
  );
  return due.length === 0 ? undefined : due;
}

/** Notes which turn was given the end of a handover. The value is that end. */
export function giveTo(
  record: ThreadRecord,
  handoverId: HandoverId,
  turnKey: string,
): { record: ThreadRecord; value: Conclusion | undefined } {
  const conclusion = record.conclusions.find((each) => each.handoverId === handoverId);
  if (!conclusion || conclusion.givenTo === turnKey) return { record, value: conclusion };
  return { record: replaceConclusion(record, { ...conclusion, givenTo: turnKey }), value: conclusion };
}

/** Gives results out. */
export class DialogResults {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  readonly #fence: Fence;

  constructor(records: ThreadRecords, fence: Fence) {
    this.#deps = records.deps;
    this.#records = records;
    this.#fence = fence;
  }

  /**
   * The result for a dialog that waits for a handover; `undefined`: it waits on. A repeated turn gets none: it is mute,
   * and the turn that follows it under the same ticket gets the result.
   * @param startedAtMs our clock when the dialog began
   * @throws {@link TurnTakenOverError} if another process has the turn's event
   */
  async resultFor(turn: Turn, handoverId: HandoverId, startedAtMs: number): Promise<HandoverResult | undefined> {
    if (isRepeated(turn)) return undefined;
    try {
      return await this.#resultFor(turn, handoverId, startedAtMs);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#deps.log.warn(
        `The thread store failed while a dialog asked for the end of its handover; Meta is asked instead: ${error.message}`,
      );
      // The customer waits for an answer. If Meta says that the thread is ours, the handover is over, however it ended.
      const isHome = turn.blockedBecause === undefined && (await isOursByMeta(this.#records, turn.thread)) === true;
      return isHome ? this.#endedUnseen(handoverId, startedAtMs) : undefined;
    }
  }

  async #resultFor(turn: Turn, handoverId: HandoverId, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread, ticket } = turn;
    const ids = await this.#records.ids(thread);
    let asked: DialogFacts['asked'];
    for (;;) {
      const found = await this.#fence.readFor(ticket);
      if (this.#fence.isLost(ticket, found)) throw new TurnTakenOverError();
      const { record = emptyRecord } = found;
      const { owner } = this.#records.ownerNow(record, ids);
      const maySpeak = turn.origin === 'messaging' && turn.blockedBecause === undefined;
      switch (decideDialog({ handoverId, record, owner, maySpeak, asked })) {
        case 'wait':
          return undefined;
        case 'endUnseen':
          return this.#endedUnseen(handoverId, startedAtMs);
        case 'askOwner':
          asked = (await askOwner(this.#records, thread))?.owner ?? 'noAnswer';
          break;
        case 'conclude':
          await this.#concludeUnrecorded(turn, handoverId);
          break;
        case 'result': {
          const given = await this.#records.amend(thread, (current) => giveTo(current, handoverId, turn.key));
          return given && resultOf(given);
        }
      }
    }
  }

  /**
   * The handover whose end a repeated turn has left to its dialog, if the thread is the bot's. The thread came home before
   * there was a dialog, so no event will tell it.
   */
  async endedBefore(turn: Turn): Promise<Conclusion | undefined> {
    const record = await this.#records.readOr(turn.thread, undefined);
    const concluded = record && endedBeforeRerun(record, turn.key, turn.run);
    if (!concluded) return undefined;
    return isAnotherApp(this.#records.ownerNow(record, await this.#records.ids(turn.thread))) ? undefined : concluded;
  }

  /**
   * What comes after a handover, for this turn to do: once for each handover, whichever turn of whichever process asks
   * first. Nothing if the turn knows of none.
   */
  async afterwardsFor(turn: Turn): Promise<Afterwards | undefined> {
    if (turn.ended === undefined) return undefined;
    const nowMs = this.#deps.clock.now();
    return this.#records.forgiving(() =>
      this.#records.amend(turn.thread, (record) => claimAfterwards(record, turn.key, nowMs)),
    );
  }

  /**
   * A handler has finished with its result, so no turn is given it again. If the store fails, the next turn is: a result
   * is rather given twice than lost.
   */
  async handled({ thread }: Turn, handoverId: HandoverId): Promise<void> {
    await this.#records.forgiving(() =>
      this.#records.amend(thread, (record) => {
        const conclusion = record.conclusions.find((each) => each.handoverId === handoverId);
        const isNew = conclusion !== undefined && conclusion.isHandled !== true;
        return {
          record: isNew ? replaceConclusion(record, { ...conclusion, isHandled: true }) : record,
          value: undefined,
        };
      }),
    );
  }

  /** Concludes a handover whose pass went through and could not be recorded. */
  async #concludeUnrecorded({ thread, key }: Turn, handoverId: HandoverId): Promise<void> {
    const nowMs = this.#deps.clock.now();
    await this.#records.change(thread, await this.#records.ids(thread), [], (record) => {
      const { open } = record;
      if (open?.id !== handoverId || open.phase !== 'armed') return unchanged(record);
      const unseen: Ending = { outcome: 'completed', via: 'message', nowMs, endedBy: key };
      const ending = open.earlyHandBack ? endingOfEarlyHandBack(open.earlyHandBack, nowMs) : unseen;
      return { ...concludeOpen(thread, record, ending, true), value: undefined };
    });
  }

  /** The thread is ours again, and nothing tells how the handover ended. */
  #endedUnseen(handoverId: HandoverId, startedAtMs: number): HandoverResult {
    const waitedMs = Math.max(0, this.#deps.clock.now() - startedAtMs);
    return { handoverId, outcome: 'completed', via: 'message', waitedMs };
  }
}
