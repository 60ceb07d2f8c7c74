/** Deadlines in a Bot Framework storage. */
import type { ThreadKey } from '../../thread/key.js';
import { threadId } from '../../thread/key.js';
import type { DueTime } from '../../thread/store.js';
import type { ShardedEntries } from './sharded-entries.js';
import type { DueEntry } from './stored-entries.js';

/** One for each bot of a storage. Every method is as the one of `ThreadStore`. */
export class StorageDueTimes {
  readonly #entries: ShardedEntries<DueEntry>;

  constructor(entries: ShardedEntries<DueEntry>) {
    this.#entries = entries;
  }

  async schedule({ thread: { pageId, psid }, name, atMs }: DueTime): Promise<void> {
    const due: DueEntry = { thread: { pageId, psid }, name, atMs };
    await this.#entries.change('schedule', threadId(due.thread), (entries) => {
      const known = entries.find((entry) => isSame(entry, due));
      if (known?.atMs === atMs && known.hiddenUntilMs === undefined) return { value: undefined };
      return { entries: [...entries.filter((entry) => entry !== known), due], value: undefined };
    });
  }

  unschedule(thread: ThreadKey, name: string): Promise<void> {
    return this.#entries.remove('unschedule', threadId(thread), (entry) => isSame(entry, { thread, name }));
  }

  forget(thread: ThreadKey): Promise<void> {
    const id = threadId(thread);
    return this.#entries.remove('forget', id, (entry) => threadId(entry.thread) === id);
  }

  async take(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    if (limit <= 0) return [];
    const isFree = (entry: DueEntry): boolean => entry.atMs <= nowMs && (entry.hiddenUntilMs ?? nowMs) <= nowMs;
    const wanted = (await this.#entries.all('takeDue')).filter(isFree).sort(byTime).slice(0, limit);
    const taken = await this.#entries.changeEach('takeDue', wanted, (entries) => {
      const mine = entries.filter((entry) => isFree(entry) && wanted.some((one) => isSame(one, entry)));
      if (mine.length === 0) return { value: mine };
      const hiddenUntilMs = nowMs + leaseMs;
      return {
        entries: entries.map((entry) => (mine.includes(entry) ? { ...entry, hiddenUntilMs } : entry)),
        value: mine,
      };
    });
    return taken
      .flat()
      .sort(byTime)
      .map(({ thread, name, atMs }) => ({ thread, name, atMs }));
  }
}

function isSame(a: Omit<DueTime, 'atMs'>, b: Omit<DueTime, 'atMs'>): boolean {
  return a.name === b.name && threadId(a.thread) === threadId(b.thread);
}

function byTime(a: DueTime, b: DueTime): number {
  return a.atMs - b.atMs;
}
