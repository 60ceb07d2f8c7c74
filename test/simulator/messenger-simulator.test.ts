import { createConnection } from 'node:net';
import { expect } from 'chai';
import { InvalidOptionError } from '../../src/thread/errors.js';
import { MessengerSimulator, Wire, WireTimeoutError } from '../../src/simulator/index.js';
import { breaks, graph, PSID, scene } from './recording-bot.js';

describe('MessengerSimulator', () => {
  it('says which option is wrong, and shows no token', async () => {
    const wrong: [object, string][] = [
      [{ pageId: 'abc' }, 'pageId'],
      [{ botAppId: 'app-24012345678901237' }, 'botAppId'],
      [{ botAppId: Number('24012345678901237') }, 'botAppId'],
      [{ botAppId: '1', vccLiveAppId: '1' }, 'vccLiveAppId'],
      [{ appSecret: '' }, 'appSecret'],
      [{ pageId: '5', pages: [{ pageId: '5' }] }, 'pages'],
      [{ pageAccessToken: 'same-token', pages: [{ pageId: '6', pageAccessToken: 'same-token' }] }, 'pageAccessToken'],
    ];
    for (const [options, option] of wrong) {
      const error = await MessengerSimulator.start(options).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(InvalidOptionError);
      expect((error as InvalidOptionError).option).to.equal(option);
      expect(String(error)).not.to.include('same-token');
    }
  });

  it('keeps Pages apart: PSIDs and tokens are those of one Page', async () => {
    const at = await scene({ pages: [{ pageId: '222333444555666', pageAccessToken: 'other-page-token' }] });
    await at.sim.customer(PSID).says('here');
    await at.sim.customer('7', '222333444555666').says('there');
    expect(at.bot.deliveries.map(({ body }) => body.entry[0].id)).to.deep.equal(['111222333444555', '222333444555666']);
    const { body } = await at.call('POST', '/me/messages', { recipient: { id: '7' }, message: { text: 'x' } });
    expect(body.error.error_subcode).to.equal(2018001);
    expect(at.sim.ownerOf('7')).to.deep.equal({ owner: 'idle' });
    expect(at.sim.ownerOf('7', '222333444555666').owner).to.equal(at.sim.settings.botAppId);
    expect(() => at.sim.customer('7', '999')).to.throw(InvalidOptionError);
    await at.end();
  });

  it('tells the whole story in lines', async () => {
    const at = await scene();
    await at.sim.customer(PSID).says('hi');
    const pass = { recipient: { id: PSID }, target_app_id: at.sim.settings.vccLiveAppId };
    await at.call('POST', '/me/pass_thread_control', pass);
    await at.call('POST', '/me/messages', { recipient: { id: PSID }, message: { text: 'too late' } });
    const text = at.sim.wire.toText();
    expect(text).to.match(/owner +111222333444555\/6600112233445566: idle → 24012345678901237 \(customer\)/);
    expect(text).to.match(/webhook +→ bot \[messaging\] message "hi" acknowledged 200 in \d+ ms/);
    expect(text).to.match(/graph +bot: POST \/v26.0\/me\/pass_thread_control 200$/m);
    expect(text).to.match(/graph +bot: POST \/v26.0\/me\/messages 400 refused/);
    expect(text.split('\n')).to.have.length(at.sim.wire.entries().length);
    await at.end();
  });

  it('waits for what has happened, for what will happen, and not for ever', async () => {
    const at = await scene();
    const coming = at.sim.waitFor((entry) => entry.kind === 'webhook' && entry.outcome === 'acknowledged');
    await at.sim.customer(PSID).says('hi');
    const entry = await coming;
    expect(await at.sim.waitFor((other) => other.seq === entry.seq)).to.deep.include({ seq: entry.seq });
    const never = await at.sim.waitFor(() => false, { timeoutMs: 5 }).catch((error: unknown) => error);
    expect(never).to.be.instanceOf(WireTimeoutError);
    expect(String(never)).to.include('message "hi"');
    await at.end();
  });

  it('serves another path from the same port', async () => {
    const at = await scene();
    at.sim.mount('/page', (_request, response) => void response.end('a page'));
    const response = await fetch(`${at.sim.graphBaseUrl}/page/index.html`);
    expect(await response.text()).to.equal('a page');
    await at.end();
  });

  it('stops twice, frees its port, and lets what waits go', async () => {
    const at = await scene({ clock: 'real' });
    at.sim.weather.delayMs = 600_000;
    const waiting = at.sim.settled();
    void at.sim.customer(PSID).says('never delivered');
    await at.sim.stop();
    await at.sim.stop();
    await at.sim.settled();
    await waiting;
    const port = Number(new URL(at.sim.graphBaseUrl).port);
    const refused = await new Promise((resolve) => {
      createConnection(port, '127.0.0.1')
        .once('error', () => resolve(true))
        .once('connect', () => resolve(false));
    });
    expect(refused).to.equal(true);
    expect(await breaks(graph(at.sim, 'GET', '/me'))).to.equal(true);
    await at.end();
  });

  it('jumps ahead on a real clock too', async () => {
    const at = await scene({ clock: 'real' });
    await at.sim.customer(PSID).says('hi');
    at.sim.weather.delayMs = 60_000;
    const said = at.sim.customer(PSID).says('delayed');
    await at.sim.clock.advance(60_000);
    await said;
    expect(at.bot.deliveries).to.have.length(2);
    await at.sim.clock.advance(86_400_000);
    expect(at.sim.ownerOf(PSID)).to.deep.equal({ owner: 'idle' });
    await at.end();
  });

  it('moves a held clock although a bot’s turn waits for a slow answer', async () => {
    const at = await scene();
    at.bot.answer = async ({ body }) => {
      if (body.entry[0].messaging?.[0].message?.is_echo !== true) {
        await at.call('POST', '/me/messages', { recipient: { id: PSID }, message: { text: 'answer' } });
      }
      return 200;
    };
    at.sim.weather.slow.once({ edges: ['messages'], ms: 10_000, when: 'before' });
    const said = at.sim.customer(PSID).says('hi');
    await at.sim.waitFor((entry) => entry.kind === 'graph');
    await at.sim.clock.advance(10_000);
    await said;
    expect(at.sim.customer(PSID).hears()).to.deep.equal(['answer']);

    at.sim.weather.delayMs = 1000;
    at.sim.weather.slow.once({ edges: ['messages'], ms: 10_000, when: 'before' });
    await at.sim.customer(PSID).says('again, and late');
    await at.sim.clock.advance(11_000);
    await at.sim.settled();
    expect(at.sim.customer(PSID).hears()).to.deep.equal(['answer', 'answer']);
    expect(at.sim.wire.of('webhook').map((entry) => entry.outcome)).not.to.include('late');
    await at.end();
  });
});

describe('The wire', () => {
  it('keeps only its capacity, forgets the oldest, and tells its listeners', () => {
    const wire = new Wire(() => 0, 3);
    const heard: number[] = [];
    const stop = wire.on('entry', (entry) => heard.push(entry.seq));
    for (const text of ['a', 'b', 'c', 'd']) wire.note(text);
    stop();
    wire.note('e');
    wire.end(1, { outcome: 'answered' });
    expect(heard).to.deep.equal([1, 2, 3, 4]);
    expect(wire.of('note').map((entry) => entry.text)).to.deep.equal(['c', 'd', 'e']);
  });
});
