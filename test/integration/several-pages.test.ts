/** Two Pages in one bot, over real HTTP: a customer with the same PSID on both, and everything that may differ by Page. */
import { expect } from 'chai';
import type { PagePolicies, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { PSID, breath, closeScenes, saidOverOthers, scene } from './scene.js';
import type { Scene } from './scene.js';
import { loggerInto } from '../kit/loggers.js';

const FIRST = '111222333444555';
const SECOND = '222333444555666';
const SECOND_VCC = '900900900900900';
const SECOND_TOKEN = 'second-token';
const MINUTE_MS = 60_000;
const LOOK_MS = 5000;

interface TwoPages extends Scene {
  readonly onSecond: ReturnType<Scene['sim']['customer']>;
  readonly agentOfSecond: Scene['agent'];
  ownerOnSecond(): string;
}

describe('a bot on two Pages', () => {
  afterEach(closeScenes);

  async function twoPages(
    pages: VccLiveHandoverOptions['pages'],
    handover: Partial<VccLiveHandoverOptions> = {},
  ): Promise<TwoPages> {
    const stage = await scene({
      sim: { pages: [{ pageId: SECOND, pageAccessToken: SECOND_TOKEN, vccLiveAppId: SECOND_VCC }] },
      handover: {
        pageAccessToken: async (pageId) => (pageId === SECOND ? SECOND_TOKEN : `simulated-bot-token-${pageId}`),
        vccLiveAppId: (pageId) => (pageId === SECOND ? SECOND_VCC : '27012345678901239'),
        ...(pages === undefined ? {} : { pages }),
        ...handover,
      },
    });
    expect(stage.thread.pageId).to.equal(FIRST);
    return Object.assign(stage, {
      onSecond: stage.sim.customer(PSID, SECOND),
      agentOfSecond: stage.sim.agent(SECOND),
      ownerOnSecond: () => {
        const { owner } = stage.sim.ownerOf(PSID, SECOND);
        return owner === SECOND_VCC ? 'vccLive' : owner === stage.sim.settings.botAppId ? 'bot' : owner;
      },
    });
  }

  it('texts: joined one by one with those of all Pages', async () => {
    const stage = await twoPages(
      { [SECOND]: { texts: { connecting: 'Einen Moment, bitte.' } } },
      { texts: { connecting: 'One moment.', returned: 'I am back.' } },
    );
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    await stage.agent.handsBack(PSID);
    await stage.agentOfSecond.handsBack(PSID);
    expect(stage.customer.hears()).to.deep.equal(['One moment.', 'I am back.']);
    expect(stage.onSecond.hears()).to.deep.equal(['Einen Moment, bitte.', 'I am back.']);
  });

  it('what counts as asking, and whether somebody is there', async () => {
    const stage = await twoPages({
      [SECOND]: {
        talkToAgent: 'Mitarbeiter',
        availability: () => 'unavailable',
        texts: { unavailable: 'Niemand da.' },
      },
    });
    for (const customer of [stage.customer, stage.onSecond]) {
      await customer.says('Mitarbeiter');
      await customer.says('talk to agent');
    }
    expect(stage.customer.hears()).to.deep.equal([
      'bot: Mitarbeiter',
      "I'm connecting you to an agent. One moment, please.",
    ]);
    expect(stage.onSecond.hears()).to.deep.equal(['Niemand da.', 'bot: talk to agent']);
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['vccLive', 'bot']);
  });

  it('metadata and redactor', async () => {
    const stage = await twoPages({
      [SECOND]: { metadata: () => ({ brand: 'second', phone: '+36 30 123 4567' }), redact: false },
    });
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    const sent = stage.agentOfSecond.queue()[0]?.metadata ?? '';
    expect(JSON.parse(sent)).to.include({ brand: 'second', phone: '+36 30 123 4567' });
    expect(stage.agent.queue()[0]?.metadata).not.to.include('brand');
  });

  it('timers: of one Page only, though the customer has the same id on both', async () => {
    const stage = await twoPages({ [SECOND]: { timers: { unclaimedMs: MINUTE_MS }, texts: { unclaimed: 'Leider.' } } });
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    await lapse(stage, 2 * MINUTE_MS);
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['vccLive', 'bot']);
    expect(stage.onSecond.hears().slice(1)).to.deep.equal(['Leider.']);
    expect(stage.customer.hears()).to.have.length(1);
    expect(stage.news('returned').map(({ thread }) => thread.pageId)).to.deep.equal([SECOND]);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('timers of all Pages, off for one', async () => {
    const stage = await twoPages({ [SECOND]: { timers: {} } }, { timers: { unclaimedMs: MINUTE_MS } });
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    await lapse(stage, 2 * MINUTE_MS);
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['bot', 'vccLive']);
  });

  it('reclaim words, and who gets a thread that is asked for', async () => {
    const stage = await twoPages({ [SECOND]: { reclaim: { customer: 'bot' }, controlRequests: 'deny' } });
    for (const customer of [stage.customer, stage.onSecond]) {
      await customer.says('talk to agent');
      await customer.says('bot');
    }
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['vccLive', 'bot']);
    await stage.agent.handsBack(PSID);
    for (const [pageId, app] of [
      [FIRST, 27012345678901239n],
      [SECOND, 900900900900900],
    ] as const) {
      await stage.clock.advance(1000);
      const request = {
        sender: { id: PSID },
        recipient: { id: pageId },
        timestamp: stage.stamp(),
        request_thread_control: { requested_owner_app_id: app, metadata: null },
      };
      await stage.sim.deliverRaw({ object: 'page', entry: [{ id: pageId, time: 1, messaging: [request] }] });
    }
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['vccLive', 'bot']);
    expect(stage.news('ignored').map(({ thread, reason }) => [thread?.pageId, reason])).to.deep.equal([
      [SECOND, 'notGranted'],
    ]);
  });

  it('loop breaker, status events and the question afterwards', async () => {
    const stage = await twoPages(
      { [SECOND]: { loopBreaker: false, statusEvents: true, satisfactionQuestion: { ask: 'Zufrieden?' } } },
      { loopBreaker: { maxHandovers: 1 } },
    );
    const agents = [stage.agent, stage.agentOfSecond];
    const customers = [stage.customer, stage.onSecond];
    for (const [index, customer] of customers.entries()) {
      await customer.says('talk to agent');
      await agents[index]?.handsBack(PSID);
      await stage.clock.advance(1000);
      await customer.says('talk to agent');
    }
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['bot', 'vccLive']);
    expect(stage.customer.hears()).not.to.include('Zufrieden?');
    expect(stage.onSecond.hears()[1]).to.equal('Zufrieden?');
    expect(stage.bot.events.filter((name) => name === 'handoff.status')).to.have.length(1);
  });

  it('notice and pass in one call on one Page only', async () => {
    const stage = await twoPages({ [SECOND]: { inlineThreadControl: true } });
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    expect([stage.owner(), stage.ownerOnSecond()]).to.deep.equal(['vccLive', 'vccLive']);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.news('passed')).to.have.length(2);
  });

  it('policies of a function: asked once a minute at most; one that fails leaves those of all Pages', async () => {
    const asked: string[] = [];
    const lines: string[] = [];
    let texts: PagePolicies = { texts: { connecting: 'first' } };
    const stage = await twoPages(
      (pageId) => {
        asked.push(pageId);
        if (pageId === FIRST) throw new TypeError('no such Page');
        return texts;
      },
      {
        texts: { connecting: 'for all' },
        logger: loggerInto(lines, 'error'),
      },
    );
    for (const customer of [stage.customer, stage.onSecond]) await customer.says('talk to agent');
    expect(stage.customer.hears()).to.deep.equal(['for all']);
    expect(stage.onSecond.hears()).to.deep.equal(['first']);
    expect(asked.sort()).to.deep.equal([FIRST, SECOND]);
    expect(lines.join()).to.match(new RegExp(`Page ${FIRST}.*no such Page`));

    texts = { texts: { connecting: 'second' } };
    await stage.agentOfSecond.handsBack(PSID);
    await stage.clock.advance(2 * MINUTE_MS);
    await stage.onSecond.says('talk to agent');
    expect(stage.onSecond.hears().at(-1)).to.equal('second');

    texts = { timers: { unclaimedMs: -1 } };
    await stage.agentOfSecond.handsBack(PSID);
    await stage.clock.advance(2 * MINUTE_MS);
    await stage.onSecond.says('talk to agent');
    expect(stage.onSecond.hears().at(-1)).to.equal('for all');
    expect(lines.join()).to.match(/timers\.unclaimedMs/);
  });
});

async function lapse(stage: Scene, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += LOOK_MS) {
    await stage.clock.advance(LOOK_MS);
    await breath(3);
    await stage.sim.settled();
  }
}
