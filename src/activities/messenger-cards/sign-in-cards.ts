/** Sends sign-in and OAuth cards as button templates whose button opens the sign-in page. */
import { fieldOf } from '../../thread/read-unknown.js';
import { buttonsOf } from './card-actions.js';
import { wordsAndButtons } from './hero-cards.js';
import type { Losses } from './losses.js';
import type { MessagePart } from './messenger-message.js';
import { wordsOf } from './messenger-message.js';

/** The messages of a sign-in card. */
export function signInParts(content: unknown, losses: Losses): MessagePart[] {
  const parts = wordsAndButtons(textOf(content), buttonsOf(fieldOf(content, 'buttons'), losses));
  if (parts.length === 0) losses.add('emptyCard');
  return parts;
}

/** The messages of an OAuth card. Without a link nobody can sign in, so that its text alone would mislead. */
export function oauthParts(content: unknown, losses: Losses): MessagePart[] {
  const buttons = buttonsOf(fieldOf(content, 'buttons'), losses);
  if (buttons.some((button) => button['type'] === 'web_url')) return wordsAndButtons(textOf(content), buttons);
  losses.add('oauthCard');
  return [];
}

function textOf(content: unknown): string | undefined {
  const lines = [fieldOf(content, 'title'), fieldOf(content, 'text')].map(wordsOf).filter((line) => line !== undefined);
  return lines.length === 0 ? undefined : lines.join('\n');
}
