/** A Redis Cluster that loses a node while the others answer: nobody restarts a process for it. */
import { expect } from 'chai';
import type { ThreadKey } from 'botbuilder-handover-vcclive';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { createCluster } from 'redis';
import { RedisCluster } from './redis-cluster.js';
import { describeWithRedis } from './redis-server.js';
import { recordWith } from './thread-store-contract.js';

const WITHIN_MS = 120_000;
const THREADS = Array.from({ length: 60 }, (_, n) => ({ pageId: '1776', psid: `${n}` }));
/** The master that is lost, and the replica that takes over. */
const LOST = 0;
const NEXT = 3;
const DUE = { name: 'idle', atMs: 1000 };
const FOUND_WITHIN_MS = 30_000;
/** The machine may be busy. */
const PATIENT_MS = 10_000;
const WRITTEN_EVERY_MS = 50;

type Open = (urls: readonly string[]) => Promise<{ store: RedisThreadStore; leave: () => unknown }>;

/** How a store gets its connection. */
const WAYS: Record<string, Open> = {
  'a connection of its own': (urls) => {
    const store = new RedisThreadStore(urls);
    return Promise.resolve({ store, leave: () => store.close() });
  },
  "the application's client": async (urls) => {
    const client = createCluster({ rootNodes: urls.map((url) => ({ url })) });
    client.on('error', () => undefined);
    await client.connect();
    const store = new RedisThreadStore(client);
    const leave = async (): Promise<void> => {
      await store.close();
      client.destroy();
    };
    return { store, leave };
  },
};

/** How a master is lost. */
const LOSSES: Record<string, (cluster: RedisCluster) => unknown> = {
  'was killed': (cluster) => cluster.kill(LOST),
  'hangs, with its connections open': (cluster) => cluster.freeze(LOST),
};

describeWithRedis('A Redis Cluster that loses a node', function () {
  this.timeout(WITHIN_MS);
  let cluster: RedisCluster;
  const leaving: (() => unknown)[] = [];

  beforeEach(async function () {
    this.timeout(WITHIN_MS);
    cluster = await RedisCluster.start(['--cluster-require-full-coverage', 'no']);
  });

  afterEach(async () => {
    for (const leave of leaving.splice(0)) await leave();
    await cluster.stop();
  });

  for (const [loss, lose] of Object.entries(LOSSES)) {
    for (const [way, open] of Object.entries(WAYS)) {
      it(`is written by ${way} after its master ${loss}, and the other masters refuse nothing meanwhile`, async () => {
        const { store, leave } = await open(cluster.urls);
        leaving.push(leave);
        const write = (thread: ThreadKey): Promise<number> =>
          store.update(thread, () => ({ record: recordWith(1, `handover ${thread.psid}`), value: 0 }));
        await Promise.all(THREADS.map(write));
        const lost = (await cluster.keysOfMasters('*:thread:*'))[LOST]!.map((key) => key.split('/').at(-1)!);
        expect(lost).to.have.length.within(1, THREADS.length - 1);

        await lose(cluster);
        const progress = { isPromoted: false, isFound: false };
        const promoted = cluster.promoted(NEXT).then(() => {
          progress.isPromoted = true;
        });
        const other = THREADS.find(({ psid }) => !lost.includes(psid))!;
        const foundMeanwhile = store.findHandover(`handover ${other.psid}`);
        const refused = new Set<string>();
        const writeAll = async (): Promise<void> => {
          const { isPromoted } = progress;
          const written = await Promise.allSettled(THREADS.map((thread) => store.schedule({ thread, ...DUE })));
          const missing = THREADS.filter((_, n) => written[n]!.status === 'rejected');
          for (const { psid } of missing) refused.add(psid);
          if (isPromoted && missing.length === 0) progress.isFound = true;
        };
        // No write waits for another one, and customers of the other masters keep writing.
        const endsAtMs = performance.now() + FOUND_WITHIN_MS;
        const writes: Promise<void>[] = [];
        while (!progress.isFound && performance.now() < endsAtMs) {
          writes.push(writeAll());
          await new Promise((resolve) => setTimeout(resolve, WRITTEN_EVERY_MS));
        }
        await Promise.all([promoted, ...writes]);
        expect(await foundMeanwhile).to.deep.equal(other);
        expect(progress.isFound, 'every thread is written again').to.equal(true);
        expect([...refused].filter((psid) => !lost.includes(psid))).to.deep.equal([]);
        expect(await store.takeDue(DUE.atMs, 1000, 60_000)).to.have.length(THREADS.length);
      });
    }
  }

  it('answers the first command of every process although one of two addresses leads to a node that hangs', async () => {
    cluster.freeze(NEXT);
    const urls = [cluster.urls[NEXT]!, cluster.urls[1]!];
    const stores = Array.from({ length: 12 }, () => new RedisThreadStore(urls, { commandTimeoutMs: PATIENT_MS }));
    leaving.push(...stores.map((store) => () => store.close()));
    const found = await Promise.allSettled(stores.map((store) => store.read(THREADS[0]!)));
    expect(found).to.deep.equal(stores.map(() => ({ status: 'fulfilled', value: undefined })));
  });
});
