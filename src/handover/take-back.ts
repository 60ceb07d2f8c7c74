/**
 * Takes a thread back from VCC Live because its time there is over, and concludes its handover.
 *
 * Exists because a timer and a closed chat do it alike: once, and where Meta refuses, said once and never again.
 */
import type { ThreadKey } from '../thread/key.js';
import type { HandoverOutcome, HandoverVia } from '../thread/handover.js';
import type { OpenHandover } from '../thread/record.js';
import type { AppIds } from '../ownership/ledger.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { Ending } from './lifecycle.js';
import { amendOpen } from './lifecycle.js';
import type { MayTakeBack } from './may-take-back.js';
import type { EndedHandover, ThreadRecords } from './change-record.js';

/** Why a thread is taken back, and as what its handover ends. */
export interface TakeReason {
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  /** Goes to VCC Live with the thread, beside the handover's id. */
  readonly reason: string;
  /** Who takes it, for the log: `a timer`. */
  readonly taker: string;
  /** Looks at the record in the moment of the take: what has happened since the reason arose may forbid it. */
  readonly mayTake: MayTakeBack;
}

/**
 * Takes the thread back. Resolves with the handover that this ended, with `notNow` where the reason does not hold any
 * more, or with nothing where the handover had ended meanwhile or Meta refuses for good. Rejects where it can be tried again.
 */
export async function takeFromAgent(
  records: ThreadRecords,
  thread: ThreadKey,
  ids: AppIds,
  open: OpenHandover,
  { outcome, via, reason, taker, mayTake }: TakeReason,
): Promise<EndedHandover | 'notNow' | undefined> {
  const { clock, log } = records.deps;
  try {
    const metadata = JSON.stringify({ handoverId: open.id, reason });
    const changed = await records.takeCall(thread, ids, { via, metadata, mayTake }, (record) => {
      if (record.open?.id !== open.id) return { record, events: [], value: undefined };
      const ending: Ending = { outcome, via, nowMs: clock.now() };
      return records.concluded(thread, record, ending);
    });
    if (changed === undefined) return 'notNow';
    return changed.value && { conclusion: changed.value, reference: open.reference };
  } catch (error) {
    if (!(error instanceof GraphApiError) || error.retryable || error.outcome === 'unknown') throw error;
    await records.change(
      thread,
      ids,
      () => [],
      (record) => ({
        record: amendOpen(record, open.id, { takeRefused: true }),
        events: [['failed', { thread, handoverId: open.id, error, takingBack: true }]],
        value: undefined,
      }),
    );
    log.error(`Handover ${open.id}: ${taker} could not take the thread back: ${error.message}`);
    return undefined;
  }
}
