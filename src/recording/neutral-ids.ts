/**
 * Gives each id a neutral one of the same length and sort, the same one each time: digits stay digits, hex stays hex.
 *
 * The neutral ids count up, so nothing of the real id is in them.
 */

/** Prefix of Meta's message ids. */
const MESSAGE_ID_PREFIX = 'm_';
const DIGITS = /^\d+$/;

/** The ids of one recording. */
export class NeutralIds {
  readonly #neutral = new Map<string, string>();
  readonly #taken = new Set<string>();
  #count = 0;

  /** The neutral form of an id. */
  of(id: string): string {
    const known = this.#neutral.get(id);
    if (known !== undefined) return known;
    const neutral = this.#next(id);
    this.#neutral.set(id, neutral);
    this.#taken.add(neutral);
    return neutral;
  }

  #next(id: string): string {
    for (let tries = 0; ; tries += 1) {
      this.#count += 1;
      const neutral = neutralId(id, this.#count);
      // Short ids run out: then two of them share a neutral one.
      if (tries > 1000 || !this.#taken.has(neutral)) return neutral;
    }
  }
}

function neutralId(id: string, count: number): string {
  // A number in JSON does not begin with 0.
  if (DIGITS.test(id)) return numbered('1', '0', id.length, count).replace(/^0(?=\d)/, '1');
  const prefix = id.startsWith(MESSAGE_ID_PREFIX) ? MESSAGE_ID_PREFIX : '';
  const fill = /[a-z]/.test(id) || !/[A-Z]/.test(id) ? 'a' : 'A';
  return prefix + numbered(fill, fill, id.length - prefix.length, count);
}

/** `first`, then `fill`, and the count at the end; cut where there is no room. */
function numbered(first: string, fill: string, length: number, count: number): string {
  const digits = String(count);
  if (length <= digits.length) return digits.slice(-length);
  return first + digits.padStart(length - 1, fill);
}
