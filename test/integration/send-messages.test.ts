import { expect } from 'chai';
import { createServer } from 'node:http';
import type { Activity, TurnContext } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import type { HandoverFacebookAdapterOptions } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { GraphEntry, SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { Clock } from '../../src/thread/clock.js';
import { systemClock } from '../../src/thread/clock.js';
import type { Bot, Served } from '../botbuilder/served-bot.js';
import { PSID, VERIFY_TOKEN, listenerOf, newBot, serve } from '../botbuilder/served-bot.js';

type Outgoing = Partial<Activity>;

let sim: MessengerSimulator;
let bot: Bot;
let served: Served;
/** What the bot does in each turn; its result or what it threw. */
let script: (context: TurnContext) => Promise<unknown>;
let result: unknown;
let suppressed: { readonly reason: string; readonly text: unknown }[];

async function open(
  given: {
    readonly sim?: SimulatorOptions;
    readonly handover?: Partial<VccLiveHandoverOptions>;
    readonly adapter?: Partial<HandoverFacebookAdapterOptions>;
  } = {},
): Promise<void> {
  sim = await MessengerSimulator.start(given.sim);
  const { pageAccessToken, appSecret } = sim.settings;
  bot = newBot({
    handover: {
      pageAccessToken,
      appSecret,
      graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 500, maxRetries: 0 },
      ...given.handover,
    },
    ...(given.adapter === undefined ? {} : { adapter: given.adapter }),
    logic: async (context) => {
      result = await script(context).catch((thrown: unknown) => thrown);
    },
  });
  suppressed = [];
  bot.handover.on('suppressed', ({ reason, activity }) =>
    suppressed.push({ reason, text: (activity as Outgoing).text }),
  );
  served = await serve(createServer(listenerOf(bot)));
  sim.connectBot(served.url);
  result = undefined;
}

async function close(): Promise<void> {
  await served.close();
  await sim.stop();
}

/** The bot sends these in one batch, in the turn of a customer's message. */
async function sends(...activities: Outgoing[]): Promise<void> {
  script = (context) => context.sendActivities(activities);
  await sim.customer(PSID).says('hello');
}

function graphCalls(edge: string): GraphEntry[] {
  return sim.wire.of('graph').filter((entry) => entry.edge === edge);
}

function bodies(): unknown[] {
  return graphCalls('messages').map(({ body }) => body);
}

/** What the stock adapter makes of an activity for this customer. */
function stockBody(activity: Outgoing): unknown {
  const stock = new FacebookAdapter({ verify_token: VERIFY_TOKEN, app_secret: 's', access_token: 't' });
  const inside = stock as unknown as { activityToFacebook(activity: Outgoing): object };
  const body = inside.activityToFacebook({ ...activity, conversation: { id: PSID } as Activity['conversation'] });
  return JSON.parse(JSON.stringify(body));
}

function graphError(): GraphApiError {
  expect(result).to.be.instanceOf(GraphApiError);
  return result as GraphApiError;
}

