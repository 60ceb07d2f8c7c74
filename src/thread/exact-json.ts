/**
 * Reads JSON and keeps every digit: an integer that no JavaScript number can hold becomes a string of its digits.
 *
 * Meta sends app ids as JSON numbers, and newer ids have 16 and 17 digits: `JSON.parse` rounds half of them or more.
 * `JSON.parse` itself reads everything else. A library (lossless-json 4.3) refuses repeated keys, lets
 * `__proto__` set the prototype and overflows the stack on deep nesting; a reviver sees the source text only from Node 21 on.
 * @see https://datatracker.ietf.org/doc/html/rfc8259#section-6
 */

/** Integers of 16 digits and more may be beyond 2^53. Also matches inside a text, which costs only time. */
const MAY_HOLD_LONG_INTEGER = /(?:^|[\s:,[-])\d{16}/;
const LONG_INTEGER = /^-?\d{16,}$/;
/** A number's characters. The text is JSON, so the characters make up one number. */
const NUMBER = /[-+.eE\d]+/y;
const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;

/**
 * As `JSON.parse`, but `24012345678901237` → `'24012345678901237'`. Safe integers, fractions and numbers with an exponent
 * stay numbers, and digits inside a string stay as they are.
 * @throws {SyntaxError} if the text is not JSON
 */
export function parseExactJson(text: string): unknown {
  // First the text as it is: quoting digits must not make JSON of other text, such as `{24012345678901237: 1}`.
  const value: unknown = JSON.parse(text);
  return MAY_HOLD_LONG_INTEGER.test(text) ? JSON.parse(withLongIntegersQuoted(text)) : value;
}

function withLongIntegersQuoted(json: string): string {
  let quoted = '';
  let copiedTo = 0;
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const number = numberAt(json, at);
      if (LONG_INTEGER.test(number) && !Number.isSafeInteger(Number(number))) {
        quoted += `${json.slice(copiedTo, at)}"${number}"`;
        copiedTo = at + number.length;
      }
      at += number.length;
    } else at += 1;
  }
  return quoted + json.slice(copiedTo);
}

/** Behind the closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function numberAt(json: string, start: number): string {
  NUMBER.lastIndex = start;
  return NUMBER.exec(json)?.[0] ?? json.charAt(start);
}
