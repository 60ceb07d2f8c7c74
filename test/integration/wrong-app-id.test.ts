/** App ids of the options that are another app's: Meta's own words show it, and the log says it once, with the id to set. */
import { expect } from 'chai';
import type { Logger, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import type { SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import { SPEAKS_WITHIN_MS } from '../../src/simulator/stage/silent-owner.js';
import { serveStage } from '../../src/simulator/stage/stage-server.js';
import type { Scene } from './scene.js';
import { PSID, closeScenes, echoing, scene } from './scene.js';
import { HeldClock } from '../kit/held-clock.js';

const SECOND_MS = 1000;
const PAGE_ID = '111222333444555';
const ANOTHER_APP = '900700100200300';

describe('a botAppId that is not the bot’s', () => {
  afterEach(closeScenes);

  for (const [whose, botAppId] of [
    ['the Page’s id', PAGE_ID],
    ['another app’s', ANOTHER_APP],
  ] as const) {
    it(`${whose}: one error names the id that was seen and the option`, async () => {
      const { stage, errors } = await opened({ botAppId });
      await wholeHandover(stage);
      await stage.customer.says('hello?');
      await stage.customer.says('anybody?');
      expect(stage.bot.heard).to.not.include('anybody?');
      const said = errors();
      expect(said).to.have.length(1);
      expect(said[0]).to.include(`botAppId is '${botAppId}'`);
      expect(said[0]).to.include(`Set botAppId: '${stage.sim.settings.botAppId}'`);
    });

    it(`${whose}, with no echoes subscribed: the message after the hand-back tells it`, async () => {
      const { stage, errors } = await opened({ botAppId }, { botAppFields: withoutEchoes });
      await wholeHandover(stage);
      expect(errors()).to.deep.equal([]);
      await stage.customer.says('hello?');
      await stage.customer.says('anybody?');
      expect(errors()).to.have.length(1);
      expect(errors()[0])
        .to.include('thread_owner names app')
        .and.include(`botAppId: '${stage.sim.settings.botAppId}'`);
    });
  }

  it('the Page’s id: the first delivery warns of it', async () => {
    const { stage, warnings } = await opened({ botAppId: PAGE_ID });
    await stage.customer.says('hello');
    expect(warnings().filter((line) => line.includes('the id of the Page itself'))).to.have.length(1);
  });

  it('and the hand-back was never delivered: the second message tells it, a while after Meta was asked', async () => {
    const { stage, errors } = await opened(
      { botAppId: ANOTHER_APP },
      { botAppFields: withoutEchoes.filter((field) => field !== 'messaging_handovers') },
    );
    await wholeHandover(stage);
    await stage.customer.says('hello?');
    expect(errors()).to.deep.equal([]);
    await stage.clock.advance(10 * SECOND_MS);
    await stage.customer.says('anybody?');
    await stage.customer.says('please');
    expect(errors()).to.have.length(1);
  });

  it('is told for each Page', async () => {
    const second = { pageId: '222333444555666', pageAccessToken: 'a-token-of-the-second-page' };
    const pages = [PAGE_ID, second.pageId];
    const { stage, errors } = await opened(
      {
        botAppId: ANOTHER_APP,
        pageAccessToken: (pageId) => (pageId === PAGE_ID ? stage.sim.settings.pageAccessToken : second.pageAccessToken),
      },
      { pages: [second] },
    );
    for (const text of ['hello', 'hello again']) {
      for (const pageId of pages) await stage.sim.customer('7700112233445566', pageId).says(text);
    }
    expect(errors()).to.have.length(2);
    for (const pageId of pages) expect(errors().filter((line) => line.includes(pageId))).to.have.length(1);
  });
});

describe('a bot with a wrong app id, on the stage', () => {
  afterEach(closeScenes);

  it('asks for the owner, is told itself and says nothing: the timeline asks for its app id, once', async () => {
    const { stage, clock } = await staged(ANOTHER_APP);
    await wholeHandover(stage);
    await stage.customer.says('hello?');
    await clock.advance(SPEAKS_WITHIN_MS);
    await stage.customer.says('anybody?');
    await clock.advance(SPEAKS_WITHIN_MS);
    const said = stage.sim.wire.of('note').filter(({ text }) => text.includes('says nothing'));
    expect(said).to.have.length(1);
    expect(said[0]?.text).to.include(`botAppId: '${stage.sim.settings.botAppId}'`);
  });

  it('is not asked where the id is right', async () => {
    const { stage, clock } = await staged(undefined);
    await wholeHandover(stage);
    await stage.bot.handover.ownerOf(stage.thread, { ask: true });
    await stage.customer.says('hello?');
    await clock.advance(SPEAKS_WITHIN_MS);
    expect(stage.sim.wire.of('note').filter(({ text }) => text.includes('says nothing'))).to.deep.equal([]);
  });
});

describe('app ids that are right', () => {
  afterEach(closeScenes);

  it('are not complained of, whatever the Page inbox and other apps do', async () => {
    const { stage, errors, warnings } = await opened({});
    await stage.customer.says('hello');
    await wholeHandover(stage);
    await stage.customer.says('thank you');
    await stage.inbox.replies(PSID, 'This is the Page.');
    await stage.customer.says('who is there?');
    await stage.clock.advance(60 * SECOND_MS);
    await stage.inbox.movesToMain(PSID);
    await stage.customer.says('hello?');
    expect([...errors(), ...warnings()].filter((line) => line.includes('AppId'))).to.deep.equal([]);
  });

  it('are not complained of where a webhook informs about two other apps', async () => {
    const { stage, errors } = await opened({});
    await stage.customer.says('talk to agent');
    const { vccLiveAppId } = stage.sim.settings;
    const control = { previous_owner_app_id: BigInt(vccLiveAppId), new_owner_app_id: BigInt(ANOTHER_APP) };
    await stage.deliver([{ pass_thread_control: control }]);
    await stage.customer.says('hello?');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('and now?');
    expect(errors().filter((line) => line.includes('AppId'))).to.deep.equal([]);
  });

  it('are doubted once where an unknown app writes in a thread that was passed to VCC Live', async () => {
    const { stage, errors, warnings } = await opened({});
    await stage.customer.says('talk to agent');
    const head = { sender: { id: PAGE_ID }, recipient: { id: PSID } };
    for (const mid of ['m_one', 'm_two']) {
      const message = { mid, is_echo: true, app_id: Number(ANOTHER_APP), text: 'Hello, this is Anna.' };
      await stage.deliver([{ ...head, message }], 'standby');
    }
    const said = warnings().filter((line) => line.includes(`set vccLiveAppId: '${ANOTHER_APP}'`));
    expect([said.length, errors().length]).to.deep.equal([1, 0]);
  });
});

/** All that a bot subscribes to, but for echoes. */
const withoutEchoes = [
  'messages',
  'messaging_postbacks',
  'messaging_handovers',
  'standby',
  'message_deliveries',
  'message_reads',
] as const;

interface Watched {
  readonly stage: Scene;
  readonly errors: () => string[];
  readonly warnings: () => string[];
}

async function opened(handover: Partial<VccLiveHandoverOptions>, sim: SimulatorOptions = {}): Promise<Watched> {
  const lines: [level: string, line: string][] = [];
  const note =
    (level: string) =>
    (line: string): void =>
      void lines.push([level, line]);
  const logger: Logger = { info: () => undefined, warn: note('warn'), error: note('error') };
  const stage = await scene({ sim: { pageId: PAGE_ID, ...sim }, handover: { logger, ...handover } });
  stage.bot.logic = echoing;
  const of = (level: string) => (): string[] => lines.filter(([each]) => each === level).map(([, line]) => line);
  return { stage, errors: of('error'), warnings: of('warn') };
}

/** "Talk to agent", an agent's words, the hand-back, a second apart. */
async function wholeHandover(stage: Scene): Promise<void> {
  await stage.customer.says('talk to agent');
  expect(stage.owner()).to.equal('vccLive');
  await stage.clock.advance(SECOND_MS);
  await stage.agent.says(PSID, 'Hello, this is Anna.');
  await stage.clock.advance(SECOND_MS);
  await stage.agent.handsBack(PSID);
  await stage.clock.advance(SECOND_MS);
}

/** A scene whose page in the browser has a clock of its own. */
async function staged(botAppId: string | undefined): Promise<{ stage: Scene; clock: HeldClock }> {
  const { stage } = await opened(botAppId === undefined ? {} : { botAppId });
  const clock = new HeldClock();
  serveStage(stage.sim, { timer: clock });
  return { stage, clock };
}
