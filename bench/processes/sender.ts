/** One way to send a message to Graph: `node sender.js <client> <graph origin>`. The process's CPU is what is measured. */
import * as http from 'node:http';
import { performance } from 'node:perf_hooks';
import { ThreadControlClient } from 'botbuilder-handover-vcclive';
import axios from 'axios';
import type { AxiosAdapter, AxiosResponse } from 'axios';
import { AxiosHeaders } from 'axios';
import { Pool } from 'undici';
import { API_VERSION, BOT_APP_ID, CONNECTIONS, PAGE_ID, PAGE_TOKEN } from '../settings.js';
import { answerQuestions } from './answer-questions.js';

/** A client of the comparison. */
export type SenderKind = 'ours' | 'axios' | 'axiosOverUndici' | 'fetch' | 'undici';

type Send = (psid: string) => Promise<unknown>;

const [kind, origin = ''] = process.argv.slice(2);
const URL_OF_SENDS = `${origin}/${API_VERSION}/me/messages?appsecret_proof=${'0'.repeat(64)}`;
const HEADERS = { authorization: `Bearer ${PAGE_TOKEN}`, 'content-type': 'application/json' };

const send = senderOf(kind as SenderKind);
answerQuestions({ run });

/** Sends so many messages, a fixed number of them at a time. @returns seconds */
async function run({ messages }: { messages: number }): Promise<number> {
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < messages) await send(String(6_600_000_000_000_000 + next++));
  };
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, line));
  return (performance.now() - beganMs) / 1000;
}

function senderOf(which: SenderKind): Send {
  switch (which) {
    case 'ours': {
      const client = new ThreadControlClient({ botAppId: BOT_APP_ID, pageAccessToken: PAGE_TOKEN, baseUrl: origin });
      return (psid) => client.send({ pageId: PAGE_ID, psid }, bodyFor(psid));
    }
    case 'axios': {
      const httpAgent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      const client = axios.create({ httpAgent, headers: HEADERS });
      return (psid) => client.post(URL_OF_SENDS, bodyFor(psid));
    }
    case 'axiosOverUndici': {
      const client = axios.create({ adapter: undiciAdapter(), headers: HEADERS });
      return (psid) => client.post(URL_OF_SENDS, bodyFor(psid));
    }
    case 'fetch':
      return async (psid) => {
        const body = JSON.stringify(bodyFor(psid));
        return (await fetch(URL_OF_SENDS, { method: 'POST', headers: HEADERS, body })).json();
      };
    case 'undici': {
      const pool = new Pool(origin, { connections: CONNECTIONS });
      const path = URL_OF_SENDS.slice(origin.length);
      return async (psid) => {
        const body = JSON.stringify(bodyFor(psid));
        return (await pool.request({ path, method: 'POST', headers: HEADERS, body })).body.json();
      };
    }
  }
}

function bodyFor(psid: string): object {
  return { recipient: { id: psid }, messaging_type: 'RESPONSE', message: { text: 'Your parcel is on its way.' } };
}

/** As little as an adapter can do. */
function undiciAdapter(): AxiosAdapter {
  const pool = new Pool(origin, { connections: CONNECTIONS });
  return async (config): Promise<AxiosResponse> => {
    const path = (config.url ?? '').slice(origin.length);
    const headers = config.headers.toJSON() as Record<string, string>;
    const body = config.data as string;
    const answer = await pool.request({ path, method: 'POST', headers, body });
    const data = await answer.body.text();
    const given = new AxiosHeaders(answer.headers as Record<string, string>);
    return { data, status: answer.statusCode, statusText: '', headers: given, config };
  };
}
