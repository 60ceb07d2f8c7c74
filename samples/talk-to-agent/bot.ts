/** The sample bot: restify, the adapter, the plugin, dialogs. Your own bot would have the same parts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConversationState, MemoryStorage } from 'botbuilder';
import type { Storage, TurnContext } from 'botbuilder';
import { DialogSet, runDialog } from 'botbuilder-dialogs';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import * as restify from 'restify';
import { RootDialog } from './root-dialog.js';
import type { SampleSettings } from './settings.js';

/** A running bot. */
export interface RunningBot {
  readonly port: number;
  readonly webhookUrl: string;
  readonly handover: VccLiveHandover;
  /** Serves a request that came in on another server's port. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  stop(): Promise<void>;
}

/**
 * What `npm start` adds to the bot: a clock that you can wind forward, a second Page, and policies to watch. `npm run sample`
 * adds a file that survives restarts.
 */
export type SamplePolicies = Pick<
  Partial<VccLiveHandoverOptions>,
  | 'pageAccessToken'
  | 'clock'
  | 'talkToAgent'
  | 'availability'
  | 'timers'
  | 'reclaim'
  | 'loopBreaker'
  | 'controlRequests'
  | 'openPrompt'
  | 'pages'
  | 'store'
  | 'inbox'
>;

/** The dialogs' state between two turns. Default: kept in memory while the bot runs. */
export interface SampleMemory {
  readonly storage?: Storage;
}

/** Starts the bot; `port` 0 takes a free one. */
export async function startBot(
  settings: SampleSettings,
  say: (line: string) => void,
  how: SamplePolicies & SampleMemory = {},
): Promise<RunningBot> {
  const { storage = new MemoryStorage(), ...policies } = how;
  const handover = new VccLiveHandover({
    botAppId: settings.appId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    // The root dialog recognises the wish itself, because it goes on afterwards.
    talkToAgent: [],
    ...policies,
    graph: { baseUrl: settings.graphBaseUrl }, // Meta's if undefined
  });
  handover.on('passed', ({ thread, handoverId }) =>
    say(`bot: thread of ${thread.psid} passed (handover ${handoverId})`),
  );
  handover.on('claimed', ({ thread }) => say(`bot: an agent has answered ${thread.psid}`));
  handover.on('returned', ({ thread, result }) =>
    say(`bot: thread of ${thread.psid} is back: ${result.outcome} via ${result.via}`),
  );
  handover.on('failed', ({ error }) => say(`bot: handover failed: ${error.message}`));
  handover.on('suppressed', ({ reason }) => say(`bot: kept silent (${reason})`));

  const adapter = new HandoverFacebookAdapter({ handover, verify_token: settings.verifyToken });
  adapter.onTurnError = async (_context, error) => {
    console.error('The bot failed in a turn:', error);
  };

  const conversationState = new ConversationState(handover.guardStorage(storage));
  const dialogState = conversationState.createProperty('dialogs');
  const root = new RootDialog(handover);
  const dialogs = new DialogSet(dialogState).add(root);
  const logic = async (context: TurnContext): Promise<void> => {
    const { type, name } = context.activity;
    if (type === 'message' || name === 'handoff.status') await runDialog(root, context, dialogState);
    await conversationState.saveChanges(context);
  };
  handover.attach(adapter, logic, { dialogs, conversationState });

  const server = restify.createServer({ name: 'talk-to-agent' });
  const receive = async (req: restify.Request, res: restify.Response): Promise<void> =>
    adapter.processActivity(req, res, logic);
  server.get('/api/messages', receive);
  server.post('/api/messages', receive);
  if (settings.vccLiveWebhookSecret !== undefined) {
    server.post('/vcc-live', handover.vccLiveWebhook({ secret: settings.vccLiveWebhookSecret }));
  }
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(settings.port, resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    webhookUrl: `http://127.0.0.1:${port}/api/messages`,
    handover,
    serve: (request, response) => void server.server.emit('request', request, response),
    stop: async () => {
      await handover.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
