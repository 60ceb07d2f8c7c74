/**
 * A durable inbox in Redis: a delivery is acknowledged when it lies there, and removed after its turns.
 *
 * Deliveries are spread over partitions, each in a hash slot of its own, so that a Redis Cluster shares the load.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../thread/clock.js';
import type { DeliveryInbox, KeptDelivery, TakenOver } from '../../thread/inbox.js';
import type { StoringBot } from '../../thread/store.js';
import { checkFields, namesOf } from '../../thread/check-values.js';
import type { InboxLimits } from '../inbox-options.js';
import { inboxLimits, SET_ASIDE_KEPT } from '../inbox-options.js';
import { positiveOption } from '../positive-option.js';
import type { RedisAddress, RedisClientLike } from './redis-client.js';
import { listOf, RedisConnection, textOf } from './redis-connection.js';
import * as scripts from './redis-inbox-scripts.js';
import { partitionOf } from '../partition-of.js';
import { checkedPrefix, DEFAULT_PREFIX, partitionsOption, RedisKeys, RedisPartitions } from './redis-partitions.js';
import type { RedisScript } from './redis-scripts.js';

const COMMAND_TIMEOUT_MS = 1_500;
/** A delivery whose partition is full is put into one of the next ones. A full inbox costs so many commands. */
const PARTITIONS_TRIED = 3;

/** The keys of a partition, in the order in which the scripts have them. */
const KEY_NAMES = ['bodies', 'leases', 'states', 'polled'];

/** Settings of a {@link RedisInbox}. All processes of a bot need the same ones. */
export interface RedisInboxOptions extends InboxLimits {
  /** Begins every key, in braces and before the bot's app id, as for `RedisThreadStore`. Default `handover-vcclive`. */
  readonly prefix?: string;
  /** Hash slots over which deliveries are spread; a Redis Cluster spreads them over its masters. Default 64. */
  readonly partitions?: number;
  /** A command without an answer fails after this, milliseconds. Default 1500. */
  readonly commandTimeoutMs?: number;
  /** For tests: the time by which leases end. Default: the clock of Redis, the same for all processes. */
  readonly clock?: Clock;
}

const OPTION_NAMES = namesOf<RedisInboxOptions>({
  prefix: true,
  partitions: true,
  commandTimeoutMs: true,
  leaseMs: true,
  maxAttempts: true,
  maxDeliveries: true,
  clock: true,
});

/**
 * Keeps deliveries in Redis 6.2 or later, Valkey, or a cluster of them. Each instance is one process among those that share
 * the inbox.
 *
 * ```ts
 * inbox: new RedisInbox('redis://localhost:6379')
 * ```
 *
 * The inbox holds whole deliveries, with what customers wrote, until their turns have ended. A delivery that ends every
 * process goes to the list `{<prefix>:<app id>}:inbox:aside`, for somebody to look at. `maxDeliveries` is shared out evenly
 * over the partitions. Turn `appendonly` on: Meta does not deliver again what Redis loses.
 *
 * Keys: `{<prefix>:<app id>/<partition>}:inbox:bodies`, `:leases`, `:states`, `:polled`; `{<prefix>:<app id>}:inbox:aside`.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` as `RedisThreadStore`
 */
export class RedisInbox implements DeliveryInbox {
  readonly leaseMs: number;
  readonly #redis: RedisConnection;
  readonly #options: RedisInboxOptions;
  readonly #partitions: RedisPartitions;
  /** How many deliveries each partition may hold. Those with none take no new ones and are missing here. */
  readonly #shares: readonly number[];
  readonly #asideKey: string;
  readonly #maxAttempts: number;
  readonly #processId = randomBytes(9).toString('base64url');
  /** Where the next search for deliveries begins: each partition is first at some time. */
  #firstAsked: number;

  /** @internal {@link forBot} makes these: the same connection, the deliveries of one bot. */
  constructor(redis: RedisConnection, options: RedisInboxOptions, bot: StoringBot);
  /**
   * @param redis a client of node-redis, which you connect and close; an address like `redis://localhost:6379`; or a list
   *   of addresses of one Redis Cluster
   */
  constructor(redis: RedisClientLike | RedisAddress, options?: RedisInboxOptions);
  constructor(
    redis: RedisClientLike | RedisConnection | RedisAddress,
    options: RedisInboxOptions = {},
    bot?: StoringBot,
  ) {
    checkFields('', options, OPTION_NAMES);
    this.#options = options;
    const prefix = checkedPrefix(options.prefix ?? DEFAULT_PREFIX);
    const partitions = partitionsOption(options.partitions);
    this.#asideKey = new RedisKeys(prefix, bot?.appId).key('inbox', 'aside');
    const { maxDeliveries, leaseMs, maxAttempts } = inboxLimits(options);
    this.#shares = sharesOf(maxDeliveries, Math.min(partitions, maxDeliveries));
    this.leaseMs = leaseMs;
    this.#maxAttempts = maxAttempts;
    this.#firstAsked = Math.floor(Math.random() * partitions);
    const commandTimeoutMs = positiveOption('commandTimeoutMs', options.commandTimeoutMs, COMMAND_TIMEOUT_MS);
    this.#redis = RedisConnection.over(redis, commandTimeoutMs);
    const { clock } = options;
    this.#partitions = new RedisPartitions({ redis: this.#redis, prefix, appId: bot?.appId, partitions, clock });
  }

