/** What leaves the bot is judged by the thread that it goes to; a reference that leaves something out is completed, or the log says what to add. */
import { TurnContext } from 'botbuilder';
import type { Activity, ConversationReference } from 'botbuilder';
import { expect } from 'chai';
import { PSID, closeScenes, saidOverOthers, scene } from './scene.js';
import type { Scene, SceneOptions } from './scene.js';
import { azure, botkit, closePlays, playOn, transports } from './transports/transports.js';
import { recordsIn } from '../store/thread-records.js';
import { quietLogger } from '../kit/loggers.js';

const OTHER_PSID = '7700112233445566';
const OTHER_PAGE = '222333444555666';

type Reference = Partial<ConversationReference>;
type Outgoing = Partial<Activity>;
const idOnly = (id: string): never => ({ id }) as never;
const facebook = (fields: object): Reference => ({ channelId: 'facebook', ...fields });

/** A logger that keeps the lines of one level. */
function logBook(): { readonly lines: string[]; readonly logger: typeof quietLogger } {
  const lines: string[] = [];
  return { lines, logger: { ...quietLogger, error: (line?: string) => void lines.push(line ?? '') } };
}

describe('A proactive message whose reference leaves something out', () => {
  let stage: Scene;
  afterEach(async () => {
    const said = saidOverOthers(stage);
    await closeScenes();
    expect(said, 'said over another app').to.deep.equal([]);
  });

  const say = (reference: Reference, text: string): Promise<void> =>
    stage.bot.adapter.continueConversation(reference, async (context) => {
      await context.sendActivity(text);
    });
  const forms: Readonly<Record<string, Reference>> = {
    'the Page': facebook({ conversation: idOnly(PSID), user: idOnly(PSID) }),
    'everything but the conversation': facebook({ conversation: idOnly(PSID) }),
    'everything but the user': facebook({ user: idOnly(PSID) }),
    'the channel': { conversation: idOnly(PSID), user: idOnly(PSID) },
    'its user, with the conversation of Azure Bot Service': facebook({
      conversation: idOnly(`${PSID}-111222333444555`),
    }),
    'the bot, which has its name of the Agents SDK': facebook({
      conversation: idOnly(PSID),
      user: idOnly(PSID),
      agent: { id: '111222333444555' },
    }),
    'nothing, but was saved in the turn of an echo': facebook({
      conversation: idOnly('111222333444555'),
      user: idOnly('111222333444555'),
      bot: idOnly(PSID),
    }),
  };
  for (const [what, reference] of Object.entries(forms)) {
    it(`(${what}) reaches its customer, and stays in while an agent has the thread`, async () => {
      stage = await scene();
      await stage.customer.says('hello');
      await say(reference, 'news');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'news']);
      await stage.customer.says('talk to agent');
      await say(reference, 'over the agent');
      expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
      await stage.agent.handsBack(PSID);
      await say(reference, 'home again');
      expect(stage.customer.hears().at(-1)).to.equal('home again');
      expect(stage.calls('').length, 'the webhooks have named the Page').to.equal(0);
    });
  }

  it('gives the bot a turn that state and dialogs can be used in', async () => {
    stage = await scene();
    await stage.customer.says('hello');
    await stage.bot.adapter.continueConversation(facebook({ conversation: idOnly(PSID) }), async (context) => {
      const { channelId, from, recipient, conversation } = context.activity;
      expect([channelId, from.id, recipient.id, conversation.id]).to.deep.equal([
        'facebook',
        PSID,
        stage.thread.pageId,
        PSID,
      ]);
      expect((await stage.bot.handover.toAgent(context)).status).to.equal('passed');
    });
    expect(stage.owner()).to.equal('vccLive');
  });

  it('asks Meta once for the Page of the token, where no webhook has named it', async () => {
    stage = await scene();
    stage.sim.weather.botDown.always();
    await stage.customer.says('hello');
    stage.sim.weather.calm();
    const reference = forms['the Page'] ?? {};
    await Promise.all([say(reference, 'one'), say(reference, 'two')]);
    await say(reference, 'three');
    expect(stage.customer.hears()).to.have.members(['one', 'two', 'three']);
    expect(stage.sim.wire.of('graph').filter(({ path }) => path.endsWith('/me'))).to.have.length(1);
  });

  it('is held back while Meta does not tell the Page: the log says why, and after a minute Meta is asked again', async () => {
    const { lines, logger } = logBook();
    stage = await scene({ handover: { logger, graph: { maxRetries: 0 } } });
    stage.sim.weather.botDown.always();
    await stage.customer.says('hello');
    stage.sim.weather.http500.always({ edges: ['me'] });
    const reference = forms['the Page'] ?? {};
    await say(reference, 'one');
    await say(reference, 'two');
    expect(stage.suppressed()).to.deep.equal(['ownerUnknown', 'ownerUnknown']);
    expect(stage.news('suppressed')[0]?.thread).to.deep.equal({ pageId: '', psid: PSID });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/Page of the token.*bot: \{ id: '<Page id>' \}/);
    stage.sim.weather.http500.off();
    await stage.clock.advance(61_000);
    await say(reference, 'three');
    expect(stage.customer.hears()).to.deep.equal(['three']);
  });

  it('of a bot with several Pages is held back, and the log says once what to add', async () => {
    const { lines, logger } = logBook();
    stage = await scene({ handover: { logger, pageAccessToken: () => 'simulated-bot-token-111222333444555' } });
    await stage.customer.says('hello');
    for (const text of ['one', 'two']) await say(forms['the Page'] ?? {}, text);
    expect(stage.suppressed()).to.deep.equal(['ownerUnknown', 'ownerUnknown']);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include("bot: { id: '<Page id>' }");
    await say(facebook({ bot: idOnly(stage.thread.pageId) }), 'to whom?');
    await say(facebook({ bot: idOnly(stage.thread.pageId) }), 'to whom?');
    expect(lines).to.have.length(2);
    expect(lines[1]).to.include("conversation: { id: '<PSID>' }");
  });

  it('may ask for an agent, in a turn and in a bare context as Botkit makes one', async () => {
    stage = await scene();
    await stage.customer.says('hello');
    const activity = TurnContext.applyConversationReference({ type: 'message' }, forms['the Page'] ?? {}, true);
    const bare = new TurnContext(stage.bot.adapter, activity);
    await bare.sendActivities([
      { type: 'message', text: 'A colleague will help you.' },
      { type: 'event', name: 'handoff.initiate', value: { reason: 'campaign' } },
      { type: 'message', text: 'too late' },
    ]);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    await stage.agent.handsBack(PSID);
    await bare.sendActivity('welcome back');
    expect(stage.customer.hears().at(-1)).to.equal('welcome back');
  });

  it('to nobody whom the Page knows is refused by Meta where the bot hears it, not held back for ever', async () => {
    stage = await scene();
    await stage.customer.says('hello');
    const error = await say(facebook({ conversation: idOnly('404') }), 'who?').catch((thrown: unknown) => thrown);
    expect(stage.suppressed()).to.deep.equal([]);
    expect(stage.bot.errors.concat(error instanceof Error ? error : []).at(-1)).to.include({
      code: 'customerUnreachable',
    });
  });

  it('reaches its customer on Azure’s channel, too', async () => {
    stage = await scene();
    const onAzure = await playOn(azure);
    await onAzure.customer.says('hello');
    const reference = facebook({
      conversation: idOnly(`${PSID}-${onAzure.thread.pageId}`),
      serviceUrl: onAzure.bot.channel.serviceUrl,
    });
    const write = (text: string): Promise<void> =>
      onAzure.bot.adapter.continueConversationAsync('any-app-id', reference, async (context) => {
        await context.sendActivity(text);
      });
    await write('news');
    await onAzure.customer.says('talk to agent');
    await write('over the agent');
    expect(onAzure.customer.hears()).to.include('news').and.not.include('over the agent');
    expect(onAzure.suppressed()).to.deep.equal(['anotherAppOwns']);
    await closePlays();
  });
});

