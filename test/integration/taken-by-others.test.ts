/** A thread that the Page's inbox or a third app has taken: dialogs wait, the application is told, the bot keeps still. */
import { expect } from 'chai';
import { PSID, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';
import type { Scene } from './scene.js';
import { loggerInto } from '../kit/loggers.js';

const VCC_LIVE = 27012345678901239n;

describe('a thread that another app has taken', () => {
  afterEach(closeScenes);

  for (const [what, takes] of [
    ['who replies there', (stage: Scene) => stage.inbox.replies(PSID, 'I take over')],
    ['who moves the chat to Main', (stage: Scene) => stage.inbox.movesToMain(PSID)],
  ] as const) {
    it(`the inbox, by a person ${what}: the ledger says other, the application is told, the bot is silent`, async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      await takes(stage);
      const { pageInboxAppId: appId } = stage.sim.settings;
      expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({ owner: 'other', appId });
      expect(stage.news('ownerChanged').map(({ from, to }) => [from.owner, to.owner, to.appId])).to.deep.equal([
        ['bot', 'other', appId],
      ]);
      await stage.customer.says('are you there?');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.news('standbyMessage').at(-1)).to.include({ from: 'customer' });
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });
  }

  describe('Meta’s Business AI', () => {
    const lines: string[] = [];
    const warned = (): string[] => lines.filter((line) => /Business AI .* took thread/.test(line));
    const logger = loggerInto(lines, 'warn');
    beforeEach(() => void lines.splice(0));

    it('is told as that, by event and log, once for each take; the bot is silent until it hands back', async () => {
      const stage = await scene({ handover: { logger } });
      const ai = stage.sim.businessAi();
      await stage.customer.says('hello');
      stage.sim.weather.duplicates = 3;
      await ai.takes(PSID);
      expect(stage.news('ownerChanged').map(({ to }) => [to.owner, to.metaApp])).to.deep.equal([
        ['other', 'businessAi'],
      ]);
      expect(warned()).to.have.length(1);
      await stage.customer.says('are you there?');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      await stage.clock.advance(1000);
      await ai.handsBack(PSID);
      await stage.customer.says('and now?');
      expect(stage.bot.heard).to.deep.equal(['hello', 'and now?']);
      expect(saidOverOthers(stage)).to.deep.equal([]);
    });

    it('is found out when Meta is asked, if it takes the thread from VCC Live', async () => {
      const stage = await scene({ handover: { logger } });
      await stage.customer.says('talk to agent');
      await stage.clock.advance(1000);
      await stage.sim.businessAi().takes(PSID);
      expect(warned()).to.deep.equal([]);
      expect(await stage.bot.handover.ownerOf(stage.thread, { ask: true })).to.include({ metaApp: 'businessAi' });
      expect(warned()).to.have.length(1);
    });

    it('is known by its metadata if its app id is new', async () => {
      const stage = await scene({ handover: { logger } });
      await stage.customer.says('hello');
      await stage.sim.businessAi(undefined, '900900900900901').takes(PSID);
      expect(stage.news('ownerChanged').map(({ to }) => [to.owner, to.appId, to.metaApp])).to.deep.equal([
        ['other', '900900900900901', undefined],
      ]);
      expect(warned()).to.have.length(1);
    });
  });

  it('is idle when control ends, also if Meta was asked in the last second, whose `expiration` is cut to whole seconds', async () => {
    const stage = await scene({ handover: { timers: {} } });
    await stage.clock.advance(1000 - (stage.clock.now() % 1000) + 600);
    await stage.customer.says('talk to agent');
    const { expiresAtMs = 0 } = stage.sim.ownerOf(PSID);
    await stage.clock.advance(expiresAtMs - 100 - stage.clock.now());
    expect(await stage.bot.handover.ownerOf(stage.thread, { ask: true })).to.include({ owner: 'vccLive' });
    await stage.clock.advance(1000);
    expect(stage.sim.ownerOf(PSID).owner).to.equal('idle');
    expect(await stage.bot.handover.ownerOf(stage.thread)).to.include({ owner: 'idle' });
  });

  it('out of the hands of an agent: the dialog that waits for the handover goes on waiting, and ends when the bot has it', async () => {
    for (const template of ['everyTurn', 'messagesOnly'] as const) {
      const stage = await scene();
      dialogBot(stage.bot, template);
      await stage.customer.says('agent please');
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      await stage.clock.advance(1000);
      await stage.inbox.movesToMain(PSID);
      await stage.customer.says('anybody?');
      // Nobody tells the bot that one app has taken the thread from another; Meta does when it is asked.
      expect((await stage.bot.handover.ownerOf(stage.thread, { ask: true })).owner, template).to.equal('other');
      expect(
        stage.news('ownerChanged').map(({ to }) => to.owner),
        template,
      ).to.deep.equal(['vccLive', 'other']);
      expect(stage.bot.results, template).to.deep.equal([]);
      expect(stage.news('returned'), template).to.deep.equal([]);

      await stage.clock.advance(1000);
      await stage.bot.handover.take(stage.thread);
      await stage.customer.says('hello?');
      expect(
        stage.bot.results.map(({ outcome }) => outcome),
        template,
      ).to.deep.equal(['takenBack']);
      expect(saidOverOthers(stage), template).to.deep.equal([]);
      await closeScenes();
    }
  });

  it('a timer of the handover takes nothing out of its hands', async () => {
    const stage = await scene({ handover: { timers: { unclaimedMs: 60_000 } } });
    await stage.customer.says('talk to agent');
    await stage.clock.advance(1000);
    await stage.inbox.movesToMain(PSID);
    for (let gone = 0; gone < 24; gone += 1) await stage.clock.advance(5000);
    expect(stage.owner()).to.equal('inbox');
    expect(stage.calls('take_thread_control')).to.deep.equal([]);
  });

  it('own buttons that are pressed meanwhile are reported, never run', async () => {
    for (const takes of [
      async (stage: Scene) => stage.customer.says('talk to agent'),
      async (stage: Scene) => stage.inbox.movesToMain(PSID),
    ]) {
      const stage = await scene();
      await stage.customer.says('hello');
      await takes(stage);
      await stage.clock.advance(1000);
      // A button of the bot's own comes on `messaging`, whoever owns the thread.
      await stage.deliver([{ postback: { mid: 'm_menu', title: 'Menu', payload: 'MENU' } }]);
      expect(stage.bot.turns.filter(({ type }) => type === 'message').map(({ text }) => text)).to.deep.equal(['hello']);
      const reported = stage.news('ignored').map(({ event }) => event);
      expect(reported.some(({ payload }) => payload === 'MENU')).to.equal(true);
      expect(stage.news('ignored').map(({ reason }) => reason)).to.include('anotherAppOwns');
      expect(saidOverOthers(stage)).to.deep.equal([]);
      await closeScenes();
    }
  });
});

