/**
 * Takes a thread back: for the application, for words that ask for the bot, when a timer's deadline or a closed chat's has
 * come.
 *
 * A question to Meta takes time. What the record has learnt meanwhile (an agent's words, a hand-back, a new handover)
 * counts more than the reason to take, so the record is looked at again right before the call.
 */
import type { HandoverOutcome, HandoverVia } from '../thread/handover.js';
import type { HandoverId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion, OpenHandover, ThreadRecord } from '../thread/record.js';
import type { DueTime } from '../thread/store.js';
import type { Verdict } from '../ownership/ledger.js';
import { isAnotherApp, isOurs } from '../ownership/ledger.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { ThreadOfApps } from './ask-owner.js';
import { askOwner, askOwnerOrThrow, ownCall } from './ask-owner.js';
import type { ChangeResult, ThreadRecords } from './change-record.js';
import type { EndedHandover } from './engine-deps.js';
import type { Outcome } from './lifecycle.js';
import { amendOpen, concludeOpen, markReturning, unchanged, unmarkReturning } from './lifecycle.js';
import type { HandoverTimers } from './timers.js';
import { CLOSED_CHAT_DEADLINE, HANDOVER_DEADLINE, deadlineOf } from './timers.js';
import type { AnsweredCall } from './turn.js';
import { takeBackTimeOf } from './vcc-live-report.js';

/** The delay of a timer whose pass is not confirmed yet, for as long as that can change. */
const ARMED_AGAIN_MS = 60_000;
const UNSETTLED_MS = 24 * 60 * 60_000;

/** Whether a thread may still be taken, by the record in the moment of the take. Pure. */
export type MayTakeBack = (record: ThreadRecord, owner: Verdict) => boolean;

/** How a thread is taken back. */
export interface TakeOrder {
  /** For the app that loses the thread. */
  readonly metadata?: string | undefined;
  /** Asked in the change that marks the take, and before each repeat of the call. Default: always. */
  readonly mayTake?: MayTakeBack;
  /** Deduplication key of the event that asks for it. */
  readonly endedBy?: string;
}

/** When a deadline ends a handover, and as what. */
interface Due {
  readonly atMs: number;
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  /** Goes to VCC Live with the thread, beside the handover's id. */
  readonly reason: string;
  /** Who takes it, for the log: `a timer`. */
  readonly taker: string;
}

/** What a deadline is to do with an open handover; `undefined` if nothing. @param name of the deadline */
function dueOf(name: string, open: OpenHandover, timers: HandoverTimers): Due | undefined {
  if (name === CLOSED_CHAT_DEADLINE) {
    const atMs = takeBackTimeOf(open);
    const as = { outcome: 'completed', via: 'vccLiveWebhook', reason: 'chatClosed', taker: 'a closed chat' } as const;
    return atMs === undefined ? undefined : { atMs, ...as };
  }
  const deadline = deadlineOf(open, timers);
  return deadline && { ...deadline, via: 'timer', reason: deadline.outcome, taker: 'a timer' };
}

/**
 * While a deadline of the handover has come, and would end it as this outcome, and VCC Live has the thread. An agent's words
 * move a deadline; a timer that nobody answered is not that of an agent who fell silent.
 */
export function whileDue(
  deadline: { readonly name: string; readonly handoverId: HandoverId; readonly outcome: HandoverOutcome },
  timers: HandoverTimers,
  nowMs: number,
): MayTakeBack {
  return ({ open }, { owner }) => {
    if (open?.id !== deadline.handoverId || open.phase !== 'passed' || owner !== 'vccLive') return false;
    const due = dueOf(deadline.name, open, timers);
    return due !== undefined && due.outcome === deadline.outcome && due.atMs <= nowMs;
  };
}

/** Words that ask for the bot: the handover in which they were written is still open, and another app has the thread. */
export function whileHandoverIs(handoverId: HandoverId | undefined): MayTakeBack {
  return (record, owner) => isAnotherApp(owner) && record.open?.id === handoverId;
}

