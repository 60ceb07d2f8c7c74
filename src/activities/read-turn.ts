/**
 * Tells the three wire forms of a Messenger event apart, in one place: the Botkit adapter's activity (raw item in
 * `channelData`, `standby: true` beside it), Azure Bot Service's (payload in `channelData` or `value`, standby as an
 * event without conversation), and activities without a payload.
 */
import type { ThreadEvent } from '../thread/event.js';
import type { PageId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { idOf } from '../thread/read-unknown.js';
import { parseItem, parseWebhook } from '../webhook/parse-webhook.js';
import type { Activity } from './activity.js';

/** What a turn is about. */
export interface TurnReading {
  /** The webhook items behind the turn; empty for a proactive turn. */
  readonly events: readonly ThreadEvent[];
  /** The thread of a turn without a payload: PSID from `from.id`, Page from `recipient.id`. */
  readonly thread?: ThreadKey;
  /** The event was made up from an activity without payload: it has no identity to recognise it by. */
  readonly synthetic?: true;
}

type Fields = Readonly<Record<string, unknown>>;

/** Keys that make an object a Messenger item, beside its sender and recipient. */
const ITEM_KEYS = [
  'message',
  'postback',
  'pass_thread_control',
  'take_thread_control',
  'request_thread_control',
  'app_roles',
  'delivery',
  'read',
  'reaction',
  'optin',
  'referral',
  'policy_enforcement',
];
const CREATE_CONVERSATION = 'createconversation';
const PROACTIVE_NAMES = new Set(['continueconversation', CREATE_CONVERSATION]);

/** Reads an activity of channel `facebook`. Never throws. */
export function readTurn(activity: Activity): TurnReading {
  const thread = threadOfActivity(activity);
  if (typeof activity.name === 'string' && PROACTIVE_NAMES.has(activity.name.toLowerCase())) {
    return withoutEvents(thread);
  }
  const channelData: unknown = activity.channelData;
  const value: unknown = activity.value;

  if (activity.type === 'event' && activity.name?.toLowerCase() === 'standby') {
    const entry = isFields(channelData) ? channelData : isFields(value) ? value : {};
    const items = standbyItems(value) ?? standbyItems(channelData) ?? [];
    return { events: parseWebhook({ object: 'page', entry: [{ id: entry['id'], standby: items }] }) };
  }
  const raw = isItem(channelData) ? channelData : isItem(value) ? value : undefined;
  if (raw) {
    const channel = raw['standby'] === true ? 'standby' : 'messaging';
    return { events: [completed(parseItem(raw, channel, idOf(activity.recipient?.id)), thread)] };
  }
  if (isFields(channelData) && (Array.isArray(channelData['messaging']) || Array.isArray(channelData['standby']))) {
    return { events: parseWebhook({ object: 'page', entry: [channelData] }) };
  }
  if (activity.type !== 'message' || thread === undefined) return withoutEvents(thread);
  const { text, id } = activity;
  const event: ThreadEvent = {
    kind: 'message',
    channel: 'messaging',
    ...thread,
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof id === 'string' ? { mid: id } : {}),
    raw: channelData,
  };
  return { events: [event], thread, synthetic: true };
}

/** The thread that an activity without payload belongs to, seen from its turn. */
export function threadOfActivity(activity: Activity): ThreadKey | undefined {
  const pageId = activity.recipient?.id;
  const psid = activity.from?.id ?? customerOfNewConversation(activity, pageId);
  return isId(psid) && isId(pageId) ? { pageId, psid } : undefined;
}

/**
 * The PSID in a conversation id. Azure Bot Service's are `<PSID>-<Page id>`, those of the Facebook adapters the PSID
 * alone. Not for turns that a customer began: there the payload says it, and in an echo the conversation is the Page.
 */
function psidOfConversation(conversationId: string, pageId: PageId): string {
  const end = `-${pageId}`;
  return conversationId.endsWith(end) ? conversationId.slice(0, -end.length) : conversationId;
}

/** The turn of `CloudAdapter.createConversationAsync` names its customer nowhere else. */
function customerOfNewConversation(activity: Activity, pageId: unknown): string | undefined {
  const { name, conversation } = activity;
  if (typeof name !== 'string' || name.toLowerCase() !== CREATE_CONVERSATION) return undefined;
  const id: unknown = isFields(conversation) ? conversation['id'] : undefined;
  return isId(id) && isId(pageId) ? psidOfConversation(id, pageId) : undefined;
}

/**
 * Completes an activity that came without conversation, sender and recipient, as Azure Bot Service's standby and request
 * events do, for a turn on it: state needs them, and so does an answer. The ids are that channel's. A conversation that is
 * the Page, without a sender, is one that a binding has put there so that its framework accepts the activity.
 * @see https://github.com/microsoft/BotFramework-BlogSamples/tree/master/blog-samples/CSharp/FacebookHandover
 */
export function addressTurn(activity: Activity, { pageId, psid }: ThreadKey): void {
  const id: unknown = isFields(activity.conversation) ? activity.conversation['id'] : undefined;
  const isPlaceholder = id === pageId && activity.from === undefined;
  if (isId(id) && !isPlaceholder) return;
  Object.assign(activity, {
    conversation: { id: `${psid}-${pageId}`, isGroup: false },
    from: { id: psid, name: psid },
    recipient: { id: pageId, name: pageId },
  });
}

function withoutEvents(thread: ThreadKey | undefined): TurnReading {
  return thread === undefined ? { events: [] } : { events: [], thread };
}

/** Azure: the array of items, or an object around it in either spelling (both were seen). */
function standbyItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (!isFields(value)) return undefined;
  const items = value['standby'] ?? value['standBy'];
  if (Array.isArray(items)) return items as readonly unknown[];
  return isItem(value) ? [value] : undefined;
}

/** Ids that the payload leaves out are the activity's, if the event is a customer's. */
function completed(event: ThreadEvent, thread: ThreadKey | undefined): ThreadEvent {
  if (event.pageId !== undefined && event.psid !== undefined) return event;
  if (!thread || event.kind === 'echo' || event.kind === 'appRoles' || event.kind === 'policyEnforcement') return event;
  if (isFields(event.raw) && isFields(event.raw['optin']) && !isFields(event.raw['sender'])) return event;
  return { ...event, pageId: event.pageId ?? thread.pageId, psid: event.psid ?? thread.psid };
}

function isItem(value: unknown): value is Fields {
  if (!isFields(value)) return false;
  if (isFields(value['sender']) && isFields(value['recipient'])) return true;
  return ITEM_KEYS.some((key) => isFields(value[key]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
