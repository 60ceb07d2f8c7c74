/** Two triggers at once, two processes over one store, processes that die in between, outcomes that nobody knows. */
import { BotAdapter, MemoryStorage, TurnContext } from 'botbuilder';
import type { Activity, ConversationReference, ResourceResponse } from 'botbuilder';
import { expect } from 'chai';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { BotLogic, HandoverResult } from 'botbuilder-handover-vcclive';
import { PSID, breath, closeScenes, connection, dialogBot, saidOverOthers, scene, until } from './scene.js';
import type { Bot, Scene, SceneOptions, Template } from './scene.js';
import type { Conclusion } from '../../src/thread/record.js';
import { recordsIn } from '../store/thread-records.js';
import { quietLogger } from '../kit/loggers.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const FAILED = "I'm sorry, I could not reach an agent. Please try again in a few minutes.";
const results = (stage: Scene): (string | undefined)[][] =>
  stage.bots.flatMap((bot) => bot.results.map(({ outcome, via, metadata }) => [outcome, via, metadata]));

async function twoBots(template: Template, options: SceneOptions = {}): Promise<Scene> {
  const stage = await scene({ bots: 2, ...options });
  for (const bot of stage.bots) dialogBot(bot, template);
  return stage;
}

/** An adapter of somebody else's: it only has the middleware. */
class PlainAdapter extends BotAdapter {
  readonly said: (string | undefined)[] = [];

  deliver(activity: Partial<Activity>, logic: BotLogic): Promise<void> {
    return this.runMiddleware(new TurnContext(this, activity), logic);
  }

  override continueConversation(reference: Partial<ConversationReference>, logic: BotLogic): Promise<void> {
    const event = { type: 'event', name: 'continueConversation' };
    return this.deliver(TurnContext.applyConversationReference(event, reference, true), logic);
  }

  override async sendActivities(_context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    const words = activities.filter(({ type }) => type === 'message');
    this.said.push(...words.map(({ text }) => text));
    return activities.map((_activity, index) => ({ id: `sent ${index}` }));
  }

  override updateActivity = async (): Promise<void> => undefined;
  override deleteActivity = async (): Promise<void> => undefined;
}

/** Kills a bot as soon as Graph has done what the bot asked of this edge, before the bot hears of it. */
function dieAfter(stage: Scene, bot: Bot, edge: string): void {
  stage.sim.wire.on('update', (entry) => {
    if (entry.kind === 'graph' && entry.edge === edge && entry.done && !bot.life.dead) bot.die();
  });
}

/** Kills a bot as soon as its record says that VCC Live has the thread. */
function dieWhenPassed(bot: Bot): void {
  bot.store.onWritten = (record) => {
    if (record?.open?.phase === 'passed') bot.die();
  };
}

/** The hand-back has reached the bot while its own pass is without an answer. */
async function handBackIsKept(stage: Scene): Promise<void> {
  let open = (await stage.record())?.open;
  for (let tries = 0; tries < 400 && !open?.earlyHandBack; tries += 1) {
    await breath();
    open = (await stage.record())?.open;
  }
  expect(open).to.include({ phase: 'armed' }).and.to.have.property('earlyHandBack');
}

describe('two triggers at once', () => {
  afterEach(closeScenes);

  it('in one delivery make one handover, with one notice', async () => {
    const stage = await scene();
    await stage.deliver([
      { message: { mid: 'm_1', text: 'talk to agent' } },
      { message: { mid: 'm_2', text: 'talk to agent' } },
    ]);
    await stage.customer.says('hello?');
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.news('passed')).to.have.length(1);
    expect(stage.news('failed')).to.deep.equal([]);
  });

  it('in two processes make one handover, and one dialog that waits', async () => {
    for (const template of ['everyTurn', 'messagesOnly'] as const) {
      const stage = await twoBots(template);
      await stage.customer.says('hello');
      await stage.clock.advance(1000);
      const head = { sender: { id: PSID }, recipient: { id: stage.thread.pageId } };
      const body = (mid: string): object => ({
        object: 'page',
        entry: [
          {
            id: stage.thread.pageId,
            time: 1,
            messaging: [{ ...head, timestamp: stage.stamp(), message: { mid, text: 'agent please' } }],
          },
        ],
      });
      await stage.clock.rush(Promise.all([stage.sim.deliverRaw(body('m_1')), stage.sim.deliverRaw(body('m_2'))]));
      expect(stage.calls('pass_thread_control').filter((call) => call.done)).to.have.length(1);
      expect(stage.customer.hears().filter((text) => text === CONNECTING)).to.have.length(1);
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('failed')).to.deep.equal([]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
      const record = await stage.record();
      expect(record?.open).to.include({ phase: 'passed', waits: 'dialog' });
      await closeScenes();
    }
  });

  it('the same delivery to two processes at once runs once', async () => {
    const stage = await scene({ bots: 2 });
    stage.sim.weather.duplicates = 3;
    stage.sim.weather.duplicatesCome = 'together';
    await stage.clock.rush(stage.customer.says('hello'));
    await stage.clock.rush(stage.customer.says('talk to agent'));
    expect(stage.bots.flatMap((bot) => bot.heard)).to.deep.equal(['hello']);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
  });
});

