/**
 * Rewrites JSON text with neutral values and nothing else changed: order, number forms, escapes and lengths stay.
 *
 * It works on the characters, because a parsed value has lost them: which digits a number had, whether `á` was escaped.
 */
import { ID_DIGITS, idsInside } from './ids-inside.js';
import { ID_FIELDS, KNOWN_FIELDS, KNOWN_VALUES, MEASURE, MEASURES, SECRET_FIELDS } from './known-values.js';
import type { NeutralIds } from './neutral-ids.js';
import { neutralText } from './neutral-text.js';

/** What a piece of JSON text is. Strings come without their quotes. */
export type JsonPiece = 'key' | 'string' | 'number';

const SCHEME = /^https?:\/\//;
const STRING = /"((?:[^"\\]|\\.)*)"/y;
const NUMBER = /-?\d[\d.eE+-]*/y;
/** One character of a JSON string as it is written. */
const UNIT = /\\u[0-9a-fA-F]{4}|\\.|[^\\]/gs;
const LINE_BREAKS = /[\r\n]/g;
/** Objects in strings in objects … deeper than this are replaced as text. */
const DEEPEST = 4;

/** Makes neutral JSON, with the same neutral id for the same id throughout. */
export class Neutralizer {
  readonly #ids: NeutralIds;
  readonly #keep: ReadonlySet<string>;

  /** @param keep texts and field names that stay, beside the known ones */
  constructor(ids: NeutralIds, keep: readonly string[] = []) {
    this.#ids = ids;
    this.#keep = new Set(keep);
  }

  /** The text without values of people and apps, in one line. `undefined` if it is not JSON. */
  json(text: string): string | undefined {
    return isJson(text) ? this.#rewritten(text, 0).replaceAll(LINE_BREAKS, ' ') : undefined;
  }

  /** A value of the field `name`, outside of JSON: a query parameter, a part of a form. */
  value(name: string, value: string): string {
    return this.#string(name, value, 0);
  }

  /** A name of a field or parameter. */
  name(name: string): string {
    return KNOWN_FIELDS.has(name) || this.#isKept(name) ? name : this.#idsInside(name);
  }

  #rewritten(text: string, depth: number): string {
    return rewriteJson(text, (piece, raw, field) => {
      if (piece === 'number') return this.#number(field, raw);
      return sameUnits(raw, (value) => (piece === 'key' ? this.name(value) : this.#string(field, value, depth)));
    });
  }

  #string(field: string, value: string, depth: number): string {
    if (SECRET_FIELDS.has(field)) return 'x'.repeat(value.length);
    if (this.#isKept(value)) return value;
    if (MEASURES.has(field) && MEASURE.test(value)) return value;
    if (ID_FIELDS.has(field) && /^[\w.:=+/-]+$/.test(value)) return this.#ids.of(value);
    if (depth < DEEPEST && /^\s*[{[]/.test(value) && isJson(value)) return this.#rewritten(value, depth + 1);
    const scheme = SCHEME.exec(value)?.[0] ?? '';
    return scheme + this.#idsInside(value.slice(scheme.length));
  }

  #number(field: string, raw: string): string {
    if (KNOWN_VALUES.has(raw) || (MEASURES.has(field) && MEASURE.test(raw))) return raw;
    const sign = raw.startsWith('-') ? '-' : '';
    const digits = raw.slice(sign.length);
    const isWhole = /^\d+$/.test(digits);
    if (isWhole && (ID_FIELDS.has(field) || digits.length >= ID_DIGITS)) return sign + this.#ids.of(digits);
    // 47.4979 → 10.0000, and the exponent stays short enough to be a number.
    return sign + digits.replace(/\d/g, '0').replace(/^0(?=0|$)|^0(?=[.eE])/, '1');
  }

  #idsInside(text: string): string {
    let neutral = '';
    let behind = 0;
    for (const { id, index } of idsInside(text)) {
      neutral += neutralText(text.slice(behind, index)) + this.#id(id);
      behind = index + id.length;
    }
    return neutral + neutralText(text.slice(behind));
  }

  #id(word: string): string {
    return this.#isKept(word) ? word : this.#ids.of(word);
  }

  #isKept(value: string): boolean {
    return KNOWN_VALUES.has(value) || this.#keep.has(value);
  }
}

/** Copies JSON text and gives each key, string and number through `replace`, with the name of the field that it is in. */
export function rewriteJson(text: string, replace: (piece: JsonPiece, raw: string, field: string) => string): string {
  let written = '';
  let field = '';
  const fields: string[] = [];
  for (let at = 0; at < text.length;) {
    const character = text.charAt(at);
    STRING.lastIndex = NUMBER.lastIndex = at;
    const string = character === '"' ? STRING.exec(text) : null;
    const number = string === null ? NUMBER.exec(text) : null;
    if (string !== null) {
      at = STRING.lastIndex;
      const [, raw = ''] = string;
      const isKey = /^\s*:/.test(text.slice(at, at + MOST_BLANKS));
      if (isKey) field = plain(raw);
      written += `"${replace(isKey ? 'key' : 'string', raw, field)}"`;
      continue;
    }
    if (number !== null) {
      at = NUMBER.lastIndex;
      written += replace('number', number[0], field);
      continue;
    }
    // A list's items have the list's name; an object's fields have their own.
    if (character === '{' || character === '[') fields.push(field);
    if (character === '}' || character === ']') field = fields.pop() ?? '';
    written += character;
    at += 1;
  }
  return written;
}

/** Blanks that may stand between a key and its colon. */
const MOST_BLANKS = 64;

/** Maps what a JSON string says and writes each character as it was written: escaped or not. */
function sameUnits(raw: string, map: (value: string) => string): string {
  if (!raw.includes('\\')) return sameLength(raw, map(raw));
  const units = raw.match(UNIT) ?? [];
  const value = units.map(plain).join('');
  const safe = sameLength(value, map(value));
  return units.map((unit, index) => (safe[index] === value[index] ? unit : inForm(unit, safe[index] ?? ''))).join('');
}

/** Every replacement keeps its length; if one did not, the shape alone is written. */
function sameLength(value: string, mapped: string): string {
  return mapped.length === value.length ? mapped : neutralText(value);
}

function inForm(unit: string, character: string): string {
  if (!unit.startsWith('\\u')) return character;
  const hex = character.charCodeAt(0).toString(16).padStart(4, '0');
  return `\\u${/[A-F]/.test(unit) ? hex.toUpperCase() : hex}`;
}

function plain(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
