/**
 * Delivers webhooks to the bot as Meta does: signed, in order for each thread, and again until the bot acknowledges them.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { SeededRandom } from './seeded-random.js';
import type { Weather } from './weather.js';
import { FailingPages, type FailingPagesDeps } from './failing-pages.js';
import { withOddItem } from './odd-items.js';
import { entryHead, packed, repeated, type Parcel } from './parcel.js';
import type { AddressedItem } from './webhook-items.js';
import {
  brokenEnding,
  endingOf,
  rawHeaders,
  signatures,
  usualHeaders,
  WebhookClient,
  type Ending,
  type RawDelivery,
  type WebhookAnswer,
} from './webhook-client.js';
import { SimulatorStateError } from './simulator-errors.js';

/** "Answer 200 within 5 or less seconds", real milliseconds. */
export const ACK_TIMEOUT_MS = 5000;

/**
 * When a delivery is tried again, milliseconds after its first failure: "immediately and a few more times".
 * U: the exact times.
 */
export const REDELIVERY_OFFSETS_MS: readonly number[] = [0, 10_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000];

/** What delivery works with. */
export interface DeliveryParts extends FailingPagesDeps {
  readonly weather: Weather;
  readonly random: SeededRandom;
  readonly botAppId: string;
  readonly appSecret: string;
  readonly ackTimeoutMs: number;
  /** Meta's clock, for `entry.time`, milliseconds. */
  readonly platformNow: () => number;
}

export type { RawDelivery, WebhookAnswer } from './webhook-client.js';

