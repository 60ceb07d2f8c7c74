/** The inbox over a single Redis, for real. */
import { expect } from 'chai';
import { RedisInbox } from 'botbuilder-handover-vcclive/redis';
import { createClient } from 'redis';
import { redisInboxContract } from './redis-inbox-contract.js';
import { RedisServer, describeWithRedis } from './redis-server.js';

describeWithRedis('RedisInbox', () => {
  let server: RedisServer;

  before(async () => {
    server = await RedisServer.start();
  });

  after(() => server.stop());

  redisInboxContract('with a single Redis', {
    address: () => server.url,
    listAt: async (key) => {
      const client = createClient({ url: server.url });
      await client.connect();
      const texts = await client.lRange(key, 0, -1);
      await client.close();
      return texts;
    },
  });

  it('runs what it has taken over, also if it cannot set aside what it found besides', async () => {
    let nowMs = Date.UTC(2026, 10, 28, 9);
    const clock = { now: () => nowMs, after: () => () => undefined };
    const newProcess = (): RedisInbox => new RedisInbox(server.url, { prefix: 'aside', clock, maxAttempts: 1 });
    const [died, mine] = [newProcess(), newProcess()];
    const client = await createClient({ url: server.url }).connect();
    const found: unknown[] = [];
    const polls = async (): Promise<void> => {
      for (let goneMs = 0; goneMs <= 20_000; goneMs += 5_000) {
        const { deliveries, setAside } = await mine.takeOver(10);
        await mine.remove(deliveries.map(({ id }) => id));
        found.push(...deliveries.map(({ body }) => body), ...(setAside > 0 ? [{ setAside }] : []));
        nowMs += 5_000;
      }
    };
    try {
      await mine.takeOver(0);
      await died.markAlone((await died.put('poison', 'one thread'))!, true);
      await died.put('message', 'another thread');
      await client.set('{aside}:inbox:aside', 'no list');
      await polls();
      expect(found).to.deep.equal(['message']);
      await client.del('{aside}:inbox:aside');
      await polls();
      expect(found).to.deep.equal(['message', { setAside: 1 }]);
      expect(await client.lRange('{aside}:inbox:aside', 0, -1)).to.deep.equal(['poison']);
    } finally {
      await Promise.all([died.close(), mine.close(), client.close()]);
    }
  });
});
