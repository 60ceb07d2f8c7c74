/**
 * How Redis names a deadline and a thread in its sets, and how that is read again.
 *
 * Exists because a member that nobody can read must not keep the deadlines of all other threads from coming.
 */
import type { ThreadKey } from '../thread/key.js';
import { encodedText, threadId } from '../thread/key.js';
import type { DueTime } from '../thread/store.js';

/** All deadlines of a thread begin alike, and those of no other thread do. */
export function memberOf(thread: ThreadKey, name: string): string {
  return `${threadId(thread)} ${encodedText(name)}`;
}

/** The deadline of a member; `undefined` if it cannot be read. */
export function dueTimeOf(member: string, atMs: number): DueTime | undefined {
  const [id = '', encoded] = member.split(' ');
  const thread = threadOf(id);
  const name = encoded === undefined ? undefined : decoded(encoded);
  return thread === undefined || name === undefined || !Number.isFinite(atMs) ? undefined : { thread, name, atMs };
}

/** The thread of an id, see `threadId`; `undefined` if it cannot be read. */
export function threadOf(id: string): ThreadKey | undefined {
  const [page, customer, more] = id.split('/');
  if (page === undefined || customer === undefined || more !== undefined) return undefined;
  const [pageId, psid] = [decoded(page), decoded(customer)];
  return pageId === undefined || psid === undefined ? undefined : { pageId, psid };
}

/** A text that `encodedText` made; `undefined` if it made none such. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
