/**
 * Keeps records that cannot be read in a Bot Framework storage under another key, and a list of them.
 *
 * Exists because an item that nobody can read must not stop its thread, and must not be lost either.
 */
import type { Clock } from '../../thread/clock.js';
import type { ThreadKey } from '../../thread/key.js';
import type { Logger } from '../../thread/logger.js';
import { fieldOf, isRecord, itemsOf } from '../../thread/read-unknown.js';
import type { SetAsideRecord } from '../../thread/store.js';
import { threadLabel } from '../../thread/thread-label.js';
import { threadKeyOf } from './stored-entries.js';
import type { ItemOf, VersionedItems } from './versioned-items.js';

const MAX_KEPT = 1_000;

interface AsideBody {
  readonly entries: readonly SetAsideRecord[];
}

/** What it needs besides the items. */
export interface SetAsideOptions {
  /** What the keys begin with. */
  readonly prefix: string;
  /** How long it is kept, milliseconds. */
  readonly keptMs: number;
  readonly clock: Clock;
  /** Absent: nothing is said. */
  readonly log: Logger | undefined;
}

/** One for each bot of a storage. Every method rejects like {@link VersionedItems}. */
export class SetAsideItems {
  readonly #items: VersionedItems;
  readonly #options: SetAsideOptions;

  constructor(items: VersionedItems, options: SetAsideOptions) {
    this.#items = items;
    this.#options = options;
  }

  /** For {@link ItemOf}: how the item of a thread is set aside. */
  of(thread: ThreadKey): NonNullable<ItemOf<unknown>['setAside']> {
    const { clock, log } = this.#options;
    const where = this.#placeOf(thread);
    return async (found) => {
      const entry: SetAsideRecord = { thread, atMs: clock.now(), where };
      // The list first: what is not in it is never removed.
      await this.#changeList('setAside', (entries) =>
        [...entries.filter((other) => other.where !== where && this.#isKept(other)), entry].slice(-MAX_KEPT),
      );
      await this.#items.change('setAside', { key: where, bodyOf: anyBody }, () => ({
        body: { found },
        value: undefined,
      }));
      return () =>
        log?.error(
          `The record of thread ${threadLabel(thread)} cannot be read, and the thread begins anew from what Meta tells. ` +
            `It is set aside under ${where}; "threads" of the command line lists it.`,
        );
    };
  }

  async list(limit: number): Promise<SetAsideRecord[]> {
    return [...(await this.#entries('listSetAside'))]
      .filter((entry) => this.#isKept(entry))
      .sort((a, b) => b.atMs - a.atMs)
      .slice(0, Math.max(0, limit));
  }

  async forget(thread: ThreadKey): Promise<void> {
    const place = this.#placeOf(thread);
    await this.#changeList('forget', (entries) => {
      const others = entries.filter(({ where }) => where !== place);
      return others.length === entries.length ? undefined : others;
    });
  }

  /** Removes the items that leave the list. Before that, so that a change that failed can be repeated. */
  async #changeList(
    operation: string,
    next: (entries: readonly SetAsideRecord[]) => readonly SetAsideRecord[] | undefined,
  ): Promise<void> {
    const before = await this.#entries(operation);
    const kept = next(before);
    if (kept === undefined) return;
    const gone = before.map(({ where }) => where).filter((at) => !kept.some(({ where }) => where === at));
    await this.#items.remove(operation, gone);
    await this.#items.change(operation, this.#listItem(), (body) => {
      const entries = next(body?.entries ?? []);
      return { body: entries && { entries }, value: undefined };
    });
  }

  async #entries(operation: string): Promise<readonly SetAsideRecord[]> {
    const item = this.#listItem();
    return (await this.#items.read(operation, [item])).get(item.key)?.entries ?? [];
  }

  /** The label of the thread, so that no customer's id is in a log that names the place. */
  #placeOf(thread: ThreadKey): string {
    return `${this.#options.prefix}.${threadLabel(thread)}`;
  }

  #isKept({ atMs }: SetAsideRecord): boolean {
    return atMs > this.#options.clock.now() - this.#options.keptMs;
  }

  #listItem(): ItemOf<AsideBody> {
    return { key: this.#options.prefix, bodyOf: asideBodyOf };
  }
}

function anyBody(value: unknown): object | undefined {
  return isRecord(value) ? value : undefined;
}

function asideBodyOf(value: unknown): AsideBody | undefined {
  if (!isRecord(value)) return undefined;
  const entries = itemsOf(fieldOf(value, 'entries')).flatMap((entry) => {
    const [atMs, where] = [fieldOf(entry, 'atMs'), fieldOf(entry, 'where')];
    const thread = threadKeyOf(fieldOf(entry, 'thread'));
    return typeof atMs === 'number' && typeof where === 'string' && thread ? [{ thread, atMs, where }] : [];
  });
  return { entries };
}
