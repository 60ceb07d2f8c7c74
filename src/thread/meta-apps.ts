/**
 * Apps of Meta's own that may have a thread. None of them is a bot's, or a contact centre's.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */

/** An app of Meta's own. `businessAi`: Meta's AI agent, which may take a thread from any app of the Page. */
export type MetaApp = 'pageInbox' | 'instagramInbox' | 'leadGeneration' | 'businessAi';

/** `26390203743090` is a misprint of the Page Inbox in Meta's reference. Two ids of Business AI were observed. */
const APP_OF_ID: ReadonlyMap<string, MetaApp> = new Map([
  ['263902037430900', 'pageInbox'],
  ['26390203743090', 'pageInbox'],
  ['1217981644879628', 'instagramInbox'],
  ['413038776280800', 'leadGeneration'],
  ['622851382610562', 'businessAi'],
  ['928891643393937', 'businessAi'],
]);

const NAMES: Readonly<Record<MetaApp, string>> = {
  pageInbox: "Meta's Page Inbox",
  instagramInbox: "Meta's Instagram Inbox",
  leadGeneration: "Meta's lead generation",
  businessAi: "Meta's Business AI",
};

/** The metadata with which Meta's Business AI takes a thread, as observed. */
export const BUSINESS_AI_TAKE = 'axon_take_thread_control';

/** Which app of Meta's own has this id, if any has. */
export function metaAppOf(appId: string | undefined): MetaApp | undefined {
  return appId === undefined ? undefined : APP_OF_ID.get(appId);
}

/** An app as a log line names it: `Meta's Page Inbox (app 263902037430900)`, `app 900100200300400`. */
export function nameOfApp(appId: string): string {
  const name = nameOfMetasApp(appId);
  return name === undefined ? `app ${appId}` : `${name} (app ${appId})`;
}

/** What an app of Meta's own is called; `undefined` for every other app. */
export function nameOfMetasApp(appId: string): string | undefined {
  const app = metaAppOf(appId);
  return app && NAMES[app];
}
