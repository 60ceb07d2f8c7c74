/**
 * What a thread's record keeps of VCC Live's webhooks, and when a closed chat has the thread taken back.
 *
 * Pure, so that a store may run a change again after a conflict.
 */
import type { HandoverResult } from '../thread/handover.js';
import type { OpenHandover, ThreadRecord, VccLiveReport } from '../thread/record.js';
import { presentFields } from '../thread/read-unknown.js';
import type { TranscriptLine, VccLiveEvent } from '../thread/vcc-live-event.js';
import { notBeforeRetry } from './timers.js';

/** Names and ids longer than this are cut: a record must stay small whatever is sent. */
const MAX_WORD_LENGTH = 200;
/** A transcript keeps its newest lines up to this many characters, and no more lines than that. */
const MAX_TRANSCRIPT_LENGTH = 16_000;
const MAX_TRANSCRIPT_LINES = 200;
/** Messenger's own limit of a text. */
const MAX_MESSAGE_LENGTH = 2_000;

/** How much of an event is kept, and for what. */
export interface ReportPolicy {
  /** `false`: a closed chat takes nothing back. */
  readonly takeBackAfterMs: number | false;
  readonly keepTranscript: boolean;
}

/** The fields of a result that come from VCC Live's webhooks. */
type ReportedFields = Pick<
  HandoverResult,
  'disposition' | 'agent' | 'queue' | 'slaStatus' | 'chatId' | 'ticketId' | 'ticketSubstatus' | 'transcript'
>;

/** Whether VCC Live says that nobody works on this chat any more. */
export function closesChat(event: VccLiveEvent): boolean {
  return event.kind === 'chatClosed' || event.status === 'closed' || event.action === 'delete';
}

/**
 * The report with what an event adds: what it names replaces what was known, what it leaves out stays. The same report
 * if it adds nothing, so that a repetition changes no record.
 */
export function withEvent(
  report: VccLiveReport | undefined,
  event: VccLiveEvent,
  policy: ReportPolicy,
  nowMs: number,
): VccLiveReport | undefined {
  const before = report ?? {};
  const { closedAtMs, takeBackAfterMs, ...told } = { ...before, ...factsOf(event, policy) };
  const closing = closesChat(event) ? closingOf(before, policy, nowMs) : presentFields({ closedAtMs, takeBackAfterMs });
  const after: VccLiveReport = { ...told, ...(isQueuedAgain(event) ? {} : closing) };
  return isSame(before, after) ? report : after;
}

/** When the thread of a closed chat is to be taken back, our clock; `undefined` if it is not. */
export function takeBackTimeOf(open: OpenHandover | undefined): number | undefined {
  if (open?.report === undefined) return undefined;
  const { closedAtMs, takeBackAfterMs } = open.report;
  if (closedAtMs === undefined || takeBackAfterMs === undefined) return undefined;
  return notBeforeRetry(open, Math.max(closedAtMs, open.agentAtMs ?? closedAtMs) + takeBackAfterMs);
}

/**
 * The record after an agent's words: if they are later than the closing, the chat is open again and nothing is taken back.
 * @param spokeAtMs when the agent wrote, our clock
 */
export function reopened(record: ThreadRecord, spokeAtMs: number): ThreadRecord {
  const { open } = record;
  if (open?.report?.closedAtMs === undefined || spokeAtMs < open.report.closedAtMs) return record;
  const report: { -readonly [K in keyof VccLiveReport]: VccLiveReport[K] } = { ...open.report };
  delete report.closedAtMs;
  delete report.takeBackAfterMs;
  return { ...record, open: { ...open, report } };
}

/** What a result says of a report. */
export function reportedFields(report: VccLiveReport | undefined): ReportedFields {
  if (report === undefined) return {};
  const { disposition, agent, queue, slaStatus, chatId, ticketId, ticketSubstatus, transcript } = report;
  return presentFields({ disposition, agent, queue, slaStatus, chatId, ticketId, ticketSubstatus, transcript });
}

/** The report without what customer and agent wrote. */
export function withoutTranscript(report: VccLiveReport): VccLiveReport {
  const { transcript, ...others } = report;
  return transcript === undefined ? report : others;
}

function factsOf(event: VccLiveEvent, policy: ReportPolicy): VccLiveReport {
  if (event.kind === 'ticketChanged') {
    return presentFields({
      ticketId: wordOf(event.ticketId),
      ticketStatus: wordOf(event.action === 'delete' ? 'deleted' : event.status),
      ticketSubstatus: wordOf(event.substatus),
    });
  }
  const keeps = policy.keepTranscript && event.transcript.length > 0;
  return presentFields({
    chatId: wordOf(event.chatId),
    ticketId: wordOf(event.ticketId),
    disposition: wordOf(event.disposition),
    agent: wordOf(event.lastAgent ?? event.firstAgent),
    queue: wordOf(event.lastQueue ?? event.firstQueue),
    slaStatus: wordOf(event.slaStatus),
    transcript: keeps ? newestLines(event.transcript) : undefined,
  });
}

/** Closed once: a second message of the same thing does not put the time off. */
function closingOf(
  before: VccLiveReport,
  { takeBackAfterMs }: ReportPolicy,
  nowMs: number,
): Pick<VccLiveReport, 'closedAtMs' | 'takeBackAfterMs'> {
  const closedAtMs = before.closedAtMs ?? nowMs;
  return takeBackAfterMs === false ? { closedAtMs } : { closedAtMs, takeBackAfterMs };
}

/** An update with this word: the customer waits for an agent, whatever was closed before. A ticket is added once. */
function isQueuedAgain(event: VccLiveEvent): boolean {
  if (event.kind !== 'ticketChanged' || event.action === 'add' || closesChat(event)) return false;
  return event.substatus === 'waiting4agent';
}

function newestLines(transcript: readonly TranscriptLine[]): readonly TranscriptLine[] {
  const kept: TranscriptLine[] = [];
  let length = 0;
  for (const line of transcript.slice(-MAX_TRANSCRIPT_LINES).reverse()) {
    const bounded = { from: cut(line.from), date: cut(line.date), message: cut(line.message, MAX_MESSAGE_LENGTH) };
    length += bounded.from.length + bounded.date.length + bounded.message.length;
    if (length > MAX_TRANSCRIPT_LENGTH) break;
    kept.unshift(bounded);
  }
  return kept;
}

function wordOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cut(text);
}

/** At most so many characters, none of them cut in two. */
function cut(text: string, maxLength = MAX_WORD_LENGTH): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

function isSame(one: VccLiveReport, other: VccLiveReport): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as ReadonlySet<keyof VccLiveReport>;
  return [...names].every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}
