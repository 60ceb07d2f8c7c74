/**
 * The life of a handover inside a thread's record: armed → passed (or unconfirmed) → concluded. While it is passed it is
 * waiting until an agent writes (`agentAtMs`), then claimed; `returning` from the moment the bot sets out to take it back.
 * docs/while-it-lasts.md has the states and their events.
 *
 * Pure, so that a store may run a change again after a conflict.
 */
import type { HandoverOutcome, HandoverResult, HandoverVia } from '../thread/handover.js';
import type { Conclusion, EarlyHandBack, OpenHandover, StoredError, ThreadRecord, Waiting } from '../thread/record.js';
import { HandoverError, isErrorCode } from '../thread/errors.js';
import type { EventKey } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { HandoverEvent } from './events.js';
import { reportedFields, withoutTranscript } from './vcc-live-report.js';
import { keyAfter } from './turn.js';

/** Conclusions kept for dialogs that have not fetched theirs yet. */
const CONCLUSIONS_KEPT = 8;
/** Longer than any call takes, with all of its retries. */
const UNSETTLED_ALIVE_MS = 5 * 60_000;
/** What a change makes of a record: the record, the events of it, and a value for whoever changes it. */
export interface Outcome<T> {
  readonly record: ThreadRecord;
  readonly events: readonly HandoverEvent[];
  readonly value: T;
}

/** An outcome without events and without a value. */
export function unchanged<T = undefined>(record: ThreadRecord): Outcome<T | undefined> {
  return { record, events: [], value: undefined };
}

/** What became of asking. */
export type ArmAnswer =
  | { readonly kind: 'armed'; readonly open: OpenHandover }
  /** The same event asked before, in a run that did not finish: that handover goes on. */
  | { readonly kind: 'existing'; readonly open: OpenHandover }
  | { readonly kind: 'concluded'; readonly conclusion: Conclusion }
  /** A handover is open already: this turn's own, or another event's. */
  | { readonly kind: 'open'; readonly open: OpenHandover }
  /** This very turn has handed over before, and the thread has come home since. */
  | { readonly kind: 'secondRequest' };

/** Arms a handover, or finds the one that there is. @param fresh the handover that is armed if there is none */
export function arm(record: ThreadRecord, fresh: OpenHandover): { record: ThreadRecord; answer: ArmAnswer } {
  const { open } = record;
  if (open) {
    if (open.cause === fresh.cause && open.run !== fresh.run) {
      const waits = open.waits === 'nobody' ? fresh.waits : open.waits;
      const existing = waits === open.waits ? open : { ...open, waits };
      return {
        record: existing === open ? record : { ...record, open: existing },
        answer: { kind: 'existing', open: existing },
      };
    }
    return { record, answer: { kind: 'open', open } };
  }
  if (record.conclusions.some((each) => each.run === fresh.run && each.outcome !== 'failed')) {
    return { record, answer: { kind: 'secondRequest' } };
  }
  const concluded = conclusionOfCause(record, fresh.cause, fresh.run);
  if (concluded) {
    const conclusion = concluded.waits === 'nobody' ? { ...concluded, waits: fresh.waits } : concluded;
    return { record: replaceConclusion(record, conclusion), answer: { kind: 'concluded', conclusion } };
  }
  const waits = fresh.waits === 'nobody' ? waitsStill(record, fresh.cause) : fresh.waits;
  const armed = waits === fresh.waits ? fresh : { ...fresh, waits };
  return { record: { ...record, open: armed }, answer: { kind: 'armed', open: armed } };
}

/**
 * Who still waits for a handover that this event has ended, before it began another one: nobody was given that result yet, and
 * nobody can be before the other handover ends.
 */
function waitsStill({ conclusions }: ThreadRecord, cause: EventKey): Waiting {
  const ended = conclusions.findLast((each) => each.endedBy === cause);
  return ended === undefined || ended.givenTo !== undefined || ended.isHandled === true ? 'nobody' : ended.waits;
}

