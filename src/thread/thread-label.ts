/**
 * A short name for a thread in logs that does not show the customer's id.
 *
 * A PSID names a person to everybody who has the Page's token, and logs travel further than stores.
 */
import { createHash } from 'node:crypto';
import type { ThreadKey } from './key.js';
import { threadId } from './key.js';

/** Enough to follow one thread among some hundred thousand. */
const LABEL_LENGTH = 10;

/**
 * The first ten hexadecimal digits of the SHA-256 of Page and customer: the same in every process and after every
 * restart, so lines of one thread can be found, also by a PSID. A pseudonym, not anonymity. `{ pageId: '1', psid: '2' }` → `'d939926f05'`.
 */
export function threadLabel(thread: ThreadKey): string {
  return labelOfId(threadId(thread));
}

/** The same, for a thread that is known by {@link threadId}. */
export function labelOfId(id: string): string {
  return createHash('sha256').update(id, 'utf8').digest('hex').slice(0, LABEL_LENGTH);
}
