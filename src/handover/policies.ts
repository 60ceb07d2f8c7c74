/** What the application decides for itself: who gets a thread that is asked for, and which words bring one back. */
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadKey } from '../thread/key.js';
import type { HandoverTimers } from './timers.js';

/** An app asks for a thread with `request_thread_control`. */
export interface ControlRequest {
  readonly thread: ThreadKey;
  /** The app that asks. */
  readonly appId: string;
  readonly isVccLive: boolean;
  readonly metadata?: string;
}

/**
 * Who gets a thread that is asked for: VCC Live, every app, nobody, or whom a function says. A function that throws
 * counts as no.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export type RequestPolicy =
  'grantVccLive' | 'grantAll' | 'deny' | ((request: ControlRequest) => boolean | Promise<boolean>);

/** A RegExp on the text, the whole text in any case, or a function of the text. */
export type ReclaimPattern = RegExp | string | ((text: string) => boolean);

/** Words that take the thread back to the bot while an agent has it. Off unless given. */
export interface ReclaimWords {
  /** By the customer. */
  readonly customer?: ReclaimPattern | readonly ReclaimPattern[];
  /** By an agent of VCC Live, as a macro. */
  readonly agent?: ReclaimPattern | readonly ReclaimPattern[];
}

/** What the use cases ask about a Page. */
export interface EnginePolicies {
  readonly timers: HandoverTimers;
  readonly requests: RequestPolicy;
  readonly reclaim: ReclaimWords;
  /** Whether what happens to a handover runs the bot's logic even where no dialog waits. */
  readonly statusEvents: boolean;
}

/** Whether the policy grants a request. Rejects where its function does. */
export async function grants(policy: RequestPolicy, request: ControlRequest): Promise<boolean> {
  if (policy === 'deny') return false;
  if (policy === 'grantAll') return true;
  if (policy === 'grantVccLive') return request.isVccLive;
  return policy(request);
}

/** Whether what somebody wrote on standby asks for the bot. Throws where a function of the application's does. */
export function asksForBot(event: ThreadEvent, from: 'customer' | 'agent' | 'other', words: ReclaimWords): boolean {
  const given = from === 'customer' ? words.customer : from === 'agent' ? words.agent : undefined;
  const { text } = event;
  if (given === undefined || text === undefined) return false;
  const patterns: readonly ReclaimPattern[] = isList(given) ? given : [given];
  return patterns.some((pattern) => {
    if (typeof pattern === 'function') return pattern(text);
    if (typeof pattern === 'string') return pattern.trim().toLowerCase() === text.trim().toLowerCase();
    // A global or sticky expression remembers where it was; every message begins anew.
    pattern.lastIndex = 0;
    return pattern.test(text);
  });
}

function isList(given: ReclaimPattern | readonly ReclaimPattern[]): given is readonly ReclaimPattern[] {
  return Array.isArray(given);
}
