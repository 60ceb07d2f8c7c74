/**
 * Apps of Meta's own that may own a thread of any Page, by id. None of them is a bot's, or a contact centre's.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */

const PAGE_INBOX = "Meta's Page Inbox";
const BUSINESS_AI = "Meta's Business AI";

const NAMES: ReadonlyMap<string, string> = new Map([
  ['263902037430900', PAGE_INBOX],
  // A misprint in Meta's reference.
  ['26390203743090', PAGE_INBOX],
  ['1217981644879628', "Meta's Instagram Inbox"],
  ['413038776280800', "Meta's lead generation"],
  // Two observers, one id each; one of them calls the second historical.
  ['622851382610562', BUSINESS_AI],
  ['928891643393937', BUSINESS_AI],
]);

/** What an app of Meta's own is called; `undefined` for every other app. */
export function nameOfMetasApp(appId: string): string | undefined {
  return NAMES.get(appId);
}

/** Whether the id is that of the Page Inbox. */
export function isPageInbox(appId: string): boolean {
  return NAMES.get(appId) === PAGE_INBOX;
}
