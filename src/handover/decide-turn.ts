/**
 * Decides what runs on an event when its turn has come. Pure: what must be asked of Meta, or written, is a step that
 * `turn-decisions.ts` takes before it asks again. docs/decisions.md has the table, written from this file.
 */
import type { ThreadEvent } from '../thread/event.js';
import type { AppId, EventKey } from '../thread/ids.js';
import type { Conclusion, ThreadRecord } from '../thread/record.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp, ownerByEvidence } from '../ownership/ledger.js';
import type { IgnoredReason } from './events.js';
import { conclusionEndedBy, hasSavedDialog, isRerunOf } from './lifecycle.js';
import type { EnginePolicies, Writer } from './policies.js';
import { passesTo } from './record-event.js';
import type { RecordedEvent } from './turn.js';

/** What is known when an event's turn has come. */
export interface TurnFacts {
  readonly recorded: RecordedEvent;
  readonly eventKey: EventKey;
  /** This run of the event. */
  readonly run: string;
  readonly ids: AppIds;
  readonly policies: Pick<EnginePolicies, 'reclaim' | 'statusEvents' | 'ownEchoes'>;
  /** The record, and who owns the thread by it. */
  readonly record: ThreadRecord;
  readonly owner: Verdict;
  /** `false`: the record may have changed since it was read. */
  readonly isLatest: boolean;
  /** Whether another app had the thread when the event arrived, or when its turn came. */
  readonly wasAway: boolean;
  /** The answers to the steps taken so far. */
  readonly answers: TurnAnswers;
}

/** What the steps of a decision have brought. Absent: that step was not taken. */
export interface TurnAnswers {
  /** What `thread_owner` said; `noAnswer` if it gave none. */
  readonly asked?: Verdict | 'noAnswer';
  /** The handover that came home now, if there was one. */
  readonly home?: Conclusion | 'nothingOpen';
  /** Whether the words on standby ask for the bot. */
  readonly asksForBot?: boolean;
  /** The handover that the take ended. */
  readonly taken?: Conclusion | 'nothingTaken';
  /** Whether the policy grants a request for the thread. */
  readonly granted?: boolean;
}

/**
 * Why an event runs nothing, and nobody has to hear of it.
 * - `listens`: the bot only listens on standby
 * - `ownEcho`: it is the echo of a message of the bot
 * - `anotherAppOwns`: it comes late, or another app still has the thread
 * - `ownerOnly`: it says only who owns the thread
 * - `noTurn`: it brought the thread back, and is no turn of the customer
 * - `nobodyWaits`: the thread is the bot's, and nobody waits for that
 * - `dialogSaved`: an earlier run of it began a handover, and its dialog is stored
 */
export type NothingReason =
  'listens' | 'ownEcho' | 'anotherAppOwns' | 'ownerOnly' | 'noTurn' | 'nobodyWaits' | 'dialogSaved';

/**
 * What happens next. The first seven are steps: they are taken, and the decision is made again with their answers.
 * - `readRecord`: the record must be read again
 * - `askOwner`: ask Meta who owns the thread; `inTime`: a customer waits
 * - `comeHome`: conclude the open handover if the thread is the bot's by the record
 * - `readWords`: see whether the words of `from` ask for the bot
 * - `takeBack`: take the thread back, because `from` asked for the bot
 * - `askPolicy`: ask the policy whether the app gets the thread
 */
export type TurnStep =
  | { readonly step: 'readRecord' | 'askPolicy' }
  | { readonly step: 'askOwner'; readonly inTime: boolean }
  | { readonly step: 'comeHome'; readonly via: 'passBack' | 'message' }
  | { readonly step: 'readWords' | 'takeBack'; readonly from: Writer }
  /** VCC Live asked for the thread: begin a handover. */
  | { readonly step: 'handOver' }
  /** Another app asked for the thread: pass it there. */
  | { readonly step: 'passTo'; readonly appId: AppId }
  /** Run nothing, and report why. */
  | { readonly step: 'ignore'; readonly reason: IgnoredReason }
  | { readonly step: 'nothing'; readonly because: NothingReason }
  /** Run the bot's logic. `isMute`: nothing of it leaves. `concluded`: a handover came home with the event. */
  | { readonly step: 'logic'; readonly isMute?: true; readonly concluded?: Conclusion }
  /** Run the bot's logic on it as Bot Framework's `handoff.status`: `completed`, or `accepted`. */
  | { readonly step: 'handBack'; readonly concluded?: Conclusion }
  | { readonly step: 'accepted' }
  /** A handover came home and nobody waits for that: say only the plugin's own text. */
  | { readonly step: 'greeting'; readonly concluded: Conclusion };

