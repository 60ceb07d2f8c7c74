/**
 * Writes the tables of docs/decisions.md from the code, so that the page cannot say what the code does not decide.
 *
 * `npx tsx docs/generate/decisions-table.ts` after a change of `decide-turn.ts` or `dialog-result.ts`; a test fails if it was
 * forgotten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { applyChange } from '../../src/handover/change-record.js';
import type { TurnAnswers, TurnFacts, TurnStep } from '../../src/handover/decide-turn.js';
import { decideTurn } from '../../src/handover/decide-turn.js';
import type { DialogFacts } from '../../src/handover/dialog-result.js';
import { decideDialog } from '../../src/handover/dialog-result.js';
import { amendOpen, arm, concludeOpen, markPassed } from '../../src/handover/lifecycle.js';
import type { Arrival } from '../../src/handover/record-event.js';
import { effectOf } from '../../src/handover/record-event.js';
import {
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../../src/ownership/evidence.js';
import type { AppIds } from '../../src/ownership/ledger.js';
import { isAnotherApp, ownerNow, step } from '../../src/ownership/ledger.js';
import { HandoverError } from '../../src/thread/errors.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { Conclusion, NamedOwner, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';

/** The page, and the lines in it between which the tables stand. */
export const PAGE_FILE = resolve(__dirname, '..', 'decisions.md');
export const BEGIN = '<!-- begin: written by docs/generate/decisions-table.ts -->';
export const END = '<!-- end: written by docs/generate/decisions-table.ts -->';

const ids: AppIds = { botAppId: '900100200300400', vccLiveAppId: '900500600700800' };
const INBOX = '263902037430900';
const thread = { pageId: '111222333444555', psid: '6600112233445566' };
const KEY = 'this event';
/** What the record holds is from T, Meta's milliseconds. The event comes ten minutes later. */
const T_MS = 1_790_000_000_000;
const LATER_MS = T_MS + 10 * 60_000;
const call = (atMs: number) => ({ sentAtMs: atMs, answeredAtMs: atMs, offsetMs: 0, newestStamp: undefined });

/** What arrives. */
export const EVENTS = {
  'the customer writes': { kind: 'message', channel: 'messaging', text: 'hello' },
  'the customer presses a button': { kind: 'postback', channel: 'messaging' },
  'the echo of a message of the bot, on `messaging`': { kind: 'echo', channel: 'messaging', appId: ids.botAppId },
  'another echo or a receipt, on `messaging`': { kind: 'delivery', channel: 'messaging' },
  'the customer writes, on standby': { kind: 'message', channel: 'standby', text: 'hello' },
  'the customer asks for the bot, on standby': { kind: 'message', channel: 'standby', text: 'menu' },
  "an agent's first words, on standby": { kind: 'echo', channel: 'standby', appId: ids.vccLiveAppId, text: 'hi' },
  'an agent asks for the bot, on standby': { kind: 'echo', channel: 'standby', appId: ids.vccLiveAppId, text: '#bot' },
  '`pass_thread_control` to the bot': { kind: 'passThreadControl', channel: 'messaging', newOwnerAppId: ids.botAppId },
  '`take_thread_control` by the Page inbox': {
    ...{ kind: 'takeThreadControl', channel: 'messaging', previousOwnerAppId: ids.botAppId, newOwnerAppId: INBOX },
  },
  '`request_thread_control` by VCC Live': {
    ...{ kind: 'requestThreadControl', channel: 'messaging', requestedOwnerAppId: ids.vccLiveAppId },
  },
  '`request_thread_control` by another app': {
    ...{ kind: 'requestThreadControl', channel: 'messaging', requestedOwnerAppId: INBOX },
  },
  '`app_roles`, `policy_enforcement`': { kind: 'appRoles', channel: 'messaging' },
  'anything in `changes`': { kind: 'unknown', channel: 'changes' },
} as const satisfies Readonly<Record<string, Partial<ThreadEvent>>>;

export type EventName = keyof typeof EVENTS;

/** What was known of the thread before the event. */
export const OWNERS = {
  'nothing known': emptyRecord,
  bot: known({ app: ids.botAppId }),
  idle: known('idle'),
  'VCC Live': known({ app: ids.vccLiveAppId }),
  'Page inbox': known({ app: INBOX }),
  'another app, unnamed': step(emptyRecord, [evidenceOfRefusedSend(call(T_MS))], ids).record,
} as const;

