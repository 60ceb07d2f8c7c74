/**
 * What a bot says, and the activity that carries it through the guards to the Send API.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import { InvalidOptionError } from '../thread/errors.js';
import { checkFields, described, isObject, namesOf } from '../thread/check-values.js';
import { presentFields } from '../thread/read-unknown.js';
import type { Activity, Attachment } from '../activities/activity.js';

/** A quick reply: its words are also its payload unless another is given. */
export interface QuickReply {
  /** At most 20 characters are shown. */
  readonly title: string;
  /** Default: the title. At most 1000 characters. */
  readonly payload?: string;
  readonly imageUrl?: string;
}

/** A file that the customer gets by its address. */
export interface ReplyAttachment {
  readonly type: 'image' | 'audio' | 'video' | 'file';
  /** A public address, or a `data:` address: then the file is uploaded. */
  readonly url: string;
}

/** The `message` of Meta's Send API as Meta documents it: templates with buttons, stickers, quick replies of any type. */
export interface MetaMessage {
  readonly text?: string;
  readonly attachment?: object;
  readonly quick_replies?: readonly object[];
  readonly sticker_id?: string | number;
  readonly metadata?: string;
}

/**
 * A reply with more than a text. Its parts leave in this order: text, `message`, attachments. The quick replies are on the
 * last of them.
 */
export interface Reply {
  /** Longer ones than 2000 characters leave as several messages. */
  readonly text?: string;
  /** At most 13. A text is a quick reply with that title. */
  readonly quickReplies?: readonly (string | QuickReply)[];
  readonly attachments?: readonly ReplyAttachment[];
  /** Meta's own JSON, for what this type has no word for. */
  readonly message?: MetaMessage;
  /** For messages outside the 24 hours: `HUMAN_AGENT` and others. `messagingType` is then `MESSAGE_TAG` unless given. */
  readonly tag?: string;
  /** Default `RESPONSE`. */
  readonly messagingType?: 'RESPONSE' | 'UPDATE' | 'MESSAGE_TAG';
  /** `REGULAR`, `SILENT_PUSH` or `NO_PUSH`. Default: Meta's. */
  readonly notificationType?: string;
  /** Whose name and picture the customer sees. */
  readonly personaId?: string;
  /** Comes back on the echo of the message. At most 1000 characters. */
  readonly metadata?: string;
}

const REPLY_NAMES = namesOf<Reply>({
  text: true,
  quickReplies: true,
  attachments: true,
  message: true,
  tag: true,
  messagingType: true,
  notificationType: true,
  personaId: true,
  metadata: true,
});
const MESSAGE_NAMES = namesOf<MetaMessage>({
  text: true,
  attachment: true,
  quick_replies: true,
  sticker_id: true,
  metadata: true,
});
const QUICK_REPLY_NAMES = namesOf<QuickReply>({ title: true, payload: true, imageUrl: true });
const ATTACHMENT_TYPES: readonly unknown[] = ['image', 'audio', 'video', 'file'];
const REPLY_IN_WORDS = 'a text, or an object with text, quickReplies, attachments or message';

/**
 * The activity of a reply.
 * @param path how an error names the reply: `reply`, `texts.connecting`
 * @throws {@link InvalidOptionError} if the reply says nothing, or has a name that nobody knows
 */
export function activityOf(reply: string | Reply, path = 'reply'): Activity {
  if (typeof reply === 'string') {
    if (reply !== '') return { type: 'message', text: reply };
    throw new InvalidOptionError(path, 'empty', REPLY_IN_WORDS);
  }
  if (!isObject(reply)) throw new InvalidOptionError(path, described(reply), REPLY_IN_WORDS);
  checkFields(path, reply, REPLY_NAMES);
  const message = metaMessageOf(reply.message, path);
  checkOnce(reply, message, path);
  const text = reply.text ?? message.text;
  const activity: Activity = { type: 'message' };
  if (text !== undefined) activity.text = textOf(text, path);
  if (reply.attachments !== undefined) activity.attachments = attachmentsOf(reply.attachments, path);
  const channelData = channelDataOf(reply, message, path);
  if (Object.keys(channelData).length > 0) activity.channelData = channelData;
  const says = ['attachment', 'sticker_id', 'quick_replies'].some((name) => name in channelData);
  if (text || says || (activity.attachments?.length ?? 0) > 0) return activity;
  throw new InvalidOptionError(path, 'an object that says nothing', REPLY_IN_WORDS);
}

