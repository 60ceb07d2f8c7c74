/**
 * Remembers threads, tickets and deadlines in Redis, for bots on several processes.
 *
 * Scripts inside Redis decide what two processes must not both believe.
 */
import type { Clock } from '../../thread/clock.js';
import type { ThreadKey } from '../../thread/key.js';
import { threadId } from '../../thread/key.js';
import type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoredRecord,
  ThreadChange,
  ThreadStore,
  ThreadStoreBot,
  Ticket,
  TicketState,
} from '../../thread/store.js';
import { checkFields, namesOf } from '../../thread/check-values.js';
import { lifetimes, positiveOption } from '../positive-option.js';
import type { RedisAddress, RedisClientLike } from './redis-client.js';
import { RedisConnection, textOf } from './redis-connection.js';
import { RedisDueTimes } from './redis-due-times.js';
import { OpenHandovers } from './redis-open-handovers.js';
import { checkedPrefix, DEFAULT_PREFIX, partitionsOption, RedisPartitions } from './redis-partitions.js';
import { RedisRecords } from './redis-records.js';
import type { RedisScript } from './redis-scripts.js';
import * as scripts from './redis-ticket-scripts.js';

/** Two round trips have to fit into the four seconds after which Meta is answered. */
const COMMAND_TIMEOUT_MS = 1_500;
const MAX_TRIES = 50;
const MAX_REMEMBERED = 10_000;

/** Settings of a {@link RedisThreadStore}. */
export interface RedisThreadStoreOptions {
  /** Begins every key, in braces and before the bot's app id: letters, digits, `-`, `_`, `.` and `:`, at most 64. Default `handover-vcclive`. */
  readonly prefix?: string;
  /**
   * Parts over which the keys of a bot are spread by thread, so that they lie on all masters of a Redis Cluster. From 1 to
   * 1024, the same for all processes: another number does not find what is stored. Default 64.
   */
  readonly partitions?: number;
  /** How long a record is kept after it was last written, milliseconds. Default 30 days. */
  readonly recordTtlMs?: number;
  /** How long a finished event is remembered, milliseconds. Default 48 hours: Meta redelivers for up to 36. */
  readonly claimRetentionMs?: number;
  /** A command without an answer fails after this, milliseconds. Default 1500. */
  readonly commandTimeoutMs?: number;
  /** Times a write is tried against faster writers before it rejects with `storeConflict`. Default 50. */
  readonly maxTries?: number;
  /**
   * Records that this process remembers, so that a write need not read before. Each is compared with Redis whenever it
   * is used: an old one costs a round trip, nothing else. Default 10,000.
   */
  readonly maxRemembered?: number;
  /** For tests: the time by which leases and records end. Default: the clock of Redis, the same for all processes. */
  readonly clock?: Clock;
  /** In [0, 1): for the jitter of waits. Default `Math.random`. */
  readonly random?: () => number;
}

const OPTION_NAMES = namesOf<RedisThreadStoreOptions>({
  prefix: true,
  partitions: true,
  recordTtlMs: true,
  claimRetentionMs: true,
  commandTimeoutMs: true,
  maxTries: true,
  maxRemembered: true,
  clock: true,
  random: true,
});

/**
 * A {@link ThreadStore} in Redis 6.2 or later, or Valkey; on one server or on a Redis Cluster.
 *
 * ```ts
 * store: new RedisThreadStore('redis://localhost:6379')
 * ```
 *
 * **What is atomic.** Every change of a thread, over all processes: Redis writes a record only if it is still the one that
 * the change was made of, and gives an event to one process. Usually a method is one round trip: a write does not read
 * before but names the version it was made of, and gets the newer record if there is one.
 *
 * **Clocks.** Leases and lifetimes go by the clock of Redis. The times of deadlines are the caller's own: a process whose
 * clock is a minute ahead runs timers a minute early. No process's clock makes a timer run twice.
 *
 * **While Redis is away** every method rejects with `storeUnavailable`: at once if the connection is known to be lost,
 * else after `commandTimeoutMs`. The client connects again by itself. A client that is given should have a `pingInterval`,
 * so that it notices a dead connection.
 *
 * **What Redis loses is lost.** Turn `appendonly` on, and set `maxmemory-policy noeviction`: a record that Redis drops is
 * a thread with an agent that the bot knows nothing of until the next event.
 *
 * **After a failover** an old primary may keep its connections and refuse with `READONLY`. A connection whose server says
 * that it cannot serve is replaced, at once and then at most every five seconds. Instead of a client that is given, the
 * store uses a `duplicate()` of it from then on.
 *
 * **Redis Cluster.** Give a client of `createCluster`, or a list of addresses. Keys are spread by thread over `partitions`
 * hash tags, and each script finds its keys in one slot. The client follows `MOVED` and `ASK`. A command that a cluster
 * refuses while it fails over is tried again until `commandTimeoutMs` is over. If a node is away or hangs, the store
 * connects another client and uses it as soon as all masters answer it. The old one serves meanwhile.
 *
 * **Two bots.** The keys of a bot begin with `{<prefix>:<app id>/<partition>}`: {@link forBot}.
 *
 * Keys: `{<prefix>:<app id>/<partition>}:thread:<page>/<psid>`, `:claim:<event>`, `:queue:<page>/<psid>`, `:due`,
 * `:due:hidden`, `:open`; what could not be read: `:aside`, `:aside:<label of the thread>`.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` if an address is given and the package
 *   `redis` is not installed
 */
