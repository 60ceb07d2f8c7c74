/** Records what an event proves when it arrives, before its turn: who owns the thread, and what it does to an open handover. */
import { HandoverError } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import { threadOf } from '../thread/event.js';
import type { HandoverResult } from '../thread/handover.js';
import type { AppId, EventKey } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { BUSINESS_AI_TAKE, metaAppOf } from '../thread/meta-apps.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { Conclusion, OpenHandover, ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { Ticket } from '../thread/store.js';
import { evidenceOfEvent } from '../ownership/evidence.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp, isOurs } from '../ownership/ledger.js';
import { newestPlace, stampOf } from '../ownership/meta-time.js';
import { recoverAppIds } from '../ownership/recover-app-ids.js';
import type { AppIdWatch } from './app-id-watch.js';
import type { AfterChange, ThreadRecords } from './change-record.js';
import type { Ending, Outcome } from './lifecycle.js';
import { amendOpen, concludeOpen, isUnsettledForLong, keepEarlyHandBack, storedError, unchanged } from './lifecycle.js';
import { businessAiLine } from './log-events.js';
import { HANDOVER_DEADLINE, deadlineOf } from './timers.js';
import type { EnteredEvent, RecordedEvent } from './turn.js';
import { reopened } from './vcc-live-report.js';

/** An event on its way into its thread's record. */
export interface Arrival {
  /** With the true ids of its apps. */
  readonly event: ThreadEvent;
  readonly eventKey: EventKey;
  readonly thread: ThreadKey;
  readonly ids: AppIds;
  /** Our clock. */
  readonly nowMs: number;
  /** Meta's clock minus ours. */
  readonly offsetMs: number | undefined;
}

const NOBODY: Verdict = { owner: 'unknown' };

/** Takes the tickets of events and records what the events prove. */
export class EventRecorder {
  readonly #records: ThreadRecords;
  readonly #appIds: AppIdWatch;

  constructor(records: ThreadRecords, appIds: AppIdWatch) {
    this.#records = records;
    this.#appIds = appIds;
  }

  /** Takes the event's ticket and folds in what the event proves, in one atomic step. Rejects if the store does not answer. */
  enter(ticket: Ticket, leaseMs: number, event: ThreadEvent): MaybePromise<EnteredEvent> {
    const thread = threadOf(event);
    if (!thread) {
      const { store, clock } = this.#records.deps;
      this.#records.learn(event, clock.now());
      const entering = store.enter(ticket, leaseMs, () => ({ record: undefined, value: undefined }));
      return whenReady(entering, (entered) => {
        if (entered.status !== 'entered') return entered;
        const value = { event, before: NOBODY, owner: NOBODY, record: emptyRecord, askOwner: false, isFresh: false };
        return { status: 'entered', value, mustWait: false };
      });
    }
    return whenReady(this.#records.ids(thread), (ids) => this.#enterThread({ ticket, leaseMs }, event, ids));
  }

  #enterThread(
    asked: { readonly ticket: Ticket; readonly leaseMs: number },
    came: ThreadEvent,
    ids: AppIds,
  ): MaybePromise<EnteredEvent> {
    const { thread, event: eventKey } = asked.ticket;
    const nowMs = this.#records.deps.clock.now();
    const event = recoverAppIds(came, ids);
    this.#records.learn(event, nowMs);
    this.#appIds.arrived(event, ids);
    const { offsetMs } = this.#records;
    const arrival: Arrival = { event, eventKey, thread, ids, nowMs, offsetMs };
    const evidenceFrom = ({ evidence }: ThreadRecord): ReturnType<typeof evidenceOfEvent> => {
      // If the event has a stamp, nobody asks for the newest place.
      const isStamped = event.timestampMs !== undefined && stampOf(event, nowMs) !== undefined;
      const newestStamp = isStamped ? undefined : newestPlace(evidence);
      return evidenceOfEvent(event, ids, { nowMs, offsetMs, newestStamp, eventKey });
    };
    return whenReady(this.#records.enter(asked, ids, evidenceFrom, effectOf(arrival)), (entered) => {
      if (entered.status !== 'entered') return entered;
      if (isUnknownBusinessAi(event)) {
        this.#records.deps.log.warn(
          businessAiLine(`Meta's Business AI (app ${event.newOwnerAppId}, by its metadata)`, thread),
        );
      }
      const { before, now: owner, record, askOwner, value: concluded } = entered.value;
      const value: RecordedEvent = { event, thread, before, owner, record, askOwner, concluded, isFresh: false };
      const recorded: EnteredEvent = { status: 'entered', value, mustWait: entered.mustWait };
      const { open } = record;
      return open?.claimedBy === eventKey ? this.#hasten(thread, open).then(() => recorded) : recorded;
    });
  }

  /**
   * An agent's first words may bring the deadline forward (an idle timer shorter than what is left of the others).
   * Later ones only move it back, and that is found out when it comes.
   */
  async #hasten(thread: ThreadKey, open: OpenHandover): Promise<void> {
    const { store, policies } = this.#records.deps;
    await policies.asked(thread.pageId);
    const { timers } = policies.of(thread.pageId);
    const atMs = timers.idleMs === undefined ? undefined : deadlineOf(open, timers)?.atMs;
    if (atMs === undefined) return;
    await this.#records.forgiving(() => store.schedule({ thread, name: HANDOVER_DEADLINE, atMs }));
  }
}

