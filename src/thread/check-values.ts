/** Checks of single option values. Each throws an {@link InvalidOptionError} that names the option. */
import { InvalidOptionError } from './errors.js';

/**
 * A duration in milliseconds, if it is given.
 * @throws {@link InvalidOptionError}
 */
export function checkDuration(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidOptionError(option, described(value), 'a positive, finite number of milliseconds');
  }
}

/** An id: a string, because a number loses digits. */
export function checkId(option: string, value: unknown, expected: string): void {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return;
  if (typeof value === 'number' || typeof value === 'bigint') {
    const why = 'a number beyond 2^53 loses digits';
    throw new InvalidOptionError(option, `the number ${value}`, `a string, in quotes (${why}): ${expected}`);
  }
  const got =
    typeof value === 'string' && value.trim() !== ''
      ? `${JSON.stringify(value)}, with blanks around it`
      : described(value);
  throw new InvalidOptionError(option, got, `a string without blanks around it: ${expected}`);
}

/**
 * A token or secret. No error shows the value.
 * @throws {@link InvalidOptionError}
 */
export function checkSecret(option: string, value: unknown, expected: string): asserts value is string {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return;
  const blank = typeof value === 'string' && value.trim() === '';
  const got = typeof value !== 'string' ? described(value) : blank ? 'empty' : 'a string with blanks around it';
  throw new InvalidOptionError(option, got, expected);
}

/** A function or a boolean, if it is given. */
export function checkKind(option: string, value: unknown, kind: 'function' | 'boolean', expected: string): void {
  if (value !== undefined && typeof value !== kind) throw new InvalidOptionError(option, described(value), expected);
}

/**
 * An object with these methods, if it is given. The error names the missing ones.
 * @throws {@link InvalidOptionError}
 */
export function checkMethods(
  option: string,
  value: unknown,
  names: readonly string[],
  expected = `an object with ${calls(names)}`,
): void {
  if (value === undefined) return;
  const missing = isObject(value) ? names.filter((name) => typeof value[name] !== 'function') : undefined;
  if (missing?.length === 0) return;
  throw new InvalidOptionError(
    option,
    missing ? `an object without ${calls(missing)}` : describedPart(value),
    expected,
  );
}

/**
 * An object with no other names than these: a misspelt option would be missed for weeks. The error names the nearest one.
 * @param path of the object, `timers`; empty for the options themselves
 * @param hint behind the names in the error
 * @returns the object
 * @throws {@link InvalidOptionError}
 */
export function checkFields(
  path: string,
  value: unknown,
  known: readonly string[],
  hint = '',
): Readonly<Record<string, unknown>> {
  const names = `${known.join(', ')}${hint}`;
  if (!isObject(value))
    throw new InvalidOptionError(path || 'options', describedPart(value), `an object with ${names}`);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const option = path === '' ? name : `${path}.${name}`;
    throw new InvalidOptionError(option, 'unknown', `${nearest(name, known)}one of ${names}`);
  }
  return value;
}

/** The names of a type's members: the compiler refuses one too many and one too few. */
export function namesOf<T>(names: Readonly<Record<keyof T, true>>): readonly (keyof T)[] {
  return Object.keys(names) as (keyof T)[];
}

/** Describes a value without showing a text: that may be a secret, or an address with a password. */
export function describedPart(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? 'a text' : described(value);
}

/** Whether this is an object and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Describes a value for an error. */
export function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value.trim() === '' ? 'empty' : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

function calls(names: readonly string[]): string {
  return names.map((name) => `${name}()`).join(', ');
}

function nearest(name: string, known: readonly string[]): string {
  const [best] = known
    .map((each) => ({ each, edits: editsBetween(name.toLowerCase(), each.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  return best && best.edits <= Math.max(2, name.length / 3) ? `"${best.each}" if that is meant, or ` : '';
}

/** How many letters must be put in, left out or changed to make one word of the other (Levenshtein distance). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(one).entries()) {
    const next = [at + 1];
    for (let to = 1; to <= other.length; to += 1) {
      const changed = (row[to - 1] ?? 0) + (letter === other[to - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
