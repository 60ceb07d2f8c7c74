/**
 * Asks VCC Live whether one of its agents is logged in and free: a function for the option `availability`.
 *
 * Lives on an export path of its own (`…/vcc-live`), because only some bots have access to VCC Live's Database API.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import type { Clock } from '../thread/clock.js';
import { systemClock } from '../thread/clock.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import { consoleLogger } from '../thread/logger.js';
import { RepeatedLines } from '../thread/repeated-lines.js';
import { AxiosExchange } from '../graph/axios-exchange.js';
import type { HttpExchange } from '../graph/http-exchange.js';
import type { VccLiveUser } from '../vcc-live/online-users.js';
import { readOnlineUsers, someoneIsAvailable } from '../vcc-live/online-users.js';
import type { Availability } from './availability.js';

export type { VccLiveUser } from '../vcc-live/online-users.js';

/** How VCC Live is asked. */
export interface VccLiveAgentsOptions {
  /** Your account's name: the first part of the address `https://<customer>.asp.virtual-call-center.eu`. */
  readonly customer: string;
  /** The account's API key. No log line and no error holds it. */
  readonly apiKey: string;
  /** The project whose agents answer the chats. VCC Live lists those who are logged in to it as their primary project. */
  readonly projectId: string | number;
  /**
   * Which people count as available: a list of states (`['AVAILABLE4CALL']`, in any case), or a function of the person.
   * Default: everybody who is logged in and below the hard limit, because VCC Live does not publish its states.
   */
  readonly states?: readonly string[] | ((user: VccLiveUser) => boolean);
  /** How long an answer counts, milliseconds. Default 5000. `0`: every handover asks. */
  readonly cacheMs?: number;
  /** How long VCC Live may take to answer, milliseconds. Then the answer is `unknown`. Default 1500. */
  readonly timeoutMs?: number;
  /** Origin of the Database API. Default `https://<customer>.asp.virtual-call-center.eu`. */
  readonly baseUrl?: string;
  /** Where a failure is logged, at most once a minute. Default: the console. */
  readonly logger?: Pick<Logger, 'warn'>;
  /** For tests. Default: this machine's. */
  readonly clock?: Clock;
}

const CACHE_MS = 5000;
/** Below the 2 seconds that the plugin waits for `availability`, so that a failure is logged with its reason. */
const TIMEOUT_MS = 1500;
const CUSTOMER = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const PROJECT_ID = /^\d{1,18}$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * A function for the option `availability`. It answers `available` or `unavailable`, and `unknown` when VCC Live cannot be
 * asked, so that no customer waits for a contact centre's database. Calls at the same time share one request.
 * @throws {@link InvalidOptionError} naming the option
 */
export function vccLiveAgents(options: VccLiveAgentsOptions): () => Promise<Availability> {
  const { customer, apiKey, cacheMs = CACHE_MS, clock = systemClock, timeoutMs = TIMEOUT_MS } = checked(options);
  const exchange = new AxiosExchange(timeoutMs, clock);
  const url = `${originOf(options)}/v2/onlineusers/${options.projectId}`;
  const authorization = `Basic ${Buffer.from(`${customer}:${apiKey}`, 'utf8').toString('base64')}`;
  const log = options.logger ?? consoleLogger;
  const lines = new RepeatedLines(
    { info: () => undefined, error: () => undefined, warn: (line) => log.warn(line) },
    clock,
  );
  const counts = countsBy(options.states);

  const ask = async (): Promise<Availability> => {
    const users = await onlineUsers(exchange, url, authorization);
    if (users.kind === 'users') return someoneIsAvailable(users.users, counts) ? 'available' : 'unavailable';
    lines.say(
      'warn',
      'unknown',
      `Whether an agent of VCC Live is available is unknown, so customers are handed over: ${withoutKey(users.why, apiKey)}. ` +
        'Check customer, apiKey and projectId of vccLiveAgents.',
    );
    return 'unknown';
  };

  /** `answeredAtMs` is missing while VCC Live is being asked. */
  let last: { readonly answer: Promise<Availability>; answeredAtMs?: number } | undefined;
  return () => {
    if (last && isFresh(last.answeredAtMs, clock.now(), cacheMs)) return last.answer;
    const asked: NonNullable<typeof last> = { answer: ask() };
    last = asked;
    return asked.answer.finally(() => {
      asked.answeredAtMs = clock.now();
    });
  };
}

