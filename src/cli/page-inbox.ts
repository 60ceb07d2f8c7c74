/**
 * Meta's Page Inbox: an app of every Page, and no contact centre. The second id is a misprint in Meta's reference.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export const PAGE_INBOX_IDS: readonly string[] = ['263902037430900', '26390203743090'];
