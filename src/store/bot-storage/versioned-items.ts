/**
 * Compare-and-set over any Bot Framework storage: read, change, write with the eTag, again if somebody was faster.
 *
 * Bot Framework's own state classes write with eTag `*`, so that the last writer wins; a thread's record would lose
 * evidence that way.
 * @see https://learn.microsoft.com/azure/bot-service/bot-builder-howto-v4-storage
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../thread/clock.js';
import { sleep } from '../../thread/clock.js';
import { StoreError } from '../../thread/errors.js';
import { withoutStoreSecrets } from '../../thread/failure-reason.js';
import { fieldOf } from '../../thread/read-unknown.js';
import { InTurn } from '../in-turn.js';

const RETRY_FIRST_MS = 20;
const RETRY_LONGEST_MS = 500;
const PRECONDITION_FAILED = 412;
/** An item that is no JSON is read so many times before that is believed: an answer may be cut off on its way. */
const READS_OF_NO_JSON = 3;
/** Writes over whatever is there. */
const ANY_VERSION = '*';

/** What is needed of a Bot Framework (or Agents SDK) `Storage`. */
export interface StorageLike {
  /** The items that exist, by key. */
  read(keys: string[]): Promise<Record<string, unknown>>;
  /** Writes items; one with an `eTag` is refused if the stored one has another. */
  write(changes: Record<string, unknown>): Promise<void>;
  /** Removes items, whatever their eTag. */
  delete(keys: string[]): Promise<void>;
}

/** What a change makes of an item's body: the body to write (`undefined` leaves the item as it is), and a value. */
export interface BodyChange<Body, T> {
  readonly body: Body | undefined;
  readonly value: T;
}

/** An item, and how its body is read. */
export interface ItemOf<Body> {
  readonly key: string;
  /** The body; `undefined` if it cannot be read. Never throws. */
  readonly bodyOf: (value: unknown) => Body | undefined;
  /**
   * Keeps elsewhere what cannot be read, before somebody overwrites it. This writer calls the function that it gives, if this
   * writer has overwritten the item. Absent: nothing is kept.
   */
  readonly setAside?: (found: unknown) => Promise<() => void>;
}

/** What {@link VersionedItems} needs besides the storage. */
export interface VersionedItemsOptions {
  /** Times a write is tried before it rejects with `storeConflict`. */
  readonly maxTries: number;
  readonly clock: Clock;
  /** In [0, 1), like `Math.random`: for the jitter of waits. */
  readonly random: () => number;
}

/** What was found under a key: an item whose body can be read, or anything else. */
interface Found<Body> {
  readonly item: StoredItem | undefined;
  readonly body: Body | undefined;
  readonly eTag: unknown;
  /** What lies there, if that cannot be read. */
  readonly unreadable: unknown;
}

/** As it lies in the storage. */
interface StoredItem {
  readonly body: unknown;
  /** Token of the write that began this item, kept by later writes: tells a first writer whether it was the one. */
  readonly born: string;
  /** Token of the newest write: tells a writer whose write arrived although it was reported as a conflict. */
  readonly written: string;
  readonly eTag?: string;
}

/**
 * Items with an eTag, changed atomically.
 *
 * Changes of one key through one instance wait for each other, so that only other instances cause conflicts. A write
 * without an eTag (a first write, or a storage that keeps none) carries a random token and is read back; if the
 * item turns out to be of another writer, it counts as a conflict. The limits of that are at
 * `BotStorageThreadStore`.
 */
export class VersionedItems {
  readonly #storage: StorageLike;
  readonly #options: VersionedItemsOptions;
  /** By key. */
  readonly #inTurn = new InTurn();

