/** Bot Framework's state in a folder, a file for each key: for bots on one machine. The last writer wins. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage, StoreItems } from 'botbuilder';

/** Survives the end of the process. */
export class FolderStorage implements Storage {
  readonly #folder: string;

  /** @param folder is created if it is not there */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  async read(keys: string[]): Promise<StoreItems> {
    const items: StoreItems = {};
    for (const key of keys) {
      const text = await readFile(this.#file(key), 'utf8').catch(ifMissing);
      if (text !== undefined) items[key] = JSON.parse(text);
    }
    return items;
  }

  async write(changes: StoreItems): Promise<void> {
    for (const [key, item] of Object.entries(changes)) {
      // Renamed into place: a process that dies in the middle leaves the old file.
      const unfinished = `${this.#file(key)}.${randomBytes(6).toString('hex')}`;
      await writeFile(unfinished, JSON.stringify({ ...(item as object), eTag: '*' }), { mode: 0o600 });
      await rename(unfinished, this.#file(key));
    }
  }

  async delete(keys: string[]): Promise<void> {
    for (const key of keys) await rm(this.#file(key), { force: true });
  }

  #file(key: string): string {
    return join(this.#folder, `${encodeURIComponent(key)}.json`);
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
