import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { InvalidOptionError } from '../../src/thread/errors.js';
import { BOT, SECRET, THREAD, TOKEN, VCC, type Setting, errorOf, ownedBy, setUp } from './setting.js';
import { closedOrigin } from './scripted-graph.js';

describe('ThreadControlClient', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  it('carries the token in the header, never in the URL or the body, and proves that it knows the app secret', async () => {
    const { graph, client } = setting;
    graph.answer = ({ method }) => (method === 'GET' ? ownedBy(BOT) : { json: { success: true, message_id: 'm' } });
    await client.pass(THREAD, VCC);
    await client.owner(THREAD);
    await client.send(THREAD, { message: { text: 'Hello' } });
    const proof = createHmac('sha256', SECRET).update(TOKEN).digest('hex');
    for (const { headers, query, url, body } of graph.seen) {
      expect(headers.authorization).to.equal(`Bearer ${TOKEN}`);
      expect(query.get('appsecret_proof')).to.equal(proof);
      expect(url + JSON.stringify(body ?? {}))
        .to.not.include(TOKEN)
        .and.not.include(SECRET);
    }
    expect(graph.seen).to.have.length(3);
  });

  it('sends no proof without an app secret', async () => {
    const bare = await setUp({ appSecret: undefined as never });
    await bare.client.take(THREAD);
    expect(bare.graph.seen[0]?.url).to.equal('/v26.0/me/take_thread_control');
    await bare.close();
  });

  it('asks for the owner by the bare PSID, and for the features by field', async () => {
    const { graph, client } = setting;
    graph.script(ownedBy(VCC), { json: { messaging_feature_status: {} } });
    await client.owner({ pageId: '1', psid: '66 & more' });
    const status = await client.featureStatus('1');
    expect(graph.seen[0]?.path).to.equal('/v26.0/me/thread_owner');
    expect(graph.seen[0]?.query.get('recipient')).to.equal('66 & more');
    expect(graph.seen[1]?.path).to.equal('/v26.0/me');
    expect(graph.seen[1]?.query.get('fields')).to.equal('messaging_feature_status');
    expect(status.conversationRouting).to.equal(undefined);
  });

  it('leaves metadata out where there is none, and keeps within 1000 characters where there is too much', async () => {
    const { graph, client } = setting;
    await client.pass(THREAD, VCC, '');
    await client.pass(THREAD, VCC, 'x'.repeat(2000));
    expect(graph.seen[0]?.body).to.deep.equal({ recipient: { id: THREAD.psid }, target_app_id: VCC });
    expect(graph.seen[1]?.body.metadata).to.equal('x'.repeat(1000));
  });

  it('says when the call was sent and answered', async () => {
    const { graph, client, clock } = setting;
    const startMs = clock.now();
    graph.answer = () => {
      clock.advance(40);
      return { json: { success: true } };
    };
    expect(await client.pass(THREAD, VCC)).to.deep.equal({
      sentAtMs: startMs,
      answeredAtMs: startMs + 40,
      confirmedBy: 'answer',
      attempts: 1,
    });
  });

  it('says when the owner was asked and answered', async () => {
    const { graph, client, clock } = setting;
    const startMs = clock.now();
    graph.answer = () => {
      clock.advance(40);
      return { json: { data: [] } };
    };
    expect(await client.owner(THREAD)).to.deep.equal({ owner: 'idle', sentAtMs: startMs, answeredAtMs: startMs + 40 });
  });

  it('uses one connection for one call after another', async () => {
    const { graph, client } = setting;
    for (let call = 0; call < 5; call++) await client.take(THREAD);
    expect(graph.connections).to.equal(1);
  });

  it('works on after close, with a new connection', async () => {
    const { graph, client } = setting;
    await client.take(THREAD);
    client.close();
    await client.take(THREAD);
    expect(graph.connections).to.equal(2);
  });

  it('prolongs by whole seconds, for at most seven days', async () => {
    const { graph, client } = setting;
    await client.extend(THREAD, 1500);
    await client.extend(THREAD, 604_800_000);
    expect(graph.seen.map(({ body }) => body.duration)).to.deep.equal([2, 604_800]);
    for (const durationMs of [0, -1, 604_800_001, Number.NaN]) {
      const outcome = await client.extend(THREAD, durationMs).catch((error: unknown) => error);
      expect(outcome, String(durationMs)).to.be.instanceOf(InvalidOptionError);
    }
    expect(graph.seen).to.have.length(2);
  });

  describe('taking', () => {
    it('accepts the older answer, which names the new owner', async () => {
      setting.graph.script(ownedBy(BOT));
      expect((await setting.client.take(THREAD)).owner).to.include({ owner: 'app', appId: BOT });
    });

    it('does not believe an answer that names another app, and asks', async () => {
      const { graph, client } = setting;
      graph.script(ownedBy(VCC), ownedBy(BOT));
      expect(await client.take(THREAD)).to.include({ confirmedBy: 'threadOwner', attempts: 1 });
      expect(graph.calls).to.deep.equal(['POST take_thread_control', 'GET thread_owner']);
    });

    it('is done where the bot has the thread already (27/1893035)', async () => {
      setting.graph.script({
        status: 400,
        json: { error: { code: 27, error_subcode: 1893035, message: 'has control' } },
      });
      const receipt = await setting.client.take(THREAD);
      expect(receipt).to.include({ confirmedBy: 'answer', attempts: 1, alreadyOurs: true });
    });
  });

  it('takes {"success":false} for a refusal, although the status is 200', async () => {
    setting.graph.script({ json: { success: false } });
    expect(await errorOf(setting.client.release(THREAD))).to.include({
      outcome: 'refused',
      httpStatus: 200,
      code: 'unknownAnswer',
    });
    expect(setting.graph.seen).to.have.length(1);
  });

  it('takes an error with status 200 for what it says', async () => {
    setting.graph.script({ json: { error: { code: 10, error_subcode: 2018300, message: 'x' } } });
    expect(await errorOf(setting.client.send(THREAD, {}))).to.include({ code: 'anotherAppOwns', outcome: 'refused' });
  });

  it('does not guess at an owner it cannot read', async () => {
    setting.graph.script({ json: { data: 'nobody' } });
    expect(await errorOf(setting.client.owner(THREAD))).to.include({ code: 'unknownAnswer', operation: 'owner' });
  });

  it('passes to an app whose id is a string, and asks for quotes around a number', async () => {
    const wrong = setting.client.pass(THREAD, Number('24012345678901237') as unknown as string);
    const error = await wrong.catch((thrown: unknown) => thrown);
    expect(error).to.include({ option: 'targetAppId', got: 'the number 24012345678901236' });
    expect(setting.graph.seen).to.deep.equal([]);
  });

  it('reads long app ids to the last digit, quoted or not', async () => {
    setting.graph.script({ text: '{"data":[{"thread_owner":{"app_id":12345678901234567891}}]}' });
    expect(await setting.client.owner(THREAD)).to.include({ appId: '12345678901234567891' });
  });

  it('asks for the owner again where the answer was lost', async () => {
    const { graph, client, clock } = setting;
    graph.script(
      'reset',
      { status: 500, text: 'oops' },
      { status: 400, json: { error: { code: 2, message: 'x' } } },
      ownedBy(VCC),
    );
    expect(await client.owner(THREAD)).to.include({ owner: 'app', appId: VCC });
    expect(clock.waits).to.deep.equal([1000, 2000, 4000]);
  });

  it('does not ask again where Meta refused', async () => {
    setting.graph.script({ status: 400, json: { error: { code: 10, message: 'x' } } });
    await errorOf(setting.client.owner(THREAD));
    expect(setting.graph.seen).to.have.length(1);
  });

  describe('sending', () => {
    it('keeps the recipient that the body has', async () => {
      setting.graph.script({ json: { recipient_id: '1', message_id: 'm' } });
      await setting.client.send(THREAD, { recipient: { user_ref: 'ref' }, message: { text: 'Hello' } });
      expect(setting.graph.seen[0]?.body.recipient).to.deep.equal({ user_ref: 'ref' });
    });

    for (const control of [{}, { app_id: VCC }, { control_type: '' }, { control_type: 'take' }, 'pass']) {
      it(`refuses thread_control ${JSON.stringify(control)}, which would release the thread, before it is sent`, async () => {
        const error = await errorOf(setting.client.send(THREAD, { message: { text: 'x' }, thread_control: control }));
        expect(error).to.include({ code: 'invalidCall', outcome: 'notSent' });
        expect(error.message).to.match(/control_type/);
        expect(setting.graph.seen).to.have.length(0);
      });
    }

    const lost = [
      'reset',
      { status: 500, text: '' },
      { status: 400, json: { error: { code: 1, message: 'x' } } },
      { text: 'garbage' },
      { json: {} },
    ] as const;
    for (const reply of lost) {
      it(`is never done twice where it may have arrived (${JSON.stringify(reply)})`, async () => {
        setting.graph.script(reply);
        expect((await errorOf(setting.client.send(THREAD, { message: { text: 'x' } }))).outcome).to.equal('unknown');
        expect(setting.graph.calls).to.deep.equal(['POST messages']);
      });
    }

    it('is never done twice where the server closes a kept connection just as the message is written', async () => {
      const { graph, client } = setting;
      graph.script({ json: { message_id: 'm' } }, 'reset', { json: { message_id: 'm2' } });
      await client.send(THREAD, { message: { text: 'one' } });
      // The connection goes back to those that are free.
      await new Promise(setImmediate);
      expect(await errorOf(client.send(THREAD, { message: { text: 'two' } }))).to.include({
        code: 'networkFailed',
        outcome: 'unknown',
      });
      expect(graph.connections).to.equal(1);
      expect(graph.seen).to.have.length(2);
    });

    it('is tried once more where the server cannot be reached, and then says that nothing was sent', async () => {
      let asked = 0;
      const pageAccessToken = () => {
        asked++;
        return TOKEN;
      };
      const away = await setUp({ baseUrl: await closedOrigin(), pageAccessToken });
      expect(await errorOf(away.client.send(THREAD, {}))).to.include({
        code: 'networkFailed',
        outcome: 'notSent',
        retryable: true,
      });
      expect(asked).to.equal(2);
      expect(away.clock.waits).to.deep.equal([]);
      await away.close();
    });

    it('refuses a body that cannot be JSON', async () => {
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      expect(await errorOf(setting.client.send(THREAD, circle))).to.include({
        code: 'invalidCall',
        outcome: 'notSent',
      });
    });
  });
});
