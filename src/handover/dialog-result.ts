/**
 * Gives the result of a finished handover to the dialog that waits for it, and says what comes after the handover.
 *
 * No two turns of a thread run at once, over all processes. So whoever asks gets the result: a dialog that still asks was
 * not saved as ended.
 */
import { StoreError } from '../thread/errors.js';
import type { HandoverResult } from '../thread/handover.js';
import type { Conclusion } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import { isAnotherApp } from '../ownership/ledger.js';
import type { Afterwards, DialogAnswer, Ending } from './lifecycle.js';
import { answerDialog, claimAfterwards, endedBeforeRerun, endingOfEarlyHandBack, resultOf } from './lifecycle.js';
import type { EngineDeps, Outcome, ThreadRecords } from './change-record.js';
import type { Turn } from './turn.js';
import { isRepeated } from './turn.js';

/** Gives results out. */
export class DialogResults {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;

  constructor(records: ThreadRecords) {
    this.#deps = records.deps;
    this.#records = records;
  }

  /**
   * The result for a dialog that waits for a handover; `undefined`: it waits on. A repeated turn gets none: it is mute,
   * and the turn that follows it under the same ticket gets the result.
   * @param startedAtMs our clock when the dialog began
   */
  async resultFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    if (isRepeated(turn)) return undefined;
    try {
      return await this.#resultFor(turn, handoverId, startedAtMs);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#deps.log.warn(`Thread store lost while a dialog asked for the end of its handover: ${error.message}`);
      // The customer waits for an answer. Where Meta says that the thread is ours, the handover is over, however it ended.
      const isOurs = turn.blockedBecause === undefined && (await this.#records.isOursByMeta(turn.thread)) === true;
      return isOurs ? this.#endedUnseen(handoverId, startedAtMs) : undefined;
    }
  }

  /**
   * The handover whose end a repeated turn has left to its dialog, where the thread is the bot's: it came home before there
   * was a dialog, so no event will tell it.
   */
  async endedBefore(turn: Turn): Promise<Conclusion | undefined> {
    const record = await this.#records.readOr(turn.thread, undefined);
    const concluded = record && endedBeforeRerun(record, turn.key, turn.run);
    if (!concluded || isAnotherApp(this.#records.ownerNow(record, await this.#records.ids(turn.thread))))
      return undefined;
    return concluded;
  }

  /**
   * What comes after a handover, for this turn to do: once for each handover, whichever turn of whichever process asks
   * first. Nothing where the turn knows of none.
   */
  async afterwardsFor(turn: Turn): Promise<Afterwards | undefined> {
    if (turn.ended === undefined) return undefined;
    return this.#records.forgiving(() =>
      this.#deps.store.update(turn.thread, (current) => {
        const record = current ?? emptyRecord;
        const claimed = claimAfterwards(record, turn.key, this.#deps.clock.now());
        return { record: claimed.record === record ? undefined : claimed.record, value: claimed.afterwards };
      }),
    );
  }

  async #resultFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread } = turn;
    if (!(await this.#deps.store.readFor(turn.ticket)).isOurs) {
      turn.blockedBecause = 'staleTurn';
      return undefined;
    }
    let answer = await this.#answer(turn, handoverId);
    const mayAsk = turn.delivered && turn.blockedBecause === undefined;
    if (answer.kind === 'unrecorded' && mayAsk && (await this.#cameHomeUnrecorded(turn, handoverId))) {
      answer = await this.#answer(turn, handoverId);
    }
    if (answer.kind === 'result') return resultOf(answer.conclusion);
    if (answer.kind !== 'gone') return undefined;
    const record = (await this.#deps.store.read(thread)) ?? emptyRecord;
    const known = this.#records.ownerNow(record, await this.#records.ids(thread));
    const owner = known.owner === 'unknown' ? await this.#records.ask(thread) : known;
    if (owner?.owner !== 'bot' && owner?.owner !== 'idle') return undefined;
    return this.#endedUnseen(handoverId, startedAtMs);
  }

  /** Concludes a handover whose pass went through and could not be recorded, where the thread is ours again. */
  async #cameHomeUnrecorded({ thread, key }: Turn, handoverId: string): Promise<boolean> {
    const asked = await this.#records.ask(thread);
    if (asked?.owner !== 'bot' && asked?.owner !== 'idle') return false;
    const ids = await this.#records.ids(thread);
    const changed = await this.#records.change(
      thread,
      ids,
      () => [],
      (record): Outcome<Conclusion | undefined> => {
        const { open } = record;
        if (open?.id !== handoverId || open.phase !== 'armed') return { record, events: [], value: undefined };
        const nowMs = this.#deps.clock.now();
        const unseen: Ending = { outcome: 'completed', via: 'message', nowMs, endedBy: key };
        const ending = open.earlyHandBack ? endingOfEarlyHandBack(open.earlyHandBack, nowMs) : unseen;
        return this.#records.concluded(thread, record, ending, true);
      },
    );
    return changed.value !== undefined;
  }

  /** The thread is ours again, and nothing tells how the handover ended. */
  #endedUnseen(handoverId: string, startedAtMs: number): HandoverResult {
    const waitedMs = Math.max(0, this.#deps.clock.now() - startedAtMs);
    return { handoverId, outcome: 'completed', via: 'message', waitedMs };
  }

  #answer(turn: Turn, handoverId: string): Promise<DialogAnswer> {
    return this.#deps.store.update(turn.thread, (current) => {
      const record = current ?? emptyRecord;
      const answered = answerDialog(record, handoverId, turn.key);
      return { record: answered.record === record ? undefined : answered.record, value: answered.answer };
    });
  }
}
