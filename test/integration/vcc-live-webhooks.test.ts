/** VCC Live's own webhooks over real HTTP: what they tell is in the result, and a thread left behind comes home once. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import { createServer as createRestify } from 'restify';
import type { VccLiveWebhookOptions } from 'botbuilder-handover-vcclive';
import type { Bot, Scene, SceneOptions } from './scene.js';
import { PSID, breath, closeScenes, dialogBot, echoing, saidOverOthers, scene } from './scene.js';
import { recordsIn } from '../store/thread-records.js';
import { listenLocally, stopServer } from '../kit/listening.js';
import { loggerInto } from '../kit/loggers.js';

const SECRET = 'a secret & more';
const SECOND_MS = 1000;
/** A process looks for deadlines every five seconds. */
const LOOK_MS = 5000;
const DEFAULT_TAKE_BACK_MS = 30_000;
const UNKNOWN_ID = 'deadbeef'.repeat(4);

const servers: Server[] = [];

describe('a webhook of VCC Live', () => {
  afterEach(async () => {
    await closeScenes();
    for (const server of servers.splice(0)) {
      await stopServer(server);
    }
  });

  describe('that says a chat is closed', () => {
    it('before the thread is passed back: the dialog goes on with all that it told', async () => {
      const stage = await waiting();
      expect((await stage.agent.closesChat(PSID, { disposition: 'lost' })).status).to.equal(200);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.bot.results).to.deep.equal([]);
      await stage.agent.handsBack(PSID, 'bye');
      expect(stage.bot.results).to.have.length(1);
      expect(stage.bot.results[0]).to.deep.include({
        outcome: 'completed',
        via: 'passBack',
        metadata: 'bye',
        disposition: 'lost',
        agent: 'Anna Agent',
        queue: 'Messenger',
        slaStatus: 'within SLA',
        chatId: '1000',
        ticketId: '1000',
      });
      expect(stage.bot.results[0]).not.to.have.property('transcript');
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.bot.results).to.have.length(1);
    });

    it('after the thread is passed back: answered 200, and nothing is done twice', async () => {
      const stage = await waiting();
      await stage.agent.handsBack(PSID);
      const heard = stage.customer.hears().length;
      expect((await stage.agent.closesChat(PSID)).status).to.equal(200);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.bot.results.map(({ via }) => via)).to.deep.equal(['passBack']);
      expect(stage.customer.hears()).to.have.length(heard);
      expect(stage.news('vccLiveEvent')).to.deep.equal([]);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
    });

    it('and nothing else comes: the thread is taken back at the time, and the dialog goes on', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID, { disposition: 'missed' });
      await lapse(stage, DEFAULT_TAKE_BACK_MS - LOOK_MS);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 3 * LOOK_MS);
      expect(stage.owner()).to.equal('bot');
      expect(stage.bot.results).to.have.length(1);
      expect(stage.bot.results[0]).to.include({
        outcome: 'completed',
        via: 'vccLiveWebhook',
        disposition: 'missed',
      });
      expect(stage.customer.hears().at(-1)).to.equal('ended: completed via vccLiveWebhook');
      expect(stage.news('returned')).to.have.length(1);
      const [take] = stage.calls('take_thread_control');
      expect(JSON.stringify(take?.body)).to.include('chatClosed');
      // The deadline comes once more when the process's lease on it is over, and is dropped then.
      await lapse(stage, 70 * SECOND_MS);
      expect(await stage.store.takeDue(stage.clock.now() + 3_600_000, 10, 1), 'nothing left to do').to.deep.equal([]);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('and the thread was released without a word: the dialog goes on, and nothing is taken', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await stage.agent.releases(PSID);
      expect(stage.bot.results).to.deep.equal([]);
      await lapse(stage, DEFAULT_TAKE_BACK_MS + 2 * LOOK_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.bot.results.map(({ outcome, via, disposition }) => [outcome, via, disposition])).to.deep.equal([
        ['completed', 'vccLiveWebhook', 'completed'],
      ]);
    });

    it('and the customer writes after a silent release: home by that message, with what was told', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await stage.agent.releases(PSID);
      await stage.customer.says('are you there?');
      expect(stage.bot.results[0]).to.include({ via: 'message', disposition: 'completed' });
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.bot.results).to.have.length(1);
    });

    it('and the Page inbox has the thread meanwhile: nothing is taken from it', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await stage.inbox.replies(PSID, 'This is the Page.');
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.owner()).to.equal('inbox');
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
    });

    for (const [why, weather, error] of [
      ['routing is off, 27/2018464', 'routingOff', { metaCode: 27, metaSubcode: 2018464 }],
      ['the Page does not allow it, 10', 'takeNotAllowed', { metaCode: 10 }],
    ] as const) {
      it(`and Meta refuses the take (${why}): said once, and not tried again within the hour, not by a timer either`, async () => {
        const stage = await waiting({ handover: { timers: { maximumMs: 120 * SECOND_MS } } });
        stage.sim.weather[weather] = true;
        await stage.agent.closesChat(PSID);
        await lapse(stage, 240 * SECOND_MS);
        expect(stage.calls('take_thread_control')).to.have.length(1);
        expect(stage.news('failed').map((news) => news.error)).to.have.length(1);
        expect(stage.news('failed')[0]?.error).to.include(error);
        expect(stage.owner()).to.equal('vccLive');
        await stage.agent.closesChat(PSID);
        await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
        expect(stage.calls('take_thread_control')).to.have.length(1);
        expect(stage.lines.filter((line) => /could not take the thread back/.test(line))).to.have.length(1);
        stage.calm();
        await stage.agent.handsBack(PSID);
        expect(stage.bot.results.map(({ outcome, via }) => [outcome, via])).to.deep.equal([['completed', 'passBack']]);
      });
    }

    it('and Meta does not say who has the thread: asked again until it does', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      stage.sim.weather.deadToken.always();
      await lapse(stage, DEFAULT_TAKE_BACK_MS + 2 * LOOK_MS);
      expect(stage.bot.results).to.deep.equal([]);
      stage.calm();
      await lapse(stage, 90 * SECOND_MS);
      expect(stage.bot.results.map(({ via }) => via)).to.deep.equal(['vccLiveWebhook']);
    });

    it('and the agent goes on writing: the chat is open again, and nothing is taken', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await lapse(stage, DEFAULT_TAKE_BACK_MS - LOOK_MS);
      await stage.agent.says(PSID, 'One more thing.');
      await lapse(stage, 4 * DEFAULT_TAKE_BACK_MS);
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
    });

    it('comes again, once and twice: told once, and no later home for it', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await lapse(stage, DEFAULT_TAKE_BACK_MS - LOOK_MS);
      for (let times = 0; times < 2; times += 1) {
        expect((await stage.agent.closesChat(PSID)).status).to.equal(200);
      }
      await lapse(stage, 3 * LOOK_MS);
      expect(stage.news('vccLiveEvent')).to.have.length(1);
      expect(stage.bot.results.map(({ via }) => via)).to.deep.equal(['vccLiveWebhook']);
    });

    it('takes nothing back where that is switched off', async () => {
      const stage = await waiting({ webhook: { takeBackAfterMs: false } });
      await stage.agent.closesChat(PSID);
      await lapse(stage, 10 * DEFAULT_TAKE_BACK_MS, 30 * SECOND_MS);
      expect(stage.owner()).to.equal('vccLive');
      await stage.agent.handsBack(PSID);
      expect(stage.bot.results[0]).to.include({ via: 'passBack', disposition: 'completed' });
    });

    it('waits as long as it is told to', async () => {
      const stage = await waiting({ webhook: { takeBackAfterMs: 5 * 60 * SECOND_MS } });
      await stage.agent.closesChat(PSID);
      await lapse(stage, 5 * 60 * SECOND_MS - LOOK_MS);
      expect(stage.owner()).to.equal('vccLive');
      await lapse(stage, 3 * LOOK_MS);
      expect(stage.owner()).to.equal('bot');
    });

    it('and a timer comes first: ended by the timer, with what was told', async () => {
      const stage = await waiting({ handover: { timers: { unclaimedMs: 10 * SECOND_MS } } });
      await stage.agent.closesChat(PSID, { disposition: 'missed' });
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.bot.results.map(({ outcome, via, disposition }) => [outcome, via, disposition])).to.deep.equal([
        ['unclaimed', 'timer', 'missed'],
      ]);
      expect(stage.calls('take_thread_control')).to.have.length(1);
    });

    it('and the application takes the thread: the result has it too', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      await stage.bot.handover.take(stage.thread);
      await breath(20);
      expect(stage.bot.results[0]).to.include({ outcome: 'takenBack', via: 'take', disposition: 'completed' });
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.bot.results).to.have.length(1);
    });

    it('without attach the dialog goes on with the next message', async () => {
      const stage = await scene();
      dialogBot(stage.bot, 'messagesOnly');
      await connect(stage, {});
      await stage.customer.says('agent please');
      await stage.agent.closesChat(PSID);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.owner()).to.equal('bot');
      expect(stage.bot.results).to.deep.equal([]);
      await stage.customer.says('hello?');
      expect(stage.bot.results[0]).to.include({ via: 'vccLiveWebhook', disposition: 'completed' });
    });

    it('where no dialog waits: `returned` tells it, and the text of a thread that came home is said', async () => {
      const stage = await scene({ handover: { texts: { returned: 'Back with the bot.' } } });
      stage.bot.logic = echoing;
      stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
      await connect(stage, {});
      await stage.customer.says('talk to agent');
      await stage.agent.closesChat(PSID);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.news('returned')[0]?.result).to.include({ via: 'vccLiveWebhook', disposition: 'completed' });
      expect(stage.customer.hears().at(-1)).to.equal('Back with the bot.');
      expect(stage.bot.events).not.to.include('handoff.status');
    });
  });

  describe('about a ticket', () => {
    it('that waits for an agent tells so, and closes nothing', async () => {
      const stage = await waiting();
      await stage.agent.changesTicket(PSID, { action: 'add', status: 'park', substatus: 'waiting4agent' });
      expect(stage.news('vccLiveEvent').map(({ event }) => event)).to.have.nested.property(
        '[0].substatus',
        'waiting4agent',
      );
      expect((await stage.record())?.open?.report).to.include({ ticketId: '1000', ticketSubstatus: 'waiting4agent' });
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.owner()).to.equal('vccLive');
    });

    for (const [what, change] of [
      ['closed', { status: 'closed', substatus: 'unsuccessful' }],
      ['deleted', { action: 'delete' }],
    ] as const) {
      it(`that is ${what} closes the chat`, async () => {
        const stage = await waiting();
        await stage.agent.changesTicket(PSID, change);
        await lapse(stage, DEFAULT_TAKE_BACK_MS + 2 * LOOK_MS);
        expect(stage.owner()).to.equal('bot');
        expect(stage.bot.results[0]).to.include({ via: 'vccLiveWebhook', ticketId: '1000' });
      });
    }

    it('that is closed, and queued again: the customer stays in the queue', async () => {
      const stage = await waiting();
      await stage.agent.changesTicket(PSID, { status: 'closed' });
      await stage.agent.changesTicket(PSID, { status: 'park', substatus: 'waiting4agent' });
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.owner()).to.equal('vccLive');
    });
  });

  describe('what customer and agent wrote', () => {
    it('is in the event, and stored nowhere', async () => {
      const stage = await waiting();
      await stage.agent.says(PSID, 'a word of the agent');
      await stage.agent.closesChat(PSID);
      const [told] = stage.news('vccLiveEvent');
      expect(told).to.deep.include({ thread: stage.thread, handoverId: stage.news('passed')[0]?.handoverId });
      expect(JSON.stringify(told?.event)).to.include('a word of the agent');
      expect(JSON.stringify(await stage.record())).not.to.include('a word of the agent');
      await stage.agent.handsBack(PSID);
      expect(JSON.stringify(await stage.record())).not.to.include('a word of the agent');
      expect(stage.bot.results[0]).to.include({ disposition: 'completed' }).and.not.to.have.property('transcript');
    });

    it('is in the result where the application has it kept', async () => {
      const stage = await waiting({ webhook: { keepTranscript: true } });
      await stage.agent.says(PSID, 'a word of the agent');
      await stage.agent.closesChat(PSID);
      await stage.agent.handsBack(PSID);
      expect(stage.bot.results[0]?.transcript?.at(-1)).to.include({ message: 'a word of the agent' });
      expect(stage.bot.results[0]?.transcript?.[0]).to.include({ from: 'customer', message: 'agent please' });
    });
  });

  describe('on several processes', () => {
    it('one of them works the closed chat off, and the dialog ends once', async () => {
      const stage = await waiting({ bots: 2 });
      await stage.agent.closesChat(PSID);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.calls('take_thread_control')).to.have.length(1);
      expect(resultsOf(stage)).to.deep.equal([['completed', 'vccLiveWebhook', 'completed']]);
    });

    it('a restart between the webhook and its time changes nothing', async () => {
      const stage = await waiting({ bots: 2 });
      await stage.agent.closesChat(PSID);
      stage.bot.die();
      await lapse(stage, DEFAULT_TAKE_BACK_MS + 60 * SECOND_MS + 3 * LOOK_MS);
      expect(stage.owner()).to.equal('bot');
      expect(resultsOf(stage)).to.deep.equal([['completed', 'vccLiveWebhook', 'completed']]);
    });

    it('the other one, which has no route but timers, works it off too', async () => {
      const stage = await scene({ bots: 2, handover: { timers: { maximumMs: 3_600_000 } } });
      for (const bot of stage.bots) {
        dialogBot(bot, 'everyTurn');
        bot.handover.attach(bot.adapter, bot.run);
      }
      await connect(stage, {});
      await stage.customer.says('agent please');
      await stage.agent.closesChat(PSID);
      stage.bot.die();
      await lapse(stage, DEFAULT_TAKE_BACK_MS + 60 * SECOND_MS + 3 * LOOK_MS);
      expect(resultsOf(stage)).to.deep.equal([['completed', 'vccLiveWebhook', 'completed']]);
    });

    it('a hand-back at the same moment: one resume', async () => {
      for (const handsBackFirst of [true, false]) {
        const stage = await waiting({ bots: 2 });
        await stage.agent.closesChat(PSID);
        await lapse(stage, DEFAULT_TAKE_BACK_MS - LOOK_MS);
        const acts = [() => stage.agent.handsBack(PSID), () => stage.clock.advance(2 * LOOK_MS)];
        if (!handsBackFirst) acts.reverse();
        await Promise.all(acts.map((act) => act().catch(() => undefined)));
        await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
        expect(resultsOf(stage)).to.have.length(1);
        expect(stage.news('returned')).to.have.length(1);
        expect(stage.owner()).to.equal('bot');
      }
    });

    it('the same webhook at both at once: told once, home once', async () => {
      const stage = await waiting({ bots: 2 });
      const body = JSON.stringify({ chatId: 1, disposition: 'lost', clientData: { bot: handoverIdOf(stage) } });
      const answers = await Promise.all(stage.urls.map((url) => post(`${url}?${secret()}`, body)));
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200]);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.news('vccLiveEvent')).to.have.length(1);
      expect(resultsOf(stage)).to.deep.equal([['completed', 'vccLiveWebhook', 'lost']]);
    });
  });

  describe('while another handover takes the place of its own', () => {
    const replaced = (stage: Scene): Promise<unknown> =>
      recordsIn(stage.store).update(stage.thread, (current) => {
        if (!current?.open) throw new Error('nothing is open');
        const { report, ...open } = current.open;
        return { record: { ...current, open: { ...open, id: UNKNOWN_ID } }, value: report };
      });

    it('tells nothing about that one', async () => {
      const stage = await waiting();
      const findHandover = stage.bot.store.findHandover.bind(stage.bot.store);
      stage.bot.store.findHandover = async (id) => {
        const found = await findHandover(id);
        await replaced(stage);
        return found;
      };
      expect((await stage.agent.closesChat(PSID)).status).to.equal(200);
      expect((await stage.record())?.open)
        .to.include({ id: UNKNOWN_ID })
        .and.not.to.have.property('report');
      expect(stage.news('vccLiveEvent')).to.deep.equal([]);
    });

    it('does not end that one, though the take that was under way succeeds', async () => {
      const stage = await waiting();
      await stage.agent.closesChat(PSID);
      const { store } = stage.bot;
      const update: typeof store.update = store.update.bind(store);
      store.update = async (thread, change) => {
        if (stage.calls('take_thread_control').length === 1 && (await stage.record())?.open?.id !== UNKNOWN_ID) {
          await replaced(stage);
        }
        return update(thread, change);
      };
      await lapse(stage, DEFAULT_TAKE_BACK_MS + 2 * LOOK_MS);
      expect(stage.calls('take_thread_control')).to.have.length(1);
      expect((await stage.record())?.open).to.include({ id: UNKNOWN_ID });
      expect(stage.news('returned')).to.deep.equal([]);
    });
  });

  it('and every other way home, in random orders on two processes: one conclusion, one resume, the facts kept', async () => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const chance = dice(seed);
      const stage = await waiting({ bots: 2, handover: { timers: { maximumMs: 300 * SECOND_MS } } });
      stage.sim.weather.duplicates = chance(2);
      const ways: (() => Promise<unknown>)[] = [
        () => stage.agent.closesChat(PSID, { disposition: 'lost' }),
        () => stage.agent.closesChat(PSID, { disposition: 'lost' }),
        () => stage.agent.changesTicket(PSID, { status: 'closed' }),
        () => stage.agent.handsBack(PSID),
        () => stage.agent.releases(PSID),
        () => stage.customer.says('hello?'),
        () => stage.bots[chance(2)]!.handover.take(stage.thread),
        () => lapse(stage, chance(60) * SECOND_MS),
        () => lapse(stage, chance(60) * SECOND_MS),
      ];
      const order = ways
        .map((way) => ({ way, at: chance(1000) }))
        .sort((a, b) => a.at - b.at)
        .map(({ way }) => way);
      for (let first = 0; first < order.length; first += 2) {
        // A turn in one process waits for that of the other, by the clock.
        const both = order.slice(first, first + 2).map((act) => act().catch(() => undefined));
        await stage.clock.rush(Promise.all(both));
      }
      await lapse(stage, 330 * SECOND_MS, 15 * SECOND_MS);
      await stage.clock.rush(stage.customer.says('and now?'));
      const results = stage.bots.flatMap((bot) => bot.results);
      expect(results, `seed ${seed}`).to.have.length(1);
      expect(stage.news('returned'), `seed ${seed}`).to.have.length(1);
      expect(saidOverOthers(stage), `seed ${seed}`).to.deep.equal([]);
      const [known] = stage.news('vccLiveEvent').filter(({ event }) => event.kind === 'chatClosed');
      expect(results[0]?.disposition, `seed ${seed}`).to.equal(known ? 'lost' : undefined);
      await stage.close();
    }
  }).timeout(120_000);

  describe('finds its handover', () => {
    it('by the id in any field; where none has one, answers 200 and does nothing', async () => {
      const stage = await waiting();
      for (const body of [
        { chatId: 1, disposition: 'lost' },
        { chatId: 1, disposition: 'lost', clientData: { bot: UNKNOWN_ID } },
        { chatId: 1, disposition: 'lost', conversation: [{ from: 'x', date: '', message: handoverIdOf(stage) }] },
      ]) {
        expect((await stage.sends(JSON.stringify(body))).status).to.equal(200);
      }
      expect((await stage.record())?.open?.report).to.equal(undefined);
      const body = { chatId: 1, clientData: { crm: UNKNOWN_ID, bot: `id ${handoverIdOf(stage)}` } };
      expect((await stage.sends(JSON.stringify(body))).status).to.equal(200);
      expect((await stage.record())?.open?.report).to.include({ chatId: '1' });
    });

    it('never by the id of one that has ended, though the thread has another open', async () => {
      const stage = await waiting();
      const ended = handoverIdOf(stage);
      await stage.agent.handsBack(PSID);
      await stage.customer.says('agent please');
      await stage.sends(JSON.stringify({ chatId: 1, clientData: { bot: ended } }));
      expect((await stage.record())?.open?.report).to.equal(undefined);
      await lapse(stage, 2 * DEFAULT_TAKE_BACK_MS);
      expect(stage.owner()).to.equal('vccLive');
    });

    it('by functions of the application’s', async () => {
      const stage = await waiting({
        webhook: { handoverIdOf: async (event) => (event.raw as { ext?: string }).ext?.replace('bot-', '') },
      });
      await stage.sends(JSON.stringify({ chatId: 7, ext: `bot-${handoverIdOf(stage)}` }));
      expect((await stage.record())?.open?.report).to.include({ chatId: '7' });

      const threads = new Map([['31', { pageId: stage.thread.pageId, psid: PSID }]]);
      const other = await waiting({ webhook: { threadOf: (event) => threads.get(event.contactId ?? '') } });
      await other.sends(JSON.stringify({ chatId: 8, contactId: 31 }));
      expect((await other.record())?.open?.report).to.include({ chatId: '8' });
      await other.sends(JSON.stringify({ chatId: 9, contactId: 32 }));
      expect((await other.record())?.open?.report).to.include({ chatId: '8' });
      await other.agent.handsBack(PSID);
      expect((await other.sends(JSON.stringify({ chatId: 10, contactId: 31 }))).status).to.equal(200);
      expect(other.news('vccLiveEvent')).to.have.length(1);
    });

    it('never the next one of its thread, by a function: what comes late belongs to the one that has ended', async () => {
      const stage = await waiting({ webhook: { threadOf: () => ({ pageId: stage.thread.pageId, psid: PSID }) } });
      const ended = handoverIdOf(stage);
      await stage.sends(JSON.stringify({ chatId: 7 }));
      await stage.agent.handsBack(PSID);
      await stage.customer.says('agent please');
      await stage.sends(JSON.stringify({ chatId: 7 }));
      await stage.sends(JSON.stringify({ chatId: 8, clientData: { bot: ended } }));
      expect((await stage.record())?.open?.report).to.equal(undefined);
      await stage.sends(JSON.stringify({ chatId: 9 }));
      expect((await stage.record())?.open?.report).to.include({ chatId: '9' });
    });

    it('and says which function failed, without its text', async () => {
      for (const [threadOf, line] of [
        [() => Promise.reject(new TypeError('my secret')), /"threadOf" threw TypeError/],
        [() => 'PSID' as never, /"threadOf" gave a string; it must give { pageId, psid }/],
      ] as const) {
        const stage = await waiting({ webhook: { threadOf } });
        expect((await stage.sends('{"chatId":1}')).status).to.equal(500);
        expect(stage.lines.join('\n')).to.match(line).and.not.to.include('my secret');
      }
    });

    it('by itself where "handoverIdOf" fails, and asks "threadOf" then too', async () => {
      for (const handoverIdOf of [() => Promise.reject(new TypeError('my secret')), () => 7 as never]) {
        const stage = await waiting({ webhook: { handoverIdOf } });
        const openId = stage.news('passed')[0]?.handoverId as string;
        const body = JSON.stringify({ chatId: 7, clientData: { bot: openId } });
        expect((await stage.sends(body)).status).to.equal(200);
        expect((await stage.record())?.open?.report).to.include({ chatId: '7' });
        expect(stage.lines.join('\n'))
          .to.match(/"handoverIdOf"/)
          .and.not.to.include('my secret');

        const other = await waiting({ webhook: { handoverIdOf, threadOf: async () => other.thread } });
        expect((await other.sends('{"chatId":8}')).status).to.equal(200);
        expect((await other.record())?.open?.report).to.include({ chatId: '8' });
      }
    });

    it('in time: a function that hangs is not waited for', async () => {
      const stage = await waiting({ webhook: { threadOf: () => new Promise(() => undefined) } });
      expect((await stage.clock.rush(stage.sends('{"chatId":1}'))).status).to.equal(500);
      expect(stage.lines.join('\n')).to.match(/"threadOf" did not answer within 3000 ms/);
    });
  });

  describe('is answered', () => {
    it('401 with a wrong or missing secret, whatever it says, and nothing is done', async () => {
      const stage = await waiting();
      const body = JSON.stringify({ chatId: 1, clientData: { bot: handoverIdOf(stage) } });
      for (const query of ['', '?secret-key=', '?secret-key=guess', `?${secret()}&${secret()}`, '?secret=x']) {
        expect((await post(`${stage.url}${query}`, body)).status, query).to.equal(401);
      }
      expect((await stage.record())?.open?.report).to.equal(undefined);
      // One for each reason: missing, wrong, there twice. The others of the minute are counted.
      expect(stage.lines).to.have.length(3);
      expect(stage.lines.join('\n')).not.to.include(SECRET).and.not.to.include('guess');
    });

    it('405 to another method, 413 to too much, 400 to what cannot be read, 200 to another webhook', async () => {
      const stage = await waiting({ webhook: { maxBodyBytes: 2000 } });
      const url = `${stage.url}?${secret()}`;
      const got = await fetch(url);
      expect([got.status, got.headers.get('allow')]).to.deep.equal([405, 'POST']);
      expect((await stage.sends(JSON.stringify({ chatId: 1, conversation: 'x'.repeat(3000) }))).status).to.equal(413);
      for (const body of ['', 'no JSON', '[]', '"chat"', 'null', '{"chatId":']) {
        expect((await stage.sends(body)).status, body).to.equal(400);
      }
      expect((await stage.sends('{"uuid":"a call"}')).status).to.equal(200);
      expect(stage.lines.join('\n')).to.match(/neither Chat \(Async\) nor Ticket Status/);
    });

    it('503 while the store does not answer, and 200 after that', async () => {
      const stage = await waiting();
      const body = JSON.stringify({ chatId: 1, clientData: { bot: handoverIdOf(stage) } });
      stage.bot.store.lost = true;
      expect((await stage.sends(body)).status).to.equal(503);
      stage.bot.store.lost = false;
      expect((await stage.sends(body)).status).to.equal(200);
      expect((await stage.record())?.open?.report).to.include({ chatId: '1' });
    });

    it('with an encrypted body as with a plain one; a plain one is refused then', async () => {
      for (const randomIv of [true, false]) {
        const encryption = { cipher: 'aes-256-ctr', key: 'very secret key' };
        const stage = await waiting({ webhook: { encryption, secretParameter: 'token' } });
        const { urls } = stage;
        const target = { secret: SECRET, secretParameter: 'token' };
        stage.sim.connectVccLive({ ...target, url: urls[0] ?? '', encryption: { ...encryption, randomIv } });
        expect((await stage.agent.closesChat(PSID, { disposition: 'lost' })).status).to.equal(200);
        expect((await stage.record())?.open?.report).to.include({ disposition: 'lost' });

        stage.sim.connectVccLive({ ...target, url: urls[0] ?? '' });
        expect((await stage.agent.closesChat(PSID)).status).to.equal(400);
        stage.sim.connectVccLive({ ...target, url: urls[0] ?? '', encryption: { ...encryption, key: 'wrong' } });
        expect((await stage.agent.closesChat(PSID)).status).to.equal(400);
        expect(stage.lines.join('\n'))
          .to.match(/not base64/)
          .and.match(/another key/);
        expect(stage.lines.join('\n')).not.to.include('very secret key');
      }
    });

    for (const [house, houseOf] of Object.entries(houses())) {
      it(`in ${house}`, async () => {
        const stage = await waiting({ houseOf });
        expect((await stage.agent.closesChat(PSID, { disposition: 'lost' })).status).to.equal(200);
        expect((await stage.record())?.open?.report).to.include({ disposition: 'lost' });
        expect((await post(`${stage.url}?secret-key=no`, '{}')).status).to.equal(401);
      });
    }
  });

  it('has options that are checked at the start, and no error shows the secret', async () => {
    const { bot } = await scene();
    for (const [change, option] of [
      [{ secret: '' }, 'secret'],
      [{ secret: ` ${SECRET}` }, 'secret'],
      [{ secret: undefined }, 'secret'],
      [{ secretParameter: '' }, 'secretParameter'],
      [{ secretParameter: 'iv' }, 'secretParameter'],
      [{ encryption: 'aes-256-ctr' }, 'encryption'],
      [{ encryption: { cipher: 'aes-256-gcm', key: 'k' } }, 'encryption.cipher'],
      [{ encryption: { cipher: 'aes-256-ctr', key: '' } }, 'encryption.key'],
      [{ maxBodyBytes: 0 }, 'maxBodyBytes'],
      [{ takeBackAfterMs: 0 }, 'takeBackAfterMs'],
      [{ takeBackAfterMs: '30' }, 'takeBackAfterMs'],
      [{ keepTranscript: 'yes' }, 'keepTranscript'],
      [{ threadOf: {} }, 'threadOf'],
      [{ handoverIdOf: 'id' }, 'handoverIdOf'],
    ] as const) {
      expect(() => bot.handover.vccLiveWebhook({ secret: SECRET, ...change } as never), option)
        .to.throw(new RegExp(`Option "${option.replace('.', '\\.')}"`))
        .with.property('message')
        .that.does.not.include(SECRET);
    }
    expect(() => bot.handover.vccLiveWebhook(undefined as never)).to.throw(/Option "options" is missing/);
  });
});

