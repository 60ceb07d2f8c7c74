/** Breaks a text into lines for SVG, which cannot do that. Pure. */

/** Letters that are as wide as two of the Latin ones: CJK, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/**
 * The lines of a text: at spaces if there are some, and inside of words that are too long.
 * @param characters what fits into a line, in Latin letters
 * @param mostLines what is beyond becomes `…`
 */
export function wrapped(text: string, characters: number, mostLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => cutUp(each, characters))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > characters) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), `${shortened(lines[mostLines - 1] ?? '', characters - 1)}…`];
}

function cutUp(word: string, characters: number): string[] {
  if (widthOf(word) <= characters) return [word];
  const parts: string[] = [];
  let part = '';
  for (const letter of word) {
    if (part !== '' && widthOf(part + letter) > characters) {
      parts.push(part);
      part = '';
    }
    part += letter;
  }
  return [...parts, part];
}

function shortened(text: string, characters: number): string {
  let short = '';
  for (const letter of text) {
    if (widthOf(short + letter) > characters) break;
    short += letter;
  }
  return short;
}

function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += WIDE.test(letter) ? 2 : 1;
  return width;
}
