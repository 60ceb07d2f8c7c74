/**
 * A map that knows its oldest entry at once.
 *
 * Exists because `map.keys().next()` of V8 steps over every entry deleted at the front since the last rehash, and because
 * to delete a key and set it again, so that it comes last, costs several times what it costs to hang it elsewhere.
 */

interface Entry<Value> {
  readonly key: string;
  value: Value;
  older: Entry<Value> | undefined;
  younger: Entry<Value> | undefined;
}

/** Entries in the order in which they were last set. Every operation takes constant time on average. */
export class OldestFirstMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  #oldest: Entry<Value> | undefined;
  #youngest: Entry<Value> | undefined;

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value, or `undefined`; its age stays as it is. */
  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The value, or `undefined`; the entry is the youngest from now on. */
  use(key: string): Value | undefined {
    const known = this.#entries.get(key);
    if (known && known !== this.#youngest) {
      this.#unhang(known);
      this.#hang(known);
    }
    return known?.value;
  }

  /** Sets an entry and makes it the youngest. */
  set(key: string, value: Value): void {
    const known = this.#entries.get(key);
    if (known) {
      known.value = value;
      if (known === this.#youngest) return;
      this.#unhang(known);
      this.#hang(known);
      return;
    }
    const entry: Entry<Value> = { key, value, older: undefined, younger: undefined };
    this.#entries.set(key, entry);
    this.#hang(entry);
  }

  /** Removes an entry; does nothing if there is none. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#unhang(entry);
  }

  /** The entry that was set longest ago, or `undefined` in an empty map. */
  oldest(): { readonly key: string; readonly value: Value } | undefined {
    return this.#oldest;
  }

  /** Removes the oldest entry, and the next, for as long as `leaves` says so. */
  shed(leaves: (value: Value, key: string) => boolean): void {
    for (let entry = this.#oldest; entry && leaves(entry.value, entry.key); entry = this.#oldest) {
      this.#entries.delete(entry.key);
      this.#unhang(entry);
    }
  }

  #hang(entry: Entry<Value>): void {
    const last = this.#youngest;
    entry.older = last;
    if (last) last.younger = entry;
    else this.#oldest = entry;
    this.#youngest = entry;
  }

  #unhang(entry: Entry<Value>): void {
    const { older, younger } = entry;
    if (older) older.younger = younger;
    else this.#oldest = younger;
    if (younger) younger.older = older;
    else this.#youngest = older;
    entry.older = undefined;
    entry.younger = undefined;
  }
}
