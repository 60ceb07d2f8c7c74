/**
 * The table of Bot Framework's attachments: what each becomes in Messenger. A test compares docs/adapters.md with it.
 *
 * @see https://learn.microsoft.com/azure/bot-service/bot-builder-howto-add-media-attachments
 */
import { fieldOf, itemsOf } from '../../thread/read-unknown.js';
import type { Activity } from '../activity.js';
import type { CarouselItem } from './carousel.js';
import { carouselParts } from './carousel.js';
import { fileParts } from './file-attachments.js';
import { textParts } from './fit-text.js';
import { cardParts, readCard } from './hero-cards.js';
import type { Losses } from './losses.js';
import { mediaParts } from './media-cards.js';
import type { MessagePart } from './messenger-message.js';
import { wordsOf } from './messenger-message.js';
import { receiptParts } from './receipt-cards.js';
import { oauthParts, signInParts } from './sign-in-cards.js';

/** What stands around an attachment. */
interface Surroundings {
  readonly losses: Losses;
  readonly customerName: string | undefined;
}

type Translate = (attachment: unknown, surroundings: Surroundings) => MessagePart[];

/** One kind of attachment. */
export interface AttachmentKind {
  readonly name: string;
  readonly contentType: string | RegExp;
  /** What the customer gets, in the words of docs/adapters.md. */
  readonly becomes: string;
  readonly translate: Translate;
}

const CARD = 'application/vnd.microsoft.card.';

const ANYTHING_ELSE: AttachmentKind = {
  name: 'anything else',
  contentType: /(?:)/,
  becomes:
    'file by `contentUrl`, or uploaded; `text/plain` and `text/markdown` with `content` as text; without both left out and told',
  translate: (attachment, { losses }) => fileParts(attachment, losses),
};

/** The first row that matches counts. */
export const attachmentKinds: readonly AttachmentKind[] = [
  {
    name: 'hero card',
    contentType: `${CARD}hero`,
    becomes:
      'generic template with title, subtitle and text, image, tap and buttons. A title or a text alone: text. Text and buttons: button template. An image alone: image. Words over 80 characters: a text or button template of their own',
    translate: (attachment, { losses }) => cardParts(cardOf(attachment, losses), losses),
  },
  {
    name: 'thumbnail card',
    contentType: `${CARD}thumbnail`,
    becomes: 'the same as a hero card',
    translate: (attachment, { losses }) => cardParts(cardOf(attachment, losses), losses),
  },
  {
    name: 'video card',
    contentType: `${CARD}video`,
    becomes:
      'each of `media` as video, then title, text and buttons like a hero card. A YouTube or Vimeo page: its link as text',
    translate: (attachment, { losses }) => mediaParts('video', contentOf(attachment), losses),
  },
  {
    name: 'audio card',
    contentType: `${CARD}audio`,
    becomes: 'each of `media` as audio, then title, text, image and buttons like a hero card',
    translate: (attachment, { losses }) => mediaParts('audio', contentOf(attachment), losses),
  },
  {
    name: 'animation card',
    contentType: `${CARD}animation`,
    becomes: 'each of `media` as image (GIF) or video (MP4), then title, text and buttons like a hero card',
    translate: (attachment, { losses }) => mediaParts('animation', contentOf(attachment), losses),
  },
  {
    name: 'sign-in card',
    contentType: `${CARD}signin`,
    becomes: 'button template; the button opens the link',
    translate: (attachment, { losses }) => signInParts(contentOf(attachment), losses),
  },
  {
    name: 'OAuth card',
    contentType: `${CARD}oauth`,
    becomes: 'button template, if a button has a sign-in link; else left out and told',
    translate: (attachment, { losses }) => oauthParts(contentOf(attachment), losses),
  },
  {
    name: 'receipt card',
    contentType: `${CARD}receipt`,
    becomes:
      'receipt template, if facts and amounts give all that Meta requires: recipient name, order number, payment method, currency, total, a price for each item. Else the same as text',
    translate: (attachment, { losses, customerName }) => receiptParts(contentOf(attachment), losses, customerName),
  },
  {
    name: 'adaptive card',
    contentType: `${CARD}adaptive`,
    becomes: 'its `fallbackText` or `speak` as text; without both left out and told',
    translate: (attachment, { losses }) => adaptiveParts(contentOf(attachment), losses),
  },
  {
    name: 'image, audio, video',
    contentType: /^(?:image|audio|video)(?:\/|$)/i,
    becomes: 'image, audio or video by `contentUrl`; a `data:` URL is uploaded',
    translate: (attachment, { losses }) => fileParts(attachment, losses),
  },
  ANYTHING_ELSE,
];

/** The messages of an activity's attachments, side by side if the bot asks for a carousel. */
export function attachmentParts(activity: Activity, losses: Losses): MessagePart[] {
  if (activity.attachments === undefined) return [];
  const attachments = itemsOf(activity.attachments);
  const surroundings = { losses, customerName: customerNameOf(activity) };
  const translate = (attachment: unknown): MessagePart[] => kindOf(attachment).translate(attachment, surroundings);
  if (activity.attachmentLayout !== 'carousel' || attachments.length < 2) return attachments.flatMap(translate);
  const items = attachments.map((attachment): CarouselItem => {
    return isElementKind(attachment) ? { card: cardOf(attachment, losses) } : { parts: translate(attachment) };
  });
  return carouselParts(items, losses);
}

function kindOf(attachment: unknown): AttachmentKind {
  const given = fieldOf(attachment, 'contentType');
  const type = typeof given === 'string' ? given.trim().toLowerCase() : '';
  const found = attachmentKinds.find(({ contentType }) =>
    typeof contentType === 'string' ? contentType === type : contentType.test(type),
  );
  return found ?? ANYTHING_ELSE;
}

function isElementKind(attachment: unknown): boolean {
  const { contentType } = kindOf(attachment);
  return contentType === `${CARD}hero` || contentType === `${CARD}thumbnail`;
}

function cardOf(attachment: unknown, losses: Losses): ReturnType<typeof readCard> {
  return readCard(contentOf(attachment), losses);
}

function contentOf(attachment: unknown): unknown {
  return fieldOf(attachment, 'content');
}

/** `speak` may be SSML: its tags are not for eyes. */
function adaptiveParts(content: unknown, losses: Losses): MessagePart[] {
  const spoken = wordsOf(fieldOf(content, 'speak'))
    ?.replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const parts = textParts(wordsOf(fieldOf(content, 'fallbackText')) ?? spoken ?? '');
  if (parts.length === 0) losses.add('adaptiveCard');
  return parts;
}

/** With the Facebook adapters an account's name is its id. */
function customerNameOf({ recipient }: Activity): string | undefined {
  const name = wordsOf(fieldOf(recipient, 'name'));
  return name === fieldOf(recipient, 'id') ? undefined : name;
}
