/** A thread's record and owner, in words and as data for a machine. Neither holds text of a conversation. */
import { nameOfApp } from '../../thread/meta-apps.js';
import { visibleText } from '../../thread/visible-text.js';
import type { ThreadOwner } from '../../thread/handover.js';
import type { ThreadKey } from '../../thread/key.js';
import type { OpenHandover, ThreadRecord, Waiting } from '../../thread/record.js';
import type { SetAsideRecord } from '../../thread/store.js';

/**
 * - `passing`: the pass is in progress, or its outcome is not known yet
 * - `waiting`: VCC Live has the thread, and no agent has written yet
 * - `claimed`: an agent has written
 */
export type ThreadState = 'passing' | 'waiting' | 'claimed';

/** An open handover, as an operator wants to see it. */
export interface OpenThread {
  readonly pageId: string;
  readonly psid: string;
  readonly state: ThreadState;
  /** Since when it is in this state, ISO 8601. */
  readonly since: string;
  readonly handoverId: string;
  /** When the handover began, ISO 8601. */
  readonly startedAt: string;
  /** When an agent last wrote, ISO 8601. */
  readonly agentAt?: string;
  /** Who in the bot waits for the result. */
  readonly waits: Waiting;
}

/** A record that could not be read, as an operator wants to see it. */
export interface AsideThread {
  readonly pageId: string;
  readonly psid: string;
  readonly state: 'setAside';
  /** Since when, ISO 8601. */
  readonly since: string;
  /** The key in the store under which it lies. */
  readonly where: string;
}

/** Messenger is younger than this: a time before it is no real time. */
const EARLIEST_MS = Date.UTC(2011, 0);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The open handover of a record; nothing if there is none. */
export function openThread(thread: ThreadKey, record: ThreadRecord | undefined): OpenThread | undefined {
  const open = record?.open;
  if (open === undefined) return undefined;
  const state = stateOf(open);
  return {
    ...thread,
    state,
    since: iso(sinceMs(open, state)),
    handoverId: open.id,
    startedAt: iso(open.startedAtMs),
    ...(open.agentAtMs === undefined ? {} : { agentAt: iso(open.agentAtMs) }),
    waits: open.waits,
  };
}

/** The open handovers as a table, the longest waiting first. */
export function threadsTable(threads: readonly OpenThread[], nowMs: number): string {
  const cells = [
    ['PSID', 'PAGE', 'STATE', 'FOR', 'BEGAN', 'WAITS'],
    ...threads.map(({ psid, pageId, state, since, startedAt, waits }) => [
      ...[psid, pageId, state, ago(nowMs - Date.parse(since)), minuteOf(startedAt), waits === 'nobody' ? '-' : waits],
    ]),
  ];
  const rows = cells.map((row) => row.map(visibleText));
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A record that was set aside. */
export function asideThread({ thread, atMs, where }: SetAsideRecord): AsideThread {
  return { ...thread, state: 'setAside', since: iso(atMs), where };
}

/** What was set aside, a line for each. */
export function asideLines(threads: readonly AsideThread[], nowMs: number): string {
  const lines = threads.map(
    ({ psid, pageId, since, where }) =>
      `  ${psid} on Page ${pageId}, ${ago(nowMs - Date.parse(since))} ago, now under ${where}`,
  );
  return ['Set aside, because it could not be read; these threads began anew:', ...lines].join('\n');
}

/** An owner in words: `VCC Live, since 2026-11-25 10:04 UTC, until 2026-11-26 10:04 UTC`. */
export function ownerLine({ owner, appId, sinceMs: since, expiresMs }: ThreadOwner): string {
  const who = {
    bot: 'the bot',
    vccLive: 'VCC Live',
    other: appId === undefined ? 'another app, unnamed' : nameOfApp(appId),
    idle: 'no app (idle: the default application may write)',
    unknown: 'not known',
  }[owner];
  // Without a stamp of Meta's the ledger knows only the order of things, not the time.
  const dated = since !== undefined && since > EARLIEST_MS && owner !== 'unknown' && owner !== 'idle';
  const from = !dated ? '' : `, since ${minuteOf(iso(since))} UTC`;
  const until = expiresMs === undefined || owner === 'idle' ? '' : `, until ${minuteOf(iso(expiresMs))} UTC`;
  return visibleText(`${who}${from}${until}`);
}

/** The open handover in a line. */
export function handoverLine({ state, since, handoverId, waits }: OpenThread, nowMs: number): string {
  const words = {
    passing: 'its pass is in progress',
    waiting: 'waits for an agent',
    claimed: 'an agent has answered',
  }[state];
  const dialog = waits === 'nobody' ? '' : `; a ${waits} of the bot waits for its end`;
  return `${visibleText(handoverId)}: ${words}, for ${ago(nowMs - Date.parse(since))}${dialog}`;
}

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
function ago(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(ms / DAY_MS)} d ${Math.floor((ms % DAY_MS) / HOUR_MS)} h`;
}

function stateOf({ phase, agentAtMs }: OpenHandover): ThreadState {
  if (agentAtMs !== undefined) return 'claimed';
  return phase === 'passed' ? 'waiting' : 'passing';
}

/** When an agent first wrote is not kept, so a claimed handover counts from its pass. */
function sinceMs({ startedAtMs, passedAtMs }: OpenHandover, state: ThreadState): number {
  return state === 'passing' ? startedAtMs : (passedAtMs ?? startedAtMs);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function minuteOf(text: string): string {
  return text.slice(0, 16).replace('T', ' ');
}
