/** The plugin as middleware of any adapter: runs the logic at most once, resolves, and fits users' own test tools. */
import { MemoryTranscriptStore, TestAdapter, TranscriptLoggerMiddleware, TurnContext } from 'botbuilder';
import type { Activity } from 'botbuilder';
import { ComponentDialog, WaterfallDialog } from 'botbuilder-dialogs';
import { DialogTestClient } from 'botbuilder-testing';
import { expect } from 'chai';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { HandoverResult, HandoverStart, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { quietLogger } from '../kit/loggers.js';

const PSID = '6600112233445566';

describe('VccLiveHandover as middleware', () => {
  let sim: MessengerSimulator;
  beforeEach(async () => {
    sim = await MessengerSimulator.start();
    await sim.customer(PSID).says('hello');
  });
  afterEach(() => sim.stop());

  function plugin(options: Partial<VccLiveHandoverOptions> = {}): VccLiveHandover {
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret } = sim.settings;
    const logger = quietLogger;
    return new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken,
      appSecret,
      logger,
      graph: { baseUrl: sim.graphBaseUrl },
      ...options,
    });
  }

  const activity = (fields: Partial<Activity>): Partial<Activity> => ({
    channelId: 'facebook',
    from: { id: PSID, name: '' },
    recipient: { id: sim.settings.pageId, name: '' },
    conversation: { id: PSID } as never,
    ...fields,
  });

  const item = (fields: object): object => ({
    sender: { id: PSID },
    recipient: { id: sim.settings.pageId },
    timestamp: Date.now(),
    ...fields,
  });

  it('runs the logic at most once for an activity, however many items a bridge packs into it', async () => {
    let runs = 0;
    const adapter = new TestAdapter(async () => void (runs += 1));
    adapter.use(plugin());
    const messaging = [1, 2, 3].map((n) => item({ message: { mid: `m_${n}`, text: `text ${n}` } }));
    await adapter.processActivity(
      activity({ type: 'event', name: 'messenger', channelData: { id: sim.settings.pageId, time: 1, messaging } }),
    );
    expect(runs).to.equal(1);
  });

  it('installed late stands before all other middleware, and once, however often it is installed', async () => {
    const order: string[] = [];
    const adapter = new TestAdapter(async () => void order.push('logic'));
    adapter.use(async (context, next) => {
      order.push(context.turnState.size > 0 ? 'after the plugin' : 'before the plugin');
      await next();
    });
    const handover = plugin();
    for (let times = 0; times < 2; times += 1) handover.install(adapter, async () => undefined);
    await adapter.processActivity(activity({ type: 'message', text: 'hello' }));
    expect(order).to.deep.equal(['after the plugin', 'logic']);
    expect((adapter as unknown as { middleware: { middleware: unknown[] } }).middleware.middleware).to.have.length(2);
  });

  it('installed, gives the bot a turn when the thread is taken by its key', async () => {
    const taken: unknown[] = [];
    const logic = async (): Promise<void> => undefined;
    const adapter = new TestAdapter(logic);
    adapter.continueConversation = async ({ user }) => void taken.push(user?.id);
    const handover = plugin({ statusEvents: true, texts: { connecting: null } });
    handover.install(adapter, logic);
    await adapter.processActivity(activity({ type: 'message', text: 'talk to agent' }));
    await handover.take({ pageId: sim.settings.pageId, psid: PSID });
    expect(taken).to.deep.equal([PSID]);
  });

  it('is one and the same when it is used twice', async () => {
    let runs = 0;
    const handover = plugin();
    const adapter = new TestAdapter(async () => void (runs += 1));
    adapter.use(handover).use(handover);
    await adapter.processActivity(activity({ type: 'message', text: 'talk to agent' }));
    expect(runs).to.equal(0);
    expect(adapter.activityBuffer).to.have.length(1);
    await sim.agent().handsBack(PSID);
    await adapter.processActivity(activity({ type: 'message', text: 'hello' }));
    expect(runs).to.equal(1);
  });

  it('keeps what it kept in out of a transcript that stands after it', async () => {
    const handover = plugin();
    const store = new MemoryTranscriptStore();
    const adapter = new TestAdapter(async (context) => {
      await handover.toAgent(context, { notice: 'one moment' });
      await context.sendActivity('too late');
    });
    adapter.use(handover).use(new TranscriptLoggerMiddleware(store));
    await adapter.processActivity(activity({ type: 'message', text: 'x', serviceUrl: 'x' }));
    await new Promise(setImmediate);
    const { items } = await store.getTranscriptActivities('facebook', PSID);
    expect(items.map(({ text }) => text)).to.deep.equal(['x', 'one moment']);
  });

  it("fits Bot Framework's DialogTestClient", async () => {
    const handover = plugin();
    const results: HandoverResult[] = [];
    class Root extends ComponentDialog {
      constructor() {
        super('root');
        this.addDialog(
          new WaterfallDialog('wf', [
            handover.step({ notice: 'one moment' }),
            async (step) => {
              results.push(step.result as HandoverResult);
              return step.endDialog();
            },
          ]),
        );
        this.addDialog(handover.dialog());
      }
    }
    // Its customer is called `user1`.
    await sim.customer('user1').says('hello');
    const client = new DialogTestClient('facebook', new Root(), undefined, [handover]);
    const reply: { text?: string } | undefined = await client.sendActivity('hi');
    expect(reply?.text).to.equal('one moment');
    expect(client.dialogTurnResult.status).to.equal('waiting');
    await sim.agent().releases('user1');
    await client.sendActivity('back?');
    expect(client.dialogTurnResult.status).to.equal('complete');
    expect(results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'message']]);
  });

  it('fits DialogTestClient on its own channel: the handover is refused, the dialog ends with that', async () => {
    const handover = plugin();
    const client = new DialogTestClient('test', handover.dialog(), undefined, [handover]);
    await client.sendActivity('hi');
    expect(client.dialogTurnResult.result).to.deep.equal({
      outcome: 'refused',
      via: 'none',
      waitedMs: 0,
      reason: 'notMessenger',
    });
  });

  it("hands over from middleware of the user's own that stands after it", async () => {
    const handover = plugin({ talkToAgent: [] });
    const starts: HandoverStart[] = [];
    const adapter = new TestAdapter(async () => expect.fail('ran'));
    adapter
      .use(handover)
      .use(async (context: TurnContext) => void starts.push(await handover.toAgent(context, { reason: 'mine' })));
    await adapter.processActivity(activity({ type: 'message', text: 'x' }));
    expect(starts.map(({ status }) => status)).to.deep.equal(['passed']);
  });

  it('does not take a message whose text is no text for a wish', async () => {
    const adapter = new TestAdapter(async () => undefined);
    adapter.use(plugin());
    for (const text of [undefined, null, '', 7, {}]) {
      await adapter.processActivity(
        activity({
          type: 'message',
          text: text as never,
          channelData: item({ message: { mid: `m_${JSON.stringify(text)}` } }),
        }),
      );
    }
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
  });

  it('knows only of turns that it has seen: `toAgent` in another one fails, and never rejects', async () => {
    const handover = plugin();
    const contexts = [
      new TurnContext(new TestAdapter(async () => undefined), activity({ type: 'message' })),
      new TurnContext(new TestAdapter(async () => undefined), { channelId: 'facebook', type: 'message' }),
    ];
    for (const context of contexts) {
      const start = await handover.toAgent(context);
      expect(start.status).to.equal('failed');
    }
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
  });
});
