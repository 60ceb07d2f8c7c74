/** The apps of Meta's own that may be connected to a Page, by id. None of them is a bot's, or a contact centre's. */

/**
 * What each app is called. The second id of the Page Inbox is a misprint in Meta's reference.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export const APPS_OF_META: ReadonlyMap<string, string> = new Map([
  ['263902037430900', 'Page Inbox'],
  ['26390203743090', 'Page Inbox'],
  ['1217981644879628', 'Instagram Inbox'],
  ['413038776280800', 'lead generation'],
  ['622851382610562', 'Business AI'],
  ['928891643393937', 'Business AI'],
]);
