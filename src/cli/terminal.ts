/**
 * Colours and wrapped lines for a terminal; plain text for everything else.
 *
 * @see https://no-color.org
 */

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
/** As wide as a line of prose may get, and as narrow as a terminal may be. */
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

/** A text of somebody else's without what could move the cursor or change colours. */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
