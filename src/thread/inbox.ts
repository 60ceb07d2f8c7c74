/**
 * The port to whatever keeps deliveries between their acknowledgement and the end of their turns.
 *
 * Exists because a turn may take longer than Meta waits: its delivery is acknowledged, and lost if the process dies.
 */

import type { StoringBot } from './store.js';

/** A delivery that somebody has kept and not worked off. */
export interface KeptDelivery {
  readonly id: string;
  /** The webhook's body, as it came. */
  readonly body: string;
}

/**
 * Keeps deliveries until they are worked off. Each belongs to one process at a time, for a lease that is renewed.
 *
 * Every method rejects with `StoreError` if nothing answers.
 */
export interface DeliveryInbox {
  /** The part of this inbox that belongs to one bot, as `ThreadStore.forBot`. */
  forBot(bot: StoringBot): DeliveryInbox;

  /** Keeps a delivery, which belongs to this process at once. `undefined` if it is full. */
  put(body: string): Promise<string | undefined>;

  /** These are worked off, and are kept no longer. */
  remove(ids: readonly string[]): Promise<void>;

  /** These still belong to this process. */
  renew(ids: readonly string[]): Promise<void>;

  /** These cannot be read: they are kept elsewhere, for somebody to look at, and never taken over again. */
  setAside(ids: readonly string[]): Promise<void>;

  /** These may be taken over at once. */
  giveBack(ids: readonly string[]): Promise<void>;

  /**
   * Deliveries whose lease is over, of processes that died or could not work them off, oldest first: they belong to this
   * process now.
   */
  takeOver(limit: number): Promise<TakenOver>;

  /** Ends what the inbox itself has opened, connections above all. */
  close?(): Promise<void>;
}

/** What was found to be taken over. */
export interface TakenOver {
  readonly deliveries: readonly KeptDelivery[];
  /** Deliveries that were tried too often, and are set aside. */
  readonly setAside: number;
}
