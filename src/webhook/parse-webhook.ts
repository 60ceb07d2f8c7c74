/**
 * Turns the JSON of a Messenger webhook into thread events, one for each item of each array of each entry.
 *
 * Only this file knows which of Meta's shapes mean the same. Handover events are inside `messaging`. App ids come as
 * numbers and as strings, stamps in milliseconds and in seconds. On echoes, sender and recipient are swapped.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { AppIdField, ThreadEvent, ThreadEventChannel, ThreadEventKind } from '../thread/event.js';
import { parseExactJson } from '../thread/exact-json.js';
import { fieldOf, idOf, isRecord, itemsOf, keysOf, roundedIdOf, stringOf } from '../thread/read-unknown.js';

/** A stamp below this is in seconds: as milliseconds it would lie before March 1973, as seconds after the year 5000. */
const SECONDS_BELOW = 1e11;
/** A stamp above this is no time in milliseconds (it would lie after the year 5000). */
const ABSURD_ABOVE_MS = 1e14;
const NUMERIC = /^\d+(\.\d+)?$/;

/**
 * The keys that decide an item's kind, in their order: thread control wins over every other key. A message or a postback
 * may carry a `referral`, so `referral` is last.
 */
const KIND_BY_KEY: readonly (readonly [string, ThreadEventKind])[] = [
  ['pass_thread_control', 'passThreadControl'],
  ['take_thread_control', 'takeThreadControl'],
  ['request_thread_control', 'requestThreadControl'],
  ['app_roles', 'appRoles'],
  ['message', 'message'],
  ['postback', 'postback'],
  ['message_edit', 'messageEdit'],
  ['reaction', 'reaction'],
  ['delivery', 'delivery'],
  ['read', 'read'],
  ['optin', 'optin'],
  ['account_linking', 'accountLinking'],
  ['policy_enforcement', 'policyEnforcement'],
  ['policy-enforcement', 'policyEnforcement'], // the spelling of older captures
  ['referral', 'referral'],
];

/**
 * The events of a webhook body, in the body's order.
 *
 * Give it the body as text: that keeps app ids beyond 2^53 exact, which `JSON.parse` rounds.
 *
 * Never throws. A value that is no webhook gives `[]`. An item that is not understood gives an event of kind `unknown`
 * with the item in `raw`. The body's `object` (`page`, `instagram` …) is not checked; the caller may refuse one.
 * @param body the JSON as text, the parsed JSON, or anything else
 * @see https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
 */
export function parseWebhook(body: unknown): ThreadEvent[] {
  const events: ThreadEvent[] = [];
  const delivery = typeof body === 'string' ? jsonOf(body) : body;
  for (const entry of itemsOf(fieldOf(delivery, 'entry'))) {
    if (isRecord(entry)) readEntry(entry, events);
  }
  return events;
}

/**
 * The event of one item of `messaging` or `standby`, as {@link parseWebhook} would read it in an entry of that Page.
 * @param pageId id of the entry
 */
export function parseItem(item: unknown, channel: 'messaging' | 'standby', pageId: string | undefined): ThreadEvent {
  return messagingEvent(channel, item, item, pageId);
}

