/**
 * Finds in a line of a bot's log what belongs to handovers: a webhook as it came, or a line of the plugin.
 *
 * Bots log in different forms: bare JSON, pino, winston, or with text before the JSON.
 */
import { parseExactJson } from '../../thread/exact-json.js';
import { isRecord } from '../../thread/read-unknown.js';

/** What a line holds. */
export type LogLine =
  | { readonly kind: 'webhook'; readonly body: unknown; readonly atMs?: number }
  | { readonly kind: 'plugin'; readonly text: string; readonly atMs?: number }
  | { readonly kind: 'other' };

const OTHER: LogLine = { kind: 'other' };
const WEBHOOK_BEGINS = /\{\s*"object"\s*:\s*"page"/;
const PLUGIN_MARK = '[handover-vcclive]';
/** How the plugin's lines begin, if a logger has removed the prefix. */
const PLUGIN_WORDS =
  /^(Handover |Owner changed |Ledger corrected|A webhook |A delivery |A turn |Thread store |thread_owner |The thread |VCC Live's |App \S+ asked )/;
/** A webhook may lie in a field of a field of a log entry; not deeper. */
const DEEPEST = 4;
const TEXT_FIELDS = ['msg', 'message'] as const;
const TIME_FIELDS = ['time', 'timestamp', '@timestamp', 'ts'] as const;

/** Reads one line. Never throws. */
export function readLogLine(line: string): LogLine {
  const whole = parsed(line.trim());
  if (isRecord(whole)) return fromEntry(whole);
  const webhook = webhookWithin(line);
  if (webhook !== undefined) return { kind: 'webhook', body: webhook };
  const mark = line.indexOf(PLUGIN_MARK);
  return mark < 0 ? OTHER : { kind: 'plugin', text: line.slice(mark + PLUGIN_MARK.length).trim() };
}

function fromEntry(entry: Readonly<Record<string, unknown>>): LogLine {
  const at = timeOf(entry);
  const body = webhookIn(entry, DEEPEST);
  if (body !== undefined) return { kind: 'webhook', body, ...at };
  const text = TEXT_FIELDS.map((field) => entry[field]).find((value) => typeof value === 'string');
  if (typeof text !== 'string') return OTHER;
  const bare = text.replace(PLUGIN_MARK, '').trim();
  return bare !== text.trim() || PLUGIN_WORDS.test(bare) ? { kind: 'plugin', text: bare, ...at } : OTHER;
}

function webhookIn(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return webhookWithin(value);
  if (!isRecord(value)) return undefined;
  if (value['object'] === 'page' && Array.isArray(value['entry'])) return value;
  if (depth === 0) return undefined;
  for (const inner of Object.values(value)) {
    const found = webhookIn(inner, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The webhook in a text, whatever stands around it: up to the last brace that makes JSON of it. */
function webhookWithin(text: string): unknown {
  const start = WEBHOOK_BEGINS.exec(text)?.index;
  if (start === undefined) return undefined;
  let end = text.lastIndexOf('}');
  for (let tries = 0; end > start && tries < 8; tries++) {
    const value = parsed(text.slice(start, end + 1));
    if (isRecord(value)) return value;
    end = text.lastIndexOf('}', end - 1);
  }
  return undefined;
}

function timeOf(entry: Readonly<Record<string, unknown>>): { readonly atMs?: number } {
  const value = TIME_FIELDS.map((field) => entry[field]).find((each) => each !== undefined);
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isFinite(ms) ? { atMs: ms } : {};
}

function parsed(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
