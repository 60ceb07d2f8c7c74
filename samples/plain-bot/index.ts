/** `npm run sample:plain`: the bot without a framework alone, against Meta or whatever GRAPH_BASE_URL names. */
import { openBotData } from '../kept/bot-data.js';
import { readSettings } from '../talk-to-agent/settings.js';
import { startPlainBot } from './bot.js';

async function main(): Promise<void> {
  const read = readSettings(process.env);
  if ('missing' in read) {
    console.error('The sample bot needs these environment variables:');
    for (const line of read.missing) console.error(`  ${line}`);
    console.error('\nTo try it without a Facebook account: npm start -- --bot plain');
    process.exitCode = 1;
    return;
  }
  const { kept } = openBotData('plain-bot', process.env);
  const bot = await startPlainBot(read.settings, (line) => console.log(line), kept);
  console.log(`The plain bot listens on http://localhost:${bot.port}/api/messages`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void bot.stop().then(() => process.exit(0)));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
