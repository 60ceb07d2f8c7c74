/**
 * Reads what `GET /me/thread_owner` says.
 *
 * The answer has several forms: Meta hides the app from some callers, leaves the list empty for idle
 * threads, and writes ids and times as numbers in some places and as strings in others.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { AppId } from '../thread/ids.js';
import { idOf, isRecord } from '../thread/read-unknown.js';

/** When the question was sent and answered. Our clock, milliseconds since 1970. */
export interface AskedAt {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** An owner as Meta names it, without the times of the question. */
export type NamedByMeta =
  | { readonly owner: 'app'; readonly appId: AppId; readonly expiresAtMs?: number }
  | { readonly owner: 'hidden'; readonly expiresAtMs?: number }
  | { readonly owner: 'idle' };

/**
 * Who owns the thread, as Meta says.
 * - `app`: this app, until `expiresAtMs` (Meta's clock, milliseconds since 1970; absent if Meta gave none)
 * - `hidden`: an app that is not the caller, and the caller is not the default application, so that it is not named
 * - `idle`: no app
 */
export type OwnerAnswer = NamedByMeta & AskedAt;

/** Times below this are seconds: as milliseconds it is March 1973, as seconds the year 5138. */
const SECONDS_BELOW = 1e11;

/**
 * The owner in the JSON of an answer, or `undefined` if it has none of the known forms.
 *
 * Meta calls the answer for an idle thread "empty" and does not print it, so every empty form counts.
 * `{"data":[]}` and `{}` → idle · `{"data":[{"thread_owner":{"expiration":1790086400}}]}` → hidden ·
 * `{"data":[{"thread_owner":{"app_id":9001,"expiration":1790086400}}]}` → app `'9001'`.
 */
export function readOwner(answer: unknown): NamedByMeta | undefined {
  if (!isRecord(answer)) return undefined;
  if ('thread_owner' in answer) return readThreadOwner(answer['thread_owner']);
  const data = answer['data'];
  if (data === null || Object.keys(answer).length === 0) return { owner: 'idle' };
  if (isRecord(data)) return readThreadOwner(data['thread_owner']);
  if (!Array.isArray(data)) return undefined;
  if (data.length === 0) return { owner: 'idle' };
  const first: unknown = data[0];
  return isRecord(first) ? readThreadOwner(first['thread_owner']) : undefined;
}

/** Whether the caller owns the thread, in the answer of `GET /me/conversations?fields=is_owner`; `undefined` if it does not tell. */
export function readIsOwner(answer: unknown): boolean | undefined {
  const data = isRecord(answer) ? answer['data'] : undefined;
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const flag = isRecord(first) ? first['is_owner'] : undefined;
  return typeof flag === 'boolean' ? flag : undefined;
}

function readThreadOwner(value: unknown): NamedByMeta | undefined {
  if (value === undefined || value === null) return { owner: 'idle' };
  if (!isRecord(value)) return undefined;
  const expires = expiration(value['expiration']);
  const appId = value['app_id'];
  if (appId === undefined || appId === null || appId === '') return { owner: 'hidden', ...expires };
  const id = idOf(appId);
  return id === undefined ? undefined : { owner: 'app', appId: id, ...expires };
}

function expiration(value: unknown): { readonly expiresAtMs?: number } {
  const time = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof time !== 'number' || !Number.isFinite(time) || time <= 0) return {};
  return { expiresAtMs: time < SECONDS_BELOW ? time * 1000 : time };
}
