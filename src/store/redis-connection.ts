/**
 * A connection to Redis that says no in time: a store that does not answer must not keep Meta waiting.
 *
 * node-redis keeps commands back while it is not connected, for as long as that takes. Here they fail at once, and
 * whatever gets no answer fails after a time limit; the client goes on trying to connect, and the next command works.
 * @see https://github.com/redis/node-redis
 */
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import { HandoverError, InvalidOptionError, StoreError } from '../thread/errors.js';
import type { RedisScript } from './redis-scripts.js';

/** What a script is given. */
export interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/** What is needed of a node-redis client (`redis` or `@redis/client`, 5 or 6; a pool or cluster of them fits as well). */
export interface RedisClientLike {
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(source: string, input: ScriptInput): Promise<unknown>;
  get(key: string): Promise<unknown>;
  /** Absent where the client cannot say; then the time limit has to. */
  readonly isReady?: boolean;
}

/** What a client that is made here can do besides. */
interface OwnClient extends RedisClientLike {
  readonly isReady: boolean;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
}

type CreateClient = (options: object) => OwnClient;

/** What a {@link RedisConnection} needs besides the client. */
export interface RedisConnectionOptions {
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
}

interface Waiting {
  readonly operation: string;
  readonly untilMs: number;
  readonly reject: (error: unknown) => void;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_LONGEST_MS = 2_000;
const PING_EVERY_MS = 5_000;
const CLOSING_LIMIT_MS = 1_000;
const INSTALL = 'npm install redis';

/** Sends commands and scripts. Every method rejects with a `StoreError` where there is no answer. */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #url: string | undefined;
  #client: RedisClientLike | OwnClient;
  /** Until the first connection stands, or could not be made. */
  #opening: Promise<unknown> | undefined;
  /** Commands under way, oldest first, which is the order in which their time is over. */
  readonly #waiting = new Set<Waiting>();
  #cancelWatch: (() => void) | undefined;
  #answeredAtMs = 0;
  #closed = false;

