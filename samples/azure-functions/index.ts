/**
 * The bot as Azure Functions, programming model v4: one for Meta's webhook, one on a schedule.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-reference-node
 */
import { app } from '@azure/functions';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { bot } from '../functions/bot.js';

export async function webhook(request: HttpRequest): Promise<HttpResponseInit> {
  return bot.receive({
    method: request.method,
    headers: Object.fromEntries(request.headers),
    query: new URL(request.url).search,
    rawBody: new Uint8Array(await request.arrayBuffer()),
  });
}

app.http('messenger', { methods: ['GET', 'POST'], authLevel: 'anonymous', handler: webhook });
app.timer('timers', { schedule: '0 * * * * *', handler: () => bot.runTimers() });