describe('one conclusion, one resume', () => {
  afterEach(closeScenes);

  it('whichever process hears of the hand-back, and however often', async () => {
    const stage = await twoBots('everyTurn');
    await stage.customer.says('agent please');
    stage.sim.weather.duplicates = 3;
    stage.sim.weather.duplicatesCome = 'together';
    await stage.clock.rush(stage.agent.handsBack(PSID, 'done'));
    await stage.clock.rush(stage.customer.says('thanks'));
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
    expect(stage.news('returned')).to.have.length(1);
    expect(stage.customer.hears().filter((text) => text.startsWith('ended'))).to.have.length(1);
  });

  it('where hand-back and customer come to two processes at the same time', async () => {
    for (const template of ['everyTurn', 'messagesOnly'] as const) {
      const stage = await twoBots(template);
      await stage.customer.says('agent please');
      await stage.clock.advance(1000);
      stage.sim.weather.reorderMs = 1;
      const both = Promise.all([stage.agent.handsBack(PSID, 'done'), stage.customer.says('thanks')]);
      await stage.sim.clock.advance(2);
      await stage.clock.rush(both);
      stage.calm();
      await stage.clock.advance(1000);
      await stage.clock.rush(stage.customer.says('anybody?'));
      await stage.clock.rush(stage.customer.says('hello'));
      expect(
        stage.bots.flatMap((bot) => bot.results),
        template,
      ).to.have.length(1);
      expect(stage.news('returned'), template).to.have.length(1);
      expect(stage.customer.hears().at(-1), template).to.equal('bot: hello');
      await closeScenes();
    }
  });

  it('where the process that ended the dialog dies before it could save that: only the redelivery ends it', async () => {
    const stage = await twoBots('everyTurn');
    const [first, second] = stage.bots;
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    // Dies when the conclusion has been claimed: the result is on its way into the dialog.
    first!.store.onWritten = (record) => {
      if (record?.conclusions.some((each: Conclusion) => each.givenTo !== undefined)) first!.die();
    };
    stage.sim.connectBot([first!.url, second!.url]);
    await stage.clock.rush(stage.agent.handsBack(PSID, 'done'));
    expect(first!.results).to.deep.equal([]);
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
    expect(stage.news('returned')).to.have.length(1);
    await stage.clock.rush(stage.customer.says('thanks'));
    expect(stage.customer.hears().slice(-2)).to.deep.equal(['ended: completed via passBack', 'bot: thanks']);
  });
});

describe('a hand-back that overtakes our own confirmation', () => {
  afterEach(closeScenes);

  for (const template of ['everyTurn', 'messagesOnly'] as const) {
    it(`is kept, and concludes the handover when the confirmation is there (${template})`, async () => {
      const stage = await scene();
      dialogBot(stage.bot, template);
      stage.sim.weather.slow.once({ edges: ['pass_thread_control'], ms: 5000 });
      const said = stage.customer.says('agent please');
      await until(() => stage.owner() === 'vccLive');
      // The agent closes at once; the event reaches the bot while its own call is still unanswered.
      stage.sim.weather.reorderMs = 1;
      const handsBack = stage.agent.handsBack(PSID, 'quick');
      await stage.sim.clock.advance(10);
      await breath(30);
      expect((await stage.record())?.open).to.include({ phase: 'armed' });
      await stage.sim.clock.advance(6000);
      await said;
      await handsBack;
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via, result.metadata])).to.deep.equal([
        ['completed', 'passBack', 'quick'],
      ]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('bot');
      stage.calm();
      if (template === 'everyTurn') expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
      expect((await stage.record())?.open).to.equal(undefined);
    });
  }
});

