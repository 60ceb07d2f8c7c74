/** Azure Bot Service's Facebook channel: whole stories through a real `CloudAdapter`, in every form that events were seen in. */
import {
  ActivityTypes,
  AutoSaveStateMiddleware,
  ConversationState,
  MemoryStorage,
  MemoryTranscriptStore,
  ShowTypingMiddleware,
  TranscriptLoggerMiddleware,
} from 'botbuilder';
import type { Activity, ConversationParameters, ConversationReference, TurnContext } from 'botbuilder';
import { expect } from 'chai';
import type { GraphEntry } from 'botbuilder-handover-vcclive/simulator';
import { PSID, until } from './scene.js';
import { azure, closePlays, playOn } from './transports/transports.js';
import type { AzureBot, Play, TransportOptions } from './transports/transports.js';
import type { AzureStandbyForm } from '../../src/simulator/azure/azure-activities.js';

type Stage = Play & { readonly bot: AzureBot };

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const ANNA = 'Hello, this is Anna.';
const OTHER_PSID = '7700112233445566';
const APP_ID = 'any-app-id';

const open = (options: TransportOptions = {}): Promise<Stage> => playOn(azure, options);
const withAgent = async (options: TransportOptions = {}): Promise<Stage> => {
  const stage = await open(options);
  await stage.customer.says('hello');
  await stage.customer.says('talk to agent');
  expect(stage.owner()).to.equal('vccLive');
  // The notice's echo.
  await stage.sim.settled();
  return stage;
};
/** The messages of a list: the dialogs of Bot Framework send traces beside them, which no customer sees. */
const textsOf = (activities: readonly Partial<Activity>[]): (string | undefined)[] =>
  activities.filter(({ type }) => type === 'message').map(({ text }) => text);
/** A turn of the application's own accord, in the conversation of the customer. */
const proactively = (stage: Stage, logic: (context: TurnContext) => Promise<void>): Promise<void> =>
  stage.bot.adapter.continueConversationAsync(APP_ID, referenceTo(stage), logic);
const referenceTo = ({ bot, thread }: Stage): Partial<ConversationReference> => ({
  channelId: 'facebook',
  serviceUrl: bot.channel.serviceUrl,
  conversation: { id: `${thread.psid}-${thread.pageId}` } as Activity['conversation'],
  bot: { id: thread.pageId, name: '' },
  user: { id: thread.psid, name: '' },
});

describe('A whole handover through Azure Bot Service', () => {
  afterEach(closePlays);

  for (const standby of ['array', 'standby', 'standBy', 'channelData', 'everywhere'] satisfies AzureStandbyForm[]) {
    it(`with standby as ${standby}: silence, and home by a conversationUpdate`, async () => {
      const stage = await open({ channel: { standby } });
      await stage.customer.says('hello');
      await stage.customer.says('agent please');
      await stage.agent.says(PSID, ANNA);
      await stage.customer.says('My parcel is late.');
      await stage.agent.handsBack(PSID, 'solved');
      await stage.customer.says('Thank you!');

      expect(stage.customer.hears()).to.deep.equal([
        'bot: hello',
        CONNECTING,
        ANNA,
        'ended: completed via passBack',
        'bot: Thank you!',
      ]);
      expect(stage.bot.channel.texts, 'by the connector').to.deep.equal([
        'bot: hello',
        CONNECTING,
        'ended: completed via passBack',
        'bot: Thank you!',
      ]);
      const forms = stage.bot.channel.delivered.map(({ activity }) => activity.name ?? activity.type);
      expect(forms).to.include.members(['message', 'standby', 'conversationUpdate']);
      expect(stage.bot.channel.delivered.map(({ status }) => status)).to.satisfy((all: number[]) =>
        all.every((status) => status === 200),
      );
      expect(stage.news('standbyMessage').map(({ from, event }) => [from, event.text])).to.deep.equal([
        ['agent', ANNA],
        ['customer', 'My parcel is late.'],
      ]);
      expect(stage.bot.errors).to.deep.equal([]);
      expect(stage.saidOverOthers()).to.deep.equal([]);
    });
  }

  it('with several items in one standby event, of two customers, one of whom wants the bot back', async () => {
    const stage = await withAgent({ handover: { reclaim: { customer: 'bot' }, texts: { returned: 'Welcome back!' } } });
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('agent please');
    const { pageId } = stage.thread;
    const item = (psid: string, mid: string, text: string): object => ({
      sender: { id: psid },
      recipient: { id: pageId },
      timestamp: stage.clock.now() + 1000,
      message: { mid, text },
    });
    await stage.clock.advance(2000);
    const items = [item(PSID, 'm_a', 'are you there?'), item(OTHER_PSID, 'm_b', 'bot'), item(PSID, 'm_c', 'hello?')];
    const { channel } = stage.bot;
    await channel.deliver(channel.activities.standbyEvent({ id: pageId, time: stage.clock.now(), standby: items }));

    expect([stage.owner(PSID), stage.owner(OTHER_PSID)]).to.deep.equal(['vccLive', 'bot']);
    expect(other.hears()).to.deep.equal([CONNECTING, 'ended: takenBack via take']);
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
    expect(stage.news('standbyMessage').map(({ thread, event }) => [thread.psid, event.text])).to.deep.equal([
      [PSID, 'are you there?'],
      [OTHER_PSID, 'bot'],
      [PSID, 'hello?'],
    ]);
  });

  it('with a request of VCC Live that comes as an event without conversation', async () => {
    const stage = await open();
    await stage.customer.says('hello');
    const { vccLiveAppId } = stage.sim.settings;
    await stage.deliver([{ request_thread_control: { requested_owner_app_id: BigInt(vccLiveAppId), metadata: 'x' } }]);
    const { activity } = stage.bot.channel.delivered.at(-1)!;
    expect(activity).to.not.have.any.keys('conversation', 'from', 'recipient');
    expect(stage.owner()).to.equal('vccLive');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('hello again');
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: hello again']);
  });
});

