/** `npm run sample:azure`: runs the bot alone, for Azure Bot Service's Facebook channel and the server in GRAPH_BASE_URL. */
import { openBotData } from '../kept/bot-data.js';
import { FolderStorage } from '../kept/folder-storage.js';
import { startBot } from './bot.js';
import { readSettings } from './settings.js';

async function main(): Promise<void> {
  const read = readSettings(process.env);
  if ('missing' in read) {
    console.error('The Azure sample bot needs these environment variables:');
    for (const line of read.missing) console.error(`  ${line}`);
    process.exitCode = 1;
    return;
  }
  // Azure's channel answers Meta, so the bot has no inbox.
  const {
    kept: { store },
    stateFolder,
  } = openBotData('azure-bot', process.env);
  const bot = await startBot(read.settings, (line) => console.log(line), {
    store,
    storage: new FolderStorage(stateFolder),
  });
  console.log(`The Azure bot listens on http://localhost:${bot.port}/api/messages`);
  if (read.settings.registration.MicrosoftAppId === undefined) {
    console.log('Without MicrosoftAppId anybody may post to it: for the Emulator and for tests only.');
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void bot.stop().then(() => process.exit(0)));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
