/**
 * Finds threads with an open handover, in a storage that can only be asked for known keys.
 *
 * Entries lie in a fixed number of items, by a hash of the handover's id. They are hints: the thread's record decides.
 */
import { createHash } from 'node:crypto';
import type { ThreadKey } from '../thread/key.js';
import type { SetAsideItems } from './set-aside-items.js';
import type { OpenEntry } from './stored-entries.js';
import { openEntriesOf } from './stored-entries.js';
import type { ItemOf, VersionedItems } from './versioned-items.js';

/** Few enough to read them all for a list, enough that processes seldom meet in one and none gets big. */
const SHARDS = 64;
const SHARDS_READ_AT_ONCE = 32;

/** An entry that was added. */
export interface AddedOpening {
  readonly entry: OpenEntry;
  /** The item is new: another process may have begun it at the same moment. See {@link OpenIndex.ensure}. */
  readonly began: boolean;
  /** The other entries of the same item, oldest first. */
  readonly others: readonly OpenEntry[];
}

interface ShardBody {
  readonly entries: readonly OpenEntry[];
}

/** Open handovers by id. Every method rejects like {@link VersionedItems}. */
export class OpenIndex {
  readonly #items: VersionedItems;
  readonly #aside: SetAsideItems;
  readonly #prefix: string;

  /** @param prefix what the keys of its items begin with */
  constructor(items: VersionedItems, aside: SetAsideItems, prefix: string) {
    this.#items = items;
    this.#aside = aside;
    this.#prefix = prefix;
  }

  /** Enters a handover. */
  add(operation: string, handoverId: string, thread: ThreadKey, nowMs: number): Promise<AddedOpening> {
    const entry = { handoverId, thread: { pageId: thread.pageId, psid: thread.psid }, addedAtMs: nowMs };
    return this.#items.change(operation, this.#itemOf(handoverId), (body) => {
      const others = (body?.entries ?? []).filter((other) => other.handoverId !== handoverId);
      return { body: { entries: [...others, entry] }, value: { entry, began: body === undefined, others } };
    });
  }

  /** Puts an entry back that is gone because another process began the same item and overwrote ours. */
  async ensure(operation: string, entry: OpenEntry): Promise<void> {
    await this.#items.change(operation, this.#itemOf(entry.handoverId), (body) => {
      const entries = body?.entries ?? [];
      const isThere = entries.some(({ handoverId }) => handoverId === entry.handoverId);
      return { body: isThere ? undefined : { entries: [...entries, entry] }, value: undefined };
    });
  }

  /** Removes entries; does nothing if there are none. */
  async remove(operation: string, handoverIds: readonly string[]): Promise<void> {
    for (const id of handoverIds) {
      await this.#items.change(operation, this.#itemOf(id), (body) => {
        const kept = (body?.entries ?? []).filter(({ handoverId }) => handoverId !== id);
        return { body: kept.length === (body?.entries.length ?? 0) ? undefined : { entries: kept }, value: undefined };
      });
    }
  }

  /** The entry of a handover. */
  async find(operation: string, handoverId: string): Promise<OpenEntry | undefined> {
    const item = this.#itemOf(handoverId);
    const body = (await this.#items.read(operation, [item])).get(item.key);
    return body?.entries.find((entry) => entry.handoverId === handoverId);
  }

  /** Every entry there is. */
  async all(operation: string): Promise<readonly OpenEntry[]> {
    const items = Array.from({ length: SHARDS }, (_, shard) => this.#shard(shard));
    const entries: OpenEntry[] = [];
    for (let from = 0; from < items.length; from += SHARDS_READ_AT_ONCE) {
      const bodies = await this.#items.read(operation, items.slice(from, from + SHARDS_READ_AT_ONCE));
      entries.push(...[...bodies.values()].flatMap((body) => body.entries));
    }
    return entries;
  }

  #itemOf(handoverId: string): ItemOf<ShardBody> {
    return this.#shard(createHash('sha256').update(handoverId).digest().readUInt16BE(0) % SHARDS);
  }

  #shard(shard: number): ItemOf<ShardBody> {
    return {
      key: `${this.#prefix}.${shard}`,
      bodyOf: openEntriesOf,
      setAside: this.#aside.ofIndex(`open.${shard}`),
    };
  }
}
