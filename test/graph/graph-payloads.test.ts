/** Every graph-* payload is a case here: errors are classified, requests are what the client sends, answers are read. */
import { expect } from 'chai';
import type { GraphErrorCode } from '../../src/thread/errors.js';
import type { GraphOutcome } from '../../src/graph/graph-api-error.js';
import type { ThreadControlClient } from '../../src/graph/thread-control-client.js';
import { BOT, THREAD, VCC, type Setting, errorOf, graphPayloads, payload, payloadText, setUp } from './setting.js';

const MINUTE_MS = 60_000;

const ERRORS: Record<
  string,
  { code: GraphErrorCode; outcome?: GraphOutcome; retryable?: true; waitMs?: number; says: RegExp }
> = {
  'graph-error-1-unknown': { code: 'metaFault', outcome: 'unknown', retryable: true, says: /fault of its own/ },
  'graph-error-10-another-app-controls': { code: 'anotherAppOwns', says: /Another app controls/ },
  'graph-error-10-no-permission': { code: 'permissionMissing', says: /pages_messaging/ },
  'graph-error-10-outside-window': { code: 'outsideWindow', says: /24 hours/ },
  'graph-error-10-recipient-unavailable': { code: 'customerUnreachable', says: /cannot be reached/ },
  'graph-error-100-appsecret-proof-missing': { code: 'misconfigured', says: /appSecret/ },
  'graph-error-100-incorrect-app-id': { code: 'misconfigured', says: /vccLiveAppId/ },
  'graph-error-100-no-matching-user': { code: 'customerUnreachable', says: /PSIDs belong to one Page/ },
  'graph-error-100-not-thread-owner': { code: 'anotherAppOwns', says: /does not control/ },
  'graph-error-100-release-not-owner': { code: 'anotherAppOwns', says: /does not control/ },
  'graph-error-1200-temporary-send': {
    code: 'metaFault',
    outcome: 'unknown',
    retryable: true,
    says: /fault of its own/,
  },
  'graph-error-190-expired': { code: 'invalidToken', says: /has expired\. Make a new Page access token/ },
  'graph-error-190-password-changed': { code: 'invalidToken', says: /password/ },
  'graph-error-190-system-user-token-on-subscribed-apps': { code: 'misconfigured', says: /not a Page access token/ },
  'graph-error-200-permission': { code: 'permissionMissing', says: /pages_manage_metadata/ },
  'graph-error-2018321-automated-flow': { code: 'anotherAppOwns', says: /automated questions/ },
  'graph-error-230-pages-messaging': { code: 'permissionMissing', says: /pages_messaging/ },
  'graph-error-27-routing-not-enabled': { code: 'misconfigured', says: /Set a default application/ },
  'graph-error-4-app-limit': { code: 'rateLimited', retryable: true, waitMs: MINUTE_MS, says: /Wait 60 s/ },
  'graph-error-551-user-blocked': { code: 'customerUnreachable', says: /blocked the Page/ },
  'graph-error-613-rate': { code: 'rateLimited', retryable: true, waitMs: MINUTE_MS, says: /Too many calls/ },
  'graph-error-80006-messenger-buc': {
    code: 'rateLimited',
    retryable: true,
    waitMs: MINUTE_MS,
    says: /Too many calls/,
  },
};

const REQUESTS: Record<string, (client: ThreadControlClient, body: any) => Promise<unknown>> = {
  'graph-request-pass': (client, body) => client.pass(THREAD, VCC, body.metadata),
  'graph-request-take': (client, body) => client.take(THREAD, body.metadata),
  'graph-request-release': (client) => client.release(THREAD),
  'graph-request-request': (client, body) => client.request(THREAD, body.metadata),
  'graph-request-extend': (client, body) => client.extend(THREAD, body.duration * 1000),
  'graph-request-send-human-agent': (client, body) => client.send(THREAD, without(body, 'recipient')),
  'graph-request-send-with-thread-control': (client, body) => client.send(THREAD, body),
};

