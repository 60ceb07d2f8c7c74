/** Compares a recorded value, which is neutral, with one of this replay, which is not. */
import { parseExactJson } from '../../thread/exact-json.js';
import { idsInside } from '../../recording/ids-inside.js';
import { ID_FIELDS } from '../../recording/known-values.js';
import { neutralText } from '../../recording/neutral-text.js';
import { isJsonObject } from '../webhook-items.js';
import type { IdMap } from './id-map.js';

/** One place where two values differ. */
export interface ValueDifference {
  /** `message.text`. */
  readonly at: string;
  /** JSON; `nothing` if it is not there. */
  readonly recorded: string;
  readonly actual: string;
}

const SHORT = 120;

/** All differences, in the order of the recorded value. Ids that both have in the same place become one in `ids`. */
export function compareValues(recorded: unknown, actual: unknown, ids: IdMap, at = ''): readonly ValueDifference[] {
  if (isJsonObject(recorded) && isJsonObject(actual)) {
    const pairs = pairedFields(Object.keys(recorded), Object.keys(actual));
    return pairs.flatMap(([theirs, ours]) =>
      compareValues(
        theirs === undefined ? undefined : recorded[theirs],
        ours === undefined ? undefined : actual[ours],
        ids,
        at === '' ? (ours ?? theirs ?? '') : `${at}.${ours ?? theirs ?? ''}`,
      ),
    );
  }
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    const length = Math.max(recorded.length, actual.length);
    return Array.from({ length }, (_, index) =>
      compareValues(recorded[index], actual[index], ids, `${at}[${index}]`),
    ).flat();
  }
  if (typeof recorded === 'string' && typeof actual === 'string') {
    const inside = [jsonIn(recorded), jsonIn(actual)] as const;
    if (inside[0] !== undefined && inside[1] !== undefined) return compareValues(...inside, ids, at);
  }
  if (isSame(recorded, actual, ids, fieldOf(at))) return [];
  return [{ at: at === '' ? 'the whole' : at, recorded: shown(recorded), actual: shown(actual) }];
}

/** Fields of the same name, then those whose neutral name was recorded, then what only one of them has. */
function pairedFields(
  recorded: readonly string[],
  actual: readonly string[],
): (readonly [recorded: string | undefined, actual: string | undefined])[] {
  const left = new Set(actual);
  const pairs = recorded.map((name) => {
    const found = left.has(name)
      ? name
      : [...left].find((other) => !recorded.includes(other) && neutralText(other) === name);
    if (found !== undefined) left.delete(found);
    return [name, found] as const;
  });
  return [...pairs, ...[...left].map((name) => [undefined, name] as const)];
}

function isSame(recorded: unknown, actual: unknown, ids: IdMap, field: string): boolean {
  if (recorded === actual && typeof recorded !== 'string') return true;
  if (typeof recorded === 'number' && typeof actual === 'number') return recorded === neutralNumber(actual);
  // Parameters of a query are texts, and ids are texts or numbers.
  if (!isScalar(recorded) || !isScalar(actual)) return false;
  if (typeof recorded !== typeof actual && !/^\d+$/.test(String(recorded))) return false;
  return isSameText(String(recorded), String(actual), ids, field);
}

function isSameText(recorded: string, actual: string, ids: IdMap, field: string): boolean {
  if (ID_FIELDS.has(field) && recorded !== '' && actual !== '') return ids.pair(recorded, actual);
  const [theirs, ours] = [partsOf(recorded), partsOf(actual)];
  if (theirs.length !== ours.length) return recorded === neutralPart(actual);
  return theirs.every((part, index) => {
    const other = ours[index] ?? '';
    return index % 2 === 1 ? ids.pair(part, other) : part === other || part === neutralPart(other);
  });
}

/** As recordings write it: they keep `https://`. */
function neutralPart(text: string): string {
  const scheme = /^https?:\/\//.exec(text)?.[0] ?? '';
  return scheme + neutralText(text.slice(scheme.length));
}

/** Text, id, text, id … text. */
function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let behind = 0;
  for (const { id, index } of idsInside(text)) {
    parts.push(text.slice(behind, index), id);
    behind = index + id.length;
  }
  return [...parts, text.slice(behind)];
}

function neutralNumber(value: number): number {
  const digits = String(Math.abs(value)).replace(/\d/g, '0');
  return Math.sign(value || 1) * Number(digits.replace(/^0(?=0|$)|^0(?=[.e])/, '1'));
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function jsonIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** The name of the last field on a path: `message.buttons[0]` → `buttons`. */
function fieldOf(at: string): string {
  const last = at.slice(at.lastIndexOf('.') + 1);
  const index = last.indexOf('[');
  return index < 0 ? last : last.slice(0, index);
}

function shown(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value);
  return json.length > SHORT ? `${json.slice(0, SHORT)}…` : json;
}
