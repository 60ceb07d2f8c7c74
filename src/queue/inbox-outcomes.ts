/**
 * What the inbox still has to hear: which deliveries are done, and which ones this process does not finish.
 *
 * An outcome that the inbox did not take is kept and told again. A process that takes such a delivery over meanwhile finds its
 * events done.
 */
import type { DeliveryInbox } from '../thread/inbox.js';

/** One per process. */
export class InboxOutcomes {
  readonly #inbox: DeliveryInbox;
  readonly #done = new Set<string>();
  readonly #unfinished = new Set<string>();

  constructor(inbox: DeliveryInbox) {
    this.#inbox = inbox;
  }

  /** All events of a delivery are done. */
  done(id: string): void {
    this.#done.add(id);
  }

  /** Another process has to finish a delivery. */
  unfinished(id: string): void {
    this.#unfinished.add(id);
  }

  /** Rejects if the inbox does not answer; the next call repeats what it has not taken. */
  async tell(): Promise<void> {
    await tellAll(this.#done, (ids) => this.#inbox.remove(ids));
    await tellAll(this.#unfinished, (ids) => this.#inbox.giveBack(ids));
  }
}

async function tellAll(ids: Set<string>, tell: (ids: readonly string[]) => Promise<void>): Promise<void> {
  const told = [...ids];
  ids.clear();
  if (told.length === 0) return;
  try {
    await tell(told);
  } catch (error) {
    for (const id of told) ids.add(id);
    throw error;
  }
}
