import * as http from 'node:http';
import { expect } from 'chai';
import { ThreadControlClient } from 'botbuilder-handover-vcclive';
import { BOT, THREAD, TOKEN } from './setting.js';
import { listenLocally, stopServer } from '../kit/listening.js';

describe('a message with a file', () => {
  const before = process.env['http_proxy'];
  afterEach(() => {
    if (before === undefined) delete process.env['http_proxy'];
    else process.env['http_proxy'] = before;
  });

  for (const way of ['directly', 'through a proxy'] as const) {
    it(`arrives ${way} as form data, byte by byte, with its name and type`, async () => {
      const received: { path: string; headers: http.IncomingHttpHeaders; body: Buffer }[] = [];
      const server = http.createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const path = new URL(request.url ?? '', 'http://x').pathname;
          received.push({ path, headers: request.headers, body: Buffer.concat(chunks) });
          response.end('{"message_id":"m_1"}');
        });
      });
      const origin = await listenLocally(server);
      if (way === 'through a proxy') process.env['http_proxy'] = origin;
      const baseUrl = way === 'directly' ? origin : 'http://graph.invalid';
      const client = new ThreadControlClient({ botAppId: BOT, pageAccessToken: TOKEN, baseUrl, apiVersion: 'v26.0' });
      // Every byte there is, line ends and quotes among them.
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      const message = { attachment: { type: 'image', payload: {} } };
      const body = { messaging_type: 'RESPONSE', message, tag: undefined };

      const receipt = await client.send(THREAD, body, { file: { bytes, contentType: 'image/png', name: 'a "b".png' } });

      client.close();
      await stopServer(server);
      expect(receipt.messageId).to.equal('m_1');
      const [{ path, headers, body: sent } = expect.fail('nothing arrived')] = received;
      expect(path).to.equal('/v26.0/me/messages');
      expect(headers['content-length']).to.equal(String(sent.length));
      const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
      const parts = sent.toString('latin1').split(`--${boundary}`).slice(1, -1);
      const fields = parts.map((part) => [
        /name="(\w+)"/.exec(part)?.[1],
        part.slice(part.indexOf('\r\n\r\n') + 4, -2),
      ]);
      expect(fields).to.deep.equal([
        ['messaging_type', 'RESPONSE'],
        ['message', JSON.stringify(message)],
        ['recipient', JSON.stringify({ id: THREAD.psid })],
        ['filedata', bytes.toString('latin1')],
      ]);
      expect(parts.at(-1)).to.include('filename="a %22b%22.png"').and.to.include('Content-Type: image/png');
    });
  }
});
