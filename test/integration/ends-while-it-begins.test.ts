/** A handover that ends while its own turn is still making it: the dialog gets what became of it, once. */
import { expect } from 'chai';
import { HeldGraph } from './held-graph.js';
import type { Scene } from './scene.js';
import { PSID, breath, closeScenes, dialogBot, saidOverOthers, scene, until } from './scene.js';

let graph: HeldGraph;

describe('a handover that ends while its notice is being said', () => {
  afterEach(async () => {
    await closeScenes();
    await graph.stop();
  });

  for (const { how, homeBy, expected } of [
    {
      how: 'an agent took the thread, and the application took it back',
      homeBy: async (stage: Scene) => stage.bot.handover.take(stage.thread),
      expected: 'takenBack via take',
    },
    {
      how: 'an agent took the thread, and handed it back',
      homeBy: async (stage: Scene) => {
        await Promise.all([stage.agent.handsBack(PSID), stage.sim.deliverRaw(webhook(stage, 'pass_thread_control'))]);
      },
      expected: 'completed via passBack',
    },
  ]) {
    for (const answer of ['Meta accepts the notice', 'Meta gives no answer to the notice'] as const) {
      it(`${how}; ${answer}`, async () => {
        const stage = await waiting();
        const notice = graph.hold('messages');
        const asked = stage.customer.says('agent please');
        await notice.answered;
        // A webhook may overtake the answer to the one before it.
        const taken = [stage.agent.takes(PSID), stage.sim.deliverRaw(webhook(stage, 'take_thread_control'))];
        await until(() => stage.news('passed').length > 0);
        const home = homeBy(stage);
        await until(() => stage.news('returned').length > 0);
        notice.release(answer === 'Meta accepts the notice' ? undefined : 500);
        await Promise.all([asked, ...taken, home]);
        await until(() => stage.bot.results.length > 0);
        await stage.customer.says('hello');
        await breath(20);

        expect(stage.bot.results.map(({ outcome, via }) => `${outcome} via ${via}`)).to.deep.equal([expected]);
        expect(stage.news('returned')).to.have.length(1);
        expect(stage.news('failed')).to.deep.equal([]);
        expect(stage.news('refused')).to.deep.equal([]);
        expect(stage.calls('pass_thread_control')).to.deep.equal([]);
        expect(stage.owner()).to.equal('bot');
        expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
        expect(saidOverOthers(stage)).to.deep.equal([]);
      });
    }
  }
});

/** What Meta sends to the bot when VCC Live takes the thread, or passes it back. */
function webhook(stage: Scene, name: 'take_thread_control' | 'pass_thread_control'): object {
  const { pageId, botAppId, vccLiveAppId } = stage.sim.settings;
  const [from, to] = name === 'take_thread_control' ? [botAppId, vccLiveAppId] : [vccLiveAppId, botAppId];
  const timestamp = stage.clock.now() + (name === 'take_thread_control' ? 10 : 20);
  const owners = { previous_owner_app_id: BigInt(from), new_owner_app_id: BigInt(to) };
  const item = { sender: { id: PSID }, recipient: { id: pageId }, timestamp, [name]: owners };
  return { object: 'page', entry: [{ id: pageId, time: timestamp, messaging: [item] }] };
}

/** A bot whose dialog hands over, behind a Graph whose answers can be held. */
async function waiting(): Promise<Scene> {
  graph = new HeldGraph();
  const baseUrl = await graph.listen();
  const stage = await scene({ handover: { graph: { baseUrl } } });
  graph.standsBefore(stage.sim.graphBaseUrl);
  dialogBot(stage.bot, 'everyTurn');
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  return stage;
}
