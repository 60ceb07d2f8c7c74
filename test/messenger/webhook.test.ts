/** The webhook's route under node:http, under Express, and with what Fastify gives; and that the room loads by itself. */
import { execFile } from 'node:child_process';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import express from 'express';
import { signPayload } from 'botbuilder-handover-vcclive/messenger';
import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { listening } from '../kit/listening.js';
import { closeStages, openStage } from './messenger-stage.js';
import type { Stage } from './messenger-stage.js';

/** A request as Fastify has it where a content type parser has kept the bytes: its body is beside the raw request. */
async function bytesOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The function alone, without its bot. */
function handlerOf(webhook: MessengerBot['webhook']): express.RequestHandler {
  return (req, res) => void webhook(req, res);
}

const SERVERS: Readonly<Record<string, (bot: MessengerBot) => RequestListener>> = {
  'node:http, as the listener itself':
    ({ webhook }) =>
    (req, res) =>
      void webhook(req, res),
  'Express, as middleware': ({ webhook }) => express().use('/api/messages', handlerOf(webhook)),
  'Express, as a route, with a parser that keeps the bytes': ({ webhook }) => {
    const app = express();
    app.use(express.json({ verify: (req, _res, bytes) => Object.assign(req, { rawBody: bytes }) }));
    app.all('/api/messages', handlerOf(webhook));
    return app;
  },
  'Express with a parser of raw bytes': ({ webhook }) =>
    express().all('/api/messages', express.raw({ type: '*/*' }), handlerOf(webhook)),
  'the raw request and response of Fastify, bytes beside them':
    ({ webhook }) =>
    (req: IncomingMessage, res: ServerResponse) =>
      void (req.method === 'POST'
        ? bytesOf(req).then((body) => webhook(Object.assign(req, { rawBody: body }), res))
        : webhook(req, res)),
};

describe('bot.webhook', () => {
  let stage: Stage;
  const servers: (() => Promise<void>)[] = [];
  beforeEach(async () => (stage = await openStage()));
  afterEach(async () => {
    await closeStages();
    for (const close of servers.splice(0)) await close();
  });

  const served = async (listener: (bot: MessengerBot) => RequestListener): Promise<string> => {
    const bot = stage.bot();
    bot.onMessage(async ({ text }, thread) => {
      await thread.reply(`bot: ${text}`);
    });
    const { url, close } = await listening(createServer(listener(bot)));
    servers.push(close);
    return url;
  };

  for (const [name, listener] of Object.entries(SERVERS)) {
    it(`answers Meta’s verification and deliveries under ${name}`, async () => {
      const url = await served(listener);
      const { verifyToken } = stage.sim.settings;
      const asked = `${url}?hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge=4711`;
      const challenge = await fetch(asked);
      expect([challenge.status, await challenge.text()]).to.deep.equal([200, '4711']);
      stage.sim.connectBot(url);
      await stage.customer.says('hello');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello']);
    });
  }

  it('refuses a wrong token, a wrong signature, other methods and a body that a parser has taken', async () => {
    const url = await served(
      ({ webhook }) =>
        (req, res) =>
          void webhook(req, res),
    );
    const body = '{"object":"page","entry":[]}';
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(url, { method: 'POST', body, headers })).status;
    expect((await fetch(`${url}?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1`)).status).to.equal(403);
    expect(await post({})).to.equal(401);
    expect(await post({ 'x-hub-signature-256': signPayload(body, 'another secret') })).to.equal(401);
    expect(await post({ 'x-hub-signature-256': signPayload(body, stage.sim.settings.appSecret) })).to.equal(200);
    expect((await fetch(url, { method: 'PUT' })).status).to.equal(405);

    const parsed = await served(({ webhook }) => express().use(express.json(), handlerOf(webhook)));
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(parsed, { method: 'POST', body, headers })).status).to.equal(500);
    expect(stage.log.at(-1)).to.include('Use no body parser on this route');
  });

  it('runs a message once that is delivered twice', async () => {
    stage.sim.weather.duplicates = 1;
    stage.sim.connectBot(
      await served(
        ({ webhook }) =>
          (req, res) =>
            void webhook(req, res),
      ),
    );
    await stage.customer.says('hello');
    await stage.sim.settled();
    expect(stage.customer.hears()).to.deep.equal(['bot: hello']);
  });

  it('is answered with 503 after close, so that Meta delivers to another process', async () => {
    const bot = stage.bot();
    bot.onMessage(() => undefined);
    const { url, close } = await listening(createServer((req, res) => void bot.webhook(req, res)));
    servers.push(close);
    await bot.close();
    const message = { mid: 'm_1', text: 'hello' };
    const item = { sender: { id: '66' }, recipient: { id: '7' }, timestamp: 1_700_000_000_000, message };
    const body = JSON.stringify({ object: 'page', entry: [{ id: '7', time: 1_700_000_000_000, messaging: [item] }] });
    const headers = { 'x-hub-signature-256': signPayload(body, stage.sim.settings.appSecret) };
    expect((await fetch(url, { method: 'POST', body, headers })).status).to.equal(503);
  });
});

describe('botbuilder-handover-vcclive/messenger', () => {
  it('loads without any framework, and no package before its first request', async () => {
    const program = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      const asked = new Set();
      Module._resolveFilename = (request, parent, ...rest) => {
        const isOurs = parent?.filename?.includes('/src/') && !parent.filename.includes('node_modules');
        if (isOurs && !Module.isBuiltin(request) && !request.startsWith('.')) asked.add(request);
        if (/^(botbuilder|botframework|botkit|@microsoft)/.test(request)) throw new Error('absent: ' + request);
        return resolve(request, parent, ...rest);
      };
      const { MessengerBot } = require('./src/messenger/index.ts');
      new MessengerBot({ botAppId: '1', vccLiveAppId: '2', pageAccessToken: 't', appSecret: 's', verifyToken: 'v' });
      console.log(JSON.stringify([...asked].sort()));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['-r', 'tsx/cjs', '-e', program], {
      cwd: resolve(__dirname, '..', '..'),
    });
    expect(JSON.parse(stdout)).to.deep.equal([]);
  });
});
