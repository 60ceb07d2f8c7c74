/** What the handlers of a bot get, and what happens when one of them fails. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive/messenger';
import type { CustomerMessage, MessengerBot, ThreadEvent } from 'botbuilder-handover-vcclive/messenger';
import { closeStages, collect, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

describe('the handlers of a MessengerBot', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  /** Collects what `onMessage` and `onEvent` get. */
  const listening = async (
    bot: MessengerBot = stage.bot(),
  ): Promise<{ messages: CustomerMessage[]; events: ThreadEvent[] }> => {
    const messages: CustomerMessage[] = [];
    const events: ThreadEvent[] = [];
    bot.onMessage((message) => messages.push(message));
    bot.onEvent((event) => events.push(event));
    await stage.connect(bot);
    return { messages, events };
  };

  it('get a text with its id and time', async () => {
    const { messages } = await listening();
    await stage.customer.says('hello');
    const [message] = messages;
    expect(message).to.include({ kind: 'message', text: 'hello' });
    expect(message?.id).to.match(/^m_/);
    expect(message?.timestampMs).to.be.a('number');
    expect(message?.attachments).to.deep.equal([]);
    expect(message?.raw).to.have.nested.property('message.text', 'hello');
  });

  it('get a quick reply and a button with their words and their payload', async () => {
    const { messages } = await listening();
    await stage.customer.taps('Yes', 'YES');
    await stage.customer.presses('PRICES', 'Prices');
    expect(messages.map(({ kind, text, payload }) => [kind, text, payload])).to.deep.equal([
      ['message', 'Yes', 'YES'],
      ['postback', 'Prices', 'PRICES'],
    ]);
  });

  it('get a picture without a text', async () => {
    const { messages } = await listening();
    const url = 'https://cdn.example/cat.jpg';
    await stage.deliver({ message: { mid: 'm_picture', attachments: [{ type: 'image', payload: { url } }] } });
    expect(messages[0]).not.to.have.property('text');
    expect(messages[0]?.attachments).to.deep.equal([{ type: 'image', url, raw: { type: 'image', payload: { url } } }]);
  });

  it('get everything else as events: reactions, receipts, a removed message', async () => {
    const { messages, events } = await listening();
    await stage.deliver({ reaction: { reaction: 'love', action: 'react', mid: 'm_1' } });
    await stage.deliver({ read: { watermark: 1 } });
    await stage.deliver({ referral: { ref: 'ad', source: 'ADS', type: 'OPEN_THREAD' } });
    await stage.deliver({ message: { mid: 'm_gone', is_deleted: true } });
    expect(messages).to.deep.equal([]);
    expect(events.map(({ kind }) => kind)).to.deep.equal(['reaction', 'read', 'referral', 'message']);
  });

  it('get nothing while an agent has the thread, and of thread control only the result', async () => {
    const bot = stage.bot({ talkToAgent: /human/ });
    const { messages, events } = await listening(bot);
    await stage.customer.says('a human');
    await stage.customer.says('Hi Anna');
    await stage.agent.says(stage.customer.psid, 'Hello');
    await stage.agent.handsBack(stage.customer.psid);
    expect(messages).to.deep.equal([]);
    expect(events.filter(({ kind }) => !['read', 'delivery', 'echo'].includes(kind))).to.deep.equal([]);
  });

  it('get one message of a customer at a time, and those of others meanwhile', async () => {
    const bot = stage.bot();
    const order: string[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    bot.onMessage(async ({ text }) => {
      order.push(`${text} begins`);
      if (text === 'first') await held;
      order.push(`${text} ends`);
    });
    await stage.connect(bot);
    const first = stage.customer.says('first');
    const second = stage.customer.says('second');
    await stage.sim.customer('7700112233445566').says('other');
    expect(order).to.deep.equal(['first begins', 'other begins', 'other ends']);
    letGo();
    await Promise.all([first, second]);
    expect(order.slice(3)).to.deep.equal(['first ends', 'second begins', 'second ends']);
  });

  it('that fail are one line in the log, the delivery counts, and the next message is answered', async () => {
    const bot = stage.bot();
    const ignored = collect(bot, 'ignored');
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'bad') throw new TypeError('no such model');
      await thread.reply(`bot: ${text}`);
    });
    await stage.connect(bot);
    await stage.customer.says('bad');
    await stage.customer.says('good');
    expect(stage.customer.hears()).to.deep.equal(['bot: good']);
    expect(stage.log.filter((line) => line.includes('no such model'))).to.have.length(1);
    expect(stage.log[0]).to.include('onMessage threw, and no onError handles it: TypeError: no such model');
    expect(ignored.map(({ reason, error }) => [reason, error?.message])).to.deep.equal([['failed', 'no such model']]);
    expect(stage.sim.wire.of('webhook').map(({ status }) => status))
      .to.include(200)
      .and.not.include(500);
  });

  it('that fail are given to onError, which may answer', async () => {
    const bot = stage.bot();
    bot.onMessage(() => Promise.reject(new Error('no such model')));
    bot.onError(async (error, thread) => {
      await thread.reply(`Sorry: ${error.message}`);
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal(['Sorry: no such model']);
    expect(stage.log).to.deep.equal([]);
  });

  it('that fail in onError, too, are one line in the log with both reasons', async () => {
    const bot = stage.bot();
    bot.onMessage(() => Promise.reject(new Error('first')));
    bot.onError(() => Promise.reject(new Error('second')));
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(stage.log).to.deep.equal(['onError threw: second. It was called because onMessage threw: first']);
  });

  it('that are missing are one line in the log: a customer whom nobody answers would wait for ever', async () => {
    const bot = stage.bot().onReturned(() => undefined);
    await stage.connect(bot);
    await stage.customer.says('hello');
    await stage.customer.says('hello?');
    expect(stage.log).to.have.length(1);
    expect(stage.log[0]).to.include('the bot has no onMessage');
  });

  it('are one of each kind, and functions', () => {
    const bot = stage.bot().onMessage(() => undefined);
    expect(() => bot.onMessage(() => undefined)).to.throw(InvalidOptionError, 'Option "onMessage" is called twice');
    expect(() => bot.onReturned('hello' as never)).to.throw(InvalidOptionError, 'must be a function');
  });

  it('answer a customer whom Meta names by a user_ref only, and cannot hand over yet', async () => {
    const bot = stage.bot();
    const starts: unknown[] = [];
    bot.onEvent(async (event, thread) => {
      if (event.kind !== 'optin') return;
      expect(thread.userRef).to.equal('box-17');
      expect(thread.key).to.deep.equal({ pageId: stage.thread.pageId, psid: '' });
      await thread.reply('Thank you for your order.');
      starts.push(await thread.toAgent());
    });
    await stage.connect(bot);
    await stage.customer.optsIn('box-17');
    expect(stage.sent().map((body) => body['recipient'])).to.deep.equal([{ user_ref: 'box-17' }]);
    expect(starts).to.deep.equal([{ status: 'refused', reason: 'noThreadYet' }]);
  });
});
