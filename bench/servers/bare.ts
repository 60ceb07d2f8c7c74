/** The limit: node:http, HMAC-SHA256 and JSON.parse, and, if asked, one send for each message by the fastest client. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as http from 'node:http';
import { Pool } from 'undici';
import { API_VERSION, APP_SECRET, CONNECTIONS, PAGE_TOKEN } from '../settings.js';

interface Item {
  readonly sender: { readonly id: string };
  readonly message?: { readonly text?: string };
}

/** A server that does what nobody can leave out. @param graphOrigin where to send; `undefined`: nothing is sent */
export function bareServer(graphOrigin: string | undefined): http.Server {
  const send = graphOrigin === undefined ? undefined : sender(graphOrigin);
  return http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const expected = createHmac('sha256', APP_SECRET).update(body).digest();
      const given = Buffer.from(String(request.headers['x-hub-signature-256']).slice('sha256='.length), 'hex');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        response.statusCode = 401;
        response.end();
        return;
      }
      const { entry } = JSON.parse(body.toString('utf8')) as { entry: { messaging?: Item[]; standby?: Item[] }[] };
      if (!send) return acknowledge(response);
      const items = entry.flatMap(({ messaging }) => messaging ?? []);
      void Promise.all(items.map(send)).then(() => acknowledge(response));
    });
  });
}

function acknowledge(response: http.ServerResponse): void {
  response.statusCode = 200;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end('EVENT_RECEIVED');
}

function sender(graphOrigin: string): (item: Item) => Promise<unknown> {
  const pool = new Pool(graphOrigin, { connections: CONNECTIONS });
  const proof = createHmac('sha256', APP_SECRET).update(PAGE_TOKEN).digest('hex');
  const path = `/${API_VERSION}/me/messages?appsecret_proof=${proof}`;
  const headers = { authorization: `Bearer ${PAGE_TOKEN}`, 'content-type': 'application/json' };
  return async ({ sender: { id }, message }) => {
    const body = JSON.stringify({ recipient: { id }, message: { text: `You said: ${message?.text ?? ''}` } });
    const answer = await pool.request({ path, method: 'POST', headers, body });
    return answer.body.json();
  };
}
