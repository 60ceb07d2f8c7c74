/** RedisThreadStore over a real Redis, which is also stopped, frozen and started again. */
import type { Clock } from '../../src/thread/clock.js';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { RedisServer, describeWithRedis } from './redis-server.js';
import { threadStoreContract } from './thread-store-contract.js';

describeWithRedis('RedisThreadStore', function () {
  let server: RedisServer;
  const open: RedisThreadStore[] = [];
  let prefixes = 0;

  before(async () => {
    server = await RedisServer.start();
  });

  after(() => server.stop());

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  const storeOf = (prefix: string, options: object = {}): RedisThreadStore => {
    const store = new RedisThreadStore(server.url, { prefix, ...options });
    open.push(store);
    return store;
  };

  threadStoreContract('RedisThreadStore', (clock: Clock, lifetimes) => {
    prefixes += 1;
    const another = () => storeOf(`contract-${prefixes}`, { ...lifetimes, clock });
    return { store: another(), another };
  });
});
