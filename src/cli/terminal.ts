/**
 * Colours and wrapped lines for a terminal; plain text for everything else.
 *
 * @see https://no-color.org
 */

import { visibleLines } from '../thread/visible-text.js';

/** How a text is to look. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly notice: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

const RESET = '\u001b[0m';
const PLAIN = (text: string): string => text;
/** The widest line of prose, and the narrowest terminal. Columns. */
const WIDEST_COLUMNS = 110;
const NARROWEST_COLUMNS = 50;

/** Real colours, or none. */
export function paint(colours: boolean): Paint {
  if (!colours) return { good: PLAIN, bad: PLAIN, notice: PLAIN, faint: PLAIN, strong: PLAIN };
  const painted = (code: number) => (text: string) => `\u001b[${code}m${text}${RESET}`;
  return { good: painted(32), bad: painted(31), notice: painted(33), faint: painted(2), strong: painted(1) };
}

/** Whether colours are wanted: on a terminal, unless `NO_COLOR` is set to anything, or the terminal is a dumb one. */
export function wantsColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** The text in lines of at most `columns`, each after the first with `indent` blanks in front. Words are never cut. */
export function wrapped(text: string, indent: number, columns = WIDEST_COLUMNS): string {
  const width = Math.min(Math.max(columns, NARROWEST_COLUMNS), WIDEST_COLUMNS) - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** The colours of {@link paint}, and no other sequence. */
// eslint-disable-next-line no-control-regex -- the escape character is what a colour begins with
const OWN_COLOUR = /(\u001b\[(?:0|1|2|31|32|33)m)/;

/**
 * A text as it may leave for a terminal, a pipe or a file: lines, our own colours if there are any, and everything else
 * that a terminal would act upon made visible.
 */
export function forTerminal(text: string, colours: boolean): string {
  if (!colours) return visibleLines(text);
  return text
    .split(OWN_COLOUR)
    .map((part, index) => (index % 2 === 1 ? part : visibleLines(part)))
    .join('');
}
