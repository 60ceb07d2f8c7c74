/** What a sample bot keeps over restarts: an SQLite file and a folder for the state of its conversations. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The entry that needs no framework: one of the samples has none.
import { HandoverError, MemoryThreadStore } from 'botbuilder-handover-vcclive/messenger';
import type { DeliveryInbox, ThreadStore } from 'botbuilder-handover-vcclive/messenger';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';

/** Where a bot keeps what. */
export interface BotData {
  readonly kept: {
    readonly store: ThreadStore;
    /** For adapters of the package: a delivery survives the process that got it. */
    readonly inbox?: DeliveryInbox;
  };
  readonly stateFolder: string;
}

const DEFAULT_FOLDER = '.data';

/**
 * Opens the bot's data in the folder that `BOT_DATA` names, or in `.data` of the folder in which the bot was started. Without
 * a library for SQLite (Node 20 has none of its own), the bot says so and begins anew after each restart.
 * @param bot begins the names in that folder
 */
export function openBotData(bot: string, env: NodeJS.ProcessEnv): BotData {
  const folder = env['BOT_DATA']?.trim() || DEFAULT_FOLDER;
  const file = join(folder, `${bot}.db`);
  try {
    const kept = { store: new SqliteThreadStore(file), inbox: new SqliteInbox(file) };
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { kept, stateFolder: join(folder, `${bot}-state`) };
  } catch (error) {
    if (!(error instanceof HandoverError) || error.code !== 'missingPeer') throw error;
    console.warn(`${error.message}. Until then, this bot forgets everything when it ends.`);
    return { kept: { store: new MemoryThreadStore() }, stateFolder: mkdtempSync(join(tmpdir(), `${bot}-state-`)) };
  }
}