/** Changes the open handover, if it is still that one. */
export function amendOpen(record: ThreadRecord, id: string, change: Partial<OpenHandover>): ThreadRecord {
  return record.open?.id === id ? { ...record, open: { ...record.open, ...change } } : record;
}

/** VCC Live has the thread. */
export function markPassed(record: ThreadRecord, id: string, nowMs: number): ThreadRecord {
  return amendOpen(record, id, { phase: 'passed', passedAtMs: record.open?.passedAtMs ?? nowMs });
}

/** The bot sets out to take the thread back. `undefined` if there is nothing to take, or a take is in progress. */
export function markReturning(record: ThreadRecord, via: HandoverVia): ThreadRecord | undefined {
  const { open } = record;
  return open?.phase === 'passed' && open.returning === undefined
    ? { ...record, open: { ...open, returning: via } }
    : undefined;
}

/** Meta refused: the handover goes on where it was. */
export function unmarkReturning(record: ThreadRecord, id: string): ThreadRecord {
  if (record.open?.id !== id || record.open.returning === undefined) return record;
  const open: { -readonly [K in keyof OpenHandover]: OpenHandover[K] } = { ...record.open };
  delete open.returning;
  return { ...record, open };
}

/**
 * Whether a handover that was never passed, as far as anybody knows, has been open for so long, until `at` on Meta's
 * clock, that a message of the customer's settles it: Meta has done the call by then, or never will, and whoever armed it
 * has died, or could not write down that it failed.
 */
export function isUnsettledForLong(record: ThreadRecord, at: number): boolean {
  const { open } = record;
  if (!open || open.phase === 'passed') return false;
  return at - open.armedAtMetaMs > UNSETTLED_ALIVE_MS;
}

/** A hand-back came while our own pass was still unconfirmed: kept, unless it belongs to an earlier handover. */
export function keepEarlyHandBack(record: ThreadRecord, at: number, handBack: EarlyHandBack): ThreadRecord {
  if (record.open?.phase !== 'armed' || at <= record.open.armedAtMetaMs) return record;
  return { ...record, open: { ...record.open, earlyHandBack: handBack } };
}

/** How a handover is to be concluded. */
export interface Ending {
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  readonly nowMs: number;
  readonly metadata?: string | undefined;
  readonly error?: StoredError;
  /** Deduplication key of the event that ended it. */
  readonly endedBy?: string;
}

/** How a hand-back that was kept concludes its handover. */
export function endingOfEarlyHandBack(kept: EarlyHandBack, nowMs: number): Ending {
  return { outcome: kept.via === 'take' ? 'takenBack' : 'completed', nowMs, ...kept };
}

/** Concludes the open handover. The caller makes sure that there is one. */
export function conclude(
  record: ThreadRecord,
  ending: Ending,
): { record: ThreadRecord; conclusion: Conclusion | undefined } {
  const { open, ...rest } = record;
  if (!open) return { record, conclusion: undefined };
  const conclusion: Conclusion = {
    handoverId: open.id,
    cause: open.cause,
    run: open.run,
    outcome: ending.outcome,
    via: ending.via,
    waitedMs: Math.max(0, ending.nowMs - open.startedAtMs),
    waits: open.waits,
    concludedAtMs: ending.nowMs,
    ...(open.agentAtMs === undefined ? {} : { answered: true }),
    ...(open.claimedAtMs === undefined ? {} : { agentMs: Math.max(0, ending.nowMs - open.claimedAtMs) }),
    ...(ending.metadata === undefined ? {} : { metadata: ending.metadata }),
    ...(ending.error === undefined ? {} : { error: ending.error }),
    ...(ending.endedBy === undefined ? {} : { endedBy: ending.endedBy }),
    ...(open.report === undefined ? {} : { report: open.report }),
  };
  const earlier = record.conclusions.map((each) =>
    each.report === undefined ? each : { ...each, report: withoutTranscript(each.report) },
  );
  return { record: { ...rest, conclusions: [...earlier, conclusion].slice(-CONCLUSIONS_KEPT) }, conclusion };
}

