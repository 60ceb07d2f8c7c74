/**
 * What comes in: folds an event's evidence in when it arrives, and decides, when its turn has come, what runs on it.
 *
 * Exists so that every adapter, ours or not, treats the same event alike.
 */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import { threadOf } from '../thread/event.js';
import type { HandoverResult } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { Conclusion, OpenHandover, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { Ticket } from '../thread/store.js';
import { evidenceOfEvent } from '../ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace, stampOf } from '../ownership/meta-time.js';
import type { AppIdWatch } from './app-id-watch.js';
import { recoverAppIds } from '../ownership/recover-app-ids.js';
import type { HandoverStarter } from './hand-over.js';
import type { Ending } from './lifecycle.js';
import {
  amendOpen,
  conclusionEndedBy,
  endedLately,
  hasSavedDialog,
  isRerunOf,
  isUnsettledForLong,
  keepEarlyHandBack,
  storedError,
} from './lifecycle.js';
import { whileHandoverIs } from './may-take-back.js';
import type { IgnoredReason } from './events.js';
import { asksForBot } from './policies.js';
import type { AfterChange, EngineDeps, HandoverEvent, Outcome, ChangeResult, ThreadRecords } from './change-record.js';
import { asError, unchanged } from './change-record.js';
import { deadlineOf } from './timers.js';
import type { TurnDecision, RecordedEvent, EnteredEvent, Turn } from './turn.js';
import { reopened } from './vcc-live-report.js';

/** An event on its way into its thread's record. */
interface Arrival {
  /** With the true ids of its apps. */
  readonly event: ThreadEvent;
  readonly atMs: number;
  readonly evidenceFrom: (record: ThreadRecord) => readonly Evidence[];
  readonly after: AfterChange<Conclusion | undefined>;
}

const NOBODY: Verdict = { owner: 'unknown' };

/** Decides about events. */
export class TurnDecisions {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  readonly #starter: HandoverStarter;
  readonly #appIds: AppIdWatch;

  constructor(records: ThreadRecords, starter: HandoverStarter, appIds: AppIdWatch) {
    this.#deps = records.deps;
    this.#records = records;
    this.#starter = starter;
    this.#appIds = appIds;
  }

  /**
   * Takes the event's ticket and folds in what the event proves, before its turn queues. Rejects where the store does not
   * answer.
   */
  enter(ticket: Ticket, leaseMs: number, event: ThreadEvent): MaybePromise<EnteredEvent> {
    const thread = threadOf(event);
    if (!thread) {
      this.#records.learn(event, this.#deps.clock.now());
      const entering = this.#deps.store.enter(ticket, leaseMs, () => ({ record: undefined, value: undefined }));
      return whenReady(entering, (entered) => {
        if (entered.status !== 'entered') return entered;
        const recorded = { event, before: NOBODY, owner: NOBODY, record: emptyRecord, askOwner: false, isFresh: false };
        return { status: 'entered', value: recorded, mustWait: false };
      });
    }
    const known = this.#records.knownIds(thread) ?? this.#records.ids(thread);
    return whenReady(known, (ids) => this.#enterThread({ ticket, leaseMs }, event, ids));
  }

  #enterThread(
    asked: { readonly ticket: Ticket; readonly leaseMs: number },
    event: ThreadEvent,
    ids: AppIds,
  ): MaybePromise<EnteredEvent> {
    const { thread } = asked.ticket;
    const arrival = this.#arrival(event, asked.ticket.event, thread, ids);
    const { atMs, evidenceFrom, after } = arrival;
    return whenReady(this.#records.enter(asked, ids, evidenceFrom, after), (entered) => {
      if (entered.status !== 'entered') return entered;
      const changed = entered.value;
      const recorded: EnteredEvent = { ...entered, value: arrivedBy(arrival.event, thread, changed) };
      return changed.record.open ? this.#hasten(thread, changed.record, atMs).then(() => recorded) : recorded;
    });
  }

  /** Decides, when its turn has come, what runs on an event that arrived: at once, where nobody has to be asked. */
  decideTurn(recorded: RecordedEvent, eventKey: string): TurnDecision | Promise<TurnDecision> {
    const asked = recorded.thread && this.#deps.policiesAsked(recorded.thread.pageId);
    // Meanwhile another event may have changed the record.
    if (asked) return asked.then(() => this.#admitWithPolicies({ ...recorded, isFresh: false }, eventKey));
    return this.#admitWithPolicies(recorded, eventKey);
  }

  #admitWithPolicies(recorded: RecordedEvent, eventKey: string): TurnDecision | Promise<TurnDecision> {
    return this.#admitAtOnce(recorded, eventKey) ?? this.#admit(recorded, eventKey);
  }

  /** The usual cases: the thread was the bot's and is, or the bot listens to what others say. */
  #admitAtOnce(recorded: RecordedEvent, eventKey: string): TurnDecision | Promise<TurnDecision> | undefined {
    const { event, thread, record } = recorded;
    if (!thread || !recorded.isFresh || recorded.askOwner || record.open) return undefined;
    const ids = this.#records.knownIds(thread);
    if (!ids) return undefined;
    if (event.channel === 'standby') return this.#heard(recorded, thread, ids, eventKey);
    if (event.channel !== 'messaging' || (event.kind !== 'message' && event.kind !== 'postback')) return undefined;
    if (isAnotherApp(recorded.before) || isAnotherApp(recorded.owner)) return undefined;
    const turn = this.#records.turn(thread, eventKey, record);
    if (record.conclusions.length > 0 && isRerunOf(record, eventKey, turn.run)) return undefined;
    return this.#admitOwn(turn, record, eventKey);
  }

  async #admit(recorded: RecordedEvent, eventKey: string): Promise<TurnDecision> {
    const { event, thread } = recorded;
    if (event.channel === 'changes') return this.#ignore(event, 'pageChange', thread);
    if (!thread) return this.#ignore(event, 'noCustomer', undefined);
    if (event.channel === 'standby') return this.#listen(recorded, thread, eventKey);

    const ids = this.#records.knownIds(thread) ?? (await this.#records.ids(thread));
    const record = recorded.isFresh ? recorded.record : await this.#records.readOr(thread, recorded.record);
    switch (event.kind) {
      case 'passThreadControl':
        this.#appIds.admitted(recorded, ids);
        return this.#admitPass(recorded, thread, record, ids, eventKey);
      case 'takeThreadControl':
        if (recorded.askOwner) await this.#records.ask(thread);
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
        if (isAnotherApp(this.#records.ownerNow(record, ids))) return { run: 'nothing' };
        return { run: 'logic', turn: this.#records.turn(thread, eventKey, record) };
      default:
        return this.#admitCustomer(recorded, thread, record, ids, eventKey);
    }
  }

  #arrival(came: ThreadEvent, eventKey: string, thread: ThreadKey, ids: AppIds): Arrival {
    const atMs = this.#deps.clock.now();
    const event = recoverAppIds(came, ids);
    this.#records.learn(event, atMs);
    this.#appIds.arrived(event, ids);
    const { offsetMs } = this.#records;
    return {
      event,
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

  async #listen(recorded: RecordedEvent, thread: ThreadKey, eventKey: string): Promise<TurnDecision> {
    if (recorded.askOwner) await this.#records.ask(thread);
    const ids = await this.#records.ids(thread);
    this.#appIds.admitted(recorded, ids);
    return this.#heard(recorded, thread, ids, eventKey);
  }

  /** Tells what somebody wrote while the bot listens, and whether it brings the thread back or is an agent's first words. */
  #heard(
    recorded: RecordedEvent,
    thread: ThreadKey,
    ids: AppIds,
    eventKey: string,
  ): TurnDecision | Promise<TurnDecision> {
    const { event } = recorded;
    const otherwise = (): TurnDecision | Promise<TurnDecision> => this.#accepted(recorded, thread, eventKey);
    const from = writerOf(event, ids);
    if (!from) return otherwise();
    this.#deps.events.emit('standbyMessage', { thread, from, event });
    const triggers = this.#deps.policies(thread.pageId).reclaim[from];
    if (event.text === undefined || triggers.length === 0) return otherwise();
    return asksForBot(event.text, triggers).then((asks) =>
      asks ? this.#reclaim(recorded, thread, eventKey, from) : otherwise(),
    );
  }

  /** The agent's first words, where the bot's logic wants to hear of them and the handover has not ended meanwhile. */
  #accepted(recorded: RecordedEvent, thread: ThreadKey, eventKey: string): TurnDecision | Promise<TurnDecision> {
    const { open } = recorded.record;
    if (open?.claimedBy !== eventKey || !this.#deps.policies(thread.pageId).statusEvents) return { run: 'nothing' };
    return this.#firstWords(recorded, thread, open, eventKey);
  }

  async #firstWords(
    recorded: RecordedEvent,
    thread: ThreadKey,
    { id, reference }: OpenHandover,
    eventKey: string,
  ): Promise<TurnDecision> {
    const record = await this.#records.readOr(thread, recorded.record);
    if (record.open?.id !== id) return { run: 'nothing' };
    return { run: 'accepted', turn: this.#records.turn(thread, eventKey, record, false), reference };
  }

  /** Somebody asked for the bot while it listened: the thread is taken back, where the Page allows it. */
  async #reclaim(recorded: RecordedEvent, thread: ThreadKey, eventKey: string, from: string): Promise<TurnDecision> {
    const before = await this.#records.readOr(thread, recorded.record);
    const again = conclusionEndedBy(before, eventKey);
    if (again) return from === 'customer' ? this.#homeAsAsked(thread, eventKey, before, again) : { run: 'nothing' };
    if (!isAnotherApp(this.#records.ownerNow(before, await this.#records.ids(thread)))) return { run: 'nothing' };
    try {
      const mayTake = whileHandoverIs(before.open?.id);
      const taken = await this.#records.takeBack(thread, { metadata: undefined, mayTake }, eventKey);
      if (!taken?.value) return { run: 'nothing' };
      const { value, record } = taken;
      if (from === 'customer') return this.#homeAsAsked(thread, eventKey, record, value.conclusion);
      // The agent's echo is no turn of the customer's: its conversation is the Page.
      await this.#deps.onEnded(thread, value, eventKey);
    } catch (thrown) {
      const error = asError(thrown);
      const handoverId = before.open?.id;
      this.#deps.events.emit('failed', {
        thread,
        error,
        takingBack: true,
        ...(handoverId === undefined ? {} : { handoverId }),
      });
      this.#deps.log.error(`The thread was asked back and could not be taken: ${error.message}`);
    }
    return { run: 'nothing' };
  }

  /** The customer's own words have brought the thread home, in this run of them or in one that died. */
  #homeAsAsked(thread: ThreadKey, eventKey: string, record: ThreadRecord, concluded: Conclusion): TurnDecision {
    const turn = this.#records.turn(thread, eventKey, record);
    turn.ended = endedLately(record, eventKey, this.#deps.clock.now());
    const waits = concluded.dialogWaits || this.#deps.policies(thread.pageId).statusEvents;
    return { run: waits ? 'handBack' : 'greeting', turn, concluded };
  }

  async #admitPass(
    recorded: RecordedEvent,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<TurnDecision> {
    if (!passesTo(recorded.event, ids.botAppId)) {
      if (recorded.askOwner) await this.#records.ask(thread);
      return { run: 'nothing' };
    }
    let concluded = recorded.concluded ?? conclusionEndedBy(record, eventKey);
    if (recorded.askOwner && !concluded) {
      await this.#records.ask(thread);
      concluded = await this.#comeHome(thread, ids, 'passBack', eventKey, recorded.event.metadata);
    }
    const latest = await this.#records.readOr(thread, record);
    if (isAnotherApp(this.#records.ownerNow(latest, ids))) return { run: 'nothing' };
    const turn = this.#records.turn(thread, eventKey, latest);
    turn.ended = endedLately(latest, eventKey, this.#deps.clock.now());
    const waits = concluded?.dialogWaits === true;
    const { statusEvents } = this.#deps.policies(thread.pageId);
    if (!waits && !statusEvents) return concluded ? { run: 'greeting', turn, concluded } : { run: 'nothing' };
    return {
      run: 'handBack',
      turn,
      ...(concluded === undefined ? {} : { concluded }),
      ...(recorded.event.metadata === undefined ? {} : { metadata: recorded.event.metadata }),
    };
  }

  async #admitCustomer(
    recorded: RecordedEvent,
    thread: ThreadKey,
    record: ThreadRecord,
    ids: AppIds,
    eventKey: string,
  ): Promise<TurnDecision> {
    const { event } = recorded;
    const turn = this.#records.turn(thread, eventKey, record);
    // A new run of the event that began a handover comes before everything: it is mute, and asks nothing.
    if (isRerunOf(record, eventKey, turn.run)) {
      // A dialog that were begun once more would take the customer's next words for an answer to the handover's end.
      if (hasSavedDialog(record, eventKey, turn.run)) return { run: 'nothing' };
      turn.blockedBecause = 'repeatedTurn';
      return { run: 'logic', turn };
    }
    const now = this.#records.ownerNow(record, ids);
    const wasAway = isAnotherApp(recorded.before) || isAnotherApp(now);
    if (!wasAway && !recorded.askOwner && record.open?.phase !== 'passed') {
      // The usual case: the thread was the bot's and is, and no handover could come home. Nothing to write or to read.
      return this.#admitOwn(turn, record, eventKey);
    }
    if (wasAway) {
      const asked = await this.#records.askInTime(thread);
      if (asked) this.#appIds.asked(event, recorded.record.evidence.explicit, asked, ids);
      if (asked === undefined) {
        // No answer. A message is evidence by itself where it is the newest; anything else proves nothing.
        if (event.kind !== 'message') return this.#ignore(event, 'ownerUnknown', thread);
        if (isAnotherApp(now)) return this.#ignore(event, 'anotherAppOwns', thread);
      } else if (isAnotherApp(asked)) {
        return this.#ignore(event, 'anotherAppOwns', thread);
      }
    } else if (recorded.askOwner) {
      await this.#records.askInTime(thread);
    }
    const concluded = (await this.#comeHome(thread, ids, 'message', eventKey)) ?? conclusionEndedBy(record, eventKey);
    const latest = await this.#records.readOr(thread, record);
    turn.epoch = latest.epoch;
    turn.ended = endedLately(latest, eventKey, this.#deps.clock.now());
    return concluded === undefined ? { run: 'logic', turn } : { run: 'logic', turn, concluded };
  }

  #admitOwn(turn: Turn, record: ThreadRecord, eventKey: string): TurnDecision {
    if (record.conclusions.length === 0) return { run: 'logic', turn };
    turn.ended = endedLately(record, eventKey, this.#deps.clock.now());
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
  ): Promise<TurnDecision> {
    const { requestedOwnerAppId: appId, metadata } = event;
    if (appId === undefined) return this.#ignore(event, 'notGranted', thread);
    if (event.roundedAppIds?.includes('requestedOwnerAppId')) {
      this.#deps.log.warn(
        `An app asked for a thread and does not get it: a JSON parser has rounded the app's id to about ${appId}. ` +
          'If it is VCC Live, compare vccLiveAppId with the app id in the webhook.',
      );
      return this.#ignore(event, 'notGranted', thread);
    }
    const isVccLive = appId === ids.vccLiveAppId;
    const request = { thread, appId, isVccLive, ...(metadata === undefined ? {} : { metadata }) };
    if (!(await this.#deps.policies(thread.pageId).grants(request))) return this.#ignore(event, 'notGranted', thread);
    if (isAnotherApp(this.#records.ownerNow(record, ids))) {
      // Meta sends requests to the owner, so the ledger may be late: a silent release, or one that was forgotten.
      const asked = await this.#records.ask(thread);
      if (!asked || isAnotherApp(asked)) return this.#ignore(event, 'anotherAppOwns', thread);
      await this.#comeHome(thread, ids, 'message', eventKey);
    }
    if (isVccLive) {
      const turn = this.#records.turn(thread, eventKey, record);
      await this.#starter.handOver(turn, { metadata: { reason: 'requested' }, dialogWaits: false });
      return { run: 'nothing' };
    }
    try {
      await this.#records.ownCall(thread, ids, { app: appId }, () => this.#deps.graph.pass(thread, appId), unchanged);
    } catch (thrown) {
      const error = asError(thrown);
      this.#deps.log.error(`App ${appId} asked for a thread and could not be given it: ${error.message}`);
      this.#deps.events.emit('ignored', { thread, event, reason: 'failed', error });
    }
    return { run: 'nothing' };
  }

  /** An agent wrote: the handover is claimed from the first words on. */
  #claimed(thread: ThreadKey, record: ThreadRecord, eventKey: string, nowMs: number): Outcome<undefined> {
    const { open } = record;
    if (open?.phase !== 'passed') return { record, events: [], value: undefined };
    if (open.agentAtMs !== undefined) {
      return { record: amendOpen(record, open.id, { agentAtMs: nowMs }), events: [], value: undefined };
    }
    const claimed = amendOpen(record, open.id, { agentAtMs: nowMs, claimedAtMs: nowMs, claimedBy: eventKey });
    const waitedMs = Math.max(0, nowMs - (open.passedAtMs ?? open.startedAtMs));
    return { record: claimed, events: [['claimed', { thread, handoverId: open.id, waitedMs }]], value: undefined };
  }

  /**
   * An agent's first words may bring the deadline forward (an idle timer shorter than what is left of the others).
   * Later ones only move it back, and that is found out when it comes.
   */
  async #hasten(thread: ThreadKey, record: ThreadRecord, nowMs: number): Promise<void> {
    const { open } = record;
    await this.#deps.policiesAsked(thread.pageId);
    const { timers } = this.#deps.policies(thread.pageId);
    if (open?.agentAtMs !== nowMs || timers.idleMs === undefined) return;
    const deadline = deadlineOf(open, timers);
    if (deadline) await this.#records.forgiving(() => this.#records.setDeadline(thread, deadline));
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
        record: keepEarlyHandBack(record, at, { via: 'passBack', endedBy: eventKey, ...inSeconds, ...metadata }),
        events: [],
        value: undefined,
      };
    }
    if (isAnotherApp(verdict)) return { record, events: [], value: undefined };
    if (open && (stampOf(event, nowMs) ?? Infinity) > open.armedAtMetaMs) {
      const ending: Ending = { outcome: 'completed', via: 'passBack', nowMs, endedBy: eventKey, ...metadata };
      // Nobody can hand back what was never passed, so a pass whose outcome was unknown is known now.
      return this.#records.concluded(thread, record, ending, open.phase === 'unconfirmed');
    }
    if (open || !isAnotherApp(before)) return { record, events: [], value: undefined };
    const result: HandoverResult = { outcome: 'completed', via: 'passBack', waitedMs: 0, ...metadata };
    return { record, events: [['returned', { thread, result }]], value: undefined };
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
    const ended = this.#records.concluded(thread, record, { outcome: 'failed', via: 'none', nowMs, error });
    return { record: ended.record, events: record.open.phase === 'unconfirmed' ? [] : ended.events, value: undefined };
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
      const home = await this.#records.change(
        thread,
        ids,
        () => [],
        (record, verdict) => {
          if (record.open?.phase !== 'passed' || isAnotherApp(verdict)) return { record, events: [], value: undefined };
          const nowMs = this.#deps.clock.now();
          return this.#records.concluded(thread, record, { outcome: 'completed', via, nowMs, endedBy, metadata });
        },
      );
      return home.value;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#deps.log.warn(`Could not look for a handover that came home: ${error.message}`);
      return undefined;
    }
  }

  #ignore(event: ThreadEvent, reason: IgnoredReason, thread: ThreadKey | undefined): TurnDecision {
    this.#deps.events.emit('ignored', { ...(thread === undefined ? {} : { thread }), event, reason });
    return { run: 'nothing' };
  }
}

function arrivedBy(
  event: ThreadEvent,
  thread: ThreadKey,
  changed: ChangeResult<Conclusion | undefined>,
): RecordedEvent {
  return {
    event,
    thread,
    before: changed.before,
    owner: changed.now,
    record: changed.record,
    askOwner: changed.askOwner,
    concluded: changed.value,
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
