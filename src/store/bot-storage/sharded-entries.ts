/** Lists in a storage that can only be asked for known keys: the entries lie in a fixed number of items, by a hash. */
import { fieldOf, isArray, itemsOf } from '../../thread/read-unknown.js';
import { partitionOf } from '../partition-of.js';
import type { ItemOf, VersionedItems } from './versioned-items.js';

/** Few, because each process reads them all every five seconds; enough that processes seldom meet in one. */
const SHARDS = 8;

/** How entries are kept. */
export interface ShardedEntriesOptions<Entry> {
  /** What the keys of the items begin with. */
  readonly prefix: string;
  /** An entry as it was read; `undefined` if it cannot be read: then it is left out. */
  readonly entryOf: (value: unknown) => Entry | undefined;
  /** What decides in which item the entry lies. */
  readonly idOf: (entry: Entry) => string;
}

/** The entries of an item after a change, absent if they stay as they are, and a value for the caller. */
export interface EntriesChange<Entry, T> {
  readonly entries?: readonly Entry[];
  readonly value: T;
}

interface ShardBody<Entry> {
  readonly entries: readonly Entry[];
}

/** Every method rejects like {@link VersionedItems}. A `change` may be called again, with what it has written. */
export class ShardedEntries<Entry> {
  readonly #items: VersionedItems;
  readonly #options: ShardedEntriesOptions<Entry>;

  constructor(items: VersionedItems, options: ShardedEntriesOptions<Entry>) {
    this.#items = items;
    this.#options = options;
  }

  /** Changes the item in which the entries of an id lie. */
  change<T>(operation: string, id: string, change: (entries: readonly Entry[]) => EntriesChange<Entry, T>): Promise<T> {
    return this.#changeShard(operation, partitionOf(id, SHARDS), change);
  }

  /** Changes each item in which one of these entries lies. */
  changeEach<T>(
    operation: string,
    of: readonly Entry[],
    change: (entries: readonly Entry[]) => EntriesChange<Entry, T>,
  ): Promise<T[]> {
    const shards = new Set(of.map((entry) => partitionOf(this.#options.idOf(entry), SHARDS)));
    return Promise.all([...shards].map((shard) => this.#changeShard(operation, shard, change)));
  }

  /** Removes entries from the item in which those of an id lie. */
  async remove(operation: string, id: string, isOver: (entry: Entry) => boolean): Promise<void> {
    await this.change(operation, id, without(isOver));
  }

  /** Removes entries wherever they lie. */
  async removeAll(operation: string, isOver: (entry: Entry) => boolean): Promise<void> {
    await this.changeEach(operation, (await this.all(operation)).filter(isOver), without(isOver));
  }

  /** The entries of an id, and others. */
  around(operation: string, id: string): Promise<readonly Entry[]> {
    return this.#read(operation, [partitionOf(id, SHARDS)]);
  }

  all(operation: string): Promise<readonly Entry[]> {
    return this.#read(operation, [...Array(SHARDS).keys()]);
  }

  async #read(operation: string, shards: readonly number[]): Promise<readonly Entry[]> {
    const bodies = await this.#items.read(
      operation,
      shards.map((shard) => this.#itemOf(shard)),
    );
    return [...bodies.values()].flatMap(({ entries }) => entries);
  }

  async #changeShard<T>(
    operation: string,
    shard: number,
    change: (entries: readonly Entry[]) => EntriesChange<Entry, T>,
  ): Promise<T> {
    const changed = (): Promise<{ readonly isFirst: boolean; readonly value: T }> =>
      this.#items.change(operation, this.#itemOf(shard), (body) => {
        const { entries, value } = change(body?.entries ?? []);
        const isFirst = body === undefined && entries !== undefined;
        return { body: entries && { entries }, value: { isFirst, value } };
      });
    const { isFirst, value } = await changed();
    // A first write may be overwritten by that of another process, so what it wrote is looked for once more.
    if (isFirst) await changed();
    return value;
  }

  #itemOf(shard: number): ItemOf<ShardBody<Entry>> {
    const { prefix, entryOf } = this.#options;
    return {
      key: `${prefix}.${shard}`,
      bodyOf: (value) => {
        const entries = fieldOf(value, 'entries');
        if (!isArray(entries)) return undefined;
        return { entries: itemsOf(entries).flatMap((entry) => entryOf(entry) ?? []) };
      },
    };
  }
}

function without<Entry>(isOver: (entry: Entry) => boolean) {
  return (entries: readonly Entry[]): EntriesChange<Entry, undefined> => {
    const left = entries.filter((entry) => !isOver(entry));
    return left.length === entries.length ? { value: undefined } : { entries: left, value: undefined };
  };
}
