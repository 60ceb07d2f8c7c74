/** restify with its own body parser, which keeps the bytes: the usual bot of Bot Framework's samples. */
import type { Server } from 'node:http';
import { WEBHOOK_PATH } from '../settings.js';

type Handler = (req: unknown, res: unknown) => Promise<void>;

export async function restifyServer(handle: Handler): Promise<Server> {
  // Loaded here only: it changes node's ServerResponse for the whole process.
  const restify = await import('restify');
  const server = restify.createServer();
  server.use(restify.plugins.bodyParser({ mapParams: false }));
  server.post(WEBHOOK_PATH, async (req, res) => handle(req, res));
  return server.server;
}
