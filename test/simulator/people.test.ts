import { expect } from 'chai';
import { SimulatedRefusalError, PAGE_INBOX_APP_ID } from '../../src/simulator/index.js';
import { fixture, PSID, scene, type Scene } from './recording-bot.js';

const DAY_MS = 86_400_000;
const VCC = '900500600700800';
const BOT = '900100200300400';
const to = { recipient: { id: PSID } };

describe('People on the simulator', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await scene({ botAppId: BOT, vccLiveAppId: VCC });
  });
  afterEach(() => at.end());

  const last = (): { channel: string; item: any } => at.bot.items.at(-1)!;
  const toVcc = async (metadata?: string): Promise<void> => {
    await at.sim.customer(PSID).says('agent please');
    await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC, metadata });
  };
  /** Keys of an item, of its content, and the types of its values: what "the same shape" means. */
  const shape = (value: any): any =>
    typeof value !== 'object' || value === null
      ? typeof value
      : Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, shape(value[key])]),
        );
  const expectShape = (name: string): void => {
    const channel = name.startsWith('standby') ? 'standby' : 'messaging';
    expect(last().channel).to.equal(channel);
    expect(shape(last().item)).to.deep.equal(shape(fixture(name).entry[0][channel][0]));
  };

  describe('a customer', () => {
    it('writes into an idle thread: the default application hears it and owns the thread', async () => {
      expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: 'idle' });
      const mid = await at.sim.customer(PSID).says('hello');
      expectShape('messaging-message-text');
      expect(last().item.message).to.deep.equal({ mid, text: 'hello' });
      expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: BOT, expiresAtMs: at.sim.clock.now() + DAY_MS });
    });

    it('does everything that Meta has an event for', async () => {
      const customer = at.sim.customer(PSID);
      const mid = await customer.taps('Yes', 'YES');
      expectShape('messaging-message-quick-reply');
      await customer.presses('HANDOFF_REQUEST', 'Talk to an agent');
      expectShape('messaging-postback');
      await customer.sends({ type: 'image' });
      expectShape('messaging-message-attachment-image');
      await customer.sends({ type: 'location' });
      expectShape('messaging-message-attachment-location');
      await customer.reads();
      expectShape('messaging-read');
      await customer.reacts(mid);
      expectShape('messaging-reaction');
      await customer.reacts(mid, 'unreact');
      expectShape('messaging-reaction-unreact');
      await customer.unsends(mid);
      expectShape('messaging-message-unsent');
      await customer.follows('campaign-42');
      expectShape('messaging-referral-shortlink');
    });

    it('is heard on standby alone while VCC Live owns the thread, without a messaging array', async () => {
      await toVcc();
      const customer = at.sim.customer(PSID);
      await customer.says('are you there?');
      expectShape('standby-message-text');
      expect(at.bot.deliveries.at(-1)!.body.entry[0]).to.have.all.keys('id', 'time', 'standby');
      await customer.sends({ type: 'image' });
      expectShape('standby-message-attachment');
      await customer.reads();
      expectShape('standby-read');
      await customer.presses('UNKNOWN', 'Talk to an agent');
      expectShape('standby-postback-title-only');
      expect(at.sim.agent().sees(PSID).at(-1)).to.deep.include({ channel: 'messaging' });
    });

    it('reacts unheard by the bot while VCC Live owns the thread, unless it is the habit to carry it on standby', async () => {
      await toVcc();
      const before = at.bot.deliveries.length;
      await at.sim.customer(PSID).reacts('m_1');
      expect(at.bot.deliveries).to.have.length(before);
      at.sim.habits.standbyCarriesEverything = true;
      await at.sim.customer(PSID).reacts('m_1');
      expect(last().channel).to.equal('standby');
      expect(last().item).to.have.property('reaction');
    });

    it('presses the bot’s button while VCC Live owns the thread: the bot gets it with payload, VCC Live without', async () => {
      await at.sim.customer(PSID).says('hi');
      const buttons = [{ type: 'postback', title: 'Menu', payload: 'MENU' }];
      const payload = { template_type: 'button', text: 'choose', buttons };
      await at.call('POST', '/me/messages', { ...to, message: { attachment: { type: 'template', payload } } });
      await toVcc();
      await at.sim.customer(PSID).presses('MENU');
      expect(last().channel).to.equal('messaging');
      expect(last().item.postback).to.include({ title: 'Menu', payload: 'MENU' });
      const seen = at.sim.agent().sees(PSID).at(-1)!;
      expect([seen.channel, seen.item['postback']]).to.deep.equal(['standby', { title: 'Menu' }]);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
    });

    it('presses a button that has lost its payload', async () => {
      at.sim.weather.payloadlessPostback = true;
      await at.sim.customer(PSID).presses('MENU', 'Menu');
      expect(last().item.postback).to.deep.equal({ title: 'Menu' });
      await toVcc();
      await at.sim.customer(PSID).presses('MENU', 'Menu');
      expect(last()).to.deep.include({ channel: 'standby' });
      expect(last().item.postback).to.deep.equal({});
    });

    it('sees who wrote, and typing', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/messages', { ...to, sender_action: 'typing_on' });
      await at.call('POST', '/me/messages', { ...to, message: { text: 'from the bot' } });
      await toVcc();
      await at.sim.agent().says(PSID, 'from Anna');
      await at.sim.pageInbox().replies(PSID, 'from the inbox');
      expect(
        at.sim
          .customer(PSID)
          .inbox()
          .map(({ kind, from, text, appId }) => [kind, from, text, appId]),
      ).to.deep.equal([
        ['typing', 'bot', undefined, BOT],
        ['message', 'bot', 'from the bot', BOT],
        ['message', 'agent', 'from Anna', VCC],
        ['message', 'inbox', 'from the inbox', PAGE_INBOX_APP_ID],
      ]);
    });

    it('is stamped in milliseconds, each event later than the one before, or in seconds where the weather says so', async () => {
      await at.sim.customer(PSID).says('one');
      const first = last().item.timestamp;
      await at.sim.customer(PSID).says('two');
      expect(last().item.timestamp).to.be.greaterThan(first);
      at.sim.weather.timestampsInSeconds = true;
      await at.sim.customer(PSID).says('three');
      expect(last().item.timestamp).to.equal(Math.floor(at.sim.clock.now() / 1000));
    });
  });

  describe('control', () => {
    it('comes back by a pass, and the bot is told', async () => {
      await toVcc('{"v":1}');
      expect(
        at.bot.items.some(({ item }) => 'pass_thread_control' in item),
        'the passing app is not told',
      ).to.equal(false);
      const told = at.sim.agent().sees(PSID).at(-1)!;
      expect(told.item['pass_thread_control']).to.deep.equal({
        previous_owner_app_id: Number(BOT),
        new_owner_app_id: Number(VCC),
        metadata: '{"v":1}',
      });
      await at.sim.agent().handsBack(PSID, '{"disposition":"resolved"}');
      expectShape('handover-pass-back-to-bot');
      expect(last().item.pass_thread_control.metadata).to.equal('{"disposition":"resolved"}');
      expect(at.sim.agent().queue()).to.deep.equal([]);
    });

    it('tells the previous owner of a pass too, where that is the habit', async () => {
      at.sim.habits.passInformsPrevious = true;
      await toVcc();
      await at.sim.settled();
      expect(last().item.pass_thread_control.new_owner_app_id).to.equal(Number(VCC));
    });

    it('is released in silence: the bot hears nothing until the customer writes', async () => {
      await toVcc();
      const before = at.bot.deliveries.length;
      await at.sim.agent().releases(PSID);
      expect(at.bot.deliveries).to.have.length(before);
      expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: 'idle' });
      await at.sim.customer(PSID).says('still there?');
      expect(last()).to.deep.include({ channel: 'messaging' });
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
    });

    it('ends in silence 24 hours after the last activity', async () => {
      await toVcc();
      await at.sim.clock.advance(DAY_MS / 2);
      await at.sim.customer(PSID).says('hello?');
      const before = at.bot.deliveries.length;
      await at.sim.clock.advance(DAY_MS - 1);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      await at.sim.clock.advance(1);
      expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: 'idle' });
      expect(at.bot.deliveries).to.have.length(before);
      expect(at.sim.wire.of('owner').at(-1)).to.include({ from: VCC, to: 'idle', why: 'expired' });
    });

    it('is taken: the loser is told, nobody else', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.sim.agent().takes(PSID, 'agent took over');
      expectShape('handover-take-from-us');
      expect(
        at.sim
          .agent()
          .sees(PSID)
          .some(({ item }) => 'take_thread_control' in item),
      ).to.equal(false);
    });

    it('is taken: every app is told, where that is the habit', async () => {
      at.sim.habits.takeInforms = 'all';
      await at.sim.customer(PSID).says('hi');
      await at.sim.agent().takes(PSID);
      expect(at.sim.agent().sees(PSID).at(-1)!.item).to.have.property('take_thread_control');
      expect(at.sim.pageInbox().sees(PSID).at(-1)!.item).to.have.property('take_thread_control');
    });

    it('is taken from idle without a word', async () => {
      at.sim.habits.takeInforms = 'all';
      at.sim.customer(PSID);
      await at.sim.agent().takes(PSID);
      expect(at.bot.deliveries).to.deep.equal([]);
      expect(at.sim.agent().sees(PSID)).to.deep.equal([]);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
    });

    it('is requested: the owner is told', async () => {
      at.sim.habits.requestWithRouting = 'told';
      await at.sim.customer(PSID).says('hi');
      await at.sim.agent().requests(PSID, 'agent wants the conversation');
      expectShape('handover-request');
      await at.sim.agent().requests(PSID);
      expect(last().item.request_thread_control.metadata).to.equal(null);
    });

    it('passed out of idle names no previous owner, as null or not at all', async () => {
      for (const whenIdle of ['null', 'absent'] as const) {
        at.sim.habits.previousOwnerWhenIdle = whenIdle;
        at.sim.customer(PSID);
        await at.sim.agent().handsBack(PSID);
        const change = last().item.pass_thread_control;
        expect('previous_owner_app_id' in change).to.equal(whenIdle === 'null');
        expect(change.previous_owner_app_id ?? null).to.equal(null);
        await at.call('POST', '/me/release_thread_control', to);
      }
    });
  });

  describe('the Page Inbox', () => {
    it('takes the thread by answering, whatever the settings', async () => {
      at.sim.weather.takeNotAllowed = true;
      await at.sim.customer(PSID).says('hi');
      await at.sim.pageInbox().replies(PSID, 'Hi, this is Anna.');
      const taken = at.bot.items.at(-2)!.item;
      expect(taken.take_thread_control).to.deep.equal(
        fixture('handover-take-by-page-inbox').entry[0].messaging[0].take_thread_control,
      );
      expect(last().channel).to.equal('standby');
      expect(last().item.message).to.include({
        is_echo: true,
        app_id: Number(PAGE_INBOX_APP_ID),
        text: 'Hi, this is Anna.',
      });
      expect(at.sim.ownerOf(PSID).owner).to.equal(PAGE_INBOX_APP_ID);
    });

    it('takes by moving to main, and gives back when it is done', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.sim.pageInbox().movesToMain(PSID);
      expect(at.sim.ownerOf(PSID).owner).to.equal(PAGE_INBOX_APP_ID);
      await at.sim.pageInbox().marksDone(PSID);
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
      expect(last().item.pass_thread_control.previous_owner_app_id).to.equal(Number(PAGE_INBOX_APP_ID));
    });
  });

  describe('echoes', () => {
    it('reach the sender on messaging while it owns the thread', async () => {
      await at.sim.customer(PSID).says('hi');
      const message = { text: 'Connecting you to an agent.', metadata: 'bot:corr-0001' };
      const { body } = await at.call('POST', '/me/messages', { ...to, message });
      await at.sim.settled();
      expectShape('messaging-echo-own-app');
      expect(last().item.message).to.deep.equal({
        is_echo: true,
        app_id: Number(BOT),
        mid: body.message_id,
        ...message,
      });
      expect(at.sim.agent().sees(PSID).at(-1)).to.deep.include({ channel: 'standby' });
    });

    it('of the agent reach the bot on standby', async () => {
      await toVcc();
      await at.sim.agent().says(PSID, 'Hello, I am your agent.');
      expectShape('standby-echo-other-app-text');
    });
  });

  describe('receipts', () => {
    it('follow each message where that is the habit', async () => {
      at.sim.habits.receipts = true;
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/messages', { ...to, message: { text: 'hello' } });
      await at.sim.settled();
      const kinds = at.bot.items.map(({ item }) => ['delivery', 'read', 'message'].find((kind) => kind in item));
      expect(kinds).to.deep.equal(['message', 'message', 'delivery', 'read']);
      const delivery = at.bot.items.find(({ item }) => 'delivery' in item)!.item;
      expect(shape(delivery)).to.deep.equal(shape(fixture('messaging-delivery').entry[0].messaging[0]));
    });
  });

  describe('an agent', () => {
    it('is refused what the platform refuses, with Graph’s own body', async () => {
      await at.sim.customer(PSID).says('hi');
      const refusal = await at.sim
        .agent()
        .says(PSID, 'too early')
        .catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(SimulatedRefusalError);
      expect(refusal).to.include({ graphCode: 10, graphSubcode: 2018300 });
      expect(at.sim.customer(PSID).hears()).to.deep.equal([]);
    });

    it('extends control, and passes on to a third app', async () => {
      await toVcc();
      await at.sim.agent().extends(PSID, 7 * 24 * 3600);
      expect(at.sim.ownerOf(PSID).expiresAtMs).to.equal(at.sim.clock.now() + 7 * DAY_MS);
      await at.sim.agent().passesTo(PSID, PAGE_INBOX_APP_ID);
      expect(at.sim.ownerOf(PSID).owner).to.equal(PAGE_INBOX_APP_ID);
    });
  });

  describe('without a default application', () => {
    it('everybody hears and may answer, until an app owns the thread', async () => {
      at.sim.weather.routingOff = true;
      await at.sim.customer(PSID).says('hi');
      expect(last().channel).to.equal('messaging');
      expect(at.sim.agent().sees(PSID).at(-1)!.channel).to.equal('messaging');
      expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: 'idle' });
      await at.sim.agent().says(PSID, 'we both may');
      expect((await at.call('POST', '/me/messages', { ...to, message: { text: 'I too' } })).status).to.equal(200);
      await at.sim.agent().requests(PSID);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      expect(at.sim.agent().sees(PSID).at(-1)!.item).to.have.property('pass_thread_control');
      await at.sim.customer(PSID).says('and now?');
      expect(last().channel).to.equal('standby');
    });
  });

  describe('subscriptions', () => {
    const fields = (...names: string[]): Promise<unknown> =>
      at.call('POST', '/me/subscribed_apps', { subscribed_fields: names.join(',') });

    it('without standby the bot is blind during the agent session', async () => {
      await fields('messages', 'messaging_handovers', 'message_echoes');
      await toVcc();
      const before = at.bot.deliveries.length;
      await at.sim.customer(PSID).says('hello?');
      await at.sim.agent().says(PSID, 'hello');
      expect(at.bot.deliveries).to.have.length(before);
    });

    it('without messaging_handovers nobody tells it that the thread is back', async () => {
      await fields('messages', 'standby');
      await toVcc();
      const before = at.bot.deliveries.length;
      await at.sim.agent().handsBack(PSID);
      expect(at.bot.deliveries).to.have.length(before);
    });

    it('a field needs both the app and the Page', async () => {
      await at.end();
      at = await scene({ botAppFields: ['messaging_postbacks'] });
      await at.sim.customer(PSID).says('unheard');
      await at.sim.customer(PSID).presses('HEARD');
      expect(at.bot.items.map(({ item }) => Object.keys(item).at(-1))).to.deep.equal(['postback']);
    });
  });
});
