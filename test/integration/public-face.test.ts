/** What an application calls and hears: events, ownerOf, forget, two Pages, proactive handovers, wrong use. */
import { inspect } from 'node:util';
import { TurnContext } from 'botbuilder';
import { expect } from 'chai';
import { GraphApiError, HandoverError, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { HandoverStart } from 'botbuilder-handover-vcclive';
import { PSID, closeScenes, scene } from './scene.js';
import type { Scene } from './scene.js';
import { loggerInto } from '../kit/loggers.js';

const rejection = async (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

const reference = (stage: Scene): never =>
  ({
    channelId: 'facebook',
    user: { id: PSID, name: '' },
    bot: { id: stage.thread.pageId, name: '' },
    conversation: { id: PSID },
  }) as never;

describe('events', () => {
  afterEach(closeScenes);

  it('tell a whole handover in its order, each with one object and the thread', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'hi');
    await stage.agent.handsBack(PSID);
    expect(stage.told.map(({ name }) => name)).to.deep.equal([
      'begun',
      'ownerChanged',
      'passed',
      'claimed',
      'standbyMessage',
      'ownerChanged',
      'returning',
      'returned',
    ]);
    for (const { news } of stage.told) expect(news.thread).to.deep.equal(stage.thread);
    const changes = stage.news('ownerChanged').map(({ from, to }) => [from.owner, to.owner]);
    expect(changes).to.deep.equal([
      ['bot', 'vccLive'],
      ['vccLive', 'bot'],
    ]);
  });

  it('survive listeners that throw, reject, or listen anew', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'error');
    const stage = await scene({ handover: { logger } });
    const { handover } = stage.bot;
    let heard = 0;
    const rejects: unknown = () => Promise.reject(new TypeError('an async one'));
    const returned = handover
      .on('passed', () => {
        throw new TypeError('a listener of the bot');
      })
      .on('passed', rejects as () => void)
      .on('passed', () => {
        handover.on('passed', () => void (heard += 100));
        heard += 1;
      });
    expect(returned).to.equal(handover);
    await stage.customer.says('talk to agent');
    await new Promise(setImmediate);
    expect(heard).to.equal(1);
    expect(stage.owner()).to.equal('vccLive');
    expect(lines.filter((line) => line.includes('"passed"'))).to.have.length(2);
  });

  it('are not told any more to who has left', async () => {
    const stage = await scene();
    let heard = 0;
    const listener = (): void => void (heard += 1);
    stage.bot.handover.on('passed', listener).off('passed', listener);
    await stage.customer.says('talk to agent');
    expect(heard).to.equal(0);
  });
});

describe('ownerOf', () => {
  afterEach(closeScenes);

  it('says what is known, and with `ask` what Meta says', async () => {
    const stage = await scene();
    const { handover } = stage.bot;
    expect(await handover.ownerOf(stage.thread)).to.deep.equal({ owner: 'unknown' });
    expect(stage.calls('thread_owner')).to.deep.equal([]);
    expect(await handover.ownerOf(stage.thread, { ask: true })).to.include({ owner: 'idle' });
    await stage.customer.says('hello');
    expect(await handover.ownerOf(stage.thread)).to.include({ owner: 'bot' });
    await stage.customer.says('talk to agent');
    const known = await handover.ownerOf(stage.thread);
    expect(known).to.include({ owner: 'vccLive', appId: stage.sim.settings.vccLiveAppId });
    expect(known.sinceMs).to.be.closeTo(stage.clock.now(), 1000);
    expect((known.expiresMs ?? 0) - (known.sinceMs ?? 0)).to.be.closeTo(24 * 3600 * 1000, 2000);
    await stage.agent.releases(PSID);
    expect(await handover.ownerOf(stage.thread)).to.include({ owner: 'vccLive' });
    expect(await handover.ownerOf(stage.thread, { ask: true })).to.include({ owner: 'idle' });
    expect(await handover.ownerOf(stage.thread)).to.include({ owner: 'idle' });
  });

  it('answers inside a turn, by its context', async () => {
    const stage = await scene();
    const owners: string[] = [];
    stage.bot.logic = async (context) => {
      owners.push((await stage.bot.handover.ownerOf(context)).owner);
      await stage.bot.handover.toAgent(context);
      owners.push((await stage.bot.handover.ownerOf(context)).owner);
    };
    await stage.customer.says('hello');
    expect(owners).to.deep.equal(['bot', 'vccLive']);
  });

  it("rejects with Graph's error where nobody answers", async () => {
    const stage = await scene({ handover: { graph: { maxRetries: 0 } } });
    stage.sim.weather.http500.always({ edges: ['thread_owner'] });
    const error = await rejection(stage.clock.rush(stage.bot.handover.ownerOf(stage.thread, { ask: true })));
    expect(error).to.be.instanceOf(GraphApiError);
  });

  it('rejects with the name of the mistake where there is no thread', async () => {
    const stage = await scene();
    const { handover } = stage.bot;
    for (const target of [
      { pageId: '', psid: PSID },
      { pageId: '1', psid: '' },
      { pageId: 1, psid: 2 },
      undefined,
      null,
      {},
      'x',
    ] as never[]) {
      for (const call of [
        () => handover.ownerOf(target),
        () => handover.take(target),
        () => handover.release(target),
        () => handover.forget(target),
      ]) {
        const error = await rejection(call());
        expect(error, inspect(target)).to.be.instanceOf(HandoverError);
        expect(error.code).to.equal('noThread');
      }
    }
  });
});

