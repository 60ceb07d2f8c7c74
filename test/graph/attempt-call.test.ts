import { expect } from 'chai';
import type { GraphOutcome } from '../../src/graph/graph-api-error.js';
import type { Reply } from './scripted-graph.js';
import { BOT, THREAD, VCC, type Setting, errorOf, ownedBy, payload, refusal, setUp, TOKEN } from './setting.js';

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
      code: 'rateLimited',
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
        code: 'rateLimited',
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
    expect(await errorOf(client.owner(THREAD))).to.include({ code: 'rateLimited', retryAfterMs: 2 * MINUTE_MS });
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
    expect(await waiting).to.include({ code: 'rateLimited', outcome: 'notSent' });
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
        code: 'policyViolation',
        retryable: false,
        retryAfterMs: 60 * MINUTE_MS,
      });
      clock.advance(59 * MINUTE_MS);
      expect(await errorOf(client.take(THREAD))).to.include({
        code: 'rateLimited',
        outcome: 'notSent',
        retryAfterMs: MINUTE_MS,
      });
      clock.advance(MINUTE_MS);
      await client.take(THREAD);
    });
  }
});

describe('a Page whose message met a limit', () => {
  let setting: Setting;
  const message = { message: { text: 'Hello' } };
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  for (const [code, subcode, waitMs] of [
    [80006, undefined, MINUTE_MS],
    [4, undefined, MINUTE_MS],
    [613, undefined, MINUTE_MS],
    [613, 2018338, 60 * MINUTE_MS],
    [2022, undefined, 60 * MINUTE_MS],
  ] as [number, number | undefined, number][]) {
    it(`(${code}/${subcode ?? '-'}) sends no more messages, and makes every call of thread control`, async () => {
      const { graph, client, clock } = setting;
      graph.script(refusal(code, subcode), { json: { success: true } });
      expect(await errorOf(client.send(THREAD, message))).to.include({ outcome: 'refused', retryAfterMs: waitMs });
      expect(await errorOf(client.send({ ...THREAD, psid: '77' }, message))).to.include({
        code: 'rateLimited',
        outcome: 'notSent',
        retryAfterMs: waitMs,
      });
      await client.pass(THREAD, VCC);
      await client.take(THREAD);
      await client.release(THREAD);
      await client.request(THREAD);
      await client.extend(THREAD, 1000);
      graph.script(ownedBy(VCC), { json: { messaging_feature_status: {} } }, { json: { message_id: 'm_1' } });
      await client.owner(THREAD);
      await client.featureStatus(THREAD.pageId);
      expect(await client.send(THREAD, message, { evenIfMessagesPause: true })).to.include({ messageId: 'm_1' });
      expect(await errorOf(client.send(THREAD, message)), 'the pause goes on').to.include({ outcome: 'notSent' });
      clock.advance(waitMs);
      await client.send(THREAD, message);
    });
  }

  for (const subcode of [1346003, 4854077, undefined]) {
    it(`is not left alone where the refusal (368/${subcode ?? '-'}) is about that message`, async () => {
      const { graph, client } = setting;
      graph.script(refusal(368, subcode), { json: { message_id: 'm_1' } });
      expect(await errorOf(client.send(THREAD, message)))
        .to.include({ code: 'policyViolation', retryable: false })
        .and.not.have.property('retryAfterMs');
      await client.send(THREAD, message);
    });
  }

  it('holds up even the answer to a request where thread control has met the limit itself', async () => {
    const { graph, client } = setting;
    graph.script(refusal(80006));
    await errorOf(client.pass(THREAD, VCC));
    expect(await errorOf(client.send(THREAD, message, { evenIfMessagesPause: true }))).to.include({
      outcome: 'notSent',
    });
    expect(graph.seen).to.have.length(1);
  });

  it('is named in the log once for each pause, with whom it stops and what to do', async () => {
    const lines: string[] = [];
    const add = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
    const logged = await setUp({ logger: { info: add('info'), warn: add('warn'), error: add('error') } });
    logged.graph.script(refusal(80006), refusal(613, 2018338), { status: 429, text: '<html>' });
    await errorOf(logged.client.send(THREAD, message));
    await errorOf(logged.client.send(THREAD, message));
    await errorOf(logged.client.take(THREAD));
    await errorOf(logged.client.owner({ ...THREAD, pageId: '5' }));
    await logged.close();
    expect(lines).to.deep.equal([
      `warn: Meta throttles Page ${THREAD.pageId} (code 80006, HTTP 400). Its messages pause for 60 s; handovers go on. If it happens often, send less or ask Meta for a higher limit.`,
      `error: Meta objects to what Page ${THREAD.pageId} sends (code 613, subcode 2018338, HTTP 400). All its calls pause for 3600 s, and no thread can be handed over. Look at Page Quality and the Support Inbox of the Page, and find out what sends so much.`,
      'warn: A server between here and Meta throttles Page 5 (HTTP 429). All its calls pause for 60 s, and no thread can be handed over. If it happens often, send less or ask Meta for a higher limit.',
    ]);
  });
});

