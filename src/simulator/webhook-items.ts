/**
 * The JSON of webhook items and envelopes, in the shapes and with the id types that Meta sends.
 *
 * Exists so that shapes are written once: PSIDs and Page ids are strings, app ids in control events and echoes numbers.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
 */
import type { PlatformHabits } from './options.js';
import type { ControlNotice } from './thread-rules.js';
import { appIdNumber, writeExactJson } from './write-exact-json.js';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One item on its way to one app. */
export interface AddressedItem {
  readonly pageId: string;
  /** Absent on items about the whole Page. */
  readonly psid?: string;
  readonly channel: 'messaging' | 'standby';
  readonly item: JsonObject;
}

/** From the customer to the Page. `stamp` is what stands in `timestamp`; `undefined` leaves it out (deliveries). */
export function fromCustomer(pageId: string, psid: string, stamp: number | undefined, content: JsonObject): JsonObject {
  return {
    sender: { id: psid },
    recipient: { id: pageId },
    ...(stamp === undefined ? {} : { timestamp: stamp }),
    ...content,
  };
}

/** A message of an app as the other apps and its own see it: sender and recipient are swapped. */
export function echoOf(
  pageId: string,
  psid: string,
  stamp: number,
  appId: string,
  mid: string,
  message: JsonObject,
): JsonObject {
  return {
    sender: { id: pageId },
    recipient: { id: psid },
    timestamp: stamp,
    message: { is_echo: true, app_id: appIdNumber(appId), ...message, mid },
  };
}

/** A pass, take or request event. `whenIdle` says how a missing previous owner is written. */
export function controlItem(
  pageId: string,
  psid: string,
  stamp: number,
  notice: ControlNotice,
  habits: Pick<PlatformHabits, 'previousOwnerWhenIdle' | 'controlMetadata'>,
): JsonObject {
  const head = { recipient: { id: pageId }, timestamp: stamp, sender: { id: psid } };
  const text = notice.metadata ?? null;
  const metadata = habits.controlMetadata === 'metadata' ? { metadata: text } : { thread_control_metadata: { text } };
  if (notice.kind === 'request') {
    return {
      ...head,
      request_thread_control: { requested_owner_app_id: appIdNumber(notice.requestingAppId), ...metadata },
    };
  }
  const previous =
    notice.previousAppId !== undefined
      ? { previous_owner_app_id: appIdNumber(notice.previousAppId) }
      : habits.previousOwnerWhenIdle === 'null'
        ? { previous_owner_app_id: null }
        : {};
  const change = { ...previous, new_owner_app_id: appIdNumber(notice.newAppId), ...metadata };
  return notice.kind === 'pass' ? { ...head, pass_thread_control: change } : { ...head, take_thread_control: change };
}

/** An item as standby carries it: a postback without payload (and without title if `bare`). */
export function asStandby(item: JsonObject, bare: boolean): JsonObject {
  const postback = item['postback'];
  if (!isJsonObject(postback)) return item;
  const title = postback['title'];
  return { ...item, postback: bare || title === undefined ? {} : { title } };
}

/**
 * The body of a delivery: neighbouring items of one Page share an entry, unless `apart`.
 * An entry has only the arrays that have items: a standby event alone makes an entry without `messaging`.
 */
export function envelope(items: readonly AddressedItem[], timeMs: number, apart = false): JsonObject {
  const entries: { id: string; time: number; messaging?: JsonObject[]; standby?: JsonObject[] }[] = [];
  for (const { pageId, channel, item } of items) {
    const last = entries.at(-1);
    const entry = last !== undefined && last.id === pageId && !apart ? last : { id: pageId, time: timeMs };
    if (entry !== last) entries.push(entry);
    (entry[channel] ??= []).push(item);
  }
  return { object: 'page', entry: entries };
}

/**
 * JSON with everything beyond ASCII as `\uXXXX`, lowercase: what Meta sends, and what it signs. `ä` → `\u00e4`. A BigInt
 * becomes a bare number with all its digits.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
 */
export function escapedJson(value: unknown): string {
  return writeExactJson(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Short words for an item, for timelines: `message "hello"`, `pass_thread_control → 24012345678901237`. */
export function describeItem(item: JsonObject): string {
  const { message, postback } = item;
  if (isJsonObject(message)) return describeMessage(message);
  if (isJsonObject(postback)) return `postback ${quoted(postback['payload'] ?? postback['title'])}`.trim();
  for (const kind of ['pass_thread_control', 'take_thread_control', 'request_thread_control']) {
    const change = item[kind];
    if (isJsonObject(change))
      return `${kind} → ${String(change['new_owner_app_id'] ?? change['requested_owner_app_id'])}`;
  }
  return Object.keys(item).find((key) => !['sender', 'recipient', 'timestamp'].includes(key)) ?? 'nothing';
}

/** True for objects that are neither null nor arrays. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeMessage(message: JsonObject): string {
  const kind = message['is_echo'] === true ? `echo of ${String(message['app_id'])}` : 'message';
  if (message['is_deleted'] === true) return `${kind} unsent`;
  if (message['text'] !== undefined) return `${kind} ${quoted(message['text'])}`;
  return `${kind} with attachment`;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : '';
}