  forBot(bot: StoringBot): RedisInbox {
    return new RedisInbox(this.#redis, this.#options, bot);
  }

  async put(body: string, order: string): Promise<string | undefined> {
    const inUse = this.#shares.length;
    const home = partitionOf(order, inUse);
    for (let tried = 0; tried < Math.min(PARTITIONS_TRIED, inUse); tried += 1) {
      const partition = (home + tried) % inUse;
      const args = [this.#processId, String(this.leaseMs), String(this.#shares[partition]), body];
      const id = await this.#run('put', scripts.PUT, partition, args);
      if (id !== null && id !== undefined) return `${partition}-${textOf(id)}`;
    }
    return undefined;
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#runOnEach('remove', scripts.REMOVE, ids, [this.#processId]);
  }

  renew(ids: readonly string[]): Promise<void> {
    return this.#runOnEach('renew', scripts.RENEW, ids, [this.#processId, String(this.leaseMs)]);
  }

  giveBack(ids: readonly string[]): Promise<void> {
    return this.#runOnEach('giveBack', scripts.GIVE_BACK, ids, [this.#processId]);
  }

  async markAlone(id: string, isAlone: boolean): Promise<void> {
    const { partition, name } = placeOf(id);
    await this.#run('markAlone', scripts.MARK_ALONE, partition, [this.#processId, name, isAlone ? '1' : '0']);
  }

  /** If this process dies between the two commands, the next one sets them aside again: rather twice than never. */
  async setAside(deliveries: readonly KeptDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const args = [String(SET_ASIDE_KEPT), ...deliveries.map(({ body }) => body)];
    await this.#partitions.run('inbox.setAside', scripts.SET_ASIDE, [this.#asideKey], args);
    await this.remove(deliveries.map(({ id }) => id));
  }

  async takeOver(limit: number): Promise<TakenOver> {
    const first = this.#firstAsked;
    const count = this.#partitions.all.length;
    this.#firstAsked = (first + 1) % count;
    const order = Array.from({ length: count }, (_, index) => (first + index) % count);
    // Looked at also if nothing may be taken: that shows that the partition is cared for.
    const looked = await Promise.allSettled(order.map((partition) => this.#look(partition)));
    const takes: Promise<FoundInPartition>[] = [];
    let left = limit;
    for (const each of looked) {
      if (each.status === 'rejected' || each.value.count === 0 || left <= 0) continue;
      const share = Math.min(each.value.count, left);
      takes.push(this.#takeFrom(each.value.partition, share));
      left -= share;
    }
    const found = await Promise.allSettled(takes);
    const taken = found.flatMap((each) => (each.status === 'fulfilled' ? each.value.deliveries : []));
    const exhausted = found.flatMap((each) => (each.status === 'fulfilled' ? each.value.exhausted : []));
    const [aside] = await Promise.allSettled([this.setAside(exhausted)]);
    // What was found belongs to this process already, and must be run. The next call meets the same failure.
    const failed = [...looked, ...found, aside].find((each) => each.status === 'rejected');
    if (failed && taken.length === 0) throw failed.reason;
    return { deliveries: taken, setAside: aside.status === 'fulfilled' ? exhausted.length : 0 };
  }

  /** Ends the connection that an address made; a client that was given is yours. */
  async close(): Promise<void> {
    await this.#redis.close();
  }

  async #look(partition: number): Promise<{ readonly partition: number; readonly count: number }> {
    return { partition, count: Number(await this.#run('takeOver', scripts.LOOK, partition, [String(this.leaseMs)])) };
  }

  async #takeFrom(partition: number, limit: number): Promise<FoundInPartition> {
    const args = [this.#processId, ...[this.leaseMs, limit, this.#maxAttempts].map(String)];
    const [found, exhausted] = listOf(await this.#run('takeOver', scripts.TAKE_OVER, partition, args));
    const idOf = (name: string | undefined): string => `${partition}-${name}`;
    return {
      deliveries: chunksOf(found, 3).map(([name, body = '', suspect]) => {
        return { id: idOf(name), body, isSuspect: suspect === '1' };
      }),
      exhausted: chunksOf(exhausted, 2).map(([name, body = '']) => ({ id: idOf(name), body })),
    };
  }

  /** Runs a script once in each partition that has some of these deliveries, all of them in one round trip. */
  async #runOnEach(operation: string, script: RedisScript, ids: readonly string[], args: string[]): Promise<void> {
    const names = new Map<number, string[]>();
    for (const id of ids) {
      const { partition, name } = placeOf(id);
      const known = names.get(partition);
      if (known) known.push(name);
      else names.set(partition, [name]);
    }
    const answers = await Promise.allSettled(
      [...names].map(([partition, each]) => this.#run(operation, script, partition, [...args, ...each])),
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #run(operation: string, script: RedisScript, partition: number, args: string[]): Promise<unknown> {
    const keys = KEY_NAMES.map((name) => this.#partitions.all[partition]?.key('inbox', name) ?? '');
    return this.#partitions.run(`inbox.${operation}`, script, keys, args);
  }
}

interface FoundInPartition {
  readonly deliveries: readonly KeptDelivery[];
  readonly exhausted: readonly KeptDelivery[];
}

/** A delivery's id is `<partition>-<name>`. */
function placeOf(id: string): { readonly partition: number; readonly name: string } {
  const dash = id.indexOf('-');
  return { partition: Number(id.slice(0, dash)), name: id.slice(dash + 1) };
}

/** `total` shared out over `count`, as evenly as whole numbers allow. */
function sharesOf(total: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(total / count) + (index < total % count ? 1 : 0));
}

function chunksOf(flat: unknown, size: number): string[][] {
  const texts = listOf(flat).map(textOf);
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) => texts.slice(i * size, (i + 1) * size));
}
