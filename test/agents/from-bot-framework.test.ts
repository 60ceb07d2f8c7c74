/** A bot that moves from Bot Framework to the Agents SDK keeps its threads: handovers that began before end after the move. */
import { MemoryStorage } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import { BotStorageThreadStore } from 'botbuilder-handover-vcclive';
import { routesBot, startCloud, startMessenger } from '../integration/transports/agents-hosts.js';
import type { AgentsBot, MakeBot } from '../integration/transports/agents-hosts.js';
import { azure, closePlays, ourAdapter, playOn } from '../integration/transports/transports.js';
import type { Ground, Play, Transport, TransportOptions } from '../integration/transports/transports.js';

const echo: MakeBot = (app, handover, seen) => {
  app.onActivity('event', () => Promise.resolve());
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
    ): Promise<void> => {
      const store = new BotStorageThreadStore(new MemoryStorage());
      const shared: TransportOptions = { ...options, handover: { ...options.handover, store } };
      let ground: Ground | undefined;
      const stage = await playOn({ start: (given) => from.start((ground = given), shared) });
      await stage.customer.says('hello');
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
      const bot = await start(ground!, shared, echo);
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
      }));

    it('ends when the application takes the thread, with a turn of the plugin’s own in the customer’s conversation', () =>
      moved({ handover: { statusEvents: true } }, async (stage, bot) => {
        await bot.handover.take(stage.thread);
        expect([stage.owner(), bot.statuses]).to.deep.equal(['bot', ['completed']]);
        await stage.customer.says('hello again');
        expect(stage.customer.hears().at(-1)).to.equal('bot: hello again');
      }));
  });
}
