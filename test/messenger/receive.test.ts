/** The webhook as bytes, without a server: what a cloud function has. The answer waits for the turns, because it stops the process. */
import { expect } from 'chai';
import { signPayload } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBot, RawWebhookResponse } from 'botbuilder-handover-vcclive/messenger';
import { PSID } from '../integration/scene.js';
import { storeAround } from '../kit/store-around.js';
import { closeStages, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

describe('bot.receive()', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  let mids = 0;
  const message = (text: string): string => {
    const { pageId } = stage.sim.settings;
    const head = { sender: { id: PSID }, recipient: { id: pageId }, timestamp: stage.clock.now() };
    const messaging = [{ ...head, message: { mid: `m_raw_${(mids += 1)}`, text } }];
    return JSON.stringify({ object: 'page', entry: [{ id: pageId, time: stage.clock.now(), messaging }] });
  };
  const post = (bot: MessengerBot, body: string, name = 'X-Hub-Signature-256'): Promise<RawWebhookResponse> =>
    bot.receive({
      method: 'POST',
      headers: { [name]: signPayload(body, stage.sim.settings.appSecret) },
      rawBody: Buffer.from(body),
    });
  /** The customer writes first: Meta lets no bot answer somebody who has not written. */
  const open = async (): Promise<void> => {
    stage.sim.connectBot([]);
    await stage.customer.says('hello');
  };

  it('answers Meta’s verification, with the query as text or as parameters', async () => {
    const bot = stage.bot();
    const { verifyToken } = stage.sim.settings;
    const query = `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(verifyToken)}&hub.challenge=4711`;
    for (const each of [query, `?${query}`, Object.fromEntries(new URLSearchParams(query))]) {
      const { status, body, headers } = await bot.receive({ method: 'GET', headers: {}, query: each });
      expect([status, body, headers['content-type']]).to.deep.equal([200, '4711', 'text/plain; charset=utf-8']);
    }
    expect((await bot.receive({ method: 'GET', headers: {} })).status).to.equal(403);
  });

  for (const name of ['X-Hub-Signature-256', 'x-hub-signature-256', 'X-HUB-SIGNATURE-256']) {
    it(`finds the signature in ${name}`, async () => {
      await open();
      const bot = stage.bot().onMessage((received, thread) => thread.reply(`bot: ${received.text}`));
      expect(await post(bot, message('hi'), name)).to.deep.equal({ status: 200, headers: {}, body: '' });
      expect(stage.customer.hears()).to.deep.equal(['bot: hi']);
    });
  }

  it('refuses what Meta did not sign, what is too large, and other methods', async () => {
    const bot = stage.bot({ maxBodyBytes: 1000 }).onMessage(() => expect.fail('it ran'));
    const body = message('hi');
    const forged = { 'x-hub-signature-256': signPayload(body, 'another secret') };
    expect((await bot.receive({ method: 'POST', headers: forged, rawBody: body })).status).to.equal(401);
    expect((await bot.receive({ method: 'POST', headers: {} })).status).to.equal(401);
    expect((await post(bot, message('x'.repeat(1000)))).status).to.equal(413);
    expect((await bot.receive({ method: 'DELETE', headers: {} })).status).to.equal(405);
  });

  it('answers when the turn has ended, however long it takes: a function is stopped with its answer', async () => {
    await open();
    let goOn = (): void => undefined;
    const bot = stage.bot({ ackDeadlineMs: 100 });
    bot.onMessage(async (_message, thread) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      await thread.reply('at last');
    });
    let answered = false;
    const answer = post(bot, message('hi')).finally(() => (answered = true));
    await stage.clock.advance(10_000);
    expect(answered, 'the deadline of a server has passed').to.equal(false);
    goOn();
    expect((await answer).status).to.equal(200);
    expect(stage.customer.hears()).to.deep.equal(['at last']);
  });

  it('lets a redelivery that meets another instance wait, and runs it nowhere twice', async () => {
    await open();
    let goOn = (): void => undefined;
    const slow = stage.bot().onMessage(async (_message, thread) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      await thread.reply('once');
    });
    const other = stage.bot({ ackDeadlineMs: 1000 }).onMessage((_message, thread) => thread.reply('twice'));
    const body = message('hi');
    const first = post(slow, body);
    await new Promise(setImmediate);
    const redelivered = await stage.clock.rush(post(other, body));
    expect(redelivered.status, 'Meta delivers it once more').to.equal(503);
    goOn();
    expect((await first).status).to.equal(200);
    expect((await post(other, body)).status).to.equal(200);
    expect(stage.customer.hears()).to.deep.equal(['once']);
  });

  it('is refused when the bot closes, so that Meta delivers again', async () => {
    const bot = stage.bot().onMessage(() => expect.fail('it ran'));
    await bot.close();
    expect((await post(bot, message('hi'))).status).to.equal(503);
  });
});

describe('bot.runTimers()', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  it('takes back what is due, once, and resolves when the turn that follows has ended', async () => {
    const store = stage.store;
    const asleep = stage.bot({ timers: { unclaimedMs: 60_000 } }).onMessage((_message, thread) => thread.toAgent());
    asleep.onReturned(() => expect.fail('it ran'));
    await stage.connect(asleep);
    await stage.customer.says('agent please');
    expect(stage.owner()).to.equal('vccLive');
    // A function that was stopped: nothing in it looks at the clock.
    await asleep.close();
    await stage.clock.advance(60_000);
    const scheduled = stage.bot({ store, timers: { unclaimedMs: 60_000 } });
    scheduled.onReturned(({ outcome }, thread) => thread.reply(`It was ${outcome}.`));
    await scheduled.runTimers();
    expect(stage.owner()).to.equal('bot');
    expect(stage.customer.hears()).to.include('It was unclaimed.');
    const calls = stage.sent().length;
    await scheduled.runTimers();
    expect(stage.sent()).to.have.length(calls);
  });

  it('rejects if the store does not answer, so that the schedule shows the failure', async () => {
    const store = storeAround(stage.store, ({ name, run }) => {
      if (name === 'takeDue') throw new Error('connection refused');
      return run();
    });
    const failed = await stage
      .bot({ store })
      .runTimers()
      .catch((error: unknown) => error);
    expect(failed).to.deep.include({ code: 'storeUnavailable', operation: 'takeDue' });
  });
});
