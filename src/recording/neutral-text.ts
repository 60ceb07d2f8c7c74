/**
 * Replaces each character of a text by a neutral one of its sort: `Anna, 17` → `Xxxx, 00`.
 *
 * Works character by character, so the neutral form of two joined texts is their two neutral forms, joined. A second pass
 * changes nothing. A replay needs both: it compares a text that the bot made of neutral words with the recorded one.
 */

/** Runs of one sort, and single characters beyond ASCII. What is left stays: punctuation, blanks, control characters. */
const CHANGES = /[a-z]+|[A-Z]+|[0-9]+|[^\0-~]/gu;
/** Join and style emoji; alone they show nothing. */
const JOINERS: ReadonlySet<string> = new Set(['\u200d', '\ufe0f']);

/** The sorts of characters beyond ASCII with a replacement of the same length in UTF-16. */
const SORTS: readonly (readonly [sort: RegExp, short: string, long: string])[] = [
  [/\p{Regional_Indicator}/u, '\u2026', '\u{1f1fd}'],
  [/\p{Emoji_Modifier}/u, '\u2026', '\u{1f3fb}'],
  [/\p{Extended_Pictographic}/u, '\u263a', '\u{1f642}'],
  [/\p{M}/u, '\u0301', '\u{1e2ae}'],
  [/\p{Nd}/u, '\u0660', '\u{1d7ce}'],
  [/\p{Lu}/u, '\u00c1', '\u{10400}'],
  [/\p{L}/u, '\u00e1', '\u{10428}'],
];
const OTHER = { short: '\u2026', long: '\u{1f642}' } as const;
const LONE_SURROGATE = '\ud83d';

/** The neutral form. It has the same length, letters stay letters, and ASCII punctuation and blanks stay. */
export function neutralText(text: string): string {
  return text.replaceAll(CHANGES, (run) => {
    const first = run.charAt(0);
    if (first >= 'a' && first <= 'z') return 'x'.repeat(run.length);
    if (first >= 'A' && first <= 'Z') return 'X'.repeat(run.length);
    if (first >= '0' && first <= '9') return '0'.repeat(run.length);
    return beyondAscii(run);
  });
}

function beyondAscii(character: string): string {
  if (JOINERS.has(character)) return character;
  if (character >= '\ud800' && character <= '\udfff' && character.length === 1) return LONE_SURROGATE;
  const [, short, long] = SORTS.find(([sort]) => sort.test(character)) ?? [undefined, OTHER.short, OTHER.long];
  return character.length === 1 ? short : long;
}
