/**
 * What comes in: folds an event's evidence in when it arrives, and decides, when its turn has come, what runs on it.
 *
 * Exists so that every adapter, ours or not, treats the same event alike.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverResult } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion, OpenHandover, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { PlacedClaim } from '../thread/store.js';
import { evidenceOfEvent } from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace, stampOf } from '../ownership/meta-time.js';
import type { AppIdWatch } from './app-id-watch.js';
import { recoverAppIds } from '../ownership/recover-app-ids.js';
import type { DeliveryParts } from './deliver.js';
import type { HandingOver } from './hand-over.js';
import type { Ending } from './lifecycle.js';
import {
  amendOpen,
  conclusionEndedBy,
  endedLately,
  hasSavedDialog,
  isRerunOf,
  isUnsettledForLong,
  keepHandBack,
  storedError,
} from './lifecycle.js';
import { whileHandoverIs } from './may-take-back.js';
import type { IgnoredReason } from './news.js';
import { asksForBot } from './policies.js';
import type { AfterStep, EngineParts, News, Outcome, Stepped, ThreadSteps } from './thread-steps.js';
import { asError, unchanged } from './thread-steps.js';
import { deadlineOf } from './timers.js';
import type { Admission, Arrived, ClaimedArrival, Turn } from './turn.js';
import { threadOf } from './turn.js';
import { reopened } from './vcc-live-report.js';

/** An event on its way into its thread's record. */
interface Arrival {
  readonly event: ThreadEvent;
  readonly ids: AppIds;
  readonly atMs: number;
  readonly evidenceFrom: (record: ThreadRecord) => readonly Evidence[];
  readonly after: AfterStep<Conclusion | undefined>;
}

const NOBODY: Verdict = { owner: 'unknown' };

/** Decides about events. */
export class Admissions {
  readonly #parts: EngineParts;
  readonly #steps: ThreadSteps;
  readonly #handingOver: HandingOver;
  readonly #appIds: AppIdWatch;

  constructor(steps: ThreadSteps, handingOver: HandingOver, appIds: AppIdWatch) {
    this.#parts = steps.parts;
    this.#steps = steps;
    this.#handingOver = handingOver;
    this.#appIds = appIds;
  }