describe('A turn that speaks to somebody else', () => {
  let stage: Scene;
  const open = async (options: SceneOptions = {}): Promise<Scene> => (stage = await scene(options));
  afterEach(async () => {
    const said = saidOverOthers(stage);
    await closeScenes();
    expect(said, 'said over another app').to.deep.equal([]);
  });

  const to = (psid: string, text: string, fields: object = {}): Outgoing => ({
    type: 'message',
    text,
    channelId: 'facebook',
    conversation: idOnly(psid),
    ...fields,
  });
  /** The bot does this in the next turn of the customer. */
  const inTurn = async (work: (context: TurnContext) => Promise<unknown>): Promise<void> => {
    stage.bot.logic = async (context) => {
      if (context.activity.type === 'message') await work(context);
    };
    await stage.customer.says('go');
  };

  it('is judged by the other’s thread: what the agent’s customer would get stays in, the rest of the batch goes', async () => {
    await open();
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('talk to agent');
    const before = other.hears().length;
    let responses: { id: string }[] = [];
    await inTurn(async (context) => {
      responses = await context.adapter.sendActivities(context, [
        to(PSID, 'mine'),
        to(OTHER_PSID, 'theirs'),
        to(PSID, 'mine again'),
      ]);
    });
    expect(stage.customer.hears()).to.deep.equal(['mine', 'mine again']);
    expect(other.hears()).to.have.length(before);
    expect(responses.map(({ id }) => id !== '')).to.deep.equal([true, false, true]);
    expect(stage.news('suppressed').map(({ thread, reason }) => [thread.psid, reason])).to.deep.equal([
      [OTHER_PSID, 'anotherAppOwns'],
    ]);
  });

  it('reaches the other although its own customer was just handed over: neither silence nor epoch is the other’s', async () => {
    await open();
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('hello');
    await inTurn(async (context) => {
      await stage.bot.handover.toAgent(context, { notice: null });
      await context.adapter.sendActivities(context, [to(OTHER_PSID, 'a colleague has asked'), to(PSID, 'too late')]);
    });
    expect(other.hears().at(-1)).to.equal('a colleague has asked');
    expect(stage.suppressed()).to.deep.equal(['handedOver']);
  });

  it('is judged so, too, where a handler behind the plugin gives an answer another address', async () => {
    await open();
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('talk to agent');
    await inTurn(async (context) => {
      context.onSendActivities((_context, activities, next) => {
        for (const activity of activities) activity.conversation = idOnly(OTHER_PSID);
        return next();
      });
      await context.sendActivity('to the supervisor');
    });
    expect(stage.news('suppressed').map(({ thread }) => thread.psid)).to.deep.equal([OTHER_PSID]);
  });

  it('changes and deletes by the other’s thread', async () => {
    await open();
    await stage.sim.customer(OTHER_PSID).says('talk to agent');
    const touched: string[] = [];
    await inTurn(async (context) => {
      const { adapter } = context;
      await adapter.updateActivity(context, to(OTHER_PSID, 'changed', { id: 'x' }));
      await adapter.deleteActivity(context, facebook({ conversation: idOnly(OTHER_PSID), activityId: 'x' }));
      await adapter.updateActivity(context, to(PSID, 'changed', { id: 'y' }));
      touched.push('done');
    });
    expect(touched).to.deep.equal(['done']);
    expect(stage.news('suppressed').map(({ thread }) => thread.psid)).to.deep.equal([OTHER_PSID, OTHER_PSID]);
  });

  it('hands the other over, not its own customer, where it sends a handoff.initiate there', async () => {
    await open();
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('hello');
    await inTurn((context) =>
      context.adapter.sendActivities(context, [
        {
          type: 'event',
          name: 'handoff.initiate',
          channelId: 'facebook',
          conversation: idOnly(OTHER_PSID),
        },
      ]),
    );
    expect(stage.sim.ownerOf(OTHER_PSID).owner).to.equal(stage.sim.settings.vccLiveAppId);
    expect(stage.owner()).to.equal('bot');
  });

  it('hands the other over where it sends a handoff.initiate there from a context without a turn', async () => {
    await open();
    await stage.customer.says('hello');
    const other = stage.sim.customer(OTHER_PSID);
    await other.says('hello');
    const { adapter } = stage.bot;
    const activity = TurnContext.applyConversationReference(
      { type: 'message' },
      facebook({ user: idOnly(PSID) }),
      true,
    );
    const initiate = { type: 'event', name: 'handoff.initiate', channelId: 'facebook' };
    await adapter.sendActivities(new TurnContext(adapter, activity), [
      { ...initiate, conversation: idOnly(OTHER_PSID) },
    ]);
    expect(stage.sim.ownerOf(OTHER_PSID).owner).to.equal(stage.sim.settings.vccLiveAppId);
    expect(stage.owner()).to.equal('bot');
    expect(other.hears().at(-1)).to.include('connecting you to an agent');
  });

  it('is judged by the other’s Page, where that is another', async () => {
    await open({
      sim: { pages: [{ pageId: OTHER_PAGE }] },
      handover: {
        pageAccessToken: (pageId) =>
          stage.sim.settings.pages.find((page) => page.pageId === pageId)?.pageAccessToken ?? '',
      },
    });
    const there = stage.sim.customer(PSID, OTHER_PAGE);
    await there.says('talk to agent');
    await inTurn((context) =>
      context.adapter.sendActivities(context, [
        to(PSID, 'there', { from: idOnly(OTHER_PAGE) }),
        to(PSID, 'here', { from: idOnly(stage.thread.pageId) }),
      ]),
    );
    expect(stage.customer.hears()).to.deep.equal(['here']);
    expect(there.hears()).not.to.include('there');
    expect(stage.news('suppressed').map(({ thread }) => thread.pageId)).to.deep.equal([OTHER_PAGE]);
    await stage.sim.agent(OTHER_PAGE).handsBack(PSID);
    await inTurn((context) =>
      context.adapter.sendActivities(context, [to(PSID, 'there', { from: idOnly(OTHER_PAGE) })]),
    );
    expect(there.hears().at(-1)).to.equal('there');
  });
});

