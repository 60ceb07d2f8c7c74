/** Botkit with the stock adapter and the web server that it brings (express), as its Facebook sample has it; nothing is heard. */
import type { Server } from 'node:http';
import { Botkit } from 'botkit';
import { WEBHOOK_PATH } from '../settings.js';
import { stockAdapter } from './stock.js';

/** Already listens: Botkit does that by itself, on the port of its environment. */
export async function botkitServer(): Promise<Server> {
  process.env['PORT'] = '0';
  const controller = new Botkit({ adapter: stockAdapter(''), webhook_uri: WEBHOOK_PATH, disable_console: true });
  await new Promise<void>((resolve) => controller.ready(() => resolve()));
  return controller.http as Server;
}
