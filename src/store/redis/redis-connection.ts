/**
 * A connection to Redis that says no in time: a store that does not answer must not keep Meta waiting.
 *
 * node-redis keeps commands back while it is not connected, for as long as that takes. Here they fail at once, and
 * whatever gets no answer fails after a time limit; the client goes on trying to connect, and the next command works.
 * A connection that stands but leads to the wrong server, as an old primary is after a failover, is replaced: the new
 * one looks the address up again. A client of a cluster that has lost a node serves until another one is connected.
 * @see https://github.com/redis/node-redis
 */
import { inBackground, sleep, systemClock } from '../../thread/clock.js';
import { StoreError } from '../../thread/errors.js';
import { failureReason } from '../../thread/failure-reason.js';
import { CommandTimeLimit, unavailable } from './command-time-limit.js';
import type { OwnClient, RedisAddress, RedisClientLike } from './redis-client.js';
import {
  checkedAddress,
  checkedClient,
  clientFor,
  discard,
  duplicateOf,
  hearErrors,
  isAddress,
  isCluster,
  isOfUnfitServer,
  isRefusedForNow,
  isShut,
  isUnknownScript,
  quitAll,
} from './redis-client.js';
import type { RedisScript } from './redis-scripts.js';
import { RedisSuccession } from './redis-succession.js';
import { ReplacementPace } from './replacement-pace.js';

const CLOSING_LIMIT_MS = 1_000;
/** A client may take as long to connect as so many commands to be answered: it connects, and a few commands go before ours. */
const CONNECTING_LIMIT_IN_COMMANDS = 2;
/** Between two tries of a command that a cluster refuses while it fails over. */
const RETRY_PAUSE_MS = 50;
/** A command refused for so long by a cluster makes another client ask who has the slots now. */
const REDISCOVER_AFTER_MS = 500;
/** The most nodes that a cluster has. */
const MOST_ADDRESSES = 1_000;

/** Sends commands and scripts. Every method rejects with a `StoreError` if there is no answer. */
export class RedisConnection {
  readonly #commandTimeoutMs: number;
  readonly #address: RedisAddress | undefined;
  readonly #pace = new ReplacementPace();
  readonly #succession: RedisSuccession;
  readonly #timeLimit: CommandTimeLimit;
  #client: RedisClientLike;
  /** The client, if it was made here: it is closed here as well. */
  #own: OwnClient | undefined;
  /** What the client last said about its connection. */
  #lastError: unknown;
  /** Until the first connection stands, or could not be made. */
  #opening: Promise<unknown> | undefined;
  #answeredAtMs = 0;
  /** Since when the client has been found without a connection. */
  #unconnectedSinceMs: number | undefined;
  /** Processes begin with different nodes of a cluster. */
  #turn = Math.floor(Math.random() * MOST_ADDRESSES);
  #closed = false;

