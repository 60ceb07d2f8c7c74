/** Nothing leaves the bot while another app owns the thread, whichever way it takes; and every sender gets its answer. */
import { ShowTypingMiddleware, TurnContext } from 'botbuilder';
import type { ConversationReference, ResourceResponse } from 'botbuilder';
import { expect } from 'chai';
import { breath, closeScenes, saidOverOthers, scene, until } from './scene.js';
import type { Scene, SceneOptions } from './scene.js';

const reference = (stage: Scene): Partial<ConversationReference> => ({
  channelId: 'facebook',
  user: { id: stage.thread.psid, name: '' },
  bot: { id: stage.thread.pageId, name: '' },
  conversation: { id: stage.thread.psid, isGroup: false, conversationType: '', name: '' },
});

/** A turn that waits until it is told to go on. */
function slowTurn(
  stage: Scene,
  text: string,
): { reached: Promise<void>; goOn: () => void; responses: ResourceResponse[] } {
  let goOn = (): void => undefined;
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (goOn = resolve));
  const responses: ResourceResponse[] = [];
  stage.bot.logic = async (context) => {
    if (context.activity.text !== text) return;
    reach();
    await released;
    responses.push(
      ...(await context.sendActivities([{ type: 'typing' }, { type: 'message', text: `answer to ${text}` }])),
    );
  };
  return { reached, goOn: () => goOn(), responses };
}

