/** The examples of docs/vcc-live-webhooks.md compile as they stand, and do what the page says. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import { handoverResultOf } from 'botbuilder-handover-vcclive';
import type { HandoverResult } from 'botbuilder-handover-vcclive';
import { vccLiveChats } from 'botbuilder-handover-vcclive/vcc-live';
import type { VccLiveChatsOptions } from 'botbuilder-handover-vcclive/vcc-live';
import { expect } from 'chai';
import type { Scene } from '../integration/scene.js';
import { breath, closeScenes, dialogBot, scene } from '../integration/scene.js';
import { membersOf } from './declared-words.js';
import { compile } from './compile-examples.js';
import { codeBlocksOf, examplesOf, firstCells, paper } from './readme-examples.js';
import { listenLocally } from '../kit/listening.js';

const COMPILING_LIMIT_MS = 120_000;
const SECRET = 'correct horse battery staple, and more';
const KEY = 'very secret key';
const PAGE = paper('docs/vcc-live-webhooks.md');
const examples = examplesOf(PAGE);

const AROUND = `
import type { ThreadKey, TranscriptLine, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator, SimulatedAgent, SimulatedCustomer } from 'botbuilder-handover-vcclive/simulator';
declare const handover: VccLiveHandover;
declare const secret: string;
declare const key: string;
declare const apiKey: string;
declare const pageId: string;
declare const url: string;
declare const simulator: MessengerSimulator;
declare const customer: SimulatedCustomer;
declare const agent: SimulatedAgent;
declare const crm: { threadOfContact(id: string | undefined): Promise<ThreadKey | undefined> };
declare function archive(psid: string, handoverId: string, transcript: readonly TranscriptLine[]): void;
`;
const EXPORTED: Readonly<Record<string, string>> = {
  route: '',
  result: 'export { afterwards };',
  transcript: 'export {};',
  'thread-of': 'export { byRecord };',
  encryption: 'export { encrypted };',
  'chat-log': 'export { byChatLog };',
};

let server: Server | undefined;

describe('the page about VCC Live’s webhooks', () => {
  afterEach(async () => {
    await closeScenes();
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  it('marks every block of code as an example', () => {
    expect(codeBlocksOf(PAGE)).to.equal(examples.size).and.equal(7);
  });

  it('has a line for every option', () => {
    expect(firstCells(PAGE, 'option').sort()).to.deep.equal(
      membersOf('src/bot/serving/vcc-live-webhook.ts', 'VccLiveWebhookOptions').sort(),
    );
  });

  it('has examples that compile as strictly as the package itself', () => {
    const sources = [...examples].map(([name, code]) => {
      const whole =
        name === 'simulator'
          ? `${AROUND}\nexport async function test() {\n${code}\n}`
          : `${AROUND}${code}\n${EXPORTED[name] ?? ''}`;
      return [name, whole] as const;
    });
    expect(compile(new Map(sources))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  it('has a route that hears what the simulator’s example sends, and a step that reads it', async () => {
    const stage = await waiting();
    const process = { env: { VCC_LIVE_WEBHOOK_SECRET: SECRET } };
    const listener = run('route', 'listener', { handover: stage.bot.handover, process }) as RequestListener;
    const url = await serve(listener);
    const { sim: simulator, customer, agent } = stage;
    const told = customer.says.bind(customer);
    await run('simulator', 'undefined', {
      simulator,
      agent,
      url,
      secret: SECRET,
      customer: Object.assign(customer, { says: () => told('agent please') }),
    });
    expect(stage.bot.results[0]).to.include({
      via: 'passBack',
      disposition: 'lost',
      agent: 'Anna',
    });
    const result = stage.bot.results[0];
    expect(await said(result)).to.deep.equal(['You talked to Anna. Anything else?']);
    expect(await said({ ...result, disposition: 'missed' } as HandoverResult)).to.deep.equal([
      'Nobody had time for you. May we write you an e-mail?',
    ]);
  });

  it('has a listener that gets the transcript', async () => {
    const stage = await waiting();
    const archived: unknown[][] = [];
    run('transcript', 'undefined', {
      handover: stage.bot.handover,
      archive: (...all: unknown[]) => archived.push(all),
    });
    const vccLive = stage.bot.handover.vccLiveWebhook({ secret: SECRET });
    stage.sim.connectVccLive({ url: await serve((req, res) => void vccLive(req, res)), secret: SECRET });
    await stage.customer.says('agent please');
    await stage.agent.closesChat(stage.customer.psid);
    expect(archived).to.have.length(1);
    expect(archived[0]?.[0]).to.equal(stage.customer.psid);
    expect(JSON.stringify(archived[0]?.[2])).to.include('agent please');
  });

  it('has a function that finds the thread', async () => {
    const stage = await waiting();
    const threads: Readonly<Record<string, unknown>> = { '31': stage.thread };
    const crm = { threadOfContact: (id: string) => Promise.resolve(threads[id]) };
    const byRecord = run('thread-of', 'byRecord', { handover: stage.bot.handover, secret: SECRET, crm });
    const url = await serve(byRecord as RequestListener);
    await stage.customer.says('agent please');
    const body = JSON.stringify({ chatId: 1, contactId: 31, disposition: 'lost' });
    const answer = await fetch(`${url}?secret-key=${encodeURIComponent(SECRET)}`, { method: 'POST', body });
    expect(answer.status).to.equal(200);
    expect((await stage.record())?.open?.report).to.include({ disposition: 'lost' });
  });

  it('has a chat log in which a report without an id finds its thread', async () => {
    const stage = await waiting();
    const { vccLive, graphBaseUrl: baseUrl } = stage.sim;
    vccLive.sessionIds = 'psid';
    const { apiKey } = vccLive.access;
    const asked: unknown[] = [];
    const byChatLog = run('chat-log', 'byChatLog', {
      handover: stage.bot.handover,
      secret: SECRET,
      apiKey,
      pageId: stage.thread.pageId,
      vccLiveChats: (options: VccLiveChatsOptions) => {
        asked.push(options.projectId);
        return vccLiveChats({ ...options, customer: vccLive.access.customer, baseUrl });
      },
    });
    stage.sim.connectVccLive({ url: await serve(byChatLog as RequestListener), secret: SECRET });
    await stage.customer.says('agent please');
    const withoutId = { disposition: 'lost', fields: { clientData: {} } } as const;
    expect((await stage.agent.closesChat(stage.customer.psid, withoutId)).status).to.equal(200);
    expect((await stage.record())?.open?.report).to.include({ disposition: 'lost' });
    expect(asked).to.deep.equal([vccLive.access.projectId]);
  });

  it('has encryption as VCC Live does it', async () => {
    const stage = await waiting();
    const encrypted = run('encryption', 'encrypted', { handover: stage.bot.handover, secret: SECRET, key: KEY });
    stage.sim.connectVccLive({
      url: await serve(encrypted as RequestListener),
      secret: SECRET,
      secretParameter: 'token',
      encryption: { cipher: 'aes-256-ctr', key: KEY },
    });
    await stage.customer.says('agent please');
    expect((await stage.agent.closesChat(stage.customer.psid)).status).to.equal(200);
    expect((await stage.record())?.open?.report).to.include({ disposition: 'completed' });
  });
});

async function waiting(): Promise<Scene> {
  const stage = await scene();
  dialogBot(stage.bot, 'everyTurn');
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  await breath();
  return stage;
}

async function serve(listener: RequestListener): Promise<string> {
  const served = createServer(listener);
  server = served;
  return `${await listenLocally(served)}/vcc-live`;
}

/** What the example's waterfall step says to a result. */
async function said(result: HandoverResult | undefined): Promise<string[]> {
  const texts: string[] = [];
  const afterwards = run('result', 'afterwards', {}) as (step: WaterfallStepContext) => Promise<unknown>;
  await afterwards({
    result,
    context: { sendActivity: (text: string) => Promise.resolve(void texts.push(text)) },
    endDialog: () => Promise.resolve(),
  } as never);
  return texts;
}

/** Runs an example with these names for what it imports. @returns the value that it calls `wanted` */
function run(name: string, wanted: string, known: Readonly<Record<string, unknown>>): unknown {
  const code = (examples.get(name) ?? '')
    .replace(/^import .*$/gm, '')
    .replaceAll('export ', '')
    .replaceAll(/: (WaterfallStepContext|IncomingMessage|ServerResponse|void)/g, '');
  const body = `${code}\nreturn ${wanted};`;
  const kind = name === 'simulator' ? 'async ' : '';
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code is the page's own
  const make = new Function('handoverResultOf', ...Object.keys(known), `return (${kind}() => {${body}})();`);
  return make(handoverResultOf, ...Object.values(known)) as unknown;
}
