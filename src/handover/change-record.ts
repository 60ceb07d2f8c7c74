/**
 * Changes a thread's record in one atomic step: evidence in, the handover moved along, the events emitted.
 *
 * Only this file makes a record of evidence. Everything else in this room calls it, and writes nothing by itself.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import { metaAppOf } from '../thread/meta-apps.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { Entered, Ticket } from '../thread/store.js';
import type { RecordChange } from '../store/record-store.js';
import type { OwnCall } from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { atTime, ownerByEvidence, ownerNow, step } from '../ownership/ledger.js';
import type { OffsetWindow } from '../ownership/meta-time.js';
import { isOffsetRough, learnOffset, metaNow, noOffset, offsetOf } from '../ownership/meta-time.js';
import { AppIdLookup } from './app-ids.js';
import type { EngineDeps } from './engine-deps.js';
import type { HandoverEvent } from './events.js';
import type { Outcome } from './lifecycle.js';
import { markPassed } from './lifecycle.js';
import type { AnsweredCall, Turn, TurnOrigin } from './turn.js';

/** No app has this id. */
const NO_APP = '';
const NO_EVENTS: readonly HandoverEvent[] = [];

/**
 * What follows from a change, on the record with the evidence in it.
 * @param askOwner the evidence is no sure ground for a conclusion: `thread_owner` will be asked
 */
export type AfterChange<T> = (record: ThreadRecord, verdict: Verdict, before: Verdict, askOwner: boolean) => Outcome<T>;

/** Reads the evidence that a change brings, from the record as it is. */
export type EvidenceFrom = (record: ThreadRecord) => readonly Evidence[];

/** A change that was written. */
export interface ChangeResult<T> {
  readonly epochBefore: number;
  readonly record: ThreadRecord;
  /** Who owned the thread before, by evidence and clock. */
  readonly before: Verdict;
  readonly now: Verdict;
  readonly askOwner: boolean;
  readonly value: T;
}

/** A change and its events, which are emitted once it is written. */
type Unemitted<T> = ChangeResult<T> & { readonly events: readonly HandoverEvent[] };

/** Changes records. Learns Meta's clock from the events that arrive. */
export class ThreadRecords {
  readonly deps: EngineDeps;
  readonly #apps: AppIdLookup;
  /** Runs of turns are numbered, behind an id of this process: no two are the same, and nothing has to be drawn. */
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

  /** Meta's clock minus ours. `undefined` until an event has taught it. */
  get offsetMs(): number | undefined {
    return offsetOf(this.#offsets);
  }

  /**
   * One atomic change of a thread's record: evidence in, the handover moved along, then the events emitted.
   * Evidence that VCC Live owns the thread makes an armed or unconfirmed handover a passed one, whoever brings it.
   */
  async change<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidence: readonly Evidence[],
    after: AfterChange<T>,
  ): Promise<ChangeResult<T>> {
    const change = this.#changeBy(thread, ids, () => evidence, after);
    return this.#emitted(await this.deps.store.update(thread, change));
  }

  /** Changes what is no evidence. Writes nothing if `change` gives the record that it got. */
  async amend<T>(
    thread: ThreadKey,
    change: (record: ThreadRecord) => { readonly record: ThreadRecord; readonly value: T },
  ): Promise<T> {
    return this.deps.store.update(thread, (current) => {
      const record = current ?? emptyRecord;
      const changed = change(record);
      return { record: changed.record === record ? undefined : changed.record, value: changed.value };
    });
  }

  /** The same change as {@link change}, together with taking the ticket of the event that brings the evidence. */
  enter<T>(
    asked: { readonly ticket: Ticket; readonly leaseMs: number },
    ids: AppIds,
    evidenceFrom: EvidenceFrom,
    after: AfterChange<T>,
  ): MaybePromise<Entered<ChangeResult<T>>> {
    const { ticket, leaseMs } = asked;
    const change = this.#changeBy(ticket.thread, ids, evidenceFrom, after);
    return whenReady(this.deps.store.enter(ticket, leaseMs, change), (entered) => {
      if (entered.status === 'entered') this.#emitted(entered.value);
      return entered;
    });
  }

  /** Moves a turn's epoch along with a change of its own, unless somebody else changed it in between. */
  moveAlong(turn: Turn | undefined, changed: { epochBefore: number; record: ThreadRecord }): void {
    if (turn && turn.epoch === changed.epochBefore) turn.epoch = changed.record.epoch;
  }

  /** A new run of the bot. @param key of its event, or a random one */
  turn(thread: ThreadKey, key: string, record: ThreadRecord, origin: TurnOrigin = 'messaging'): Turn {
    this.#runs += 1;
    const run = `${this.#process}.${this.#runs}`;
    const ticket: Ticket = { thread, event: key, processId: this.deps.processId };
    return {
      thread,
      key,
      run,
      ticket,
      origin,
      epoch: record.epoch,
      blockedBecause: undefined,
      ended: undefined,
      due: undefined,
    };
  }

