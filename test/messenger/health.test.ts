/** What a probe hears of a process: its store, its inbox, its tokens, its queue; over HTTP and from the code. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { createServer as createRestify } from 'restify';
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import type { HealthReport, MessengerBotOptions } from 'botbuilder-handover-vcclive/messenger';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { connection } from '../integration/scene.js';
import { listening } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';
import { describeWithRedis, RedisServer } from '../store/redis-server.js';
import { closeStages, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

const ALL_WELL = { status: 'healthy', ready: true, problems: [] };
const SLOW_TEST_MS = 30_000;

describe('bot.health()', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  it('knows nothing of tokens and webhooks at the start, and is healthy', async () => {
    expect(await stage.bot().health()).to.deep.equal({
      ...ALL_WELL,
      store: { status: 'reachable', durationMs: 0 },
      pageTokens: [],
      queue: { running: 0, waiting: 0, hung: 0 },
    });
  });

  it('says how long ago a webhook came and a token worked, without a call of its own', async () => {
    const bot = stage.bot().onMessage((_message, thread) => thread.reply('hello'));
    await stage.connect(bot);
    await stage.customer.says('hi');
    await stage.clock.advance(7000);
    const calls = stage.sim.wire.of('graph').length;
    const { pageTokens, lastWebhookAgeMs } = await bot.health();
    const { pageId } = stage.thread;
    expect(pageTokens).to.deep.equal([{ pageId, status: 'working', ageMs: 7000 }]);
    expect(lastWebhookAgeMs).to.equal(7000);
    expect(stage.sim.wire.of('graph')).to.have.length(calls);
  });

  it('counts no webhook that Meta did not sign', async () => {
    const bot = stage.bot();
    await stage.connect(bot);
    const { url, close } = await listening(createServer((req, res) => void bot.webhook(req, res)));
    expect((await fetch(url, { method: 'POST', body: '{"object":"page"}' })).status).to.equal(401);
    await close();
    expect(await bot.health()).not.to.have.property('lastWebhookAgeMs');
  });

  it('stays ready with a dead token, because another process would have the same, and is degraded', async () => {
    const bot = stage.bot().onMessage((_message, thread) => thread.reply('hello'));
    await stage.connect(bot);
    stage.sim.weather.deadToken.always();
    await stage.customer.says('hi');
    const { status, ready, problems, pageTokens } = await bot.health();
    expect([status, ready, problems]).to.deep.equal(['degraded', true, ['pageTokenFails']]);
    expect(pageTokens.map((token) => token.status)).to.deep.equal(['failing']);

    stage.sim.weather.calm();
    await stage.clock.advance(2000);
    await stage.customer.says('hi again');
    expect(await bot.health()).to.deep.include(ALL_WELL);
  });

  it('asks Meta about the token if it is told to, and only then', async () => {
    const bot = stage.bot();
    stage.sim.weather.deadToken.always();
    expect(await bot.health()).to.deep.include(ALL_WELL);
    const asked = await bot.health({ askMeta: true });
    expect(asked.problems).to.deep.equal(['pageTokenFails']);
    expect(asked.pageTokens).to.deep.equal([{ status: 'failing', ageMs: 0 }]);
    const { pageAccessToken, appSecret } = stage.sim.settings;
    expect(JSON.stringify(asked)).not.to.include(pageAccessToken).and.not.to.include(appSecret);
  });

  it('forgets what Meta said of its one token as soon as a message has left with it since', async () => {
    const bot = stage.bot().onMessage((_message, thread) => thread.reply('hello'));
    await stage.connect(bot);
    stage.sim.weather.deadToken.always();
    expect((await bot.health({ askMeta: true })).problems).to.deep.equal(['pageTokenFails']);
    stage.sim.weather.calm();
    await stage.clock.advance(2000);
    await stage.customer.says('hi');
    const { pageId } = stage.thread;
    const pageTokens = [{ pageId, status: 'working', ageMs: 0 }];
    expect(await bot.health()).to.deep.include({ ...ALL_WELL, pageTokens });
  });

  it('asks a token function only about Pages that a call was made for, so it stays healthy without any', async () => {
    const { pageAccessToken } = stage.sim.settings;
    const asked: string[] = [];
    const bot = stage.bot({
      pageAccessToken: (pageId) => {
        asked.push(pageId);
        return pageId === stage.thread.pageId ? pageAccessToken : '';
      },
    });
    bot.onMessage((_message, thread) => thread.reply('hello'));
    await stage.connect(bot);
    expect(await bot.health({ askMeta: true })).to.deep.include({ ...ALL_WELL, pageTokens: [] });
    await stage.customer.says('hi');
    const { pageTokens, ...found } = await bot.health({ askMeta: true });
    expect(found).to.deep.include(ALL_WELL);
    expect(pageTokens.map(({ pageId }) => pageId)).to.deep.equal([stage.thread.pageId]);
    expect(asked).not.to.include('');
  });

  it('counts open handovers if it is told to', async () => {
    const bot = stage.bot().onMessage((_message, thread) => thread.toAgent());
    await stage.connect(bot);
    await stage.customer.says('agent please');
    expect(await bot.health()).not.to.have.property('openHandovers');
    expect(await bot.health({ countOpen: true })).to.deep.include({ openHandovers: 1 });
  });

  it('counts turns: those that run, those that wait, and those that hang', async () => {
    let goOn = (): void => undefined;
    const bot = stage.bot({ ackDeadlineMs: 100, limits: { longestTurnMs: 60_000 } });
    bot.onMessage(() => new Promise<void>((resolve) => (goOn = resolve)));
    await stage.connect(bot);
    const first = stage.customer.says('one');
    await stage.clock.rush(first);
    expect(await bot.health()).to.deep.include({ ...ALL_WELL, queue: { running: 1, waiting: 0, hung: 0 } });
    await stage.clock.advance(60_000);
    expect(await bot.health()).to.deep.include({
      status: 'degraded',
      ready: true,
      problems: ['turnsHang'],
      queue: { running: 0, waiting: 0, hung: 1 },
    });
    goOn();
    await new Promise(setImmediate);
    expect(await bot.health()).to.deep.include(ALL_WELL);
  });

  it('is not ready with a full queue, and when it closes', async () => {
    let goOn = (): void => undefined;
    const bot = stage.bot({ ackDeadlineMs: 100, limits: { maxEvents: 1 } });
    bot.onMessage(() => new Promise<void>((resolve) => (goOn = resolve)));
    await stage.connect(bot);
    await stage.clock.rush(stage.customer.says('one'));
    expect(await bot.health()).to.deep.include({ status: 'unhealthy', ready: false, problems: ['queueFull'] });
    const closed = bot.close();
    expect((await bot.health()).problems).to.include('closing');
    goOn();
    await closed;
  });

  it('asks a store that hangs once, however many probes come, and again after ten seconds', async () => {
    let calls = 0;
    const store = storeAround(stage.store, ({ name, run }) => {
      if (name !== 'unschedule') return run();
      calls += 1;
      return new Promise(() => undefined);
    });
    const bot = stage.bot({ store });
    const probes = Promise.all(Array.from({ length: 20 }, () => bot.health()));
    for (const { ready, store: found } of await stage.clock.rush(probes)) {
      expect([ready, found.reason]).to.deep.equal([false, 'no answer yet']);
    }
    expect(calls).to.equal(1);
    await stage.clock.advance(10_000);
    await stage.clock.rush(bot.health());
    expect(calls).to.equal(2);
  });

  it('refuses a time limit that is none', async () => {
    const refused = await stage
      .bot()
      .health({ withinMs: 0 })
      .catch((error: unknown) => error);
    expect(refused).to.deep.include({ code: 'invalidOption', option: 'withinMs' });
  });
});

describe('the routes of bot.healthHandlers()', () => {
  let stage: Stage;
  const servers: (() => Promise<void>)[] = [];
  beforeEach(async () => (stage = await openStage()));
  afterEach(async () => {
    await closeStages();
    for (const close of servers.splice(0)) await close();
  });

  const SERVERS: Readonly<Record<string, (bot: MessengerBot) => RequestListener>> = {
    'node:http': (bot) => {
      const { liveness, readiness } = bot.healthHandlers();
      return (req, res) => void (req.url === '/healthz' ? liveness(req, res) : readiness(req, res));
    },
    Express: (bot) => {
      const { liveness, readiness } = bot.healthHandlers();
      const app = express();
      app.get('/healthz', (req, res) => void liveness(req, res));
      app.get('/readyz', (req, res) => void readiness(req, res));
      return app;
    },
    restify: (bot) => {
      const { liveness, readiness } = bot.healthHandlers();
      const server = createRestify();
      server.get('/healthz', liveness);
      server.get('/readyz', readiness);
      return server.server.listeners('request')[0] as RequestListener;
    },
  };
  for (const [name, listener] of Object.entries(SERVERS)) {
    it(`answer under ${name}: alive always, ready until it closes`, async () => {
      const bot = stage.bot();
      const { url, close } = await listening(createServer(listener(bot)));
      servers.push(close);
      const get = async (path: string): Promise<[number, string | null, { status: string }]> => {
        const answer = await fetch(new URL(path, url));
        return [answer.status, answer.headers.get('cache-control'), (await answer.json()) as { status: string }];
      };
      expect(await get('/healthz')).to.deep.equal([200, 'no-store', { status: 'alive' }]);
      const [status, , body] = await get('/readyz');
      expect([status, body]).to.deep.equal([200, await bot.health()]);
      await bot.close();
      const [later, , report] = await get('/readyz');
      expect([later, report.status]).to.deep.equal([503, 'unhealthy']);
      expect((await get('/healthz'))[0]).to.equal(200);
    });
  }

  it('answer to GET and HEAD only', async () => {
    const { readiness } = stage.bot().healthHandlers();
    const { url, close } = await listening(createServer((req, res) => void readiness(req, res)));
    servers.push(close);
    const asked = async (method: string): Promise<number> => (await fetch(url, { method })).status;
    expect([await asked('HEAD'), await asked('POST')]).to.deep.equal([200, 405]);
  });
});

describeWithRedis('the health of a bot with Redis', function () {
  this.timeout(SLOW_TEST_MS);
  let stage: Stage;
  let storeServer: RedisServer;
  let inboxServer: RedisServer;
  const bots: MessengerBot[] = [];

  beforeEach(async () => {
    stage = await openStage({ clock: 'real' });
    [storeServer, inboxServer] = await Promise.all([RedisServer.start(), RedisServer.start()]);
  });
  afterEach(async () => {
    storeServer.thaw();
    inboxServer.thaw();
    for (const bot of bots.splice(0)) await bot.close({ withinMs: 100 });
    await Promise.all([storeServer.kill(), inboxServer.kill()]);
    await closeStages();
  });

  const botWith = (options: Partial<MessengerBotOptions>): MessengerBot => {
    const { appSecret, verifyToken } = stage.sim.settings;
    const bot = new MessengerBot({ ...connection(stage.sim), appSecret, verifyToken, logger: quietLogger, ...options });
    bots.push(bot);
    return bot;
  };
  const sights = ({ status, ready, problems }: HealthReport): unknown[] => [status, ready, ...problems];

  it('is not ready while the store hangs, says so in time, and recovers by itself', async () => {
    const bot = botWith({ store: new RedisThreadStore(storeServer.url) });
    expect(sights(await bot.health())).to.deep.equal(['healthy', true]);
    storeServer.freeze();
    const began = performance.now();
    const report = await bot.health({ withinMs: 200 });
    expect(performance.now() - began).to.be.lessThan(5000);
    expect(sights(report)).to.deep.equal(['unhealthy', false, 'storeUnreachable']);
    expect(report.store).to.deep.include({ status: 'unreachable', reason: 'no answer yet' });
    storeServer.thaw();
    expect(sights(await bot.health({ withinMs: 5000 }))).to.deep.equal(['healthy', true]);
  });

  it('is not ready while nothing listens there; the route does not show the address', async () => {
    const bot = botWith({ store: new RedisThreadStore(storeServer.url) });
    await bot.health();
    await storeServer.kill();
    const { store, ready } = await bot.health({ withinMs: 5000 });
    expect([ready, store.status]).to.deep.equal([false, 'unreachable']);
    expect(store.reason).to.be.a('string').and.not.equal('no answer yet');
    const { readiness } = bot.healthHandlers({ withinMs: 5000 });
    const { url, close } = await listening(createServer((req, res) => void readiness(req, res)));
    const answer = await fetch(url);
    const body = (await answer.json()) as HealthReport;
    await close();
    expect([answer.status, Object.keys(body.store)]).to.deep.equal([503, ['status', 'durationMs']]);
  });

  it('is not ready without its inbox; without its store it is, because deliveries wait in the inbox', async () => {
    const store = new RedisThreadStore(storeServer.url);
    const bot = botWith({ store, inbox: new RedisInbox(inboxServer.url) });
    const { inbox, ...healthy } = await bot.health({ withinMs: 5000 });
    expect([healthy.status, inbox?.status]).to.deep.equal(['healthy', 'reachable']);
    storeServer.freeze();
    expect(sights(await bot.health({ withinMs: 2000 }))).to.deep.equal(['degraded', true, 'storeUnreachable']);
    storeServer.thaw();
    inboxServer.freeze();
    expect(sights(await bot.health({ withinMs: 2000 }))).to.deep.equal(['unhealthy', false, 'inboxUnreachable']);
    inboxServer.thaw();
  });
});