  /**
   * @param redis a client, which the caller connects and closes, or an address for a connection of its own
   * @throws InvalidOptionError if it is neither; HandoverError `missingPeer` if the address needs a package
   */
  constructor(redis: RedisClientLike | RedisAddress, commandTimeoutMs: number) {
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#timeLimit = new CommandTimeLimit(systemClock, commandTimeoutMs, (client) => this.#overdue(client));
    this.#succession = new RedisSuccession(systemClock, commandTimeoutMs);
    this.#address = isAddress(redis) ? checkedAddress(redis) : undefined;
    if (this.#address === undefined) {
      const given = checkedClient(redis);
      this.#client = given;
      hearErrors(given, (error) => this.#heard(given, error));
    } else {
      this.#client = this.#connected(this.#clientFor(this.#address));
    }
  }

  /** A connection that there is, or a new one. */
  static over(redis: RedisConnection | RedisClientLike | RedisAddress, commandTimeoutMs: number): RedisConnection {
    return redis instanceof RedisConnection ? redis : new RedisConnection(redis, commandTimeoutMs);
  }

  /** Runs a script by its hash. If Redis does not know the script, after a restart for one, it gets the source. */
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

  /** Ends a connection of its own; nothing is asked from then on. A client that was given stays as it is. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#succession.end();
    this.#timeLimit.stopIfIdle();
    const client = this.#own;
    if (client === undefined) return;
    const overdue = new Promise<boolean>((resolve) => {
      inBackground(systemClock, CLOSING_LIMIT_MS, () => resolve(false));
    });
    // A client that is destroyed while it connects for the first time connects all the same.
    await Promise.race([this.#opening, overdue]);
    // A cluster's client says whether it is ready from redis 6.3 on.
    const ended = (client.isReady ?? client.isOpen) === true ? client.close().then(() => true) : Promise.resolve(false);
    if (await Promise.race([ended, overdue]).catch(() => false)) return;
    discard(client);
  }

  async #ask<T>(operation: string, ask: (client: RedisClientLike) => Promise<T>): Promise<T> {
    const isOfCluster = isCluster(this.#client);
    if (this.#opening && !isOfCluster)
      await this.#timeLimit.on(operation, this.#client, this.#opening).catch(() => undefined);
    if (this.#closed) throw unavailable(operation, 'the store has been closed');
    const client = this.#client;
    // Never queued: what is sent much later would claim an event that nobody works on any more.
    if (client.isReady === false && !isOfCluster) {
      if (this.#cannotConnect(client)) this.#replace(client);
      throw unavailable(operation, this.#whyNotConnected());
    }
    try {
      const asked = isOfCluster ? this.#askCluster(operation, ask) : ask(client);
      this.#unconnectedSinceMs = undefined;
      const answer = await this.#timeLimit.on(operation, client, asked);
      this.#answeredAtMs = systemClock.now();
      return answer;
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      // A cluster's client finds the right server itself.
      if (isOfUnfitServer(cause) && !isOfCluster) this.#replace(client);
      throw new StoreError('storeUnavailable', operation, { cause });
    }
  }

  /** Tries again what the cluster refuses while it fails over, for as long as one command may take. */
  async #askCluster<T>(operation: string, ask: (client: RedisClientLike) => Promise<T>): Promise<T> {
    const fromMs = systemClock.now();
    for (;;) {
      const client = this.#client;
      let refusal: unknown;
      try {
        if (client.isReady !== false && !isShut(client)) return await ask(client);
        refusal = unavailable(operation, this.#whyNotConnected());
      } catch (error) {
        if (!isRefusedForNow(error)) throw error;
        refusal = error;
      }
      if (isShut(client) && this.#own === undefined) throw refusal;
      const triedForMs = systemClock.now() - fromMs;
      const isOver = triedForMs >= this.#commandTimeoutMs - RETRY_PAUSE_MS;
      if (isOver || isShut(client) || triedForMs >= REDISCOVER_AFTER_MS) this.#replace(client);
      if (isOver || this.#closed) throw refusal;
      await Promise.race([sleep(systemClock, RETRY_PAUSE_MS), ...(this.#opening ? [this.#opening] : [])]);
    }
  }

  /**
   * Whether a client without a connection is not left to connect by itself: it has given up, or it has had time enough. node-redis
   * waits for ever for a server that accepts a connection and does not answer on it.
   */
  #cannotConnect(client: RedisClientLike): boolean {
    if (isShut(client)) return client === this.#own;
    this.#unconnectedSinceMs ??= systemClock.now();
    return systemClock.now() - this.#unconnectedSinceMs >= CONNECTING_LIMIT_IN_COMMANDS * this.#commandTimeoutMs;
  }

  #whyNotConnected(): string {
    const why = failureReason(this.#lastError);
    if (why !== undefined) return `not connected (${why})`;
    return this.#own === undefined ? 'not connected; has connect() been called?' : 'not connected';
  }

  /** A command got no answer in time. Half open, a connection gives no answer and no error. */
  #overdue(client: RedisClientLike): void {
    // One node may hang while the others answer.
    if (isCluster(client)) {
      this.#replace(client);
      return;
    }
    // One that connects is left to it.
    if (systemClock.now() - this.#answeredAtMs >= this.#commandTimeoutMs && this.#client.isReady !== false) {
      this.#replace(this.#client);
    }
  }

  /**
   * Makes another connection instead of one that is of no use, unless that was done a moment ago. A client that was
   * given stays as it is: its duplicate is used from then on. A pool has none, and makes new connections itself.
   */
  #replace(useless: RedisClientLike): void {
    if (this.#closed || useless !== this.#client) return;
    if (isCluster(useless)) {
      this.#succession.begin(
        () => this.#another(useless),
        (next) => this.#takeOver(next),
      );
      return;
    }
    if (!this.#pace.isTime(systemClock.now())) return;
    const next = this.#another(useless);
    if (next === undefined) {
      quitAll(useless);
      return;
    }
    if (this.#own) discard(this.#own);
    this.#client = this.#connected(next);
  }

  #another(useless: RedisClientLike): OwnClient | undefined {
    return this.#address === undefined ? duplicateOf(useless) : this.#clientFor(this.#address);
  }

  #clientFor(address: RedisAddress): OwnClient {
    this.#turn += 1;
    return clientFor(address, this.#commandTimeoutMs, this.#turn);
  }

  /** The next client of a cluster is connected. Commands in progress get their answers from the old one. */
  #takeOver(next: OwnClient): void {
    if (this.#own) this.#succession.retire(this.#own);
    hearErrors(next, (error) => this.#heard(next, error));
    this.#client = this.#own = next;
    this.#opening = undefined;
  }

  #connected(client: OwnClient): OwnClient {
    this.#own = client;
    this.#unconnectedSinceMs = undefined;
    hearErrors(client, (error) => this.#heard(client, error));
    const opening = client.connect().catch((error: unknown) => this.#heard(client, error));
    this.#opening = opening;
    void opening.then(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    inBackground(systemClock, this.#commandTimeoutMs, () => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return client;
  }

  /** Callers meanwhile get this error. */
  #heard(client: RedisClientLike, error: unknown): void {
    if (client === this.#client) this.#lastError = error;
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
