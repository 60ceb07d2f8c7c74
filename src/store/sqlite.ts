/** The export path `botbuilder-handover-vcclive/sqlite`: what needs SQLite, and nothing at load that does. */
export { SqliteThreadStore } from './sqlite-store.js';
export type { SqliteThreadStoreOptions } from './sqlite-store.js';
export type { SqliteDriverName } from './sqlite-driver.js';
export { SqliteInbox } from './sqlite-inbox.js';
export type { SqliteInboxOptions } from './sqlite-inbox.js';