const READ_RECORD = { step: 'readRecord' } as const;

/** Decides. */
export function decideTurn(facts: TurnFacts): TurnStep {
  const { event, thread } = facts.recorded;
  if (event.channel === 'changes' || !thread) return ignored(reasonWithoutThread(event));
  if (event.channel === 'standby') return onStandby(facts);
  if (!facts.isLatest) return READ_RECORD;
  switch (event.kind) {
    case 'passThreadControl':
      return onPass(facts);
    case 'takeThreadControl':
      return mayAsk(facts) ?? nothing('ownerOnly');
    case 'requestThreadControl':
      return onRequest(facts);
    case 'appRoles':
    case 'policyEnforcement':
      return ignored('noCustomer');
    default:
      if (!isReceipt(event)) return onCustomer(facts);
      if (isOwnEcho(event, facts.ids) && !facts.policies.ownEchoes) return nothing('ownEcho');
      // Receipts and echoes of before the pass arrive late, that of the notice each time: no reason to ask or to report.
      return isAnotherApp(facts.owner) ? nothing('anotherAppOwns') : { step: 'logic' };
  }
}

/** Why an event runs nothing that names no customer, or comes in `changes`. */
export function reasonWithoutThread({ channel }: ThreadEvent): IgnoredReason {
  return channel === 'changes' ? 'pageChange' : 'noCustomer';
}

/** Whether an event tells what became of a message of the Page's. */
export function isReceipt({ kind }: ThreadEvent): boolean {
  return kind === 'echo' || kind === 'read' || kind === 'delivery';
}

/** Whether an event is the echo of a message of the bot's own: as a turn, its customer would be the Page. */
function isOwnEcho({ kind, appId }: ThreadEvent, ids: AppIds): boolean {
  return kind === 'echo' && appId === ids.botAppId;
}

/** Who wrote what the bot hears on standby. */
export function writerOf(event: ThreadEvent, ids: AppIds): Writer | undefined {
  if (event.kind === 'message' || event.kind === 'postback') return event.isNotice ? 'other' : 'customer';
  if (event.kind !== 'echo' || event.appId === ids.botAppId) return undefined;
  return event.appId === ids.vccLiveAppId ? 'agent' : 'other';
}

/** The event left a doubt about the owner, and Meta was not asked yet. */
function mayAsk({ recorded, answers }: TurnFacts, inTime = false): TurnStep | undefined {
  return recorded.askOwner && answers.asked === undefined ? { step: 'askOwner', inTime } : undefined;
}

/** Words may bring the thread back; the bot's logic may hear of an agent's first words. */
function onStandby(facts: TurnFacts): TurnStep {
  const { recorded, ids, policies, answers } = facts;
  const { event } = recorded;
  const asks = mayAsk(facts);
  if (asks) return asks;
  const from = writerOf(event, ids);
  if (from && event.text !== undefined && policies.reclaim[from].length > 0) {
    if (answers.asksForBot === undefined) return { step: 'readWords', from };
    if (answers.asksForBot) return onReclaim(facts, from);
  }
  const { open } = recorded.record;
  if (open?.claimedBy !== facts.eventKey || !policies.statusEvents) return nothing('listens');
  if (!facts.isLatest) return READ_RECORD;
  return facts.record.open?.id === open.id ? { step: 'accepted' } : nothing('listens');
}

/** Somebody asked for the bot while it listened, in this run of the event or in one that died. */
function onReclaim(facts: TurnFacts, from: Writer): TurnStep {
  const { answers, record, policies } = facts;
  if (!facts.isLatest) return READ_RECORD;
  const concluded = answers.taken ?? conclusionEndedBy(record, facts.eventKey);
  if (concluded === undefined) return isAnotherApp(facts.owner) ? { step: 'takeBack', from } : nothing('listens');
  // An agent's echo is no turn of the customer's: its conversation is the Page.
  if (concluded === 'nothingTaken' || from !== 'customer') return nothing('noTurn');
  const waits = concluded.waits !== 'nobody' || policies.statusEvents;
  return { step: waits ? 'handBack' : 'greeting', concluded };
}

