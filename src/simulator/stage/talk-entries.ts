/**
 * A conversation as the page shows it: texts, buttons, attachments; nothing else of Meta's JSON.
 *
 * Exists so that the page draws and does not interpret.
 */
import type { ConversationEntry } from '../messenger-platform.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import type { ButtonView, TalkEntry } from './stage-words.js';

/** One entry. Unknown templates become an attachment with their type's name. */
export function talkEntry(entry: ConversationEntry): TalkEntry {
  const { kind, from, atMs, text, on, message } = entry;
  return {
    kind,
    from,
    atMs,
    ...(text === undefined ? {} : { text }),
    ...(on === undefined ? {} : { on }),
    ...(message === undefined ? {} : partsOf(message)),
  };
}

function partsOf(message: JsonObject): Pick<TalkEntry, 'quickReplies' | 'buttons' | 'attachment' | 'text'> {
  const quickReplies = listOf(message['quick_replies']).flatMap(quickReply);
  const [attachment] = [message['attachment'], ...listOf(message['attachments'])].filter(isJsonObject);
  return {
    ...(quickReplies.length === 0 ? {} : { quickReplies }),
    ...(attachment === undefined ? {} : attachmentParts(attachment)),
  };
}

function attachmentParts(attachment: JsonObject): Pick<TalkEntry, 'buttons' | 'attachment' | 'text'> {
  const type = textOf(attachment['type']) ?? 'attachment';
  const payload = isJsonObject(attachment['payload']) ? attachment['payload'] : {};
  if (type !== 'template') {
    const url = textOf(payload['url']);
    const title = textOf(attachment['title']);
    return { attachment: { type, ...(url === undefined ? {} : { url }), ...(title === undefined ? {} : { title }) } };
  }
  const element = listOf(payload['elements']).find(isJsonObject);
  const text = textOf(payload['text']) ?? (element === undefined ? undefined : cardText(element));
  const buttons = [...listOf(payload['buttons']), ...listOf(element?.['buttons'])].flatMap(button);
  if (text === undefined && buttons.length === 0) {
    return { attachment: { type: `${textOf(payload['template_type']) ?? ''} template`.trim() } };
  }
  return { ...(text === undefined ? {} : { text }), ...(buttons.length === 0 ? {} : { buttons }) };
}

function cardText(element: JsonObject): string | undefined {
  const words = [textOf(element['title']), textOf(element['subtitle'])].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join('\n');
}

function quickReply(value: unknown): ButtonView[] {
  if (!isJsonObject(value)) return [];
  const title = textOf(value['title']);
  return title === undefined ? [] : [{ title, payload: textOf(value['payload']) ?? title }];
}

function button(value: unknown): ButtonView[] {
  if (!isJsonObject(value)) return [];
  const title = textOf(value['title']);
  if (title === undefined) return [];
  const payload = textOf(value['payload']);
  const url = textOf(value['url']);
  return [{ title, ...(payload === undefined ? {} : { payload }), ...(url === undefined ? {} : { url }) }];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
