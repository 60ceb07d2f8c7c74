/** Meta's Page Inbox: an app of every Page, and no contact centre. */
import { idsOfMetaApp } from '../thread/meta-apps.js';

export const PAGE_INBOX_IDS: readonly string[] = idsOfMetaApp('pageInbox');
