/** What the customer reads from the plugin itself: the defaults, and how a text is made and said. */
import { textOfThrown } from '../../thread/errors.js';
import type { Logger } from '../../thread/logger.js';
import type { Accepted, ApplicationFunctions } from '../../thread/application-functions.js';
import { presentFields } from '../../thread/read-unknown.js';
import type { Activity } from '../../activities/activity.js';
import type { HandoverText, HandoverTexts } from './handover-options.js';
import type { TurnContext } from '../port.js';

const DEFAULT_TEXTS: Readonly<Record<keyof HandoverTexts, string | null>> = {
  connecting: "I'm connecting you to an agent. One moment, please.",
  unavailable: 'None of our agents is available right now.',
  failed: "I'm sorry, I could not reach an agent. Please try again in a few minutes.",
  unclaimed: "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
  abandoned: 'Your chat with the agent has ended. You are talking to the bot again.',
  returned: null,
};

/** The names of the texts. */
export const TEXT_NAMES = Object.keys(DEFAULT_TEXTS) as readonly (keyof HandoverTexts)[];

/** The activity of a text for a turn, `undefined` for silence. Never throws or rejects. */
export type TextMaker = (context: TurnContext) => MadeText | Promise<MadeText>;

/** An activity that says a text, `undefined` for silence. */
export type MadeText = Activity | undefined;

/** A maker for each text of the plugin. */
export type PluginTexts = Readonly<Record<keyof HandoverTexts, TextMaker>>;

/** Makers of all texts: those given last come first. A text that is `undefined` is one that is not given. */
export function pluginTexts(
  functions: ApplicationFunctions,
  ...given: readonly (Partial<HandoverTexts> | undefined)[]
): PluginTexts {
  const present = given.map((texts = {}) => presentFields(texts));
  const texts = Object.assign({}, DEFAULT_TEXTS, ...present) as HandoverTexts;
  const maker = (name: keyof HandoverTexts): TextMaker => {
    const described = {
      name: `texts.${name}`,
      accept: acceptText,
      expected: TEXT_IN_WORDS,
      instead: madeOf(DEFAULT_TEXTS[name]),
      otherwise: DEFAULT_TEXTS[name] === null ? 'Nothing is said.' : 'The default text is said.',
    };
    return (context) => functions.call(described, () => resolved(texts[name], context));
  };
  return Object.fromEntries(TEXT_NAMES.map((name) => [name, maker(name)])) as PluginTexts;
}

/** The notice of a handover: what the request says, else `texts.connecting`. */
export async function noticeOf(
  context: TurnContext,
  notice: HandoverText | undefined,
  { connecting }: PluginTexts,
  functions: ApplicationFunctions,
): Promise<MadeText> {
  if (notice === undefined) return connecting(context);
  const described = {
    name: 'request.notice',
    accept: (given: unknown): Accepted<Accepted<MadeText>> | undefined => {
      const text = acceptText(given);
      return text && { value: text };
    },
    expected: TEXT_IN_WORDS,
    instead: undefined,
    otherwise: 'The customer reads texts.connecting.',
  };
  const made = await functions.call<Accepted<MadeText> | undefined>(described, () => resolved(notice, context));
  return made ? made.value : connecting(context);
}

/** Says a text. Never rejects: what cannot be said is one line in the log. */
export async function say(context: TurnContext, make: TextMaker, log: Logger): Promise<void> {
  const activity = await make(context);
  if (!activity) return;
  try {
    await context.sendActivity(activity);
  } catch (error) {
    log.warn(`A text of the plugin could not be sent: ${textOfThrown(error)}`);
  }
}

/** What {@link acceptText} accepts, in words. */
export const TEXT_IN_WORDS = 'a text, an activity, or null for silence';

/** Accepts what a function that makes a text may give. */
export function acceptText(given: unknown): Accepted<MadeText> | undefined {
  if (given === undefined || given === null || typeof given === 'string') return { value: madeOf(given) };
  if (typeof given !== 'object' || Array.isArray(given)) return undefined;
  return { value: complete({ type: 'message', ...given }) };
}

/** The Agents SDK refuses suggested actions without `to`, and Messenger has no other customer whom they could be for. */
function complete(activity: Activity): Activity {
  const { suggestedActions } = activity;
  return suggestedActions === undefined ? activity : { ...activity, suggestedActions: { to: [], ...suggestedActions } };
}

function madeOf(text: string | null | undefined): MadeText {
  return text ? { type: 'message', text } : undefined;
}

function resolved(text: HandoverText, context: TurnContext): unknown {
  return typeof text === 'function' ? text(context) : text;
}
