import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import express from 'express';
import * as sinon from 'sinon';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { PSID, connection } from './scene.js';
import { listenLocally, stopServer } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

interface Stage {
  readonly sim: MessengerSimulator;
  readonly handover: VccLiveHandover;
  readonly adapter: FacebookAdapter;
  /** Texts that the bot's logic got. */
  readonly heard: string[];
}

describe('The stock adapter', () => {
  let close: () => Promise<void> = () => Promise.resolve();

  afterEach(async () => {
    sinon.restore();
    await close();
  });

  /** A bot as its author wrote it for the stock adapter, on express with the parser that keeps the bytes. */
  async function stage(prepare: (adapter: FacebookAdapter, handover: VccLiveHandover) => void): Promise<Stage> {
    const sim = await MessengerSimulator.start();
    const handover = new VccLiveHandover({ ...connection(sim), logger: quietLogger });
    const adapter = new FacebookAdapter({
      verify_token: sim.settings.verifyToken,
      app_secret: sim.settings.appSecret,
      access_token: sim.settings.pageAccessToken,
      // It speaks https only, so its own calls end nowhere.
      api_host: '127.0.0.1:9',
    });
    prepare(adapter, handover);
    const heard: string[] = [];
    const app = express();
    app.use(express.json({ verify: (req, _res, bytes) => void Object.assign(req, { rawBody: bytes }) }));
    app.all('/api/messages', (req, res) => {
      adapter
        .processActivity(req, res, async (context) => {
          if (context.activity.type !== 'message') return;
          heard.push(context.activity.text);
          await context.sendActivity(`bot: ${context.activity.text}`);
        })
        // Botkit lets the rejection end the process.
        .catch(() => res.status(500).end());
    });
    const server: Server = createServer(app);
    sim.connectBot(`${await listenLocally(server)}/api/messages`);
    close = async () => {
      await stopServer(server);
      await sim.stop();
    };
    return { sim, handover, adapter, heard };
  }

  describe('A bot on the stock adapter', () => {
    it('answers a duplicate twice, swallows send errors, and fails on what comes while an agent has the thread', async () => {
      const complaints = sinon.stub(console, 'error');
      const { sim, heard } = await stage(() => undefined);
      sim.weather.duplicates = 1;
      const customer = sim.customer(PSID);

      await customer.says('hello');
      expect(heard).to.deep.equal(['hello', 'hello']);
      expect(complaints.callCount).to.equal(2);
      sim.weather.duplicates = 0;
      await sim.agent().takes(PSID);
      await customer.says('to the agent');

      const last = sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
      expect(last.at(-1)).to.include({ outcome: 'refused', status: 500 });
    });
  });

  describe('A bot on the stock adapter with the middleware alone', () => {
    it('fails at the customer’s first word, before any thread is passed, and the error names the repair', async () => {
      const thrown: unknown[] = [];
      const { sim, handover, heard } = await stage((adapter, plugin) => {
        adapter.use(plugin);
        adapter.onTurnError = async (_context, error) => void thrown.push(error);
      });
      const passed: string[] = [];
      handover.on('passed', ({ handoverId }) => passed.push(handoverId));

      await sim.customer(PSID).says('talk to agent');

      expect(String(thrown[0])).to.include('repairFacebookAdapter(adapter, { handover })');
      expect(heard).to.deep.equal([]);
      expect(passed).to.deep.equal([]);
      expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
    });
  });

  describe('A bot on the stock adapter, repaired', () => {
    it('plays a whole handover: duplicates, standby, hand-back', async () => {
      const { sim, heard } = await stage((adapter, handover) => repairFacebookAdapter(adapter, { handover }));
      sim.weather.duplicates = 1;
      const customer = sim.customer(PSID);
      const agent = sim.agent();

      await customer.says('hello');
      await customer.says('talk to agent');
      expect(agent.queue().map(({ psid }) => psid)).to.deep.equal([PSID]);
      await customer.says('are you there?');
      await agent.says(PSID, 'Yes, this is Anna.');
      await agent.handsBack(PSID, 'solved');
      await customer.says('and now?');

      expect(heard).to.deep.equal(['hello', 'and now?']);
      expect(customer.hears()).to.deep.equal([
        'bot: hello',
        "I'm connecting you to an agent. One moment, please.",
        'Yes, this is Anna.',
        'bot: and now?',
      ]);
      await sim.settled();
      const webhooks = sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
      expect([...new Set(webhooks.map(({ outcome }) => outcome))]).to.deep.equal(['acknowledged']);
      expect((await sim.verifyWebhook()).ok).to.equal(true);
    });

    it("uses the adapter's own token and secret where the handover has others", async () => {
      const sim = await MessengerSimulator.start();
      const { verifyToken, appSecret, pageAccessToken } = sim.settings;
      const handover = new VccLiveHandover({
        ...connection(sim),
        pageAccessToken: 'of-somebody-else',
        appSecret: 'of somebody else',
        logger: quietLogger,
      });
      const adapter = repairFacebookAdapter(
        new FacebookAdapter({ verify_token: verifyToken, app_secret: appSecret, access_token: pageAccessToken }),
        { handover },
      );
      const server = createServer(
        (req, res) =>
          void adapter.processActivity(req, res, async (context) => {
            if (context.activity.type === 'message') await context.sendActivity('hi');
          }),
      );
      sim.connectBot(`${await listenLocally(server)}/`);
      close = async () => {
        await stopServer(server);
        await sim.stop();
      };

      await sim.customer(PSID).says('hello');

      expect(sim.customer(PSID).hears()).to.deep.equal(['hi']);
    });
  });
});
