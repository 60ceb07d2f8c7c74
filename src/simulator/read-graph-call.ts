/** Reads an HTTP request as a Graph call: its parameters from query, JSON or form, and its token. */
import type { IncomingMessage } from 'node:http';
import { parseExactJson } from '../thread/exact-json.js';
import type { GraphRequest } from './graph-edges.js';
import { readForm } from './read-form.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';

/** Never written to the wire. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set(['access_token', 'appsecret_proof', 'input_token']);

/** A call, and its parameters without secrets. */
export interface ReadCall extends GraphRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Reads the call. `malformedBody` is set if the body says that it is JSON and is no object. */
export function callOf(request: IncomingMessage, bytes: Buffer): ReadCall {
  const url = new URL(request.url ?? '/', 'http://graph.invalid');
  const query = Object.fromEntries(url.searchParams);
  const contentType = request.headers['content-type'] ?? '';
  const body = isForm(contentType) ? formBody(bytes, contentType) : parseBody(bytes.toString('utf8'), contentType);
  const params: JsonObject = { ...query, ...(body.params ?? {}) };
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    params,
    token: bearerOf(request.headers.authorization) ?? tokenParameter(params),
    ...(body.params === undefined ? { malformedBody: true } : {}),
    query: withoutSecrets(query) as Readonly<Record<string, string>>,
    body: body.params === undefined ? '(not JSON)' : withoutSecrets(body.params),
  };
}

/** Whether a body of this type is a form with files. */
export function isForm(contentType: string): boolean {
  return contentType.startsWith('multipart/form-data');
}

function formBody(bytes: Buffer, contentType: string): { readonly params?: JsonObject } {
  const params = readForm(bytes, contentType);
  return params === undefined ? {} : { params };
}

/** `params` is absent if the body says that it is JSON and is no object. */
function parseBody(text: string, contentType: string): { readonly params?: JsonObject } {
  if (text === '') return { params: {} };
  if (contentType.includes('application/x-www-form-urlencoded')) {
    return { params: Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    const parsed: unknown = parseExactJson(text);
    return isJsonObject(parsed) ? { params: parsed } : {};
  } catch {
    return {};
  }
}

function bearerOf(header: string | undefined): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(header ?? '')?.[1];
}

function tokenParameter(params: JsonObject): string | undefined {
  const token = params['access_token'];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

function withoutSecrets(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !SECRET_PARAMETERS.has(name)));
}
