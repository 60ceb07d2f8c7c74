/**
 * Finds out what became of a handover that was begun and not finished: its process died, its pass got no answer, or a
 * hand-back came before its confirmation. Meta is asked before anything is passed again.
 */
import { HandoverError } from '../thread/errors.js';
import type { HandoverStart } from '../thread/handover.js';
import type { OpenHandover } from '../thread/record.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import type { GraphApiError } from '../graph/graph-api-error.js';
import type { ThreadOfApps } from './ask-owner.js';
import { askOwner } from './ask-owner.js';
import { nameOfApp } from '../thread/meta-apps.js';
import type { ThreadRecords } from './change-record.js';
import type { HandoverEvent } from './events.js';
import type { Ending, Outcome } from './lifecycle.js';
import {
  amendOpen,
  conclude,
  concludeOpen,
  endingOfEarlyHandBack,
  storedError,
  tookPlace,
  unchanged,
} from './lifecycle.js';
import type { HandoverOrder, Turn } from './turn.js';

/** A handover that a turn makes. */
export interface Begun {
  readonly turn: Turn;
  readonly order: HandoverOrder;
  readonly ids: AppIds;
  readonly open: OpenHandover;
}

/**
 * A handover whose turn is over, found by another event's turn: it passed after all, or it is closed as failed.
 * @returns whether it is still open
 */
export async function settleStale(records: ThreadRecords, at: ThreadOfApps, open: OpenHandover): Promise<boolean> {
  const { thread, ids } = at;
  const { clock } = records.deps;
  await askOwner(records, thread);
  const text = 'The handover was begun by a turn that did not finish it, and VCC Live does not own the thread.';
  const error = new HandoverError('outcomeUnknown', text);
  const changed = await records.change(thread, ids, [], (record): Outcome<unknown> => {
    if (record.open?.id !== open.id || record.open.phase === 'passed') return unchanged(record);
    const { earlyHandBack, phase } = record.open;
    if (earlyHandBack) {
      return concludeOpen(thread, record, endingOfEarlyHandBack(earlyHandBack, clock.now()), true);
    }
    const closed = concludeOpen(thread, record, failing(error, clock.now()));
    // An unconfirmed one was reported as failed when its pass was.
    return phase === 'unconfirmed' ? { ...closed, events: [] } : closed;
  });
  return changed.record.open?.id === open.id;
}

/** A handover of this very event, found by its new run. @returns nothing if it is still to be passed */
export async function resume(records: ThreadRecords, { turn, ids, open }: Begun): Promise<HandoverStart | undefined> {
  const { thread } = turn;
  const asked = await askOwner(records, thread);
  const latest = (await records.readOr(thread, undefined))?.open;
  const passed = { status: 'passed', handoverId: open.id } as const;
  if (asked?.owner === 'vccLive' || latest?.phase === 'passed') return passed;
  const kept = latest?.id === open.id ? latest.earlyHandBack : undefined;
  if (kept) {
    const ending = endingOfEarlyHandBack(kept, records.deps.clock.now());
    await records.change(thread, ids, [], (record) => concludeOpen(thread, record, ending, true));
    return passed;
  }
  return asked && isAnotherApp(asked) ? fail(records, { thread, ids }, open, takenByOther(asked)) : undefined;
}

/** A take of the application's, or a hand-back, while our pass was in progress: it ended the handover, or came before it. */
export async function settleEarlyHandBack(records: ThreadRecords, at: ThreadOfApps, id: string): Promise<void> {
  const { thread, ids } = at;
  await askOwner(records, thread);
  await records.change(thread, ids, [], (record, verdict): Outcome<unknown> => {
    const { open } = record;
    if (open?.id !== id || !open.earlyHandBack) return unchanged(record);
    const { earlyHandBack, ...others } = open;
    if (isAnotherApp(verdict)) return unchanged({ ...record, open: others });
    return concludeOpen(thread, record, endingOfEarlyHandBack(earlyHandBack, records.deps.clock.now()));
  });
}

/**
 * The answer to our pass was lost, at least once. An event may have shown since that it had worked (of VCC Live's, or its
 * hand-back; the thread may be home again). Otherwise, if nobody can tell, the handover stays unconfirmed.
 * @returns nothing if Meta's answer counts
 */
export async function settleLostPass(
  records: ThreadRecords,
  { turn, ids, open: { id } }: Omit<Begun, 'order'>,
  error: GraphApiError,
): Promise<HandoverStart | undefined> {
  const { thread } = turn;
  const isUnknown = error.outcome === 'unknown';
  const failed: HandoverEvent = ['failed', { thread, handoverId: id, error }];
  const changed = await records.change(thread, ids, [], (record): Outcome<boolean> => {
    const { open } = record;
    if (tookPlace(record, id)) return { record, events: [], value: true };
    if (open?.id !== id) return { record, events: isUnknown ? [failed] : [], value: false };
    // Nobody can hand back what was never passed. Whether our own take came after it, nobody can tell.
    if (open.earlyHandBack?.via === 'passBack') {
      const ending = endingOfEarlyHandBack(open.earlyHandBack, records.deps.clock.now());
      return { ...concludeOpen(thread, record, ending, true), value: true };
    }
    if (!isUnknown) return { record, events: [], value: false };
    return {
      record: amendOpen(record, id, { phase: 'unconfirmed', waits: 'nobody' }),
      events: [failed],
      value: false,
    };
  });
  records.moveAlong(turn, changed);
  if (!changed.value) return isUnknown ? { status: 'failed', error, handoverId: id } : undefined;
  return { status: 'passed', handoverId: id };
}

/** Closes a handover that could not be made. If it took place meanwhile (an agent took the thread), it counts as passed. */
export async function fail(
  records: ThreadRecords,
  { thread, ids }: ThreadOfApps,
  open: OpenHandover,
  error: Error,
): Promise<HandoverStart> {
  const { value: isMade } = await records.change(thread, ids, [], (record): Outcome<boolean> => {
    if (tookPlace(record, open.id)) return { record, events: [], value: true };
    if (record.open?.id !== open.id) return { record, events: [], value: false };
    const closed = conclude(record, failing(error, records.deps.clock.now())).record;
    return { record: closed, events: [['failed', { thread, handoverId: open.id, error }]], value: false };
  });
  if (isMade) return { status: 'passed', handoverId: open.id };
  records.deps.log.error(`Handover ${open.id} failed; the thread stays where it is: ${error.message}`);
  return { status: 'failed', error, handoverId: open.id };
}

/** Another app controls the thread that was to be passed. */
export function takenByOther(verdict: Verdict, cause?: Error): HandoverError {
  const who = verdict.appId === undefined ? 'Another app' : capitalised(nameOfApp(verdict.appId));
  const text = `${who} controls the thread, so it cannot be passed to VCC Live. Pass it from there, or wait for its hand-back.`;
  return new HandoverError('takenByOtherApp', text, cause === undefined ? undefined : { cause });
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function failing(error: Error, nowMs: number): Ending {
  return { outcome: 'failed', via: 'none', nowMs, error: storedError(error) };
}
