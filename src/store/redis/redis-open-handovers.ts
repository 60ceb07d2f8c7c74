/**
 * Finds threads with an open handover in Redis, by the handover's id.
 *
 * An id does not tell its thread's partition, so each partition is asked. A record that expired has left its entry behind:
 * the record decides.
 */
import type { ThreadKey } from '../../thread/key.js';
import { encodedText, threadId, threadOf } from '../../thread/key.js';
import { listOf, textOf } from './redis-connection.js';
import type { RedisKeys, RedisPartitions } from './redis-partitions.js';
import { answersOf } from './redis-partitions.js';
import * as scripts from './redis-record-scripts.js';

const ENTRIES_READ_AT_ONCE = 100;

/** One for each bot. Every method rejects with a `StoreError` if Redis does not answer. */
export class OpenHandovers {
  readonly #partitions: RedisPartitions;

  constructor(partitions: RedisPartitions) {
    this.#partitions = partitions;
  }

  async find(handoverId: string): Promise<ThreadKey | undefined> {
    const name = openIdOf(handoverId);
    const asked = this.#partitions.all.map(async (keys) => {
      const id = textOf(await this.#partitions.run('findHandover', scripts.FIND_OPEN, [indexKey(keys)], [name]));
      return id === '' ? [] : this.#confirmed('findHandover', keys, name, id);
    });
    const [found] = await answersOf('findHandover', asked);
    return found;
  }

  /** Up to `limit`, one partition after the other. */
  async list(limit: number): Promise<ThreadKey[]> {
    const found = new Map<string, ThreadKey>();
    for (const keys of this.#partitions.all) {
      let cursor = '0';
      do {
        if (found.size >= limit) return [...found.values()].slice(0, Math.max(0, limit));
        const args = [cursor, String(ENTRIES_READ_AT_ONCE)];
        const [next, flat] = listOf(await this.#partitions.run('listOpen', scripts.SCAN_OPEN, [indexKey(keys)], args));
        const asked = pairsOf(flat).map(([name, id]) => this.#confirmed('listOpen', keys, name, id));
        for (const thread of (await Promise.all(asked)).flat()) found.set(threadId(thread), thread);
        cursor = textOf(next);
      } while (cursor !== '0');
    }
    return [...found.values()].slice(0, Math.max(0, limit));
  }

  /** The thread of an entry, if its record has this handover open. */
  async #confirmed(operation: string, keys: RedisKeys, name: string, id: string): Promise<ThreadKey[]> {
    const confirmed = [keys.key('thread', id), indexKey(keys)];
    if (Number(await this.#partitions.run(operation, scripts.CONFIRM_OPEN, confirmed, [name])) !== 1) return [];
    const thread = threadOf(id);
    return thread === undefined ? [] : [thread];
  }
}

/** A handover's id without spaces, so that it can stand in a record's header. */
export function openIdOf(handoverId: string): string {
  return encodedText(handoverId);
}

/** A flat reply in pairs. */
export function pairsOf(flat: unknown): (readonly [string, string])[] {
  const list = listOf(flat);
  return Array.from({ length: Math.floor(list.length / 2) }, (_, i) => [textOf(list[2 * i]), textOf(list[2 * i + 1])]);
}

/** The index of a partition. */
export function indexKey(keys: RedisKeys): string {
  return keys.key('open');
}
