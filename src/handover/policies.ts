/** What the application decides for itself: who gets a thread that is asked for, and which words bring one back. */
import type { AppId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { ApplicationFunctions } from '../thread/application-functions.js';
import { BOOLEAN_IN_WORDS, acceptBoolean } from '../thread/application-functions.js';
import type { ReadText } from '../phrases/folded-text.js';
import { readText } from '../phrases/folded-text.js';
import { wordsMatcher } from '../phrases/match-words.js';
import type { HandoverTimers } from './timers.js';

/** An app asks for a thread with `request_thread_control`. */
export interface ControlRequest {
  readonly thread: ThreadKey;
  /** The app that asks. */
  readonly appId: AppId;
  readonly isVccLive: boolean;
  readonly metadata?: string;
}

/**
 * Who gets a thread that is asked for: VCC Live, every app, nobody, or whom a function says. When a function fails, the
 * default holds: VCC Live gets the thread, no other app does.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export type RequestPolicy =
  'grantVccLive' | 'grantAll' | 'deny' | ((request: ControlRequest) => boolean | Promise<boolean>);

/**
 * A RegExp on the text, the whole text in any case, or a function of the text. RegExp and text look at the message as it was
 * written and in folded form, as those of `talkToAgent` do. A function gets the text as it was written.
 */
export type ReclaimPattern = RegExp | string | ((text: string) => boolean | Promise<boolean>);

/** Words that take the thread back to the bot while an agent has it. Off unless given. */
export interface ReclaimWords {
  /** By the customer. */
  readonly customer?: ReclaimPattern | readonly ReclaimPattern[];
  /** By an agent of VCC Live, as a macro. */
  readonly agent?: ReclaimPattern | readonly ReclaimPattern[];
}

/** Who may take a thread back with their words. */
export type Writer = 'customer' | 'agent' | 'other';

/** Whether a request is granted. Never throws or rejects. */
export type Granting = (request: ControlRequest) => boolean | Promise<boolean>;

/** Whether a message asks for the bot. Never throws or rejects. */
export type ReclaimTrigger = (text: string, read: () => ReadText) => boolean | Promise<boolean>;

/** What the use cases ask about a Page. */
export interface EnginePolicies {
  readonly timers: HandoverTimers;
  readonly grants: Granting;
  readonly reclaim: Readonly<Record<Writer, readonly ReclaimTrigger[]>>;
  /** Whether what happens to a handover runs the bot's logic even if no dialog waits. */
  readonly statusEvents: boolean;
  /** Whether the echoes of the bot's own messages run its logic. */
  readonly ownEchoes: boolean;
}

/** What the option `controlRequests` means. */
export function grantingOf(policy: RequestPolicy, functions: ApplicationFunctions): Granting {
  if (policy === 'deny') return () => false;
  if (policy === 'grantAll') return () => true;
  if (policy === 'grantVccLive') return ({ isVccLive }) => isVccLive;
  return (request) => {
    const described = {
      name: 'controlRequests',
      accept: acceptBoolean,
      expected: BOOLEAN_IN_WORDS,
      instead: request.isVccLive,
      otherwise: request.isVccLive ? 'VCC Live gets the thread.' : 'The app does not get the thread.',
    };
    return functions.call(described, () => policy(request));
  };
}

/** What the option `reclaim` means. */
export function reclaimTriggersOf(words: ReclaimWords, functions: ApplicationFunctions): EnginePolicies['reclaim'] {
  return {
    customer: triggersOf('reclaim.customer', words.customer, functions),
    agent: triggersOf('reclaim.agent', words.agent, functions),
    other: [],
  };
}

/** Whether what somebody wrote on standby asks for the bot. Never rejects. */
export async function asksForBot(text: string, triggers: readonly ReclaimTrigger[]): Promise<boolean> {
  let known: ReadText | undefined;
  const read = (): ReadText => (known ??= readText(text));
  for (const trigger of triggers) {
    if (await trigger(text, read)) return true;
  }
  return false;
}

function triggersOf(
  name: string,
  given: ReclaimPattern | readonly ReclaimPattern[] | undefined,
  functions: ApplicationFunctions,
): readonly ReclaimTrigger[] {
  if (given === undefined) return [];
  if (!isList(given)) return [triggerOf(name, given, functions)];
  return given.map((each, index) => triggerOf(`${name}[${index}]`, each, functions));
}

function triggerOf(name: string, given: ReclaimPattern, functions: ApplicationFunctions): ReclaimTrigger {
  if (typeof given !== 'function') {
    const matches = wordsMatcher(given);
    return (_text, read) => matches(read());
  }
  const described = {
    name,
    accept: acceptBoolean,
    expected: BOOLEAN_IN_WORDS,
    instead: false,
    otherwise: 'It counts as no; the other words are tried.',
    // What was thrown may hold the customer's words.
    hidesError: true,
  } as const;
  return (text) => functions.call(described, () => given(text));
}

function isList(given: ReclaimPattern | readonly ReclaimPattern[]): given is readonly ReclaimPattern[] {
  return Array.isArray(given);
}