describe("an answer that is not Meta's", () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp({ maxRetries: 0 });
  });
  afterEach(() => setting.close());
  const PAGE_OF_PROXY = '<html><head><title>Access denied</title></head><body>Talk to your administrator</body></html>';

  const answers: [string, Reply, GraphOutcome][] = [
    ['a 403 page of a proxy', { status: 403, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 401 page', { status: 401, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 404 page', { status: 404, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 400 page', { status: 400, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 405 without a body', { status: 405, text: '' }, 'unknown'],
    ['a 403 without a body', { status: 403, text: '' }, 'unknown'],
    ['a 200 page of a captive portal', { status: 200, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 200 without a body', { status: 200, text: '' }, 'unknown'],
    ['a list', { status: 200, json: [] }, 'unknown'],
    ['a 500 page', { status: 500, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 502 page', { status: 502, text: PAGE_OF_PROXY }, 'unknown'],
    ['a 504 without a body', { status: 504, text: '' }, 'unknown'],
    ['a 403 in the JSON of a gateway', { status: 403, json: { message: 'Forbidden' } }, 'unknown'],
    ['a 401 in the JSON of another', { status: 401, json: { error: 'invalid_token' } }, 'unknown'],
    [
      'a 403 in the JSON of a third',
      { status: 403, json: { error: { code: 403, message: 'Forbidden', status: 'PERMISSION_DENIED' } } },
      'unknown',
    ],
    ['an error without a code', { status: 200, json: { error: { message: 'no upstream' } } }, 'unknown'],
    ['a redirect to a login', { status: 302, text: '', headers: { Location: 'http://login.invalid/' } }, 'refused'],
    ['a proxy that wants a login', { status: 407, text: PAGE_OF_PROXY }, 'refused'],
    ['a network that wants a login', { status: 511, text: PAGE_OF_PROXY }, 'refused'],
  ];
  for (const [what, reply, outcome] of answers) {
    it(`(${what}) is a fault of the network, in a message and in thread control, and stops nobody`, async () => {
      const { graph, client } = setting;
      graph.script(reply);
      const refused = [
        await errorOf(client.send(THREAD, { message: { text: 'Hello' } })),
        await errorOf(client.pass(THREAD, VCC)),
        await errorOf(client.owner(THREAD)),
      ];
      for (const error of refused) {
        expect(error, error.operation).to.include({ code: 'networkFailed', outcome, retryable: outcome === 'unknown' });
        expect(error.message)
          .to.match(/baseUrl/)
          .and.match(/proxy/)
          .and.not.match(/Meta refused|permission|administrator/i);
        expect(error).to.not.have.property('metaCode');
      }
      graph.script({ json: { success: true } });
      await client.take(THREAD);
    });
  }

  it("is told apart from Meta's own, whatever the status: a code with a type or a trace is Meta's word", async () => {
    setting.graph.script(
      refusal(10, 2018300, 'no', 403),
      refusal(190, 463, 'no', 401),
      refusal(4, undefined, 'no', 403),
    );
    expect(await errorOf(setting.client.send(THREAD, {}))).to.include({ code: 'anotherAppOwns' });
    expect(await errorOf(setting.client.send(THREAD, {}))).to.include({ code: 'invalidToken' });
    setting.clock.advance(1000);
    expect(await errorOf(setting.client.send(THREAD, {}))).to.include({ code: 'rateLimited' });
    const bare = await setUp();
    bare.graph.script({ status: 400, json: { error: { code: 368, message: 'no' } } });
    expect(await errorOf(bare.client.send(THREAD, {}))).to.include({ code: 'policyViolation', metaCode: 368 });
    await bare.close();
  });

  it('once, is tried again by thread control after thread_owner was asked, and the thread is passed', async () => {
    const tried = await setUp({ maxRetries: 1 });
    tried.graph.script({ status: 403, text: PAGE_OF_PROXY }, ownedBy(BOT), { json: { success: true } });
    expect(await tried.client.pass(THREAD, VCC)).to.include({ attempts: 2 });
    await tried.close();
  });
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
    expect(await errorOf(client.take(THREAD))).to.include({ code: 'invalidToken', outcome: 'refused' });
    expect(await errorOf(client.pass(THREAD, VCC))).to.include({
      code: 'invalidToken',
      outcome: 'notSent',
      metaCode: 190,
      metaSubcode: 463,
    });
    expect(graph.seen).to.have.length(1);

    // The customer is to hear that there is no agent, so a message is still tried, once.
    graph.script({ status: 400, json: payload('graph-error-190-expired') }, { json: { success: true } });
    const message = { message: { text: 'No agent could be reached.' } };
    expect(await errorOf(client.send(THREAD, message))).to.include({ code: 'invalidToken', outcome: 'refused' });
    expect(await errorOf(client.send(THREAD, message))).to.include({ code: 'invalidToken', outcome: 'notSent' });

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
    expect(await errorOf(client.pass(THREAD, VCC))).to.include({ code: 'invalidToken', outcome: 'refused' });
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
  it('is waited for no longer than 3 seconds, however long a request may take', async () => {
    const setting = await setUp({ pageAccessToken: () => new Promise<string>(() => undefined), timeoutMs: 60_000 });
    const startedAtMs = setting.clock.now();
    const error = await errorOf(setting.client.take(THREAD));
    expect(error.message).to.match(/pageAccessToken gave nothing within 3000 ms/);
    expect(setting.clock.now() - startedAtMs).to.equal(3000);
    await setting.close();
  });

  for (const [what, pageAccessToken, says] of broken) {
    it(`is missing where the function ${what}, which is said without touching the network`, async () => {
      const setting = await setUp({ pageAccessToken, timeoutMs: 100 });
      const error = await errorOf(setting.client.take(THREAD));
      expect(error).to.include({ code: 'invalidToken', outcome: 'notSent', retryable: false });
      expect(error.message).to.match(says).and.not.include(TOKEN);
      expect(error.cause).to.equal(undefined);
      expect(setting.graph.seen).to.have.length(0);
      await setting.close();
    });
  }
});
