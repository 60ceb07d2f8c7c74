/** `npm start`: the sample bot and a pretend Messenger platform in one terminal. `-- --demo` plays a handover by itself. */
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { startBot } from './talk-to-agent/bot.js';
import { playDemo } from './terminal/demo.js';
import { talk } from './terminal/talk.js';
import { followWire } from './terminal/wire-lines.js';

async function main(): Promise<void> {
  const simulator = await MessengerSimulator.start();
  const { settings } = simulator;
  followWire(simulator, (line) => console.log(line));
  const bot = await startBot(
    {
      appId: settings.botAppId,
      appSecret: settings.appSecret,
      pageAccessToken: settings.pageAccessToken,
      verifyToken: settings.verifyToken,
      vccLiveAppId: settings.vccLiveAppId,
      graphBaseUrl: simulator.graphBaseUrl,
      port: 0,
    },
    (line) => console.log(`  ${line}`),
  );
  simulator.connectBot(bot.webhookUrl);
  const verified = await simulator.verifyWebhook();
  if (!verified.ok) throw new Error(`The bot did not answer the webhook verification: ${verified.status}`);

  try {
    if (process.argv.includes('--demo')) await playDemo(simulator, bot.handover, (line) => console.log(line));
    else await talk(simulator, bot.handover, process.stdin, process.stdout);
  } finally {
    await bot.stop();
    await simulator.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