/**
 * Takes the thread back; an open handover ends as `takenBack`. Rejects with Graph's error if Meta refuses.
 * @returns `undefined` if the thread may not be taken any more
 */
export async function takeBack(
  records: ThreadRecords,
  thread: ThreadKey,
  order: TakeOrder,
): Promise<ChangeResult<EndedHandover | undefined> | undefined> {
  const ids = await records.ids(thread);
  return takeCall(records, { thread, ids, via: 'take', ...order }, (record) => {
    // Its pass is in progress: which of the two calls came later shows when that is confirmed.
    if (record.open?.phase === 'armed') {
      return unchanged(amendOpen(record, record.open.id, { earlyHandBack: { via: 'take' } }));
    }
    const { endedBy } = order;
    const nowMs = records.deps.clock.now();
    const ending = { outcome: 'takenBack', via: 'take', nowMs, ...(endedBy === undefined ? {} : { endedBy }) } as const;
    return ended(concludeOpen(thread, record, ending), record.open?.reference);
  });
}

/** The Graph call that takes a thread. The open handover is `returning` before it; if Meta refuses, that is undone. */
async function takeCall<T>(
  records: ThreadRecords,
  { thread, ids, via, metadata, mayTake }: ThreadOfApps & TakeOrder & { readonly via: HandoverVia },
  after: (record: ThreadRecord) => Outcome<T>,
): Promise<ChangeResult<T> | undefined> {
  const marked = await records.change(thread, ids, [], (record, owner): Outcome<string | undefined> => {
    if (mayTake && !mayTake(record, owner)) return { record, events: [], value: 'notNow' };
    const returning = markReturning(record, via);
    const handoverId = record.open?.id;
    if (!returning || handoverId === undefined) return unchanged(record);
    return { record: returning, events: [['returning', { thread, handoverId, via }]], value: handoverId };
  });
  if (marked.value === 'notNow') return undefined;
  const isWanted =
    mayTake &&
    (async (): Promise<boolean> => {
      const record = await records.readOr(thread, undefined);
      return record === undefined || mayTake(record, records.ownerNow(record, ids));
    });
  const call = (): Promise<AnsweredCall> => records.deps.graph.take(thread, metadata, isWanted);
  try {
    return await ownCall(records, { thread, ids, owner: { app: ids.botAppId }, call }, after);
  } catch (error) {
    const handoverId = marked.value;
    if (handoverId !== undefined) {
      const undo = (record: ThreadRecord): Outcome<undefined> => unchanged(unmarkReturning(record, handoverId));
      await records.forgiving(() => records.change(thread, ids, [], undo));
    }
    throw error;
  }
}

/**
 * Takes the thread from VCC Live. Resolves with nothing if the reason does not hold any more, if the handover has ended
 * meanwhile, or if Meta refuses for good. A refused take is logged once and tried again after `TAKE_RETRY_MS`. Rejects if
 * it can be retried at once.
 */
async function takeFromAgent(
  records: ThreadRecords,
  { thread, ids }: ThreadOfApps,
  open: OpenHandover,
  { outcome, via, reason, taker, mayTake }: Due & { readonly mayTake: MayTakeBack },
): Promise<EndedHandover | undefined> {
  const { clock, log } = records.deps;
  try {
    const metadata = JSON.stringify({ handoverId: open.id, reason });
    const changed = await takeCall(records, { thread, ids, via, metadata, mayTake }, (record) =>
      record.open?.id === open.id
        ? ended(concludeOpen(thread, record, { outcome, via, nowMs: clock.now() }), open.reference)
        : unchanged(record),
    );
    return changed?.value;
  } catch (error) {
    if (!(error instanceof GraphApiError) || error.retryable || error.outcome === 'unknown') throw error;
    const { value: isFirst } = await records.change(thread, ids, [], (record): Outcome<boolean> => {
      const first = record.open?.id === open.id && record.open.takeRefusedAtMs === undefined;
      return {
        record: amendOpen(record, open.id, { takeRefusedAtMs: clock.now() }),
        events: first ? [['failed', { thread, handoverId: open.id, error, takingBack: true }]] : [],
        value: first,
      };
    });
    if (isFirst) log.error(takeRefusedLine(open.id, taker, error));
    return undefined;
  }
}

