/** The Messenger adapter for the Agents SDK with its middleware and an application with one route, set up as its guide says. */
import * as http from 'node:http';
import { AgentApplication, MemoryStorage } from '@microsoft/agents-hosting';
import type { TurnState } from '@microsoft/agents-hosting';
import { MessengerAdapter, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';

/** @param bot `bare`: the adapter with empty logic and no application, which costs a good deal by itself */
export function agentsServer(graphOrigin: string, bot: 'bare' | 'silent' | 'echo'): http.Server {
  const handover = new VccLiveHandover({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: PAGE_TOKEN,
    appSecret: APP_SECRET,
    graph: { baseUrl: graphOrigin },
  });
  const adapter = new MessengerAdapter({ handover, verifyToken: VERIFY_TOKEN });
  if (bot === 'bare') return http.createServer((req, res) => void adapter.process(req, res, () => Promise.resolve()));
  const app = new AgentApplication<TurnState>({ adapter, storage: new MemoryStorage() });
  handover.attach(app);
  app.onActivity('message', async (context) => {
    if (bot === 'echo') await context.sendActivity(`You said: ${context.activity.text}`);
  });
  return http.createServer((req, res) => void adapter.process(req, res, (context) => app.run(context)));
}
