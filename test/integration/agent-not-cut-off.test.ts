/** An agent is never cut off: whoever wants the thread back looks again in the moment in which it takes it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { expect } from 'chai';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { HeldGraph } from './held-graph.js';
import type { Scene } from './scene.js';
import { PSID, breath, closeScenes, dialogBot, saidOverOthers, scene, until } from './scene.js';
import { listenLocally, originOf, stopServer } from '../kit/listening.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** A process looks for deadlines every five seconds. */
const LOOK_MS = 5 * SECOND_MS;
const TAKE_BACK_MS = 30 * SECOND_MS;
/** A deadline whose work failed is due again after this. */
const LEASE_MS = 60 * SECOND_MS;

const closing: (() => Promise<void>)[] = [];

describe('an agent is never cut off', () => {
  afterEach(async () => {
    await closeScenes();
    for (const close of closing.splice(0)) await close();
  });

  describe('by a timer that asks who owns the thread, while', () => {
    it('the agent writes the first words: no take, and the agent keeps the thread', async () => {
      const { stage, graph } = await waiting({ timers: { unclaimedMs: MINUTE_MS } });
      const question = graph.hold('thread_owner');
      await lapse(stage, MINUTE_MS + LOOK_MS);
      await question.answered;
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      question.release();
      await lapse(stage, 5 * MINUTE_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.news('returning')).to.deep.equal([]);
      await stage.agent.handsBack(PSID);
      await ends(stage, ['completed via passBack']);
    });

    it('the agent writes the first words: the idle timer counts from these', async () => {
      const { stage, graph } = await waiting({ timers: { unclaimedMs: MINUTE_MS, idleMs: 3 * MINUTE_MS } });
      const question = graph.hold('thread_owner');
      await lapse(stage, MINUTE_MS + LOOK_MS);
      await question.answered;
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      question.release();
      await lapse(stage, 2 * MINUTE_MS);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 2 * MINUTE_MS);
      await ends(stage, ['abandoned via timer']);
    });

    it('the agent writes again: the idle timer begins anew', async () => {
      const { stage, graph } = await waiting({ timers: { idleMs: MINUTE_MS } });
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      const question = graph.hold('thread_owner');
      await lapse(stage, MINUTE_MS + LOOK_MS);
      await question.answered;
      await stage.agent.says(PSID, 'I have found it.');
      question.release();
      await lapse(stage, MINUTE_MS - LOOK_MS);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 3 * LOOK_MS);
      await ends(stage, ['abandoned via timer']);
    });

    it('the agent hands back and the customer asks for a person again: the second agent keeps the thread', async () => {
      const { stage, graph } = await waiting({ timers: { maximumMs: 2 * MINUTE_MS } });
      const question = graph.hold('thread_owner');
      await lapse(stage, 2 * MINUTE_MS + LOOK_MS);
      await question.answered;
      await stage.agent.handsBack(PSID);
      await stage.customer.says('agent please');
      expect(stage.owner()).to.equal('vccLive');
      question.release();
      await lapse(stage, MINUTE_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 2 * MINUTE_MS);
      await ends(stage, ['completed via passBack', 'abandoned via timer']);
    });

    it('the agent writes on: the maximum is a maximum all the same', async () => {
      const { stage, graph } = await waiting({ timers: { maximumMs: MINUTE_MS } });
      const question = graph.hold('thread_owner');
      await lapse(stage, MINUTE_MS + LOOK_MS);
      await question.answered;
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      question.release();
      await lapse(stage, 2 * LOOK_MS);
      await ends(stage, ['abandoned via timer']);
    });
  });

  it('by the repeat of a take whose first answer was lost', async () => {
    const { stage, graph } = await waiting({ timers: { unclaimedMs: MINUTE_MS } });
    stage.sim.weather.http500.once({ edges: ['take_thread_control'] });
    const lost = graph.hold('take_thread_control');
    await lapse(stage, MINUTE_MS + LOOK_MS);
    await lost.answered;
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    lost.release();
    await breath(20);
    await lapse(stage, LEASE_MS + 2 * LOOK_MS);
    expect(stage.calls('take_thread_control')).to.have.length(1);
    expect(stage.owner()).to.equal('vccLive');
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('by an answer of before the hand-back: a take that is given up teaches nothing newer than its question', async () => {
    const { stage, graph } = await waiting({ timers: { unclaimedMs: MINUTE_MS } });
    stage.sim.weather.http500.once({ edges: ['take_thread_control'] });
    const lost = graph.hold('take_thread_control');
    await lapse(stage, MINUTE_MS + LOOK_MS);
    await lost.answered;
    const question = graph.hold('thread_owner');
    lost.release();
    await question.answered;
    await lapse(stage, SECOND_MS);
    await stage.agent.handsBack(PSID);
    await ends(stage, ['completed via passBack']);
    question.release();
    await breath(20);
    await lapse(stage, 2 * LOOK_MS);
    expect(stage.calls('take_thread_control')).to.have.length(1);
    expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({ owner: 'bot' });
    expect(stage.news('disagreement')).to.deep.equal([]);
  });

  describe('by a chat that VCC Live has closed', () => {
    it('where the customer writes on and an agent answers: not in any pause of the agent', async () => {
      const { stage } = await waiting({}, true);
      await stage.agent.closesChat(PSID);
      await lapse(stage, 2 * LOOK_MS);
      await stage.customer.says('One more question.');
      await stage.agent.says(PSID, 'Of course.');
      await lapse(stage, 10 * TAKE_BACK_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
      expect((await stage.record())?.open?.report)
        .to.include({ disposition: 'completed' })
        .and.not.have.any.keys(['closedAtMs', 'takeBackAfterMs']);
    });

    it('and the customer and the dialog hear of it, although the store fails right then', async () => {
      const { stage } = await waiting({}, true);
      const unschedule = stage.bot.store.unschedule.bind(stage.bot.store);
      stage.bot.store.unschedule = () => {
        stage.bot.store.unschedule = unschedule;
        return Promise.reject(new Error('connection refused'));
      };
      await stage.agent.closesChat(PSID);
      await lapse(stage, TAKE_BACK_MS + LEASE_MS + 3 * LOOK_MS);
      await ends(stage, ['completed via vccLiveWebhook']);
      expect(stage.bot.results).to.have.length(1);
    });

    it('until it is closed once more', async () => {
      const { stage } = await waiting({}, true);
      await stage.agent.closesChat(PSID);
      await stage.agent.says(PSID, 'One more thing.');
      await lapse(stage, 2 * TAKE_BACK_MS);
      expect(stage.owner()).to.equal('vccLive');
      await stage.agent.closesChat(PSID);
      await lapse(stage, TAKE_BACK_MS + 2 * LOOK_MS);
      await ends(stage, ['completed via vccLiveWebhook']);
    });

    it('where the agent answers while thread_owner is asked', async () => {
      const { stage, graph } = await waiting({}, true);
      await stage.agent.closesChat(PSID);
      const question = graph.hold('thread_owner');
      await lapse(stage, TAKE_BACK_MS + LOOK_MS);
      await question.answered;
      await stage.agent.says(PSID, 'One more thing.');
      question.release();
      await lapse(stage, 3 * TAKE_BACK_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
    });

    it('but words from before the closing that arrive late undo nothing', async () => {
      const { stage } = await waiting({}, true);
      const before = stage.stamp();
      await stage.clock.advance(2 * SECOND_MS);
      await stage.agent.closesChat(PSID);
      await stage.deliver([{ ...echoOfAgent(stage, 'm_goodbye'), timestamp: before }], 'standby');
      await lapse(stage, TAKE_BACK_MS + 3 * LOOK_MS);
      await ends(stage, ['completed via vccLiveWebhook']);
    });
  });

  it('by words that ask for the bot, where the agent hands back meanwhile: nothing is left to take', async () => {
    const { stage } = await waiting({ reclaim: { customer: 'bot please' } });
    const read = stage.bot.store.read.bind(stage.bot.store);
    stage.bot.store.read = async (thread) => {
      const record = await read(thread);
      if (record?.openHandoverId === undefined) return record;
      stage.bot.store.read = read;
      void stage.sim.deliverRaw(handBack(stage));
      while ((await read(thread))?.openHandoverId !== undefined) await breath(1);
      return record;
    };
    await stage.customer.says('bot please');
    await until(() => stage.bot.results.length > 0);
    expect(stage.calls('take_thread_control')).to.deep.equal([]);
    await ends(stage, ['completed via passBack']);
    expect(stage.news('failed')).to.deep.equal([]);
  });
});

/** A customer who waits for an agent, with a dialog that waits too. */
async function waiting(
  options: Partial<VccLiveHandoverOptions>,
  webhook = false,
): Promise<{ stage: Scene; graph: HeldGraph }> {
  const graph = new HeldGraph();
  const baseUrl = await graph.listen();
  closing.push(() => graph.stop());
  const stage = await scene({ handover: { ...options, graph: { baseUrl } } });
  graph.standsBefore(stage.sim.graphBaseUrl);
  dialogBot(stage.bot, 'everyTurn');
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  if (webhook) await connect(stage);
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return { stage, graph };
}

/** Serves the bot's route for VCC Live's webhooks, and tells the simulator of it. */
async function connect(stage: Scene): Promise<void> {
  const secret = 'a secret';
  const handler = stage.bot.handover.vccLiveWebhook({ secret, takeBackAfterMs: TAKE_BACK_MS });
  const route: RequestListener = (request, response) => void handler(request, response);
  const server: Server = createServer(route);
  await listenLocally(server);
  closing.push(() => stopServer(server));
  stage.sim.connectVccLive({ url: `${originOf(server)}/`, secret });
}

function echoOfAgent(stage: Scene, mid: string): object {
  const { pageId, vccLiveAppId } = stage.sim.settings;
  const message = { mid, is_echo: true, app_id: BigInt(vccLiveAppId), text: 'Goodbye.' };
  return { sender: { id: pageId }, recipient: { id: PSID }, message };
}

function handBack(stage: Scene): object {
  const { pageId, botAppId, vccLiveAppId } = stage.sim.settings;
  const owners = { previous_owner_app_id: BigInt(vccLiveAppId), new_owner_app_id: BigInt(botAppId) };
  const timestamp = stage.clock.now() + 10;
  const item = { sender: { id: PSID }, recipient: { id: pageId }, timestamp, pass_thread_control: owners };
  return { object: 'page', entry: [{ id: pageId, time: timestamp, messaging: [item] }] };
}

function outcomes(stage: Scene): string[] {
  return stage.bot.results.map(({ outcome, via }) => `${outcome} via ${via}`);
}

/** The dialogs end so. On a busy machine the work of a look may last over the next ones, so some more looks are allowed. */
async function ends(stage: Scene, expected: readonly string[]): Promise<void> {
  for (let looks = 0; looks < 60 && outcomes(stage).length < expected.length; looks += 1) {
    await breath(20);
    await lapse(stage, LOOK_MS);
  }
  expect(outcomes(stage)).to.deep.equal(expected);
}

/** Time goes by in steps in which each process looks for deadlines once. */
async function lapse(stage: Scene, ms: number, stepMs = LOOK_MS): Promise<void> {
  for (let gone = 0; gone < ms; gone += stepMs) {
    await stage.clock.advance(Math.min(stepMs, ms - gone));
    await breath(3);
    await stage.sim.settled();
  }
}