describe('a hand-back that overtakes a pass of which no answer ever comes', () => {
  afterEach(closeScenes);

  it('shows that it was passed: the handover is concluded by it, and nothing has failed', async () => {
    const stage = await scene({ handover: { graph: { maxRetries: 0, timeoutMs: 3000 } } });
    dialogBot(stage.bot, 'everyTurn');
    stage.sim.weather.slow.once({ edges: ['pass_thread_control'], ms: 10_000 });
    stage.sim.weather.http500.always({ edges: ['thread_owner'] });
    const said = stage.customer.says('agent please');
    await until(() => stage.owner() === 'vccLive');
    stage.sim.weather.reorderMs = 1;
    const handsBack = stage.agent.handsBack(PSID, 'quick');
    await stage.sim.clock.advance(10);
    await handBackIsKept(stage);
    await stage.clock.rush(Promise.all([said, handsBack]));
    expect(stage.news('failed')).to.deep.equal([]);
    expect(stage.news('passed')).to.have.length(1);
    expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
      ['completed', 'passBack'],
    ]);
    expect((await stage.record())?.open).to.equal(undefined);
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
  });

  it('and where its process has died, the next request finds it completed, and begins another', async () => {
    const stage = await scene();
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    // As the process left it that did not live to hear of its pass.
    const earlyHandBack = { via: 'passBack', metadata: 'quick', endedBy: 'its hand-back' } as const;
    const owner = { app: stage.sim.settings.botAppId };
    await stage.clock.advance(1000);
    await recordsIn(stage.store).update(stage.thread, (record) => {
      const open = { ...record!.open!, phase: 'armed', earlyHandBack } as const;
      const explicit = { atMetaMs: stage.stamp(), owner, source: 'webhook', key: 'its hand-back' } as const;
      return { record: { ...record!, open, evidence: { ...record!.evidence, explicit } }, value: undefined };
    });
    await stage.agent.releases(PSID);
    await stage.clock.advance(3 * 60_000);
    await stage.customer.says('talk to agent');
    expect(stage.news('failed')).to.deep.equal([]);
    expect(stage.news('returned').map(({ result }) => [result.outcome, result.via, result.metadata])).to.deep.equal([
      ['completed', 'passBack', 'quick'],
    ]);
    expect(stage.owner()).to.equal('vccLive');
  });
});

describe('a take by the application while the pass is under way', () => {
  afterEach(closeScenes);

  for (const when of ['before', 'after'] as const) {
    it(`${when === 'after' ? 'ends the handover' : 'has nothing to take back'}, where Meta got it ${when} the pass`, async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'everyTurn');
      await stage.customer.says('hello');
      const slow = { edges: ['pass_thread_control'], ms: 5000 };
      stage.sim.weather.slow.once(when === 'after' ? slow : { ...slow, when: 'before' });
      const said = stage.customer.says('agent please');
      await until(() => stage.calls('pass_thread_control').length === 1);
      await stage.sim.clock.advance(1000);
      await stage.bot.handover.take(stage.thread);
      expect(stage.news('returned')).to.deep.equal([]);
      await stage.sim.clock.advance(6000);
      await said;
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.owner()).to.equal(when === 'after' ? 'bot' : 'vccLive');
      const outcomes = stage.news('returned').map(({ result }) => [result.outcome, result.via]);
      expect(outcomes).to.deep.equal(when === 'after' ? [['takenBack', 'take']] : []);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal(when === 'after' ? 'bot' : 'vccLive');
      if (when === 'before') await stage.agent.handsBack(PSID, 'x');
      await stage.customer.says('thanks');
      expect(stage.bot.results).to.have.length(1);
    });
  }
});