type House = (handler: ReturnType<Bot['handover']['vccLiveWebhook']>) => RequestListener | Server;

interface WaitingScene extends Scene {
  /** Each bot's route. */
  readonly urls: readonly string[];
  readonly url: string;
  /** What the first bot's plugin had to say in its log, without what is only information. */
  readonly lines: readonly string[];
  /** Sends a body to the first bot's route, with the secret. */
  sends(body: string): Promise<Response>;
}

interface WaitingOptions extends SceneOptions {
  readonly webhook?: Partial<VccLiveWebhookOptions>;
  readonly houseOf?: House;
}

/** A customer who waits for an agent, with a dialog that waits too, and a route for VCC Live's webhooks. */
async function waiting({ webhook = {}, houseOf, ...options }: WaitingOptions = {}): Promise<WaitingScene> {
  const lines: string[] = [];
  const logger = loggerInto(lines, 'warn', 'error');
  const stage = await scene({ ...options, handover: { logger, ...options.handover } });
  for (const bot of stage.bots) {
    dialogBot(bot, 'everyTurn');
    bot.handover.attach(bot.adapter, bot.run);
  }
  const urls: string[] = [];
  for (const bot of [...stage.bots].reverse()) urls.unshift(await connect(stage, webhook, bot, houseOf));
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  lines.length = 0;
  const url = urls[0] ?? '';
  return Object.assign(stage, { urls, url, lines, sends: (body: string) => post(`${url}?${secret()}`, body) });
}