/** Delivers to one bot, which may have several processes. */
export class WebhookDelivery {
  readonly #deps: DeliveryParts;
  readonly #client: WebhookClient;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #failing: FailingPages;
  #urls: readonly string[] = [];
  #nextUrl = 0;
  #batch: { readonly items: AddressedItem[]; readonly shipped: Promise<void> } | undefined;
  #underWay = 0;
  #waiting = 0;
  #closed = false;
  #onFinish: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#deps = parts;
    this.#client = new WebhookClient(parts.ackTimeoutMs);
    this.#failing = new FailingPages(parts);
  }

  /** Where the bot listens; several addresses take turns, as behind a load balancer. */
  connect(urls: readonly string[]): void {
    this.#urls = urls;
    this.#nextUrl = 0;
  }

  /** Sends one item. Resolves when it was delivered or given up for now (or waits for a held clock). Never rejects. */
  async enqueue(item: AddressedItem): Promise<void> {
    const { weather, clock, random } = this.#deps;
    const odd = weather.oddItems.strikes();
    const facts = { botAppId: this.#deps.botAppId, stamp: this.#deps.platformNow() };
    const items = odd === undefined ? [item] : withOddItem(item, odd.item ?? 'app_roles', facts);
    if (weather.batchingMs > 0) {
      const shipped = this.#collect(items, weather.batchingMs);
      return clock.mode === 'held' ? undefined : shipped;
    }
    const waitMs = weather.delayMs + (weather.reorderMs > 0 ? random.below(weather.reorderMs + 1) : 0);
    if (waitMs === 0) return this.#ship(items);
    const shipped = this.#shipLater(items, waitMs);
    return clock.mode === 'held' ? undefined : shipped;
  }

  /** Resolves when no delivery is in progress and, unless the clock is held, nothing waits for its first attempt. */
  async settled(): Promise<void> {
    while (!this.#atRest()) await this.#nextFinish();
  }

  /** Resolves when no delivery is in progress, whatever waits. */
  async quiet(): Promise<void> {
    while (this.#underWay > 0 && !this.#closed) await this.#nextFinish();
  }

  /** Forgets earlier failures of a Page. */
  forgive(pageId: string): void {
    this.#failing.forgive(pageId);
  }

  /** The handshake of `hub.challenge`. @throws {@link SimulatorStateError} without a connected bot */
  verify(verifyToken: string, challenge: string): Promise<WebhookAnswer> {
    const url = new URL(this.#url());
    url.searchParams.set('hub.mode', 'subscribe');
    url.searchParams.set('hub.verify_token', verifyToken);
    url.searchParams.set('hub.challenge', challenge);
    return this.#client.get(url);
  }

  /** Posts anything, once, and answers what came back. Rejects if there is no answer. */
  async postRaw(body: Buffer, how: RawDelivery = {}): Promise<WebhookAnswer> {
    const url = this.#url();
    const headers = rawHeaders(body, how, this.#deps.appSecret);
    const signature = headers['X-Hub-Signature-256'];
    const seq = this.#deps.wire.write({
      ...entryHead({ items: [], body: body.toString('utf8'), psids: [], pageIds: [] }, url, this.#deps.botAppId),
      ...(signature === undefined ? {} : { signature }),
      attempt: 1,
      why: 'raw',
      outcome: 'pending',
    });
    this.#begin();
    try {
      const answer = await this.#client.post(url, headers, body);
      this.#deps.wire.end(seq, endingOf(answer));
      return answer;
    } catch (error) {
      this.#deps.wire.end(seq, brokenEnding(error));
      throw error;
    } finally {
      this.#finish();
    }
  }

  /** Breaks off everything. */
  close(): void {
    this.#closed = true;
    this.#client.close();
    this.#waiting = 0;
    this.#tellFinished();
  }

  #collect(items: readonly AddressedItem[], windowMs: number): Promise<void> {
    if (this.#batch !== undefined) {
      this.#batch.items.push(...items);
      return this.#batch.shipped;
    }
    const collected = [...items];
    this.#batch = { items: collected, shipped: this.#shipLater(collected, windowMs, () => (this.#batch = undefined)) };
    return this.#batch.shipped;
  }

  #shipLater(items: readonly AddressedItem[], waitMs: number, onStart?: () => void): Promise<void> {
    this.#waiting += 1;
    return new Promise((resolve) => {
      this.#deps.clock.afterInBackground(waitMs, () => {
        this.#waiting -= 1;
        onStart?.();
        void this.#ship(items).then(resolve);
      });
    });
  }

  /** In good weather the next event of a thread waits for the previous one's acknowledgement or failure. */
  #ship(items: readonly AddressedItem[]): Promise<void> {
    const { weather } = this.#deps;
    const copies = weather.duplicates;
    const mode = weather.duplicatesCome;
    const parcel = packed(mode === 'sameDelivery' ? repeated(items, copies) : items, weather, this.#deps.platformNow());
    this.#begin();
    const run = async (): Promise<void> => {
      try {
        await this.#deliver(parcel, mode === 'sameDelivery' ? 0 : copies, mode === 'together');
      } finally {
        this.#finish();
      }
    };
    if (weather.reorderMs > 0) return run();
    const threads = items.map((item) => `${item.pageId}/${item.psid ?? ''}`);
    const earlier = Promise.all(threads.map((thread) => this.#tails.get(thread) ?? Promise.resolve()));
    const done = earlier.then(run);
    for (const thread of threads) this.#tails.set(thread, done);
    return done.then(() => {
      for (const thread of threads) if (this.#tails.get(thread) === done) this.#tails.delete(thread);
    });
  }

  async #deliver(parcel: Parcel, copies: number, together: boolean): Promise<void> {
    if (together) {
      const duplicates = Array.from({ length: copies }, () => this.#attempt(parcel, 1, 'duplicate'));
      await Promise.all([this.#untilAcknowledged(parcel), ...duplicates]);
      return;
    }
    await this.#untilAcknowledged(parcel);
    for (let copy = 0; copy < copies; copy += 1) await this.#attempt(parcel, 1, 'duplicate');
  }

  /** The first attempt and the immediate second one; later ones come by the clock. */
  async #untilAcknowledged(parcel: Parcel, attempt = 1, firstFailureMs?: number): Promise<void> {
    if (this.#closed) return;
    const failed = await this.#attempt(parcel, attempt, attempt === 1 ? 'first' : 'redelivery');
    if (failed === undefined) return;
    const sinceMs = firstFailureMs ?? this.#deps.clock.now();
    const offsetMs = REDELIVERY_OFFSETS_MS[attempt - 1];
    if (offsetMs === undefined) {
      this.#deps.wire.note(`delivery given up after ${attempt} attempts`);
      return;
    }
    const waitMs = Math.max(sinceMs + offsetMs - this.#deps.clock.now(), 0);
    this.#deps.wire.end(failed, { againInMs: waitMs });
    if (waitMs === 0) return this.#untilAcknowledged(parcel, attempt + 1, sinceMs);
    this.#deps.clock.afterInBackground(waitMs, () => {
      this.#begin();
      void this.#untilAcknowledged(parcel, attempt + 1, sinceMs).finally(() => this.#finish());
    });
  }

  /** Returns the number of the wire's entry if Meta would try again. */
  async #attempt(
    parcel: Parcel,
    attempt: number,
    why: 'first' | 'redelivery' | 'duplicate',
  ): Promise<number | undefined> {
    const url = this.#urls.length === 0 ? undefined : this.#url();
    const bytes = Buffer.from(parcel.body, 'utf8');
    const headers = { ...usualHeaders(bytes), ...signatures(bytes, this.#deps.appSecret) };
    const head = {
      ...entryHead(parcel, url, this.#deps.botAppId),
      signature: headers['X-Hub-Signature-256'],
      attempt,
      why,
    };
    const dropped = this.#reasonToDrop(parcel, url);
    if (dropped !== undefined || url === undefined) {
      this.#deps.wire.write({ ...head, outcome: 'dropped', reason: dropped ?? 'no webhook is connected' });
      return undefined;
    }
    const seq = this.#deps.wire.write({ ...head, outcome: 'pending' });
    const ending = await this.#post(url, headers, bytes);
    this.#deps.wire.end(seq, ending);
    if (ending.outcome === 'acknowledged') {
      for (const pageId of parcel.pageIds) this.forgive(pageId);
      return undefined;
    }
    if (why === 'duplicate') return undefined;
    for (const pageId of parcel.pageIds) this.#failing.count(pageId);
    return seq;
  }

  #reasonToDrop(parcel: Parcel, url: string | undefined): string | undefined {
    if (this.#closed) return 'the simulator has been stopped';
    if (url === undefined) return 'no webhook is connected';
    const subscribed = parcel.pageIds.some((pageId) => this.#deps.isSubscribed(pageId));
    return subscribed ? undefined : 'the app is not subscribed for this Page';
  }

  async #post(url: string, headers: Readonly<Record<string, string>>, bytes: Buffer): Promise<Ending> {
    if (this.#deps.weather.botDown.strikes() !== undefined) {
      return { outcome: 'unreachable', reason: 'the weather says that the bot is down' };
    }
    try {
      return endingOf(await this.#client.post(url, headers, bytes));
    } catch (error) {
      return brokenEnding(error);
    }
  }

  #url(): string {
    const url = this.#urls[this.#nextUrl % Math.max(this.#urls.length, 1)];
    if (url === undefined) throw new SimulatorStateError('No webhook is connected. Call connectBot(url) first.');
    this.#nextUrl += 1;
    return url;
  }

  #begin(): void {
    this.#underWay += 1;
  }

  #finish(): void {
    this.#underWay -= 1;
    this.#tellFinished();
  }

  #atRest(): boolean {
    if (this.#closed) return true;
    return this.#underWay === 0 && (this.#deps.clock.mode === 'held' || this.#waiting === 0);
  }

  #nextFinish(): Promise<void> {
    return new Promise((resolve) => this.#onFinish.push(resolve));
  }

  #tellFinished(): void {
    const listeners = this.#onFinish;
    this.#onFinish = [];
    for (const listener of listeners) listener();
  }
}
