/** What can be typed: help that is there, errors that say what to type instead, exit codes. */
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { runCommandLine } from '../../src/cli/command-line.js';
import { CheckedBot, type as typeInClinic } from './doctor/clinic.js';
import { callableOrigin, isLoopback } from '../../src/cli/simulate.js';
import { listenLocally } from '../kit/listening.js';

interface Typed {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

describe('The command line', () => {
  /** Types a command; the user ends it as soon as it runs. */
  const type = (...words: string[]): Promise<Typed> => run(words, () => Promise.resolve());
  let typedSoFar = (): string => '';
  /** The value of a variable that `simulate` has printed. */
  const simulatedOf = (said: () => string, name: string): string =>
    new RegExp(`^${name}=(\\S+)$`, 'm').exec(said())?.[1] ?? '';
  /** Types a command; the user does something at the simulator, and ends it. */
  const run = async (words: readonly string[], act: (origin: string) => Promise<void>): Promise<Typed> => {
    let said = '';
    let complained = '';
    let over = false;
    typedSoFar = () => said;
    const code = await runCommandLine(words, {
      say: (text) => (said += text),
      complain: (text) => (complained += text),
      stopped: async () => {
        // Asked for before anything runs, so that no signal is missed; a command that cannot run never gets there.
        while (!said.includes('Ctrl+C') && !over) await new Promise((resolve) => setTimeout(resolve, 5));
        if (!over) await act(/^GRAPH_BASE_URL=(\S+)$/m.exec(said)?.[1] ?? '');
      },
    });
    over = true;
    return { code, said, complained };
  };
  const post = async (url: string, body: object, headers = {}): Promise<any> =>
    (
      await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    ).json();
  /** Calls Graph as the bot, about a customer whose thread the bot has passed, except where it sends. */
  const callOfBot = async (words: readonly string[], edge: string): Promise<any> => {
    let answer: unknown;
    await run(['simulate', '--port', '0', ...words], async (origin) => {
      const { psid } = await post(`${origin}/stage/act`, { act: 'newCustomer' });
      await post(`${origin}/stage/act`, { act: 'customerSays', psid, text: 'Hello' });
      const Authorization = 'Bearer simulated-bot-token-111222333444555';
      const me = `${origin}/v26.0/me`;
      const recipient = { id: psid };
      const headers = { Authorization };
      const pass = { recipient, target_app_id: '27012345678901239' };
      if (edge !== 'messages') await post(`${me}/pass_thread_control`, pass, headers);
      answer = await post(`${me}/${edge}`, { recipient, message: { text: 'Hello' } }, headers);
    });
    return answer;
  };

  it('prints its help and its version, and ends with 0', async () => {
    const help = await type('--help');
    expect(help.code).to.equal(0);
    expect(help.said).to.include('simulate').and.include('Usage: botbuilder-handover-vcclive');
    expect((await type('help', 'simulate')).said).to.include('--held-clock');
    expect(await type('--version')).to.deep.include({ code: 0, complained: '' });
    expect((await type('--version')).said).to.match(/^\d+\.\d+\.\d+\S*\n$/);
  });

  it('has help for each option, with its default', async () => {
    const { said, code } = await type('simulate', '--help');
    const options = ['--bot', '--port', '--host', '--routing', '--take-control', '--require-proof', '--page-id'];
    const more = ['--app-id', '--vcc-live-app-id', '--app-secret', '--page-access-token', '--verify-token'];
    for (const option of [...options, ...more, '--held-clock', '--tls', '--seed', '--log'])
      expect(said).to.include(option);
    expect(said.replaceAll(/\s+/g, ' '))
      .to.include('(default: "http://localhost:3978/api/messages")')
      .and.include('default: 4000')
      .and.include('Exit codes: 0');
    expect(code).to.equal(0);
  });

  const WRONG: readonly (readonly [words: readonly string[], complaint: RegExp])[] = [
    [[], /Usage: botbuilder-handover-vcclive/],
    [['simulat'], /unknown command 'simulat'[\s\S]*Did you mean simulate\?/],
    [['simulate', '--prot', '1'], /unknown option '--prot'[\s\S]*Did you mean --port\?[\s\S]*simulate --help/],
    [['simulate', 'http://localhost:1/'], /too many arguments/],
    [['simulate', '--port', 'http'], /number from 0 to 65535/],
    [['simulate', '--port', '65536'], /number from 0 to 65535/],
    [['simulate', '--bot', 'localhost:3978'], /whole address, such as http:/],
    [['simulate', '--routing', 'maybe'], /Allowed choices are on, off/],
    [['simulate', '--seed', '1.5'], /whole number/],
    [['simulate', '--port', '0', '--page-id', 'my-page'], /"--page-id" is "my-page"; it must be a string of digits/],
    [['simulate', '--port', '0', '--app-id', '5', '--vcc-live-app-id', '5'], /"--vcc-live-app-id"/],
    [['simulate', '--port', '0', '--host', '192.0.2.1'], /no address 192\.0\.2\.1\. Check --host/],
  ];
  for (const [words, complaint] of WRONG) {
    it(`ends with 2 for "${words.join(' ')}"`, async () => {
      const { code, complained, said } = await type(...words);
      expect(code).to.equal(2);
      expect(complained).to.match(complaint);
      expect(said).to.equal('');
    });
  }

  it('ends with 2 where the port is taken, and says which', async () => {
    const server = createServer();
    await listenLocally(server);
    const { port } = server.address() as AddressInfo;
    const { code, complained } = await type('simulate', '--port', String(port));
    await new Promise((resolve) => server.close(resolve));
    expect([code, complained]).to.deep.equal([
      2,
      `Port ${port} is taken. Give another one with --port, or --port 0 for any free one.\n`,
    ]);
  });

  it('warns where others can reach it, and prints an address that can be called', async () => {
    const open = await type('simulate', '--port', '0', '--host', '0.0.0.0');
    expect(open.code).to.equal(0);
    expect(open.complained).to.include('0.0.0.0, which is not loopback');
    expect(open.said).to.match(/GRAPH_BASE_URL=http:\/\/127\.0\.0\.1:\d+\n/);
    expect((await type('simulate', '--port', '0')).complained).to.equal('');
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).to.deep.equal([true, true, true, true]);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].map(isLoopback)).to.not.include(true);
    expect(callableOrigin('http://[::]:4000')).to.equal('http://[::1]:4000');
  });

  it('prints what was typed: ids, secret, tokens, clock, routing', async () => {
    const { said } = await type(
      ...['simulate', '--port', '0', '--page-id', '71', '--app-id', '72', '--vcc-live-app-id', '73'],
      ...[
        '--app-secret',
        'mine',
        '--page-access-token',
        'tok',
        '--verify-token',
        'ver',
        '--held-clock',
        '--routing',
        'off',
      ],
    );
    for (const line of ["FACEBOOK_APP_ID='72'", "FACEBOOK_APP_SECRET='mine'", "FACEBOOK_PAGE_ACCESS_TOKEN='tok'"]) {
      expect(said)
        .to.include(`export ${line}\n`)
        .and.to.include(`\n${line.replaceAll("'", '')}\n`);
    }
    expect(said).to.include("VCC_LIVE_APP_ID='73'").and.include("FACEBOOK_VERIFY_TOKEN='ver'");
    expect(said)
      .to.match(/Page id +71\n/)
      .and.match(/Clock +held/)
      .and.match(/Routing +off/);
  });

  it('says nothing against doctor, whose calls come with tokens of its own', async () => {
    const bot = new CheckedBot('simulated-bot-app-secret', 'simulated-verify-token');
    await bot.listen();
    const checked: { code: number; said: string }[] = [];
    const typed = await run(['simulate', '--port', '0', '--bot', bot.url], async (origin) => {
      const env = {
        FACEBOOK_APP_ID: simulatedOf(typedSoFar, 'FACEBOOK_APP_ID'),
        FACEBOOK_APP_SECRET: simulatedOf(typedSoFar, 'FACEBOOK_APP_SECRET'),
        FACEBOOK_PAGE_ACCESS_TOKEN: simulatedOf(typedSoFar, 'FACEBOOK_PAGE_ACCESS_TOKEN'),
        FACEBOOK_VERIFY_TOKEN: simulatedOf(typedSoFar, 'FACEBOOK_VERIFY_TOKEN'),
        VCC_LIVE_APP_ID: simulatedOf(typedSoFar, 'VCC_LIVE_APP_ID'),
        GRAPH_BASE_URL: origin,
      };
      checked.push(await typeInClinic({ env }, ['doctor', '--no-env-file']));
    });
    await bot.close();
    expect(checked[0]).to.include({ code: 0 });
    expect(typed.said).not.to.match(/came without a token|refused|answers [345]/);
    expect(typed.complained).to.equal('');
  });

  it('says against a call with a token that nobody gave out where that call went', async () => {
    const { said } = await run(['simulate', '--port', '0'], async (origin) => {
      await fetch(`${origin}/v26.0/me/messages?access_token=EAAmadeup`, { method: 'POST' });
    });
    expect(said).to.include('A call to messages came without a token of the simulator');
  });

  it('says by which name it was called where it was not allowed, and takes names with --allow-host', async () => {
    const call = (origin: string, name: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const made = request(`${origin}/v26.0/me`, { headers: { Host: name } }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        made.on('error', reject);
        made.end();
      });
    const statuses: number[] = [];
    const { said } = await run(['simulate', '--port', '0', '--allow-host', 'simulator'], async (origin) => {
      statuses.push(await call(origin, 'simulator:4000'), await call(origin, 'other.example\u001b[2J'.slice(0, 13)));
    });
    expect(statuses).to.deep.equal([400, 403]);
    expect(said).to.include('does not answer to the name "other.example"').and.include('--allow-host');
    expect((await type('simulate', '--port', '0', '--allow-host', 'http://x')).code).to.equal(2);
  });

  it('shows what would act on the terminal, whichever command prints it', async () => {
    const { code, complained } = await type('simulate', '--bot', 'no\u001b[2J\u202ewhere');
    expect(code).to.equal(2);
    expect(complained).to.include('no\\u001b[2J\\u202ewhere');
    const unknown = await type('\u001b]0;owned\u0007');
    expect(unknown.complained).to.include('\\u001b]0;owned\\u0007');
  });

  it('runs the platform that was asked for: take control, proof, seed', async () => {
    expect(await callOfBot([], 'take_thread_control')).to.deep.equal({ success: true });
    expect((await callOfBot(['--take-control', 'off'], 'take_thread_control')).error.code).to.equal(10);
    const first = await callOfBot([], 'messages');
    expect(first.message_id).to.be.a('string');
    expect(await callOfBot([], 'messages')).to.deep.equal(first);
    expect((await callOfBot(['--seed', '2'], 'messages')).message_id).to.not.equal(first.message_id);
    expect((await callOfBot(['--require-proof'], 'messages')).error.message).to.include('appsecret_proof');
  });
});
