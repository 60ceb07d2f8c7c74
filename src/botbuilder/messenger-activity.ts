/**
 * Translates between Messenger's JSON and Bot Framework activities, in both directions.
 *
 * Exists so that a bot sees the activities it knows from the stock Facebook adapter, and so that what the stock adapter
 * drops on the way out (typing, attachments, cards, suggested actions, long texts) reaches the customer.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import type { Activity } from 'botbuilder';
import type { ThreadEvent } from '../thread/event.js';
import { fieldOf, idOf, isRecord, itemsOf, keysOf, presentFields, stringOf } from '../thread/read-unknown.js';
import { userRefOf } from './user-ref.js';

// Messenger's limits, in UTF-16 units; a message beyond one of them is refused as a whole.
const TEXT_MAX_CHARS = 2000;
const QUICK_REPLIES_MAX = 13;
const QUICK_REPLY_TITLE_MAX_CHARS = 20;
const CARD_LINE_MAX_CHARS = 80;
const CARD_BUTTONS_MAX = 3;
const BUTTON_TITLE_MAX_CHARS = 20;
const PAYLOAD_MAX_CHARS = 1000;

const CARD_CONTENT_TYPES: readonly string[] = [
  'application/vnd.microsoft.card.hero',
  'application/vnd.microsoft.card.thumbnail',
];
const MEDIA_CONTENT_TYPE = /^(image|audio|video)(?:\/|$)/i;

/** One body of `POST /me/messages`. Properties that do not apply are absent, never `undefined`. */
export interface MessengerSendBody {
  readonly recipient: { readonly id: string };
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

/** The `message` of a send. Text, sticker and attachment exclude each other. */
export interface MessengerMessage {
  /** At most 2000 characters. */
  readonly text?: string;
  readonly sticker_id?: string | number;
  readonly attachment?: MessengerAttachment;
  /** At most 13. */
  readonly quick_replies?: readonly MessengerQuickReply[];
  /** Comes back on the echo of the message. At most 1000 characters. */
  readonly metadata?: string;
}

/** An attachment as the Send API takes it; `payload` depends on `type`, and what the bot built itself goes out as it is. */
export type MessengerAttachment = Readonly<Record<string, unknown>>;

/** A quick reply as the Send API takes it. */
export interface MessengerQuickReply {
  /** `text` unless the bot set another. */
  readonly content_type: string;
  readonly [field: string]: unknown;
}

/** Kinds whose `mid` is their own; those of reactions, edits and removals name another message. */
const NAMED_BY_MID: ReadonlySet<string> = new Set(['message', 'postback', 'echo']);

/**
 * The activity that the stock Facebook adapter makes of the same item, with these differences: `channelData` is a copy,
 * so that the item stays as it came; `id` is the message id where there is one.
 *
 * - message → `message` with its text; postback → `message` with the payload as text; anything else → `event` with
 *   `text: null`; echo → `event` whose conversation is the Page
 * - the fields of `message` (mid, attachments, quick_reply …) stand on `channelData` too
 * - on standby `channelData.standby` is true, and the type is that of a live event: look there before you answer
 *
 * `undefined` where no turn can be made: an item without a sender (`app_roles`, `policy_enforcement`) and anything from
 * `changes`. A customer without a PSID has a `user_ref`, of the checkbox plugin's opt-in or the sender, which stands in for it.
 * @param now time of the activity, as in the stock adapter the time of arrival. Default: this machine's clock
 */
export function activityFromEvent(
  event: ThreadEvent,
  now: () => Date = () => new Date(),
): Partial<Activity> | undefined {
  if (event.channel === 'changes' || !isRecord(event.raw)) return undefined;
  const sender = fieldOf(event.raw, 'sender');
  const userRef = userRefOf(event.raw);
  const senderId = idOf(fieldOf(sender, 'id')) ?? userRef;
  const recipientId = idOf(fieldOf(fieldOf(event.raw, 'recipient'), 'id')) ?? event.pageId;
  if (senderId === undefined || recipientId === undefined) return undefined;

  const activity: StockActivity = {
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
  return activity as Partial<Activity>;
}

/** Stock activities have a conversation with nothing but an id, and `null` as text, which the types of Bot Framework forbid. */
interface StockActivity {
  readonly channelId: string;
  readonly timestamp: Date;
  readonly conversation: { readonly id: string };
  readonly from: { readonly id: string; readonly name: string };
  readonly recipient: { readonly id: string; readonly name: string };
  readonly channelData: Readonly<Record<string, unknown>>;
  type: string;
  id?: string;
  text?: string | null;
}

/**
 * The bodies of `POST /me/messages` for one outgoing activity, in the order in which they are to be sent.
 *
 * - `typing` → `sender_action: typing_on`; other types than `message` → nothing
 * - `message` → the parts that Messenger takes one at a time: `channelData.sender_action`, the text (split where it is
 *   over 2000 characters), `channelData.sticker_id`, `channelData.attachment`, each of `attachments`
 * - quick replies stand on the last of them: `channelData.quick_replies` as the bot built them, else `suggestedActions`
 * - `channelData.messaging_type`, `tag`, `notification_type`, `persona_id` and `metadata` go on every one of them; a tag
 *   (`HUMAN_AGENT` for one) is the bot's own doing
 * - attachments: images, audio, video and files by `contentUrl`; hero and thumbnail cards as generic template; others
 *   are left out
 * @param recipientId PSID of the customer
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
export function messagesFromActivity(activity: Partial<Activity>, recipientId: string): MessengerSendBody[] {
  const channelData: unknown = activity.channelData;
  const recipient = { id: recipientId };
  const senderAction = nonEmptyString(fieldOf(channelData, 'sender_action'));

  if (activity.type === 'typing') return [actionBody(recipient, channelData, senderAction ?? 'typing_on')];
  if (activity.type !== 'message') return [];

  const messages = withQuickReplies(messageParts(activity), quickRepliesOf(activity), senderAction !== undefined);
  const bodies = messages.map((message) => messageBody(recipient, channelData, message));
  if (senderAction !== undefined) bodies.unshift(actionBody(recipient, channelData, senderAction));
  return bodies;
}

/** Bodies are set field by field: to put them together out of parts takes several times as long, for every message. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

function messageBody(
  recipient: { readonly id: string },
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

function actionBody(recipient: { readonly id: string }, channelData: unknown, senderAction: string): MessengerSendBody {
  const body: Draft<MessengerSendBody> = { recipient };
  setPersona(body, channelData);
  body.sender_action = senderAction;
  return body;
}

function setPersona(body: Draft<MessengerSendBody>, channelData: unknown): void {
  const persona = idOf(fieldOf(channelData, 'persona_id'));
  if (persona !== undefined) body.persona_id = persona;
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

function setTypeAndText(activity: StockActivity, item: unknown): void {
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

function messageParts(activity: Partial<Activity>): Draft<MessengerMessage>[] {
  const parts: Draft<MessengerMessage>[] = [];
  for (const text of splitText(stringOf(activity.text) ?? '')) parts.push({ text });
  const stickerId = fieldOf(activity.channelData, 'sticker_id');
  if (isStickerId(stickerId)) parts.push({ sticker_id: stickerId });
  const attachment = objectUnder(activity.channelData, 'attachment');
  if (attachment !== undefined) parts.push({ attachment });
  for (const each of itemsOf(activity.attachments)) {
    for (const made of messengerAttachments(each)) parts.push({ attachment: made });
  }
  return parts;
}

function isStickerId(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && Boolean(value);
}

/** Breaks at a line break in the second half of what fits, else at the last blank, else between two characters. */
function splitText(text: string): string[] {
  if (text.length <= TEXT_MAX_CHARS) return text.trim() === '' ? [] : [text];
  const parts: string[] = [];
  let rest = text;
  while (rest.length > TEXT_MAX_CHARS) {
    const end = endOfPart(rest);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

function endOfPart(text: string): number {
  const lineBreak = text.lastIndexOf('\n', TEXT_MAX_CHARS);
  if (lineBreak >= TEXT_MAX_CHARS / 2) return lineBreak;
  for (let index = TEXT_MAX_CHARS; index > 0; index -= 1) {
    if (/\s/.test(text.charAt(index))) return index;
  }
  return cutLength(text, TEXT_MAX_CHARS);
}

/** At most `maxChars` UTF-16 units, one less where the cut would part a surrogate pair. */
function cutLength(text: string, maxChars: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(maxChars - 1, maxChars + 1)) ? maxChars - 1 : maxChars;
}

function cut(text: string, maxChars: number): string {
  return text.slice(0, cutLength(text, maxChars));
}

/** Without anything to stand on they are sent alone: Messenger's refusal tells the developer, silence would not. */
function withQuickReplies(
  messages: Draft<MessengerMessage>[],
  quickReplies: readonly MessengerQuickReply[],
  besideSenderAction: boolean,
): Draft<MessengerMessage>[] {
  if (quickReplies.length === 0) return messages;
  const last = messages.at(-1);
  if (last) last.quick_replies = quickReplies;
  else if (!besideSenderAction) messages.push({ quick_replies: quickReplies });
  return messages;
}

function quickRepliesOf(activity: Partial<Activity>): readonly MessengerQuickReply[] {
  const own = fieldOf(activity.channelData, 'quick_replies');
  if (own !== undefined && own !== null) {
    return itemsOf(own)
      .filter(isRecord)
      .map((item) => ({ ...item, content_type: nonEmptyString(fieldOf(item, 'content_type')) ?? 'text' }));
  }
  return itemsOf(activity.suggestedActions?.actions).flatMap(quickReplyOf).slice(0, QUICK_REPLIES_MAX);
}

function quickReplyOf(action: unknown): MessengerQuickReply[] {
  const title = titleOf(action);
  if (title === undefined) return [];
  return [
    {
      content_type: 'text',
      title: cut(title, QUICK_REPLY_TITLE_MAX_CHARS),
      payload: payloadOf(action, title),
      ...presentFields({ image_url: nonEmptyString(fieldOf(action, 'image')) }),
    },
  ];
}

function titleOf(action: unknown): string | undefined {
  const words = [fieldOf(action, 'title'), fieldOf(action, 'displayText'), fieldOf(action, 'text')];
  return [...words, fieldOf(action, 'value')].map(nonEmptyString).find((word) => word !== undefined);
}

/** A value that is a string as it is, any other as JSON; without a value the title, so that the bot can tell. */
function payloadOf(action: unknown, title: string): string {
  const value = fieldOf(action, 'value');
  const text = typeof value === 'string' ? value : jsonOf(value);
  return cut(nonEmptyString(text) ?? title, PAYLOAD_MAX_CHARS);
}

/** `undefined` for what JSON has no word for, and for `null`. */
function jsonOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function messengerAttachments(attachment: unknown): MessengerAttachment[] {
  const contentType = stringOf(fieldOf(attachment, 'contentType')) ?? '';
  if (CARD_CONTENT_TYPES.includes(contentType)) return genericTemplate(fieldOf(attachment, 'content'));

  const url = nonEmptyString(fieldOf(attachment, 'contentUrl'));
  if (url === undefined) return [];
  const media = MEDIA_CONTENT_TYPE.exec(contentType)?.[1]?.toLowerCase();
  return [{ type: media ?? 'file', payload: { url } }];
}

/** @see https://developers.facebook.com/docs/messenger-platform/reference/templates/generic */
function genericTemplate(card: unknown): MessengerAttachment[] {
  const lines = ['title', 'subtitle', 'text'].map((key) => nonEmptyString(fieldOf(card, key)));
  const [title, ...others] = lines.filter((line) => line !== undefined);
  if (title === undefined) return []; // the template needs one

  const buttons = itemsOf(fieldOf(card, 'buttons')).flatMap(buttonOf).slice(0, CARD_BUTTONS_MAX);
  const element = {
    title: cut(title, CARD_LINE_MAX_CHARS),
    ...presentFields({
      subtitle: others.length === 0 ? undefined : cut(others.join('\n'), CARD_LINE_MAX_CHARS),
      image_url: nonEmptyString(fieldOf(itemsOf(fieldOf(card, 'images'))[0], 'url')),
      buttons: buttons.length === 0 ? undefined : buttons,
    }),
  };
  return [{ type: 'template', payload: { template_type: 'generic', elements: [element] } }];
}

/** @see https://developers.facebook.com/docs/messenger-platform/reference/buttons/postback */
function buttonOf(action: unknown): Readonly<Record<string, string>>[] {
  const words = titleOf(action);
  if (words === undefined) return [];
  const title = cut(words, BUTTON_TITLE_MAX_CHARS);
  const value = nonEmptyString(fieldOf(action, 'value'));
  switch (fieldOf(action, 'type')) {
    case 'openUrl':
      return value === undefined ? [] : [{ type: 'web_url', title, url: value }];
    case 'call':
      return value === undefined ? [] : [{ type: 'phone_number', title, payload: value }];
    case 'imBack':
    case 'postBack':
    case 'messageBack':
      return [{ type: 'postback', title, payload: payloadOf(action, words) }];
    default:
      return [];
  }
}

function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
