/**
 * Masks what looks like a card number, an e-mail address or a phone number, before text leaves for another app.
 *
 * Exists because metadata is shown to an agent, and lies in logs of systems that the bot's owner does not run. Pure, and in
 * time that grows with the length of the text only: customers' words may be in it.
 */

/** Makes a text fit to leave. */
export type Redactor = (text: string) => string;

const CARD = '[card number]';
const EMAIL = '[e-mail]';
const PHONE = '[phone number]';
/** In place of a text whose redactor failed. */
const WITHHELD = '[redacted]';

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
const BETWEEN_DIGITS = '[ \\t\\u00a0\\u2000-\\u200a\\u202f().\\/\\u2010-\\u2015-]{0,3}';
const NUMBERS = new RegExp(`(?<!\\d)(?:${DATE})|[(+]{0,3}\\d(?:${BETWEEN_DIGITS}(?!${DATE})\\d)*`, 'g');
const WHOLE_DATE = new RegExp(`^(?:${DATE})$`);
const LETTER = /[\p{L}\p{N}_]/u;

/**
 * The default of the option `redact`. Masks
 * - card numbers: 13 to 19 digits with a right check digit (Luhn), with what follows as expiry and check digits
 * - e-mail addresses
 * - phone numbers: 7 digits or more after a `+`; 9 or more, or three groups of 8 or more, with blanks, dots, dashes,
 *   slashes or brackets between them; 9 to 13 in one piece.
 *
 * Left alone: dates, shorter numbers, numbers of 14 digits and more in one piece that are no card number (Meta's ids), and
 * digits between letters (random ids). An order number of 9 to 13 digits is masked: give a redactor of your own then.
 */
export function redactPersonalData(text: string): string {
  const rest = text.replace(EMAIL_ADDRESS, EMAIL);
  return rest.replace(NUMBERS, (match: string, offset: number) => {
    if (WHOLE_DATE.test(match)) return match;
    return maskedNumbers(match, LETTER.test(rest[offset - 1] ?? ''), LETTER.test(rest[offset + match.length] ?? ''));
  });
}

/**
 * A redactor that never fails: where `redact` throws or gives no text, nothing of the text leaves.
 * @param onFailure told about it once for each text; never gets the text
 */
export function dependable(redact: Redactor, onFailure: (error: unknown) => void): Redactor {
  return (text) => {
    try {
      const redacted: unknown = redact(text);
      if (typeof redacted === 'string') return redacted;
      onFailure(new TypeError(`it gave ${typeof redacted}, not a text`));
    } catch (error) {
      onFailure(error);
    }
    return WITHHELD;
  };
}

interface Group {
  readonly digits: string;
  readonly start: number;
  readonly end: number;
  /** Cannot be part of a phone number: as long as an id, or grown together with letters. */
  readonly id: boolean;
}

/** A run of digits and what stands between them: the card numbers out of it first, then phone numbers. */
function maskedNumbers(run: string, gluedBefore: boolean, gluedBehind: boolean): string {
  const found = [...run.matchAll(/\d+/g)];
  const groups = found.map((match, index): Group => {
    const [digits] = match;
    const international = index === 0 && run.slice(0, match.index).includes('+');
    const glued = (index === 0 && gluedBefore && !international) || (index === found.length - 1 && gluedBehind);
    const id = glued || (digits.length >= ID_DIGITS && !international);
    return { digits, start: match.index, end: match.index + digits.length, id };
  });
  let masked = '';
  let from = 0;
  let index = 0;
  const mask = (first: Group, last: Group, by: string): void => {
    // A bracket or plus that opens the number goes with it.
    masked += (first === groups[0] ? '' : run.slice(from, first.start)) + by;
    from = last.end;
  };
  while (index < groups.length) {
    const cardEnd = endOfCard(groups, index);
    const end = cardEnd === undefined ? endOfPhone(groups, index) : endOfCardTail(groups, cardEnd);
    const first = groups[index];
    const last = groups[end - 1];
    if (!first || !last) break;
    if (cardEnd !== undefined) mask(first, last, CARD);
    else if (isPhone(groups.slice(index, end), first === groups[0] && run.slice(0, first.start).includes('+')))
      mask(first, last, PHONE);
    index = end;
  }
  return masked + run.slice(from);
}

/** The group behind the card number that begins at this group; `undefined`: none begins. */
function endOfCard(groups: readonly Group[], begin: number): number | undefined {
  let digits = '';
  let found: number | undefined;
  for (let index = begin; index < groups.length && digits.length < CARD_DIGITS.most; index += 1) {
    digits += groups[index]?.digits ?? '';
    if (digits.length >= CARD_DIGITS.least && digits.length <= CARD_DIGITS.most && hasCheckDigit(digits))
      found = index + 1;
  }
  return found;
}

/** The group behind expiry and check digits. */
function endOfCardTail(groups: readonly Group[], cardEnd: number): number {
  let end = cardEnd;
  while ((groups[end]?.digits.length ?? Infinity) <= LONGEST_CARD_TAIL_GROUP) end += 1;
  return end;
}

/** The group behind the last that may belong to the same phone number. A card number may begin there, or an id. */
function endOfPhone(groups: readonly Group[], begin: number): number {
  let end = begin + 1;
  if (groups[begin]?.id) return end;
  while (end < groups.length && !groups[end]?.id && endOfCard(groups, end) === undefined) end += 1;
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