describe('silence while another app owns the thread', () => {
  let stage: Scene;
  const open = async (options: SceneOptions = {}): Promise<Scene> => (stage = await scene(options));
  afterEach(async () => {
    const said = saidOverOthers(stage);
    await closeScenes();
    expect(said, 'said over another app').to.deep.equal([]);
  });

  it('keeps in what a turn says after it has handed over, with a response for each', async () => {
    await open();
    const got: (ResourceResponse | undefined)[] = [];
    stage.bot.logic = async (context) => {
      if (context.activity.text !== 'go') return;
      await context.sendActivity('before');
      const start = await stage.bot.handover.toAgent(context, { notice: 'now' });
      expect(start.status).to.equal('passed');
      got.push(await context.sendActivity('after'));
      got.push(
        ...(await context.sendActivities([{ type: 'typing' }, { type: 'message', text: 'more' }, { type: 'trace' }])),
      );
      await context.updateActivity({ id: 'x', type: 'message', text: 'changed' });
      await context.deleteActivity('x');
    };
    await stage.customer.says('go');
    expect(stage.customer.hears()).to.deep.equal(['before', 'now']);
    expect(got).to.have.length(4);
    for (const response of got) expect(response?.id).to.be.a('string');
    expect(stage.suppressed()).to.deep.equal(Array.from({ length: 6 }, () => 'handedOver'));
    expect(stage.bot.errors).to.deep.equal([]);
  });

  it('tells what was kept in, word for word', async () => {
    await open();
    stage.bot.logic = async (context) => {
      await stage.bot.handover.toAgent(context);
      await context.sendActivity({ type: 'message', text: 'too late', channelData: { tag: 'X' } });
    };
    await stage.customer.says('go');
    const [news] = stage.news('suppressed');
    expect(news?.thread).to.deep.equal(stage.thread);
    expect(news?.activity).to.deep.include({ type: 'message', text: 'too late', channelData: { tag: 'X' } });
  });

  it('keeps in proactive messages, and lets them out when the thread is home', async () => {
    await open();
    const proactively = async (text: string): Promise<void> =>
      stage.bot.adapter.continueConversation(reference(stage), async (context) => {
        const response = await context.sendActivity(text);
        expect(response).to.have.property('id');
      });
    await stage.customer.says('hello');
    await proactively('your parcel is on its way');
    await stage.customer.says('talk to agent');
    await proactively('your parcel has arrived');
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    await stage.agent.handsBack(stage.customer.psid);
    await proactively('how was it?');
    const ours = stage.customer
      .inbox()
      .filter((entry) => entry.from === 'bot')
      .map((entry) => entry.text);
    expect(ours).to.include('your parcel is on its way');
    expect(ours).to.not.include('your parcel has arrived');
    expect(ours.at(-1)).to.equal('how was it?');
  });

  it('asks before a proactive message where nothing is known: by what thread_owner says it goes or stays', async () => {
    await open();
    await stage.customer.says('hello');
    await stage.store.forget(stage.thread);
    const say = async (text: string): Promise<void> =>
      stage.bot.adapter.continueConversation(reference(stage), async (context) => {
        await context.sendActivity(text);
      });
    await say('ours');
    expect(stage.calls('thread_owner')).to.have.length(1);
    expect(stage.customer.hears()).to.include('ours');

    await stage.agent.takes(stage.customer.psid);
    await stage.store.forget(stage.thread);
    await say('theirs');
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);

    await stage.store.forget(stage.thread);
    stage.sim.weather.http500.always({ edges: ['thread_owner'] });
    await stage.clock.rush(say('nobody knows'));
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns', 'ownerUnknown']);
  });

  it('keeps in typing, by the second door, from the moment the ledger knows', async () => {
    await open();
    await stage.customer.says('talk to agent');
    const [before] = [stage.calls('messages').length];
    const context = new TurnContext(
      stage.bot.adapter,
      TurnContext.applyConversationReference({ type: 'event' }, reference(stage), true),
    );
    const responses = await stage.bot.adapter.sendActivities(context, [
      { type: 'typing', channelId: 'facebook', conversation: { id: stage.thread.psid } as never },
      { type: 'message', text: 'x', channelId: 'facebook', conversation: { id: stage.thread.psid } as never },
    ]);
    expect(responses).to.have.length(2);
    expect(stage.calls('messages')).to.have.length(before);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns', 'anotherAppOwns']);
  });

  it('keeps in what a bare context says, as Botkit makes one to start a conversation', async () => {
    await open();
    // botkit/lib/botworker.js, startConversationWithUser and changeContext: no middleware, no turn.
    const activity = TurnContext.applyConversationReference({ type: 'message' }, reference(stage), true);
    const say = async (text: string): Promise<ResourceResponse | undefined> =>
      new TurnContext(stage.bot.adapter, activity).sendActivity({ type: 'message', text });
    await stage.customer.says('hello');
    await say('ours');
    expect(stage.customer.hears()).to.include('ours');
    await stage.customer.says('talk to agent');
    expect(await say('theirs')).to.have.property('id');
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    await stage.agent.handsBack(stage.customer.psid);
    await say('ours again');
    expect(stage.customer.hears().at(-1)).to.equal('ours again');
  });

  it('keeps in the answer of a slow turn whose thread was lost meanwhile', async () => {
    await open({ adapter: { ackDeadlineMs: 1000 } });
    const slow = slowTurn(stage, 'think');
    const said = stage.customer.says('think');
    await slow.reached;
    await stage.clock.rush(said);
    await stage.clock.rush(stage.inbox.replies(stage.customer.psid, 'I am from the shop'));
    await until(() => stage.news('ownerChanged').length > 0);
    slow.goOn();
    await until(() => slow.responses.length === 2);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns', 'anotherAppOwns']);
    expect(stage.customer.hears()).to.deep.equal(['I am from the shop']);
  });

  it('keeps in the answer of a slow turn whose thread was lost and regained meanwhile', async () => {
    await open({ adapter: { ackDeadlineMs: 1000 } });
    const slow = slowTurn(stage, 'think');
    const said = stage.customer.says('think');
    await slow.reached;
    await stage.clock.rush(said);
    await stage.clock.rush(stage.agent.takes(stage.customer.psid));
    await until(() => stage.news('ownerChanged').length === 1);
    await stage.clock.rush(stage.agent.handsBack(stage.customer.psid));
    await until(() => stage.news('ownerChanged').length === 2);
    expect(stage.owner()).to.equal('bot');
    slow.goOn();
    await until(() => slow.responses.length === 2);
    expect(stage.suppressed()).to.deep.equal(['staleTurn', 'staleTurn']);
    expect(stage.customer.hears()).to.deep.equal([]);
  });

  it('does not mute a turn because the thread went from unknown to the bot', async () => {
    await open();
    stage.bot.logic = async (context) => {
      if (context.activity.type !== 'message') return;
      await context.sendActivity('one');
      await breath(10);
      await context.sendActivity('two');
    };
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal(['one', 'two']);
  });

  describe('when the store cannot be read', () => {
    it('lets out what answers a message that Meta delivered: Meta refuses what is not ours', async () => {
      await open();
      stage.bot.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        stage.bot.store.lost = true;
        await context.sendActivity('one');
        await context.sendActivity('two');
      };
      await stage.customer.says('hello');
      expect(stage.customer.hears()).to.deep.equal(['one', 'two']);
      expect(stage.bot.errors).to.deep.equal([]);
    });

    it('keeps a proactive message in unless thread_owner says that the thread is ours or idle', async () => {
      await open();
      await stage.customer.says('hello');
      stage.bot.store.lost = true;
      const say = async (text: string): Promise<void> =>
        stage.bot.adapter.continueConversation(reference(stage), async (context) => {
          await context.sendActivity(text);
        });
      await say('ours');
      expect(stage.customer.hears().at(-1)).to.equal('ours');
      await stage.agent.takes(stage.customer.psid);
      await say('theirs');
      stage.sim.weather.lostRequests.always({ edges: ['thread_owner'] });
      await stage.clock.rush(say('nobody knows'));
      expect(stage.suppressed()).to.deep.equal(['anotherAppOwns', 'ownerUnknown']);
      stage.calm();
    });

    it('does not run what arrives: 503, and Meta comes again', async () => {
      await open();
      stage.bot.store.lost = true;
      await stage.customer.says('hello');
      expect(stage.bot.turns).to.deep.equal([]);
      expect(
        stage.sim.wire
          .of('webhook')
          .filter((entry) => entry.appName === 'bot')
          .every((entry) => entry.status === 503),
      ).to.equal(true);
      stage.bot.store.lost = false;
      await stage.clock.advance(11_000);
      expect(stage.bot.heard).to.deep.equal(['hello']);
    });

    it('fails a handover and tells the customer', async () => {
      await open({ handover: { texts: { failed: 'Sorry.' } } });
      stage.bot.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        stage.bot.store.lost = true;
        const start = await stage.bot.handover.toAgent(context);
        stage.bot.store.lost = false;
        expect(start.status).to.equal('failed');
      };
      await stage.customer.says('go');
      expect(stage.customer.hears()).to.deep.equal(['Sorry.']);
      expect(stage.owner()).to.equal('bot');
    });

    it('keeps in what a turn says after a handover that it has made and could not write down', async () => {
      await open();
      stage.sim.wire.on('update', (entry) => {
        if (entry.kind === 'graph' && entry.edge === 'pass_thread_control') stage.bot.store.lost = true;
      });
      stage.bot.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        await stage.bot.handover.toAgent(context);
        await context.sendActivity('too late');
      };
      await stage.customer.says('go');
      stage.bot.store.lost = false;
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.suppressed()).to.deep.equal(['handedOver']);
    });
  });
});

