/** The Messenger adapter of the Agents SDK by itself: what it asks for, what it answers, what it refuses. */
import { createServer } from 'node:http';
import { AgentApplication, CloudAdapter, MemoryStorage, authorizeJWT } from '@microsoft/agents-hosting';
import type { TurnState } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import express from 'express';
import {
  GraphApiError,
  InvalidOptionError,
  MessengerAdapter,
  VccLiveHandover,
  signPayload,
} from 'botbuilder-handover-vcclive/agents';
import { speaksToMeta } from '../../src/bot/adapter-answers.js';
import { routesBot, startMessenger } from '../integration/transports/agents-hosts.js';
import { connection } from '../integration/scene.js';
import { listening } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';
import type { AgentsBot } from '../integration/transports/agents-hosts.js';
import { closePlays, playOn } from '../integration/transports/transports.js';
import type { Play } from '../integration/transports/transports.js';

const OPTIONS = { botAppId: '1000', vccLiveAppId: '2000', pageAccessToken: 'token', appSecret: 'secret' };
const VERIFY = { verifyToken: 'verify me' };
type Stage = Play & { readonly bot: AgentsBot };

const play = (): Promise<Stage> => playOn({ start: (ground, options) => startMessenger(ground, options, routesBot) });

const newAdapter = (differs: object = {}): MessengerAdapter =>
  new MessengerAdapter({ handover: new VccLiveHandover(OPTIONS), ...VERIFY, ...differs });

describe('new MessengerAdapter(options)', () => {
  it('asks for no setting of Azure’s, in production neither', () => {
    const { NODE_ENV: before } = process.env;
    process.env['NODE_ENV'] = 'production';
    try {
      expect(new AgentApplication({ adapter: newAdapter(), storage: new MemoryStorage() }).adapter).to.be.instanceOf(
        MessengerAdapter,
      );
    } finally {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    }
  });

  const rows: [what: string, differs: object, option: string, says: RegExp][] = [
    ['an unknown option, naming the nearest', { verify_token: 'x' }, 'verify_token', /"verifyToken" if that is meant/],
    ['no verify token', { verifyToken: undefined }, 'verifyToken', /webhook settings/],
    ['no plugin', { handover: undefined }, 'handover', /a VccLiveHandover/],
    [
      'no App Secret in either place',
      { handover: new VccLiveHandover({ ...OPTIONS, appSecret: undefined } as never) },
      'appSecret',
      /App Secret/,
    ],
    ['a deadline that is no duration', { ackDeadlineMs: -1 }, 'ackDeadlineMs', /./],
  ];
  for (const [what, differs, option, says] of rows) {
    it(`refuses ${what}`, () => {
      expect(() => newAdapter(differs))
        .to.throw(InvalidOptionError, says)
        .with.property('option', option);
    });
  }

  it('is refused by another plugin than its own', () => {
    const app = new AgentApplication<TurnState>({ adapter: newAdapter() });
    expect(() => new VccLiveHandover(OPTIONS).attach(app)).to.throw(InvalidOptionError, 'another VccLiveHandover');
  });
});

it('A MessengerAdapter speaks to Meta itself, so that an accepted message proves who owns the thread', () => {
  expect(speaksToMeta(newAdapter())).to.equal(true);
  expect(speaksToMeta(new CloudAdapter({}))).to.equal(false);
});

describe('handover.attach(…)', () => {
  it('refuses what is no adapter of the SDK, and an application without one', () => {
    const handover = new VccLiveHandover(OPTIONS);
    expect(() => handover.attach({} as never)).to.throw(InvalidOptionError, 'without use(), sendActivities()');
    const nothing = { run: () => undefined, addRoute: () => undefined };
    expect(() => handover.attach(nothing as never)).to.throw(InvalidOptionError, 'without an adapter');
  });

  it('puts the plugin before the middleware that is there already', async () => {
    const order: string[] = [];
    const handover = new VccLiveHandover(OPTIONS);
    const onTurn = handover.onTurn.bind(handover);
    handover.onTurn = (context, next) => {
      order.push('handover');
      return onTurn(context, next);
    };
    const app = new AgentApplication<TurnState>({ storage: new MemoryStorage() });
    app.adapter.use(async (_context, next) => {
      order.push('other');
      await next();
    });
    handover.attach(app);
    handover.attach(app);
    const parties = { agent: { id: 'a' }, user: { id: 'u' }, conversation: { id: 'c' } };
    const reference = { ...parties, channelId: 'test', serviceUrl: 'http://127.0.0.1:9' };
    await app.adapter.continueConversation({}, reference, () => Promise.resolve());
    expect(order).to.deep.equal(['handover', 'other']);
  });
});

