/** The webhook as bytes, on the adapters of the frameworks: both answer when the turn has ended. */
import { AgentApplication, MemoryStorage } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import { signPayload, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { RawWebhookRequest, RawWebhookResponse } from 'botbuilder-handover-vcclive';
import { MessengerAdapter, VccLiveHandover as AgentsHandover } from 'botbuilder-handover-vcclive/agents';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { quietLogger } from '../kit/loggers.js';
import { PSID, connection } from './scene.js';

interface RawBot {
  receive(request: RawWebhookRequest): Promise<RawWebhookResponse>;
  close(): Promise<unknown>;
}

const ADAPTERS: Readonly<Record<string, (sim: MessengerSimulator) => RawBot>> = {
  HandoverFacebookAdapter: (sim) => {
    const handover = new VccLiveHandover({ ...connection(sim), logger: quietLogger });
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: sim.settings.verifyToken });
    return {
      receive: (request) =>
        adapter.receive(request, async (context) => {
          await context.sendActivity(`You said: ${context.activity.text}`);
        }),
      close: () => handover.close(),
    };
  },
  MessengerAdapter: (sim) => {
    const handover = new AgentsHandover({ ...connection(sim), logger: quietLogger });
    const adapter = new MessengerAdapter({ handover, verifyToken: sim.settings.verifyToken });
    const app = new AgentApplication({ adapter, storage: new MemoryStorage() });
    handover.attach(app);
    app.onActivity('message', async (context) => {
      await context.sendActivity(`You said: ${context.activity.text}`);
    });
    return {
      receive: (request) => adapter.receive(request, (context) => app.run(context)),
      close: () => handover.close(),
    };
  },
};

for (const [name, botOn] of Object.entries(ADAPTERS)) {
  describe(`${name}.receive()`, () => {
    let sim: MessengerSimulator;
    let bot: RawBot;
    beforeEach(async () => {
      sim = await MessengerSimulator.start();
      bot = botOn(sim);
    });
    afterEach(async () => {
      await bot.close();
      await sim.stop();
    });

    it('has answered the customer when it answers Meta', async () => {
      sim.connectBot([]);
      await sim.customer(PSID).says('first');
      const { pageId, appSecret } = sim.settings;
      const head = { sender: { id: PSID }, recipient: { id: pageId }, timestamp: Date.now() };
      const entry = { id: pageId, time: Date.now(), messaging: [{ ...head, message: { mid: 'm_raw', text: 'hi' } }] };
      const rawBody = JSON.stringify({ object: 'page', entry: [entry] });
      const headers = { 'X-Hub-Signature-256': signPayload(rawBody, appSecret) };
      expect(await bot.receive({ method: 'POST', headers, rawBody })).to.deep.include({ status: 200, body: '' });
      expect(sim.customer(PSID).hears()).to.deep.equal(['You said: hi']);
    });

    it('verifies the signature, and answers Meta’s verification', async () => {
      const forged = { 'x-hub-signature-256': signPayload('{}', 'another secret') };
      expect((await bot.receive({ method: 'POST', headers: forged, rawBody: '{}' })).status).to.equal(401);
      const query = { 'hub.mode': 'subscribe', 'hub.verify_token': sim.settings.verifyToken, 'hub.challenge': '4711' };
      expect(await bot.receive({ method: 'GET', headers: {}, query })).to.deep.include({ status: 200, body: '4711' });
    });
  });
}
