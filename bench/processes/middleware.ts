/**
 * The middleware alone, on Bot Framework's TestAdapter with Messenger's channel: the same bot with it and without it.
 *
 * The bot is the usual template in small: two states in memory, a waterfall, one answer. Beside it a bot that does
 * nothing at all, for which any middleware is much.
 */
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { Activity, TurnContext } from 'botbuilder';
import { ConversationState, MemoryStorage, TestAdapter, UserState } from 'botbuilder';
import { DialogSet, DialogTurnStatus, WaterfallDialog } from 'botbuilder-dialogs';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN } from '../settings.js';
import { messageOf } from '../webhooks.js';
import { answerQuestions } from './answer-questions.js';

/** Which bot runs. */
export type BotKind = 'template' | 'empty';

type Logic = (context: TurnContext) => Promise<void>;
type Turn = () => Promise<void>;

const CUSTOMERS = 500;

const bots = {
  template: { without: turnsOf(templateBot(), false), with: turnsOf(templateBot(), true) },
  empty: { without: turnsOf(async () => undefined, false), with: turnsOf(async () => undefined, true) },
};

answerQuestions({ run });

/** @returns CPU seconds for 10,000 turns */
async function run(given: { bot: BotKind; side: 'with' | 'without'; turns: number }): Promise<number> {
  const turn = bots[given.bot][given.side];
  const before = process.cpuUsage();
  for (let count = 0; count < given.turns; count += 1) await turn();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1e6 / given.turns) * 10_000;
}

function turnsOf(logic: Logic, withMiddleware: boolean): Turn {
  const adapter = new TestAdapter(logic);
  if (withMiddleware) {
    adapter.use(
      new VccLiveHandover({
        botAppId: BOT_APP_ID,
        vccLiveAppId: OTHER_APP_ID,
        pageAccessToken: PAGE_TOKEN,
        appSecret: APP_SECRET,
      }),
    );
  }
  let customer = 0;
  return async () => {
    customer = (customer + 1) % CUSTOMERS;
    await adapter.processActivity(activityOf(customer));
    // What the bot said would pile up: TestAdapter keeps it for the test to look at.
    adapter.activeQueue.length = 0;
  };
}

/** As the Botkit adapter makes it of a customer's message. */
function activityOf(customer: number): Partial<Activity> {
  const item = messageOf(customer, 'hello') as {
    sender: { id: string };
    recipient: { id: string };
    message: { mid: string; text: string };
  };
  const { sender, recipient, message } = item;
  return {
    type: 'message',
    channelId: 'facebook',
    text: message.text,
    conversation: { id: sender.id } as Activity['conversation'],
    from: { id: sender.id, name: sender.id },
    recipient: { id: recipient.id, name: recipient.id },
    channelData: { ...item, ...message },
  };
}

function templateBot(): Logic {
  const storage = new MemoryStorage();
  const conversationState = new ConversationState(storage);
  const userState = new UserState(storage);
  const profile = userState.createProperty<{ turns: number }>('profile');
  const dialogs = new DialogSet(conversationState.createProperty('dialogs'));
  dialogs.add(
    new WaterfallDialog('main', [
      async (step) => {
        await step.context.sendActivity('How can I help?');
        return { status: DialogTurnStatus.waiting };
      },
      async (step) => step.endDialog(),
    ]),
  );
  return async (context) => {
    const known = await profile.get(context, { turns: 0 });
    known.turns += 1;
    const dialogContext = await dialogs.createContext(context);
    const { status } = await dialogContext.continueDialog();
    if (status === DialogTurnStatus.empty || status === DialogTurnStatus.complete)
      await dialogContext.beginDialog('main');
    await conversationState.saveChanges(context);
    await userState.saveChanges(context);
  };
}
