/**
 * Remembers which events were finished, and forgets the oldest.
 *
 * Exists because every event of every customer is looked up here, found nowhere, and kept for days: a map of 100,000 texts
 * takes a dozen fetches from main memory for each. What is kept of a key is a fingerprint of 64 bits, so that a look takes
 * one fetch. With 100,000 of them, a new event is taken for one of them once in 10¹³ events.
 */

/** The table begins with as many, and has twice as many whenever it is half full. */
const LEAST_SLOTS = 1024;
/** A SHA-256 as base64url, which the keys of events are. */
const DIGEST_CHARS = 43;
/** 96 bits. */
const DIGEST_CHARS_READ = 16;

/** Keys with the time at which each was added, in that order. */
export class FinishedEvents {
  #slots = LEAST_SLOTS;
  /** Open addressing: a pair of 32 bits for each slot, `0 0` where it is free. */
  #table = new Int32Array(2 * LEAST_SLOTS);
  /** The same fingerprints in the order in which they came, in a ring. */
  #order = new Int32Array(LEAST_SLOTS);
  #times = new Float64Array(LEAST_SLOTS / 2);
  #first = 0;
  #size = 0;
  /** Fingerprint of the key that was looked at last. */
  #high = 0;
  #low = 0;

  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    this.#take(key);
    return this.#find() >= 0;
  }

  /** Adds a key that came now; nothing where it is there already. */
  add(key: string, atMs: number): void {
    this.#take(key);
    if (this.#find() >= 0) return;
    if (2 * (this.#size + 1) > this.#slots) this.#grow();
    this.#insert();
    const at = (this.#first + this.#size) % this.#times.length;
    this.#order[2 * at] = this.#high;
    this.#order[2 * at + 1] = this.#low;
    this.#times[at] = atMs;
    this.#size += 1;
  }

  /** Forgets the oldest, and the next, while there are more than `most` or they were added at `untilMs` or before. */
  shed(most: number, untilMs: number): void {
    while (this.#size > 0 && (this.#size > most || (this.#times[this.#first] as number) <= untilMs)) {
      this.#high = this.#order[2 * this.#first] as number;
      this.#low = this.#order[2 * this.#first + 1] as number;
      this.#remove(this.#find());
      this.#first = (this.#first + 1) % this.#times.length;
      this.#size -= 1;
    }
  }

  /** Two sums over the text, each mixed at the end, so that every character moves every bit. */
  #take(key: string): void {
    let high = 0xdeadbeef;
    let low = 0x41c6ce57;
    // The beginning of a digest says as much as the whole of it.
    const length = key.length === DIGEST_CHARS ? DIGEST_CHARS_READ : key.length;
    for (let index = 0; index < length; index += 1) {
      const code = key.charCodeAt(index);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
    this.#high = high;
    this.#low = low === 0 ? 1 : low;
  }

  /** The slot of the fingerprint, or −1 − the slot where it would stand. */
  #find(): number {
    const table = this.#table;
    const last = this.#slots - 1;
    for (let slot = this.#low & last; ; slot = (slot + 1) & last) {
      const low = table[2 * slot + 1];
      if (low === 0) return -1 - slot;
      if (low === this.#low && table[2 * slot] === this.#high) return slot;
    }
  }

  #insert(): void {
    const slot = -1 - this.#find();
    this.#table[2 * slot] = this.#high;
    this.#table[2 * slot + 1] = this.#low;
  }

  /** What stands behind a gap and belongs before it moves up: a search ends at the first gap. */
  #remove(from: number): void {
    const table = this.#table;
    const last = this.#slots - 1;
    let gap = from;
    for (let slot = (gap + 1) & last; table[2 * slot + 1] !== 0; slot = (slot + 1) & last) {
      const home = (table[2 * slot + 1] as number) & last;
      if (((slot - home) & last) < ((slot - gap) & last)) continue;
      table[2 * gap] = table[2 * slot] as number;
      table[2 * gap + 1] = table[2 * slot + 1] as number;
      gap = slot;
    }
    table[2 * gap] = 0;
    table[2 * gap + 1] = 0;
  }

  #grow(): void {
    const { length } = this.#times;
    const [order, times] = [this.#order, this.#times];
    const [high, low] = [this.#high, this.#low];
    this.#slots *= 2;
    this.#table = new Int32Array(2 * this.#slots);
    this.#order = new Int32Array(this.#slots);
    this.#times = new Float64Array(this.#slots / 2);
    for (let index = 0; index < this.#size; index += 1) {
      const at = (this.#first + index) % length;
      this.#high = this.#order[2 * index] = order[2 * at] as number;
      this.#low = this.#order[2 * index + 1] = order[2 * at + 1] as number;
      this.#times[index] = times[at] as number;
      this.#insert();
    }
    this.#first = 0;
    this.#high = high;
    this.#low = low;
  }
}
