/** What counts as asking for a person, by itself; test/integration has it with a bot around. */
import type { TalkToAgent } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import { hearsRequest, logged } from '../phrases/hears-request.js';

describe('a trigger of talkToAgent', () => {
  afterEach(() => logged.splice(0));

  it('that is a text is the whole message or payload, in any case, blanks aside', async () => {
    expect(await hearsRequest('Help me', ' help ME ')).to.equal(true);
    expect(await hearsRequest('Help me', 'help me now')).to.equal(false);
    expect(await hearsRequest('TALK', 'Talk to us', 'talk')).to.equal(true);
    expect(await hearsRequest('TALK', undefined, 'TALKS')).to.equal(false);
    expect(await hearsRequest('TALK', undefined, '“TALK”!')).to.equal(false);
  });

  it('that is an expression looks at the text, never at the payload', async () => {
    expect(await hearsRequest(/agent/i, 'an AGENT please')).to.equal(true);
    expect(await hearsRequest(/agent/i, 'Yes', 'AGENT')).to.equal(false);
  });

  for (const [how, text] of [
    ['as it is', 'talk to agent'],
    ['with capitals', 'TALK to Agent'],
    ['with a full stop', 'Talk to agent.'],
    ['with a question mark of another script', 'talk to agent？'],
    ['in curly quotes', '“talk to agent”'],
    ['in straight quotes', "'talk to agent'"],
    ['with an emoji behind', 'talk to agent 🙏'],
    ['with an emoji of several parts', '👩🏽‍💻talk to agent🇭🇺👍🏿'],
    ['with an emoji that Unicode reads as a letter', 'talk to agent ℹ️'],
    ['with many blanks', '  talk \t to \n\n agent  '],
    ['with blanks that do not break', 'talk\u00a0to\u202fagent'],
    ['with a byte order mark', '\ufefftalk to agent'],
    ['with characters of no width', 't\u200balk to\u2060 ag\u200dent\u200e'],
    ['with a soft hyphen', 'talk to a\u00adgent'],
    ['with a variation selector', 'talk to agent\ufe0f'],
    ['with full width letters', 'ｔａｌｋ ｔｏ ａｇｅｎｔ'],
    ['with a control character', 'talk to agent\u0000'],
  ] as const) {
    it(`hears the message ${how}, be it a text or an expression`, async () => {
      expect(await hearsRequest('Talk to agent', text), 'text').to.equal(true);
      expect(await hearsRequest(/^talk to agent$/, text), 'expression').to.equal(true);
    });
  }

  it('tells apart what a bot may tell apart: commands and emoji', async () => {
    for (const [trigger, text] of [
      ['#agent', 'agent'],
      ['agent', '#agent'],
      ['/agent', 'agent'],
      ['!agent', 'agent'],
      ['@agent', 'agent'],
      ['🙋', '👍'],
      ['🙋', ''],
      ['?', '!'],
      ['C++', 'C'],
    ] as const) {
      expect(await hearsRequest(trigger, text), `${trigger} ${text}`).to.equal(false);
      expect(await hearsRequest(trigger, trigger), trigger).to.equal(true);
    }
    expect(await hearsRequest('☎️', '☎'), 'with and without a variation selector').to.equal(true);
  });

  it('that is an expression loses nothing by the folding', async () => {
    for (const [expression, text] of [
      [/^Talk to Agent$/, 'Talk to Agent'],
      [/^ÜGYINTÉZŐ!$/, 'ÜGYINTÉZŐ!'],
      [/^\s+agent/, '  agent'],
      [/🙏$/u, 'agent 🙏'],
      [/^“agent”$/, '“agent”'],
      [/[A-Z]{5}/, 'AGENT please'],
      [/\u200b/, 'a\u200bb'],
    ] as const) {
      expect(await hearsRequest(expression, text), String(expression)).to.equal(true);
    }
    expect(await hearsRequest(/^Talk to Agent$/, 'talk to agent'), 'capitals still count').to.equal(false);
  });

  it('gives the same answer every time, sticky, global and frozen expressions included, and leaves them alone', async () => {
    for (const flags of ['', 'g', 'y', 'gy']) {
      const trigger = new RegExp('agent', flags);
      trigger.lastIndex = 3;
      for (let times = 0; times < 3; times += 1) expect(await hearsRequest(trigger, 'agent'), flags).to.equal(true);
      expect(trigger.lastIndex).to.equal(3);
      expect(await hearsRequest(Object.freeze(new RegExp('agent', flags)), 'agent'), flags).to.equal(true);
    }
  });

  it('sees the first 1000 characters, and no end where the message goes on', async () => {
    const long = `talk to agent${' '.repeat(2000)}x`;
    expect(await hearsRequest(/^talk to agent/, long)).to.equal(true);
    expect(await hearsRequest(/^talk to agent\s*$/, long), 'cut in the middle').to.equal(false);
    expect(await hearsRequest('talk to agent', long), 'cut in the middle').to.equal(false);
    expect(await hearsRequest(/x/, long), 'beyond').to.equal(false);
    expect(await hearsRequest('talk to agent', `talk to agent${' '.repeat(2000)}`), 'blanks alone').to.equal(true);
    expect(await hearsRequest(/^.{0,1000}$/s, 'ﷺ'.repeat(5000)), 'folding makes it longer').to.equal(true);
  });

  it('that is an intent is on top, at its least score, 0.5 unless given', async () => {
    const by = (scores: Record<string, number | undefined>, minScore?: number): TalkToAgent => ({
      recognizer: {
        recognize: async () => ({
          intents: Object.fromEntries(
            Object.entries(scores).map(([name, score]) => [name, score === undefined ? {} : { score }]),
          ),
        }),
      },
      intent: 'agent',
      ...(minScore === undefined ? {} : { minScore }),
    });
    expect(await hearsRequest(by({ agent: 0.5 }), 'x')).to.equal(true);
    expect(await hearsRequest(by({ agent: 0.49 }), 'x')).to.equal(false);
    expect(await hearsRequest(by({ agent: 0.2 }, 0.1), 'x')).to.equal(true);
    expect(await hearsRequest(by({ agent: 0.8, other: 0.81 }), 'x')).to.equal(false);
    expect(await hearsRequest(by({ agent: undefined }), 'x')).to.equal(false);
    expect(await hearsRequest(by({}, 0), 'x')).to.equal(false);
    expect(await hearsRequest(by({ other: 0 }, 0), 'x')).to.equal(false);
  });

  it('that is an intent is not asked where nothing was said', async () => {
    const recognizer = { recognize: () => Promise.reject(new Error('asked')) };
    for (const text of [undefined, null, '', '  '])
      expect(await hearsRequest({ recognizer, intent: 'a' }, text)).to.equal(false);
    expect(logged).to.deep.equal([]);
  });

  it('stops at the first that matches', async () => {
    const never = (): boolean => expect.fail('asked although an earlier one matched');
    expect(await hearsRequest(['a', never], 'a')).to.equal(true);
    expect(await hearsRequest([async () => true, never], 'a')).to.equal(true);
    expect(logged).to.deep.equal([]);
  });

  it('that is a function gets the turn as it is', async () => {
    expect(await hearsRequest(({ activity }) => activity.text === ' “Agent” ', ' “Agent” ')).to.equal(true);
  });
});
