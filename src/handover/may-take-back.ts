/**
 * Whether a thread may still be taken back from another app: pure, by the record in the moment of the take.
 *
 * Exists because a question to Meta takes time. What the record has learnt meanwhile (an agent's words, a hand-back, a new
 * handover) counts more than the reason for which Meta was asked.
 */
import type { OpenHandover, ThreadRecord } from '../thread/record.js';
import type { Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import type { Deadline, HandoverTimers } from './timers.js';
import { deadlineOf } from './timers.js';
import { takeBackTimeOf } from './vcc-live-report.js';

/** Asked in the atomic step that marks the take, and before each repeat of the call. */
export type MayTakeBack = (record: ThreadRecord, owner: Verdict) => boolean;

/** A timer: the same deadline has come still, and VCC Live has the thread. An agent's words move the deadline. */
export function whileDeadlineIsDue(
  handoverId: string,
  { outcome }: Deadline,
  timers: HandoverTimers,
  nowMs: number,
): MayTakeBack {
  return whileVccLiveHas(handoverId, (open) => {
    const deadline = deadlineOf(open, timers);
    return deadline !== undefined && deadline.outcome === outcome && deadline.atMs <= nowMs;
  });
}

/** A closed chat: it is closed still, its time has come, and VCC Live has the thread. */
export function whileChatIsClosed(handoverId: string, nowMs: number): MayTakeBack {
  return whileVccLiveHas(handoverId, (open) => {
    const atMs = takeBackTimeOf(open);
    return atMs !== undefined && atMs <= nowMs;
  });
}

/** Words that ask for the bot: they are about the handover in which they were written, and somebody has the thread. */
export function whileHandoverIs(handoverId: string | undefined): MayTakeBack {
  return (record, owner) => isAnotherApp(owner) && record.open?.id === handoverId;
}

function whileVccLiveHas(handoverId: string, isDue: (open: OpenHandover) => boolean): MayTakeBack {
  return ({ open }, { owner }) =>
    open?.id === handoverId && open.phase === 'passed' && owner === 'vccLive' && isDue(open);
}
