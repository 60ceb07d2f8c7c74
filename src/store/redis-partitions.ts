/** The keys of one bot in Redis, spread over partitions by thread, and the connection by which scripts run on them. */
import type { Clock } from '../thread/clock.js';
import { StoreError } from '../thread/errors.js';
import { partitionOf } from './partitions.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisKeys } from './redis-keys.js';
import type { RedisScript } from './redis-scripts.js';

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
