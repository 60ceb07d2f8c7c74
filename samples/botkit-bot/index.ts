/** `npx tsx samples/botkit-bot`: runs the Botkit bot alone, against Meta or the server in GRAPH_BASE_URL. */
import { openBotData } from '../kept/bot-data.js';
import { FolderStorage } from '../kept/folder-storage.js';
import { readSettings } from '../talk-to-agent/settings.js';
import { startBot } from './bot.js';

const read = readSettings(process.env);
if ('missing' in read) {
  console.error('The sample bot needs these environment variables:');
  for (const line of read.missing) console.error(`  ${line}`);
  process.exitCode = 1;
} else {
  // Botkit takes its port from here.
  process.env['PORT'] = String(read.settings.port);
  // The stock adapter answers Meta itself, so the bot has no inbox.
  const {
    kept: { store },
    stateFolder,
  } = openBotData('botkit-bot', process.env);
  const controller = startBot(read.settings, (line) => console.log(line), {
    store,
    storage: new FolderStorage(stateFolder),
  });
  controller.ready(() => console.log(`The Botkit bot listens on http://localhost:${read.settings.port}/api/messages`));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void controller.shutdown().then(() => process.exit(0)));
  }
}
