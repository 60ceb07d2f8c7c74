/**
 * Another client of a Redis Cluster, which takes the place of one that has lost a node.
 *
 * node-redis 5 never asks again who has the slots of a master that is away, and no version notices a master that hangs. The
 * old client serves meanwhile, because the other masters answer. A client is connected only when all masters of its
 * topology are, so each try has a time limit.
 */
import type { Clock } from '../../thread/clock.js';
import { inBackground } from '../../thread/clock.js';
import type { OwnClient } from './redis-client.js';
import { discard, hearErrors } from './redis-client.js';
import { ReplacementPace } from './replacement-pace.js';

/** A failover takes seconds. The new master is found so long after it, at the latest. */
const LONGEST_PAUSE_MS = 1_000;

/** Connects one client at a time, and ends those that have been replaced. */
export class RedisSuccession {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #pace = new ReplacementPace(LONGEST_PAUSE_MS);
  /** Clients that connect, or that still answer their last commands. */
  readonly #clients = new Set<OwnClient>();
  #isTrying = false;

  /** @param limitMs for connecting a client, and for the last answers of a replaced one */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * Connects a client, unless one is being connected or was a moment ago.
   * @param make the client; `undefined` if there is none to have
   * @param takeOver gets the client when it is connected; never called after {@link end}
   */
  begin(make: () => OwnClient | undefined, takeOver: (next: OwnClient) => void): void {
    if (this.#isTrying || !this.#pace.isTime(this.#clock.now())) return;
    const next = make();
    if (next === undefined) return;
    hearErrors(next, () => undefined);
    this.#isTrying = true;
    this.#clients.add(next);
    const cancel = inBackground(this.#clock, this.#limitMs, () => over(false));
    const over = (isConnected: boolean): void => {
      // One that connects after its time limit.
      if (!this.#clients.delete(next)) {
        discard(next);
        return;
      }
      cancel();
      this.#isTrying = false;
      if (isConnected) takeOver(next);
      else this.#giveUp(next);
    };
    next.connect().then(
      () => over(true),
      () => over(false),
    );
  }

  /** Ends a client after the time that its commands in progress have for their answers. */
  retire(old: OwnClient): void {
    this.#clients.add(old);
    inBackground(this.#clock, this.#limitMs, () => {
      if (this.#clients.delete(old)) discard(old);
    });
  }

  /** Ends all clients that it has, at once. */
  end(): void {
    for (const client of this.#clients) this.#giveUp(client);
    this.#clients.clear();
  }

  /** Twice: a client that learns of its nodes after its end connects to them all the same, and goes on for ever if one is away. */
  #giveUp(client: OwnClient): void {
    discard(client);
    inBackground(this.#clock, this.#limitMs, () => discard(client));
  }
}
