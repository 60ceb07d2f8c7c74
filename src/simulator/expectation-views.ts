/** What an expectation takes, and what it looks at. */
import type { ConversationEntry, Speaker } from './messenger-platform.js';
import type { Wire } from './wire.js';

/** A text: exactly this one, one that the expression matches, or whatever the function says of the whole message. */
export type ExpectedMessage = string | RegExp | ((message: ConversationEntry) => boolean);

/** How an expectation waits. */
export interface ExpectLimit {
  /** Real milliseconds. Default 2000. */
  readonly timeoutMs?: number;
}

/** How {@link CustomerExpectations.answer} listens. */
export interface AnswerLimit extends ExpectLimit {
  /** Whose message. Default `bot`; messages of others are neither looked at nor used up. */
  readonly from?: Exclude<Speaker, 'customer'>;
}

/** How {@link CustomerExpectations.silence} listens. */
export interface SilenceLimit extends AnswerLimit {
  /** How long nothing may come after the last webhook was answered, real milliseconds. Default 100. */
  readonly forMs?: number;
}

/** How {@link AgentExpectations.thread} looks at VCC Live's threads. */
export interface QueueLimit extends ExpectLimit {
  /** What must have come along with the thread. Default: anything, or nothing. */
  readonly metadata?: string | RegExp | ((metadata: string | undefined) => boolean);
}

/** Who may own a thread: by role, or an app id. */
export type ExpectedOwner = 'bot' | 'vccLive' | 'pageInbox' | 'idle' | (string & {});

/** What all expectations look at. */
export interface ExpectationView {
  readonly wire: Wire;
  /** Resolves when no webhook is in progress. */
  readonly settled: () => Promise<void>;
}

/** What expectations of a customer look at. */
export interface CustomerView extends ExpectationView {
  readonly psid: string;
  /** Everything that came to the customer, oldest first. */
  readonly inbox: () => readonly ConversationEntry[];
  /** What earlier expectations have used up. */
  readonly heard: WeakSet<ConversationEntry>;
}

/** What expectations of an agent look at. */
export interface QueueView<Queued> extends ExpectationView {
  readonly queue: () => readonly Queued[];
}

/** What expectations of the platform look at. */
export interface PlatformView extends ExpectationView {
  /** Who owns a thread: an app id, or `idle`. */
  readonly ownerOf: (psid: string, pageId?: string) => string;
  /** App ids by role, of one Page. */
  readonly appIds: (pageId?: string) => Readonly<Record<'bot' | 'vccLive' | 'pageInbox', string>>;
  /** One handshake of the webhook; rejects if nobody answers. */
  readonly handshake: () => Promise<{ readonly ok: boolean; readonly status: number }>;
}
