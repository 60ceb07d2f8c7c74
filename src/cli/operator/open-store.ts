/**
 * Opens the bot's store: Redis by its address, an SQLite file by its path, any other store by a file of the user's own that
 * exports it.
 *
 * The bot's code makes a store over Blobs or Cosmos, and only that code knows how.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../../thread/read-unknown.js';
import { HandoverError, textOfThrown } from '../../thread/errors.js';
import type { Logger } from '../../thread/logger.js';
import { faultOfRecord } from '../../thread/read-record.js';
import type { ThreadStore } from '../../thread/store.js';
import type { RecordStore } from '../../store/record-store.js';
import { recordStore } from '../../store/record-store.js';

/** A store, and how it is left. */
export interface OpenedStore {
  /** As the bot's code makes it, for all bots. */
  readonly store: ThreadStore;
  /** What belongs to the bot with this app id. */
  readonly threads: RecordStore;
  readonly close: () => Promise<void>;
}

const NEEDED_METHODS = ['forBot', 'read', 'update', 'listOpen', 'listSetAside', 'forget'] as const;
const SILENT: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Where a store is, and whose threads are wanted of it. */
export interface WantedStore {
  /** `redis://…`, `rediss://…`, the path of an SQLite file (`.db`, `.sqlite`), or of a JavaScript file that exports `store`. */
  readonly where: string;
  readonly folder: string;
  /** Of the keys in Redis. */
  readonly prefix: string | undefined;
  readonly appId: string;
}

/**
 * @throws {@link HandoverError} `invalidOption` if that is none of them, `missingPeer` if a package that the store needs is not
 *   installed
 */
export async function openStore({ where, folder, prefix, appId }: WantedStore): Promise<OpenedStore> {
  if (/^rediss?:\/\//.test(where)) return openRedis(where, prefix, appId);
  const file = resolve(folder, where);
  if (SQLITE_FILE.test(where)) return openSqlite(file, where, appId);
  const exported = await load(file, where);
  // A CommonJS file that TypeScript made has its exports below `default`, too.
  const inner = isRecord(exported['default']) ? exported['default'] : {};
  const given = exported['store'] ?? inner['store'] ?? exported['default'];
  const made: unknown = typeof given === 'function' ? await (given as () => unknown)() : given;
  if (!isStore(made)) {
    throw new HandoverError('invalidOption', `${where} exports no "store" that is a ThreadStore. ${HOW}`);
  }
  return { store: made, threads: ofBot(made, appId), close: () => closed(made) };
}

const HOW =
  'Give --store (or HANDOVER_STORE) a redis:// address, an SQLite file (.db, .sqlite), or a JavaScript file: module.exports.store = new BotStorageThreadStore(…).';
const SQLITE_FILE = /\.(?:db|sqlite3?)$/i;

function openRedis(where: string, prefix: string | undefined, appId: string): OpenedStore {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the Redis store only if it is used
  const { RedisThreadStore } = require('../../store/redis.js') as typeof import('../../store/redis.js');
  const store = new RedisThreadStore(where, prefix === undefined ? {} : { prefix });
  return { store, threads: ofBot(store, appId), close: () => store.close() };
}

function openSqlite(file: string, where: string, appId: string): OpenedStore {
  // The store would create the file, and the command would find nothing in it.
  if (!existsSync(file)) throw new HandoverError('invalidOption', `There is no file ${where}. ${HOW}`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the SQLite store only if it is used
  const { SqliteThreadStore } = require('../../store/sqlite.js') as typeof import('../../store/sqlite.js');
  const store = new SqliteThreadStore(file);
  return { store, threads: ofBot(store, appId), close: () => store.close() };
}

function ofBot(store: ThreadStore, appId: string): RecordStore {
  return recordStore(store.forBot({ appId, log: SILENT, faultOf: faultOfRecord }));
}

async function load(file: string, where: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const why = textOfThrown(error);
    throw new HandoverError('invalidOption', `${where} cannot be loaded: ${why.split('\n')[0] ?? ''}. ${HOW}`);
  }
}

function isStore(value: unknown): value is ThreadStore {
  if (typeof value !== 'object' || value === null) return false;
  return NEEDED_METHODS.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

async function closed(store: ThreadStore): Promise<void> {
  const close: unknown = (store as { readonly close?: unknown }).close;
  if (typeof close === 'function') await (close as () => Promise<void>).call(store);
}