/** Serves a bot's route, and tells the desk of it. */
async function connect(
  stage: Scene,
  webhook: Partial<VccLiveWebhookOptions>,
  bot = stage.bot,
  houseOf: House = (handler) => (req, res) => void handler(req, res),
): Promise<string> {
  const house = houseOf(bot.handover.vccLiveWebhook({ secret: SECRET, ...webhook }));
  const server = typeof house === 'function' ? createServer(house) : house;
  servers.push(server);
  const url = `${await listenLocally(server)}/vcc-live`;
  stage.sim.connectVccLive({ url, secret: SECRET });
  return url;
}

/** Every server that bots run in, with and without what reads bodies before the route. */
function houses(): Record<string, House> {
  return {
    express: (handler) => express().post('/vcc-live', (req, res) => void handler(req, res)),
    'express behind a body parser that keeps nothing': (handler) =>
      express()
        .use(express.json())
        .post('/vcc-live', (req, res) => void handler(req, res)),
    'express in a router': (handler) => express().use('/vcc-live', (req, res) => void handler(req, res)),
    restify: (handler) => {
      const server = createRestify();
      server.post('/vcc-live', handler);
      return server.server;
    },
  };
}

/** Whole numbers below a bound, the same ones for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

function secret(): string {
  return `secret-key=${encodeURIComponent(SECRET)}`;
}

function post(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

function handoverIdOf(stage: Scene): string {
  return stage.news('passed').at(-1)?.handoverId ?? '';
}

function resultsOf(stage: Scene): unknown[] {
  return stage.bots.flatMap((bot) => bot.results).map(({ outcome, via, disposition }) => [outcome, via, disposition]);
}

/** Time goes by in steps in which each process looks for deadlines once. */
async function lapse(stage: Scene, ms: number, stepMs = LOOK_MS): Promise<void> {
  for (let gone = 0; gone < ms; gone += stepMs) {
    await stage.clock.advance(Math.min(stepMs, ms - gone));
    // What a process does on a deadline is its own doing, not a delivery that the platform could wait for.
    await breath(5);
    await stage.sim.settled();
  }
}
