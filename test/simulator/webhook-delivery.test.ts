import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { RecordingBot, PSID, scene, type Scene } from './recording-bot.js';
import { REDELIVERY_OFFSETS_MS } from '../../src/simulator/webhook-delivery.js';

const MINUTE_MS = 60_000;

describe('Webhooks of the simulator', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await scene({ ackTimeoutMs: 200 });
  });
  afterEach(() => at.end());
  const outcomes = (): string[] => at.sim.wire.of('webhook').flatMap((e) => (e.appName === 'bot' ? [e.outcome] : []));
  const texts = (): string[] => at.bot.items.map(({ item }) => item.message?.text ?? Object.keys(item).at(-1));

  it('sign exactly the bytes that go out, in escaped form, with both signatures', async () => {
    await at.sim.customer(PSID).says('árvíztűrő 🦆');
    const [delivery] = at.bot.deliveries;
    const hmac = (hash: string): string =>
      createHmac(hash, at.sim.settings.appSecret).update(delivery!.raw).digest('hex');
    expect(delivery!.raw).to.include('\\u00e1rv\\u00edzt\\u0171r\\u0151 \\ud83e\\udd86');
    expect(delivery!.headers).to.include({
      'x-hub-signature-256': `sha256=${hmac('sha256')}`,
      'x-hub-signature': `sha1=${hmac('sha1')}`,
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
    });
    expect(texts()).to.deep.equal(['árvíztűrő 🦆']);
  });

  it('write app ids as Meta does: bare numbers with all their digits, whether a JavaScript number can hold them or not', async () => {
    const { botAppId, vccLiveAppId } = at.sim.settings;
    expect([String(Number(botAppId)), String(Number(vccLiveAppId))]).to.deep.equal([
      '24012345678901236',
      '27012345678901240',
    ]);
    await at.sim.customer(PSID).says('hi');
    await at.sim.agent().takes(PSID);
    await at.sim.agent().says(PSID, 'Hello');
    await at.sim.agent().handsBack(PSID);
    const [, taken = '', echo = '', passed = ''] = at.bot.deliveries.map(({ raw }) => raw);
    expect(taken).to.include(
      '"take_thread_control":{"previous_owner_app_id":24012345678901237,"new_owner_app_id":27012345678901239,"metadata":null}',
    );
    expect(echo).to.include('"app_id":27012345678901239,');
    expect(passed).to.include('"previous_owner_app_id":27012345678901239,"new_owner_app_id":24012345678901237,');
    await at.sim.deliverRaw({ object: 'page', entry: [], id: 9007199254740993n, text: '9007199254740993', n: 1 });
    expect(at.bot.deliveries.at(-1)?.raw).to.equal(
      '{"object":"page","entry":[],"id":9007199254740993,"text":"9007199254740993","n":1}',
    );
  });

  it('keep the order of a thread: the next event waits until the one before is acknowledged', async () => {
    const open: (() => void)[] = [];
    at.bot.answer = () => new Promise((resolve) => open.push(() => resolve(200)));
    const first = at.sim.customer(PSID).says('one');
    const second = at.sim.customer(PSID).says('two');
    const other = at.sim.customer('77').says('of somebody else');
    await at.sim.waitFor((e) => e.kind === 'webhook' && e.psids.includes('77'));
    while (open.length < 2) await new Promise(setImmediate);
    expect(texts()).to.have.members(['one', 'of somebody else']);
    open[0]!();
    open[1]!();
    while (open.length < 3) await new Promise(setImmediate);
    open[2]!();
    await Promise.all([first, second, other]);
    expect(texts().at(-1)).to.equal('two');
  });

  it('come again at once and by the clock where they are not answered with 200', async () => {
    let left = 4;
    at.bot.answer = () => (left-- > 0 ? 500 : 200);
    await at.sim.customer(PSID).says('hello');
    expect(outcomes()).to.deep.equal(['refused', 'refused']);
    await at.sim.clock.advance(10_000);
    expect(outcomes()).to.have.length(3);
    await at.sim.clock.advance(50_000);
    expect(outcomes()).to.have.length(4);
    await at.sim.clock.advance(4 * MINUTE_MS);
    expect(outcomes()).to.deep.equal(['refused', 'refused', 'refused', 'refused', 'acknowledged']);
    expect(new Set(at.bot.deliveries.map((delivery) => delivery.raw)).size).to.equal(1);
    const toBot = at.sim.wire.of('webhook').filter((e) => e.appName === 'bot');
    expect(toBot.map((e) => [e.attempt, e.why])).to.deep.equal([
      [1, 'first'],
      [2, 'redelivery'],
      [3, 'redelivery'],
      [4, 'redelivery'],
      [5, 'redelivery'],
    ]);
    await at.sim.clock.advance(60 * MINUTE_MS);
    expect(outcomes()).to.have.length(5);
  });

  it('count an answer that comes too late as none', async () => {
    let silent = true;
    at.bot.answer = () => (silent ? ((silent = false), undefined) : 200);
    await at.sim.customer(PSID).says('hello');
    expect(outcomes()).to.deep.equal(['late', 'acknowledged']);
  });

  it('let the next event go on after a failure, and bring the failed one later: out of order', async () => {
    at.sim.weather.botDown.times(2);
    await at.sim.customer(PSID).says('one');
    await at.sim.customer(PSID).says('two');
    expect(texts()).to.deep.equal(['two']);
    await at.sim.clock.advance(10_000);
    expect(texts()).to.deep.equal(['two', 'one']);
  });

  it('are disabled for the Page after an hour of failures, until the app subscribes again', async () => {
    at.sim.weather.botDown.always();
    await at.sim.customer(PSID).says('hello');
    await at.sim.clock.advance(60 * MINUTE_MS);
    expect(outcomes()).to.have.length(1 + REDELIVERY_OFFSETS_MS.length);
    expect(at.sim.wire.of('note').map((note) => note.text.split(':')[0])).to.include.members([
      'alert to the developer',
      'webhooks disabled',
    ]);
    at.sim.weather.calm();
    await at.sim.customer(PSID).says('anybody there?');
    expect(at.bot.deliveries).to.deep.equal([]);
    at.sim.resubscribe();
    await at.sim.customer(PSID).says('hello again');
    expect(texts()).to.deep.equal(['hello again']);
  });

  it('are not disabled where one of them was acknowledged in between', async () => {
    at.sim.weather.botDown.always();
    await at.sim.customer(PSID).says('one');
    await at.sim.clock.advance(40 * MINUTE_MS);
    at.sim.weather.botDown.off();
    await at.sim.customer(PSID).says('two');
    at.sim.weather.botDown.always();
    await at.sim.clock.advance(20 * MINUTE_MS);
    at.sim.weather.botDown.off();
    await at.sim.customer(PSID).says('three');
    expect(texts()).to.deep.equal(['two', 'three']);
  });

  it('come several times: one after another, at once, or in one delivery', async () => {
    at.sim.weather.duplicates = 2;
    await at.sim.customer(PSID).says('after');
    expect(at.bot.deliveries).to.have.length(3);

    const open: (() => void)[] = [];
    at.bot.answer = () => new Promise((resolve) => open.push(() => resolve(200)));
    at.sim.weather.duplicatesCome = 'together';
    const said = at.sim.customer(PSID).says('together');
    while (open.length < 3) await new Promise(setImmediate);
    for (const answer of open) answer();
    await said;

    at.bot.answer = () => 200;
    at.sim.weather.duplicatesCome = 'sameDelivery';
    await at.sim.customer(PSID).says('inside');
    const last = at.bot.deliveries.at(-1)!.body.entry;
    expect(last.map((entry: any) => entry.messaging[0].message.text)).to.deep.equal(['inside', 'inside', 'inside']);
    expect(new Set(last.map((entry: any) => entry.messaging[0].message.mid)).size).to.equal(1);
  });

  it('are collected into one delivery of several Pages and items', async () => {
    await at.end();
    at = await scene({ pages: [{ pageId: '222333444555666' }] });
    at.sim.weather.batchingMs = 1000;
    await at.sim.customer(PSID).says('one');
    await at.sim.customer(PSID).says('two');
    await at.sim.customer('8', '222333444555666').says('other page');
    expect(at.bot.deliveries).to.deep.equal([]);
    await at.sim.clock.advance(1000);
    expect(at.bot.deliveries).to.have.length(1);
    expect(at.bot.deliveries[0]!.body.entry.map((e: any) => [e.id, e.messaging.length])).to.deep.equal([
      [at.sim.settings.pageId, 2],
      ['222333444555666', 1],
    ]);
  });

  it('wait, by the simulator’s clock', async () => {
    at.sim.weather.delayMs = 5000;
    await at.sim.customer(PSID).says('slow post');
    await at.sim.clock.advance(4999);
    expect(at.bot.deliveries).to.deep.equal([]);
    await at.sim.clock.advance(1);
    expect(texts()).to.deep.equal(['slow post']);
  });

  it('change their order by the seed, and the same seed gives the same order', async () => {
    const run = async (seed: number): Promise<string[]> => {
      const one = await scene({ seed });
      one.sim.weather.reorderMs = 1000;
      for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) await one.sim.customer(PSID).says(text);
      await one.sim.clock.advance(1000);
      const order = one.bot.items.map(({ item }) => item.message.text as string);
      await one.end();
      return order;
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(first).to.deep.equal(again);
    expect(first).to.have.members(['a', 'b', 'c', 'd', 'e', 'f']);
    expect([first.join(''), other.join('')]).not.to.deep.equal(['abcdef', 'abcdef']);
  });

  it('carry odd items beside ordinary ones', async () => {
    for (const item of ['app_roles', 'policy_enforcement', 'unknown', 'hop_context'] as const) {
      at.sim.weather.oddItems.once({ item });
      await at.sim.customer(PSID).says(item);
    }
    const keys = at.bot.deliveries.map(({ body }) => body.entry[0].messaging.flatMap((i: any) => Object.keys(i)));
    expect(keys[0]).to.include.members(['app_roles', 'message']);
    expect(keys[1]).to.include.members(['policy_enforcement', 'message']);
    expect(keys[2]).to.include.members(['something_new', 'message']);
    expect(keys[3]).to.include.members(['hop_context', 'message']);
  });

  it('take turns between the processes of one bot', async () => {
    const second = await RecordingBot.start();
    at.sim.connectBot([at.bot.url, second.url]);
    for (const text of ['a', 'b', 'c', 'd']) await at.sim.customer(PSID).says(text);
    expect([at.bot.deliveries.length, second.deliveries.length]).to.deep.equal([2, 2]);
    await second.close();
  });

  it('are raw where a test wants them to be', async () => {
    const good = await at.sim.deliverRaw({ object: 'page', entry: [] });
    expect(good.status).to.equal(200);
    await at.sim.deliverRaw('{}', { signWith: 'another secret', headers: { 'X-Hub-Signature': undefined } });
    const [first, second] = at.bot.deliveries;
    const sign = (raw: string, secret: string): string =>
      `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
    expect(first!.headers['x-hub-signature-256']).to.equal(sign(first!.raw, at.sim.settings.appSecret));
    expect(second!.headers['x-hub-signature-256']).to.equal(sign('{}', 'another secret'));
    expect(second!.headers).not.to.have.property('x-hub-signature');
    await at.sim.deliverRaw('{}', { signWith: null });
    expect(at.bot.deliveries.at(-1)!.headers).not.to.have.property('x-hub-signature-256');
  });

  it('are verified by the handshake', async () => {
    expect(await at.sim.verifyWebhook()).to.include({ ok: true, status: 200 });
    const asked = new URL(at.bot.deliveries[0]!.url, 'http://bot.test').searchParams;
    expect(asked.get('hub.mode')).to.equal('subscribe');
    expect(asked.get('hub.verify_token')).to.equal(at.sim.settings.verifyToken);
    expect(asked.get('hub.challenge')).to.match(/^\d+$/);
    at.bot.answer = () => 403;
    expect((await at.sim.verifyWebhook()).ok).to.equal(false);
  });
});
