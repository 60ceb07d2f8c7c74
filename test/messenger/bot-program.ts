/**
 * A bot without a framework as a process of its own, with its threads in Redis. Its argument is JSON: {@link ProgramSettings}.
 * Says `{ port }` when it listens. "agent please" hands over; everything else is answered with its text.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBotOptions } from 'botbuilder-handover-vcclive/messenger';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';

/** What the program is started with. */
export interface ProgramSettings {
  readonly redisUrl: string;
  readonly bot: Pick<
    MessengerBotOptions,
    'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret' | 'verifyToken' | 'graph'
  >;
  /** Kills the process inside `onReturned`, before anything is said. */
  readonly diesInReturned?: true;
  /** Keeps deliveries in Redis, and kills the process inside `onMessage` the first time. */
  readonly diesWithInbox?: 'now' | 'another has';
}

const {
  redisUrl,
  bot: options,
  diesInReturned,
  diesWithInbox,
} = JSON.parse(process.argv[2] ?? '{}') as ProgramSettings;
const inbox = diesWithInbox && { inbox: new RedisInbox(redisUrl, { leaseMs: 1000 }) };
const bot = new MessengerBot({ ...options, ...inbox, store: new RedisThreadStore(redisUrl), talkToAgent: [] });
bot.onMessage(async ({ text }, thread) => {
  if (diesWithInbox === 'now') process.kill(process.pid, 'SIGKILL');
  if (text === 'agent please') await thread.toAgent();
  else await thread.reply(`bot: ${text}`);
});
bot.onReturned(async ({ outcome, via }, thread) => {
  if (diesInReturned) process.kill(process.pid, 'SIGKILL');
  await thread.reply(`back: ${outcome} via ${via}`);
});
const server = createServer((req, res) => void bot.webhook(req, res));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
