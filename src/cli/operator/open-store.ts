/**
 * Opens the store that the bot uses: Redis by its address, any other by a file of the user's own that exports it.
 *
 * Exists because a store over Blobs or Cosmos is made by the bot's code, and only that code knows how.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../../thread/read-unknown.js';
import { HandoverError, textOfThrown } from '../../thread/errors.js';
import type { ThreadStore } from '../../thread/store.js';

/** A store, and how it is left. */
export interface OpenedStore {
  readonly store: ThreadStore;
  readonly close: () => Promise<void>;
}

const NEEDED_METHODS = ['read', 'update', 'listOpen', 'forget'] as const;

/**
 * @param where `redis://…`, `rediss://…`, or the path of a JavaScript file that exports `store`
 * @throws {@link HandoverError} `invalidOption` where that is neither, `missingPeer` where `redis` is not installed
 */
export async function openStore(where: string, folder: string, prefix: string | undefined): Promise<OpenedStore> {
  if (/^rediss?:\/\//.test(where)) return openRedis(where, prefix);
  const file = resolve(folder, where);
  const exported = await load(file, where);
  // A CommonJS file that TypeScript made has its exports below `default`, too.
  const inner = isRecord(exported['default']) ? exported['default'] : {};
  const given = exported['store'] ?? inner['store'] ?? exported['default'];
  const made: unknown = typeof given === 'function' ? await (given as () => unknown)() : given;
  if (!isStore(made)) {
    throw new HandoverError('invalidOption', `${where} exports no "store" that is a ThreadStore. ${HOW}`);
  }
  return { store: made, close: () => closed(made) };
}

const HOW =
  'Give --store (or HANDOVER_STORE) a redis:// address, or a JavaScript file: module.exports.store = new BotStorageThreadStore(…).';

function openRedis(where: string, prefix: string | undefined): OpenedStore {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the Redis store only where it is used
  const { RedisThreadStore } = require('../../store/redis.js') as typeof import('../../store/redis.js');
  const store = new RedisThreadStore(where, prefix === undefined ? {} : { prefix });
  return { store, close: () => store.close() };
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
