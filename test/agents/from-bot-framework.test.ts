/** A bot that moves from Bot Framework to the Agents SDK keeps its threads: handovers that began before end after the move. */
import { Activity } from '@microsoft/agents-activity';
import { MemoryStorage } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import { BotStorageThreadStore } from 'botbuilder-handover-vcclive';
import { referenceFor } from '../../src/bot/addresses/handoff-status.js';
import type { BotAdapter } from '../../src/bot/port.js';
import { addDialogs, routesBot, startCloud, startMessenger } from '../integration/transports/agents-hosts.js';
import type { AgentsBot, MakeBot } from '../integration/transports/agents-hosts.js';
import { azure, closePlays, ourAdapter, playOn } from '../integration/transports/transports.js';
import type { Ground, Play, Transport, TransportOptions } from '../integration/transports/transports.js';

const echo: MakeBot = (app, handover, seen) => {
  app.onMessage('initiate', async (context) => {
    const initiate = { type: 'event', name: 'handoff.initiate', value: { reason: 'refund' } };
    await context.sendActivity(Activity.fromObject(initiate));
  });
  routesBot(app, handover, seen);
};

const MOVES: readonly [from: Transport, to: string, start: typeof startMessenger][] = [
  [ourAdapter, 'MessengerAdapter', startMessenger],
  [azure, 'CloudAdapter', startCloud],
];

for (const [from, to, start] of MOVES) {
  describe(`A handover that a bot on ${from.name} began, on ${to} afterwards`, () => {
    afterEach(closePlays);

    /** The same store for both, in a storage of the Agents SDK. */
    const moved = async (
      options: TransportOptions,
      work: (stage: Play, bot: AgentsBot) => Promise<void>,
      { asks = 'talk to agent', make = () => echo }: { asks?: string; make?: (ground: Ground) => MakeBot } = {},
    ): Promise<void> => {
      const store = new BotStorageThreadStore(new MemoryStorage());
      const shared: TransportOptions = { ...options, handover: { ...options.handover, store } };
      let ground: Ground | undefined;
      const stage = await playOn({ start: (given) => from.start((ground = given), shared) });
      await stage.customer.says('hello');
      await stage.customer.says(asks);
      expect(stage.owner()).to.equal('vccLive');
      const bot = await start(ground!, shared, make(ground!));
      try {
        await work(stage, bot);
        expect(stage.saidOverOthers()).to.deep.equal([]);
        expect(bot.errors).to.deep.equal([]);
      } finally {
        await bot.handover.close();
        await bot.stop();
      }
    };

    it('is silent, and ends when the agent hands back', () =>
      moved({ handover: { texts: { returned: 'Welcome back.' } } }, async (stage, bot) => {
        await stage.customer.says('anybody?');
        expect(bot.heard).to.deep.equal([]);
        await stage.agent.handsBack(stage.customer.psid);
        await stage.customer.says('Thank you');
        expect(stage.customer.hears().slice(-2)).to.deep.equal(['Welcome back.', 'bot: Thank you']);
        await stage.customer.says('initiate');
        expect(stage.owner(), 'by handoff.initiate').to.equal('vccLive');
      }));

    it('ends its dialog, if the new one has the same ids, and its state is in the same storage', () =>
      moved(
        {},
        async (stage, bot) => {
          await stage.agent.handsBack(stage.customer.psid);
          expect(bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
          expect(stage.customer.hears().at(-1)).to.equal('ended: completed via passBack');
        },
        {
          asks: 'agent please',
          make: (ground) => (app, handover, seen) => {
            addDialogs(app, handover, seen, ground.storage);
          },
        },
      ));

    it('ends when the application takes the thread, with a turn of the plugin’s own in the customer’s conversation', () =>
      moved({ handover: { statusEvents: true } }, async (stage, bot) => {
        await bot.handover.take(stage.thread);
        expect([stage.owner(), bot.statuses]).to.deep.equal(['bot', ['completed']]);
        await stage.customer.says('hello again');
        expect(stage.customer.hears().at(-1)).to.equal('bot: hello again');
      }));
  });
}

it('A reference names the bot as both frameworks do, whichever has kept it', () => {
  const thread = { pageId: '1', psid: '2' };
  const page = { id: '1', name: 'A Page' };
  for (const kept of [{ bot: page }, { agent: page }]) {
    const reference = referenceFor(thread, { channelId: 'facebook', ...kept }, {} as BotAdapter);
    expect([reference?.bot, reference?.agent]).to.deep.equal([page, page]);
  }
});
