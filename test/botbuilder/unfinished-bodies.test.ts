/** Bodies that stall, streams that somebody else has touched, and what strangers may cause: over real HTTP. */
import { expect } from 'chai';
import { createServer, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import type express from 'express';
import * as restify from 'restify';
import type { DeliveryInbox } from 'botbuilder-handover-vcclive';
import { signPayload } from 'botbuilder-handover-vcclive';
import { SimulatorClock } from 'botbuilder-handover-vcclive/simulator';
import type { Bot, Served } from './served-bot.js';
import {
  chunked,
  delivery,
  expressOf,
  houses,
  listenerOf,
  messageItem,
  newBot,
  post,
  postInPieces,
  SECRET,
  serve,
  until,
  VERIFY_TOKEN,
  write,
} from './served-bot.js';

const KIB = 1024;
const ROUTE_SECRET = 'the-secret-of-the-route';

/** A connection that sends what it is told to, and remembers what came back. */
class Upload {
  answer = '';
  closed = false;
  readonly #socket: Socket;

  constructor(to: Served, head = 'Transfer-Encoding: chunked', path = '/api/messages') {
    this.#socket = connect({ port: to.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => (this.answer += chunk.toString('latin1')));
    this.#socket.on('close', () => (this.closed = true));
    this.#socket.on('error', () => undefined);
    this.#socket.write(`POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
  }

  async sends(bytes: number): Promise<this> {
    await write(this.#socket, chunked(Buffer.alloc(bytes, 0x20)));
    return this;
  }

  async sendsRaw(text: string): Promise<this> {
    await write(this.#socket, Buffer.from(text));
    return this;
  }

  leave(): void {
    this.#socket.destroy();
  }
}

describe('A body that does not end', () => {
  let clock: SimulatorClock;
  let bot: Bot;
  const open: { close(): Promise<void> }[] = [];
  const uploads: Upload[] = [];
  const upload = (...given: ConstructorParameters<typeof Upload>): Upload => {
    const made = new Upload(...given);
    uploads.push(made);
    return made;
  };
  const served = async (listener: RequestListener): Promise<Served> => {
    const house = await serve(createServer(listener));
    open.push(house);
    return house;
  };
  const withClock = (adapter: object = {}): Bot => newBot({ adapter, handover: { clock } });
  beforeEach(() => {
    clock = new SimulatorClock('held');
  });
  afterEach(async () => {
    for (const each of uploads.splice(0)) each.leave();
    for (const each of open.splice(0)) await each.close();
  });

  for (const name of ['node:http', 'express without a body parser', 'restify without a body parser']) {
    it(`is answered 408 after ten seconds at ${name}, its connection is closed, and the log says so once`, async () => {
      bot = withClock();
      const house = await serve((houses[name] as (typeof houses)[string])(bot));
      open.push(house);
      const stalled = await upload(house).sends(100);
      await clock.advance(9_999);
      expect(stalled.answer).to.equal('');
      await clock.advance(1);
      await until(() => stalled.closed);
      expect(stalled.answer).to.match(/^HTTP\/1.1 408 /);
      expect(bot.log.lines).to.have.length(1);
      expect(bot.log.lines[0]).to.include('bodyTimeoutMs').and.include('10000 ms');
    });
  }

  it('is answered 408 although a byte comes now and then', async () => {
    bot = withClock({ bodyTimeoutMs: 3_000 });
    const slow = upload(await served(listenerOf(bot)));
    for (let second = 0; second < 3; second += 1) {
      await slow.sends(1);
      await clock.advance(1_000);
    }
    await until(() => slow.closed);
    expect(slow.answer).to.match(/^HTTP\/1.1 408 /);
  });

  it('passes where it is slow and ends in time', async () => {
    bot = withClock();
    const house = await served(listenerOf(bot));
    const body = JSON.stringify(delivery(messageItem('slow but honest')));
    const signature = signPayload(body, SECRET);
    const slow = upload(house, `Content-Length: ${body.length}\r\nX-Hub-Signature-256: ${signature}`);
    await slow.sendsRaw(body.slice(0, 10));
    await clock.advance(9_000);
    await slow.sendsRaw(body.slice(10));
    await until(() => slow.answer !== '');
    expect(slow.answer).to.match(/^HTTP\/1.1 200 /);
    await clock.advance(60_000);
    expect(bot.turns).to.deep.equal(['slow but honest']);
    expect(bot.log.lines).to.deep.equal([]);
  });

  it('holds no more than all of them together may: the largest is answered 503, honest deliveries pass', async () => {
    bot = withClock({ maxBodyBytes: 64 * KIB, maxPendingBodyBytes: 160 * KIB });
    const house = await served(listenerOf(bot));
    const stalled: Upload[] = [];
    for (const kib of [60, 40, 50]) stalled.push(await upload(house).sends(kib * KIB));
    await until(() => stalled.some(({ answer }) => answer !== '') || stalled.length === 3);
    const more = await upload(house).sends(63 * KIB);
    await until(() => [...stalled, more].some(({ answer }) => answer.startsWith('HTTP/1.1 503 ')));
    expect((await post(house, delivery(messageItem('honest')))).status).to.equal(200);
    expect(bot.turns).to.deep.equal(['honest']);
    expect(bot.log.lines.filter((line) => line.includes('maxPendingBodyBytes'))).to.have.length(1);
  });

  it('leaves room again when it has gone', async () => {
    bot = withClock({ maxBodyBytes: 64 * KIB, maxPendingBodyBytes: 64 * KIB });
    const house = await served(listenerOf(bot));
    for (let round = 0; round < 5; round += 1) {
      const stalled = await upload(house).sends(50 * KIB);
      stalled.leave();
      await until(() => stalled.closed);
      const text = 'x'.repeat(1000);
      expect((await post(house, delivery(messageItem(text)))).status).to.equal(200);
    }
    expect(bot.log.lines).to.deep.equal([]);
  });

  it('in pieces of a byte each costs no more memory than its size', async () => {
    bot = withClock({ maxBodyBytes: 1024 * KIB });
    const house = await served(listenerOf(bot));
    const pieces = chunked(Buffer.from(' ')).toString('latin1').repeat(200_000);
    const before = process.memoryUsage();
    const stalled = upload(house);
    for (let at = 0; at < pieces.length; at += 300_000) await stalled.sendsRaw(pieces.slice(at, at + 300_000));
    global.gc?.();
    const grownMib = (process.memoryUsage().heapUsed - before.heapUsed) / KIB / KIB;
    // Kept one by one, 200,000 pieces hold more than twenty MiB.
    if (global.gc) expect(grownMib).to.be.lessThan(10);
    expect(stalled.answer).to.equal('');
  });

  it('is refused at VCC Live’s route, too: 408, 413, 415 and one line each', async () => {
    bot = withClock();
    const route = bot.handover.vccLiveWebhook({ secret: ROUTE_SECRET, maxBodyBytes: 1000, bodyTimeoutMs: 5_000 });
    const house = await served((req, res) => void route(req, res));
    const path = `/vcc-live?secret-key=${ROUTE_SECRET}`;
    const stalled = await upload(house, 'Transfer-Encoding: chunked', path).sends(10);
    await clock.advance(5_000);
    await until(() => stalled.closed);
    expect(stalled.answer).to.match(/^HTTP\/1.1 408 /);
    const large = await upload(house, 'Content-Length: 1001', path).sendsRaw('{');
    await until(() => large.answer !== '');
    expect(large.answer).to.match(/^HTTP\/1.1 413 /);
    const packed = await upload(house, 'Content-Length: 10\r\nContent-Encoding: br', path).sendsRaw('{');
    await until(() => packed.answer !== '');
    expect(packed.answer).to.match(/^HTTP\/1.1 415 /);
    expect(bot.log.lines).to.have.length(3);
    expect(bot.log.lines.join()).not.to.include(ROUTE_SECRET);
  });

  it('of a stranger without the secret is not read, and his connection is closed after two seconds', async () => {
    bot = withClock();
    const route = bot.handover.vccLiveWebhook({ secret: ROUTE_SECRET });
    const house = await served((req, res) => void route(req, res));
    const stranger = await upload(house, 'Transfer-Encoding: chunked', '/vcc-live').sends(10);
    await until(() => stranger.answer !== '');
    expect(stranger.answer).to.match(/^HTTP\/1.1 401 /);
    await clock.advance(2_000);
    await until(() => stranger.closed);
  });

  it('cannot be asked for with limits that make no sense', () => {
    for (const adapter of [
      { bodyTimeoutMs: 0 },
      { bodyTimeoutMs: NaN },
      { maxPendingBodyBytes: -1 },
      { maxPendingBodyBytes: 1.5 },
      { maxBodyBytes: 2000, maxPendingBodyBytes: 1999 },
    ]) {
      expect(() => newBot({ adapter }), JSON.stringify(adapter)).to.throw(/"(bodyTimeoutMs|maxPendingBodyBytes)"/);
    }
    expect(() => bot.handover.vccLiveWebhook({ secret: 'a', bodyTimeoutMs: -5 })).to.throw(/"bodyTimeoutMs"/);
    expect(() => newBot({ adapter: { maxBodyBytes: 100 * KIB * KIB } })).not.to.throw();
  });
});

describe('A request whose stream', () => {
  let bot: Bot;
  const open: { close(): Promise<void> }[] = [];
  beforeEach(() => {
    bot = newBot();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const answerOf = async (server: ReturnType<typeof createServer>, text: string): Promise<number> => {
    const house = await serve(server);
    open.push(house);
    return (await post(house, delivery(messageItem(text)))).status;
  };
  const behind = (handler: express.RequestHandler): ReturnType<typeof createServer> =>
    createServer(expressOf(bot, handler));

  it('was paused by middleware of express is read', async () => {
    const server = behind((req, _res, next) => {
      req.pause();
      setTimeout(next, 20);
    });
    expect(await answerOf(server, 'paused')).to.equal(200);
    expect(bot.turns).to.deep.equal(['paused']);
  });

  it('was paused by a handler of restify is read', async () => {
    const server = restify.createServer();
    server.pre((req, _res, next) => {
      req.pause();
      setTimeout(() => next(), 20);
    });
    server.post('/api/messages', async (req: restify.Request, res: restify.Response) =>
      bot.adapter.processActivity(req, res, bot.logic),
    );
    expect(await answerOf(server.server, 'paused')).to.equal(200);
    expect(bot.turns).to.deep.equal(['paused']);
  });

  it('somebody watches without reading is read', async () => {
    const server = behind((req, _res, next) => {
      req.on('readable', () => undefined);
      setTimeout(next, 20);
    });
    expect(await answerOf(server, 'watched')).to.equal(200);
    expect(bot.turns).to.deep.equal(['watched']);
  });

  for (const encoding of ['utf8', 'latin1', 'hex', 'base64'] as const) {
    it(`was set to ${encoding} is read right`, async () => {
      const server = behind((req, _res, next) => {
        req.setEncoding(encoding);
        next();
      });
      expect(await answerOf(server, 'őű🙂')).to.equal(200);
      expect(bot.turns).to.deep.equal(['őű🙂']);
    });
  }

  it('was read to its end by middleware that kept nothing is refused with the line to add', async () => {
    const server = behind((req, _res, next) => {
      req.resume();
      req.once('end', () => next());
    });
    expect(await answerOf(server, 'gone')).to.equal(500);
    expect(bot.log.lines).to.have.length(1);
    expect(bot.log.lines[0]).to.include('read before the adapter saw its bytes').and.include('rawBody');
  });

  it('was read in part is refused with the same line', async () => {
    const server = behind((req, _res, next) => {
      req.once('readable', () => {
        req.read(5);
        next();
      });
    });
    expect(await answerOf(server, 'half')).to.equal(500);
    expect(bot.log.lines).to.have.length(1);
    expect(bot.turns).to.deep.equal([]);
  });

  it('was read keeps none of our listeners', async () => {
    const counts: number[] = [];
    const server = createServer((req, res) => {
      const before = ['data', 'end', 'error', 'close', 'readable'].map((event) => req.listenerCount(event));
      void bot.adapter.processActivity(req, res, bot.logic).then(() => {
        const after = ['data', 'end', 'error', 'close', 'readable'].map((event) => req.listenerCount(event));
        counts.push(...after.map((count, at) => count - (before[at] ?? 0)));
      });
    });
    expect(await answerOf(server, 'clean')).to.equal(200);
    await until(() => counts.length > 0);
    expect(counts).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('waits for "100 Continue" gets it', async () => {
    const house = await serve(createServer(listenerOf(bot)));
    open.push(house);
    const bytes = Buffer.from(JSON.stringify(delivery(messageItem('continued'))));
    const head = {
      Expect: '100-continue',
      'Content-Length': String(bytes.length),
      'X-Hub-Signature-256': signPayload(bytes, SECRET),
    };
    const { answer } = await postInPieces(house, head, [bytes]);
    expect(answer).to.match(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  });
});

describe('What a stranger can cause', () => {
  let bot: Bot;
  let house: Served;
  let clock: SimulatorClock;
  beforeEach(async () => {
    clock = new SimulatorClock('held');
    bot = newBot({ handover: { clock } });
    house = await serve(createServer(listenerOf(bot)));
  });
  afterEach(() => house.close());

  it('is one line for many wrong signatures, and their number after a minute', async () => {
    const body = delivery(messageItem('forged'));
    for (let count = 0; count < 30; count += 1) {
      await post(house, body, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` });
    }
    expect(bot.log.lines).to.have.length(1);
    await clock.advance(60_000);
    expect(bot.log.lines).to.have.length(2);
    expect(bot.log.lines[1]).to.include('29 more like this within a minute');
  });

  it('is one line for many wrong verifications', async () => {
    for (let count = 0; count < 20; count += 1) {
      await fetch(`${house.url}?hub.mode=subscribe&hub.verify_token=no&hub.challenge=1`);
    }
    expect(bot.log.lines).to.have.length(1);
  });

  it('is a 405 for every other method, which names those that are taken', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      const response = await fetch(house.url, { method, ...(method === 'PUT' ? { body: 'x' } : {}) });
      expect(response.status, method).to.equal(405);
      expect(response.headers.get('allow'), method).to.equal('GET, POST');
    }
  });

  it('is no challenge of his own: markup, control characters and long ones are not sent back', async () => {
    for (const challenge of ['<b>1</b>', '1\r\nX-Evil: 1', '\u001b[2J', '1'.repeat(300), '']) {
      const query = new URLSearchParams({
        'hub.mode': 'subscribe',
        'hub.verify_token': VERIFY_TOKEN,
        'hub.challenge': challenge,
      });
      const response = await fetch(`${house.url}?${query.toString()}`);
      expect(response.status).to.equal(400);
      expect(await response.text()).to.equal('Bad Request');
      expect(response.headers.get('x-content-type-options')).to.equal('nosniff');
    }
  });
});

describe('The logic that kept deliveries are run with', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  it('is that of the last POST which Meta signed, never that of a health check or of a scanner', async () => {
    const clock = new SimulatorClock('held');
    const left: string[] = [];
    /** An inbox in which another process leaves deliveries. */
    const inbox: DeliveryInbox = {
      forBot: () => inbox,
      setAside: () => Promise.resolve(),
      put: () => Promise.resolve('1'),
      remove: () => Promise.resolve(),
      renew: () => Promise.resolve(),
      giveBack: () => Promise.resolve(),
      takeOver: () => {
        const deliveries = left.splice(0).map((body) => ({ id: body, body }));
        return Promise.resolve({ deliveries, setAside: 0 });
      },
    };
    const bot = newBot({ handover: { clock, inbox } });
    const ran: string[] = [];
    const logicOf =
      (name: string) =>
      (context: { activity: { text?: string } }): Promise<void> => {
        ran.push(`${name}: ${context.activity.text ?? ''}`);
        return Promise.resolve();
      };
    let logic = logicOf('health check');
    const house = await serve(createServer((req, res) => void bot.adapter.processActivity(req, res, logic)));

    ends.push(
      () => house.close(),
      () => bot.handover.close(),
    );

    left.push(JSON.stringify(delivery(messageItem('left before'))));
    await fetch(house.url);
    await fetch(house.url, { method: 'POST', body: JSON.stringify(delivery(messageItem('forged'))) });
    await clock.advance(20_000);
    expect(ran).to.deep.equal([]);

    logic = logicOf('bot');
    expect((await post(house, delivery(messageItem('hello')))).status).to.equal(200);
    logic = logicOf('health check');
    await fetch(house.url);
    await clock.advance(20_000);
    left.push(JSON.stringify(delivery(messageItem('left later'))));
    await clock.advance(20_000);
    await until(() => ran.length === 3);
    expect([...ran].sort()).to.deep.equal(['bot: hello', 'bot: left before', 'bot: left later']);
  });
});
