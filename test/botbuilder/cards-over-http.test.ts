/** Cards and attachments on their way: through the adapter, over HTTP, to a Graph that refuses what Meta refuses. */
import { createServer } from 'node:http';
import type { Activity, TurnContext } from 'botbuilder';
import { CardFactory, MessageFactory } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import type { HandoverEventMap, HandoverTexts } from 'botbuilder-handover-vcclive';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import { repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { GraphEntry, SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { PNG } from '../activities/messenger-cards/translated.js';
import type { Bot, Served } from './served-bot.js';
import { PSID, VERIFY_TOKEN, listenerOf, newBot, serve } from './served-bot.js';

type Outgoing = Partial<Activity>;

const PICTURE = 'https://cdn.example.test/p.png';
const LINK = [{ type: 'openUrl', title: 'More', value: 'https://shop.example.test' }];
const ADAPTIVE = MessageFactory.attachment(CardFactory.adaptiveCard({ type: 'AdaptiveCard', body: [] }));
/** What Meta refuses, whoever made it: the bot's own template. */
const REFUSED = {
  type: 'message',
  text: 'before it',
  channelData: {
    attachment: { type: 'template', payload: { template_type: 'generic', elements: [{ title: 'only a title' }] } },
  },
};

describe('A card on its way to Messenger', () => {
  let sim: MessengerSimulator;
  let bot: Bot;
  let served: Served;
  let script: (context: TurnContext) => Promise<unknown>;
  let result: unknown;
  let suppressed: HandoverEventMap['suppressed'][];

  async function open(
    given: {
      sim?: SimulatorOptions;
      texts?: Partial<HandoverTexts>;
      inlineThreadControl?: boolean;
      repaired?: boolean;
    } = {},
  ): Promise<void> {
    sim = await MessengerSimulator.start(given.sim);
    const { pageAccessToken, appSecret, vccLiveAppId } = sim.settings;
    bot = newBot({
      handover: {
        pageAccessToken,
        appSecret,
        vccLiveAppId,
        graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 5000, maxRetries: 0 },
        ...(given.texts === undefined ? {} : { texts: given.texts }),
        ...(given.inlineThreadControl === undefined ? {} : { inlineThreadControl: given.inlineThreadControl }),
      },
      logic: async (context) => {
        result = await script(context).catch((thrown: unknown) => thrown);
      },
    });
    let listener = listenerOf(bot);
    if (given.repaired === true) {
      const stock = new FacebookAdapter({
        verify_token: VERIFY_TOKEN,
        app_secret: appSecret,
        access_token: pageAccessToken,
      });
      const adapter = repairFacebookAdapter(stock, { handover: bot.handover });
      listener = (req, res) => void adapter.processActivity(req, res, bot.logic);
    }
    suppressed = [];
    bot.handover.on('suppressed', (news) => suppressed.push(news));
    served = await serve(createServer(listener));
    sim.connectBot(served.url);
    result = undefined;
    script = () => Promise.resolve();
  }

  afterEach(async () => {
    await served.close();
    await sim.stop();
  });

  async function sends(...activities: Outgoing[]): Promise<void> {
    script = (context) => context.sendActivities(activities);
    await sim.customer(PSID).says('hello');
  }

  const calls = (): GraphEntry[] => sim.wire.of('graph').filter(({ edge }) => edge === 'messages');
  const messages = (): any[] => calls().map(({ body }) => (body as { message: unknown }).message);
  const warnings = (): string[] => bot.log.lines.filter((line) => line.startsWith('warn'));
  const graphError = (): GraphApiError => {
    expect(result).to.be.instanceOf(GraphApiError);
    return result as GraphApiError;
  };

  for (const repaired of [false, true]) {
    it(`arrives in Messenger's form, one of each kind, ${repaired ? 'through a repaired adapter' : 'and Meta refuses none'}`, async () => {
      await open({ repaired });
      const media = [{ url: 'https://cdn.example.test/m' }];
      const total = { title: 'Order', items: [{ title: 'Tea', price: '$1' }], total: '$1' };
      await sends(
        MessageFactory.attachment(CardFactory.heroCard('T', 'x', [PICTURE], LINK)),
        MessageFactory.attachment(CardFactory.heroCard('only a title')),
        MessageFactory.attachment(CardFactory.heroCard('', [PICTURE])),
        MessageFactory.attachment(CardFactory.thumbnailCard('T', 'x')),
        MessageFactory.attachment(CardFactory.videoCard('T', media, LINK)),
        MessageFactory.attachment(CardFactory.audioCard('T', media, LINK)),
        MessageFactory.attachment(CardFactory.animationCard('T', media)),
        MessageFactory.attachment(CardFactory.signinCard('In', 'https://login.example.test', 'Sign in')),
        MessageFactory.attachment({ contentType: 'application/vnd.microsoft.card.receipt', content: total }),
        MessageFactory.contentUrl(PICTURE, 'image/png'),
        MessageFactory.carousel(['A', 'B', 'C'].map((title) => CardFactory.heroCard(title, 'x'))),
        MessageFactory.suggestedActions(
          Array.from({ length: 20 }, (_, index) => `${index}`),
          'Which?',
        ),
      );

      expect(calls().filter(({ status }) => status !== 200)).to.deep.equal([]);
      expect((result as { id: string }[]).map(({ id }) => id !== '')).to.deep.equal(Array(12).fill(true));
      expect(
        messages().map(({ text, attachment }) => text ?? attachment.payload.template_type ?? attachment.type),
      ).to.deep.equal([
        'generic',
        'only a title',
        'image',
        'generic',
        ...['video', 'generic', 'audio', 'generic', 'image', 'T'],
        'button',
        'Order\nTea: $1\nTotal: $1',
        'image',
        'generic',
        'Which?',
      ]);
    });
  }

  it('without a form there is left out, told each time and logged once', async () => {
    await open();
    await sends(ADAPTIVE, { type: 'message', text: 'after it' }, ADAPTIVE);

    expect(messages()).to.deep.equal([{ text: 'after it' }]);
    expect((result as { id: string }[]).map(({ id }) => id !== '')).to.deep.equal([false, true, false]);
    expect(
      suppressed.map(({ reason, dropped, thread }) => [reason, dropped?.map(({ kind }) => kind), thread.psid]),
    ).to.deep.equal([
      ['unsupported', ['adaptiveCard'], PSID],
      ['unsupported', ['adaptiveCard'], PSID],
    ]);
    expect(warnings()).to.have.length(1);
    expect(warnings()[0]).to.include('fallbackText').and.to.not.include(PSID);
  });

  it('that loses a part is sent without it, and the part is told', async () => {
    await open();
    const buttons = [{ type: 'payment', title: 'Pay', value: 'x' }, ...LINK];
    await sends(MessageFactory.attachment(CardFactory.heroCard('T', 'x', [], buttons)));

    expect(messages()[0].attachment.payload.elements[0].buttons).to.have.length(1);
    expect(suppressed.map(({ dropped }) => dropped)).to.deep.equal([
      [{ kind: 'buttonType', why: 'Messenger has no button for an action of type payment; the button is left out' }],
    ]);
  });

  it('with words that are cut is logged, and not told as suppressed: nothing stayed in', async () => {
    await open();
    await sends(MessageFactory.suggestedActions(['a title of more than twenty characters'], 'Which?'));

    expect(warnings()).to.have.length(1);
    expect(suppressed).to.deep.equal([]);
  });

  it('with a data: URL is uploaded with the message, and its quick replies go along', async () => {
    await open();
    await sends({
      type: 'message',
      attachments: [{ contentType: 'image/png', contentUrl: `data:image/png;base64,${PNG}`, name: 'árvíz.png' }],
      suggestedActions: { to: [], actions: [{ type: 'imBack', title: 'Yes', value: 'YES' }] },
      channelData: { tag: 'HUMAN_AGENT', messaging_type: 'UPDATE', metadata: 'm' },
    });

    // The tag is refused for this app; what the call says is the point here.
    expect(calls()[0]?.body).to.deep.equal({
      recipient: { id: PSID },
      messaging_type: 'UPDATE',
      tag: 'HUMAN_AGENT',
      message: {
        attachment: { type: 'image', payload: {} },
        metadata: 'm',
        quick_replies: [{ content_type: 'text', title: 'Yes', payload: 'YES' }],
      },
      filedata: { name: 'árvíz.png', type: 'image/png', size: Buffer.from(PNG, 'base64').length },
    });

    await sends(MessageFactory.contentUrl(`data:image/png;base64,${PNG}`, 'image/png'));
    expect(calls().at(-1)?.status).to.equal(200);
    expect((result as { id: string }[])[0]?.id).not.to.equal('');
  });

  describe('that Meta refuses', () => {
    it('ends its batch with an error that says what had been sent, and which activity it was', async () => {
      await open();
      await sends(
        { type: 'message', text: 'one', attachments: [{ contentType: 'image/png', contentUrl: PICTURE }] },
        REFUSED,
        { type: 'message', text: 'never sent' },
      );

      const accepted = calls().filter(({ status }) => status === 200);
      const ids = accepted.map(({ answer }) => (answer as { message_id: string }).message_id);
      expect(messages().map(({ text }) => text)).to.deep.equal(['one', undefined, 'before it', undefined]);
      expect(graphError()).to.include({ code: 'invalidCall', metaCode: 100, metaSubcode: 2018035, activityIndex: 1 });
      expect(graphError().sent).to.deep.equal([
        { id: ids[0], activityIndex: 0 },
        { id: ids[1], activityIndex: 0 },
        { id: ids[2], activityIndex: 1 },
      ]);
      expect(JSON.parse(JSON.stringify(graphError())))
        .to.have.property('sent')
        .with.length(3);
    });

    it('at once, has an error that nothing had been sent before', async () => {
      await open();
      await sends({ ...REFUSED, text: '' });

      expect(graphError()).to.deep.include({ sent: [], activityIndex: 0 });
    });

    it('behind a delay counts within the whole batch', async () => {
      await open();
      await sends({ type: 'message', text: 'one' }, { type: 'delay', value: 1 }, REFUSED);

      expect(graphError().activityIndex).to.equal(2);
      expect(graphError().sent?.map(({ activityIndex }) => activityIndex)).to.deep.equal([0, 2]);
    });
  });

  describe('as a text of the plugin', () => {
    const hero = MessageFactory.attachment(CardFactory.heroCard('Connecting', 'One moment', [PICTURE])) as Activity;

    for (const inlineThreadControl of [false, true]) {
      it(`reaches the customer before the handover (inlineThreadControl: ${inlineThreadControl})`, async () => {
        await open({ texts: { connecting: hero }, inlineThreadControl });
        await sim.customer(PSID).says('talk to agent');

        expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
        expect(messages().map(({ attachment }) => attachment.payload.template_type)).to.deep.equal(['generic']);
        expect('thread_control' in (calls()[0]?.body as object)).to.equal(inlineThreadControl);
      });
    }

    it('without a form in Messenger does not hold the handover up, and is told', async () => {
      await open({ texts: { connecting: ADAPTIVE }, inlineThreadControl: true });
      await sim.customer(PSID).says('talk to agent');

      expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
      expect(suppressed.map(({ reason }) => reason)).to.deep.equal(['unsupported']);
    });
  });
});
