/**
 * Reads the envelope of VCC Live's Database API: `{"response": …, "errors": []}`. Pure.
 * @see https://vcc.live/?p=35254
 */
import { fieldOf, isArray, isRecord, itemsOf, stringOf } from '../thread/read-unknown.js';

/** One object of a list that VCC Live answered. */
export type DatabaseRow = Readonly<Record<string, unknown>>;

/** The rows of an answer, or why the answer says nothing. */
export type DatabaseRows =
  | { readonly kind: 'rows'; readonly rows: readonly DatabaseRow[] }
  | { readonly kind: 'unusable'; readonly why: string };

/** VCC Live's texts are copied into a log line up to here. */
const MAX_ERROR_LENGTH = 200;

/** Reads the body of an answer. @param body parsed JSON, whatever it is */
export function readRows(body: unknown): DatabaseRows {
  const errors = itemsOf(fieldOf(body, 'errors'));
  if (errors.length > 0) return { kind: 'unusable', why: `VCC Live reports the error ${textOfError(errors[0])}` };
  const response = fieldOf(body, 'response');
  if (!isArray(response)) return { kind: 'unusable', why: 'the answer has no list "response"' };
  const rows = itemsOf(response).filter(isRecord);
  if (response.length > 0 && rows.length === 0) return { kind: 'unusable', why: 'the list "response" has no objects' };
  return { kind: 'rows', rows };
}

function textOfError(error: unknown): string {
  const text = stringOf(error) ?? stringOf(fieldOf(error, 'message')) ?? 'without a text';
  return JSON.stringify(text.slice(0, MAX_ERROR_LENGTH));
}
