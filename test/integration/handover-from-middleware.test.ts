/** "Talk to agent" without any code of the bot's: what counts as asking, and what happens then. */
import { expect } from 'chai';
import type { RecognizerLike, TalkToAgent } from 'botbuilder-handover-vcclive';
import { closeScenes, saidOverOthers, scene } from './scene.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";

describe('a handover from the middleware', () => {
  afterEach(closeScenes);

  it('says the notice, passes the thread with the handover id, and runs nothing else', async () => {
    const stage = await scene();
    await stage.customer.says('hello');
    await stage.customer.says('Talk to an agent!');

    expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.bot.heard).to.deep.equal(['hello']);
    const [passed] = stage.news('passed');
    expect(passed?.thread).to.deep.equal(stage.thread);
    expect(passed?.handoverId).to.match(/^[0-9a-f]{32}$/);
    expect(stage.news('passed')).to.have.length(1);
    const [queued] = stage.agent.queue();
    expect(JSON.parse(queued?.metadata ?? '')).to.deep.equal({ handoverId: passed?.handoverId });
    expect(stage.news('ownerChanged').map(({ from, to }) => [from.owner, to.owner])).to.deep.equal([
      ['bot', 'vccLive'],
    ]);
  });

  it('sends the notice before it passes, and writes no token anywhere', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    const edges = stage.sim.wire
      .of('graph')
      .filter((entry) => entry.appName === 'bot')
      .map((entry) => entry.edge);
    expect(edges).to.deep.equal(['messages', 'pass_thread_control']);
    expect(stage.calls('pass_thread_control')[0]?.body).to.deep.include({
      recipient: { id: stage.customer.psid },
      target_app_id: stage.sim.settings.vccLiveAppId,
    });
  });

  it('stays silent while the agent talks, and reports who writes', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    await stage.agent.says(stage.customer.psid, 'Hello, this is Anna.');
    await stage.customer.says('Hi Anna');
    await stage.customer.taps('Yes', 'YES');

    expect(stage.bot.turns).to.deep.equal([]);
    expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'Hello, this is Anna.']);
    expect(stage.news('standbyMessage').map(({ from, event }) => [from, event.text])).to.deep.equal([
      ['agent', 'Hello, this is Anna.'],
      ['customer', 'Hi Anna'],
      ['customer', 'Yes'],
    ]);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  describe('its own phrase', () => {
    const byDefault = { talkToAgent: undefined } as object;

    for (const phrase of [
      'talk to agent',
      'TALK TO AGENT',
      'Talk to agent!',
      ' talk to an agent ',
      'speak to a human',
      'Talk to an agent, please.',
      'talk to agent 🙏',
      '“talk to agent”',
      'talk to \u200bagent\ufeff',
      'human',
      'operator',
      'agent',
      'I want to talk to a real person',
    ]) {
      it(`is said with "${phrase}"`, async () => {
        const stage = await scene({ handover: byDefault });
        await stage.customer.says(phrase);
        expect(stage.owner()).to.equal('vccLive');
      });
    }

    for (const phrase of [
      'my agent told me to talk to you',
      'talk',
      'I did talk to agent Smith yesterday',
      'my agent of the year',
      'I am a real estate agent',
      'human rights',
      "I don't want to talk to an agent",
      'the operator + in JavaScript',
      `talk to agent${' '.repeat(1500)}x`,
    ]) {
      it(`is not said with "${phrase.slice(0, 40)}"`, async () => {
        const stage = await scene({ handover: byDefault });
        await stage.customer.says(phrase);
        expect(stage.owner()).to.equal('bot');
        expect(stage.bot.heard).to.deep.equal([phrase]);
      });
    }

    it('is not in a picture without text', async () => {
      const stage = await scene();
      await stage.customer.sends({ type: 'image' });
      expect(stage.owner()).to.equal('bot');
      expect(stage.bot.turns).to.have.length(1);
    });
  });

  describe('what counts as asking', () => {
    const scored = (intents: Record<string, { score?: number }>): RecognizerLike => ({
      recognize: async () => ({ intents }),
    });
    const asks: [string, TalkToAgent | TalkToAgent[], string][] = [
      ['a text, in any case', 'Human, please', 'HUMAN, PLEASE'],
      ['a text with blanks around it', 'help', '  Help '],
      ['an expression found anywhere', /\bhuman\b/, 'a human would be nice'],
      [
        'an intent on top',
        { recognizer: scored({ agent: { score: 0.9 }, none: { score: 0.1 } }), intent: 'agent' },
        'x',
      ],
      [
        'an intent at its least score',
        { recognizer: scored({ agent: { score: 0.3 } }), intent: 'agent', minScore: 0.3 },
        'x',
      ],
      ['a function that says so', (context) => context.activity.text === '42', '42'],
      ['a function that says so later', async () => Promise.resolve(true), 'anything'],
      ['the second of several', ['no', /nope/, 'yes'], 'yes'],
    ];
    for (const [what, talkToAgent, said] of asks) {
      it(`is ${what}`, async () => {
        const stage = await scene({ handover: { talkToAgent } });
        await stage.customer.says(said);
        expect(stage.owner()).to.equal('vccLive');
        expect(stage.bot.heard).to.deep.equal([]);
      });
    }

    const asksNot: [string, TalkToAgent | TalkToAgent[], string][] = [
      ['a part of the text', 'human', 'a human would be nice'],
      ['an expression that is not there', /\bhuman\b/, 'humans'],
      [
        'an intent that is not on top',
        { recognizer: scored({ agent: { score: 0.6 }, other: { score: 0.7 } }), intent: 'agent' },
        'x',
      ],
      ['an intent below its least score', { recognizer: scored({ agent: { score: 0.49 } }), intent: 'agent' }, 'x'],
      ['an intent that is not there', { recognizer: scored({}), intent: 'agent', minScore: 0 }, 'x'],
      ['a function that says no', () => false, 'talk to agent'],
      ['a function that throws', () => Promise.reject(new Error('no network')), 'talk to agent'],
      ['the default, where triggers are given', ['person'], 'talk to agent'],
      ['anything, where none are given', [], 'talk to agent'],
    ];
    for (const [what, talkToAgent, said] of asksNot) {
      it(`is not ${what}`, async () => {
        const stage = await scene({ handover: { talkToAgent } });
        await stage.customer.says(said);
        expect(stage.owner()).to.equal('bot');
        expect(stage.bot.heard).to.deep.equal([said]);
        expect(stage.customer.hears()).to.deep.equal([`bot: ${said}`]);
      });
    }

    it('is an expression with the global flag, every time', async () => {
      const stage = await scene({ handover: { talkToAgent: /human/g } });
      for (const psid of ['1001', '1002', '1003']) {
        await stage.sim.customer(psid).says('human');
        expect(stage.sim.ownerOf(psid).owner).to.equal(stage.sim.settings.vccLiveAppId);
      }
    });

    it('is the payload of a quick reply, whatever its title', async () => {
      const stage = await scene({ handover: { talkToAgent: 'TALK_TO_AGENT' } });
      await stage.customer.taps('A person, please', 'TALK_TO_AGENT');
      expect(stage.owner()).to.equal('vccLive');
    });

    it('is the payload of a button, in any case', async () => {
      const stage = await scene({ handover: { talkToAgent: 'talk_to_agent' } });
      await stage.customer.says('hello');
      await stage.customer.presses('TALK_TO_AGENT', 'A person, please');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.bot.heard).to.deep.equal(['hello']);
    });

    it('is not another payload', async () => {
      const stage = await scene({ handover: { talkToAgent: 'TALK_TO_AGENT' } });
      await stage.customer.taps('TALK', 'TALK_TO_ANOTHER');
      await stage.customer.presses('SOMETHING', 'Something');
      expect(stage.owner()).to.equal('bot');
      expect(stage.bot.heard).to.deep.equal(['TALK', 'SOMETHING']);
    });

    it('does not ask a recogniser about a picture', async () => {
      let asked = 0;
      const recognizer: RecognizerLike = {
        recognize: async () => {
          asked += 1;
          return { intents: { agent: { score: 1 } } };
        },
      };
      const stage = await scene({ handover: { talkToAgent: { recognizer, intent: 'agent' } } });
      await stage.customer.sends({ type: 'image' });
      expect(asked).to.equal(0);
      expect(stage.owner()).to.equal('bot');
    });
  });

  describe('what the customer and VCC Live read', () => {
    it('is the text of the options, or an activity, or made for the turn', async () => {
      for (const connecting of [
        'Please wait',
        { type: 'message', text: 'Please wait' },
        { text: 'Please wait' },
        (context: { activity: { from: { id: string } } }) => `Please wait${context.activity.from.id.slice(0, 0)}`,
        async () => Promise.resolve({ text: 'Please wait' }),
      ]) {
        const stage = await scene({ handover: { texts: { connecting } } });
        await stage.customer.says('talk to agent');
        expect(stage.customer.hears()).to.deep.equal(['Please wait']);
        expect(stage.owner()).to.equal('vccLive');
        await closeScenes();
      }
    });

    it('is nothing where the text is null', async () => {
      const stage = await scene({ handover: { texts: { connecting: null } } });
      await stage.customer.says('talk to agent');
      expect(stage.calls('messages')).to.deep.equal([]);
      expect(stage.owner()).to.equal('vccLive');
    });

    it('is the metadata of the options, with the id added to an object and not to a string', async () => {
      const objects = await scene({ handover: { metadata: () => ({ queue: 'sales' }) } });
      await objects.customer.says('talk to agent');
      const sent = JSON.parse(objects.agent.queue()[0]?.metadata ?? '');
      expect(sent).to.deep.equal({ queue: 'sales', handoverId: objects.news('passed')[0]?.handoverId });

      const strings = await scene({ handover: { metadata: () => 'queue=sales' } });
      await strings.customer.says('talk to agent');
      expect(strings.agent.queue()[0]?.metadata).to.equal('queue=sales');
    });

    it('is at most 1000 characters of metadata', async () => {
      const stage = await scene({ handover: { metadata: () => ({ words: 'á'.repeat(3000) }) } });
      await stage.customer.says('talk to agent');
      const metadata = stage.agent.queue()[0]?.metadata ?? '';
      expect(metadata.length).to.be.at.most(1000);
      expect(JSON.parse(metadata)).to.include({ handoverId: stage.news('passed')[0]?.handoverId });
    });
  });

  it('is one call where inlineThreadControl is on and the Page has routing', async () => {
    const stage = await scene({ handover: { inlineThreadControl: true } });
    await stage.customer.says('talk to agent');
    expect(stage.calls('pass_thread_control')).to.deep.equal([]);
    const [sent] = stage.calls('messages');
    expect(sent?.body).to.have.nested.property('thread_control.control_type', 'pass');
    expect(sent?.body).to.have.nested.property('thread_control.app_id', stage.sim.settings.vccLiveAppId);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    expect(stage.news('passed')).to.have.length(1);
  });

  it('is two calls where inlineThreadControl is on and the Page has no routing', async () => {
    const stage = await scene({ sim: { routing: false }, handover: { inlineThreadControl: true } });
    await stage.customer.says('talk to agent');
    expect(stage.calls('pass_thread_control')).to.have.length(1);
    expect(stage.owner()).to.equal('vccLive');
  });
});
