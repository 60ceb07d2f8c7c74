import { expect } from 'chai';
import { THREAD, VCC, type Setting, errorOf, ownedBy, payload, refusal, setUp, TOKEN } from './setting.js';

const MINUTE_MS = 60_000;
const OTHER_PAGE = { pageId: '999888777666555', psid: THREAD.psid };

describe('a Page that Meta throttles', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  it('is left alone for as long as Meta asks, whatever is called', async () => {
    const { graph, client, clock } = setting;
    const { header, value } = payload('graph-header-x-business-use-case-usage');
    graph.script({ ...refusal(80006), headers: { [header]: JSON.stringify(value) } }, { json: { success: true } });
    expect(await errorOf(client.pass(THREAD, VCC))).to.include({
      kind: 'rateLimit',
      outcome: 'refused',
      retryAfterMs: 19 * MINUTE_MS,
    });

    clock.advance(MINUTE_MS);
    for (const call of [
      client.owner(THREAD),
      client.take(THREAD),
      client.send(THREAD, {}),
      client.featureStatus(THREAD.pageId),
    ]) {
      expect(await errorOf(call)).to.include({
        kind: 'rateLimit',
        outcome: 'notSent',
        retryable: true,
        retryAfterMs: 18 * MINUTE_MS,
      });
    }
    expect(graph.seen).to.have.length(1);

    clock.advance(18 * MINUTE_MS);
    await client.take(THREAD);
    expect(graph.seen).to.have.length(2);
  });

  it('does not stop the other Pages', async () => {
    setting.graph.script(refusal(4), { json: { success: true } });
    await errorOf(setting.client.take(THREAD));
    await setting.client.take(OTHER_PAGE);
  });

  it('is left alone for a minute, then two, where Meta does not say how long, and for a minute again after a success', async () => {
    const { graph, client, clock } = setting;
    graph.script(refusal(613), { status: 429, text: 'slow down' }, ownedBy(VCC), refusal(32));
    expect((await errorOf(client.owner(THREAD))).retryAfterMs).to.equal(MINUTE_MS);
    clock.advance(MINUTE_MS);
    expect(await errorOf(client.owner(THREAD))).to.include({ kind: 'rateLimit', retryAfterMs: 2 * MINUTE_MS });
    clock.advance(2 * MINUTE_MS);
    await client.owner(THREAD);
    expect((await errorOf(client.owner(THREAD))).retryAfterMs).to.equal(MINUTE_MS);
    expect(graph.seen).to.have.length(4);
  });

  it('costs no token: the function is not asked while the Page is left alone', async () => {
    let asked = 0;
    const counting = await setUp({
      pageAccessToken: () => {
        asked++;
        return TOKEN;
      },
    });
    counting.graph.script(refusal(4));
    await errorOf(counting.client.take(THREAD));
    await errorOf(counting.client.take(THREAD));
    expect(asked).to.equal(1);
    await counting.close();
  });

  it('is left alone also by a call whose token was still being fetched', async () => {
    let deliver: (token: string) => void = () => undefined;
    const slowToken = new Promise<string>((resolve) => (deliver = resolve));
    const tokens = [slowToken, TOKEN];
    const slow = await setUp({ pageAccessToken: () => tokens.shift() ?? TOKEN });
    slow.graph.script(refusal(4), { json: { success: true } });
    const waiting = errorOf(slow.client.take(THREAD));
    await errorOf(slow.client.take(THREAD));
    deliver(TOKEN);
    expect(await waiting).to.include({ kind: 'rateLimit', outcome: 'notSent' });
    expect(slow.graph.seen).to.have.length(1);
    await slow.close();
  });

  it('waits for Retry-After', async () => {
    setting.graph.script({ status: 429, text: '', headers: { 'Retry-After': '7' } });
    expect((await errorOf(setting.client.owner(THREAD))).retryAfterMs).to.equal(7000);
  });

  for (const [code, subcode] of [[368], [613, 2018338]] as [number, number?][]) {
    it(`is left alone for an hour after ${code}/${subcode ?? '-'}`, async () => {
      const { graph, client, clock } = setting;
      graph.script(refusal(code, subcode), { json: { success: true } });
      expect(await errorOf(client.take(THREAD))).to.include({
        kind: 'policy',
        retryable: false,
        retryAfterMs: 60 * MINUTE_MS,
      });
      clock.advance(59 * MINUTE_MS);
      expect(await errorOf(client.take(THREAD))).to.include({
        kind: 'rateLimit',
        outcome: 'notSent',
        retryAfterMs: MINUTE_MS,
      });
      clock.advance(MINUTE_MS);
      await client.take(THREAD);
    });
  }
});