describe('Echoes of Azure Bot Service', () => {
  afterEach(closePlays);

  for (const echoes of ['event', 'message'] as const) {
    it(`as ${echoes}: the bot’s own words are no wish for an agent`, async () => {
      const stage = await open({ channel: { echoes }, handover: { talkToAgent: /talk to agent/ } });
      // The bot's own logic has to know echoes where they are messages; this one answers whatever is one.
      await stage.deliver([
        {
          sender: { id: stage.thread.pageId },
          recipient: { id: PSID },
          message: {
            mid: 'm_echo',
            is_echo: true,
            app_id: BigInt(stage.sim.settings.botAppId),
            text: 'Write "talk to agent" if you need one.',
          },
        },
      ]);
      expect(stage.owner()).to.equal('idle');
      expect(stage.calls('pass_thread_control')).to.deep.equal([]);
    });
  }
});

describe('What would leak past the middleware', () => {
  afterEach(closePlays);

  it('is typing: neither before nor behind the plugin does ShowTypingMiddleware show any over the agent', async () => {
    const stage = await open();
    const { adapter, channel } = stage.bot;
    // Behind the plugin it types while a turn runs; in the conversation's own turn that is as it should be.
    adapter.use(new ShowTypingMiddleware(1, 60_000));
    let typed = 0;
    adapter.use(async (context, next) => {
      if (context.activity.type === 'message') typed += 1;
      await until(() => stage.calls('messages').filter(isTyping).length >= typed);
      await next();
    });
    await stage.customer.says('hello');
    expect(channel.calls.map(({ activity }) => (activity as any).type)).to.include(ActivityTypes.Typing);

    await stage.customer.says('agent please');
    const before = channel.calls.length;
    // A button of the bot's own comes on messaging whoever has the thread.
    await stage.deliver([{ postback: { mid: 'm_1', title: 'Menu', payload: 'MENU' } }]);
    await proactively(stage, async (context) => {
      await context.adapter.sendActivities(context, [
        {
          type: ActivityTypes.Typing,
          conversation: context.activity.conversation,
          recipient: context.activity.from,
          from: context.activity.recipient,
        },
      ]);
    });
    expect(channel.calls).to.have.length(before);
    expect(stage.saidOverOthers()).to.deep.equal([]);
    expect(stage.suppressed()).to.include('anotherAppOwns');
  });

  it('is typing of a middleware that stands before the plugin, by mistake', async () => {
    const stage = await withAgent();
    const { adapter, channel } = stage.bot;
    const { middleware } = (adapter as unknown as { middleware: { middleware: unknown[] } }).middleware;
    middleware.unshift(...firstTypes());
    const before = channel.calls.length;
    await stage.deliver([{ postback: { mid: 'm_1', title: 'Menu', payload: 'MENU' } }]);
    expect(channel.calls).to.have.length(before);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
  });

  it('is an update or a deletion of what was said before', async () => {
    const stage = await withAgent();
    const { channel } = stage.bot;
    const touch = (): Promise<void> =>
      proactively(stage, async (context) => {
        await context.updateActivity({
          id: 'a1',
          type: 'message',
          text: 'better',
          conversation: context.activity.conversation,
        });
        await context.deleteActivity('a2');
      });
    await touch();
    expect(channel.calls.map(({ method }) => method)).to.not.include.members(['PUT', 'DELETE']);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns', 'anotherAppOwns']);

    await stage.agent.handsBack(PSID);
    await touch();
    expect(channel.calls.slice(-2).map(({ method, activityId }) => [method, activityId])).to.deep.equal([
      ['PUT', 'a1'],
      ['DELETE', 'a2'],
    ]);
  });

  it('is an answer in the response of an activity that expects replies', async () => {
    const stage = await open();
    const { channel } = stage.bot;
    const ask = async (text: string): Promise<(string | undefined)[]> => {
      const item = {
        sender: { id: PSID },
        recipient: { id: stage.thread.pageId },
        timestamp: stage.clock.now(),
        message: { mid: `m_${text}`, text },
      };
      const activity = { ...channel.activities.activityOf(item), deliveryMode: 'expectReplies' };
      const { body } = await channel.deliver(activity);
      return textsOf((body as any).activities);
    };
    await stage.customer.says('hello');
    expect(await ask('hi')).to.deep.equal(['bot: hi']);
    expect(await ask('talk to agent')).to.deep.equal([CONNECTING]);
    expect(stage.owner()).to.equal('vccLive');
    expect(await ask('hello?')).to.deep.equal([]);
  });
});

