/** Two facts of one second: Meta stamps some webhooks in whole seconds, and then only thread_owner knows which came later. */
import { expect } from 'chai';
import type { Scene } from './scene.js';
import { PSID, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';

const SECOND_MS = 1000;

describe('a take and a hand-back of one second, one of them stamped in seconds', () => {
  afterEach(closeScenes);

  for (const order of ['take first', 'hand-back first'] as const) {
    it(`and Meta says that the thread is the bot's: home, whichever arrives first (${order})`, async () => {
      const stage = await waiting();
      const second = stage.clock.now() + 10 * SECOND_MS;
      const take = takenByVccLive(stage, second / SECOND_MS);
      const handBack = handedBack(stage, second + 600);
      await stage.agent.releases(PSID);
      await stage.deliver(order === 'take first' ? [take, handBack] : [handBack, take]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.be.oneOf(['bot', 'idle']);
      await stage.customer.says('hello again');
      expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
      await stage.customer.says('and again');
      expect(stage.customer.hears().at(-1)).to.equal('bot: and again');
    });

    it(`and Meta says that VCC Live has it: silent (${order})`, async () => {
      const stage = await waiting();
      const second = stage.clock.now() + 10 * SECOND_MS;
      const handBack = handedBack(stage, Math.floor(second / SECOND_MS));
      const take = takenByVccLive(stage, second + 400);
      await stage.deliver(order === 'take first' ? [take, handBack] : [handBack, take]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
      // What the bot said when it had heard of the hand-back alone was honest; nothing follows.
      const said = saidOverOthers(stage).length;
      await stage.customer.says('are you there?');
      expect(saidOverOthers(stage)).to.have.length(said);
    });
  }

  it('a message stamped in the second of a take that is stamped in milliseconds: Meta is asked, and the bot is silent', async () => {
    for (const order of ['message first', 'take first'] as const) {
      const stage = await scene();
      await stage.customer.says('hello');
      // A bot that answers learns from the refusal; this one has not answered yet.
      stage.bot.logic = () => Promise.resolve();
      const second = Math.floor(stage.clock.now() / SECOND_MS) + 10;
      stage.sim.weather.delayMs = 60_000;
      await stage.agent.takes(PSID);
      const take = takenByVccLive(stage, second * SECOND_MS + 400);
      const message = { timestamp: second, message: { mid: 'm_late', text: 'are you there?' } };
      for (const item of order === 'take first' ? [take, message] : [message, take]) await stage.deliver([item]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner, order).to.equal('vccLive');
    }
  });

  it('an agent’s words stamped in the second of the hand-back: Meta is asked, and the bot goes on', async () => {
    const stage = await waiting();
    const second = Math.floor(stage.clock.now() / SECOND_MS) + 10;
    await stage.agent.releases(PSID);
    const { pageId, vccLiveAppId } = stage.sim.settings;
    const words = { mid: 'm_goodbye', is_echo: true, app_id: vccLiveAppId, text: 'Goodbye.' };
    const echo = { sender: { id: pageId }, recipient: { id: PSID }, timestamp: second, message: words };
    await stage.deliver([echo], 'standby');
    await stage.deliver([handedBack(stage, second * SECOND_MS + 400)]);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.be.oneOf(['bot', 'idle']);
    await stage.customer.says('hello again');
    expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
  });

  it('a hand-back of the handover before, stamped in the second of the next pass: the new one goes on', async () => {
    const stage = await waiting();
    await stage.agent.handsBack(PSID);
    await stage.clock.advance(SECOND_MS - (stage.clock.now() % SECOND_MS) + 500);
    const second = Math.floor(stage.clock.now() / SECOND_MS);
    await stage.customer.says('agent please');
    expect(stage.owner()).to.equal('vccLive');
    const { botAppId, vccLiveAppId } = stage.sim.settings;
    await stage.deliver([
      { timestamp: second, pass_thread_control: owners(vccLiveAppId, botAppId, 'of the one before') },
    ]);
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
    expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
    expect((await stage.record())?.open?.phase).to.equal('passed');
  });
});

/** A customer whom VCC Live has, in a dialog that waits, at the beginning of a second. */
async function waiting(): Promise<Scene> {
  const stage = await scene();
  dialogBot(stage.bot, 'everyTurn');
  await stage.clock.advance(SECOND_MS - (stage.clock.now() % SECOND_MS));
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return stage;
}

function takenByVccLive(stage: Scene, timestamp: number): object {
  const { botAppId, vccLiveAppId } = stage.sim.settings;
  return { timestamp, take_thread_control: owners(botAppId, vccLiveAppId, 'a take') };
}

function handedBack(stage: Scene, timestamp: number): object {
  const { botAppId, vccLiveAppId } = stage.sim.settings;
  return { timestamp, pass_thread_control: owners(vccLiveAppId, botAppId, 'bye') };
}

function owners(previous: string, next: string, metadata: string): object {
  return { previous_owner_app_id: BigInt(previous), new_owner_app_id: BigInt(next), metadata };
}

function outcomes(stage: Scene): string[] {
  return stage.bot.results.map(({ outcome, via }) => `${outcome} via ${via}`);
}
