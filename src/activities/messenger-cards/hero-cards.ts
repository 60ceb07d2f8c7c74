/**
 * Sends hero and thumbnail cards: as generic template if Meta accepts one, else as text, button template or image.
 *
 * A generic template needs a title and at least one property more, and its lines are short. Words that do not fit go
 * in messages of their own, so that the customer can read all of them.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/templates/generic
 */
import { fieldOf, itemsOf, presentFields } from '../../thread/read-unknown.js';
import type { CardTap, MessengerButton } from './card-actions.js';
import { buttonOf, buttonOfTap, buttonParts, buttonsOf, tapOf } from './card-actions.js';
import { filePart } from './file-attachments.js';
import { cut, ellipsis, textParts } from './fit-text.js';
import type { Losses } from './losses.js';
import type { MessagePart } from './messenger-message.js';
import { limits, templatePart, wordsOf } from './messenger-message.js';
import type { FileSource } from './web-address.js';
import { fileSource } from './web-address.js';

/** What Messenger can show of a card. */
export interface Card {
  readonly title: string | undefined;
  /** Subtitle and text, as far as they are there. */
  readonly lines: readonly string[];
  readonly images: readonly FileSource[];
  readonly buttons: readonly MessengerButton[];
  readonly tap: CardTap | undefined;
}

/** An element of a carousel, and what follows the carousel because the element cannot hold it. */
export interface CarouselElement {
  readonly element: object;
  readonly after: readonly MessagePart[];
}

/** Reads a card's content; what Messenger cannot show becomes a loss. */
export function readCard(content: unknown, losses: Losses): Card {
  const buttons = buttonsOf(fieldOf(content, 'buttons'), losses);
  const images = itemsOf(fieldOf(content, 'images'));
  const action = fieldOf(content, 'tap') ?? fieldOf(images[0], 'tap');
  const tap = tapOf(action);
  if (tap === undefined && action !== undefined && action !== null) addTapAsButton(action, buttons, losses);
  const lines = [fieldOf(content, 'subtitle'), fieldOf(content, 'text')].map(wordsOf);
  return {
    title: wordsOf(fieldOf(content, 'title')),
    lines: lines.filter((line) => line !== undefined),
    images: images.flatMap((image) => imageOf(image, losses) ?? []),
    buttons,
    tap,
  };
}

/** The messages of one card. */
export function cardParts(card: Card, losses: Losses): MessagePart[] {
  const { title, lines } = card;
  const [first, ...others] = card.images;
  const parts = others.map((image) => filePart('image', image));
  // A template takes an address; what is uploaded goes before it.
  const imageUrl = first !== undefined && 'url' in first ? first.url : undefined;
  if (first !== undefined && imageUrl === undefined) parts.push(filePart('image', first));
  // A card without a title shows its first line as one beside an image.
  const { shown, rest } = imageUrl === undefined && title === undefined ? NO_WORDS : elementWords(card);
  if (shown !== undefined && fits(shown) && fits(rest ?? '')) parts.push(...shortCard(card, shown, rest, imageUrl));
  else if (shown !== undefined && fits(shown) && imageUrl !== undefined) {
    const element = elementOf({ title: shown, image_url: imageUrl, default_action: defaultAction(card.tap) });
    parts.push(generic([element]), ...wordsAndButtons(rest, card.buttons, shown));
  } else {
    if (imageUrl !== undefined) parts.push(filePart('image', { url: imageUrl }));
    const words = title === undefined ? lines : [title, ...lines];
    parts.push(...wordsAndButtons(joined(words), withTap(card, words[0]), words[0]));
  }
  if (parts.length === 0) losses.add('emptyCard');
  return parts;
}