function takeRefusedLine(handoverId: HandoverId, taker: string, error: GraphApiError): string {
  return (
    `Handover ${handoverId}: ${taker} could not take the thread back: ${error.message} ` +
    'The bot tries again every hour while VCC Live has the thread. This is said once for each handover.'
  );
}

/**
 * A deadline of the thread has come. If it still holds, a thread that VCC Live has is taken back and its handover concluded.
 * After a closed chat, so is the handover of a thread that was released without a word. Rejects if it must be retried.
 */
export async function endWhenDue(
  records: ThreadRecords,
  { thread, name }: Pick<DueTime, 'thread' | 'name'>,
): Promise<EndedHandover | undefined> {
  const { store, clock, policies } = records.deps;
  const { timers } = policies.of(thread.pageId);
  const nowMs = clock.now();
  const record = await store.read(thread);
  const open = record?.open;
  const isTimer = name === HANDOVER_DEADLINE;
  // Its pass may still be found to have worked.
  const isUnsettled = isTimer && open && open.phase !== 'passed';
  const due = open && !isUnsettled ? dueOf(name, open, timers) : undefined;
  const nextMs = isUnsettled && nowMs - open.startedAtMs < UNSETTLED_MS ? nowMs + ARMED_AGAIN_MS : due?.atMs;
  if (nextMs !== undefined && nextMs > nowMs) {
    await store.schedule({ thread, name, atMs: nextMs });
    return undefined;
  }
  if (!record || !open || !due) return dropDeadline(records, thread, name, open?.id);
  const ids = await records.ids(thread);
  // Meta tells nobody of a release, and only VCC Live of a take by a third app. VCC Live signs nothing, so Meta has the last word.
  const { owner } = isTimer
    ? ((await askOwner(records, thread)) ?? records.ownerNow(record, ids))
    : await askOwnerOrThrow(records, thread);
  if (owner === 'vccLive') {
    const mayTake = whileDue({ name, handoverId: open.id, outcome: due.outcome }, timers, clock.now());
    // The deadline stays. It is due again when this process's lease on it is over, and is dropped, or moved, by what it finds then.
    return takeFromAgent(records, { thread, ids }, open, { ...due, mayTake });
  }
  const home = !isTimer && isOurs({ owner }) ? await concludeReleased(records, { thread, ids }, open, due) : undefined;
  await records.forgiving(() => dropDeadline(records, thread, name, open.id));
  return home;
}

/** The thread has been released: its handover ends. A third app's thread stays where it is. */
async function concludeReleased(
  records: ThreadRecords,
  { thread, ids }: ThreadOfApps,
  open: OpenHandover,
  { outcome, via }: Due,
): Promise<EndedHandover | undefined> {
  const nowMs = records.deps.clock.now();
  const { value } = await records.change(thread, ids, [], (record, verdict) =>
    record.open?.id !== open.id || isAnotherApp(verdict)
      ? unchanged(record)
      : ended(concludeOpen(thread, record, { outcome, via, nowMs }), open.reference),
  );
  return value;
}

/** Drops a deadline that is done with a handover. What is still to come of that handover, or of another one, is kept. */
async function dropDeadline(
  records: ThreadRecords,
  thread: ThreadKey,
  name: string,
  doneId: HandoverId | undefined,
): Promise<undefined> {
  const { store, clock, policies } = records.deps;
  await store.unschedule(thread, name);
  const open = (await store.read(thread))?.open;
  const due = open && dueOf(name, open, policies.of(thread.pageId).timers);
  if (due && (open.id !== doneId || due.atMs > clock.now())) await store.schedule({ thread, name, atMs: due.atMs });
}

function ended(outcome: Outcome<Conclusion | undefined>, reference: unknown): Outcome<EndedHandover | undefined> {
  return { ...outcome, value: outcome.value && { conclusion: outcome.value, reference } };
}