/** A clock that was put back says nothing about an answer's age. */
function isFresh(answeredAtMs: number | undefined, nowMs: number, cacheMs: number): boolean {
  return answeredAtMs === undefined || (nowMs >= answeredAtMs && nowMs - answeredAtMs < cacheMs);
}

async function onlineUsers(
  exchange: HttpExchange,
  url: string,
  authorization: string,
): Promise<ReturnType<typeof readOnlineUsers>> {
  const result = await exchange.run({ method: 'GET', url, headers: { authorization, accept: 'application/json' } });
  if (result.status === 'failed') return { kind: 'unusable', why: `VCC Live gave no answer (${result.cause.message})` };
  if (result.httpStatus === 401 || result.httpStatus === 403) {
    return { kind: 'unusable', why: `VCC Live refused the API key (HTTP ${result.httpStatus})` };
  }
  if (result.httpStatus !== 200) return { kind: 'unusable', why: `VCC Live answered HTTP ${result.httpStatus}` };
  try {
    return readOnlineUsers(JSON.parse(result.text));
  } catch {
    return { kind: 'unusable', why: 'the answer of VCC Live is not JSON' };
  }
}

function countsBy(states: VccLiveAgentsOptions['states']): (user: VccLiveUser) => boolean {
  if (states === undefined) return () => true;
  if (typeof states === 'function') return states;
  const names = new Set(states.map((state) => state.toUpperCase()));
  return ({ state }) => names.has(state.toUpperCase());
}

/** A server may repeat what it was sent. */
function withoutKey(text: string, apiKey: string): string {
  return text.split(apiKey).join('[API key]');
}

function originOf({ baseUrl, customer }: VccLiveAgentsOptions): string {
  return baseUrl === undefined ? `https://${customer}.asp.virtual-call-center.eu` : new URL(baseUrl).origin;
}

function checked(options: VccLiveAgentsOptions): VccLiveAgentsOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError('vccLiveAgents', 'missing', 'an object with customer, apiKey and projectId');
  }
  const { customer, apiKey, projectId, states, baseUrl } = options;
  check(CUSTOMER.test(customer), 'customer', "your account's name in VCC Live, as in its address");
  check(typeof apiKey === 'string' && apiKey.trim() === apiKey && apiKey !== '', 'apiKey', "the account's API key");
  const isSafe = typeof projectId === 'string' || Number.isSafeInteger(projectId);
  check(isSafe && PROJECT_ID.test(String(projectId)), 'projectId', "the project's number, digits only");
  const isList = Array.isArray(states) && states.every((state) => typeof state === 'string');
  check(states === undefined || typeof states === 'function' || isList, 'states', 'a list of states, or a function');
  checkMs('cacheMs', options.cacheMs, 0);
  checkMs('timeoutMs', options.timeoutMs, 1);
  check(baseUrl === undefined || isSafeOrigin(baseUrl), 'baseUrl', 'an https origin without a path');
  return options;
}

function isSafeOrigin(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(baseUrl);
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return isPrivate && pathname === '/' && username === '' && search === '';
}

function checkMs(option: string, value: unknown, leastMs: number): void {
  if (value === undefined || (Number.isFinite(value) && Number(value) >= leastMs)) return;
  throw new InvalidOptionError(option, 'something else', `milliseconds, at least ${leastMs}`);
}

/** What was given is not repeated: somebody may have put the key into the wrong option. */
function check(isRight: boolean, option: string, expected: string): void {
  if (!isRight) throw new InvalidOptionError(option, 'missing or something else', expected);
}
