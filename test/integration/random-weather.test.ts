/** Random stories in random weather, two processes: whatever happened, the thread comes home and each handover ends once. */
import { expect } from 'chai';
import fc from 'fast-check';
import { BotStorageThreadStore } from 'botbuilder-handover-vcclive';
import { MemoryStorage } from 'botbuilder';
import { wireLine } from 'botbuilder-handover-vcclive/simulator';
import { PSID, closeScenes, dialogBot, scene } from './scene.js';
import type { Scene, Template } from './scene.js';

const ACTS = {
  customerSays: (stage: Scene) => stage.customer.says('hello'),
  customerAsks: (stage: Scene) => stage.customer.says('agent please'),
  customerPresses: (stage: Scene) => stage.customer.presses('MENU', 'Menu'),
  customerReads: (stage: Scene) => stage.customer.reads(),
  agentSays: (stage: Scene) => stage.agent.says(PSID, 'I am Anna'),
  agentHandsBack: (stage: Scene) => stage.agent.handsBack(PSID, 'done'),
  agentReleases: (stage: Scene) => stage.agent.releases(PSID),
  agentTakes: (stage: Scene) => stage.agent.takes(PSID),
  shopTakes: (stage: Scene) => stage.inbox.movesToMain(PSID),
  shopIsDone: (stage: Scene) => stage.inbox.marksDone(PSID),
  botTakes: (stage: Scene) => stage.bot.handover.take(stage.thread),
  secondsPass: (stage: Scene) => stage.sim.clock.advance(3000),
  dayPasses: (stage: Scene) => stage.sim.clock.advance(25 * 60 * 60 * 1000),
};

const story = fc.record({
  acts: fc.array(fc.constantFrom(...(Object.keys(ACTS) as (keyof typeof ACTS)[])), { minLength: 3, maxLength: 14 }),
  template: fc.constantFrom<Template>('everyTurn', 'messagesOnly'),
  duplicates: fc.constantFrom(0, 1, 2),
  duplicatesCome: fc.constantFrom('together' as const, 'after' as const),
  reorderMs: fc.constantFrom(0, 0, 5, 500),
  clockSkewMs: fc.constantFrom(0, -200_000, 200_000),
  timestampsInSeconds: fc.constantFrom(false, false, true),
  twoBots: fc.boolean(),
  botStorage: fc.boolean(),
  /** Acts that do not wait for the one before. */
  hasty: fc.boolean(),
});

describe('random stories in random weather', () => {
  afterEach(closeScenes);

  it('end with the thread at home, a bot that answers, and one ending for each dialog that waited', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const stage = await scene({
          bots: told.twoBots ? 2 : 1,
          ...(told.botStorage ? { store: (clock) => new BotStorageThreadStore(new MemoryStorage(), { clock }) } : {}),
        });
        try {
          await play(stage, told);
        } catch (error) {
          const lines = stage.sim.wire.entries().map(wireLine).join('\n');
          throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lines}`, { cause: error });
        } finally {
          await closeScenes();
        }
      }),
      {
        numRuns: Number(process.env['STORIES'] ?? 25),
        ...(process.env['SEED'] ? { seed: Number(process.env['SEED']) } : {}),
      },
    );
  }).timeout(Number(process.env['STORIES'] ?? 25) * 4000);
});

async function play(stage: Scene, told: typeof story extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  for (const bot of stage.bots) dialogBot(bot, told.template);
  const { weather } = stage.sim;
  const { duplicates, duplicatesCome, reorderMs, clockSkewMs, timestampsInSeconds } = told;
  Object.assign(weather, { duplicates, duplicatesCome, reorderMs, clockSkewMs, timestampsInSeconds });
  const underWay: Promise<unknown>[] = [];
  for (const act of told.acts) {
    // Acts that the platform refuses (handing back what one does not have) are no acts.
    const done = Promise.resolve<unknown>(ACTS[act](stage)).catch(() => undefined);
    if (told.hasty) underWay.push(done);
    else await stage.clock.rush(done);
  }
  await stage.clock.rush(Promise.all(underWay));
  await stage.clock.rush(stage.clock.advance(2000));
  stage.calm();
  weather.timestampsInSeconds = false;

  if (stage.owner() === 'vccLive') await stage.clock.rush(stage.agent.handsBack(PSID, 'end'));
  if (stage.owner() === 'inbox') await stage.clock.rush(stage.inbox.marksDone(PSID));
  await stage.clock.rush(stage.clock.advance(120_000));
  for (const text of ['anybody?', 'well?', 'good']) {
    await stage.clock.rush(stage.customer.says(text));
    await stage.clock.rush(stage.clock.advance(2000));
  }

  expect(stage.owner()).to.equal('bot');
  expect(stage.customer.hears().at(-1), 'the bot answers').to.equal('bot: good');
  const ids = stage.bots.flatMap((bot) => bot.results).map((result) => result.handoverId);
  expect(new Set(ids).size, 'no dialog ends twice').to.equal(ids.length);
  expect((await stage.record())?.open, 'nothing is left open').to.equal(undefined);
  const passed = stage.news('passed').map(({ handoverId }) => handoverId);
  expect(new Set(passed).size, 'passed is told once').to.equal(passed.length);
  const returned = stage.news('returned').flatMap(({ result }) => result.handoverId ?? []);
  expect(new Set(returned).size, 'returned is told once').to.equal(returned.length);
  expect(returned.toSorted(), 'what was passed came home').to.deep.equal(passed.toSorted());
  // Every dialog that waited has ended: those refused or failed had no handover of their own to wait for.
  const ended = ids.filter((id) => passed.includes(id ?? ''));
  expect(ended.length, 'every dialog that waited has ended').to.equal(passed.length);
  const said = stage
    .calls('messages')
    .filter((call) => call.refused)
    .map((call) => JSON.stringify(call.body));
  // A day after the customer's last word the bot may not write: Meta says so, and that does reach the bot.
  const errors = stage.bots
    .flatMap((bot) => bot.errors)
    .filter((error) => !/outside of allowed window/.test(error.message));
  expect(errors, 'no other error reaches the bot').to.deep.equal([]);
  expect(said.length, 'what Meta has to refuse').to.be.at.most(told.acts.length);
}
