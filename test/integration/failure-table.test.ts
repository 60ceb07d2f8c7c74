import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import type { WebhookEntry } from 'botbuilder-handover-vcclive/simulator';
import { PSID, closeScenes, scene, type Scene } from './scene.js';
import { loggerInto } from '../kit/loggers.js';
import { recordsIn } from '../store/thread-records.js';

const FAILED = "I'm sorry, I could not reach an agent. Please try again in a few minutes.";
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const PASS = { edges: ['pass_thread_control'] };

describe('When things fail', () => {
  afterEach(closeScenes);

  /** Webhooks to the bot that bring customers' messages, with how each was answered. */
  function messages(on: Scene): WebhookEntry[] {
    return on.sim.wire.of('webhook').filter(({ appName, items }) => appName === 'bot' && /message/.test(items.join()));
  }

  function statuses(on: Scene): (number | undefined)[] {
    return messages(on).map(({ status }) => status);
  }

  /** The webhook of a hand-back. The simulator sends it behind the delivery that is under way; Meta need not. */
  function handBackBody({ sim, thread }: Scene, timestamp: number): string {
    const { botAppId, vccLiveAppId } = sim.settings;
    const control = { previous_owner_app_id: vccLiveAppId, new_owner_app_id: botAppId };
    const item = {
      sender: { id: thread.psid },
      recipient: { id: thread.pageId },
      timestamp,
      pass_thread_control: control,
    };
    return JSON.stringify({ object: 'page', entry: [{ id: thread.pageId, time: timestamp, messaging: [item] }] });
  }

  describe('A webhook', () => {
    it('that is not signed by Meta is answered 401, and nothing is processed', async () => {
      const on = await scene();
      const body = {
        object: 'page',
        entry: [
          { id: on.thread.pageId, time: 1, messaging: [{ sender: { id: PSID }, message: { mid: 'm', text: 'x' } }] },
        ],
      };

      expect((await on.sim.deliverRaw(body, { signWith: null })).status).to.equal(401);
      expect((await on.sim.deliverRaw(body, { signWith: 'a wrong secret' })).status).to.equal(401);
      const sha1Only = { 'X-Hub-Signature-256': undefined };
      expect((await on.sim.deliverRaw(body, { headers: sha1Only })).status).to.equal(401);

      expect(on.bot.turns).to.deep.equal([]);
      expect(await on.record()).to.equal(undefined);
    });

    it('that is no delivery of a Page is answered 400, 404 or 413', async () => {
      const on = await scene();

      expect((await on.sim.deliverRaw('hello')).status).to.equal(400);
      expect((await on.sim.deliverRaw({ object: 'instagram', entry: [] })).status).to.equal(404);
      expect((await on.sim.deliverRaw(`{"x":"${'y'.repeat(1024 * 1024)}"}`)).status).to.equal(413);
    });

    for (const item of ['app_roles', 'policy_enforcement', 'unknown', 'hop_context'] as const) {
      it(`with an odd item (${item}) beside a message brings the message`, async () => {
        const on = await scene();
        on.sim.weather.oddItems.always({ item });

        await on.customer.says('hello');

        expect(on.bot.heard).to.deep.equal(['hello']);
        expect(statuses(on)).to.deep.equal([200]);
      });
    }
  });

  describe('The store', () => {
    it('is unreachable when a delivery arrives: 503, nothing runs, and what Meta delivers again runs once', async () => {
      const on = await scene();
      on.bot.store.lost = true;

      await on.customer.says('hello');
      expect(statuses(on)).to.include(503).and.not.include(200);
      expect(on.bot.turns).to.deep.equal([]);

      on.bot.store.lost = false;
      await on.clock.advance(10_000);
      expect(on.bot.heard).to.deep.equal(['hello']);
      expect(statuses(on).at(-1)).to.equal(200);
    });

    it('is lost during a turn: the bot answers, the webhook is acknowledged, and the turn is not run again', async () => {
      const on = await scene();
      on.bot.logic = async (context) => {
        if (context.activity.type !== 'message') return;
        on.bot.store.lost = true;
        await context.sendActivity('an answer');
      };

      await on.customer.says('hello');
      expect(on.customer.hears()).to.deep.equal(['an answer']);
      const [first] = messages(on);
      expect(first?.status).to.equal(200);

      on.bot.store.lost = false;
      expect((await on.sim.deliverRaw(first?.body ?? '')).status).to.equal(200);
      expect(on.bot.heard).to.deep.equal(['hello']);
    });
  });

  describe('A turn', () => {
    it('that throws is given to onTurnError, and the webhook is acknowledged', async () => {
      const on = await scene();
      on.bot.logic = async ({ activity }) => {
        if (activity.type === 'message') throw new TypeError('boom');
      };

      await on.customer.says('hello');

      expect(on.bot.errors.map(({ message }) => message)).to.deep.equal(['boom']);
      expect(statuses(on)).to.deep.equal([200]);
    });

    it('whose process dies is run by another process when Meta delivers again, once its lease is over', async () => {
      const on = await scene({ bots: 2, adapter: { ackDeadlineMs: 4000 } });
      const [first, second] = on.bots;
      let begun: () => void = () => undefined;
      const running = new Promise<void>((resolve) => (begun = resolve));
      first!.logic = () => {
        begun();
        return new Promise(() => undefined);
      };

      const said = on.customer.says('hello');
      await running;
      first!.die();
      await on.clock.rush(said);
      await on.clock.advance(20_000);
      await on.clock.advance(60_000);

      expect(second!.heard).to.deep.equal(['hello']);
      const after = second!.turns.length;
      await on.clock.advance(600_000);
      expect(second!.turns).to.have.length(after);
    });
  });

  describe('Asking for an agent', () => {
    it('with a dead token fails at once, is not tried again, and the bot goes on', async () => {
      const on = await scene();
      await on.customer.says('hello');
      on.sim.weather.deadToken.once(PASS);

      await on.customer.says('talk to agent');

      expect(on.calls('pass_thread_control')).to.have.length(1);
      expect(on.calls('thread_owner')).to.have.length(0);
      const [failed] = on.news('failed');
      expect(failed?.error).to.be.instanceOf(GraphApiError).with.property('code', 'invalidToken');
      expect(failed?.error.message).to.match(/token/i);
      expect(on.owner()).to.equal('bot');
      expect((await on.record())?.open).to.equal(undefined);
    });

    it('with an app id that Meta does not know fails at once; the customer hears so, and the error says what to change', async () => {
      const on = await scene({ handover: { vccLiveAppId: '123456789' } });

      await on.customer.says('talk to agent');
      await on.customer.says('hello again');

      expect(on.calls('pass_thread_control')).to.have.length(1);
      expect(on.customer.hears().slice(0, 2)).to.deep.equal([CONNECTING, FAILED]);
      const [failed] = on.news('failed');
      expect(failed?.error).to.include({ code: 'misconfigured', metaCode: 100, metaSubcode: 2018164 });
      expect(failed?.error.message).to.match(/vccLiveAppId|app id/i);
      expect(on.bot.heard).to.deep.equal(['hello again']);
    });

    for (const name of [
      'graph-error-200-permission',
      'graph-error-230-pages-messaging',
      'graph-error-10-no-permission',
    ]) {
      it(`without the permission (${name}) fails at once; the customer hears so`, async () => {
        const on = await scene();
        let passes = 0;
        on.sim.mount('/v26.0/me/pass_thread_control', (request, response) => {
          passes += 1;
          request.resume();
          response.writeHead(403, { 'Content-Type': 'application/json' });
          response.end(readFileSync(join(__dirname, '../fixtures/payloads', `${name}.json`)));
        });

        await on.customer.says('talk to agent');

        expect(passes).to.equal(1);
        expect(on.calls('thread_owner')).to.have.length(0);
        expect(on.customer.hears()).to.deep.equal([CONNECTING, FAILED]);
        const [failed] = on.news('failed');
        expect(failed?.error).to.be.instanceOf(GraphApiError).with.property('code', 'permissionMissing');
        expect(failed?.error.message).to.match(/pages_messaging|permission/);
      });
    }

    it('under a rate limit fails, and Meta is left alone for as long as it asks', async () => {
      const on = await scene();
      await on.customer.says('hello');
      on.sim.weather.rateLimited.once({ ...PASS, code: 80006, minutes: 5 });

      await on.customer.says('talk to agent');
      const before = on.sim.wire.of('graph').length;
      for (let tries = 0; tries < 5; tries += 1) await on.customer.says('talk to agent');
      expect(on.sim.wire.of('graph')).to.have.length(before);
      expect(on.calls('pass_thread_control')).to.have.length(1);
      expect(on.news('failed')[0]?.error).to.include({ code: 'rateLimited', retryAfterMs: 300_000 });

      await on.clock.advance(300_000);
      await on.customer.says('talk to agent');
      expect(on.calls('pass_thread_control')).to.have.length(2);
      expect(on.owner()).to.equal('vccLive');
    });

    const unclear = [
      ['the answer is lost', (on: Scene) => on.sim.weather.lostAnswers.once(PASS), 1],
      ['the request is lost', (on: Scene) => on.sim.weather.lostRequests.once(PASS), 2],
      ['Meta answers 500 and did nothing', (on: Scene) => on.sim.weather.http500.once(PASS), 2],
      ['Meta answers 500 and did it', (on: Scene) => on.sim.weather.http500.once({ ...PASS, when: 'after' }), 1],
      ['Meta answers code 1 and did nothing', (on: Scene) => on.sim.weather.code1.once(PASS), 2],
      ['Meta answers code 1 and did it', (on: Scene) => on.sim.weather.code1.once({ ...PASS, when: 'after' }), 1],
      ['Meta answers code 2 and did nothing', (on: Scene) => on.sim.weather.code2.once(PASS), 2],
      ['Meta answers code 2 and did it', (on: Scene) => on.sim.weather.code2.once({ ...PASS, when: 'after' }), 1],
    ] as const;
    for (const [what, weather, passes] of unclear) {
      it(`where ${what}, asks who owns the thread, and concludes or passes again`, async () => {
        const on = await scene();
        weather(on);

        await on.clock.rush(on.customer.says('talk to agent'));
        await on.sim.settled();

        expect(on.calls('thread_owner')).to.have.length(1);
        expect(on.calls('pass_thread_control')).to.have.length(passes);
        expect(on.owner()).to.equal('vccLive');
        expect(on.news('passed')).to.have.length(1);
        expect(on.news('failed')).to.deep.equal([]);
        expect(on.customer.hears()).to.deep.equal([CONNECTING]);
      });
    }

    it('where VCC Live has handed the thread back before that was found out, does not pass it again', async () => {
      const on = await scene();
      on.sim.weather.lostAnswers.once(PASS);
      on.sim.weather.http500.once({ edges: ['thread_owner'] });

      const asking = on.customer.says('talk to agent');
      while (on.calls('thread_owner').length === 0) await new Promise(setImmediate);
      const handingBack = on.agent.handsBack(on.customer.psid);
      await on.sim.waitFor((entry) => entry.kind === 'graph' && entry.appName === 'VCC Live');
      const overtaking = on.sim.deliverRaw(handBackBody(on, on.clock.now() + 500));
      while (!(await recordsIn(on.bot.store).read(on.thread))?.open?.earlyHandBack) await new Promise(setImmediate);
      await on.clock.rush(Promise.all([asking, handingBack, overtaking]));
      await on.sim.settled();

      expect(on.calls('pass_thread_control')).to.have.length(1);
      expect(on.owner()).to.equal('bot');
      expect(on.news('passed')).to.have.length(1);
      expect(on.news('failed')).to.deep.equal([]);
      expect(on.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
        ['completed', 'passBack'],
      ]);
      await on.customer.says('thanks');
      expect(on.customer.hears().at(-1)).to.equal('bot: thanks');
    });

    it('where Meta does not answer at all, gives up after the repeats, and tells the customer once it can', async () => {
      const on = await scene({ handover: { graph: { maxRetries: 2 } } });
      on.sim.weather.http500.always({ edges: ['pass_thread_control', 'thread_owner'] });

      await on.clock.rush(on.customer.says('talk to agent'));

      expect(on.calls('pass_thread_control')).to.have.length(3);
      expect(on.news('failed')).to.have.length(1);
      expect(on.customer.hears()).to.deep.equal([CONNECTING, FAILED]);
    });

    it('and nobody says whose the thread is, the log has one line for all threads of a minute', async () => {
      const lines: string[] = [];
      const on = await scene({ handover: { graph: { maxRetries: 0 }, logger: loggerInto(lines, 'warn', 'error') } });
      on.sim.weather.http500.always({ edges: ['thread_owner'] });
      for (let customer = 0; customer < 20; customer += 1) {
        const { pageId: id } = on.thread;
        const sender = { id: String(6_600_000_000_000_000 + customer) };
        const message = { mid: `m_${customer}`, text: 'to somebody else' };
        const standby = [{ sender, recipient: { id }, timestamp: on.clock.now(), message }];
        await on.clock.rush(on.sim.deliverRaw({ object: 'page', entry: [{ id, time: on.clock.now(), standby }] }));
      }
      expect(on.calls('thread_owner').length).to.be.at.least(20);
      expect(lines.filter((line) => line.includes('thread_owner gave no answer'))).to.have.length(1);
    });

    it('where a third app has taken the thread meanwhile, fails and does not pass it on', async () => {
      const on = await scene();
      on.sim.weather.http500.once(PASS);
      const said = on.customer.says('talk to agent');
      await on.sim.waitFor((entry) => entry.kind === 'graph' && entry.edge === 'messages');
      await on.inbox.movesToMain(PSID).catch(() => undefined);

      await on.clock.rush(said);

      expect(on.owner()).to.equal('inbox');
      expect(on.news('passed')).to.deep.equal([]);
      expect(on.news('failed')).to.have.length(1);
    });
  });

  describe('Asking who owns the thread', () => {
    it('keeps a customer waiting for five seconds at most: without an answer the message itself is the evidence', async () => {
      const on = await scene();
      await on.customer.says('talk to agent');
      await on.agent.releases(on.customer.psid);
      on.sim.weather.http500.always({ edges: ['thread_owner'] });

      const wroteAtMs = on.clock.now();
      const answered = on.sim.waitFor((entry) => entry.kind === 'graph' && entry.edge === 'messages');
      await on.clock.rush(Promise.all([on.customer.says('hello?'), answered]));

      expect(on.clock.now() - wroteAtMs).to.be.within(5000, 6500);
      expect(on.customer.hears().at(-1)).to.equal('bot: hello?');
      expect(on.news('returned').map(({ result }) => result.via)).to.deep.equal(['message']);
    });
  });

  describe('Taking the thread back', () => {
    it('where the Page has no routing rejects with what to change, and is not tried again', async () => {
      const on = await scene();
      await on.customer.says('talk to agent');
      on.sim.weather.routingOff = true;

      const thrown: unknown = await on.bot.handover.take(on.thread).catch((error: unknown) => error);

      expect(thrown).to.be.instanceOf(GraphApiError).with.property('code', 'misconfigured');
      expect((thrown as GraphApiError).message).to.match(/default app/i);
      expect(on.calls('take_thread_control')).to.have.length(1);
    });
  });
});
