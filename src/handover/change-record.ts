/**
 * One atomic step on a thread: evidence in, the handover moved along, the news told. Here alone evidence becomes a record.
 *
 * Everything else in this room asks for steps; none of it writes to the store by itself.
 */
import type { Clock } from '../thread/clock.js';
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverVia, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { Conclusion, NamedOwner, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { Entered, ThreadChange, ThreadStore, Ticket } from '../thread/store.js';
import type { OwnCall } from '../ownership/evidence.js';
import { evidenceOfAnswer, evidenceOfCall } from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { atTime, isAnotherApp, ownerByEvidence, ownerNow, step } from '../ownership/ledger.js';
import type { OffsetWindow } from '../ownership/meta-time.js';
import { isOffsetRough, learnOffset, metaNow, newestPlace, noOffset, offsetOf } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { OwnerAnswer } from '../graph/owner-answer.js';
import type { Ending } from './lifecycle.js';
import { amendOpen, conclude, markPassed, markReturning, resultOf, unmarkReturning } from './lifecycle.js';
import type { MayTakeBack } from './may-take-back.js';
import type { HandoverEventMap, HandoverEvents } from './events.js';
import { AppIdLookup } from './app-ids.js';
import type { EnginePolicies } from './policies.js';
import type { Deadline } from './timers.js';
import { HANDOVER_DEADLINE } from './timers.js';
import type { AnsweredCall, Turn } from './turn.js';

/** The repeats of a question may take half a minute where Meta hangs; nobody waits for a chat bot that long. */
const CUSTOMER_WAITS_MS = 5000;
/** No app has this id. */
const NO_APP = '';
const NO_NEWS: readonly HandoverEvent[] = [];

/** The Graph calls that handovers need; `ThreadControlClient` has them. */
export interface ThreadControlPort {
  /** `isWanted` is asked before each repeat of a pass whose answer was lost. */
  pass(
    thread: ThreadKey,
    targetAppId: string,
    metadata?: string,
    isWanted?: () => Promise<boolean>,
  ): Promise<AnsweredCall>;
  /** `isWanted` is asked before each repeat of a take whose answer was lost. */
  take(thread: ThreadKey, metadata?: string, isWanted?: () => Promise<boolean>): Promise<AnsweredCall>;
  release(thread: ThreadKey, metadata?: string): Promise<AnsweredCall>;
  owner(thread: ThreadKey): Promise<OwnerAnswer>;
}

/** What the use cases stand on. */
export interface EngineDeps {
  readonly botAppId: string;
  readonly vccLiveAppId: (pageId: string) => string | Promise<string>;
  readonly graph: ThreadControlPort;
  readonly store: ThreadStore;
  readonly clock: Clock;
  /** Names this process among those that share the store. */
  readonly processId: string;
  /** A fresh random id: 128 bit, hex. */
  readonly newId: () => string;
  readonly events: HandoverEvents;
  readonly log: Logger;
  /** What holds for the threads of a Page. */
  readonly policies: (pageId: string) => EnginePolicies;
  /** Resolves when the application has said what holds for a Page of which that is not known; else `undefined`. */
  readonly policiesAsked: (pageId: string) => Promise<void> | undefined;
  /** The event `eventKey` ended a handover and is no turn of the customer's; the thread's next event waits for this. */
  readonly onEnded: (thread: ThreadKey, ended: EndedHandover, eventKey: string) => Promise<void>;
}

/** A handover that has ended, and where its customer can be reached. */
export interface EndedHandover {
  readonly conclusion: Conclusion;
  readonly reference: unknown;
}

/** One piece of news, with its name. */
export type HandoverEvent = {
  [K in keyof HandoverEventMap]: readonly [K, HandoverEventMap[K]];
}[keyof HandoverEventMap];

/** What a step makes of a record after the evidence is in. */
export interface Outcome<T> {
  readonly record: ThreadRecord;
  readonly events: readonly HandoverEvent[];
  readonly value: T;
}

/** How a thread is taken back. */
export interface TakeOrder {
  readonly via: HandoverVia;
  /** For the app that loses the thread. */
  readonly metadata: string | undefined;
  /** Looks at the record in the step before the call. Default: the thread is taken whatever the record says. */
  readonly mayTake?: MayTakeBack;
}

/**
 * What follows from a step, on the record with the evidence in it.
 * @param askOwner the step is no sure ground for a conclusion: `thread_owner` will be asked
 */
export type AfterChange<T> = (record: ThreadRecord, verdict: Verdict, before: Verdict, askOwner: boolean) => Outcome<T>;

/** A step that was written. */
export interface ChangeResult<T> {
  readonly epochBefore: number;
  readonly record: ThreadRecord;
  /** Who owned the thread before, by evidence and clock. */
  readonly before: Verdict;
  readonly now: Verdict;
  readonly askOwner: boolean;
  readonly value: T;
}

/** A step and the news of it, which are told once it is written. */
type Untold<T> = ChangeResult<T> & { readonly events: readonly HandoverEvent[] };

/** Makes steps. Learns Meta's clock from the events that arrive. */
export class ThreadRecords {
  readonly deps: EngineDeps;
  readonly #apps: AppIdLookup;
  /** Runs of turns are numbered, behind an id of this process: no two of them are the same, and nothing has to be drawn. */
  readonly #process: string;
  #runs = 0;
  #offsets: OffsetWindow = noOffset;

  constructor(deps: EngineDeps) {
    this.deps = deps;
    this.#apps = new AppIdLookup(deps);
    this.#process = deps.newId();
  }

  /** Learns Meta's clock from an event that arrived now. */
  learn(event: ThreadEvent, nowMs: number): void {
    this.#offsets = learnOffset(this.#offsets, event, nowMs);
  }

  /** Meta's clock minus ours, where known. */
  get offsetMs(): number | undefined {
    return offsetOf(this.#offsets);
  }

  /**
   * One atomic step on a thread's record: evidence in, the handover moved along, then the news told.
   * Evidence that VCC Live owns the thread makes an armed or unconfirmed handover a passed one, whoever brings it.
   */
  async change<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterChange<T>,
  ): Promise<ChangeResult<T>> {
    const change = this.#changeBy(thread, ids, evidenceFrom, after);
    return this.#told(await this.deps.store.update(thread, change));
  }

  /** The same step, together with taking the ticket of the event that brings the evidence. */
  enter<T>(
    asked: { readonly ticket: Ticket; readonly leaseMs: number },
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterChange<T>,
  ): MaybePromise<Entered<ChangeResult<T>>> {
    const { ticket, leaseMs } = asked;
    const change = this.#changeBy(ticket.thread, ids, evidenceFrom, after);
    return whenReady(this.deps.store.enter(ticket, leaseMs, change), (entered) => {
      if (entered.status === 'entered') this.#told(entered.value);
      return entered;
    });
  }

  /**
   * Takes the thread back: an open handover ends as `takenBack`. Rejects with Graph's error where Meta refuses.
   * @returns `undefined` where the order may not be carried out any more
   */
  async takeBack(
    thread: ThreadKey,
    order: Omit<TakeOrder, 'via'>,
    endedBy?: string,
  ): Promise<ChangeResult<EndedHandover | undefined> | undefined> {
    const ids = await this.ids(thread);
    return this.takeCall(thread, ids, { ...order, via: 'take' }, (record) => {
      // Its pass is under way: which of the two calls came later shows when that is confirmed.
      if (record.open?.phase === 'armed') {
        const kept = amendOpen(record, record.open.id, { earlyHandBack: { via: 'take' } });
        return { record: kept, events: [], value: undefined };
      }
      const ending: Ending = { outcome: 'takenBack', via: 'take', nowMs: this.deps.clock.now() };
      const ended = this.concluded(thread, record, endedBy === undefined ? ending : { ...ending, endedBy });
      return { ...ended, value: ended.value && { conclusion: ended.value, reference: record.open?.reference } };
    });
  }

  /**
   * The Graph call that takes a thread back, with its `returning` before it. If Meta refuses, the mark is removed.
   * @returns `undefined` where the order may not be carried out any more; then no call is made
   */
  async takeCall<T>(
    thread: ThreadKey,
    ids: AppIds,
    { via, metadata, mayTake }: TakeOrder,
    after: (record: ThreadRecord) => Outcome<T>,
  ): Promise<ChangeResult<T> | undefined> {
    const marked = await this.#markTake(thread, ids, via, mayTake);
    if (marked === 'notNow') return undefined;
    const isWanted = mayTake && (() => this.#mayStillTake(thread, ids, mayTake));
    const take = (): Promise<AnsweredCall> => this.deps.graph.take(thread, metadata, isWanted);
    try {
      return await this.ownCall(thread, ids, { app: ids.botAppId }, take, after);
    } catch (error) {
      if (marked !== undefined) {
        const undo = (record: ThreadRecord): Outcome<undefined> => unchanged(unmarkReturning(record, marked));
        await this.forgiving(() => this.change(thread, ids, () => [], undo));
      }
      throw error;
    }
  }

  /** @returns the handover that this step has marked as `returning`, or `notNow` where nothing may be taken */
  async #markTake(
    thread: ThreadKey,
    ids: AppIds,
    via: HandoverVia,
    mayTake: MayTakeBack | undefined,
  ): Promise<string | undefined> {
    const marked = await this.change(
      thread,
      ids,
      () => [],
      (record, owner): Outcome<string | undefined> => {
        if (mayTake && !mayTake(record, owner)) return { record, events: [], value: 'notNow' };
        const returning = markReturning(record, via);
        const handoverId = record.open?.id;
        if (!returning || handoverId === undefined) return { record, events: [], value: undefined };
        return { record: returning, events: [['returning', { thread, handoverId, via }]], value: handoverId };
      },
    );
    return marked.value;
  }

  async #mayStillTake(thread: ThreadKey, ids: AppIds, mayTake: MayTakeBack): Promise<boolean> {
    const record = await this.readOr(thread, undefined);
    return record === undefined || mayTake(record, this.ownerNow(record, ids));
  }

  /** Sets the thread's deadline, or removes it. Rejects where the store does not answer. */
  async setDeadline(thread: ThreadKey, deadline: Deadline | undefined): Promise<void> {
    if (deadline) await this.deps.store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: deadline.atMs });
    else await this.deps.store.unschedule(thread, HANDOVER_DEADLINE);
  }

  /** Asks Meta who owns the thread and folds the answer in. `undefined` where there is no answer. */
  async ask(thread: ThreadKey): Promise<Verdict | undefined> {
    try {
      return (await this.askOrThrow(thread)).now;
    } catch (error) {
      this.deps.log.warn(`thread_owner gave no answer: ${asError(error).message}`);
      return undefined;
    }
  }

  /** Asks Meta whether the bot may speak in the thread, where nothing can be kept. `undefined` where there is no answer. */
  async isOursByMeta(thread: ThreadKey): Promise<boolean | undefined> {
    try {
      const answer = await this.deps.graph.owner(thread);
      return answer.owner === 'idle' || (answer.owner === 'app' && answer.appId === this.deps.botAppId);
    } catch (error) {
      this.deps.log.warn(`thread_owner gave no answer: ${asError(error).message}`);
      return undefined;
    }
  }

  /**
   * {@link ask} while a customer waits: gives up after {@link CUSTOMER_WAITS_MS}, as where there is no answer. What comes
   * later is folded in all the same.
   */
  async askInTime(thread: ThreadKey): Promise<Verdict | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = this.deps.clock.after(CUSTOMER_WAITS_MS, () => resolve(undefined));
    });
    try {
      return await Promise.race([this.ask(thread), late]);
    } finally {
      cancel();
    }
  }

  async askOrThrow(thread: ThreadKey): Promise<ChangeResult<undefined>> {
    const ids = await this.ids(thread);
    const newestStamp = newestPlace((await this.deps.store.read(thread))?.evidence ?? {});
    const answer = await this.deps.graph.owner(thread);
    const evidence = evidenceOfAnswer(answer, this.own(answer, newestStamp));
    return this.#compared(thread, await this.change(thread, ids, () => [evidence], unchanged));
  }

  async foldAnswer(thread: ThreadKey, ids: AppIds, answer: OwnerAnswer): Promise<Verdict | undefined> {
    return this.forgiving(async () => {
      const newestStamp = newestPlace((await this.deps.store.read(thread))?.evidence ?? {});
      const evidence: Evidence[] = [evidenceOfAnswer(answer, this.own(answer, newestStamp))];
      return this.#compared(thread, await this.change(thread, ids, () => evidence, unchanged)).now;
    });
  }

  /** Tells where an answer of Meta's contradicts what the ledger held. */
  #compared<T>(thread: ThreadKey, changed: ChangeResult<T>): ChangeResult<T> {
    const { before, now } = changed;
    if (contradicts(before, now)) {
      this.deps.events.emit('disagreement', {
        thread,
        by: 'threadOwner',
        ledger: publicOwner(before),
        meta: publicOwner(now),
      });
    }
    return changed;
  }

  async ownCall<T>(
    thread: ThreadKey,
    ids: AppIds,
    owner: NamedOwner,
    call: () => Promise<AnsweredCall>,
    after: (record: ThreadRecord) => Outcome<T>,
  ): Promise<ChangeResult<T>> {
    const newestStamp = newestPlace((await this.deps.store.read(thread))?.evidence ?? {});
    try {
      const answered = await call();
      const evidence = [evidenceOfCall(owner, this.own(answered, newestStamp))];
      const changed = await this.change(thread, ids, () => evidence, after);
      if (changed.askOwner) await this.ask(thread);
      return changed;
    } catch (error) {
      if (error instanceof GraphApiError && error.owner) await this.foldAnswer(thread, ids, error.owner);
      throw error;
    }
  }

  concluded(
    thread: ThreadKey,
    record: ThreadRecord,
    ending: Ending,
    tellPassed = false,
  ): Outcome<Conclusion | undefined> {
    const ended = conclude(record, ending);
    if (!ended.conclusion) return { record, events: [], value: undefined };
    const { conclusion } = ended;
    const events: HandoverEvent[] = tellPassed ? [['passed', { thread, handoverId: conclusion.handoverId }]] : [];
    const result = resultOf(conclusion);
    if (conclusion.outcome === 'failed') {
      const error = result.error ?? new HandoverError('unexpected', 'The handover failed.');
      events.push(['failed', { thread, handoverId: conclusion.handoverId, error }]);
    } else {
      const { handoverId } = conclusion;
      if (record.open?.returning === undefined) events.push(['returning', { thread, handoverId, via: conclusion.via }]);
      events.push(['returned', { thread, result }]);
    }
    return { record: ended.record, events, value: conclusion };
  }

  /** A turn's own step moves its epoch along, unless somebody else changed it in between. */
  moveAlong(turn: Turn | undefined, stepped: { epochBefore: number; record: ThreadRecord }): void {
    if (turn && turn.epoch === stepped.epochBefore) turn.epoch = stepped.record.epoch;
  }

  turn(thread: ThreadKey, key: string, record: ThreadRecord, delivered = true): Turn {
    this.#runs += 1;
    const run = `${this.#process}.${this.#runs}`;
    const ticket: Ticket = { thread, event: key, processId: this.deps.processId };
    return { thread, key, run, ticket, delivered, epoch: record.epoch, blockedBecause: undefined, ended: undefined };
  }

  own(call: AnsweredCall, newestStamp: number | undefined): OwnCall {
    return { ...call, newestStamp, offsetMs: this.offsetMs, isOffsetRough: isOffsetRough(this.#offsets) };
  }

  ownerNow(record: ThreadRecord, ids: AppIds): Verdict {
    return ownerNow(record.evidence, ids, this.#metaNow());
  }

  /**
   * The apps of the thread's Page, to read evidence with. Where the bot's function does not name VCC Live's, none is
   * VCC Live's: the bot goes on, and silence works by what is not ours.
   */
  async ids(thread: ThreadKey): Promise<AppIds> {
    try {
      return await this.idsToHandOver(thread);
    } catch (error) {
      this.deps.log.error(`VCC Live's app is not known: ${asError(error).message}`);
      return { botAppId: this.deps.botAppId, vccLiveAppId: NO_APP };
    }
  }

  /** {@link ids}, where they are remembered. For what runs for every event. */
  knownIds({ pageId }: ThreadKey): AppIds | undefined {
    return this.#apps.known(pageId);
  }

  /** The same, where VCC Live's has to be known. What a function of the bot's told is remembered for a minute. */
  idsToHandOver({ pageId }: ThreadKey): Promise<AppIds> {
    return this.#apps.of(pageId);
  }

  /** The record as it is, or as it was last seen where the store was lost during the turn. */
  async readOr<T extends ThreadRecord | undefined>(thread: ThreadKey, last: T): Promise<ThreadRecord | T> {
    try {
      return (await this.deps.store.read(thread)) ?? last ?? emptyRecord;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.deps.log.warn(`Thread store lost during a turn: ${error.message}`);
      return last;
    }
  }

  async forgiving<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.deps.log.warn(`Thread store lost during a turn: ${error.message}`);
      return undefined;
    }
  }

  #changeBy<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterChange<T>,
  ): (current: ThreadRecord | undefined) => ThreadChange<Untold<T>> {
    return (current) => {
      const record = current ?? emptyRecord;
      const stepped = this.#stepOn(record, thread, ids, evidenceFrom(record), after);
      return { record: stepped.record === record ? undefined : stepped.record, value: stepped };
    };
  }

  #stepOn<T>(
    record: ThreadRecord,
    thread: ThreadKey,
    ids: AppIds,
    evidence: readonly Evidence[],
    after: AfterChange<T>,
  ): Untold<T> {
    const folded = evidence.length === 0 ? undefined : step(record, evidence, ids);
    const nowMs = this.#metaNow();
    const before = atTime(folded ? folded.before : ownerByEvidence(record.evidence, ids), record.evidence, nowMs);
    let events = NO_NEWS;
    if (folded?.effects.ownerChanged) {
      const { from, to } = folded.effects.ownerChanged;
      events = [['ownerChanged', { thread, from: publicOwner(from), to: publicOwner(to) }]];
    }
    let next = folded ? folded.record : record;
    const now = folded ? atTime(folded.verdict, next.evidence, nowMs) : before;
    let passed: string | undefined;
    if (folded && now.owner === 'vccLive' && next.open && next.open.phase !== 'passed') {
      next = markPassed(next, next.open.id, this.deps.clock.now());
      passed = next.open?.id;
    }
    const askOwner = folded !== undefined && folded.effects.askOwner;
    const outcome = after(next, now, before, askOwner);
    if (passed !== undefined) events = [...events, ['passed', { thread, handoverId: passed }]];
    return {
      epochBefore: record.epoch,
      record: outcome.record,
      before,
      now,
      askOwner,
      value: outcome.value,
      events: events.length === 0 ? outcome.events : [...events, ...outcome.events],
    };
  }

  #told<T>(done: Untold<T>): ChangeResult<T> {
    if (done.events.length === 0) return done;
    for (const [name, events] of done.events) this.deps.events.emit(name, events);
    return done;
  }

  #metaNow(): number {
    return metaNow(this.deps.clock.now(), this.offsetMs);
  }
}

/** Not where one of them is unknown, or hidden; bot and idle are the same, the bot may speak. */
function contradicts(before: Verdict, now: Verdict): boolean {
  if (before.owner === 'unknown' || now.owner === 'unknown') return false;
  if (isAnotherApp(before) !== isAnotherApp(now)) return true;
  return before.owner !== now.owner && before.appId !== undefined && now.appId !== undefined && isAnotherApp(now);
}

export function publicOwner(verdict: Verdict): ThreadOwner {
  return {
    owner: verdict.owner,
    ...(verdict.appId === undefined ? {} : { appId: verdict.appId }),
    ...(verdict.since === undefined ? {} : { sinceMs: verdict.since }),
    ...(verdict.expiresAtMetaMs === undefined ? {} : { expiresMs: verdict.expiresAtMetaMs }),
  };
}

export function unchanged(record: ThreadRecord): Outcome<undefined> {
  return { record, events: NO_NEWS, value: undefined };
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
}
