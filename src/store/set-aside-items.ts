/**
 * Keeps what cannot be read in a Bot Framework storage under another key, and a list of it.
 *
 * Exists because an item that nobody can read must not stop its thread, and must not be lost either.
 */
import type { Clock } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import { fieldOf, isRecord, itemsOf } from '../thread/read-unknown.js';
import type { SetAsideRecord } from '../thread/store.js';
import { threadLabel } from '../thread/thread-label.js';
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

  /** For {@link ItemOf}: how an item is set aside. `name` tells it from others; a thread's is its label. */
  ofThread(thread: ThreadKey): NonNullable<ItemOf<unknown>['setAside']> {
    const label = threadLabel(thread);
    const what = `The record of thread ${label} cannot be read`;
    const then = 'the thread begins anew from what Meta tells';
    return (found) => this.#keep({ label, thread }, found, `${what}, and ${then}.`);
  }

  /** The same, for an item in which the store finds threads. */
  ofIndex(name: string): NonNullable<ItemOf<unknown>['setAside']> {
    const what = `The list "${name}" of the thread store cannot be read and begins anew: the timers or open handovers in it`;
    return (found) =>
      this.#keep({ label: name }, found, `${what} are found again with the next event of their thread.`);
  }

  async list(limit: number): Promise<SetAsideRecord[]> {
    const item = this.#listItem();
    const entries = (await this.#items.read('listSetAside', [item])).get(item.key)?.entries ?? [];
    return entries
      .filter(({ atMs }) => atMs > this.#overSinceMs())
      .sort((a, b) => b.atMs - a.atMs)
      .slice(0, Math.max(0, limit));
  }

  async forget(thread: ThreadKey): Promise<void> {
    await this.#dropFrom(
      'forget',
      (entry) => entry.thread !== undefined && threadId(entry.thread) === threadId(thread),
    );
  }

  async #keep(
    of: { readonly label: string; readonly thread?: ThreadKey },
    found: unknown,
    says: string,
  ): Promise<() => void> {
    const { prefix, clock, log } = this.#options;
    const where = `${prefix}.${of.label}`;
    await this.#items.change('setAside', { key: where, bodyOf: anyBody }, () => ({
      body: { found },
      value: undefined,
    }));
    const entry: SetAsideRecord = { atMs: clock.now(), where, ...(of.thread ? { thread: of.thread } : {}) };
    await this.#items.change('setAside', this.#listItem(), (body) => {
      const others = (body?.entries ?? []).filter((other) => other.where !== where);
      return { body: { entries: [...others, entry] }, value: undefined };
    });
    const kept = await this.list(MAX_KEPT);
    await this.#dropFrom('setAside', ({ where: at }) => !kept.some((each) => each.where === at));
    return () => log?.error(`${says} It is set aside under ${where}; "threads" of the command line lists it.`);
  }

  async #dropFrom(operation: string, isOver: (entry: SetAsideRecord) => boolean): Promise<void> {
    const item = this.#listItem();
    const known = (await this.#items.read(operation, [item])).get(item.key)?.entries ?? [];
    if (!known.some(isOver)) return;
    const gone = await this.#items.change(operation, item, (body) => {
      const entries = body?.entries ?? [];
      return { body: { entries: entries.filter((entry) => !isOver(entry)) }, value: entries.filter(isOver) };
    });
    await this.#items.remove(
      operation,
      gone.map(({ where }) => where),
    );
  }

  #overSinceMs(): number {
    return this.#options.clock.now() - this.#options.keptMs;
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
    if (typeof atMs !== 'number' || typeof where !== 'string') return [];
    const thread = threadKeyOf(fieldOf(entry, 'thread'));
    return [{ atMs, where, ...(thread ? { thread } : {}) }];
  });
  return { entries };
}
