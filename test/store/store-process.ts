/** One of several processes at one store: does its task as fast as it can when it is told to, and says what it saw. */
import type * as blobs from 'botbuilder-azure-blobs';
import { BotStorageThreadStore } from '../../src/store/bot-storage/bot-storage-store.js';
import type { RedisAddress } from '../../src/store/redis/redis-client.js';
import { RedisThreadStore } from '../../src/store/redis/redis-store.js';
import type { SqliteDriverName } from '../../src/store/sqlite/sqlite-driver.js';
import { SqliteThreadStore } from '../../src/store/sqlite/sqlite-store.js';
import type { ThreadKey } from '../../src/thread/key.js';
import type { ThreadStore } from '../../src/thread/store.js';

/** Where the processes meet. */
export type Backing =
  | { readonly kind: 'redis'; readonly url: RedisAddress }
  | { readonly kind: 'sqlite'; readonly path: string; readonly driver: SqliteDriverName }
  | { readonly kind: 'blobs'; readonly connectionString: string };

/** What each of them does. */
export type Task =
  | { readonly what: 'updates'; readonly thread: ThreadKey; readonly times: number }
  | { readonly what: 'deadlines'; readonly times: number }
  | { readonly what: 'firsts'; readonly times: number };

/** What one of them saw. */
export interface Report {
  readonly values: readonly (string | number)[];
}

/** A store on that backing; `name` keeps tests apart. */
export function storeOf(
  backing: Backing,
  name: string,
): { readonly store: ThreadStore; readonly close: () => Promise<void> } {
  if (backing.kind === 'redis') {
    const store = new RedisThreadStore(backing.url, { prefix: `processes-${name}` });
    return { store, close: () => store.close() };
  }
  if (backing.kind === 'sqlite') {
    const store = new SqliteThreadStore(`${backing.path}-${name}`, { driver: backing.driver });
    return { store, close: () => store.close() };
  }
  // Takes seconds to load, which processes at Redis need not wait for.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where it is used only
  const { BlobsStorage } = require('botbuilder-azure-blobs') as typeof blobs;
  const storage = new BlobsStorage(backing.connectionString, `processes-${name}`);
  return { store: new BotStorageThreadStore(storage, { maxTries: 100 }), close: () => Promise.resolve() };
}

async function perform(store: ThreadStore, task: Task): Promise<Report> {
  switch (task.what) {
    case 'updates':
      return { values: await manyTimes(task.times, () => grow(store, task.thread)) };
    case 'deadlines': {
      const taken = await manyTimes(task.times, () => store.takeDue(Date.now(), 2, 600_000));
      return { values: taken.flat().map((due) => due.name) };
    }
    case 'firsts': {
      const claimed: string[] = [];
      for (let index = 0; index < task.times; index += 1) {
        const ticket = {
          thread: { pageId: '1', psid: `e${index}` },
          event: `e${index}`,
          processId: String(process.pid),
        };
        const change = (): { record: undefined; value: undefined } => ({ record: undefined, value: undefined });
        if ((await store.enter(ticket, 600_000, change)).status === 'entered') claimed.push(`e${index}`);
        await grow(store, { pageId: '1', psid: `t${index}` });
      }
      return { values: claimed };
    }
  }
}

function grow(store: ThreadStore, thread: ThreadKey): Promise<number> {
  return store.update(thread, (current) => {
    const epoch = ((current?.body as { epoch?: number } | undefined)?.epoch ?? 0) + 1;
    return { record: { forgettable: true, body: { epoch } }, value: epoch };
  });
}

async function manyTimes<T>(times: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let each = 0; each < times; each += 1) results.push(await run());
  return results;
}

async function main(given: string): Promise<void> {
  const { backing, task, name } = JSON.parse(given) as { backing: Backing; task: Task; name: string };
  const { store } = storeOf(backing, name);
  // Connected before all of them begin.
  await store.read({ pageId: '1', psid: 'nobody' });
  const told = new Promise((resolve) => process.once('message', resolve));
  process.send?.('ready');
  await told;
  process.send?.(await perform(store, task));
}

if (require.main === module) void main(process.argv[2] ?? '');
