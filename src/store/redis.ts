/** The export path `botbuilder-handover-vcclive/redis`: what needs Redis, and nothing at load that does. */
export { RedisThreadStore } from './redis-store.js';
export type { RedisThreadStoreOptions } from './redis-store.js';
export type { RedisAddress, RedisClientLike, ScriptInput } from './redis-client.js';
export { RedisInbox } from './redis-inbox.js';
export type { RedisInboxOptions } from './redis-inbox.js';
