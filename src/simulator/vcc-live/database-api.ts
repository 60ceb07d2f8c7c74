/**
 * The simulated VCC Live's Database API over HTTP: `GET /v2/onlineusers/<projectId>` and `GET /v2/projects/<projectId>/chats`.
 *
 * VCC Live publishes HTTP Basic and the envelope. The status and the text of a refusal are the simulator's guess.
 * @see https://vcc.live/?p=35254
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault, Weather } from '../weather.js';
import type { JsonObject } from '../webhook-items.js';
import type { Wire } from '../wire.js';
import type { ProjectAgents } from './agents.js';
import { PROJECT_ID, type ChatFilter, type ChatLog } from './chat-log.js';

/** Every path of the Database API begins with it. */
export const DATABASE_API_PREFIX = '/v2/';
const ONLINE_USERS = /^\/v2\/onlineusers\/(\d+)$/;
const CHATS = /^\/v2\/projects\/(\d+)\/chats$/;
const DEFAULT_LIMIT = 100;

/** What the API works with. */
export interface DatabaseApiDeps {
  readonly wire: Wire;
  readonly weather: Pick<Weather, 'noAgents'> & { readonly vccLiveApiDown: Fault };
  readonly agents: ProjectAgents;
  readonly chats: ChatLog;
  /** Account and key, as HTTP Basic wants them. */
  readonly customer: string;
  readonly apiKey: string;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** Answers requests below `/v2/`. */
export class DatabaseApi {
  readonly #deps: DatabaseApiDeps;

  constructor(deps: DatabaseApiDeps) {
    this.#deps = deps;
  }

  /** Answers one request, and writes it to the wire without its key. */
  receive(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vcc-live');
    const { status, body } = this.#answer(request, pathname, searchParams);
    this.#deps.wire.write({
      kind: 'databaseApi',
      method: request.method ?? 'GET',
      path: pathname,
      query: Object.fromEntries(searchParams),
      status,
      answer: body,
    });
    // Not chained: in a process that has loaded restify, writeHead returns nothing.
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(body));
  }

  #answer({ method, headers }: IncomingMessage, path: string, query: URLSearchParams): Answer {
    const { weather, customer, apiKey } = this.#deps;
    if (weather.vccLiveApiDown.strikes() !== undefined) return refusal(500, 'Internal error');
    const basic = Buffer.from(`${customer}:${apiKey}`, 'utf8').toString('base64');
    if (headers.authorization !== `Basic ${basic}`) return refusal(401, 'Wrong customer or API key');
    if (method !== 'GET') return refusal(405, 'Only GET');
    const projectId = ONLINE_USERS.exec(path)?.[1] ?? CHATS.exec(path)?.[1];
    if (projectId === undefined) return refusal(404, 'Unknown resource');
    if (projectId !== String(PROJECT_ID)) return refusal(200, 'Unknown project');
    if (ONLINE_USERS.test(path)) return rows(weather.noAgents ? [] : this.#deps.agents.online());
    return rows(this.#deps.chats.read(filterOf(query)));
  }
}

function filterOf(query: URLSearchParams): ChatFilter {
  const entityId = numberOf(query, 'entityId');
  return {
    ...(entityId === undefined ? {} : { entityId }),
    start: numberOf(query, 'start') ?? 0,
    limit: numberOf(query, 'limit') ?? DEFAULT_LIMIT,
  };
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function rows(response: readonly JsonObject[]): Answer {
  return { status: 200, body: { response, errors: [] } };
}

function refusal(status: number, error: string): Answer {
  return { status, body: { response: null, errors: [error] } };
}
