/** What an activity with attachments becomes, and Meta's documented rules for it, written down from Meta's pages. */
import type { Attachment } from 'botbuilder';
import type { Loss } from '../../../src/activities/messenger-cards/losses.js';
import { messagesFromActivity } from '../../../src/activities/messages-from-activity.js';

const PSID = '6600112233445566';
export const PICTURE = 'https://cdn.example.test/p.png';
export const PAGE_URL = 'https://shop.example.test/12';
/** A PNG of one pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export interface Translated {
  readonly messages: any[];
  readonly files: any[];
  readonly losses: readonly Loss[];
  readonly kinds: string[];
}

export function translated(fields: object): Translated {
  const { messages, losses } = messagesFromActivity({ type: 'message', ...fields }, { id: PSID });
  return {
    messages: messages.map(({ body }) => body.message),
    files: messages.map(({ file }) => file),
    losses,
    kinds: losses.map(({ kind }) => kind),
  };
}

export function ofAttachments(...attachments: unknown[]): Translated {
  return translated({ attachments });
}

export function ofCarousel(...attachments: unknown[]): Translated {
  return translated({ attachments, attachmentLayout: 'carousel' });
}

export function card(kind: string, content: object): Attachment {
  return { contentType: `application/vnd.microsoft.card.${kind}`, content };
}

export const openUrl = (title: string, value: unknown = PAGE_URL): object => ({ type: 'openUrl', title, value });
export const postBack = (title: string, value: unknown = title): object => ({ type: 'postBack', title, value });

/** A template's payload, or the text, or the type of the attachment: enough to tell messages apart. */
export function shapes({ messages }: Translated): string[] {
  return messages.map((message) => {
    if (message.text !== undefined) return `text: ${message.text}`;
    const { type, payload } = message.attachment;
    if (type !== 'template') return `${type}: ${payload.url ?? 'uploaded'}`;
    const titles = (buttons: any[] = []): string => buttons.map((button) => ` [${button.title}]`).join('');
    if (payload.template_type === 'button') return `buttons: ${payload.text}${titles(payload.buttons)}`;
    if (payload.template_type === 'receipt') return `receipt: ${payload.order_number}`;
    return `generic: ${payload.elements.map((element: any) => `${element.title}${titles(element.buttons)}`).join(' | ')}`;
  });
}

/** What Meta would refuse in these messages, by its documents. */
export function refusals({ messages, files }: Pick<Translated, 'messages' | 'files'>): string[] {
  return messages.flatMap((message, index) => [...refusalsOf(message, files[index] !== undefined)]);
}

function* refusalsOf(message: any, uploads: boolean): Generator<string> {
  const { text, attachment, quick_replies: replies } = message;
  if ((text === undefined) === (attachment === undefined)) yield 'text or attachment, one of them';
  if (text !== undefined) yield* line('text', text, 2000);
  if (replies !== undefined && (replies.length < 1 || replies.length > 13)) yield 'quick replies';
  for (const reply of replies ?? []) yield* line('quick reply', reply.title, 20);
  if (attachment === undefined) return;
  const { type, payload } = attachment;
  if (type !== 'template') {
    if (uploads === (payload.url !== undefined)) yield `${type} needs a url or a file`;
    if (!uploads) yield* address(payload.url);
  } else if (payload.template_type === 'button') {
    yield* line('button template', payload.text, 640);
    yield* buttons(payload.buttons);
  } else if (payload.template_type === 'generic') {
    if (payload.elements.length < 1 || payload.elements.length > 10) yield 'elements';
    for (const element of payload.elements) yield* genericElement(element);
  } else {
    // Meta documents no length for these. Nobody has a payment method of a thousand characters.
    for (const name of ['recipient_name', 'order_number', 'currency', 'payment_method']) {
      yield* line(name, payload[name], 1000);
    }
    if (payload.merchant_name !== undefined) yield* line('merchant_name', payload.merchant_name, 1000);
    if (payload.elements.length > 100) yield 'receipt elements';
    if (!Number.isFinite(payload.summary?.total_cost)) yield 'total_cost';
    for (const { title, subtitle, price, quantity, image_url: image } of payload.elements) {
      yield* line('receipt element', title, 80);
      if (subtitle !== undefined) yield* line('receipt subtitle', subtitle, 80);
      if (!Number.isFinite(price) || !Number.isFinite(quantity ?? 1)) yield 'receipt number';
      if (image !== undefined) yield* address(image);
    }
  }
}

function* genericElement(element: any): Generator<string> {
  yield* line('title', element.title, 80);
  if (element.subtitle !== undefined) yield* line('subtitle', element.subtitle, 80);
  if (element.image_url !== undefined) yield* address(element.image_url);
  if (element.default_action !== undefined) yield* address(element.default_action.url);
  if (element.buttons !== undefined) yield* buttons(element.buttons);
  if (!element.subtitle && !element.image_url && !element.buttons) yield 'title and at least one other field';
}

function* buttons(list: any[]): Generator<string> {
  if (list.length < 1 || list.length > 3) yield 'buttons';
  for (const button of list) {
    yield* line('button', button.title, 20);
    if (button.type === 'web_url') yield* address(button.url);
    else if (button.type === 'postback') yield* line('payload', button.payload, 1000);
    else if (button.type !== 'phone_number' || !/^\+\d+$/.test(button.payload)) yield 'button';
  }
}

function* line(name: string, value: unknown, maxChars: number): Generator<string> {
  if (typeof value !== 'string' || value.trim() === '' || value.length > maxChars) yield `${name}: ${String(value)}`;
}

function* address(url: unknown): Generator<string> {
  if (typeof url !== 'string' || !/^https?:\/\/[^\s]+$/i.test(url)) yield `address: ${String(url)}`;
}
