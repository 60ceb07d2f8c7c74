/** `npm run sample`: the sample bot alone, against Meta or whatever GRAPH_BASE_URL names. */
import { startBot } from './bot.js';
import { readSettings } from './settings.js';

async function main(): Promise<void> {
  const read = readSettings(process.env);
  if ('missing' in read) {
    console.error('The sample bot needs these environment variables:');
    for (const line of read.missing) console.error(`  ${line}`);
    console.error('\nTo try it without a Facebook account: npm start');
    process.exitCode = 1;
    return;
  }
  const bot = await startBot(read.settings, (line) => console.log(line));
  console.log(`The sample bot listens on http://localhost:${bot.port}/api/messages`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void bot.stop().then(() => process.exit(0)));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
