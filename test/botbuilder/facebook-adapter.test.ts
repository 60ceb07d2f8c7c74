import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TurnContext } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { InvalidOptionError, MemoryThreadStore, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { ThreadStore } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { SimulatorClock } from 'botbuilder-handover-vcclive/simulator';
import type { Bot, Served } from './served-bot.js';
import {
  BOT_APP,
  LogBook,
  PAGE,
  PSID,
  SECRET,
  VCC_LIVE_APP,
  VERIFY_TOKEN,
  delivery,
  listenerOf,
  messageItem,
  newBot,
  post,
  serve,
  until,
} from './served-bot.js';
import { storeAround } from '../kit/store-around.js';

const ROOT = join(__dirname, '../..');

describe('The Facebook adapter', () => {
  let served: Served[] = [];

  async function at(bot: Bot): Promise<Served> {
    const house = await serve(createServer(listenerOf(bot)));
    served.push(house);
    return house;
  }

  afterEach(async () => {
    await Promise.all(served.map((house) => house.close()));
    served = [];
  });

  function settled(): Promise<void> {
    return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  /** Moves a held clock step by step while the sockets live in real time. */
  async function advance(clock: SimulatorClock, ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      await clock.advance(Math.min(250, left));
      await settled();
    }
  }

  describe('The acknowledgement', () => {
    it('leaves when the turns are over', async () => {
      let ended = false;
      const bot = newBot({
        logic: async () => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          ended = true;
        },
      });

      expect((await post(await at(bot), delivery(messageItem('slow')))).status).to.equal(200);
      expect(ended).to.equal(true);
    });

    it('leaves at ackDeadlineMs while a slow turn goes on; what Meta delivers again is not run again', async () => {
      const clock = new SimulatorClock('held');
      let finish: () => void = () => undefined;
      const turn = new Promise<void>((resolve) => (finish = resolve));
      const bot = newBot({ handover: { clock }, adapter: { ackDeadlineMs: 3000 }, logic: () => turn });
      const house = await at(bot);
      const body = delivery(messageItem('slow'));

      const first = post(house, body);
      await until(() => bot.turns.length === 1);
      await advance(clock, 2999);
      expect(await Promise.race([first, settled()])).to.equal(undefined);
      await advance(clock, 1);
      expect((await first).status).to.equal(200);

      const second = post(house, body);
      while ((await bot.handover.health()).lastWebhookAgeMs !== 0) await settled();
      await advance(clock, 3000);
      expect((await second).status).to.equal(200);
      finish();
      expect((await post(house, body)).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['slow']);
    });
  });

  describe('A delivery with a bad item', () => {
    it('is acknowledged where the logic throws without onTurnError, and the other items are worked on', async () => {
      const bot = newBot({
        logic: (context) =>
          context.activity.text === 'bad' ? Promise.reject(new TypeError('boom')) : Promise.resolve(),
      });

      const { status } = await post(await at(bot), delivery(messageItem('bad'), messageItem('good')));

      expect(status).to.equal(200);
      expect(bot.turns).to.deep.equal(['bad', 'good']);
      expect(bot.ignored.map(({ reason }) => reason)).to.deep.equal(['failed']);
      expect(bot.log.lines.filter((line) => line.includes('boom'))).to.have.length(1);
    });

    it('calls onTurnError where it is set, as Bot Framework bots expect', async () => {
      const bot = newBot({
        logic: (context) =>
          context.activity.text === 'bad' ? Promise.reject(new TypeError('boom')) : Promise.resolve(),
      });
      const caught: string[] = [];
      bot.adapter.onTurnError = async (context, error) => {
        caught.push(`${context.activity.text}: ${error.message}`);
      };

      expect((await post(await at(bot), delivery(messageItem('bad'), messageItem('good')))).status).to.equal(200);
      expect(caught).to.deep.equal(['bad: boom']);
      expect(bot.ignored).to.deep.equal([]);
    });

    it('is acknowledged where onTurnError throws as well', async () => {
      const bot = newBot({ logic: () => Promise.reject(new TypeError('boom')) });
      bot.adapter.onTurnError = () => Promise.reject(new TypeError('boom again'));

      expect((await post(await at(bot), delivery(messageItem('a'), messageItem('b')))).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['a', 'b']);
    });

    it('is acknowledged where the logic throws something that is no error', async () => {
      const bot = newBot({
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- bots in JavaScript do this
        logic: () => Promise.reject('just a string'),
      });

      expect((await post(await at(bot), delivery(messageItem('a')))).status).to.equal(200);
    });

    it('works off what stands around items that are nothing, or that nobody knows', async () => {
      const bot = newBot();
      const bare = { recipient: { id: PAGE }, timestamp: 1_790_000_000_000 };
      const odd = [
        null,
        7,
        { ...bare, app_roles: { [BOT_APP]: ['primary_receiver'] } },
        { ...bare, policy_enforcement: { action: 'block', reason: 'x' } },
        { ...bare, something_new: {} },
      ];
      const body = {
        object: 'page',
        entry: [
          { id: PAGE, time: 1, messaging: [...odd, messageItem('first')] },
          { id: PAGE, time: 1 },
          { id: PAGE, time: 1, changes: [{ field: 'feed', value: { item: 'post' } }] },
          { id: PAGE, time: 1, changes: [], messaging: [messageItem('second')] },
        ],
      };

      expect((await post(await at(bot), body)).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['first', 'second']);
      expect(bot.ignored).to.have.length(6);
    });

    it('runs a checkbox opt-in, whose customer has no id yet', async () => {
      const bot = newBot();
      const optin = { recipient: { id: PAGE }, timestamp: 1_790_000_000_000, optin: { ref: 'r', user_ref: 'u-1' } };

      expect((await post(await at(bot), delivery(optin))).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['event']);
    });
  });

  describe('The store', () => {
    const weak = (down: Set<string>): ThreadStore =>
      storeAround(new MemoryThreadStore(), ({ name, run }) =>
        down.has(name) ? Promise.reject(new TypeError('connection refused')) : run(),
      );

    for (const operation of ['enter'] as const) {
      it(`unreachable at "${operation}": 503, nothing run; the redelivery runs everything once`, async () => {
        const down = new Set<string>([operation]);
        const bot = newBot({ handover: { store: weak(down) } });
        const house = await at(bot);
        const body = delivery(messageItem('a', '1'), messageItem('b', '2'));

        expect((await post(house, body)).status).to.equal(503);
        expect(bot.turns).to.deep.equal([]);
        down.clear();
        expect((await post(house, body)).status).to.equal(200);
        expect((await post(house, body)).status).to.equal(200);
        expect([...bot.turns].sort()).to.deep.equal(['a', 'b']);
      });
    }

    it('lost at "leave": acknowledged, kept in memory, not run again', async () => {
      const down = new Set<string>(['leave']);
      const bot = newBot({ handover: { store: weak(down) } });
      const house = await at(bot);
      const body = delivery(messageItem('a'));

      expect((await post(house, body)).status).to.equal(200);
      expect((await post(house, body)).status).to.equal(200);
      down.clear();
      expect((await post(house, body)).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['a']);
    });
  });

  describe('HandoverFacebookAdapter', () => {
    function handover(more: object = {}): VccLiveHandover {
      return new VccLiveHandover({
        botAppId: BOT_APP,
        vccLiveAppId: VCC_LIVE_APP,
        pageAccessToken: 'a-token',
        appSecret: SECRET,
        logger: new LogBook(),
        ...more,
      });
    }

    const wrong: readonly (readonly [string, () => unknown, string])[] = [
      ['no options', () => new HandoverFacebookAdapter(undefined as never), 'handover'],
      ['no handover', () => new HandoverFacebookAdapter({ verify_token: 'v' } as never), 'handover'],
      ['another handover', () => new HandoverFacebookAdapter({ handover: {} as never, verify_token: 'v' }), 'handover'],
      ['no verify token', () => new HandoverFacebookAdapter({ handover: handover() } as never), 'verify_token'],
      [
        'an empty verify token',
        () => new HandoverFacebookAdapter({ handover: handover(), verify_token: '' }),
        'verify_token',
      ],
      [
        'a blank-padded verify token',
        () => new HandoverFacebookAdapter({ handover: handover(), verify_token: ' v' }),
        'verify_token',
      ],
      [
        'no app secret',
        () => new HandoverFacebookAdapter({ handover: handover({ appSecret: undefined }), verify_token: 'v' }),
        'app_secret',
      ],
      [
        'an empty app secret',
        () => new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v', app_secret: '' }),
        'app_secret',
      ],
      [
        'an app secret in blanks',
        () => new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v', app_secret: `${SECRET}\n` }),
        'app_secret',
      ],
      [
        'an empty token',
        () => new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v', access_token: '' }),
        'access_token',
      ],
      ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '4000'].flatMap(
        (value): (readonly [string, () => unknown, string])[] => [
          [
            `ackDeadlineMs ${String(value)}`,
            () =>
              new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v', ackDeadlineMs: value as number }),
            'ackDeadlineMs',
          ],
          [
            `maxBodyBytes ${String(value)}`,
            () =>
              new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v', maxBodyBytes: value as number }),
            'maxBodyBytes',
          ],
        ],
      ),
      ['a repair of no adapter', () => repairFacebookAdapter({} as never, { handover: handover() }), 'adapter'],
      [
        'a repair without handover',
        () =>
          repairFacebookAdapter(
            new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' }),
            {} as never,
          ),
        'handover',
      ],
      [
        'an address as api_host',
        () =>
          new HandoverFacebookAdapter({
            handover: handover(),
            verify_token: 'v',
            app_secret: SECRET,
            api_host: 'https://graph.facebook.com',
          }),
        'api_host',
      ],
      [
        'an api_version without v',
        () =>
          new HandoverFacebookAdapter({
            handover: handover(),
            verify_token: 'v',
            app_secret: SECRET,
            api_version: '26.0',
          }),
        'api_version',
      ],
    ];
    for (const [name, make, option] of wrong) {
      it(`refuses ${name}, naming "${option}"`, () => {
        expect(make)
          .to.throw(InvalidOptionError)
          .that.satisfies((error: InvalidOptionError) => {
            expect(error.option).to.equal(option);
            expect(error.message).not.to.include(SECRET);
            return true;
          });
      });
    }

    it('takes an option that is undefined for one that is not given', () => {
      const options = { handover: handover(), verify_token: 'v', access_token: undefined, api_version: undefined };

      const adapter = new HandoverFacebookAdapter(options as never);

      const { access_token, api_version, app_secret } = (adapter as unknown as { options: Record<string, string> })
        .options;
      expect([access_token, api_version, app_secret]).to.deep.equal(['a-token', 'v26.0', SECRET]);
    });

    it('is a FacebookAdapter, for instanceof and for Botkit', () => {
      const adapter = new HandoverFacebookAdapter({ handover: handover(), verify_token: 'v' });
      expect(adapter).to.be.instanceOf(FacebookAdapter);
      expect(adapter.name).to.equal('Facebook Adapter');
    });
  });

  describe('A stock adapter that is repaired', () => {
    function repaired(log = new LogBook()): { adapter: FacebookAdapter; order: string[] } {
      const order: string[] = [];
      const handover = new VccLiveHandover({
        botAppId: BOT_APP,
        vccLiveAppId: VCC_LIVE_APP,
        pageAccessToken: 'a-token',
        graph: { baseUrl: 'http://127.0.0.1:9', maxRetries: 0 },
        logger: log,
      });
      const adapter = new FacebookAdapter({ verify_token: VERIFY_TOKEN, app_secret: SECRET, access_token: 'a-token' });
      adapter.use(async (_context, next) => {
        order.push('middleware of the bot');
        await next();
      });
      expect(repairFacebookAdapter(adapter, { handover })).to.equal(adapter);
      return { adapter, order };
    }

    it('takes what comes as HandoverFacebookAdapter does, with its own secret and verify token', async () => {
      const { adapter, order } = repaired();
      const house = await serve(
        createServer((req, res) => {
          void adapter.processActivity(req, res, async ({ activity }) => void order.push(activity.text));
        }),
      );
      served.push(house);

      const body = delivery(messageItem('hello'));
      expect((await post(house, body)).status).to.equal(200);
      expect((await post(house, body)).status).to.equal(200);
      expect((await post(house, {}, { 'x-hub-signature-256': undefined })).status).to.equal(401);
      const query = `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(VERIFY_TOKEN)}&hub.challenge=42`;
      expect(await (await fetch(`${house.url}?${query}`)).text()).to.equal('42');
      expect(order).to.deep.equal(['middleware of the bot', 'hello']);
    });

    it('asks the plugin first, whatever middleware was there before: a wish for an agent reaches none', async () => {
      const { adapter, order } = repaired();
      const house = await serve(
        createServer((req, res) => {
          void adapter.processActivity(req, res, async () => void order.push('logic'));
        }),
      );
      served.push(house);

      expect((await post(house, delivery(messageItem('talk to agent')))).status).to.equal(200);
      expect(order).to.deep.equal([]);
    });

    it('keeps standby from the bot', async () => {
      const { adapter, order } = repaired();
      const house = await serve(
        createServer((req, res) => {
          void adapter.processActivity(req, res, async () => void order.push('logic'));
        }),
      );
      served.push(house);

      const body = { object: 'page', entry: [{ id: PAGE, time: 1, standby: [messageItem('to the agent')] }] };
      expect((await post(house, body)).status).to.equal(200);
      expect(order).to.deep.equal([]);
    });

    const orders: [string, (adapter: FacebookAdapter, handover: VccLiveHandover) => void][] = [
      [
        'a second repair',
        (adapter, handover) => {
          repairFacebookAdapter(adapter, { handover });
          repairFacebookAdapter(adapter, { handover });
        },
      ],
      [
        'a repair that comes after use',
        (adapter, handover) => {
          adapter.use(handover);
          repairFacebookAdapter(adapter, { handover });
        },
      ],
    ];
    for (const [name, prepare] of orders)
      it(`is guarded still after ${name}`, async () => {
        const log = new LogBook();
        const handover = new VccLiveHandover({
          botAppId: BOT_APP,
          vccLiveAppId: VCC_LIVE_APP,
          pageAccessToken: 'a-token',
          graph: { baseUrl: 'http://127.0.0.1:9', maxRetries: 0, timeoutMs: 200 },
          logger: log,
        });
        const adapter = new FacebookAdapter({
          verify_token: VERIFY_TOKEN,
          app_secret: SECRET,
          access_token: 'a-token',
        });
        prepare(adapter, handover);
        const suppressed: string[] = [];
        handover.on('suppressed', ({ reason }) => suppressed.push(reason));
        const activity = {
          channelId: 'facebook',
          from: { id: PAGE },
          recipient: { id: PSID },
          conversation: { id: PSID },
        };
        const context = new TurnContext(adapter, activity as never);

        await adapter.sendActivities(context, [{ ...activity, type: 'message', text: 'hi' } as never]);

        expect(suppressed).to.deep.equal(['ownerUnknown']);
      });
  });

  describe('What makes the stock adapter crash', () => {
    const standbyOnly = {
      object: 'page',
      entry: [
        {
          id: PAGE,
          time: 1_790_000_000_000,
          standby: [
            {
              sender: { id: PSID },
              recipient: { id: PAGE },
              timestamp: 1_789_999_999_750,
              message: { mid: 'm_of-the-guide', text: 'are you there?' },
            },
          ],
        },
      ],
    };

    async function stockOn(body: object): Promise<{ thrown: unknown; answered: unknown[] }> {
      const rawBody = JSON.stringify(body);
      const sha1 = `sha1=${createHmac('sha1', SECRET).update(rawBody).digest('hex')}`;
      const adapter = new FacebookAdapter({ verify_token: VERIFY_TOKEN, app_secret: SECRET, access_token: 't' });
      const answered: unknown[] = [];
      const res = { status: (code: number) => answered.push(code), end: () => answered.push('end') };
      try {
        await adapter.processActivity(
          { headers: { 'x-hub-signature': sha1 }, body, rawBody },
          res,
          async () => undefined,
        );
        return { thrown: undefined, answered };
      } catch (thrown) {
        return { thrown, answered };
      }
    }

    it("VCC Live's published standby webhook: ours acknowledges and ignores it", async () => {
      const stock = await stockOn(standbyOnly);
      expect(stock.thrown)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.matches(/null \(reading 'length'\)/);
      expect(stock.answered).to.deep.equal([]);

      const bot = newBot();
      const heard: string[] = [];
      bot.handover.on('standbyMessage', ({ from, event }) => heard.push(`${from}: ${event.text}`));
      expect((await post(await at(bot), standbyOnly)).status).to.equal(200);
      expect(bot.turns).to.deep.equal([]);
      expect(heard).to.deep.equal(['customer: are you there?']);
    });

    it('app_roles: ours acknowledges it and reports it', async () => {
      const body = delivery({ recipient: { id: PAGE }, timestamp: 1, app_roles: { [BOT_APP]: ['primary_receiver'] } });
      expect((await stockOn(body)).thrown).to.be.instanceOf(TypeError);

      const bot = newBot();
      expect((await post(await at(bot), body)).status).to.equal(200);
      expect(bot.ignored.map(({ event }) => event.kind)).to.deep.equal(['appRoles']);
    });
  });

  describe('What is not installed', () => {
    const run = promisify(execFile);

    /** A process in which some packages cannot be found. */
    async function without(packages: readonly string[], code: string): Promise<string> {
      const hook = `
      const Module = require('node:module');
      const missing = new Set(${JSON.stringify(packages)});
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...rest) {
        const parts = name.split('/');
        const top = name.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
        if (missing.has(top)) {
          throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
        }
        return resolve.call(this, name, ...rest);
      };
      require('tsx/cjs');
      ${code}`;
      const { stdout } = await run(process.execPath, ['-e', hook], { cwd: ROOT });
      return stdout;
    }

    const tellError = `
    try { require('./src/botbuilder/facebook-adapter.ts'); console.log('loaded'); }
    catch (error) { console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message })); }`;

    it('the main entry and the simulator load without adapter, Botkit, restify, express and request', async () => {
      const out = await without(
        ['botbuilder-adapter-facebook', 'botkit', 'restify', 'express', 'request'],
        `console.log(typeof require('./src/index.ts').VccLiveHandover, typeof require('./src/simulator/index.ts').MessengerSimulator);`,
      );
      expect(out.trim()).to.equal('function function');
    });

    for (const name of ['request', 'botbuilder-adapter-facebook']) {
      it(`the adapter's path says what to install where "${name}" is missing`, async () => {
        const error = JSON.parse(await without([name], tellError)) as Record<string, string>;

        expect(error).to.include({ name: 'HandoverError', code: 'missingPeer' });
        expect(error['message']).to.include(name);
        expect(error['message']).to.include('npm install botbuilder-adapter-facebook request@npm:@cypress/request');
      });
    }

    it("another package that is missing is not blamed on the adapter's", async () => {
      const error = JSON.parse(await without(['botkit'], tellError)) as Record<string, string>;

      expect(error['code']).to.equal('MODULE_NOT_FOUND');
    });
  });
});