/** `pass_thread_control`, to the bot or between others. */
function onPass(facts: TurnFacts): TurnStep {
  const { recorded, record, answers, policies } = facts;
  const known = recorded.concluded ?? conclusionEndedBy(record, facts.eventKey);
  if (!passesTo(recorded.event, facts.ids.botAppId)) return mayAsk(facts) ?? nothing('ownerOnly');
  if (!known) {
    const next = mayAsk(facts) ?? (answers.asked === undefined ? undefined : mayComeHome(facts, 'passBack'));
    if (next) return next;
  }
  if (isAnotherApp(facts.owner)) return nothing('anotherAppOwns');
  const concluded = known ?? homeOf(answers);
  const come = concluded === undefined ? {} : { concluded };
  const waits = policies.statusEvents || (concluded !== undefined && concluded.waits !== 'nobody');
  if (waits) return { step: 'handBack', ...come };
  return concluded ? { step: 'greeting', concluded } : nothing('nobodyWaits');
}

/** A message, a button, or anything else of the customer's. */
function onCustomer(facts: TurnFacts): TurnStep {
  const { recorded, record, eventKey, run, answers } = facts;
  const wasAway = facts.wasAway || hasOnlyItself(facts);
  // A new run of the event that began a handover comes before everything: it is mute, and asks nothing.
  if (isRerunOf(record, eventKey, run)) {
    // If its dialog began once more, it would take the customer's next words for an answer to the handover's end.
    return hasSavedDialog(record, eventKey, run) ? nothing('dialogSaved') : { step: 'logic', isMute: true };
  }
  if (wasAway && answers.asked === undefined) return { step: 'askOwner', inTime: true };
  if (wasAway && answers.asked === 'noAnswer') {
    // A message is evidence by itself if it is the newest; anything else proves nothing.
    if (recorded.event.kind !== 'message') return ignored('ownerUnknown');
    if (isAnotherApp(facts.owner)) return ignored('anotherAppOwns');
  } else if (wasAway && answers.asked !== undefined && answers.asked !== 'noAnswer' && isAnotherApp(answers.asked)) {
    return ignored('anotherAppOwns');
  }
  const next = mayAsk(facts, true) ?? mayComeHome(facts, 'message');
  if (next) return next;
  const concluded = homeOf(answers) ?? conclusionEndedBy(record, eventKey);
  return concluded === undefined ? { step: 'logic' } : { step: 'logic', concluded };
}

/**
 * An earlier delivery of the message was recorded and not run: what says now that the thread was the bot's before is the message
 * itself, and a handover that has not ended says otherwise.
 */
function hasOnlyItself({ recorded, record, eventKey, ids }: TurnFacts): boolean {
  const { us, ...others } = record.evidence;
  if (recorded.before.owner !== 'bot' || record.open?.phase !== 'passed' || us?.key !== eventKey) return false;
  return isAnotherApp(ownerByEvidence(others, ids));
}

/** `request_thread_control`: the policy says who gets what they ask for. */
function onRequest(facts: TurnFacts): TurnStep {
  const { recorded, ids, answers, owner } = facts;
  const { requestedOwnerAppId: appId, roundedAppIds } = recorded.event;
  if (appId === undefined || roundedAppIds?.includes('requestedOwnerAppId')) return ignored('notGranted');
  if (answers.granted === undefined) return { step: 'askPolicy' };
  if (!answers.granted) return ignored('notGranted');
  // Meta sends requests to the owner, so the ledger may be late: a silent release, or one that was forgotten.
  if (answers.asked === undefined && isAnotherApp(owner)) return { step: 'askOwner', inTime: false };
  if (answers.asked !== undefined) {
    if (answers.asked === 'noAnswer' || isAnotherApp(answers.asked)) return ignored('anotherAppOwns');
    const next = mayComeHome(facts, 'message');
    if (next) return next;
  }
  return appId === ids.vccLiveAppId ? { step: 'handOver' } : { step: 'passTo', appId };
}

/** A passed handover ends if the thread is the bot's. */
function mayComeHome({ record, answers }: TurnFacts, via: 'passBack' | 'message'): TurnStep | undefined {
  return answers.home === undefined && record.open?.phase === 'passed' ? { step: 'comeHome', via } : undefined;
}

function homeOf({ home }: TurnAnswers): Conclusion | undefined {
  return home === 'nothingOpen' ? undefined : home;
}

function nothing(because: NothingReason): TurnStep {
  return { step: 'nothing', because };
}

function ignored(reason: IgnoredReason): TurnStep {
  return { step: 'ignore', reason };
}
