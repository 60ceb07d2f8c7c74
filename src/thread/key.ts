/**
 * Which conversation: one customer on one Page. PSIDs are scoped to their Page, so neither id alone names a thread.
 * @see https://developers.facebook.com/docs/messenger-platform/identity/overview
 */
export interface ThreadKey {
  /** Facebook Page id, digits. */
  readonly pageId: string;
  /** Page-scoped id of the customer, digits. */
  readonly psid: string;
}

/** One string for a thread, for use as a map or storage key. `{pageId:'1', psid:'2'}` → `'1/2'`. */
export function threadId(thread: ThreadKey): string {
  return `${encodeURIComponent(thread.pageId)}/${encodeURIComponent(thread.psid)}`;
}
