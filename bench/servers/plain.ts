/** The bot without a framework, set up as the README says. */
import * as http from 'node:http';
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';

/** @param does nothing, or one answer to each message */
export function plainServer(graphOrigin: string, does: 'silent' | 'echo'): http.Server {
  const bot = new MessengerBot({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: PAGE_TOKEN,
    appSecret: APP_SECRET,
    verifyToken: VERIFY_TOKEN,
    graph: { baseUrl: graphOrigin },
  });
  if (does === 'silent') bot.onMessage(() => undefined);
  else bot.onMessage(({ text }, thread) => thread.reply(`You said: ${text}`));
  return http.createServer((req, res) => void bot.webhook(req, res));
}
