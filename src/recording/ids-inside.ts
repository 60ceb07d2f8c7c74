/** Finds the ids in a text, as recordings recognise them. */

/** An id, and where it begins in the text. */
export interface IdInside {
  readonly id: string;
  readonly index: number;
}

const WORD = /[\w-]+/g;
const DIGITS = /\d+/g;
const HAS_DIGIT = /\d/;
/** A word of so many characters is an id if it has a digit. */
const WORD_CHARACTERS = 16;
/** Anything from so many digits on is an id. */
export const ID_DIGITS = 10;

/** Long words with a digit in them, and long runs of digits inside of shorter words, in their order. */
export function idsInside(text: string): IdInside[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index }) => {
    if (word.length >= WORD_CHARACTERS) return HAS_DIGIT.test(word) ? [{ id: word, index }] : [];
    const runs = [...word.matchAll(DIGITS)].filter(({ 0: digits }) => digits.length >= ID_DIGITS);
    return runs.map((run) => ({ id: run[0], index: index + run.index }));
  });
}
