/**
 * Notice and pass in one Graph call, on Pages with Conversation Routing.
 *
 * Exists because the two-call form leaves a moment between notice and pass; the price is that the Page must have
 * routing on. `thread_control` without `control_type` releases the thread, so it is always sent.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { Activity } from 'botbuilder';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { AnsweredCall, HandoverOrder } from '../handover/turn.js';
import { messagesFromActivity } from './messenger-activity.js';

/** The one call, or `undefined` where the Page or the notice does not allow it and two calls have to do. */
export async function passWithNotice(
  client: ThreadControlClient,
  thread: ThreadKey,
  notice: Partial<Activity>,
  log: Logger,
): Promise<HandoverOrder['passWithNotice']> {
  const [body, ...more] = messagesFromActivity(notice, thread.psid);
  if (!body?.message || more.length > 0) return undefined;
  if (!(await hasRouting(client, thread.pageId, log))) return undefined;
  return async (targetAppId, metadata): Promise<AnsweredCall> => {
    try {
      return await client.send(thread, {
        ...body,
        thread_control: { app_id: targetAppId, control_type: 'pass', metadata },
      });
    } catch (error) {
      if (!(error instanceof GraphApiError) || error.outcome !== 'unknown') throw error;
      // Perhaps it was passed, perhaps not: the ordinary pass finds out, and repeats only what is safe.
      const owner = await client.owner(thread);
      if (owner.owner === 'app' && owner.appId === targetAppId) return owner;
      return client.pass(thread, targetAppId, metadata);
    }
  };
}

async function hasRouting(client: ThreadControlClient, pageId: string, log: Logger): Promise<boolean> {
  try {
    return (await client.featureStatus(pageId)).conversationRouting === true;
  } catch (error) {
    log.warn(`Conversation Routing could not be looked up: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
