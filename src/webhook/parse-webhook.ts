/**
 * Turns the JSON of a Messenger webhook into thread events, one for each item of each array of each entry.
 *
 * Exists so that one place knows which of Meta's shapes mean the same: handover events stand inside `messaging`, app
 * ids come as numbers and as strings, stamps in milliseconds and in seconds, sender and recipient swap on echoes.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { ThreadEvent, ThreadEventChannel, ThreadEventKind } from '../thread/event.js';
import { fieldOf, idOf, isRecord, itemsOf, keysOf, presentFields, stringOf } from '../thread/read-unknown.js';

/** A stamp below this is in seconds: as milliseconds it would lie before March 1973, as seconds after the year 5000. */
const SECONDS_BELOW = 1e11;
/** A stamp above this is no time in milliseconds (it would lie after the year 5000). */
const ABSURD_ABOVE_MS = 1e14;
const NUMERIC = /^\d+(\.\d+)?$/;

/**
 * The keys that decide, in the order in which they do: thread control wins over everything it stands beside. A message
 * or a postback may carry a `referral`, so that one comes last.
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
 * The events of a webhook body, in the order in which they stand.
 *
 * Never throws: what is no webhook gives `[]`, an item that cannot be understood an event of kind `unknown` with the
 * item in `raw`. Which `object` the body names (`page`, `instagram` …) is not looked at; refusing one is the caller's
 * business.
 * @param body the parsed JSON, or anything else
 * @see https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
 */
export function parseWebhook(body: unknown): ThreadEvent[] {
  return itemsOf(fieldOf(body, 'entry')).flatMap((entry) => (isRecord(entry) ? entryEvents(entry) : []));
}

function entryEvents(entry: unknown): ThreadEvent[] {
  const entryId = idOf(fieldOf(entry, 'id'));
  return keysOf(entry)
    .filter((name) => name !== 'hop_context') // an array in one of its four forms, but never one of events
    .flatMap((name) => itemsOf(fieldOf(entry, name)).map((item) => eventOf(name, item, entryId)));
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
  return { kind: 'unknown', channel: 'changes', ...presentFields({ pageId: entryId }), raw };
}

function messagingEvent(
  channel: ThreadEventChannel,
  item: unknown,
  raw: unknown,
  entryId: string | undefined,
): ThreadEvent {
  const { kind, content } = classify(item);
  return {
    kind,
    channel,
    ...partiesOf(kind, item, entryId),
    ...timeOf(fieldOf(item, 'timestamp')),
    ...contentFields(kind, content),
    raw,
  };
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

function partiesOf(
  kind: ThreadEventKind,
  item: unknown,
  entryId: string | undefined,
): Pick<ThreadEvent, 'pageId' | 'psid'> {
  const sender = idOf(fieldOf(fieldOf(item, 'sender'), 'id'));
  const recipient = idOf(fieldOf(fieldOf(item, 'recipient'), 'id'));
  switch (kind) {
    case 'echo':
      return presentFields({ pageId: sender ?? entryId, psid: recipient });
    case 'appRoles':
    case 'policyEnforcement':
      // They concern the Page as a whole. Meta's reference prints a PSID as the recipient of app_roles.
      return presentFields({ pageId: entryId ?? recipient });
    case 'passThreadControl':
    case 'takeThreadControl':
    case 'requestThreadControl':
      // Meta's reference prints the PSID as the recipient of a request; captures have the Page there.
      return presentFields({ pageId: recipient === sender ? entryId : (recipient ?? entryId), psid: sender });
    default:
      return presentFields({ pageId: recipient ?? entryId, psid: sender });
  }
}

/** No fallback to `entry.time`: that is when the batch was made, not when the thing happened. */
function timeOf(stamp: unknown): Pick<ThreadEvent, 'timestampMs' | 'timestampInSeconds'> {
  const value = stampOf(stamp);
  if (value === undefined) return {};
  if (value < SECONDS_BELOW) return { timestampMs: value * 1000, timestampInSeconds: true };
  return { timestampMs: value };
}

/** A positive whole number from a number or a string of digits. */
function stampOf(stamp: unknown): number | undefined {
  const value = typeof stamp === 'string' && NUMERIC.test(stamp) ? Number(stamp) : stamp;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return whole > 0 && whole <= ABSURD_ABOVE_MS ? whole : undefined;
}

function contentFields(kind: ThreadEventKind, content: unknown): Partial<ThreadEvent> {
  switch (kind) {
    case 'message':
      return presentFields({ ...messageFields(content), isNotice: isNotice(content) ? (true as const) : undefined });
    case 'echo':
      return presentFields({
        ...messageFields(content),
        appId: idOf(fieldOf(content, 'app_id')),
        metadata: stringOf(fieldOf(content, 'metadata')),
      });
    case 'postback':
      return presentFields({ mid: midOf(content), payload: stringOf(fieldOf(content, 'payload')) });
    case 'reaction':
    case 'messageEdit':
      return presentFields({ mid: midOf(content) });
    case 'delivery':
    case 'read':
      return presentFields({ watermarkMs: timeOf(fieldOf(content, 'watermark')).timestampMs });
    case 'passThreadControl':
    case 'takeThreadControl':
    case 'requestThreadControl':
      return presentFields({
        previousOwnerAppId: idOf(fieldOf(content, 'previous_owner_app_id')),
        newOwnerAppId: idOf(fieldOf(content, 'new_owner_app_id')),
        requestedOwnerAppId: idOf(fieldOf(content, 'requested_owner_app_id')),
        metadata: stringOf(fieldOf(content, 'metadata')),
      });
    case 'appRoles':
      return { roles: rolesOf(content) };
    case 'optin':
    case 'referral':
    case 'accountLinking':
    case 'policyEnforcement':
    case 'unknown':
      return {};
  }
}

function messageFields(message: unknown): Partial<ThreadEvent> {
  return presentFields({
    mid: midOf(message),
    text: stringOf(fieldOf(message, 'text')),
    payload: stringOf(fieldOf(fieldOf(message, 'quick_reply'), 'payload')),
    isDeleted: fieldOf(message, 'is_deleted') === true ? (true as const) : undefined,
  });
}

function midOf(content: unknown): string | undefined {
  return idOf(fieldOf(content, 'mid'));
}

/** Meta's own notice, seen when its Business AI hands a thread back. It looks like a customer's message without `mid`. */
function isNotice(message: unknown): boolean {
  const notice = fieldOf(message, 'admin_text');
  return notice !== undefined && notice !== null;
}

/** Roles nobody knows yet are kept. `fromEntries` defines keys instead of assigning them: `__proto__` is a key like others. */
function rolesOf(appRoles: unknown): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    keysOf(appRoles).map((appId) => [
      appId,
      itemsOf(fieldOf(appRoles, appId)).filter((role): role is string => typeof role === 'string'),
    ]),
  );
}
