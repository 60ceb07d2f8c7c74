/**
 * Hands a thread to VCC Live: arm, speak, pass, confirm. What became unclear is found out before anything is repeated.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { HandoverStart } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion, OpenHandover, ThreadRecord } from '../thread/record.js';
import { evidenceOfCall } from '../ownership/evidence.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace, placeOwn } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { ArmAnswer, ArmRequest, Ending } from './lifecycle.js';
import { amendOpen, arm, conclude, endingOfEarlyHandBack, markPassed, storedError } from './lifecycle.js';
import type { LoopBreaker } from './loop-breaker.js';
import { loopOf } from './loop-breaker.js';
import { handoverMetadata } from './metadata.js';
import type { EngineDeps, HandoverEvent, Outcome, ThreadRecords } from './change-record.js';
import { asError } from './change-record.js';
import { deadlineOf, hasTimers } from './timers.js';
import type { AnsweredCall, HandoverOrder, Turn } from './turn.js';

/** More than this are remembered by their age alone. */
const MOST_ABANDONED = 1000;

/** Makes handovers. */
export class HandoverStarter {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  /** Handovers that this process armed and could not go on with: nobody works on them, whatever their record says. */
  readonly #abandoned = new Set<string>();

  constructor(records: ThreadRecords) {
    this.#deps = records.deps;
    this.#records = records;
  }

  /** Hands the thread of a turn to VCC Live: arm, speak, pass, confirm. Never rejects: what fails is in the answer. */
  async handOver(turn: Turn, order: HandoverOrder, loopBreaker?: LoopBreaker): Promise<HandoverStart> {
    try {
      const start = await this.#handOver(turn, order, true, loopBreaker);
      if (start.status === 'refused') this.#deps.events.emit('refused', { thread: turn.thread, reason: start.reason });
      return start;
    } catch (thrown) {
      const error = asError(thrown);
      this.#deps.events.emit('failed', { thread: turn.thread, error });
      this.#deps.log.warn(`Handover not begun: ${error.message}`);
      return { status: 'failed', error };
    }
  }

