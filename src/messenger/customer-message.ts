/** What a customer sent, in the words of a bot's author: made of the webhook's item, which stays beside it. */
import type { ThreadEvent } from '../thread/event.js';
import { fieldOf, itemsOf, stringOf } from '../thread/read-unknown.js';

/** A file, a location or a shared post that a customer sent. */
export interface CustomerAttachment {
  /** Meta's word: `image`, `audio`, `video`, `file`, `location`, `fallback`, `template` … */
  readonly type: string;
  /** Where the file is. Meta's addresses expire. Absent if Meta sent none. */
  readonly url?: string;
  /** The attachment as it came. */
  readonly raw: unknown;
}

/** A message of a customer, or a tap on a button. */
export interface CustomerMessage {
  /** `postback`: a tap on a button, on an entry of the menu, or on "Get started". */
  readonly kind: 'message' | 'postback';
  /** Meta's message id. Absent if Meta sent none. */
  readonly id?: string;
  /** The typed words, or those on the button or quick reply. Absent if there are none: a picture has no text. */
  readonly text?: string;
  /** The payload of the button or quick reply. */
  readonly payload?: string;
  /** Empty if there are none. */
  readonly attachments: readonly CustomerAttachment[];
  /** Meta's time, milliseconds since 1970. */
  readonly timestampMs?: number;
  /** The webhook's item as it came: `sender`, `message`, `referral`, `reply_to` … */
  readonly raw: unknown;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** The message that an event is; `undefined` for events of other kinds, removed messages and notices of Meta's. */
export function customerMessageOf(event: ThreadEvent): CustomerMessage | undefined {
  const { kind, mid, payload, timestampMs, raw } = event;
  if ((kind !== 'message' && kind !== 'postback') || event.isDeleted || event.isNotice) return undefined;
  const text = kind === 'message' ? event.text : stringOf(fieldOf(fieldOf(raw, 'postback'), 'title'));
  const attachments = itemsOf(fieldOf(fieldOf(raw, 'message'), 'attachments')).map(attachmentOf);
  // Set field by field: to put an object together out of parts takes several times as long, for every message.
  const message: Draft<CustomerMessage> = { kind, attachments, raw };
  if (mid !== undefined) message.id = mid;
  if (text !== undefined) message.text = text;
  if (payload !== undefined) message.payload = payload;
  if (timestampMs !== undefined) message.timestampMs = timestampMs;
  return message;
}

function attachmentOf(raw: unknown): CustomerAttachment {
  const url = stringOf(fieldOf(fieldOf(raw, 'payload'), 'url'));
  return { type: stringOf(fieldOf(raw, 'type')) ?? 'unknown', ...(url === undefined ? {} : { url }), raw };
}