  /**
   * @param redis a client, which the caller connects and closes, or an address for a connection of its own
   * @throws InvalidOptionError where it is neither; HandoverError `missingPeer` where the address needs a package
   */
  constructor(redis: RedisClientLike | string, options: RedisConnectionOptions) {
    this.#options = options;
    this.#url = typeof redis === 'string' ? checkedUrl(redis) : undefined;
    if (this.#url === undefined) {
      this.#client = checkedClient(redis);
      silenceUnheard(this.#client);
    } else {
      this.#client = this.#connect(this.#url);
    }
  }

  /** Runs a script by its name; Redis is told the whole of it where it does not know it, after a restart for one. */
  run(operation: string, script: RedisScript, keys: string[], args: string[]): Promise<unknown> {
    return this.#ask(operation, async (client) => {
      const input = { keys, arguments: args };
      try {
        return await client.evalSha(script.sha1, input);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return client.eval(script.source, input);
      }
    });
  }

  /** The string at a key. */
  async get(operation: string, key: string): Promise<string | undefined> {
    const kept = await this.#ask(operation, (client) => client.get(key));
    return kept === null || kept === undefined ? undefined : textOf(kept);
  }

  /** Ends a connection of its own; nothing is asked from then on. A client that was given stays as it is. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#url === undefined) return;
    const client = this.#client as OwnClient;
    const overdue = new Promise<boolean>((resolve) => {
      inBackground(this.#options.clock, CLOSING_LIMIT_MS, () => resolve(false));
    });
    // A client that is destroyed while it connects for the first time connects all the same.
    await Promise.race([this.#opening, overdue]);
    const ended = client.isReady ? client.close().then(() => true) : Promise.resolve(false);
    if (await Promise.race([ended, overdue]).catch(() => false)) return;
    discard(client);
  }

  async #ask<T>(operation: string, ask: (client: RedisClientLike) => Promise<T>): Promise<T> {
    if (this.#opening) await this.#limited(operation, this.#opening).catch(() => undefined);
    if (this.#closed) throw unavailable(operation, 'the store has been closed');
    const client = this.#client;
    // Never queued: what is sent much later would claim an event that nobody works on any more.
    if (client.isReady === false) {
      const why = this.#url === undefined ? 'not connected; has connect() been called?' : 'not connected';
      throw unavailable(operation, why);
    }
    try {
      const answer = await this.#limited(operation, ask(client));
      this.#answeredAtMs = this.#options.clock.now();
      return answer;
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError('storeUnavailable', operation, { cause });
    }
  }

  /** One timer for all commands: they take the same time, so the oldest is the first whose time is over. */
  #limited<T>(operation: string, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const untilMs = this.#options.clock.now() + this.#options.commandTimeoutMs;
      const waiting: Waiting = { operation, untilMs, reject };
      this.#waiting.add(waiting);
      this.#watch();
      const over = (): void => {
        this.#waiting.delete(waiting);
        if (this.#waiting.size === 0) this.#rest();
      };
      answer.then(resolve, reject);
      answer.then(over, over);
    });
  }

  #watch(): void {
    if (this.#cancelWatch) return;
    const { clock, commandTimeoutMs } = this.#options;
    const [oldest] = this.#waiting;
    const afterMs = oldest === undefined ? commandTimeoutMs : Math.max(1, oldest.untilMs - clock.now());
    this.#cancelWatch = inBackground(clock, afterMs, () => {
      this.#cancelWatch = undefined;
      this.#giveUpOverdue();
      if (this.#waiting.size > 0) this.#watch();
    });
  }

  #rest(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
  }

  #giveUpOverdue(): void {
    const nowMs = this.#options.clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.untilMs > nowMs) break;
      this.#waiting.delete(waiting);
      waiting.reject(unavailable(waiting.operation, `no answer within ${this.#options.commandTimeoutMs} ms`));
    }
    const silentForMs = nowMs - this.#answeredAtMs;
    if (silentForMs >= this.#options.commandTimeoutMs) this.#replace();
  }

  /** A connection that is half open gives no answer and no error: only another one helps. */
  #replace(): void {
    if (this.#url === undefined || this.#closed || this.#client.isReady !== true) return;
    discard(this.#client as OwnClient);
    this.#client = this.#connect(this.#url);
  }

  #connect(url: string): OwnClient {
    const client = createClient()({
      url,
      disableOfflineQueue: true,
      pingInterval: PING_EVERY_MS,
      socket: {
        connectTimeout: this.#options.commandTimeoutMs,
        reconnectStrategy: (retries: number) => Math.min(RECONNECT_LONGEST_MS, RECONNECT_FIRST_MS * 2 ** retries),
      },
    });
    // Whoever asks meanwhile is told; without a listener the process would end.
    client.on('error', () => undefined);
    const opening = client.connect().catch(() => undefined);
    this.#opening = opening;
    void opening.then(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    inBackground(this.#options.clock, this.#options.commandTimeoutMs, () => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return client;
  }
}

/** Redis answers with texts; a client that was set up to give buffers is understood as well. */
export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply;
  if (typeof reply === 'number' || typeof reply === 'bigint') return String(reply);
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('utf8') : '';
}

/** A list of replies; a single one, or none, is a list too. */
export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? (reply as unknown[]) : [];
}

function createClient(): CreateClient {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would need the package at load
    return (require('redis') as { createClient: CreateClient }).createClient;
  } catch (cause) {
    const text = `A Redis address needs the package "redis", which is not installed. Run: ${INSTALL}`;
    throw new HandoverError('missingPeer', text, { cause });
  }
}

function checkedUrl(url: string): string {
  const isRedis = URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol);
  // Never shown: it may hold a password.
  if (!isRedis)
    throw new InvalidOptionError('redis', 'a text that is no such address', 'redis://host:port or rediss://');
  return url;
}

/** Callers in JavaScript forget the argument, or pass the options of a client. */
function checkedClient(redis: unknown): RedisClientLike {
  const { evalSha, eval: run, get } = (redis ?? {}) as Partial<RedisClientLike>;
  if (typeof evalSha === 'function' && typeof run === 'function' && typeof get === 'function') {
    return redis as RedisClientLike;
  }
  throw new InvalidOptionError('redis', typeof redis, 'a client of node-redis, or an address like redis://host:6379');
}

/** An event "error" without a listener ends the process; every command that fails says so by itself. */
function silenceUnheard(client: object): void {
  const { on, listenerCount } = client as { on?: unknown; listenerCount?: unknown };
  if (typeof on !== 'function' || typeof listenerCount !== 'function') return;
  if (listenerCount.call(client, 'error') === 0) on.call(client, 'error', () => undefined);
}

function discard(client: OwnClient): void {
  try {
    client.destroy();
  } catch {
    // Not open any more.
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function unavailable(operation: string, why: string): StoreError {
  return new StoreError('storeUnavailable', operation, {
    cause: new HandoverError('storeUnavailable', `Redis: ${why}.`),
  });
}
