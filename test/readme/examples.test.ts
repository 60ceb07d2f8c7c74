/**
 * The examples of the README, and of the pages that it leads to first, compile as they stand, and the bots among them hand
 * over to VCC Live on the pretend platform.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compile } from './compile-examples.js';
import { EXAMPLES } from './example-programs.js';
import { codeBlocksOf, examplesOf, paper, REPOSITORY } from './readme-examples.js';
import type { RunningProgram } from './run-program.js';
import { Programs } from './run-program.js';

const COMPILING_LIMIT_MS = 120_000;
const BOT_STARTS_WITHIN_MS = 20_000;
const PSID = '6600112233445566';

const PAGES = ['README.md', 'docs/dialogs.md', 'docs/adapters.md'];
/** Its other examples are run by test/simulator/testing-your-bot.test.ts. */
const TEST_PAGE = 'docs/testing-your-bot.md';
const TEST_EXAMPLE = 'test-with-simulator';

const examples = new Map([
  ...PAGES.flatMap((page) => [...examplesOf(paper(page))]),
  ...[...examplesOf(paper(TEST_PAGE))].filter(([name]) => name === TEST_EXAMPLE),
]);

/** The bots whose whole stories are played, and the programs that they are. */
const BOTS: ReadonlyMap<string, string> = new Map([
  ['first-bot', 'README.md'],
  ['first-bot-javascript', 'README.md'],
  ['without-framework', 'README.md'],
  ['dialog', 'README.md'],
  ['dialog-javascript', 'README.md'],
  ['dialogs-on-every-turn', 'docs/dialogs.md'],
  ['dialogs-for-messages', 'docs/dialogs.md'],
]);

/** What stands around an example that is no program of its own. */
const BEFORE: Readonly<Record<string, string>> = {
  'other-ways': `
    import { EventFactory } from 'botbuilder';
    import type { TurnContext } from 'botbuilder';
    import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
    declare const handover: VccLiveHandover, context: TurnContext, pageId: string, psid: string;
    export async function turn() {`,
  repair: `
    import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
    declare const handover: VccLiveHandover, verify_token: string, app_secret: string, access_token: string;`,
  'any-adapter': `
    import type { BotAdapter } from 'botbuilder';
    import type { BotLogic, VccLiveHandover } from 'botbuilder-handover-vcclive';
    declare const handover: VccLiveHandover, adapter: BotAdapter, logic: BotLogic, microsoftAppId: string;`,
};
const AFTER: Readonly<Record<string, string>> = {
  'other-ways': 'return owner; }',
  repair: 'export { repaired };',
  'any-adapter': 'export {};',
};

