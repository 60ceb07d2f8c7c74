/** A conversation as a bot's handlers get it, or by its key. */
import type { HandoverRequest as RequestOf, HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { CustomerMessage } from './customer-message.js';
import type { Reply } from './reply.js';

/** A request for a handover whose notice may be a text or a reply. */
export type HandoverRequest = RequestOf<Reply>;

/** The conversation of one customer with one Page. */
export interface MessengerThread {
  /** Page and customer. `psid` is empty if Meta names the customer by {@link userRef} only. */
  readonly key: ThreadKey;
  /**
   * The id of a customer of the checkbox plugin who has not written yet. Such a customer can be sent one reply, and not be
   * handed over. Absent for everybody else.
   */
  readonly userRef?: string | undefined;
  /** The customer's message that began this turn; `undefined` in a turn that none began, and by a key. */
  readonly message: CustomerMessage | undefined;

  /**
   * Sends a reply, after those before it.
   * @returns the ids of the messages that Meta accepted, in order. Empty if the reply stayed in, because an agent has the
   *   thread by now: the event `suppressed` says why
   * @throws {@link GraphApiError} if Meta refuses it for another reason; `sent` has what Meta had accepted before
   * @throws {@link InvalidOptionError} if the reply says nothing, or has a name that nobody knows
   */
  reply(reply: string | Reply): Promise<readonly string[]>;

  /** Shows or hides the three dots. Meta hides them after 20 seconds, or with the next message. Default: shows them. */
  typing(isTyping?: boolean): Promise<void>;

  /** Marks what the customer wrote as seen. */
  seen(): Promise<void>;

  /**
   * Hands the thread to VCC Live: sends the notice, passes the thread, confirms. After `passed`, nothing more leaves in this
   * turn. When the thread is home again, `onReturned` gets the result.
   *
   * Does not reject: look at `status`. If it is `refused` or `failed`, the customer has read why, and the bot goes on.
   * @throws {@link TurnTakenOverError} if another process has taken over the turn's event, which ends the turn
   */
  toAgent(request?: HandoverRequest): Promise<HandoverStart>;

  /**
   * Takes the thread back from its owner. The Page has to allow it.
   * @param metadata for the app that loses control; at most 1000 characters
   * @throws {@link GraphApiError} if Meta refuses
   */
  take(metadata?: string): Promise<void>;

  /**
   * Releases the thread: it is idle until somebody writes.
   * @throws {@link GraphApiError} code `anotherAppOwns` if another app owns it
   */
  release(metadata?: string): Promise<void>;

  /**
   * Who owns the thread, by all that is known; with `ask: true` by what Meta says now.
   * @throws {@link StoreError} if the store does not answer, {@link GraphApiError} if Meta does not
   */
  owner(how?: { readonly ask?: boolean }): Promise<ThreadOwner>;
}
