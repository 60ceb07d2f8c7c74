/**
 * Opens the bot's store: Redis by its address, any other store by a file of the user's own that exports it.
 *
 * The bot's code makes a store over Blobs or Cosmos, and only that code knows how.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../../thread/read-unknown.js';
import { HandoverError, textOfThrown } from '../../thread/errors.js';
import type { Logger } from '../../thread/logger.js';
import { faultOfRecord } from '../../thread/read-record.js';
import type { ThreadStore } from '../../thread/store.js';
import type { RecordStore } from '../../handover/stored-record.js';
import { recordStore } from '../../handover/stored-record.js';

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
  /** `redis://…`, `rediss://…`, or the path of a JavaScript file that exports `store`. */
  readonly where: string;
  readonly folder: string;
  /** Of the keys in Redis. */
  readonly prefix: string | undefined;
  readonly appId: string;
}

/**
 * @throws {@link HandoverError} `invalidOption` if that is neither, `missingPeer` if `redis` is not installed
 */
export async function openStore({ where, folder, prefix, appId }: WantedStore): Promise<OpenedStore> {
  if (/^rediss?:\/\//.test(where)) return openRedis(where, prefix, appId);
  const file = resolve(folder, where);
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
  'Give --store (or HANDOVER_STORE) a redis:// address, or a JavaScript file: module.exports.store = new BotStorageThreadStore(…).';

function openRedis(where: string, prefix: string | undefined, appId: string): OpenedStore {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the Redis store only if it is used
  const { RedisThreadStore } = require('../../store/redis.js') as typeof import('../../store/redis.js');
  const store = new RedisThreadStore(where, prefix === undefined ? {} : { prefix });
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
