/** Reads and writes a thread's record as it lies in Redis, see `redis-record-scripts.ts`. Never throws. */
import { decoded } from '../../thread/key.js';
import type { StoredRecord, ThreadStoreBot } from '../../thread/store.js';
import { bodyIn } from '../unreadable-record.js';

/** A record and the write that made it; version empty: there is none. */
export interface Seen {
  readonly version: string;
  readonly record: StoredRecord | undefined;
  /** What is there, if that is no record. */
  readonly unreadable?: Unreadable;
}

/** A record that nobody can read. */
export interface Unreadable {
  /** Names what was found when it is set aside. */
  readonly version: string;
  readonly why: string;
}

export const NOTHING: Seen = { version: '', record: undefined };
/** What stands for "no open handover" in a header. */
export const NOT_OPEN = '-';
/** What the scripts answer as the version if there is no header. */
const NO_HEADER = '?';
const [FORGETTABLE, TO_KEEP] = ['f', 'k'];
/** Version, time and open handover, as the scripts read them; then whether a store may forget the record. */
const BEFORE_BODY = /^([\w-]+) \d+ ([^ ]+) (?:([fk]) )?/;

/** The text behind the header: whether a store may forget the record, and its body. */
export function keptTextOf({ forgettable, body }: StoredRecord): string {
  return `${forgettable ? FORGETTABLE : TO_KEEP} ${JSON.stringify(body)}`;
}

/**
 * What a script found under a thread's key.
 * @param known what was seen last: it is not parsed again
 * @param faultOf absent: any JSON is a body
 */
export function seenIn(kept: string, known: Seen | undefined, faultOf?: ThreadStoreBot['faultOf']): Seen {
  if (kept === '') return NOTHING;
  const [before = '', version = NO_HEADER, openId = NOT_OPEN, flag] = BEFORE_BODY.exec(kept) ?? [];
  const unreadable = (why: string): Seen => ({ ...NOTHING, unreadable: { version, why } });
  if (flag === undefined) return unreadable('it does not begin as a record does');
  if (known?.version === version) return known;
  const read = bodyIn(kept.slice(before.length), faultOf);
  if (typeof read === 'string') return unreadable(read);
  const record = { forgettable: flag === FORGETTABLE, ...read };
  if (openId === NOT_OPEN) return { version, record };
  const openHandoverId = decoded(openId);
  return openHandoverId === undefined
    ? unreadable('its header is damaged')
    : { version, record: { openHandoverId, ...record } };
}
