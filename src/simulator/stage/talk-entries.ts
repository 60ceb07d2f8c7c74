/**
 * A conversation as the page shows it: texts, buttons, attachments; nothing else of Meta's JSON.
 *
 * Exists so that the page draws and does not interpret.
 */
import type { ConversationEntry } from '../messenger-platform.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import type { ButtonView, CardView, TalkEntry } from './stage-words.js';

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

type ShownParts = Pick<TalkEntry, 'quickReplies' | 'buttons' | 'cards' | 'attachment' | 'text'>;

function partsOf(message: JsonObject): ShownParts {
  const quickReplies = listOf(message['quick_replies']).flatMap(quickReply);
  const [attachment] = [message['attachment'], ...listOf(message['attachments'])].filter(isJsonObject);
  return {
    ...(quickReplies.length === 0 ? {} : { quickReplies }),
    ...(attachment === undefined ? {} : attachmentParts(attachment)),
  };
}

function attachmentParts(attachment: JsonObject): ShownParts {
  const type = textOf(attachment['type']) ?? 'attachment';
  const payload = isJsonObject(attachment['payload']) ? attachment['payload'] : {};
  if (type !== 'template') {
    const url = textOf(payload['url']);
    const title = textOf(attachment['title']);
    return { attachment: { type, ...(url === undefined ? {} : { url }), ...(title === undefined ? {} : { title }) } };
  }
  const elements = listOf(payload['elements']).filter(isJsonObject);
  const receipt = payload['template_type'] === 'receipt' ? receiptText(payload, elements) : undefined;
  if (receipt !== undefined) return { text: receipt };
  if (elements.length > 1) return { cards: elements.map(cardView) };
  const [element] = elements;
  const text = textOf(payload['text']) ?? (element === undefined ? undefined : cardText(element));
  const buttons = [...listOf(payload['buttons']), ...listOf(element?.['buttons'])].flatMap(button);
  if (text === undefined && buttons.length === 0) {
    return { attachment: { type: `${textOf(payload['template_type']) ?? ''} template`.trim() } };
  }
  const image = textOf(element?.['image_url']);
  return {
    ...(text === undefined ? {} : { text }),
    ...(image === undefined ? {} : { attachment: { type: 'image', url: image } }),
    ...(buttons.length === 0 ? {} : { buttons }),
  };
}

function cardView(element: JsonObject): CardView {
  const imageUrl = textOf(element['image_url']);
  const buttons = listOf(element['buttons']).flatMap(button);
  return {
    text: cardText(element) ?? '',
    ...(imageUrl === undefined ? {} : { imageUrl }),
    ...(buttons.length === 0 ? {} : { buttons }),
  };
}

/** A line for the order, for each item and for the total; `undefined` for a receipt with nothing in it. */
function receiptText(payload: JsonObject, elements: readonly JsonObject[]): string | undefined {
  const currency = wordOf(payload['currency']) ?? '';
  const order = wordOf(payload['order_number']);
  const total = isJsonObject(payload['summary']) ? wordOf(payload['summary']['total_cost']) : undefined;
  const items = elements.map((element) => {
    const words = [wordOf(element['quantity']), wordOf(element['title']), wordOf(element['price']), currency];
    return words.filter((word) => word !== undefined).join(' ');
  });
  const lines = [
    ...(order === undefined ? [] : [`Receipt ${order}`]),
    ...items,
    ...(total === undefined ? [] : [`Total ${total} ${currency}`.trim()]),
  ];
  return lines.length === 0 ? undefined : lines.join('\n');
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
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
