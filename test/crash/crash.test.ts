/** Bot processes over one Redis are killed at random moments under load: nothing is lost, nothing stuck, nothing handed over twice. */
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { nothingIsLost, TITLE, WITHIN_MS } from './nothing-is-lost.js';

describeWithRedis('bot processes that are killed, over one Redis', () => {
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  it(TITLE, () => nothingIsLost({ redisUrl: redis.url })).timeout(WITHIN_MS);
});
