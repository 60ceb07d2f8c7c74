/**
 * Writes the tables of docs/ownership.md from the code, so that the page cannot say what the ledger does not do.
 *
 * `npx tsx docs/generate/ownership-table.ts` after a change of src/ownership; a test fails where it was forgotten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OwnCall } from '../../src/ownership/evidence.js';
import {
  evidenceOfAcceptedSend,
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../../src/ownership/evidence.js';
import type { AppIds, Evidence, Verdict } from '../../src/ownership/ledger.js';
import { ownerByEvidence, step } from '../../src/ownership/ledger.js';
import { HandoverError } from '../../src/thread/errors.js';
import type { ThreadEvent, ThreadEventChannel, ThreadEventKind } from '../../src/thread/event.js';
import type { NamedOwner, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';

/** The page, and the lines in it between which the tables stand. */
export const PAGE_FILE = resolve(__dirname, '..', 'ownership.md');
export const BEGIN = '<!-- begin: written by docs/generate/ownership-table.ts -->';
export const END = '<!-- end: written by docs/generate/ownership-table.ts -->';

const BOT = '900100200300400';
const VCC_LIVE = '900500600700800';
const INBOX = '263902037430900';
const ids: AppIds = { botAppId: BOT, vccLiveAppId: VCC_LIVE };

/** Meta's milliseconds: what the record holds is from T, what arrives is from an hour later, or from an hour earlier. */
const T_MS = 1_790_000_000_000;
const HOUR_MS = 60 * 60_000;

interface Row {
  readonly label: string;
  readonly evidenceAt: (atMs: number) => readonly Evidence[];
}

const ROWS: readonly Row[] = [
  {
    label: '`pass_thread_control` webhook: to the bot',
    evidenceAt: (at) => event('passThreadControl', 'messaging', at, { newOwnerAppId: BOT }),
  },
  {
    label: '`take_thread_control` webhook: VCC Live took it',
    evidenceAt: (at) =>
      event('takeThreadControl', 'messaging', at, { previousOwnerAppId: BOT, newOwnerAppId: VCC_LIVE }),
  },
  {
    label: '`take_thread_control` webhook: the Page inbox took it',
    evidenceAt: (at) => event('takeThreadControl', 'messaging', at, { previousOwnerAppId: BOT, newOwnerAppId: INBOX }),
  },
  {
    label: '`take_thread_control` webhook: somebody took it from the bot',
    evidenceAt: (at) => event('takeThreadControl', 'messaging', at, { previousOwnerAppId: BOT }),
  },
  { label: 'our pass to VCC Live, confirmed', evidenceAt: (at) => [evidenceOfCall({ app: VCC_LIVE }, call(at))] },
  { label: 'our take, confirmed', evidenceAt: (at) => [evidenceOfCall({ app: BOT }, call(at))] },
  { label: 'our release, confirmed', evidenceAt: (at) => [evidenceOfCall('idle', call(at))] },
  {
    label: '`thread_owner` answers: the bot',
    evidenceAt: (at) => [evidenceOfAnswer({ owner: 'app', appId: BOT }, call(at))],
  },
  {
    label: '`thread_owner` answers: VCC Live',
    evidenceAt: (at) => [evidenceOfAnswer({ owner: 'app', appId: VCC_LIVE }, call(at))],
  },
  { label: '`thread_owner` answers: nobody', evidenceAt: (at) => [evidenceOfAnswer({ owner: 'idle' }, call(at))] },
  {
    label: '`thread_owner` answers, but hides the app',
    evidenceAt: (at) => [evidenceOfAnswer({ owner: 'hidden' }, call(at))],
  },
  { label: 'a message of the customer on `messaging`', evidenceAt: (at) => event('message', 'messaging', at) },
  {
    label: 'a postback, read, delivery or echo on `messaging`',
    evidenceAt: (at) => event('postback', 'messaging', at),
  },
  { label: 'anything on `standby`', evidenceAt: (at) => event('message', 'standby', at) },
  { label: 'an echo of VCC Live on `standby`', evidenceAt: (at) => event('echo', 'standby', at, { appId: VCC_LIVE }) },
  { label: 'a send of ours, accepted', evidenceAt: (at) => [evidenceOfAcceptedSend(call(at))] },
  {
    label: 'a send of ours, refused: another app controls the thread',
    evidenceAt: (at) => [evidenceOfRefusedSend(call(at))],
  },
];

const COLUMNS: readonly { readonly label: string; readonly record: ThreadRecord }[] = [
  { label: 'nothing known', record: emptyRecord },
  { label: 'bot', record: known({ app: BOT }) },
  { label: 'idle', record: known('idle') },
  { label: 'VCC Live', record: known({ app: VCC_LIVE }) },
  { label: 'Page inbox', record: known({ app: INBOX }) },
  { label: 'another app, unnamed', record: step(emptyRecord, [evidenceOfRefusedSend(call(T_MS))], ids).record },
];

/** Both tables, as they stand between the two markers. */
export function ownershipTables(): string {
  return [
    '### Evidence newer than everything known',
    '',
    table(ROWS, COLUMNS, T_MS + HOUR_MS),
    '',
    '### The same evidence, arriving late: from an hour before what is known',
    '',
    'What is known here comes from calls of our own (the last column: from a refused send).',
    '',
    table(ROWS, COLUMNS.slice(1), T_MS - HOUR_MS),
  ].join('\n');
}

/** The page with fresh tables in it. */
export function withTables(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new HandoverError('unexpected', `docs/ownership.md must hold the lines "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n\n${ownershipTables()}\n\n${END}${after}`;
}

function table(rows: readonly Row[], columns: typeof COLUMNS, atMs: number): string {
  const cells = [
    ['evidence \\ before', ...columns.map(({ label }) => label)],
    ...rows.map((row) => [row.label, ...columns.map(({ record }) => cell(record, row.evidenceAt(atMs)))]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const lines = cells.map((line) => `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function cell(before: ThreadRecord, evidence: readonly Evidence[]): string {
  const { record, verdict, effects } = step(before, evidence, ids);
  const parts = [
    sameName(ownerByEvidence(before.evidence, ids), verdict) ? '=' : nameOf(verdict),
    ...(record.epoch > before.epoch ? [`+${String(record.epoch - before.epoch)}`] : []),
    ...(effects.askOwner ? ['ask'] : []),
  ];
  return parts.join(', ');
}

function nameOf({ owner, appId }: Verdict): string {
  if (owner === 'vccLive') return 'VCC Live';
  if (owner === 'other') return appId === INBOX ? 'Page inbox' : 'another app';
  return owner;
}

function sameName(a: Verdict, b: Verdict): boolean {
  return nameOf(a) === nameOf(b);
}

function known(owner: NamedOwner): ThreadRecord {
  return step(emptyRecord, [evidenceOfCall(owner, call(T_MS))], ids).record;
}

function event(
  kind: ThreadEventKind,
  channel: ThreadEventChannel,
  timestampMs: number,
  more: Partial<ThreadEvent> = {},
): Evidence[] {
  const webhookItem: ThreadEvent = {
    kind,
    channel,
    timestampMs,
    pageId: '111222333444555',
    psid: '6600112233445566',
    raw: {},
    ...more,
  };
  return evidenceOfEvent(webhookItem, ids, { nowMs: timestampMs, offsetMs: 0, newestStamp: undefined });
}

function call(atMs: number): OwnCall {
  return { sentAtMs: atMs, answeredAtMs: atMs, offsetMs: 0, newestStamp: undefined };
}

if (require.main === module) writeFileSync(PAGE_FILE, withTables(readFileSync(PAGE_FILE, 'utf8')));