  async #handOver(
    turn: Turn,
    order: HandoverOrder,
    mayReplace: boolean,
    loopBreaker?: LoopBreaker,
  ): Promise<HandoverStart> {
    const { thread } = turn;
    const ids = await this.#records.idsToHandOver(thread);
    const id = this.#deps.newId();
    const nowMs = this.#deps.clock.now();
    const armed = await this.#records.change(
      thread,
      ids,
      () => [],
      (record, verdict): Outcome<ArmAnswer | { readonly kind: 'loop'; readonly error: HandoverError } | undefined> => {
        const request: ArmRequest = {
          id,
          cause: turn.key,
          run: turn.run,
          nowMs,
          armedAtMetaMs: placeOwn(newestPlace(record.evidence), nowMs, this.#records.offsetMs),
          targetAppId: ids.vccLiveAppId,
          metadata: handoverMetadata(id, order.metadata),
          dialogWaits: order.dialogWaits,
          ...(order.reference === undefined ? {} : { reference: order.reference }),
        };
        const asked = arm(record, request);
        // With another app already: nothing to hand over. A handover found is another matter: it explains the owner.
        if (asked.answer.kind === 'armed' && isAnotherApp(verdict)) return { record, events: [], value: undefined };
        const loop = loopBreaker && asked.answer.kind === 'armed' ? loopOf(record, loopBreaker, nowMs) : undefined;
        if (loop) return { record, events: [], value: { kind: 'loop', error: loop } };
        const events: HandoverEvent[] = asked.answer.kind === 'armed' ? [['begun', { thread, handoverId: id }]] : [];
        return { record: asked.record, events, value: asked.answer };
      },
    );
    const answer = armed.value;
    switch (answer?.kind) {
      case 'loop':
        throw answer.error;
      case undefined:
      case 'secondRequest':
        return { status: 'refused', reason: 'alreadyWithAgent' };
      case 'concluded':
        turn.blockedBecause ??= 'repeatedTurn';
        return { status: 'passed', handoverId: answer.conclusion.handoverId };
      case 'open':
        if (!mayReplace || !(answer.stale || this.#abandoned.has(answer.open.id))) {
          return { status: 'refused', reason: 'alreadyWithAgent' };
        }
        if (await this.#settleStale(thread, ids, answer.open)) return { status: 'refused', reason: 'alreadyWithAgent' };
        return this.#handOver(turn, order, false, loopBreaker);
      case 'existing':
        turn.blockedBecause ??= 'repeatedTurn';
        if (answer.open.phase === 'passed') return { status: 'passed', handoverId: answer.open.id };
        return this.#orAbandon(thread, answer.open, () => this.#resume(turn, order, ids, answer.open));
      case 'armed':
        return this.#orAbandon(thread, answer.open, () => this.#speakAndPass(turn, order, ids, answer.open));
    }
  }

  /** A handover that was armed and fails unwritten is told with its id: news of it may come yet, when the store is back. */
  async #orAbandon(
    thread: ThreadKey,
    { id }: OpenHandover,
    work: () => Promise<HandoverStart>,
  ): Promise<HandoverStart> {
    try {
      return await work();
    } catch (thrown) {
      if (this.#abandoned.size >= MOST_ABANDONED) this.#abandoned.clear();
      this.#abandoned.add(id);
      const error = asError(thrown);
      this.#deps.events.emit('failed', { thread, handoverId: id, error });
      this.#deps.log.error(`Handover ${id} failed, and that could not be written down: ${error.message}`);
      return { status: 'failed', error, handoverId: id };
    }
  }

  /** Another event's handover that nobody works on any more: passed after all (then true), or closed as failed. */
  async #settleStale(thread: ThreadKey, ids: AppIds, open: OpenHandover): Promise<boolean> {
    await this.#records.ask(thread);
    const text = 'The handover was begun by a process that did not finish it, and VCC Live does not own the thread.';
    const error = new HandoverError('outcomeUnknown', text);
    const changed = await this.#records.change(
      thread,
      ids,
      () => [],
      (record) => {
        if (record.open?.id !== open.id || record.open.phase === 'passed')
          return { record, events: [], value: undefined };
        const { earlyHandBack } = record.open;
        if (earlyHandBack) {
          return this.#records.concluded(
            thread,
            record,
            endingOfEarlyHandBack(earlyHandBack, this.#deps.clock.now()),
            true,
          );
        }
        const ending: Ending = {
          outcome: 'failed',
          via: 'none',
          nowMs: this.#deps.clock.now(),
          error: storedError(error),
        };
        const closed = this.#records.concluded(thread, record, ending);
        // An unconfirmed one was reported as failed when its pass was.
        return record.open.phase === 'unconfirmed' ? { ...closed, events: [] } : closed;
      },
    );
    return changed.record.open?.id === open.id;
  }

  /** A handover found armed by a run that died: asked about, then gone on with. */
  async #resume(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    const asked = await this.#records.ask(thread);
    const latest = await this.#records.readOr(thread, undefined);
    if (asked?.owner === 'vccLive' || latest?.open?.phase === 'passed')
      return { status: 'passed', handoverId: open.id };
    if (latest?.open?.id === open.id && latest.open.earlyHandBack) {
      const { earlyHandBack } = latest.open;
      await this.#records.change(
        thread,
        ids,
        () => [],
        (record) =>
          this.#records.concluded(thread, record, endingOfEarlyHandBack(earlyHandBack, this.#deps.clock.now()), true),
      );
      return { status: 'passed', handoverId: open.id };
    }
    if (asked && isAnotherApp(asked)) return this.#fail(thread, ids, open, takenByOther(asked));
    return this.#speakAndPass(turn, order, ids, open);
  }

  async #speakAndPass(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    const { clock } = this.#deps;
    const { timers } = this.#deps.policies(thread.pageId);
    // Before the pass, so that no crash leaves a passed thread without its timers. A deadline too many does no harm.
    if (hasTimers(timers)) {
      await this.#records.setDeadline(thread, deadlineOf({ ...open, passedAtMs: clock.now() }, timers));
    }
    if (order.sendNotice && !open.noticeSent) {
      const failure = await this.#speak(turn, order.sendNotice, open);
      if (failure) return this.#fail(thread, ids, open, failure);
      const noted = await this.#records.change(
        thread,
        ids,
        () => [],
        (record) => ({ record: amendOpen(record, open.id, { noticeSent: true }), events: [], value: undefined }),
      );
      this.#records.moveAlong(turn, noted);
      // The notice was refused because the thread moved meanwhile, or an agent took it: see who has it.
      if (noted.record.open?.phase === 'passed') return this.#passed(turn, open);
      if (isAnotherApp(noted.now)) return this.#fail(thread, ids, open, takenByOther(noted.now));
    }
    return this.#pass(turn, order, ids, open);
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
      this.#deps.log.warn(`Handover ${open.id}: the notice was not accepted, passing all the same: ${error.message}`);
      return undefined;
    } finally {
      turn.blockedBecause = blockedBecause;
    }
  }

  async #pass(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    const { targetAppId, metadata } = open;
    const isWanted = (): Promise<boolean> => this.#isStillToPass(thread, open);
    const send = (): Promise<AnsweredCall> =>
      order.passWithNotice?.(targetAppId, metadata, isWanted) ??
      this.#deps.graph.pass(thread, targetAppId, metadata, isWanted);
    let confirmed: AnsweredCall;
    let newestStamp: number | undefined;
    try {
      newestStamp = newestPlace((await this.#deps.store.read(thread))?.evidence ?? {});
      confirmed = await send();
    } catch (thrown) {
      return this.#passFailed(turn, ids, open, asError(thrown));
    }
    try {
      const evidence = evidenceOfCall({ app: open.targetAppId }, this.#records.own(confirmed, newestStamp));
      const changed = await this.#records.change(
        thread,
        ids,
        () => [evidence],
        (record, verdict) => this.#confirm(thread, record, open.id, verdict),
      );
      this.#records.moveAlong(turn, changed);
      if (changed.record.open?.earlyHandBack) await this.#settleKept(thread, ids, open.id);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      // VCC Live has the thread; the record will learn it from the standby events. Only this turn must know now.
      this.#deps.log.error(`Handover ${open.id} was passed but could not be recorded: ${thrown.message}`);
    }
    return this.#passed(turn, open);
  }

  /** Whether nothing has shown, while the answer to our pass was lost, that it had worked: an agent's words, a hand-back. */
  async #isStillToPass(thread: ThreadKey, { id }: OpenHandover): Promise<boolean> {
    const record = await this.#records.readOr(thread, undefined);
    if (!record) return true;
    return record.open?.id === id && record.open.phase === 'armed' && record.open.earlyHandBack === undefined;
  }

  #passed(turn: Turn, open: OpenHandover): HandoverStart {
    turn.blockedBecause ??= 'handedOver';
    return { status: 'passed', handoverId: open.id };
  }

  /** Our pass is confirmed. A hand-back that overtook the confirmation concludes the handover now. */
  #confirm(thread: ThreadKey, record: ThreadRecord, id: string, verdict: Verdict): Outcome<Conclusion | undefined> {
    if (record.open?.id !== id) return { record, events: [], value: undefined };
    const passed = markPassed(record, id, this.#deps.clock.now());
    const known = record.open.phase === 'passed';
    const kept = record.open.earlyHandBack;
    // Two calls of our own at the same time, a hand-back that seems older than the repeat of a pass that had worked, or one
    // that Meta stamped in seconds: only Meta knows which came later.
    if (!kept || kept.via === 'take' || kept.inSeconds || isAnotherApp(verdict)) {
      const events: HandoverEvent[] = known ? [] : [['passed', { thread, handoverId: id }]];
      return { record: passed, events, value: undefined };
    }
    return this.#records.concluded(thread, passed, endingOfEarlyHandBack(kept, this.#deps.clock.now()), !known);
  }

  /** A take of the application's, or a hand-back, while our pass was under way: it ended the handover, or came before it. */
  async #settleKept(thread: ThreadKey, ids: AppIds, id: string): Promise<void> {
    await this.#records.ask(thread);
    await this.#records.change(
      thread,
      ids,
      () => [],
      (record, verdict): Outcome<undefined> => {
        const { open } = record;
        if (open?.id !== id || !open.earlyHandBack) return { record, events: [], value: undefined };
        const { earlyHandBack, ...others } = open;
        if (isAnotherApp(verdict)) return { record: { ...record, open: others }, events: [], value: undefined };
        const ended = this.#records.concluded(
          thread,
          record,
          endingOfEarlyHandBack(earlyHandBack, this.#deps.clock.now()),
        );
        return { ...ended, value: undefined };
      },
    );
  }

  async #passFailed(turn: Turn, ids: AppIds, open: OpenHandover, error: Error): Promise<HandoverStart> {
    const { thread } = turn;
    if (!(error instanceof GraphApiError)) return this.#fail(thread, ids, open, error);
    if (error.outcome === 'unknown' || error.owner) {
      const known = await this.#afterLostPass(turn, ids, open, error);
      if (known) return known;
    }
    if (error.code !== 'anotherAppOwns') return this.#fail(thread, ids, open, error);

    const verdict = error.owner
      ? await this.#records.foldAnswer(thread, ids, error.owner)
      : await this.#records.ask(thread);
    const latest = await this.#records.readOr(thread, undefined);
    if (latest?.open?.id === open.id && latest.open.phase === 'passed') return this.#passed(turn, open);
    return this.#fail(thread, ids, open, verdict && isAnotherApp(verdict) ? takenByOther(verdict, error) : error);
  }

  /**
   * The answer to our pass was lost, at least once. An event may have shown since that it had worked (of VCC Live's, or its
   * hand-back; the thread may be home again). Otherwise, where nobody can tell, the handover stays unconfirmed.
   * @returns nothing where Meta's answer stands
   */
  async #afterLostPass(
    turn: Turn,
    ids: AppIds,
    { id }: OpenHandover,
    error: GraphApiError,
  ): Promise<HandoverStart | undefined> {
    const { thread } = turn;
    const isUnknown = error.outcome === 'unknown';
    const failed: HandoverEvent = ['failed', { thread, handoverId: id, error }];
    const changed = await this.#records.change(
      thread,
      ids,
      () => [],
      (record): Outcome<boolean> => {
        const { open } = record;
        const hasEnded = record.conclusions.some((each) => each.handoverId === id && each.outcome !== 'failed');
        if (open?.id !== id) return { record, events: isUnknown && !hasEnded ? [failed] : [], value: hasEnded };
        if (open.phase === 'passed') return { record, events: [], value: true };
        // Nobody can hand back what was never passed. Whether our own take came after it, nobody can tell.
        if (open.earlyHandBack?.via === 'passBack') {
          const ending = endingOfEarlyHandBack(open.earlyHandBack, this.#deps.clock.now());
          return { ...this.#records.concluded(thread, record, ending, true), value: true };
        }
        if (!isUnknown) return { record, events: [], value: false };
        const unconfirmed = amendOpen(record, id, { phase: 'unconfirmed', dialogWaits: false });
        return { record: unconfirmed, events: [failed], value: false };
      },
    );
    this.#records.moveAlong(turn, changed);
    if (!changed.value) return isUnknown ? { status: 'failed', error, handoverId: id } : undefined;
    turn.blockedBecause ??= 'handedOver';
    return { status: 'passed', handoverId: id };
  }

  async #fail(thread: ThreadKey, ids: AppIds, open: OpenHandover, error: Error): Promise<HandoverStart> {
    await this.#records.change(
      thread,
      ids,
      () => [],
      (record) => {
        if (record.open?.id !== open.id) return { record, events: [], value: undefined };
        const ending: Ending = {
          outcome: 'failed',
          via: 'none',
          nowMs: this.#deps.clock.now(),
          error: storedError(error),
        };
        const failed = conclude(record, ending);
        return {
          record: failed.record,
          events: [['failed', { thread, handoverId: open.id, error }]],
          value: undefined,
        };
      },
    );
    this.#deps.log.error(`Handover ${open.id} failed: ${error.message}`);
    return { status: 'failed', error, handoverId: open.id };
  }
}

function takenByOther(verdict: Verdict, cause?: Error): HandoverError {
  const who = verdict.appId === undefined ? 'Another app' : `App ${verdict.appId}`;
  const text = `${who} controls the thread, so it cannot be passed to VCC Live. Pass it from there, or wait for its hand-back.`;
  return new HandoverError('takenByOtherApp', text, cause === undefined ? undefined : { cause });
}