/** Handovers that are open. */
export const HANDOVERS = {
  'armed, by a turn that is over': armed(OWNERS.bot),
  'unconfirmed: the pass got no answer': amendOpen(armed(OWNERS.bot), 'h1', { phase: 'unconfirmed' }),
  'passed, VCC Live has the thread': markPassed(armed(OWNERS['VCC Live']), 'h1', T_MS),
  'passed, the thread is idle again': markPassed(armed(OWNERS.idle), 'h1', T_MS),
} as const;

/** A situation to be decided. */
export interface Situation {
  readonly event: EventName;
  readonly record: ThreadRecord;
  readonly statusEvents?: boolean;
  readonly ownEchoes?: boolean;
}

/** What is decided, in words: the steps that are taken, and for each answer how it goes on. */
export function decisionFor({ event, record, statusEvents = false, ownEchoes = false }: Situation): string {
  const fields: Partial<ThreadEvent> = EVENTS[event];
  const came = { timestampMs: LATER_MS, ...thread, raw: {}, ...fields } as ThreadEvent;
  const arrival: Arrival = { event: came, eventKey: KEY, thread, ids, nowMs: LATER_MS, offsetMs: 0 };
  const evidence = evidenceOfEvent(came, ids, { nowMs: LATER_MS, offsetMs: 0, newestStamp: undefined, eventKey: KEY });
  const at = { nowMs: LATER_MS, nowMetaMs: LATER_MS };
  const {
    before,
    now,
    askOwner,
    record: after,
    value,
  } = applyChange(record, { thread, ids, evidence }, effectOf(arrival), at);
  const asks = (text: string) => (): boolean => text === came.text;
  return goOn({
    recorded: { event: came, thread, before, owner: now, record: after, askOwner, concluded: value, isFresh: true },
    eventKey: KEY,
    run: 'this run',
    ids,
    policies: { reclaim: { customer: [asks('menu')], agent: [asks('#bot')], other: [] }, statusEvents, ownEchoes },
    record: after,
    owner: now,
    isLatest: true,
    wasAway: isAnotherApp(before) || isAnotherApp(now),
    answers: {},
  });
}

function goOn(facts: TurnFacts): string {
  const decided = decideTurn(facts);
  const answered = (answers: TurnAnswers, record = facts.record): string =>
    goOn({
      ...facts,
      record,
      owner: ownerNow(record.evidence, ids, LATER_MS),
      answers: { ...facts.answers, ...answers },
    });
  switch (decided.step) {
    case 'readRecord':
      return answered({});
    case 'askOwner':
      return branches('ask Meta', {
        ours: answered({ asked: { owner: 'bot' } }, told(facts.record, { owner: 'app', appId: ids.botAppId })),
        'VCC Live': answered(
          { asked: { owner: 'vccLive' } },
          told(facts.record, { owner: 'app', appId: ids.vccLiveAppId }),
        ),
        'no answer': answered({ asked: 'noAnswer' }),
      });
    case 'comeHome': {
      if (isAnotherApp(facts.owner)) return answered({ home: 'nothingOpen' });
      const home = ended(facts.record);
      return `handover ends, ${answered({ home: home.value ?? 'nothingOpen' }, home.record)}`;
    }
    case 'readWords':
      return answered({
        asksForBot: facts.policies.reclaim[decided.from].some(
          (each) => each(facts.recorded.event.text ?? '', () => never()) === true,
        ),
      });
    case 'takeBack': {
      const taken = ended(told(facts.record, { owner: 'app', appId: ids.botAppId }));
      return `take it back, ${answered({ taken: taken.value ?? 'nothingTaken' }, taken.record)}`;
    }
    case 'askPolicy':
      return branches('ask the policy', { yes: answered({ granted: true }), no: answered({ granted: false }) });
    default:
      return wordsOf(decided);
  }
}

function wordsOf(
  step: Exclude<
    TurnStep,
    { readonly step: 'readRecord' | 'askPolicy' | 'askOwner' | 'comeHome' | 'readWords' | 'takeBack' }
  >,
): string {
  switch (step.step) {
    case 'nothing':
      return 'nothing';
    case 'ignore':
      return `ignored: \`${step.reason}\``;
    case 'logic':
      return step.isMute ? 'logic, mute' : 'logic';
    case 'handBack':
      return '`handoff.status` completed';
    case 'accepted':
      return '`handoff.status` accepted';
    case 'greeting':
      return 'only the text of the return';
    case 'handOver':
      return 'begin a handover';
    case 'passTo':
      return 'pass it there';
  }
}

