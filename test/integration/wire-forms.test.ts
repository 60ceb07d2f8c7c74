/** The same events as other adapters write them: Azure Bot Service's Facebook channel over HTTP, stock forms, other channels. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConversationState,
  EventFactory,
  MemoryStorage,
  TestAdapter,
  TurnContext,
} from 'botbuilder';
import type { Activity } from 'botbuilder';
import { DialogSet, DialogTurnStatus, TextPrompt } from 'botbuilder-dialogs';
import { expect } from 'chai';
import express from 'express';
import { MemoryThreadStore, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { BotLogic, HandoverStart, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { PSID, breath, connection, echoing, listen } from './scene.js';
import type { Told } from './scene.js';
import { listenLocally, originOf, stopServer } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

interface Stage {
  readonly sim: MessengerSimulator;
  readonly handover: VccLiveHandover;
  readonly told: Told[];
  readonly turns: Partial<Activity>[];
  logic: BotLogic;
}

const ends: (() => Promise<unknown>)[] = [];

/** Platform and plugin, without an adapter of ours; the platform's own webhooks go nowhere. */
async function stageFor(options: Partial<VccLiveHandoverOptions> = {}): Promise<Stage> {
  const sim = await MessengerSimulator.start();
  ends.push(() => sim.stop());
  const handover = new VccLiveHandover({
    ...connection(sim),
    logger: quietLogger,
    store: new MemoryThreadStore(),
    ...options,
  });
  const told: Told[] = [];
  listen(handover, 0, told);
  await sim.customer(PSID).says('hello');
  return { sim, handover, told, turns: [], logic: echoing };
}

const run =
  (stage: Stage): BotLogic =>
  async (context) => {
    stage.turns.push({ ...context.activity });
    await stage.logic(context);
  };

const news = (stage: Stage, name: string): any[] =>
  stage.told.filter((each) => each.name === name).map((each) => each.news);
