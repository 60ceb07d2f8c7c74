/** The webhooks of a running bot as lines: at a tap, from a log as it grows, from a pipe. */
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { signPayload } from 'botbuilder-handover-vcclive';
import { readLogLine } from '../../../src/cli/listen/read-log-line.js';
import { bundled } from '../../run/bundled.js';
import { Program } from '../child-process.js';
import { openClinic, PSID, type, type Clinic } from '../doctor/clinic.js';

const COMMAND = bundled('src/cli/index.ts');
const webhook = (text: string): string =>
  JSON.stringify({
    object: 'page',
    entry: [
      {
        id: '1',
        time: 1790000000000,
        messaging: [
          { sender: { id: PSID }, recipient: { id: '1' }, timestamp: 1790000000000, message: { mid: 'm_1', text } },
        ],
      },
    ],
  });

describe('listen', () => {
  let clinic: Clinic;
  const programs: Program[] = [];
  beforeEach(async () => {
    clinic = await openClinic();
  });
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.end('SIGKILL');
    await clinic.close();
  });
  const start = (...words: string[]): Program => {
    const program = new Program(COMMAND, ['listen', ...words], clinic.env);
    programs.push(program);
    return program;
  };
  /** Leads Meta's webhooks to the tap. */
  const tapped = async (...words: string[]): Promise<Program> => {
    const program = start('--port', '0', ...words);
    const [, url = ''] = await program.prints(/Listens on (http:\S+) /);
    clinic.sim.connectBot(`${url}/api/messages`);
    return program;
  };

  describe('at a tap', function () {
    this.timeout(60_000);

    it('shows each event in a line, and hands all on, signature and answer included', async () => {
      const { sim, bot } = clinic;
      const tap = await tapped('--forward', bot.url);
      expect(await sim.verifyWebhook(), 'the handshake goes through, too').to.include({ ok: true });
      await sim.customer(PSID).says('Grüße an alle');
      await tap.prints(new RegExp(`messaging  ${PSID}   message \\(13 characters\\)  200 in \\d+ ms\n`));
      await sim.agent().takes(PSID);
      await tap.prints(/messaging {2}\d+ {3}taken: the bot → VCC Live {2}200/);
      await sim.customer(PSID).says('and now?');
      await tap.prints(/standby {4}\d+ {3}message \(8 characters\) {2}200/);
      expect(bot.bodies.join()).to.include('Gr\\u00fc\\u00dfe');
      expect(tap.printed).not.to.include('now?');
      expect(await tap.end('SIGINT')).to.equal(0);
    });

    it('records webhooks and Graph calls with neutral values', async () => {
      const { sim, bot } = clinic;
      const folder = await mkdtemp(join(tmpdir(), 'listen-record-'));
      const file = join(folder, 'bug.jsonl');
      const graph = ['--graph', sim.graphBaseUrl, '--graph-port', '0'];
      const tap = await tapped('--forward', bot.url, '--record', file, ...graph, '--keep', 'order pizza');
      const [, proxy = ''] = await tap.prints(/Give the bot (http:\S+) as its Graph address/);
      await sim.customer(PSID).says('order pizza');
      await sim.customer(PSID).says('I am Anna');
      const token = sim.settings.pageAccessToken;
      const body = JSON.stringify({ recipient: { id: PSID }, message: { text: 'Hello Anna' } });
      const headers = { 'Content-Type': 'application/json' };
      await fetch(`${proxy}/v26.0/me/messages?access_token=${token}`, { method: 'POST', headers, body });
      await bot.close();
      await sim.deliverRaw(webhook('nobody is there'));
      const again = start('--port', '0', '--record', file, ...graph);
      expect(await again.ended, 'the file exists').to.equal(2);
      await tap.end('SIGINT');
      const text = await readFile(file, 'utf8');
      await rm(folder, { recursive: true });
      for (const secret of ['Anna', PSID, token, sim.settings.pageId]) expect(text).to.not.include(secret);
      expect(text).to.include('"text":"order pizza"').and.to.include('"text":"X xx Xxxx"');
      expect(text).to.match(/"kind":"acknowledged","of":\d+,"status":200/);
      expect(text).to.match(/"kind":"acknowledged","of":\d+,"status":"unreached"/);
      expect(text).to.match(
        /"kind":"call",.*"path":"\/v26.0\/me\/messages","query":\{"access_token":"x+"\}.*"Xxxxx Xxxx"/,
      );
    });

    it('shows texts only where they are asked for, and JSON for machines', async () => {
      const { sim, bot } = clinic;
      const tap = await tapped('--forward', bot.url, '--texts', '--json');
      await sim.customer(PSID).says('hello');
      const [line = '{}'] = await tap.prints(/^\{.*"kind":"message".*\}$/m);
      expect(JSON.parse(line)).to.include({ psid: PSID, text: 'hello', status: 200, signature: 'valid' });
    });

    it('says what Meta is answered when the bot fails, and when it is gone', async () => {
      const { sim, bot } = clinic;
      const tap = await tapped('--forward', bot.url);
      bot.answers = 500;
      await sim.customer(PSID).says('one');
      await tap.prints(/message \(3 characters\) {2}✘ 500 in/);
      await bot.close();
      await sim.customer(PSID).says('two');
      await tap.prints(/✘ the bot cannot be reached \(ECONNREFUSED\)/);
    });

    it('says that a signature is wrong, and lets the bot decide', async () => {
      const { sim, bot } = clinic;
      const tap = await tapped('--forward', bot.url);
      await sim.deliverRaw(webhook('forged'), { signWith: 'another secret' });
      await tap.prints(/✘ 401 in \d+ ms, signature wrong/);
      expect(bot.bodies).to.deep.equal([]);
    });

    it('shows nothing of what nobody signed but its size and why', async () => {
      const { sim } = clinic;
      const tap = await tapped('--texts');
      const evil = webhook('hello\u001b]0;owned\u0007 \u202etxt').replace(PSID, '66\\u001b[2J');
      for (const [body, how] of [
        [evil, { signWith: null }],
        [evil, { signWith: 'another secret' }],
        ['\u001b[2Jnot JSON', { signWith: null }],
      ] as const) {
        expect((await sim.deliverRaw(body, how)).status, 'by itself the tap takes nothing that is unsigned').to.equal(
          401,
        );
      }
      await tap.prints(/a POST of \d+ bytes that Meta did not sign {2}✘ 401.*X-Hub-Signature-256 is missing/);
      await tap.prints(/a POST of \d+ bytes that Meta did not sign {2}✘ 401.*app secret/);
      await tap.prints(/a POST of 12 bytes/);
      expect(tap.printed).not.to.match(/hello|owned|txt|not JSON|66/);
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      expect(tap.printed).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    });

    it('makes visible what a signed event would do to the terminal', async () => {
      const { sim } = clinic;
      const tap = await tapped('--texts');
      await sim.deliverRaw(webhook('hi\u009b2J \u202etxt.exe\n10:00 forged').replace(PSID, '66\\u001b[2J\\nforged'));
      await tap.prints(/66\\u001b\[2J\\nforged +message "hi\\u009b2J \\u202etxt\.exe\\n10:00 forged" {2}200/);
      const json = await tapped('--texts', '--json');
      await sim.deliverRaw(webhook('hi\u009b2J \u202etxt.exe'));
      const [line = '{}'] = await json.prints(/^\{.*"kind":"message".*\}$/m);
      expect(line).to.include('\\u202e');
      expect(JSON.parse(line)).to.include({ text: 'hi\u009b2J \u202etxt.exe' });
    });

    it('shows no text where it cannot check signatures', async () => {
      const { sim, env } = clinic;
      env['FACEBOOK_APP_SECRET'] = '';
      const tap = await tapped('--texts');
      await tap.prints(/FACEBOOK_APP_SECRET is not set/);
      await sim.customer(PSID).says('secret words');
      await tap.prints(/message \(12 characters\) {2}200/);
      await sim.deliverRaw(webhook('nobody'), { signWith: null });
      await tap.prints(/Meta did not sign/);
      expect(tap.printed).not.to.include('secret words');
    });

    it('answers no page of another site, and by a strange name only Meta', async () => {
      const { sim, bot, env } = clinic;
      const tap = await tapped('--forward', `${bot.url}?secret-key=hidden`);
      const [, url = ''] = /Listens on (http:\S+) /.exec(tap.printed) ?? [];
      expect(tap.printed).not.to.include('hidden');
      const body = webhook('hello');
      const signed = { 'X-Hub-Signature-256': signPayload(body, env['FACEBOOK_APP_SECRET'] ?? '') };
      const ask = (method: string, path: string, headers: Record<string, string>, text = ''): Promise<number> =>
        new Promise((resolve, reject) => {
          const made = request(`${url}${path}`, { method, headers }, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode ?? 0));
          });
          made.on('error', reject);
          made.end(text);
        });
      const token = `hub.mode=subscribe&hub.challenge=1&hub.verify_token=${sim.settings.verifyToken}`;
      const Host = 'tunnel.example';
      expect(await ask('POST', '/', { Origin: 'https://evil.example', ...signed }, body)).to.equal(403);
      expect(await ask('GET', '/', { Host })).to.equal(403);
      expect(await ask('POST', '/', { Host }, body)).to.equal(403);
      expect(await ask('POST', '/', { Host, ...signed }, body), 'Meta, through a tunnel').to.equal(200);
      expect(await ask('GET', `/?${token}`, { Host }), 'Meta’s handshake, through a tunnel').to.equal(200);
      await tap.prints(/refused: This server does not answer to the name "tunnel\.example".*--allow-host/);
      expect(bot.bodies).to.deep.equal([body]);
    });

    it('acknowledges by itself where no bot is behind it', async () => {
      const { sim } = clinic;
      const tap = await tapped();
      await sim.customer(PSID).says('hello');
      await tap.prints(/message \(5 characters\) {2}200/);
      expect((await sim.verifyWebhook()).ok).to.equal(true);
    });
  });

  describe('at a log', function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'listen-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('follows it as it grows, past a rotation', async () => {
      const log = join(folder, 'bot.log');
      await writeFile(log, `${webhook('of yesterday')}\n`);
      const program = start(log, '--texts');
      // Lines are written again until one is seen: when exactly the following has begun nobody says.
      const writeUntil = async (text: string): Promise<void> => {
        const state = { seen: false };
        const found = program.prints(new RegExp(`message "${text}"`)).then(() => (state.seen = true));
        for (let tries = 0; tries < 200 && !state.seen; tries++) {
          await appendFile(log, `2026-11-25 info ${webhook(text)}\n`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await found;
      };
      await writeUntil('of today');
      await rename(log, `${log}.1`);
      await writeFile(log, '');
      await writeUntil('of tomorrow');
      expect(program.printed).not.to.include('of yesterday');
      expect(await program.end('SIGTERM')).to.equal(0);
    });

    it('begins at the start where it is told to, and says that a file is not there', async () => {
      const log = join(folder, 'bot.log');
      await writeFile(
        log,
        `${webhook('of yesterday')}\nnothing of ours\n[handover-vcclive] Owner changed from bot to VCC Live.\n`,
      );
      const program = start(log, '--from-start');
      await program.prints(/message \(12 characters\)\n.*bot says {3}Owner changed from bot to VCC Live\.\n/);
      expect(program.printed).not.to.include('nothing of ours');
      const missing = start(join(folder, 'no.log'));
      expect(await missing.ended).to.equal(2);
      expect(missing.printed).to.match(/no\.log cannot be read \(ENOENT\)/);
    });
  });

  it('reads a pipe to its end', async () => {
    async function* input(): AsyncGenerator<string> {
      const whole = webhook('über den Fluss');
      yield whole.slice(0, 40);
      yield `${whole.slice(40)}\nnothing\n`;
      yield webhook('last');
    }
    const { code, said } = await type(clinic, ['listen', '-'], { input: input() });
    expect(code).to.equal(0);
    expect(said.match(/message/g)).to.have.length(2);
  });

  const LINES: readonly (readonly [what: string, line: string, kind: string])[] = [
    ['bare JSON', webhook('a'), 'webhook'],
    ['text in front', `10:04 INFO webhook: ${webhook('a')}`, 'webhook'],
    ['text around', `got ${webhook('a')} {in 3 ms}`, 'webhook'],
    [
      "pino's field",
      JSON.stringify({ level: 30, time: 1790000000000, body: JSON.parse(webhook('a')), msg: 'in' }),
      'webhook',
    ],
    ['a text in a field', JSON.stringify({ level: 'info', message: webhook('a') }), 'webhook'],
    [
      'a line of the plugin by pino',
      JSON.stringify({ time: 1, msg: 'Handover ab12 passed: VCC Live has it.' }),
      'plugin',
    ],
    ['a line of the plugin by the console', '[handover-vcclive] A webhook was refused (missing)', 'plugin'],
    ['something else', 'GET /health 200', 'other'],
    ['other JSON', '{"level":30,"msg":"listening"}', 'other'],
    ['a webhook of Instagram', '{"object":"instagram","entry":[]}', 'other'],
    ['half a webhook', webhook('a').slice(0, 60), 'other'],
  ];
  for (const [what, line, kind] of LINES) {
    it(`takes ${what} for ${kind}`, () => {
      expect(readLogLine(line).kind).to.equal(kind);
    });
  }
});
