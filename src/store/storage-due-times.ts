/** Deadlines in a Bot Framework storage: in their thread's item, which decides, and in an index by time. */
import type { Clock } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import type { DueTime } from '../thread/store.js';
import type { DueIndex, TakenEntry } from './due-index.js';
import type { StorageRecords } from './storage-records.js';
import type { Deadline, ThreadBody } from './stored-entries.js';
import type { BodyChange, ItemOf, VersionedItems } from './versioned-items.js';

/** An entry of the index that its thread does not know is left alone this long: its writer may be about to write it. */
const ORPHAN_KEPT_MS = 5 * 60 * 1000;

/** What {@link StorageDueTimes} needs. */
export interface StorageDueTimesDeps {
  readonly items: VersionedItems;
  readonly due: DueIndex;
  readonly records: StorageRecords;
  readonly clock: Clock;
  readonly itemOf: (thread: ThreadKey) => ItemOf<ThreadBody>;
}

/** One for each bot of a storage. Every method is as the one of `ThreadStore`. */
export class StorageDueTimes {
  readonly #deps: StorageDueTimesDeps;

  constructor(deps: StorageDueTimesDeps) {
    this.#deps = deps;
  }

  async schedule(due: DueTime): Promise<void> {
    const { thread, name, atMs } = due;
    // The index first: an entry that its thread does not know is dropped, a deadline missing in the index never comes.
    const added = await this.#deps.due.add('schedule', { thread, name, atMs }, this.#deps.clock.now());
    const replaced = await this.#deps.items.change(
      'schedule',
      this.#deps.itemOf(thread),
      (body): BodyChange<ThreadBody, Deadline | undefined> => ({
        body: { ...body, deadlines: { ...body?.deadlines, [name]: { atMs, bucket: added.bucket } } },
        value: body?.deadlines?.[name],
      }),
    );
    if (added.began) await this.#deps.due.ensure('schedule', added);
    if (replaced === undefined || (replaced.bucket === added.bucket && replaced.atMs === atMs)) return;
    await this.#deps.due.remove('schedule', replaced.bucket, { thread, name, atMs: replaced.atMs });
  }

  async unschedule(thread: ThreadKey, name: string): Promise<void> {
    const removed = await this.#deps.items.change(
      'unschedule',
      this.#deps.itemOf(thread),
      (body): BodyChange<ThreadBody, Deadline | undefined> => {
        const deadline = body?.deadlines?.[name];
        if (deadline === undefined) return { body: undefined, value: undefined };
        const others = Object.entries(body?.deadlines ?? {}).filter(([other]) => other !== name);
        return { body: { ...body, deadlines: Object.fromEntries(others) }, value: deadline };
      },
    );
    if (removed === undefined) return;
    await this.#deps.due.remove('unschedule', removed.bucket, { thread, name, atMs: removed.atMs });
  }

  async take(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    if (limit <= 0) return [];
    const taken = await this.#deps.due.take('takeDue', nowMs, limit, leaseMs);
    const bodies = await this.#deps.records.bodiesOf(
      'takeDue',
      taken.map(({ entry }) => entry),
    );
    const isKnown = ({ bucket, entry }: TakenEntry): boolean => {
      const deadline = bodies.get(this.#deps.itemOf(entry.thread).key)?.deadlines?.[entry.name];
      return deadline?.bucket === bucket && deadline.atMs === entry.atMs;
    };
    for (const { bucket, entry } of taken.filter((one) => !isKnown(one))) {
      if (entry.addedAtMs + ORPHAN_KEPT_MS <= nowMs) await this.#deps.due.remove('takeDue', bucket, entry);
    }
    return taken.filter(isKnown).map(({ entry: { thread, name, atMs } }) => ({ thread, name, atMs }));
  }
}
