/** A waterfall step hands over, waits, and gets one result: in bots that run dialogs on every turn, and in the usual ones. */
import { EventFactory } from 'botbuilder';
import type { TurnContext } from 'botbuilder';
import { ComponentDialog, DialogSet, DialogTurnStatus, WaterfallDialog } from 'botbuilder-dialogs';
import { ConversationState, MemoryStorage } from 'botbuilder';
import { expect } from 'chai';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import type { HandoverResult } from 'botbuilder-handover-vcclive';
import { MORE_THAN_A_DAY_MS, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';
import type { Scene, Template } from './scene.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";

async function handedOver(template: Template): Promise<Scene> {
  const stage = await scene();
  dialogBot(stage.bot, template);
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return stage;
}

describe('a handover from a dialog', () => {
  afterEach(closeScenes);

  for (const template of ['everyTurn', 'messagesOnly'] as const) {
    describe(`in a bot that runs dialogs ${template === 'everyTurn' ? 'on every turn' : 'for messages only'}`, () => {
      it('waits while the agent and the customer talk, and says nothing', async () => {
        const stage = await handedOver(template);
        await stage.agent.says(stage.customer.psid, 'I am Anna');
        await stage.customer.says('Hello Anna');
        await stage.customer.sends({ type: 'image' });
        expect(stage.bot.results).to.deep.equal([]);
        expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'I am Anna']);
        expect(stage.bot.heard).to.deep.equal(['agent please']);
        expect(saidOverOthers(stage)).to.deep.equal([]);
      });

      it('ends once when the thread is passed back, with what came back', async () => {
        const stage = await handedOver(template);
        await stage.clock.advance(90_000);
        await stage.agent.handsBack(stage.customer.psid, 'solved');
        await stage.customer.says('thanks');
        await stage.customer.says('bye');

        expect(stage.bot.results).to.have.length(1);
        const [result] = stage.bot.results;
        expect(result).to.deep.include({ outcome: 'completed', via: 'passBack', metadata: 'solved' });
        expect(result?.handoverId).to.equal(stage.news('passed')[0]?.handoverId);
        expect(result?.waitedMs).to.be.within(90_000, 91_000);
        expect(stage.news('returned')).to.have.length(1);
        expect(stage.bot.events.filter((name) => name === 'handoff.status')).to.have.length(1);
        const status = stage.bot.turns.find((turn) => turn.name === 'handoff.status');
        expect(status?.value).to.deep.equal({ state: 'completed', message: 'solved' });
        const after = template === 'everyTurn' ? ['bot: thanks', 'bot: bye'] : ['bot: bye'];
        expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via passBack', ...after]);
      });

      it("ends in the customer's own turn after a silent release, which runs once", async () => {
        const stage = await handedOver(template);
        await stage.agent.releases(stage.customer.psid);
        await stage.customer.says('are you there?');

        expect(stage.bot.heard).to.deep.equal(['agent please', 'are you there?']);
        expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'message']]);
        expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via message']);
        expect(stage.news('returned')).to.have.length(1);
        expect(stage.calls('thread_owner')).to.have.length(1);
      });

      it("ends in the customer's own turn after 24 hours of silence", async () => {
        const stage = await handedOver(template);
        await stage.clock.advance(MORE_THAN_A_DAY_MS);
        expect(stage.owner()).to.equal('idle');
        await stage.customer.says('hello again');
        expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'message']]);
        expect(stage.bot.results[0]?.waitedMs).to.be.at.least(MORE_THAN_A_DAY_MS);
        await stage.customer.says('and again');
        expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'ended: completed via message', 'bot: and again']);
      });

      it('does not end after 24 hours in which the customer went on writing to the agent', async () => {
        const stage = await handedOver(template);
        for (let hours = 0; hours < 40; hours += 10) {
          await stage.clock.advance(10 * 60 * 60 * 1000);
          await stage.customer.says('still there?');
        }
        expect(stage.owner()).to.equal('vccLive');
        expect(stage.bot.results).to.deep.equal([]);
        expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
      });

      it('hands over again, with a result of its own', async () => {
        const stage = await handedOver(template);
        await stage.agent.handsBack(stage.customer.psid);
        await stage.customer.says('hm');
        await stage.customer.says('agent please');
        expect(stage.owner()).to.equal('vccLive');
        await stage.agent.handsBack(stage.customer.psid, 'second');
        await stage.customer.says('done');
        expect(stage.bot.results.map(({ metadata }) => metadata)).to.deep.equal([undefined, 'second']);
        expect(new Set(stage.bot.results.map(({ handoverId }) => handoverId)).size).to.equal(2);
      });

      it('ends with `failed` where Meta refuses, says so once, and the bot goes on', async () => {
        const stage = await scene({ handover: { texts: { failed: 'Sorry.' } } });
        dialogBot(stage.bot, template);
        stage.sim.weather.code1.always({ edges: ['pass_thread_control'] });
        await stage.clock.rush(stage.customer.says('agent please'));
        expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['failed', 'none']]);
        expect(stage.bot.results[0]?.error).to.be.instanceOf(Error);
        expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'Sorry.', 'ended: failed via none']);
        expect(stage.owner()).to.equal('bot');
        stage.calm();
        await stage.customer.says('hello');
        expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      });

      it('ends in the next turn, where the turn that was to end it failed before it was saved', async () => {
        const stage = await handedOver(template);
        stage.sim.weather.sendRefused.once({ reason: 'temporary' });
        await stage.clock.rush(stage.agent.handsBack(stage.customer.psid, 'done'));
        await stage.clock.rush(stage.customer.says('thanks'));
        await stage.customer.says('hello');
        await stage.customer.says('good');
        expect(stage.bot.errors).to.have.length(1);
        expect(stage.bot.results).to.have.length(1);
        expect(stage.customer.hears().filter((text) => text.startsWith('ended'))).to.have.length(1);
        expect(stage.customer.hears().at(-1)).to.equal('bot: good');
      });

      it('ends in the next turn, where the bot could not save it and kept that to itself', async () => {
        const stage = await scene({ store: 'own' });
        dialogBot(stage.bot, template);
        const { logic, storage } = stage.bot;
        stage.bot.logic = (context) => logic(context).catch(() => undefined);
        await stage.customer.says('agent please');
        const write = storage.write.bind(storage);
        storage.write = async () => {
          storage.write = write;
          throw new Error('The storage is away.');
        };
        await stage.agent.handsBack(stage.customer.psid, 'done');
        if (template === 'messagesOnly') await stage.customer.says('thanks');
        await stage.customer.says('hello');
        await stage.customer.says('good');
        // Said twice, because nobody knows that it was said; after that the bot answers.
        expect(stage.customer.hears().filter((text) => text.startsWith('ended'))).to.have.length(2);
        expect(stage.customer.hears().at(-1)).to.equal('bot: good');
      });

      it('goes on waiting in a process that was started meanwhile', async () => {
        const stage = await scene({ bots: 2 });
        for (const bot of stage.bots) dialogBot(bot, template);
        const [first, second] = stage.bots;
        stage.sim.connectBot(first!.url);
        await stage.customer.says('agent please');
        first!.die();
        stage.sim.connectBot(second!.url);
        await stage.agent.says(stage.customer.psid, 'hi');
        await stage.agent.handsBack(stage.customer.psid, 'done');
        await stage.customer.says('thanks');
        expect(second!.results.map(({ outcome, via, metadata }) => [outcome, via, metadata])).to.deep.equal([
          ['completed', 'passBack', 'done'],
        ]);
      });
    });
  }

  it('tells VCC Live the reason and the id', async () => {
    const stage = await scene();
    dialogBot(stage.bot, 'messagesOnly', { reason: 'invoice' });
    await stage.customer.says('agent please');
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.deep.equal({
      reason: 'invoice',
      handoverId: stage.news('passed')[0]?.handoverId,
    });
  });

  it('says the notice of the request instead of the text, or none', async () => {
    for (const [notice, heard] of [
      ['One moment', ['One moment']],
      [{ type: 'message', text: 'One moment' }, ['One moment']],
      [null, []],
    ] as const) {
      const stage = await scene();
      dialogBot(stage.bot, 'messagesOnly', { notice });
      await stage.customer.says('agent please');
      expect(stage.customer.hears()).to.deep.equal(heard);
      expect(stage.owner()).to.equal('vccLive');
    }
  });

  it('is refused where an agent has the thread already, and the dialog ends with that', async () => {
    const stage = await scene();
    const state = new ConversationState(new MemoryStorage());
    const dialogs = new DialogSet(state.createProperty('dialogs'));
    dialogs.add(stage.bot.handover.dialog());
    const results: HandoverResult[] = [];
    stage.bot.logic = async (context) => {
      const dc = await dialogs.createContext(context);
      const first = await stage.bot.handover.toAgent(context, { notice: null });
      expect(first.status).to.equal('passed');
      const turn = await dc.beginDialog('vccLiveHandover');
      if (turn.status === DialogTurnStatus.complete) results.push(turn.result as HandoverResult);
      expect(await stage.bot.handover.toAgent(context)).to.deep.equal({
        status: 'refused',
        reason: 'alreadyWithAgent',
      });
    };
    await stage.customer.says('twice');
    expect(results).to.deep.equal([{ outcome: 'refused', via: 'none', waitedMs: 0, reason: 'alreadyWithAgent' }]);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.news('failed')).to.deep.equal([]);
  });

  it('has the name it was given, and its step says so where it was not added', async () => {
    const stage = await scene();
    const dialogs = new DialogSet(new ConversationState(new MemoryStorage()).createProperty('dialogs'));
    const dialog = stage.bot.handover.dialog('person');
    expect(dialog.id).to.equal('person');
    dialogs.add(new WaterfallDialog('wf', [stage.bot.handover.step()]));
    stage.bot.logic = async (context) => {
      const dc = await dialogs.createContext(context);
      await dc.beginDialog('wf');
    };
    await stage.customer.says('hello');
    expect(stage.bot.errors.map(({ message }) => message).join()).to.match(
      /"person".*dialogs\.add\(handover\.dialog\('person'\)\)/,
    );
    expect(stage.owner()).to.equal('bot');
  });

  it('waits inside a component, over several turns', async () => {
    const stage = await scene();
    const state = new ConversationState(new MemoryStorage());
    const property = state.createProperty('dialogs');
    const dialogs = new DialogSet(property);
    // The first dialog that a component gets is the one it begins with.
    const inner = new ComponentDialog('inner');
    inner.addDialog(
      new WaterfallDialog('wf', [
        stage.bot.handover.step(),
        async (step) => step.endDialog((step.result as HandoverResult).via),
      ]),
    );
    inner.addDialog(stage.bot.handover.dialog());
    dialogs.add(inner);
    const ends: unknown[] = [];
    stage.bot.logic = async (context) => {
      const dc = await dialogs.createContext(context);
      const turn = dc.activeDialog ? await dc.continueDialog() : await dc.beginDialog('inner');
      if (turn.status === DialogTurnStatus.complete) ends.push(turn.result);
      await state.saveChanges(context);
    };
    await stage.customer.says('nested');
    await stage.agent.handsBack(stage.customer.psid);
    expect(ends).to.deep.equal(['passBack']);
  });
});

