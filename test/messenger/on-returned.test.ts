/** `onReturned` goes on after each handover, once, whichever process has the turn. */
import { expect } from 'chai';
import type { HandoverResult, MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { closeStages, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";

/** Echoes, hands over at "agent please", and says how that ended. */
function answering(bot: MessengerBot, results: HandoverResult[] = []): MessengerBot {
  bot.onMessage(async ({ text }, thread) => {
    if (text === 'agent please') await thread.toAgent({ reason: 'asked' });
    else await thread.reply(`bot: ${text}`);
  });
  bot.onReturned(async (result, thread) => {
    results.push(result);
    await thread.reply(`back: ${result.outcome} via ${result.via}`);
  });
  return bot;
}

describe('onReturned', () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  it('gets the result once, with two processes on one store that take turns', async () => {
    const results: HandoverResult[] = [];
    await stage.connect(answering(stage.bot(), results), answering(stage.bot(), results));
    for (let round = 0; round < 3; round += 1) {
      await stage.customer.says('agent please');
      await stage.agent.says(stage.customer.psid, 'Hello, this is Anna.');
      await stage.agent.handsBack(stage.customer.psid, `round ${round}`);
      await stage.customer.says('thanks');
      await stage.customer.says('bye');
    }
    expect(results.map(({ metadata }) => metadata)).to.deep.equal(['round 0', 'round 1', 'round 2']);
    expect(stage.customer.hears().filter((line) => line.startsWith('back: '))).to.have.length(3);
    expect(stage.customer.hears().at(-1)).to.equal('bot: bye');
  });

  it('gets the end of a handover that the customer’s own words began', async () => {
    const results: HandoverResult[] = [];
    await stage.connect(answering(stage.bot({ talkToAgent: /human/i }), results));
    await stage.customer.says('a human, please');
    await stage.agent.handsBack(stage.customer.psid);
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'back: completed via passBack']);
  });

  it('goes on in the turn of the message that brought the thread home, and the message is answered', async () => {
    const bot = stage.bot();
    const brought: (string | undefined)[] = [];
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'agent please') await thread.toAgent();
      else await thread.reply(`bot: ${text}`);
    });
    bot.onReturned(async (result, thread) => {
      brought.push(thread.message?.text);
      await thread.reply(`back: ${result.via}`);
    });
    await stage.connect(bot);
    await stage.customer.says('agent please');
    await stage.agent.releases(stage.customer.psid);
    await stage.customer.says('One more thing');
    expect(brought).to.deep.equal(['One more thing']);
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'back: message', 'bot: One more thing']);
  });

  it('gets both results at the hand-back if the message that showed a silent release asked for an agent again', async () => {
    const results: HandoverResult[] = [];
    await stage.connect(answering(stage.bot({ talkToAgent: /human/i }), results));
    await stage.customer.says('agent please');
    await stage.agent.releases(stage.customer.psid);
    await stage.customer.says('a human, please');
    await stage.agent.says(stage.customer.psid, 'Hello, this is Anna.');
    await stage.agent.handsBack(stage.customer.psid, 'second');
    expect(results.map(({ via, metadata }) => [via, metadata])).to.deep.equal([
      ['message', undefined],
      ['passBack', 'second'],
    ]);
    await stage.customer.says('where is my parcel?');
    expect(stage.customer.hears().at(-1)).to.equal('bot: where is my parcel?');
    expect(results).to.have.length(2);
  });

  it('that throws gets the result again in the next turn, and the customer’s message is answered meanwhile', async () => {
    const bot = stage.bot();
    const seen: string[] = [];
    const errors: string[] = [];
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'agent please') await thread.toAgent();
      else await thread.reply(`bot: ${text}`);
    });
    bot.onReturned(async (result, thread) => {
      seen.push(result.outcome);
      if (seen.length < 3) throw new Error(`not yet ${seen.length}`);
      await thread.reply('Welcome back');
    });
    bot.onError((error) => errors.push(error.message));
    await stage.connect(bot);
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    await stage.customer.says('hello?');
    await stage.customer.says('anybody?');
    await stage.customer.says('bye');
    expect(seen).to.have.length(3);
    expect(errors).to.deep.equal(['not yet 1', 'not yet 2']);
    expect(stage.customer.hears()).to.deep.equal([
      CONNECTING,
      'bot: hello?',
      'Welcome back',
      'bot: anybody?',
      'bot: bye',
    ]);
  });

  it('of a process that comes after one that died gets the result that nobody was given', async () => {
    const before = stage.bot();
    before.onMessage((_message, thread) => thread.toAgent());
    before.onReturned(() => {
      throw new Error('it dies here');
    });
    await stage.connect(before);
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    await before.close();

    const results: HandoverResult[] = [];
    await stage.connect(answering(stage.bot(), results));
    await stage.customer.says('hello?');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'back: completed via passBack', 'bot: hello?']);
    expect(results).to.have.length(1);
  });

  it('gets nothing of a handover that did not begin: toAgent says so at once', async () => {
    const results: HandoverResult[] = [];
    const bot = stage.bot({ availability: () => 'unavailable' });
    const starts: string[] = [];
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'agent please') starts.push((await thread.toAgent()).status);
    });
    bot.onReturned((result) => results.push(result));
    await stage.connect(bot);
    await stage.customer.says('agent please');
    await stage.customer.says('well?');
    expect(starts).to.deep.equal(['refused']);
    expect(results).to.deep.equal([]);
  });

  it('is not needed: without it the bot goes on with the customer’s next message', async () => {
    const bot = stage.bot();
    bot.onMessage(async ({ text }, thread) => {
      if (text === 'agent please') await thread.toAgent();
      else await thread.reply(`bot: ${text}`);
    });
    await stage.connect(bot);
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'bot: hello']);
  });

  it('works with the default store, once for each handover', async () => {
    const results: HandoverResult[] = [];
    const bot = answering(stage.bot({ store: undefined as never }), results);
    await stage.connect(bot);
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    await stage.customer.says('thanks');
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    expect(results).to.have.length(2);
  });
});
