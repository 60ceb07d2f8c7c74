/**
 * Sends a carousel: the cards side by side in generic templates of up to ten, and after them what such a template
 * cannot hold.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/send-messages/template/generic#carousel
 */
import type { Card } from './hero-cards.js';
import { cardParts, carouselElement, generic } from './hero-cards.js';
import type { Losses } from './losses.js';
import type { MessagePart } from './messenger-message.js';
import { limits } from './messenger-message.js';

/** One attachment of a carousel: a card, or the messages that it becomes by itself. */
export type CarouselItem = { readonly card: Card } | { readonly parts: readonly MessagePart[] };

/** The messages of a carousel. */
export function carouselParts(items: readonly CarouselItem[], losses: Losses): MessagePart[] {
  // One card alone is no carousel, and its words need not be cut.
  if (items.filter((item) => 'card' in item).length < 2) return items.flatMap((item) => alone(item, losses));
  const elements: object[] = [];
  const after: MessagePart[] = [];
  for (const item of items) {
    const made = 'card' in item ? carouselElement(item.card, losses) : undefined;
    if (made === undefined) {
      after.push(...alone(item, losses));
    } else {
      elements.push(made.element);
      after.push(...made.after);
    }
  }
  const parts: MessagePart[] = [];
  for (let from = 0; from < elements.length; from += limits.elements) {
    parts.push(generic(elements.slice(from, from + limits.elements)));
  }
  return [...parts, ...after];
}

function alone(item: CarouselItem, losses: Losses): readonly MessagePart[] {
  return 'card' in item ? cardParts(item.card, losses) : item.parts;
}
