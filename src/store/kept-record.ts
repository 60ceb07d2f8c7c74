/** Reads and writes a thread's record as it lies in Redis, see `redis-record-scripts.ts`. Never throws. */
import { decoded } from '../thread/key.js';
import type { StoredRecord, ThreadStoreBot } from '../thread/store.js';
import { bodyIn } from './unreadable-record.js';

/** What was found under a thread's key. */
export type KeptRecord = { readonly kind: 'nothing' } | KeptText | Unreadable;

/** A record with a header. */
export interface KeptText {
  readonly kind: 'record';
  readonly version: string;
  /** Encoded as in the header; absent: no open handover. */
  readonly openId: string | undefined;
  /** What {@link keptTextOf} made. */
  readonly text: string;
}

/** A record that nobody can read. */
export interface Unreadable {
  readonly kind: 'unreadable';
  /** Names what was found when it is set aside. */
  readonly version: string;
  readonly why: string;
}

/** What the scripts answer as the version if there is no header. */
const NO_HEADER = '?';
/** What stands for "no open handover" in a header. */
export const NOT_OPEN = '-';
const [FORGETTABLE, TO_KEEP] = ['f', 'k'];

/** The text behind the header: whether a store may forget the record, and its body. */
export function keptTextOf({ forgettable, body }: StoredRecord): string {
  return `${forgettable ? FORGETTABLE : TO_KEEP} ${JSON.stringify(body)}`;
}

/** The header. */
export function keptRecordOf(kept: string): KeptRecord {
  if (kept === '') return { kind: 'nothing' };
  const header = /^(\S+) \d+ (\S+) /.exec(kept);
  const [whole = '', version = '', openId] = header ?? [];
  if (header === null || version.startsWith(NO_HEADER)) {
    return { kind: 'unreadable', version: NO_HEADER, why: 'it does not begin as a record does' };
  }
  return {
    kind: 'record',
    version,
    openId: openId === NOT_OPEN ? undefined : openId,
    text: kept.slice(whole.length),
  };
}

/** The record behind a header. @param faultOf absent: any JSON is a body */
export function recordIn(kept: KeptText, faultOf?: ThreadStoreBot['faultOf']): StoredRecord | Unreadable {
  const { version, openId, text } = kept;
  const unreadable = (why: string): Unreadable => ({ kind: 'unreadable', version, why });
  const flag = text.slice(0, 2);
  if (flag !== `${FORGETTABLE} ` && flag !== `${TO_KEEP} `) return unreadable('it does not begin as a record does');
  const read = bodyIn(text.slice(flag.length), faultOf);
  if (typeof read === 'string') return unreadable(read);
  const forgettable = flag === `${FORGETTABLE} `;
  if (openId === undefined) return { forgettable, ...read };
  const openHandoverId = decoded(openId);
  return openHandoverId === undefined ? unreadable('its header is damaged') : { openHandoverId, forgettable, ...read };
}
