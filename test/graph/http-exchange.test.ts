import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { HttpExchange } from '../../src/graph/http-exchange.js';
import { LeapingClock } from './leaping-clock.js';
import { ScriptedGraph, closedOrigin } from './scripted-graph.js';
import { TIMEOUT_MS } from './setting.js';

describe('one HTTP exchange', () => {
  let graph: ScriptedGraph;
  let exchange: HttpExchange;
  const post = (origin = graph.origin) =>
    exchange.run({ method: 'POST', url: `${origin}/x`, headers: { Authorization: 'Bearer token' }, body: '{}' });
  beforeEach(async () => {
    graph = await new ScriptedGraph().start();
    exchange = new HttpExchange(TIMEOUT_MS, new LeapingClock());
  });
  afterEach(async () => {
    exchange.close();
    await graph.stop();
  });

  it('gives status, headers in lower case and the text of any answer', async () => {
    graph.script({ status: 418, text: 'täpöt', headers: { 'X-Odd': 'yes' } });
    const result = await post();
    expect(result).to.include({ status: 'answered', httpStatus: 418, text: 'täpöt' });
    expect(result.status === 'answered' && result.headers.get('x-odd')).to.equal('yes');
  });

  it('follows no redirect, because the token would go with it', async () => {
    const elsewhere = await new ScriptedGraph().start();
    for (const status of [301, 302, 303, 307, 308]) {
      graph.script({ status, text: '', headers: { Location: `${elsewhere.origin}/stolen` } });
      expect(await post()).to.include({ status: 'answered', httpStatus: status });
    }
    expect(elsewhere.connections).to.equal(0);
    await elsewhere.stop();
  });

  for (const reply of ['silence', 'halfBody'] as const) {
    it(`ends at its time limit with a server that sends ${reply}, hangs up, and may have arrived`, async () => {
      graph.script(reply);
      expect(await post()).to.include({ status: 'failed', reason: 'timeout', sent: true });
      await graph.deserted();
    });
  }

  it('ends at its time limit with a peer that accepts the connection and never reads', async () => {
    const sockets: net.Socket[] = [];
    const deaf = net.createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const result = await post(`http://127.0.0.1:${(deaf.address() as AddressInfo).port}`);
    expect(result).to.include({ status: 'failed', reason: 'timeout', sent: true });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => deaf.close(resolve));
  });

  it('was not sent where TLS is never agreed on', async () => {
    const sockets: net.Socket[] = [];
    const mute = net.createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const result = await post(`https://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    expect(result).to.include({ status: 'failed', reason: 'timeout', sent: false });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('was not sent where nothing listens', async () => {
    const result = await post(await closedOrigin());
    expect(result).to.include({ status: 'failed', reason: 'connection', sent: false });
    expect(result.status === 'failed' && result.cause.code).to.equal('ECONNREFUSED');
  });

  it('was not sent where it waited in line for a connection until its time was over', async () => {
    const timeIsOver: (() => void)[] = [];
    const clock = {
      now: () => 0,
      after: (_delayMs: number, run: () => void) => (timeIsOver.push(run), () => undefined),
    };
    exchange = new HttpExchange(TIMEOUT_MS, clock);
    const allConnected = new Promise<void>((resolve) => {
      graph.answer = () => {
        if (graph.seen.length === 32) resolve();
        return 'silence';
      };
    });
    const inUse = Array.from({ length: 32 }, () => post());
    await allConnected;
    const inLine = post();
    timeIsOver.at(-1)?.();
    expect(await inLine).to.include({ status: 'failed', reason: 'timeout', sent: false });
    for (const over of timeIsOver) over();
    expect((await Promise.all(inUse)).every((result) => result.status === 'failed' && result.sent)).to.equal(true);
  });

  it('may have arrived where the connection breaks', async () => {
    graph.script('reset');
    expect(await post()).to.include({ status: 'failed', reason: 'connection', sent: true });
  });

  it('reads no more than a megabyte, with or without an end', async () => {
    exchange.close();
    exchange = new HttpExchange(900, new LeapingClock());
    graph.script('endlessBody', { text: 'x'.repeat(1024 * 1024 + 1) });
    expect(await post()).to.include({ status: 'failed', reason: 'tooLarge', sent: true });
    expect(await post()).to.include({ status: 'failed', reason: 'tooLarge', sent: true });
  });

  it('has no part in what the bot sets on the shared HTTP library', async () => {
    const { default: axios } = await import('axios');
    const interceptor = axios.interceptors.request.use(() => {
      throw new Error('the bot’s own interceptor');
    });
    expect(await post()).to.include({ status: 'answered' });
    axios.interceptors.request.eject(interceptor);
  });
});
