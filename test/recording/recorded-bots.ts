/** One bot on each transport that can record, and the story that the recordings tell. */
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStorage } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { Botkit } from 'botkit';
import express from 'express';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { BotLogic } from 'botbuilder-handover-vcclive';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { connection } from '../integration/scene.js';
import { listenLocally, stopServer } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

/** What a bot is started with. */
export interface BotSettings {
  readonly record?: string | { readonly file: string; readonly keep: readonly string[] };
  /** What it answers. Default: an echo. */
  readonly answers?: (text: string) => readonly string[] | Promise<readonly string[]>;
  /** How long it thinks before it says that an agent comes, milliseconds. Default 0. */
  readonly noticeAfterMs?: number;
  /** `false`: it never hands over. */
  readonly handsOver?: boolean;
}

/** Starts the bot and connects it. Resolves with how to stop it. */
export type StartBot = (sim: MessengerSimulator, settings: BotSettings) => Promise<() => Promise<void>>;

const echo = (text: string): readonly string[] => [`You said: ${text}`];

const logicOf =
  ({ answers = echo }: BotSettings): BotLogic =>
  async (context) => {
    const { type, text } = context.activity;
    if (type !== 'message') return;
    for (const answer of await answers(text)) await context.sendActivity(answer);
  };

function handoverOf(sim: MessengerSimulator, { handsOver = true, noticeAfterMs = 0 }: BotSettings): VccLiveHandover {
  return new VccLiveHandover({
    ...connection(sim),
    logger: quietLogger,
    graph: { baseUrl: sim.graphBaseUrl },
    texts: { connecting: () => sleep(noticeAfterMs, 'One moment, please.') },
    ...(handsOver ? {} : { talkToAgent: [] }),
  });
}

function stockAdapter({ settings }: MessengerSimulator): FacebookAdapter {
  const { verifyToken: verify_token, appSecret: app_secret, pageAccessToken: access_token } = settings;
  // It speaks https only, so its own calls end nowhere.
  return new FacebookAdapter({ verify_token, app_secret, access_token, api_host: '127.0.0.1:9' });
}

async function served(sim: MessengerSimulator, handover: VccLiveHandover, listener: RequestListener) {
  const server = createServer(listener);
  sim.connectBot(`${await listenLocally(server)}/api/messages`);
  return async (): Promise<void> => {
    await handover.close();
    await stopServer(server);
  };
}

/** The transports by the name of their recording. */
export const recordedBots: Readonly<Record<string, StartBot>> = {
  'our-adapter': (sim, settings) => {
    const handover = handoverOf(sim, settings);
    const { record } = settings;
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: sim.settings.verifyToken, record });
    const logic = logicOf(settings);
    handover.attach(adapter, logic);
    return served(sim, handover, (req, res) => void adapter.processActivity(req, res, logic));
  },
  'repaired-stock-adapter': (sim, settings) => {
    const handover = handoverOf(sim, settings);
    const adapter = repairFacebookAdapter(stockAdapter(sim), { handover, record: settings.record });
    const logic = logicOf(settings);
    handover.attach(adapter, logic);
    return served(sim, handover, (req, res) => void adapter.processActivity(req, res, logic));
  },
  botkit: (sim, settings) => {
    const handover = handoverOf(sim, settings);
    const webserver = express();
    const controller = new Botkit({
      adapter: stockAdapter(sim),
      webserver,
      disable_console: true,
      storage: new MemoryStorage(),
    });
    controller.usePlugin(handoverPlugin(handover, { record: settings.record }));
    const { answers = echo } = settings;
    controller.on('message', async (bot, message) => {
      for (const answer of await answers(message.text ?? '')) await bot.reply(message, answer);
    });
    return served(sim, handover, webserver);
  },
};

/** What happens in a recording. Names, numbers and emoji are in it, so that a reader can look for them. */
export async function playStory(sim: MessengerSimulator): Promise<void> {
  const customer = sim.customer('6600112233445566');
  const agent = sim.agent();
  await customer.says('Hello, I am Kovács Anna 👋🏽');
  await sim.settled();
  await customer.says('talk to agent');
  await sim.settled();
  await customer.says('My parcel 3003001234567890 is late. Call me: +36 30 123 4567');
  await agent.says(customer.psid, 'Hello Anna, here is Béla.');
  await sim.settled();
  await agent.handsBack(customer.psid, JSON.stringify({ outcome: 'completed', agent: 'Béla' }));
  await sim.settled();
  await customer.says('Thank you ♥');
  await sim.settled();
}