describe('A customer of the checkbox plugin', () => {
  afterEach(closeScenes);

  const REF = 'newsletter/form-7.a_b=';

  it('is answered by user_ref: no thread is made up, and the first message has its thread', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      if (context.activity.channelData?.message?.is_echo) return;
      const response = await context.sendActivity(`hello ${context.activity.type}`);
      expect(response?.id).to.match(/^m_/);
    };
    await stage.customer.optsIn(REF);
    const [call] = stage.calls('messages');
    expect((call?.body as { recipient: unknown }).recipient).to.deep.equal({ user_ref: REF });
    expect(call?.answer).to.have.all.keys('message_id');
    expect(stage.calls('thread_owner')).to.deep.equal([]);
    expect(await stage.store.read({ pageId: stage.thread.pageId, psid: REF })).to.equal(undefined);

    await stage.customer.says('I am here');
    expect(stage.customer.hears()).to.deep.equal(['hello event', 'hello message']);
    expect(stage.bot.errors).to.deep.equal([]);
    expect(stage.suppressed()).to.deep.equal([]);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });

  it('is reached by the reference of the opt-in, also from another process', async () => {
    const stage = await scene({ bots: 2 });
    let reference: Reference = {};
    for (const bot of stage.bots) {
      bot.logic = async (context) => {
        if (context.activity.channelData?.optin) reference = TurnContext.getConversationReference(context.activity);
      };
    }
    await stage.customer.optsIn(REF);
    for (const [index, bot] of stage.bots.entries()) {
      await bot.adapter.continueConversation(reference, async (context) => {
        await context.sendActivities([{ type: 'typing' }, { type: 'message', text: `news ${index}` }]);
      });
    }
    expect(stage.customer.hears()).to.deep.equal(['news 0', 'news 1']);
    expect(stage.suppressed()).to.deep.equal([]);
  });

  it('is not handed over yet, and the reason is told', async () => {
    const stage = await scene();
    const starts: unknown[] = [];
    stage.bot.logic = async (context) => void starts.push(await stage.bot.handover.toAgent(context));
    await stage.customer.optsIn('12345678');
    expect(starts).to.deep.equal([{ status: 'refused', reason: 'noThreadYet' }]);
    expect(stage.calls('pass_thread_control')).to.deep.equal([]);
    expect(stage.customer.hears()).to.deep.equal([]);
  });

  it('is answered as well where the sender itself has the user_ref, as guests of the chat plugin had', async () => {
    const stage = await scene();
    await stage.customer.optsIn(REF);
    const item = { sender: { user_ref: REF }, recipient: { id: stage.thread.pageId }, timestamp: stage.stamp() };
    await stage.deliver([{ ...item, message: { mid: 'm_guest', text: 'hi' } }]);
    const bodies = stage.calls('messages').map(({ body }) => body as { recipient: unknown });
    expect(bodies.map(({ recipient }) => recipient)).to.deep.equal([{ user_ref: REF }]);
    expect(stage.customer.hears()).to.deep.equal(['bot: hi']);
  });

  it('with a PSID beside the user_ref is a customer like any other', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      if (context.activity.channelData?.optin) await context.sendActivity('hello');
    };
    await stage.customer.says('hi');
    await stage.deliver([{ optin: { ref: 'box', user_ref: REF } }]);
    const [call] = stage.calls('messages');
    expect((call?.body as { recipient: unknown }).recipient).to.deep.equal({ id: PSID });
  });

  it('is answered on Botkit with the stock adapter, too', async () => {
    const stage = await playOn(botkit);
    await stage.customer.optsIn(REF);
    await stage.bot.writesTo({ pageId: stage.thread.pageId, psid: REF }, 'welcome');
    expect(stage.customer.hears()).to.deep.equal(['welcome']);
    await closePlays();
  });
});

