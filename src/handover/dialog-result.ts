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
import { answerDialog, claimAfterwards, endedBeforeRerun, endingOfKept, resultOf } from './lifecycle.js';
import type { EngineParts, Outcome, ThreadSteps } from './thread-steps.js';
import type { Turn } from './turn.js';
import { isRepeated } from './turn.js';

/** Gives results out. */
export class DialogResults {
  readonly #parts: EngineParts;
  readonly #steps: ThreadSteps;

  constructor(steps: ThreadSteps) {
    this.#parts = steps.parts;
    this.#steps = steps;
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

  async #resultFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread } = turn;
    if (!(await this.#parts.store.readFor(turn.ticket)).isOurs) {
      turn.mute = 'staleTurn';
      return undefined;
    }
    let answer = await this.#answer(turn, handoverId);
    const mayAsk = turn.delivered && turn.mute === undefined;
    if (answer.kind === 'unrecorded' && mayAsk && (await this.#cameHomeUnrecorded(turn, handoverId))) {
      answer = await this.#answer(turn, handoverId);
    }
    if (answer.kind === 'result') return resultOf(answer.conclusion);
    if (answer.kind !== 'gone') return undefined;
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

  #answer(turn: Turn, handoverId: string): Promise<DialogAnswer> {
    return this.#parts.store.update(turn.thread, (current) => {
      const record = current ?? emptyRecord;
      const answered = answerDialog(record, handoverId, turn.key);
      return { record: answered.record === record ? undefined : answered.record, value: answered.answer };
    });
  }
}
