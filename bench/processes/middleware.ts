/**
 * The middleware alone, on Bot Framework's TestAdapter with Messenger's channel: the same bot with it and without it.
 *
 * The bot is the usual template in small: two states in memory, a waterfall, one answer. Once with activities as the Botkit
 * adapter makes them, Meta's item in `channelData`, and once with bare ones, as TestAdapter makes them of a text. Beside it a
 * bot that does nothing at all, for which any middleware is much.
 */
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { Activity, TurnContext } from 'botbuilder';
import { ConversationState, MemoryStorage, TestAdapter, UserState } from 'botbuilder';
import { DialogSet, DialogTurnStatus, WaterfallDialog } from 'botbuilder-dialogs';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN } from '../settings.js';
import { messageOf } from '../webhooks.js';
import { answerQuestions } from './answer-questions.js';

/** Which bot runs. */
export type BotKind = 'template' | 'bareTemplate' | 'empty';

type Logic = (context: TurnContext) => Promise<void>;
type Turn = () => Promise<void>;

type MakeActivity = (customer: number) => Partial<Activity>;

const CUSTOMERS = 500;
/** Turns of one side before the other has its own. */
const BLOCK = 250;

const bots = {
  template: sidesOf(templateBot, activityOf),
  bareTemplate: sidesOf(templateBot, bareActivityOf),
  empty: sidesOf(() => async () => undefined, activityOf),
};

answerQuestions({ run });

/**
 * Both sides in blocks that take turns, so that what else the machine does in that time hits both.
 * @returns CPU seconds for 10,000 turns
 */
async function run(given: { bot: BotKind; turns: number }): Promise<{ with: number; without: number }> {
  const sides = bots[given.bot];
  const cpu = { with: 0, without: 0 };
  const blocks = Math.ceil(given.turns / BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    for (const side of block % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
      const before = process.cpuUsage();
      for (let count = 0; count < BLOCK; count += 1) await sides[side]();
      const { user, system } = process.cpuUsage(before);
      cpu[side] += user + system;
    }
  }
  const per10k = (microseconds: number): number => (microseconds / 1e6 / (blocks * BLOCK)) * 10_000;
  return { with: per10k(cpu.with), without: per10k(cpu.without) };
}

function sidesOf(bot: () => Logic, activity: MakeActivity): Record<'with' | 'without', Turn> {
  return { without: turnsOf(bot(), activity, false), with: turnsOf(bot(), activity, true) };
}

function turnsOf(logic: Logic, activity: MakeActivity, withMiddleware: boolean): Turn {
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
    await adapter.processActivity(activity(customer));
    // What the bot said would pile up: TestAdapter keeps it for the test to look at.
    adapter.activeQueue.length = 0;
  };
}

/** As the Botkit adapter makes it of a customer's message: the fields of the message are put onto Meta's item. */
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
    channelData: Object.assign(item, message),
  };
}

/** The same without its payload. */
function bareActivityOf(customer: number): Partial<Activity> {
  const activity = activityOf(customer);
  delete activity.channelData;
  return activity;
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
