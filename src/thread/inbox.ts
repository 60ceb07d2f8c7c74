/** The port to a durable inbox: it keeps each delivery from its acknowledgement until its turns have ended. */

import type { StoringBot } from './store.js';

/** A delivery in an inbox. */
export interface KeptDelivery {
  readonly id: string;
  /** The webhook's body, as Meta sent it. */
  readonly body: string;
  /**
   * Two processes or more lost this delivery without giving it back. It may be what killed them, so the plugin runs it alone.
   * An inbox that does not count leaves this out; then a delivery that kills every process is never set aside.
   */
  readonly isSuspect?: boolean;
}

/**
 * Keeps deliveries until their turns have ended. A delivery belongs to one process at a time, for a lease that its process
 * renews. An inbox changes nothing about a delivery that belongs to another process.
 *
 * Every method rejects with `StoreError` if the inbox does not answer.
 */
export interface DeliveryInbox {
  /**
   * How long a delivery stays with a process that does not renew it, milliseconds. The plugin renews three times in a lease.
   * Default 15,000.
   */
  readonly leaseMs?: number;

  /** The part of this inbox that belongs to one bot, see `ThreadStore.forBot`. */
  forBot(bot: StoringBot): DeliveryInbox;

  /**
   * Keeps a delivery, which belongs to this process from now on.
   * @param order deliveries with the same text are taken over in the order in which they were put
   * @returns its id; `undefined` if the inbox is full
   */
  put(body: string, order: string): Promise<string | undefined>;

  /** The turns of these deliveries have ended: removes them. */
  remove(ids: readonly string[]): Promise<void>;

  /** Prolongs the leases of these deliveries to a whole lease from now. */
  renew(ids: readonly string[]): Promise<void>;

  /** Moves deliveries to where a person can look at them. No process takes them over again. */
  setAside(deliveries: readonly KeptDelivery[]): Promise<void>;

  /** Any process may take these deliveries over at once. No attempt is counted. */
  giveBack(ids: readonly string[]): Promise<void>;

  /**
   * This process runs a suspect, and from now on no other delivery (`true`), or others beside it again (`false`). If the
   * process dies while it is `true`, that counts as an attempt. Needed if {@link takeOver} names suspects.
   */
  markAlone?(id: string, isAlone: boolean): Promise<void>;

  /**
   * Takes over deliveries that were given back, and deliveries whose lease is over because their process died. After an
   * outage of the inbox, living processes need time to renew: no lease should end in the first `leaseMs` after it.
   * @param limit 0: takes nothing over, and asks whether the inbox answers. A health check calls that
   */
  takeOver(limit: number): Promise<TakenOver>;

  /** Closes what the inbox itself has opened, above all connections. */
  close?(): Promise<void>;
}

/** The answer to {@link DeliveryInbox.takeOver}. */
export interface TakenOver {
  /** Those of the same order: oldest first. */
  readonly deliveries: readonly KeptDelivery[];
  /** How many suspects killed too many processes, and were set aside by this call. */
  readonly setAside: number;
}
