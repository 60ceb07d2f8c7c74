/** What the bots of several transports are made of. */
import type { Activity, ConversationReference } from 'botbuilder';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { ThreadKey } from 'botbuilder-handover-vcclive';
import { phrasesBesideDialogs } from '../own-words.js';
import { connection } from '../scene.js';
import type { Ground, TransportOptions } from './transports.js';
import { quietLogger } from '../../kit/loggers.js';

/** The plugin of a bot. */
export function handoverFor(
  ground: Pick<Ground, 'sim' | 'clock' | 'store'>,
  options: TransportOptions,
): VccLiveHandover {
  const { sim, clock, store } = ground;
  return new VccLiveHandover({
    ...connection(sim),
    clock,
    store,
    logger: quietLogger,
    talkToAgent: phrasesBesideDialogs,
    ...options.handover,
    graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 60_000, ...options.handover?.graph },
  });
}

/** The states of the `handoff.status` event that an activity is. */
export function statusOf({ name, value }: Partial<Activity>): string[] {
  return name === 'handoff.status' ? [(value as { readonly state: string }).state] : [];
}

/** A conversation reference as an application keeps it. */
export function referenceTo({ pageId, psid }: ThreadKey, conversationId: string): Partial<ConversationReference> {
  return {
    channelId: 'facebook',
    conversation: { id: conversationId } as Activity['conversation'],
    bot: { id: pageId, name: pageId },
    user: { id: psid, name: psid },
  };
}
