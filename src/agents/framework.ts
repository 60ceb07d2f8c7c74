/** Binds the Microsoft 365 Agents SDK to the port of `bot/`. */
import { presentFields } from '../thread/read-unknown.js';
import { Activity } from '@microsoft/agents-activity';
import type { BaseAdapter } from '@microsoft/agents-hosting';
import { TurnContext } from '@microsoft/agents-hosting';
import type * as shapes from '../activities/activity.js';
import type * as port from '../bot/port.js';

/** What is `protected` in the SDK's class. */
interface Inside {
  runMiddleware(context: TurnContext, logic: (context: TurnContext) => Promise<void>): Promise<void>;
}

/** The SDK's word for a request without a token. A bot that has no client id sends without one, too. */
const ANONYMOUS: Parameters<BaseAdapter['continueConversation']>[0] = {};

/**
 * The Agents SDK, as `bot/` needs it. Its adapters and contexts come in as the SDK's and are narrowed there, so they are cast
 * back here.
 */
export const agentsSdk: port.Framework = {
  attachCall: 'handover.attach(app) or handover.attach(adapter, logic)',
  newContext: (adapter, activity) => new TurnContext(adapter as unknown as BaseAdapter, activityOf(activity)),
  runMiddleware: (adapter, context, logic) =>
    (adapter as unknown as Inside).runMiddleware(context as unknown as TurnContext, logic),
  referenceOf,
  continueConversation: ({ adapter, microsoftAppId }, reference, logic) =>
    (adapter as unknown as BaseAdapter).continueConversation(microsoftAppId ?? ANONYMOUS, reference, logic),
};

/** An object of the SDK's class. The fields that the class refuses are left out: empty ones, and `text: null`. */
export function activityOf(fields: shapes.Activity): Activity {
  if (fields instanceof Activity) return fields;
  const activity = new Activity(fields.type ?? 'message');
  for (const [name, value] of Object.entries(fields)) {
    const isEmpty = value === undefined || value === null || (value === '' && name !== 'text');
    if (!isEmpty) activity[name] = value;
  }
  return activity;
}

/** Not the SDK's own method: that one throws if an id is missing. `bot` is for a store that Bot Framework reads, too. */
function referenceOf(activity: shapes.Activity): shapes.ConversationReference {
  const { id, from, recipient, conversation, channelId, locale, serviceUrl } = activity;
  return presentFields({
    activityId: id,
    user: from,
    bot: recipient,
    agent: recipient,
    conversation,
    channelId,
    locale,
    serviceUrl,
  });
}
