/**
 * Reads the answer of VCC Live's `GET onlineusers/<projectid>` and says whether an agent is available. Pure.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import { fieldOf, idOf, isArray, isRecord, itemsOf, stringOf } from '../thread/read-unknown.js';

/** A person who is logged in to a VCC Live project. VCC Live does not publish the list of states. */
export interface VccLiveUser {
  readonly userId: string;
  readonly username: string | undefined;
  /** As VCC Live names it: `AVAILABLE4CALL`. Empty when the row has none. */
  readonly state: string;
  /** The person has more chats than the project's soft limit. */
  readonly softLimitReached: boolean;
  /** The person has as many chats as the project allows, and gets no further one. */
  readonly hardLimitReached: boolean;
}

/** What VCC Live answered: its users, or why the answer says nothing. */
export type OnlineUsers =
  | { readonly kind: 'users'; readonly users: readonly VccLiveUser[] }
  | { readonly kind: 'unusable'; readonly why: string };

/** VCC Live's texts are copied into a log line up to here. */
const MAX_ERROR_LENGTH = 200;

/** Reads the body of an answer. @param body parsed JSON, whatever it is */
export function readOnlineUsers(body: unknown): OnlineUsers {
  const errors = itemsOf(fieldOf(body, 'errors'));
  if (errors.length > 0) return { kind: 'unusable', why: `VCC Live reports the error ${textOfError(errors[0])}` };
  const response = fieldOf(body, 'response');
  if (!isArray(response)) return { kind: 'unusable', why: 'the answer has no list "response"' };
  const users = itemsOf(response).filter(isRecord).map(readUser);
  if (response.length > 0 && users.length === 0) return { kind: 'unusable', why: 'the list "response" has no objects' };
  return { kind: 'users', users };
}

/** Whether one of these people can take a chat. @param counts whether a person's state counts; asked of those below their limit */
export function someoneIsAvailable(users: readonly VccLiveUser[], counts: (user: VccLiveUser) => boolean): boolean {
  return users.some((user) => !user.hardLimitReached && counts(user));
}

function readUser(row: Readonly<Record<string, unknown>>): VccLiveUser {
  return {
    userId: idOf(fieldOf(row, 'userId')) ?? '',
    username: stringOf(fieldOf(row, 'username')),
    state: stringOf(fieldOf(row, 'state')) ?? '',
    softLimitReached: isTrue(fieldOf(row, 'softLimitReached')),
    hardLimitReached: isTrue(fieldOf(row, 'hardLimitReached')),
  };
}

/** VCC Live does not publish the type of its flags; databases often give 1 or "1". */
function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true';
}

function textOfError(error: unknown): string {
  const text = stringOf(error) ?? stringOf(fieldOf(error, 'message')) ?? 'without a text';
  return JSON.stringify(text.slice(0, MAX_ERROR_LENGTH));
}
