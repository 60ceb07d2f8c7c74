/** One bot, several Pages, on the transports that are not our adapter: tokens and VCC Live's app by Page, threads that never mix. */
import { expect } from 'chai';
import { PSID } from './scene.js';
import { azure, botkit, closePlays, playOn } from './transports/transports.js';
import type { Play, Transport } from './transports/transports.js';

const SHOP = '111222333444555';
const REPAIRS = '222333444555666';
const SHOP_DESK = '27012345678901239';
const REPAIRS_DESK = '900500600700801';
/** State of dialogs is kept by conversation, which has no Page on Botkit: Meta's ids differ by Page, and so do these. */
const REPAIRS_PSID = '7700112233445566';
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const WORKSHOP = 'The workshop is coming.';

/** A bot of two Pages, each with a token and a desk of its own. */
async function twoPages(transport: Transport, askedFor: string[] = []): Promise<Play> {
  const tokens = new Map([
    [SHOP, 'token-of-the-shop'],
    [REPAIRS, 'token-of-the-repairs'],
  ]);
  const desks = new Map([
    [SHOP, SHOP_DESK],
    [REPAIRS, REPAIRS_DESK],
  ]);
  const of = (map: Map<string, string>, pageId: string): string => {
    askedFor.push(pageId);
    const found = map.get(pageId);
    if (found === undefined) throw new Error(`no such Page: ${pageId}`);
    return found;
  };
  return playOn(transport, {
    sim: {
      pageId: SHOP,
      pageAccessToken: 'token-of-the-shop',
      vccLiveAppId: SHOP_DESK,
      pages: [{ pageId: REPAIRS, pageAccessToken: 'token-of-the-repairs', vccLiveAppId: REPAIRS_DESK }],
    },
    handover: {
      pageAccessToken: (pageId) => Promise.resolve(of(tokens, pageId)),
      vccLiveAppId: (pageId) => of(desks, pageId),
      pages: { [REPAIRS]: { texts: { connecting: 'The workshop is coming.' }, reclaim: { customer: 'bot' } } },
    },
  });
}

for (const transport of [botkit, azure] as const) {
  describe(`Several Pages on ${transport.name}`, () => {
    afterEach(closePlays);

    it('are handed over to their own desks, with their own tokens, although the customer’s id is the same', async () => {
      const askedFor: string[] = [];
      const stage = await twoPages(transport, askedFor);
      const shop = stage.sim.customer(PSID, SHOP);
      const repairs = stage.sim.customer(PSID, REPAIRS);
      await shop.says('hello');
      await repairs.says('talk to agent');

      expect(stage.sim.ownerOf(PSID, REPAIRS).owner).to.equal(REPAIRS_DESK);
      expect(stage.sim.ownerOf(PSID, SHOP).owner).to.equal(stage.sim.settings.botAppId);
      await shop.says('still there?');
      expect(shop.hears()).to.deep.equal(['bot: hello', 'bot: still there?']);
      await repairs.says('hello, agent');
      expect(repairs.hears()).to.deep.equal([WORKSHOP]);
      expect(stage.news('passed').map(({ thread }) => thread)).to.deep.equal([{ pageId: REPAIRS, psid: PSID }]);

      await shop.says('talk to agent');
      expect(stage.sim.ownerOf(PSID, SHOP).owner).to.equal(SHOP_DESK);
      const passes = stage.calls('pass_thread_control');
      expect(passes.map(({ pageId, refused }) => [pageId, refused])).to.deep.equal([
        [REPAIRS, false],
        [SHOP, false],
      ]);
      expect([...new Set(askedFor)].sort()).to.deep.equal([SHOP, REPAIRS]);
      expect(stage.bot.errors).to.deep.equal([]);
      expect(stage.saidOverOthers()).to.deep.equal([]);
    });

    it('come home one by one: the dialog of one ends, that of the other waits', async () => {
      const stage = await twoPages(transport);
      const shop = stage.sim.customer(PSID, SHOP);
      const repairs = stage.sim.customer(REPAIRS_PSID, REPAIRS);
      await shop.says('agent please');
      await repairs.says('agent please');
      await stage.sim.agent(REPAIRS).handsBack(REPAIRS_PSID, 'repaired');

      expect(repairs.hears().at(-1)).to.equal('ended: completed via passBack');
      expect(shop.hears().at(-1)).to.equal(CONNECTING);
      expect(stage.bot.results.map(({ metadata }) => metadata)).to.deep.equal(['repaired']);
      await stage.bot.handover.take({ pageId: SHOP, psid: PSID });
      expect(shop.hears().at(-1)).to.equal('ended: takenBack via take');
      expect(repairs.hears().at(-1)).to.equal('ended: completed via passBack');
    });

    it('have policies of their own', async () => {
      const stage = await twoPages(transport);
      const shop = stage.sim.customer(PSID, SHOP);
      const repairs = stage.sim.customer(REPAIRS_PSID, REPAIRS);
      await shop.says('agent please');
      await repairs.says('agent please');
      await shop.says('bot');
      await repairs.says('bot');
      expect(shop.hears()).to.deep.equal([CONNECTING]);
      expect(repairs.hears()).to.deep.equal([WORKSHOP, 'ended: takenBack via take']);
    });

    it('keep a message of the bot’s own accord in by Page', async () => {
      const stage = await twoPages(transport);
      const shop = stage.sim.customer(PSID, SHOP);
      const repairs = stage.sim.customer(PSID, REPAIRS);
      await shop.says('hello');
      await repairs.says('talk to agent');
      for (const pageId of [SHOP, REPAIRS]) await stage.bot.writesTo({ pageId, psid: PSID }, `news of ${pageId}`);
      expect(shop.hears()).to.deep.equal(['bot: hello', `news of ${SHOP}`]);
      expect(repairs.hears()).to.deep.equal([WORKSHOP]);
      expect(stage.news('suppressed').map(({ thread, reason }) => [thread.pageId, reason])).to.deep.equal([
        [REPAIRS, 'anotherAppOwns'],
      ]);
    });
  });
}
