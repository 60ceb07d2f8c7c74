/**
 * Makes Messenger's buttons and quick replies of Bot Framework's card actions.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/reference/buttons
 */
import { fieldOf, isRecord, itemsOf, presentFields } from '../../thread/read-unknown.js';
import type { Activity } from '../activity.js';
import { cut, splitText } from './fit-text.js';
import type { Losses } from './losses.js';
import { limits, nonEmptyString, templatePart, textPart, wordsOf } from './messenger-message.js';
import type { MessagePart, MessengerQuickReply } from './messenger-message.js';
import { schemeOf, webAddress } from './web-address.js';

/** A button as the Send API takes it. */
export type MessengerButton = Readonly<Record<string, string>>;

/** What happens when a customer taps a card. */
export interface CardTap {
  readonly url: string;
  readonly title?: string;
}

const PHONE = /^\+\d{3,15}$/;
const NONE: readonly MessengerQuickReply[] = [];
/** What opens a page. */
const LINK_ACTIONS: readonly unknown[] = ['openUrl', 'signin', 'playAudio', 'playVideo', 'showImage', 'downloadFile'];
/** What a quick reply does: it sends words. */
const WORD_ACTIONS: readonly unknown[] = ['imBack', 'postBack', 'messageBack', undefined];

/** The actions that Messenger has a button for, in their order and without a limit. */
export function buttonsOf(actions: unknown, losses: Losses): MessengerButton[] {
  return itemsOf(actions)
    .map((action) => buttonOf(action, losses))
    .filter((button) => button !== undefined);
}

/** One button, or `undefined` and a loss. */
export function buttonOf(action: unknown, losses: Losses): MessengerButton | undefined {
  const words = titleOf(action);
  if (words === undefined) {
    losses.add('buttonUntitled');
    return undefined;
  }
  const button = untitledButton(action, words, losses);
  if (button === undefined) return undefined;
  if (words.length > limits.buttonTitle) losses.add('buttonTitle');
  const { type = '', ...rest } = button;
  return { type, title: cut(words, limits.buttonTitle), ...rest };
}

/** The link that a tap opens. A tap that is no link is no such thing. */
export function tapOf(action: unknown): CardTap | undefined {
  const url = LINK_ACTIONS.includes(fieldOf(action, 'type')) ? webAddress(fieldOf(action, 'value')) : undefined;
  if (url === undefined) return undefined;
  return { url, ...presentFields({ title: wordsOf(fieldOf(action, 'title')) }) };
}

/** A tap as a button, for forms that cannot be tapped. */
export function buttonOfTap({ url, title }: CardTap, heading: string): MessengerButton {
  return { type: 'web_url', title: cut(title ?? heading, limits.buttonTitle), url };
}

/** Words with buttons below: what is too long as text before, and each further three buttons in a template of their own. */
export function buttonParts(
  words: string | undefined,
  buttons: readonly MessengerButton[],
  heading?: string,
): MessagePart[] {
  const titles = buttons.map((button) => button['title'] ?? '').join(' / ');
  const texts = splitText(words ?? cut(titles, limits.buttonTemplateText), limits.buttonTemplateText);
  const last = texts.pop() ?? cut(titles, limits.buttonTemplateText);
  const parts = texts.map(textPart);
  for (let from = 0; from < buttons.length; from += limits.buttons) {
    const text = from === 0 ? last : cut(heading ?? last, limits.buttonTemplateText);
    parts.push(templatePart({ template_type: 'button', text, buttons: buttons.slice(from, from + limits.buttons) }));
  }
  return parts;
}

/** The bot's own from `channelData.quick_replies` as they are, else those of the suggested actions. */
export function quickRepliesOf(activity: Activity, losses: Losses): readonly MessengerQuickReply[] {
  const own = fieldOf(activity.channelData, 'quick_replies');
  if (own !== undefined && own !== null) {
    return itemsOf(own)
      .filter(isRecord)
      .map((item) => ({ ...item, content_type: nonEmptyString(fieldOf(item, 'content_type')) ?? 'text' }));
  }
  if (activity.suggestedActions === undefined) return NONE;
  const replies = itemsOf(fieldOf(activity.suggestedActions, 'actions')).flatMap((action) =>
    quickReplyOf(action, losses),
  );
  if (replies.length > limits.quickReplies) losses.add('quickReplyLimit');
  return replies.slice(0, limits.quickReplies);
}

/** @see https://developers.facebook.com/docs/messenger-platform/reference/buttons/postback */
function untitledButton(action: unknown, words: string, losses: Losses): MessengerButton | undefined {
  const type = fieldOf(action, 'type');
  if (LINK_ACTIONS.includes(type)) return linkButton(fieldOf(action, 'value'), losses);
  switch (type) {
    case 'call':
      return callButton(fieldOf(action, 'value'), losses);
    case 'imBack':
    case 'postBack':
    case 'messageBack': {
      const payload = payloadOf(action, words);
      if (payload.length <= limits.payload) return { type: 'postback', payload };
      losses.add('buttonPayload');
      return undefined;
    }
    default:
      losses.add('buttonType', typeof type === 'string' ? type : undefined);
      return undefined;
  }
}

function linkButton(value: unknown, losses: Losses): MessengerButton | undefined {
  const url = webAddress(value);
  if (url !== undefined) return { type: 'web_url', url };
  const scheme = schemeOf(value);
  if (scheme === 'tel:') return callButton(value, losses);
  losses.add('buttonLink', scheme);
  return undefined;
}

function callButton(value: unknown, losses: Losses): MessengerButton | undefined {
  const text = typeof value === 'string' ? value : '';
  const payload = text
    .replace(/^tel:/i, '')
    .replace(/[\s().\-/]/g, '')
    .replace(/^00/, '+');
  if (PHONE.test(payload)) return { type: 'phone_number', payload };
  losses.add('buttonPhone');
  return undefined;
}

function quickReplyOf(action: unknown, losses: Losses): MessengerQuickReply[] {
  const title = titleOf(action);
  if (title === undefined) {
    losses.add('quickReplyUntitled');
    return [];
  }
  const type = fieldOf(action, 'type');
  if (!WORD_ACTIONS.includes(type)) losses.add('quickReplyAction', typeof type === 'string' ? type : undefined);
  if (title.length > limits.quickReplyTitle) losses.add('quickReplyTitle');
  const image = fieldOf(action, 'image');
  const imageUrl = webAddress(image);
  if (nonEmptyString(image) !== undefined && imageUrl === undefined) losses.add('quickReplyImage', schemeOf(image));
  const payload = payloadOf(action, title);
  const fits = payload.length <= limits.payload;
  if (!fits) losses.add('quickReplyPayload');
  return [
    {
      content_type: 'text',
      title: cut(title, limits.quickReplyTitle),
      payload: fits ? payload : cut(title, limits.payload),
      ...presentFields({ image_url: imageUrl }),
    },
  ];
}

function titleOf(action: unknown): string | undefined {
  const words = [fieldOf(action, 'title'), fieldOf(action, 'displayText'), fieldOf(action, 'text')];
  return [...words, fieldOf(action, 'value')].map(wordsOf).find((word) => word !== undefined);
}

/** A value that is a string as it is, any other as JSON; without a value the action's text or title, so that the bot can tell. */
function payloadOf(action: unknown, title: string): string {
  const value = fieldOf(action, 'value');
  const text = typeof value === 'string' ? value : jsonOf(value);
  return wordsOf(text) ?? wordsOf(fieldOf(action, 'text')) ?? title;
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
