/**
 * restify, the server of Bot Framework's samples. The stock adapter needs its body parser, which keeps the bytes; ours reads
 * the request itself, and docs/adapters.md says to leave the parser out.
 */
import type { Server } from 'node:http';
import { WEBHOOK_PATH } from '../settings.js';

type Handler = (req: unknown, res: unknown) => Promise<void>;

export async function restifyServer(handle: Handler, parser: 'bodyParser' | 'none'): Promise<Server> {
  // Loaded here only: it changes node's ServerResponse for the whole process.
  const restify = await import('restify');
  const server = restify.createServer();
  if (parser === 'bodyParser') server.use(restify.plugins.bodyParser({ mapParams: false }));
  server.post(WEBHOOK_PATH, async (req, res) => handle(req, res));
  return server.server;
}
