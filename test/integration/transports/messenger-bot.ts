/** The bot of the transports without any framework. */
import { createServer } from 'node:http';
import type { HandoverResult } from 'botbuilder-handover-vcclive';
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBotOptions, MessengerThread } from 'botbuilder-handover-vcclive/messenger';
import { connection } from '../scene.js';
import { phrasesBesideDialogs } from '../own-words.js';
import { listening } from '../../kit/listening.js';
import type { Transport } from './transports.js';
import { quietLogger } from '../../kit/loggers.js';

/** A function that answers, and one that goes on after a handover. */
export const messengerBot: Transport = {
  name: 'MessengerBot, without a framework',
  lacks: ['statusEvents'],
  async start({ sim, clock, store }, options) {
    const given: object = { talkToAgent: phrasesBesideDialogs, ...options.handover };
    const shared = given as Partial<MessengerBotOptions>;
    const bot = new MessengerBot({
      ...connection(sim),
      appSecret: sim.settings.appSecret,
      verifyToken: sim.settings.verifyToken,
      clock,
      store,
      logger: quietLogger,
      ...shared,
      graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 60_000, ...options.handover?.graph },
    });
    const heard: (string | undefined)[] = [];
    const results: HandoverResult[] = [];
    const errors: unknown[] = [];
    /** The handovers that a dialog of another host would wait for. */
    const asked = new Set<string>();
    /** Threads whose message came home with a handover, and is answered by the end of it. */
    const answered = new WeakSet<MessengerThread>();
    const ended = async (result: HandoverResult, thread: MessengerThread): Promise<void> => {
      await thread.reply(`ended: ${result.outcome} via ${result.via}`);
      results.push(result);
      answered.add(thread);
    };
    bot.onMessage(async ({ text }, thread) => {
      if (answered.has(thread)) return;
      heard.push(text);
      if (text !== 'agent please') return thread.reply(`bot: ${text}`);
      const start = await thread.toAgent();
      if (start.status === 'passed') return asked.add(start.handoverId);
      return ended({ outcome: start.status, via: 'none', waitedMs: 0 }, thread);
    });
    bot.onReturned(async (result, thread) => {
      if (asked.delete(result.handoverId ?? '')) await ended(result, thread);
    });
    bot.onError((error) => errors.push(error));
    const { url, close } = await listening(createServer((req, res) => void bot.webhook(req, res)));
    sim.connectBot(url);
    return {
      handover: bot,
      heard,
      statuses: [],
      results,
      errors,
      writesTo: async (thread, text) => {
        await bot.thread(thread).reply(text);
      },
      stop: close,
    };
  },
};
