/** The records of a store in memory, and the open handovers among them. Within bounds. */
import type { ThreadKey } from '../../thread/key.js';
import { threadId } from '../../thread/key.js';
import type { StoredRecord } from '../../thread/store.js';
import { OldestFirstMap } from '../oldest-first-map.js';

interface KeptRecord {
  readonly record: StoredRecord;
  readonly expiresAtMs: number;
}

/** Bounds, and the time. */
export interface MemoryRecordsOptions {
  readonly maxThreads: number;
  readonly recordTtlMs: number;
  readonly now: () => number;
}

/** One for each bot. */
export class MemoryRecords {
  readonly #options: MemoryRecordsOptions;
  /** Those that may be forgotten, in the order of last use. */
  readonly #forgettable = new OldestFirstMap<KeptRecord>();
  /** Order of last write, which is the order of expiry. */
  readonly #pinned = new OldestFirstMap<KeptRecord>();
  /** Threads with an open handover, by its id. Their records are all among the pinned. */
  readonly #openHandovers = new Map<string, ThreadKey>();

  constructor(options: MemoryRecordsOptions) {
    this.#options = options;
  }

  /** Threads remembered now, expired ones that have not been met since included. */
  get count(): number {
    return this.#forgettable.size + this.#pinned.size;
  }

  /** The record; the thread counts as used. */
  recall(id: string): StoredRecord | undefined {
    const kept = this.#forgettable.use(id) ?? this.#ofPinned(id);
    if (kept === undefined) return undefined;
    if (kept.expiresAtMs <= this.#options.now()) {
      this.drop(id);
      return undefined;
    }
    return kept.record;
  }

  keep(thread: ThreadKey, id: string, record: StoredRecord): void {
    const nowMs = this.#options.now();
    this.#dropOpening(id);
    const leaves = mayLeave(record);
    if (leaves) this.#dropPinned(id);
    else this.#forgettable.delete(id);
    const kept = { record, expiresAtMs: nowMs + this.#options.recordTtlMs };
    (leaves ? this.#forgettable : this.#pinned).set(id, kept);
    const { openHandoverId } = record;
    if (openHandoverId !== undefined) {
      this.#openHandovers.set(openHandoverId, { pageId: thread.pageId, psid: thread.psid });
    }
    this.#shed(id, nowMs);
  }

  drop(id: string): void {
    this.#dropOpening(id);
    this.#forgettable.delete(id);
    this.#dropPinned(id);
  }

  find(handoverId: string): ThreadKey | undefined {
    const thread = this.#openHandovers.get(handoverId);
    return thread && this.recall(threadId(thread)) && { ...thread };
  }

  listOpen(limit: number): ThreadKey[] {
    const open: ThreadKey[] = [];
    for (const thread of this.#openHandovers.values()) {
      if (open.length >= limit) break;
      if (this.recall(threadId(thread))) open.push({ ...thread });
    }
    return open;
  }

  #ofPinned(id: string): KeptRecord | undefined {
    return this.#pinned.size > 0 ? this.#pinned.get(id) : undefined;
  }

  #dropPinned(id: string): void {
    if (this.#pinned.size > 0) this.#pinned.delete(id);
  }

  #dropOpening(id: string): void {
    if (this.#openHandovers.size === 0) return;
    const openHandoverId = this.#ofPinned(id)?.record.openHandoverId;
    if (openHandoverId !== undefined) this.#openHandovers.delete(openHandoverId);
  }

  /** What has expired, then what is used least; the thread just written stays even if all others are pinned. */
  #shed(written: string, nowMs: number): void {
    while (this.#pinned.size > 0) {
      const oldest = this.#pinned.oldest();
      if (!oldest || oldest.value.expiresAtMs > nowMs) break;
      this.drop(oldest.key);
    }
    const { maxThreads } = this.#options;
    for (;;) {
      const oldest = this.#forgettable.oldest();
      if (!oldest) return;
      const mustLeave = oldest.value.expiresAtMs <= nowMs || (this.count > maxThreads && oldest.key !== written);
      if (!mustLeave) return;
      this.#forgettable.delete(oldest.key);
    }
  }
}

function mayLeave({ forgettable, openHandoverId }: StoredRecord): boolean {
  return forgettable && openHandoverId === undefined;
}
