/**
 * Recognises that a customer asks for a person.
 *
 * Exists so that the simplest bot needs no dialog for it: one option, five ways to say it.
 */
import type { TurnContext } from 'botbuilder';

/** Anything that recognises an utterance: LUIS-like recognisers, CLU wrappers, Orchestrator. */
export interface RecognizerLike {
  recognize(context: TurnContext): Promise<{ readonly intents: Readonly<Record<string, { readonly score?: number }>> }>;
}

/**
 * What counts as "talk to agent": a RegExp on the text · a text, which is the whole message or the payload of a button or
 * quick reply, in any case · an intent of a recogniser, top scoring and at least `minScore` (0 to 1, default 0.5) · a
 * function of the turn.
 */
export type TalkToAgent =
  | RegExp
  | string
  | { readonly recognizer: RecognizerLike; readonly intent: string; readonly minScore?: number }
  | ((context: TurnContext) => boolean | Promise<boolean>);

/** The phrase and its closest kin, as the whole message, so that "my agent told me" does not match. */
export const DEFAULT_TALK_TO_AGENT: TalkToAgent =
  /^\s*(?:please\s+)?(?:talk|speak|chat)\s+(?:to|with)\s+(?:an?\s+|the\s+)?(?:live\s+|human\s+|real\s+)?(?:agent|human|person|operator|representative)(?:\s+please)?\s*[.!?]*\s*$/i;

const DEFAULT_MIN_SCORE = 0.5;

/** Bot Framework's types say that a message has a text; a picture has none. */
interface Said {
  readonly text?: string | null;
}

type IntentTrigger = Extract<TalkToAgent, { readonly intent: string }>;

/**
 * Whether one of the triggers matches this turn; at once, as far as expressions and texts can tell. A recogniser or
 * function that rejects rejects here, one that throws throws.
 * @param activity that of the context; who has it at hand need not ask the context, which is slow to answer
 */
export function asksForAgent(
  context: TurnContext,
  triggers: readonly TalkToAgent[],
  payload: string | undefined,
  activity: Said = context.activity,
): boolean | Promise<boolean> {
  let seen = 0;
  for (const trigger of triggers) {
    seen += 1;
    const matched = matches(context, trigger, payload, activity);
    if (matched === true) return true;
    if (matched !== false) return matchesLater(matched, context, triggers.slice(seen), payload, activity);
  }
  return false;
}

async function matchesLater(
  first: PromiseLike<boolean>,
  context: TurnContext,
  others: readonly TalkToAgent[],
  payload: string | undefined,
  activity: Said,
): Promise<boolean> {
  return (await first) || asksForAgent(context, others, payload, activity);
}

function matches(
  context: TurnContext,
  trigger: TalkToAgent,
  payload: string | undefined,
  said: Said,
): boolean | Promise<boolean> {
  const text = said.text ?? '';
  if (trigger instanceof RegExp) {
    // A global or sticky expression remembers where it was; every message begins anew.
    trigger.lastIndex = 0;
    return trigger.test(text);
  }
  if (typeof trigger === 'string') return same(trigger, text) || (payload !== undefined && same(trigger, payload));
  if (typeof trigger === 'function') return trigger(context);
  return text.trim() !== '' && isRecognised(context, trigger);
}

async function isRecognised(context: TurnContext, trigger: IntentTrigger): Promise<boolean> {
  const { intents } = await trigger.recognizer.recognize(context);
  const found = intents[trigger.intent];
  if (!found) return false;
  const score = found.score ?? 0;
  const top = Math.max(...Object.values(intents).map((intent) => intent.score ?? 0));
  return score >= top && score >= (trigger.minScore ?? DEFAULT_MIN_SCORE);
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
