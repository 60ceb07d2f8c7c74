/**
 * Reads the rows of VCC Live's `GET onlineusers/<projectid>` and says whether an agent is available. Pure.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import { fieldOf, idOf, stringOf } from '../thread/read-unknown.js';
import type { DatabaseRow } from './database-answer.js';

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

/** The person in a row. */
export function readUser(row: DatabaseRow): VccLiveUser {
  return {
    userId: idOf(fieldOf(row, 'userId')) ?? '',
    username: stringOf(fieldOf(row, 'username')),
    state: stringOf(fieldOf(row, 'state')) ?? '',
    softLimitReached: isTrue(fieldOf(row, 'softLimitReached')),
    hardLimitReached: isTrue(fieldOf(row, 'hardLimitReached')),
  };
}

/** Whether one of these people can take a chat. @param counts whether a person's state counts; asked of those below their limit */
export function someoneIsAvailable(users: readonly VccLiveUser[], counts: (user: VccLiveUser) => boolean): boolean {
  return users.some((user) => !user.hardLimitReached && counts(user));
}

/** VCC Live does not publish the type of its flags; databases often give 1 or "1". */
function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true';
}
