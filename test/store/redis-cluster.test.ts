/** RedisThreadStore on a Redis Cluster: keys on all masters, slots that move, and masters that die. */
import { expect } from 'chai';
import type { Clock } from 'botbuilder-handover-vcclive';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { createCluster } from 'redis';
import { manyProcesses } from './many-processes.js';
import { RedisCluster } from './redis-cluster.js';
import { describeWithRedis } from './redis-server.js';
import { finish, take, ticketOf } from './tickets.js';
import type { Lifetimes } from './thread-store-contract.js';
import { epochOf, recordWith, threadStoreContract } from './thread-store-contract.js';

const WITHIN_MS = 120_000;

describeWithRedis('RedisThreadStore on a Redis Cluster', function () {
  this.timeout(WITHIN_MS);
  let cluster: RedisCluster;
  const closing: (() => unknown)[] = [];
  let prefixes = 0;

  before(async function () {
    this.timeout(WITHIN_MS);
    cluster = await RedisCluster.start();
  });

  after(() => cluster.stop());

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const storeOf = (prefix: string, options: object = {}): RedisThreadStore => {
    const store = new RedisThreadStore(cluster.urls, { prefix, ...options });
    closing.push(() => store.close());
    return store;
  };

  const backing = (clock: Clock, lifetimes: Lifetimes) => {
    prefixes += 1;
    const another = () => storeOf(`contract-${prefixes}`, { ...lifetimes, clock });
    return { store: another(), another };
  };
  threadStoreContract('RedisThreadStore on a cluster', backing, { isShared: true });

  manyProcesses('RedisThreadStore on a cluster', () => ({ kind: 'redis', url: cluster.urls }), { firstWrites: true });

  it('spreads the keys of threads, deadlines and open handovers over all masters', async () => {
    const store = storeOf('spread');
    for (let n = 0; n < 100; n += 1) {
      const thread = { pageId: '1776', psid: String(n) };
      await finish(store, ticketOf(`e${n}`, 'a', thread));
      await store.update(thread, () => ({ record: recordWith(1, `handover ${n}`), value: undefined }));
      await store.schedule({ thread, name: 'idle', atMs: 1000 });
    }
    for (const kind of ['thread', 'claim', 'due', 'open']) {
      for (const [master, keys] of (await cluster.keysOfMasters(`{spread/*}:${kind}*`)).entries()) {
        expect(keys, `${kind} on master ${master}`).to.have.length.above(3);
      }
    }
    expect(await store.listOpen(1000)).to.have.length(100);
    expect(await store.takeDue(1000, 1000, 60_000)).to.have.length(100);
  });

  it("takes the application's client, and leaves it open", async () => {
    const client = createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) });
    client.on('error', () => undefined);
    await client.connect();
    closing.push(() => client.destroy());
    const store = new RedisThreadStore(client, { prefix: 'given' });
    for (let n = 0; n < 30; n += 1) {
      expect(await take(store, ticketOf(`e${n}`, 'a', { pageId: '1', psid: String(n) }))).to.equal('entered');
    }
    await store.close();
    expect(client.isOpen).to.equal(true);
  });

  it('follows a slot that an operator moves to another master while threads in it are written', async () => {
    const thread = { pageId: '1776', psid: 'moved' };
    const store = storeOf('moved', { partitions: 1 });
    const grow = (): Promise<number> =>
      store.update(thread, (current) => {
        const epoch = (epochOf(current) ?? 0) + 1;
        return { record: recordWith(epoch), value: epoch };
      });
    await grow();
    const moved = cluster.moveSlotOf('{moved/0}').then(() => 'moved' as const);
    let writes = 1;
    // Writes go on until the slot has moved.
    while ((await Promise.race([moved, grow()])) !== 'moved') writes += 1;
    const last = epochOf(await store.read(thread)) ?? 0;
    expect(last).to.be.within(writes, writes + 1);
    expect(await grow()).to.be.above(last);
    expect((await cluster.keysOfMasters('{moved/0}:thread:*')).map((keys) => keys.length).sort()).to.deep.equal([
      0, 0, 1,
    ]);
  });
});