/** A text of the plugin as a bot gives it, as an activity; `null` and nothing stay as they are. */
export function activityOrSilence(text: unknown, path: string): Activity | null | undefined {
  if (text === undefined || text === null) return text;
  return text === '' ? null : activityOf(text, path);
}

function textOf(text: unknown, path: string): string {
  if (typeof text === 'string') return text;
  throw new InvalidOptionError(`${path}.text`, described(text), 'a text');
}

function metaMessageOf(message: unknown, path: string): MetaMessage {
  return message === undefined ? {} : checkFields(`${path}.message`, message, MESSAGE_NAMES);
}

/** A reply that says the same thing twice would lose one of the two. */
function checkOnce(reply: Reply, message: MetaMessage, path: string): void {
  const twice =
    reply.text !== undefined && message.text !== undefined
      ? 'text'
      : reply.quickReplies !== undefined && message.quick_replies !== undefined
        ? 'quickReplies'
        : undefined;
  if (twice === undefined) return;
  throw new InvalidOptionError(`${path}.${twice}`, 'given twice', `given once: here, or in ${path}.message`);
}

function channelDataOf(reply: Reply, message: MetaMessage, path: string): Readonly<Record<string, unknown>> {
  const { tag, messagingType, notificationType, personaId, metadata = message.metadata } = reply;
  return presentFields({
    attachment: message.attachment,
    sticker_id: message.sticker_id,
    quick_replies: quickRepliesOf(reply.quickReplies, path) ?? message.quick_replies,
    tag,
    messaging_type: messagingType ?? (tag === undefined ? undefined : 'MESSAGE_TAG'),
    notification_type: notificationType,
    persona_id: personaId,
    metadata,
  });
}

function quickRepliesOf(replies: unknown, path: string): readonly object[] | undefined {
  if (replies === undefined) return undefined;
  if (!Array.isArray(replies)) throw new InvalidOptionError(`${path}.quickReplies`, described(replies), 'a list');
  if (replies.length === 0) return undefined;
  return (replies as readonly unknown[]).map((each, index) => {
    const at = `${path}.quickReplies[${index}]`;
    const { title, payload, imageUrl } = typeof each === 'string' ? { title: each } : quickReply(each, at);
    if (typeof title !== 'string' || title.trim() === '') {
      throw new InvalidOptionError(at, described(title), 'a text, or an object with title');
    }
    return {
      content_type: 'text',
      title,
      payload: payload ?? title,
      ...(imageUrl === undefined ? {} : { image_url: imageUrl }),
    };
  });
}

function quickReply(value: unknown, path: string): Partial<QuickReply> {
  if (!isObject(value)) throw new InvalidOptionError(path, described(value), 'a text, or an object with title');
  return checkFields(path, value, QUICK_REPLY_NAMES);
}

function attachmentsOf(attachments: unknown, path: string): Attachment[] {
  const given: readonly unknown[] = Array.isArray(attachments) ? attachments : [attachments];
  return given.map((each, index) => {
    const at = `${path}.attachments[${index}]`;
    const expected = 'an object with type (image, audio, video or file) and url';
    if (!isObject(each)) throw new InvalidOptionError(at, described(each), expected);
    checkFields(at, each, ['type', 'url']);
    const { type, url } = each;
    if (!ATTACHMENT_TYPES.includes(type)) throw new InvalidOptionError(`${at}.type`, described(type), expected);
    if (typeof url !== 'string' || url === '') throw new InvalidOptionError(`${at}.url`, described(url), expected);
    return { contentType: type === 'file' ? 'application/file' : String(type), contentUrl: url };
  });
}
