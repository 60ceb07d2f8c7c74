/**
 * Customers whom Meta names by a `user_ref`: those of the checkbox plugin, and guests of the chat plugin.
 *
 * Such a customer has no PSID and no thread yet. The PSID comes with the customer's first message, whose `prior_message`
 * then has the `user_ref` as its `identifier`.
 * @see https://developers.facebook.com/docs/messenger-platform/discovery/checkbox-plugin
 */
import { fieldOf, idOf } from '../thread/read-unknown.js';
import type { ThreadEvent } from '../thread/event.js';

/**
 * The `user_ref` of a Messenger item whose sender has no PSID. The Facebook adapters write it into `sender.id` as well.
 * @param item an item of a webhook, or an activity's `channelData` or `value`
 */
export function userRefOf(item: unknown): string | undefined {
  const sender = fieldOf(item, 'sender');
  const ref = idOf(fieldOf(sender, 'user_ref')) ?? idOf(fieldOf(fieldOf(item, 'optin'), 'user_ref'));
  const senderId = idOf(fieldOf(sender, 'id'));
  return senderId === undefined || senderId === ref ? ref : undefined;
}

/** Whether the bot's logic runs on this event although it has no thread: nobody but the bot can have its customer. */
export function isWithoutThread(event: ThreadEvent): boolean {
  if (event.channel !== 'messaging' || event.psid !== undefined) return false;
  return event.kind === 'optin' || (CUSTOMER_KINDS.has(event.kind) && userRefOf(event.raw) !== undefined);
}

const CUSTOMER_KINDS: ReadonlySet<string> = new Set(['message', 'postback', 'referral']);