describe('a process that dies', () => {
  afterEach(closeScenes);

  for (const template of ['everyTurn', 'messagesOnly'] as const) {
    it(`after the pass, before the dialog was saved: the next run is mute, and its dialog waits (${template})`, async () => {
      const stage = await twoBots(template);
      const [first, second] = stage.bots;
      dieAfter(stage, first!, 'pass_thread_control');
      await stage.clock.rush(stage.customer.says('agent please'));
      expect(first!.life.dead).to.equal(true);
      expect(second!.heard).to.deep.equal(['agent please']);
      expect(stage.calls('pass_thread_control')).to.have.length(1);
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
      expect(stage.news('passed')).to.have.length(1);

      stage.sim.connectBot(second!.url);
      await stage.agent.handsBack(PSID, 'done');
      await stage.customer.says('thanks');
      expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });

    it(`after the pass, and the agent hands back before Meta delivers again: the dialog is there and ends once (${template})`, async () => {
      const stage = await twoBots(template);
      const [first, second] = stage.bots;
      dieAfter(stage, first!, 'pass_thread_control');
      // The second process is not up yet: Meta's second attempt comes after ten seconds.
      stage.sim.connectBot(first!.url);
      await stage.customer.says('agent please');
      await stage.sim.settled();
      stage.sim.connectBot(second!.url);
      await stage.agent.handsBack(PSID, 'quick');
      await stage.clock.rush(stage.clock.advance(11_000));
      await stage.clock.rush(stage.clock.advance(60_000));
      expect(second!.heard).to.include('agent please');
      expect(stage.customer.hears().filter((text) => text === CONNECTING)).to.have.length(1);
      // The hand-back found no dialog. Where events reach the dialogs, the customer need not write again.
      expect(results(stage)).to.deep.equal(template === 'everyTurn' ? [['completed', 'passBack', 'quick']] : []);
      await stage.customer.says('thanks');
      expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
      expect(stage.customer.hears().filter((text) => text.startsWith('ended'))).to.have.length(1);
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      expect(stage.calls('pass_thread_control')).to.have.length(1);
    });
  }

  it('after the pass was recorded, and the agent hands back before Meta delivers again: the dialog is there and ends once', async () => {
    const stage = await twoBots('everyTurn');
    const [first, second] = stage.bots;
    dieWhenPassed(first!);
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    stage.sim.connectBot(second!.url);
    await stage.clock.rush(stage.agent.handsBack(PSID, 'quick'));
    expect((await stage.record())?.conclusions.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
    await stage.clock.rush(stage.clock.advance(11_000));
    await stage.clock.rush(stage.clock.advance(60_000));
    expect(second!.heard).to.deep.equal(['agent please']);
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
    await stage.customer.says('thanks');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via passBack', 'bot: thanks']);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('and the next one in the turn that ends the dialog: the customer is answered, and the dialog ends once', async () => {
    const stage = await twoBots('everyTurn', { bots: 3 });
    const [first, second, third] = stage.bots;
    dieWhenPassed(first!);
    second!.store.onWritten = (record) => {
      if (record?.conclusions.some(({ givenTo }) => givenTo !== undefined)) second!.die();
    };
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    stage.sim.connectBot(second!.url);
    await stage.clock.rush(stage.agent.handsBack(PSID, 'quick'));
    await stage.clock.rush(stage.clock.advance(11_000));
    await stage.clock.rush(stage.clock.advance(60_000));
    expect(second!.life.dead).to.equal(true);
    stage.sim.connectBot(third!.url);
    await stage.clock.rush(stage.clock.advance(300_000));
    expect(third!.heard).to.deep.equal(['agent please']);
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
    await stage.customer.says('thanks');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via passBack', 'bot: thanks']);
  });

  it('and another agent has the thread when Meta delivers again: the dialog waits until it is home', async () => {
    const stage = await twoBots('everyTurn');
    const [first, second] = stage.bots;
    dieWhenPassed(first!);
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    stage.sim.connectBot(second!.url);
    await stage.clock.rush(stage.agent.handsBack(PSID, 'quick'));
    await stage.agent.takes(PSID);
    await stage.agent.says(PSID, 'One more thing.');
    await stage.clock.rush(stage.clock.advance(11_000));
    await stage.clock.rush(stage.clock.advance(60_000));
    expect(second!.heard).to.deep.equal(['agent please']);
    expect(results(stage)).to.deep.equal([]);
    await stage.agent.handsBack(PSID, 'slow');
    await stage.customer.says('thanks');
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  for (const template of ['everyTurn', 'messagesOnly'] as const) {
    it(`when its dialog was saved, and that has ended before Meta delivers again: it is not begun once more (${template})`, async () => {
      const stage = await twoBots(template);
      const [first, second] = stage.bots;
      const { logic } = first!;
      first!.logic = async (context) => {
        await logic(context);
        first!.die();
      };
      stage.sim.connectBot(first!.url);
      await stage.customer.says('agent please');
      stage.sim.connectBot(second!.url);
      await stage.clock.rush(stage.agent.handsBack(PSID, 'quick'));
      if (template === 'messagesOnly') await stage.customer.says('back again');
      const heard = [CONNECTING, 'ended: completed via passBack'];
      expect(stage.customer.hears()).to.deep.equal(heard);
      await stage.clock.rush(stage.clock.advance(11_000));
      await stage.clock.rush(stage.clock.advance(60_000));
      const tries = stage.sim.wire
        .of('webhook')
        .filter(({ appName, body }) => appName === 'bot' && body.includes('agent please'));
      expect(tries.at(-1)).to.include({ outcome: 'acknowledged', why: 'redelivery' });
      expect(second!.heard, 'nothing of that turn is left to be done').to.not.include('agent please');
      await stage.customer.says('thanks');
      expect(stage.customer.hears()).to.deep.equal([...heard, 'bot: thanks']);
      expect(results(stage)).to.deep.equal([['completed', 'passBack', 'quick']]);
    });
  }

  it('and its message comes again to a bot on another adapter: the dialog ends once, where the bot is attached', async () => {
    const stage = await twoBots('everyTurn');
    const [first, second] = stage.bots;
    dieAfter(stage, first!, 'pass_thread_control');
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    stage.sim.connectBot(second!.url);
    await stage.agent.handsBack(PSID, 'quick');

    const delivered = stage.sim.wire
      .of('webhook')
      .find((entry) => entry.appName === 'bot' && entry.body.includes('agent please'));
    const [item] = (JSON.parse(delivered!.body) as { entry: [{ messaging: [object] }] }).entry[0].messaging;
    const handover = new VccLiveHandover({
      ...connection(stage.sim),
      store: stage.store,
      clock: stage.clock,
      logger: quietLogger,
      talkToAgent: [],
    });
    const third = {
      handover,
      storage: new MemoryStorage(),
      results: [] as HandoverResult[],
      logic: async () => undefined,
    };
    dialogBot(third, 'everyTurn');
    const adapter = new PlainAdapter();
    adapter.use(handover);
    handover.attach(adapter, third.logic);
    await stage.clock.rush(
      adapter.deliver(
        {
          type: 'message',
          text: 'agent please',
          channelId: 'facebook',
          from: { id: PSID, name: '' },
          recipient: { id: stage.thread.pageId, name: '' },
          conversation: { id: PSID } as never,
          channelData: item,
        },
        third.logic,
      ),
    );
    expect(third.results.map(({ outcome, via, metadata }) => [outcome, via, metadata])).to.deep.equal([
      ['completed', 'passBack', 'quick'],
    ]);
    expect(adapter.said).to.deep.equal(['ended: completed via passBack']);
  });

  it('after the notice, before the pass: the next run passes, and does not say the notice again', async () => {
    const stage = await twoBots('messagesOnly');
    const [first, second] = stage.bots;
    first!.store.onWritten = (record) => {
      if (record?.open?.noticeSent) first!.die();
    };
    await stage.clock.rush(stage.customer.says('agent please'));
    expect(second!.heard).to.deep.equal(['agent please']);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    stage.sim.connectBot(second!.url);
    await stage.agent.handsBack(PSID, 'done');
    await stage.customer.says('thanks');
    expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
  });

  it('after it was armed, before the notice: the next run says it and passes', async () => {
    const stage = await twoBots('messagesOnly');
    const [first, second] = stage.bots;
    first!.store.onWritten = (record) => {
      if (record?.open) first!.die();
    };
    await stage.clock.rush(stage.customer.says('agent please'));
    expect(second!.heard).to.deep.equal(['agent please']);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
  });

  it('without dialogs, after the pass: the next run passes nothing and says nothing', async () => {
    const stage = await scene({ bots: 2 });
    const [first, second] = stage.bots;
    dieAfter(stage, first!, 'pass_thread_control');
    await stage.clock.rush(stage.customer.says('talk to agent'));
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(second!.heard).to.deep.equal([]);
  });

  it('after the pass, and the thread is home before Meta delivers again: the next run is mute all the same', async () => {
    const stage = await scene({ bots: 2 });
    const [first, second] = stage.bots;
    for (const bot of stage.bots) {
      bot.logic = async (context) => {
        if (context.activity.text !== 'go') return;
        await context.sendActivity('I look for somebody');
        const start = await bot.handover.toAgent(context);
        expect(start.status).to.equal('passed');
        await context.sendActivity('I have found somebody');
      };
    }
    dieAfter(stage, first!, 'pass_thread_control');
    stage.sim.connectBot(first!.url);
    await stage.customer.says('go');
    stage.sim.connectBot(second!.url);
    await stage.clock.rush(stage.agent.handsBack(PSID, 'quick'));
    await stage.clock.rush(stage.clock.advance(11_000));
    await stage.clock.rush(stage.clock.advance(60_000));
    expect(stage.owner()).to.equal('bot');
    expect(second!.heard).to.deep.equal(['go']);
    expect(stage.customer.hears()).to.deep.equal(['I look for somebody', CONNECTING]);
    expect(stage.suppressed()).to.deep.equal(['repeatedTurn', 'repeatedTurn']);
    // Asked about the handover that was found unconfirmed, not about the turn.
    expect(stage.calls('thread_owner')).to.have.length(1);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
  });

  it('in the middle of an ordinary turn: the message runs again in the other process', async () => {
    const stage = await scene({ bots: 2 });
    const [first, second] = stage.bots;
    first!.logic = async () => first!.die();
    await stage.clock.rush(stage.customer.says('hello'));
    expect(second!.heard).to.deep.equal(['hello']);
    expect(stage.customer.hears()).to.deep.equal(['bot: hello']);
  });
});

describe('processes whose clocks differ', () => {
  afterEach(closeScenes);

  for (const aheadMs of [3 * 60_000, -3 * 60_000, 20_000, -20_000]) {
    const apart = `${aheadMs / 1000} s apart`;

    it(`make one handover of two requests, with one notice, while the pass of the first is slow (${apart})`, async () => {
      const stage = await twoBots('everyTurn', { clocksAheadMs: [0, aheadMs] });
      const [first, second] = stage.bots;
      await stage.customer.says('hello');
      stage.sim.connectBot(first!.url);
      stage.sim.weather.slow.once({ edges: ['pass_thread_control'], ms: 5000 });
      const said = stage.customer.says('agent please');
      await until(() => stage.calls('pass_thread_control').length === 1);
      stage.sim.connectBot(second!.url);
      await stage.clock.rush(Promise.all([said, stage.customer.says('talk to agent')]));
      expect(stage.calls('pass_thread_control')).to.have.length(1);
      expect(stage.customer.hears().filter((text) => text === CONNECTING)).to.have.length(1);
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('failed')).to.deep.equal([]);
    });

    it(`leave nobody without an agent: the next request goes on at once where the first process has died (${apart})`, async () => {
      const stage = await twoBots('everyTurn', { clocksAheadMs: [0, aheadMs] });
      const [first, second] = stage.bots;
      await stage.customer.says('hello');
      stage.sim.connectBot(first!.url);
      first!.store.onWritten = (record) => {
        if (record?.open?.phase === 'armed') first!.die();
      };
      const died = stage.customer.says('agent please');
      await until(() => first!.life.dead);
      stage.sim.connectBot(second!.url);
      await stage.clock.rush(Promise.all([died, stage.customer.says('talk to agent')]));
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.calls('pass_thread_control')).to.have.length(1);
      expect(stage.customer.hears().filter((text) => text === CONNECTING)).to.have.length(1);
    });
  }
});

describe('a pass whose outcome nobody knows', () => {
  afterEach(closeScenes);

  async function withDialog(): Promise<Scene> {
    const stage = await scene({ handover: { graph: { maxRetries: 1 } } });
    dialogBot(stage.bot, 'everyTurn');
    return stage;
  }

  for (const [what, weather] of [
    ['the answer was lost', (stage: Scene) => stage.sim.weather.lostAnswers.once({ edges: ['pass_thread_control'] })],
    ['the request was lost', (stage: Scene) => stage.sim.weather.lostRequests.once({ edges: ['pass_thread_control'] })],
    ['HTTP 500 before', (stage: Scene) => stage.sim.weather.http500.once({ edges: ['pass_thread_control'] })],
    [
      'HTTP 500 after',
      (stage: Scene) => stage.sim.weather.http500.once({ edges: ['pass_thread_control'], when: 'after' }),
    ],
    ['code 1 after', (stage: Scene) => stage.sim.weather.code1.once({ edges: ['pass_thread_control'], when: 'after' })],
    ['code 2 before', (stage: Scene) => stage.sim.weather.code2.once({ edges: ['pass_thread_control'] })],
  ] as const) {
    it(`is passed in the end, where ${what}`, async () => {
      const stage = await withDialog();
      weather(stage);
      await stage.clock.rush(stage.customer.says('agent please'));
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.calls('thread_owner').length).to.be.at.least(1);
      expect(stage.calls('pass_thread_control').filter((call) => call.done)).to.have.length(1);
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('failed')).to.deep.equal([]);
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
      await stage.agent.handsBack(PSID, 'done');
      expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
    });
  }

  it('is failed, where a third app got the thread meanwhile', async () => {
    const stage = await withDialog();
    stage.sim.weather.lostRequests.once({ edges: ['pass_thread_control'] });
    stage.sim.wire.on('update', (entry) => {
      if (entry.kind !== 'graph' || entry.outcome !== 'requestLost') return;
      stage.sim.weather.botDown.always();
      void stage.inbox.movesToMain(PSID);
    });
    await stage.clock.rush(stage.customer.says('agent please'));
    expect(stage.owner()).to.equal('inbox');
    expect(stage.news('failed')).to.have.length(1);
    expect(results(stage)).to.deep.equal([['failed', 'none', undefined]]);
    expect(stage.bot.results[0]?.error).to.include({ code: 'takenByOtherApp' });
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  describe('where thread_owner does not answer either', () => {
    async function unconfirmed(when: 'before' | 'after'): Promise<Scene> {
      const stage = await withDialog();
      stage.sim.weather.http500.always({ edges: ['pass_thread_control'], when });
      stage.sim.weather.http500.always({ edges: ['thread_owner'] });
      await stage.clock.rush(stage.customer.says('agent please'));
      stage.calm();
      return stage;
    }

    it('fails: the customer hears it, the dialog ends with it, the bot goes on', async () => {
      const stage = await unconfirmed('before');
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING, FAILED, 'ended: failed via none']);
      expect(stage.news('failed')).to.have.length(1);
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });

    it('and the customer may ask again at once', async () => {
      const stage = await unconfirmed('before');
      await stage.clock.advance(1000);
      await stage.clock.rush(stage.customer.says('agent please'));
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.news('passed')).to.have.length(1);
    });

    it('and is passed as soon as something shows that VCC Live has the thread', async () => {
      const stage = await unconfirmed('after');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.news('passed')).to.deep.equal([]);
      await stage.agent.says(PSID, 'Hello, I am Anna');
      expect(stage.news('passed')).to.have.length(1);
      await stage.agent.handsBack(PSID, 'done');
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['completed', 'passBack'],
      ]);
      // Its dialog has ended with `failed` already.
      expect(results(stage)).to.deep.equal([['failed', 'none', undefined]]);
    });

    it('and another app’s hand-back is no sign that VCC Live had the thread', async () => {
      const stage = await unconfirmed('before');
      await stage.inbox.movesToMain(PSID);
      await stage.clock.advance(1000);
      const { botAppId, pageInboxAppId } = stage.sim.settings;
      const owners = { previous_owner_app_id: BigInt(pageInboxAppId), new_owner_app_id: BigInt(botAppId) };
      await stage.deliver([{ pass_thread_control: { ...owners, metadata: 'done' } }]);
      expect([
        ...stage.news('passed'),
        ...stage.news('returned').filter(({ result }) => result.handoverId),
      ]).to.deep.equal([]);
      expect(stage.news('failed')).to.have.length(1);
    });

    it('and a message of the customer, minutes later, closes it without a word: VCC Live has released the thread', async () => {
      const stage = await unconfirmed('after');
      await stage.agent.releases(PSID);
      await stage.clock.advance(10 * 60_000);
      await stage.customer.says('hello');
      await stage.customer.says('anybody there?');
      expect((await stage.record())?.open).to.equal(undefined);
      expect(stage.customer.hears().at(-1)).to.equal('bot: anybody there?');
      expect(stage.news('failed')).to.have.length(1);
      expect([...stage.news('passed'), ...stage.news('returned')]).to.deep.equal([]);
      // What VCC Live does later has nothing to do with it.
      await stage.agent.takes(PSID);
      await stage.agent.says(PSID, 'Hello, I am Anna');
      expect(stage.news('passed')).to.deep.equal([]);
    });

    it('and so does it close one that could not be written down as failed, because the store was lost just then', async () => {
      const stage = await withDialog();
      stage.bot.store.onWritten = (record) => {
        if (record?.open?.noticeSent) stage.bot.store.lost = true;
      };
      await stage.clock.rush(stage.customer.says('agent please'));
      Object.assign(stage.bot.store, { onWritten: undefined, lost: false });
      const open = (await stage.record())?.open;
      expect(open).to.include({ phase: 'armed' });
      expect(stage.bot.results.map(({ outcome, handoverId }) => [outcome, handoverId])).to.deep.equal([
        ['failed', open?.id],
      ]);
      expect(stage.news('failed').map(({ handoverId }) => handoverId)).to.deep.equal([open?.id]);
      await stage.clock.advance(10 * 60_000);
      await stage.customer.says('hello');
      expect((await stage.record())?.open).to.equal(undefined);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      expect([...stage.news('passed'), ...stage.news('returned')]).to.deep.equal([]);
    });

    /** VCC Live has the thread and the dialog waits; the record says neither. */
    async function unrecorded(): Promise<Scene> {
      const stage = await withDialog();
      stage.sim.wire.on('update', (entry) => {
        const isOurPass = entry.kind === 'graph' && entry.edge === 'pass_thread_control' && entry.appName === 'bot';
        if (isOurPass) stage.bot.store.lost = true;
      });
      await stage.customer.says('agent please');
      stage.bot.store.lost = false;
      expect([stage.owner(), (await stage.record())?.open?.phase]).to.deep.equal(['vccLive', 'armed']);
      return stage;
    }

    it('and one that went through and could not be written down ends with what the agent handed back', async () => {
      const stage = await unrecorded();
      await stage.clock.advance(1000);
      await stage.agent.handsBack(PSID, 'done');
      await stage.customer.says('thanks');
      expect(results(stage)).to.deep.equal([['completed', 'passBack', 'done']]);
      await stage.customer.says('hello');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via passBack', 'bot: hello']);
      const [passed, returned] = [stage.news('passed'), stage.news('returned')];
      expect(passed.map(({ handoverId }) => handoverId)).to.deep.equal(returned.map(({ result }) => result.handoverId));
      expect(passed).to.have.length(1);
    });

    it('or with the first message after it was released, and never while VCC Live has it', async () => {
      const stage = await unrecorded();
      // As one may come that was sent before the pass, and held up.
      await stage.deliver([{ message: { mid: 'm_late', text: 'late' }, timestamp: 1 }]);
      expect([results(stage), saidOverOthers(stage)]).to.deep.equal([[], []]);
      await stage.agent.releases(PSID);
      await stage.customer.says('thanks');
      expect(results(stage)).to.deep.equal([['completed', 'message', undefined]]);
      await stage.customer.says('hello');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via message', 'bot: hello']);
    });

    it('and a message that comes sooner leaves it open, because the call may be under way', async () => {
      const stage = await unconfirmed('before');
      await stage.clock.advance(60_000);
      await stage.customer.says('hello');
      expect((await stage.record())?.open?.phase).to.equal('unconfirmed');
    });

    it('and a hand-back closes it', async () => {
      const stage = await unconfirmed('after');
      await stage.clock.advance(1000);
      await stage.agent.handsBack(PSID, 'done');
      expect((await stage.record())?.open).to.equal(undefined);
      // It had been passed after all: whoever listens hears of no return without it.
      const [passed, returned] = [stage.news('passed'), stage.news('returned')];
      expect(passed.map(({ handoverId }) => handoverId)).to.deep.equal(returned.map(({ result }) => result.handoverId));
      expect(passed).to.have.length(1);
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });
  });
});

