/** The bot whose author has a stock FacebookAdapter, and repairs it with one call. */
import { createServer } from 'node:http';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import type { BotLogic, HandoverResult } from 'botbuilder-handover-vcclive';
import { repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { dialogBot } from '../scene.js';
import { handoverFor, referenceTo, statusOf } from './host-parts.js';
import { listening } from '../../kit/listening.js';
import type { Transport } from './transports.js';

/** The same dialogs as on the package's own adapter. */
export const repairedAdapter: Transport = {
  name: 'the stock FacebookAdapter, repaired',
  async start({ sim, clock, store, storage }, options) {
    const { verifyToken, appSecret, pageAccessToken } = sim.settings;
    const token = options.handover?.pageAccessToken ?? pageAccessToken;
    const stock = new FacebookAdapter({
      verify_token: verifyToken,
      app_secret: appSecret,
      // It speaks https only, so its own calls end nowhere.
      api_host: '127.0.0.1:9',
      ...(typeof token === 'string'
        ? { access_token: token }
        : { getAccessTokenForPage: async (pageId: string) => token(pageId) }),
    });
    const errors: unknown[] = [];
    stock.onTurnError = async (_context, error) => void errors.push(error);
    const handover = handoverFor({ sim, clock, store }, options);
    const adapter = repairFacebookAdapter(stock, { handover, ackDeadlineMs: 120_000 });
    const heard: (string | undefined)[] = [];
    const statuses: string[] = [];
    const host = { handover, storage, results: [] as HandoverResult[], logic: (async () => undefined) as BotLogic };
    dialogBot(host, 'everyTurn');
    const logic: BotLogic = async (context) => {
      statuses.push(...statusOf(context.activity));
      if (context.activity.type === 'message') heard.push(context.activity.text);
      await host.logic(context);
    };
    handover.attach(adapter, logic);
    const { url, close } = await listening(createServer((req, res) => void adapter.processActivity(req, res, logic)));
    sim.connectBot(url);
    return {
      handover,
      heard,
      statuses,
      results: host.results,
      errors,
      writesTo: (thread, text) =>
        adapter.continueConversation(referenceTo(thread, thread.psid), async (context) => {
          await context.sendActivity(text);
        }),
      stop: close,
    };
  },
};