describe('adapter.process(req, res, logic)', () => {
  afterEach(closePlays);

  it('answers Meta’s verification, and refuses a body without Meta’s signature', async () => {
    const { bot, sim } = await play();
    const query = `hub.mode=subscribe&hub.challenge=42&hub.verify_token=${sim.settings.verifyToken}`;
    const verified = await fetch(`${bot.url}?${query}`);
    expect([verified.status, await verified.text()]).to.deep.equal([200, '42']);
    expect((await fetch(`${bot.url}?${query}0`)).status).to.equal(403);
    expect((await fetch(bot.url, { method: 'POST', body: '{}' })).status).to.equal(401);
    expect(bot.heard).to.deep.equal([]);
  });

  it('serves Express with a parser that keeps the bytes', async () => {
    const { bot, sim, customer } = await play();
    const server = express();
    server.use(express.json({ verify: (req, _res, bytes) => void Object.assign(req, { rawBody: bytes }) }));
    server.all('/api/messages', (req, res) => {
      void bot.adapter.process(req as never, res as never, (context) => bot.app.run(context));
    });
    const { url, close } = await listening(createServer(server));
    sim.connectBot(url);
    await customer.says('by Express');
    await close();
    expect(customer.hears()).to.deep.equal(['bot: by Express']);
  });

  it('says what to do under startServer, whose parser has eaten the bytes', async () => {
    const { bot, sim } = await play();
    const server = express();
    server.use(express.json());
    server.post('/api/messages', authorizeJWT({}) as unknown as express.RequestHandler, (req, res) => {
      void bot.adapter.process(req as never, res as never, (context) => bot.app.run(context));
    });
    const { url, close } = await listening(createServer(server));
    const body = JSON.stringify({ object: 'page', entry: [] });
    const signature = signPayload(body, sim.settings.appSecret);
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
    const answer = await fetch(url, { method: 'POST', body, headers });
    const text = await answer.text();
    await close();
    expect(answer.status).to.equal(500);
    expect(text).to.include('startServer').and.to.include('express()');
  });

  it('gives the error of a refused message to the bot’s code, as GraphApiError', async () => {
    const stage = await play();
    await stage.customer.says('hello');
    stage.sim.weather.sendRefused.once({ reason: 'abusiveContent' });
    await stage.customer.says('again');
    expect(stage.bot.errors).to.have.length(1);
    expect(stage.bot.errors[0]).to.be.instanceOf(GraphApiError);
  });

  it('sends to the plugin’s Graph address with a token of its own, also if its own address is undefined', async () => {
    const { sim, customer } = await play();
    const { pageAccessToken, verifyToken, appSecret } = sim.settings;
    const graph = { baseUrl: sim.graphBaseUrl, timeoutMs: 2000 };
    const handover = new VccLiveHandover({ ...OPTIONS, ...connection(sim), appSecret, graph, logger: quietLogger });
    const adapter = new MessengerAdapter({
      handover,
      verifyToken,
      pageAccessToken: () => pageAccessToken,
      graph: { baseUrl: undefined, apiVersion: undefined },
    });
    const { url, close } = await listening(
      createServer((req, res) => {
        void adapter.process(req, res, async (context) => {
          await context.sendActivity('By the proxy.');
        });
      }),
    );
    sim.connectBot(url);
    await customer.says('hello');
    await close();
    expect(customer.hears()).to.deep.equal(['By the proxy.']);
  });

  it('continues a conversation that Bot Framework has kept the reference of', async () => {
    const stage = await play();
    await stage.customer.says('hello');
    const { pageId, psid } = stage.thread;
    const reference = { bot: { id: pageId }, user: { id: psid }, conversation: { id: psid }, channelId: 'facebook' };
    await stage.bot.adapter.continueConversation('', reference, async (context) => {
      await context.sendActivity('Your parcel is there.');
      await context.updateActivity(context.activity);
    });
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'Your parcel is there.']);
  });

  it('says a text of the plugin with suggested actions that name nobody and no type, which the SDK refuses', async () => {
    const actions = [{ type: 'imBack', title: 'Yes', value: 'Yes' }];
    const connecting = { text: 'One moment.', suggestedActions: { actions } };
    const stage = await playOn(
      { start: (ground, options) => startMessenger(ground, options, routesBot) },
      { handover: { texts: { connecting } as never } },
    );
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal(['One moment.']);
  });
});
