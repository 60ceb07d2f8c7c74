/**
 * A usual Botkit bot with the stock Facebook adapter, and one more line: `controller.usePlugin`.
 *
 * A keyword hands over from a conversation, which goes on with the result. The plugin itself hears "talk to agent".
 */
import { Botkit, BotkitConversation } from 'botkit';
import type { Request, Response } from 'express';
import { FacebookAdapter, FacebookEventTypeMiddleware } from 'botbuilder-adapter-facebook';
import type { Storage } from 'botbuilder';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { ThreadStore } from 'botbuilder-handover-vcclive';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import type { SampleSettings } from '../talk-to-agent/settings.js';

/** The conversation that asks for the subject, hands over, and goes on. */
const COMPLAINT = 'complaint';

interface Notification {
  readonly pageId: string;
  readonly psid: string;
  readonly text: string;
}

/** What survives a restart. */
interface Kept {
  readonly store: ThreadStore;
  /** Botkit's conversations. */
  readonly storage: Storage;
}

/** Makes the bot; Botkit listens on the `PORT` of the environment. */
export function startBot(settings: SampleSettings, say: (line: string) => void, { store, storage }: Kept): Botkit {
  const adapter = new FacebookAdapter({
    verify_token: settings.verifyToken,
    app_secret: settings.appSecret,
    access_token: settings.pageAccessToken,
  });
  adapter.use(new FacebookEventTypeMiddleware());
  adapter.onTurnError = async (_context, error) => {
    console.error('The bot failed in a turn:', error);
  };
  const handover = new VccLiveHandover({
    botAppId: settings.appId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    graph: { baseUrl: settings.graphBaseUrl }, // Meta's if undefined
    store,
  });
  const controller = new Botkit({
    adapter,
    webhook_uri: '/api/messages',
    jsonLimit: '1mb',
    disable_console: true,
    storage, // where Botkit's conversations survive a restart
  });
  controller.usePlugin(handoverPlugin(handover));

  controller.addDialog(handover.dialog());
  controller.addDialog(complaint(controller));
  controller.hears(['complain'], 'message', async (bot) => {
    await bot.beginDialog(COMPLAINT);
  });
  controller.on('message,facebook_postback', async (bot, message) => {
    await bot.reply(message, `You said: ${message.text ?? 'something without words'}`);
  });

  controller.webserver.post('/notifications', (request: Request, response: Response) => {
    if (request.get('authorization') !== `Bearer ${settings.verifyToken}`) {
      response.sendStatus(401);
      return;
    }
    notify(controller, request.body as Notification).then(
      () => response.sendStatus(200),
      () => response.sendStatus(500),
    );
  });

  controller.on('handover_passed', async (_bot, message) => say(`bot: thread of ${message.user} passed`));
  controller.on('handover_returned', async (_bot, message) => {
    say(`bot: thread of ${message.user} is back: ${message['result'].outcome} via ${message['result'].via}`);
  });
  controller.on('handover_suppressed', async (_bot, message) => say(`bot: kept silent (${message['reason']})`));
  return controller;
}

function complaint(controller: Botkit): BotkitConversation<{ handover: { outcome: string } }> {
  const conversation = new BotkitConversation<{ handover: { outcome: string } }>(COMPLAINT, controller);
  conversation.say('I am sorry to hear that.');
  conversation.addChildDialog('vccLiveHandover', 'handover');
  conversation.say('Welcome back! Your complaint was {{vars.handover.outcome}}.');
  return conversation;
}

/** Sends a message of a shop's order system, which answers no message. The plugin holds it back while an agent has the thread. */
async function notify(controller: Botkit, notification: Notification): Promise<void> {
  const bot = await controller.spawn(notification.pageId);
  await bot.startConversationWithUser(notification.psid);
  await bot.say(notification.text);
}