  /** Folds in what an event proves, before its turn queues. Rejects where the store does not answer. */
  async arrive(event: ThreadEvent, eventKey: string): Promise<Arrived> {
    const thread = threadOf(event);
    if (!thread) {
      this.#steps.learn(event, this.#parts.clock.now());
      return { event, before: NOBODY, owner: NOBODY, record: emptyRecord, askOwner: false, isFresh: false };
    }
    const arrival = this.#arrival(
      event,
      eventKey,
      thread,
      this.#steps.knownIds(thread) ?? (await this.#steps.ids(thread)),
    );
    const stepped = await this.#steps.step(thread, arrival.ids, arrival.evidenceFrom, arrival.after);
    if (stepped.record.open) await this.#hasten(thread, stepped.record, arrival.atMs);
    return arrivedBy(arrival.event, thread, stepped);
  }

  /**
   * The same at once, for threads without an open handover whose apps are known. Absent where the store is not at hand.
   */
  get atOnce(): DeliveryParts['arriveAtOnce'] {
    const store = this.#parts.store.atOnce;
    if (!store) return undefined;
    return {
      may: (thread, id) => this.#steps.knownIds(thread) !== undefined && store.read(id)?.open === undefined,
      arrive: (event, key, thread, id) => {
        const ids = this.#steps.knownIds(thread);
        if (!ids) throw new HandoverError('unexpected', 'What was known of the apps of a Page is not known any more.');
        const { event: named, evidenceFrom, after } = this.#arrival(event, key, thread, ids);
        return arrivedBy(named, thread, this.#steps.stepAtOnce(store, id, thread, ids, evidenceFrom, after));
      },
    };
  }

  /** The same, in one step with the claim on the event. For stores that can do both at once. */
  async claimAndArrive(claim: PlacedClaim, event: ThreadEvent): Promise<ClaimedArrival> {
    const { thread } = claim;
    const arrival = this.#arrival(
      event,
      claim.event,
      thread,
      this.#steps.knownIds(thread) ?? (await this.#steps.ids(thread)),
    );
    const claimed = await this.#steps.claimedStep(claim, arrival.ids, arrival.evidenceFrom, arrival.after);
    if (claimed.status !== 'claimed') return { status: claimed.status };
    const stepped = claimed.value;
    if (stepped.record.open) await this.#hasten(thread, stepped.record, arrival.atMs);
    return { status: 'claimed', arrived: arrivedBy(arrival.event, thread, stepped), mustWait: claimed.mustWait };
  }

  /** Decides, when its turn has come, what runs on an event that arrived: at once, where nobody has to be asked. */
  admit(arrived: Arrived, eventKey: string): Admission | Promise<Admission> {
    const asked = arrived.thread && this.#parts.policiesAsked(arrived.thread.pageId);
    // Meanwhile another event may have changed the record.
    if (asked) return asked.then(() => this.#admitWithPolicies({ ...arrived, isFresh: false }, eventKey));
    return this.#admitWithPolicies(arrived, eventKey);
  }

  #admitWithPolicies(arrived: Arrived, eventKey: string): Admission | Promise<Admission> {
    return this.#admitAtOnce(arrived, eventKey) ?? this.#admit(arrived, eventKey);
  }

  /** The usual cases: the thread was the bot's and is, or the bot listens to what others say. */
  #admitAtOnce(arrived: Arrived, eventKey: string): Admission | Promise<Admission> | undefined {
    const { event, thread, record } = arrived;
    if (!thread || !arrived.isFresh || arrived.askOwner || record.open) return undefined;
    const ids = this.#steps.knownIds(thread);
    if (!ids) return undefined;
    if (event.channel === 'standby') return this.#heard(arrived, thread, ids, eventKey);
    if (event.channel !== 'messaging' || (event.kind !== 'message' && event.kind !== 'postback')) return undefined;
    if (isAnotherApp(arrived.before) || isAnotherApp(arrived.owner)) return undefined;
    const turn = this.#steps.turn(thread, eventKey, record);
    if (record.conclusions.length > 0 && isRerunOf(record, eventKey, turn.run)) return undefined;
    return this.#admitOwn(turn, record, eventKey);
  }

  async #admit(arrived: Arrived, eventKey: string): Promise<Admission> {
    const { event, thread } = arrived;
    if (event.channel === 'changes') return this.#ignore(event, 'pageChange', thread);
    if (!thread) return this.#ignore(event, 'noCustomer', undefined);
    if (event.channel === 'standby') return this.#listen(arrived, thread, eventKey);

    const ids = this.#steps.knownIds(thread) ?? (await this.#steps.ids(thread));
    const record = arrived.isFresh ? arrived.record : await this.#steps.readOr(thread, arrived.record);
    switch (event.kind) {
      case 'passThreadControl':
        this.#appIds.admitted(arrived, ids);
        return this.#admitPass(arrived, thread, record, ids, eventKey);
      case 'takeThreadControl':
        if (arrived.askOwner) await this.#steps.ask(thread);
        return { run: 'nothing' };
      case 'requestThreadControl':
        return this.#answerRequest(event, thread, record, ids, eventKey);
      case 'appRoles':
      case 'policyEnforcement':
        return this.#ignore(event, 'noCustomer', thread);
      case 'echo':
      case 'read':
      case 'delivery':
        // Receipts and echoes of before the pass arrive late, that of the notice each time: no reason to ask or to report.
        if (isAnotherApp(this.#steps.ownerNow(record, ids))) return { run: 'nothing' };
        return { run: 'logic', turn: this.#steps.turn(thread, eventKey, record) };
      default:
        return this.#admitCustomer(arrived, thread, record, ids, eventKey);
    }
  }

  #arrival(came: ThreadEvent, eventKey: string, thread: ThreadKey, ids: AppIds): Arrival {
    const atMs = this.#parts.clock.now();
    const event = recoverAppIds(came, ids);
    this.#steps.learn(event, atMs);
    this.#appIds.arrived(event, ids);
    const { offsetMs } = this.#steps;
    return {
      event,
      ids,
      atMs,
      evidenceFrom: ({ evidence }) => {
        // Where the event has a stamp, nobody asks for the newest place.
        const newestStamp =
          event.timestampMs === undefined || stampOf(event, atMs) === undefined ? newestPlace(evidence) : undefined;
        return evidenceOfEvent(event, ids, { nowMs: atMs, offsetMs, newestStamp, eventKey });
      },
      after: (record, verdict, before, askOwner) => {
        if (agentSpoke(event, ids)) {
          const sentAtMs = offsetMs === undefined ? atMs : (stampOf(event, atMs) ?? Infinity) - offsetMs;
          return this.#claimed(thread, reopened(record, Math.min(atMs, sentAtMs)), eventKey, atMs);
        }
        if (isOfCustomer(event)) return this.#forgotten(thread, record, verdict, before, event, atMs);
        if (!passesTo(event, ids.botAppId)) return unchanged(record);
        // Whether it is newer than the pass, nobody can tell: its turn asks Meta, and concludes by the answer.
        if (askOwner && record.open?.phase === 'passed') return unchanged(record);
        return this.#handedBack(thread, record, verdict, before, event, eventKey, atMs);
      },
    };
  }

  async #listen(arrived: Arrived, thread: ThreadKey, eventKey: string): Promise<Admission> {
    if (arrived.askOwner) await this.#steps.ask(thread);
    const ids = await this.#steps.ids(thread);
    this.#appIds.admitted(arrived, ids);
    return this.#heard(arrived, thread, ids, eventKey);
  }

  /** Tells what somebody wrote while the bot listens, and whether it brings the thread back or is an agent's first words. */
  #heard(arrived: Arrived, thread: ThreadKey, ids: AppIds, eventKey: string): Admission | Promise<Admission> {
    const { event } = arrived;
    const otherwise = (): Admission | Promise<Admission> => this.#accepted(arrived, thread, eventKey);
    const from = writerOf(event, ids);
    if (!from) return otherwise();
    this.#parts.news.tell('standbyMessage', { thread, from, event });
    const triggers = this.#parts.policies(thread.pageId).reclaim[from];
    if (event.text === undefined || triggers.length === 0) return otherwise();
    return asksForBot(event.text, triggers).then((asks) =>
      asks ? this.#reclaim(arrived, thread, eventKey, from) : otherwise(),
    );
  }

  /** The agent's first words, where the bot's logic wants to hear of them and the handover has not ended meanwhile. */
  #accepted(arrived: Arrived, thread: ThreadKey, eventKey: string): Admission | Promise<Admission> {
    const { open } = arrived.record;
    if (open?.claimedBy !== eventKey || !this.#parts.policies(thread.pageId).statusEvents) return { run: 'nothing' };
    return this.#firstWords(arrived, thread, open, eventKey);
  }

  async #firstWords(
    arrived: Arrived,
    thread: ThreadKey,
    { id, reference }: OpenHandover,
    eventKey: string,
  ): Promise<Admission> {
    const record = await this.#steps.readOr(thread, arrived.record);
    if (record.open?.id !== id) return { run: 'nothing' };
    return { run: 'accepted', turn: this.#steps.turn(thread, eventKey, record, false), reference };
  }

  /** Somebody asked for the bot while it listened: the thread is taken back, where the Page allows it. */
  async #reclaim(arrived: Arrived, thread: ThreadKey, eventKey: string, from: string): Promise<Admission> {
    const before = await this.#steps.readOr(thread, arrived.record);
    const again = conclusionEndedBy(before, eventKey);
    if (again) return from === 'customer' ? this.#homeAsAsked(thread, eventKey, before, again) : { run: 'nothing' };
    if (!isAnotherApp(this.#steps.ownerNow(before, await this.#steps.ids(thread)))) return { run: 'nothing' };
    try {
      const mayTake = whileHandoverIs(before.open?.id);
      const taken = await this.#steps.takeBack(thread, { metadata: undefined, mayTake }, eventKey);
      if (!taken?.value) return { run: 'nothing' };
      const { value, record } = taken;
      if (from === 'customer') return this.#homeAsAsked(thread, eventKey, record, value.conclusion);
      // The agent's echo is no turn of the customer's: its conversation is the Page.
      await this.#parts.onEnded(thread, value, eventKey);
    } catch (thrown) {
      const error = asError(thrown);
      const handoverId = before.open?.id;
      this.#parts.news.tell('failed', {
        thread,
        error,
        takingBack: true,
        ...(handoverId === undefined ? {} : { handoverId }),
      });
      this.#parts.log.error(`The thread was asked back and could not be taken: ${error.message}`);
    }
    return { run: 'nothing' };
  }

  /** The customer's own words have brought the thread home, in this run of them or in one that died. */
  #homeAsAsked(thread: ThreadKey, eventKey: string, record: ThreadRecord, concluded: Conclusion): Admission {
    const turn = this.#steps.turn(thread, eventKey, record);
    turn.ended = endedLately(record, eventKey, this.#parts.clock.now());
    const waits = concluded.dialogWaits || this.#parts.policies(thread.pageId).statusEvents;
    return { run: waits ? 'handBack' : 'greeting', turn, concluded };
  }

  async #admitPass(
    arrived: Arrived,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<Admission> {
    if (!passesTo(arrived.event, ids.botAppId)) {
      if (arrived.askOwner) await this.#steps.ask(thread);
      return { run: 'nothing' };
    }
    let concluded = arrived.concluded ?? conclusionEndedBy(record, eventKey);
    if (arrived.askOwner && !concluded) {
      await this.#steps.ask(thread);
      concluded = await this.#comeHome(thread, ids, 'passBack', eventKey, arrived.event.metadata);
    }
    const latest = await this.#steps.readOr(thread, record);
    if (isAnotherApp(this.#steps.ownerNow(latest, ids))) return { run: 'nothing' };
    const turn = this.#steps.turn(thread, eventKey, latest);
    turn.ended = endedLately(latest, eventKey, this.#parts.clock.now());
    const waits = concluded?.dialogWaits === true;
    const { statusEvents } = this.#parts.policies(thread.pageId);
    if (!waits && !statusEvents) return concluded ? { run: 'greeting', turn, concluded } : { run: 'nothing' };
    return {
      run: 'handBack',
      turn,
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
    const turn = this.#steps.turn(thread, eventKey, record);
    // A new run of the event that began a handover comes before everything: it is mute, and asks nothing.
    if (isRerunOf(record, eventKey, turn.run)) {
      // A dialog that were begun once more would take the customer's next words for an answer to the handover's end.
      if (hasSavedDialog(record, eventKey, turn.run)) return { run: 'nothing' };
      turn.mute = 'repeatedTurn';
      return { run: 'logic', turn };
    }
    const now = this.#steps.ownerNow(record, ids);
    const wasAway = isAnotherApp(arrived.before) || isAnotherApp(now);
    if (!wasAway && !arrived.askOwner && record.open?.phase !== 'passed') {
      // The usual case: the thread was the bot's and is, and no handover could come home. Nothing to write or to read.
      return this.#admitOwn(turn, record, eventKey);
    }
    if (wasAway) {
      const asked = await this.#steps.askInTime(thread);
      if (asked) this.#appIds.asked(event, arrived.record.evidence.explicit, asked, ids);
      if (asked === undefined) {
        // No answer. A message is evidence by itself where it is the newest; anything else proves nothing.
        if (event.kind !== 'message') return this.#ignore(event, 'ownerUnknown', thread);
        if (isAnotherApp(now)) return this.#ignore(event, 'anotherAppOwns', thread);
      } else if (isAnotherApp(asked)) {
        return this.#ignore(event, 'anotherAppOwns', thread);
      }
    } else if (arrived.askOwner) {
      await this.#steps.askInTime(thread);
    }
    const concluded = (await this.#comeHome(thread, ids, 'message', eventKey)) ?? conclusionEndedBy(record, eventKey);
    const latest = await this.#steps.readOr(thread, record);
    turn.epoch = latest.epoch;
    turn.ended = endedLately(latest, eventKey, this.#parts.clock.now());
    return concluded === undefined ? { run: 'logic', turn } : { run: 'logic', turn, concluded };
  }

  #admitOwn(turn: Turn, record: ThreadRecord, eventKey: string): Admission {
    if (record.conclusions.length === 0) return { run: 'logic', turn };
    turn.ended = endedLately(record, eventKey, this.#parts.clock.now());
    const concluded = conclusionEndedBy(record, eventKey);
    return concluded === undefined ? { run: 'logic', turn } : { run: 'logic', turn, concluded };
  }

  /** `request_thread_control`: the policy says who gets what they ask for. */
  async #answerRequest(
    event: ThreadEvent,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<Admission> {
    const { requestedOwnerAppId: appId, metadata } = event;
    if (appId === undefined) return this.#ignore(event, 'notGranted', thread);
    if (event.roundedAppIds?.includes('requestedOwnerAppId')) {
      this.#parts.log.warn(
        `An app asked for a thread and does not get it: a JSON parser has rounded the app's id to about ${appId}. ` +
          'If it is VCC Live, compare vccLiveAppId with the app id in the webhook.',
      );
      return this.#ignore(event, 'notGranted', thread);
    }
    const isVccLive = appId === ids.vccLiveAppId;
    const request = { thread, appId, isVccLive, ...(metadata === undefined ? {} : { metadata }) };
    if (!(await this.#parts.policies(thread.pageId).grants(request))) return this.#ignore(event, 'notGranted', thread);
    if (isAnotherApp(this.#steps.ownerNow(record, ids))) {
      // Meta sends requests to the owner, so the ledger may be late: a silent release, or one that was forgotten.
      const asked = await this.#steps.ask(thread);
      if (!asked || isAnotherApp(asked)) return this.#ignore(event, 'anotherAppOwns', thread);
      await this.#comeHome(thread, ids, 'message', eventKey);
    }
    if (isVccLive) {
      const turn = this.#steps.turn(thread, eventKey, record);
      await this.#handingOver.handOver(turn, { metadata: { reason: 'requested' }, dialogWaits: false });
      return { run: 'nothing' };
    }
    try {
      await this.#steps.ownCall(thread, ids, { app: appId }, () => this.#parts.graph.pass(thread, appId), unchanged);
    } catch (thrown) {
      const error = asError(thrown);
      this.#parts.log.error(`App ${appId} asked for a thread and could not be given it: ${error.message}`);
      this.#parts.news.tell('ignored', { thread, event, reason: 'failed', error });
    }
    return { run: 'nothing' };
  }

  /** An agent wrote: the handover is claimed from the first words on. */
  #claimed(thread: ThreadKey, record: ThreadRecord, eventKey: string, nowMs: number): Outcome<undefined> {
    const { open } = record;
    if (open?.phase !== 'passed') return { record, news: [], value: undefined };
    if (open.agentAtMs !== undefined) {
      return { record: amendOpen(record, open.id, { agentAtMs: nowMs }), news: [], value: undefined };
    }
    const claimed = amendOpen(record, open.id, { agentAtMs: nowMs, claimedAtMs: nowMs, claimedBy: eventKey });
    const told = { thread, handoverId: open.id };
    const news: News[] = [
      ['claimed', { ...told, waitedMs: Math.max(0, nowMs - (open.passedAtMs ?? open.startedAtMs)) }],
      ['accepted', told],
    ];
    return { record: claimed, news, value: undefined };
  }

  /**
   * An agent's first words may bring the deadline forward (an idle timer shorter than what is left of the others).
   * Later ones only move it back, and that is found out when it comes.
   */
  async #hasten(thread: ThreadKey, record: ThreadRecord, nowMs: number): Promise<void> {
    const { open } = record;
    await this.#parts.policiesAsked(thread.pageId);
    const { timers } = this.#parts.policies(thread.pageId);
    if (open?.agentAtMs !== nowMs || timers.idleMs === undefined) return;
    const deadline = deadlineOf(open, timers);
    if (deadline) await this.#steps.forgiving(() => this.#steps.setDeadline(thread, deadline));
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
      const inSeconds = event.timestampInSeconds ? { inSeconds: true as const } : {};
      return {
        record: keepHandBack(record, at, { via: 'passBack', endedBy: eventKey, ...inSeconds, ...metadata }),
        news: [],
        value: undefined,
      };
    }
    if (isAnotherApp(verdict)) return { record, news: [], value: undefined };
    if (open && (stampOf(event, nowMs) ?? Infinity) > open.armedAt) {
      const ending: Ending = { outcome: 'completed', via: 'passBack', nowMs, endedBy: eventKey, ...metadata };
      // Nobody can hand back what was never passed, so a pass whose outcome was unknown is known now.
      return this.#steps.concluded(thread, record, ending, open.phase === 'unconfirmed');
    }
    if (open || !isAnotherApp(before)) return { record, news: [], value: undefined };
    const result: HandoverResult = { outcome: 'completed', via: 'passBack', waitedMs: 0, ...metadata };
    return { record, news: [['returned', { thread, result }]], value: undefined };
  }

  /**
   * The customer writes to the bot, and what became of a pass was never known: it did not happen, or VCC Live has
   * released the thread without a word. An unconfirmed one was told as failed then, and nothing is told now.
   */
  #forgotten(
    thread: ThreadKey,
    record: ThreadRecord,
    verdict: Verdict,
    before: Verdict,
    event: ThreadEvent,
    nowMs: number,
  ): Outcome<undefined> {
    const settled =
      record.open !== undefined &&
      isOurs(before) &&
      isOurs(verdict) &&
      isUnsettledForLong(record, stampOf(event, nowMs) ?? 0);
    if (!settled) return unchanged(record);
    const error = storedError(new HandoverError('outcomeUnknown', 'Nothing ever told what became of the pass.'));
    const ended = this.#steps.concluded(thread, record, { outcome: 'failed', via: 'none', nowMs, error });
    return { record: ended.record, news: record.open.phase === 'unconfirmed' ? [] : ended.news, value: undefined };
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
      const home = await this.#steps.step(
        thread,
        ids,
        () => [],
        (record, verdict) => {
          if (record.open?.phase !== 'passed' || isAnotherApp(verdict)) return { record, news: [], value: undefined };
          const nowMs = this.#parts.clock.now();
          return this.#steps.concluded(thread, record, { outcome: 'completed', via, nowMs, endedBy, metadata });
        },
      );
      return home.value;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.log.warn(`Could not look for a handover that came home: ${error.message}`);
      return undefined;
    }
  }

  #ignore(event: ThreadEvent, reason: IgnoredReason, thread: ThreadKey | undefined): Admission {
    this.#parts.news.tell('ignored', { ...(thread === undefined ? {} : { thread }), event, reason });
    return { run: 'nothing' };
  }
}

