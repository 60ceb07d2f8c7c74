/** The pretend Graph and everything on its port, asked by pages of other sites, by other names, and by bodies that stall. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { MessengerSimulator, serveStage, type SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';

const PSID = '6600112233445566';

describe('The port of the simulator', () => {
  let simulator: MessengerSimulator;
  let mounted: string[];
  const start = async (options: SimulatorOptions = {}): Promise<void> => {
    simulator = await MessengerSimulator.start({ requireAppSecretProof: false, ...options });
    simulator.customer(PSID);
    mounted = [];
    simulator.mount('/api/messages', (incoming, response) => {
      mounted.push(incoming.method ?? '');
      response.end();
    });
    const stage = serveStage(simulator, { firstCustomer: false });
    stop = () => {
      stage.close();
      return simulator.stop();
    };
  };
  let stop: () => Promise<void>;
  afterEach(() => stop());

  const ask = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<{ readonly status: number; readonly body: string }> =>
    new Promise((resolve, reject) => {
      const made = request(`${simulator.graphBaseUrl}${path}`, { method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      made.on('error', reject);
      made.end(body);
    });
  const routes = (): readonly (readonly [string, string])[] => {
    const token = `access_token=${simulator.settings.pageAccessToken}`;
    return [
      ['POST', `/v26.0/me/messages?${token}`],
      ['GET', `/v26.0/me/thread_owner?recipient=${PSID}&${token}`],
      ['GET', `/v26.0/${PSID}?${token}`],
      ['POST', '/api/messages'],
      ['POST', '/stage/act'],
      ['GET', '/stage/wire/1'],
      ['GET', '/stage/timeline/111222333444555/6600112233445566.svg'],
      ['GET', '/nothing/there'],
    ];
  };
  const message = JSON.stringify({ recipient: { id: PSID }, message: { text: 'from another site' } });
  const simple = { 'Content-Type': 'text/plain' };

  it('answers no page of another site, on any route', async () => {
    await start();
    for (const [method, path] of routes()) {
      for (const headers of [
        { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
        { Origin: 'null' },
        { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
      ]) {
        const { status } = await ask(method, path, { ...simple, ...headers }, method === 'POST' ? message : '');
        expect(status, `${method} ${path}`).to.equal(403);
      }
    }
    expect(simulator.wire.of('graph')).to.deep.equal([]);
    expect(mounted).to.deep.equal([]);
  });

  it('answers no name that was pointed at this machine, on any route, and says how a name is allowed', async () => {
    await start();
    for (const [method, path] of routes()) {
      const { status, body } = await ask(method, path, { ...simple, Host: 'evil.example:4000' });
      expect(status, `${method} ${path}`).to.equal(403);
      expect(body).to.include('evil.example').and.include('--allow-host').and.include('allowedHosts');
    }
    expect(simulator.wire.of('graph')).to.deep.equal([]);
    const notes = simulator.wire.of('note').filter(({ text }) => text.startsWith('refused:'));
    expect(notes, 'each reason is noted once').to.have.length(1);
  });

  it('cannot be made to fill the wire with names', async () => {
    await start();
    for (let count = 0; count < 100; count += 1) await ask('GET', '/v26.0/me', { Host: `name-${count}.example` });
    expect(simulator.wire.of('note').length).to.be.lessThan(30);
  });

  it('answers a bot by address, by localhost, and by a name that was allowed', async () => {
    await start({ allowedHosts: ['simulator'] });
    const { port } = new URL(simulator.graphBaseUrl);
    const Authorization = `Bearer ${simulator.settings.pageAccessToken}`;
    for (const Host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, `simulator:${port}`, '172.18.0.2']) {
      const { status } = await ask('GET', '/v26.0/me', { Host, Authorization });
      expect(status, Host).to.equal(200);
    }
  });

  it('answers to the name that it listens on', async () => {
    await start({ host: 'localhost' });
    expect((await fetch(`${simulator.graphBaseUrl}/v26.0/me`)).status).to.equal(400);
  });

  it('refuses names that are none at the start', async () => {
    await start();
    for (const allowedHosts of [['http://simulator'], ['simulator:4000'], [''], 'simulator' as unknown as string[]]) {
      let error: unknown;
      await MessengerSimulator.start({ allowedHosts }).then(
        (started) => started.stop(),
        (thrown: unknown) => (error = thrown),
      );
      expect(error).to.be.instanceOf(Error).with.property('message').that.includes('"allowedHosts"');
    }
  });

  it('refuses a body that is announced as too large at once, with an error like Graph’s', async () => {
    await start();
    const { port } = new URL(simulator.graphBaseUrl);
    for (const [path, length] of [
      ['/v26.0/me/messages', 5_000_000],
      ['/stage/act', 70_000],
    ] as const) {
      const socket = connect(Number(port), '127.0.0.1');
      const answer = new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        socket.on('close', () => resolve(text));
        socket.on('error', () => undefined);
      });
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{`,
      );
      expect(await answer, path).to.match(/^HTTP\/1.1 413 /);
    }
  });

  it('keeps an app’s own token apart from one that nobody gave out', async () => {
    await start();
    const { botAppId, appSecret, pageAccessToken } = simulator.settings;
    const app = encodeURIComponent(`${botAppId}|${appSecret}`);
    await ask('GET', `/v26.0/debug_token?input_token=${pageAccessToken}&access_token=${app}`, {});
    await ask('GET', '/v26.0/me?access_token=EAAmadeup', {});
    const [known, unknown] = simulator.wire.of('graph');
    expect(known).to.include({ appId: botAppId, appName: 'bot', refused: false });
    expect(known).not.to.have.property('pageId');
    expect(unknown).to.include({ appName: 'unknown token', refused: true });
    expect(unknown).not.to.have.property('appId');
  });
});