/** The card as an element of a carousel; `undefined` if a generic template cannot hold it. */
export function carouselElement(card: Card, losses: Losses): CarouselElement | undefined {
  const { buttons, tap } = card;
  const { shown, rest } = elementWords(card);
  const [first, ...others] = card.images;
  const imageUrl = first !== undefined && 'url' in first ? first.url : undefined;
  if (shown === undefined || (rest === undefined && imageUrl === undefined && buttons.length === 0)) return undefined;
  if (first !== undefined && imageUrl === undefined) losses.add('carouselImage');
  if (!fits(shown) || !fits(rest ?? '')) losses.add('cardWords');
  const element = elementOf({
    title: ellipsis(shown, limits.elementLine),
    subtitle: rest === undefined ? undefined : ellipsis(rest, limits.elementLine),
    image_url: imageUrl,
    default_action: defaultAction(tap),
    buttons: firstButtons(buttons),
  });
  const after = others.map((image) => filePart('image', image));
  return { element, after: [...after, ...furtherButtons(buttons, shown)] };
}

/** A generic template of these elements. */
export function generic(elements: readonly object[]): MessagePart {
  return templatePart({ template_type: 'generic', elements });
}

/** Words as text, or above buttons. */
export function wordsAndButtons(
  words: string | undefined,
  buttons: readonly MessengerButton[],
  heading?: string,
): MessagePart[] {
  if (buttons.length > 0) return buttonParts(words, buttons, heading);
  return words === undefined ? [] : textParts(words);
}

/** All words fit into an element: a generic template if the card has anything beside a title. */
function shortCard(card: Card, shown: string, rest: string | undefined, imageUrl: string | undefined): MessagePart[] {
  const { tap } = card;
  const isTitleOnly = rest === undefined && imageUrl === undefined && card.buttons.length === 0;
  if (isTitleOnly && tap === undefined) return textParts(shown);
  // Meta's page counts default_action as a second property, its error text does not: a button makes sure.
  const buttons = isTitleOnly ? withTap(card, shown) : card.buttons;
  const element = elementOf({
    title: shown,
    subtitle: rest,
    image_url: imageUrl,
    default_action: defaultAction(tap),
    buttons: firstButtons(buttons),
  });
  return [generic([element]), ...furtherButtons(buttons, shown)];
}

interface ElementWords {
  readonly shown: string | undefined;
  readonly rest: string | undefined;
}

const NO_WORDS: ElementWords = { shown: undefined, rest: undefined };

function elementWords({ title, lines }: Card): ElementWords {
  const [shown, ...rest] = title === undefined ? lines : [title, ...lines];
  return { shown, rest: joined(rest) };
}

function joined(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.join('\n');
}

function withTap({ tap, buttons }: Card, heading: string | undefined): readonly MessengerButton[] {
  if (tap === undefined || buttons.some((button) => button['url'] === tap.url)) return buttons;
  return [...buttons, buttonOfTap(tap, heading ?? new URL(tap.url).host)];
}

/** A tap that is no link is a button if it has a title, unless the card has that button already. */
function addTapAsButton(action: unknown, buttons: MessengerButton[], losses: Losses): void {
  if (wordsOf(fieldOf(action, 'title')) === undefined) {
    losses.add('cardTap');
    return;
  }
  const button = buttonOf(action, losses);
  if (button && !buttons.some((other) => other['payload'] === button['payload'])) buttons.push(button);
}

function imageOf(image: unknown, losses: Losses): FileSource | undefined {
  const address = typeof image === 'string' ? image : fieldOf(image, 'url');
  return address === undefined || address === null || address === '' ? undefined : fileSource(address, losses);
}

function elementOf(fields: Readonly<Record<string, unknown>>): object {
  return presentFields(fields);
}

function defaultAction(tap: CardTap | undefined): object | undefined {
  return tap === undefined ? undefined : { type: 'web_url', url: tap.url };
}

function firstButtons(buttons: readonly MessengerButton[]): readonly MessengerButton[] | undefined {
  return buttons.length === 0 ? undefined : buttons.slice(0, limits.buttons);
}

function furtherButtons(buttons: readonly MessengerButton[], heading: string): MessagePart[] {
  const further = buttons.slice(limits.buttons);
  return further.length === 0 ? [] : buttonParts(cut(heading, limits.buttonTemplateText), further);
}

function fits(line: string): boolean {
  return line.length <= limits.elementLine;
}
