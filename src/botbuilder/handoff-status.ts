/**
 * Bot Framework's `handoff.status`: what the bot's logic gets instead of the event that brought it.
 * @see https://github.com/microsoft/BotBuilder-Samples/blob/main/experimental/handoff-library/README.md
 */
import type { Activity, ConversationReference, TurnContext } from 'botbuilder';

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
  reference: Partial<ConversationReference>,
  state: HandoffState,
): void {
  const { bot, user, conversation, channelId, serviceUrl, locale } = reference;
  const activity: Partial<Activity> = context.activity;
  delete activity.text;
  delete activity.attachments;
  delete activity.channelData;
  delete activity.replyToId;
  const known = { from: user, recipient: bot, conversation, channelId, serviceUrl, locale };
  Object.assign(activity, Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)));
  becomeHandoffStatus(context, state, undefined);
}

/** Whether something that a store kept can be a reference. */
export function isReference(reference: unknown): reference is Partial<ConversationReference> {
  return typeof reference === 'object' && reference !== null;
}
