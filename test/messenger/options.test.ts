/** The options of a bot without a framework: what is refused, and what the application's functions get. */
import { expect } from 'chai';
import { InvalidOptionError, MessengerBot, talkToAgentPhrases } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBotOptions } from 'botbuilder-handover-vcclive/messenger';
import { closeStages, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

const RIGHT: MessengerBotOptions = {
  botAppId: '1',
  vccLiveAppId: '2',
  pageAccessToken: 'a-token',
  appSecret: 'a-secret',
  verifyToken: 'a-word',
};

describe('MessengerBot refuses', () => {
  const refused: readonly (readonly [object | undefined, string])[] = [
    [undefined, 'Option "options" is missing; it must be an object with botAppId, vccLiveAppId'],
    [{ verifyTokn: 'x' }, 'Option "verifyTokn" is unknown; it must be "verifyToken" if that is meant'],
    [{ verify_token: 'x' }, 'Option "verify_token" is unknown; it must be "verifyToken" if that is meant'],
    [{ timer: {} }, 'Option "timer" is unknown; it must be "timers" if that is meant'],
    [{ verifyToken: '' }, 'Option "verifyToken" is empty'],
    [{ appSecret: undefined }, 'Option "appSecret" is missing'],
    [{ botAppId: 17 }, 'Option "botAppId" is the number 17'],
    [{ ackDeadlineMs: 0 }, 'Option "ackDeadlineMs" is 0'],
    [{ maxBodyBytes: -1 }, 'Option "maxBodyBytes" is -1'],
    [{ record: 17 }, 'Option "record"'],
    [{ statusEvents: true }, 'Option "statusEvents" is given; it must be left out'],
    [{ openPrompt: 'drop' }, 'Option "openPrompt" is given; it must be left out'],
    [{ pages: { 7: { statusEvents: true } } }, 'Option "pages.7.statusEvents" is given; it must be left out'],
    [{ pages: { 7: { talkToAgnt: /x/ } } }, 'Option "pages.7.talkToAgnt" is unknown; it must be "talkToAgent"'],
    [{ texts: { conecting: 'x' } }, 'Option "texts.conecting" is unknown; it must be "connecting"'],
    [{ texts: { connecting: { txt: 'x' } } }, 'Option "texts.connecting.txt" is unknown; it must be "text"'],
    [{ texts: { connecting: 17 } }, 'Option "texts.connecting" is 17'],
    [{ satisfactionQuestion: { ask: { txt: 'x' } } }, 'Option "satisfactionQuestion.ask.txt" is unknown'],
  ];
  for (const [given, says] of refused) {
    it(says, () => {
      const options = given && { ...RIGHT, ...given };
      expect(() => new MessengerBot(options as MessengerBotOptions)).to.throw(InvalidOptionError, says);
    });
  }

  it('without a secret in any error', () => {
    for (const wrong of [{ verifyToken: ' a-secret-word ' }, { appSecret: ' a-secret-word ' }]) {
      expect(() => new MessengerBot({ ...RIGHT, ...wrong }))
        .to.throw(InvalidOptionError)
        .with.property('message')
        .that.does.not.include('a-secret-word');
    }
  });
});

describe("the application's functions", () => {
  let stage: Stage;
  beforeEach(async () => (stage = await openStage()));
  afterEach(closeStages);

  it('get the thread and the request, with types that need no annotation', async () => {
    const seen: unknown[] = [];
    const bot = stage.bot({
      talkToAgent: (thread) => thread.message?.text === 'human',
      availability: (thread, { reason }) => {
        seen.push(['availability', thread.key.psid, reason]);
        return 'available';
      },
      metadata: (thread, { reason }) => ({ reason, words: thread.message?.text }),
      texts: {
        connecting: (thread) => ({ text: `One moment, ${thread.key.psid}.`, quickReplies: ['Cancel'] }),
        returned: { text: 'Welcome back', quickReplies: ['Menu'] },
      },
      satisfactionQuestion: {
        ask: (_thread, { outcome }) => ({ text: `${outcome}: how was it?`, quickReplies: ['Good', 'Bad'] }),
      },
    });
    bot.onMessage(() => undefined);
    await stage.connect(bot);
    await stage.customer.says('human');
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.include({ words: 'human' });
    await stage.agent.says(stage.customer.psid, 'Hello');
    await stage.agent.handsBack(stage.customer.psid);
    expect(seen).to.deep.equal([['availability', stage.customer.psid, undefined]]);
    expect(stage.customer.hears()).to.deep.equal([
      `One moment, ${stage.customer.psid}.`,
      'Hello',
      'Welcome back',
      'completed: how was it?',
    ]);
    const titles = stage.sent().map((body) => {
      const { quick_replies: replies = [] } = body['message'] as { quick_replies?: { title: string }[] };
      return replies.map(({ title }) => title);
    });
    expect(titles).to.deep.equal([['Cancel'], ['Menu'], ['Good', 'Bad']]);
  });

  it('may differ by Page, as an object or a function of the Page', async () => {
    const { pageId } = stage.thread;
    for (const pages of [
      { [pageId]: { texts: { connecting: { text: 'Un instant.' } }, talkToAgent: 'quelqu’un' } },
      () => Promise.resolve({ texts: { connecting: { text: 'Un instant.' } }, talkToAgent: 'quelqu’un' }),
    ]) {
      const bot = stage.bot({ pages });
      bot.onMessage(() => undefined);
      await stage.connect(bot);
      await stage.customer.says('quelqu’un');
      expect(stage.customer.hears().at(-1)).to.equal('Un instant.');
      await stage.agent.handsBack(stage.customer.psid);
    }
  });

  it('that make a reply which cannot be read are one line in the log, and the default text is said', async () => {
    const bot = stage.bot({
      talkToAgent: 'human',
      texts: { connecting: () => ({ txt: 'One moment' }) as never },
    });
    bot.onMessage(() => undefined);
    await stage.connect(bot);
    await stage.customer.says('human');
    expect(stage.customer.hears()).to.deep.equal(["I'm connecting you to an agent. One moment, please."]);
    expect(stage.log.filter((line) => line.includes('texts.connecting.txt'))).to.have.length(1);
  });

  it('hear ready-made phrases', async () => {
    const bot = stage.bot({ talkToAgent: talkToAgentPhrases(['de']) });
    bot.onMessage(() => undefined);
    await stage.connect(bot);
    await stage.customer.says('Ich möchte mit einem Menschen sprechen!');
    expect(stage.owner()).to.equal('vccLive');
  });

  it('may give a notice of its own with the request: a reply, a text, or silence', async () => {
    const bot = stage.bot();
    bot.onMessage(async ({ text }, thread) => {
      const notice =
        text === 'silence'
          ? null
          : text === 'bad'
            ? ({ txt: 'x' } as never)
            : { text: 'Hold on', quickReplies: ['No'] };
      expect((await thread.toAgent({ notice })).status).to.equal('passed');
    });
    await stage.connect(bot);
    for (const words of ['silence', 'reply', 'bad']) {
      await stage.customer.says(words);
      await stage.agent.handsBack(stage.customer.psid);
    }
    expect(stage.customer.hears()).to.deep.equal(['Hold on', "I'm connecting you to an agent. One moment, please."]);
  });
});
