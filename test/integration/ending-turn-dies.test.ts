/** The turn that ends a waiting dialog dies after it has claimed the ending: what the customer says meanwhile is answered. */
import { expect } from 'chai';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import type { Clock } from 'botbuilder-handover-vcclive';
import { closeScenes, dialogBot, PSID, scene, until } from './scene.js';

const LEASE_AND_MORE_MS = 16_000;
const UNTIL_REDELIVERED_MS = 60_000;

describe('a process that dies in the turn that ends a dialog', () => {
  afterEach(closeScenes);

  it('leaves the next message of the customer answered, before and after the redelivery', async () => {
    const stage = await scene({ bots: 2, adapter: { ackDeadlineMs: 1000 } });
    for (const bot of stage.bots) dialogBot(bot, 'everyTurn');
    await stage.customer.says('agent please');
    expect(stage.owner()).to.equal('vccLive');
    // Whichever process runs the hand-back says that it has ended, and dies before its state is saved.
    for (const bot of stage.bots) {
      const logic = bot.logic;
      bot.logic = async (context) => {
        if (context.activity.type !== 'event' || context.activity.name !== 'handoff.status') return logic(context);
        context.onSendActivities(async (_context, _activities, next) => {
          const sent = await next();
          bot.die();
          return sent;
        });
        return logic(context);
      };
    }
    void stage.agent.handsBack(PSID, 'done');
    await until(() => stage.bots.some((bot) => bot.life.dead));
    for (const bot of stage.bots) dialogBot(bot, 'everyTurn');
    stage.sim.connectBot(stage.bots.filter((bot) => !bot.life.dead).map((bot) => bot.url));
    await stage.clock.rush(stage.clock.advance(LEASE_AND_MORE_MS));
    const heard = stage.customer.hears().length;
    await stage.clock.rush(stage.customer.says('bye'));
    expect(stage.bots.find((bot) => !bot.life.dead)?.heard, 'the message came to the bot').to.include('bye');
    const answered = stage.customer.hears().slice(heard);
    expect(answered, 'what it was answered with, long before the hand-back is delivered again').to.have.length(1);
    await stage.clock.rush(stage.clock.advance(UNTIL_REDELIVERED_MS));
    await stage.customer.says('again');
    expect(stage.customer.hears().at(-1)).to.equal('bot: again');
  }).timeout(60_000);

  it('does not take the next message down with it, where a store keeps the order', async () => {
    const store = (clock: Clock): MemoryThreadStore => new MemoryThreadStore({ now: () => clock.now() });
    const stage = await scene({ bots: 2, store });
    const [first, second] = stage.bots;
    for (const bot of stage.bots) dialogBot(bot, 'messagesOnly');
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    await stage.agent.handsBack(PSID, 'done');
    first!.store.onWritten = (record) => {
      if (record?.conclusions.some(({ givenTo }) => givenTo !== undefined)) first!.die();
    };
    await stage.customer.says('thanks');
    expect(first!.life.dead).to.equal(true);
    stage.sim.connectBot(second!.url);
    // Its turn has come, so the one before it is not running any more, whatever is still claimed.
    await stage.clock.rush(stage.customer.says('hello?'));
    expect(stage.customer.hears().at(-1)).to.equal('ended: completed via passBack');
    await stage.clock.rush(stage.clock.advance(LEASE_AND_MORE_MS));
    expect(stage.customer.hears().at(-1), 'the message that was delivered again').to.equal('bot: thanks');
  }).timeout(60_000);
});
