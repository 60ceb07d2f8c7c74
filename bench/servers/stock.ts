/**
 * The stock adapter, as far as it can run: made loadable (`request` is installed under its name), on node:http with the
 * few lines that it expects of a framework, or on restify. Its own HTTP client speaks https only and is no longer
 * maintained. So axios with keep-alive sends in its place.
 */
import { createHmac } from 'node:crypto';
import * as http from 'node:http';
import axios from 'axios';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { API_VERSION, APP_SECRET, CONNECTIONS, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';
import type { Bot, Framework } from './bots.js';
import { logicOf } from './bots.js';
import { restifyServer } from './restify.js';

export async function stockServer(how: { graphOrigin: string; bot: Bot; framework: Framework }): Promise<http.Server> {
  const adapter = stockAdapter(how.graphOrigin);
  const logic = logicOf(how.bot);
  if (how.framework === 'restify')
    return restifyServer((req, res) => adapter.processActivity(req, res, logic), 'bodyParser');
  const server = http.createServer({ ServerResponse: ResponseWithStatus }, (request: RequestWithBody, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      request.rawBody = Buffer.concat(chunks);
      request.body = JSON.parse(request.rawBody.toString('utf8')) as unknown;
      void adapter.processActivity(request, response, logic);
    });
  });
  return server as unknown as http.Server;
}

type RequestWithBody = http.IncomingMessage & { rawBody?: Buffer; body?: unknown };

/** express and restify have it; it must cost nothing here. */
class ResponseWithStatus extends http.ServerResponse {
  status(code: number): void {
    this.statusCode = code;
  }
}

/** A stock adapter whose sends go to the pretend Graph. */
export function stockAdapter(graphOrigin: string): FacebookAdapter {
  const adapter = new FacebookAdapter({
    verify_token: VERIFY_TOKEN,
    app_secret: APP_SECRET,
    access_token: PAGE_TOKEN,
    api_version: API_VERSION,
  });
  const client = axios.create({ httpAgent: new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS }) });
  const callAPI = async (path: string, method: string, data: unknown): Promise<unknown> => {
    const proof = createHmac('sha256', APP_SECRET).update(PAGE_TOKEN).digest('hex');
    const url = `${graphOrigin}/${API_VERSION}${path}?access_token=${PAGE_TOKEN}&appsecret_proof=${proof}`;
    return (await client.request<unknown>({ method, url, data })).data;
  };
  Object.assign(adapter, { getAPI: async () => ({ callAPI }) });
  return adapter;
}
