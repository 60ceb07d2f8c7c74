/**
 * Hours of Messenger in milliseconds: time stands still while anything is in progress, then jumps to the next timer.
 *
 * Exists because random schedules need hours of waits, and honest ones need real sockets. `Date` and `setTimeout` are
 * held; HTTP goes through the kernel as ever and takes no time. Node's diagnostics channels say whether anything is in
 * progress, for every HTTP client. Nothing is, if a server has each open request and has not answered it: then the server waits for
 * the clock.
 * @see https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, ServerResponse } from 'node:http';
import sinon from 'sinon';

/** Rounds of the event loop without anything new, after which nothing is in progress. */
const CALM_ROUNDS = 4;
/** How often is looked what a database's client waits for. By the machine's own time, before it is held. */
const LOOK_EVERY_MS = 2;
const machineTimeout = setTimeout;
const clearMachineTimeout = clearTimeout;
/** More than any exchange over loopback takes, on a machine that has much else to do. */
const LONGEST_REST_MS = 60_000;

/** Held time. One at a time: it replaces the globals. */
export class VirtualTime {
  readonly #clock: sinon.SinonFakeTimers;
  /** Requests by those who made them, and answers by those who owe them. */
  readonly #asked = new Set<object>();
  readonly #owed = new Set<object>();
  #working = 0;
  #changes = 0;
  #onChange: () => void = () => undefined;
  readonly #listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    [
      'http.client.request.start',
      (message) => this.#closes(this.#asked, (message as { request: ClientRequest }).request),
    ],
    [
      'http.server.request.start',
      (message) => this.#closes(this.#owed, (message as { response: ServerResponse }).response),
    ],
    ['undici:request:create', (message) => this.#begins(this.#asked, (message as { request: object }).request)],
    ['undici:request:trailers', (message) => this.#ends(this.#asked, (message as { request: object }).request)],
    ['undici:request:error', (message) => this.#ends(this.#asked, (message as { request: object }).request)],
  ];

  /** @param startMs milliseconds since 1970 */
  constructor(startMs: number) {
    this.#clock = sinon.useFakeTimers({
      now: startMs,
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener);
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#clock.now;
  }

  /** Resolves when nothing is in progress except what waits for the clock. */
  async rest(): Promise<void> {
    const beganMs = performance.now();
    let seen = this.#changes;
    let calm = 0;
    while (calm < CALM_ROUNDS) {
      if (performance.now() - beganMs > LONGEST_REST_MS)
        throw new Error(
          `${this.#asked.size} requests hang; ${this.#owed.size} are being answered, ${this.#working} pieces of work are in progress.`,
        );
      if (this.#working > 0) await this.#lookLater();
      await this.#round();
      const still = this.#working === 0 && this.#asked.size === this.#owed.size && this.#changes === seen;
      calm = still ? calm + 1 : 0;
      seen = this.#changes;
    }
  }

  /** Time stands still while this is in progress: what a database does, for one. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#working += 1;
    try {
      return await work;
    } finally {
      this.#working -= 1;
      this.#changed();
    }
  }

  /** Lets that much time pass, from timer to timer, each in rest. */
  async pass(ms: number): Promise<void> {
    let reached = false as boolean;
    setTimeout(() => (reached = true), ms);
    for (;;) {
      await this.rest();
      if (reached) return;
      this.#clock.next();
    }
  }

  /** Lets that much time pass at once, as if all machines had slept: every timer that was due runs once. */
  async leap(ms: number): Promise<void> {
    await this.rest();
    this.#clock.jump(ms);
    await this.rest();
  }

  /** The machine's own time again. */
  end(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener);
    this.#clock.restore();
  }

  /** One round of the event loop, in which every socket is looked at. */
  #round(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Another process has the word: sleeps until it has answered instead of keeping the core from it. */
  async #lookLater(): Promise<void> {
    const changed = await new Promise<boolean>((resolve) => {
      const limit = machineTimeout(() => resolve(false), LOOK_EVERY_MS);
      this.#onChange = () => {
        clearMachineTimeout(limit);
        resolve(true);
      };
    });
    // A store that yields to a faster writer waits for no time at all, but for a timer all the same.
    if (!changed) this.#clock.tick(0);
  }

  #changed(): void {
    this.#changes += 1;
    this.#onChange();
  }

  #closes(open: Set<object>, what: ClientRequest | ServerResponse): void {
    this.#begins(open, what);
    what.once('close', () => this.#ends(open, what));
  }

  #begins(open: Set<object>, what: object): void {
    open.add(what);
    this.#changed();
  }

  #ends(open: Set<object>, what: object): void {
    open.delete(what);
    this.#changed();
  }
}
