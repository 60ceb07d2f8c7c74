/** A context of ours does with an answer what Bot Framework's own does: every case is played with both, and compared. */
import { expect } from 'chai';
import type { Activity, ResourceResponse, SendActivitiesHandler } from 'botbuilder';
import { BotAdapter, TurnContext } from 'botbuilder';
import { LeanTurnContext } from '../../src/botbuilder/lean-turn-context.js';

type Answer = (activities: Partial<Activity>[]) => unknown;

class RecordingAdapter extends BotAdapter {
  readonly heard: unknown[] = [];

  constructor(readonly answer: Answer) {
    super();
  }

  async sendActivities(context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    this.heard.push([context.activity.id, structuredClone(activities)]);
    return this.answer(activities) as ResourceResponse[];
  }
  updateActivity = async (): Promise<undefined> => undefined;
  deleteActivity = async (): Promise<void> => undefined;
  continueConversation = async (): Promise<void> => undefined;
}

interface Case {
  readonly incoming?: Partial<Activity>;
  readonly answer?: Answer;
  readonly handlers?: readonly SendActivitiesHandler[];
  readonly run: (context: TurnContext) => Promise<unknown>;
}

const INCOMING: Partial<Activity> = {
  type: 'message',
  id: 'm1',
  channelId: 'facebook',
  serviceUrl: 'https://example.org',
  locale: 'hu-HU',
  from: { id: '42', name: 'Kata' },
  recipient: { id: '7', name: 'Shop' },
  conversation: { id: '42' } as Activity['conversation'],
};
const numbered: Answer = (activities) => activities.map((_each, index) => ({ id: `sent ${index}` }));
const hello = (context: TurnContext): Promise<unknown> => context.sendActivity('Hello');

const CASES: Readonly<Record<string, Case>> = {
  'a text': { run: hello },
  'a text that is spoken, with a hint': {
    run: (context) => context.sendActivity('Hello', '<speak/>', 'expectingInput'),
  },
  'an empty text': { run: (context) => context.sendActivity('') },
  'an activity with an id, a name and no type': {
    run: (context) => context.sendActivity({ id: 'mine', name: 'n', locale: 'en' }),
  },
  'an activity of which somebody keeps a reference': {
    run: async (context) => {
      const mine: Partial<Activity> = { text: 'Hello', from: { id: 'other', name: '' } };
      await context.sendActivity(mine);
      return mine;
    },
  },
  'several activities': {
    run: (context) => context.sendActivities([{ type: 'typing' }, { text: 'one' }, { text: 'two', type: 'message' }]),
  },
  'no activity': { run: (context) => context.sendActivities([]) },
  'a trace, which is no answer': { run: (context) => context.sendActivity({ type: 'trace', name: 't' }) },
  'an incoming activity that is an update of the conversation': {
    incoming: { type: 'conversationUpdate', channelId: 'directline' },
    run: hello,
  },
  'an incoming activity without anything': {
    incoming: { type: 'event', id: undefined, from: undefined, recipient: undefined, conversation: undefined } as never,
    run: hello,
  },
  'expected replies, which are kept': {
    incoming: { deliveryMode: 'expectReplies' },
    run: async (context) => [
      await context.sendActivity('Hello'),
      await context.sendActivity({ type: 'invokeResponse', value: { status: 200 } }),
      context.bufferedReplyActivities,
    ],
  },
  'an adapter that answers nothing': { answer: () => undefined, run: hello },
  'an adapter that answers less than it got': {
    answer: () => [{ id: 'only' }],
    run: (context) => context.sendActivities([{ text: 'one' }, { text: 'two' }]),
  },
  'an adapter that fails': {
    answer: () => {
      throw new Error('Graph refused');
    },
    run: hello,
  },
  'a handler that sees the batch before and after': {
    handlers: [
      async (_context, activities, next) => {
        for (const activity of activities) activity.text = `${activity.text}!`;
        const responses = await next();
        return [...responses, { id: String(activities.length) }];
      },
    ],
    run: (context) => context.sendActivities([{ text: 'one' }, { text: 'two' }]),
  },
  'two handlers in their order, the second of which sends nothing': {
    handlers: [
      async (_context, _activities, next) => [...(await next()), { id: 'first' }],
      async () => [{ id: 'second' }],
    ],
    run: hello,
  },
  'a handler that throws at once': {
    handlers: [
      () => {
        throw new Error('no');
      },
    ],
    run: hello,
  },
  'a handler that sends by itself': {
    handlers: [
      async (context, activities, next) => {
        if (activities[0]?.text === 'Hello') await context.sendActivity('first');
        return next();
      },
    ],
    run: hello,
  },
  'what is no list of activities': { run: async (context) => context.sendActivities(undefined as never) },
};

describe('The context of a turn that an adapter of ours begins', () => {
  for (const [what, each] of Object.entries(CASES)) {
    it(what, async () => {
      const ours = await played(each, (adapter, activity) => new LeanTurnContext(adapter, activity));
      const theirs = await played(each, (adapter, activity) => new TurnContext(adapter, activity));
      expect(ours).to.deep.equal(theirs);
    });
  }

  it('gives the activities of the batch their ids once they are sent, as Bot Framework does since 4.20', async () => {
    const context = new LeanTurnContext(new RecordingAdapter(numbered), { ...INCOMING });
    let ids: unknown[] = [];
    context.onSendActivities(async (_context, activities, next) => {
      const responses = await next();
      ids = activities.map(({ id }) => id);
      return responses;
    });
    await context.sendActivities([{ text: 'one' }, { text: 'two' }]);
    expect(ids).to.deep.equal(['sent 0', 'sent 1']);
  });

  it('is a TurnContext, also behind the proxy that middleware gets, and as the source of another', async () => {
    const adapter = new RecordingAdapter(numbered);
    const context = new LeanTurnContext(adapter, { ...INCOMING });
    expect(context).to.be.instanceOf(TurnContext);
    const { proxy, revoke } = Proxy.revocable<TurnContext>(context, {});
    await proxy.sendActivity('through the proxy');
    expect(context.responded).to.equal(true);
    await new TurnContext(context).sendActivity('from a copy');
    expect(adapter.heard).to.have.length(2);
    revoke();
    expect(() => proxy.sendActivity('late')).to.throw('revoked');
  });
});

async function played(
  { incoming = {}, answer = numbered, handlers = [], run }: Case,
  contextOf: (adapter: BotAdapter, activity: Partial<Activity>) => TurnContext,
): Promise<unknown> {
  const adapter = new RecordingAdapter(answer);
  const context = contextOf(adapter, { ...INCOMING, ...incoming });
  for (const handler of handlers) context.onSendActivities(handler);
  const outcome = await run(context).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: (error as Error).message }),
  );
  return structuredClone({ outcome, heard: adapter.heard, responded: context.responded });
}
