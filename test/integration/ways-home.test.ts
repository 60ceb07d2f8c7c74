/** Each way home: passed back, released, expired, taken; with a dialog that waits and without; inside a turn and outside. */
import { expect } from 'chai';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import { MORE_THAN_A_DAY_MS, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';

describe('a thread that comes home', () => {
  afterEach(closeScenes);

  describe('where no dialog waits', () => {
    it('passed back: says `returned`, and runs nothing unasked', async () => {
      const stage = await scene();
      await stage.customer.says('talk to agent');
      await stage.clock.advance(5000);
      await stage.agent.handsBack(stage.customer.psid, 'closed');
      expect(stage.bot.turns).to.deep.equal([]);
      const [returned, ...more] = stage.news('returned');
      expect(more).to.deep.equal([]);
      expect(returned?.thread).to.deep.equal(stage.thread);
      expect(returned?.result).to.deep.include({ outcome: 'completed', via: 'passBack', metadata: 'closed' });
      expect(returned?.result.waitedMs).to.be.within(5000, 6000);
      await stage.customer.says('thanks');
      expect(stage.customer.hears().at(-1)).to.equal('bot: thanks');
      expect(stage.news('returned')).to.have.length(1);
    });

    it('passed back with statusEvents: runs as handoff.status', async () => {
      const stage = await scene({ handover: { statusEvents: true } });
      stage.bot.logic = async (context) => {
        if (context.activity.name) await context.sendActivity(`got ${context.activity.name}`);
      };
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(stage.customer.psid, 'closed');
      const [turn] = stage.bot.turns.filter((each) => each.name === 'handoff.status');
      expect(turn).to.deep.include({ type: 'event', value: { state: 'completed', message: 'closed' } });
      expect(stage.customer.hears().at(-1)).to.equal('got handoff.status');
    });

    it('passed back by VCC Live although the bot never handed over', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await stage.agent.takes(stage.customer.psid);
      expect(stage.news('ownerChanged').map(({ to }) => to.owner)).to.deep.equal(['vccLive']);
      await stage.agent.handsBack(stage.customer.psid, 'just looking');
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via, result.handoverId])).to.deep.equal(
        [['completed', 'passBack', undefined]],
      );
      expect(stage.bot.heard).to.deep.equal(['hello']);
    });

    it('released, and the next message asks for an agent again: the dialog that waits ends when that agent hands back', async () => {
      const stage = await scene({ handover: { timers: { unclaimedMs: 60_000 } } });
      dialogBot(stage.bot, 'everyTurn');
      stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
      await stage.customer.says('agent please');
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('talk to agent');
      expect(stage.news('returned').map(({ result }) => result.via)).to.deep.equal(['message']);
      expect(stage.owner()).to.equal('vccLive');
      await stage.clock.advance(5000);
      await stage.agent.handsBack(stage.customer.psid);
      expect(stage.bot.results.map(({ via }) => via)).to.deep.equal(['message']);
      await stage.customer.says('where is my parcel?');
      expect(stage.customer.hears().at(-1)).to.equal('bot: where is my parcel?');
      expect(stage.bot.results).to.have.length(1);
    });

    it('released: the next message runs once', async () => {
      const stage = await scene();
      await stage.customer.says('talk to agent');
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('hello?');
      expect(stage.bot.heard).to.deep.equal(['hello?']);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello?');
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['completed', 'message'],
      ]);
    });

    it('expired: the next message runs once, and nothing was written by a timer', async () => {
      const stage = await scene();
      await stage.customer.says('talk to agent');
      await stage.clock.advance(MORE_THAN_A_DAY_MS);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('idle');
      expect(stage.news('returned')).to.deep.equal([]);
      await stage.customer.says('hello?');
      expect(stage.bot.heard).to.deep.equal(['hello?']);
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['completed', 'message'],
      ]);
    });

    it('the text of the options greets once, in the first turn that the bot has', async () => {
      const stage = await scene({ handover: { texts: { returned: 'I am back.' } } });
      await stage.customer.says('talk to agent');
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('hello?');
      await stage.customer.says('well?');
      expect(stage.customer.hears().slice(1)).to.deep.equal(['I am back.', 'bot: hello?', 'bot: well?']);
    });

    it('passed back: the text of the options greets at once, and the logic of the bot still does not run', async () => {
      const stage = await scene({ handover: { texts: { returned: 'I am back.' } } });
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(stage.customer.psid);
      expect(stage.customer.hears().at(-1)).to.equal('I am back.');
      expect(stage.bot.turns.filter((turn) => turn.name === 'handoff.status')).to.deep.equal([]);
      await stage.customer.says('good');
      expect(stage.customer.hears().slice(1)).to.deep.equal(['I am back.', 'bot: good']);
    });

    it('taken by the bot, from any place', async () => {
      const stage = await scene();
      await stage.customer.says('talk to agent');
      await stage.clock.advance(60_000);
      await stage.bot.handover.take(stage.thread, 'too slow');
      expect(stage.owner()).to.equal('bot');
      expect(stage.calls('take_thread_control')[0]?.body).to.include({ metadata: 'too slow' });
      const [returned] = stage.news('returned');
      expect(returned?.result).to.deep.include({ outcome: 'takenBack', via: 'take' });
      expect(returned?.result.waitedMs).to.be.within(60_000, 61_000);
      expect(stage.bot.turns).to.deep.equal([]);
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      expect(stage.news('returned')).to.have.length(1);
    });

    it('not taken, where the Page does not allow it: the error says what to change, and nothing has moved', async () => {
      const stage = await scene({ sim: { takeControlAllowed: false } });
      await stage.customer.says('talk to agent');
      const error = await stage.bot.handover.take(stage.thread).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(GraphApiError);
      expect(stage.news('returned')).to.deep.equal([]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
    });

    it('not taken without routing: a configuration error', async () => {
      const stage = await scene({ sim: { routing: false } });
      await stage.customer.says('talk to agent');
      const error: unknown = await stage.bot.handover.take(stage.thread).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'misconfigured' });
    });
  });

  describe('where a dialog waits', () => {
    for (const template of ['everyTurn', 'messagesOnly'] as const) {
      it(`taken with the thread's name: the dialog ends in the next turn (${template})`, async () => {
        const stage = await scene();
        dialogBot(stage.bot, template);
        await stage.customer.says('agent please');
        await stage.bot.handover.take(stage.thread);
        expect(stage.bot.results).to.deep.equal([]);
        await stage.customer.says('hello');
        expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['takenBack', 'take']]);
        await stage.customer.says('hello');
        expect(stage.bot.results).to.have.length(1);
        expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      });
    }

    it("taken with the thread's name, where the bot's logic is known: the dialog ends at once, in a turn of its own", async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'everyTurn');
      stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
      await stage.customer.says('agent please');
      await stage.bot.handover.take(stage.thread);
      expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['takenBack', 'take']]);
      expect(stage.customer.hears().at(-1)).to.equal('ended: takenBack via take');
      expect(stage.bot.events.filter((name) => name === 'handoff.status')).to.have.length(1);
      await stage.customer.says('hello');
      expect(stage.bot.results).to.have.length(1);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });

    it('taken in the usual template, where the logic is known but reaches no dialog: it ends on the next message', async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'messagesOnly');
      stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
      await stage.customer.says('agent please');
      await stage.bot.handover.take(stage.thread);
      expect(stage.bot.results).to.deep.equal([]);
      await stage.customer.says('hello');
      expect(stage.bot.results).to.have.length(1);
    });

    it('taken in a proactive turn: the bot may speak in that very turn', async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'messagesOnly');
      const reference = {
        channelId: 'facebook',
        user: { id: stage.thread.psid, name: '' },
        bot: { id: stage.thread.pageId, name: '' },
        conversation: { id: stage.thread.psid },
      };
      await stage.customer.says('agent please');
      await stage.bot.adapter.continueConversation(reference as never, async (context) => {
        await context.sendActivity('too early');
        await stage.bot.handover.take(context);
        await context.sendActivity('I am back');
      });
      expect(stage.customer.hears().at(-1)).to.equal('I am back');
      expect(stage.customer.hears()).to.not.include('too early');
      expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
      await stage.customer.says('good');
      expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['takenBack']);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('passed back: the text of the options greets before the dialog goes on', async () => {
      const stage = await scene({ handover: { texts: { returned: 'I am back.' } } });
      dialogBot(stage.bot, 'everyTurn');
      await stage.customer.says('agent please');
      await stage.agent.handsBack(stage.customer.psid);
      expect(stage.customer.hears().slice(1)).to.deep.equal(['I am back.', 'ended: completed via passBack']);
    });

    it('passed back twice by webhooks that differ: one conclusion, one resume', async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'everyTurn');
      await stage.customer.says('agent please');
      stage.sim.weather.duplicates = 2;
      await stage.agent.handsBack(stage.customer.psid, 'done');
      stage.calm();
      const pass = {
        previous_owner_app_id: BigInt(stage.sim.settings.vccLiveAppId),
        new_owner_app_id: BigInt(stage.sim.settings.botAppId),
        metadata: 'again',
      };
      await stage.deliver([{ pass_thread_control: pass }]);
      expect(stage.bot.results).to.have.length(1);
      expect(stage.news('returned')).to.have.length(1);
      expect(stage.customer.hears().filter((text) => text.startsWith('ended'))).to.have.length(1);
    });
  });

  it('released by the bot itself: idle, and the bot may go on', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      await stage.bot.handover.release(context, 'bye');
      await context.sendActivity('still here');
    };
    await stage.customer.says('hello');
    expect(stage.calls('release_thread_control')).to.have.length(1);
    expect(stage.customer.hears()).to.deep.equal(['still here']);
  });

  it('cannot be released while another app owns it: the error says so', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    const error: unknown = await stage.bot.handover.release(stage.thread).catch((thrown: unknown) => thrown);
    expect(error).to.include({ name: 'GraphApiError', code: 'anotherAppOwns' });
    expect(stage.owner()).to.equal('vccLive');
  });
});
