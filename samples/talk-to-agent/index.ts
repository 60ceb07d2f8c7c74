/** `npm run sample`: the sample bot alone, against Meta or whatever GRAPH_BASE_URL names. */
import type { RunningBot } from './bot.js';
import { startBot } from './bot.js';
import { openBotData } from '../kept/bot-data.js';
import { FolderStorage } from '../kept/folder-storage.js';
import { readSettings } from './settings.js';

const STOPS_WITHIN_MS = 10_000;

async function main(): Promise<void> {
  const read = readSettings(process.env);
  if ('missing' in read) {
    console.error('The sample bot needs these environment variables:');
    for (const line of read.missing) console.error(`  ${line}`);
    console.error('\nTo try it without a Facebook account: npm start');
    process.exitCode = 1;
    return;
  }
  const { kept, stateFolder } = openBotData('talk-to-agent', process.env);
  const bot = await startBot(read.settings, (line) => console.log(line), {
    ...kept,
    storage: new FolderStorage(stateFolder),
  });
  console.log(`The sample bot listens on http://localhost:${bot.port}/api/messages`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(bot));
}

/** Finishes the running turns and answers 503 to new deliveries, then closes the port. */
async function stop(bot: RunningBot): Promise<void> {
  const { running, waiting } = await bot.handover.close({ withinMs: STOPS_WITHIN_MS });
  if (running + waiting > 0) console.warn(`Stopped with ${running} turns running and ${waiting} events not begun.`);
  await bot.stop();
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