/** What a waiting dialog gets, by the record, by who owns the thread, and by Meta's answer. */
export function dialogAnswerFor(record: ThreadRecord, owner: DialogFacts['owner'], maySpeak = true): string {
  const facts: DialogFacts = { handoverId: 'h1', record, owner, maySpeak };
  const words = {
    result: 'the result',
    wait: 'waits',
    askOwner: '',
    conclude: 'the result: ends now',
    endUnseen: 'a result without a conclusion',
  };
  const first = decideDialog(facts);
  if (first !== 'askOwner') return words[first];
  return branches('ask Meta', {
    ours: words[decideDialog({ ...facts, asked: 'bot' })],
    'VCC Live': words[decideDialog({ ...facts, asked: 'vccLive' })],
    'no answer': words[decideDialog({ ...facts, asked: 'noAnswer' })],
  });
}

/** What a dialog may find. */
export const DIALOG_RECORDS = {
  'its handover is armed only: the store was lost at the pass': HANDOVERS['armed, by a turn that is over'],
  'its handover is passed': HANDOVERS['passed, VCC Live has the thread'],
  'its handover has ended': ended(HANDOVERS['passed, the thread is idle again']).record,
  'the record is gone': emptyRecord,
} as const;

/** All tables, as they stand between the two markers. */
export function decisionTables(): string {
  const events = Object.keys(EVENTS) as EventName[];
  const byRecord = (records: Readonly<Record<string, ThreadRecord>>, statusEvents: boolean): string =>
    table(
      ['event \\ known before', ...Object.keys(records)],
      events.map((event) => [
        event,
        ...Object.values(records).map((record) => decisionFor({ event, record, statusEvents })),
      ]),
    );
  const waiting = Object.fromEntries(
    Object.entries(HANDOVERS).map(([name, record]) => [name, amendOpen(record, 'h1', { waits: 'dialog' })]),
  );
  const owners = ['bot', 'idle', 'vccLive', 'other', 'unknown'] as const;
  return [
    '### No handover is open',
    '',
    byRecord(OWNERS, false),
    '',
    '### A handover is open, no dialog waits for it',
    '',
    byRecord(HANDOVERS, false),
    '',
    '### A handover is open, a dialog waits for it',
    '',
    byRecord(waiting, false),
    '',
    '### A handover is open, no dialog waits, `statusEvents: true`',
    '',
    byRecord(HANDOVERS, true),
    '',
    '### What a waiting dialog gets',
    '',
    table(
      ['record \\ owner', ...owners],
      Object.entries(DIALOG_RECORDS).map(([name, record]) => [
        name,
        ...owners.map((owner) => dialogAnswerFor(record, owner)),
      ]),
    ),
  ].join('\n');
}

/** The page with fresh tables in it. */
export function withTables(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new HandoverError('unexpected', `docs/decisions.md must hold the lines "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n\n${decisionTables()}\n\n${END}${after}`;
}

/** Answers with the same result stand together. */
function branches(question: string, answers: Readonly<Record<string, string>>): string {
  const byResult = new Map<string, string[]>();
  for (const [answer, result] of Object.entries(answers)) {
    byResult.set(result, [...(byResult.get(result) ?? []), answer]);
  }
  const results = [...byResult].map(
    ([result, same]) => `${same.join(', ')} → ${result.includes(' → ') ? `(${result})` : result}`,
  );
  return results.length === 1 ? `${question}, ${[...byResult.keys()].join('')}` : `${question}: ${results.join('; ')}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const lines = cells.map((line) => `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

function known(owner: NamedOwner): ThreadRecord {
  return step(emptyRecord, [evidenceOfCall(owner, call(T_MS))], ids).record;
}

function told(record: ThreadRecord, answer: Parameters<typeof evidenceOfAnswer>[0]): ThreadRecord {
  return step(record, [evidenceOfAnswer(answer, call(LATER_MS + 1))], ids).record;
}

function armed(record: ThreadRecord): ThreadRecord {
  const asked = { id: 'h1', cause: 'an earlier event', run: 'its run', startedAtMs: T_MS, armedAtMetaMs: T_MS };
  const fresh = { phase: 'armed', noticeSent: false, metadata: '{}', waits: 'nobody' } as const;
  return arm(record, { ...asked, ...fresh, targetAppId: ids.vccLiveAppId }).record;
}

function ended(record: ThreadRecord): { record: ThreadRecord; value: Conclusion | undefined } {
  return concludeOpen(thread, record, { outcome: 'completed', via: 'message', nowMs: LATER_MS, endedBy: KEY });
}

function never(): never {
  throw new HandoverError('unexpected', 'These words need no folding.');
}

if (require.main === module) writeFileSync(PAGE_FILE, withTables(readFileSync(PAGE_FILE, 'utf8')));
