/**
 * Sends a turn's activities to Messenger through the plugin's Graph client.
 *
 * Exists because the stock adapter swallows what Graph refuses: here an error reaches the bot's code, except that a
 * thread which another app controls is silence, and heals the ledger.
 */
import { sleep } from '../../thread/clock.js';
import type { ThreadKey } from '../../thread/key.js';
import { fieldOf } from '../../thread/read-unknown.js';
import type { SentMessage } from '../../graph/graph-api-error.js';
import { GraphApiError } from '../../graph/graph-api-error.js';
import type { SendSettings } from '../../graph/graph-call.js';
import type { MessengerRecipient } from '../../activities/messages-from-activity.js';
import { messagesFromActivity } from '../../activities/messages-from-activity.js';
import type { Loss } from '../../activities/messenger-cards/losses.js';
import type { Activity, ResourceResponse } from '../../activities/activity.js';
import type { Address } from '../addresses/address.js';
import type { HandoverCore } from '../compose-core.js';
import { turnOf } from '../turn-state.js';
import type { TurnContext } from '../port.js';

/** Dependencies of a send. */
export type SendDeps = Pick<HandoverCore, 'client' | 'engine' | 'events' | 'clock' | 'addresses' | 'lines'>;

/** Gets the id of each message that Graph has accepted, and the activity's position in the batch. */
export type OnSent = (id: string, activityIndex: number) => void;

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
  activities: readonly Activity[],
  deps: SendDeps,
  onSent?: OnSent,
): Promise<ResourceResponse[]> {
  const responses: ResourceResponse[] = [];
  const sent: SentMessage[] = [];
  let refused = false;
  for (const [activityIndex, activity] of activities.entries()) {
    const address = deps.addresses.ofOutgoing(context, activity);
    const thread = threadOf(address);
    if (refused) {
      deps.events.emit('suppressed', { thread, activity, reason: 'refusedByMeta' });
      responses.push({ id: '' });
      continue;
    }
    if (activity.type === 'delay') {
      await sleep(deps.clock, typeof activity.value === 'number' ? activity.value : USUAL_DELAY_MS);
      responses.push({ id: '' });
      continue;
    }
    const sentAtMs = deps.clock.now();
    const how = howToSend(context, thread);
    try {
      const ids = (id: string): void => {
        sent.push({ id, activityIndex });
        onSent?.(id, activityIndex);
      };
      const to = { thread, recipient: recipientOf(context, activity, address), how };
      responses.push({ id: await sendActivity(to, activity, deps, ids) });
    } catch (error) {
      if (!(error instanceof GraphApiError)) throw error;
      if (error.code !== 'anotherAppOwns') throw error.restated({ sent, activityIndex });
      refused = true;
      deps.events.emit('suppressed', { thread, activity, reason: 'refusedByMeta' });
      if (address.to === 'thread')
        await deps.engine.sendGuard.sendRefused(thread, { sentAtMs, answeredAtMs: deps.clock.now() });
      responses.push({ id: '' });
    }
  }
  return responses;
}

/** What Messenger has no form for: one log line for each kind, and an event, because an empty id alone reads as "suppressed". */
function tellLosses(
  thread: ThreadKey,
  activity: Activity,
  losses: readonly Loss[],
  { lines, events }: Pick<SendDeps, 'lines' | 'events'>,
): void {
  for (const { effect, why, advice } of losses) {
    const event = effect === 'dropped' ? ' The event "suppressed" tells each case.' : '';
    lines.once('warn', `Messenger cannot show all of a message: ${why}. ${advice} This line is written once.${event}`);
  }
  const dropped = losses.filter(({ effect }) => effect === 'dropped').map(({ kind, why }) => ({ kind, why }));
  if (dropped.length > 0) events.emit('suppressed', { thread, activity, reason: 'unsupported', dropped });
}

/** Whom a message goes to, and how. */
interface Destination {
  readonly thread: ThreadKey;
  readonly recipient: MessengerRecipient;
  readonly how: Pick<SendSettings, 'evenIfMessagesPause'>;
}

/** The id of the last message. Each id is reported as soon as it is known: the next message may be refused. */
async function sendActivity(
  { thread, recipient, how }: Destination,
  activity: Activity,
  deps: SendDeps,
  onSent: (id: string) => void,
): Promise<string> {
  const translation = messagesFromActivity(activity, recipient);
  if (translation.losses.length > 0) tellLosses(thread, activity, translation.losses, deps);
  let last = '';
  for (const { body, file } of translation.messages) {
    const { messageId } = await deps.client.send(thread, body, file === undefined ? how : { ...how, file });
    if (messageId === undefined) continue;
    last = messageId;
    onSent(messageId);
  }
  return last;
}

/** A customer without a thread has no PSID. */
function threadOf(address: Address): ThreadKey {
  if (address.to === 'thread') return address.thread;
  return address.to === 'userRef' ? { pageId: address.pageId, psid: '' } : { pageId: '', psid: address.psid };
}

function recipientOf(context: TurnContext, activity: Activity, address: Address): MessengerRecipient {
  if (address.to === 'userRef') return { user_ref: address.userRef };
  const thread = threadOf(address);
  return { id: isToPage(context, activity, thread) ? thread.pageId : thread.psid };
}

/** The turn's own customer alone has asked for a person. */
function howToSend(context: TurnContext, thread: ThreadKey): Pick<SendSettings, 'evenIfMessagesPause'> {
  const turn = turnOf(context);
  return turn?.answersRequest === true && turn.thread.psid === thread.psid ? { evenIfMessagesPause: true } : {};
}

/**
 * In the turn of an echo the conversation is the Page, as with the stock adapter, so Meta refuses an answer to it: a bot
 * that answers every turn would never end.
 */
function isToPage(context: TurnContext, activity: Activity, { pageId }: ThreadKey): boolean {
  if (activity.conversation?.id !== pageId) return false;
  const channelData: unknown = (context.activity as Activity | undefined)?.channelData;
  return fieldOf(fieldOf(channelData, 'message'), 'is_echo') === true;
}