describe('A turn of the plugin’s own', () => {
  afterEach(closePlays);

  const MINUTE_MS = 60_000;
  const UNCLAIMED = "I'm sorry, no agent could take your chat in time. You are talking to the bot again.";
  const timers = { unclaimedMs: 3 * MINUTE_MS };
  const kept: Readonly<Record<string, unknown>> = {
    'is not there, because VCC Live had asked for the thread': undefined,
    'has the wrong ids, because it is of the turn of an echo': facebook({
      conversation: idOnly('111222333444555'),
      user: idOnly('111222333444555'),
      bot: idOnly(PSID),
    }),
    'names no Page, because an older version wrote it': facebook({ conversation: idOnly(PSID), user: idOnly(PSID) }),
  };
  for (const [what, reference] of Object.entries(kept)) {
    it(`reaches the customer where the kept reference ${what}`, async () => {
      const [ours] = transports;
      const stage = await playOn(ours!, { handover: { timers } });
      await stage.customer.says('hello');
      const { vccLiveAppId } = stage.sim.settings;
      await stage.deliver([{ request_thread_control: { requested_owner_app_id: BigInt(vccLiveAppId) } }]);
      expect(stage.owner()).to.equal('vccLive');
      await recordsIn(stage.store).update(stage.thread, (record) => ({
        record: { ...record!, open: { ...record!.open!, reference } },
        value: undefined,
      }));
      await stage.lapse(3 * MINUTE_MS + 20_000);
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().at(-1)).to.equal(UNCLAIMED);
    });
  }
});
