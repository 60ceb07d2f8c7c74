/** The examples of docs/before-the-handover.md compile as they stand, and do what the page says. */
import type { TurnContext } from 'botbuilder';
import { handoverResultOf, redactPersonalData, talkToAgentPhrases } from 'botbuilder-handover-vcclive';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { openingHours } from 'botbuilder-handover-vcclive/calendar';
import { expect } from 'chai';
import { closeScenes, dialogBot, scene } from '../integration/scene.js';
import { compile } from './compile-examples.js';
import { codeBlocksOf, examplesOf, paper } from './readme-examples.js';

const COMPILING_LIMIT_MS = 120_000;
const PAGE = paper('docs/before-the-handover.md');
const examples = examplesOf(PAGE);

const AROUND = `
import type { TurnContext } from 'botbuilder';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
declare const connection: Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret'>;
declare const context: TurnContext;
`;
const BEFORE: Readonly<Record<string, string>> = {
  summary:
    "import type { VccLiveHandover } from 'botbuilder-handover-vcclive';\ndeclare const handover: VccLiveHandover;",
};

describe('the page about what comes before a handover', () => {
  afterEach(closeScenes);

  it('marks every block of code as an example', () => {
    expect(codeBlocksOf(PAGE)).to.equal(examples.size).and.equal(7);
  });

  it('has examples that compile as strictly as the package itself', () => {
    const sources = [...examples].map(([name, code]) => {
      const whole =
        name === 'summary'
          ? `${AROUND}${BEFORE[name]}\nexport async function turn() {\n${code}\nreturn start; }`
          : `${AROUND}${code}\nexport { ${name === 'refused' ? 'afterwards' : 'handover'} };`;
      return [name, whole] as const;
    });
    expect(compile(new Map(sources))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  it('has phrases and a button that hand over', async () => {
    for (const text of ['Hi! Can I talk to a human, please?', 'ugyintezot kerek', 'Ich will einen Menschen']) {
      const stage = await scene({ handover: optionsOf('phrases') });
      await stage.customer.says('My agent told me to write here');
      expect(stage.owner()).to.equal('bot');
      await stage.customer.says(text);
      expect(stage.owner(), text).to.equal('vccLive');
    }
    const stage = await scene({ handover: optionsOf('phrases') });
    await stage.customer.taps('A person, please', 'TALK_TO_AGENT');
    expect(stage.owner()).to.equal('vccLive');
  });

  it('has opening hours', async () => {
    const moments: readonly (readonly [string, string])[] = [
      ['2026-11-23T07:00:00Z', 'available'],
      ['2026-11-23T11:30:00Z', 'unavailable'],
      ['2026-11-29T00:30:00Z', 'available'],
      ['2026-12-25T08:00:00Z', 'unavailable'],
    ];
    for (const [iso, answer] of moments) {
      const { availability } = optionsOf('availability', Date.parse(iso));
      expect(await availability?.(undefined as unknown as TurnContext, {}), iso).to.equal(answer);
    }
  });

  it('has a step that takes an e-mail address where nobody is there', async () => {
    const handover = optionsOf('availability', Date.parse('2026-12-25T08:00:00Z'));
    const stage = await scene({ handover });
    const afterwards = run('refused', 'afterwards', {}) as (step: unknown) => Promise<unknown>;
    dialogBot(stage.bot, 'messagesOnly');
    await stage.customer.says('agent please');
    expect(stage.customer.hears()[0]).to.equal('Our agents are back at eight.');
    const [result] = stage.bot.results;
    const said: unknown[] = [];
    const sendActivity = async (text: unknown): Promise<void> => void said.push(text);
    await afterwards({ result, context: { sendActivity }, endDialog: async () => undefined });
    expect(said).to.deep.equal(['May we write to you? Your e-mail address, please.']);
  });

  it('has a summary without the card number', async () => {
    const stage = await scene();
    const starts: unknown[] = [];
    stage.bot.logic = async (context) => {
      starts.push(await run('summary', 'start', { context, handover: stage.bot.handover }));
    };
    await stage.customer.says('hello');
    expect(starts).to.have.length(1);
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.deep.include({
      reason: 'refund',
      summary: 'Wants the money back for order 4711. Paid with [card number].',
    });
  });

  it('has a redactor that leaves order numbers alone', () => {
    const { redact } = optionsOf('redact');
    expect(redact && redact('Order 7712345678, call 06301234567')).to.equal('Order 7712345678, call [phone number]');
  });

  it('has a loop breaker that the plugin takes', async () => {
    const stage = await scene({ handover: optionsOf('loop-breaker') });
    for (let times = 0; times < 4; times += 1) {
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(stage.customer.psid).catch(() => undefined);
      await stage.clock.advance(1000);
    }
    expect(stage.news('passed')).to.have.length(3);
    expect(stage.news('failed')[0]?.error).to.include({ code: 'loopBroken' });
  });
});

/** What an example gives to the plugin. */
function optionsOf(name: string, nowMs = 0): Partial<VccLiveHandoverOptions> {
  class VccLiveHandover {
    readonly options: Partial<VccLiveHandoverOptions>;
    constructor(options: Partial<VccLiveHandoverOptions>) {
      this.options = options;
    }
  }
  const hours: typeof openingHours = (options) => openingHours({ ...options, now: () => nowMs });
  const known = { VccLiveHandover, talkToAgentPhrases, redactPersonalData, openingHours: hours, connection: {} };
  return (run(name, 'handover', known) as VccLiveHandover).options;
}

/** Runs an example with these names for what it imports. @returns the value that it calls `wanted` */
function run(name: string, wanted: string, known: Readonly<Record<string, unknown>>): unknown {
  const code = (examples.get(name) ?? '').replace(/^import .*$/gm, '').replaceAll(': WaterfallStepContext', '');
  const body = `${code}\nreturn ${wanted};`;
  const kind = name === 'summary' ? 'async ' : '';
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code is the page's own
  const make = new Function('handoverResultOf', ...Object.keys(known), `return (${kind}() => {${body}})();`);
  return make(handoverResultOf, ...Object.values(known)) as unknown;
}
