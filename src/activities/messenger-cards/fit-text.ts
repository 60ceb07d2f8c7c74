/** Makes texts fit Messenger's limits: cut to a length, or split over several messages. */
import { limits, textPart } from './messenger-message.js';
import type { MessagePart } from './messenger-message.js';

/** Breaks at a line break in the second half of what fits, else at the last blank, else between two characters. */
export function splitText(text: string, maxChars: number = limits.text): string[] {
  if (text.length <= maxChars) return text.trim() === '' ? [] : [text];
  const parts: string[] = [];
  let rest = text;
  while (rest.length > maxChars) {
    const end = endOfPart(rest, maxChars);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

/** The text as messages of at most 2000 characters. */
export function textParts(text: string): MessagePart[] {
  return splitText(text).map(textPart);
}

/** The first `maxChars` UTF-16 units; never half an emoji. */
export function cut(text: string, maxChars: number): string {
  return text.slice(0, cutLength(text, maxChars));
}

/** At most `maxChars` UTF-16 units, the last of them "…" if some are missing. */
export function ellipsis(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${cut(text, maxChars - 1).trimEnd()}…`;
}

function endOfPart(text: string, maxChars: number): number {
  const lineBreak = text.lastIndexOf('\n', maxChars);
  if (lineBreak >= maxChars / 2) return lineBreak;
  for (let index = maxChars; index > 0; index -= 1) {
    if (/\s/.test(text.charAt(index))) return index;
  }
  return cutLength(text, maxChars);
}

/** At most `maxChars` UTF-16 units, one less if the cut would part a surrogate pair. */
function cutLength(text: string, maxChars: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(maxChars - 1, maxChars + 1)) ? maxChars - 1 : maxChars;
}
