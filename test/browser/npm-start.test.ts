/** `npm start`: it prints its address, serves bot, platform and page on one port, and opens a browser only for a person. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { browserCommand } from '../../samples/open-browser.js';
import { listenLocally } from '../kit/listening.js';

const REPOSITORY = resolve(__dirname, '..', '..');
const START_LIMIT_MS = 60_000;

describe('npm start', function () {
  this.timeout(START_LIMIT_MS);
  const children: ChildProcessWithoutNullStreams[] = [];
  const start = (env: Record<string, string>, ...args: string[]) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'samples/start.ts', ...args], {
      cwd: REPOSITORY,
      env: { ...process.env, CI: 'true', ...env },
    });
    children.push(child);
    let said = '';
    const collect = (bytes: Buffer): void => void (said += bytes.toString('utf8'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const address = async (): Promise<string> => {
      for (;;) {
        const found = /The stage is at (\S+)\//.exec(said)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${said}`);
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
      }
    };
    const end = async (): Promise<number | null> => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode;
    };
    return { child, address, end, said: () => said };
  };
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('prints its address; bot, Graph and page are on that port; a signal ends it', async () => {
    const { child, address, end, said } = start({ PORT: '0' });
    const origin = await address();
    expect(origin).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const page = await fetch(`${origin}/`);
    expect(page.headers.get('content-type')).to.include('text/html');
    expect(await page.text()).to.include('<title>Handover stage</title>');
    expect((await fetch(`${origin}/v26.0/me`)).headers.get('facebook-api-version')).to.equal('v26.0');
    const handshake = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'simulated-verify-token',
      'hub.challenge': '1158201444',
    });
    const challenge = await fetch(`${origin}/api/messages?${handshake.toString()}`);
    expect([challenge.status, await challenge.text()]).to.deep.equal([200, '1158201444']);
    expect(said()).to.include('Only this computer can open it');
    child.kill('SIGTERM');
    expect(await end()).to.equal(0);
  });

  it('takes another port where its own is taken, and says what is wrong with one that was chosen', async () => {
    const other = createServer();
    const taken = await new Promise<boolean>((done) => {
      other.once('error', () => done(true)).listen(3978, '127.0.0.1', () => done(true));
    });
    expect(taken).to.equal(true);
    const free = start({ PORT: '' });
    expect(await free.address()).not.to.include(':3978');
    expect(free.said()).to.include('Port 3978 is taken');
    const wrong = start({ PORT: 'http' });
    expect(await wrong.end()).to.equal(1);
    expect(wrong.said()).to.include('PORT is "http". Set it to a number');
    other.close();
    const busy = createServer();
    await listenLocally(busy);
    const chosen = start({ PORT: String((busy.address() as AddressInfo).port) });
    expect(await chosen.end()).to.equal(1);
    expect(chosen.said()).to.include('EADDRINUSE');
    busy.close();
  });

  it('-- --demo --bot plain plays the same with the bot without a framework', async () => {
    const { end, said } = start({}, '--demo', '--bot', 'plain');
    expect(await end(), said()).to.equal(0);
    expect(said()).to.include('Every scene ended as it must.');
  });

  it('-- --bot names the bots that there are if it gets another name', async () => {
    const { end, said } = start({}, '--bot', 'plane');
    expect(await end()).to.equal(1);
    expect(said()).to.match(/--bot is "plane"\. Set it to one of: .*plain/);
  });

  it('-- --demo plays a whole handover without page or browser, and ends well', async () => {
    const { end, said } = start({}, '--demo');
    expect(await end(), said()).to.equal(0);
    expect(said()).to.include('Every scene ended as it must.');
    expect(said()).to.include('customer: talk to agent').and.to.include('the owner changes: the bot → VCC Live');
    expect(said(), 'nobody reads ids').not.to.match(/\d{15}/);
  });

  describe('opens the browser', () => {
    const address = 'http://127.0.0.1:3978/';
    const about = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform = 'linux', isTerminal = true) =>
      browserCommand(address, { env, platform, isTerminal });

    it('where somebody sits in front of it', () => {
      expect(about({ DISPLAY: ':0' })).to.deep.equal({ program: 'xdg-open', args: [address] });
      expect(about({ WAYLAND_DISPLAY: 'wayland-0' })?.program).to.equal('xdg-open');
      expect(about({}, 'darwin')).to.deep.equal({ program: 'open', args: [address] });
      expect(about({}, 'win32')?.args.at(-1)).to.equal(address);
      expect(about({ DISPLAY: ':0', CI: 'false' })?.program).to.equal('xdg-open');
    });

    it('that the person has chosen', () => {
      expect(about({ DISPLAY: ':0', BROWSER: 'firefox' })).to.deep.equal({ program: 'firefox', args: [address] });
      expect(about({ BROWSER: 'Firefox' }, 'darwin')).to.deep.equal({
        program: 'open',
        args: ['-a', 'Firefox', address],
      });
    });

    it('not in CI, over SSH, without a terminal or a display, nor against the person’s wish', () => {
      const nobody: [NodeJS.ProcessEnv, NodeJS.Platform, boolean][] = [
        [{ DISPLAY: ':0', CI: 'true' }, 'linux', true],
        [{ CI: '1' }, 'darwin', true],
        [{ DISPLAY: ':0', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, 'linux', true],
        [{ SSH_TTY: '/dev/pts/0' }, 'darwin', true],
        [{ DISPLAY: ':0' }, 'linux', false],
        [{}, 'linux', true],
        [{ DISPLAY: ':0', BROWSER: 'none' }, 'linux', true],
        [{ BROWSER: 'none' }, 'win32', true],
      ];
      for (const [env, platform, isTerminal] of nobody) expect(about(env, platform, isTerminal)).to.equal(undefined);
    });
  });
});
