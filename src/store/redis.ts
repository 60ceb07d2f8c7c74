/** The export path `botbuilder-handover-vcclive/redis`: what needs Redis, and nothing at load that does. */
export { RedisThreadStore } from './redis/redis-store.js';
export type { RedisThreadStoreOptions } from './redis/redis-store.js';
export type { RedisAddress, RedisClientLike, ScriptInput } from './redis/redis-client.js';
export { RedisInbox } from './redis/redis-inbox.js';
export type { RedisInboxOptions } from './redis/redis-inbox.js';
