/**
 * The words of an outgoing Messenger message, and Messenger's documented limits for them.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import type { UploadFile } from '../../graph/graph-call.js';

/** Messenger's limits, in UTF-16 units or items. Meta refuses a message beyond one of them as a whole. */
export const limits = {
  text: 2000,
  quickReplies: 13,
  quickReplyTitle: 20,
  /** Title and subtitle of an element of the generic template. */
  elementLine: 80,
  elements: 10,
  buttonTemplateText: 640,
  buttons: 3,
  buttonTitle: 20,
  payload: 1000,
  receiptElements: 100,
  /** Recipient, order number, payment method, merchant. Meta documents no limit for them: this one is ours. */
  receiptText: 1000,
  fileBytes: 25 * 1024 * 1024,
} as const;

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

/** The same type without `readonly`, for a value that is set field by field. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** One message, and the file that is uploaded with it. */
export interface MessagePart {
  readonly message: Draft<MessengerMessage>;
  readonly file?: UploadFile;
}

/** A message of nothing but text. */
export function textPart(text: string): MessagePart {
  return { message: { text } };
}

/** A message with a template. */
export function templatePart(payload: MessengerAttachment): MessagePart {
  return { message: { attachment: { type: 'template', payload } } };
}

/** The string if it is one and not empty. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The string if it is one and has more in it than blanks: Meta refuses blank words. */
export function wordsOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