describe('A message of the bot', () => {
  beforeEach(() => open());
  afterEach(close);

  const quick_replies = [
    { content_type: 'text', title: 'Yes', payload: 'YES' },
    { content_type: 'text', title: 'No', payload: 'NO' },
  ];
  const buttons = {
    type: 'template',
    payload: {
      template_type: 'button',
      text: 'Which?',
      buttons: [{ type: 'postback', title: 'This', payload: 'THIS' }],
    },
  };
  const asStock: Readonly<Record<string, Outgoing>> = {
    text: { type: 'message', text: 'Szia! 🙂' },
    'quick replies': { type: 'message', text: 'Well?', channelData: { quick_replies } },
    'a template': { type: 'message', channelData: { attachment: buttons } },
    'a notification type': { type: 'message', text: 'psst', channelData: { notification_type: 'NO_PUSH' } },
    'a tag': {
      type: 'message',
      text: 'tagged',
      channelData: { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' },
    },
    'a sender action': { type: 'message', channelData: { sender_action: 'typing_on' } },
  };
  for (const [name, activity] of Object.entries(asStock)) {
    it(`with ${name} goes out as the stock adapter would send it`, async () => {
      // The simulator lets only apps with the feature use the tag; what the call says is the point here.
      await sends(activity);

      const [sent] = bodies() as Record<string, unknown>[];
      const { messaging_type: ours, ...rest } = sent ?? {};
      const { messaging_type: theirs, ...stock } = stockBody(activity) as Record<string, unknown>;
      expect(rest).to.deep.equal(stock);
      if (ours !== undefined && name !== 'a tag') expect(ours).to.equal(theirs);
    });
  }

  it('answers sendActivity with the message id that Meta gave', async () => {
    await sends({ type: 'message', text: 'one' });

    const [call] = graphCalls('messages');
    expect(result).to.deep.equal([{ id: (call?.answer as { message_id: string }).message_id }]);
  });

  it('that is typing shows typing, which the stock adapter drops', async () => {
    await sends({ type: 'typing' });

    expect(bodies()).to.deep.equal([{ recipient: { id: PSID }, sender_action: 'typing_on' }]);
  });

  it('with attachments and suggested actions goes out, which the stock adapter drops', async () => {
    await sends({
      type: 'message',
      text: 'Look',
      attachments: [{ contentType: 'image/png', contentUrl: 'https://example.test/a.png' }],
      suggestedActions: { to: [], actions: [{ type: 'imBack', title: 'More', value: 'MORE' }] },
    });

    const messages = (bodies() as { message: object }[]).map(({ message }) => message);
    expect(messages).to.deep.equal([
      { text: 'Look' },
      {
        attachment: { type: 'image', payload: { url: 'https://example.test/a.png' } },
        quick_replies: [{ content_type: 'text', title: 'More', payload: 'MORE' }],
      },
    ]);
  });

  it('is one of a batch: in order, with one response for each, also for what Messenger has no word for', async () => {
    await sends(
      { type: 'message', text: 'one' },
      { type: 'trace', name: 'debug' },
      { type: 'message', text: 'two' },
      { type: 'event', name: 'of the application' },
    );

    expect(sim.customer(PSID).hears()).to.deep.equal(['one', 'two']);
    const ids = (result as { id: string }[]).map(({ id }) => id !== '');
    expect(ids).to.deep.equal([true, false, true, false]);
  });

  it('waits for a delay before it in its batch, as with Bot Framework’s adapters; the stock adapter drops those', async () => {
    await close();
    const heardBefore: [delayMs: number, texts: readonly string[]][] = [];
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, run) => {
        if (delayMs !== 1000 && delayMs !== 2345) return systemClock.after(delayMs, run);
        heardBefore.push([delayMs, sim.customer(PSID).hears()]);
        return systemClock.after(0, run);
      },
    };
    await open({ handover: { clock } });

    await sends(
      { type: 'message', text: 'one' },
      { type: 'delay', value: 2345 },
      { type: 'message', text: 'two' },
      { type: 'delay' },
      { type: 'message', text: 'three' },
    );

    expect(heardBefore).to.deep.equal([
      [2345, ['one']],
      [1000, ['one', 'two']],
    ]);
    expect(sim.customer(PSID).hears()).to.deep.equal(['one', 'two', 'three']);
    expect((result as { id: string }[]).map(({ id }) => id !== '')).to.deep.equal([true, false, true, false, true]);
  });

  it('in the turn of an own echo, with ownEchoes, goes to the Page: a bot that answers every turn comes to an end', async () => {
    await close();
    await open({ handover: { ownEchoes: true } });
    let turns = 0;
    script = async (context) => {
      turns += 1;
      return context.sendActivity(`answer ${turns}`);
    };

    await sim.customer(PSID).says('hello');
    await sim.settled();

    expect(turns).to.equal(2);
    expect(sim.customer(PSID).hears()).to.deep.equal(['answer 1']);
    expect(result).to.be.instanceOf(GraphApiError);
  });
});

