/**
 * Gives an event its apps' true ids, if another parser has rounded them.
 *
 * Azure Bot Service's channel and body parsers read a webhook with `JSON.parse`, which rounds app ids of 16 and 17 digits.
 * An id that arrives exact is never compared like this: it may be another app's.
 */
import type { AppIdField, ThreadEvent } from '../thread/event.js';
import type { AppIds } from './ledger.js';

type Draft = { -readonly [K in keyof ThreadEvent]: ThreadEvent[K] };

/** The event with each rounded id replaced by the configured one that rounds to the same number, if exactly one does. */
export function recoverAppIds(event: ThreadEvent, ids: AppIds): ThreadEvent {
  if (event.roundedAppIds === undefined) return event;
  const recovered: Draft = { ...event };
  const lost: AppIdField[] = [];
  for (const field of event.roundedAppIds) {
    const [match, second] = configuredLike(event[field], ids);
    if (match === undefined || second !== undefined) lost.push(field);
    if (match === undefined) continue;
    // Bot and VCC Live round to one number: neither may be taken for the other.
    if (second === undefined) recovered[field] = match;
    else Reflect.deleteProperty(recovered, field);
  }
  if (lost.length > 0) recovered.roundedAppIds = lost;
  else delete recovered.roundedAppIds;
  return recovered;
}

function configuredLike(rounded: string | undefined, { botAppId, vccLiveAppId }: AppIds): readonly string[] {
  return [botAppId, vccLiveAppId].filter((id) => id !== '' && Number(id) === Number(rounded));
}
