/** What a sample bot keeps over restarts: an SQLite file and a folder for the state of its conversations. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';

/** Where a bot keeps what. */
export interface BotData {
  readonly store: SqliteThreadStore;
  /** For adapters of the package: a delivery survives the process that got it. */
  readonly inbox: SqliteInbox;
  readonly stateFolder: string;
}

const DEFAULT_FOLDER = '.data';

/**
 * Opens the bot's data in the folder that `BOT_DATA` names, or in `.data` of the folder in which the bot was started.
 * @param bot begins the names in that folder
 */
export function openBotData(bot: string, env: NodeJS.ProcessEnv): BotData {
  const folder = env['BOT_DATA']?.trim() || DEFAULT_FOLDER;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${bot}.db`);
  return {
    store: new SqliteThreadStore(file),
    inbox: new SqliteInbox(file),
    stateFolder: join(folder, `${bot}-state`),
  };
}
