/**
 * Hands a thread to VCC Live: arm, say the notice, pass, confirm.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { StoreError, TurnTakenOverError } from '../thread/errors.js';
import type { HandoverStart } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { OpenHandover, ThreadRecord } from '../thread/record.js';
import { evidenceOfCall } from '../ownership/evidence.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { Armed } from './arm-handover.js';
import { armHandover } from './arm-handover.js';
import { askOwner } from './ask-owner.js';
import type { ThreadRecords } from './change-record.js';
import { asError } from './change-record.js';
import type { EngineDeps } from './engine-deps.js';
import type { Fence } from './fence.js';
import type { Outcome } from './lifecycle.js';
import { amendOpen, concludeOpen, endingOfEarlyHandBack, markPassed, tookPlace, unchanged } from './lifecycle.js';
import type { LoopBreaker } from './loop-breaker.js';
import type { Begun } from './recover-handover.js';
import { fail, resume, settleEarlyHandBack, settleLostPass, settleStale, takenByOther } from './recover-handover.js';
import { HANDOVER_DEADLINE, deadlineOf, hasTimers } from './timers.js';
import type { AnsweredCall, HandoverOrder, Turn } from './turn.js';

/** Makes handovers. */
export class HandoverStarter {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  readonly #fence: Fence;
  /** Ids of the handovers that this process is making now. */
  readonly #inProgress = new Set<string>();

  constructor(records: ThreadRecords, fence: Fence) {
    this.#deps = records.deps;
    this.#records = records;
    this.#fence = fence;
  }

  /**
   * Hands the thread of a turn to VCC Live. What fails is in the answer.
   * @throws {@link TurnTakenOverError} if another process has the turn's event, and nothing else
   */
  async handOver(turn: Turn, order: HandoverOrder, loopBreaker?: LoopBreaker): Promise<HandoverStart> {
    const { thread } = turn;
    try {
      const ids = await this.#records.idsToHandOver(thread);
      let armed = await armHandover(this.#records, { turn, order, ids }, loopBreaker);
      if (
        armed.kind === 'open' &&
        this.#isStale(armed.open) &&
        !(await settleStale(this.#records, { thread, ids }, armed.open))
      ) {
        armed = await armHandover(this.#records, { turn, order, ids }, loopBreaker);
      }
      const start = await this.#begin({ turn, order, ids }, armed);
      // What the turn does with the answer, and saves, must not replace what another process has done and saved.
      await this.#fence.check(turn.ticket);
      if (start.status === 'passed') turn.blockedBecause ??= 'handedOver';
      if (start.status === 'refused') this.#deps.events.emit('refused', { thread, reason: start.reason });
      return start;
    } catch (thrown) {
      const error = failureOf(thrown);
      this.#deps.events.emit('failed', { thread, error });
      this.#deps.log.warn(`A handover did not begin; the thread stays with the bot: ${error.message}`);
      return { status: 'failed', error };
    }
  }

  async #begin(begun: Omit<Begun, 'open'>, armed: Armed): Promise<HandoverStart> {
    const { turn } = begun;
    switch (armed.kind) {
      case 'loop':
        throw armed.error;
      case 'anotherAppOwns':
      case 'secondRequest':
      case 'open':
        return { status: 'refused', reason: 'alreadyWithAgent' };
      case 'concluded':
        turn.blockedBecause ??= 'repeatedTurn';
        return { status: 'passed', handoverId: armed.conclusion.handoverId };
      case 'existing': {
        turn.blockedBecause ??= 'repeatedTurn';
        if (armed.open.phase === 'passed') return { status: 'passed', handoverId: armed.open.id };
        const found = { ...begun, open: armed.open };
        return this.#make(found, async () => (await resume(this.#records, found)) ?? this.#speakAndPass(found));
      }
      case 'armed': {
        const made = { ...begun, open: armed.open };
        return this.#make(made, () => this.#speakAndPass(made));
      }
    }
  }

  /**
   * Whether the turn that armed an open handover is over. No two turns of a thread run at once, over all processes: so it
   * is, unless this process itself is making the handover outside that order. No clock is asked.
   */
  #isStale({ id, phase }: OpenHandover): boolean {
    return phase !== 'passed' && !this.#inProgress.has(id);
  }

  /** Makes an armed handover. If it fails and that cannot be written, `failed` has its id: the store may show it later. */
  async #make({ turn: { thread }, open: { id } }: Begun, work: () => Promise<HandoverStart>): Promise<HandoverStart> {
    this.#inProgress.add(id);
    try {
      return await work();
    } catch (thrown) {
      const error = failureOf(thrown);
      this.#deps.events.emit('failed', { thread, handoverId: id, error });
      this.#deps.log.error(
        `Handover ${id} failed, and the store did not take that; the next request of the customer settles it: ${error.message}`,
      );
      return { status: 'failed', error, handoverId: id };
    } finally {
      this.#inProgress.delete(id);
    }
  }

