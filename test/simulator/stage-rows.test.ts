/** Lines of the timeline say in words what happened, and can be tried again by hand. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { MessengerSimulator, wireLine } from '../../src/simulator/index.js';
import type { GraphEntry, WireEntry } from '../../src/simulator/index.js';
import { asCurl } from '../../src/simulator/stage/as-curl.js';
import { talkEntry } from '../../src/simulator/stage/talk-entries.js';
import { threadsOf, wireRow } from '../../src/simulator/stage/wire-rows.js';
import { verifySignature } from '../../src/webhook/signature.js';
import { RecordingBot } from './recording-bot.js';

const NAMES = { appSecret: 'simulated-bot-app-secret', nameOf: (id: string) => (id === '1' ? 'the bot' : `app ${id}`) };
const HEAD = { seq: 7, atMs: 1_795_338_000_000 };

const call: GraphEntry = {
  ...HEAD,
  kind: 'graph',
  appId: '24012345678901237',
  appName: 'bot',
  pageId: '111',
  method: 'POST',
  path: '/v26.0/me/messages',
  edge: 'messages',
  query: {},
  body: { recipient: { id: '42' }, message: { text: 'hello' } },
  outcome: 'answered',
  status: 200,
  answer: { message_id: 'm_1' },
  refused: false,
  done: true,
};
const notOwner = (subcode: number | undefined, message: string): GraphEntry => ({
  ...call,
  status: 400,
  refused: true,
  done: false,
  answer: {
    error: { message, type: 'OAuthException', code: 10, ...(subcode === undefined ? {} : { error_subcode: subcode }) },
  },
});

describe('A line of the timeline', () => {
  it('says what the bot did, and how it ended', () => {
    const row = wireRow(call, NAMES);
    expect(row).to.deep.include({
      seq: 7,
      way: 'Bot → Meta',
      title: 'POST messages “hello”',
      status: '200',
      tone: 'good',
      threads: ['111/42'],
      aside: false,
      chips: [],
    });
  });

  it('says in red words that the bot spoke without owning the thread, also where Meta leaves the subcode out', () => {
    const text = '(#10) Message failed to send because another app is controlling this thread now.';
    for (const entry of [notOwner(2018300, 'localised'), notOwner(undefined, text)]) {
      const { tone, status, chips } = wireRow(entry, NAMES);
      expect(tone).to.equal('bad');
      expect(status).to.match(/^refused 400 · 10/);
      expect(chips).to.deep.equal([{ text: 'The bot spoke without owning the thread', tone: 'bad' }]);
    }
    const window = wireRow(notOwner(2018278, 'outside the allowed window'), NAMES);
    expect(window.chips).to.deep.equal([{ text: 'outside the allowed window', tone: 'bad' }]);
  });

  it('says what the weather did, and whether the call was done all the same', () => {
    const lost = wireRow({ ...withoutStatus(call), outcome: 'answerLost', fault: 'lostAnswers' }, NAMES);
    expect(lost).to.deep.include({ status: 'no answer', tone: 'warn' });
    expect(lost.chips).to.deep.equal([{ text: 'weather: answer lost, yet it was done', tone: 'warn' }]);
    const rate = wireRow({ ...notOwner(undefined, '(#613) limit'), fault: 'rateLimited' }, NAMES);
    expect(rate.chips[0]?.text).to.equal('weather: rate limit, nothing was done');
  });

  it('judges the signature that was sent', async () => {
    const simulator = await MessengerSimulator.start();
    const bot = await RecordingBot.start();
    simulator.connectBot(bot.url);
    await simulator.customer('42').says('signed');
    await simulator.deliverRaw({ object: 'page', entry: [] }, { signWith: 'another secret' });
    await simulator.deliverRaw({ object: 'page', entry: [] }, { signWith: null });
    const chips = simulator.wire
      .of('webhook')
      .filter(({ url }) => url !== undefined)
      .map((entry) => wireRow(entry, NAMES).chips.map(({ text }) => text));
    expect(chips).to.deep.equal([['signature valid'], ['signature wrong', 'by hand'], ['unsigned', 'by hand']]);
    await simulator.stop();
    await bot.close();
  });

  it('finds the threads of a delivery for several Pages in its body', () => {
    const item = (page: string, psid: string) => ({
      sender: { id: psid },
      recipient: { id: page },
      message: { mid: psid, text: 'x' },
    });
    const body = JSON.stringify({
      object: 'page',
      entry: [
        { id: '1', time: 1, messaging: [item('1', '11')] },
        { id: '2', time: 1, messaging: [item('2', '22')] },
      ],
    });
    const entry: WireEntry = {
      ...HEAD,
      kind: 'webhook',
      appId: '1',
      appName: 'bot',
      pageIds: ['1', '2'],
      psids: ['11', '22'],
      channels: ['messaging'],
      items: ['message "x"', 'message "x"'],
      body,
      attempt: 1,
      why: 'first',
      outcome: 'pending',
    };
    expect(threadsOf(entry)).to.deep.equal([
      { pageId: '1', psid: '11' },
      { pageId: '2', psid: '22' },
    ]);
    expect(threadsOf({ ...entry, body: 'not JSON' })).to.deep.equal([]);
  });

  it('knows the customer of a call however the recipient was written', () => {
    const threads = [{ pageId: '111', psid: '42' }];
    const bodiless: Omit<GraphEntry, 'body'> = call;
    expect(threadsOf({ ...bodiless, body: {}, query: { recipient: '42' } })).to.deep.equal(threads);
    expect(threadsOf({ ...bodiless, body: {}, query: { recipient: '{"id":"42"}' } })).to.deep.equal(threads);
    expect(threadsOf({ ...bodiless, body: { recipient: '{"id":"42"}' } })).to.deep.equal(threads);
    for (const odd of [undefined, null, 'text', { recipient: 5 }, { recipient: {} }, { recipient: '{' }]) {
      expect(() => wireRow({ ...bodiless, body: odd }, NAMES)).not.to.throw();
    }
  });
});

describe('A line as curl', () => {
  const shell = async (command: string, env: Record<string, string>): Promise<string> =>
    (await promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env['PATH'] ?? '', ...env } })).stdout;

  before(async function () {
    // The commands are for a shell with both of these.
    const there = await Promise.all(
      ['curl', 'openssl'].map((name) => shell(`command -v ${name}`, {}).then(Boolean, () => false)),
    );
    if (there.includes(false)) this.skip();
  });

  it('delivers a webhook again, signed with the secret of the environment', async () => {
    const simulator = await MessengerSimulator.start();
    const bot = await RecordingBot.start();
    simulator.connectBot(bot.url);
    await simulator.customer('42').says("It's “ő” & $HOME `id` \\ 'x'");
    const entry = simulator.wire.of('webhook').find(({ appName }) => appName === 'bot');
    const command = asCurl(entry!, targetsOf(simulator)) ?? '';
    expect(command).not.to.include(simulator.settings.appSecret);
    await shell(command, { FACEBOOK_APP_SECRET: simulator.settings.appSecret });
    const [first, again] = bot.deliveries;
    expect(again?.raw).to.equal(first?.raw);
    const signature = again?.headers['x-hub-signature-256'] as string;
    expect(verifySignature(again?.raw ?? '', signature, simulator.settings.appSecret)).to.deep.equal({ valid: true });
    await simulator.stop();
    await bot.close();
  });

  it('makes a Graph call of the bot again, with token and proof of the environment', async () => {
    const simulator = await MessengerSimulator.start();
    await simulator.customer('42').says('hi');
    const { pageAccessToken, appSecret } = simulator.settings;
    const entry: GraphEntry = {
      ...call,
      appId: simulator.settings.botAppId,
      body: { recipient: { id: '42' }, message: { text: "it's 5 o'clock" } },
    };
    const command = asCurl(entry, targetsOf(simulator)) ?? '';
    expect(command).not.to.include(pageAccessToken).and.not.to.include(appSecret);
    const answer = await shell(command, {
      FACEBOOK_PAGE_ACCESS_TOKEN: pageAccessToken,
      FACEBOOK_APP_SECRET: appSecret,
    });
    expect(answer).to.include('"message_id"');
    expect(simulator.customer('42').hears()).to.deep.equal(["it's 5 o'clock"]);

    const question: GraphEntry = {
      ...entry,
      method: 'GET',
      path: '/me/thread_owner',
      edge: 'thread_owner',
      query: { recipient: '42' },
      body: {},
    };
    const owner = await shell(asCurl(question, targetsOf(simulator)) ?? '', {
      FACEBOOK_PAGE_ACCESS_TOKEN: pageAccessToken,
      FACEBOOK_APP_SECRET: appSecret,
    });
    expect(owner).to.include(simulator.settings.botAppId);
    await simulator.stop();
  });

  it('is nothing where nothing travelled', () => {
    const targets = { graphBaseUrl: 'http://x', apiVersion: 'v26.0', botAppId: '1' };
    expect(asCurl({ ...HEAD, kind: 'note', text: 'x' }, targets)).to.equal(undefined);
    expect(
      asCurl({ ...HEAD, kind: 'owner', pageId: '1', psid: '2', from: 'idle', to: '1', why: 'pass' }, targets),
    ).to.equal(undefined);
  });
});

describe('What was said', () => {
  it('keeps texts, quick replies, buttons, cards and attachments, and survives anything else', () => {
    const of = (message: Record<string, unknown>, text?: string) => {
      const entry = talkEntry({
        kind: 'message',
        from: 'bot',
        atMs: 1,
        message,
        ...(text === undefined ? {} : { text }),
      });
      const rest = Object.entries(entry).filter(([name]) => !['kind', 'from', 'atMs'].includes(name));
      return Object.fromEntries(rest);
    };
    expect(
      of(
        { quick_replies: [{ content_type: 'text', title: 'Yes', payload: 'YES' }, { content_type: 'user_email' }] },
        'Well?',
      ),
    ).to.deep.equal({
      text: 'Well?',
      quickReplies: [{ title: 'Yes', payload: 'YES' }],
    });
    const buttons = [
      { type: 'postback', title: 'Buy', payload: 'BUY' },
      { type: 'web_url', title: 'See', url: 'https://example.com' },
    ];
    expect(
      of({ attachment: { type: 'template', payload: { template_type: 'button', text: 'What now?', buttons } } }),
    ).to.deep.equal({
      text: 'What now?',
      buttons: [
        { title: 'Buy', payload: 'BUY' },
        { title: 'See', url: 'https://example.com' },
      ],
    });
    const card = { title: 'Shoes', subtitle: 'red', buttons: [buttons[0]] };
    expect(
      of({ attachment: { type: 'template', payload: { template_type: 'generic', elements: [card] } } }),
    ).to.deep.equal({
      text: 'Shoes\nred',
      buttons: [{ title: 'Buy', payload: 'BUY' }],
    });
    expect(of({ attachments: [{ type: 'image', payload: { url: 'https://example.com/a.png' } }] })).to.deep.equal({
      attachment: { type: 'image', url: 'https://example.com/a.png' },
    });
    for (const odd of [
      {},
      { attachment: 5 },
      { attachment: {} },
      { attachments: 'x' },
      { quick_replies: [null, 5, {}] },
    ]) {
      expect(() => of(odd)).not.to.throw();
    }
    expect(of({ attachment: { type: 'template', payload: { template_type: 'receipt' } } })).to.deep.equal({
      attachment: { type: 'receipt template' },
    });
  });

  it('shows all cards of a carousel, the picture of a card alone, and a receipt line by line', () => {
    const of = (payload: Record<string, unknown>) => {
      const message = { attachment: { type: 'template', payload } };
      const entry = talkEntry({ kind: 'message', from: 'bot', atMs: 1, message });
      return Object.fromEntries(Object.entries(entry).filter(([name]) => !['kind', 'from', 'atMs'].includes(name)));
    };
    const shoes = { title: 'Shoes', subtitle: 'red', image_url: 'https://example.com/a.png' };
    const hat = { title: 'Hat', buttons: [{ type: 'postback', title: 'Buy', payload: 'BUY' }] };
    expect(of({ template_type: 'generic', elements: [shoes, hat] })).to.deep.equal({
      cards: [
        { text: 'Shoes\nred', imageUrl: 'https://example.com/a.png' },
        { text: 'Hat', buttons: [{ title: 'Buy', payload: 'BUY' }] },
      ],
    });
    expect(of({ template_type: 'generic', elements: [shoes] })).to.deep.equal({
      text: 'Shoes\nred',
      attachment: { type: 'image', url: 'https://example.com/a.png' },
    });
    const elements = [{ title: 'Tea', quantity: 2, price: 3.5 }];
    expect(
      of({ template_type: 'receipt', order_number: '12', currency: 'EUR', elements, summary: { total_cost: 7 } }),
    ).to.deep.equal({ text: 'Receipt 12\n2 Tea 3.5 EUR\nTotal 7 EUR' });
  });
});

function targetsOf({ graphBaseUrl, settings }: MessengerSimulator): Parameters<typeof asCurl>[1] {
  return { graphBaseUrl, apiVersion: settings.apiVersion, botAppId: settings.botAppId };
}

function withoutStatus(entry: GraphEntry): GraphEntry {
  const copy: { -readonly [K in keyof GraphEntry]: GraphEntry[K] } = { ...entry };
  delete copy.status;
  return copy;
}

describe('What a line of the wire quotes', () => {
  it('cannot act on the page, the terminal, or the shell that it is pasted into', () => {
    const nasty = '\u001b]0;owned\u0007 \u202egpj.exe\nforged';
    const entry: WireEntry = {
      ...{ seq: 1, atMs: 0, kind: 'graph', appId: '1', appName: 'bot', method: 'POST', path: '/v26.0/me/messages' },
      ...{ edge: 'messages', query: {}, outcome: 'answered', refused: true, done: false, status: 400 },
      body: { recipient: { id: '2' }, message: { text: nasty } },
      answer: { error: { message: nasty, code: 100 } },
    };
    const shown = '\\u001b]0;owned\\u0007 \\u202egpj.exe\\nforged';
    const row = wireRow(entry, { appSecret: 'x', nameOf: (id) => id });
    expect(row.title).to.include(shown);
    expect(row.chips.map(({ text }) => text)).to.include(shown);
    expect(wireLine({ ...entry, kind: 'note', text: nasty })).to.include(shown);
    const curl = asCurl(entry, { graphBaseUrl: 'http://127.0.0.1:1', apiVersion: 'v26.0', botAppId: '1' });
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect(curl).not.to.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const body = /--data-raw '(.*)'/.exec(curl ?? '')?.[1] ?? '';
    expect(JSON.parse(body)).to.deep.equal({ recipient: { id: '2' }, message: { text: nasty } });
  });
});
