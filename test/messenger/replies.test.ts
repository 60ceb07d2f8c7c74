/** The forms of a reply, and what becomes of it. */
import { expect } from 'chai';
import { GraphApiError, InvalidOptionError } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerThread, Reply } from 'botbuilder-handover-vcclive/messenger';
import { closeStages, collect, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

const IMAGE = 'https://shop.example/parcel.png';
const TEMPLATE = {
  type: 'template',
  payload: {
    template_type: 'button',
    text: 'What next?',
    buttons: [{ type: 'postback', title: 'Prices', payload: 'PRICES' }],
  },
};

describe('thread.reply', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  /** The bodies that a reply leaves as, without recipient, and the ids that it gave. */
  const replied = async (
    reply: string | Reply,
  ): Promise<{ bodies: object[]; messages: unknown[]; ids: readonly string[] }> => {
    let ids: readonly string[] = [];
    const bot = stage.bot();
    bot.onMessage(async (_message, thread) => {
      ids = await thread.reply(reply);
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    const bodies = stage.sent().map(({ recipient: _customer, ...body }) => body);
    return { bodies, messages: bodies.map((body) => (body as { message?: unknown }).message), ids };
  };

  it('sends a text, and gives the id of the message', async () => {
    const { bodies, ids } = await replied('Hello');
    expect(bodies).to.deep.equal([{ messaging_type: 'RESPONSE', message: { text: 'Hello' } }]);
    expect(ids).to.have.length(1);
    expect(ids[0]).to.match(/^m_/);
  });

  it('sends a long text as several messages, and gives the id of each', async () => {
    const { messages, ids } = await replied('word '.repeat(1000));
    expect(messages).to.have.length(3);
    expect(ids).to.have.length(3);
    expect(new Set(ids).size).to.equal(3);
  });

  it('sends quick replies with the words of their buttons as payload, unless another is given', async () => {
    const { messages } = await replied({
      text: 'Sure?',
      quickReplies: ['Yes', { title: 'No', payload: 'NO', imageUrl: IMAGE }],
    });
    expect(messages).to.deep.equal([
      {
        text: 'Sure?',
        quick_replies: [
          { content_type: 'text', title: 'Yes', payload: 'Yes' },
          { content_type: 'text', title: 'No', payload: 'NO', image_url: IMAGE },
        ],
      },
    ]);
  });

  it('sends a text, then each file by its address, and gives all ids', async () => {
    const { messages, ids } = await replied({
      text: 'Here:',
      attachments: [
        { type: 'image', url: IMAGE },
        { type: 'file', url: 'https://shop.example/invoice.pdf' },
      ],
    });
    expect(messages).to.deep.equal([
      { text: 'Here:' },
      { attachment: { type: 'image', payload: { url: IMAGE } } },
      { attachment: { type: 'file', payload: { url: 'https://shop.example/invoice.pdf' } } },
    ]);
    expect(ids).to.have.length(3);
  });

  it("sends Meta's own JSON as it is", async () => {
    const { messages } = await replied({ message: { attachment: TEMPLATE, metadata: 'from the menu' } });
    expect(messages).to.deep.equal([{ attachment: TEMPLATE, metadata: 'from the menu' }]);
  });

  it('marks a message with a tag as one', async () => {
    const { bodies } = await replied({ text: 'Your parcel has left.', tag: 'POST_PURCHASE_UPDATE' });
    expect(bodies).to.deep.equal([
      { messaging_type: 'MESSAGE_TAG', tag: 'POST_PURCHASE_UPDATE', message: { text: 'Your parcel has left.' } },
    ]);
  });

  it('shows the dots, hides them, and marks as seen', async () => {
    const bot = stage.bot();
    bot.onMessage(async (_message, thread) => {
      await thread.seen();
      await thread.typing();
      await thread.typing(false);
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(stage.sent().map(({ sender_action }) => sender_action)).to.deep.equal([
      'mark_seen',
      'typing_on',
      'typing_off',
    ]);
  });

  it('refuses what says nothing, what nobody knows, and what is said twice, by name', async () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      ['', 'Option "reply" is empty; it must be a text, or an object with'],
      [undefined, 'Option "reply" is missing'],
      [{}, 'Option "reply" is an object that says nothing'],
      [{ text: 'x', quickReply: ['Yes'] }, 'Option "reply.quickReply" is unknown; it must be "quickReplies"'],
      [{ text: 1 }, 'Option "reply.text" is 1; it must be a text'],
      [{ text: 'x', quickReplies: 'Yes' }, 'Option "reply.quickReplies" is "Yes"; it must be a list'],
      [{ text: 'x', quickReplies: [''] }, 'Option "reply.quickReplies[0]" is empty'],
      [{ attachments: [{ type: 'picture', url: IMAGE }] }, 'Option "reply.attachments[0].type" is "picture"'],
      [{ attachments: [{ type: 'image' }] }, 'Option "reply.attachments[0].url" is missing'],
      [{ message: { quickReplies: [] } }, 'Option "reply.message.quickReplies" is unknown'],
      [{ text: 'x', message: { text: 'y' } }, 'Option "reply.text" is given twice'],
    ];
    const bot = stage.bot();
    const errors: Error[] = [];
    let reply: unknown;
    bot.onMessage((_message, thread) => thread.reply(reply as string));
    bot.onError((error) => errors.push(error));
    await stage.connect(bot);
    for (const [given, says] of wrong) {
      reply = given;
      await stage.customer.says('hello');
      expect(errors.at(-1), says).to.be.instanceOf(InvalidOptionError);
      expect(errors.at(-1)?.message).to.include(says);
    }
    expect(stage.sent()).to.deep.equal([]);
  });

  it('gives no ids for what stays in, and the event says why', async () => {
    const bot = stage.bot();
    const suppressed = collect(bot, 'suppressed');
    const given: (readonly string[])[] = [];
    bot.onMessage(async (_message, thread) => {
      await thread.toAgent();
      given.push(await thread.reply('one more word'));
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(given).to.deep.equal([[]]);
    expect(suppressed.map(({ reason, activity }) => [reason, (activity as { text: string }).text])).to.deep.equal([
      ['handedOver', 'one more word'],
    ]);
  });

  it("gives Meta's refusal to the handler, with what Meta had accepted before", async () => {
    const bot = stage.bot();
    const caught: unknown[] = [];
    bot.onMessage(async (_message, thread) => {
      stage.sim.weather.sendRefused.once({ reason: 'abusiveContent' });
      await thread.reply('rude').catch((error: unknown) => caught.push(error));
      await thread.reply('polite');
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(caught[0]).to.be.instanceOf(GraphApiError).with.property('code', 'policyViolation');
    expect(stage.customer.hears()).to.deep.equal(['polite']);
  });

  it('of a thread that is kept beyond its turn is sent, until the thread has been away', async () => {
    const bot = stage.bot();
    let kept: MessengerThread | undefined;
    bot.onMessage(async ({ text }, thread) => {
      kept ??= thread;
      if (text === 'agent please') await thread.toAgent();
    });
    await stage.connect(bot);
    await stage.customer.says('hello');
    expect(await kept?.reply('late')).to.have.length(1);
    await stage.customer.says('agent please');
    expect(await kept?.reply('over the agent')).to.deep.equal([]);
    await stage.agent.handsBack(stage.customer.psid);
    expect(await kept?.reply('an answer of before the agent')).to.deep.equal([]);
    expect(stage.customer.hears().slice(0, 1)).to.deep.equal(['late']);
  });
});
