/** The inbox on a Redis Cluster: deliveries lie on all masters, and none is lost when a master dies under load. */
import { expect } from 'chai';
import { RedisInbox } from 'botbuilder-handover-vcclive/redis';
import { createCluster } from 'redis';
import { RedisCluster } from './redis-cluster.js';
import { redisInboxContract } from './redis-inbox-contract.js';
import { describeWithRedis } from './redis-server.js';

const WITHIN_MS = 120_000;

describeWithRedis('RedisInbox on a Redis Cluster', function () {
  this.timeout(WITHIN_MS);
  let cluster: RedisCluster;

  before(async function () {
    this.timeout(WITHIN_MS);
    cluster = await RedisCluster.start();
  });

  after(() => cluster.stop());

  redisInboxContract('with addresses of its nodes', {
    address: () => cluster.urls,
    listAt: async (key) => {
      const client = clientOf(cluster);
      await client.connect();
      const texts = await client.lRange(key, 0, -1);
      client.destroy();
      return texts;
    },
  });

  it('spreads deliveries over all masters', async () => {
    const inbox = new RedisInbox(cluster.urls, { prefix: 'spread' });
    for (let count = 0; count < 200; count += 1) await inbox.put('{}', `thread ${count}`);
    await inbox.close();
    for (const [master, keys] of (await cluster.keysOfMasters('{spread/*}:inbox:bodies')).entries()) {
      expect(keys, `master ${master}`).to.have.length.above(10);
    }
  });

  it('takes the client of the application, and leaves it open', async () => {
    const client = clientOf(cluster);
    await client.connect();
    const inbox = new RedisInbox(client, { prefix: 'given' });
    const ids = await Promise.all(Array.from({ length: 30 }, (_, each) => inbox.put(`{}`, `thread ${each}`)));
    await inbox.giveBack(ids.map(String));
    expect((await inbox.takeOver(50)).deliveries).to.have.length(30);
    await inbox.close();
    expect(client.isOpen).to.equal(true);
    client.destroy();
  });

  it('loses nothing that was acknowledged when a master is killed while deliveries come in', async () => {
    const inbox = new RedisInbox(cluster.urls, { prefix: 'killed' });
    const acknowledged = new Map<string, string>();
    const progress = { isPromoted: false };
    let refused = 0;
    const killed = cluster.kill(0).then(async () => {
      await cluster.promoted(3);
      progress.isPromoted = true;
    });
    for (let count = 0, after = 0; after < 100; count += 1) {
      if (progress.isPromoted) after += 1;
      const body = `delivery ${count}`;
      const id = await inbox.put(body, `thread ${count}`).catch(() => undefined);
      if (id === undefined) refused += 1;
      else acknowledged.set(id, body);
    }
    await killed;
    expect(refused, 'Meta delivers these again').to.be.above(0);

    await inbox.giveBack([...acknowledged.keys()]);
    const found = new Set<string>();
    for (let before = -1; found.size > before;) {
      before = found.size;
      for (const { body } of (await inbox.takeOver(1000)).deliveries) found.add(body);
    }
    expect([...acknowledged.values()].filter((body) => !found.has(body))).to.deep.equal([]);
    await inbox.close();
  });
});

/** A client of the application. A test may have killed the node that it asks first; without a listener it asks no other. */
function clientOf(cluster: RedisCluster) {
  const client = createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) });
  client.on('error', () => undefined);
  return client;
}
