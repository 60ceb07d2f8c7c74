import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { breaks, fixture, graph, PSID, scene, withoutTrace, type Scene } from './recording-bot.js';

const HOUR_MS = 3_600_000;
const VCC = '900500600700800';
const BOT = '900100200300400';
const INBOX = '263902037430900';
const to = { recipient: { id: PSID } };
const hello = { ...to, messaging_type: 'RESPONSE', message: { text: 'hello' } };

describe('Graph of the simulator', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await scene({ botAppId: BOT, vccLiveAppId: VCC });
  });
  afterEach(() => at.end());

  const refusedAs = async (call: Promise<{ status: number; body: any }>, name: string): Promise<void> => {
    const { status, body } = await call;
    expect(status).to.equal(400);
    expect(withoutTrace(body)).to.deep.equal(withoutTrace(fixture(name)));
  };
  const code = async (call: Promise<{ status: number; body: any }>): Promise<[number, number | undefined]> => {
    const { body } = await call;
    return [body.error?.code, body.error?.error_subcode];
  };

  describe('tokens and proofs', () => {
    it('does not know a token that it did not give', async () => {
      expect(await code(graph(at.sim, 'GET', '/me', 'nonsense'))).to.deep.equal([190, undefined]);
    });

    it('asks for a token where there is none', async () => {
      expect(await code(graph(at.sim, 'GET', '/me'))).to.deep.equal([2500, undefined]);
    });

    it('wants the proof of the app secret', async () => {
      await refusedAs(
        graph(at.sim, 'GET', '/me', at.sim.settings.pageAccessToken),
        'graph-error-100-appsecret-proof-missing',
      );
    });

    it('refuses a proof made with another secret', async () => {
      const wrong = createHmac('sha256', 'other').update(at.sim.settings.pageAccessToken).digest('hex');
      const { body } = await graph(at.sim, 'GET', `/me?appsecret_proof=${wrong}`, at.sim.settings.pageAccessToken);
      expect(body.error.message).to.equal('Invalid appsecret_proof provided in the API argument');
    });

    it('takes token and proof from the query and from the body too', async () => {
      const { pageAccessToken: token, appSecret } = at.sim.settings;
      const proof = createHmac('sha256', appSecret).update(token).digest('hex');
      at.sim.customer(PSID);
      const inQuery = await graph(at.sim, 'GET', `/me?access_token=${token}&appsecret_proof=${proof}`);
      const inBody = await graph(at.sim, 'POST', '/me/take_thread_control', undefined, {
        ...to,
        access_token: token,
        appsecret_proof: proof,
      });
      expect([inQuery.status, inBody.status]).to.deep.equal([200, 200]);
    });

    it('writes neither token nor proof nor secret on the wire', async () => {
      const { pageAccessToken: token, appSecret } = at.sim.settings;
      const proof = createHmac('sha256', appSecret).update(token).digest('hex');
      await graph(at.sim, 'GET', `/me?access_token=${token}&appsecret_proof=${proof}`);
      await graph(at.sim, 'POST', '/me/messages', undefined, { ...hello, access_token: token, appsecret_proof: proof });
      await graph(at.sim, 'GET', `/debug_token?input_token=${token}`, `${BOT}|${appSecret}`);
      const written = JSON.stringify(at.sim.wire.entries()) + at.sim.wire.toText();
      for (const secret of [token, proof, appSecret]) expect(written).not.to.include(secret);
      expect(at.sim.wire.of('graph')).to.have.length(3);
    });
  });

  describe('who may write', () => {
    it('lets the bot answer a customer', async () => {
      await at.sim.customer(PSID).says('hi');
      const { status, body } = await at.call('POST', '/me/messages', hello);
      expect(status).to.equal(200);
      expect(body).to.have.all.keys(Object.keys(fixture('graph-response-send')));
      expect(body.recipient_id).to.equal(PSID);
      expect(at.sim.customer(PSID).hears()).to.deep.equal(['hello']);
    });

    it('refuses a send while another app controls the thread, and the customer hears nothing', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      await refusedAs(at.call('POST', '/me/messages', hello), 'graph-error-10-another-app-controls');
      expect(at.sim.customer(PSID).inbox()).to.deep.equal([]);
      expect(at.sim.wire.of('graph').at(-1)).to.include({ refused: true, done: false, status: 400 });
    });

    it('refuses typing marks while another app controls the thread', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      await refusedAs(
        at.call('POST', '/me/messages', { ...to, sender_action: 'typing_on' }),
        'graph-error-10-another-app-controls',
      );
    });

    it('lets nobody but the default application write into an idle thread', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/release_thread_control', to);
      expect(await code(at.vccCalls('POST', '/me/messages', hello))).to.deep.equal([10, 2018300]);
      expect((await at.call('POST', '/me/messages', hello)).status).to.equal(200);
    });

    it('makes the default application the owner by a send into an idle thread, where that is its habit', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/release_thread_control', to);
      at.sim.habits.sendTakesIdle = false;
      await at.call('POST', '/me/messages', hello);
      expect(at.sim.ownerOf(PSID).owner).to.equal('idle');
      at.sim.habits.sendTakesIdle = true;
      await at.call('POST', '/me/messages', hello);
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
    });

    it('closes the window 24 hours after the customer’s last message', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.sim.clock.advance(24 * HOUR_MS - 1);
      expect((await at.call('POST', '/me/messages', hello)).status).to.equal(200);
      await at.sim.clock.advance(1);
      await refusedAs(at.call('POST', '/me/messages', hello), 'graph-error-10-outside-window');
    });

    it('lets an app with the Human Agent feature write for seven days, and only with the tag', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      await at.vccCalls('POST', '/me/extend_thread_control', { ...to, duration: 604800 });
      await at.sim.clock.advance(6 * 24 * HOUR_MS);
      expect(await code(at.vccCalls('POST', '/me/messages', hello))).to.deep.equal([10, 2018278]);
      const { body: tagged } = fixture('graph-request-send-human-agent');
      expect((await at.vccCalls('POST', '/me/messages', tagged)).status).to.equal(200);
      await at.sim.clock.advance(24 * HOUR_MS);
      expect(await code(at.vccCalls('POST', '/me/messages', tagged))).to.deep.equal([10, 2018278]);
    });

    it('refuses the Human Agent tag to an app without the feature, and the tags that have ended to all', async () => {
      await at.sim.customer(PSID).says('hi');
      const tagged = { ...hello, messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' };
      await refusedAs(at.call('POST', '/me/messages', tagged), 'graph-error-10-no-permission');
      expect(await code(at.call('POST', '/me/messages', { ...tagged, tag: 'ACCOUNT_UPDATE' }))).to.deep.equal([
        100,
        undefined,
      ]);
    });

    it('does not know a customer who never came to this Page', async () => {
      await refusedAs(at.call('POST', '/me/messages', hello), 'graph-error-100-no-matching-user');
    });
  });

  describe('whom a message may name', () => {
    const send = (recipient: object): Promise<{ status: number; body: any }> => {
      const { pageAccessToken: token, appSecret } = at.sim.settings;
      const proof = createHmac('sha256', appSecret).update(token).digest('hex');
      return graph(at.sim, 'POST', `/me/messages?appsecret_proof=${proof}`, token, { ...hello, recipient });
    };

    it('the user_ref of an opt-in: the answer names nobody, no echo comes, and the customer’s next message names the opt-in', async () => {
      const customer = at.sim.customer(PSID);
      await customer.optsIn('box-1');
      const { status, body } = await send({ user_ref: 'box-1' });
      expect([status, Object.keys(body)]).to.deep.equal([200, ['message_id']]);
      expect(customer.hears()).to.deep.equal(['hello']);
      await customer.says('hi');
      await customer.says('again');
      const items = at.bot.items.map(({ item }) => item).filter((item) => item.optin ?? item.message);
      expect(
        items.map((item) => [item.sender?.id, item.optin?.user_ref, item.prior_message?.identifier]),
      ).to.deep.equal([
        [undefined, 'box-1', undefined],
        [PSID, undefined, 'box-1'],
        [PSID, undefined, undefined],
      ]);
    });

    it('a user_ref that nobody opted in with, a telephone number, a comment and a token are refused as Meta does', async () => {
      expect(await code(send({ user_ref: 'box-2' }))).to.deep.equal([100, 2018001]);
      expect(await code(send({ phone_number: '+3612345678' }))).to.deep.equal([200, undefined]);
      expect(await code(send({ comment_id: '1_2' }))).to.deep.equal([100, 33]);
      expect(await code(send({ post_id: '1_2' }))).to.deep.equal([100, 33]);
      expect(await code(send({ notification_messages_token: '1' }))).to.deep.equal([100, 2018001]);
    });
  });

  describe('what may be written', () => {
    beforeEach(() => at.sim.customer(PSID).says('hi'));

    const problems: [string, object][] = [
      ['no message', {}],
      ['an empty message', { message: {} }],
      ['an empty text', { message: { text: '  ' } }],
      ['a text over 2000 characters', { message: { text: 'x'.repeat(2001) } }],
      ['text and attachment at once', { message: { text: 'x', attachment: { type: 'image', payload: { url: 'u' } } } }],
      ['an attachment without address', { message: { attachment: { type: 'image', payload: {} } } }],
      ['an unknown attachment', { message: { attachment: { type: 'hologram', payload: { url: 'u' } } } }],
      ['metadata over 1000 characters', { message: { text: 'x', metadata: 'm'.repeat(1001) } }],
      [
        'a quick reply without payload',
        { message: { text: 'x', quick_replies: [{ content_type: 'text', title: 'a' }] } },
      ],
      ['an unknown sender action', { sender_action: 'dance' }],
      ['a sender action with a message', { sender_action: 'typing_on', message: { text: 'x' } }],
      ['a tag type without tag', { messaging_type: 'MESSAGE_TAG', message: { text: 'x' } }],
      ['an unknown control type', { message: { text: 'x' }, thread_control: { control_type: 'keep' } }],
    ];
    for (const [what, body] of problems) {
      it(`refuses ${what}`, async () => {
        expect(await code(at.call('POST', '/me/messages', { ...to, ...body }))).to.deep.equal([100, undefined]);
        expect(at.sim.customer(PSID).inbox()).to.deep.equal([]);
      });
    }

    it('takes a text of 2000 characters, an attachment by address, and quick replies', async () => {
      const bodies = [
        { message: { text: 'x'.repeat(2000) } },
        { message: { attachment: { type: 'image', payload: { url: 'https://cdn.example.test/a.jpg' } } } },
        { message: { text: 'x', quick_replies: [{ content_type: 'text', title: 'a', payload: 'b' }] } },
        { sender_action: 'mark_seen' },
      ];
      for (const body of bodies)
        expect((await at.call('POST', '/me/messages', { ...to, ...body })).status).to.equal(200);
    });

    it('takes parameters from a form and a recipient that is a JSON string', async () => {
      const { pageAccessToken, appSecret } = at.sim.settings;
      const form = new URLSearchParams({
        recipient: JSON.stringify({ id: PSID }),
        message: JSON.stringify({ text: 'from a form' }),
        access_token: pageAccessToken,
        appsecret_proof: createHmac('sha256', appSecret).update(pageAccessToken).digest('hex'),
      });
      const response = await fetch(`${at.sim.graphBaseUrl}/v25.0/me/messages`, { method: 'POST', body: form });
      expect(response.status).to.equal(200);
      expect(at.sim.customer(PSID).hears()).to.deep.equal(['from a form']);
    });

    it('takes thread control parameters from the query, as Meta’s own examples do', async () => {
      const recipient = encodeURIComponent(JSON.stringify({ id: PSID }));
      const path = `/${at.sim.settings.pageId}/pass_thread_control?recipient=${recipient}&target_app_id=${VCC}&metadata=m`;
      expect((await at.call('POST', path)).body).to.deep.equal(fixture('graph-response-success'));
      expect(at.sim.agent().queue()).to.have.length(1);
    });

    it('says so where the body is not JSON', async () => {
      const { pageAccessToken } = at.sim.settings;
      const { status, body } = await graph(at.sim, 'POST', '/me/messages', pageAccessToken, '{"recipient":');
      expect([status, body.error.code]).to.deep.equal([400, 100]);
    });
  });

  describe('thread control', () => {
    beforeEach(() => at.sim.customer(PSID).says('hi'));

    it('passes a thread as the published request does', async () => {
      const { method, path, body } = fixture('graph-request-pass');
      const answer = await at.call(method, path.replace('/{version}', ''), body);
      expect(answer.body).to.deep.equal(fixture('graph-response-success'));
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      expect(at.sim.agent().queue()).to.deep.equal([
        { psid: PSID, metadata: body.metadata, expiresAtMs: at.sim.clock.now() + 24 * HOUR_MS },
      ]);
    });

    it('refuses a pass to an app that is not connected', async () => {
      await refusedAs(
        at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: 1234 }),
        'graph-error-100-incorrect-app-id',
      );
    });

    it('refuses a pass, a release and an extension of a thread that another app owns', async () => {
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      await refusedAs(
        at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: INBOX }),
        'graph-error-100-not-thread-owner',
      );
      await refusedAs(at.call('POST', '/me/release_thread_control', to), 'graph-error-100-release-not-owner');
      expect(await code(at.call('POST', '/me/extend_thread_control', { ...to, duration: 60 }))).to.deep.equal([
        100,
        undefined,
      ]);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
    });

    it('refuses a pass of the owner to itself', async () => {
      expect((await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: BOT })).status).to.equal(400);
    });

    it('passes to an app whose long id comes as a bare number, and to no app with other last digits', async () => {
      const long = await scene();
      const { pageAccessToken, appSecret, vccLiveAppId } = long.sim.settings;
      await long.sim.customer(PSID).says('hi');
      const proof = createHmac('sha256', appSecret).update(pageAccessToken).digest('hex');
      const pass = (id: string) => {
        const body = `{"recipient":{"id":"${PSID}"},"target_app_id":${id},"appsecret_proof":"${proof}"}`;
        return graph(long.sim, 'POST', '/me/pass_thread_control', pageAccessToken, body);
      };
      expect(await code(pass('27012345678901240'))).to.deep.equal([100, 2018164]);
      expect((await pass(vccLiveAppId)).body).to.deep.equal({ success: true });
      expect(long.sim.ownerOf(PSID).owner).to.equal(vccLiveAppId);
      await long.end();
    });

    it('passes to the default application where no target is named', async () => {
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      await at.vccCalls('POST', '/me/pass_thread_control', to);
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
    });

    it('lets any app pass an idle thread', async () => {
      await at.call('POST', '/me/release_thread_control', to);
      expect((await at.vccCalls('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC })).status).to.equal(
        200,
      );
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
    });

    it('takes a thread from its owner, from idle, but not from oneself', async () => {
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      expect((await at.call('POST', '/me/take_thread_control', to)).body).to.deep.equal({ success: true });
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
      expect(await code(at.call('POST', '/me/take_thread_control', to))).to.deep.equal([27, 1893035]);
      await at.call('POST', '/me/release_thread_control', to);
      expect((await at.vccCalls('POST', '/me/take_thread_control', to)).status).to.equal(200);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
    });

    it('refuses a take where the Page setting forbids it, but not from idle', async () => {
      at.sim.weather.takeNotAllowed = true;
      expect(await code(at.vccCalls('POST', '/me/take_thread_control', to))).to.deep.equal([10, undefined]);
      await at.call('POST', '/me/release_thread_control', to);
      expect((await at.vccCalls('POST', '/me/take_thread_control', to)).status).to.equal(200);
    });

    it('refuses a take where routing is off', async () => {
      at.sim.weather.routingOff = true;
      await refusedAs(at.call('POST', '/me/take_thread_control', to), 'graph-error-27-routing-not-enabled');
    });

    it('refuses a request while routing is on, unless it is the habit to tell the owner', async () => {
      expect((await at.vccCalls('POST', '/me/request_thread_control', to)).status).to.equal(400);
      at.sim.habits.requestWithRouting = 'told';
      const { body } = fixture('graph-request-request');
      expect((await at.vccCalls('POST', '/me/request_thread_control', body)).body).to.deep.equal({ success: true });
      expect(at.sim.ownerOf(PSID).owner, 'success is not control').to.equal(BOT);
    });

    it('extends control to seven days, not to more', async () => {
      const { body } = fixture('graph-request-extend');
      await at.sim.clock.advance(HOUR_MS);
      expect((await at.call('POST', '/me/extend_thread_control', body)).status).to.equal(200);
      expect(at.sim.ownerOf(PSID).expiresAtMs).to.equal(at.sim.clock.now() + 24 * HOUR_MS);
      expect((await at.call('POST', '/me/extend_thread_control', { ...to, duration: 604800 })).status).to.equal(200);
      expect(at.sim.ownerOf(PSID).expiresAtMs).to.equal(at.sim.clock.now() + 7 * 24 * HOUR_MS);
      for (const duration of [604801, 0, -1, 1.5, 'soon', undefined]) {
        expect((await code(at.call('POST', '/me/extend_thread_control', { ...to, duration })))[0]).to.equal(100);
      }
    });

    it('begins a new day of control with a routing action, also after an extension', async () => {
      await at.call('POST', '/me/extend_thread_control', { ...to, duration: 604800 });
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      expect(at.sim.ownerOf(PSID).expiresAtMs).to.equal(at.sim.clock.now() + 24 * HOUR_MS);
    });

    it('refuses metadata over 1000 characters', async () => {
      const body = { ...to, target_app_id: VCC, metadata: 'm'.repeat(1001) };
      expect(await code(at.call('POST', '/me/pass_thread_control', body))).to.deep.equal([100, undefined]);
      expect(
        (await at.call('POST', '/me/pass_thread_control', { ...body, metadata: 'm'.repeat(1000) })).status,
      ).to.equal(200);
    });

    for (const edge of ['pass', 'take', 'release', 'request', 'extend']) {
      it(`knows no stranger in ${edge}_thread_control`, async () => {
        const body = { recipient: { id: '404' }, target_app_id: VCC, duration: 60 };
        await refusedAs(at.call('POST', `/me/${edge}_thread_control`, body), 'graph-error-100-no-matching-user');
      });
    }
  });

  describe('thread control inside a message', () => {
    beforeEach(() => at.sim.customer(PSID).says('hi'));

    it('sends the message and then passes the thread', async () => {
      const { body } = fixture('graph-request-send-with-thread-control');
      expect((await at.call('POST', '/me/messages', body)).status).to.equal(200);
      await at.sim.settled();
      expect(at.sim.customer(PSID).hears()).to.deep.equal([body.message.text]);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      expect(at.bot.items.at(-1)).to.deep.include({ channel: 'messaging' });
    });

    it('releases the thread where control_type is not set', async () => {
      await at.call('POST', '/me/messages', { ...hello, thread_control: { app_id: VCC } });
      expect(at.sim.ownerOf(PSID).owner).to.equal('idle');
    });

    it('sends nothing where the target is wrong or routing is off', async () => {
      const body = { ...hello, thread_control: { control_type: 'pass', app_id: '1234' } };
      expect(await code(at.call('POST', '/me/messages', body))).to.deep.equal([100, 2018164]);
      at.sim.weather.routingOff = true;
      const other = { ...hello, thread_control: { control_type: 'pass', app_id: VCC } };
      expect((await at.call('POST', '/me/messages', other)).status).to.equal(400);
      expect(at.sim.customer(PSID).hears()).to.deep.equal([]);
    });
  });

  describe('thread_owner', () => {
    const ask = `/me/thread_owner?recipient=${PSID}`;

    it('names the owner to the owner and to the default application', async () => {
      await at.sim.customer(PSID).says('hi');
      const expiration = at.sim.clock.now() / 1000 + 24 * 3600;
      expect((await at.call('GET', ask)).body).to.deep.equal({ data: [{ thread_owner: { app_id: BOT, expiration } }] });
      await at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC });
      const owned = { data: [{ thread_owner: { app_id: VCC, expiration } }] };
      expect((await at.call('GET', ask)).body).to.deep.equal(owned);
      expect((await at.vccCalls('GET', ask)).body).to.deep.equal(owned);
    });

    it('shows the others only when its control ends', async () => {
      await at.sim.customer(PSID).says('hi');
      const { body } = await at.vccCalls('GET', ask);
      expect(body.data[0].thread_owner).to.have.all.keys(
        Object.keys(fixture('graph-response-thread-owner-hidden').data[0].thread_owner),
      );
    });

    it('is empty where the thread is idle', async () => {
      at.sim.customer(PSID);
      expect((await at.call('GET', ask)).body).to.deep.equal({ data: [] });
    });

    it('knows no default application where routing is off', async () => {
      at.sim.weather.routingOff = true;
      await at.sim.customer(PSID).says('hi');
      await at.vccCalls('POST', '/me/request_thread_control', to);
      expect((await at.call('GET', ask)).body.data[0].thread_owner).not.to.have.property('app_id');
    });

    it('does not know a stranger', async () => {
      await refusedAs(at.call('GET', '/me/thread_owner?recipient=404'), 'graph-error-100-no-matching-user');
    });
  });

  describe('questions about the Page', () => {
    it('tells whether routing is on', async () => {
      const path = '/me?fields=messaging_feature_status';
      expect((await at.call('GET', path)).body).to.deep.equal(fixture('graph-response-messaging-feature-status'));
      at.sim.weather.routingOff = true;
      expect((await at.call('GET', path)).body.messaging_feature_status.msgr_multi_app).to.equal(false);
    });

    it('lists the secondary receivers to the default application, and to another app itself only', async () => {
      const path = '/me/secondary_receivers?fields=id,name';
      expect((await at.call('GET', path)).body).to.deep.equal(fixture('graph-response-secondary-receivers'));
      expect((await at.vccCalls('GET', path)).body.data).to.deep.equal([{ id: VCC, name: 'VCC Live' }]);
    });

    it('lists, replaces and removes the subscription of the calling app', async () => {
      const path = '/me/subscribed_apps';
      await at.call('POST', `${path}?subscribed_fields=messages,standby`);
      const { body } = await at.call('GET', path);
      expect(body.data).to.have.length(1);
      expect(body.data[0]).to.include({ id: BOT });
      expect(body.data[0].subscribed_fields).to.deep.equal(['messages', 'standby']);
      expect(await code(at.call('POST', path, { subscribed_fields: ['messages', 'telepathy'] }))).to.deep.equal([
        100,
        undefined,
      ]);
      expect((await at.call('DELETE', path)).body).to.deep.equal({ success: true });
      expect((await at.call('GET', path)).body).to.deep.equal({ data: [] });
      await at.sim.customer(PSID).says('nobody listens');
      expect(at.bot.deliveries).to.deep.equal([]);
    });

    it('tells an app with its own token where its webhook is', async () => {
      const token = `${BOT}|${at.sim.settings.appSecret}`;
      const { body } = await graph(at.sim, 'GET', `/${BOT}/subscriptions`, token);
      const [expected] = fixture('graph-response-app-subscriptions').data;
      expect(body.data[0]).to.have.all.keys(Object.keys(expected));
      expect(body.data[0].callback_url).to.equal(at.bot.url);
      expect((await graph(at.sim, 'GET', `/${VCC}/subscriptions`, token)).status).to.equal(400);
    });

    it('describes a token', async () => {
      const { pageAccessToken, appSecret, pageId } = at.sim.settings;
      const path = `/debug_token?input_token=${pageAccessToken}`;
      const { body } = await graph(at.sim, 'GET', path, `${BOT}|${appSecret}`);
      expect(body.data).to.have.all.keys(Object.keys(fixture('graph-response-debug-token-page').data));
      expect(body.data).to.include({ app_id: BOT, profile_id: pageId, is_valid: true, expires_at: 0 });
      const dead = await graph(at.sim, 'GET', '/debug_token?input_token=nonsense', `${BOT}|${appSecret}`);
      expect(dead.body.data.is_valid).to.equal(false);
      expect(dead.body.data.error.code).to.equal(190);
    });

    it('answers unknown paths, nodes and methods as Graph does', async () => {
      expect(await code(at.call('GET', '/me/telepathy'))).to.deep.equal([2500, undefined]);
      expect(await code(at.call('GET', '/999/messages'))).to.deep.equal([100, 33]);
      expect(await code(at.call('GET', '/me/pass_thread_control'))).to.deep.equal([100, 33]);
    });
  });

  describe('in bad weather', () => {
    const pass = { ...to, target_app_id: VCC };
    beforeEach(() => at.sim.customer(PSID).says('hi'));

    it('loses an answer: the thread has moved, the connection breaks', async () => {
      at.sim.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
      expect(await breaks(at.call('POST', '/me/pass_thread_control', pass))).to.equal(true);
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      expect(at.sim.wire.of('graph').at(-1)).to.include({ outcome: 'answerLost', done: true, fault: 'lostAnswers' });
      expect(await code(at.call('POST', '/me/pass_thread_control', pass))).to.deep.equal([100, 2018151]);
    });

    it('loses a request: nothing has happened', async () => {
      at.sim.weather.lostRequests.once({ edges: ['pass_thread_control'] });
      expect(await breaks(at.call('POST', '/me/pass_thread_control', pass))).to.equal(true);
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
      expect((await at.call('POST', '/me/pass_thread_control', pass)).status).to.equal(200);
    });

    it('strikes only the edges named, and only so often', async () => {
      at.sim.weather.code2.times(2, { edges: ['thread_owner'] });
      const path = `/me/thread_owner?recipient=${PSID}`;
      expect((await at.call('POST', '/me/messages', hello)).status).to.equal(200);
      const statuses = [await at.call('GET', path), await at.call('GET', path), await at.call('GET', path)];
      expect(statuses.map((answer) => answer.status)).to.deep.equal([500, 500, 200]);
    });

    for (const fault of ['http500', 'code1', 'code2'] as const) {
      it(`answers ${fault} before or after doing what was asked`, async () => {
        at.sim.weather[fault].once({ edges: ['pass_thread_control'] });
        expect((await at.call('POST', '/me/pass_thread_control', pass)).status).to.equal(500);
        expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
        at.sim.weather[fault].once({ edges: ['pass_thread_control'], when: 'after' });
        expect((await at.call('POST', '/me/pass_thread_control', pass)).status).to.equal(500);
        expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
        expect(at.sim.wire.of('graph').at(-1)).to.include({ fault, done: true, refused: true });
      });
    }

    it('answers code 1 in Meta’s words, and 500 without JSON', async () => {
      at.sim.weather.code1.once();
      const { body } = await at.call('POST', '/me/messages', hello);
      expect(withoutTrace(body)).to.deep.equal(withoutTrace(fixture('graph-error-1-unknown')));
      at.sim.weather.http500.once();
      expect((await at.call('POST', '/me/messages', hello)).body).to.be.a('string');
    });

    it('throttles, and says for how long in the header', async () => {
      const header = (answer: { headers: Headers }): any =>
        JSON.parse(answer.headers.get('x-business-use-case-usage') ?? '{}');
      at.sim.weather.rateLimited.once({ minutes: 7 });
      const first = await at.call('POST', '/me/messages', hello);
      expect(withoutTrace(first.body)).to.deep.equal(withoutTrace(fixture('graph-error-613-rate')));
      expect(header(first)[at.sim.settings.pageId][0].estimated_time_to_regain_access).to.equal(7);
      at.sim.weather.rateLimited.once({ code: 80006, minutes: 19 });
      const second = await at.call('POST', '/me/messages', hello);
      expect(withoutTrace(second.body)).to.deep.equal(withoutTrace(fixture('graph-error-80006-messenger-buc')));
      expect(header(second)).to.deep.equal(fixture('graph-header-x-business-use-case-usage').value);
      at.sim.weather.rateLimited.once({ code: 4 });
      const third = await at.call('POST', '/me/messages', hello);
      expect(withoutTrace(third.body)).to.deep.equal(withoutTrace(fixture('graph-error-4-app-limit')));
      expect(third.headers.get('x-app-usage')).to.be.a('string');
      expect(at.sim.customer(PSID).hears()).to.deep.equal([]);
    });

    it('lets a token die', async () => {
      at.sim.weather.deadToken.always();
      await refusedAs(at.call('POST', '/me/messages', hello), 'graph-error-190-expired');
      at.sim.weather.deadToken.off();
      expect((await at.call('POST', '/me/messages', hello)).status).to.equal(200);
    });

    it('refuses sends for every reason that Meta has', async () => {
      const reasons = {
        anotherAppControls: 'graph-error-10-another-app-controls',
        outsideWindow: 'graph-error-10-outside-window',
        unreachable: 'graph-error-10-recipient-unavailable',
        blocked: 'graph-error-551-user-blocked',
        temporary: 'graph-error-1200-temporary-send',
      } as const;
      for (const [reason, name] of Object.entries(reasons)) {
        at.sim.weather.sendRefused.once({ reason: reason as keyof typeof reasons });
        await refusedAs(at.call('POST', '/me/messages', hello), name);
      }
      at.sim.weather.sendRefused.once({ reason: 'anotherAppControlsWithoutSubcode' });
      expect(await code(at.call('POST', '/me/messages', hello))).to.deep.equal([10, undefined]);
    });

    it('answers slowly, by the simulator’s clock, after doing it or before', async () => {
      at.sim.weather.slow.once({ edges: ['pass_thread_control'], ms: 30_000 });
      const passed = at.call('POST', '/me/pass_thread_control', pass);
      await at.sim.waitFor((entry) => entry.kind === 'owner' && entry.to === VCC);
      await at.sim.clock.advance(30_000);
      expect((await passed).status).to.equal(200);

      at.sim.weather.slow.once({ edges: ['take_thread_control'], ms: 30_000, when: 'before' });
      const taken = at.call('POST', '/me/take_thread_control', to);
      await at.sim.waitFor((entry) => entry.kind === 'graph' && entry.edge === 'take_thread_control');
      expect(at.sim.ownerOf(PSID).owner).to.equal(VCC);
      await at.sim.clock.advance(30_000);
      expect((await taken).status).to.equal(200);
      expect(at.sim.ownerOf(PSID).owner).to.equal(BOT);
    });

    it('moves Meta’s clock away from the bot’s', async () => {
      at.sim.weather.clockSkewMs = 300_000;
      const { body } = await at.call('GET', `/me/thread_owner?recipient=${PSID}`);
      const truth = at.sim.ownerOf(PSID).expiresAtMs!;
      expect(body.data[0].thread_owner.expiration * 1000).to.equal(truth + 300_000);
      await at.sim.customer(PSID).says('later');
      expect(at.bot.items.at(-1)!.item.timestamp).to.be.within(
        at.sim.clock.now() + 300_000,
        at.sim.clock.now() + 300_010,
      );
    });
  });
});
