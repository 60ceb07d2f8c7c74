/**
 * The bot of the stories on the Microsoft 365 Agents SDK, with routes and with dialogs: behind Azure Bot Service's Facebook
 * channel, and on the adapter that speaks to Meta itself.
 */
import { createServer } from 'node:http';
import { AgentApplication, CloudAdapter, ConversationState, authorizeJWT } from '@microsoft/agents-hosting';
import { ComponentDialog, WaterfallDialog, runDialog } from '@microsoft/agents-hosting-dialogs';
import type { AgentApplicationOptions, Storage, TurnContext, TurnState } from '@microsoft/agents-hosting';
import type { Activity } from '@microsoft/agents-activity';
import express from 'express';
import { MessengerAdapter, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import type { HandoverResult, HandoverStart, ThreadKey, TalkToAgent } from 'botbuilder-handover-vcclive/agents';
import { handoverDialogs, handoverResultOf } from 'botbuilder-handover-vcclive/agents/dialogs';
import { AzureChannel } from '../../../src/simulator/azure/azure-channel.js';
import { phrasesBesideDialogs } from '../own-words.js';
import { connection } from '../scene.js';
import { listening } from '../../kit/listening.js';
import type { Ground, Transport, TransportBot, TransportOptions } from './transports.js';
import { quietLogger } from '../../kit/loggers.js';

/** What the stories' bot is seen to do, while it is being put together. */
export interface Seen {
  readonly heard: (string | undefined)[];
  readonly statuses: string[];
  readonly results: HandoverResult[];
  readonly errors: unknown[];
}

/** A bot on the Agents SDK. */
export interface AgentsBot extends TransportBot {
  readonly adapter: CloudAdapter;
  readonly app: AgentApplication<TurnState>;
  readonly handover: VccLiveHandover;
  /** Its messaging endpoint. */
  readonly url: string;
}

/** One behind Azure Bot Service. */
export interface AgentsAzureBot extends AgentsBot {
  readonly channel: AzureChannel;
}

/** What an application is made with, beside its adapter. */
export type ApplicationOptions = Partial<AgentApplicationOptions<TurnState>>;

/** Azure Bot Service's Facebook channel before an application with routes. */
const agentsCloudRoutes = {
  name: "the Agents SDK's CloudAdapter, with routes",
  losesDigits: true,
  start: (ground, options) => startCloud(ground, options, routesBot),
} satisfies Transport & { start(ground: Ground, options: TransportOptions): Promise<AgentsAzureBot> };

/** The adapter that speaks to Meta itself before an application with routes. */
const agentsMessengerRoutes: Transport = {
  name: "the Agents SDK's MessengerAdapter, with routes",
  start: (ground, options) => startMessenger(ground, options, routesBot),
};

/** Azure Bot Service's Facebook channel before an application with dialogs. */
const agentsCloudDialogs: Transport = {
  name: "the Agents SDK's CloudAdapter, with dialogs",
  losesDigits: true,
  start: (ground, options) => startCloud(ground, options, dialogsBot),
};

/** The adapter that speaks to Meta itself before an application with dialogs. */
const agentsMessengerDialogs: Transport = {
  name: "the Agents SDK's MessengerAdapter, with dialogs",
  start: (ground, options) => startMessenger(ground, options, dialogsBot),
};

/** All hosts of the Agents SDK. */
export const agentsHosts: readonly Transport[] = [
  agentsCloudRoutes,
  agentsCloudDialogs,
  agentsMessengerRoutes,
  agentsMessengerDialogs,
];

/** Puts the stories' bot into an application. */
export type MakeBot = (app: AgentApplication<TurnState>, handover: VccLiveHandover, seen: Seen) => void;

/** Starts an application behind Azure's channel. */
export async function startCloud(
  ground: Ground,
  options: TransportOptions,
  make: MakeBot,
  how: ApplicationOptions = {},
): Promise<AgentsAzureBot> {
  const channel = await AzureChannel.open(ground.sim, options.channel);
  const adapter = new CloudAdapter({});
  const handover = handoverFor(ground, options);
  const app = new AgentApplication<TurnState>({ adapter, storage: storageOf(ground, handover), ...how });
  const seen = observe(app);
  handover.attach(app);
  make(app, handover, seen);
  const server = express();
  server.use(express.json());
  server.use(authorizeJWT({}) as unknown as express.RequestHandler);
  server.post('/api/messages', (req, res) => {
    void adapter.process(req as never, res as never, (context) => app.run(context));
  });
  const { url, close } = await listening(createServer(server));
  channel.connect(url);
  return {
    ...seen,
    channel,
    adapter,
    app,
    handover,
    url,
    writesTo: (thread, text) => {
      const reference = { ...referenceTo(thread, `${thread.psid}-${thread.pageId}`), serviceUrl: channel.serviceUrl };
      return adapter.continueConversation({}, reference, async (context) => {
        await context.sendActivity(text);
      });
    },
    stop: async () => {
      await close();
      await channel.close();
    },
  };
}

/** Starts an application that receives Meta's webhooks itself. */
export async function startMessenger(
  ground: Ground,
  options: TransportOptions,
  make: MakeBot,
  how: ApplicationOptions = {},
): Promise<AgentsBot> {
  const handover = handoverFor(ground, options);
  const { verifyToken } = ground.sim.settings;
  const adapter = new MessengerAdapter({ handover, verifyToken, ackDeadlineMs: 120_000 });
  const app = new AgentApplication<TurnState>({ adapter, storage: storageOf(ground, handover), ...how });
  const seen = observe(app);
  handover.attach(app);
  make(app, handover, seen);
  const { url, close } = await listening(
    createServer((req, res) => void adapter.process(req, res, (context) => app.run(context))),
  );
  ground.sim.connectBot(url);
  return {
    ...seen,
    adapter,
    app,
    handover,
    url,
    writesTo: ({ pageId, psid }, text) =>
      adapter.continueConversation('', { user: { id: psid }, agent: { id: pageId } }, async (context) => {
        await context.sendActivity(text);
      }),
    stop: close,
  };
}

/** "agent please" hands over from a route, and the handler of the result says how it ended. */
export const routesBot: MakeBot = (app, handover, seen) => {
  /** The handovers that a dialog of another host would wait for. */
  const asked = new Set<string>();
  const ended = async (context: TurnContext, result: HandoverResult): Promise<void> => {
    await context.sendActivity(`ended: ${result.outcome} via ${result.via}`);
    seen.results.push(result);
  };
  app.onMessage('agent please', async (context) => {
    const start = await handover.transfer(context);
    if (start.status === 'passed') asked.add(start.handoverId);
    else await ended(context, resultOf(start));
  });
  handover.onResult(app, async (context, _state, result) => {
    if (asked.delete(result.handoverId ?? '')) await ended(context, result);
  });
  app.onActivity('message', async (context) => {
    await context.sendActivity(`bot: ${context.activity.text}`);
  });
};

/** The same with a waterfall, whose next step says how it ended. */
const dialogsBot: MakeBot = (app, handover, seen) => {
  addDialogs(app, handover, seen, app.options.storage!);
};

/** The dialogs, and where their state is. */
export function addDialogs(
  app: AgentApplication<TurnState>,
  handover: VccLiveHandover,
  seen: Seen,
  storage: Storage,
): void {
  const waiting = handoverDialogs(handover);
  const root = new ComponentDialog('root');
  root.addDialog(waiting.dialog());
  root.addDialog(
    new WaterfallDialog('main', [
      async (main) => {
        const { type, text } = main.context.activity;
        if (type !== 'message') return main.endDialog();
        if (text === 'agent please') return main.replaceDialog('agent');
        await main.context.sendActivity(`bot: ${text}`);
        return main.endDialog();
      },
    ]),
  );
  root.addDialog(
    new WaterfallDialog('agent', [
      waiting.step(),
      async (after) => {
        const result = handoverResultOf(after);
        await after.context.sendActivity(`ended: ${result.outcome} via ${result.via}`);
        seen.results.push(result);
        return after.endDialog();
      },
    ]),
  );
  (root as unknown as { initialDialogId: string }).initialDialogId = 'main';
  const state = new ConversationState(storage);
  const dialogs = state.createProperty('dialogs');
  app.onActivity(/./, async (context) => {
    // The package brings a second copy of agents-hosting, whose classes are others for TypeScript.
    await runDialog(root, context as never, dialogs as never);
    await state.saveChanges(context);
  });
}

/** Where the application's state is. The SDK's storages have the methods of Bot Framework's. */
function storageOf({ storage }: Ground, handover: VccLiveHandover): Storage {
  return handover.guardStorage(storage);
}

/** A plugin on the pretend platform. */
function handoverFor(ground: Pick<Ground, 'sim' | 'clock' | 'store'>, options: TransportOptions): VccLiveHandover {
  const { sim, clock, store } = ground;
  return new VccLiveHandover({
    ...connection(sim),
    clock,
    store,
    logger: quietLogger,
    talkToAgent: phrasesBesideDialogs as readonly TalkToAgent[],
    ...(options.handover as object | undefined),
    graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 60_000, ...options.handover?.graph },
  });
}

/** Notes what the application gets, whatever it makes of it. */
function observe(app: AgentApplication<TurnState>): Seen {
  const seen: Seen = { heard: [], statuses: [], results: [], errors: [] };
  const run = app.run.bind(app);
  app.run = async (context) => {
    const { type, name, text, value } = context.activity;
    if (type === 'message') seen.heard.push(text);
    if (name === 'handoff.status') seen.statuses.push((value as { readonly state: string }).state);
    await run(context);
  };
  app.onError(async (_context, error) => void seen.errors.push(error));
  return seen;
}

/** A conversation reference as an application keeps it. */
function referenceTo(
  { pageId, psid }: ThreadKey,
  conversationId: string,
): ReturnType<Activity['getConversationReference']> {
  return {
    channelId: 'facebook',
    conversation: { id: conversationId },
    agent: { id: pageId, name: pageId },
    user: { id: psid, name: psid },
  };
}

function resultOf(start: Exclude<HandoverStart, { status: 'passed' }>): HandoverResult {
  return start.status === 'refused'
    ? { outcome: 'refused', via: 'none', waitedMs: 0, reason: start.reason }
    : { outcome: 'failed', via: 'none', waitedMs: 0, error: start.error };
}
