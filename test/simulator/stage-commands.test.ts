/** What a page may ask of the stage: every act does what it says, wrong ones are told why, and other sites are turned away. */
import { request as httpRequest } from 'node:http';
import { createConnection } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator, serveStage } from '../../src/simulator/index.js';
import type { SimulatorOptions, StageOptions, StageServer } from '../../src/simulator/index.js';
import { refusalOf } from '../../src/webhook/admit-local-request.js';
import { RecordingBot } from './recording-bot.js';
import { act, eventually, Visitor } from './stage-visitor.js';

const PSID = '6600112233445566';

describe('The commands of the stage', () => {
  let simulator: MessengerSimulator;
  let bot: RecordingBot;
  let stage: StageServer;
  let origin: string;
  const visitors: Visitor[] = [];

  const open = async (options: StageOptions = {}, platform: SimulatorOptions = {}): Promise<void> => {
    simulator = await MessengerSimulator.start(platform);
    bot = await RecordingBot.start();
    simulator.connectBot(bot.url);
    stage = serveStage(simulator, options);
    origin = simulator.graphBaseUrl;
  };
  const visit = async (): Promise<Visitor> => {
    const visitor = new Visitor(origin);
    visitors.push(visitor);
    await visitor.snapshot();
    return visitor;
  };
  /** An act of the page that must be accepted; waits until its webhooks have been delivered. */
  const does = async (command: object): Promise<any> => {
    const { status, body } = await act(origin, command);
    expect(body, JSON.stringify(command)).to.deep.include({ ok: true });
    expect(status).to.equal(200);
    await simulator.settled();
    return body;
  };
  const owner = (): string => simulator.ownerOf(PSID).owner;
  afterEach(async () => {
    for (const visitor of visitors.splice(0)) visitor.leave();
    stage.close();
    await simulator.stop();
    await bot.close();
  });

  describe('of the customer', () => {
    it('say, tap, press and send', async () => {
      await open();
      await does({ act: 'customerSays', psid: PSID, text: 'Jó napot! 👋' });
      await does({ act: 'customerTaps', psid: PSID, title: 'Talk to agent', payload: 'TALK_TO_AGENT' });
      await does({ act: 'customerPresses', psid: PSID, payload: 'GET_STARTED', title: 'Start over' });
      await does({ act: 'customerSends', psid: PSID, type: 'image', url: 'https://example.com/a.png' });
      await does({ act: 'customerSends', psid: PSID, type: 'location' });
      const items = bot.items.map(({ item }) => item);
      expect(items[0].message.text).to.equal('Jó napot! 👋');
      expect(items[1].message).to.deep.include({ text: 'Talk to agent', quick_reply: { payload: 'TALK_TO_AGENT' } });
      expect(items[2].postback).to.deep.include({ title: 'Start over', payload: 'GET_STARTED' });
      expect(items[3].message.attachments[0]).to.deep.include({
        type: 'image',
        payload: { url: 'https://example.com/a.png' },
      });
      expect(items[4].message.attachments[0].type).to.equal('location');
    });

    it('bring new customers, each with a PSID and a name of their own', async () => {
      await open();
      const visitor = await visit();
      const [one, two] = [await does({ act: 'newCustomer' }), await does({ act: 'newCustomer', name: 'Ödön' })];
      expect(one.psid).not.to.equal(two.psid);
      expect(one.psid).not.to.equal(PSID);
      await visitor.sees(() => visitor.thread(two.psid)?.name === 'Ödön', 'the new customer');
      expect(visitor.thread(two.psid)).to.deep.include({ truth: 'idle', key: two.key });
    });

    it('let many speak at once', async () => {
      await open();
      await does({ act: 'crowdTalks', customers: 25, text: 'hello' });
      expect(new Set(bot.items.map(({ item }) => item.sender.id)).size).to.equal(25);
    });

    it('are answered before a slow bot has acknowledged', async () => {
      await open();
      let acknowledge = (): void => undefined;
      bot.answer = () => new Promise((resolve) => (acknowledge = () => resolve(200)));
      const { status } = await act(origin, { act: 'customerSays', psid: PSID, text: 'hi' });
      expect(status).to.equal(200);
      await simulator.waitFor((entry) => entry.kind === 'webhook' && entry.outcome === 'pending');
      await eventually(() => bot.deliveries.length > 0, 'the delivery');
      acknowledge();
    });

    it('reach every Page of the simulator, and no other', async () => {
      await open({}, { pages: [{ pageId: '222333444555666' }] });
      await does({ act: 'customerSays', psid: '9', pageId: '222333444555666', text: 'there' });
      expect(bot.deliveries[0]?.body.entry[0].id).to.equal('222333444555666');
      const { status, body } = await act(origin, { act: 'customerSays', psid: '9', pageId: '5', text: 'x' });
      expect(status).to.equal(400);
      expect(body.problem).to.include('"pageId"').and.to.include('222333444555666');
    });
  });

  describe('of the agent', () => {
    const toVccLive = async (): Promise<void> => {
      await open();
      await does({ act: 'customerSays', psid: PSID, text: 'hi' });
      await does({ act: 'agentTakes', psid: PSID });
      expect(owner()).to.equal(simulator.settings.vccLiveAppId);
    };

    it('answer, and hand back with a disposition and a note', async () => {
      await toVccLive();
      await does({ act: 'agentSays', psid: PSID, text: 'This is Anna.' });
      expect(simulator.customer(PSID).hears()).to.deep.equal(['This is Anna.']);
      await does({ act: 'agentHandsBack', psid: PSID, disposition: 'missed', note: 'No "luck"' });
      expect(owner()).to.equal(simulator.settings.botAppId);
      const passed = bot.items.find(({ item }) => item.pass_thread_control !== undefined);
      expect(JSON.parse(passed?.item.pass_thread_control.metadata)).to.deep.equal({
        disposition: 'missed',
        note: 'No "luck"',
      });
    });

    it('release silently, and extend', async () => {
      await toVccLive();
      await does({ act: 'agentExtends', psid: PSID, hours: 72 });
      const { expiresAtMs = 0 } = simulator.ownerOf(PSID);
      expect(expiresAtMs - simulator.clock.now()).to.be.within(71 * 3_600_000, 72 * 3_600_000);
      await does({ act: 'agentReleases', psid: PSID });
      expect(owner()).to.equal('idle');
    });

    it('let a thread lie until control has run out', async () => {
      await toVccLive();
      const visitor = await visit();
      await does({ act: 'clockForward', ms: 24 * 3_600_000 + 60_000 });
      await visitor.sees(() => visitor.thread(PSID)?.truth === 'idle', 'the idle thread');
      expect(visitor.rows.map(({ status }) => status)).to.include('control ended; Meta tells nobody');
    });

    it('show the queue with the metadata that came along', async () => {
      await open();
      await does({ act: 'customerSays', psid: PSID, text: 'hi' });
      const visitor = await visit();
      await simulator.agent().takes(PSID, '{"reason":"by hand"}');
      await visitor.sees(() => visitor.thread(PSID)?.metadata !== undefined, 'metadata');
      expect(visitor.thread(PSID)).to.deep.include({ truth: 'vccLive', metadata: '{"reason":"by hand"}' });
    });

    it('say in Graph’s words why the platform refuses', async () => {
      await open();
      await does({ act: 'customerSays', psid: PSID, text: 'hi' });
      const { status, body } = await act(origin, { act: 'agentSays', psid: PSID, text: 'not mine' });
      expect(status).to.equal(409);
      expect(body.problem).to.include('another app is controlling this thread');
      expect(body.graphError.error).to.deep.include({ code: 10, error_subcode: 2018300 });
    });

    it('let the Page inbox step in, and give the thread back', async () => {
      await open();
      await does({ act: 'customerSays', psid: PSID, text: 'hi' });
      const early = await act(origin, { act: 'inboxMarksDone', psid: PSID });
      expect(early.body.ok).to.equal(true);
      await does({ act: 'inboxReplies', psid: PSID, text: 'From the shop' });
      expect(owner()).to.equal(simulator.settings.pageInboxAppId);
      await does({ act: 'inboxMarksDone', psid: PSID });
      expect(owner()).to.equal(simulator.settings.botAppId);
      await does({ act: 'inboxMovesToMain', psid: PSID });
      expect(owner()).to.equal(simulator.settings.pageInboxAppId);
      await does({ act: 'inboxMarksDone', psid: PSID });
      await does({ act: 'agentTakes', psid: PSID });
      const late = await act(origin, { act: 'inboxMarksDone', psid: PSID });
      expect(late.status).to.equal(409);
      expect(late.body.problem).to.include('moves nothing');
    });
  });

  describe('of weather and clock', () => {
    it('turn every choice of every switch on, and off again', async () => {
      await open();
      const visitor = await visit();
      const calm = JSON.stringify(simulator.weather);
      const { weather } = await visitor.snapshot();
      for (const { id, choices } of weather) {
        for (const { value } of choices.filter((choice) => choice.value !== 'off')) {
          await does({ act: 'weather', id, value });
          const shows = (): boolean =>
            visitor.heard
              .findLast(({ data }) => data.weather !== undefined)
              ?.data.weather.find((one: any) => one.id === id).value === value;
          await visitor.sees(shows, `${id}: ${value}`);
        }
        await does({ act: 'weather', id, value: 'off' });
      }
      expect(JSON.stringify(simulator.weather)).to.equal(calm);
      for (const fault of Object.values(simulator.weather)) expect(fault?.active ?? false).to.equal(false);
    });

    it('show a fault as over when it has struck', async () => {
      await open();
      const visitor = await visit();
      await does({ act: 'customerSays', psid: PSID, text: 'hi' });
      await does({ act: 'weather', id: 'http500', value: 'next' });
      const shown = (): string | undefined =>
        visitor.heard
          .findLast(({ data }) => data.weather !== undefined)
          ?.data.weather.find(({ id }: any) => id === 'http500').value;
      await visitor.sees(() => shown() === 'next', 'the switch');
      const [{ vccLivePageAccessToken } = { vccLivePageAccessToken: '' }] = simulator.settings.pages;
      await fetch(`${origin}/v26.0/me`, { headers: { Authorization: `Bearer ${vccLivePageAccessToken}` } });
      await visitor.sees(() => shown() === 'off', 'the switch turned off');
    });

    it('show what somebody else has turned on, and calm everything', async () => {
      await open();
      simulator.weather.lostAnswers.always();
      simulator.weather.delayMs = 5;
      const { weather } = await (await visit()).snapshot();
      const on = weather.filter(({ value }) => value !== 'off').map(({ id, value }) => [id, value]);
      expect(on).to.deep.equal([
        ['delay', 'on'],
        ['lostAnswer', 'every'],
      ]);
      await does({ act: 'calmWeather' });
      expect(simulator.weather.lostAnswers.active).to.equal(false);
      expect(simulator.weather.delayMs).to.equal(0);
    });

    it('wind a held clock forward, and tell the page', async () => {
      await open({}, { clock: 'held' });
      const visitor = await visit();
      const { clock } = await visitor.snapshot();
      expect(clock.mode).to.equal('held');
      await does({ act: 'clockForward', ms: 3_600_000 });
      await visitor.sees(() => visitor.batches.at(-1)?.clock.nowMs === clock.nowMs + 3_600_000, 'the new time');
    });

    it('keep a bot that was down for an hour unsubscribed, until it subscribes again', async () => {
      await open({}, { clock: 'held' });
      const visitor = await visit();
      await does({ act: 'weather', id: 'botDown', value: 'on' });
      await does({ act: 'customerSays', psid: PSID, text: 'hello?' });
      await simulator.clock.advance(3_700_000);
      await does({ act: 'weather', id: 'botDown', value: 'off' });
      await does({ act: 'customerSays', psid: PSID, text: 'lost' });
      expect(bot.deliveries).to.deep.equal([]);
      await visitor.sees(() => visitor.said(PSID).length === 2, 'the lost message');
      const words = visitor.rows.map(({ title, status }) => `${title} ${status}`).join('\n');
      expect(words).to.include('failed for 15 minutes').and.to.include('unsubscribed').and.to.include('again at once');
      await does({ act: 'resubscribe' });
      await does({ act: 'customerSays', psid: PSID, text: 'back' });
      expect(bot.items.at(-1)?.item.message.text).to.equal('back');
    });
  });

  it('are refused with the field that is wrong', async () => {
    await open();
    const wrong: [unknown, RegExp][] = [
      ['{', /not JSON/],
      ['"hello"', /JSON object/],
      ['[]', /JSON object/],
      ['null', /JSON object/],
      [{}, /"act" must be one of/],
      [{ act: 'constructor' }, /"act" must be one of/],
      [{ act: '__proto__' }, /"act" must be one of/],
      [{ act: 'customerSays' }, /"psid" .* string of digits/],
      [{ act: 'customerSays', psid: 5, text: 'x' }, /"psid"/],
      [{ act: 'customerSays', psid: '../1', text: 'x' }, /"psid"/],
      [{ act: 'customerSays', psid: PSID, text: '  ' }, /"text" .* 1 to 2000/],
      [{ act: 'customerSays', psid: PSID, text: 'x'.repeat(2001) }, /"text"/],
      [{ act: 'customerSays', psid: PSID, text: 'x', colour: 'red' }, /no field "colour"/],
      [{ act: 'customerSends', psid: PSID, type: 'image' }, /"url"/],
      [{ act: 'customerSends', psid: PSID, type: 'image', url: 'javascript:alert(1)' }, /"url" .* http/],
      [{ act: 'customerSends', psid: PSID, type: 'poem', url: 'https://a.b' }, /"type" .* one of image/],
      [{ act: 'agentHandsBack', psid: PSID, disposition: 'fine' }, /"disposition" .* completed, lost, missed/],
      [{ act: 'agentExtends', psid: PSID, hours: 169 }, /"hours" .* 1 to 168/],
      [{ act: 'clockForward', ms: -1 }, /"ms"/],
      [{ act: 'clockForward', ms: 1.5 }, /"ms"/],
      [{ act: 'clockForward', ms: '1' }, /"ms"/],
      [{ act: 'crowdTalks', customers: 501, text: 'x' }, /"customers"/],
      [{ act: 'weather', id: 'fog', value: 'on' }, /"id" names no switch/],
      [{ act: 'weather', id: 'delay', value: 'twice' }, /"value" of delay must be one of off, on/],
      [{ act: 'scenarioStart', id: 'none' }, /"id" must be one of dialog/],
    ];
    for (const [command, expected] of wrong) {
      const { status, body } = await act(origin, command);
      expect(status, JSON.stringify(command)).to.equal(400);
      expect(body.ok).to.equal(false);
      expect(body.problem, JSON.stringify(command)).to.match(expected);
    }
    expect(bot.deliveries).to.deep.equal([]);
    const { status, body } = await act(origin, { act: 'scenarioNext' });
    expect(status).to.equal(409);
    expect(body.problem).to.include('No scenario has been started');
  });

  it('leave a trace in which app ids have all their digits: in the line, in its JSON, in its curl command', async () => {
    await open();
    await does({ act: 'customerSays', psid: PSID, text: 'hi' });
    await does({ act: 'agentTakes', psid: PSID });
    const entry = simulator.wire.of('webhook').find(({ items }) => /take_thread_control/.test(items.join()));
    expect(entry?.items).to.deep.equal(['take_thread_control → 27012345678901239']);
    const detail = (await (await fetch(`${origin}/stage/wire/${entry?.seq}`)).json()) as { entry: any; curl: string };
    expect(detail.entry.body.entry[0].messaging[0].take_thread_control).to.include({
      previous_owner_app_id: '24012345678901237',
      new_owner_app_id: '27012345678901239',
    });
    expect(detail.curl).to.include('"previous_owner_app_id":24012345678901237,"new_owner_app_id":27012345678901239');
  });

  it('leave a drawing of their thread, which runs nothing', async () => {
    await open();
    await does({ act: 'customerSays', psid: PSID, text: '<script>alert(1)</script>' });
    await does({ act: 'agentTakes', psid: PSID });
    const { pageId } = simulator.settings;
    const drawn = await fetch(`${origin}/stage/timeline/${pageId}/${PSID}.svg?width=390`);
    expect(drawn.headers.get('content-type')).to.equal('image/svg+xml; charset=utf-8');
    expect(drawn.headers.get('content-security-policy')).to.equal("default-src 'none'; style-src 'unsafe-inline'");
    const svg = await drawn.text();
    expect(svg).to.include('viewBox="0 0 390 ').and.include('▸ Owner is VCC Live (taken)');
    expect(svg).not.to.include('<script');
    for (const path of [
      `${pageId}/999.svg`,
      `999/${PSID}.svg`,
      `${pageId}/${PSID}`,
      `${pageId}/${PSID}.svg?width=wide`,
    ]) {
      expect((await fetch(`${origin}/stage/timeline/${path}`)).status, path).to.equal(404);
    }
  });

  it('have a size, a type, a method and a place', async () => {
    await open();
    const big = await act(origin, `{"act":"customerSays","text":"${'x'.repeat(70_000)}"}`);
    expect(big.status).to.equal(413);
    const form = await act(origin, { act: 'calmWeather' }, { 'Content-Type': 'text/plain' });
    expect(form.status).to.equal(415);
    const read = await fetch(`${origin}/stage/act`);
    expect([read.status, read.headers.get('allow')]).to.deep.equal([405, 'POST']);
    const written = await fetch(`${origin}/stage/events`, { method: 'POST' });
    expect([written.status, written.headers.get('allow')]).to.deep.equal([405, 'GET']);
    expect((await fetch(`${origin}/stage/nowhere`)).status).to.equal(404);
    expect((await fetch(`${origin}/stage/wire/99999`)).status).to.equal(404);
    expect((await fetch(`${origin}/v26.0/me`)).headers.get('facebook-api-version')).to.equal('v26.0');
  });

  describe('are a developer’s own', () => {
    const attempt = (
      method: string,
      path: string,
      headers: Record<string, string>,
    ): Promise<{ status: number; body: string }> =>
      new Promise((resolve, reject) => {
        const url = new URL(origin);
        const command = JSON.stringify({ act: 'customerSays', psid: PSID, text: 'from elsewhere' });
        const request = httpRequest({ host: url.hostname, port: url.port, method, path, headers }, (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (text: string) => {
            body += text;
            if (path === '/stage/events') request.destroy();
          });
          response.once('close', () => resolve({ status: response.statusCode ?? 0, body }));
        });
        request.on('error', (error) => (path === '/stage/events' ? undefined : reject(error)));
        request.end(method === 'POST' ? command : undefined);
      });
    const json = { 'Content-Type': 'application/json' };

    it('another site cannot command the stage', async () => {
      await open();
      const port = new URL(origin).port;
      const strangers: Record<string, string>[] = [
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { Origin: `http://127.0.0.1:${Number(port) + 1}` },
        { Origin: `http://evil.example:${port}` },
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
      ];
      for (const stranger of strangers) {
        const { status, body } = await attempt('POST', '/stage/act', { ...json, ...stranger });
        expect(status, JSON.stringify(stranger)).to.equal(403);
        expect(body).to.include('Another site');
      }
      expect(bot.deliveries).to.deep.equal([]);
    });

    it('a name that was pointed at this machine can neither command nor read', async () => {
      await open();
      const port = new URL(origin).port;
      for (const host of [`evil.example:${port}`, 'evil.example', `127.0.0.1.evil.example:${port}`, 'a b']) {
        for (const [method, path] of [
          ['POST', '/stage/act'],
          ['GET', '/stage/events'],
          ['GET', '/'],
        ] as const) {
          const { status } = await attempt(method, path, { ...json, Host: host });
          expect(status, `${method} ${path} as ${host}`).to.be.oneOf([400, 403]);
        }
      }
      expect(bot.deliveries).to.deep.equal([]);
    });

    it('the page itself, curl, and every name of this machine pass', async () => {
      await open();
      const port = new URL(origin).port;
      const own: Record<string, string>[] = [
        {},
        { Origin: origin, 'Sec-Fetch-Site': 'same-origin' },
        { Host: `localhost:${port}`, Origin: `http://localhost:${port}` },
        { Host: `[::1]:${port}`, Origin: `http://[::1]:${port}` },
        { 'Sec-Fetch-Site': 'none' },
      ];
      for (const headers of own) {
        const { status, body } = await attempt('POST', '/stage/act', { ...json, ...headers });
        expect(status, `${JSON.stringify(headers)} ${body}`).to.equal(200);
      }
      const { body } = await attempt('GET', '/stage/events', { Host: `localhost:${port}` });
      expect(body).to.include('event: snapshot');
    });

    it('a request without a name is turned away', () => {
      for (const host of [undefined, '', ':80']) {
        expect(refusalOf({ method: 'GET', headers: host === undefined ? {} : { host } })?.says).to.include(
          'does not answer',
        );
      }
      expect(refusalOf({ method: 'GET', headers: { host: 'localhost' } })).to.equal(undefined);
    });

    it('a name of one’s own passes where it was allowed', async () => {
      await open({}, { allowedHosts: ['stage.example.com'] });
      const { status } = await attempt('POST', '/stage/act', {
        ...json,
        Host: 'stage.example.com',
        Origin: 'https://stage.example.com',
      });
      expect(status).to.equal(200);
    });

    it('the stage says whether others can reach it', async () => {
      await open();
      expect(stage).to.deep.include({ loopbackOnly: true, url: `${origin}/` });
      const wide = await MessengerSimulator.start({ host: '0.0.0.0' });
      const wideStage = serveStage(wide);
      expect(wideStage.loopbackOnly).to.equal(false);
      wideStage.close();
      await wide.stop();
    });
  });

  describe('of the page itself', () => {
    it('the page comes with a policy that lets it load nothing from elsewhere', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'page-'));
      const pageFile = join(folder, 'index.html');
      await writeFile(pageFile, '<!doctype html><title>x</title><script>"a page"</script>');
      await open({ pageFile });
      const response = await fetch(`${origin}/`);
      expect(await response.text()).to.include('a page');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).to.include("default-src 'none'").and.to.include("frame-ancestors 'none'");
      expect(policy).to.match(/script-src 'sha256-[A-Za-z0-9+/]{43}='/);
      await rm(folder, { recursive: true });
    });

    it('a page that has not been built says how', async () => {
      await open({ pageFile: '/nowhere/index.html' });
      const response = await fetch(`${origin}/`);
      expect(response.status).to.equal(503);
      expect(await response.text()).to.include('npm run build');
    });

    it('survives a connection that breaks in the middle of a command', async () => {
      await open();
      const { port } = new URL(origin);
      const socket = createConnection(Number(port), '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(
        `POST /stage/act HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"act"`,
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      socket.destroy();
      await does({ act: 'calmWeather' });
    });
  });
});
