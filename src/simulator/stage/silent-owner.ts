/**
 * Notices a bot that asks who owns a thread, gets its own app as the answer, and says nothing: it does not know its own id.
 *
 * Exists because the simulator cannot look into a bot's options, and a wrong app id looks like a bot that has nothing to say.
 */
import type { Clock } from '../../thread/clock.js';
import { inBackground } from '../../thread/clock.js';
import { threadId } from '../../thread/key.js';
import { isJsonObject } from '../webhook-items.js';
import type { GraphEntry, Wire, WireEntry } from '../wire.js';
import { threadsOf } from './wire-rows.js';

/** How long a bot may think before its silence is worth a word, milliseconds. */
export const SPEAKS_WITHIN_MS = 10_000;

/** Writes one note to the wire if that happens. Watches until the returned function is called. */
export function watchSilentOwner(wire: Wire, botAppId: string, clock: Clock): () => void {
  /** Threads with a message that the bot has not answered, and what ends the wait for its answer. */
  const unanswered = new Map<string, () => void>();
  const note = (): void => {
    stop();
    wire.note(
      `alert: the bot asked who owns a thread, got the answer ${botAppId}, and says nothing. That is its own app here: ` +
        `is the bot's app id ${botAppId} (botAppId: '${botAppId}', FACEBOOK_APP_ID)?`,
    );
  };
  const follow = (entry: WireEntry): void => {
    for (const thread of threadsOf(entry).map(threadId)) {
      const cancel = unanswered.get(thread);
      if (bringsMessage(entry, botAppId)) unanswered.set(thread, cancel ?? nothing);
      else if (isGraphCallOf(entry, botAppId) && cancel) {
        cancel();
        if (entry.edge !== 'thread_owner') unanswered.delete(thread);
        else if (names(entry.answer, botAppId)) unanswered.set(thread, inBackground(clock, SPEAKS_WITHIN_MS, note));
      }
    }
  };
  const unfollow = [wire.on('entry', follow), wire.on('update', follow)];
  const stop = (): void => {
    for (const end of [...unfollow, ...unanswered.values()]) end();
    unanswered.clear();
  };
  return stop;
}

function nothing(): void {
  // No answer is waited for yet.
}

function bringsMessage(entry: WireEntry, botAppId: string): boolean {
  if (entry.kind !== 'webhook' || entry.appId !== botAppId || !entry.channels.includes('messaging')) return false;
  return entry.outcome === 'pending' && entry.items.some((item) => item.startsWith('message'));
}

function isGraphCallOf(entry: WireEntry, botAppId: string): entry is GraphEntry {
  return entry.kind === 'graph' && entry.appId === botAppId;
}

/** The owner in an answer of `thread_owner`. */
function names(answer: unknown, appId: string): boolean {
  const data: readonly unknown[] = isJsonObject(answer) && Array.isArray(answer['data']) ? answer['data'] : [];
  const first = data[0];
  const owner = isJsonObject(first) ? first['thread_owner'] : undefined;
  return isJsonObject(owner) && String(owner['app_id']) === appId;
}
