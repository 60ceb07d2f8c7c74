/** `npm run sample:plain`: the bot without a framework alone, against Meta or whatever GRAPH_BASE_URL names. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
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
  const { REDIS_URL: redis, HEALTH_PORT: healthPort } = process.env;
  // A container has no disk of its own.
  const kept = redis
    ? { store: new RedisThreadStore(redis), inbox: new RedisInbox(redis) }
    : openBotData('plain-bot', process.env).kept;
  const bot = await startPlainBot(read.settings, (line) => console.log(line), kept);
  const probes = healthPort ? serveHealth(bot.handover, Number(healthPort)) : undefined;
  console.log(`The plain bot listens on http://localhost:${bot.port}/api/messages`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void bot.stop().then(() => {
        probes?.close();
        process.exit(0);
      });
    });
  }
}

/** Answers probes on a port of its own, which the internet does not reach. */
function serveHealth(bot: MessengerBot, port: number): Server {
  const { liveness, readiness } = bot.healthHandlers();
  return createServer((req, res) => void (req.url === '/readyz' ? readiness(req, res) : liveness(req, res))).listen(
    port,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