describe('a refusal of Meta because another app controls the thread', () => {
  afterEach(closeScenes);

  for (const reason of ['anotherAppControls', 'anotherAppControlsWithoutSubcode', 'notThreadOwner'] as const) {
    it(`is silence for the bot, and heals the ledger (${reason})`, async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      stage.sim.weather.sendRefused.once({ reason });
      await stage.customer.says('how are you?');
      expect(stage.bot.errors).to.deep.equal([]);
      expect(stage.suppressed()).to.deep.equal(['refusedByMeta']);
      expect(stage.calls('thread_owner')).to.have.length(1);
      // thread_owner says that it is ours: so the next message is answered.
      await stage.customer.says('well?');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: well?']);
    });
  }

  it('names the app that has it, where the bot had not heard of that', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    stage.bot.logic = async (context) => {
      if (context.activity.type !== 'message') return;
      stage.sim.weather.botDown.always();
      void stage.inbox.movesToMain(stage.customer.psid);
      expect(
        await context.sendActivities([
          { type: 'message', text: 'a' },
          { type: 'message', text: 'b' },
        ]),
      ).to.have.length(2);
    };
    await stage.customer.says('again');
    stage.calm();
    expect(stage.suppressed()).to.deep.equal(['refusedByMeta', 'refusedByMeta']);
    expect(stage.calls('messages')).to.have.length(2);
    expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({
      owner: 'other',
      appId: stage.sim.settings.pageInboxAppId,
    });
  });

  it('is not even asked for once the ledger knows: typing that a middleware sends past the turn stays in', async () => {
    const stage = await scene({ adapter: { ackDeadlineMs: 1000 } });
    stage.bot.adapter.use(new ShowTypingMiddleware(1, 5));
    const slow = slowTurn(stage, 'think');
    const said = stage.customer.says('think');
    await slow.reached;
    await until(() => stage.customer.inbox().some((entry) => entry.kind === 'typing'));
    await stage.clock.rush(said);
    await stage.clock.rush(stage.inbox.movesToMain(stage.customer.psid));
    await until(() => stage.news('ownerChanged').length === 1);
    const attempts = stage.calls('messages').length;
    const keptIn = stage.suppressed().length;
    await until(() => stage.suppressed().length > keptIn + 2);
    slow.goOn();
    await until(() => slow.responses.length === 2);
    expect(stage.calls('messages').length - attempts).to.be.at.most(1);
    expect(stage.customer.hears()).to.deep.equal([]);
  });

  it('is no refusal for other reasons: those reach the code of the bot', async () => {
    const stage = await scene();
    stage.sim.weather.sendRefused.once({ reason: 'outsideWindow' });
    await stage.customer.says('hello');
    expect(stage.bot.errors).to.have.length(1);
    expect(stage.bot.errors[0]).to.include({ name: 'GraphApiError', code: 'outsideWindow' });
  });
});
