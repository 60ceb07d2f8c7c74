import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { HandoverError } from '../../src/thread/errors.js';
import { GraphApiError } from '../../src/graph/graph-api-error.js';
import type { ThreadControlClient } from '../../src/graph/thread-control-client.js';
import { SECRET, THREAD, TIMEOUT_MS, TOKEN, VCC, errorOf, ownedBy, refusal, setUp, INBOX } from './setting.js';
import { type Reply, closedOrigin } from './scripted-graph.js';

const PROOF = createHmac('sha256', SECRET).update(TOKEN).digest('hex');

/** Everything a logger could make of a value. */
function everyText(value: object): string {
  const views = [inspect(value, { depth: null, showHidden: true, getters: true }), JSON.stringify(value)];
  if (value instanceof Error)
    views.push(
      value.toString(),
      value.message,
      value.stack ?? '',
      everyText(value.cause instanceof Error ? value.cause : { cause: value.cause }),
    );
  return views.join('\n');
}

function expectClean(value: object, what: string): void {
  for (const secret of [TOKEN, SECRET, PROOF]) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(everyText(value).includes(form), `${what} shows a secret`).to.equal(false);
    }
  }
}

describe('GraphApiError', () => {
  it('is one of the family: a HandoverError whose code says what it means', async () => {
    const setting = await setUp();
    setting.graph.script(refusal(10, 2018300));
    const error = await errorOf(setting.client.send(THREAD, {}));
    expect(error).to.be.instanceOf(HandoverError).and.to.include({ code: 'anotherAppOwns', metaCode: 10 });
    await setting.close();
  });

  it('says what happened, what it means and what to change, and what is so now', async () => {
    const setting = await setUp();
    setting.graph.script(
      refusal(27, 2018464, '(#27) Take thread control is not supported when Conversation Routing is not enabled.'),
    );
    const error = await errorOf(setting.client.take(THREAD));
    expect(error.message).to.equal(
      'Taking the thread on Page 111222333444555: Meta refused (code 27, subcode 2018464, HTTP 400, trace AbC). ' +
        '"(#27) Take thread control is not supported when Conversation Routing is not enabled." ' +
        'Conversation Routing is off for this Page. Set a default application in the Page settings (Advanced Messaging, ' +
        'Conversation Routing), and let the bot take control there. Nothing was changed.',
    );
    await setting.close();
  });

  it('has its fields and its message in JSON, for loggers', async () => {
    const setting = await setUp();
    setting.graph.script(refusal(10, 2018300));
    const error = await errorOf(setting.client.send(THREAD, {}));
    expect(JSON.parse(JSON.stringify(error))).to.include({
      name: 'GraphApiError',
      message: error.message,
      code: 'anotherAppOwns',
      metaCode: 10,
      metaSubcode: 2018300,
    });
    await setting.close();
  });

  it('has no fields that are not known', () => {
    const error = new GraphApiError({
      code: 'networkFailed',
      operation: 'take',
      outcome: 'notSent',
      retryable: true,
      text: 'x',
      metaCode: undefined,
    });
    expect(error).to.not.have.property('metaCode');
    expect(error).to.not.have.property('cause');
  });

  it('keeps Meta’s texts short', async () => {
    const setting = await setUp();
    setting.graph.script({
      status: 400,
      json: {
        error: { code: 100, message: 'm'.repeat(5000), error_user_msg: 'u'.repeat(5000), fbtrace_id: 't'.repeat(5000) },
      },
    });
    const error = await errorOf(setting.client.take(THREAD));
    expect(error.userMessage).to.equal('u'.repeat(300));
    expect(error.message.length).to.be.below(1000);
    await setting.close();
  });

  it('does not show the customer’s id that Meta repeats: errors go to logs', async () => {
    const setting = await setUp();
    const said = `Object with ID '${THREAD.psid}' does not exist`;
    for (const call of [
      () => setting.client.pass(THREAD, VCC),
      () => setting.client.owner(THREAD),
      () => setting.client.send(THREAD, { message: { text: 'x' } }),
    ]) {
      setting.graph.script(refusal(100, 33, said));
      const error = await errorOf(call());
      expect(error.message).to.include("Object with ID '[redacted]' does not exist");
      expect(JSON.stringify(error)).not.to.include(THREAD.psid);
    }
    await setting.close();
  });

  describe('never shows the token, the proof or the app secret', () => {
    const echo = `Malformed access token ${TOKEN}; access_token=${TOKEN}&appsecret_proof=${PROOF} ${SECRET}`;
    const echoed = {
      status: 400,
      json: { error: { code: 190, message: echo, error_user_msg: echo, fbtrace_id: TOKEN, type: TOKEN } },
    };
    const failures: [string, Reply[]][] = [
      ['a refusal that repeats them', [echoed]],
      ['an error that is a text', [{ status: 400, json: { error: echo } }]],
      ['HTTP 500 that repeats them', [{ status: 500, text: echo }]],
      ['a rate limit', [refusal(4, undefined, echo)]],
      ['a broken connection', ['reset']],
      ['a server that says nothing', ['silence']],
      ['half an answer', ['halfBody']],
      ['an answer that is far too large', ['endlessBody']],
      ['an answer that is not JSON', [{ text: echo }]],
      ['a redirect', [{ status: 302, text: '', headers: { Location: `http://127.0.0.1:9/?access_token=${TOKEN}` } }]],
      ['a header that breaks HTTP', [{ text: '{}', headers: { 'Content-Encoding': 'gzip' } }]],
      ['a thread that went to a third app', ['reset', ownedBy(INBOX)]],
    ];
    const calls: [string, (client: ThreadControlClient) => Promise<unknown>][] = [
      ['pass', (client) => client.pass(THREAD, VCC, 'note')],
      ['send', (client) => client.send(THREAD, { message: { text: 'x' } })],
      ['owner', (client) => client.owner(THREAD)],
    ];
    for (const [what, replies] of failures) {
      it(`after ${what}`, async () => {
        for (const [name, call] of calls) {
          const setting = await setUp({ timeoutMs: TIMEOUT_MS, maxRetries: 0 });
          setting.graph.script(...replies);
          const result = await call(setting.client).catch((error: unknown) => error);
          expectClean(result as object, `${name} after ${what}`);
          expectClean(setting.client, 'the client');
          await setting.close();
        }
      });
    }

    it('where the server is not reached, although the cause is kept', async () => {
      const setting = await setUp({ baseUrl: await closedOrigin(), maxRetries: 0 });
      const error = await errorOf(setting.client.owner(THREAD));
      expect(error.cause).to.include({ code: 'ECONNREFUSED' }).and.have.keys('code', 'message');
      expectClean(error, 'ECONNREFUSED');
      await setting.close();
    });

    it('while the Page is paused and the token is dead', async () => {
      const setting = await setUp();
      setting.graph.script(echoed, refusal(4, undefined, echo));
      for (const call of [1, 2, 3]) expectClean(await errorOf(setting.client.take(THREAD)), `call ${call}`);
      await setting.close();
    });
  });
});
