/**
 * Recognises that a customer asks for a person.
 *
 * Exists so that the simplest bot needs no dialog for it: one option, five ways to say it.
 */
import type { ApplicationFunction, ApplicationFunctions } from '../../thread/application-functions.js';
import { BOOLEAN_IN_WORDS, acceptBoolean } from '../../thread/application-functions.js';
import type { ReadText } from '../../phrases/folded-text.js';
import { readText } from '../../phrases/folded-text.js';
import { wordsMatcher } from '../../phrases/match-words.js';
import type { Callback, TurnContext } from '../port.js';

/** Anything that recognises an utterance: LUIS-like recognisers, CLU wrappers, Orchestrator. */
export interface RecognizerLike<Context = TurnContext> {
  recognize(context: Context): RecognizerResultLike | Promise<RecognizerResultLike>;
}

/** What is used of a recogniser's answer. */
export interface RecognizerResultLike {
  readonly intents: Readonly<Record<string, { readonly score?: number }>>;
}

/**
 * What counts as "talk to agent": a RegExp on the text · a text, which is the whole message or the payload of a button or
 * quick reply, in any case · an intent of a recogniser, top scoring and at least `minScore` (0 to 1, default 0.5) · a
 * function of the turn.
 *
 * RegExp and text look at the message as it was written and in folded form: lower case, without emoji, invisible characters
 * and punctuation around it. They see its first 1000 characters at most. A function gets the turn as it is.
 */
export type TalkToAgent<Context = TurnContext> =
  | RegExp
  | string
  | { readonly recognizer: RecognizerLike<Context>; readonly intent: string; readonly minScore?: number }
  | Callback<[context: Context], boolean | Promise<boolean>>;

/** What a customer has sent. */
export interface Utterance {
  readonly context: TurnContext;
  /** A picture has none. */
  readonly text: string;
  /** Of the button or quick reply. */
  readonly payload: string | undefined;
}

/** Whether an utterance asks for a person. Never throws or rejects. */
export type Trigger = (utterance: Utterance, read: () => ReadText) => boolean | Promise<boolean>;

const DEFAULT_MIN_SCORE = 0.5;

type IntentTrigger = Extract<TalkToAgent, { readonly intent: string }>;

/** Makes triggers of what the option `talkToAgent` holds. One that fails counts as no. */
export function triggersOf(
  given: TalkToAgent | readonly TalkToAgent[],
  functions: ApplicationFunctions,
): readonly Trigger[] {
  if (!isList(given)) return [triggerOf(given, 'talkToAgent', functions)];
  return given.map((each, index) => triggerOf(each, `talkToAgent[${index}]`, functions));
}

/** Whether one of the triggers hears a request; at once, as far as expressions and texts can tell. */
export function asksForAgent(utterance: Utterance, triggers: readonly Trigger[]): boolean | Promise<boolean> {
  let known: ReadText | undefined;
  const read = (): ReadText => (known ??= readText(utterance.text));
  let asked = 0;
  for (const trigger of triggers) {
    const heard = trigger(utterance, read);
    asked += 1;
    if (heard === true) return true;
    if (heard !== false) return heard.then((yes) => yes || asksForAgent(utterance, triggers.slice(asked)));
  }
  return false;
}

function triggerOf(given: TalkToAgent, name: string, functions: ApplicationFunctions): Trigger {
  if (typeof given === 'string') return textTrigger(given);
  if (given instanceof RegExp) {
    const matches = wordsMatcher(given);
    return (_utterance, read) => matches(read());
  }
  const described: ApplicationFunction<boolean> = {
    name,
    accept: acceptBoolean,
    expected: BOOLEAN_IN_WORDS,
    instead: false,
    otherwise: 'It counts as no; the other triggers are tried.',
  };
  if (typeof given === 'function') return ({ context }) => functions.call(described, () => given(context));
  return ({ context, text }) => text.trim() !== '' && functions.call(described, () => isRecognised(context, given));
}

function textTrigger(text: string): Trigger {
  const matches = wordsMatcher(text);
  const wanted = text.trim().toLowerCase();
  return ({ payload }, read) => matches(read()) || payload?.trim().toLowerCase() === wanted;
}

async function isRecognised(context: TurnContext, trigger: IntentTrigger): Promise<boolean> {
  const { intents } = await trigger.recognizer.recognize(context);
  const found = intents[trigger.intent];
  if (!found) return false;
  const score = found.score ?? 0;
  const top = Math.max(...Object.values(intents).map((intent) => intent.score ?? 0));
  return score >= top && score >= (trigger.minScore ?? DEFAULT_MIN_SCORE);
}

function isList(given: TalkToAgent | readonly TalkToAgent[]): given is readonly TalkToAgent[] {
  return Array.isArray(given);
}
