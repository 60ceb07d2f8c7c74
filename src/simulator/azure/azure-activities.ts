/**
 * What Azure Bot Service's Facebook channel makes of Meta's webhook items, and of a bot's activities.
 *
 * The forms are those that people have seen of the real channel. Standby, pass, take and request of control each arrive
 * differently, some of them without a conversation.
 * @see https://github.com/BotBuilderCommunity/botbuilder-community-dotnet/pull/7
 * @see https://github.com/microsoft/BotFramework-BlogSamples/tree/master/blog-samples/CSharp/FacebookHandover
 */
import { fieldOf, isRecord, itemsOf, stringOf } from '../../thread/read-unknown.js';
import type { JsonObject } from '../webhook-items.js';

/** Where a standby event has its items; public code has seen each form. */
export type AzureStandbyForm = 'array' | 'standby' | 'standBy' | 'channelData' | 'everywhere';

/** What the channel is not known to do in one way only. */
export interface AzureHabits {
  /** Default `array`. */
  standby: AzureStandbyForm;
  /** Default `event`, with the payload in `value`; `message` has the payload in `channelData`. */
  echoes: 'event' | 'message';
  /** Whether the connector answers the bot after it has asked Meta (default), or before. */
  accepts: 'afterMeta' | 'beforeMeta';
  /** What the bot hears of a refusal by Meta, with `afterMeta`: Meta's words, 403 without any, or that all is well. */
  refusals: 'relayed' | 'stripped' | 'swallowed';
}

/** The usual habits. */
export const USUAL_HABITS: AzureHabits = {
  standby: 'array',
  echoes: 'event',
  accepts: 'afterMeta',
  refusals: 'relayed',
};

/** Makes activities. One for each channel, because their ids count. */
export class AzureActivities {
  readonly #habits: AzureHabits;
  readonly #serviceUrl: () => string;
  readonly #nowMs: () => number;
  #ids = 0;

  constructor(habits: AzureHabits, serviceUrl: () => string, nowMs: () => number) {
    this.#habits = habits;
    this.#serviceUrl = serviceUrl;
    this.#nowMs = nowMs;
  }

  /** An activity without conversation, from and recipient. */
  bare(fields: JsonObject): JsonObject {
    this.#ids += 1;
    return {
      channelId: 'facebook',
      id: `activity-${this.#ids}`,
      timestamp: new Date(this.#nowMs()).toISOString(),
      serviceUrl: this.#serviceUrl(),
      ...fields,
    };
  }

  /** An activity that belongs to a conversation. */
  addressed(pageId: string, psid: string, fields: JsonObject): JsonObject {
    return {
      ...this.bare({}),
      conversation: { id: `${psid}-${pageId}`, isGroup: false },
      from: { id: psid, name: 'A Customer' },
      recipient: { id: pageId, name: 'A Page' },
      ...fields,
    };
  }

  /** The event for an entry's items of `standby[]`. */
  standbyEvent(entry: {
    readonly id: string;
    readonly time: number;
    readonly standby: readonly unknown[];
  }): JsonObject {
    const { id, time, standby } = entry;
    const event = { type: 'event', name: 'standby' };
    switch (this.#habits.standby) {
      case 'array':
        return this.bare({ ...event, value: standby, channelData: { id, time } });
      case 'standby':
        return this.bare({ ...event, value: { id, time, standby } });
      case 'standBy':
        return this.bare({ ...event, value: { id, time, standBy: standby } });
      case 'channelData':
        return this.bare({ ...event, channelData: entry });
      case 'everywhere':
        return this.bare({ ...event, value: standby, channelData: entry });
    }
  }

  /** The activity for one item of `messaging[]`. */
  activityOf(item: JsonObject): JsonObject {
    const has = (name: string): boolean => fieldOf(item, name) !== undefined;
    const sender = idOf(item, 'sender');
    const recipient = idOf(item, 'recipient');
    if (has('request_thread_control')) return this.bare({ type: 'event', name: 'request_thread_control', value: item });
    if (has('app_roles') || has('policy_enforcement')) return this.bare({ type: 'event', value: item });
    if (has('pass_thread_control') || has('take_thread_control')) {
      return this.addressed(recipient, sender, { type: 'conversationUpdate', channelData: item });
    }
    const message = fieldOf(item, 'message');
    if (fieldOf(message, 'is_echo') === true) return this.#echo(item, sender, recipient);
    if (isRecord(message)) return this.addressed(recipient, sender, messageFields(item, message));
    const payload = fieldOf(fieldOf(item, 'postback'), 'payload');
    return this.addressed(
      recipient,
      sender,
      has('postback') ? { type: 'message', text: payload, channelData: item } : { type: 'event', value: item },
    );
  }

  /** The Page is the sender of an echo, and the customer its recipient. */
  #echo(item: JsonObject, pageId: string, psid: string): JsonObject {
    const text = fieldOf(fieldOf(item, 'message'), 'text');
    const form =
      this.#habits.echoes === 'event' ? { type: 'event', value: item } : { type: 'message', text, channelData: item };
    return { ...this.addressed(pageId, psid, form), from: { id: pageId }, recipient: { id: psid } };
  }
}

/** What the channel sends to Meta for a bot's activity; `undefined` if it sends nothing. */
export function messengerBodyOf(activity: unknown): JsonObject | undefined {
  const type = fieldOf(activity, 'type');
  if (type === 'typing') return { sender_action: 'typing_on' };
  if (type !== 'message') return undefined;
  const channelData = fieldOf(activity, 'channelData');
  const { quick_replies: quickReplies, ...native } = isRecord(channelData) ? channelData : {};
  const actions = itemsOf(fieldOf(fieldOf(activity, 'suggestedActions'), 'actions'));
  const replies = quickReplies ?? (actions.length === 0 ? undefined : actions.map(quickReplyOf));
  const text = fieldOf(activity, 'text');
  return {
    messaging_type: 'RESPONSE',
    message: {
      ...(text === undefined ? {} : { text }),
      ...native,
      ...(replies === undefined ? {} : { quick_replies: replies }),
    },
  };
}

function messageFields(item: JsonObject, message: Readonly<Record<string, unknown>>): JsonObject {
  const { text, attachments } = message;
  return {
    type: 'message',
    ...(text === undefined ? {} : { text }),
    ...(attachments === undefined ? {} : { attachments: [{ contentType: 'image/*', contentUrl: 'about:blank' }] }),
    channelData: item,
  };
}

function quickReplyOf(action: unknown): JsonObject {
  return { content_type: 'text', title: fieldOf(action, 'title'), payload: fieldOf(action, 'value') };
}

function idOf(item: JsonObject, side: 'sender' | 'recipient'): string {
  return stringOf(fieldOf(fieldOf(item, side), 'id')) ?? '';
}