describe('the Page access token', () => {
  it('is asked for by Page, for every call', async () => {
    const asked: string[] = [];
    const setting = await setUp({
      pageAccessToken: async (pageId) => {
        asked.push(pageId);
        return ` token-of-${pageId}\n`;
      },
    });
    await setting.client.take(THREAD);
    await setting.client.take(OTHER_PAGE);
    expect(asked).to.deep.equal([THREAD.pageId, OTHER_PAGE.pageId]);
    expect(setting.graph.seen.map(({ headers }) => headers.authorization)).to.deep.equal(
      asked.map((id) => `Bearer token-of-${id}`),
    );
    await setting.close();
  });

  it('is not sent again for a second after Meta called it dead, unless there is a new one', async () => {
    let token = 'old-token';
    const setting = await setUp({ pageAccessToken: () => token });
    const { graph, client, clock } = setting;
    graph.script({ status: 400, json: payload('graph-error-190-expired') }, { json: { success: true } });
    expect(await errorOf(client.take(THREAD))).to.include({ kind: 'token', outcome: 'refused' });
    expect(await errorOf(client.pass(THREAD, VCC))).to.include({
      kind: 'token',
      outcome: 'notSent',
      code: 190,
      subcode: 463,
    });
    expect(graph.seen).to.have.length(1);

    // The customer is to hear that there is no agent, so a message is still tried, once.
    graph.script({ status: 400, json: payload('graph-error-190-expired') }, { json: { success: true } });
    const message = { message: { text: 'No agent could be reached.' } };
    expect(await errorOf(client.send(THREAD, message))).to.include({ kind: 'token', outcome: 'refused' });
    expect(await errorOf(client.send(THREAD, message))).to.include({ kind: 'token', outcome: 'notSent' });

    token = 'new-token';
    await client.take(THREAD);
    token = 'old-token';
    clock.advance(1000);
    await client.take(THREAD);
    expect(graph.seen.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer old-token',
      'Bearer old-token',
      'Bearer new-token',
      'Bearer old-token',
    ]);
    await setting.close();
  });

  it('is alive again where a message with it is accepted', async () => {
    const setting = await setUp();
    const { graph, client } = setting;
    graph.script({ status: 400, json: payload('graph-error-190-expired') }, { json: { message_id: 'm_1' } });
    expect(await errorOf(client.pass(THREAD, VCC))).to.include({ kind: 'token', outcome: 'refused' });
    await client.send(THREAD, { message: { text: 'No agent could be reached.' } });
    graph.script({ json: { success: true } });
    expect(await client.pass(THREAD, VCC)).to.include({ confirmedBy: 'answer' });
    await setting.close();
  });

  const broken: [string, () => string | Promise<string>, RegExp][] = [
    [
      'throws',
      () => {
        throw new TypeError(`no row for ${TOKEN}`);
      },
      /threw an error/,
    ],
    ['rejects', async () => Promise.reject(new TypeError(`no row for ${TOKEN}`)), /threw an error/],
    ['gives nothing', () => '  ', /gave no token for this Page/],
    ['gives undefined', () => undefined as never, /gave no token for this Page/],
    ['gives two lines', () => 'first\nsecond', /cannot be a token/],
    ['never answers', async () => new Promise<string>(() => undefined), /gave nothing within 100 ms/],
  ];
  for (const [what, pageAccessToken, says] of broken) {
    it(`is missing where the function ${what}, which is said without touching the network`, async () => {
      const setting = await setUp({ pageAccessToken, timeoutMs: 100 });
      const error = await errorOf(setting.client.take(THREAD));
      expect(error).to.include({ kind: 'token', outcome: 'notSent', retryable: false });
      expect(error.message).to.match(says).and.not.include(TOKEN);
      expect(error.cause).to.equal(undefined);
      expect(setting.graph.seen).to.have.length(0);
      await setting.close();
    });
  }
});