export class RedisThreadStore implements ThreadStore {
  readonly #redis: RedisConnection;
  readonly #options: RedisThreadStoreOptions;
  readonly #claimRetentionMs: number;
  readonly #partitions: RedisPartitions;
  readonly #records: RedisRecords;
  readonly #openHandovers: OpenHandovers;
  readonly #dueTimes: RedisDueTimes;

  /** @internal {@link forBot} makes these: the same connection, the data of one bot. */
  constructor(redis: RedisConnection, options: RedisThreadStoreOptions, bot: ThreadStoreBot);
  /**
   * @param redis a client of node-redis, which you connect and close; an address like `redis://localhost:6379`; or a list
   *   of addresses of one Redis Cluster
   */
  constructor(redis: RedisClientLike | RedisAddress, options?: RedisThreadStoreOptions);
  constructor(
    redis: RedisClientLike | RedisConnection | RedisAddress,
    options: RedisThreadStoreOptions = {},
    bot?: ThreadStoreBot,
  ) {
    checkFields('', options, OPTION_NAMES);
    this.#options = options;
    const { clock } = options;
    const prefix = checkedPrefix(options.prefix ?? DEFAULT_PREFIX);
    const partitions = partitionsOption(options.partitions);
    const { recordTtlMs, claimRetentionMs } = lifetimes(options);
    this.#claimRetentionMs = claimRetentionMs;
    const maxTries = positiveOption('maxTries', options.maxTries, MAX_TRIES);
    const maxRemembered = positiveOption('maxRemembered', options.maxRemembered, MAX_REMEMBERED);
    const commandTimeoutMs = positiveOption('commandTimeoutMs', options.commandTimeoutMs, COMMAND_TIMEOUT_MS);
    this.#redis = RedisConnection.over(redis, commandTimeoutMs);
    this.#partitions = new RedisPartitions({ redis: this.#redis, prefix, appId: bot?.appId, partitions, clock });
    this.#openHandovers = new OpenHandovers(this.#partitions);
    this.#dueTimes = new RedisDueTimes(this.#partitions, bot?.log);
    this.#records = new RedisRecords({
      partitions: this.#partitions,
      bot,
      recordTtlMs,
      maxTries,
      maxRemembered,
      random: options.random ?? Math.random,
    });
  }

  forBot(bot: ThreadStoreBot): RedisThreadStore {
    return new RedisThreadStore(this.#redis, this.#options, bot);
  }

  read(thread: ThreadKey): Promise<StoredRecord | undefined> {
    return this.#records.read(thread);
  }

  update<T>(thread: ThreadKey, change: (current: StoredRecord | undefined) => ThreadChange<T>): Promise<T> {
    return this.#records.update(thread, change);
  }

  enter<T>(
    ticket: Ticket,
    leaseMs: number,
    change: (current: StoredRecord | undefined) => ThreadChange<T>,
  ): Promise<Entered<T>> {
    return this.#records.enter(ticket, this.#ticketKeys(ticket), leaseMs, change);
  }

  async isNext(ticket: Ticket): Promise<TicketState> {
    const said = await this.#runFor(ticket, 'isNext', scripts.IS_NEXT);
    return said === 'lost' || said === 'waiting' ? said : 'next';
  }

  async renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    const said = await this.#runFor(ticket, 'renew', scripts.RENEW, String(leaseMs));
    return said === 'done' || said === 'busy' || said === 'overtaken' ? said : 'renewed';
  }

  async leave(ticket: Ticket, how: 'finished' | 'released'): Promise<void> {
    if (how === 'released') await this.#runFor(ticket, 'leave', scripts.RELEASE);
    else await this.#runFor(ticket, 'leave', scripts.FINISH, String(this.#claimRetentionMs));
  }

  readFor(ticket: Ticket): Promise<FencedRecord> {
    return this.#records.readFor(ticket, this.#ticketKeys(ticket));
  }

  findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    return this.#openHandovers.find(handoverId);
  }

  listOpen(limit: number): Promise<ThreadKey[]> {
    return this.#openHandovers.list(limit);
  }

  listSetAside(limit: number): Promise<SetAsideRecord[]> {
    return this.#records.listSetAside(limit);
  }

  forget(thread: ThreadKey): Promise<void> {
    return this.#records.forget(thread);
  }

  schedule(due: DueTime): Promise<void> {
    return this.#dueTimes.schedule(due);
  }

  unschedule(thread: ThreadKey, name: string): Promise<void> {
    return this.#dueTimes.unschedule(thread, name);
  }

  takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    return this.#dueTimes.take(nowMs, limit, leaseMs);
  }

  /** Ends the connection that an address made; a client that was given is yours. */
  async close(): Promise<void> {
    await this.#redis.close();
  }

  async #runFor(ticket: Ticket, operation: string, script: RedisScript, ...more: string[]): Promise<string> {
    const args = [ticket.event, ticket.processId, ...more];
    return textOf(await this.#partitions.run(operation, script, this.#ticketKeys(ticket), args));
  }

  #ticketKeys({ event, thread }: Ticket): string[] {
    const id = threadId(thread);
    const keys = this.#partitions.of(id);
    return [keys.key('claim', event), keys.key('queue', id)];
  }
}
