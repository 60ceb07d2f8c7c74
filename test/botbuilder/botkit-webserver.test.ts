/** The limits of bodies where Botkit's own web server takes them in, with the middleware that Botkit puts before. */
import { expect } from 'chai';
import { createServer } from 'node:http';
import express from 'express';
import { SimulatorClock } from 'botbuilder-handover-vcclive/simulator';
import { keepBytes } from '../../src/botbuilder/botkit-webserver.js';
import { limitsOf, type WebhookRequest } from '../../src/webhook/http-request.js';
import { RepeatedLines } from '../../src/thread/repeated-lines.js';
import type { Served } from './served-bot.js';
import { chunked, delivery, LogBook, messageItem, post, postInPieces, serve, until } from './served-bot.js';

const LIMIT = 5000;

describe('Botkit’s web server', () => {
  let clock: SimulatorClock;
  let log: LogBook;
  let house: Served;
  let seen: unknown[];
  beforeEach(async () => {
    clock = new SimulatorClock('held');
    log = new LogBook();
    seen = [];
    const app = express();
    // As botkit/lib/core.js has it.
    app.use((req, _res, next) => {
      const raw = req as unknown as { rawBody: unknown };
      raw.rawBody = '';
      req.on('data', (chunk: Buffer) => (raw.rawBody = String(raw.rawBody) + String(chunk)));
      next();
    });
    app.use(express.json({ limit: '100kb' }));
    app.post('/api/messages', (req, res) => {
      seen.push((req as WebhookRequest).rawBody);
      if (!res.headersSent) res.status(200).end();
    });
    app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
      if (!res.headersSent) res.status(400).end();
    });
    const server = createServer(app);
    const limits = limitsOf({ maxBodyBytes: LIMIT, maxPendingBodyBytes: 2 * LIMIT }, clock);
    keepBytes(server, '/api/messages', limits, { log, clock, lines: new RepeatedLines(log, clock) });
    house = await serve(server);
  });
  afterEach(() => house.close());

  it('keeps the bytes as they came, split characters included', async () => {
    const text = JSON.stringify(delivery(messageItem('őűőű')));
    expect((await post(house, text)).status).to.equal(200);
    expect(Buffer.isBuffer(seen[0])).to.equal(true);
    expect(String(seen[0])).to.equal(text);
  });

  it('answers a body that stalls 408 after ten seconds, and closes its connection', async () => {
    const stalled = postInPieces(house, { 'Transfer-Encoding': 'chunked' }, [chunked(Buffer.from('{'))]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await clock.advance(10_000);
    expect((await stalled).answer).to.match(/^HTTP\/1.1 408 /);
    expect(log.lines).to.have.length(1);
    expect(seen).to.deep.equal([]);
  });

  it('answers a body beyond maxBodyBytes 413, and never hands it on as an empty one', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(LIMIT) });
    expect((await post(house, body)).status).to.equal(413);
    const { answer } = await postInPieces(house, { 'Transfer-Encoding': 'chunked' }, [
      chunked(Buffer.from(body)),
      Buffer.from('0\r\n\r\n'),
    ]);
    expect(answer).to.match(/^HTTP\/1.1 413 /);
    for (const raw of seen) expect((raw as Buffer).length).to.be.greaterThan(LIMIT);
  });

  it('answers the largest 503 where all unfinished bodies hold too much', async () => {
    const uploads = [4000, 4500, 3500].map((bytes) =>
      postInPieces(house, { 'Transfer-Encoding': 'chunked' }, [chunked(Buffer.alloc(bytes, 0x20))]),
    );
    const answers: string[] = [];
    for (const each of uploads) void each.then(({ answer }) => answers.push(answer));
    await until(() => log.lines.some((line) => line.includes('maxPendingBodyBytes')));
    expect((await post(house, delivery(messageItem('honest')))).status).to.equal(200);
    await clock.advance(10_000);
    await until(() => answers.length === 3);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 503 '))).to.have.length.at.least(1);
  });
});
