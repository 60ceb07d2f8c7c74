/**
 * The port to the store that keeps deliveries between their acknowledgement and the end of their turns.
 *
 * A turn may take longer than Meta waits. Then its delivery is acknowledged first, and lost if the process dies.
 */

import type { StoringBot } from './store.js';

/** A stored delivery whose turns have not ended. */
export interface KeptDelivery {
  readonly id: string;
  /** The webhook's body, as it came. */
  readonly body: string;
}

/**
 * Keeps deliveries until their turns have ended. Each delivery belongs to one process at a time, for a lease that the
 * process renews.
 *
 * Every method rejects with `StoreError` if the store does not answer.
 */
export interface DeliveryInbox {
  /** The part of this inbox that belongs to one bot, as `ThreadStore.forBot`. */
  forBot(bot: StoringBot): DeliveryInbox;

  /** Keeps a delivery, which belongs to this process at once. `undefined` if it is full. */
  put(body: string): Promise<string | undefined>;

  /** Removes deliveries whose turns have ended. */
  remove(ids: readonly string[]): Promise<void>;

  /** Renews the leases of deliveries that belong to this process. */
  renew(ids: readonly string[]): Promise<void>;

  /** Sets deliveries aside that cannot be read: they stay stored for a person to inspect, and no process takes them over. */
  setAside(ids: readonly string[]): Promise<void>;

  /** Gives deliveries back: any process may take them over at once. */
  giveBack(ids: readonly string[]): Promise<void>;

  /**
   * Takes over deliveries whose lease is over, because their process died or could not run them, oldest first.
   */
  takeOver(limit: number): Promise<TakenOver>;

  /** Closes what the inbox itself has opened, above all connections. */
  close?(): Promise<void>;
}

/** The deliveries that this process has taken over. */
export interface TakenOver {
  readonly deliveries: readonly KeptDelivery[];
  /** Deliveries that were tried too often, and are set aside. */
  readonly setAside: number;
}
