/**
 * Makes what a terminal or a log would act upon, or would not show, visible: control characters, escape sequences,
 * direction overrides, invisible characters.
 *
 * Ids, metadata, names and error texts come from outside. On a terminal they must not forge lines, move the cursor or
 * change the window's title. The plugin's logger, the command line and the simulator's wire use it for all their output.
 * @see https://www.unicode.org/reports/tr36/
 */

/**
 * Control (C0, DEL, C1) and format characters (directions, zero width, tags), separators of lines and paragraphs, lone
 * surrogates, and the letters that are drawn as nothing.
 */
const ACTED_UPON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;
const ACTED_UPON_BUT_LINE_FEED =
  /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;
/** A line feed, unless a frame of a stack follows. */
const LINE_FEED_BEFORE_NO_FRAME = /\n(?! {4,}at )/g;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * One line, in which everything is shown. Each such character is written as JSON would: `\n`, `\u001b`, `\u202e`. So what
 * was JSON stays JSON, with the same meaning. Never throws.
 */
export function visibleText(text: string): string {
  return text.replace(ACTED_UPON, escaped);
}

/** The same, for a text of several lines: line feeds stay. */
export function visibleLines(text: string): string {
  return text.replace(ACTED_UPON_BUT_LINE_FEED, escaped);
}

/** The same, for a line of a log: line feeds stay only in front of the frames of an error's stack. */
export function visibleLogLine(text: string): string {
  return visibleLines(text).replace(LINE_FEED_BEFORE_NO_FRAME, '\\n');
}

function escaped(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  // Unit by unit, as JSON writes what lies beyond four hexadecimal digits.
  return Array.from({ length: character.length }, (_, at) => unitEscape(character.charCodeAt(at))).join('');
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
