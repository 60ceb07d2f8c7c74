/** The three timers: nobody answers, the agent falls silent, it lasts too long. The clock is in the test's hands. */
import { expect } from 'chai';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import type { Scene } from './scene.js';
import { breath, closeScenes, dialogBot, echoing, saidOverOthers, scene } from './scene.js';

const MINUTE_MS = 60_000;
/** A process looks for deadlines every five seconds. */
const LOOK_MS = 5000;

describe('timers', () => {
  afterEach(closeScenes);

  describe('nobody answers', () => {
    it('takes the thread back, tells the customer, and the dialog goes on with `unclaimed`', async () => {
      const stage = await waiting({ unclaimedMs: 3 * MINUTE_MS });
      await lapse(stage, 3 * MINUTE_MS - LOOK_MS);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 3 * LOOK_MS);
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().slice(-2)).to.deep.equal([
        "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
        'ended: unclaimed via timer',
      ]);
      expect(stage.bot.results[0]?.waitedMs).to.be.within(3 * MINUTE_MS, 4 * MINUTE_MS);
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['unclaimed', 'timer'],
      ]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('never cuts off an agent who has answered, however long ago', async () => {
      const stage = await waiting({ unclaimedMs: MINUTE_MS });
      await stage.agent.says(stage.customer.psid, 'Hello, this is Anna.');
      await lapse(stage, 5 * MINUTE_MS);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.news('claimed')).to.have.length(1);
    });

    it('is over where the agent has handed back', async () => {
      const stage = await waiting({ unclaimedMs: MINUTE_MS });
      await stage.agent.handsBack(stage.customer.psid);
      await lapse(stage, 3 * MINUTE_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
    });

    it('is off unless asked for', async () => {
      const stage = await waiting({});
      await lapse(stage, 60 * MINUTE_MS, MINUTE_MS);
      expect(stage.owner()).to.equal('vccLive');
    });
  });

  it('the agent falls silent: counted from the last words, not from the first', async () => {
    const stage = await waiting({ idleMs: 2 * MINUTE_MS, unclaimedMs: 60 * MINUTE_MS });
    await stage.agent.says(stage.customer.psid, 'Hello, this is Anna.');
    await lapse(stage, MINUTE_MS);
    await stage.agent.says(stage.customer.psid, 'One moment.');
    await lapse(stage, MINUTE_MS + 2 * LOOK_MS);
    expect(stage.owner()).to.equal('vccLive');
    await lapse(stage, MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['abandoned', 'timer']]);
  });

  it('it lasts too long: ended although the agent is writing', async () => {
    const stage = await waiting({ maximumMs: 3 * MINUTE_MS });
    for (const minute of [1, 2, 3]) {
      await stage.agent.says(stage.customer.psid, `minute ${minute}`);
      await lapse(stage, MINUTE_MS);
    }
    await lapse(stage, 2 * LOOK_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['abandoned']);
  });

  it('whose take Meta refuses say so once, and try again an hour later', async () => {
    const stage = await waiting({ unclaimedMs: MINUTE_MS });
    stage.sim.weather.takeNotAllowed = true;
    await lapse(stage, 5 * MINUTE_MS);
    expect(stage.calls('take_thread_control')).to.have.length(1);
    await lapse(stage, 60 * MINUTE_MS);
    expect(stage.calls('take_thread_control')).to.have.length(2);
    expect(stage.news('failed')).to.have.length(1);
    expect(stage.owner()).to.equal('vccLive');
    stage.sim.weather.takeNotAllowed = false;
    await lapse(stage, 60 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['unclaimed']);
  });

  it('whose take Meta refuses leave the agent to hand back', async () => {
    const stage = await waiting({ unclaimedMs: MINUTE_MS });
    stage.sim.weather.takeNotAllowed = true;
    await lapse(stage, 5 * MINUTE_MS);
    await stage.agent.handsBack(stage.customer.psid);
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
  });

  it('of a handover that begins while the one before is cleared away are kept', async () => {
    const stage = await waiting({ unclaimedMs: MINUTE_MS });
    await stage.agent.handsBack(stage.customer.psid);
    const unschedule = stage.bot.store.unschedule.bind(stage.bot.store);
    stage.bot.store.unschedule = async (...deadline) => {
      stage.bot.store.unschedule = unschedule;
      await stage.customer.says('agent please');
      await unschedule(...deadline);
    };
    await lapse(stage, 2 * MINUTE_MS);
    expect(stage.news('passed')).to.have.length(2);
    await lapse(stage, 2 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed', 'unclaimed']);
  });

  it('that took the thread tell the customer and the dialog, although the store fails right then', async () => {
    const stage = await waiting({ unclaimedMs: MINUTE_MS });
    failOnce(stage);
    await lapse(stage, 4 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.customer.hears().slice(-2)).to.deep.equal([
      "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
      'ended: unclaimed via timer',
    ]);
    expect(stage.bot.results).to.have.length(1);
  });

  it('whose take Meta refuses try again an hour later, although the process dies right after the refusal', async () => {
    const stage = await scene({ bots: 2, handover: { timers: { unclaimedMs: MINUTE_MS } } });
    const [first, second] = stage.bots as [Scene['bot'], Scene['bot']];
    await stage.customer.says('talk to agent');
    stage.sim.weather.takeNotAllowed = true;
    for (const bot of stage.bots) {
      const unschedule = bot.store.unschedule.bind(bot.store);
      bot.store.unschedule = async (...deadline) => {
        await unschedule(...deadline);
        if (stage.calls('take_thread_control').length === 1) bot.die();
        return bot.life.guard(() => Promise.resolve());
      };
    }
    await lapse(stage, 2 * MINUTE_MS);
    expect(stage.calls('take_thread_control')).to.have.length(1);
    if (!first.life.dead && !second.life.dead) first.die();
    stage.sim.weather.takeNotAllowed = false;
    await lapse(stage, 62 * MINUTE_MS, MINUTE_MS);
    expect(stage.calls('take_thread_control')).to.have.length(2);
    expect(stage.owner()).to.equal('bot');
  });

  it('of one thread are not held up by the turn of another that hangs', async () => {
    const stage = await scene({ handover: { timers: { unclaimedMs: MINUTE_MS }, statusEvents: true } });
    const second = stage.sim.customer('7700112233445566');
    stage.bot.logic = async ({ activity }) => {
      if (activity.name === 'handoff.status' && activity.from.id === stage.customer.psid)
        await new Promise(() => undefined);
    };
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    await stage.customer.says('talk to agent');
    await lapse(stage, 4 * LOOK_MS);
    await second.says('talk to agent');
    await lapse(stage, 3 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.sim.ownerOf(second.psid).owner).to.equal(stage.sim.settings.botAppId);
  });

  it('one of two processes works it off, and the dialog ends once', async () => {
    const stage = await scene({ bots: 2, handover: { timers: { unclaimedMs: MINUTE_MS } } });
    for (const bot of stage.bots) {
      dialogBot(bot, 'everyTurn');
      bot.handover.attach(bot.adapter, bot.run);
    }
    await stage.customer.says('agent please');
    await lapse(stage, 2 * MINUTE_MS);
    expect(stage.calls('take_thread_control')).to.have.length(1);
    expect(stage.bots.flatMap((bot) => bot.results).map(({ outcome }) => outcome)).to.deep.equal(['unclaimed']);
  });

  it('outlives the process that passed the thread', async () => {
    const stage = await scene({ bots: 2, handover: { timers: { unclaimedMs: MINUTE_MS } } });
    for (const bot of stage.bots) {
      dialogBot(bot, 'everyTurn');
      bot.handover.attach(bot.adapter, bot.run);
    }
    await stage.customer.says('agent please');
    const passedBy = stage.bots[stage.told.find(({ name }) => name === 'passed')?.bot ?? 0];
    passedBy?.die();
    await lapse(stage, 3 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bots.flatMap((bot) => bot.results).map(({ outcome }) => outcome)).to.deep.equal(['unclaimed']);
  });

  it('where its process dies in the turn that ends the dialog, the next message ends it, a lease later', async () => {
    const timers = { unclaimedMs: MINUTE_MS };
    const stage = await scene({
      bots: 2,
      handover: { timers },
      store: (clock) => new MemoryThreadStore({ now: () => clock.now() }),
    });
    for (const bot of stage.bots) {
      dialogBot(bot, 'everyTurn');
      bot.handover.attach(bot.adapter, bot.run);
      bot.store.onWritten = (record) => {
        const isEnding = record?.conclusions.some(({ givenTo }) => givenTo !== undefined);
        if (isEnding === true && stage.bots.every(({ life }) => !life.dead)) bot.die();
      };
    }
    await stage.customer.says('agent please');
    await lapse(stage, 2 * MINUTE_MS);
    const [survivor] = stage.bots.filter(({ life }) => !life.dead);
    expect([survivor?.results, stage.owner()]).to.deep.equal([[], 'bot']);
    stage.sim.connectBot(survivor!.url);
    await stage.customer.says('anybody?');
    expect(stage.customer.hears().at(-1)).to.equal('ended: unclaimed via timer');
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });

  it('without attach the dialog goes on with the next message', async () => {
    const stage = await scene({ handover: { timers: { unclaimedMs: MINUTE_MS } } });
    dialogBot(stage.bot, 'messagesOnly');
    await stage.customer.says('agent please');
    await lapse(stage, 2 * MINUTE_MS);
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results).to.deep.equal([]);
    await stage.customer.says('anybody?');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['unclaimed']);
  });

  it('are not worked off after close()', async () => {
    const stage = await scene({ handover: { timers: { unclaimedMs: MINUTE_MS } } });
    stage.bot.logic = echoing;
    await stage.customer.says('talk to agent');
    await stage.bot.handover.close();
    await lapse(stage, 3 * MINUTE_MS);
    expect(stage.owner()).to.equal('vccLive');
  });
});

/** A customer who waits for an agent, with a dialog that waits too. */
async function waiting(timers: { unclaimedMs?: number; idleMs?: number; maximumMs?: number }): Promise<Scene> {
  const stage = await scene({ handover: { timers } });
  dialogBot(stage.bot, 'everyTurn');
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return stage;
}

/** The store fails the next time a deadline is removed. */
function failOnce({ bot }: Scene): void {
  const unschedule = bot.store.unschedule.bind(bot.store);
  bot.store.unschedule = () => {
    bot.store.unschedule = unschedule;
    return Promise.reject(new Error('connection refused'));
  };
}

/** Time goes by in steps in which each process looks for deadlines once. */
async function lapse(stage: Scene, ms: number, stepMs = LOOK_MS): Promise<void> {
  for (let gone = 0; gone < ms; gone += stepMs) {
    await stage.clock.advance(Math.min(stepMs, ms - gone));
    // What a process does on a deadline is its own doing, not a delivery that the platform could wait for.
    await breath(3);
    await stage.sim.settled();
  }
}
