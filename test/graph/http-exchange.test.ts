import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { AxiosExchange } from '../../src/graph/axios-exchange.js';
import type { HttpExchange } from '../../src/graph/http-exchange.js';
import { UndiciExchange } from '../../src/graph/undici-exchange.js';
import { LeapingClock } from '../kit/leaping-clock.js';
import { ScriptedGraph, closedOrigin } from './scripted-graph.js';
import { TIMEOUT_MS } from './setting.js';
import { listenLocally, originOf } from '../kit/listening.js';

for (const Exchange of [AxiosExchange, UndiciExchange]) {
  describe(`one HTTP exchange (${Exchange.name})`, () => {
    let graph: ScriptedGraph;
    let exchange: HttpExchange;
    const post = (origin = graph.origin) =>
      exchange.run({ method: 'POST', url: `${origin}/x`, headers: { Authorization: 'Bearer token' }, body: '{}' });
    beforeEach(async () => {
      graph = await new ScriptedGraph().start();
      exchange = new Exchange(TIMEOUT_MS, new LeapingClock());
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
      await listenLocally(deaf);
      const result = await post(originOf(deaf));
      expect(result).to.include({ status: 'failed', reason: 'timeout', sent: true });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => deaf.close(resolve));
    });

    it('was not sent where TLS is never agreed on', async () => {
      const sockets: net.Socket[] = [];
      const mute = net.createServer((socket) => void sockets.push(socket));
      await listenLocally(mute);
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
      exchange = new Exchange(TIMEOUT_MS, clock);
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

    it('does not send what waited in line for too long, and keeps the connection for the next', async () => {
      const timeIsOver: (() => void)[] = [];
      const clock = {
        now: () => 0,
        after: (_delayMs: number, run: () => void) => (timeIsOver.push(run), () => undefined),
      };
      exchange = new Exchange(TIMEOUT_MS, clock);
      const held = heldAnswers(graph);
      const inUse = Array.from({ length: 32 }, () => post());
      await held.arrived(32);
      const late = post();
      timeIsOver.at(-1)?.();
      expect(await late).to.include({ reason: 'timeout', sent: false });
      held.release();
      expect((await Promise.all(inUse)).every(({ status }) => status === 'answered')).to.equal(true);
      expect(await post()).to.include({ status: 'answered' });
      expect([graph.seen.length, graph.connections]).to.deep.equal([33, 32]);
    });

    it('does not use a connection again that fell silent', async () => {
      graph.script('silence', { json: {} });
      expect(await post()).to.include({ reason: 'timeout', sent: true });
      expect(await post()).to.include({ status: 'answered' });
      expect(graph.seen).to.have.length(2);
      expect(graph.connections).to.be.greaterThan(1);
    });

    it('can be used again after it was closed', async () => {
      await post();
      exchange.close();
      expect(await post()).to.include({ status: 'answered' });
    });

    it('shows the token in no failure', async () => {
      const secret = 'EAAsecretOfTheHeader';
      const attempt = (origin: string) =>
        exchange.run({
          method: 'POST',
          url: `${origin}/x`,
          headers: { Authorization: `Bearer ${secret}` },
          body: '{}',
        });
      graph.script('reset', 'silence');
      const failures = [await attempt(graph.origin), await attempt(graph.origin), await attempt(await closedOrigin())];
      expect(failures.map(({ status }) => status)).to.deep.equal(['failed', 'failed', 'failed']);
      expect(inspect(failures, { depth: 9 })).not.to.include(secret);
    });

    it('may have arrived where the connection breaks', async () => {
      graph.script('reset');
      expect(await post()).to.include({ status: 'failed', reason: 'connection', sent: true });
    });

    it('reads no more than a megabyte, with or without an end', async () => {
      exchange.close();
      exchange = new Exchange(900, new LeapingClock());
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
}

/** Answers of the server that wait until they are released. */
function heldAnswers(graph: ScriptedGraph): { arrived: (count: number) => Promise<void>; release: () => void } {
  const waiting: (() => void)[] = [];
  let counted: () => void = () => undefined;
  let wanted = Infinity;
  let isReleased = false;
  graph.hold = () => {
    if (isReleased) return undefined;
    const held = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length >= wanted) counted();
    return held;
  };
  return {
    arrived: (count) =>
      new Promise((resolve) => {
        counted = resolve;
        wanted = count;
        if (waiting.length >= count) resolve();
      }),
    release: () => {
      isReleased = true;
      for (const go of waiting) go();
    },
  };
}
