/**
 * Makes Bot Framework activities of Messenger's webhook items.
 *
 * Exists so that a bot sees the activities it knows from the stock Facebook adapter. The way out is in
 * `messages-from-activity.ts`.
 */
import type { ThreadEvent } from '../thread/event.js';
import { fieldOf, idOf, isRecord, keysOf, stringOf } from '../thread/read-unknown.js';
import { userRefOf } from './user-ref.js';
import type { Activity } from './activity.js';

/** An activity of a webhook's item. `channelData` is the item, with the fields of its message beside it. */
export interface MessengerActivity extends Activity {
  readonly channelData: Record<string, unknown>;
  readonly timestamp: Date;
}

/** Kinds whose `mid` is their own; those of reactions, edits and removals name another message. */
const NAMED_BY_MID: ReadonlySet<string> = new Set(['message', 'postback', 'echo']);

/**
 * The activity that the stock Facebook adapter makes of the same item, with these differences: `channelData` is a copy,
 * so that the item stays as it came; `id` is the message id if there is one.
 *
 * - message → `message` with its text; postback → `message` with the payload as text; anything else → `event` with
 *   `text: null`; echo → `event` whose conversation is the Page
 * - `channelData` has the fields of `message`, too (mid, attachments, quick_reply …)
 * - on standby `channelData.standby` is true, and the type is that of a live event: look there before you answer
 *
 * `undefined` if no turn can be made: an item without a sender (`app_roles`, `policy_enforcement`) and anything from
 * `changes`. A customer without a PSID has a `user_ref`, of the checkbox plugin's opt-in or the sender, which stands in for it.
 * @param now time of the activity, as in the stock adapter the time of arrival. Default: this machine's clock
 */
export function activityFromEvent(
  event: ThreadEvent,
  now: () => Date = () => new Date(),
): MessengerActivity | undefined {
  if (event.channel === 'changes' || !isRecord(event.raw)) return undefined;
  const sender = fieldOf(event.raw, 'sender');
  const userRef = userRefOf(event.raw);
  const senderId = idOf(fieldOf(sender, 'id')) ?? userRef;
  const recipientId = idOf(fieldOf(fieldOf(event.raw, 'recipient'), 'id')) ?? event.pageId;
  if (senderId === undefined || recipientId === undefined) return undefined;

  const activity: MessengerActivity = {
    channelId: 'facebook',
    timestamp: now(),
    conversation: { id: senderId },
    from: { id: senderId, name: senderId },
    recipient: { id: recipientId, name: recipientId },
    channelData: channelDataOf(event, userRef),
    type: 'event',
  };
  if (event.mid !== undefined && !event.isDeleted && NAMED_BY_MID.has(event.kind)) activity.id = event.mid;
  setTypeAndText(activity, event.raw);
  return activity;
}

/** The stock adapter copies the fields of the message onto the item itself; here they go onto the copy. */
function channelDataOf(event: ThreadEvent, userRef: string | undefined): Record<string, unknown> {
  const message = objectUnder(event.raw, 'message');
  const channelData = copyOf(event.raw, message);
  if (userRef !== undefined) channelData['sender'] = { ...objectUnder(event.raw, 'sender'), id: userRef };
  if (event.channel === 'standby') channelData['standby'] = true; // last: no field of the message may say otherwise
  return channelData;
}

/**
 * Both objects in one. Not with a spread: on Node 20 that takes ten times as long.
 * `__proto__` is left out: to assign it would change what the object inherits, here or in the next copy that somebody makes.
 */
function copyOf(item: unknown, message: object | undefined): Record<string, unknown> {
  try {
    if (isRecord(item) && !hasProto(item) && !(message && hasProto(message))) return Object.assign({}, item, message);
  } catch {
    // A field that refuses to be read; it is left out below.
  }
  const copy: Record<string, unknown> = {};
  for (const from of [item, message]) {
    for (const key of keysOf(from)) {
      if (key !== '__proto__') copy[key] = fieldOf(from, key);
    }
  }
  return copy;
}

function hasProto(value: object): boolean {
  return Object.hasOwn(value, '__proto__');
}

function setTypeAndText(activity: MessengerActivity, item: unknown): void {
  const message = objectUnder(item, 'message');
  const said = message ?? objectUnder(item, 'postback');
  if (said === undefined) {
    activity.text = null;
    return;
  }
  if (message === undefined || !fieldOf(message, 'is_echo')) activity.type = 'message';
  const text = stringOf(fieldOf(said, message === undefined ? 'payload' : 'text'));
  if (text !== undefined) activity.text = text;
}

function objectUnder(item: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const value = fieldOf(item, key);
  return isRecord(value) ? value : undefined;
}
