/** Which id of this replay is which id of the recording. A bot makes new random ids, and has apps of its own. */

import { idsInside } from '../../recording/ids-inside.js';

/** Ids in both directions. */
export class IdMap {
  readonly #actual = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  /** Makes two ids one. Returns false if one of them belongs to another already. */
  pair(recorded: string, actual: string): boolean {
    const known = this.#actual.get(recorded);
    if (known !== undefined) return known === actual;
    if (this.#recorded.has(actual)) return false;
    this.#actual.set(recorded, actual);
    this.#recorded.set(actual, recorded);
    return true;
  }

  /** A recorded text with this replay's ids. From now on its other ids mean themselves. */
  toActual(text: string): string {
    let actual = '';
    let behind = 0;
    for (const { id, index } of idsInside(text)) {
      this.pair(id, id);
      actual += text.slice(behind, index) + (this.#actual.get(id) ?? id);
      behind = index + id.length;
    }
    return actual + text.slice(behind);
  }

  /** A copy in which guesses can be tried. */
  copy(): IdMap {
    const copy = new IdMap();
    for (const [recorded, actual] of this.#actual) copy.pair(recorded, actual);
    return copy;
  }
}
