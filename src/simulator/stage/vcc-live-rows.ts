/** Lines of the timeline about VCC Live: its webhooks to the bot, and the bot's calls to its Database API. */
import { isJsonObject } from '../webhook-items.js';
import type { DatabaseApiEntry, VccLiveEntry } from '../wire.js';
import type { WireRow } from './stage-words.js';

/** The words of a line. */
export type RowWords = Pick<WireRow, 'title' | 'status' | 'tone' | 'chips'>;

type Chip = WireRow['chips'][number];

const TITLE_MAX = 160;

/** One of VCC Live's webhooks. */
export function vccLiveWords(entry: VccLiveEntry): RowWords {
  const title = cut(`${entry.name}: ${entry.says}`);
  const again = entry.againInMs === undefined ? '' : `; again ${againWords(entry.againInMs)}`;
  const chips: Chip[] = [
    ...(entry.encrypted ? [{ text: 'encrypted', tone: 'plain' } as const] : []),
    ...(entry.attempt > 1 ? [{ text: `repeated, attempt ${entry.attempt}`, tone: 'warn' } as const] : []),
  ];
  const took = entry.ackMs === undefined ? '' : ` in ${entry.ackMs} ms`;
  switch (entry.outcome) {
    case 'pending':
      return { title, status: 'in progress', tone: 'wait', chips };
    case 'answered':
      return {
        title,
        status: `${entry.status ?? ''}${took}${again}`,
        tone: entry.status === 200 ? 'good' : 'bad',
        chips,
      };
    case 'answerLost':
      return { title, status: `answer lost${again}`, tone: 'warn', chips };
    case 'unreachable':
      return { title, status: `bot not reached${again}`, tone: 'bad', chips };
  }
}

/** A call of the bot to VCC Live's Database API. */
export function databaseApiWords({ method, path, status, answer }: DatabaseApiEntry): RowWords {
  const rows = isJsonObject(answer) && Array.isArray(answer['response']) ? answer['response'] : undefined;
  const count = rows === undefined ? 'no list' : `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  return { title: cut(`${method} ${path} → ${count}`), status: String(status), tone: rows ? 'good' : 'bad', chips: [] };
}

/** When something is sent again. */
export function againWords(ms: number): string {
  if (ms === 0) return 'at once';
  return ms < 60_000 ? `in ${Math.round(ms / 1000)} s` : `in ${Math.round(ms / 60_000)} min`;
}

/** A text that fits into a line. */
export function cut(text: string): string {
  return text.length <= TITLE_MAX ? text : `${text.slice(0, TITLE_MAX - 1)}…`;
}
