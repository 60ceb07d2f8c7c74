/**
 * Collects what arrives at a tap during a check-up: counts for the diagnosis, events for a live run.
 */
import { sleep, type Clock } from '../../thread/clock.js';
import type { ThreadEvent } from '../../thread/event.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import type { TapServer } from '../listen/tap-server.js';
import { startWebhookTap, type TappedDelivery } from '../listen/webhook-tap.js';
import type { Arrivals } from './observe.js';

/** How often arrivals are checked, milliseconds. */
const LOOK_EVERY_MS = 100;
/** How long to wait for further events after the first message, milliseconds. */
const COMPANY_MS = 1000;
const ACKNOWLEDGED = 200;

/** How to listen. */
export interface ListenOrder {
  readonly port: number;
  readonly host: string;
  /** The bot behind the tap; without it the tap acknowledges by itself. */
  readonly forwardTo: string | undefined;
  readonly appSecret: string;
  readonly verifyToken: string | undefined;
  readonly allowedHosts: readonly string[];
  /** Called when a request is refused before it is read. */
  readonly onTurnedAway: (why: string) => void;
  readonly clock: Clock;
  /** How long to wait for the webhooks of one call, milliseconds. */
  readonly hearMs: number;
}

/** A tap that is open. */
export class EventListener {
  /** Every signed event so far. */
  readonly events: ThreadEvent[] = [];
  readonly #order: ListenOrder;
  #tap: TapServer | undefined;
  #forged = 0;
  #refusedByBot = 0;
  #told = 0;

  private constructor(order: ListenOrder) {
    this.#order = order;
  }

  /** Opens it. Rejects with the system's error if the port cannot be had. */
  static async open(order: ListenOrder): Promise<EventListener> {
    const listener = new EventListener(order);
    const { port, host, forwardTo, appSecret, verifyToken, clock } = order;
    listener.#tap = await startWebhookTap({
      ...{ port, host, forwardTo, appSecret, verifyToken },
      now: () => clock.now(),
      allowedHosts: order.allowedHosts,
      onTurnedAway: order.onTurnedAway,
      onDelivery: (delivery) => listener.#take(delivery),
    });
    return listener;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#tap?.port ?? this.#order.port;
  }

  /** Waits for a customer's message, at most `forSeconds`, and counts. */
  async countArrivals(forSeconds: number): Promise<Arrivals> {
    const { clock } = this.#order;
    const untilMs = clock.now() + forSeconds * 1000;
    while (clock.now() < untilMs && !this.events.some(isOfCustomer) && this.#forged === 0) {
      await sleep(clock, LOOK_EVERY_MS);
    }
    await sleep(clock, Math.min(COMPANY_MS, forSeconds * 1000));
    const ofCustomer = this.events.filter(isOfCustomer);
    const messaging = ofCustomer.filter(({ channel }) => channel === 'messaging').length;
    const standby = ofCustomer.filter(({ channel }) => channel === 'standby').length;
    const standbyPsid = ofCustomer.find(({ channel }) => channel === 'standby')?.psid;
    return {
      forSeconds,
      messaging,
      standby,
      ...(standbyPsid === undefined ? {} : { standbyPsid }),
      others: this.events.length - messaging - standby,
      forged: this.#forged,
      refusedByBot: this.#refusedByBot,
    };
  }

  /** The events of a thread since the last call. Waits a while first, because more may come. */
  async hear(psid: string): Promise<readonly ThreadEvent[]> {
    await sleep(this.#order.clock, this.#order.hearMs);
    const fresh = this.events.slice(this.#told);
    this.#told = this.events.length;
    return fresh.filter((event) => event.psid === psid);
  }

  /** Frees the port. */
  async close(): Promise<void> {
    await this.#tap?.close();
  }

  #take({ body, signature, status }: TappedDelivery): void {
    if (signature === 'wrong') {
      this.#forged += 1;
      return;
    }
    if (status !== ACKNOWLEDGED) this.#refusedByBot += 1;
    this.events.push(...parseWebhook(body));
  }
}

function isOfCustomer({ kind }: ThreadEvent): boolean {
  return kind === 'message' || kind === 'postback';
}