const owner = (stage: Stage): string => stage.sim.ownerOf(PSID).owner;
const item = (stage: Stage, fields: object): object => ({
  sender: { id: PSID },
  recipient: { id: stage.sim.settings.pageId },
  timestamp: Date.now(),
  ...fields,
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe("Azure Bot Service's Facebook channel", () => {
  interface Azure extends Stage {
    readonly sent: any[];
    readonly errors: unknown[];
    readonly adapter: CloudAdapter;
    post(activity: object): Promise<number>;
    activity(fields: object): object;
  }

  async function azure(options: Partial<VccLiveHandoverOptions> = {}): Promise<Azure> {
    const stage = await stageFor(options);
    const sent: any[] = [];
    const connector = await serve(
      createServer((req, res) => {
        let body = '';
        req.on('data', (chunk) => (body += String(chunk)));
        req.on('end', () => {
          sent.push({ method: req.method, url: req.url, ...(body === '' ? {} : { activity: JSON.parse(body) }) });
          res.setHeader('content-type', 'application/json');
          res.end(JSON.stringify({ id: `a${sent.length}` }));
        });
      }),
    );
    const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
    const errors: unknown[] = [];
    adapter.onTurnError = async (_context, error) => void errors.push(error);
    adapter.use(stage.handover);
    stage.handover.attach(adapter);
    const app = express();
    app.use(express.json());
    app.post('/api/messages', (req, res) => void adapter.process(req, res as never, run(stage)));
    const bot = await serve(createServer(app));
    return {
      ...stage,
      get logic() {
        return stage.logic;
      },
      set logic(logic) {
        stage.logic = logic;
      },
      sent,
      errors,
      adapter,
      activity: (fields) => ({
        channelId: 'facebook',
        id: `act-${Math.random()}`,
        timestamp: new Date().toISOString(),
        serviceUrl: connector,
        conversation: { id: `${PSID}-${stage.sim.settings.pageId}` },
        from: { id: PSID },
        recipient: { id: stage.sim.settings.pageId },
        ...fields,
      }),
      post: async (activity) => {
        const response = await fetch(`${bot}/api/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(activity),
        });
        return response.status;
      },
    };
  }

  const said = (stage: Azure): string[] => stage.sent.map(({ activity }) => activity?.text).filter(Boolean);
  const message = (stage: Azure, text: string, mid = `m_${text}`): object =>
    stage.activity({ type: 'message', text, channelData: item(stage, { message: { mid, text } }) });
  const bare = (fields: object): object => ({
    channelId: 'facebook',
    type: 'event',
    id: `e${Math.random()}`,
    serviceUrl: 'https://facebook.botframework.com/',
    ...fields,
  });

  it('hands over on "talk to agent": the notice goes by the connector, the pass by Graph', async () => {
    const stage = await azure();
    expect(await stage.post(message(stage, 'hi'))).to.equal(200);
    expect(await stage.post(message(stage, 'talk to agent'))).to.equal(200);
    expect(said(stage)).to.deep.equal(['bot: hi', "I'm connecting you to an agent. One moment, please."]);
    expect(owner(stage)).to.equal(stage.sim.settings.vccLiveAppId);
    expect(news(stage, 'passed')[0].thread).to.deep.equal({ pageId: stage.sim.settings.pageId, psid: PSID });
    expect(stage.errors).to.deep.equal([]);
  });

  for (const [what, shape] of [
    ['an array as value', (items: object[]) => ({ value: items })],
    [
      'an object with standby',
      (items: object[], pageId: string) => ({ value: { id: pageId, time: 1, standby: items } }),
    ],
    [
      'an object with standBy',
      (items: object[], pageId: string) => ({ value: { id: pageId, time: 1, standBy: items } }),
    ],
    [
      'channelData only',
      (items: object[], pageId: string) => ({ channelData: { id: pageId, time: 1, standby: items } }),
    ],
    [
      'both',
      (items: object[], pageId: string) => ({ value: items, channelData: { id: pageId, time: 1, standby: items } }),
    ],
  ] as const) {
    it(`hears standby as ${what}, without conversation, from or recipient; nothing runs`, async () => {
      const stage = await azure();
      await stage.post(message(stage, 'talk to agent'));
      const { pageId, vccLiveAppId } = stage.sim.settings;
      const items = [
        item(stage, { message: { mid: 'm_s1', text: 'to the agent' } }),
        {
          ...item(stage, {
            message: { mid: 'm_s2', text: 'from the agent', is_echo: true, app_id: Number(vccLiveAppId) },
          }),
          sender: { id: pageId },
          recipient: { id: PSID },
        },
      ];
      expect(await stage.post(bare({ name: 'standby', ...shape(items, pageId) }))).to.equal(200);
      expect(stage.turns).to.deep.equal([]);
      expect(stage.errors).to.deep.equal([]);
      expect(
        news(stage, 'standbyMessage').map(({ thread, from, event }) => [thread.psid, from, event.text]),
      ).to.deep.equal([
        [PSID, 'customer', 'to the agent'],
        [PSID, 'agent', 'from the agent'],
      ]);
    });
  }

  it('comes home by a pass that is a conversationUpdate, and runs the waiting logic as handoff.status', async () => {
    const stage = await azure({ statusEvents: true });
    stage.logic = async (context) => {
      if (context.activity.name === 'handoff.status') await context.sendActivity('welcome back');
    };
    await stage.post(message(stage, 'talk to agent'));
    const { botAppId, vccLiveAppId } = stage.sim.settings;
    await stage.sim.agent().handsBack(PSID, 'done');
    await breath(3);
    const pass = { previous_owner_app_id: Number(vccLiveAppId), new_owner_app_id: Number(botAppId), metadata: 'done' };
    expect(
      await stage.post(
        stage.activity({ type: 'conversationUpdate', channelData: item(stage, { pass_thread_control: pass }) }),
      ),
    ).to.equal(200);
    expect(news(stage, 'returned').map(({ result }) => [result.via, result.metadata])).to.deep.equal([
      ['passBack', 'done'],
    ]);
    expect(said(stage).at(-1)).to.equal('welcome back');
    expect(stage.turns.at(-1)).to.deep.include({
      type: 'event',
      name: 'handoff.status',
      value: { state: 'completed', message: 'done' },
    });
  });

  const agentSays = (stage: Azure, text: string): object => {
    const { pageId, vccLiveAppId } = stage.sim.settings;
    const echo = { mid: `m_${text}`, text, is_echo: true, app_id: Number(vccLiveAppId) };
    const words = { ...item(stage, { message: echo }), sender: { id: pageId }, recipient: { id: PSID } };
    return bare({ name: 'standby', value: [words] });
  };

  it('tells the logic that an agent accepted, in the conversation of the customer, where it cannot speak', async () => {
    const stage = await azure({ statusEvents: true });
    const state = new ConversationState(new MemoryStorage());
    const turns = state.createProperty<number>('turns');
    const counts: number[] = [];
    stage.logic = async (context) => {
      counts.push((await turns.get(context, 0)) + 1);
      await turns.set(context, counts.at(-1) ?? 0);
      await state.saveChanges(context);
      await context.sendActivity(`about ${context.activity.name ?? context.activity.text}`);
    };
    await stage.post(message(stage, 'hi'));
    await stage.post(message(stage, 'talk to agent'));
    await stage.post(agentSays(stage, 'This is Anna.'));
    await stage.post(agentSays(stage, 'How can I help?'));
    expect(counts).to.deep.equal([1, 2]);
    expect(stage.turns.at(-1)).to.deep.include({
      type: 'event',
      name: 'handoff.status',
      value: { state: 'accepted' },
      conversation: { id: `${PSID}-${stage.sim.settings.pageId}` },
    });
    expect(said(stage)).to.not.include('about handoff.status');
    expect(stage.errors).to.deep.equal([]);
  });

  it('repeats a prompt that was open, and asks its question, in the turn of the hand-back', async () => {
    const stage = await azure({ openPrompt: 'repeat', satisfactionQuestion: { ask: 'Satisfied?' } });
    const conversationState = new ConversationState(new MemoryStorage());
    const dialogs = new DialogSet(conversationState.createProperty('dialogs'));
    dialogs.add(new TextPrompt('text'));
    stage.logic = async (context) => {
      const dc = await dialogs.createContext(context);
      if (dc.activeDialog) await context.sendActivity(`sent to ${(await dc.continueDialog()).result}`);
      else await dc.prompt('text', 'Where to?');
      await conversationState.saveChanges(context);
    };
    stage.handover.attach(stage.adapter, run(stage), { microsoftAppId: 'any-app-id', dialogs, conversationState });
    await stage.post(message(stage, 'order'));
    await stage.post(message(stage, 'talk to agent'));
    const { botAppId, vccLiveAppId } = stage.sim.settings;
    await stage.sim.agent().handsBack(PSID, 'done');
    await breath(3);
    const pass = { previous_owner_app_id: Number(vccLiveAppId), new_owner_app_id: Number(botAppId), metadata: null };
    await stage.post(
      stage.activity({ type: 'conversationUpdate', channelData: item(stage, { pass_thread_control: pass }) }),
    );
    await stage.post(message(stage, 'Budapest'));
    expect(said(stage).slice(-3)).to.deep.equal(['Satisfied?', 'Where to?', 'sent to Budapest']);
  });

  it('loses the thread by a take that is a conversationUpdate, and is silent', async () => {
    const stage = await azure();
    await stage.post(message(stage, 'hi'));
    const { botAppId, vccLiveAppId } = stage.sim.settings;
    await stage.sim.agent().takes(PSID);
    await breath(3);
    const take = { previous_owner_app_id: Number(botAppId), new_owner_app_id: Number(vccLiveAppId), metadata: null };
    await stage.post(
      stage.activity({ type: 'conversationUpdate', channelData: item(stage, { take_thread_control: take }) }),
    );
    expect(stage.turns).to.have.length(1);
    expect(news(stage, 'ownerChanged').at(-1).to.owner).to.equal('vccLive');
    const reference = TurnContext.getConversationReference(stage.activity({ type: 'message' }));
    await stage.adapter.continueConversationAsync('', reference, async (context) => {
      expect(await context.sendActivity('news!')).to.have.property('id');
    });
    expect(said(stage)).to.deep.equal(['bot: hi']);
    expect(news(stage, 'suppressed').map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
  });

  it('grants a request of VCC Live that is an event without conversation', async () => {
    const stage = await azure({ texts: { connecting: null } });
    await stage.post(message(stage, 'hi'));
    const request = item(stage, {
      request_thread_control: { requested_owner_app_id: Number(stage.sim.settings.vccLiveAppId), metadata: null },
    });
    expect(await stage.post(bare({ name: 'request', value: request }))).to.equal(200);
    expect(owner(stage)).to.equal(stage.sim.settings.vccLiveAppId);
    expect(stage.errors).to.deep.equal([]);
  });

  it('reads app_roles, echoes and optins wherever they stand, and never crashes', async () => {
    const stage = await azure();
    stage.logic = async () => undefined;
    const { pageId, botAppId } = stage.sim.settings;
    for (const fields of [
      bare({
        name: 'app_roles',
        value: { recipient: { id: pageId }, timestamp: 1, app_roles: { [botAppId]: ['primary_receiver'] } },
      }),
      bare({ channelData: { recipient: { id: pageId }, app_roles: { [botAppId]: ['primary_receiver'] } } }),
      bare({ name: 'standby' }),
      bare({ name: 'standby', value: null, channelData: null }),
      bare({ name: 'standby', value: [null, 7, {}] }),
      bare({ value: item(stage, { optin: { ref: 'x' } }) }),
      stage.activity({
        type: 'event',
        value: {
          ...item(stage, { message: { is_echo: true, app_id: 1, mid: 'm_e' } }),
          sender: { id: pageId },
          recipient: { id: PSID },
        },
      }),
      stage.activity({ type: 'conversationUpdate', membersAdded: [{ id: PSID }] }),
      stage.activity({ type: 'typing' }),
      stage.activity({ type: 'event', name: 'something' }),
    ]) {
      expect(await stage.post(fields)).to.equal(200);
    }
    expect(stage.errors).to.deep.equal([]);
  });

  it('runs a redelivered message once', async () => {
    const stage = await azure();
    await stage.post(message(stage, 'hi', 'm_same'));
    await stage.post(message(stage, 'hi', 'm_same'));
    expect(said(stage)).to.deep.equal(['bot: hi']);
  });

  it('takes the error of a turn to onTurnError, as without the plugin', async () => {
    const stage = await azure();
    stage.logic = () => Promise.reject(new TypeError('no such thing'));
    await stage.post(message(stage, 'hi'));
    expect(stage.errors.map((error) => (error as Error).message)).to.deep.equal(['no such thing']);
  });

  it('ends a waiting dialog outside any turn, with the app id that CloudAdapter needs for that', async () => {
    const stage = await azure();
    const state = new ConversationState(new MemoryStorage());
    const dialogs = new DialogSet(state.createProperty('dialogs'));
    dialogs.add(stage.handover.dialog());
    const results: unknown[] = [];
    stage.logic = async (context) => {
      const dc = await dialogs.createContext(context);
      const turn = dc.activeDialog ? await dc.continueDialog() : await dc.beginDialog('vccLiveHandover');
      if (turn.status === DialogTurnStatus.complete) {
        results.push(turn.result);
        await context.sendActivity('welcome back');
      }
      await state.saveChanges(context);
    };
    stage.handover.attach(stage.adapter, run(stage), { microsoftAppId: 'any-app-id' });
    await stage.post(message(stage, 'hi'));
    expect(owner(stage)).to.equal(stage.sim.settings.vccLiveAppId);
    await breath(3);
    await stage.handover.take({ pageId: stage.sim.settings.pageId, psid: PSID });
    expect(results).to.have.length(1);
    expect(results[0]).to.include({ outcome: 'takenBack', via: 'take' });
    expect(said(stage).at(-1)).to.equal('welcome back');
    expect(stage.turns.at(-1)).to.include({ type: 'event', name: 'handoff.status' });
  });
});

describe('an adapter that is not ours, with the raw item in channelData', () => {
  /** What the stock adapter makes of an item: botbuilder-adapter-facebook 1.0.12, facebook_adapter.js, l. 366 on. */
  function stockActivity(raw: any): Partial<Activity> {
    const activity: any = {
      channelId: 'facebook',
      timestamp: new Date(),
      conversation: { id: raw.sender.id },
      from: { id: raw.sender.id, name: raw.sender.id },
      recipient: { id: raw.recipient.id, name: raw.recipient.id },
      channelData: raw,
      type: 'event',
      text: null,
    };
    if (raw.message) {
      activity.type = raw.message.is_echo ? 'event' : 'message';
      activity.text = raw.message.text;
      Object.assign(activity.channelData, raw.message);
    } else if (raw.postback) {
      activity.type = 'message';
      activity.text = raw.postback.payload;
    }
    return activity;
  }

  async function stock(
    options: Partial<VccLiveHandoverOptions> = {},
  ): Promise<Stage & { adapter: TestAdapter; arrives(raw: object): Promise<void> }> {
    const stage = await stageFor(options);
    const adapter = new TestAdapter((context) => run(stage)(context));
    adapter.use(stage.handover);
    return Object.assign(stage, {
      adapter,
      arrives: async (raw: object) => adapter.processActivity(stockActivity(raw)) as unknown as Promise<void>,
    });
  }

  it('is silent on standby, although the activity looks like a message', async () => {
    const stage = await stock();
    await stage.arrives(item(stage, { message: { mid: 'm_1', text: 'talk to agent' } }));
    expect(owner(stage)).to.equal(stage.sim.settings.vccLiveAppId);
    await stage.arrives({ ...item(stage, { message: { mid: 'm_2', text: 'hello agent' } }), standby: true });
    await stage.arrives({ ...item(stage, { postback: {} }), standby: true });
    expect(stage.turns).to.deep.equal([]);
    expect(news(stage, 'standbyMessage')).to.have.length(2);
    expect(stage.adapter.activityBuffer.map(({ text }) => text)).to.deep.equal([
      "I'm connecting you to an agent. One moment, please.",
    ]);
  });

  it('comes home by the pass event, whose thread is Page and PSID of the payload', async () => {
    const stage = await stock({ statusEvents: true });
    stage.logic = async (context) => {
      await context.sendActivity(`event ${context.activity.name}`);
    };
    await stage.arrives(item(stage, { message: { mid: 'm_1', text: 'talk to agent' } }));
    await stage.sim.agent().handsBack(PSID, 'x');
    await breath(3);
    const pass = {
      previous_owner_app_id: Number(stage.sim.settings.vccLiveAppId),
      new_owner_app_id: Number(stage.sim.settings.botAppId),
      metadata: 'x',
    };
    await stage.arrives(item(stage, { pass_thread_control: pass }));
    expect(stage.adapter.activityBuffer.at(-1)?.text).to.equal('event handoff.status');
  });

  it('tells the logic that an agent accepted, in the conversation of the customer', async () => {
    const stage = await stock({ statusEvents: true });
    await stage.arrives(item(stage, { message: { mid: 'm_1', text: 'talk to agent' } }));
    const { pageId, vccLiveAppId } = stage.sim.settings;
    const echo = {
      sender: { id: pageId },
      recipient: { id: PSID },
      timestamp: Date.now(),
      message: { mid: 'm_e', is_echo: true, app_id: Number(vccLiveAppId), text: 'hi' },
      standby: true,
    };
    await stage.arrives(echo);
    await stage.arrives(echo);
    expect(stage.turns).to.have.length(1);
    expect(stage.turns[0]).to.deep.include({ name: 'handoff.status', value: { state: 'accepted' } });
    expect(stage.turns[0]?.conversation).to.include({ id: PSID });
    expect(stage.turns[0]?.from).to.include({ id: PSID });
  });

  it('reads the PSID of an echo from its recipient', async () => {
    const stage = await stock();
    await stage.arrives(item(stage, { message: { mid: 'm_1', text: 'talk to agent' } }));
    const echo = {
      sender: { id: stage.sim.settings.pageId },
      recipient: { id: PSID },
      timestamp: Date.now(),
      message: { mid: 'm_e', is_echo: true, app_id: Number(stage.sim.settings.vccLiveAppId), text: 'hi' },
      standby: true,
    };
    await stage.arrives(echo);
    expect(news(stage, 'standbyMessage').map(({ thread, from }) => [thread.psid, from])).to.deep.equal([
      [PSID, 'agent'],
    ]);
  });
});

describe('TestAdapter, without any payload', () => {
  const template = (stage: Stage, channelId: string): Partial<Activity> => ({
    channelId,
    from: { id: PSID, name: '' },
    recipient: { id: stage.sim.settings.pageId, name: '' },
    conversation: { id: PSID } as never,
  });

  it('on channel facebook: a message is a message, and the same text twice runs twice', async () => {
    const stage = await stageFor();
    const adapter = new TestAdapter((context) => run(stage)(context), template(stage, 'facebook'));
    adapter.use(stage.handover);
    await adapter.send('hello').assertReply('bot: hello').send('hello').assertReply('bot: hello').startTest();
    await adapter.send('talk to agent').assertReply("I'm connecting you to an agent. One moment, please.").startTest();
    expect(owner(stage)).to.equal(stage.sim.settings.vccLiveAppId);
    await adapter.send('hello?').startTest();
    expect(stage.turns.map(({ text }) => text)).to.deep.equal(['hello', 'hello']);
  });

  for (const channelId of ['emulator', 'test', 'msteams', 'directline']) {
    it(`on channel ${channelId}: passes untouched, and a handover is refused`, async () => {
      const stage = await stageFor();
      const adapter = new TestAdapter((context) => run(stage)(context), template(stage, channelId));
      adapter.use(stage.handover);
      stage.handover.attach(adapter);
      const starts: HandoverStart[] = [];
      stage.logic = async (context) => {
        starts.push(await stage.handover.toAgent(context));
        await context.sendActivity(EventFactory.createHandoffInitiation(context, {}));
        await context.sendActivity(`bot: ${context.activity.text}`);
      };
      const before = stage.sim.wire.of('graph').length;
      await adapter.send('talk to agent').startTest();
      expect(stage.turns.map(({ text }) => text)).to.deep.equal(['talk to agent']);
      expect(starts).to.deep.equal([{ status: 'refused', reason: 'notMessenger' }]);
      expect(adapter.activityBuffer.map(({ name, text }) => name ?? text)).to.deep.equal([
        'handoff.initiate',
        'bot: talk to agent',
      ]);
      expect(stage.sim.wire.of('graph')).to.have.length(before);
      expect(stage.told).to.deep.equal([]);
    });
  }

  it('on another channel, where the activity looks like Messenger: nothing is read from it', async () => {
    const stage = await stageFor();
    const adapter = new TestAdapter((context) => run(stage)(context));
    adapter.use(stage.handover);
    const activity = {
      ...template(stage, 'webchat'),
      type: 'message',
      text: 'x',
      channelData: { ...item(stage, { message: { mid: 'm', text: 'x' } }), standby: true },
    };
    await adapter.processActivity(activity);
    expect(stage.turns).to.have.length(1);
    expect(stage.told).to.deep.equal([]);
  });

  it('a turn without any activity fields is no reason to crash', async () => {
    const stage = await stageFor();
    const seen: unknown[] = [];
    const context = new TurnContext(new TestAdapter(async () => undefined), { type: 'event', channelId: 'facebook' });
    await stage.handover.onTurn(context, async () => void seen.push('ran'));
    expect(seen).to.deep.equal(['ran']);
    const start = await stage.handover.toAgent(context);
    expect(start.status).to.equal('failed');
  });
});

async function serve(server: Server): Promise<string> {
  await listenLocally(server);
  ends.push(() => stopServer(server));
  return originOf(server);
}
