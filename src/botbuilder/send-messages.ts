/**
 * Sends a turn's activities to Messenger through the plugin's Graph client.
 *
 * Exists because the stock adapter swallows what Graph refuses: here an error reaches the bot's code, except that a
 * thread which another app controls is silence, and heals the ledger.
 */
import type { Activity, ResourceResponse, TurnContext } from 'botbuilder';
import type { Clock } from '../thread/clock.js';
import { sleep } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import { fieldOf } from '../thread/read-unknown.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { NewsDesk } from '../handover/news.js';
import type { Address } from './address.js';
import type { AddressFinder } from './find-address.js';
import { messagesFromActivity } from './messenger-activity.js';

/** What sending stands on. */
export interface SendParts {
  readonly client: ThreadControlClient;
  readonly engine: HandoverEngine;
  readonly news: NewsDesk;
  readonly clock: Clock;
  readonly addresses: AddressFinder;
}

/** As Bot Framework's adapters have it. */
const USUAL_DELAY_MS = 1000;

/**
 * Sends a batch in order; one response for each activity. A `delay` waits `value` milliseconds before what follows.
 * @throws {@link GraphApiError} where Graph refuses a message for another reason than who owns the thread
 */
export async function sendMessages(
  context: TurnContext,
  activities: readonly Partial<Activity>[],
  parts: SendParts,
): Promise<ResourceResponse[]> {
  const responses: ResourceResponse[] = [];
  let refused = false;
  for (const activity of activities) {
    const address = parts.addresses.ofOutgoing(context, activity);
    const thread = threadOf(address);
    const psid = isToPage(context, activity, thread) ? thread.pageId : thread.psid;
    if (refused) {
      parts.news.tell('suppressed', { thread, activity, reason: 'refusedByMeta' });
      responses.push({ id: '' });
      continue;
    }
    if (activity.type === 'delay') {
      await sleep(parts.clock, typeof activity.value === 'number' ? activity.value : USUAL_DELAY_MS);
      responses.push({ id: '' });
      continue;
    }
    const sentAtMs = parts.clock.now();
    try {
      // The id of the last message that the activity becomes; empty where it becomes none.
      let id = '';
      for (const body of messagesFromActivity(activity, psid)) {
        const sent = address.to === 'userRef' ? { ...body, recipient: { user_ref: address.userRef } } : body;
        id = (await parts.client.send(thread, sent)).messageId ?? id;
      }
      responses.push({ id });
    } catch (error) {
      if (!(error instanceof GraphApiError) || error.kind !== 'notOwner') throw error;
      refused = true;
      parts.news.tell('suppressed', { thread, activity, reason: 'refusedByMeta' });
      if (address.to === 'thread')
        await parts.engine.speaking.sendRefused(thread, { sentAtMs, answeredAtMs: parts.clock.now() });
      responses.push({ id: '' });
    }
  }
  return responses;
}

/** A customer without a thread has no PSID. */
function threadOf(address: Address): ThreadKey {
  if (address.to === 'thread') return address.thread;
  return address.to === 'userRef' ? { pageId: address.pageId, psid: '' } : { pageId: '', psid: address.psid };
}

/**
 * In the turn of an echo the conversation is the Page, as with the stock adapter, so Meta refuses an answer to it: a bot
 * that answers every turn would never end.
 */
function isToPage(context: TurnContext, activity: Partial<Activity>, { pageId }: ThreadKey): boolean {
  if (activity.conversation?.id !== pageId) return false;
  const channelData: unknown = (context.activity as Partial<Activity> | undefined)?.channelData;
  return fieldOf(fieldOf(channelData, 'message'), 'is_echo') === true;
}