describe('the README', () => {
  let folder: string;
  let programs: Programs;
  let running: RunningProgram | undefined;

  before(async function () {
    this.timeout(COMPILING_LIMIT_MS);
    folder = await mkdtemp(join(tmpdir(), 'readme-'));
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const settings = {
      extends: join(REPOSITORY, 'tsconfig.json'),
      compilerOptions: { noEmit: true },
      include: ['*.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    await writeFile(join(folder, 'package.json'), '{"name":"readme","private":true}');
    await writeFile(join(folder, `${TEST_EXAMPLE}.ts`), typed(TEST_EXAMPLE));
    await writeFile(join(folder, 'start-bot.ts'), START_BOT);
    programs = await Programs.from(new Map([...BOTS].map(([name, page]) => [name, program(page, name)])));
  });

  afterEach(async () => {
    await running?.end();
    running = undefined;
  });

  after(async () => {
    await programs.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('marks every block of code as an example', () => {
    const blocks = PAGES.map((page) => codeBlocksOf(paper(page)));
    expect(blocks).to.deep.equal([5, 3, 3]);
    expect(blocks.reduce((sum, count) => sum + count, 0) + 1).to.equal(examples.size);
  });

  it('has a first example of ten lines of code', () => {
    const code = (examples.get('first-bot') ?? '').split('\n').filter((line) => line.trim() !== '');
    const statements = code.filter((line) => !line.startsWith('import ') && !line.startsWith('}'));
    expect(statements.length).to.be.at.most(10);
  });

  it('has examples that compile as strictly as the package itself', function () {
    this.timeout(COMPILING_LIMIT_MS);
    const sources = inTypeScript().map((name) => [name, typed(name)] as const);
    expect(compile(new Map([...sources, ['start-bot', START_BOT]]))).to.deep.equal([]);
  });

  for (const bot of ['first-bot', 'first-bot-javascript', 'without-framework']) {
    it(`has a bot, ${bot}, that hands over when a customer types "talk to agent"`, async () => {
      const { simulator, customer, vccLive } = await play(bot);
      expect(await simulator.verifyWebhook()).to.include({ ok: true });
      await customer.says('Hello');
      await customer.says('talk to agent');
      expect(simulator.ownerOf(PSID).owner).to.equal(vccLive);
      expect(customer.hears()[0]).to.equal('You said: Hello');
      expect(customer.hears()[1]).to.match(/agent/);
      await customer.says('My parcel is late.');
      expect(customer.hears()).to.have.length(2);
    }).timeout(BOT_STARTS_WITHIN_MS);
  }

  for (const dialog of ['dialog', 'dialog-javascript']) {
    it(`has a dialog, ${dialog}, that hands over and greets afterwards`, async () => {
      const { simulator, customer, agent, vccLive } = await play(dialog);
      await customer.says('Where is my parcel?');
      expect(simulator.ownerOf(PSID).owner).to.equal(vccLive);
      await agent.says(PSID, 'This is Anna. It comes tomorrow.');
      await agent.handsBack(PSID);
      await simulator.settled();
      const [connecting, ...afterwards] = customer.hears();
      expect(connecting).to.match(/agent/);
      expect(afterwards).to.deep.equal(['This is Anna. It comes tomorrow.', 'Welcome back! Anything else?']);
    }).timeout(BOT_STARTS_WITHIN_MS);
  }

  it('has a bot that runs dialogs on every turn, and ends the dialog when VCC Live hands back', async () => {
    const { simulator, customer, agent, vccLive } = await play('dialogs-on-every-turn');
    await customer.says('Hello');
    await customer.says('I need help');
    expect(simulator.ownerOf(PSID).owner).to.equal(vccLive);
    await customer.says('My parcel is late.');
    await agent.handsBack(PSID);
    await simulator.settled();
    await customer.says('Thank you!');
    const [hello, connecting, ...afterwards] = customer.hears();
    expect(hello).to.equal('You said: Hello');
    expect(connecting).to.match(/agent/);
    expect(afterwards).to.deep.equal(['Welcome back! Anything else?', 'You said: Thank you!']);
  }).timeout(BOT_STARTS_WITHIN_MS);

  it('has a bot that runs dialogs for messages only, and ends the dialog with the next message', async () => {
    const { simulator, customer, agent, vccLive } = await play('dialogs-for-messages');
    await customer.says('I need help');
    expect(simulator.ownerOf(PSID).owner).to.equal(vccLive);
    await customer.says('My parcel is late.');
    await agent.handsBack(PSID);
    await simulator.settled();
    expect(customer.hears()).to.have.length(1);
    await customer.says('Thank you!');
    await customer.says('Bye');
    expect(customer.hears().slice(1)).to.deep.equal(['Welcome back! Anything else?', 'You said: Bye']);
  }).timeout(BOT_STARTS_WITHIN_MS);

  it('has a test that passes against a bot of one’s own', async () => {
    const mocha = join(REPOSITORY, 'node_modules', 'mocha', 'bin', 'mocha.js');
    const args = [mocha, '--no-config', '-r', 'tsx/cjs', '--extension', 'ts', '--timeout', '10000'];
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') };
    const ran = await promisify(execFile)(process.execPath, [...args, `${TEST_EXAMPLE}.ts`], { cwd: folder, env });
    expect(ran.stdout).to.include('1 passing');
  }).timeout(BOT_STARTS_WITHIN_MS);

  async function play(bot: string) {
    running = await programs.start(bot);
    const { simulator } = running;
    const { vccLiveAppId } = simulator.settings;
    return { simulator, customer: simulator.customer(PSID), agent: simulator.agent(), vccLive: vccLiveAppId };
  }
});

function inTypeScript(): string[] {
  return [...examples.keys()].filter((name) => !name.endsWith('-javascript'));
}

/** An example for the compiler, as a whole file. */
function typed(name: string): string {
  const code = examples.get(name) ?? '';
  if (name === 'first-bot') return code;
  if (name === 'dialog' || name.startsWith('dialogs-')) {
    const first = examples.get('first-bot') ?? '';
    const logic = name === 'dialog' ? `${code}\n${RUN_DIALOG}` : code;
    return replaced(first, /const logic = [\s\S]*?\n};\n/, () => logic);
  }
  return `${BEFORE[name] ?? ''}\n${code}\n${AFTER[name] ?? ''}`;
}

/** An example as the program that the table makes of it. */
function program(page: string, name: string): string {
  const how = EXAMPLES[`${page}#${name}`];
  if (how === undefined || !('program' in how)) throw new Error(`The table makes no program of ${page}, ${name}.`);
  return how.program(examples.get(name) ?? '');
}

/** Replaces what must be there: an example that changed must not be patched in vain. */
function replaced(code: string, what: string | RegExp, by: () => string): string {
  const changed = code.replace(what, by);
  if (changed === code) throw new Error(`The example has no ${String(what)}.`);
  return changed;
}

/** Runs the README's dialog on every turn. */
const RUN_DIALOG = `
import { ConversationState, MemoryStorage } from 'botbuilder';
import { runDialog } from 'botbuilder-dialogs';

const conversationState = new ConversationState(new MemoryStorage());
const dialogState = conversationState.createProperty('dialogs');
const logic = async (context: TurnContext) => {
  await runDialog(new ComplaintDialog(), context, dialogState);
  await conversationState.saveChanges(context);
};
`;

/** The reader's own bot, for the example of a test. */
const START_BOT = `
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { SimulatorSettings } from 'botbuilder-handover-vcclive/simulator';

export async function startBot(settings: SimulatorSettings, baseUrl: string) {
  const handover = new VccLiveHandover({
    botAppId: settings.botAppId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    graph: { baseUrl },
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: settings.verifyToken });
  const server = createServer((req, res) =>
    adapter.processActivity(req, res, async (context) => {
      if (context.activity.type === 'message') await context.sendActivity('You said: ' + context.activity.text);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    webhookUrl: 'http://127.0.0.1:' + port + '/api/messages',
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
`;
