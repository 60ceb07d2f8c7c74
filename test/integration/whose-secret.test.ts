/** Whose App Secret counts: the adapter's own for its webhooks and messages, the plugin's for the plugin's calls. */
import { createServer, type Server } from 'node:http';
import type { BotAdapter } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import type { BotLogic } from 'botbuilder-handover-vcclive';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { expect } from 'chai';
import { listenLocally } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

const PSID = '6600112233445566';

type WebAdapter = BotAdapter & { processActivity(req: unknown, res: unknown, logic: BotLogic): Promise<void> };
type MakeAdapter = (handover: VccLiveHandover, secret: string | undefined, verifyToken: string) => WebAdapter;

const ADAPTERS: Readonly<Record<string, MakeAdapter>> = {
  HandoverFacebookAdapter: (handover, secret, verify_token) =>
    new HandoverFacebookAdapter({
      handover,
      verify_token,
      ...(secret === undefined ? {} : { app_secret: secret }),
    }),
  'a repaired adapter': (handover, secret, verify_token) => {
    const given = { verify_token, access_token: 'simulated-bot-token-111222333444555', enable_incomplete: true };
    const stock = new FacebookAdapter({ ...given, app_secret: secret as string });
    return repairFacebookAdapter(stock, { handover });
  },
};

for (const [name, adapterFor] of Object.entries(ADAPTERS)) {
  describe(`The App Secret of ${name}`, () => {
    let sim: MessengerSimulator;
    let server: Server | undefined;

    beforeEach(async () => {
      sim = await MessengerSimulator.start();
    });
    afterEach(async () => {
      server?.closeAllConnections();
      server?.close();
      await sim.stop();
    });

    async function start(secrets: { readonly plugin: boolean; readonly adapter: boolean }): Promise<void> {
      const { botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken } = sim.settings;
      const handover = new VccLiveHandover({
        botAppId,
        vccLiveAppId,
        pageAccessToken,
        ...(secrets.plugin ? { appSecret } : {}),
        graph: { baseUrl: sim.graphBaseUrl },
        logger: quietLogger,
      });
      const adapter = adapterFor(handover, secrets.adapter ? appSecret : undefined, verifyToken);
      const logic: BotLogic = async (context) => {
        if (context.activity.type === 'message') await context.sendActivity('heard');
      };
      server = createServer((req, res) => void adapter.processActivity(req, res, logic));
      const listening = server;
      sim.connectBot(`${await listenLocally(listening)}/`);
    }

    it('may be the plugin’s alone: it verifies webhooks, and signs messages and the pass', async () => {
      await start({ plugin: true, adapter: false });
      const customer = sim.customer(PSID);
      await customer.says('hello');
      await customer.says('talk to agent');
      expect(customer.hears()[0]).to.equal('heard');
      expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
    });

    it('does not sign the pass if the adapter alone has it, and Meta refuses the pass', async () => {
      await start({ plugin: false, adapter: true });
      const customer = sim.customer(PSID);
      await customer.says('hello');
      await customer.says('talk to agent');
      expect(customer.hears()[0]).to.equal('heard');
      expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
    });
  });
}
