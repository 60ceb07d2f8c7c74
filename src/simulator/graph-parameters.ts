/** Reads and checks the parameters of a Graph call, as Graph does. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseExactJson } from '../thread/exact-json.js';
import { webhookFields, type WebhookField } from './event-routing.js';
import { graphErrors, missingParameter, wrongParameter, type GraphErrorText } from './graph-errors.js';
import { checkContent, postbackButtons, withUpload, type UploadedFile } from './message-checks.js';
import type { CheckedMessage, ConnectedApp } from './messenger-platform.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';

const MESSAGING_TYPES: ReadonlySet<string> = new Set(['RESPONSE', 'UPDATE', 'MESSAGE_TAG', 'UTILITY']);
const SENDER_ACTIONS: ReadonlySet<string> = new Set(['typing_on', 'typing_off', 'mark_seen']);
/**
 * Checks `appsecret_proof`: the HMAC-SHA256 of the token by the app's secret, in hex.
 * @see https://developers.facebook.com/docs/graph-api/guides/secure-requests#appsecret_proof
 */
export function checkProof(app: ConnectedApp, token: string, proof: unknown): GraphErrorText | undefined {
  if (proof === undefined) {
    const isAppToken = app.pageAccessToken !== token;
    return app.proofRequired && !isAppToken ? graphErrors.proofMissing : undefined;
  }
  const expected = createHmac('sha256', app.secret ?? '')
    .update(token)
    .digest();
  const given = Buffer.from(typeof proof === 'string' ? proof : '', 'hex');
  const valid = app.secret !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
  return valid ? undefined : graphErrors.proofInvalid;
}

/** The action, or what is wrong with it. */
export function checkSenderAction(action: unknown, params: JsonObject): GraphErrorText | string {
  if (typeof action !== 'string' || !SENDER_ACTIONS.has(action)) {
    return wrongParameter('sender_action', `one of {${[...SENDER_ACTIONS].join(', ')}}`);
  }
  return params['message'] === undefined ? action : wrongParameter('sender_action', 'sent without message');
}

/** The message of a send, or what is wrong with it. */
export function checkMessage(params: JsonObject): CheckedMessage | GraphErrorText {
  const message = objectOf(params['message']);
  if (message === undefined || Object.keys(message).length === 0) return graphErrors.messageEmpty;
  const file = fileOf(params);
  const problem = checkContent(message, file);
  if (problem !== undefined) return problem;
  const tag = checkTag(params);
  if (typeof tag === 'object') return tag;
  const control = checkInlineControl(params['thread_control']);
  if (control !== undefined && 'httpStatus' in control) return control;
  return {
    message: withUpload(message, file),
    buttons: postbackButtons(message),
    humanAgent: tag === 'HUMAN_AGENT',
    ...(control === undefined ? {} : { control }),
  };
}

/** The tag, or what is wrong with it. The other tags ended on 2026-04-27 (C). */
function checkTag(params: JsonObject): string | undefined | GraphErrorText {
  const { messaging_type: type, tag } = params;
  if (type !== undefined && (typeof type !== 'string' || !MESSAGING_TYPES.has(type))) {
    return wrongParameter('messaging_type', `one of {${[...MESSAGING_TYPES].join(', ')}}`);
  }
  if (type === 'MESSAGE_TAG' && tag === undefined) return missingParameter('tag');
  if (tag === undefined) return undefined;
  return tag === 'HUMAN_AGENT' ? tag : wrongParameter('tag', 'one of {HUMAN_AGENT}');
}

/**
 * `thread_control` of the Send API. "If not set, control is released by default": without control_type it is a release.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
function checkInlineControl(given: unknown): CheckedMessage['control'] | GraphErrorText {
  if (given === undefined) return undefined;
  const control = objectOf(given);
  if (control === undefined) return wrongParameter('thread_control', 'a JSON object');
  const { control_type: type = 'release', app_id: appId } = control;
  if (type !== 'pass' && type !== 'release') {
    return wrongParameter('thread_control[control_type]', 'one of {pass, release}');
  }
  if (appId !== undefined && !isAppId(appId)) return wrongParameter('thread_control[app_id]', 'an app id');
  return { type, appId: appId === undefined ? undefined : String(appId) };
}

/** What came as `filedata` of a form. */
export function fileOf(params: JsonObject): UploadedFile | undefined {
  const given = params['filedata'];
  if (!isJsonObject(given)) return undefined;
  const { name, type, size } = given;
  const isFile = typeof name === 'string' && typeof type === 'string' && typeof size === 'number';
  return isFile ? { name, type, size } : undefined;
}

/** Whether this is an app id. */
export function isAppId(value: unknown): value is string | number {
  return (
    (typeof value === 'number' && Number.isSafeInteger(value)) || (typeof value === 'string' && /^\d+$/.test(value))
  );
}

/** Whether apps can subscribe to this field. */
export function isWebhookField(value: string): value is WebhookField {
  return (webhookFields as readonly string[]).includes(value);
}

/** A text or number as text; `undefined` if it is empty or something else. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

/** A JSON object, or a string that holds one: parameters in a query or a form are strings. */
export function objectOf(value: unknown): JsonObject | undefined {
  if (isJsonObject(value)) return value;
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = parseExactJson(value);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A list, a JSON list, or words with commas between them. */
export function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'string') return [];
  const bare = value.replace(/[[\]"\s]/g, '');
  return bare === '' ? [] : bare.split(',');
}
