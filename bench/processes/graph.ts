/** A pretend Graph in a process of its own: accepts every call, counts it, and says that VCC Live owns every thread. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { OTHER_APP_ID, PAGE_ID } from '../settings.js';
import { answerQuestions } from './answer-questions.js';

/** Meta's 24 hours. */
const CONTROL_SECONDS = 86_400;
const JSON_HEADERS = { 'content-type': 'application/json' };

let calls: string[] = [];
let counting = false;
let sent = 0;

const server = http.createServer((request, response) => {
  const url = request.url ?? '';
  const edge =
    url
      .slice(0, url.indexOf('?') < 0 ? undefined : url.indexOf('?'))
      .split('/')
      .at(-1) ?? '';
  if (counting) calls.push(`${request.method ?? ''} ${edge}`);
  request.resume();
  request.on('end', () => {
    response.writeHead(200, JSON_HEADERS);
    response.end(answerTo(edge));
  });
});

server.listen(0, '127.0.0.1', () => {
  answerQuestions({
    port: () => (server.address() as AddressInfo).port,
    count: () => {
      calls = [];
      counting = true;
    },
    counted: () => {
      counting = false;
      return calls;
    },
  });
});

function answerTo(edge: string): string {
  if (edge === 'messages') {
    sent += 1;
    return JSON.stringify({ recipient_id: '6600000000000000', message_id: `m_sent-${sent}` });
  }
  if (edge === 'me') return JSON.stringify({ id: PAGE_ID, messaging_feature_status: { msgr_multi_app: true } });
  if (edge === 'thread_owner') {
    const expiration = Math.floor(Date.now() / 1000) + CONTROL_SECONDS;
    return JSON.stringify({ data: [{ thread_owner: { app_id: OTHER_APP_ID, expiration } }] });
  }
  return JSON.stringify({ success: true });
}
