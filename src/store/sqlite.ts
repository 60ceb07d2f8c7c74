/** The export path `botbuilder-handover-vcclive/sqlite`: what needs SQLite, and nothing at load that does. */
export { SqliteThreadStore } from './sqlite/sqlite-store.js';
export type { SqliteThreadStoreOptions } from './sqlite/sqlite-store.js';
export type { SqliteDriverName } from './sqlite/sqlite-driver.js';
export { SqliteInbox } from './sqlite/sqlite-inbox.js';
export type { SqliteInboxOptions } from './sqlite/sqlite-inbox.js';
