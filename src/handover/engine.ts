/**
 * The use cases: hand a thread over, notice that it came home, decide who may speak.
 *
 * Knows no framework. Every door of the package asks here, and here alone evidence becomes a record: one atomic step
 * folds it in, moves the handover along, and says what to tell the application.
 */
import type { Clock } from '../thread/clock.js';
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverResult, HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { Conclusion, NamedOwner, OpenHandover, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { ThreadStore } from '../thread/store.js';
import type { OwnCall } from '../ownership/evidence.js';
import {
  evidenceOfAcceptedSend,
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { isAnotherApp, ownerNow, step } from '../ownership/ledger.js';
import type { OffsetWindow } from '../ownership/meta-time.js';
import { learnOffset, metaNow, newestPlace, noOffset, offsetOf, placeOwn, stampOf } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { OwnerAnswer } from '../graph/owner-answer.js';
import type { ArmRequest, Ending } from './lifecycle.js';
import {
  amendOpen,
  arm,
  claimEnding,
  conclude,
  conclusionEndedBy,
  isRerunOf,
  keepHandBack,
  resultOf,
  storedError,
} from './lifecycle.js';
import { handoverMetadata } from './metadata.js';
import type { HandoverNews, IgnoredReason, NewsDesk, SuppressedReason } from './news.js';

/** The Graph calls that handovers need; `ThreadControlClient` has them. */
export interface ThreadControlPort {
  pass(thread: ThreadKey, targetAppId: string, metadata?: string): Promise<AnsweredCall>;
  take(thread: ThreadKey, metadata?: string): Promise<AnsweredCall>;
  release(thread: ThreadKey, metadata?: string): Promise<AnsweredCall>;
  owner(thread: ThreadKey): Promise<OwnerAnswer>;
}

/** When a call that succeeded was sent and answered, our clock. */
export interface AnsweredCall {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** What the engine stands on. */
export interface EngineParts {
  readonly botAppId: string;
  readonly vccLiveAppId: (pageId: string) => string | Promise<string>;
  readonly graph: ThreadControlPort;
  readonly store: ThreadStore;
  readonly clock: Clock;
  /** A fresh random id: 128 bit, hex. */
  readonly newId: () => string;
  readonly news: NewsDesk;
  readonly log: Logger;
}

/** One run of the bot for one event. Mutable where the run itself changes it; lives as long as the turn. */
export interface Turn {
  readonly thread: ThreadKey;
  /** Deduplication key of the event, or a random one where there is no event. */
  key: string;
  readonly run: string;
  /** Whether Meta delivered this turn on `messaging`. `false`: a proactive turn. */
  readonly delivered: boolean;
  /** The epoch that the turn speaks in; `undefined` where it could not be read. */
  epoch: number | undefined;
  /** Set where nothing more may leave this turn, and why. */
  mute: SuppressedReason | undefined;
}

/** An event whose evidence has been folded in, before its turn. */
export interface Arrived {
  readonly event: ThreadEvent;
  /** Absent where the item names no customer. */
  readonly thread?: ThreadKey;
  /** Who owned the thread before this event counted. */
  readonly before: Verdict;
  readonly record: ThreadRecord;
  /** Our clock. */
  readonly atMs: number;
  /** `thread_owner` has to be asked before anything is concluded from this event. */
  readonly askOwner: boolean;
  /** The handover that this event ended. */
  readonly concluded?: Conclusion;
}

/** What is to happen with an event. */
export type Admission =
  /** Run the bot's logic on it. `concluded`: a handover came home with it. */
  | { readonly run: 'logic'; readonly turn: Turn; readonly concluded?: Conclusion }
  /** Run the bot's logic on it as Bot Framework's `handoff.status`, where somebody waits for that. */
  | { readonly run: 'handBack'; readonly turn: Turn; readonly concluded?: Conclusion; readonly metadata?: string }
  | { readonly run: 'nothing' };

/** How a handover reaches the customer and VCC Live. */
export interface HandoverOrder {
  /** `undefined`: only the id. */
  readonly metadata: string | object | undefined;
  /** Sends the notice as this turn. Absent: none is sent. */
  readonly sendNotice?: () => Promise<void>;
  /** Notice and pass in one call, where the Page allows it; then `sendNotice` is absent. */
  readonly passWithNotice?: (targetAppId: string, metadata: string) => Promise<AnsweredCall>;
  readonly dialogWaits: boolean;
  /** Where to reach the customer outside any webhook; opaque here. */
  readonly reference?: unknown;
}

/** Whether something may leave the bot now. */
export type Permission =
  | { readonly allowed: true; readonly newestStamp: number | undefined; readonly known: boolean }
  | { readonly allowed: false; readonly reason: SuppressedReason };

interface Outcome<T> {
  readonly record: ThreadRecord;
  readonly news: readonly News[];
  readonly value: T;
}

type News = { [K in keyof HandoverNews]: readonly [K, HandoverNews[K]] }[keyof HandoverNews];

interface Stepped<T> {
  readonly epochBefore: number;
  readonly record: ThreadRecord;
  readonly before: Verdict;
  readonly now: Verdict;
  readonly askOwner: boolean;
  readonly value: T;
}

/** Does the work of `VccLiveHandover`. */
export class HandoverEngine {
  readonly #parts: EngineParts;
  #offsets: OffsetWindow = noOffset;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** Folds in what an event proves, before its turn queues (LEDGER rule 12). Rejects where the store does not answer. */
  async arrive(event: ThreadEvent, eventKey: string): Promise<Arrived> {
    const atMs = this.#parts.clock.now();
    this.#offsets = learnOffset(this.#offsets, event, atMs);
    const offsetMs = offsetOf(this.#offsets);
    const thread = threadOf(event);
    if (!thread) return { event, before: { owner: 'unknown' }, record: emptyRecord, atMs, askOwner: false };

    const ids = await this.#ids(thread);
    const stepped = await this.#step(
      thread,
      ids,
      (record) => evidenceOfEvent(event, ids, { nowMs: atMs, offsetMs, newestStamp: newestPlace(record.evidence) }),
      (record, verdict, before) => {
        if (!passesTo(event, ids.botAppId)) return { record, news: [], value: undefined };
        return this.#handedBack(thread, record, verdict, before, event, eventKey, atMs);
      },
    );
    return {
      event,
      thread,
      before: stepped.before,
      record: stepped.record,
      atMs,
      askOwner: stepped.askOwner,
      ...(stepped.value === undefined ? {} : { concluded: stepped.value }),
    };
  }

  /** Decides, when its turn has come, what runs on an event that arrived (DESIGN section 5). */
  async admit(arrived: Arrived, eventKey: string, statusEvents: boolean): Promise<Admission> {
    const { event, thread } = arrived;
    if (event.channel === 'changes') return this.#ignore(event, 'pageChange', thread);
    if (!thread) return this.#ignore(event, 'noCustomer', undefined);
    if (event.channel === 'standby') return this.#listen(arrived, thread);

    const ids = await this.#ids(thread);
    const record = await this.#readOr(thread, arrived.record);
    switch (event.kind) {
      case 'passThreadControl':
        return this.#admitPass(arrived, thread, record, ids, eventKey, statusEvents);
      case 'takeThreadControl':
        if (arrived.askOwner) await this.ask(thread);
        return { run: 'nothing' };
      case 'requestThreadControl':
        return this.#answerRequest(event, thread, record, ids, eventKey);
      case 'appRoles':
      case 'policyEnforcement':
        return this.#ignore(event, 'noCustomer', thread);
      case 'echo':
      case 'read':
      case 'delivery':
        // Receipts and echoes of before the pass arrive late; they are no reason to ask anybody.
        if (isAnotherApp(this.#ownerNow(record, ids))) return this.#ignore(event, 'anotherAppOwns', thread);
        return { run: 'logic', turn: this.#turn(thread, eventKey, record) };
      default:
        return this.#admitCustomer(arrived, thread, record, ids, eventKey);
    }
  }

  /** A turn that no webhook began. */
  async proactiveTurn(thread: ThreadKey): Promise<Turn> {
    const record = await this.#readOr(thread, undefined);
    const turn = this.#turn(thread, `proactive:${this.#parts.newId()}`, record ?? emptyRecord, false);
    if (!record) turn.epoch = undefined;
    return turn;
  }

  /** A turn that Meta delivered while the store could not be reached. */
  unrecordedTurn(thread: ThreadKey): Turn {
    return { ...this.#turn(thread, `unrecorded:${this.#parts.newId()}`, emptyRecord), epoch: undefined };
  }

  /** Hands the thread of a turn to VCC Live: arm, speak, pass, confirm. Never rejects: what fails is in the answer. */
  async handOver(turn: Turn, order: HandoverOrder): Promise<HandoverStart> {
    try {
      return await this.#handOver(turn, order, true);
    } catch (thrown) {
      const error = asError(thrown);
      this.#parts.news.tell('failed', { thread: turn.thread, error });
      this.#parts.log.warn(`Handover not begun: ${error.message}`);
      return { status: 'failed', error };
    }
  }

  /** Takes the thread back; concludes an open handover as `takenBack`. Rejects with Graph's error where Meta refuses. */
  async take(
    thread: ThreadKey,
    metadata?: string,
    turn?: Turn,
  ): Promise<{ readonly conclusion: Conclusion; readonly reference: unknown } | undefined> {
    const ids = await this.#ids(thread);
    const stepped = await this.#ownCall(
      thread,
      ids,
      { app: ids.botAppId },
      () => this.#parts.graph.take(thread, metadata),
      (record) => {
        const ending: Ending = { outcome: 'takenBack', via: 'take', nowMs: this.#parts.clock.now() };
        const ended = this.#concluded(thread, record, ending);
        const value = ended.value && { conclusion: ended.value, reference: record.open?.reference };
        return { ...ended, value };
      },
    );
    this.#moveAlong(turn, stepped);
    if (turn?.mute === 'handedOver') turn.mute = undefined;
    return stepped.value;
  }

  /** Releases the thread: it is idle. Rejects with Graph's error where Meta refuses. */
  async release(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<void> {
    const ids = await this.#ids(thread);
    const stepped = await this.#ownCall(
      thread,
      ids,
      'idle',
      () => this.#parts.graph.release(thread, metadata),
      unchanged,
    );
    this.#moveAlong(turn, stepped);
  }

  /** Who owns the thread by what is known; with `ask` by what Meta says. Rejects where the one asked does not answer. */
  async ownerOf(thread: ThreadKey, ask: boolean): Promise<ThreadOwner> {
    if (ask) {
      const asked = await this.#askOrThrow(thread);
      return publicOwner(asked.now);
    }
    const ids = await this.#ids(thread);
    const record = (await this.#parts.store.read(thread)) ?? emptyRecord;
    return publicOwner(this.#ownerNow(record, ids));
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#parts.store.forget(thread);
  }

  /** Whether an activity may leave the bot for this thread now, in a turn or (without one) proactively. */
  async mayspeak(thread: ThreadKey, turn: Turn | undefined): Promise<Permission> {
    if (turn?.mute) return { allowed: false, reason: turn.mute };
    let record: ThreadRecord;
    try {
      record = (await this.#parts.store.read(thread)) ?? emptyRecord;
    } catch (error) {
      this.#parts.log.warn(`Thread store unreadable while speaking: ${asError(error).message}`);
      // Meta itself routed this turn to us, and refuses what is not ours: that heals more than silence would.
      if (turn?.delivered) return { allowed: true, newestStamp: undefined, known: false };
      return this.#askWithoutStore(thread);
    }
    const ids = await this.#ids(thread);
    const verdict = this.#ownerNow(record, ids);
    const allowed: Permission = {
      allowed: true,
      newestStamp: newestPlace(record.evidence),
      known: verdict.owner === 'bot',
    };
    switch (verdict.owner) {
      case 'vccLive':
      case 'other':
        return { allowed: false, reason: 'anotherAppOwns' };
      case 'unknown': {
        if (turn?.delivered) return allowed;
        const asked = await this.ask(thread);
        if (!asked || asked.owner === 'unknown') return { allowed: false, reason: 'ownerUnknown' };
        return isAnotherApp(asked) ? { allowed: false, reason: 'anotherAppOwns' } : allowed;
      }
      case 'bot':
      case 'idle':
        if (turn?.epoch !== undefined && turn.epoch !== record.epoch) return { allowed: false, reason: 'staleTurn' };
        return allowed;
    }
  }

  /** Graph accepted a message. Written only where it tells something new. */
  async sendAccepted(thread: ThreadKey, permission: Permission, call: AnsweredCall): Promise<void> {
    if (!permission.allowed || permission.known) return;
    const ids = await this.#ids(thread);
    const own = this.#own(call, permission.newestStamp);
    await this.#forgiving(() => this.#step(thread, ids, () => [evidenceOfAcceptedSend(own)], unchanged));
  }

  /** Graph refused a message because another app controls the thread: the ledger learns it, and asks whose it is. */
  async sendRefused(thread: ThreadKey, call: AnsweredCall): Promise<void> {
    await this.#forgiving(async () => {
      const ids = await this.#ids(thread);
      const newestStamp = newestPlace((await this.#parts.store.read(thread))?.evidence ?? {});
      await this.#step(thread, ids, () => [evidenceOfRefusedSend(this.#own(call, newestStamp))], unchanged);
    });
    await this.ask(thread);
  }

  /** Asks Meta who owns the thread and folds the answer in. `undefined` where there is no answer. */
  async ask(thread: ThreadKey): Promise<Verdict | undefined> {
    try {
      return (await this.#askOrThrow(thread)).now;
    } catch (error) {
      this.#parts.log.warn(`thread_owner gave no answer: ${asError(error).message}`);
      return undefined;
    }
  }

  /**
   * What a dialog that waits for a handover gets in this turn: its result, or nothing yet (LEDGER rules 16, 17).
   * @param startedAtMs our clock when the dialog began
   */
  async endingFor(turn: Turn, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined> {
    const { thread } = turn;
    const nowMs = this.#parts.clock.now();
    const claim = await this.#parts.store.update(thread, (current) => {
      const record = current ?? emptyRecord;
      const claimed = claimEnding(record, handoverId, turn.key, nowMs);
      return { record: claimed.record === record ? undefined : claimed.record, value: claimed.claim };
    });
    if (claim.kind === 'yours') return resultOf(claim.conclusion);
    if (claim.kind === 'wait') return undefined;
    const record = (await this.#parts.store.read(thread)) ?? emptyRecord;
    const known = this.#ownerNow(record, await this.#ids(thread));
    const owner = known.owner === 'unknown' ? await this.ask(thread) : known;
    if (owner?.owner !== 'bot' && owner?.owner !== 'idle') return undefined;
    return { handoverId, outcome: 'completed', via: 'message', waitedMs: Math.max(0, nowMs - startedAtMs) };
  }

  async #listen(arrived: Arrived, thread: ThreadKey): Promise<Admission> {
    const { event } = arrived;
    if (arrived.askOwner) await this.ask(thread);
    const ids = await this.#ids(thread);
    const from = writerOf(event, ids);
    if (from) this.#parts.news.tell('standbyMessage', { thread, from, event });
    return { run: 'nothing' };
  }

  async #admitPass(
    arrived: Arrived,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
    statusEvents: boolean,
  ): Promise<Admission> {
    if (!passesTo(arrived.event, ids.botAppId)) {
      if (arrived.askOwner) await this.ask(thread);
      return { run: 'nothing' };
    }
    let concluded = arrived.concluded ?? conclusionEndedBy(record, eventKey);
    if (arrived.askOwner && !concluded) {
      await this.ask(thread);
      concluded = await this.#comeHome(thread, ids, 'passBack', eventKey, arrived.event.metadata);
    }
    const latest = await this.#readOr(thread, record);
    if (isAnotherApp(this.#ownerNow(latest, ids))) return { run: 'nothing' };
    const waits = concluded?.dialogWaits === true;
    if (!waits && !statusEvents) return { run: 'nothing' };
    return {
      run: 'handBack',
      turn: this.#turn(thread, eventKey, latest),
      ...(concluded === undefined ? {} : { concluded }),
      ...(arrived.event.metadata === undefined ? {} : { metadata: arrived.event.metadata }),
    };
  }

  async #admitCustomer(
    arrived: Arrived,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<Admission> {
    const { event } = arrived;
    const turn = this.#turn(thread, eventKey, record);
    // A new run of the event that began a handover comes before everything: it is mute, and asks nothing.
    if (isRerunOf(record, eventKey, turn.run)) {
      turn.mute = 'repeatedTurn';
      return { run: 'logic', turn };
    }
    const now = this.#ownerNow(record, ids);
    if (isAnotherApp(arrived.before) || isAnotherApp(now)) {
      const asked = await this.ask(thread);
      if (asked === undefined) {
        // No answer. A message is evidence by itself where it is the newest; anything else proves nothing.
        if (event.kind !== 'message') return this.#ignore(event, 'ownerUnknown', thread);
        if (isAnotherApp(now)) return this.#ignore(event, 'anotherAppOwns', thread);
      } else if (isAnotherApp(asked)) {
        return this.#ignore(event, 'anotherAppOwns', thread);
      }
    } else if (arrived.askOwner) {
      await this.ask(thread);
    }
    const concluded = (await this.#comeHome(thread, ids, 'message', eventKey)) ?? conclusionEndedBy(record, eventKey);
    const latest = await this.#readOr(thread, record);
    turn.epoch = latest.epoch;
    return concluded === undefined ? { run: 'logic', turn } : { run: 'logic', turn, concluded };
  }

  /** `request_thread_control`: VCC Live gets what it asks for, nobody else does. */
  async #answerRequest(
    event: ThreadEvent,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<Admission> {
    if (event.requestedOwnerAppId !== ids.vccLiveAppId) return this.#ignore(event, 'notGranted', thread);
    if (isAnotherApp(this.#ownerNow(record, ids))) return this.#ignore(event, 'anotherAppOwns', thread);
    const turn = this.#turn(thread, eventKey, record);
    await this.handOver(turn, { metadata: { reason: 'requested' }, dialogWaits: false });
    return { run: 'nothing' };
  }

  async #handOver(turn: Turn, order: HandoverOrder, mayReplace: boolean): Promise<HandoverStart> {
    const { thread } = turn;
    const ids = await this.#ids(thread);
    const id = this.#parts.newId();
    const nowMs = this.#parts.clock.now();
    const armed = await this.#step(
      thread,
      ids,
      () => [],
      (record, verdict) => {
        const request: ArmRequest = {
          id,
          cause: turn.key,
          run: turn.run,
          nowMs,
          armedAt: placeOwn(newestPlace(record.evidence), nowMs, offsetOf(this.#offsets)),
          targetAppId: ids.vccLiveAppId,
          metadata: handoverMetadata(id, order.metadata),
          dialogWaits: order.dialogWaits,
          ...(order.reference === undefined ? {} : { reference: order.reference }),
        };
        const asked = arm(record, request);
        // With another app already: nothing to hand over. A handover found is another matter: it explains the owner.
        if (asked.answer.kind === 'armed' && isAnotherApp(verdict)) return { record, news: [], value: undefined };
        return { record: asked.record, news: [], value: asked.answer };
      },
    );
    const answer = armed.value;
    switch (answer?.kind) {
      case undefined:
      case 'secondRequest':
        return { status: 'refused', reason: 'alreadyWithAgent' };
      case 'concluded':
        turn.mute ??= 'repeatedTurn';
        return { status: 'passed', handoverId: answer.conclusion.handoverId };
      case 'open':
        if (!answer.stale || !mayReplace) return { status: 'refused', reason: 'alreadyWithAgent' };
        if (await this.#settleStale(thread, ids, answer.open)) return { status: 'refused', reason: 'alreadyWithAgent' };
        return this.#handOver(turn, order, false);
      case 'existing':
        turn.mute ??= 'repeatedTurn';
        if (answer.open.phase === 'passed') return { status: 'passed', handoverId: answer.open.id };
        return this.#resume(turn, order, ids, answer.open);
      case 'armed':
        return this.#speakAndPass(turn, order, ids, answer.open);
    }
  }

  /** Another event's handover that nobody works on any more: passed after all (then true), or closed as failed. */
  async #settleStale(thread: ThreadKey, ids: AppIds, open: OpenHandover): Promise<boolean> {
    await this.ask(thread);
    const text = 'The handover was begun by a process that did not finish it, and VCC Live does not own the thread.';
    const error = new HandoverError('outcomeUnknown', text);
    const stepped = await this.#step(
      thread,
      ids,
      () => [],
      (record) => {
        if (record.open?.id !== open.id || record.open.phase === 'passed')
          return { record, news: [], value: undefined };
        const ending: Ending = {
          outcome: 'failed',
          via: 'none',
          nowMs: this.#parts.clock.now(),
          error: storedError(error),
        };
        const closed = this.#concluded(thread, record, ending);
        // An unconfirmed one was reported as failed when its pass was.
        return record.open.phase === 'unconfirmed' ? { ...closed, news: [] } : closed;
      },
    );
    return stepped.record.open?.id === open.id;
  }

  /** A handover found armed by a run that died (LEDGER rule 14): asked about, then gone on with. */
  async #resume(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    const asked = await this.ask(thread);
    const latest = await this.#readOr(thread, undefined);
    if (asked?.owner === 'vccLive' || latest?.open?.phase === 'passed')
      return { status: 'passed', handoverId: open.id };
    if (latest?.open?.id === open.id && latest.open.keptHandBack) {
      const { keptHandBack } = latest.open;
      await this.#step(
        thread,
        ids,
        () => [],
        (record) =>
          this.#concluded(
            thread,
            record,
            { outcome: 'completed', nowMs: this.#parts.clock.now(), ...keptHandBack },
            true,
          ),
      );
      return { status: 'passed', handoverId: open.id };
    }
    return this.#speakAndPass(turn, order, ids, open);
  }

  async #speakAndPass(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    if (order.sendNotice && !open.noticeSent) {
      const failure = await this.#speak(turn, order.sendNotice, open);
      if (failure) return this.#fail(thread, ids, open, failure);
      const noted = await this.#step(
        thread,
        ids,
        () => [],
        (record) => ({ record: amendOpen(record, open.id, { noticeSent: true }), news: [], value: undefined }),
      );
      this.#moveAlong(turn, noted);
      // The notice was refused because the thread moved meanwhile, or an agent took it: see who has it.
      if (noted.record.open?.phase === 'passed') return this.#passed(turn, open);
      if (isAnotherApp(noted.now)) return this.#fail(thread, ids, open, takenByOther(noted.now));
    }
    return this.#pass(turn, order, ids, open);
  }

  /** Sends the notice. Answers with the error that makes passing pointless, if that is what it met. */
  async #speak(turn: Turn, sendNotice: () => Promise<void>, open: OpenHandover): Promise<Error | undefined> {
    const { mute } = turn;
    // The notice of a handover that an earlier run could not finish is the one thing a repeated turn may say.
    turn.mute = undefined;
    try {
      await sendNotice();
      return undefined;
    } catch (thrown) {
      const error = asError(thrown);
      if (error instanceof GraphApiError && hopeless(error)) return error;
      this.#parts.log.warn(`Handover ${open.id}: the notice was not accepted, passing all the same: ${error.message}`);
      return undefined;
    } finally {
      turn.mute = mute;
    }
  }

  async #pass(turn: Turn, order: HandoverOrder, ids: AppIds, open: OpenHandover): Promise<HandoverStart> {
    const { thread } = turn;
    const send = order.passWithNotice
      ? () => order.passWithNotice?.(open.targetAppId, open.metadata) ?? Promise.reject(new TypeError('unreachable'))
      : () => this.#parts.graph.pass(thread, open.targetAppId, open.metadata);
    let confirmed: AnsweredCall;
    let newestStamp: number | undefined;
    try {
      newestStamp = newestPlace((await this.#parts.store.read(thread))?.evidence ?? {});
      confirmed = await send();
    } catch (thrown) {
      return this.#passFailed(turn, ids, open, asError(thrown));
    }
    try {
      const evidence = evidenceOfCall({ app: open.targetAppId }, this.#own(confirmed, newestStamp));
      const stepped = await this.#step(
        thread,
        ids,
        () => [evidence],
        (record) => this.#confirm(thread, record, open.id),
      );
      this.#moveAlong(turn, stepped);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      // VCC Live has the thread; the record will learn it from the standby events. Only this turn must know now.
      this.#parts.log.error(`Handover ${open.id} was passed but could not be recorded: ${thrown.message}`);
    }
    return this.#passed(turn, open);
  }

  #passed(turn: Turn, open: OpenHandover): HandoverStart {
    turn.mute ??= 'handedOver';
    return { status: 'passed', handoverId: open.id };
  }

  /** Our pass is confirmed. A hand-back that overtook the confirmation concludes the handover now. */
  #confirm(thread: ThreadKey, record: ThreadRecord, id: string): Outcome<Conclusion | undefined> {
    if (record.open?.id !== id) return { record, news: [], value: undefined };
    const news: News[] = record.open.phase === 'passed' ? [] : [['passed', { thread, handoverId: id }]];
    const passed = amendOpen(record, id, { phase: 'passed' });
    const kept = record.open.keptHandBack;
    if (!kept) return { record: passed, news, value: undefined };
    const home = this.#concluded(thread, passed, { outcome: 'completed', nowMs: this.#parts.clock.now(), ...kept });
    return { ...home, news: [...news, ...home.news] };
  }

  async #passFailed(turn: Turn, ids: AppIds, open: OpenHandover, error: Error): Promise<HandoverStart> {
    const { thread } = turn;
    if (!(error instanceof GraphApiError)) return this.#fail(thread, ids, open, error);
    if (error.outcome === 'unknown') {
      await this.#step(
        thread,
        ids,
        () => [],
        (record) => {
          // An event may have told us meanwhile that VCC Live has it.
          if (record.open?.phase === 'passed') return { record, news: [], value: undefined };
          const unconfirmed = amendOpen(record, open.id, { phase: 'unconfirmed', dialogWaits: false });
          return { record: unconfirmed, news: [['failed', { thread, handoverId: open.id, error }]], value: undefined };
        },
      ).then((stepped) => this.#moveAlong(turn, stepped));
      const latest = await this.#readOr(thread, undefined);
      if (latest?.open?.phase === 'passed') return this.#passed(turn, open);
      return { status: 'failed', error, handoverId: open.id };
    }
    if (error.kind !== 'notOwner') return this.#fail(thread, ids, open, error);

    const verdict = error.owner ? await this.#foldAnswer(thread, ids, error.owner) : await this.ask(thread);
    const latest = await this.#readOr(thread, undefined);
    if (latest?.open?.id === open.id && latest.open.phase === 'passed') return this.#passed(turn, open);
    return this.#fail(thread, ids, open, verdict && isAnotherApp(verdict) ? takenByOther(verdict, error) : error);
  }

  async #fail(thread: ThreadKey, ids: AppIds, open: OpenHandover, error: Error): Promise<HandoverStart> {
    await this.#step(
      thread,
      ids,
      () => [],
      (record) => {
        if (record.open?.id !== open.id) return { record, news: [], value: undefined };
        const ending: Ending = {
          outcome: 'failed',
          via: 'none',
          nowMs: this.#parts.clock.now(),
          error: storedError(error),
        };
        const failed = conclude(record, ending);
        return { record: failed.record, news: [['failed', { thread, handoverId: open.id, error }]], value: undefined };
      },
    );
    this.#parts.log.error(`Handover ${open.id} failed: ${error.message}`);
    return { status: 'failed', error, handoverId: open.id };
  }

  /** A pass webhook names the bot: concludes a handover that VCC Live has, is kept for one whose pass is not confirmed. */
  #handedBack(
    thread: ThreadKey,
    record: ThreadRecord,
    verdict: Verdict,
    before: Verdict,
    event: ThreadEvent,
    eventKey: string,
    nowMs: number,
  ): Outcome<Conclusion | undefined> {
    const { open } = record;
    const metadata = event.metadata === undefined ? {} : { metadata: event.metadata };
    if (open?.phase === 'armed') {
      const at = stampOf(event, nowMs) ?? Infinity;
      return {
        record: keepHandBack(record, at, { via: 'passBack', endedBy: eventKey, ...metadata }),
        news: [],
        value: undefined,
      };
    }
    if (isAnotherApp(verdict)) return { record, news: [], value: undefined };
    if (open && (stampOf(event, nowMs) ?? Infinity) > open.armedAt) {
      return this.#concluded(thread, record, {
        outcome: 'completed',
        via: 'passBack',
        nowMs,
        endedBy: eventKey,
        ...metadata,
      });
    }
    if (open || !isAnotherApp(before)) return { record, news: [], value: undefined };
    const result: HandoverResult = { outcome: 'completed', via: 'passBack', waitedMs: 0, ...metadata };
    return { record, news: [['returned', { thread, result }]], value: undefined };
  }

  /** Concludes a passed handover where the ledger says that the thread is the bot's, or nobody's. */
  async #comeHome(
    thread: ThreadKey,
    ids: AppIds,
    via: 'passBack' | 'message',
    endedBy: string,
    metadata?: string,
  ): Promise<Conclusion | undefined> {
    try {
      const home = await this.#step(
        thread,
        ids,
        () => [],
        (record, verdict) => {
          if (record.open?.phase !== 'passed' || isAnotherApp(verdict)) return { record, news: [], value: undefined };
          const nowMs = this.#parts.clock.now();
          return this.#concluded(thread, record, { outcome: 'completed', via, nowMs, endedBy, metadata });
        },
      );
      return home.value;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.log.warn(`Could not look for a handover that came home: ${error.message}`);
      return undefined;
    }
  }

  #concluded(
    thread: ThreadKey,
    record: ThreadRecord,
    ending: Ending,
    tellPassed = false,
  ): Outcome<Conclusion | undefined> {
    const ended = conclude(record, ending);
    if (!ended.conclusion) return { record, news: [], value: undefined };
    const { conclusion } = ended;
    const news: News[] = tellPassed ? [['passed', { thread, handoverId: conclusion.handoverId }]] : [];
    const result = resultOf(conclusion);
    if (conclusion.outcome === 'failed') {
      const error = result.error ?? new HandoverError('unexpected', 'The handover failed.');
      news.push(['failed', { thread, handoverId: conclusion.handoverId, error }]);
    } else {
      news.push(['returned', { thread, result }]);
    }
    return { record: ended.record, news, value: conclusion };
  }

  async #ownCall<T>(
    thread: ThreadKey,
    ids: AppIds,
    owner: NamedOwner,
    call: () => Promise<AnsweredCall>,
    after: (record: ThreadRecord) => Outcome<T>,
  ): Promise<Stepped<T>> {
    const newestStamp = newestPlace((await this.#parts.store.read(thread))?.evidence ?? {});
    try {
      const answered = await call();
      return await this.#step(thread, ids, () => [evidenceOfCall(owner, this.#own(answered, newestStamp))], after);
    } catch (error) {
      if (error instanceof GraphApiError && error.owner) await this.#foldAnswer(thread, ids, error.owner);
      throw error;
    }
  }

  async #askOrThrow(thread: ThreadKey): Promise<Stepped<undefined>> {
    const ids = await this.#ids(thread);
    const newestStamp = newestPlace((await this.#parts.store.read(thread))?.evidence ?? {});
    const answer = await this.#parts.graph.owner(thread);
    return this.#step(thread, ids, () => [evidenceOfAnswer(answer, this.#own(answer, newestStamp))], unchanged);
  }

  async #foldAnswer(thread: ThreadKey, ids: AppIds, answer: OwnerAnswer): Promise<Verdict | undefined> {
    return this.#forgiving(async () => {
      const newestStamp = newestPlace((await this.#parts.store.read(thread))?.evidence ?? {});
      const evidence: Evidence[] = [evidenceOfAnswer(answer, this.#own(answer, newestStamp))];
      return (await this.#step(thread, ids, () => evidence, unchanged)).now;
    });
  }

  async #askWithoutStore(thread: ThreadKey): Promise<Permission> {
    try {
      const answer = await this.#parts.graph.owner(thread);
      const ours = answer.owner === 'idle' || (answer.owner === 'app' && answer.appId === this.#parts.botAppId);
      if (ours) return { allowed: true, newestStamp: undefined, known: true };
      return { allowed: false, reason: 'anotherAppOwns' };
    } catch {
      return { allowed: false, reason: 'ownerUnknown' };
    }
  }

  /**
   * One atomic step on a thread's record: evidence in, the handover moved along, then the news told.
   * Evidence that VCC Live owns the thread makes an armed or unconfirmed handover a passed one, whoever brings it.
   */
  async #step<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: (record: ThreadRecord, verdict: Verdict, before: Verdict) => Outcome<T>,
  ): Promise<Stepped<T>> {
    const done = await this.#parts.store.update(thread, (current) => {
      const record = current ?? emptyRecord;
      const evidence = evidenceFrom(record);
      const folded = evidence.length === 0 ? undefined : step(record, evidence, ids);
      const before = this.#ownerNow(record, ids);
      const news: News[] = [];
      if (folded?.effects.ownerChanged) {
        const { from, to } = folded.effects.ownerChanged;
        news.push(['ownerChanged', { thread, from: publicOwner(from), to: publicOwner(to) }]);
      }
      let next = folded?.record ?? record;
      const now = this.#ownerNow(next, ids);
      if (folded && now.owner === 'vccLive' && next.open && next.open.phase !== 'passed') {
        next = amendOpen(next, next.open.id, { phase: 'passed' });
        if (next.open) news.push(['passed', { thread, handoverId: next.open.id }]);
      }
      const outcome = after(next, now, before);
      const stepped: Stepped<T> & { news: News[] } = {
        epochBefore: record.epoch,
        record: outcome.record,
        before,
        now,
        askOwner: folded?.effects.askOwner ?? false,
        value: outcome.value,
        news: [...news, ...outcome.news],
      };
      return { record: outcome.record === record ? undefined : outcome.record, value: stepped };
    });
    for (const [name, news] of done.news) this.#parts.news.tell(name, news);
    return done;
  }

  /** A turn's own step moves its epoch along, unless somebody else changed it in between (LEDGER rule 13). */
  #moveAlong(turn: Turn | undefined, stepped: { epochBefore: number; record: ThreadRecord }): void {
    if (turn && turn.epoch === stepped.epochBefore) turn.epoch = stepped.record.epoch;
  }

  #turn(thread: ThreadKey, key: string, record: ThreadRecord, delivered = true): Turn {
    return { thread, key, run: this.#parts.newId(), delivered, epoch: record.epoch, mute: undefined };
  }

  #own(call: AnsweredCall, newestStamp: number | undefined): OwnCall {
    return { ...call, newestStamp, offsetMs: offsetOf(this.#offsets) };
  }

  #ownerNow(record: ThreadRecord, ids: AppIds): Verdict {
    return ownerNow(record.evidence, ids, metaNow(this.#parts.clock.now(), offsetOf(this.#offsets)));
  }

  async #ids(thread: ThreadKey): Promise<AppIds> {
    return { botAppId: this.#parts.botAppId, vccLiveAppId: await this.#parts.vccLiveAppId(thread.pageId) };
  }

  /** The record as it is, or as it was last seen where the store was lost during the turn. */
  async #readOr<T extends ThreadRecord | undefined>(thread: ThreadKey, last: T): Promise<ThreadRecord | T> {
    try {
      return (await this.#parts.store.read(thread)) ?? last ?? emptyRecord;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.log.warn(`Thread store lost during a turn: ${error.message}`);
      return last;
    }
  }

  async #forgiving<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.log.warn(`Thread store lost during a turn: ${error.message}`);
      return undefined;
    }
  }

  #ignore(event: ThreadEvent, reason: IgnoredReason, thread: ThreadKey | undefined): Admission {
    this.#parts.news.tell('ignored', { ...(thread === undefined ? {} : { thread }), event, reason });
    return { run: 'nothing' };
  }
}

