/** The log line about a turn that does not end. */
import type { Logger } from '../thread/logger.js';
import { labelOfId } from '../thread/thread-label.js';

/** @param queue of a thread, or of an event without one */
export function logOverlong(log: Logger, queue: string, longestTurnMs: number): void {
  const name = queue.startsWith('event ') ? queue : `thread ${labelOfId(queue)}`;
  log.error(
    `A turn of ${name} has not ended for ${Math.round(longestTurnMs / 1000)} s. ` +
      "The next turn of the thread begins beside it. Find out what the bot's logic waits for.",
  );
}
