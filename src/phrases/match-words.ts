/** Tells whether a message says what an option names: an expression, or a text that is the whole message. */
import type { ReadText } from './folded-text.js';
import { readText } from './folded-text.js';

/** Whether a message says it. Never throws. */
export type WordsMatcher = (said: ReadText) => boolean;

/**
 * A text has to be the whole message; case, quotes, emoji and punctuation around it do not matter. An expression is tried on
 * the message as it was written and on its folded forms, so that one with capitals or accents hears what it always heard.
 */
export function wordsMatcher(words: RegExp | string): WordsMatcher {
  return typeof words === 'string' ? textMatcher(words) : expressionMatcher(words);
}

function textMatcher(text: string): WordsMatcher {
  const wanted = readText(text);
  // A text of emoji or punctuation alone has no bare form: it is compared as it is.
  if (wanted.bare === '') return ({ plain, isWhole }) => isWhole && plain === wanted.plain;
  return ({ bare, isWhole }) => isWhole && bare === wanted.bare;
}

function expressionMatcher(expression: RegExp): WordsMatcher {
  // A copy: a global or sticky expression remembers where it was, and the application may use its own meanwhile.
  const own = new RegExp(expression.source, expression.flags);
  const matches = (text: string): boolean => {
    own.lastIndex = 0;
    return own.test(text);
  };
  return ({ raw, plain, bare }) =>
    matches(raw) || (plain !== raw && matches(plain)) || (bare !== plain && bare !== raw && matches(bare));
}
