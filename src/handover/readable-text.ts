/**
 * A text as a reader sees it: every decimal digit and full-width sign in ASCII, characters without a shape left out, and
 * a way back to the places in the text.
 *
 * Exists because a number is the same number for its reader when a zero-width character or a full-width digit is in it.
 */

/** What is to stand in place of a part of a {@link ReadableText}. */
export interface Replacement {
  /** Index of the first character, in `visible`. */
  readonly start: number;
  /** Index behind the last character, in `visible`. */
  readonly end: number;
  readonly by: string;
}

/** A text and what a reader sees of it. */
export interface ReadableText {
  readonly visible: string;
  /** The text with its parts replaced; everything else is as it was. @param replacements in order, not overlapping */
  replaced(replacements: readonly Replacement[]): string;
}

/** Printable ASCII and the white space of every keyboard: such a text is what it looks like. */
const PLAIN = /^[\t\n\v\f\r\x20-\x7e]*$/;
/** Zero-width characters, soft hyphens, joiners, marks of direction, variation selectors, the frame of a keycap. */
const SHAPELESS = /[\p{Cf}\p{Mn}\p{Me}]/u;
/** Those that belong to the character before them. */
const MARK = /[\p{Mn}\p{Me}]/u;
const DIGIT = /\p{Nd}/u;
/** Full-width forms of ASCII stand in its order. */
const FULL_WIDTH = { first: 0xff01, last: 0xff5e, toAscii: 0xfee0 } as const;
const ZERO = 48;
/** The most digits that follow each other in Unicode: five mathematical sets of ten. */
const LONGEST_RUN = 50;

/** Reads a text as its reader does. */
export function readableText(text: string): ReadableText {
  if (PLAIN.test(text)) return { visible: text, replaced: (list) => replacedIn(text, list, same, same) };
  let visible = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    const seen = SHAPELESS.test(character) ? '' : asciiOf(character);
    if (MARK.test(character) && ends.length > 0) ends[ends.length - 1] = at + character.length;
    for (let unit = 0; unit < seen.length; unit += 1) {
      starts.push(at);
      ends.push(at + character.length);
    }
    visible += seen;
    at += character.length;
  }
  const startOf = (index: number): number => starts[index] ?? text.length;
  const endOf = (index: number): number => ends[index - 1] ?? 0;
  return { visible, replaced: (list) => replacedIn(text, list, startOf, endOf) };
}

function same(index: number): number {
  return index;
}

function replacedIn(
  text: string,
  replacements: readonly Replacement[],
  startOf: (index: number) => number,
  endOf: (index: number) => number,
): string {
  let done = '';
  let from = 0;
  for (const { start, end, by } of replacements) {
    done += text.slice(from, startOf(start)) + by;
    from = endOf(end);
  }
  return done + text.slice(from);
}

function asciiOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return character;
  if (code >= FULL_WIDTH.first && code <= FULL_WIDTH.last) return String.fromCharCode(code - FULL_WIDTH.toAscii);
  return DIGIT.test(character) ? String.fromCharCode(ZERO + digitValue(code)) : character;
}

/** Unicode keeps the ten digits of a script side by side, from 0 on; some sets of ten follow each other. */
function digitValue(code: number): number {
  let first = code;
  while (code - first < LONGEST_RUN && DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}
