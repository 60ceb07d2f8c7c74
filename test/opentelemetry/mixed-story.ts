/** A long story with everything in it that is measured and logged, on real HTTP, with one held clock. */
import type { Availability, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { breath, scene, type Scene } from '../integration/scene.js';

const MINUTE_MS = 60_000;
/** What customers and agents say; none of it may be in a log or a measurement. */
export const TEXTS = {
  hello: 'Hello, my card is 4111 1111 1111 1111',
  agent: 'Anna speaking, how can I help?',
  button: 'Yes, the blue one',
  disposition: 'customer wants a refund for order 4711',
  macro: '#bot please',
};

/** Plays it, and closes nothing. */
export async function playMixedStory(handover: Partial<VccLiveHandoverOptions>): Promise<Scene> {
  let there: Availability = 'available';
  const stage = await scene({
    handover: {
      timers: { unclaimedMs: MINUTE_MS },
      availability: () => there,
      reclaim: { agent: TEXTS.macro },
      ...handover,
    },
  });
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  const { customer, agent, sim } = stage;

  // A whole handover: an answer, a proactive message that stays in, and a disposition.
  await customer.says(TEXTS.hello);
  await customer.says('talk to agent');
  await stage.clock.advance(42_000);
  await agent.says(customer.psid, TEXTS.agent);
  await proactive(stage, 'Our news of the week');
  await customer.taps(TEXTS.button, 'BLUE');
  await stage.clock.advance(4 * MINUTE_MS);
  await agent.handsBack(customer.psid, TEXTS.disposition);

  // A silent release, found out by a button.
  await stage.clock.advance(MINUTE_MS);
  await customer.says('talk to agent');
  await agent.says(customer.psid, TEXTS.agent);
  await agent.releases(customer.psid);
  await customer.presses('BLUE', TEXTS.button);

  // Meta refuses a message, then a pass for good; then nobody is there.
  await stage.clock.advance(MINUTE_MS);
  sim.weather.sendRefused.once();
  await customer.says(TEXTS.hello);
  await stage.clock.advance(MINUTE_MS);
  sim.weather.deadToken.once({ edges: ['pass_thread_control'] });
  await customer.says('talk to agent');
  await stage.clock.advance(MINUTE_MS);
  there = 'unavailable';
  await customer.says('talk to agent');
  there = 'available';

  // An answer of Meta's that does not come, and a pause that it asks for.
  await stage.clock.advance(MINUTE_MS);
  sim.weather.rateLimited.once({ edges: ['messages'], minutes: 1 });
  await customer.says(TEXTS.hello);
  await customer.says(TEXTS.hello);
  await stage.clock.advance(3 * MINUTE_MS);

  // Nobody answers: the bot may not take it back, then it may.
  sim.weather.takeNotAllowed = true;
  await customer.says('talk to agent');
  await lapse(stage, 2 * MINUTE_MS);
  sim.weather.takeNotAllowed = false;
  await agent.says(customer.psid, TEXTS.macro);
  await sim.settled();
  await stage.clock.advance(MINUTE_MS);
  await customer.says('talk to agent');
  await lapse(stage, 2 * MINUTE_MS);

  // A bot without onTurnError, and a store that is lost.
  const { onTurnError } = stage.bot.adapter;
  (stage.bot.adapter as { onTurnError: unknown }).onTurnError = undefined;
  const { logic } = stage.bot;
  stage.bot.logic = async () => Promise.reject(new TypeError('boom'));
  await customer.says(TEXTS.hello);
  stage.bot.logic = logic;
  stage.bot.adapter.onTurnError = onTurnError;
  stage.bot.store.lost = true;
  await customer.says(TEXTS.hello);
  stage.bot.store.lost = false;
  await stage.clock.advance(MINUTE_MS);
  return stage;
}

async function proactive(stage: Scene, text: string): Promise<void> {
  const reference = {
    channelId: 'facebook',
    user: { id: stage.thread.psid, name: '' },
    bot: { id: stage.thread.pageId, name: '' },
    conversation: { id: stage.thread.psid, isGroup: false, conversationType: '', name: '' },
  };
  await stage.bot.adapter.continueConversation(reference, async (context) => {
    await context.sendActivity(text);
  });
}

/** Time goes by in steps in which the process looks for deadlines once. */
async function lapse(stage: Scene, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 5000) {
    await stage.clock.advance(5000);
    await breath(3);
    await stage.sim.settled();
  }
}
