/**
 * Finds deadlines that have come, in a storage that can only be asked for known keys.
 *
 * A root item lists the buckets that hold entries; a bucket lists the deadlines of five minutes. Only buckets whose
 * time has come are read, however long nobody looked.
 */
import type { DueTime } from '../thread/store.js';
import type { SetAsideItems } from './set-aside-items.js';
import type { BucketName, DueEntry } from './stored-entries.js';
import { bucketNamesOf, dueEntriesOf } from './stored-entries.js';
import type { ItemOf, VersionedItems } from './versioned-items.js';

const BUCKET_MS = 5 * 60 * 1000;
/** Keeps items small; further entries of the same five minutes go to the next shard. */
const MAX_BUCKET_ENTRIES = 500;
/** A bucket is dropped this long after its time, so that no clock that is late by less can still write to it. */
const BUCKET_KEPT_MS = 10 * 60 * 1000;
const MAX_BUCKETS_READ_AT_ONCE = 32;

/** An entry that was added. */
export interface AddedEntry {
  readonly bucket: BucketName;
  readonly entry: DueEntry;
  /** The bucket is new: another process may have begun it at the same moment. See {@link DueIndex.ensure}. */
  readonly began: boolean;
}

/** An entry that was taken, and where it lies. */
export interface TakenEntry {
  readonly bucket: BucketName;
  readonly entry: DueEntry;
}

interface RootBody {
  readonly buckets: readonly BucketName[];
}

interface BucketBody {
  readonly entries: readonly DueEntry[];
}

/** One call of `take`. */
interface Taking {
  readonly operation: string;
  readonly nowMs: number;
  readonly leaseMs: number;
}

/** Deadlines by time. Every method rejects like {@link VersionedItems}. */
export class DueIndex {
  readonly #items: VersionedItems;
  readonly #aside: SetAsideItems;
  readonly #root: ItemOf<RootBody>;

  /** @param rootKey key of the root item; the buckets' keys begin with it */
  constructor(items: VersionedItems, aside: SetAsideItems, rootKey: string) {
    this.#items = items;
    this.#aside = aside;
    this.#root = { key: rootKey, bodyOf: bucketNamesOf, setAside: aside.ofIndex('due') };
  }

  /** Adds a deadline. One that has come already goes where the next taker looks, never into a bucket of the past. */
  async add(operation: string, due: DueTime, nowMs: number): Promise<AddedEntry> {
    const { pageId, psid } = due.thread;
    const entry: DueEntry = { thread: { pageId, psid }, name: due.name, atMs: due.atMs, addedAtMs: nowMs };
    const period = periodOf(Math.max(due.atMs, nowMs));
    for (let shard = 0; ; shard += 1) {
      const bucket = `${period}.${shard}`;
      await this.#list(operation, bucket); // before the entry: a bucket that is not listed is never read
      const put = await this.#put(operation, bucket, entry);
      if (put !== 'full') return { bucket, entry, began: put === 'began' };
    }
  }