function isTyping({ body, done }: GraphEntry): boolean {
  return done && (body as { readonly sender_action?: string }).sender_action === 'typing_on';
}

/** A middleware as ShowTypingMiddleware is one, that types at once. */
function firstTypes(): readonly unknown[] {
  const types = async (context: TurnContext, next: () => Promise<void>): Promise<void> => {
    const { conversation, from, recipient } = context.activity;
    await context.adapter.sendActivities(context, [
      { type: 'typing', channelId: 'facebook', conversation, from: recipient, recipient: from },
    ]);
    await next();
  };
  return [types];
}

describe('Turns that the application begins', () => {
  afterEach(closePlays);

  it('are silent with claims, too, while the agent has the thread', async () => {
    const stage = await withAgent();
    const claims = stage.bot.adapter as unknown as { createClaimsIdentity(appId: string): never };
    const identity = claims.createClaimsIdentity(APP_ID);
    const ids: unknown[] = [];
    const say = (): Promise<void> =>
      stage.bot.adapter.continueConversationAsync(identity, referenceTo(stage), async (context) => {
        ids.push(await context.sendActivity('news'));
      });
    await say();
    expect(ids).to.deep.equal([{ id: '' }]);
    await stage.agent.handsBack(PSID);
    await say();
    expect(stage.customer.hears().slice(1)).to.deep.equal([CONNECTING, 'news']);
  });

  it('are silent in a new conversation, whose turn names the customer in the conversation alone', async () => {
    const stage = await withAgent();
    const { pageId } = stage.thread;
    const parameters = { isGroup: false, bot: { id: pageId }, members: [{ id: PSID }] } as ConversationParameters;
    const begin = (): Promise<void> =>
      stage.bot.adapter.createConversationAsync(
        APP_ID,
        'facebook',
        stage.bot.channel.serviceUrl,
        '',
        parameters,
        async (context) => {
          await context.sendActivity('a new thing');
        },
      );
    await begin();
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    await stage.agent.handsBack(PSID);
    await begin();
    expect(stage.customer.hears().at(-1)).to.equal('a new thing');
  });
});

