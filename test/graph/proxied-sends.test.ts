import * as http from 'node:http';
import { expect } from 'chai';
import { ThreadControlClient } from 'botbuilder-handover-vcclive';
import { BOT, THREAD, TOKEN } from './setting.js';
import { listenLocally, originOf, stopServer } from '../kit/listening.js';

describe('a bot behind a proxy', () => {
  const before = process.env['http_proxy'];
  afterEach(() => {
    if (before === undefined) delete process.env['http_proxy'];
    else process.env['http_proxy'] = before;
  });

  it('sends its messages through the proxy of its environment, as its thread control', async () => {
    const asked: string[] = [];
    const proxy = http.createServer((request, response) => {
      asked.push(new URL(request.url ?? '').pathname);
      request.resume().on('end', () => response.end('{"message_id":"m_1","success":true}'));
    });
    await listenLocally(proxy);
    process.env['http_proxy'] = originOf(proxy);
    const baseUrl = 'http://graph.invalid';
    const client = new ThreadControlClient({ botAppId: BOT, pageAccessToken: TOKEN, baseUrl, apiVersion: 'v26.0' });
    await client.send(THREAD, { message: { text: 'hello' } });
    await client.pass(THREAD, '1', 'x');
    client.close();
    await stopServer(proxy);
    expect(asked).to.deep.equal(['/v26.0/me/messages', '/v26.0/me/pass_thread_control']);
  });
});
