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
import type { Conclusion, NamedOwner, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { ClaimedUpdate, PlacedClaim, StepsAtOnce, ThreadChange, ThreadStore } from '../thread/store.js';
import type { OwnCall } from '../ownership/evidence.js';
import { evidenceOfAnswer, evidenceOfCall } from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { atTime, isAnotherApp, ownerByEvidence, ownerNow, step } from '../ownership/ledger.js';
import type { OffsetWindow } from '../ownership/meta-time.js';
import { learnOffset, metaNow, newestPlace, noOffset, offsetOf } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { OwnerAnswer } from '../graph/owner-answer.js';
import type { Ending } from './lifecycle.js';
import { amendOpen, conclude, isWaiting, markPassed, markReturning, resultOf, unmarkReturning } from './lifecycle.js';
import type { MayTakeBack } from './may-take-back.js';
import type { HandoverNews, NewsDesk } from './news.js';
import { PageApps } from './page-apps.js';
import type { EnginePolicies } from './policies.js';
import type { Deadline } from './timers.js';
import { HANDOVER_DEADLINE } from './timers.js';
import type { AnsweredCall, Turn } from './turn.js';

/** The repeats of a question may take half a minute where Meta hangs; nobody waits for a chat bot that long. */
const CUSTOMER_WAITS_MS = 5000;
/** No app has this id. */
const NO_APP = '';
const NO_NEWS: readonly News[] = [];

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
  /** What holds for the threads of a Page. */
  readonly policies: (pageId: string) => EnginePolicies;
  /** Resolves when the application has said what holds for a Page of which that is not known; else `undefined`. */
  readonly policiesAsked: (pageId: string) => Promise<void> | undefined;
  /** The event `eventKey` ended a handover and is no turn of the customer's; the thread's next event waits for this. */
  readonly onEnded: (thread: ThreadKey, ended: EndedHandover, eventKey: string) => Promise<void>;
  /** Whether this process has the claim on an event whose turn has not begun. */
  readonly waitsHere: (eventKey: string) => boolean;
}

/** A handover that has ended, and where its customer can be reached. */
export interface EndedHandover {
  readonly conclusion: Conclusion;
  readonly reference: unknown;
}

/** One piece of news, with its name. */
export type News = { [K in keyof HandoverNews]: readonly [K, HandoverNews[K]] }[keyof HandoverNews];

/** What a step makes of a record after the evidence is in. */
export interface Outcome<T> {
  readonly record: ThreadRecord;
  readonly news: readonly News[];
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
export type AfterStep<T> = (record: ThreadRecord, verdict: Verdict, before: Verdict, askOwner: boolean) => Outcome<T>;

/** A step that was written. */
export interface Stepped<T> {
  readonly epochBefore: number;
  readonly record: ThreadRecord;
  /** Who owned the thread before, by evidence and clock. */
  readonly before: Verdict;
  readonly now: Verdict;
  readonly askOwner: boolean;
  readonly value: T;
}

/** A step and the news of it, which are told once it is written. */
type Untold<T> = Stepped<T> & { readonly news: readonly News[] };

/** Makes steps. Learns Meta's clock from the events that arrive. */
export class ThreadSteps {
  readonly parts: EngineParts;
  readonly #apps: PageApps;
  /** Runs of turns are numbered, behind an id of this process: no two of them are the same, and nothing has to be drawn. */
  readonly #process: string;
  #runs = 0;
  #offsets: OffsetWindow = noOffset;

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.#apps = new PageApps(parts);
    this.#process = parts.newId();
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
  async step<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterStep<T>,
  ): Promise<Stepped<T>> {
    const change = this.#changeBy(thread, ids, evidenceFrom, after);
    return this.#told(await this.parts.store.update(thread, change));
  }

