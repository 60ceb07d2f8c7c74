/**
 * A map for entries that come and go all the time, such as one for each event in progress.
 *
 * Exists because of what V8 does with a `Map` or `Set` that entries are added to and deleted from: every few dozen changes it gets
 * a new table. The old one keeps what was in it, and refers to the new one. So an old table that has outlived two garbage
 * collections keeps alive all tables after it, with all events that were in them, until the next full collection. To copy those
 * took a tenth of all CPU for an event.
 */

/** So many keys of deleted entries stay in the table. After that there is a new map, to which nothing old refers. */
const MOST_DELETED = 256;

/** Texts as keys. */
export class ShortLivedMap<Value extends object> {
  #entries = new Map<string, Value | undefined>();
  #size = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#entries.get(key) === undefined) this.#size += 1;
    this.#entries.set(key, value);
  }

  /** Does nothing if there is no such entry. */
  delete(key: string): void {
    if (this.#entries.get(key) === undefined) return;
    this.#size -= 1;
    this.#entries.set(key, undefined);
    if (this.#entries.size - this.#size > Math.max(MOST_DELETED, this.#size)) this.#renew();
  }

  clear(): void {
    this.#entries = new Map();
    this.#size = 0;
  }

  /** In no order that can be relied on. */
  *values(): IterableIterator<Value> {
    for (const value of this.#entries.values()) if (value !== undefined) yield value;
  }

  #renew(): void {
    const left = new Map<string, Value>();
    for (const [key, value] of this.#entries) if (value !== undefined) left.set(key, value);
    this.#entries = left;
  }
}
