/** Every row of the table of what arrives: whether the bot's logic runs, whether it may speak, and what is reported. */
import { expect } from 'chai';
import type { SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import { MORE_THAN_A_DAY_MS, PSID, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';
import type { Scene, SceneOptions } from './scene.js';

async function withAgent(options: SceneOptions = {}): Promise<Scene> {
  const stage = await scene(options);
  await stage.customer.says('talk to agent');
  expect(stage.owner()).to.equal('vccLive');
  return stage;
}

const message = (text: string): object => ({ message: { mid: `m_${text}`, text } });
const postback = (payload: string): object => ({ postback: { mid: `m_${payload}`, title: payload, payload } });

describe('what comes in', () => {
  afterEach(closeScenes);

  describe('while the thread is ours, idle or unknown', () => {
    it('a message, quick reply, button, optin, referral and reaction run the logic, which may speak', async () => {
      const stage = await scene();
      stage.bot.logic = async (context) => {
        if (context.activity.channelData?.message?.is_echo) return;
        await context.sendActivity(`seen ${context.activity.type}`);
      };
      await stage.customer.says('hello');
      await stage.customer.taps('Yes', 'YES');
      await stage.customer.presses('MENU', 'Menu');
      await stage.customer.follows('campaign');
      await stage.deliver([{ optin: { ref: 'box', user_ref: 'u1' } }]);
      const mid = stage.customer.inbox()[0]?.mid ?? '';
      await stage.customer.reacts(mid);
      const kinds = ['message', 'message', 'message', 'event', 'event', 'event'];
      expect(stage.customer.hears()).to.deep.equal(kinds.map((kind) => `seen ${kind}`));
      expect(stage.calls('thread_owner')).to.deep.equal([]);
    });

    it('our own echo runs nothing; receipts run as with the stock adapter', async () => {
      const stage = await scene({ sim: { receipts: true } });
      await stage.customer.says('hello');
      await stage.sim.settled();
      const kinds = stage.bot.turns.map(({ type, text }) => [type, text ?? undefined]);
      expect(kinds).to.deep.equal([
        ['message', 'hello'],
        ['event', undefined],
        ['event', undefined],
      ]);
    });

    it('our own echo runs as with the stock adapter if the option ownEchoes says so', async () => {
      const stage = await scene({ sim: { receipts: true }, handover: { ownEchoes: true } });
      await stage.customer.says('hello');
      await stage.sim.settled();
      const kinds = stage.bot.turns.map(({ type, text }) => [type, text ?? undefined]);
      expect(kinds).to.have.length(4);
      expect(kinds.slice(0, 2)).to.deep.equal([
        ['message', 'hello'],
        ['event', 'bot: hello'],
      ]);
    });

    it('a message runs after more than a day of silence', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await stage.clock.advance(MORE_THAN_A_DAY_MS);
      await stage.customer.says('hello again');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: hello again']);
      expect(stage.news('returned')).to.deep.equal([]);
    });
  });

  describe('a message on messaging while the ledger says that another app owns the thread', () => {
    it('runs, where thread_owner says that it is ours', async () => {
      const stage = await withAgent();
      stage.sim.weather.botDown.always();
      await stage.agent.handsBack(PSID);
      stage.calm();
      await stage.deliver([message('hello')]);
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.news('returned').map(({ result }) => result.via)).to.deep.equal(['message']);
      expect(stage.calls('thread_owner')).to.have.length(1);
    });

    it('runs, where thread_owner says that nobody owns it', async () => {
      const stage = await withAgent();
      await stage.agent.releases(PSID);
      await stage.deliver([message('hello')]);
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    });

    it('does not run, where thread_owner says that VCC Live has it', async () => {
      const stage = await withAgent();
      const before = stage.customer.hears().length;
      await stage.deliver([message('late')]);
      expect(stage.bot.heard).to.deep.equal([]);
      expect(stage.customer.hears()).to.have.length(before);
      expect(stage.news('returned')).to.deep.equal([]);
      expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
    });

    it('does not run, where thread_owner names the Page Inbox', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await stage.inbox.movesToMain(PSID);
      await stage.deliver([message('late')]);
      expect(stage.bot.heard).to.deep.equal(['hello']);
    });

    it('runs, where nobody answers: it is newer than what is known', async () => {
      const stage = await withAgent();
      await stage.agent.releases(PSID);
      stage.sim.weather.http500.always({ edges: ['thread_owner'] });
      await stage.clock.rush(stage.customer.says('hello'));
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['completed', 'message'],
      ]);
    });

    it('does not run, where nobody answers and it is older than what is known', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      const early = stage.clock.now();
      await stage.clock.advance(60_000);
      await stage.customer.says('talk to agent');
      stage.sim.weather.http500.always({ edges: ['thread_owner'] });
      await stage.clock.rush(stage.deliver([{ ...message('from before'), timestamp: early + 500 }]));
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
      expect(stage.news('ignored')).to.have.length(1);
    });
  });

  describe('anything else on messaging while another app owns the thread', () => {
    it("a press of the bot's own button does not run, is reported, and thread_owner is asked", async () => {
      const stage = await scene();
      stage.bot.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        await context.sendActivity({
          type: 'message',
          channelData: {
            attachment: {
              type: 'template',
              payload: {
                template_type: 'button',
                text: 'Choose',
                buttons: [{ type: 'postback', title: 'Menu', payload: 'MENU' }],
              },
            },
          },
        });
      };
      await stage.customer.says('hello');
      await stage.customer.says('talk to agent');
      await stage.customer.presses('MENU');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.news('ignored').map(({ event, reason }) => [event.kind, reason])).to.deep.equal([
        ['postback', 'anotherAppOwns'],
      ]);
      expect(stage.calls('thread_owner')).to.have.length(1);
      expect(stage.owner()).to.equal('vccLive');
      expect(saidOverOthers(stage)).to.deep.equal([]);
      const { owner } = await stage.bot.handover.ownerOf(stage.thread);
      expect(owner).to.equal('vccLive');
    });

    it('a button press runs where thread_owner says that the thread is ours', async () => {
      const stage = await withAgent();
      await stage.agent.releases(PSID);
      await stage.customer.presses('MENU', 'Menu');
      expect(stage.bot.heard).to.deep.equal(['MENU']);
      expect(stage.news('returned')).to.have.length(1);
    });

    for (const [what, item] of [
      ['a button press', postback('MENU')],
      ['an optin', { optin: { ref: 'x' } }],
      ['a referral', { referral: { ref: 'x', source: 'SHORTLINK', type: 'OPEN_THREAD' } }],
      ['a reaction', { reaction: { mid: 'm_1', action: 'react', reaction: 'love', emoji: '❤' } }],
      ['something new', { something_new: { value: 1 } }],
    ] as const) {
      it(`${what} does not run where nobody answers, and is reported`, async () => {
        const stage = await withAgent();
        stage.sim.weather.lostRequests.always({ edges: ['thread_owner'] });
        await stage.clock.rush(stage.deliver([item]));
        expect(stage.bot.turns).to.deep.equal([]);
        expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['ownerUnknown']);
      });

      it(`${what} does not run where VCC Live has the thread`, async () => {
        const stage = await withAgent();
        await stage.deliver([item]);
        expect(stage.bot.turns).to.deep.equal([]);
        expect(stage.news('returned')).to.deep.equal([]);
      });
    }

    it("receipts and echoes there are nobody's reason to ask, and run nothing", async () => {
      const stage = await withAgent();
      await stage.deliver([
        { delivery: { mids: ['m_1'], watermark: stage.stamp() } },
        { read: { watermark: stage.stamp() } },
        {
          sender: { id: stage.thread.pageId },
          recipient: { id: PSID },
          message: { is_echo: true, app_id: BigInt(stage.sim.settings.botAppId), mid: 'm_e', text: 'old' },
        },
      ]);
      expect(stage.bot.turns).to.deep.equal([]);
      expect(stage.calls('thread_owner')).to.deep.equal([]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
    });
  });

  describe('standby', () => {
    it('of every kind runs nothing; what people write is reported, with its writer', async () => {
      const stage = await withAgent();
      const { settings } = stage.sim;
      const echo = (appId: string | undefined, text: string): object => ({
        sender: { id: settings.pageId },
        recipient: { id: PSID },
        message: { is_echo: true, ...(appId === undefined ? {} : { app_id: BigInt(appId) }), mid: `m_${text}`, text },
      });
      await stage.deliver(
        [
          message('from the customer'),
          { message: { mid: 'm_p', attachments: [{ type: 'image', payload: { url: 'https://cdn.example.test/i' } }] } },
          { postback: {} },
          { postback: { title: 'Menu' } },
          echo(settings.vccLiveAppId, 'from the agent'),
          echo(settings.pageInboxAppId, 'from the shop'),
          echo(undefined, 'from somebody'),
          echo(settings.botAppId, 'from the bot'),
          { read: { watermark: stage.stamp() } },
          { delivery: { watermark: stage.stamp() } },
          { reaction: { mid: 'm_p', action: 'react' } },
          { something_new: {} },
        ],
        'standby',
      );
      expect(stage.bot.turns).to.deep.equal([]);
      expect(stage.news('standbyMessage').map(({ from, event }) => [from, event.kind, event.text])).to.deep.equal([
        ['customer', 'message', 'from the customer'],
        ['customer', 'message', undefined],
        ['customer', 'postback', undefined],
        ['customer', 'postback', undefined],
        ['agent', 'echo', 'from the agent'],
        ['other', 'echo', 'from the shop'],
        ['other', 'echo', 'from somebody'],
      ]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('on a thread that nothing is known of teaches that it is not ours, and asks whose it is', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await stage.agent.takes(PSID);
      await stage.store.forget(stage.thread);
      await stage.deliver([message('to the agent')], 'standby');
      expect(stage.calls('thread_owner')).to.have.length(1);
      const owner = await stage.bot.handover.ownerOf(stage.thread);
      expect(owner).to.deep.include({ owner: 'vccLive', appId: stage.sim.settings.vccLiveAppId });
      expect(owner.expiresMs).to.be.a('number');
    });

    it('beside a message in one entry: each is treated as what it is', async () => {
      const stage = await scene();
      const head = (psid: string): object => ({
        sender: { id: psid },
        recipient: { id: stage.thread.pageId },
        timestamp: stage.stamp(),
      });
      const { status } = await stage.sim.deliverRaw({
        object: 'page',
        entry: [
          {
            id: stage.thread.pageId,
            time: 1,
            standby: [
              { ...head('1001'), ...message('to another app') },
              { ...head('1002'), ...message('too') },
            ],
            messaging: [{ ...head('1003'), ...message('to the bot') }],
          },
        ],
      });
      expect(status).to.equal(200);
      expect(stage.bot.heard).to.deep.equal(['to the bot']);
      expect(stage.news('standbyMessage')).to.have.length(2);
    });

    it("is acknowledged without a messaging array, as in VCC Live's published example", async () => {
      const stage = await scene();
      const { status } = await stage.sim.deliverRaw({
        object: 'page',
        entry: [
          {
            id: stage.thread.pageId,
            time: 1458692752478,
            standby: [
              {
                sender: { id: PSID },
                recipient: { id: stage.thread.pageId },
                timestamp: 1458692752478,
                message: { mid: 'mid.1', text: 'hello, world!' },
              },
            ],
          },
        ],
      });
      expect(status).to.equal(200);
      expect(stage.bot.turns).to.deep.equal([]);
    });
  });

  describe('control events', () => {
    it('a take by the Page Inbox: nothing runs, ownerChanged is told, the bot is silent', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await stage.inbox.replies(PSID, 'The shop here');
      await stage.customer.says('good day');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.news('ownerChanged').map(({ from, to }) => [from.owner, to.owner, to.appId])).to.deep.equal([
        ['bot', 'other', stage.sim.settings.pageInboxAppId],
      ]);
      expect(stage.news('failed')).to.deep.equal([]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('a take that names nobody: not us, and thread_owner is asked whose it is', async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      stage.sim.weather.botDown.always();
      await stage.inbox.movesToMain(PSID);
      stage.calm();
      await stage.deliver([
        { take_thread_control: { previous_owner_app_id: BigInt(stage.sim.settings.botAppId), metadata: null } },
      ]);
      expect(stage.calls('thread_owner')).to.have.length(1);
      expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({
        owner: 'other',
        appId: stage.sim.settings.pageInboxAppId,
      });
    });

    it('a take from another app by a third one, seen by us, moves the owner and nothing else', async () => {
      const stage = await withAgent({ sim: { takeInforms: 'all' } });
      await stage.inbox.movesToMain(PSID);
      expect(stage.bot.turns).to.deep.equal([]);
      expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({ appId: stage.sim.settings.pageInboxAppId });
      expect(stage.news('returned')).to.deep.equal([]);
    });

    it('a pass between two other apps moves the owner, does not conclude the handover, runs nothing', async () => {
      const stage = await withAgent();
      const { settings } = stage.sim;
      await stage.deliver([
        {
          pass_thread_control: {
            previous_owner_app_id: BigInt(settings.vccLiveAppId),
            new_owner_app_id: BigInt(settings.pageInboxAppId),
            metadata: 'x',
          },
        },
      ]);
      expect(stage.bot.turns).to.deep.equal([]);
      expect(stage.news('returned')).to.deep.equal([]);
      expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({
        owner: 'other',
        appId: settings.pageInboxAppId,
      });
    });

    it('a hand-back by the Page Inbox, to which VCC Live had passed on, concludes the handover', async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'everyTurn');
      await stage.customer.says('agent please');
      await stage.agent.passesTo(PSID, stage.sim.settings.pageInboxAppId);
      await stage.inbox.marksDone(PSID);
      expect(stage.owner()).to.equal('bot');
      expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'passBack']]);
    });

    it('ids as text, a missing previous owner, and null metadata are the same event', async () => {
      const stage = await withAgent();
      const { botAppId } = stage.sim.settings;
      stage.sim.weather.botDown.always();
      await stage.agent.handsBack(PSID);
      stage.calm();
      await stage.deliver([{ pass_thread_control: { new_owner_app_id: botAppId, metadata: null } }]);
      expect(stage.news('returned').map(({ result }) => [result.via, result.metadata])).to.deep.equal([
        ['passBack', undefined],
      ]);
    });

    it('a request by VCC Live is granted', async () => {
      const stage = await scene({ sim: { routing: false } });
      await stage.customer.says('hello');
      await stage.deliver([
        {
          request_thread_control: {
            requested_owner_app_id: BigInt(stage.sim.settings.vccLiveAppId),
            metadata: 'let me',
          },
        },
      ]);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.bot.events.filter(Boolean)).to.deep.equal([]);
    });

    it('a request by anybody else is not, and is reported', async () => {
      const stage = await scene({ sim: { routing: false } });
      await stage.customer.says('hello');
      await stage.deliver([
        {
          request_thread_control: { requested_owner_app_id: BigInt(stage.sim.settings.pageInboxAppId), metadata: null },
        },
      ]);
      expect(stage.calls('pass_thread_control')).to.deep.equal([]);
      expect(stage.news('ignored').map(({ event, reason }) => [event.kind, reason])).to.deep.equal([
        ['requestThreadControl', 'notGranted'],
      ]);
    });
  });

  describe('odd things', () => {
    it('app_roles and policy_enforcement are reported, and run nothing', async () => {
      const stage = await scene();
      for (const item of ['app_roles', 'policy_enforcement'] as const) {
        stage.sim.weather.oddItems.once({ item });
        await stage.customer.says(`after ${item}`);
      }
      expect(stage.bot.heard).to.deep.equal(['after app_roles', 'after policy_enforcement']);
      expect(stage.news('ignored').map(({ event }) => event.kind)).to.deep.equal(['appRoles', 'policyEnforcement']);
      expect(stage.bot.errors).to.deep.equal([]);
    });

    it('items without a sender, of no known kind, that are no objects: reported or dropped, and the others run', async () => {
      const stage = await scene();
      stage.sim.weather.oddItems.once({ item: 'unknown' });
      await stage.customer.says('one');
      stage.sim.weather.oddItems.once({ item: 'hop_context' });
      await stage.customer.says('two');
      const { status } = await stage.sim.deliverRaw({
        object: 'page',
        entry: [
          {
            id: stage.thread.pageId,
            time: 1,
            messaging: [
              null,
              7,
              'x',
              [],
              {},
              { sender: null },
              { message: null },
              {
                sender: { id: PSID },
                recipient: { id: stage.thread.pageId },
                timestamp: stage.stamp() + 5,
                ...message('three'),
              },
            ],
          },
        ],
      });
      expect(status).to.equal(200);
      expect(stage.bot.heard).to.deep.equal(['one', 'two', 'three']);
      expect(stage.bot.errors).to.deep.equal([]);
    });

    it('entries without arrays, with changes, or none at all are acknowledged', async () => {
      const stage = await scene();
      for (const entry of [
        undefined,
        [],
        [{ id: stage.thread.pageId, time: 1 }],
        [{ id: stage.thread.pageId, time: 1, changes: [{ field: 'feed', value: { item: 'post' } }] }],
        [null, 3, {}],
        'x',
      ]) {
        const { status } = await stage.sim.deliverRaw({ object: 'page', entry });
        expect(status).to.equal(200);
      }
      expect(stage.bot.turns).to.deep.equal([]);
      expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['pageChange']);
    });

    it('a message beside changes is not lost, whatever the stock adapter does', async () => {
      const stage = await scene();
      await stage.sim.deliverRaw({
        object: 'page',
        entry: [
          {
            id: stage.thread.pageId,
            time: 1,
            changes: [],
            messaging: [
              {
                sender: { id: PSID },
                recipient: { id: stage.thread.pageId },
                timestamp: stage.stamp(),
                ...message('hello'),
              },
            ],
          },
        ],
      });
      expect(stage.bot.heard).to.deep.equal(['hello']);
    });

    it('a turn that throws is one error, and the next messages run', async () => {
      const stage = await scene();
      stage.bot.logic = async (context) => {
        if (context.activity.text === 'bad') throw new TypeError('no such thing');
        if (context.activity.type === 'message') await context.sendActivity(`bot: ${context.activity.text}`);
      };
      await stage.deliver([message('one'), message('bad'), message('two')]);
      expect(stage.customer.hears()).to.deep.equal([]);
    });
  });

  it('the same delivery twice, or three times at once, runs once', async () => {
    for (const how of ['after', 'together', 'sameDelivery'] as const) {
      const stage = await scene();
      stage.sim.weather.duplicates = 2;
      stage.sim.weather.duplicatesCome = how;
      await stage.customer.says('hello');
      await stage.customer.says('talk to agent');
      await stage.agent.says(PSID, 'hi');
      await stage.agent.handsBack(PSID, 'x');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.customer.hears().filter((text) => text === 'bot: hello')).to.have.length(1);
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('returned')).to.have.length(1);
      expect(stage.news('standbyMessage')).to.have.length(1);
      await closeScenes();
    }
  });

  it("works whatever Meta's undocumented habits are", async () => {
    const habits: SimulatorOptions[] = [
      { passInformsPrevious: true },
      { takeInforms: 'all', previousOwnerWhenIdle: 'absent' },
      { sendTakesIdle: false },
      { receipts: true, standbyCarriesEverything: true },
      { routing: false },
      { routing: false, passInformsPrevious: true, takeInforms: 'all', receipts: true },
    ];
    for (const sim of habits) {
      for (const template of ['everyTurn', 'messagesOnly'] as const) {
        const what = `${JSON.stringify(sim)} ${template}`;
        const stage = await scene({ sim });
        dialogBot(stage.bot, template);
        await stage.customer.says('hello');
        await stage.customer.says('agent please');
        await stage.agent.says(PSID, 'hi');
        await stage.customer.says('hello agent');
        await stage.customer.reads();
        await stage.agent.handsBack(PSID, 'x');
        await stage.customer.says('one');
        await stage.customer.says('agent please');
        await stage.customer.says('hello agent');
        await stage.agent.releases(PSID);
        await stage.customer.says('two');
        await stage.customer.says('three');
        expect(
          stage.bot.results.map(({ via }) => via),
          what,
        ).to.deep.equal(['passBack', 'message']);
        expect(
          stage.customer.hears().filter((text) => text.startsWith('ended')),
          what,
        ).to.have.length(2);
        expect(stage.customer.hears().at(-1), what).to.equal('bot: three');
        expect(stage.news('passed'), what).to.have.length(2);
        expect(stage.news('returned'), what).to.have.length(2);
        expect(stage.bot.errors, what).to.deep.equal([]);
        expect(saidOverOthers(stage), what).to.deep.equal([]);
        await closeScenes();
      }
    }
  });

  it('in one delivery is worked off in order: a hand-back and what the customer says next', async () => {
    for (const template of ['everyTurn', 'messagesOnly'] as const) {
      const stage = await scene();
      dialogBot(stage.bot, template);
      await stage.customer.says('agent please');
      stage.sim.weather.batchingMs = 100;
      void stage.agent.handsBack(PSID, 'x');
      void stage.customer.says('thanks');
      void stage.customer.says('bye');
      await stage.sim.clock.advance(200);
      stage.calm();
      await stage.sim.settled();
      await stage.clock.advance(1000);
      expect(
        stage.bot.results.map(({ via }) => via),
        template,
      ).to.have.length(1);
      expect(stage.news('returned'), template).to.have.length(1);
      expect(stage.customer.hears().at(-1), template).to.equal('bot: bye');
      await closeScenes();
    }
  });

  it('in one delivery: what stands before a take by another app is not answered any more', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    stage.sim.weather.batchingMs = 100;
    void stage.customer.says('a question');
    void stage.inbox.movesToMain(PSID);
    await stage.sim.clock.advance(200);
    stage.calm();
    await stage.sim.settled();
    expect(stage.bot.heard).to.deep.equal(['hello']);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('works in all weathers: stamps in seconds, clocks minutes apart, duplicates', async () => {
    for (const skewMs of [0, -7 * 60_000, 7 * 60_000]) {
      for (const timestampsInSeconds of [false, true]) {
        const stage = await scene();
        dialogBot(stage.bot, 'everyTurn');
        Object.assign(stage.sim.weather, { clockSkewMs: skewMs, timestampsInSeconds, duplicates: 1 });
        const what = `${skewMs} ms, ${timestampsInSeconds ? 's' : 'ms'}`;
        await stage.customer.says('hello');
        await stage.clock.advance(2000);
        await stage.customer.says('agent please');
        await stage.clock.advance(2000);
        await stage.agent.says(PSID, 'hi');
        await stage.customer.says('hello agent');
        await stage.clock.advance(2000);
        await stage.agent.handsBack(PSID, 'x');
        await stage.clock.advance(2000);
        await stage.customer.says('thanks');
        expect(
          stage.bot.results.map(({ outcome }) => outcome),
          what,
        ).to.deep.equal(['completed']);
        expect(stage.customer.hears().at(-1), what).to.equal('bot: thanks');
        expect(
          stage.customer.hears().filter((text) => text.startsWith('ended')),
          what,
        ).to.have.length(1);
        expect(saidOverOthers(stage), what).to.deep.equal([]);
        await closeScenes();
      }
    }
  });
});
