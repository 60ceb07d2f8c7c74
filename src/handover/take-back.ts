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
import type { Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { ThreadOfApps } from './ask-owner.js';
import { askOwner, askOwnerOrThrow, ownCall } from './ask-owner.js';
import type { ChangeResult, ThreadRecords } from './change-record.js';
import type { EndedHandover } from './engine-deps.js';
import type { Outcome } from './lifecycle.js';
import { amendOpen, concludeOpen, markReturning, unchanged, unmarkReturning } from './lifecycle.js';
import type { Deadline, HandoverTimers } from './timers.js';
import { CLOSED_CHAT_DEADLINE, HANDOVER_DEADLINE, deadlineOf } from './timers.js';
import type { AnsweredCall } from './turn.js';
import { takeBackTimeOf } from './vcc-live-report.js';

/** The delay of a deadline whose pass is not confirmed yet, for as long as that can change. */
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

/** Why a thread is taken from VCC Live, and as what its handover ends. */
interface TakeReason {
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  /** Goes to VCC Live with the thread, beside the handover's id. */
  readonly reason: string;
  /** Who takes it, for the log: `a timer`. */
  readonly taker: string;
  readonly mayTake: MayTakeBack;
}

/** A timer: the same deadline is still due, and VCC Live has the thread. An agent's words move the deadline. */
export function whileDeadlineIsDue(
  handoverId: HandoverId,
  { outcome }: Deadline,
  timers: HandoverTimers,
  nowMs: number,
): MayTakeBack {
  return whileVccLiveHas(handoverId, (open) => {
    const deadline = deadlineOf(open, timers);
    return deadline !== undefined && deadline.outcome === outcome && deadline.atMs <= nowMs;
  });
}

/** A closed chat: it is still closed, its time has come, and VCC Live has the thread. */
export function whileChatIsClosed(handoverId: HandoverId, nowMs: number): MayTakeBack {
  return whileVccLiveHas(handoverId, (open) => {
    const atMs = takeBackTimeOf(open);
    return atMs !== undefined && atMs <= nowMs;
  });
}

/** Words that ask for the bot: the handover in which they were written is still open, and another app has the thread. */
export function whileHandoverIs(handoverId: HandoverId | undefined): MayTakeBack {
  return (record, owner) => isAnotherApp(owner) && record.open?.id === handoverId;
}

function whileVccLiveHas(handoverId: HandoverId, isDue: (open: OpenHandover) => boolean): MayTakeBack {
  return ({ open }, { owner }) =>
    open?.id === handoverId && open.phase === 'passed' && owner === 'vccLive' && isDue(open);
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
  { outcome, via, reason, taker, mayTake }: TakeReason,
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
 * A deadline of the thread's timers has come: if it still holds, the thread is taken back and the handover concluded.
 * Rejects if the deadline must be retried.
 */
export async function expire(records: ThreadRecords, thread: ThreadKey): Promise<EndedHandover | undefined> {
  const { store, clock, policies } = records.deps;
  const { timers } = policies.of(thread.pageId);
  const record = await store.read(thread);
  const open = record?.open;
  // Its pass may still be found to have worked.
  if (open && open.phase !== 'passed' && clock.now() - open.startedAtMs < UNSETTLED_MS) {
    await store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: clock.now() + ARMED_AGAIN_MS });
    return undefined;
  }
  const deadline = open?.phase === 'passed' ? deadlineOf(open, timers) : undefined;
  if (deadline && deadline.atMs > clock.now()) {
    await store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: deadline.atMs });
    return undefined;
  }
  if (!record || !open || !deadline) return dropDeadline(records, thread, open?.id);
  const ids = await records.ids(thread);
  // Meta tells nobody of a release, and only VCC Live of a take by a third app: nothing is taken out of another's hands.
  const owner = (await askOwner(records, thread)) ?? records.ownerNow(record, ids);
  const { outcome } = deadline;
  const mayTake = whileDeadlineIsDue(open.id, deadline, timers, clock.now());
  const reason = { outcome, via: 'timer', reason: outcome, taker: 'a timer', mayTake } as const;
  const taken = owner.owner === 'vccLive' ? await takeFromAgent(records, { thread, ids }, open, reason) : undefined;
  await dropDeadline(records, thread, taken || owner.owner !== 'vccLive' ? open.id : undefined);
  return taken;
}

/** Drops the deadline. A handover other than `doneId` that is open keeps one of the same name. */
async function dropDeadline(records: ThreadRecords, thread: ThreadKey, doneId: string | undefined): Promise<undefined> {
  const { store, policies } = records.deps;
  await store.unschedule(thread, HANDOVER_DEADLINE);
  const open = (await store.read(thread))?.open;
  if (!open || open.id === doneId) return;
  const deadline = deadlineOf(open, policies.of(thread.pageId).timers);
  if (deadline) await store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: deadline.atMs });
}

/**
 * The deadline of a closed chat has come: a thread that VCC Live still has is taken back, and the handover of one that was
 * released without a word is concluded. Rejects if the deadline must be retried.
 */
export async function bringHome(records: ThreadRecords, thread: ThreadKey): Promise<EndedHandover | undefined> {
  const { store, clock } = records.deps;
  const open = (await store.read(thread))?.open;
  const atMs = takeBackTimeOf(open);
  if (!open || atMs === undefined) return dropClosedChat(records, thread);
  if (atMs > clock.now()) {
    await store.schedule({ thread, name: CLOSED_CHAT_DEADLINE, atMs });
    return undefined;
  }
  const ids = await records.ids(thread);
  const { owner } = await askOwnerOrThrow(records, thread);
  const home = await endClosedChat(records, { thread, ids }, open, owner);
  await dropClosedChat(records, thread);
  return home;
}

/** A third app's thread stays where it is: nothing of VCC Live's is left to take back. */
async function endClosedChat(
  records: ThreadRecords,
  { thread, ids }: ThreadOfApps,
  open: OpenHandover,
  owner: Verdict['owner'],
): Promise<EndedHandover | undefined> {
  const { clock } = records.deps;
  const as = { outcome: 'completed', via: 'vccLiveWebhook' } as const;
  if (owner === 'vccLive') {
    const mayTake = whileChatIsClosed(open.id, clock.now());
    const reason = { ...as, reason: 'chatClosed', taker: 'a closed chat', mayTake };
    return takeFromAgent(records, { thread, ids }, open, reason);
  }
  if (owner !== 'bot' && owner !== 'idle') return undefined;
  const { value } = await records.change(thread, ids, [], (record, verdict) =>
    record.open?.id !== open.id || isAnotherApp(verdict)
      ? unchanged(record)
      : ended(concludeOpen(thread, record, { ...as, nowMs: clock.now() }), open.reference),
  );
  return value;
}

/** A chat of the same thread that was closed in between keeps its deadline. */
async function dropClosedChat(records: ThreadRecords, thread: ThreadKey): Promise<undefined> {
  const { store, clock } = records.deps;
  await store.unschedule(thread, CLOSED_CHAT_DEADLINE);
  const atMs = takeBackTimeOf((await store.read(thread))?.open);
  if (atMs !== undefined && atMs > clock.now()) await store.schedule({ thread, name: CLOSED_CHAT_DEADLINE, atMs });
}

function ended(outcome: Outcome<Conclusion | undefined>, reference: unknown): Outcome<EndedHandover | undefined> {
  return { ...outcome, value: outcome.value && { conclusion: outcome.value, reference } };
}
