/** The simulated VCC Live's Database API over HTTP: who is logged in, and which chats were closed. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { act, Visitor } from './stage-visitor.js';
import { serveStage } from 'botbuilder-handover-vcclive/simulator';

const PSID = '6600112233445566';

describe('The simulated VCC Live', () => {
  let simulator: MessengerSimulator;

  beforeEach(async () => {
    simulator = await MessengerSimulator.start({ clock: 'held' });
  });
  afterEach(() => simulator.stop());

  const basic = (text: string): string => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;
  const get = (path: string, authorization?: string): Promise<Response> => {
    const { customer, apiKey } = simulator.vccLive.access;
    return fetch(`${simulator.graphBaseUrl}/v2/${path}`, {
      headers: { authorization: authorization ?? basic(`${customer}:${apiKey}`) },
    });
  };
  const rows = async (path: string): Promise<any[]> =>
    ((await (await get(path)).json()) as { response: any[] }).response;

  it('lists the agents who are logged in, with the published fields', async () => {
    await simulator.clock.advance(12_000);
    expect(await (await get('onlineusers/42')).json()).to.deep.equal({
      response: [
        {
          userId: 101,
          username: 'Anna',
          state: 'AVAILABLE4CALL',
          stateDuration: 12,
          stateChangedAt: '2026-11-22 09:00:00',
          softLimitReached: false,
          hardLimitReached: false,
        },
      ],
      errors: [],
    });
  });

  it('follows an agent through pause, limit and logout', async () => {
    const { vccLive } = simulator;
    const shown = async (): Promise<unknown[]> =>
      (await rows('onlineusers/42')).map(({ username, state, hardLimitReached }) => [
        username,
        state,
        hardLimitReached,
      ]);
    vccLive.pauses('Anna');
    expect(await shown()).to.deep.equal([['Anna', 'PAUSE', false]]);
    vccLive.reachesLimit('Anna');
    vccLive.logsIn('Bela');
    expect(await shown()).to.deep.equal([
      ['Anna', 'AVAILABLE4CALL', true],
      ['Bela', 'AVAILABLE4CALL', false],
    ]);
    vccLive.logsOut('Anna');
    vccLive.logsOut('Bela');
    expect(await shown()).to.deep.equal([]);
    expect(vccLive.agents.map(({ state }) => state)).to.deep.equal(['loggedOut', 'loggedOut']);
    expect(() => vccLive.logsIn(' ')).to.throw(InvalidOptionError, /username/);
  });

  it('refuses a wrong key, another project and another method, and writes no key to the wire', async () => {
    const { customer, apiKey } = simulator.vccLive.access;
    for (const wrong of ['', basic(`${customer}:guess`), `Bearer ${apiKey}`]) {
      expect((await get('onlineusers/42', wrong)).status, wrong).to.equal(401);
    }
    expect(await (await get('onlineusers/7')).json()).to.deep.equal({ response: null, errors: ['Unknown project'] });
    expect((await get('nothing/42')).status).to.equal(404);
    simulator.weather.vccLiveApiDown.once();
    expect((await get('onlineusers/42')).status).to.equal(500);
    const wire = JSON.stringify(simulator.wire.entries());
    expect(wire)
      .not.to.include(apiKey)
      .and.not.to.include(basic(`${customer}:${apiKey}`));
    expect(simulator.wire.of('databaseApi')).to.have.length(6);
  });

  it('lists nobody while the weather says that no agent is there', async () => {
    simulator.weather.noAgents = true;
    expect(await rows('onlineusers/42')).to.deep.equal([]);
  });

  it('keeps a log of closed chats: one row for each chat, by customer and in pages', async () => {
    simulator.connectVccLive({ url: 'http://127.0.0.1:1/nobody', secret: 's' });
    const agent = simulator.agent();
    for (const psid of [PSID, '7700']) {
      await simulator.customer(psid).says('hello');
      await agent.takes(psid);
      await agent.closesChat(psid).catch(() => undefined);
    }
    simulator.vccLive.sessionIds = 'psid';
    await agent.closesChat(PSID).catch(() => undefined);
    const log = await rows('projects/42/chats');
    expect(log.map(({ chatId, entityId, sessionId, type }) => [chatId, entityId, sessionId, type])).to.deep.equal([
      [1000, 1000, PSID, 'messenger'],
      [1001, 1001, 'session-1001', 'messenger'],
    ]);
    expect(await rows('projects/42/chats?entityId=1001')).to.have.length(1);
    expect((await rows('projects/42/chats?start=1&limit=1')).map(({ chatId }) => chatId)).to.deep.equal([1001]);
    expect(await rows('projects/42/chats?start=2')).to.deep.equal([]);
  });

  it('is moved from the page, which shows every agent', async () => {
    const stage = serveStage(simulator, { firstCustomer: false });
    const visitor = new Visitor(simulator.graphBaseUrl);
    try {
      expect((await visitor.snapshot()).agents).to.deep.equal([{ username: 'Anna', state: 'available' }]);
      const { body } = await act(simulator.graphBaseUrl, { act: 'agentIsNow', username: 'Anna', state: 'loggedOut' });
      expect(body).to.deep.equal({ ok: true });
      await visitor.sees(
        () => visitor.batches.some(({ agents }) => agents?.[0]?.state === 'loggedOut'),
        'the agent who logged out',
      );
      expect(await rows('onlineusers/42')).to.deep.equal([]);
      const wrong = await act(simulator.graphBaseUrl, { act: 'agentIsNow', username: 'Anna', state: 'asleep' });
      expect(wrong.status).to.equal(400);
      expect(wrong.body.problem).to.include('available, paused, atLimit, loggedOut');
    } finally {
      visitor.leave();
      stage.close();
    }
  });
});