/** A take by Meta's Business AI under an id that this package does not know. `ownerChanged` tells of the known ids. */
function isUnknownBusinessAi({ kind, metadata, newOwnerAppId }: ThreadEvent): boolean {
  return kind === 'takeThreadControl' && metadata === BUSINESS_AI_TAKE && metaAppOf(newOwnerAppId) !== 'businessAi';
}

/** Whether an event is a `pass_thread_control` to this app. */
export function passesTo(event: ThreadEvent, appId: AppId): boolean {
  return event.kind === 'passThreadControl' && event.channel === 'messaging' && event.newOwnerAppId === appId;
}

/** What an event does to an open handover, on the record with the event's evidence in it. Pure. */
export function effectOf(arrival: Arrival): AfterChange<Conclusion | undefined> {
  const { event, ids, nowMs, offsetMs } = arrival;
  if (event.channel === 'standby' && event.kind === 'echo' && event.appId === ids.vccLiveAppId) {
    const sentAtMs = offsetMs === undefined ? nowMs : (stampOf(event, nowMs) ?? Infinity) - offsetMs;
    return (record) => claimed(arrival, reopened(record, Math.min(nowMs, sentAtMs)));
  }
  if (event.channel === 'messaging' && (event.kind === 'message' || event.kind === 'postback')) {
    return (record, verdict, before) =>
      isOurs(before) && isOurs(verdict) ? neverPassed(arrival, record) : unchanged(record);
  }
  if (!passesTo(event, ids.botAppId)) return unchanged;
  return (record, verdict, before, askOwner) =>
    // Whether it is newer than the pass, nobody can tell: its turn asks Meta, and concludes by the answer.
    askOwner && record.open?.phase === 'passed' ? unchanged(record) : handedBack(arrival, record, verdict, before);
}

/** An agent wrote: the handover is claimed from the first words on. */
function claimed({ thread, eventKey, nowMs }: Arrival, record: ThreadRecord): Outcome<undefined> {
  const { open } = record;
  if (open?.phase !== 'passed') return unchanged(record);
  if (open.agentAtMs !== undefined) return unchanged(amendOpen(record, open.id, { agentAtMs: nowMs }));
  const waitedMs = Math.max(0, nowMs - (open.passedAtMs ?? open.startedAtMs));
  return {
    record: amendOpen(record, open.id, { agentAtMs: nowMs, claimedAtMs: nowMs, claimedBy: eventKey }),
    events: [['claimed', { thread, handoverId: open.id, waitedMs }]],
    value: undefined,
  };
}

/** A pass webhook names the bot: concludes a handover that VCC Live has, is kept for one whose pass is not confirmed. */
function handedBack(
  { thread, event, eventKey, ids, nowMs }: Arrival,
  record: ThreadRecord,
  verdict: Verdict,
  before: Verdict,
): Outcome<Conclusion | undefined> {
  const { open } = record;
  const metadata = event.metadata === undefined ? {} : { metadata: event.metadata };
  const atMetaMs = stampOf(event, nowMs) ?? Infinity;
  // Of a handover whose pass is not confirmed, only VCC Live's hand-back tells anything.
  const { previousOwnerAppId } = event;
  const isOfAnother = previousOwnerAppId !== undefined && previousOwnerAppId !== ids.vccLiveAppId;
  if (isOfAnother && (open?.phase === 'armed' || open?.phase === 'unconfirmed')) return unchanged(record);
  if (open?.phase === 'armed') {
    const inSeconds = event.timestampInSeconds ? { inSeconds: true as const } : {};
    const kept = { via: 'passBack', endedBy: eventKey, ...inSeconds, ...metadata } as const;
    return unchanged(keepEarlyHandBack(record, atMetaMs, kept));
  }
  if (isAnotherApp(verdict)) return unchanged(record);
  if (open && atMetaMs > open.armedAtMetaMs) {
    const ending: Ending = { outcome: 'completed', via: 'passBack', nowMs, endedBy: eventKey, ...metadata };
    // Nobody can hand back what was never passed, so a pass whose outcome was unknown is known now.
    return concludeOpen(thread, record, ending, open.phase === 'unconfirmed');
  }
  if (open || !isAnotherApp(before)) return unchanged(record);
  const result: HandoverResult = { outcome: 'completed', via: 'passBack', waitedMs: 0, ...metadata };
  return { record, events: [['returned', { thread, result }]], value: undefined };
}

/**
 * The customer writes to the bot, and the outcome of an old pass was never confirmed: it did not happen, or VCC Live has
 * released the thread without a word. An unconfirmed one was reported as failed then, and nothing is reported now.
 */
function neverPassed({ thread, event, nowMs }: Arrival, record: ThreadRecord): Outcome<undefined> {
  const { open } = record;
  if (!open || !isUnsettledForLong(record, stampOf(event, nowMs) ?? 0)) return unchanged(record);
  const error = new HandoverError('outcomeUnknown', 'The outcome of pass_thread_control was never confirmed.');
  const ending: Ending = { outcome: 'failed', via: 'none', nowMs, error: storedError(error) };
  const { record: closed, events } = concludeOpen(thread, record, ending);
  return { record: closed, events: open.phase === 'unconfirmed' ? [] : events, value: undefined };
}
