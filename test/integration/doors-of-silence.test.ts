/** The two doors by themselves: one response for each activity, whoever sends, and every adapter guarded once. */
import { ActivityHandler, TestAdapter, TurnContext } from 'botbuilder';
import type { Activity, ResourceResponse } from 'botbuilder';
import { expect } from 'chai';
import fc from 'fast-check';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { HandoverEventMap, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { quietLogger } from '../kit/loggers.js';

const PSID = '6600112233445566';

describe('the doors of silence', () => {
  let sim: MessengerSimulator;
  before(async () => {
    sim = await MessengerSimulator.start();
  });
  after(() => sim.stop());
  beforeEach(async () => {
    await sim.customer(PSID).says('hello');
    if (sim.ownerOf(PSID).owner === sim.settings.vccLiveAppId) await sim.agent().handsBack(PSID);
  });

  interface Stage {
    readonly handover: VccLiveHandover;
    readonly adapter: TestAdapter;
    readonly suppressed: HandoverEventMap['suppressed'][];
    run(logic: (context: TurnContext) => Promise<void>): Promise<void>;
    readonly template: Partial<Activity>;
  }

  function stageFor(options: Partial<VccLiveHandoverOptions> = {}, Adapter = TestAdapter): Stage {
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret, pageId } = sim.settings;
    const handover = new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken,
      appSecret,
      graph: { baseUrl: sim.graphBaseUrl },
      logger: quietLogger,
      texts: { connecting: null },
      talkToAgent: [],
      ...options,
    });
    const suppressed: HandoverEventMap['suppressed'][] = [];
    handover.on('suppressed', (news) => void suppressed.push(news));
    const template: Partial<Activity> = {
      channelId: 'facebook',
      from: { id: PSID, name: '' },
      recipient: { id: pageId, name: '' },
      conversation: { id: PSID } as never,
    };
    let logic: (context: TurnContext) => Promise<void> = async () => undefined;
    const adapter = new Adapter((context) => logic(context), template);
    adapter.use(handover);
    return {
      handover,
      adapter,
      suppressed,
      template,
      run: async (wanted) => {
        let thrown: unknown;
        logic = async (context) => wanted(context).catch((error: unknown) => void (thrown = error));
        await adapter.send('x').startTest();
        if (thrown instanceof Error) throw thrown;
      },
    };
  }

  it('let a whole batch out while the thread is ours, untouched and in order', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      const responses = await context.sendActivities([
        { type: 'message', text: 'a' },
        { type: 'typing' },
        { type: 'message', text: 'b' },
      ]);
      expect(responses).to.have.length(3);
    });
    expect(stage.adapter.activityBuffer.map(({ type, text }) => text ?? type)).to.deep.equal(['a', 'typing', 'b']);
    expect(stage.suppressed).to.deep.equal([]);
  });

  it('answer one for each activity, wherever handoff.initiate stands among them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('say', 'type', 'initiate'), { minLength: 1, maxLength: 6 }),
        async (words) => {
          const stage = stageFor();
          const activities = words.map((word, index) =>
            word === 'say'
              ? { type: 'message', text: `m${index}` }
              : word === 'type'
                ? { type: 'typing' }
                : { type: 'event', name: 'handoff.initiate' },
          );
          let responses: (ResourceResponse | undefined)[] = [];
          await stage.run(async (context) => {
            responses = await context.sendActivities(activities);
          });
          expect(responses).to.have.length(words.length);
          for (const response of responses) expect(response).to.be.an('object');
          const at = words.indexOf('initiate');
          const out = at < 0 ? words.length : at;
          expect(stage.adapter.activityBuffer).to.have.length(out);
          expect(stage.suppressed).to.have.length(at < 0 ? 0 : words.length - at - 1);
          if (at >= 0) await sim.agent().handsBack(PSID);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('answer for each activity where an adapter answers with nothing at all', async () => {
    class AdapterWithoutAnswer extends TestAdapter {
      override async sendActivities(): Promise<ResourceResponse[]> {
        return undefined as unknown as ResourceResponse[];
      }
    }
    const stage = stageFor({}, AdapterWithoutAnswer);
    const answers: ResourceResponse[][] = [];
    await stage.run(async (context) => {
      answers.push(
        await context.sendActivities([{ type: 'delay', value: 0 }, { type: 'typing' }]),
        await context.sendActivities([
          { type: 'message', text: 'one moment' },
          { type: 'event', name: 'handoff.initiate' },
        ]),
      );
    });
    const nothing = { id: '' };
    expect(answers).to.deep.equal([
      [nothing, nothing],
      [nothing, nothing],
    ]);
  });

  it('shut updates and deletions as well', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      const sent = await context.sendActivity('first');
      await stage.handover.toAgent(context);
      await context.updateActivity({ id: sent?.id ?? '', type: 'message', text: 'changed' });
      await context.deleteActivity(sent?.id ?? '');
    });
    const touched = stage.adapter as unknown as Record<
      'updatedActivities' | 'deletedActivities',
      unknown[] | undefined
    >;
    expect(touched.updatedActivities ?? []).to.deep.equal([]);
    expect(touched.deletedActivities ?? []).to.deep.equal([]);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['handedOver', 'handedOver']);
  });

  it('shut updates and deletions that go past the context, and let them out where the thread is the bot’s', async () => {
    const stage = stageFor();
    const touched: string[] = [];
    stage.adapter.updateActivity = async () => void touched.push('updated');
    stage.adapter.deleteActivity = async () => void touched.push('deleted');
    const touch = async (context: TurnContext): Promise<void> => {
      await context.adapter.updateActivity(context, { id: 'x', type: 'message', text: 'changed' });
      await context.adapter.deleteActivity(context, { activityId: 'x' });
    };
    await stage.run(touch);
    expect(touched).to.deep.equal(['updated', 'deleted']);
    await stage.run(async (context) => {
      await stage.handover.toAgent(context);
      await touch(context);
    });
    expect(touched).to.deep.equal(['updated', 'deleted']);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['handedOver', 'handedOver']);
  });

  it('hold for copies of the context, as adaptive dialogs and skills make them', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      await stage.handover.toAgent(context);
      const copy = new TurnContext(context);
      expect(await copy.sendActivity('too late')).to.have.property('id');
    });
    expect(stage.adapter.activityBuffer).to.deep.equal([]);
    expect(stage.suppressed).to.have.length(1);
  });

  it('hold for what goes straight to the adapter, inside a turn and outside', async () => {
    const stage = stageFor();
    let kept: TurnContext | undefined;
    await stage.run(async (context) => {
      await stage.handover.toAgent(context);
      kept = new TurnContext(context.adapter, { ...context.activity });
      const reference = TurnContext.getConversationReference(context.activity);
      const out = TurnContext.applyConversationReference({ type: 'typing' }, reference);
      expect(await context.adapter.sendActivities(context, [out, out])).to.have.length(2);
    });
    const outside = await kept!.sendActivities([
      { type: 'message', text: 'a' },
      { type: 'message', text: 'b' },
    ]);
    expect(outside).to.have.length(2);
    expect(stage.adapter.activityBuffer).to.deep.equal([]);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal([
      'handedOver',
      'handedOver',
      'anotherAppOwns',
      'anotherAppOwns',
    ]);
  });

  it('let the answer to an invoke pass: it is the channel’s, and no customer sees it', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      await stage.handover.toAgent(context);
      await context.sendActivities([
        { type: 'message', text: 'too late' },
        { type: 'invokeResponse', value: { status: 200 } },
      ]);
      await context.adapter.sendActivities(context, [{ type: 'invokeResponse', value: { status: 200 } }]);
    });
    expect(stage.adapter.activityBuffer.map(({ type }) => type)).to.deep.equal(['invokeResponse', 'invokeResponse']);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['handedOver']);
  });

  it('hold for a customer of Messenger to whom a turn of another channel speaks', async () => {
    const stage = stageFor();
    await stage.run((context) => stage.handover.toAgent(context).then(() => undefined));
    const elsewhere = new TurnContext(stage.adapter, { ...stage.template, channelId: 'webchat', type: 'message' });
    const { pageId } = sim.settings;
    const out = { channelId: 'facebook', conversation: { id: PSID }, from: { id: pageId }, recipient: { id: PSID } };
    await stage.adapter.sendActivities(elsewhere, [{ ...out, type: 'message', text: 'over the agent' } as never]);
    await stage.adapter.sendActivities(elsewhere, [{ type: 'message', text: 'to the colleague' }]);
    expect(stage.adapter.activityBuffer.map(({ text }) => text)).to.deep.equal(['to the colleague']);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
  });

  it('let a batch out once: the same one again, after a handover, is kept in', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      const batch = [{ type: 'message', text: 'hello' }];
      let sent: Partial<Activity>[] = [];
      context.onSendActivities(async (_context, activities, next) => {
        sent = activities;
        return next();
      });
      await context.sendActivities(batch);
      await stage.handover.toAgent(context, { notice: '' });
      await context.adapter.sendActivities(context, sent);
    });
    expect(stage.adapter.activityBuffer.map(({ text }) => text)).to.deep.equal(['hello']);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['handedOver']);
  });

  it('ask again for what another handler held back: a pause for typing may outlast the bot’s turn to speak', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      let typed: () => void = () => undefined;
      const typing = new Promise<void>((resolve) => (typed = resolve));
      context.onSendActivities(async (_context, _activities, next) => {
        await typing;
        return next();
      });
      const answer = context.sendActivities([
        { type: 'message', text: 'one moment' },
        { type: 'message', text: 'or two' },
      ]);
      await stage.handover.toAgent(context, { notice: '' });
      typed();
      expect(await answer).to.deep.equal([{ id: '' }, { id: '' }]);
    });
    expect(stage.adapter.activityBuffer).to.deep.equal([]);
    expect(stage.suppressed.map(({ reason }) => reason)).to.deep.equal(['handedOver', 'handedOver']);
  });

  it('ask again after each delay of a batch, on this channel', async () => {
    let over: () => void = () => undefined;
    const pause = new Promise<void>((resolve) => (over = resolve));
    const batches: number[] = [];
    class PausingAdapter extends TestAdapter {
      override async sendActivities(
        context: TurnContext,
        activities: Partial<Activity>[],
      ): Promise<ResourceResponse[]> {
        batches.push(activities.length);
        if (activities.some(({ type }) => type === 'delay')) await pause;
        return super.sendActivities(
          context,
          activities.map((activity) => (activity.type === 'delay' ? { ...activity, value: 0 } : activity)),
        );
      }
    }
    const stage = stageFor({}, PausingAdapter);
    const batch = [
      { type: 'typing' },
      { type: 'delay', value: 2000 },
      { type: 'message', text: 'where were we?' },
      { type: 'message', text: 'oh yes' },
    ];
    await stage.run(async (context) => {
      const answer = context.sendActivities(batch);
      await stage.handover.toAgent(context, { notice: '' });
      over();
      const responses = await answer;
      expect(responses).to.have.length(4);
      expect(responses.map(({ id }) => Boolean(id))).to.deep.equal([true, true, false, false]);
    });
    expect(stage.adapter.activityBuffer.map(({ type }) => type)).to.deep.equal(['typing']);
    expect(stage.suppressed.map(({ reason, activity }) => [reason, (activity as Activity).text])).to.deep.equal([
      ['handedOver', 'where were we?'],
      ['handedOver', 'oh yes'],
    ]);

    batches.length = 0;
    const elsewhere = new TurnContext(stage.adapter, { ...stage.template, channelId: 'webchat', type: 'message' });
    expect(await elsewhere.sendActivities(batch)).to.have.length(4);
    expect(batches, 'other channels are left alone').to.deep.equal([4]);
  });

  it('let batches out side by side, whatever other handlers wait for', async () => {
    const stage = stageFor();
    await stage.run(async (context) => {
      context.onSendActivities(async (_context, _activities, next) => {
        await Promise.resolve();
        return next();
      });
      await Promise.all(['one', 'two', 'three'].map(async (text) => context.sendActivity(text)));
    });
    expect(stage.adapter.activityBuffer.map(({ text }) => text)).to.deep.equal(['one', 'two', 'three']);
  });

  it('are put into an adapter once, however often it is attached', async () => {
    const stage = stageFor();
    for (let times = 0; times < 3; times += 1) stage.handover.attach(stage.adapter);
    const doors = stage.adapter as unknown as { readonly sendActivities: unknown };
    const patched = doors.sendActivities;
    await stage.run(async (context) => {
      await stage.handover.toAgent(context);
      await context.adapter.sendActivities(context, [{ type: 'message', text: 'x', channelId: 'facebook' }]);
    });
    expect(doors.sendActivities).to.equal(patched);
    expect(stage.suppressed).to.have.length(1);
  });

  it('do not stand in the way of an ActivityHandler, or of onTurnError', async () => {
    const stage = stageFor();
    const handler = new ActivityHandler();
    handler.onMessage(async (context, next) => {
      await context.sendActivity('from the handler');
      await next();
    });
    await stage.run((context) => handler.run(context));
    expect(stage.adapter.activityBuffer.map(({ text }) => text)).to.deep.equal(['from the handler']);
    const errors: unknown[] = [];
    stage.adapter.onTurnError = async (_context, error) => void errors.push(error);
    const failing = new TestAdapter(() => Promise.reject(new TypeError('mine')), stage.template);
    failing.use(stage.handover);
    failing.onTurnError = stage.adapter.onTurnError;
    await failing.send('x').startTest();
    expect(errors.map((error) => (error as Error).message)).to.deep.equal(['mine']);
  });
});
