/** What counts as asking for a person, by itself; test/integration has it with a bot around. */
import type { TurnContext } from 'botbuilder';
import { expect } from 'chai';
import fc from 'fast-check';
import { DEFAULT_TALK_TO_AGENT, asksForAgent } from '../../src/botbuilder/talk-to-agent.js';
import type { TalkToAgent } from '../../src/botbuilder/talk-to-agent.js';

const turn = (text: string | undefined | null): TurnContext =>
  ({ activity: { type: 'message', text } }) as unknown as TurnContext;
const asks = async (trigger: TalkToAgent, text: string | undefined | null, payload?: string): Promise<boolean> =>
  asksForAgent(turn(text), [trigger], payload);

describe('asksForAgent', () => {
  it('knows the phrase and its closest kin', async () => {
    for (const text of [
      'talk to agent',
      'Talk to Agent',
      'talk to an agent',
      'speak with a human',
      'please talk to a person',
      'chat with the operator!',
      'Talk to a live agent please',
      'speak to a real person.',
    ]) {
      expect(await asks(DEFAULT_TALK_TO_AGENT, text), text).to.equal(true);
    }
  });

  it('does not hear it in a sentence about something else', async () => {
    for (const text of [
      'I want to talk about agents',
      'talk',
      'agent',
      'do not talk to agent',
      'my agent said: talk to agent 7',
      '',
      undefined,
      null,
    ]) {
      expect(await asks(DEFAULT_TALK_TO_AGENT, text), String(text)).to.equal(false);
    }
  });

  it('compares a text with the whole message or payload, in any case, blanks aside', async () => {
    expect(await asks('Help me', ' help ME ')).to.equal(true);
    expect(await asks('Help me', 'help me now')).to.equal(false);
    expect(await asks('TALK', 'Talk to us', 'talk')).to.equal(true);
    expect(await asks('TALK', undefined, 'TALKS')).to.equal(false);
  });

  it('looks for an expression in the text, never in the payload', async () => {
    expect(await asks(/agent/i, 'an AGENT please')).to.equal(true);
    expect(await asks(/agent/i, 'Yes', 'AGENT')).to.equal(false);
  });

  it('gives the same answer every time, sticky and global expressions included', async () => {
    for (const flags of ['', 'g', 'y', 'gy']) {
      const trigger = new RegExp('agent', flags);
      for (let times = 0; times < 3; times += 1) expect(await asks(trigger, 'agent'), flags).to.equal(true);
    }
  });

  it('takes the intent on top, at its least score, 0.5 unless given', async () => {
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
    expect(await asks(by({ agent: 0.5 }), 'x')).to.equal(true);
    expect(await asks(by({ agent: 0.49 }), 'x')).to.equal(false);
    expect(await asks(by({ agent: 0.2 }, 0.1), 'x')).to.equal(true);
    expect(await asks(by({ agent: 0.8, other: 0.81 }), 'x')).to.equal(false);
    expect(await asks(by({ agent: undefined }), 'x')).to.equal(false);
    expect(await asks(by({}, 0), 'x')).to.equal(false);
    expect(await asks(by({ other: 0 }, 0), 'x')).to.equal(false);
  });

  it('asks no recogniser where nothing was said', async () => {
    const recognizer = { recognize: () => Promise.reject(new Error('asked')) };
    for (const text of [undefined, null, '', '  '])
      expect(await asks({ recognizer, intent: 'a' }, text)).to.equal(false);
  });

  it('stops at the first that matches, and rejects where one rejects before', async () => {
    const never = (): boolean => expect.fail('asked although an earlier one matched');
    expect(await asksForAgent(turn('a'), ['a', never], undefined)).to.equal(true);
    const error = await asks(() => Promise.reject(new TypeError('x')), 'a').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
  });

  it('never matches a text with the default that lacks both words', () => {
    const words = fc.string().filter((text) => !/agent|human|person|operator|representative/i.test(text));
    return fc.assert(fc.asyncProperty(words, async (text) => !(await asks(DEFAULT_TALK_TO_AGENT, text))));
  });
});