describe('forget', () => {
  afterEach(closeScenes);

  it('removes everything that is stored about a customer, and nobody else', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    await stage.sim.customer('1001').says('talk to agent');
    await stage.bot.handover.forget(stage.thread);
    expect(await stage.record()).to.equal(undefined);
    expect(await stage.store.read({ pageId: stage.thread.pageId, psid: '1001' })).to.not.equal(undefined);
  });

  it('leaves no text of anybody in what is stored before', async () => {
    const stage = await scene();
    await stage.customer.says('my secret illness');
    await stage.customer.says('talk to agent');
    await stage.customer.says('as I said, my secret illness');
    await stage.agent.says(PSID, 'oh, your secret illness');
    expect(JSON.stringify(await stage.record())).to.not.match(/illness|talk to agent/);
  });
});

describe('a handover outside any webhook', () => {
  afterEach(closeScenes);

  it('begins in a proactive turn', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    const starts: HandoverStart[] = [];
    await stage.bot.adapter.continueConversation(reference(stage), async (context) => {
      starts.push(await stage.bot.handover.toAgent(context, { reason: 'VIP' }));
      await context.sendActivity('too late');
    });
    expect(starts.map(({ status }) => status)).to.deep.equal(['passed']);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', "I'm connecting you to an agent. One moment, please."]);
    expect(stage.suppressed()).to.deep.equal(['handedOver']);
  });

  it('is refused in a proactive turn where VCC Live has the thread already', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    const starts: HandoverStart[] = [];
    await stage.bot.adapter.continueConversation(reference(stage), async (context) => {
      starts.push(await stage.bot.handover.toAgent(context));
    });
    expect(starts).to.deep.equal([{ status: 'refused', reason: 'alreadyWithAgent' }]);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
  });

  it('fails, and says how to repair it, in a context without the plugin', async () => {
    const stage = await scene();
    const context = new TurnContext(stage.bot.adapter, { type: 'message', channelId: 'facebook' });
    const start = await stage.bot.handover.toAgent(context);
    expect(start).to.include({ status: 'failed' });
    expect((start as { error: Error }).error).to.include({ code: 'noThread' });
    expect((start as { error: Error }).error.message).to.match(/adapter\.use\(handover\)/);
  });
});

