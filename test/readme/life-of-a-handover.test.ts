/** The examples of docs/while-it-lasts.md and docs/coming-home.md compile as they stand, and do what the pages say. */
import * as botbuilder from 'botbuilder';
import * as dialogs from 'botbuilder-dialogs';
import * as plugin from 'botbuilder-handover-vcclive';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import ts from 'typescript';
import { PSID, closeScenes, scene } from '../integration/scene.js';
import { compile } from './compile-examples.js';
import { codeBlocksOf, examplesOf, paper } from './readme-examples.js';

const COMPILING_LIMIT_MS = 120_000;
const SECOND = '222333444555666';
const PAGES = ['docs/while-it-lasts.md', 'docs/coming-home.md'].map(paper);
const examples = new Map(PAGES.flatMap((page) => [...examplesOf(page)]));

const AROUND = `
import type { TurnContext as Turn } from 'botbuilder';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
declare const connection: Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret'>;
`;
const BEFORE: Readonly<Record<string, string>> = {
  phases: `import type { VccLiveHandover } from 'botbuilder-handover-vcclive';\ndeclare const handover: VccLiveHandover;`,
  pages: 'declare const tokens: Readonly<Record<string, string>>;',
  'open-prompt': 'declare const verify_token: string;\ndeclare const logic: (context: Turn) => Promise<void>;',
};

describe('the pages about the life of a handover', () => {
  afterEach(closeScenes);

  it('mark every block of code as an example', () => {
    expect(PAGES.reduce((sum, page) => sum + codeBlocksOf(page), 0))
      .to.equal(examples.size)
      .and.equal(6);
  });

  it('have examples that compile as strictly as the package itself', () => {
    const sources = [...examples].map(
      ([name, code]) => [name, `${AROUND}${BEFORE[name] ?? ''}\n${code}\nexport {};`] as const,
    );
    expect(compile(new Map(sources))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  it('say how long customers waited, and how it ended', async () => {
    const stage = await scene();
    const lines: string[] = [];
    run('phases', { handover: stage.bot.handover, console: { log: (line: string) => void lines.push(line) } });
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.handsBack(PSID);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.match(/^answered after \d+ ms$/);
    expect(lines[1]).to.equal('completed, answered');
  });

  it('have a logic that hears of the hand-off', async () => {
    const made = run('status', {}, 'logic');
    const stage = await scene({ handover: optionsOf('status') });
    stage.bot.logic = made as typeof stage.bot.logic;
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.handsBack(PSID);
    expect(stage.customer.hears().at(-1)).to.equal('Anything else I can do?');
    expect(stage.bot.events.filter((name) => name === 'handoff.status')).to.have.length(2);
  });

  it('have words that bring the bot back', async () => {
    for (const text of ['menu', 'Vissza a bothoz, kérem!', 'back to the bot']) {
      const stage = await scene({ handover: optionsOf('reclaim') });
      await stage.customer.says('talk to agent');
      await stage.customer.says('are you a bot?');
      expect(stage.owner()).to.equal('vccLive');
      await stage.customer.says(text);
      expect(stage.owner(), text).to.equal('bot');
    }
    const stage = await scene({ handover: optionsOf('reclaim') });
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, '#bot');
    expect(stage.owner()).to.equal('bot');
  });

  it('have Pages with texts of their own', async () => {
    const { pages, texts } = optionsOf('pages');
    const stage = await scene({
      sim: { pages: [{ pageId: SECOND, pageAccessToken: 'second-token' }] },
      handover: {
        ...(pages === undefined ? {} : { pages }),
        ...(texts === undefined ? {} : { texts }),
        pageAccessToken: (pageId) => (pageId === SECOND ? 'second-token' : `simulated-bot-token-${pageId}`),
      },
    });
    const onSecond = stage.sim.customer(PSID, SECOND);
    await stage.customer.says('talk to agent');
    await onSecond.says('talk to agent');
    expect([stage.customer.hears(), onSecond.hears()]).to.deep.equal([
      ['One moment, please.'],
      ['Einen Moment, bitte.'],
    ]);
  });

  it('have a question about the handover', async () => {
    const stage = await scene({ handover: optionsOf('satisfaction') });
    await stage.customer.says('talk to agent');
    await stage.agent.handsBack(PSID);
    expect(stage.customer.hears().at(-1)).to.equal('How was it, 1 to 5?');
  });

  it('attach the dialogs of the bot', () => {
    const attached: unknown[][] = [];
    class Recording {
      attach(...how: unknown[]): void {
        attached.push(how);
      }
    }
    class HandoverFacebookAdapter {
      readonly isOurs = true;
    }
    run('open-prompt', { HandoverFacebookAdapter, verify_token: '', logic: 'logic', VccLiveHandover: Recording });
    expect(attached).to.have.length(1);
    expect(attached[0]?.[0]).to.be.instanceOf(HandoverFacebookAdapter);
    expect(attached[0]?.[1]).to.equal('logic');
    expect(attached[0]?.[2]).to.have.all.keys('dialogs', 'conversationState');
  });
});

/** The options that an example gives its handover. */
function optionsOf(name: string): Partial<VccLiveHandoverOptions> {
  let given: Partial<VccLiveHandoverOptions> | undefined;
  // Examples call it with `new`.
  const Recording = function (options: Partial<VccLiveHandoverOptions>): void {
    given = options;
  };
  run(name, { VccLiveHandover: Recording, tokens: {} });
  if (!given) throw new Error(`Example ${name} makes no handover.`);
  return given;
}

/** Runs an example with these names known, and gives one of its own. */
function run(name: string, known: Readonly<Record<string, unknown>>, wanted = 'undefined'): unknown {
  const script = ts.transpile(examples.get(name) ?? '', {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
  });
  const body = script.replaceAll(/^import .*$/gm, '').replaceAll(/^export .*$/gm, '');
  const Nothing = function (): void {
    // Examples call it with `new`.
  };
  const names = {
    VccLiveHandover: Nothing,
    ...botbuilder,
    ...dialogs,
    talkToBotPhrases: plugin.talkToBotPhrases,
    connection: {},
    ...known,
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the example is the page's own text, and it is what the test is about
  const made = new Function(...Object.keys(names), `${body}\nreturn ${wanted};`) as (...values: unknown[]) => unknown;
  return made(...Object.values(names));
}
