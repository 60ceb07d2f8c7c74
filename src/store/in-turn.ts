/** Lets what a process does to one thing wait for what it does to it already, so that it does not race itself. */
import { ShortLivedMap } from '../thread/short-lived-map.js';

/** One for each sort of thing. */
export class InTurn {
  /** The last work that was begun, by the name of the thing. */
  readonly #last = new ShortLivedMap<Promise<unknown>>();

  /** Begins at once if nothing is in progress there; usually nothing is. */
  async on<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = before ? before.then(run, run) : run();
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
