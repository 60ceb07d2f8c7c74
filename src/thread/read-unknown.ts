/**
 * Reads unchecked values, and never throws.
 *
 * A webhook's body may hold anything. Only own properties count (a key named `constructor` is a key). A getter or proxy
 * that throws reads as absent.
 */

const ARRAY_INDEX = /^\d+$/;
/** Arrays up to here are looked through for holes. */
const DENSE_LENGTH = 10_000;

/** True for objects that are not arrays. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !isArray(value);
}

/** True for arrays; false if asking throws (a revoked proxy). */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** The value of an own property; `undefined` if `value` is no object, has no such property, or reading it throws. */
export function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  } catch {
    return undefined;
  }
}

/** The names of the own enumerable properties in their order; none if `value` is no object or refuses to say. */
export function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** The items of an array in their order, holes left out; none if `value` is no array. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (!isArray(value)) return [];
  try {
    // Arrays that come from JSON have no holes: a copy of one takes less memory than a list that grows.
    if (hasNoHoles(value)) return Array.prototype.slice.call(value);
  } catch {
    // An item that refuses to be read.
  }
  const items: unknown[] = [];
  // Over the keys, not up to the length: the length of a sparse array can be four thousand million.
  for (const key of keysOf(value)) {
    if (ARRAY_INDEX.test(key)) items.push(fieldOf(value, key));
  }
  return items;
}

function hasNoHoles(list: readonly unknown[]): boolean {
  if (list.length > DENSE_LENGTH) return false;
  for (let index = 0; index < list.length; index += 1) if (!Object.hasOwn(list, index)) return false;
  return true;
}

/**
 * An id as a string, whether it came as a string or a number. An empty string, `null` and anything else are absent, and
 * so is a number beyond 2^53: some other parser has rounded it, and the digits would be another customer's or app's.
 */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return Number.isFinite(value) && !isRounded(value) ? String(value) : undefined;
  return typeof value === 'bigint' ? String(value) : undefined;
}

/** What is left of an id that came as a number beyond 2^53, all digits written out; `undefined` for anything else. */
export function roundedIdOf(value: unknown): string | undefined {
  return isRounded(value) ? BigInt(value).toString() : undefined;
}

function isRounded(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** The value if it is a string, the empty one included. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The same fields without those that are `undefined`, so that an optional property is left out, not set to nothing. */
export function presentFields<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: { [K in keyof T]?: T[K] } = {};
  for (const name in fields) {
    if (fields[name] !== undefined) present[name] = fields[name];
  }
  return present as { [K in keyof T]?: Exclude<T[K], undefined> };
}
