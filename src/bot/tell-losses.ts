/**
 * Tells what Messenger has no form for: one log line for each kind of loss, and an event for each activity.
 *
 * Exists because an empty id is all that `sendActivity` can answer, and a bot reads it as "suppressed".
 */
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { Loss } from '../activities/messenger-cards/losses.js';
import type { Activity } from '../activities/activity.js';
import type { HandoverEvents } from '../handover/events.js';

/** Content types come from the bot's data: there may be any number of them. */
const MOST_LINES = 200;

/** Tells the losses of one adapter's messages. */
export class LossTeller {
  readonly #log: Logger;
  readonly #events: HandoverEvents;
  readonly #logged = new Set<string>();

  constructor(log: Logger, events: HandoverEvents) {
    this.#log = log;
    this.#events = events;
  }

  tell(thread: ThreadKey, activity: Activity, losses: readonly Loss[]): void {
    for (const loss of losses) this.#write(loss);
    const dropped = losses.filter(({ effect }) => effect === 'dropped').map(({ kind, why }) => ({ kind, why }));
    if (dropped.length > 0) this.#events.emit('suppressed', { thread, activity, reason: 'unsupported', dropped });
  }

  #write({ effect, why, advice }: Loss): void {
    if (this.#logged.has(why) || this.#logged.size >= MOST_LINES) return;
    this.#logged.add(why);
    const event = effect === 'dropped' ? ' The event "suppressed" tells each case.' : '';
    this.#log.warn(`Messenger cannot show all of a message: ${why}. ${advice} This line is written once.${event}`);
  }
}
