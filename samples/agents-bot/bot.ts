/** The sample bot on the Microsoft 365 Agents SDK: Express, the Messenger adapter, the plugin, an application with routes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentApplication, MemoryStorage } from '@microsoft/agents-hosting';
import type { Storage } from '@microsoft/agents-hosting';
import { MessengerAdapter, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive/agents';
import express from 'express';
import type { SampleSettings } from '../talk-to-agent/settings.js';
import { addRoutes } from './routes.js';
import type { State } from './routes.js';
import type { RunningBot } from '../talk-to-agent/on-stage.js';

/** What `npm start` adds to the bot, and where the state of its conversations is kept. Default: in memory. */
export interface AgentsBotOptions extends Partial<VccLiveHandoverOptions> {
  readonly storage?: Storage;
}

/** Starts the bot; `port` 0 takes a free one. */
export async function startAgentsBot(
  settings: SampleSettings,
  say: (line: string) => void,
  how: AgentsBotOptions = {},
): Promise<RunningBot> {
  const { storage = new MemoryStorage(), ...policies } = how;
  const handover = new VccLiveHandover({
    botAppId: settings.appId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    // A route recognises the wish itself, because the bot goes on afterwards.
    talkToAgent: [],
    ...policies,
    graph: { baseUrl: settings.graphBaseUrl }, // Meta's if undefined
  });
  handover.on('passed', ({ thread }) => say(`bot: thread of ${thread.psid} passed`));
  handover.on('claimed', ({ thread }) => say(`bot: an agent has answered ${thread.psid}`));
  handover.on('returned', ({ thread, result }) => say(`bot: thread of ${thread.psid} is back: ${result.outcome}`));
  handover.on('failed', ({ error }) => say(`bot: handover failed: ${error.message}`));
  handover.on('suppressed', ({ reason }) => say(`bot: kept silent (${reason})`));

  const adapter = new MessengerAdapter({ handover, verifyToken: settings.verifyToken });
  const app = new AgentApplication<State>({ adapter, storage: handover.guardStorage(storage) });
  app.onError(async (_context, error) => {
    console.error('The bot failed in a turn:', error);
  });
  handover.attach(app);
  addRoutes(app, handover);

  const server = express();
  server.all('/api/messages', (req, res) => {
    void adapter.process(req, res, (context) => app.run(context));
  });
  if (settings.vccLiveWebhookSecret !== undefined) {
    const hears = handover.vccLiveWebhook({ secret: settings.vccLiveWebhookSecret });
    server.post('/vcc-live', (req, res) => {
      void hears(req, res);
    });
  }
  const listener = createServer(server);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject).listen(settings.port, resolve);
  });
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    handover,
    serve: (request, response) => void listener.emit('request', request, response),
    stop: async () => {
      await handover.close();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
