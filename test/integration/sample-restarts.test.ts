/** The sample bots as processes of their own, killed while an agent has the thread: started again, they know it all. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { sqliteDriver } from '../../src/store/sqlite/sqlite-driver.js';
import { Program } from '../cli/child-process.js';
import { freePort } from '../kit/listening.js';
import { bundled } from '../run/bundled.js';
import { DRIVERS, describeWithSqlite } from '../store/sqlite-files.js';
import { until } from './bot-processes.js';

const PSID = '6600112233445566';
const WITHIN_MS = 120_000;
const SAMPLES = ['talk-to-agent', 'agents-bot', 'plain-bot', 'botkit-bot'];

/** The samples take the first library that is there. */
const [library] = DRIVERS;

describeWithSqlite('A sample bot that is killed', killed, library === undefined ? [] : [library]);

function killed(): void {
  let sim: MessengerSimulator;
  let data: string;
  let port: number;
  let bot: Program | undefined;

  beforeEach(async () => {
    sim = await MessengerSimulator.start();
    data = await mkdtemp(join(tmpdir(), 'sample-data-'));
    port = await freePort();
    sim.connectBot(`http://127.0.0.1:${port}/api/messages`);
  });
  afterEach(async () => {
    await bot?.end('SIGKILL');
    await sim.stop();
    await rm(data, { recursive: true, force: true });
  });

  const start = async (sample: string): Promise<Program> => {
    const { settings } = sim;
    bot = new Program(bundled(`samples/${sample}/index.ts`), [], {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: sim.graphBaseUrl,
      PORT: String(port),
      BOT_DATA: data,
    });
    await bot.prints(/listens on/);
    return bot;
  };

  for (const sample of SAMPLES) {
    it(`is silent for the agent and greets afterwards, once: ${sample}`, async () => {
      const [customer, agent] = [sim.customer(PSID), sim.agent()];
      const first = await start(sample);
      await customer.says(sample === 'botkit-bot' ? 'I complain' : 'talk to agent');
      await until(() => sim.ownerOf(PSID).owner === sim.settings.vccLiveAppId);
      await until(() => !isInTurn(join(data, `${sample}.db`)));
      await first.end('SIGKILL');

      await start(sample);
      await customer.says('is somebody there?');
      await agent.says(PSID, 'This is Anna.');
      await sim.settled();
      const before = customer.hears();
      expect(before.at(-1)).to.equal('This is Anna.');
      await agent.handsBack(PSID, 'solved');
      const greetings = (): string[] => customer.hears().filter((text) => text.startsWith('Welcome back!'));
      await until(() => greetings().length > 0);
      await customer.says('Thank you!');
      await sim.settled();
      expect(greetings()).to.have.length(1);
    }).timeout(WITHIN_MS);
  }
}

describe('A sample bot without a library for SQLite', function () {
  this.timeout(WITHIN_MS);

  it('says what to install, and starts', async () => {
    const data = await mkdtemp(join(tmpdir(), 'sample-data-'));
    const hidden = join(data, 'hidden.cjs');
    await writeFile(
      hidden,
      `const { Module } = require('node:module');
       const load = Module._load;
       Module._load = (name, ...others) => {
         if (/sqlite/.test(name) && !name.startsWith('.')) throw new Error(\`Cannot find module '\${name}'\`);
         return load(name, ...others);
       };`,
    );
    const settings = ['APP_ID', 'APP_SECRET', 'PAGE_ACCESS_TOKEN', 'VERIFY_TOKEN'].map((name) => [
      `FACEBOOK_${name}`,
      '1',
    ]);
    const env = {
      ...Object.fromEntries(settings),
      VCC_LIVE_APP_ID: '2',
      PORT: String(await freePort()),
      BOT_DATA: data,
    };
    const bot = new Program(bundled('samples/talk-to-agent/index.ts'), [], env, ['--require', hidden]);
    await bot.prints(/listens on/);
    expect(bot.printed).to.match(
      /Run: npm install better-sqlite3\. Until then, this bot forgets everything when it ends\./,
    );
    await bot.end('SIGKILL');
    await rm(data, { recursive: true, force: true });
  });
});

/** Whether the bot has a ticket in its file. */
function isInTurn(path: string): boolean {
  const database = sqliteDriver()(path);
  const found = database.prepare('SELECT event FROM handover_tickets LIMIT 1').get({});
  database.close();
  return found !== undefined;
}