describe('a record that is gone', () => {
  afterEach(closeScenes);

  for (const template of ['everyTurn', 'messagesOnly'] as const) {
    it(`ends the waiting dialog in the first turn in which the thread is ours (${template})`, async () => {
      const stage = await scene();
      dialogBot(stage.bot, template);
      await stage.customer.says('agent please');
      await stage.bot.handover.forget(stage.thread);
      expect(await stage.record()).to.equal(undefined);
      await stage.clock.advance(1000);
      await stage.customer.says('to the agent');
      expect(stage.bot.results).to.deep.equal([]);
      await stage.agent.releases(PSID);
      await stage.clock.advance(1000);
      await stage.customer.says('hello?');
      expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'message']]);
      expect(stage.bot.results[0]?.handoverId).to.match(/^[0-9a-f]{32}$/);
      await stage.customer.says('hello');
      expect(stage.bot.results).to.have.length(1);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });

    it(`and passed back (${template})`, async () => {
      const stage = await scene();
      dialogBot(stage.bot, template);
      await stage.customer.says('agent please');
      await stage.bot.handover.forget(stage.thread);
      await stage.agent.handsBack(PSID, 'done');
      await stage.customer.says('hello?');
      expect(stage.bot.results).to.have.length(1);
      expect(stage.bot.results[0]).to.include({ outcome: 'completed' });
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });
  }
});