  /** Puts an entry back that is gone because another process began the same bucket and overwrote ours. */
  async ensure(operation: string, { bucket, entry }: AddedEntry): Promise<void> {
    await this.#list(operation, bucket);
    await this.#items.change(operation, this.#itemOf(bucket), (body) => {
      const entries = body?.entries ?? [];
      const there = entries.some((other) => isSame(other, entry));
      return { body: there ? undefined : { entries: [...entries, entry] }, value: undefined };
    });
  }

  /** Removes an entry; does nothing if there is none. */
  async remove(operation: string, bucket: BucketName, due: DueTime): Promise<void> {
    await this.#items.change(operation, this.#itemOf(bucket), (body) => {
      if (body?.entries.some((other) => isSame(other, due)) !== true) return { body: undefined, value: undefined };
      return { body: { entries: body.entries.filter((other) => !isSame(other, due)) }, value: undefined };
    });
  }

  /** Hides up to `limit` entries that have come for `leaseMs` and returns them, oldest first. */
  async take(operation: string, nowMs: number, limit: number, leaseMs: number): Promise<readonly TakenEntry[]> {
    const root = (await this.#items.read(operation, [this.#root])).get(this.#root.key);
    const come = (root?.buckets ?? []).filter((bucket) => startOf(bucket) <= nowMs).sort(byTime);
    const taken: TakenEntry[] = [];
    for (let from = 0; from < come.length && taken.length < limit; from += MAX_BUCKETS_READ_AT_ONCE) {
      const buckets = come.slice(from, from + MAX_BUCKETS_READ_AT_ONCE);
      taken.push(...(await this.#takeFrom(buckets, limit - taken.length, { operation, nowMs, leaseMs })));
    }
    return taken.sort((a, b) => a.entry.atMs - b.entry.atMs);
  }

  async #takeFrom(buckets: readonly BucketName[], limit: number, taking: Taking): Promise<readonly TakenEntry[]> {
    const { operation, nowMs } = taking;
    const bodies = await this.#items.read(
      operation,
      buckets.map((bucket) => this.#itemOf(bucket)),
    );
    const found = buckets.map((bucket) => ({ bucket, entries: bodies.get(this.#bucketKey(bucket))?.entries ?? [] }));
    const wanted = found
      .flatMap(({ bucket, entries }) => entries.map((entry) => ({ bucket, entry })))
      .filter(({ entry }) => isFree(entry, nowMs))
      .sort((a, b) => a.entry.atMs - b.entry.atMs)
      .slice(0, limit);

    const taken: TakenEntry[] = [];
    for (const bucket of new Set(wanted.map((one) => one.bucket))) {
      const ofBucket = wanted.filter((one) => one.bucket === bucket).map((one) => one.entry);
      taken.push(...(await this.#hide(bucket, ofBucket, taking)));
    }
    const over = found.filter(({ bucket, entries }) => entries.length === 0 && isOver(bucket, nowMs));
    await this.#drop(
      operation,
      over.map(({ bucket }) => bucket),
    );
    return taken;
  }

  /** Of the wanted entries, those that no other taker has got hold of since they were read. */
  #hide(
    bucket: BucketName,
    wanted: readonly DueEntry[],
    { operation, nowMs, leaseMs }: Taking,
  ): Promise<readonly TakenEntry[]> {
    const hiddenUntilMs = nowMs + leaseMs;
    return this.#items.change(operation, this.#itemOf(bucket), (body) => {
      const entries = body?.entries ?? [];
      const isMine = (entry: DueEntry): boolean => isFree(entry, nowMs) && wanted.some((one) => isSame(one, entry));
      const mine = entries.filter(isMine).map((entry) => ({ bucket, entry }));
      if (mine.length === 0) return { body: undefined, value: [] };
      return {
        body: { entries: entries.map((entry) => (isMine(entry) ? { ...entry, hiddenUntilMs } : entry)) },
        value: mine,
      };
    });
  }

  async #list(operation: string, bucket: BucketName): Promise<void> {
    const root = (await this.#items.read(operation, [this.#root])).get(this.#root.key);
    if (root?.buckets.includes(bucket) === true) return;
    await this.#items.change(operation, this.#root, (body) => {
      const buckets = body?.buckets ?? [];
      return { body: buckets.includes(bucket) ? undefined : { buckets: [...buckets, bucket] }, value: undefined };
    });
  }

  #put(operation: string, bucket: BucketName, entry: DueEntry): Promise<'began' | 'added' | 'full'> {
    return this.#items.change(operation, this.#itemOf(bucket), (body) => {
      if (body === undefined) return { body: { entries: [entry] }, value: 'began' };
      const others = body.entries.filter((other) => !isSame(other, entry));
      if (others.length >= MAX_BUCKET_ENTRIES) return { body: undefined, value: 'full' };
      return { body: { entries: [...others, entry] }, value: 'added' };
    });
  }

  async #drop(operation: string, buckets: readonly BucketName[]): Promise<void> {
    if (buckets.length === 0) return;
    const dropped = new Set(buckets);
    await this.#items.change(operation, this.#root, (body) => {
      const kept = (body?.buckets ?? []).filter((bucket) => !dropped.has(bucket));
      return { body: kept.length === body?.buckets.length ? undefined : { buckets: kept }, value: undefined };
    });
    await this.#items.remove(
      operation,
      buckets.map((bucket) => this.#bucketKey(bucket)),
    );
  }

  #itemOf(bucket: BucketName): ItemOf<BucketBody> {
    return { key: this.#bucketKey(bucket), bodyOf: dueEntriesOf, setAside: this.#aside.ofIndex(`due.${bucket}`) };
  }

  #bucketKey(bucket: BucketName): string {
    return `${this.#root.key}.${bucket}`;
  }
}

function periodOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS);
}

function startOf(bucket: BucketName): number {
  return Number.parseInt(bucket, 10) * BUCKET_MS;
}

function isOver(bucket: BucketName, nowMs: number): boolean {
  return startOf(bucket) + BUCKET_MS + BUCKET_KEPT_MS <= nowMs;
}

function byTime(a: BucketName, b: BucketName): number {
  return startOf(a) - startOf(b);
}

function isSame(a: DueTime, b: DueTime): boolean {
  return (
    a.thread.psid === b.thread.psid && a.thread.pageId === b.thread.pageId && a.name === b.name && a.atMs === b.atMs
  );
}

function isFree(entry: DueEntry, nowMs: number): boolean {
  return entry.atMs <= nowMs && (entry.hiddenUntilMs ?? nowMs) <= nowMs;
}