describe('A message that Graph refuses', () => {
  beforeEach(() => open());
  afterEach(close);

  const refusals = [
    ['outsideWindow', 'outsideWindow'],
    ['unreachable', 'customerUnreachable'],
    ['blocked', 'customerUnreachable'],
    ['temporary', 'metaFault'],
  ] as const;
  for (const [reason, code] of refusals) {
    it(`(${reason}) rejects with a GraphApiError of code ${code}, and is sent once`, async () => {
      sim.weather.sendRefused.always({ reason });

      await sends({ type: 'message', text: 'one' }, { type: 'message', text: 'two' });

      expect(graphError().code).to.equal(code);
      expect(graphCalls('messages')).to.have.length(1);
      expect(suppressed).to.deep.equal([]);
    });
  }

  it('because the token is dead rejects with code invalidToken, and the error shows no token', async () => {
    sim.weather.deadToken.always();

    await sends({ type: 'message', text: 'one' });

    expect(graphError().code).to.equal('invalidToken');
    const shown = `${graphError().message}${JSON.stringify(graphError())}${String(graphError().stack)}`;
    expect(shown).not.to.include(sim.settings.pageAccessToken);
  });

  it('to somebody whom the Page does not know rejects with code customerUnreachable', async () => {
    script = (context) =>
      context
        .sendActivity({ type: 'message', text: 'who?', conversation: { id: '404' } } as Outgoing)
        .then(() =>
          context.adapter.sendActivities(context, [
            { type: 'message', text: 'who?', channelId: 'facebook', conversation: { id: '404' } } as Outgoing,
          ] as Activity[]),
        );
    await sim.customer(PSID).says('hello');

    expect(graphError().code).to.equal('customerUnreachable');
  });

  for (const reason of ['anotherAppControls', 'anotherAppControlsWithoutSubcode'] as const) {
    it(`(${reason}) is silence: it resolves, the ledger is healed, and Meta is asked once`, async () => {
      const customer = sim.customer(PSID);
      script = async () => undefined;
      await customer.says('hello');
      // VCC Live takes the thread, and the bot does not hear of it.
      sim.weather.botDown.always();
      await sim.agent().takes(PSID);
      if (reason === 'anotherAppControlsWithoutSubcode') sim.weather.sendRefused.once({ reason });
      const thread = { pageId: customer.pageId, psid: PSID };
      expect((await bot.handover.ownerOf(thread)).owner).to.equal('bot');

      const reference = {
        channelId: 'facebook',
        bot: { id: customer.pageId, name: '' },
        user: { id: PSID, name: '' },
        conversation: { id: PSID, isGroup: false, conversationType: '', name: '' },
        serviceUrl: '',
      };
      let responses: unknown;
      await bot.adapter.continueConversation(reference, async (context) => {
        responses = await context.sendActivities([
          { type: 'message', text: 'one' },
          { type: 'message', text: 'two' },
        ]);
      });

      expect(responses).to.deep.equal([{ id: '' }, { id: '' }]);
      expect(suppressed).to.deep.equal([
        { reason: 'refusedByMeta', text: 'one' },
        { reason: 'refusedByMeta', text: 'two' },
      ]);
      expect(graphCalls('messages')).to.have.length(1);
      expect(graphCalls('thread_owner')).to.have.length(1);
      expect((await bot.handover.ownerOf(thread)).owner).to.equal('vccLive');
      expect(customer.hears()).to.deep.equal([]);
    });
  }

  it('is not sent again after a time-out: it may have been delivered', async () => {
    sim.weather.slow.always({ edges: ['messages'], ms: 60_000 });

    await sends({ type: 'message', text: 'one' });

    expect(graphError()).to.include({ code: 'timedOut', outcome: 'unknown' });
    expect(graphCalls('messages')).to.have.length(1);
    expect(sim.customer(PSID).hears()).to.deep.equal(['one']);
  });

  it('is not sent again after its answer was lost', async () => {
    sim.weather.lostAnswers.always({ edges: ['messages'] });

    await sends({ type: 'message', text: 'one' });

    expect(graphError()).to.include({ code: 'networkFailed', outcome: 'unknown' });
    expect(sim.customer(PSID).hears()).to.deep.equal(['one']);
  });

  it('does not keep the webhook from being acknowledged where the bot does not catch the error', async () => {
    sim.weather.sendRefused.always({ reason: 'outsideWindow' });
    await sends({ type: 'message', text: 'one' });

    const webhooks = sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
    expect(webhooks.map(({ outcome }) => outcome))
      .to.include('acknowledged')
      .and.not.include('refused');
  });
});