  /** A call of our own, to be placed on Meta's clock. @param newestStamp of the thread when the call was sent */
  own(call: AnsweredCall, newestStamp: number | undefined): OwnCall {
    return { ...call, newestStamp, offsetMs: this.offsetMs, isOffsetRough: isOffsetRough(this.#offsets) };
  }

  /** Who owns the thread, by the record and the clock. */
  ownerNow(record: ThreadRecord, ids: AppIds): Verdict {
    return ownerNow(record.evidence, ids, this.#metaNow());
  }

  /**
   * The apps of the thread's Page, to read evidence with; without a promise if they are remembered. If the application's function
   * does not name VCC Live's app, no app is VCC Live's: the bot goes on, and is silent by what is not its own.
   */
  ids(thread: ThreadKey): MaybePromise<AppIds> {
    return (
      this.#apps.known(thread.pageId) ??
      this.idsToHandOver(thread).catch((error: unknown) => {
        this.deps.log.error(
          `vccLiveAppId gave no app id for Page ${thread.pageId}; no app counts as VCC Live's there, and nothing can be ` +
            `handed over: ${asError(error).message}`,
        );
        return { botAppId: this.deps.botAppId, vccLiveAppId: NO_APP };
      })
    );
  }

  /** {@link ids}, but rejects if VCC Live's app is not known. */
  idsToHandOver({ pageId }: ThreadKey): Promise<AppIds> {
    return this.#apps.of(pageId);
  }

  /** The record as it is, or `last` if the store was lost during the turn. */
  async readOr<T extends ThreadRecord | undefined>(thread: ThreadKey, last: T): Promise<ThreadRecord | T> {
    const found = await this.forgiving(async () => (await this.deps.store.read(thread)) ?? last ?? emptyRecord);
    return found ?? last;
  }

  /** Does work that the turn can do without: if the store fails, a line in the log says so. */
  async forgiving<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const line = `The thread store failed during a turn; the turn goes on without it: ${error.message}`;
      this.deps.lines.say('warn', 'store in a turn', line);
      return undefined;
    }
  }

  #changeBy<T>(
    thread: ThreadKey,
    ids: AppIds,
    evidenceFrom: EvidenceFrom,
    after: AfterChange<T>,
  ): (current: ThreadRecord | undefined) => RecordChange<Unemitted<T>> {
    return (current) => {
      const record = current ?? emptyRecord;
      const at = { nowMs: this.deps.clock.now(), nowMetaMs: this.#metaNow() };
      const changed = applyChange(record, { thread, ids, evidence: evidenceFrom(record) }, after, at);
      return { record: changed.record === record ? undefined : changed.record, value: changed };
    };
  }

  #emitted<T>(changed: Unemitted<T>): ChangeResult<T> {
    for (const [name, event] of changed.events) this.deps.events.emit(name, event);
    return changed;
  }

  #metaNow(): number {
    return metaNow(this.deps.clock.now(), this.offsetMs);
  }
}

/** A change of a record: the evidence folded in, then what follows from it. Pure. */
export function applyChange<T>(
  record: ThreadRecord,
  brought: { readonly thread: ThreadKey; readonly ids: AppIds; readonly evidence: readonly Evidence[] },
  after: AfterChange<T>,
  at: { readonly nowMs: number; readonly nowMetaMs: number },
): Unemitted<T> {
  const { thread, ids, evidence } = brought;
  const folded = evidence.length === 0 ? undefined : step(record, evidence, ids);
  const before = atTime(folded ? folded.before : ownerByEvidence(record.evidence, ids), record.evidence, at.nowMetaMs);
  let events = NO_EVENTS;
  if (folded?.effects.ownerChanged) {
    const { from, to } = folded.effects.ownerChanged;
    events = [['ownerChanged', { thread, from: publicOwner(from), to: publicOwner(to) }]];
  }
  let next = folded ? folded.record : record;
  const now = folded ? atTime(folded.verdict, next.evidence, at.nowMetaMs) : before;
  const open = folded && now.owner === 'vccLive' && next.open?.phase !== 'passed' ? next.open : undefined;
  if (open) next = markPassed(next, open.id, at.nowMs);
  const askOwner = folded !== undefined && folded.effects.askOwner;
  const outcome = after(next, now, before, askOwner);
  if (open) events = [...events, ['passed', { thread, handoverId: open.id }]];
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

/** An owner as the application gets it. */
export function publicOwner(verdict: Verdict): ThreadOwner {
  const metaApp = metaAppOf(verdict.appId);
  return {
    owner: verdict.owner,
    ...(verdict.appId === undefined ? {} : { appId: verdict.appId }),
    ...(metaApp === undefined ? {} : { metaApp }),
    ...(verdict.since === undefined ? {} : { sinceMs: verdict.since }),
    ...(verdict.expiresAtMetaMs === undefined ? {} : { expiresMs: verdict.expiresAtMetaMs }),
  };
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new HandoverError('unexpected', `Something threw ${typeof thrown}.`);
}
