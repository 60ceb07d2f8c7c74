/**
 * The keys of one bot in Redis, spread by thread over a fixed number of partitions, so that they lie on all masters of a
 * Redis Cluster. What stands in braces decides the slot, so all keys of a partition lie in one, and the keys of two bots
 * never meet. All processes that share a store must use the same number of partitions.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
import type { Clock } from '../../thread/clock.js';
import { InvalidOptionError, StoreError } from '../../thread/errors.js';
import { encodedText } from '../../thread/key.js';
import { partitionOf } from '../partition-of.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisScript } from './redis-scripts.js';

/** The default of the option `prefix`. */
export const DEFAULT_PREFIX = 'handover-vcclive';

/** Makes keys: `{<prefix>:<app id>/<partition>}:<kind>:<name>`. */
export class RedisKeys {
  readonly #tag: string;

  /**
   * @param appId of the bot; absent: keys of no bot
   * @param partition absent: keys that are not spread over partitions
   */
  constructor(prefix: string, appId?: string, partition?: number) {
    const bot = appId === undefined ? prefix : `${prefix}:${encodedText(appId)}`;
    this.#tag = partition === undefined ? `{${bot}}` : `{${bot}/${partition}}`;
  }

  key(kind: string, name?: string): string {
    return name === undefined ? `${this.#tag}:${kind}` : `${this.#tag}:${kind}:${name}`;
  }
}

/** The prefix, if it is one. Braces in a prefix would move the slot. @throws InvalidOptionError */
export function checkedPrefix(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw new InvalidOptionError('prefix', JSON.stringify(prefix), '1 to 64 letters, digits, "-", "_", "." or ":"');
}

/** Enough for a cluster of about twenty masters. A single Redis does not notice them. */
const DEFAULT_PARTITIONS = 64;
const MAX_PARTITIONS = 1_024;

/**
 * The option `partitions` of a store or an inbox. Default 64.
 * @throws InvalidOptionError if it is no whole number from 1 to 1024
 */
export function partitionsOption(value: number | undefined): number {
  if (value === undefined) return DEFAULT_PARTITIONS;
  if (Number.isSafeInteger(value) && value >= 1 && value <= MAX_PARTITIONS) return value;
  throw new InvalidOptionError('partitions', String(value), `a whole number from 1 to ${MAX_PARTITIONS}`);
}

/** What {@link RedisPartitions} needs. */
export interface RedisPartitionsDeps {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** Of the bot; absent: keys of no bot. */
  readonly appId: string | undefined;
  readonly partitions: number;
  /** The time for the scripts. Absent: the clock of Redis. */
  readonly clock: Clock | undefined;
}

/** Names keys and runs scripts. Every method that asks Redis rejects with a `StoreError` if there is no answer. */
export class RedisPartitions {
  readonly #redis: RedisConnection;
  readonly #clock: Clock | undefined;
  readonly #keys: readonly RedisKeys[];

  constructor({ redis, prefix, appId, partitions, clock }: RedisPartitionsDeps) {
    this.#redis = redis;
    this.#clock = clock;
    this.#keys = Array.from({ length: partitions }, (_, partition) => new RedisKeys(prefix, appId, partition));
  }

  /** The keys of all partitions. */
  get all(): readonly RedisKeys[] {
    return this.#keys;
  }

  /** The keys of the partition in which a thread, or another name, lies. */
  of(id: string): RedisKeys {
    const keys = this.#keys[partitionOf(id, this.#keys.length)];
    if (keys === undefined) throw new RangeError('A store has at least one partition.');
    return keys;
  }

  /** Runs a script. All keys must be of one partition. The first argument of every script is the time, empty for Redis' own. */
  run(operation: string, script: RedisScript, keys: string[], args: readonly string[]): Promise<unknown> {
    const now = this.#clock === undefined ? '' : String(this.#clock.now());
    return this.#redis.run(operation, script, keys, [now, ...args]);
  }
}

/** The answers that there are. While one master of a cluster is away, what lies on the others counts all the same. */
export async function answersOf<T>(operation: string, asked: readonly Promise<T[]>[]): Promise<T[]> {
  const settled = await Promise.allSettled(asked);
  const answers = settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed === undefined || answers.length > 0) return answers;
  throw failed.reason instanceof StoreError ? failed.reason : new StoreError('storeUnavailable', operation);
}