const RESPONSES: Record<string, (client: ThreadControlClient) => Promise<void>> = {
  'graph-response-success': async (client) => {
    expect(await client.take(THREAD)).to.include({ confirmedBy: 'answer', attempts: 1 });
  },
  'graph-response-send': async (client) => {
    const { messageId, recipientId } = await client.send(THREAD, { message: { text: 'Hello' } });
    expect(messageId).to.equal('m_AbC0exampleMessageId0000000080-Invented_Value_For_Tests');
    expect(recipientId).to.equal(THREAD.psid);
  },
  'graph-response-thread-owner': async (client) => {
    expect(await client.owner(THREAD)).to.include({ owner: 'app', appId: BOT, expiresAtMs: 1790086400000 });
  },
  'graph-response-thread-owner-hidden': async (client) => {
    expect(await client.owner(THREAD)).to.include({ owner: 'hidden', expiresAtMs: 1790086400000 });
  },
  'graph-response-thread-owner-legacy-no-expiration': async (client) => {
    expect(await client.owner(THREAD))
      .to.include({ owner: 'app', appId: BOT })
      .and.not.have.property('expiresAtMs');
  },
  'graph-response-thread-owner-long-app-id': async (client) => {
    expect(await client.owner(THREAD)).to.include({ owner: 'app', appId: '27012345678901239' });
  },
  'graph-response-messaging-feature-status': async (client) => {
    const status = await client.featureStatus(THREAD.pageId);
    expect(status).to.include({ conversationRouting: true, pageId: THREAD.pageId });
    expect(status.flags).to.deep.equal({ hop_v2: false, msgr_multi_app: true, ig_multi_app: false });
  },
};

/** Headers are tested in asked-wait.test.ts; the diagnostics of an app's set-up are no calls of this client. */
const ELSEWHERE = [
  'graph-header-x-app-usage',
  'graph-header-x-business-use-case-usage',
  'graph-response-app-subscriptions',
  'graph-response-debug-token-page',
  'graph-response-page-subscribed-apps',
  'graph-response-secondary-receivers',
];

describe('the payload files of the Graph API', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp({ maxRetries: 0 });
  });
  afterEach(() => setting.close());

  it('are all in a table of this file', () => {
    const known = [ERRORS, REQUESTS, RESPONSES].flatMap((table) => Object.keys(table));
    expect([...known, ...ELSEWHERE]).to.have.members(graphPayloads());
  });

  for (const [name, expected] of Object.entries(ERRORS)) {
    it(`${name}: ${expected.code}`, async () => {
      setting.graph.script({ status: 400, json: payload(name) });
      const error = await errorOf(setting.client.send(THREAD, { message: { text: 'Hello' } }));
      const { code, error_subcode: subcode, fbtrace_id: trace } = payload(name).error;
      expect(error).to.include({
        code: expected.code,
        operation: 'send',
        pageId: THREAD.pageId,
        metaCode: code,
        httpStatus: 400,
        fbTraceId: trace,
      });
      expect(error.metaSubcode).to.equal(subcode);
      expect(error.outcome).to.equal(expected.outcome ?? 'refused');
      expect(error.retryable).to.equal(expected.retryable ?? false);
      expect(error.retryAfterMs).to.equal(expected.waitMs);
      expect(error.message).to.match(expected.says);
      expect(setting.graph.seen).to.have.length(1);
    });
  }

  for (const [name, call] of Object.entries(REQUESTS)) {
    it(`${name} is what the client sends`, async () => {
      const { method, path, body } = payload(name);
      setting.graph.answer = ({ path: asked }) => ({
        json: payload(asked.endsWith('/messages') ? 'graph-response-send' : 'graph-response-success'),
      });
      await call(setting.client, body);
      const [sent] = setting.graph.seen;
      expect(sent).to.include({ method, path: path.replace('{version}', 'v26.0') });
      // The file has the id as a number, the client sends the numeric string that Meta takes as well.
      const expected = name === 'graph-request-pass' ? { ...body, target_app_id: String(body.target_app_id) } : body;
      expect(sent?.body).to.deep.equal(expected);
    });
  }

  for (const [name, read] of Object.entries(RESPONSES)) {
    it(`${name} is understood`, async () => {
      setting.graph.script({ text: payloadText(name) });
      await read(setting.client);
    });
  }
});

function without(object: Record<string, unknown>, key: string): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
