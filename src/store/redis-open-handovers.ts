/**
 * Finds threads with an open handover in Redis, by the handover's id.
 *
 * An id does not tell its thread's partition, so the index has partitions of its own. An entry is written before the
 * record and removed after it. An entry is a hint: the record decides.
 */
import { StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import { encodedText } from '../thread/key.js';
import { threadOf } from './due-member.js';
import { listOf, textOf } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisPartitions } from './redis-partitions.js';
import * as scripts from './redis-record-scripts.js';

const ENTRIES_READ_AT_ONCE = 100;
/** An entry that its record does not confirm is kept this long: its writer may be about to write the record. */
const ORPHAN_KEPT_MS = 5 * 60 * 1000;

/** One for each bot. Every method rejects with a `StoreError` if Redis does not answer. */
export class OpenHandovers {
  readonly #partitions: RedisPartitions;

  constructor(partitions: RedisPartitions) {
    this.#partitions = partitions;
  }

  /** Enters a handover that is about to be written. @param id of its thread */
  async add(handoverId: string, id: string): Promise<void> {
    const name = openIdOf(handoverId);
    await this.#partitions.run('update', scripts.ADD_OPEN, [indexKey(this.#partitions.of(name))], [name, id]);
  }

  /** Removes handovers that are over. One that stays, because Redis does not answer, is found to be over later. */
  async remove(handoverId: string): Promise<void> {
    try {
      await this.drop(openIdOf(handoverId));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Removes an entry, or rejects. @param name as {@link openIdOf} makes it */
  async drop(name: string): Promise<void> {
    await this.#partitions.run('update', scripts.REMOVE_OPEN, [indexKey(this.#partitions.of(name))], [name]);
  }

  async find(handoverId: string): Promise<ThreadKey | undefined> {
    const name = openIdOf(handoverId);
    const keys = this.#partitions.of(name);
    const entry = await this.#partitions.run('findHandover', scripts.FIND_OPEN, [indexKey(keys)], [name]);
    if (entry === null || entry === undefined) return undefined;
    return this.#confirmed('findHandover', keys, name, textOf(entry));
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
        for (const [name, thread] of await this.#allConfirmed(keys, pairsOf(flat))) found.set(name, thread);
        cursor = textOf(next);
      } while (cursor !== '0');
    }
    return [...found.values()].slice(0, Math.max(0, limit));
  }

  async #allConfirmed(
    keys: RedisKeys,
    entries: readonly (readonly [string, string])[],
  ): Promise<(readonly [string, ThreadKey])[]> {
    const asked = entries.map(async ([name, entry]) => {
      const thread = await this.#confirmed('listOpen', keys, name, entry);
      return thread === undefined ? [] : [[name, thread] as const];
    });
    return (await Promise.all(asked)).flat();
  }

  /** The thread of an entry, if its record has this handover open. */
  async #confirmed(operation: string, keys: RedisKeys, name: string, entry: string): Promise<ThreadKey | undefined> {
    const id = entry.slice(entry.indexOf(' ') + 1);
    const thread = threadOf(id);
    if (thread !== undefined) {
      const recordKey = this.#partitions.of(id).key('thread', id);
      const openId = await this.#partitions.run(operation, scripts.OPEN_ID, [recordKey], []);
      if (openId !== null && openId !== undefined && textOf(openId) === name) return thread;
    }
    await this.#partitions.run(operation, scripts.DROP_ORPHAN, [indexKey(keys)], [name, String(ORPHAN_KEPT_MS)]);
    return undefined;
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

function indexKey(keys: RedisKeys): string {
  return keys.key('open');
}
