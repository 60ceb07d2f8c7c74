/**
 * Finds the thread of a closed chat in VCC Live's chat log: a function for the option `threadOf` of `vccLiveWebhook`.
 *
 * VCC Live publishes no field of the log that holds a PSID. So this file finds the row of the chat, and the application says
 * which thread the row belongs to.
 * @see https://vcc.live/developers/database-api/chat/getchatlog
 */
import { HandoverError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { ChatClosed, VccLiveEvent } from '../thread/vcc-live-event.js';
import type { VccLiveChat } from './chat-log.js';
import { mayBeMessenger, readChat } from './chat-log.js';
import type { VccLiveDatabaseOptions } from './database-api.js';
import { checkOption, VccLiveDatabase } from './database-api.js';

export type { VccLiveChat } from './chat-log.js';

/** How the chat log is read, and how a chat is joined to a thread. */
export interface VccLiveChatsOptions extends VccLiveDatabaseOptions {
  /**
   * Says which thread a chat belongs to: by session id, by visitor, or by a time in `chat.raw`. `undefined` if it cannot tell.
   * The answer counts only if that thread has an open handover.
   */
  readonly threadOf: (chat: VccLiveChat, event: ChatClosed) => ThreadKey | undefined | Promise<ThreadKey | undefined>;
}

const PAGE_LENGTH = 100;
/** 500 chats of one customer. */
const MAX_PAGES = 5;

/**
 * A function for `vccLiveWebhook({ threadOf })`. It asks VCC Live for the chats of the report's `entityId` and takes the one with
 * the report's `chatId`. It answers `undefined` for tickets, for reports without these two ids, for chats that are not
 * in the log, and for web chats and Telegram.
 *
 * The function rejects if VCC Live cannot be asked. The route then answers 500, and VCC Live sends the report again.
 * @throws {@link InvalidOptionError} naming the option
 */
export function vccLiveChats(options: VccLiveChatsOptions): (event: VccLiveEvent) => Promise<ThreadKey | undefined> {
  const database = new VccLiveDatabase(options, ['threadOf']);
  const { threadOf } = options;
  checkOption(typeof threadOf === 'function', 'threadOf', 'a function (chat, event) => { pageId, psid } | undefined');
  return async (event) => {
    if (event.kind !== 'chatClosed' || event.chatId === undefined || event.entityId === undefined) return undefined;
    const chat = await chatIn(database, event.chatId, event.entityId);
    return chat && mayBeMessenger(chat) ? threadOf(chat, event) : undefined;
  };
}

/** The order of the log is not published, so every page is read until one has the chat. */
async function chatIn(database: VccLiveDatabase, chatId: string, entityId: string): Promise<VccLiveChat | undefined> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await database.rows(`projects/${database.projectId}/chats`, {
      entityId,
      start: String(page * PAGE_LENGTH),
      limit: String(PAGE_LENGTH),
    });
    if (answer.kind === 'unusable') throw unreadable(database, answer.why);
    const found = answer.rows.map(readChat).find((chat) => chat.chatId === chatId);
    if (found || answer.rows.length < PAGE_LENGTH) return found;
  }
  return undefined;
}

/** The error has no details: the route logs its class alone, and the line here says why. */
function unreadable(database: VccLiveDatabase, reason: string): HandoverError {
  database.warn(
    reason,
    (why) =>
      `VCC Live's chat log cannot be read, so a closed chat has no thread yet: ${why}. VCC Live gets the answer 500 and may ` +
      'send the report again. Check customer, apiKey and projectId of vccLiveChats.',
  );
  return new HandoverError('unexpected', "VCC Live's chat log cannot be read. The log says why.");
}
