/** The inbox over a single Redis, for real. */
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
});
