/**
 * App ids that a JavaScript number cannot hold, on every way into the bot: the adapters, Azure's channel, the inbox,
 * Graph's answers, VCC Live's webhooks. Meta writes them as bare numbers.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import express from 'express';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { VccLiveHandover, signPayload } from 'botbuilder-handover-vcclive';
import type { DeliveryInbox, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { parseVccLiveEvent } from '../../src/vcc-live/parse-event.js';
import { PSID } from './scene.js';
import { closePlays, playOn, transports } from './transports/transports.js';
import type { Play } from './transports/transports.js';
import { listenLocally, stopServer } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

const MINUTE_MS = 60_000;
const PAGE = '111222333444555';
/** `Number` rounds the bot's and VCC Live's, except the short ones. */
const IDS = [
  ['15 digits', '900100200300400', '900500600700800'],
  ['16 digits', '9012345678901237', '9112345678901239'],
  ['17 digits', '24012345678901237', '27012345678901239'],
  ['22 digits', '2401234567890123700001', '2701234567890123900001'],
] as const;

describe('app ids that a JavaScript number cannot hold', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    await closePlays();
    for (const server of servers.splice(0)) {
      await stopServer(server);
    }
  });

  const served = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    return listenLocally(server);
  };

  for (const transport of transports) {
    describe(`on ${transport.name}`, () => {
      for (const [digits, botAppId, vccLiveAppId] of IDS) {
        const open = (handover: Partial<VccLiveHandoverOptions> = {}): Promise<Play> =>
          playOn(transport, { sim: { botAppId, vccLiveAppId }, handover });

        it(`${digits}: the agent’s words claim the thread, no timer takes it, the hand-back ends the dialog`, async () => {
          const stage = await open({ timers: { unclaimedMs: MINUTE_MS } });
          await stage.customer.says('hello');
          await stage.customer.says('agent please');
          await stage.agent.says(PSID, 'Hello, this is Anna.');
          expect(stage.news('claimed')).to.have.length(1);
          expect(stage.news('standbyMessage').map(({ from, event }) => [from, event.appId])).to.deep.equal([
            ['agent', vccLiveAppId],
          ]);
          await stage.lapse(3 * MINUTE_MS);
          expect(stage.owner()).to.equal('vccLive');
          expect(stage.calls('take_thread_control')).to.deep.equal([]);
          await stage.agent.handsBack(PSID, 'solved');
          expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([
            ['completed', 'passBack'],
          ]);
          expect(stage.news('returned')).to.have.length(1);
          expect(stage.saidOverOthers()).to.deep.equal([]);
        });

        it(`${digits}: VCC Live gets what it asks for, and thread_owner names it`, async () => {
          const stage = await open({ vccLiveAppId: async () => vccLiveAppId });
          await stage.customer.says('hello');
          await stage.deliver([{ request_thread_control: { requested_owner_app_id: BigInt(vccLiveAppId) } }]);
          expect(stage.owner()).to.equal('vccLive');
          const owner = await stage.bot.handover.ownerOf(stage.thread, { ask: true });
          expect(owner).to.include({ owner: 'vccLive', appId: vccLiveAppId });
        });
      }

      it('a third app is no app of the options, and gets nothing that goes to an app whose digits are lost', async () => {
        const stage = await playOn(transport, { handover: { controlRequests: 'grantAll' } });
        await stage.customer.says('hello');
        await stage.deliver([{ request_thread_control: { requested_owner_app_id: 29012345678901235n } }]);
        const passed = stage
          .calls('pass_thread_control')
          .map(({ body }) => (body as { target_app_id: string }).target_app_id);
        // Azure's channel has lost the digits. With them the policy has its way, and Meta refuses an app that it does not know.
        expect(passed).to.deep.equal(transport.losesDigits ? [] : ['29012345678901235']);
        expect(stage.owner()).to.equal('bot');
      });
    });
  }

  /** What an adapter is told by one delivery: the events of a hand-back that `standbyMessage` and `ownerChanged` show. */
  interface Door {
    readonly name: string;
    /** The app ids of an echo on standby and the new owner of a pass, as the plugin's events name them. */
    readonly read: (botAppId: string, vccLiveAppId: string) => Promise<readonly (string | undefined)[]>;
  }

  /** An agent's echo, then a pass from VCC Live to the inbox of another app. */
  const deliveryOf = (vccLiveAppId: string, other: string): string =>
    `{"object":"page","entry":[{"id":"${PAGE}","time":1790000000000,"standby":[{"sender":{"id":"${PAGE}"},"recipient":` +
    `{"id":"${PSID}"},"timestamp":1790000000000,"message":{"mid":"m_1","is_echo":true,"app_id":${vccLiveAppId},` +
    `"text":"\\"app_id\\":${other}, said the agent"}}],"messaging":[{"sender":{"id":"${PSID}"},"recipient":{"id":"${PAGE}"},` +
    `"timestamp":1790000001000,"pass_thread_control":{"previous_owner_app_id":${vccLiveAppId},"new_owner_app_id":${other},` +
    `"metadata":null}}]}]}`;

  const OTHER = '31012345678901233';
  const SECRET = 'secret-of-the-app';

  const pluginFor = (botAppId: string, vccLiveAppId: string, inbox?: DeliveryInbox): VccLiveHandover =>
    new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken: 'token',
      appSecret: SECRET,
      logger: quietLogger,
      graph: { baseUrl: 'http://127.0.0.1:9', maxRetries: 0 },
      ...(inbox === undefined ? {} : { inbox }),
    });

  /** Posts the delivery to a bot and reads what its plugin told. */
  const told = async (
    handover: VccLiveHandover,
    listener: RequestListener,
    vccLiveAppId: string,
  ): Promise<readonly (string | undefined)[]> => {
    const echo = new Promise<string | undefined>((resolve) => {
      handover.on('standbyMessage', ({ event, from }) =>
        resolve(from === 'agent' ? event.appId : `${from}: ${event.appId}`),
      );
    });
    const owner = new Promise<string | undefined>((resolve) => {
      handover.on('ownerChanged', ({ to }) => to.owner === 'other' && resolve(to.appId));
    });
    const body = deliveryOf(vccLiveAppId, OTHER);
    const response = await fetch(await served(listener), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signPayload(body, SECRET) },
      body,
    });
    expect(response.status).to.equal(200);
    return Promise.all([echo, owner]);
  };

  const doors: readonly Door[] = [
    {
      name: 'our adapter on the bytes themselves',
      read: (botAppId, vccLiveAppId) => {
        const handover = pluginFor(botAppId, vccLiveAppId);
        const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v' });
        return told(
          handover,
          (req, res) => void adapter.processActivity(req, res, async () => undefined),
          vccLiveAppId,
        );
      },
    },
    {
      name: 'our adapter behind a body parser that kept the bytes',
      read: (botAppId, vccLiveAppId) => {
        const handover = pluginFor(botAppId, vccLiveAppId);
        const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v' });
        const app = express();
        const keep = (req: IncomingMessage, _res: unknown, bytes: Buffer): void =>
          void Object.assign(req, { rawBody: bytes });
        app.use(express.json({ verify: keep }));
        app.post('/', (req, res) => void adapter.processActivity(req, res, async () => undefined));
        return told(handover, app, vccLiveAppId);
      },
    },
    {
      name: 'a stock adapter, repaired',
      read: (botAppId, vccLiveAppId) => {
        const handover = pluginFor(botAppId, vccLiveAppId);
        const stock = new FacebookAdapter({ verify_token: 'v', app_secret: SECRET, access_token: 'token' });
        const adapter = repairFacebookAdapter(stock, { handover });
        return told(
          handover,
          (req, res) => void adapter.processActivity(req, res, async () => undefined),
          vccLiveAppId,
        );
      },
    },
    {
      name: 'an inbox that keeps deliveries and gives them to another process',
      read: async (botAppId, vccLiveAppId) => {
        const kept = [deliveryOf(vccLiveAppId, OTHER)];
        const inbox: DeliveryInbox = {
          forBot: () => inbox,
          setAside: async () => undefined,
          put: async () => undefined,
          remove: async () => undefined,
          renew: async () => undefined,
          giveBack: async () => undefined,
          takeOver: async () => ({ deliveries: kept.splice(0).map((body) => ({ id: '1', body })), setAside: 0 }),
        };
        const handover = pluginFor(botAppId, vccLiveAppId, inbox);
        const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v' });
        const echo = new Promise<string | undefined>((resolve) => {
          handover.on('standbyMessage', ({ event, from }) => resolve(from === 'agent' ? event.appId : from));
        });
        const owner = new Promise<string | undefined>((resolve) => {
          handover.on('ownerChanged', ({ to }) => to.owner === 'other' && resolve(to.appId));
        });
        handover.attach(adapter, async () => undefined);
        const both = await Promise.all([echo, owner]);
        await handover.close();
        return both;
      },
    },
    {
      name: 'the body of a webhook of VCC Live',
      read: async (_botAppId, vccLiveAppId) => {
        const handover = pluginFor('1', vccLiveAppId);
        const seen: (string | undefined)[] = [];
        handover.on('vccLiveEvent', ({ event }) => {
          if (event.kind === 'chatClosed') seen.push(event.chatId, event.contactId);
        });
        const route = handover.vccLiveWebhook({
          secret: 'shared',
          threadOf: (event) => {
            if (event.kind === 'chatClosed') seen.push(event.chatId, event.contactId);
            return undefined;
          },
        });
        const url = await served((req, res) => void route(req, res));
        const body = `{"disposition":"completed","chatId":${vccLiveAppId},"contactId":${OTHER}}`;
        const response = await fetch(`${url}/?secret-key=shared`, { method: 'POST', body });
        expect(response.status).to.equal(200);
        return seen.slice(0, 2);
      },
    },
  ];

  for (const { name, read } of doors) {
    it(`come to the last digit through ${name}, whatever they are`, async () => {
      const digits = fc.stringMatching(/^[1-9]\d{14,19}$/);
      await fc.assert(
        fc.asyncProperty(digits, digits, async (botAppId, vccLiveAppId) => {
          fc.pre(botAppId !== vccLiveAppId && botAppId !== OTHER && vccLiveAppId !== OTHER);
          expect(await read(botAppId, vccLiveAppId)).to.deep.equal([vccLiveAppId, OTHER]);
        }),
        { numRuns: 12 },
      );
    });
  }

  it('have to be strings where a function gives them, and the error says so', async () => {
    const [transport] = transports;
    if (!transport) return expect.fail('There is no transport.');
    const number = Number('27012345678901239') as unknown as string;
    const stage = await playOn(transport, { handover: { vccLiveAppId: () => number } });
    await stage.customer.says('agent please');
    const [failed] = stage.news('failed');
    expect(failed?.error.message).to.include('the number 27012345678901240, not a string');
    expect(stage.owner()).to.equal('bot');
  });

  it('of VCC Live’s webhooks are left out, not wrong, where a body parser has rounded them', () => {
    const event = parseVccLiveEvent(JSON.parse('{"disposition":"lost","chatId":24012345678901237,"ticketId":17}'));
    expect(event).to.include({ ticketId: '17' }).and.not.have.property('chatId');
  });
});
