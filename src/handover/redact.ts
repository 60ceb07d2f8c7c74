/**
 * Masks what looks like a card number, an e-mail address or a phone number, before text leaves for another app.
 *
 * Exists because metadata is shown to an agent, and lies in logs of systems that the bot's owner does not run. Pure, and in
 * time that grows with the length of the text only: customers' words may be in it.
 */
import type { Replacement } from './readable-text.js';
import { readableText } from './readable-text.js';

/** Makes a text fit to leave. */
export type Redactor = (text: string) => string;

const CARD = '[card number]';
const EMAIL = '[e-mail]';
const PHONE = '[phone number]';

/** ISO/IEC 7812. */
const CARD_DIGITS = { least: 13, most: 19 } as const;
/** A solid run of so many digits is no phone number: ids of Meta's and VCC Live's are that long. */
const ID_DIGITS = 14;
const PHONE_DIGITS = { solid: 9, parted: 9, partedOften: 8, international: 7 } as const;
/** Behind a card number stand its expiry and its check digits, in groups of at most this. */
const LONGEST_CARD_TAIL_GROUP = 4;

// All repetitions are bounded or end at a character that they cannot eat, so none is tried again from the middle.
const EMAIL_ADDRESS = /[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/gu;
const DATE = '(?:19|20)\\d\\d[-./]\\d\\d[-./]\\d\\d(?!\\d)|\\d\\d[-./]\\d\\d[-./](?:19|20)\\d\\d(?!\\d)';
/** What stands between the digits of any number. */
const NEAR = ' \\t\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000().\\/\\u2010-\\u2015\\u2212\\ufe58\\ufe63\\-';
/** What stands between those of a card number beside it. Between other numbers it makes a list. */
const FAR = '\\r\\n\\v\\f\\u0085\\u2028\\u2029,;_*|\\u00b7\\u2022\\u060c\\u066b\\u066c\\u3001';
const NUMBERS = new RegExp(`(?<!\\d)(?:${DATE})|[(+]{0,3}\\d(?:[${NEAR}${FAR}]{0,8}(?!${DATE})\\d)*`, 'g');
const WHOLE_DATE = new RegExp(`^(?:${DATE})$`);
const NEAR_GAP = new RegExp(`^[${NEAR}]{0,3}$`);
const LETTER = /[\p{L}\p{N}_]/u;
/** How the card numbers begin that banks give out. */
const CARD_BEGIN = /^[2-69]/;
/** In a list of numbers (of sizes, of years) most are shorter than a part of a card number is. */
const CARD_PART = { digits: 3, shorter: 2 } as const;

/**
 * The default of the option `redact`. Masks
 * - card numbers: 13 to 19 digits with a right check digit (Luhn), with what follows as expiry and check digits; also
 *   if line breaks or commas stand in them
 * - e-mail addresses
 * - phone numbers: 7 digits or more after a `+`; 9 or more, or three groups of 8 or more, with blanks, dots, dashes,
 *   slashes or brackets between them; 9 to 13 in one piece.
 *
 * Left alone: dates, shorter numbers, numbers of 14 digits and more in one piece that are no card number (Meta's ids), and
 * digits between letters (random ids). An order number of 9 to 13 digits is masked: give a redactor of your own then.
 *
 * Digits of every script count, full-width ones included, and characters without a shape (zero-width ones) do not.
 */
export function redactPersonalData(text: string): string {
  const mail = readableText(text);
  const rest = mail.replaced(Array.from(mail.visible.matchAll(EMAIL_ADDRESS), partOfMail));
  const seen = readableText(rest);
  const { visible } = seen;
  const masks: Replacement[] = [];
  for (const match of visible.matchAll(NUMBERS)) {
    const [run] = match;
    if (WHOLE_DATE.test(run)) continue;
    const gluedBefore = LETTER.test(visible[match.index - 1] ?? '');
    const gluedBehind = LETTER.test(visible[match.index + run.length] ?? '');
    for (const { start, end, by } of masksIn(run, gluedBefore, gluedBehind)) {
      masks.push({ start: start + match.index, end: end + match.index, by });
    }
  }
  return seen.replaced(masks);
}

function partOfMail(match: RegExpExecArray): Replacement {
  return { start: match.index, end: match.index + match[0].length, by: EMAIL };
}

interface Group {
  readonly digits: string;
  readonly start: number;
  readonly end: number;
  /** Cannot be part of a phone number: as long as an id, or grown together with letters. */
  readonly id: boolean;
  /** What stands before it may also stand between two numbers of a list. */
  readonly apart: boolean;
}

/** What is masked in a run of digits and what stands between them: the card numbers first, then phone numbers. */
function masksIn(run: string, gluedBefore: boolean, gluedBehind: boolean): Replacement[] {
  const groups = groupsOf(run, gluedBefore, gluedBehind);
  const masks: Replacement[] = [];
  let index = 0;
  while (index < groups.length) {
    const cardEnd = endOfCard(groups, index);
    const end = cardEnd === undefined ? endOfPhone(groups, index) : endOfCardTail(groups, cardEnd);
    const first = groups[index];
    const last = groups[end - 1];
    if (!first || !last) break;
    // A bracket or plus that opens the number goes with it.
    const start = index === 0 ? 0 : first.start;
    const international = index === 0 && run.slice(0, first.start).includes('+');
    if (cardEnd !== undefined) masks.push({ start, end: last.end, by: CARD });
    else if (isPhone(groups.slice(index, end), international)) masks.push({ start, end: last.end, by: PHONE });
    index = end;
  }
  return masks;
}

function groupsOf(run: string, gluedBefore: boolean, gluedBehind: boolean): Group[] {
  const found = [...run.matchAll(/\d+/g)];
  let behind = 0;
  return found.map((match, index): Group => {
    const [digits] = match;
    const gap = run.slice(behind, match.index);
    const international = index === 0 && gap.includes('+');
    const glued = (index === 0 && gluedBefore && !international) || (index === found.length - 1 && gluedBehind);
    behind = match.index + digits.length;
    return {
      digits,
      start: match.index,
      end: behind,
      id: glued || (digits.length >= ID_DIGITS && !international),
      apart: index > 0 && !NEAR_GAP.test(gap),
    };
  });
}

/** The group behind the card number that begins at this group; `undefined`: none begins. */
function endOfCard(groups: readonly Group[], begin: number): number | undefined {
  let digits = '';
  let shorter = 0;
  let apart = false;
  let found: number | undefined;
  for (let index = begin; index < groups.length && digits.length < CARD_DIGITS.most; index += 1) {
    const group = groups[index];
    if (!group) break;
    digits += group.digits;
    apart ||= index > begin && group.apart;
    if (group.digits.length < CARD_PART.digits) shorter += 1;
    // Numbers of a list, whose digits together happen to have a right check digit.
    if (apart && (shorter > CARD_PART.shorter || !CARD_BEGIN.test(digits))) break;
    if (digits.length >= CARD_DIGITS.least && digits.length <= CARD_DIGITS.most && hasCheckDigit(digits))
      found = index + 1;
  }
  return found;
}

/** The group behind expiry and check digits. */
function endOfCardTail(groups: readonly Group[], cardEnd: number): number {
  let end = cardEnd;
  for (let next = groups[end]; next && !next.apart; next = groups[end]) {
    if (next.digits.length > LONGEST_CARD_TAIL_GROUP) break;
    end += 1;
  }
  return end;
}

/** The group behind the last that may belong to the same phone number. A card number may begin there, or an id. */
function endOfPhone(groups: readonly Group[], begin: number): number {
  let end = begin + 1;
  if (groups[begin]?.id) return end;
  for (let next = groups[end]; next && !next.id && !next.apart; next = groups[end]) {
    if (endOfCard(groups, end) !== undefined) break;
    end += 1;
  }
  return end;
}

function isPhone(groups: readonly Group[], international: boolean): boolean {
  if (groups.some((group) => group.id)) return false;
  const digits = groups.reduce((sum, group) => sum + group.digits.length, 0);
  if (international) return digits >= PHONE_DIGITS.international;
  if (groups.length === 1) return digits >= PHONE_DIGITS.solid;
  return digits >= PHONE_DIGITS.parted || (groups.length > 2 && digits >= PHONE_DIGITS.partedOften);
}

/** Luhn's: every second digit from the right doubled, the cross sum divisible by ten. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight += 1) {
    const value = Number(digits.charAt(digits.length - 1 - fromRight)) * (fromRight % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