describe('a bot on two Pages', () => {
  afterEach(closeScenes);

  const SECOND = '222333444555666';
  const SECOND_VCC = '900900900900900';

  it('uses the token and the VCC Live app of each, and keeps equal PSIDs apart', async () => {
    const stage = await scene({
      sim: { pages: [{ pageId: SECOND, pageAccessToken: 'second-token', vccLiveAppId: SECOND_VCC }] },
      handover: {
        pageAccessToken: async (pageId) => (pageId === SECOND ? 'second-token' : `simulated-bot-token-${pageId}`),
        vccLiveAppId: (pageId) => (pageId === SECOND ? SECOND_VCC : '27012345678901239'),
      },
    });
    const onSecond = stage.sim.customer(PSID, SECOND);
    await stage.customer.says('talk to agent');
    await onSecond.says('hello');
    expect(stage.sim.ownerOf(PSID, SECOND).owner).to.equal(stage.sim.settings.botAppId);
    expect(onSecond.hears()).to.deep.equal(['bot: hello']);
    await onSecond.says('talk to agent');
    expect(stage.sim.ownerOf(PSID, SECOND).owner).to.equal(SECOND_VCC);
    expect(stage.news('passed').map(({ thread }) => thread.pageId)).to.deep.equal([stage.thread.pageId, SECOND]);
    expect(stage.owner()).to.equal('vccLive');
    await stage.sim.agent(SECOND).handsBack(PSID);
    expect((await stage.bot.handover.ownerOf({ pageId: SECOND, psid: PSID })).owner).to.equal('bot');
    expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
  });

  for (const [what, vccLiveAppId] of [
    ['gives none', () => undefined as unknown as string],
    ['throws', () => Promise.reject(new TypeError('no such Page'))],
    ['gives blanks', async () => ' '],
  ] as const) {
    it(`whose function ${what} for a Page: the bot goes on there, and only a handover fails`, async () => {
      const lines: string[] = [];
      const logger = loggerInto(lines, 'warn', 'error');
      const stage = await scene({ handover: { vccLiveAppId, logger, texts: { failed: 'Sorry.' } } });
      await stage.customer.says('hello');
      await stage.customer.says('talk to agent');
      await stage.customer.says('and now?');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'Sorry.', 'bot: and now?']);
      expect(stage.news('failed')).to.have.length(1);
      expect(stage.news('failed')[0]?.error.message).to.match(/vccLiveAppId/);
      await stage.inbox.replies(PSID, 'I take over');
      await stage.customer.says('good');
      expect(stage.bot.heard).to.deep.equal(['hello', 'and now?']);
    });
  }
});

describe('no secret', () => {
  afterEach(closeScenes);

  const SECRETS = ['my-page-token-4711', 'my-app-secret-4711'];
  const spoken = (value: unknown): string =>
    [
      inspect(value, { depth: 12, showHidden: true }),
      String(value),
      JSON.stringify(value),
      (value as Error | undefined)?.stack,
    ].join('\n');

  it('is in any error, event or line of the log', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'info', 'warn', 'error');
    const stage = await scene({
      sim: { pageAccessToken: SECRETS[0]!, appSecret: SECRETS[1]! },
      handover: { logger, graph: { maxRetries: 1 } },
    });
    const { weather } = stage.sim;
    const stir = [
      () => weather.deadToken.once({ edges: ['pass_thread_control'] }),
      () => weather.lostAnswers.always(),
      () => weather.lostRequests.always(),
      () => weather.http500.always(),
      () => weather.code1.always(),
      () => weather.rateLimited.always(),
    ];
    const seen: unknown[] = [stage.bot.handover, stage.bot.adapter.constructor.name];
    for (const turn of stir) {
      turn();
      await stage.clock.rush(stage.customer.says('talk to agent'));
      for (const call of [
        () => stage.bot.handover.take(stage.thread),
        () => stage.bot.handover.ownerOf(stage.thread, { ask: true }),
      ]) {
        seen.push(await stage.clock.rush(rejection(call())));
      }
      stage.calm();
      await stage.clock.advance(3 * 60_000);
    }
    expect(stage.news('failed').length).to.be.greaterThan(2);
    for (const each of [...seen, ...stage.told, ...stage.bot.errors, ...lines, await stage.record()]) {
      for (const secret of SECRETS) expect(spoken(each)).to.not.include(secret);
    }
  });

  it('is in the error of a wrong option', () => {
    const good = { botAppId: '1', vccLiveAppId: '2', pageAccessToken: SECRETS[0]!, appSecret: SECRETS[1]! };
    for (const wrong of [{ pageAccessToken: ` ${SECRETS[0]!}` }, { appSecret: `${SECRETS[1]!}\n` }]) {
      try {
        new VccLiveHandover({ ...good, ...wrong });
        expect.fail('it must throw');
      } catch (error) {
        for (const secret of SECRETS) expect(spoken(error)).to.not.include(secret);
      }
    }
  });
});
