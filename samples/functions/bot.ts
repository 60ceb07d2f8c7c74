/** The bot of both function samples. Its store is shared: the next request may meet another instance. */
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';

export const bot = new MessengerBot({
  botAppId: process.env.FACEBOOK_APP_ID!,
  vccLiveAppId: process.env.VCC_LIVE_APP_ID!,
  pageAccessToken: process.env.FACEBOOK_PAGE_ACCESS_TOKEN!,
  appSecret: process.env.FACEBOOK_APP_SECRET!,
  verifyToken: process.env.FACEBOOK_VERIFY_TOKEN!,
  store: new RedisThreadStore(process.env.REDIS_URL!),
  timers: { unclaimedMs: 10 * 60_000 },
  graph: { baseUrl: process.env.GRAPH_BASE_URL }, // Meta's if undefined
});
bot.onMessage((message, thread) => thread.reply(`You said: ${message.text}`));
bot.onReturned((result, thread) => thread.reply(`Welcome back! It was ${result.outcome}.`));
