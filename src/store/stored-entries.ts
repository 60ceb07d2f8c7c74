/**
 * Reads what lies in a Bot Framework storage: bodies of items, and the entries in them.
 *
 * Exists because anything may lie there: an entry that cannot be read is left out, a body that cannot be read is none.
 */
import type { ThreadKey } from '../thread/key.js';
import { fieldOf, isArray, isRecord, itemsOf } from '../thread/read-unknown.js';
import type { DueTime, StoredRecord, ThreadStoreBot } from '../thread/store.js';
import type { TicketItem } from './thread-tickets.js';
import { ticketItemOf } from './thread-tickets.js';

/** Where an entry lies: `<number of the five minutes>.<shard>`. */
export type BucketName = string;

/** A deadline in a bucket. */
export interface DueEntry extends DueTime {
  /** Our clock, milliseconds. */
  readonly addedAtMs: number;
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

export interface Deadline {
  readonly atMs: number;
  readonly bucket: BucketName;
}

/** One item for each thread. */
export interface ThreadBody extends TicketItem {
  readonly record?: StoredRecord;
  readonly expiresAtMs?: number;
  /** By name. The index has the same by time; this is what counts if they differ. */
  readonly deadlines?: Readonly<Record<string, Deadline>>;
}

/** The body of a thread's item, `undefined` if it cannot be read. @param faultOf absent: any body of a record can be read */
export function threadBodyOf(value: unknown, faultOf?: ThreadStoreBot['faultOf']): ThreadBody | undefined {
  if (!isRecord(value)) return undefined;
  const [record, expiresAtMs, deadlines] = ['record', 'expiresAtMs', 'deadlines'].map((name) => fieldOf(value, name));
  if (record !== undefined && !isStoredRecord(record, faultOf)) return undefined;
  if (expiresAtMs !== undefined && !isTime(expiresAtMs)) return undefined;
  if (deadlines !== undefined && !(isRecord(deadlines) && Object.values(deadlines).every(isDeadline))) return undefined;
  return { ...(value as ThreadBody), ...ticketItemOf(value) };
}

export function dueEntriesOf(value: unknown): { readonly entries: readonly DueEntry[] } | undefined {
  const entries = fieldOf(value, 'entries');
  if (!isArray(entries)) return undefined;
  return {
    entries: itemsOf(entries).filter(
      (entry): entry is DueEntry =>
        threadKeyOf(fieldOf(entry, 'thread')) !== undefined &&
        typeof fieldOf(entry, 'name') === 'string' &&
        isTime(fieldOf(entry, 'atMs')) &&
        isTime(fieldOf(entry, 'addedAtMs')) &&
        isTime(fieldOf(entry, 'hiddenUntilMs') ?? 0),
    ),
  };
}

export function openEntriesOf(value: unknown): { readonly entries: readonly OpenEntry[] } | undefined {
  const entries = fieldOf(value, 'entries');
  if (!isArray(entries)) return undefined;
  return {
    entries: itemsOf(entries).filter(
      (entry): entry is OpenEntry =>
        threadKeyOf(fieldOf(entry, 'thread')) !== undefined &&
        typeof fieldOf(entry, 'handoverId') === 'string' &&
        isTime(fieldOf(entry, 'addedAtMs')),
    ),
  };
}

export function bucketNamesOf(value: unknown): { readonly buckets: readonly BucketName[] } | undefined {
  const buckets = fieldOf(value, 'buckets');
  if (!isArray(buckets)) return undefined;
  return {
    buckets: itemsOf(buckets).filter((name): name is BucketName => typeof name === 'string' && /^\d+\.\d+$/.test(name)),
  };
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

function isDeadline(value: unknown): boolean {
  return isTime(fieldOf(value, 'atMs')) && typeof fieldOf(value, 'bucket') === 'string';
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}
