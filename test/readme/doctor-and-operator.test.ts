/** docs/doctor.md and docs/operator.md: what they show is what is printed, what they tell to write works. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import express from 'express';
import { expect } from 'chai';
import { VccLiveHandover, parseWebhook } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { CHECKS } from '../../src/cli/doctor/finding.js';
import { eventLine } from '../../src/cli/listen/event-line.js';
import { readLogLine } from '../../src/cli/listen/read-log-line.js';
import { threadsTable } from '../../src/cli/operator/describe-thread.js';
import { paint } from '../../src/cli/terminal.js';
import { openClinic, PSID, type, type Clinic } from '../cli/doctor/clinic.js';
import { literalsOf } from './declared-words.js';
import { firstCells, paper, REPOSITORY } from './readme-examples.js';
import { listenLocally } from '../kit/listening.js';

const DOCTOR = paper('docs/doctor.md');
const OPERATOR = paper('docs/operator.md');
const BOT = '24012345678901237';
const VCC = '27012345678901239';

/** The block that follows a mark. */
const blockAfter = (page: string, mark: string): string =>
  new RegExp(`<!-- ${mark} -->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';

describe('docs/doctor.md', () => {
  let clinic: Clinic;
  beforeEach(async () => {
    clinic = await openClinic();
  });
  afterEach(() => clinic.close());
  const printed = async (): Promise<string> => {
    const { said } = await type(clinic, ['doctor']);
    return said.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>').replaceAll(/200 in \d+ ms/g, '200 in <n> ms');
  };

  it('shows what is printed in health', async () => {
    expect(await printed()).to.equal(blockAfter(DOCTOR, 'output: healthy'));
  });

  it('shows what is printed when the token has died', async () => {
    clinic.sim.weather.deadToken.always();
    const said = await printed();
    const shown = blockAfter(DOCTOR, 'output: dead-token');
    expect(shown.split('\n').length).to.be.greaterThan(15);
    for (const line of shown.split('\n')) expect(said.split('\n')).to.include(line);
  });

  it('has a line for every check, in their order', () => {
    expect(firstCells(DOCTOR, 'check')).to.deep.equal([...CHECKS]);
  });

  it('has a part for every cause that can be named, where the output sends its reader', () => {
    const anchors = [...DOCTOR.matchAll(/^### (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    expect(anchors).to.have.members(literalsOf('src/cli/doctor/causes.ts', 'CauseId'));
  });
});

describe('docs/operator.md', () => {
  it('shows the table of threads as it is printed', () => {
    const nowMs = Date.parse('2026-11-25T22:53:40Z');
    const table = threadsTable(
      [
        {
          psid: PSID,
          pageId: '111222333444555',
          state: 'waiting',
          since: '2026-11-25T22:41:10Z',
          startedAt: '2026-11-25T22:41:09Z',
          handoverId: 'a',
          waits: 'dialog',
        },
        {
          psid: '6600112233445577',
          pageId: '111222333444555',
          state: 'claimed',
          since: '2026-11-25T22:50:10Z',
          startedAt: '2026-11-25T22:50:09Z',
          handoverId: 'b',
          waits: 'nobody',
        },
      ],
      nowMs,
    );
    expect(OPERATOR).to.include(`\n${table}\n`);
  });

  it('shows the lines of listen as they are printed', () => {
    const item = (channel: string, content: object): unknown => ({
      object: 'page',
      entry: [{ id: '1', [channel]: [{ sender: { id: PSID }, recipient: { id: '1' }, ...content }] }],
    });
    const words = { botAppId: BOT, vccLiveAppId: VCC, texts: false };
    const lineOf = (time: string, body: unknown): string => {
      const [event] = parseWebhook(body);
      return event === undefined ? '' : eventLine(event, Date.parse(`2026-11-25T${time}Z`), words, paint(false));
    };
    const echo = (app: string, text: string): object => ({
      sender: { id: '1' },
      recipient: { id: PSID },
      message: { is_echo: true, app_id: app, mid: 'm_2', text },
    });
    const lines = [
      lineOf('22:50:14.031', item('messaging', { message: { mid: 'm_1', text: 'talk to agent' } })),
      lineOf('22:50:14.377', item('messaging', echo(BOT, 'x'.repeat(48)))),
      lineOf('22:50:31.902', item('standby', echo(VCC, 'How can I help?'))),
      lineOf(
        '22:51:02.118',
        item('messaging', {
          pass_thread_control: {
            previous_owner_app_id: VCC,
            new_owner_app_id: BOT,
            metadata: '{"reason":"answered"}',
          },
        }),
      ),
    ];
    for (const line of lines) expect(OPERATOR).to.include(`\n${line}  200 in `);
  });

  it('tells to write a store file that exports a store', async () => {
    const source = blockAfter(OPERATOR, 'example: store-file');
    // As its reader has it, but for the packages: these are looked up here, and the storage needs no connection.
    const program = `
      const { MemoryStorage } = require('botbuilder');
      const given = { 'botbuilder-azure-blobs': { BlobsStorage: MemoryStorage }, 'botbuilder-handover-vcclive': require('./src/index.ts') };
      const file = { exports: {} };
      new Function('require', 'module', ${JSON.stringify(source)})((name) => given[name], file);
      file.exports.store.listOpen(5).then((open) => console.log('open: ' + open.length));`;
    const child = spawn(process.execPath, ['-r', 'tsx/cjs', '-e', program], { cwd: REPOSITORY });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += String(text)));
    await new Promise((done) => child.once('close', done));
    expect(said).to.equal('open: 0\n');
  }).timeout(60_000);

  it('tells to write webhooks to the log so that the bot still works, and listen finds them', async () => {
    const simulator = await MessengerSimulator.start();
    const { settings } = simulator;
    const handover = new VccLiveHandover({
      botAppId: settings.botAppId,
      vccLiveAppId: settings.vccLiveAppId,
      pageAccessToken: settings.pageAccessToken,
      appSecret: settings.appSecret,
      graph: { baseUrl: simulator.graphBaseUrl },
    });
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: settings.verifyToken });
    const app = express();
    const logged: string[] = [];
    const source = blockAfter(OPERATOR, 'example: log-webhooks');
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own lines are what is tried
    const install = new Function('app', 'express', 'console', source) as (...given: readonly unknown[]) => void;
    install(app, express, { log: (line: string) => logged.push(line) });
    app.post('/api/messages', (request, response) => {
      void adapter.processActivity(request, response, async (context) => {
        if (context.activity.type === 'message') await context.sendActivity('heard');
      });
    });
    const server = createServer(app);
    simulator.connectBot(`${await listenLocally(server)}/api/messages`);
    try {
      await simulator.customer(PSID).says('Grüße');
      await simulator.settled();
      expect(simulator.customer(PSID).hears()).to.deep.equal(['heard']);
      expect(readLogLine(logged[0] ?? '').kind).to.equal('webhook');
    } finally {
      server.closeAllConnections();
      server.close();
      await simulator.stop();
    }
  });
});
