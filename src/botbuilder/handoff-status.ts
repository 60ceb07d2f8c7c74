/**
 * Bot Framework's `handoff.status`: what the bot's logic gets instead of the event that brought it.
 * @see https://github.com/microsoft/BotBuilder-Samples/blob/main/experimental/handoff-library/README.md
 */
import type { TurnContext } from 'botbuilder';

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