/** The thread of an event, where it names a customer and a Page. */
export function threadOf(event: ThreadEvent): ThreadKey | undefined {
  return event.pageId !== undefined && event.psid !== undefined
    ? { pageId: event.pageId, psid: event.psid }
    : undefined;
}

function passesTo(event: ThreadEvent, appId: string): boolean {
  return event.kind === 'passThreadControl' && event.channel === 'messaging' && event.newOwnerAppId === appId;
}

function writerOf(event: ThreadEvent, ids: AppIds): 'customer' | 'agent' | 'other' | undefined {
  if (event.kind === 'message' || event.kind === 'postback') return event.isNotice ? 'other' : 'customer';
  if (event.kind !== 'echo' || event.appId === ids.botAppId) return undefined;
  return event.appId === ids.vccLiveAppId ? 'agent' : 'other';
}

function publicOwner(verdict: Verdict): ThreadOwner {
  return {
    owner: verdict.owner,
    ...(verdict.appId === undefined ? {} : { appId: verdict.appId }),
    ...(verdict.since === undefined ? {} : { sinceMs: verdict.since }),
    ...(verdict.expiresAt === undefined ? {} : { expiresMs: verdict.expiresAt }),
  };
}

function unchanged(record: ThreadRecord): Outcome<undefined> {
  return { record, news: [], value: undefined };
}

/** After these no pass of this Page succeeds either. */
function hopeless(error: GraphApiError): boolean {
  return (
    error.kind === 'token' ||
    error.kind === 'permission' ||
    error.kind === 'configuration' ||
    error.kind === 'rateLimit'
  );
}

function takenByOther(verdict: Verdict, cause?: Error): HandoverError {
  const who = verdict.appId === undefined ? 'Another app' : `App ${verdict.appId}`;
  const text = `${who} controls the thread, so it cannot be passed to VCC Live. Pass it from there, or wait for its hand-back.`;
  return new HandoverError('takenByOtherApp', text, cause === undefined ? undefined : { cause });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
}
