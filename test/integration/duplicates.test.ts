import { expect } from 'chai';
import { PSID, closeScenes, dialogBot, scene, until, type Scene } from './scene.js';

describe('Duplicates', () => {
  afterEach(closeScenes);

  function heardByAll(on: Scene): (string | undefined)[] {
    return on.bots.flatMap((bot) => bot.heard);
  }

  describe('A message that Meta delivers three times', () => {
    for (const how of ['together', 'after', 'sameDelivery'] as const) {
      for (const bots of [1, 2]) {
        it(`(${how}, to ${bots} process${bots > 1 ? 'es' : ''}) is answered once`, async () => {
          const on = await scene({ bots });
          on.sim.weather.duplicates = 2;
          on.sim.weather.duplicatesCome = how;

          await on.clock.rush(on.customer.says('hello'));
          await on.clock.rush(on.customer.says('hello'));

          expect(heardByAll(on)).to.deep.equal(['hello', 'hello']);
          expect(on.customer.hears()).to.deep.equal(['bot: hello', 'bot: hello']);
          await on.clock.rush(on.sim.settled());
          const answers = on.sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
          expect([...new Set(answers.map(({ outcome }) => outcome))]).to.deep.equal(['acknowledged']);
        });
      }
    }

    it('is answered once although it comes again after a day', async () => {
      const on = await scene();
      await on.customer.says('hello');
      const body = on.sim.wire.of('webhook').find(({ items }) => items.join().includes('message'))?.body ?? '';

      await on.clock.advance(24 * 60 * 60 * 1000);
      expect((await on.sim.deliverRaw(body)).status).to.equal(200);

      expect(on.bot.heard).to.deep.equal(['hello']);
    });
  });

  describe('"Talk to agent" delivered three times', () => {
    for (const how of ['together', 'after', 'sameDelivery'] as const) {
      for (const bots of [1, 2]) {
        it(`(${how}, to ${bots} process${bots > 1 ? 'es' : ''}) is one handover with one notice`, async () => {
          const on = await scene({ bots });
          on.sim.weather.duplicates = 2;
          on.sim.weather.duplicatesCome = how;

          await on.clock.rush(on.customer.says('talk to agent'));

          expect(on.calls('pass_thread_control')).to.have.length(1);
          expect(on.news('passed')).to.have.length(1);
          expect(on.customer.hears()).to.have.length(1);
        });
      }
    }
  });

  describe('A hand-back delivered four times', () => {
    it('ends the dialog once', async () => {
      const on = await scene();
      dialogBot(on.bot, 'everyTurn');
      await on.customer.says('agent please');
      expect(on.owner()).to.equal('vccLive');
      on.sim.weather.duplicates = 3;

      await on.agent.handsBack(PSID, 'solved');

      expect(on.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
      expect(on.news('returned')).to.have.length(1);
    });
  });

  describe('A message that stands in standby and in messaging', () => {
    it('is two events: the bot reads the one, and runs on the other', async () => {
      const on = await scene();
      const item = { message: { mid: 'm_both', text: 'both' } };

      await on.deliver([item], 'standby');
      // The bot must not take the standby copy for the reason why this one was handled already.
      await on.deliver([item], 'messaging');

      expect(on.news('standbyMessage').map(({ event }) => event.mid)).to.deep.equal(['m_both']);
      expect(on.bot.heard).to.deep.equal(['both']);
    });
  });

  describe('A turn that outlasts the acknowledgement', () => {
    it('is not run again by what Meta delivers again, in this process or in another one', async () => {
      const on = await scene({ bots: 2, adapter: { ackDeadlineMs: 4000 } });
      const [first, second] = on.bots;
      let finish: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (finish = resolve));
      first!.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        await gate;
        await context.sendActivity('at last');
      };

      await on.clock.rush(on.customer.says('hello'));
      const [delivered] = on.sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
      expect(delivered?.outcome).to.equal('acknowledged');
      const body = delivered?.body ?? '';
      // The addresses take turns: the second process first, then the first one.
      const elsewhere = await on.clock.rush(on.sim.deliverRaw(body));
      const here = await on.clock.rush(on.sim.deliverRaw(body));
      expect([elsewhere.status, here.status]).to.deep.equal([503, 200]);

      finish();
      await until(() => on.customer.hears().length > 0);
      expect((await on.clock.rush(on.sim.deliverRaw(body))).status).to.equal(200);
      expect(first!.heard).to.deep.equal(['hello']);
      expect(second!.heard).to.deep.equal([]);
      expect(on.customer.hears()).to.deep.equal(['at last']);
    });
  });

  describe('Ten customers, two processes, and a platform that repeats and reorders everything', () => {
    it('each message is answered exactly once', async function () {
      this.timeout(20_000);
      const on = await scene({ bots: 2, sim: { seed: 7 } });
      on.sim.weather.duplicates = 1;
      on.sim.weather.duplicatesCome = 'together';
      const customers = Array.from({ length: 10 }, (_, index) => on.sim.customer(`${1000 + index}`));
      const texts = ['one', 'two', 'three'];

      await on.clock.rush(
        Promise.all(customers.flatMap((customer) => texts.map((text) => customer.says(`${text} of ${customer.psid}`)))),
      );
      await on.clock.rush(on.sim.settled());

      for (const customer of customers) {
        expect([...customer.hears()].sort()).to.deep.equal(
          texts.map((text) => `bot: ${text} of ${customer.psid}`).sort(),
        );
      }
      expect(heardByAll(on)).to.have.length(30);
    });
  });
});
