/**
 * A bot behind Azure Bot Service's Facebook channel: CloudAdapter, restify, the plugin, dialogs.
 *
 * The channel brings the events and takes the bot's messages. The plugin passes the thread through Graph, with the Page's token.
 */
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConversationState,
  ShowTypingMiddleware,
  TurnContext,
} from 'botbuilder';
import type { ConversationReference, Request as BotRequest, Storage } from 'botbuilder';
import { runDialog } from 'botbuilder-dialogs';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { ThreadStore } from 'botbuilder-handover-vcclive';
import * as restify from 'restify';
import { RootDialog } from '../talk-to-agent/root-dialog.js';
import type { AzureBotSettings } from './settings.js';

/** A running bot. */
export interface RunningAzureBot {
  readonly port: number;
  readonly handover: VccLiveHandover;
  stop(): Promise<void>;
}

/** What somebody wants a customer to hear who has not asked. */
interface Notification {
  readonly psid: string;
  readonly text: string;
}

/** What survives a restart. */
interface Kept {
  readonly store: ThreadStore;
  /** The dialogs' state. */
  readonly storage: Storage;
}

/** Starts the bot; `port` 0 takes a free one. */
export async function startBot(
  settings: AzureBotSettings,
  say: (line: string) => void,
  { store, storage }: Kept,
): Promise<RunningAzureBot> {
  const handover = new VccLiveHandover({
    botAppId: settings.appId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    // The root dialog recognises the wish itself, because it wants to go on afterwards.
    talkToAgent: [],
    graph: { baseUrl: settings.graphBaseUrl }, // Meta's if undefined
    store, // an SQLite file, so that a restart loses no handover
  });
  handover.on('passed', ({ thread, handoverId }) =>
    say(`bot: thread of ${thread.psid} passed (handover ${handoverId})`),
  );
  handover.on('returned', ({ thread, result }) =>
    say(`bot: thread of ${thread.psid} is back: ${result.outcome} via ${result.via}`),
  );
  handover.on('failed', ({ error }) => say(`bot: handover failed: ${error.message}`));
  handover.on('suppressed', ({ reason }) => say(`bot: kept silent (${reason})`));

  const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication(settings.registration));
  adapter.onTurnError = async (_context, error) => {
    console.error('The bot failed in a turn:', error);
  };
  adapter.use(handover); // before any other middleware
  adapter.use(new ShowTypingMiddleware());

  const conversationState = new ConversationState(handover.guardStorage(storage));
  const dialogState = conversationState.createProperty('dialogs');
  const root = new RootDialog(handover);
  const references = new Map<string, Partial<ConversationReference>>();
  const logic = async (context: TurnContext): Promise<void> => {
    const { type, name } = context.activity;
    references.set(context.activity.from.id, TurnContext.getConversationReference(context.activity));
    if (type === 'message' || name === 'handoff.status') await runDialog(root, context, dialogState);
    await conversationState.saveChanges(context);
  };
  const microsoftAppId = settings.registration.MicrosoftAppId ?? '';
  handover.attach(adapter, logic, { microsoftAppId });

  const notify = async ({ psid, text }: Notification): Promise<void> => {
    const reference = references.get(psid);
    if (!reference) return;
    await adapter.continueConversationAsync(microsoftAppId, reference, async (context) => {
      await context.sendActivity(text); // held back while an agent has the thread
    });
  };

  const server = restify.createServer({ name: 'azure-bot' });
  server.use(restify.plugins.bodyParser());
  server.post('/api/messages', async (req, res) => adapter.process(req as BotRequest, res, logic));
  server.post('/notifications', async (req, res) => {
    const { notificationsToken } = settings;
    const allowed = notificationsToken !== undefined && req.headers.authorization === `Bearer ${notificationsToken}`;
    if (allowed) await notify(req.body as Notification);
    res.send(allowed ? 200 : 401);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(settings.port, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    handover,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
