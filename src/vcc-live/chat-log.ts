/**
 * Reads the rows of VCC Live's chat log, `GET projects/<projectid>/chats`. Pure.
 * @see https://vcc.live/developers/database-api/chat/getchatlog
 */
import { fieldOf, idOf, stringOf } from '../thread/read-unknown.js';
import type { DatabaseRow } from './database-answer.js';

/** A chat in VCC Live's log. A field is `undefined` if the row lacks it. */
export interface VccLiveChat {
  readonly chatId: string | undefined;
  readonly entityId: string | undefined;
  readonly contactId: string | undefined;
  readonly ticketId: string | undefined;
  /** VCC Live does not publish what it holds for a Messenger chat. Check in your account whether it is the PSID. */
  readonly sessionId: string | undefined;
  /** `webchat`, `telegram` or `messenger`. */
  readonly type: string | undefined;
  readonly pageName: string | undefined;
  readonly visitorName: string | undefined;
  /** The whole row, times and agents included. */
  readonly raw: DatabaseRow;
}

/** The chat in a row. */
export function readChat(row: DatabaseRow): VccLiveChat {
  return {
    chatId: idOf(fieldOf(row, 'chatId')),
    entityId: idOf(fieldOf(row, 'entityId')),
    contactId: idOf(fieldOf(row, 'contactId')),
    ticketId: idOf(fieldOf(row, 'ticketId')),
    sessionId: idOf(fieldOf(row, 'sessionId')),
    type: stringOf(fieldOf(row, 'type')),
    pageName: stringOf(fieldOf(row, 'pageName')),
    visitorName: stringOf(fieldOf(row, 'visitorName')),
    raw: row,
  };
}

/** Whether a chat may be a Messenger conversation: its row says so, or says nothing. */
export function mayBeMessenger({ type }: VccLiveChat): boolean {
  return type === undefined || type.trim() === '' || type.trim().toLowerCase() === 'messenger';
}