  async #speakAndPass(begun: Begun): Promise<HandoverStart> {
    const { turn, order, ids, open } = begun;
    const { thread } = turn;
    const { clock, policies, store } = this.#deps;
    const { timers } = policies.of(thread.pageId);
    // Before the pass, so that no crash leaves a passed thread without its timers. A deadline too many does no harm.
    const deadline = hasTimers(timers) ? deadlineOf({ ...open, passedAtMs: clock.now() }, timers) : undefined;
    if (deadline) await store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: deadline.atMs });
    if (order.sendNotice && !open.noticeSent) {
      const failure = await this.#speak(turn, order.sendNotice, open);
      await this.#fence.check(turn.ticket);
      if (failure) return fail(this.#records, { thread, ids }, open, failure);
      const noted = await this.#records.change(thread, ids, [], (record) =>
        unchanged(amendOpen(record, open.id, { noticeSent: true })),
      );
      this.#records.moveAlong(turn, noted);
      // The notice was refused because the thread moved meanwhile, or an agent took it: see who has it.
      if (tookPlace(noted.record, open.id)) return passed(open);
      if (isAnotherApp(noted.now)) return fail(this.#records, { thread, ids }, open, takenByOther(noted.now));
    }
    return this.#pass(begun);
  }

  /**
   * Sends the notice. Its refusal keeps nobody from a person: only without a token is passing pointless.
   * @returns that error
   */
  async #speak(turn: Turn, sendNotice: () => Promise<void>, open: OpenHandover): Promise<Error | undefined> {
    const { blockedBecause } = turn;
    // The notice of a handover that an earlier run could not finish is the one thing a repeated turn may say.
    turn.blockedBecause = undefined;
    try {
      await sendNotice();
      return undefined;
    } catch (thrown) {
      const error = asError(thrown);
      if (error instanceof GraphApiError && error.code === 'invalidToken') return error;
      this.#deps.log.warn(
        `Handover ${open.id}: the notice was not accepted; the thread is passed all the same: ${error.message}`,
      );
      return undefined;
    } finally {
      turn.blockedBecause = blockedBecause;
    }
  }

  async #pass({ turn, order, ids, open }: Begun): Promise<HandoverStart> {
    const { thread } = turn;
    const { targetAppId, metadata } = open;
    const isWanted = (): Promise<boolean> => this.#isStillToPass(thread, open);
    let confirmed: AnsweredCall;
    let newestStamp: number | undefined;
    try {
      const found = await this.#fence.readFor(turn.ticket);
      const { record } = found;
      const isLost = this.#fence.isLost(turn.ticket, found);
      if (!isLost && record && tookPlace(record, open.id)) return passed(open);
      if (isLost || (record && record.open?.id !== open.id)) return this.#overtaken(turn, open);
      newestStamp = newestPlace(record?.evidence ?? {});
      const passWithNotice = order.passWithNotice?.(targetAppId, metadata, isWanted);
      confirmed = await (passWithNotice ?? this.#deps.graph.pass(thread, targetAppId, metadata, isWanted));
    } catch (thrown) {
      return this.#passFailed(turn, ids, open, asError(thrown));
    }
    try {
      const evidence = evidenceOfCall({ app: open.targetAppId }, this.#records.own(confirmed, newestStamp));
      const changed = await this.#records.change(thread, ids, [evidence], (record, verdict) =>
        this.#confirm(thread, record, open.id, verdict),
      );
      this.#records.moveAlong(turn, changed);
      if (changed.record.open?.earlyHandBack) await settleEarlyHandBack(this.#records, { thread, ids }, open.id);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      this.#deps.log.error(
        `Handover ${open.id} was passed, and the store did not take that; the next standby event records it: ${thrown.message}`,
      );
    }
    return passed(open);
  }

  /** Whether nothing has shown, while the answer to our pass was lost, that it had worked: an agent's words, a hand-back. */
  async #isStillToPass(thread: ThreadKey, { id }: OpenHandover): Promise<boolean> {
    const record = await this.#records.readOr(thread, undefined);
    if (!record) return true;
    return record.open?.id === id && record.open.phase === 'armed' && record.open.earlyHandBack === undefined;
  }

  /** Another turn of the thread has taken the handover over, or has closed it and begun another one. */
  #overtaken(turn: Turn, { id }: OpenHandover): HandoverStart {
    turn.blockedBecause ??= 'staleTurn';
    this.#deps.log.warn(
      `Handover ${id} took so long that another turn of its thread went on; this turn passes nothing and says nothing more. ` +
        'Find out what held this process up.',
    );
    return { status: 'refused', reason: 'alreadyWithAgent' };
  }

  /** Our pass is confirmed. A hand-back that overtook the confirmation concludes the handover now. */
  #confirm(thread: ThreadKey, record: ThreadRecord, id: string, verdict: Verdict): Outcome<unknown> {
    if (record.open?.id !== id) return unchanged(record);
    const nowMs = this.#deps.clock.now();
    const confirmed = markPassed(record, id, nowMs);
    const isNew = record.open.phase !== 'passed';
    const kept = record.open.earlyHandBack;
    // Two calls of our own at the same time, a hand-back that seems older than the repeat of a pass that had worked, or one
    // that Meta stamped in seconds: only Meta knows which came later.
    if (!kept || kept.via === 'take' || kept.inSeconds || isAnotherApp(verdict)) {
      return { record: confirmed, events: isNew ? [['passed', { thread, handoverId: id }]] : [], value: undefined };
    }
    return concludeOpen(thread, confirmed, endingOfEarlyHandBack(kept, nowMs), isNew);
  }

  async #passFailed(turn: Turn, ids: AppIds, open: OpenHandover, error: Error): Promise<HandoverStart> {
    const at = { thread: turn.thread, ids };
    if (!(error instanceof GraphApiError)) return fail(this.#records, at, open, error);
    if (error.outcome === 'unknown' || error.owner) {
      const settled = await settleLostPass(this.#records, { turn, ids, open }, error);
      if (settled) return settled;
    }
    if (error.code !== 'anotherAppOwns') return fail(this.#records, at, open, error);
    const owner = await askOwner(this.#records, turn.thread);
    return fail(this.#records, at, open, owner && isAnotherApp(owner) ? takenByOther(owner, error) : error);
  }
}

/** What makes a handover fail. @throws what ends its turn */
function failureOf(thrown: unknown): Error {
  if (thrown instanceof TurnTakenOverError) throw thrown;
  return asError(thrown);
}

function passed({ id }: OpenHandover): HandoverStart {
  return { status: 'passed', handoverId: id };
}