function arrivedBy(event: ThreadEvent, thread: ThreadKey, stepped: Stepped<Conclusion | undefined>): Arrived {
  return {
    event,
    thread,
    before: stepped.before,
    owner: stepped.now,
    record: stepped.record,
    askOwner: stepped.askOwner,
    concluded: stepped.value,
    isFresh: false,
  };
}

function passesTo(event: ThreadEvent, appId: string): boolean {
  return event.kind === 'passThreadControl' && event.channel === 'messaging' && event.newOwnerAppId === appId;
}

function isOfCustomer(event: ThreadEvent): boolean {
  return event.channel === 'messaging' && (event.kind === 'message' || event.kind === 'postback');
}

function isOurs({ owner }: Verdict): boolean {
  return owner === 'bot' || owner === 'idle';
}

function agentSpoke(event: ThreadEvent, ids: AppIds): boolean {
  return event.channel === 'standby' && event.kind === 'echo' && event.appId === ids.vccLiveAppId;
}

function writerOf(event: ThreadEvent, ids: AppIds): 'customer' | 'agent' | 'other' | undefined {
  if (event.kind === 'message' || event.kind === 'postback') return event.isNotice ? 'other' : 'customer';
  if (event.kind !== 'echo' || event.appId === ids.botAppId) return undefined;
  return event.appId === ids.vccLiveAppId ? 'agent' : 'other';
}
