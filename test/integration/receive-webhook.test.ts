import { expect } from 'chai';
import { createHmac } from 'node:crypto';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { signPayload } from 'botbuilder-handover-vcclive';
import { SimulatorClock } from 'botbuilder-handover-vcclive/simulator';
import type { Bot, Served } from '../botbuilder/served-bot.js';
import {
  SECRET,
  VERIFY_TOKEN,
  chunked,
  delivery,
  expressOf,
  houses,
  listenerOf,
  messageItem,
  newBot,
  post,
  postInPieces,
  serve,
  until,
  write,
} from '../botbuilder/served-bot.js';

const CHALLENGE = `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(VERIFY_TOKEN)}&hub.challenge=1158201444`;

describe('Receiving webhooks', () => {
  let bot: Bot;
  let served: Served;

  async function live(at: () => Promise<Served>): Promise<void> {
    served = await at();
  }

  afterEach(async () => {
    await served.close();
  });

  for (const [name, houseOf] of Object.entries(houses)) {
    describe(`A webhook at ${name}`, () => {
      beforeEach(async () => {
        bot = newBot();
        await live(() => serve(houseOf(bot)));
      });

      it('is verified on the route that takes the deliveries', async () => {
        const response = await fetch(`${served.url}?${CHALLENGE}`);

        expect(response.status).to.equal(200);
        expect(await response.text()).to.equal('1158201444');
        expect(response.headers.get('content-type')).to.match(/^text\/plain/);
      });

      it('is not verified with another token', async () => {
        const response = await fetch(`${served.url}?${CHALLENGE.replace('verify_token=the', 'verify_token=no')}`);

        expect(response.status).to.equal(403);
        expect(await response.text()).not.to.include('1158201444');
        expect(bot.log.lines).to.have.length(1);
      });

      it('runs the bot on what it brings, and is acknowledged', async () => {
        const { status } = await post(served, delivery(messageItem('Jó napot, árvíztűrő tükörfúrógép 🙂')));

        expect(status).to.equal(200);
        expect(bot.turns).to.deep.equal(['Jó napot, árvíztűrő tükörfúrógép 🙂']);
      });

      it('is read right where a character is split over two segments', async () => {
        const bytes = Buffer.from(JSON.stringify(delivery(messageItem('őőőő'))), 'utf8');
        const middle = bytes.indexOf(Buffer.from('ő')) + 1;
        const head = {
          'Content-Length': String(bytes.length),
          'X-Hub-Signature-256': signPayload(bytes, SECRET),
        };

        const { answer } = await postInPieces(served, head, [bytes.subarray(0, middle), bytes.subarray(middle)]);

        expect(answer).to.match(/^HTTP\/1.1 200 /);
        expect(bot.turns).to.deep.equal(['őőőő']);
      });

      it('is read right in chunks, each of a byte', async () => {
        const bytes = Buffer.from(JSON.stringify(delivery(messageItem('ű'))), 'utf8');
        const head = { 'Transfer-Encoding': 'chunked', 'X-Hub-Signature-256': signPayload(bytes, SECRET) };
        const pieces = [...bytes].map((byte) => chunked(Buffer.from([byte])));

        const { answer } = await postInPieces(served, head, [Buffer.concat(pieces), Buffer.from('0\r\n\r\n')]);

        expect(answer).to.match(/^HTTP\/1.1 200 /);
        expect(bot.turns).to.deep.equal(['ű']);
      });

      it('answers 405 to PUT and HEAD, and names what it takes', async () => {
        for (const method of ['PUT', 'HEAD']) {
          const response = await fetch(served.url, { method });
          expect(response.status, method).to.equal(405);
          expect(response.headers.get('allow'), method).to.equal('GET, POST');
        }
      });

      it('refuses a wrong signature, says why in one line, and runs nothing', async () => {
        const signed = signPayload('another body', SECRET);
        const { status } = await post(served, delivery(messageItem('forged')), { 'x-hub-signature-256': signed });

        expect(status).to.equal(401);
        expect(bot.turns).to.deep.equal([]);
        expect(bot.log.lines).to.have.length(1);
        expect(bot.log.lines[0]).to.match(/app secret is not that of the app/);
      });

      it('refuses a signature that comes twice, and says that a proxy may have added to it', async () => {
        const bytes = Buffer.from(JSON.stringify(delivery(messageItem('twice'))), 'utf8');
        const signed = signPayload(bytes, SECRET);
        const head = {
          'Content-Length': String(bytes.length),
          'X-Hub-Signature-256': signed,
          'x-HUB-signature-256': signed,
        };

        const { answer } = await postInPieces(served, head, [bytes]);

        expect(answer).to.match(/^HTTP\/1.1 401 /);
        expect(bot.turns).to.deep.equal([]);
        expect(bot.log.lines[0]).to.match(/came more than once/);
      });

      it('survives anything that is posted without a signature', async () => {
        for (const body of ['{}', '', 'null', '[]', '{"object":"page","entry":[{"standby":null}]}', '{"entry":{}}']) {
          const { status } = await post(served, body, { 'x-hub-signature-256': undefined });
          expect(status, body).to.be.oneOf([400, 401]);
        }
        expect(bot.turns).to.deep.equal([]);
        expect((await post(served, delivery(messageItem('still here')))).status).to.equal(200);
      });
    });
  }

  describe('A webhook whose signature is', () => {
    beforeEach(async () => {
      bot = newBot();
      await live(() => serve(createServer(listenerOf(bot))));
    });

    const body = JSON.stringify(delivery(messageItem('hello')));
    const sha1 = `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`;
    const cases: readonly (readonly [string, Record<string, string | undefined>, RegExp])[] = [
      ['missing', { 'x-hub-signature-256': undefined }, /X-Hub-Signature-256 is missing/],
      ['SHA-1 only', { 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 }, /legacy SHA-1/],
      ['no signature at all', { 'x-hub-signature-256': 'hello' }, /not "sha256="/],
      ['that of another secret', { 'x-hub-signature-256': signPayload(body, 'other') }, /app secret/],
    ];
    for (const [name, headers, hint] of cases) {
      it(`${name} is answered 401 with one line that says so`, async () => {
        const { status } = await post(served, body, headers);

        expect(status).to.equal(401);
        expect(bot.turns).to.deep.equal([]);
        expect(bot.log.lines).to.have.length(1);
        expect(bot.log.lines[0]).to.match(hint);
        expect(bot.log.lines[0]).not.to.include(SECRET);
      });
    }

    it('that of a body which a proxy wrote anew names the proxy as the likely culprit', async () => {
      const escaped = JSON.stringify(delivery(messageItem('ő'))).replace('ő', '\\u0151');
      const rewritten = JSON.stringify(JSON.parse(escaped));

      const { status } = await post(served, rewritten, { 'x-hub-signature-256': signPayload(escaped, SECRET) });

      expect(status).to.equal(401);
      expect(bot.log.lines[0]).to.match(/serialised again/);
    });
  });

  describe('A signed body', () => {
    beforeEach(async () => {
      bot = newBot();
      await live(() => serve(createServer(listenerOf(bot))));
    });

    const cases: readonly (readonly [string, number])[] = [
      ['', 400],
      ['not JSON', 400],
      ['{"object":"page","entry":[', 400],
      ['\u0000', 400],
      ['{}', 404],
      ['[]', 404],
      ['null', 404],
      ['"page"', 404],
      ['{"object":"instagram","entry":[]}', 404],
      ['{"object":"page"}', 200],
      ['{"object":"page","entry":null}', 200],
      ['{"object":"page","entry":"x"}', 200],
      ['{"object":"page","entry":[null,1,"x",[],{}]}', 200],
      ['{"object":"page","entry":[{"messaging":[null,1,"x",[],{}],"standby":{},"changes":[null]}]}', 200],
      ['{"object":"page","entry":[{"id":"1","messaging":[{"sender":null,"message":null}]}]}', 200],
      [
        '{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":{}},"recipient":{"id":[]},"message":{"mid":{}}}]}]}',
        200,
      ],
      ['{"object":"page","entry":[{"id":"1","messaging":[{"__proto__":{"x":1},"constructor":1}]}]}', 200],
    ];
    for (const [body, status] of cases) {
      it(`${JSON.stringify(body)} is answered ${status}`, async () => {
        expect((await post(served, body)).status).to.equal(status);
        expect(bot.turns).to.deep.equal([]);
      });
    }

    it('that is compressed is refused with the reason: Meta does not compress', async () => {
      const bytes = gzipSync(JSON.stringify(delivery(messageItem('hello'))));
      const head = {
        'Content-Length': String(bytes.length),
        'Content-Encoding': 'gzip',
        'X-Hub-Signature-256': signPayload(bytes, SECRET),
      };

      const { answer } = await postInPieces(served, head, [bytes]);

      expect(answer).to.match(/^HTTP\/1.1 415 /);
      expect(bot.log.lines).to.have.length(1);
      expect(bot.log.lines[0]).to.include('compressed');
      expect((await post(served, delivery(messageItem('hello')), { 'content-encoding': 'identity' })).status).to.equal(
        200,
      );
    });

    it('counts whatever its Content-Type says', async () => {
      for (const type of ['text/plain', 'application/json; charset=iso-8859-1', 'application/octet-stream']) {
        const { status } = await post(served, delivery(messageItem('ő')), { 'content-type': type });
        expect(status, type).to.equal(200);
      }
      expect(bot.turns).to.deep.equal(['ő', 'ő', 'ő']);
    });

    it('of another object is answered 404, and each object is named once in the log', async () => {
      for (let round = 0; round < 3; round += 1) {
        for (const object of ['instagram', 'whatsapp_business_account', 'user']) {
          expect((await post(served, { object, entry: [{ id: '1', time: 1 }] })).status).to.equal(404);
        }
      }
      expect(bot.log.lines).to.have.length(3);
      for (const [at, object] of ['instagram', 'whatsapp_business_account', 'user'].entries()) {
        expect(bot.log.lines[at]).to.include(`"${object}"`).and.include('app dashboard');
      }
      expect(bot.log.lines[0]).to.include('does not show which app owns');
      expect(bot.log.lines[1]).not.to.include('does not show');
    });

    it('of an object that somebody made up cannot fill the log, nor act on a terminal', async () => {
      await post(served, { object: `\u001b[2J\u202e${'x'.repeat(5000)}` });
      for (let kind = 0; kind < 100; kind += 1) await post(served, { object: `made up ${kind}` });
      expect(bot.log.lines.length).to.be.lessThan(30);
      expect(bot.log.lines[0]).to.include('\\u001b[2J\\u202ex').and.have.length.below(400);
    });
  });

  describe('A body larger than maxBodyBytes', () => {
    const LIMIT = 10_000;

    beforeEach(async () => {
      bot = newBot({ adapter: { maxBodyBytes: LIMIT } });
      await live(() => serve(createServer(listenerOf(bot))));
    });

    function bodyOf(bytes: number): string {
      const frame = JSON.stringify(delivery(messageItem('')));
      return frame.replace('"text":""', `"text":"${'x'.repeat(bytes - frame.length)}"`);
    }

    it('is answered 413; one of exactly that size is taken', async () => {
      expect((await post(served, bodyOf(LIMIT))).status).to.equal(200);
      expect((await post(served, bodyOf(LIMIT + 1))).status).to.equal(413);

      expect(bot.turns).to.have.length(1);
      expect(bot.log.lines.filter((line) => /10000 bytes/.test(line))).to.have.length(1);
    });

    it('is answered 413 by its Content-Length, before it has come', async () => {
      const socket = connect({ port: served.port, host: '127.0.0.1' });
      const answered = new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(String(chunk))));
      await write(
        socket,
        Buffer.from('POST /api/messages HTTP/1.1\r\nHost: test\r\nContent-Length: 5000000\r\n\r\n{"object"'),
      );

      expect(await answered).to.match(/^HTTP\/1.1 413 /);
      socket.destroy();
    });

    it('is answered 413 by counting where it comes in chunks, and the sender gets to read the answer', async () => {
      const piece = Buffer.alloc(64 * 1024, 0x20);
      const pieces = [...Array.from({ length: 20 }, () => chunked(piece)), Buffer.from('0\r\n\r\n')];

      const { answer } = await postInPieces(served, { 'Transfer-Encoding': 'chunked' }, pieces);

      expect(answer).to.match(/^HTTP\/1.1 413 /);
    });

    it('is answered 413 although megabytes of it are still on the way', async () => {
      for (let round = 0; round < 5; round += 1) {
        const response = await fetch(served.url, { method: 'POST', body: Buffer.alloc(8 * 1024 * 1024, 0x20) });
        expect(response.status).to.equal(413);
      }
      expect((await post(served, delivery(messageItem('still here')))).status).to.equal(200);
    });

    it('that never ends is broken off', async () => {
      const socket = connect({ port: served.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write('POST /api/messages HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
      const piece = chunked(Buffer.alloc(1024 * 1024));
      let sent = 0;
      while (!socket.destroyed && sent < 100) {
        await write(socket, piece);
        sent += 1;
      }
      socket.destroy();

      expect(sent).to.be.lessThan(40);
    });

    it('that stops halfway is broken off two seconds after the answer', async () => {
      const clock = new SimulatorClock('held');
      const patient = newBot({ adapter: { maxBodyBytes: LIMIT }, handover: { clock } });
      const house = await serve(createServer(listenerOf(patient)));
      const socket = connect({ port: house.port, host: '127.0.0.1' });
      let closed = false;
      let answer = '';
      socket.on('close', () => (closed = true));
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (answer += String(chunk)));
      socket.write('POST /api/messages HTTP/1.1\r\nHost: test\r\nContent-Length: 50000\r\n\r\n{');
      await until(() => answer !== '');

      await clock.advance(1999);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(closed).to.equal(false);
      await clock.advance(1);
      await until(() => closed);

      expect(answer).to.match(/^HTTP\/1.1 413 /);
      await house.close();
    });

    it('is refused as well where a parser has read it', async () => {
      const withParser = await serve(createServer(expressOf(bot, express.raw({ type: '*/*', limit: '5mb' }))));
      expect((await post(withParser, bodyOf(LIMIT + 1))).status).to.equal(413);
      await withParser.close();
    });
  });

  describe('A body that does not come as announced', () => {
    beforeEach(async () => {
      bot = newBot();
      await live(() => serve(createServer(listenerOf(bot))));
    });

    it('runs nothing where the upload is broken off, and the bot goes on', async () => {
      const bytes = Buffer.from(JSON.stringify(delivery(messageItem('half'))));
      const socket = connect({ port: served.port, host: '127.0.0.1' });
      const head = `POST /api/messages HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes.length}\r\n\r\n`;
      await write(socket, Buffer.from(head));
      await write(socket, bytes.subarray(0, 20));
      socket.destroy();

      expect((await post(served, delivery(messageItem('whole')))).status).to.equal(200);
      expect(bot.turns).to.deep.equal(['whole']);
      expect(bot.log.lines).to.deep.equal([]);
    });

    it('is refused where it is longer than its Content-Length says', async () => {
      const bytes = Buffer.from(JSON.stringify(delivery(messageItem('hello'))));
      const head = { 'Content-Length': String(bytes.length - 5), 'X-Hub-Signature-256': signPayload(bytes, SECRET) };

      const { answer } = await postInPieces(served, head, [bytes]);

      expect(answer).to.match(/^HTTP\/1.1 40[01] /);
      expect(bot.turns).to.deep.equal([]);
    });

    it('is not waited for where the sender has gone before the adapter was asked', async () => {
      let handled: Promise<void> | undefined;
      const late = await serve(
        createServer((req, res) => {
          req.on('error', () => undefined);
          req.once('close', () => {
            handled = bot.adapter.processActivity(req, res, bot.logic);
          });
        }),
      );
      const upload = request(late.url, { method: 'POST', headers: { 'content-length': '100' } });
      upload.on('error', () => undefined);
      upload.write('{');
      await new Promise((resolve) => setTimeout(resolve, 20));
      upload.destroy();

      await until(() => handled !== undefined);
      await handled;
      await late.close();
    });
  });

  describe('Behind express.json() that throws the bytes away', () => {
    beforeEach(async () => {
      bot = newBot();
      await live(() => serve(createServer(expressOf(bot, express.json()))));
    });

    it('a delivery is answered 500, with one line in the log that names the line to add', async () => {
      const { status } = await post(served, delivery(messageItem('hello')));

      expect(status).to.equal(500);
      expect(bot.turns).to.deep.equal([]);
      expect(bot.log.lines).to.have.length(1);
      expect(bot.log.lines[0]).to.include('express.json({ verify: (req, _res, buf) => { req.rawBody = buf; } })');
    });

    it('the challenge is answered all the same', async () => {
      expect((await fetch(`${served.url}?${CHALLENGE}`)).status).to.equal(200);
    });
  });

  describe('A request and a response of a test', () => {
    function mockResponse(): {
      status(code: number): unknown;
      send(body: unknown): unknown;
      end(): unknown;
      seen: unknown[];
    } {
      const seen: unknown[] = [];
      return {
        seen,
        status: (code) => seen.push(['status', code]),
        send: (body) => seen.push(['send', body]),
        end: () => seen.push(['end']),
      };
    }

    beforeEach(() => {
      bot = newBot();
    });

    it('are enough: status(), send() and end() are called', async () => {
      const rawBody = JSON.stringify(delivery(messageItem('hello')));
      const req = {
        method: 'POST',
        headers: { 'x-hub-signature-256': signPayload(rawBody, SECRET) },
        rawBody,
        body: JSON.parse(rawBody) as object,
      };
      const res = mockResponse();

      await bot.adapter.processActivity(req, res, bot.logic);

      expect(bot.turns).to.deep.equal(['hello']);
      expect(res.seen).to.deep.equal([['status', 200], ['end']]);
    });

    it('without the bytes are answered 500 with the line to add, stream or not', async () => {
      const body = delivery(messageItem('hello'));
      for (const more of [{}, { on: () => undefined }]) {
        const res = mockResponse();
        await bot.adapter.processActivity({ method: 'POST', headers: {}, body, ...more }, res, bot.logic);
        expect(res.seen[0]).to.deep.equal(['status', 500]);
      }
      expect(bot.log.lines, 'the second is counted').to.have.length(1);
      expect(bot.log.lines[0]).to.include('rawBody');
    });

    it('without headers are answered 401, not thrown at', async () => {
      const res = mockResponse();
      await bot.adapter.processActivity({ body: '{}' }, res, bot.logic);
      expect(res.seen[0]).to.deep.equal(['status', 401]);
    });

    it('that was answered already is worked on and left alone', async () => {
      const rawBody = JSON.stringify(delivery(messageItem('hello')));
      const early = await serve(
        createServer((req, res) => {
          res.end('answered by the application');
          void bot.adapter.processActivity(req, res, bot.logic);
        }),
      );

      const answer = await post(early, rawBody);

      expect(answer.body).to.equal('answered by the application');
      await until(() => bot.turns.length === 1);
      expect(bot.log.lines).to.deep.equal([]);
      await early.close();
    });
  });
});