describe('a request for a thread that, by the ledger, another app has', () => {
  afterEach(closeScenes);

  const request = { request_thread_control: { requested_owner_app_id: VCC_LIVE, metadata: null } };

  it('is not granted where Meta says so too: nothing is passed, and it is reported', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    await stage.inbox.movesToMain(PSID);
    await stage.deliver([request]);
    expect(stage.owner()).to.equal('inbox');
    expect(stage.calls('pass_thread_control')).to.deep.equal([]);
    expect(stage.calls('thread_owner')).to.have.length(1);
    expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
  });

  it('is granted where the ledger was late: the handover of before has ended, and a new one begins', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    await stage.deliver([request]);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.news('returned').map(({ result }) => [result.outcome, result.via])).to.deep.equal([
      ['completed', 'message'],
    ]);
    expect(stage.news('passed')).to.have.length(2);
  });

  it('is not granted where Meta does not answer', async () => {
    const stage = await scene({ handover: { graph: { maxRetries: 0 } } });
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    stage.sim.weather.http500.always({ edges: ['thread_owner'] });
    await stage.deliver([request]);
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['anotherAppOwns']);
  });
});

describe('the Graph calls of a handover', () => {
  afterEach(closeScenes);

  const counted = (stage: Scene, from: number): string[] =>
    stage.sim.wire
      .of('graph')
      .filter((entry) => entry.appId === stage.sim.settings.botAppId)
      .slice(from)
      .map(({ edge }) => edge);

  /** The calls of three handovers, one after the other. */
  async function threeTimes(stage: Scene): Promise<string[][]> {
    const calls: string[][] = [];
    for (let times = 0; times < 3; times += 1) {
      const before = counted(stage, 0).length;
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
      calls.push(counted(stage, before));
      await stage.agent.handsBack(PSID);
      await stage.clock.advance(1000);
    }
    return calls;
  }

  it('are two: notice and pass', async () => {
    const two = ['messages', 'pass_thread_control'];
    expect(await threeTimes(await scene())).to.deep.equal([two, two, two]);
  });

  it('are one with inlineThreadControl where the Page has routing; that is looked up once', async () => {
    const [first, ...others] = await threeTimes(await scene({ handover: { inlineThreadControl: true } }));
    expect(first).to.have.length(2).and.to.include('messages');
    expect(others).to.deep.equal([['messages'], ['messages']]);
  });

  it('are two with inlineThreadControl where it has none; that is looked up once as well', async () => {
    const stage = await scene({ sim: { routing: false }, handover: { inlineThreadControl: true } });
    const [first, ...others] = await threeTimes(stage);
    expect(first).to.have.length(3);
    expect(others).to.deep.equal([
      ['messages', 'pass_thread_control'],
      ['messages', 'pass_thread_control'],
    ]);
  });

  it('it is looked up again after ten minutes, and after one where no answer came', async () => {
    const stage = await scene({ handover: { inlineThreadControl: true, graph: { maxRetries: 0 } } });
    stage.sim.weather.http500.once({ edges: ['me'] });
    const lookUps = async (): Promise<number> => {
      const before = counted(stage, 0).length;
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(PSID);
      await stage.clock.advance(1000);
      return counted(stage, before).filter((edge) => edge !== 'messages' && edge !== 'pass_thread_control').length;
    };
    expect(await lookUps()).to.equal(1);
    expect(await lookUps()).to.equal(0);
    await stage.clock.advance(60_000);
    expect(await lookUps()).to.equal(1);
    await stage.clock.advance(5 * 60_000);
    expect(await lookUps()).to.equal(0);
    await stage.clock.advance(6 * 60_000);
    expect(await lookUps()).to.equal(1);
  });
});
