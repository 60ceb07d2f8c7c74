/** What the application decides for itself: who gets a thread that is asked for, and which words bring one back. */
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadKey } from '../thread/key.js';

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

/** Words that take the thread back to the bot while an agent has it. Off unless given. */
export interface ReclaimWords {
  /** By the customer: a RegExp on the text, or the whole text in any case. */
  readonly customer?: RegExp | string | readonly (RegExp | string)[];
  /** By an agent of VCC Live, as a macro: likewise. */
  readonly agent?: RegExp | string | readonly (RegExp | string)[];
}

/** Whether the policy grants a request. Rejects where its function does. */
export async function grants(policy: RequestPolicy, request: ControlRequest): Promise<boolean> {
  if (policy === 'deny') return false;
  if (policy === 'grantAll') return true;
  if (policy === 'grantVccLive') return request.isVccLive;
  return policy(request);
}

/** Whether what somebody wrote on standby asks for the bot. */
export function asksForBot(event: ThreadEvent, from: 'customer' | 'agent' | 'other', words: ReclaimWords): boolean {
  const given = from === 'customer' ? words.customer : from === 'agent' ? words.agent : undefined;
  const { text } = event;
  if (given === undefined || text === undefined) return false;
  const patterns: readonly (RegExp | string)[] = given instanceof RegExp || typeof given === 'string' ? [given] : given;
  return patterns.some((pattern) => {
    if (typeof pattern === 'string') return pattern.trim().toLowerCase() === text.trim().toLowerCase();
    // A global or sticky expression remembers where it was; every message begins anew.
    pattern.lastIndex = 0;
    return pattern.test(text);
  });
}
