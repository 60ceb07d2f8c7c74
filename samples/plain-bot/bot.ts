/** A bot without a framework: node:http, a function that answers, and one that goes on after an agent. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessengerBot, talkToAgentPhrases } from 'botbuilder-handover-vcclive/messenger';
import type {
  CustomerMessage,
  HandoverResult,
  MessengerBotOptions,
  MessengerThread,
  Reply,
} from 'botbuilder-handover-vcclive/messenger';
import type { SampleSettings } from '../talk-to-agent/settings.js';

/** A running bot. */
export interface RunningPlainBot {
  readonly port: number;
  readonly handover: MessengerBot;
  /** Serves a request that came in on another server's port. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  stop(): Promise<void>;
}

const TALK_TO_AGENT = { title: 'Talk to agent', payload: 'TALK_TO_AGENT' };
/** Payload of the answers to the question about a handover. */
const RATING = /^RATING_([1-5])$/;
const asksForAgent = talkToAgentPhrases(['en']);

/** Starts the bot; `port` 0 takes a free one. */
export async function startPlainBot(
  settings: SampleSettings,
  say: (line: string) => void,
  more: Partial<MessengerBotOptions> = {},
): Promise<RunningPlainBot> {
  const bot = new MessengerBot({
    botAppId: settings.appId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    verifyToken: settings.verifyToken,
    // The bot recognises the wish itself, because it tells the agent more.
    talkToAgent: [],
    ...more,
    graph: { baseUrl: settings.graphBaseUrl }, // Meta's if undefined
  });
  bot.on('passed', ({ thread, handoverId }) => say(`bot: thread of ${thread.psid} passed (handover ${handoverId})`));
  bot.on('claimed', ({ thread }) => say(`bot: an agent has answered ${thread.psid}`));
  bot.on('returned', ({ thread, result }) => {
    say(`bot: thread of ${thread.psid} is back: ${result.outcome} via ${result.via}`);
  });
  bot.on('suppressed', ({ reason }) => say(`bot: kept silent (${reason})`));

  bot.onMessage(async (message, thread) => {
    if (message.payload === TALK_TO_AGENT.payload || asksForAgent.some((hears) => hears({ message }))) {
      await handOver(thread);
      return;
    }
    await thread.reply(answerTo(message));
  });
  bot.onReturned(async (result, thread) => {
    await thread.reply(greeting(result));
  });

  const vccLive = settings.vccLiveWebhookSecret && bot.vccLiveWebhook({ secret: settings.vccLiveWebhookSecret });
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (vccLive && request.url?.split('?')[0] === '/vcc-live') void vccLive(request, response);
    else void bot.webhook(request, response);
  };
  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(settings.port, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    handover: bot,
    serve,
    stop: async () => {
      await bot.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function handOver(thread: MessengerThread): Promise<void> {
  const start = await thread.toAgent({ reason: 'asked for an agent' });
  // The customer has read why.
  if (start.status === 'refused' && start.reason === 'unavailable') {
    await thread.reply('Can I help you with something myself?');
  }
}

/** Your own bot asks a language model here, say. */
function answerTo({ text, payload }: CustomerMessage): Reply {
  const rating = RATING.exec(payload ?? '')?.[1];
  if (rating !== undefined) return { text: `Thank you for the ${rating}.` };
  if (payload === 'PARCEL') return { text: 'Your parcel is on its way.' };
  if (payload === 'ADDRESS') return { text: 'What is your new address?' };
  if (text?.toLowerCase() === 'menu') {
    const parcel = { type: 'postback', title: 'Where is my parcel?', payload: 'PARCEL' };
    const address = { type: 'postback', title: 'Change my address', payload: 'ADDRESS' };
    const template = { template_type: 'button', text: 'What can I do for you?', buttons: [parcel, address] };
    return { message: { attachment: { type: 'template', payload: template } } };
  }
  return { text: text ? `You said: ${text}` : 'Thank you, I got that.', quickReplies: [TALK_TO_AGENT] };
}

function greeting({ outcome, disposition, agent = 'The agent' }: HandoverResult): string {
  if (outcome === 'takenBack') return 'I took over from the agent again. What can I do for you?';
  if (outcome !== 'completed') return 'No agent could take your chat in time, so I am back. What can I do for you?';
  // What VCC Live's webhook says of the chat, if the webhook came in time.
  const closing = disposition === undefined ? '' : ` ${agent} has closed your chat: ${disposition}.`;
  return `Welcome back!${closing} The bot is here again. What else can I do for you?`;
}
