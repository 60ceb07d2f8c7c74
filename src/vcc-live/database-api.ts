/**
 * The client of VCC Live's Database API: account, key, time limit, and what an answer or a failure means.
 *
 * @see https://vcc.live/?p=35254
 */
import type { Clock } from '../thread/clock.js';
import { systemClock } from '../thread/clock.js';
import { checkFields, namesOf } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import { parseExactJson } from '../thread/exact-json.js';
import type { Logger } from '../thread/logger.js';
import { consoleLogger } from '../thread/logger.js';
import { RepeatedLines } from '../thread/repeated-lines.js';
import { AxiosExchange } from '../graph/axios-exchange.js';
import type { HttpExchange } from '../graph/http-exchange.js';
import type { DatabaseRows } from './database-answer.js';
import { readRows } from './database-answer.js';

/** How VCC Live's Database API is reached. */
export interface VccLiveDatabaseOptions {
  /** Your account's name: the first part of the address `https://<customer>.asp.virtual-call-center.eu`. */
  readonly customer: string;
  /** The account's API key. No log line and no error holds it. */
  readonly apiKey: string;
  /** The project whose agents answer the chats. */
  readonly projectId: string | number;
  /** How long VCC Live may take to answer, milliseconds. Default 1500. */
  readonly timeoutMs?: number;
  /** Origin of the Database API. Default `https://<customer>.asp.virtual-call-center.eu`. */
  readonly baseUrl?: string;
  /** Where a failure is logged, at most once a minute. Default: the console. */
  readonly logger?: Pick<Logger, 'warn'>;
  /** For tests. Default: this machine's. */
  readonly clock?: Clock;
}

const OPTION_NAMES = namesOf<VccLiveDatabaseOptions>({
  customer: true,
  apiKey: true,
  projectId: true,
  timeoutMs: true,
  baseUrl: true,
  logger: true,
  clock: true,
});
/** Below the 2 seconds that the plugin waits for `availability`, so that a failure is logged with its reason. */
const TIMEOUT_MS = 1500;
const CUSTOMER = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const PROJECT_ID = /^\d{1,18}$/;
/** Names and addresses that lead to this machine; the unspecified ones do, too. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/;

/** Asks VCC Live's Database API about one project. */
export class VccLiveDatabase {
  readonly projectId: string;
  readonly #exchange: HttpExchange;
  readonly #origin: string;
  readonly #apiKey: string;
  readonly #authorization: string;
  readonly #lines: RepeatedLines;

  /**
   * @param more the names of options that are not of the database
   * @throws {@link InvalidOptionError} naming the option
   */
  constructor(options: VccLiveDatabaseOptions, more: readonly string[] = []) {
    checkFields('', options, [...OPTION_NAMES, ...more]);
    const { customer, apiKey, baseUrl, clock = systemClock, timeoutMs = TIMEOUT_MS } = checked(options);
    this.projectId = String(options.projectId);
    this.#exchange = new AxiosExchange(timeoutMs, clock);
    this.#origin = baseUrl === undefined ? `https://${customer}.asp.virtual-call-center.eu` : new URL(baseUrl).origin;
    this.#apiKey = apiKey;
    this.#authorization = `Basic ${Buffer.from(`${customer}:${apiKey}`, 'utf8').toString('base64')}`;
    const log = options.logger ?? consoleLogger;
    const ignore = (): void => undefined;
    this.#lines = new RepeatedLines({ info: ignore, error: ignore, warn: (line) => log.warn(line) }, clock);
  }

  /** Reads a list. Never rejects. @param path below `/v2/` */
  async rows(path: string, query: Readonly<Record<string, string>> = {}): Promise<DatabaseRows> {
    const search = new URLSearchParams(query).toString();
    const url = `${this.#origin}/v2/${path}${search === '' ? '' : `?${search}`}`;
    const headers = { authorization: this.#authorization, accept: 'application/json' };
    const result = await this.#exchange.run({ method: 'GET', url, headers });
    if (result.status === 'failed') return unusable(`VCC Live gave no answer (${result.cause.message})`);
    const { httpStatus, text } = result;
    if (httpStatus === 401 || httpStatus === 403) return unusable(`VCC Live refused the API key (HTTP ${httpStatus})`);
    if (httpStatus !== 200) return unusable(`VCC Live answered HTTP ${httpStatus}`);
    try {
      return readRows(parseExactJson(text));
    } catch {
      return unusable('the answer of VCC Live is not JSON');
    }
  }

  /** Logs a failure without the key, at most once a minute. @param line makes the line of the reason */
  warn(why: string, line: (why: string) => string): void {
    // A server may repeat what it was sent.
    this.#lines.say('warn', 'unusable', line(why.split(this.#apiKey).join('[API key]')));
  }
}

/** For options of the client's users. What was given is not repeated: somebody may have put the key into the wrong option. */
export function checkOption(isRight: boolean, option: string, expected: string): void {
  if (!isRight) throw new InvalidOptionError(option, 'missing or something else', expected);
}

/** @throws {@link InvalidOptionError} unless the value is absent, or a number of milliseconds from `leastMs` on */
export function checkMs(option: string, value: unknown, leastMs: number): void {
  if (value === undefined || (Number.isFinite(value) && Number(value) >= leastMs)) return;
  throw new InvalidOptionError(option, 'something else', `milliseconds, at least ${leastMs}`);
}

function unusable(why: string): DatabaseRows {
  return { kind: 'unusable', why };
}

function checked(options: VccLiveDatabaseOptions): VccLiveDatabaseOptions {
  const { customer, apiKey, projectId, baseUrl } = options;
  checkOption(CUSTOMER.test(customer), 'customer', "your account's name in VCC Live, as in its address");
  const isKey = typeof apiKey === 'string' && apiKey.trim() === apiKey && apiKey !== '';
  checkOption(isKey, 'apiKey', "the account's API key");
  const isSafe = typeof projectId === 'string' || Number.isSafeInteger(projectId);
  checkOption(isSafe && PROJECT_ID.test(String(projectId)), 'projectId', "the project's number, digits only");
  checkMs('timeoutMs', options.timeoutMs, 1);
  checkOption(baseUrl === undefined || isSafeOrigin(baseUrl), 'baseUrl', 'an https origin without a path');
  return options;
}

function isSafeOrigin(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const { protocol, hostname, pathname, username, search } = new URL(baseUrl);
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return isPrivate && pathname === '/' && username === '' && search === '';
}
