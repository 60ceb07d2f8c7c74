/**
 * Reads the body of an answer: success, Meta's refusal, or something that is not Meta's.
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
import { parseExactJson } from '../thread/exact-json.js';
import { isRecord } from '../thread/read-unknown.js';
import type { Refusal } from './classify-refusal.js';

/** A refusal with what is worth telling a person about it. Not yet clean of secrets. */
export interface ReadRefusal extends Refusal {
  readonly fbTraceId?: string | undefined;
  readonly userMessage?: string | undefined;
}

/** The JSON of a body, or `undefined` if it is none. */
export function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** A status of success and an object that reports no error. `{"success":false}` is a refusal. */
export function isSuccess(httpStatus: number, value: unknown): boolean {
  if (httpStatus < 200 || httpStatus >= 300 || !isRecord(value)) return false;
  return !('error' in value) && value['success'] !== false;
}

/**
 * Meta's refusal, or `undefined` if the answer is from a proxy, a gateway or a login page.
 * Meta's refusal has a numeric code, or is `{"success":false}`.
 */
export function refusalOf(httpStatus: number, value: unknown): ReadRefusal | undefined {
  if (!isRecord(value)) return undefined;
  const { error } = value;
  if (isRecord(error)) return isErrorOfMeta(httpStatus, error) ? readError(httpStatus, error) : undefined;
  const isBareRefusal = value['success'] === false && error === undefined;
  return isBareRefusal ? { httpStatus, text: '', isTransient: false } : undefined;
}

/** Gateways write `{"error":{"code":403,"message":"Forbidden"}}`: the HTTP status again. Meta's errors have a type or a trace. */
function isErrorOfMeta(httpStatus: number, error: Readonly<Record<string, unknown>>): boolean {
  const code = numberOf(error['code']);
  if (code === undefined) return false;
  return code !== httpStatus || textOf(error['type']) !== undefined || textOf(error['fbtrace_id']) !== undefined;
}

function readError(httpStatus: number, error: Readonly<Record<string, unknown>>): ReadRefusal {
  return {
    httpStatus,
    code: numberOf(error['code']),
    subcode: numberOf(error['error_subcode']),
    text: textOf(error['message']) ?? '',
    isTransient: error['is_transient'] === true,
    fbTraceId: textOf(error['fbtrace_id']),
    userMessage: textOf(error['error_user_msg']),
  };
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