  constructor(storage: StorageLike, options: VersionedItemsOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  /**
   * The bodies that exist and can be read, by key.
   * @throws StoreError `storeUnavailable` if the storage rejects
   */
  async read<Body>(operation: string, items: readonly ItemOf<Body>[]): Promise<ReadonlyMap<string, Body>> {
    if (items.length === 0) return new Map(); // the Agents SDK's storage throws on an empty list
    const found = await this.#readItems(operation, items);
    return new Map([...found].flatMap(([key, { body }]) => (body === undefined ? [] : [[key, body]])));
  }

  /**
   * Atomic read-modify-write of one item. `change` is called again with the newer body if another writer was faster.
   * @throws StoreError `storeConflict` after `maxTries`, `storeUnavailable` if the storage rejects; whatever `change` throws
   */
  change<Body, T>(
    operation: string,
    item: ItemOf<Body>,
    change: (body: Body | undefined) => BodyChange<Body, T>,
  ): Promise<T> {
    return this.#inTurn.on(item.key, () => this.#compareAndSet(operation, item, change));
  }

  /**
   * Removes items, after the changes of the same keys that this instance has begun.
   * @throws StoreError `storeUnavailable` if the storage rejects
   */
  async remove(operation: string, keys: readonly string[]): Promise<void> {
    await Promise.all(
      keys.map((key) => this.#inTurn.on(key, () => asked(operation, () => this.#storage.delete([key])))),
    );
  }

  async #compareAndSet<Body, T>(
    operation: string,
    of: ItemOf<Body>,
    change: (body: Body | undefined) => BodyChange<Body, T>,
  ): Promise<T> {
    let conflict: unknown;
    for (let tries = 1; tries <= this.#options.maxTries; tries += 1) {
      const current = (await this.#readItems(operation, [of])).get(of.key);
      const { body, value } = change(current?.body);
      if (body === undefined) return value;

      const tell = current?.unreadable === undefined ? undefined : await of.setAside?.(current.unreadable);
      const item = itemOf(body, randomUUID(), current);
      conflict = await this.#write(operation, of.key, item);
      const isCompared = item.eTag !== undefined && item.eTag !== ANY_VERSION;
      const isWritten =
        (conflict === undefined && isCompared) ||
        isOurs(item, (await this.#readItems(operation, [of])).get(of.key)?.item);
      if (isWritten) {
        tell?.();
        return value;
      }
      await this.#pause(tries);
    }
    throw new StoreError('storeConflict', operation, { cause: conflict });
  }

  /** The conflict, if there was one. */
  async #write(operation: string, key: string, item: StoredItem): Promise<unknown> {
    return asked(operation, async () => {
      try {
        await this.#storage.write({ [key]: item });
        return undefined;
      } catch (error) {
        if (isConflict(error)) return error;
        throw error;
      }
    });
  }

  async #readItems<Body>(operation: string, items: readonly ItemOf<Body>[]): Promise<ReadonlyMap<string, Found<Body>>> {
    const answer = await asked(operation, () => this.#readAll(items.map(({ key }) => key)));
    return new Map(
      items.flatMap(({ key, bodyOf }) => {
        const value = answer[key];
        return value === undefined || value === null ? [] : [[key, foundIn(value, bodyOf)]];
      }),
    );
  }

  /** An item that is no JSON makes some storages reject the reading of all: then each is read by itself. */
  async #readAll(keys: readonly string[]): Promise<Record<string, unknown>> {
    try {
      return await this.#storage.read([...keys]);
    } catch (error) {
      if (!isNoJson(error)) throw error;
      const answers = await Promise.all(keys.map((key) => this.#readAlone(key)));
      return Object.assign({}, ...answers) as Record<string, unknown>;
    }
  }

  async #readAlone(key: string): Promise<Record<string, unknown>> {
    for (let reads = 1; ; reads += 1) {
      try {
        return await this.#storage.read([key]);
      } catch (error) {
        if (!isNoJson(error)) throw error;
        // The storage does not give the text: its words about it are what can be kept.
        if (reads === READS_OF_NO_JSON)
          return { [key]: { noJson: withoutStoreSecrets(error.message), eTag: ANY_VERSION } };
        await this.#pause(reads);
      }
    }
  }

  #pause(tries: number): Promise<void> {
    const longestMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** (tries - 1));
    return sleep(this.#options.clock, this.#options.random() * longestMs);
  }
}

/**
 * Whether a storage's error says that another writer was faster, in any of the ways storages say it: by the text
 * "eTag conflict" (memory, blobs), or by `statusCode` or `code` 412 (Cosmos DB).
 */
function isConflict(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { message, statusCode, code } = error as { message?: unknown; statusCode?: unknown; code?: unknown };
  if (statusCode === PRECONDITION_FAILED || code === PRECONDITION_FAILED) return true;
  return typeof message === 'string' && /etag conflict/i.test(message);
}

async function asked<T>(operation: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new StoreError('storeUnavailable', operation, { cause });
  }
}

function isNoJson(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SyntaxError';
}

function foundIn<Body>(value: unknown, bodyOf: (body: unknown) => Body | undefined): Found<Body> {
  const item = isStoredItem(value) ? value : undefined;
  const body = item && bodyOf(item.body);
  return { item, body, eTag: fieldOf(value, 'eTag'), unreadable: body === undefined ? value : undefined };
}

function isStoredItem(value: unknown): value is StoredItem {
  if (typeof value !== 'object' || value === null) return false;
  const { body, born, written } = value as Partial<StoredItem>;
  return body !== undefined && typeof born === 'string' && typeof written === 'string';
}

/**
 * Goes on with what is stored by its eTag; begins a new item if there is none, or none that a storage compares. What
 * cannot be read is replaced by its eTag as well, so that one writer alone does that.
 */
function itemOf<Body>(body: Body, token: string, current: Found<Body> | undefined): StoredItem {
  const eTag = current?.eTag;
  const isAny = eTag === ANY_VERSION && current?.unreadable === undefined;
  if (current === undefined || typeof eTag !== 'string' || eTag === '' || isAny) {
    return { body, born: token, written: token };
  }
  return { body, born: current.item?.born ?? token, written: token, eTag };
}

/** A first write holds if the item began with it, whoever went on with it; a refused one may have arrived all the same. */
function isOurs(item: StoredItem, stored: StoredItem | undefined): boolean {
  return item.eTag === undefined ? stored?.born === item.born : stored?.written === item.written;
}