function jsonOf(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** An event while it is made. Its fields are set one by one: merging objects takes several times as long. */
type Draft = { -readonly [K in keyof ThreadEvent]: ThreadEvent[K] };

function readEntry(entry: unknown, events: ThreadEvent[]): void {
  const entryId = idOf(fieldOf(entry, 'id'));
  for (const name of keysOf(entry)) {
    if (name === 'hop_context') continue; // an array in one of its four forms, but never one of events
    for (const item of itemsOf(fieldOf(entry, name))) events.push(eventOf(name, item, entryId));
  }
}

function eventOf(arrayName: string, item: unknown, entryId: string | undefined): ThreadEvent {
  switch (arrayName) {
    case 'messaging':
    case 'messaging_handovers': // seen only in another project's tests; Meta puts these events into `messaging`
      return messagingEvent('messaging', item, item, entryId);
    case 'standby':
      return messagingEvent('standby', item, item, entryId);
    case 'changes': {
      // The test button of the app dashboard sends a messaging item as the value of a change.
      const value = fieldOf(item, 'value');
      return namesParty(value) ? messagingEvent('changes', value, item, entryId) : unknownEvent(item, entryId);
    }
    default:
      return unknownEvent(item, entryId);
  }
}

/** A comment on the Page also has a `message` (a string), but neither sender nor recipient. */
function namesParty(value: unknown): boolean {
  return isRecord(value) && (isRecord(fieldOf(value, 'sender')) || isRecord(fieldOf(value, 'recipient')));
}

function unknownEvent(raw: unknown, entryId: string | undefined): ThreadEvent {
  const event: Draft = { kind: 'unknown', channel: 'changes', raw };
  set(event, 'pageId', entryId);
  return event;
}

function messagingEvent(
  channel: ThreadEventChannel,
  item: unknown,
  raw: unknown,
  entryId: string | undefined,
): ThreadEvent {
  const { kind, content } = classify(item);
  const event: Draft = { kind, channel, raw };
  setParties(event, item, entryId);
  setTime(event, fieldOf(item, 'timestamp'));
  setContent(event, content);
  return event;
}

/** An optional property is left out, not set to nothing. */
function set<K extends keyof Draft>(event: Draft, key: K, value: Draft[K] | undefined): void {
  if (value !== undefined) event[key] = value;
}

interface Classified {
  readonly kind: ThreadEventKind;
  /** The object under the key that decided. */
  readonly content: unknown;
}

function classify(item: unknown): Classified {
  for (const [key, kind] of KIND_BY_KEY) {
    const content = fieldOf(item, key);
    if (!isRecord(content)) continue;
    return { kind: kind === 'message' && fieldOf(content, 'is_echo') === true ? 'echo' : kind, content };
  }
  return { kind: 'unknown', content: undefined };
}

function setParties(event: Draft, item: unknown, entryId: string | undefined): void {
  const sender = idOf(fieldOf(fieldOf(item, 'sender'), 'id'));
  const recipient = idOf(fieldOf(fieldOf(item, 'recipient'), 'id'));
  const { kind } = event;
  if (kind === 'message' && recipient !== undefined && sender !== undefined) {
    // Nearly all of them. By their names: that takes a third of the time.
    event.pageId = recipient;
    event.psid = sender;
    return;
  }
  switch (kind) {
    case 'echo':
      set(event, 'pageId', sender ?? entryId);
      set(event, 'psid', recipient);
      return;
    case 'appRoles':
    case 'policyEnforcement':
      // They concern the Page as a whole. Meta's reference prints a PSID as the recipient of app_roles.
      set(event, 'pageId', entryId ?? recipient);
      return;
    case 'passThreadControl':
    case 'takeThreadControl':
    case 'requestThreadControl':
      // Meta's reference prints the PSID as the recipient of a request; captures have the Page there.
      set(event, 'pageId', recipient === sender ? entryId : (recipient ?? entryId));
      set(event, 'psid', sender);
      return;
    default:
      set(event, 'pageId', recipient ?? entryId);
      set(event, 'psid', sender);
  }
}

/** No fallback to `entry.time`: that is when the batch was made, not when the thing happened. */
function setTime(event: Draft, stamp: unknown): void {
  const value = stampOf(stamp);
  if (value === undefined) return;
  event.timestampMs = millisecondsOf(value);
  if (value < SECONDS_BELOW) event.timestampInSeconds = true;
}

function millisecondsOf(stamp: number): number {
  return stamp < SECONDS_BELOW ? stamp * 1000 : stamp;
}

/** A positive whole number from a number or a string of digits. */
function stampOf(stamp: unknown): number | undefined {
  const value = typeof stamp === 'string' && NUMERIC.test(stamp) ? Number(stamp) : stamp;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return whole > 0 && whole <= ABSURD_ABOVE_MS ? whole : undefined;
}

function setContent(event: Draft, content: unknown): void {
  switch (event.kind) {
    case 'message':
      setMessage(event, content);
      if (isNotice(content)) event.isNotice = true;
      return;
    case 'echo':
      setMessage(event, content);
      setAppId(event, 'appId', fieldOf(content, 'app_id'));
      set(event, 'metadata', stringOf(fieldOf(content, 'metadata')));
      return;
    case 'postback':
      set(event, 'mid', midOf(content));
      set(event, 'payload', stringOf(fieldOf(content, 'payload')));
      return;
    case 'reaction':
    case 'messageEdit':
      set(event, 'mid', midOf(content));
      return;
    case 'delivery':
    case 'read': {
      const watermark = stampOf(fieldOf(content, 'watermark'));
      if (watermark !== undefined) event.watermarkMs = millisecondsOf(watermark);
      return;
    }
    case 'passThreadControl':
    case 'takeThreadControl':
    case 'requestThreadControl':
      setAppId(event, 'previousOwnerAppId', fieldOf(content, 'previous_owner_app_id'));
      setAppId(event, 'newOwnerAppId', fieldOf(content, 'new_owner_app_id'));
      setAppId(event, 'requestedOwnerAppId', fieldOf(content, 'requested_owner_app_id'));
      set(event, 'metadata', controlMetadataOf(content));
      return;
    case 'appRoles':
      event.roles = rolesOf(content);
      return;
    case 'optin':
    case 'referral':
    case 'accountLinking':
    case 'policyEnforcement':
    case 'unknown':
      return;
  }
}

/** A string. One other parser of these events also reads the nested form. */
function controlMetadataOf(content: unknown): string | undefined {
  const nested = fieldOf(fieldOf(content, 'thread_control_metadata'), 'text');
  return stringOf(fieldOf(content, 'metadata')) ?? stringOf(nested);
}

/** An id that another parser has rounded is kept and marked: the ids in the options can recognise it. */
function setAppId(event: Draft, field: AppIdField, value: unknown): void {
  const rounded = roundedIdOf(value);
  set(event, field, rounded ?? idOf(value));
  if (rounded !== undefined) event.roundedAppIds = [...(event.roundedAppIds ?? []), field];
}

function setMessage(event: Draft, message: unknown): void {
  const mid = midOf(message);
  if (mid !== undefined) event.mid = mid;
  const text = stringOf(fieldOf(message, 'text'));
  if (text !== undefined) event.text = text;
  set(event, 'payload', stringOf(fieldOf(fieldOf(message, 'quick_reply'), 'payload')));
  if (fieldOf(message, 'is_deleted') === true) event.isDeleted = true;
}

function midOf(content: unknown): string | undefined {
  return idOf(fieldOf(content, 'mid'));
}

/** Meta's own notice, seen when its Business AI hands a thread back. It looks like a customer's message without `mid`. */
function isNotice(message: unknown): boolean {
  const notice = fieldOf(message, 'admin_text');
  return notice !== undefined && notice !== null;
}

/** Unknown roles are kept. `fromEntries` defines keys instead of assigning them: `__proto__` is a key like others. */
function rolesOf(appRoles: unknown): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    keysOf(appRoles).map((appId) => [
      appId,
      itemsOf(fieldOf(appRoles, appId)).filter((role): role is string => typeof role === 'string'),
    ]),
  );
}
