/**
 * Names a conversation: one customer on one Page. PSIDs are scoped to their Page, so neither id alone names a thread.
 * @see https://developers.facebook.com/docs/messenger-platform/identity/overview
 */
import type { PageId, Psid } from './ids.js';

export interface ThreadKey {
  /** Facebook Page id, digits. */
  readonly pageId: PageId;
  /** Page-scoped id of the customer, digits. */
  readonly psid: Psid;
}

/** Half of a surrogate pair, which JSON may hold and no encoding can carry. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** What Meta's ids consist of; nothing in it has to be encoded. */
const PLAIN = /^[0-9A-Za-z_-]*$/;

/** The last one made: an event asks for that of its thread a dozen times in a row, and a map finds a known string sooner. */
let last = { pageId: '', psid: '', id: '/' };

/** One string for a thread, for use as a map or storage key. `{pageId:'1', psid:'2'}` → `'1/2'`. Never throws. */
export function threadId({ pageId, psid }: ThreadKey): string {
  if (last.psid !== psid || last.pageId !== pageId) {
    last = { pageId, psid, id: `${encodedText(pageId)}/${encodedText(psid)}` };
  }
  return last.id;
}

/** Any text from outside as part of a key. `encodeURIComponent`, but it never throws: one bad item must not sink a delivery. */
export function encodedText(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(text.replace(LONE_SURROGATE, '\ufffd'));
}

/** The thread of an id that {@link threadId} made; `undefined` if it cannot be read. */
export function threadOf(id: string): ThreadKey | undefined {
  const [page, customer, more] = id.split('/');
  if (page === undefined || customer === undefined || more !== undefined) return undefined;
  const [pageId, psid] = [decoded(page), decoded(customer)];
  return pageId === undefined || psid === undefined ? undefined : { pageId, psid };
}

/** The text that {@link encodedText} made this of; `undefined` if it made none such. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
