/** What a bot says of its own accord: by the key of a thread, in the thread's queue, and not over an agent. */
import { expect } from 'chai';
import { GraphApiError, HandoverError, TurnTakenOverError } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { OtherProcess } from '../integration/other-process.js';
import { closeStages, collect, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

describe('bot.thread(key)', () => {
  let stage: Stage;
  let bot: MessengerBot;
  beforeEach(async () => {
    stage = await openStage();
    bot = stage.bot();
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'agent please') await thread.toAgent();
      else await thread.reply(`bot: ${text}`);
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
  });
  afterEach(closeStages);

  it('writes to a customer, with all forms of a reply, and gives the ids', async () => {
    const thread = bot.thread(stage.thread);
    expect(thread.key).to.deep.equal(stage.thread);
    await thread.typing();
    const ids = await thread.reply({
      text: 'Your parcel has left.',
      messagingType: 'UPDATE',
      quickReplies: ['Where is it?'],
    });
    expect(ids).to.have.length(1);
    expect(stage.sent().at(-1)).to.include({ messaging_type: 'UPDATE' });
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'Your parcel has left.']);
  });

  it('keeps its words in while an agent has the thread, and says so', async () => {
    const suppressed = collect(bot, 'suppressed');
    await stage.customer.says('agent please');
    expect(await bot.thread(stage.thread).reply('Your parcel has left.')).to.deep.equal([]);
    expect(suppressed.map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
    await stage.agent.handsBack(stage.customer.psid);
    expect(await bot.thread(stage.thread).reply('Your parcel is there.')).to.have.length(1);
  });

  it('waits for the turn that the thread has, and goes on inside it if that turn asks', async () => {
    const other = stage.bot();
    const order: string[] = [];
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    other.onMessage(async (_message, thread) => {
      begun();
      await held;
      order.push('turn');
      await other.thread(thread.key).reply('from inside');
    });
    await stage.connect(other);
    const said = stage.customer.says('hold');
    await hasBegun;
    const written = other
      .thread(stage.thread)
      .reply('from outside')
      .then(() => order.push('outside'));
    letGo();
    await stage.clock.rush(Promise.all([said, written]));
    expect(order).to.deep.equal(['turn', 'outside']);
    expect(stage.customer.hears().slice(-2)).to.deep.equal(['from inside', 'from outside']);
  });

  it('hands a thread over, takes it back, asks who has it, and releases it', async () => {
    const thread = bot.thread(stage.thread);
    expect((await thread.toAgent({ notice: 'An agent takes over.' })).status).to.equal('passed');
    expect((await thread.owner()).owner).to.equal('vccLive');
    await thread.take();
    expect([stage.owner(), (await thread.owner({ ask: true })).owner]).to.deep.equal(['bot', 'bot']);
    await thread.release();
    expect(stage.owner()).to.equal('idle');
  });

  it('is what the bot’s own methods take as well, beside the thread of a turn', async () => {
    expect((await bot.toAgent(stage.thread)).status).to.equal('passed');
    expect((await bot.ownerOf(bot.thread(stage.thread))).owner).to.equal('vccLive');
    await bot.take(bot.thread(stage.thread));
    await bot.release(stage.thread);
    expect(stage.owner()).to.equal('idle');
  });

  it('gives Meta’s refusal to the caller', async () => {
    const nobody = bot.thread({ ...stage.thread, psid: '9999999999999999' });
    const error = await nobody.reply('hello').then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(GraphApiError).with.property('code', 'customerUnreachable');
  });

  it('rejects with what the documentation says where another process has gone on with the thread', async () => {
    const other = new OtherProcess(stage.store, stage.clock);
    const asking = stage.bot();
    let error: unknown;
    asking.onMessage(async (_message, thread) => {
      other.takesOver();
      await asking
        .thread(thread.key)
        .toAgent()
        .catch((thrown: unknown) => (error = thrown));
    });
    await stage.connect(asking);
    await stage.customer.says('agent please');
    other.ends();
    expect(error).to.be.instanceOf(TurnTakenOverError);
    expect(stage.owner()).to.equal('bot');
  });

  it('refuses what is no key', () => {
    for (const key of [undefined, {}, { pageId: '1' }, { pageId: '1', psid: '' }, { pageId: 1, psid: 2 }]) {
      expect(() => bot.thread(key as never))
        .to.throw(HandoverError, 'names no thread')
        .with.property('code', 'noThread');
    }
  });

  it('gives a waiting onReturned its turn after a take from outside', async () => {
    const waiting = stage.bot();
    waiting.onMessage((_message, thread) => thread.toAgent());
    waiting.onReturned(async ({ outcome }, thread) => {
      await thread.reply(`back: ${outcome}`);
    });
    await stage.connect(waiting);
    await stage.customer.says('agent please');
    await waiting.take(stage.thread);
    expect(stage.customer.hears().at(-1)).to.equal('back: takenBack');
  });
});
