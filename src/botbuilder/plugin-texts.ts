/** What the customer reads from the plugin itself: the defaults, and how a text is said. */
import type { Activity, TurnContext } from 'botbuilder';
import { textOfThrown } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { HandoverText, HandoverTexts } from './handover-options.js';

const DEFAULT_TEXTS: HandoverTexts = {
  connecting: "I'm connecting you to an agent. One moment, please.",
  unavailable: 'None of our agents is available right now.',
  failed: "I'm sorry, I could not reach an agent. Please try again in a few minutes.",
  unclaimed: "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
  abandoned: 'Your chat with the agent has ended. You are talking to the bot again.',
  returned: null,
};

/** All texts: those given, and the defaults for the others. A text that is `undefined` is one that is not given. */
export function textsOf(...given: readonly (Partial<HandoverTexts> | undefined)[]): HandoverTexts {
  return Object.assign({}, DEFAULT_TEXTS, ...given.map(definedTexts)) as HandoverTexts;
}

/** Says a text of the plugin. Never rejects: what cannot be said is one line in the log. */
export async function say(context: TurnContext, text: HandoverText, log: Logger): Promise<void> {
  try {
    const activity = await activityOf(context, text);
    if (activity) await context.sendActivity(activity);
  } catch (error) {
    log.warn(`A text of the plugin could not be sent: ${textOfThrown(error)}`);
  }
}

/** The activity of a text, or `undefined` for silence. Rejects where a function of the application's does. */
export async function activityOf(context: TurnContext, text: HandoverText): Promise<Partial<Activity> | undefined> {
  const said = typeof text === 'function' ? await text(context) : text;
  if (!said) return undefined;
  return typeof said === 'string' ? { type: 'message', text: said } : { type: 'message', ...said };
}

function definedTexts(texts: Partial<HandoverTexts> | undefined): Partial<HandoverTexts> {
  return Object.fromEntries(Object.entries<unknown>(texts ?? {}).filter(([, text]) => text !== undefined));
}
