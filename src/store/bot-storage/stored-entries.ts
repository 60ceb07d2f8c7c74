/**
 * Reads what lies in a Bot Framework storage: bodies of items, and the entries in them.
 *
 * Exists because anything may lie there: an entry that cannot be read is left out, a body that cannot be read is none.
 */
import type { ThreadKey } from '../../thread/key.js';
import { fieldOf, isRecord } from '../../thread/read-unknown.js';
import type { DueTime, StoredRecord, ThreadStoreBot } from '../../thread/store.js';
import type { TicketItem } from './thread-tickets.js';
import { ticketItemOf } from './thread-tickets.js';

/** A deadline. */
export interface DueEntry extends DueTime {
  /** Other takers do not see it until then. */
  readonly hiddenUntilMs?: number;
}

/** Says that a thread has this handover open, or had it once. */
export interface OpenEntry {
  readonly handoverId: string;
  readonly thread: ThreadKey;
  /** Our clock, milliseconds. */
  readonly addedAtMs: number;
}

/** One item for each thread. */
export interface ThreadBody extends TicketItem {
  readonly record?: StoredRecord;
  readonly expiresAtMs?: number;
}

/** The body of a thread's item, `undefined` if it cannot be read. @param faultOf absent: any body of a record can be read */
export function threadBodyOf(value: unknown, faultOf?: ThreadStoreBot['faultOf']): ThreadBody | undefined {
  if (!isRecord(value)) return undefined;
  const [record, expiresAtMs] = [fieldOf(value, 'record'), fieldOf(value, 'expiresAtMs')];
  if (record !== undefined && !isStoredRecord(record, faultOf)) return undefined;
  if (expiresAtMs !== undefined && !isTime(expiresAtMs)) return undefined;
  return { ...(value as ThreadBody), ...ticketItemOf(value) };
}

export function dueEntryOf(value: unknown): DueEntry | undefined {
  const isDue =
    threadKeyOf(fieldOf(value, 'thread')) !== undefined &&
    typeof fieldOf(value, 'name') === 'string' &&
    isTime(fieldOf(value, 'atMs')) &&
    isTime(fieldOf(value, 'hiddenUntilMs') ?? 0);
  return isDue ? (value as DueEntry) : undefined;
}

export function openEntryOf(value: unknown): OpenEntry | undefined {
  const isOpen =
    threadKeyOf(fieldOf(value, 'thread')) !== undefined &&
    typeof fieldOf(value, 'handoverId') === 'string' &&
    isTime(fieldOf(value, 'addedAtMs'));
  return isOpen ? (value as OpenEntry) : undefined;
}

export function threadKeyOf(value: unknown): ThreadKey | undefined {
  const [pageId, psid] = [fieldOf(value, 'pageId'), fieldOf(value, 'psid')];
  return typeof pageId === 'string' && typeof psid === 'string' ? { pageId, psid } : undefined;
}

function isStoredRecord(value: unknown, faultOf: ThreadStoreBot['faultOf'] | undefined): value is StoredRecord {
  const [openHandoverId, body] = [fieldOf(value, 'openHandoverId'), fieldOf(value, 'body')];
  if (openHandoverId !== undefined && typeof openHandoverId !== 'string') return false;
  return typeof fieldOf(value, 'forgettable') === 'boolean' && body !== undefined && faultOf?.(body) === undefined;
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}