/**
 * {@link conclude}, with the events of it. The value is the conclusion; `undefined` if no handover is open.
 * @param wasPassed `passed` is emitted too: the end shows that VCC Live had the thread
 */
export function concludeOpen(
  thread: ThreadKey,
  record: ThreadRecord,
  ending: Ending,
  wasPassed = false,
): Outcome<Conclusion | undefined> {
  const ended = conclude(record, ending);
  if (!ended.conclusion) return unchanged(record);
  const { handoverId, outcome, via } = ended.conclusion;
  const events: HandoverEvent[] = wasPassed ? [['passed', { thread, handoverId }]] : [];
  const result = resultOf(ended.conclusion);
  if (outcome === 'failed') {
    const error = result.error ?? new HandoverError('unexpected', 'The handover failed.');
    events.push(['failed', { thread, handoverId, error }]);
  } else {
    if (record.open?.returning === undefined) events.push(['returning', { thread, handoverId, via }]);
    events.push(['returned', { thread, result }]);
  }
  return { record: ended.record, events, value: ended.conclusion };
}

/** Whether a handover took place: VCC Live has the thread by it, or had it and it has ended. */
export function tookPlace({ open, conclusions }: ThreadRecord, id: string): boolean {
  if (open?.id === id) return open.phase === 'passed';
  return conclusions.some(({ handoverId, outcome }) => handoverId === id && outcome !== 'failed');
}

/** Whether this event's turn is the new run of one that began a handover: such a run is mute. */
export function isRerunOf(record: ThreadRecord, eventKey: EventKey, run: string): boolean {
  if (record.open?.cause === eventKey && record.open.run !== run) return true;
  return conclusionOfCause(record, eventKey, run) !== undefined;
}

/**
 * Whether an earlier run of the event got as far as saving its dialog: another turn was given the end of its handover for
 * that dialog. Nothing of the run is left to be done again.
 */
export function hasSavedDialog(record: ThreadRecord, eventKey: EventKey, run: string): boolean {
  const givenTo = conclusionOfCause(record, eventKey, run)?.givenTo;
  return givenTo !== undefined && givenTo !== keyAfter(eventKey);
}

/** The conclusion that this event brought about in an earlier run. */
export function conclusionEndedBy(record: ThreadRecord, eventKey: EventKey): Conclusion | undefined {
  return record.conclusions.find((each) => each.endedBy === eventKey);
}

/** A conclusion as the bot gets it. */
export function resultOf(conclusion: Conclusion): HandoverResult {
  return {
    handoverId: conclusion.handoverId,
    outcome: conclusion.outcome,
    via: conclusion.via,
    waitedMs: conclusion.waitedMs,
    ...(conclusion.answered === true ? { answered: true } : {}),
    ...(conclusion.agentMs === undefined ? {} : { agentMs: conclusion.agentMs }),
    ...(conclusion.metadata === undefined ? {} : { metadata: conclusion.metadata }),
    ...(conclusion.error === undefined ? {} : { error: errorOf(conclusion.error) }),
    ...reportedFields(conclusion.report),
  };
}

/** An error as a store can keep it: name, code and text, nothing else. */
export function storedError(error: Error): StoredError {
  const code = error instanceof HandoverError ? error.code : 'unexpected';
  return { name: error.name, code, message: error.message };
}

/** The kept code and text of an error. Meta's numbers are in the text. */
function errorOf(stored: StoredError): Error {
  const error = new HandoverError(isErrorCode(stored.code) ? stored.code : 'unexpected', stored.message);
  error.name = stored.name;
  return error;
}

/** A failed handover is no handover: the same event may try again. */
export function conclusionOfCause(record: ThreadRecord, cause: string, run: string): Conclusion | undefined {
  return record.conclusions.findLast((each) => each.cause === cause && each.run !== run && each.outcome !== 'failed');
}

/** The record with one conclusion replaced. */
export function replaceConclusion(record: ThreadRecord, conclusion: Conclusion): ThreadRecord {
  const conclusions = record.conclusions.map((each) => (each.handoverId === conclusion.handoverId ? conclusion : each));
  return { ...record, conclusions };
}