describe('a handover by an outgoing handoff.initiate', () => {
  afterEach(closeScenes);

  const initiate = (context: TurnContext, value: unknown) =>
    EventFactory.createHandoffInitiation(context, value as object);

  it('passes the thread, and the sender gets a response', async () => {
    const stage = await scene();
    const responses: unknown[] = [];
    stage.bot.logic = async (context) => {
      responses.push(await context.sendActivity(initiate(context, { reason: 'invoice', skill: 'billing' })));
    };
    await stage.customer.says('hello');
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    expect(responses).to.have.length(1);
    expect(responses[0]).to.have.property('id');
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.deep.include({ reason: 'invoice', skill: 'billing' });
  });

  it('sends what stands before it, in order, and keeps in what follows: one response for each', async () => {
    const stage = await scene();
    let responses: { id?: string }[] = [];
    stage.bot.logic = async (context) => {
      responses = await context.sendActivities([
        { type: 'message', text: 'one' },
        { type: 'message', text: 'two' },
        initiate(context, { reason: 'x' }),
        { type: 'message', text: 'three' },
        { type: 'message', text: 'four' },
      ]);
      await context.sendActivity('five');
    };
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal(['one', 'two', CONNECTING]);
    expect(responses).to.have.length(5);
    expect(responses.slice(0, 2).every(({ id }) => Boolean(id))).to.equal(true);
    expect(stage.news('suppressed').map(({ activity, reason }) => [(activity as any).text, reason])).to.deep.equal([
      ['three', 'handedOver'],
      ['four', 'handedOver'],
      ['five', 'handedOver'],
    ]);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('takes a text as its context, or none at all', async () => {
    for (const value of ['please help', undefined, null, 7]) {
      const stage = await scene();
      stage.bot.logic = async (context) => {
        await context.sendActivity({ type: 'event', name: 'handoff.initiate', value });
      };
      await stage.customer.says('hello');
      expect(stage.owner()).to.equal('vccLive');
    }
  });

  it('tells the customer where the handover fails, and sends what follows it', async () => {
    const stage = await scene({ handover: { texts: { failed: 'Sorry.' } } });
    stage.sim.weather.deadToken.always({ edges: ['pass_thread_control'] });
    stage.bot.logic = async (context) => {
      await context.sendActivities([initiate(context, {}), { type: 'message', text: 'and then' }]);
      await context.sendActivity('finally');
    };
    await stage.customer.says('hello');
    expect(stage.owner()).to.equal('bot');
    expect(stage.customer.hears().slice(-3)).to.deep.equal(['Sorry.', 'and then', 'finally']);
    expect(stage.news('suppressed')).to.deep.equal([]);
  });

  it('sends what follows where nobody is there, in its order and with its ids', async () => {
    const texts = { unavailable: 'Nobody is there.' };
    const stage = await scene({ handover: { availability: () => 'unavailable', texts } });
    let responses: { id?: string }[] = [];
    stage.bot.logic = async (context) => {
      responses = await context.sendActivities([
        { type: 'message', text: 'one' },
        initiate(context, {}),
        { type: 'message', text: 'We will mail you.' },
        { type: 'message', text: 'Goodbye.' },
      ]);
    };
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal(['one', 'Nobody is there.', 'We will mail you.', 'Goodbye.']);
    expect(responses.map(({ id }) => Boolean(id))).to.deep.equal([true, false, true, true]);
    expect(stage.news('suppressed')).to.deep.equal([]);
  });

  it('names positions of the whole batch where Meta refuses what follows', async () => {
    const availability = (): 'unavailable' => {
      stage.sim.weather.sendRefused.once({ reason: 'abusiveContent' });
      return 'unavailable';
    };
    const stage = await scene({ handover: { availability, texts: { unavailable: null } } });
    let error: unknown;
    stage.bot.logic = async (context) => {
      await context
        .sendActivities([
          { type: 'message', text: 'one' },
          initiate(context, {}),
          { type: 'message', text: 'We will mail you.' },
        ])
        .catch((thrown: unknown) => (error = thrown));
    };
    await stage.customer.says('hello');
    expect(error).to.be.instanceOf(GraphApiError);
    const { activityIndex, sent = [] } = error as GraphApiError;
    expect([activityIndex, sent.map((each) => each.activityIndex)]).to.deep.equal([2, [0]]);
  });

  it('leaves other events of the bot alone', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      await context.sendActivity({ type: 'event', name: 'handoff.status', value: {} });
      await context.sendActivity({ type: 'message', text: 'handoff.initiate' });
    };
    await stage.customer.says('hello');
    expect(stage.owner()).to.equal('bot');
    expect(stage.customer.hears()).to.deep.equal(['handoff.initiate']);
  });
});
