/**
 * Reads a thread's record as it lies in Redis: a header and JSON, see `redis-scripts.ts`. Never throws.
 */
import { faultOfRecord } from '../thread/read-record.js';
import type { ThreadRecord } from '../thread/record.js';

/** What was found under a thread's key. */
export type KeptRecord =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'record'; readonly version: string; readonly expiresAtMs: number; readonly json: string }
  /** `version` names what was found where it is set aside. */
  | Unreadable;

/** A record that nobody can read. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly version: string;
  readonly why: string;
}

/** What the scripts answer as the version where there is no header. */
const NO_HEADER = '?';

/** The header. */
export function keptRecordOf(kept: string | undefined): KeptRecord {
  if (kept === undefined || kept === '') return { kind: 'nothing' };
  const header = /^(\S+) (\d+) \S+ /.exec(kept);
  const [whole = '', version = '', expiresAt] = header ?? [];
  if (header === null || version.startsWith(NO_HEADER)) {
    return { kind: 'unreadable', version: NO_HEADER, why: 'it does not begin as a record does' };
  }
  return { kind: 'record', version, expiresAtMs: Number(expiresAt), json: kept.slice(whole.length) };
}

/** The record behind a header. */
export function recordIn(kept: { readonly version: string; readonly json: string }): ThreadRecord | Unreadable {
  let value: unknown;
  try {
    value = JSON.parse(kept.json);
  } catch {
    return { kind: 'unreadable', version: kept.version, why: 'it is cut off, or no JSON' };
  }
  const fault = faultOfRecord(value);
  if (fault === undefined) return value as ThreadRecord;
  return { kind: 'unreadable', version: kept.version, why: `it is no record, or of another version: ${fault}` };
}