describe('A bot of several Pages', () => {
  afterEach(close);

  it("sends with each Page's own token", async () => {
    const otherPage = '222333444555666';
    await open({
      sim: { pages: [{ pageId: otherPage }] },
      handover: {
        pageAccessToken: (pageId) =>
          sim.settings.pages.find((page) => page.pageId === pageId)?.pageAccessToken ?? 'no such Page',
      },
    });
    script = async (context) =>
      context.activity.type === 'message' ? context.sendActivity(`from ${context.activity.recipient.id}`) : undefined;

    await sim.customer('1001').says('hello');
    await sim.customer('2002', otherPage).says('hello');

    expect(sim.customer('1001').hears()).to.deep.equal([`from ${sim.settings.pageId}`]);
    expect(sim.customer('2002', otherPage).hears()).to.deep.equal([`from ${otherPage}`]);
    expect(graphCalls('messages').map(({ pageId }) => pageId)).to.deep.equal([sim.settings.pageId, otherPage]);
  });
});

describe("The adapter's own options", () => {
  afterEach(close);

  const token = 'simulated-bot-token-111222333444555';

  it('access_token goes before the token of the handover', async () => {
    await open({ handover: { pageAccessToken: 'not-this-one' }, adapter: { access_token: token } });

    await sends({ type: 'message', text: 'one' });

    expect(sim.customer(PSID).hears()).to.deep.equal(['one']);
  });

  it('getAccessTokenForPage goes before the token of the handover', async () => {
    const asked: string[] = [];
    await open({
      handover: { pageAccessToken: 'not-this-one' },
      adapter: {
        getAccessTokenForPage: async (pageId: string) => {
          asked.push(pageId);
          return token;
        },
      },
    });

    await sends({ type: 'message', text: 'one' });

    expect(sim.customer(PSID).hears()).to.deep.equal(['one']);
    expect(asked).to.deep.equal([sim.settings.pageId]);
  });

  it('app_secret goes before that of the handover, for webhooks and for the proof', async () => {
    await open({
      handover: { appSecret: 'not-this-one' },
      adapter: { app_secret: 'the-one' },
      sim: { appSecret: 'the-one' },
    });

    await sends({ type: 'message', text: 'one' });

    expect(sim.customer(PSID).hears()).to.deep.equal(['one']);
  });

  it('api_version goes before that of the handover', async () => {
    await open({ adapter: { api_version: 'v25.0' } });

    await sends({ type: 'message', text: 'one' });

    expect(graphCalls('messages').map(({ path }) => path)).to.deep.equal(['/v25.0/me/messages']);
  });

  it('api_host goes before the address of the handover', async () => {
    await open({ adapter: { api_host: '127.0.0.1:9' } });

    await sends({ type: 'message', text: 'one' });

    expect(graphError().code).to.equal('networkFailed');
    expect(graphCalls('messages')).to.deep.equal([]);
  });
});
