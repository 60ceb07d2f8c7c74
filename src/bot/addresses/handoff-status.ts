/**
 * Bot Framework's `handoff.status`: what the bot's logic gets instead of the event that brought it.
 * @see https://github.com/microsoft/BotBuilder-Samples/blob/main/experimental/handoff-library/README.md
 */
import type { ThreadKey } from '../../thread/key.js';
import { isRecord, presentFields } from '../../thread/read-unknown.js';
import type { Activity, ConversationReference } from '../../activities/activity.js';
import { speaksToMeta } from '../adapter-answers.js';
import type { BotAdapter, TurnContext } from '../port.js';

/** The states that Bot Framework defines. */
export type HandoffState = 'accepted' | 'completed' | 'failed';

/** Makes the turn's activity a `handoff.status` event. */
export function becomeHandoffStatus(context: TurnContext, state: HandoffState, message: string | undefined): void {
  Object.assign(context.activity, {
    type: 'event',
    name: 'handoff.status',
    value: { state, ...(message === undefined ? {} : { message }) },
  });
}

/**
 * The same, in the conversation of the customer: an agent's echo is one of the Page's, so dialogs and state would be
 * looked for in the wrong place. What the agent wrote is not the bot's to read here.
 */
export function becomeHandoffStatusOf(
  context: TurnContext,
  reference: ConversationReference,
  state: HandoffState,
): void {
  const { bot, agent = bot, user, conversation, channelId, serviceUrl, locale } = reference;
  const activity: Activity = context.activity;
  delete activity.text;
  delete activity.attachments;
  delete activity.channelData;
  delete activity.replyToId;
  const known = { from: user, recipient: agent, conversation, channelId, serviceUrl, locale };
  Object.assign(activity, presentFields(known));
  becomeHandoffStatus(context, state, undefined);
}

/** Where a Facebook adapter reaches a thread. */
export function referenceTo({ pageId, psid }: ThreadKey): ConversationReference {
  return {
    channelId: 'facebook',
    conversation: { id: psid },
    user: { id: psid, name: psid },
    bot: { id: pageId, name: pageId },
  };
}

/**
 * The reference of a thread, by what a store kept of it: an older version, or the turn of an echo, may have left ids out or
 * have Page and customer the wrong way round. A Facebook adapter needs nothing but the ids; for another channel
 * `undefined` if nothing was kept, because its address is in the reference only.
 */
export function referenceFor(
  { pageId, psid }: ThreadKey,
  stored: unknown,
  adapter: BotAdapter,
): ConversationReference | undefined {
  const isMeta = speaksToMeta(adapter);
  if (!isRecord(stored) && !isMeta) return undefined;
  const reference: ConversationReference = isRecord(stored) ? stored : {};
  const id = reference.conversation?.id;
  const isKnown = id !== undefined && id !== pageId;
  // A bot may have changed its framework since the reference was kept.
  const kept = reference.agent ?? reference.bot;
  const bot = kept?.id === pageId ? kept : { id: pageId, name: pageId };
  return {
    channelId: 'facebook',
    ...reference,
    user: reference.user?.id === psid ? reference.user : { id: psid, name: psid },
    bot,
    agent: bot,
    ...(isKnown ? {} : { conversation: { id: isMeta ? psid : `${psid}-${pageId}` } }),
  };
}
