/**
 * Makes the messages of the Send API out of an outgoing activity, and lists what of it Messenger has no form for.
 *
 * Exists so that what the stock adapter drops on the way out (typing, attachments, cards, suggested actions, long texts)
 * reaches the customer, and so that nothing else is dropped without a word. Pure: the adapter sends and tells.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import { fieldOf, idOf, isRecord, stringOf } from '../thread/read-unknown.js';
import type { UploadFile } from '../graph/graph-call.js';
import { attachmentParts } from './messenger-cards/attachment-kinds.js';
import { quickRepliesOf } from './messenger-cards/card-actions.js';
import { cut, textParts } from './messenger-cards/fit-text.js';
import type { Loss } from './messenger-cards/losses.js';
import { Losses } from './messenger-cards/losses.js';
import type { Draft, MessagePart, MessengerMessage, MessengerQuickReply } from './messenger-cards/messenger-message.js';
import { limits, nonEmptyString } from './messenger-cards/messenger-message.js';
import type { Activity } from './activity.js';

/** Whom a message goes to: a customer with a PSID, or one whom Meta names by a `user_ref` (the checkbox plugin). */
export type MessengerRecipient = { readonly id: string } | { readonly user_ref: string };

/** One body of `POST /me/messages`. Properties that do not apply are absent, never `undefined`. */
export interface MessengerSendBody {
  readonly recipient: MessengerRecipient;
  /** `RESPONSE` unless the bot set another in `channelData.messaging_type`. Absent with `sender_action`. */
  readonly messaging_type?: string;
  /** Absent with `sender_action`. */
  readonly message?: MessengerMessage;
  readonly tag?: string;
  readonly notification_type?: string;
  readonly persona_id?: string;
  /** `typing_on`, `typing_off`, `mark_seen`. Messenger takes it only in a request without a message. */
  readonly sender_action?: string;
}

/** One request, and the file that is uploaded with it. */
export interface OutgoingMessage {
  readonly body: MessengerSendBody;
  readonly file?: UploadFile;
}

/** What becomes of an activity. */
export interface Translation {
  /** In the order in which they are to be sent. */
  readonly messages: readonly OutgoingMessage[];
  /** What Messenger has no form for, or not the same one. */
  readonly losses: readonly Loss[];
}

/**
 * The messages of one outgoing activity.
 *
 * - `typing` → `sender_action: typing_on`; other types than `message` → nothing
 * - `message` → the parts that Messenger takes one at a time: `channelData.sender_action`, the text (split if it has
 *   more than 2000 characters), `channelData.sticker_id`, `channelData.attachment`, and `attachments` as
 *   `messenger-cards/attachment-kinds.ts` says
 * - the last of them has the quick replies: `channelData.quick_replies` as the bot built them, else `suggestedActions`
 * - `channelData.messaging_type`, `tag`, `notification_type`, `persona_id` and `metadata` go on every one of them; a tag
 *   (`HUMAN_AGENT` for one) is the bot's own doing
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
export function messagesFromActivity(activity: Activity, recipient: MessengerRecipient): Translation {
  const channelData: unknown = activity.channelData;
  const senderAction = nonEmptyString(fieldOf(channelData, 'sender_action'));

  if (activity.type === 'typing')
    return { messages: [actionMessage(recipient, channelData, senderAction)], losses: [] };
  if (activity.type !== 'message') return NOTHING;

  const losses = new Losses();
  const parts = messageParts(activity, losses);
  addQuickReplies(parts, activity, quickRepliesOf(activity, losses));
  const messages = parts.map(({ message, file }): OutgoingMessage => {
    const body = messageBody(recipient, channelData, message);
    return file === undefined ? { body } : { body, file };
  });
  if (senderAction !== undefined) messages.unshift(actionMessage(recipient, channelData, senderAction));
  return { messages, losses: losses.list() };
}

const NOTHING: Translation = { messages: [], losses: [] };

/** Bodies are set field by field: to put them together out of parts takes several times as long, for every message. */
function messageBody(
  recipient: MessengerRecipient,
  channelData: unknown,
  message: Draft<MessengerMessage>,
): MessengerSendBody {
  const body: Draft<MessengerSendBody> = { recipient, messaging_type: 'RESPONSE' };
  if (isRecord(channelData)) setEnvelope(body, message, channelData);
  body.message = message;
  return body;
}

function setEnvelope(body: Draft<MessengerSendBody>, message: Draft<MessengerMessage>, channelData: object): void {
  const type = nonEmptyString(fieldOf(channelData, 'messaging_type'));
  if (type !== undefined) body.messaging_type = type;
  const tag = nonEmptyString(fieldOf(channelData, 'tag'));
  if (tag !== undefined) body.tag = tag;
  const notificationType = nonEmptyString(fieldOf(channelData, 'notification_type'));
  if (notificationType !== undefined) body.notification_type = notificationType;
  setPersona(body, channelData);
  const metadata = stringOf(fieldOf(channelData, 'metadata'));
  if (metadata !== undefined) message.metadata = metadata;
}

function actionMessage(
  recipient: MessengerRecipient,
  channelData: unknown,
  senderAction = 'typing_on',
): OutgoingMessage {
  const body: Draft<MessengerSendBody> = { recipient };
  setPersona(body, channelData);
  body.sender_action = senderAction;
  return { body };
}

function setPersona(body: Draft<MessengerSendBody>, channelData: unknown): void {
  const persona = idOf(fieldOf(channelData, 'persona_id'));
  if (persona !== undefined) body.persona_id = persona;
}

function messageParts(activity: Activity, losses: Losses): MessagePart[] {
  const parts = textParts(stringOf(activity.text) ?? '');
  const stickerId = fieldOf(activity.channelData, 'sticker_id');
  if (isStickerId(stickerId)) parts.push({ message: { sticker_id: stickerId } });
  const attachment = fieldOf(activity.channelData, 'attachment');
  if (isRecord(attachment)) parts.push({ message: { attachment } });
  parts.push(...attachmentParts(activity, losses));
  return parts;
}

function isStickerId(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && Boolean(value);
}

/**
 * Quick replies need a message. Suggested actions without one get their titles as its text; the bot's own
 * quick replies are sent alone, because Messenger's refusal tells the developer and silence would not.
 */
function addQuickReplies(
  parts: MessagePart[],
  { channelData }: Activity,
  quickReplies: readonly MessengerQuickReply[],
): void {
  if (quickReplies.length === 0) return;
  const last = parts.at(-1);
  if (last !== undefined) {
    last.message.quick_replies = quickReplies;
    return;
  }
  const own: unknown = fieldOf(channelData, 'quick_replies');
  if (own === undefined || own === null) {
    const titles = quickReplies.map((reply) => String(reply['title'])).join(' / ');
    parts.push({ message: { text: cut(titles, limits.text), quick_replies: quickReplies } });
  } else if (nonEmptyString(fieldOf(channelData, 'sender_action')) === undefined) {
    parts.push({ message: { quick_replies: quickReplies } });
  }
}
