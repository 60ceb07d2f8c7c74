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
import type { SentMessage } from '../graph/graph-api-error.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { SendOptions } from '../graph/graph-call.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { NewsDesk } from '../handover/news.js';
import { messagesFromActivity } from './messages-from-activity.js';
import type { LossTeller } from './tell-losses.js';
import { turnOf } from './turn-state.js';

/** What sending stands on. */
export interface SendParts {
  readonly client: ThreadControlClient;
  readonly engine: HandoverEngine;
  readonly news: NewsDesk;
  readonly clock: Clock;
  readonly losses: LossTeller;
}

/** As Bot Framework's adapters have it. */
const USUAL_DELAY_MS = 1000;

/**
 * Sends a batch in order; one response for each activity: the id of the last message that the activity becomes, empty
 * if it becomes none. A `delay` waits `value` milliseconds before what follows.
 * @throws {@link GraphApiError} if Graph refuses a message for another reason than who owns the thread; `sent` has the
 * messages that Graph had accepted before it
 */
export async function sendMessages(
  context: TurnContext,
  activities: readonly Partial<Activity>[],
  parts: SendParts,
): Promise<ResourceResponse[]> {
  const responses: ResourceResponse[] = [];
  const sent: SentMessage[] = [];
  let refused = false;
  for (const [activityIndex, activity] of activities.entries()) {
    const thread = threadFor(context, activity);
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
    const how = howToSend(context, thread);
    try {
      const ids = (id: string): void => void sent.push({ id, activityIndex });
      responses.push({ id: await sendActivity({ thread, how }, activity, parts, ids) });
    } catch (error) {
      if (!(error instanceof GraphApiError)) throw error;
      if (error.kind !== 'notOwner') throw error.restated({ sent, activityIndex });
      refused = true;
      parts.news.tell('suppressed', { thread, activity, reason: 'refusedByMeta' });
      await parts.engine.speaking.sendRefused(thread, { sentAtMs, answeredAtMs: parts.clock.now() });
      responses.push({ id: '' });
    }
  }
  return responses;
}

/** The id of the last message. Each id is reported as soon as it is known: the next message may be refused. */
async function sendActivity(
  { thread, how }: { readonly thread: ThreadKey; readonly how: Pick<SendOptions, 'evenIfMessagesPause'> },
  activity: Partial<Activity>,
  { client, losses }: SendParts,
  onSent: (id: string) => void,
): Promise<string> {
  const translation = messagesFromActivity(activity, thread.psid);
  if (translation.losses.length > 0) losses.tell(thread, activity, translation.losses);
  let last = '';
  for (const { body, file } of translation.messages) {
    const { messageId } = await client.send(thread, body, file === undefined ? how : { ...how, file });
    if (messageId === undefined) continue;
    last = messageId;
    onSent(messageId);
  }
  return last;
}

/**
 * The customer is the conversation, as with the stock adapter; the Page is the one the turn came from. In the turn of an
 * echo the conversation is the Page, so Meta refuses an answer to it: a bot that answers every turn would never end.
 */
function threadFor(context: TurnContext, activity: Partial<Activity>): ThreadKey {
  const psid = activity.conversation?.id ?? activity.recipient?.id ?? '';
  const pageId = turnOf(context)?.thread.pageId ?? activity.from?.id ?? pageOf(context) ?? '';
  return { pageId, psid };
}

/** The turn's own customer alone has asked for a person. */
function howToSend(context: TurnContext, thread: ThreadKey): Pick<SendOptions, 'evenIfMessagesPause'> {
  const turn = turnOf(context);
  return turn?.answersRequest === true && turn.thread.psid === thread.psid ? { evenIfMessagesPause: true } : {};
}

function pageOf(context: TurnContext): string | undefined {
  return (context.activity as Partial<Activity> | undefined)?.recipient?.id;
}