  /**
   * The same step, together with the claim on the event that brings the evidence; nothing happens where it is not to be
   * had. Only for stores that can do both at once.
   */
  async claimedStep<T>(
    claim: PlacedClaim,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterStep<T>,
  ): Promise<ClaimedUpdate<Stepped<T>>> {
    const { store } = this.parts;
    if (!store.claimAndUpdate) throw new StoreError('storeUnavailable', 'claimAndUpdate');
    const claimed = await store.claimAndUpdate(claim, this.#changeBy(claim.thread, ids, evidenceFrom, after));
    if (claimed.status === 'claimed') this.#told(claimed.value);
    return claimed;
  }

  /** The same step at once, for a store that is at hand. @param id of the thread */
  stepAtOnce<T>(
    store: StepsAtOnce,
    id: string,
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterStep<T>,
  ): Stepped<T> {
    const record = store.read(id) ?? emptyRecord;
    const stepped = this.#stepOn(record, thread, ids, evidenceFrom(record), after);
    if (stepped.record !== record) store.write(id, thread, stepped.record);
    return this.#told(stepped);
  }

  /**
   * Takes the thread back: an open handover ends as `takenBack`. Rejects with Graph's error where Meta refuses.
   * @returns `undefined` where the order may not be carried out any more
   */
  async takeBack(
    thread: ThreadKey,
    order: Omit<TakeOrder, 'via'>,
    endedBy?: string,
  ): Promise<Stepped<EndedHandover | undefined> | undefined> {
    const ids = await this.ids(thread);
    return this.takeCall(thread, ids, { ...order, via: 'take' }, (record) => {
      // Its pass is under way: which of the two calls came later shows when that is confirmed.
      if (record.open?.phase === 'armed') {
        const kept = amendOpen(record, record.open.id, { keptHandBack: { via: 'take' } });
        return { record: kept, news: [], value: undefined };
      }
      const ending: Ending = { outcome: 'takenBack', via: 'take', nowMs: this.parts.clock.now() };
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
  ): Promise<Stepped<T> | undefined> {
    const marked = await this.#markTake(thread, ids, via, mayTake);
    if (marked === 'notNow') return undefined;
    const isWanted = mayTake && (() => this.#mayStillTake(thread, ids, mayTake));
    const take = (): Promise<AnsweredCall> => this.parts.graph.take(thread, metadata, isWanted);
    try {
      return await this.ownCall(thread, ids, { app: ids.botAppId }, take, after);
    } catch (error) {
      if (marked !== undefined) {
        const undo = (record: ThreadRecord): Outcome<undefined> => unchanged(unmarkReturning(record, marked));
        await this.forgiving(() => this.step(thread, ids, () => [], undo));
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
    const marked = await this.step(
      thread,
      ids,
      () => [],
      (record, owner): Outcome<string | undefined> => {
        if (mayTake && !mayTake(record, owner)) return { record, news: [], value: 'notNow' };
        const returning = markReturning(record, via);
        const handoverId = record.open?.id;
        if (!returning || handoverId === undefined) return { record, news: [], value: undefined };
        return { record: returning, news: [['returning', { thread, handoverId, via }]], value: handoverId };
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
    if (deadline) await this.parts.store.schedule({ thread, name: HANDOVER_DEADLINE, atMs: deadline.atMs });
    else await this.parts.store.unschedule(thread, HANDOVER_DEADLINE);
  }

  /** Asks Meta who owns the thread and folds the answer in. `undefined` where there is no answer. */
  async ask(thread: ThreadKey): Promise<Verdict | undefined> {
    try {
      return (await this.askOrThrow(thread)).now;
    } catch (error) {
      this.parts.log.warn(`thread_owner gave no answer: ${asError(error).message}`);
      return undefined;
    }
  }

  /** Asks Meta whether the bot may speak in the thread, where nothing can be kept. `undefined` where there is no answer. */
  async isOursByMeta(thread: ThreadKey): Promise<boolean | undefined> {
    try {
      const answer = await this.parts.graph.owner(thread);
      return answer.owner === 'idle' || (answer.owner === 'app' && answer.appId === this.parts.botAppId);
    } catch (error) {
      this.parts.log.warn(`thread_owner gave no answer: ${asError(error).message}`);
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
      cancel = this.parts.clock.after(CUSTOMER_WAITS_MS, () => resolve(undefined));
    });
    try {
      return await Promise.race([this.ask(thread), late]);
    } finally {
      cancel();
    }
  }

  async askOrThrow(thread: ThreadKey): Promise<Stepped<undefined>> {
    const ids = await this.ids(thread);
    const newestStamp = newestPlace((await this.parts.store.read(thread))?.evidence ?? {});
    const answer = await this.parts.graph.owner(thread);
    const evidence = evidenceOfAnswer(answer, this.own(answer, newestStamp));
    return this.#compared(thread, await this.step(thread, ids, () => [evidence], unchanged));
  }

  async foldAnswer(thread: ThreadKey, ids: AppIds, answer: OwnerAnswer): Promise<Verdict | undefined> {
    return this.forgiving(async () => {
      const newestStamp = newestPlace((await this.parts.store.read(thread))?.evidence ?? {});
      const evidence: Evidence[] = [evidenceOfAnswer(answer, this.own(answer, newestStamp))];
      return this.#compared(thread, await this.step(thread, ids, () => evidence, unchanged)).now;
    });
  }

  /** Tells where an answer of Meta's contradicts what the ledger held. */
  #compared<T>(thread: ThreadKey, stepped: Stepped<T>): Stepped<T> {
    const { before, now } = stepped;
    if (contradicts(before, now)) {
      this.parts.news.tell('disagreement', {
        thread,
        by: 'threadOwner',
        ledger: publicOwner(before),
        meta: publicOwner(now),
      });
    }
    return stepped;
  }

  async ownCall<T>(
    thread: ThreadKey,
    ids: AppIds,
    owner: NamedOwner,
    call: () => Promise<AnsweredCall>,
    after: (record: ThreadRecord) => Outcome<T>,
  ): Promise<Stepped<T>> {
    const newestStamp = newestPlace((await this.parts.store.read(thread))?.evidence ?? {});
    try {
      const answered = await call();
      const evidence = [evidenceOfCall(owner, this.own(answered, newestStamp))];
      const stepped = await this.step(thread, ids, () => evidence, after);
      if (stepped.askOwner) await this.ask(thread);
      return stepped;
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
    if (!ended.conclusion) return { record, news: [], value: undefined };
    const { conclusion } = ended;
    const news: News[] = tellPassed ? [['passed', { thread, handoverId: conclusion.handoverId }]] : [];
    const result = resultOf(conclusion);
    if (conclusion.outcome === 'failed') {
      const error = result.error ?? new HandoverError('unexpected', 'The handover failed.');
      news.push(['failed', { thread, handoverId: conclusion.handoverId, error }]);
    } else {
      const { handoverId } = conclusion;
      if (record.open?.returning === undefined) news.push(['returning', { thread, handoverId, via: conclusion.via }]);
      news.push(['returned', { thread, result }], ['completed', { thread, handoverId, result }]);
    }
    return { record: ended.record, news, value: conclusion };
  }

  /** A turn's own step moves its epoch along, unless somebody else changed it in between. */
  moveAlong(turn: Turn | undefined, stepped: { epochBefore: number; record: ThreadRecord }): void {
    if (turn && turn.epoch === stepped.epochBefore) turn.epoch = stepped.record.epoch;
  }

  turn(thread: ThreadKey, key: string, record: ThreadRecord, delivered = true): Turn {
    this.#runs += 1;
    const run = `${this.#process}.${this.#runs}`;
    return { thread, key, run, delivered, epoch: record.epoch, mute: undefined, ended: undefined };
  }

  own(call: AnsweredCall, newestStamp: number | undefined): OwnCall {
    return { ...call, newestStamp, offsetMs: this.offsetMs };
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
      this.parts.log.error(`VCC Live's app is not known: ${asError(error).message}`);
      return { botAppId: this.parts.botAppId, vccLiveAppId: NO_APP };
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
      return (await this.parts.store.read(thread)) ?? last ?? emptyRecord;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.parts.log.warn(`Thread store lost during a turn: ${error.message}`);
      return last;
    }
  }

  async forgiving<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.parts.log.warn(`Thread store lost during a turn: ${error.message}`);
      return undefined;
    }
  }

  #changeBy<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: (record: ThreadRecord) => readonly Evidence[],
    after: AfterStep<T>,
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
    after: AfterStep<T>,
  ): Untold<T> {
    const folded = evidence.length === 0 ? undefined : step(record, evidence, ids);
    const nowMs = this.#metaNow();
    const before = atTime(folded ? folded.before : ownerByEvidence(record.evidence, ids), record.evidence, nowMs);
    let news = NO_NEWS;
    if (folded?.effects.ownerChanged) {
      const { from, to } = folded.effects.ownerChanged;
      news = [['ownerChanged', { thread, from: publicOwner(from), to: publicOwner(to) }]];
    }
    let next = folded ? folded.record : record;
    const now = folded ? atTime(folded.verdict, next.evidence, nowMs) : before;
    let passed: string | undefined;
    if (folded && now.owner === 'vccLive' && next.open && next.open.phase !== 'passed') {
      next = markPassed(next, next.open.id, this.parts.clock.now());
      passed = next.open?.id;
    }
    const askOwner = folded !== undefined && folded.effects.askOwner;
    const outcome = after(next, now, before, askOwner);
    if (passed !== undefined) news = [...news, ...newsOfPass(thread, outcome.record, passed)];
    return {
      epochBefore: record.epoch,
      record: outcome.record,
      before,
      now,
      askOwner,
      value: outcome.value,
      news: news.length === 0 ? outcome.news : [...news, ...outcome.news],
    };
  }

  #told<T>(done: Untold<T>): Stepped<T> {
    if (done.news.length === 0) return done;
    for (const [name, news] of done.news) this.parts.news.tell(name, news);
    return done;
  }

  #metaNow(): number {
    return metaNow(this.parts.clock.now(), this.offsetMs);
  }
}

/** What is told of a handover that is passed now, by the record that comes of it. */
export function newsOfPass(thread: ThreadKey, record: ThreadRecord, handoverId: string): News[] {
  const passed: News = ['passed', { thread, handoverId }];
  return isWaiting(record, handoverId) ? [passed, ['waiting', { thread, handoverId }]] : [passed];
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
    ...(verdict.expiresAt === undefined ? {} : { expiresMs: verdict.expiresAt }),
  };
}

export function unchanged(record: ThreadRecord): Outcome<undefined> {
  return { record, news: NO_NEWS, value: undefined };
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
}
