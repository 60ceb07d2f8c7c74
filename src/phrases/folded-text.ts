/**
 * Brings what people type into one form before an expression or a phrase looks at it.
 *
 * Exists because a phone's keyboard writes “curly” quotes, emoji and characters that nobody sees, and because an expression
 * of the application's may take very long for a long text.
 */

/** An expression sees this many characters of a message at most. */
const MAX_CHARACTERS = 1000;

/** What an expression sees behind the text when there was more: `$` must not match in the middle of a message. */
const CUT_MARK = '…';

// Each matches one character, or a run of one class that ends at the first other character.
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const CONTROL = /\p{Cc}/gu;
const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u20e3]/gu;
const SINGLE_QUOTE = /[‘’‚‛′ʼ`´]/g;
const DOUBLE_QUOTE = /[“”„‟″«»]/g;
const BLANKS = /\s+/g;
/** Has no accents, no emoji, and nothing that nobody sees. */
const ASCII = /^[\t\n\r -~]*$/;
/** Around a message these say nothing. `#`, `/`, `@` and a `!` in front may be a bot's command, so they stay. */
const OPENING = /["'([{‹<¿¡…—–・-]|\s/u;
const CLOSING = /["')\]}›>.,!?;:…—–。、،؟।-]|\s/u;

/** A message, in the forms in which expressions and texts look at it. */
export interface ReadText {
  /** As it was written, at most {@link MAX_CHARACTERS}. */
  readonly raw: string;
  /** NFKC, in lower case, with straight quotes and single blanks, without what nobody sees. */
  readonly plain: string;
  /** The same without emoji and without the punctuation around it. */
  readonly bare: string;
  /** Whether the forms hold the whole message. A message that was cut is equal to no text. */
  readonly isWhole: boolean;
}

/** Reads a message. The work is bounded, however long the message is. */
export function readText(text: string): ReadText {
  const trimmed = text.trim();
  const isWhole = trimmed.length <= MAX_CHARACTERS;
  if (isWhole) {
    const raw = text.length <= MAX_CHARACTERS ? text : trimmed;
    return { raw, plain: plainOf(trimmed), bare: bareOf(trimmed), isWhole };
  }
  const cut = trimmed.slice(0, MAX_CHARACTERS - CUT_MARK.length);
  return { raw: marked(cut), plain: marked(plainOf(cut)), bare: marked(bareOf(cut)), isWhole };
}

/**
 * For phrases: lower case, without accents, apostrophes and emoji; anything else that is no letter, digit or plus sign is
 * one blank. `undefined` for a message longer than {@link MAX_CHARACTERS}, which is no phrase.
 */
export function folded(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_CHARACTERS) return undefined;
  if (ASCII.test(trimmed)) {
    return trimmed
      .toLowerCase()
      .replace(/['`]/g, '')
      .replace(/[^a-z\d+]+/g, ' ')
      .trim();
  }
  const quoted = trimmed.replace(SINGLE_QUOTE, "'");
  return withoutEmoji(quoted)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .replaceAll("'", '')
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim();
}

function plainOf(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .replace(SINGLE_QUOTE, "'")
    .replace(DOUBLE_QUOTE, '"')
    .normalize('NFKC')
    .replace(CONTROL, ' ')
    .toLowerCase()
    .replace(BLANKS, ' ')
    .trim();
}

function bareOf(text: string): string {
  const plain = plainOf(withoutEmoji(text));
  let from = 0;
  let to = plain.length;
  while (from < to && OPENING.test(plain.charAt(from))) from += 1;
  while (to > from && CLOSING.test(plain.charAt(to - 1))) to -= 1;
  return plain.slice(from, to);
}

/** Normalization may make one character many. */
function marked(form: string): string {
  return form.slice(0, MAX_CHARACTERS - CUT_MARK.length) + CUT_MARK;
}

/** Before any normalization, which makes a letter of some of them. */
function withoutEmoji(text: string): string {
  return text.replace(INVISIBLE, '').replace(EMOJI, ' ');
}
