import { expect } from 'chai';
import { PSID, closeScenes, scene, until, type Scene } from './scene.js';

describe('Order', () => {
  afterEach(closeScenes);

  function body(on: Scene, ...messages: (readonly [psid: string, text: string])[]): object {
    const { pageId } = on.thread;
    return {
      object: 'page',
      entry: messages.map(([psid, text]) => ({
        id: pageId,
        time: on.stamp(),
        messaging: [
          {
            sender: { id: psid },
            recipient: { id: pageId },
            timestamp: on.stamp(),
            message: { mid: `m_${text}`, text },
          },
        ],
      })),
    };
  }

  interface Gates {
    readonly began: string[];
    readonly ended: string[];
    open(text: string): void;
  }

  /** The bot's turns on texts that begin with "slow" wait until the test lets them go. */
  function gated(on: Scene): Gates {
    const began: string[] = [];
    const ended: string[] = [];
    const gates = new Map<string, () => void>();
    on.bot.logic = async ({ activity }) => {
      if (activity.type !== 'message') return;
      began.push(activity.text);
      if (activity.text.startsWith('slow')) await new Promise<void>((resolve) => gates.set(activity.text, resolve));
      ended.push(activity.text);
    };
    return { began, ended, open: (text) => gates.get(text)?.() };
  }

  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15));

  describe('Two deliveries of one thread', () => {
    it('are worked on in the order in which they arrive, one after the other', async () => {
      const on = await scene();
      const turns = gated(on);

      const first = on.sim.deliverRaw(body(on, [PSID, 'slow 1']));
      await until(() => turns.began.length === 1);
      const second = on.sim.deliverRaw(body(on, [PSID, 'slow 2']));
      await pause();
      const third = on.sim.deliverRaw(body(on, [PSID, 'quick 3']));
      await pause();
      expect(turns.began).to.deep.equal(['slow 1']);

      turns.open('slow 1');
      await until(() => turns.began.length === 2);
      expect(turns.ended).to.deep.equal(['slow 1']);
      expect((await first).status).to.equal(200);
      turns.open('slow 2');

      expect((await second).status).to.equal(200);
      expect((await third).status).to.equal(200);
      expect(turns.ended).to.deep.equal(['slow 1', 'slow 2', 'quick 3']);
    });

    it('keep their order after the first was acknowledged late', async () => {
      const on = await scene({ adapter: { ackDeadlineMs: 1000 } });
      const turns = gated(on);

      expect((await on.clock.rush(on.sim.deliverRaw(body(on, [PSID, 'slow 1'])))).status).to.equal(200);
      expect((await on.clock.rush(on.sim.deliverRaw(body(on, [PSID, 'quick 2'])))).status).to.equal(200);
      expect(turns.began).to.deep.equal(['slow 1']);
      turns.open('slow 1');

      await until(() => turns.ended.length === 2);
      expect(turns.ended).to.deep.equal(['slow 1', 'quick 2']);
    });
  });

  describe('One delivery with several threads', () => {
    it('runs them side by side: the slow first one does not hold up the second', async () => {
      const on = await scene();
      const turns = gated(on);

      const answered = on.sim.deliverRaw(body(on, ['1001', 'slow 1'], ['2002', 'quick 1'], ['1001', 'quick 2']));
      await until(() => turns.ended.length === 1);
      expect(turns.began).to.have.members(['slow 1', 'quick 1']);
      expect((await on.sim.deliverRaw(body(on, ['3003', 'quick 3']))).status).to.equal(200);
      turns.open('slow 1');

      expect((await answered).status).to.equal(200);
      expect(turns.ended).to.deep.equal(['quick 1', 'quick 3', 'slow 1', 'quick 2']);
    });

    it('keeps a thread in order where a turn throws', async () => {
      const on = await scene();
      const heard: string[] = [];
      on.bot.logic = async ({ activity }) => {
        if (activity.type !== 'message') return;
        heard.push(activity.text);
        if (activity.text === '2') throw new TypeError('boom');
      };

      const texts = ['1', '2', '3', '4'];
      expect((await on.sim.deliverRaw(body(on, ...texts.map((text) => [PSID, text] as const)))).status).to.equal(200);

      expect(heard).to.deep.equal(texts);
    });
  });

  describe('A thread whose owner changes in the middle of a delivery', () => {
    it('is judged event by event: what comes before the take is answered late, and stays in', async () => {
      const on = await scene();
      const { vccLiveAppId, botAppId } = on.sim.settings;
      await on.customer.says('hello');
      const heard = on.customer.hears().length;
      await on.agent.takes(PSID).catch(() => undefined);

      await on.deliver([
        { message: { mid: 'm_before', text: 'before' } },
        { take_thread_control: { previous_owner_app_id: BigInt(botAppId), new_owner_app_id: BigInt(vccLiveAppId) } },
      ]);

      expect(on.customer.hears()).to.have.length(heard);
      expect((await on.bot.handover.ownerOf(on.thread)).owner).to.equal('vccLive');
    });
  });
});