describe('Middleware behind the plugin', () => {
  afterEach(closePlays);

  it('meets no event without conversation: transcripts and state are kept of the bot’s own turns', async () => {
    const stage = await open();
    const { adapter } = stage.bot;
    const transcripts = new MemoryTranscriptStore();
    const state = new ConversationState(new MemoryStorage());
    const count = state.createProperty<number>('count');
    adapter.use(new TranscriptLoggerMiddleware(transcripts));
    adapter.use(new AutoSaveStateMiddleware(state));
    adapter.use(async (context, next) => {
      await count.set(context, (await count.get(context, 0)) + 1);
      await next();
    });
    await stage.customer.says('hello');
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, ANNA);
    await stage.customer.says('Hi Anna');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('back?');

    expect(stage.bot.errors).to.deep.equal([]);
    const { items } = await transcripts.getTranscriptActivities('facebook', `${PSID}-${stage.thread.pageId}`);
    expect(textsOf(items)).to.have.members(['hello', 'bot: hello', 'back?', 'bot: back?']);
    await proactively(stage, async (context) => {
      expect(await count.get(context)).to.equal(3);
    });
  });
});

describe('What the connector answers', () => {
  afterEach(closePlays);

  /** The plugin knows nothing of the thread yet, which an agent has; the customer presses a button of the bot's. */
  const unknownThread = async (options: TransportOptions): Promise<Stage> => {
    const stage = await open(options);
    const url = stage.bot.channel;
    await stage.customer.says('hello');
    await stage.agent.takes(PSID);
    await stage.bot.handover.forget(stage.thread);
    url.calls.length = 0;
    await stage.deliver([{ postback: { mid: 'm_1', title: 'Menu', payload: 'MENU' } }]);
    expect(url.texts, 'let out, as Meta itself delivered the turn').to.deep.equal(['bot: MENU']);
    return stage;
  };

  it('proves nothing where it accepts: whose the thread is stays unknown until Meta says it', async () => {
    const stage = await unknownThread({ channel: { accepts: 'beforeMeta' } });
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('unknown');
    await stage.bot.writesTo(stage.thread, 'Your parcel has left.');
    expect(stage.bot.channel.texts).to.deep.equal(['bot: MENU']);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
  });

  it('proves nothing where it accepts what Meta has refused', async () => {
    const stage = await unknownThread({ channel: { refusals: 'swallowed' } });
    expect(stage.bot.channel.refusedByMeta).to.have.length(1);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('unknown');
  });

  it('is Meta’s word where it hands that on: the thread is another app’s, and the bot’s code sees silence', async () => {
    const stage = await unknownThread({ channel: { refusals: 'relayed' } });
    expect(stage.suppressed()).to.deep.equal(['refusedByMeta']);
    expect(stage.bot.errors).to.deep.equal([]);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
  });

  it('is a reason to ask Meta where it refuses without a word', async () => {
    const stage = await unknownThread({ channel: { refusals: 'stripped' } });
    expect(stage.suppressed()).to.deep.equal(['refusedByMeta']);
    expect(stage.bot.errors).to.deep.equal([]);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
  });

  it('goes to the bot’s code where the thread is the bot’s: the message was refused for something else', async () => {
    const stage = await open({ channel: { refusals: 'stripped' } });
    await stage.customer.says('hello');
    await stage.clock.advance(25 * 60 * 60_000);
    const failures: unknown[] = [];
    await proactively(stage, async (context) => {
      await context.sendActivity('too late').catch((error: unknown) => failures.push(error));
    });
    expect(failures.map((error) => (error as { statusCode?: number }).statusCode)).to.deep.equal([403]);
    expect(stage.suppressed()).to.deep.equal([]);
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: hello']);
  });

  it('may come before Meta has the notice, which then comes too late; notice and pass in one call do not', async () => {
    const late = await open({ channel: { accepts: 'beforeMeta' } });
    await late.customer.says('talk to agent');
    await late.bot.channel.flush();
    expect(late.owner()).to.equal('vccLive');
    expect(late.customer.hears()).to.deep.equal([]);
    expect(late.bot.channel.refusedByMeta).to.have.length(1);

    const inline = await open({ channel: { accepts: 'beforeMeta' }, handover: { inlineThreadControl: true } });
    await inline.customer.says('talk to agent');
    await inline.bot.channel.flush();
    expect(inline.owner()).to.equal('vccLive');
    expect(inline.customer.hears()).to.deep.equal([CONNECTING]);
    expect(inline.bot.channel.texts).to.deep.equal([]);
  });
});
