/**
 * The options of the Graph client, their defaults, and the check that refuses wrong ones by name in the constructor.
 */
import { type Clock, systemClock } from '../thread/clock.js';
import { InvalidOptionError } from '../thread/errors.js';
import { checkFields, describedPart, namesOf } from '../thread/check-values.js';
import type { AppId, PageId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import type { Probe } from '../thread/probe.js';
import { APPLICATION_TIMEOUT_MS } from '../thread/time-limit.js';
import type { Traffic } from '../thread/traffic.js';
import type { TokenAnswers } from './token-answers.js';

/** Options of {@link ThreadControlClient}. */
export interface ThreadControlClientOptions {
  /** The bot's Facebook app id. */
  readonly botAppId: AppId;
  /** Page access token, or a function that has it for each Page; the function is called for every request. */
  readonly pageAccessToken: string | ((pageId: PageId) => string | Promise<string>);
  /**
   * App Secret of the app that issued the token. If present, every call carries `appsecret_proof`.
   * @see https://developers.facebook.com/docs/graph-api/guides/secure-requests
   */
  readonly appSecret?: string | undefined;
  /** Origin of the Graph API, without a path. Default `https://graph.facebook.com`. */
  readonly baseUrl?: string | undefined;
  /** Default `v26.0`. Versions live for at least two years. @see https://developers.facebook.com/docs/graph-api/changelog/versions */
  readonly apiVersion?: string | undefined;
  /**
   * Time limit of one request, connecting and reading included, milliseconds. Default 5000. The token function has this
   * long as well, but at most 3000.
   */
  readonly timeoutMs?: number;
  /** How often a call is repeated if that is safe. 0 to 10, default 3; the waits are 1, 2, 4 … seconds and up to half more. */
  readonly maxRetries?: number;
  /** Default: this machine's. Every wait, time limit and time stamp is of this clock. */
  readonly clock?: Clock;
  /** From 0 up to 1, for the jitter of waits. Default `Math.random`. */
  readonly random?: () => number;
  /** Gets one line when calls of a Page begin to pause, with what to do. Default: none. */
  readonly logger?: Logger;
  /** Measures every attempt at a call. Default: none. A client of one's own takes one that does not throw. */
  readonly probe?: Probe | undefined;
}

/** What of a plugin looks on at a client's calls. */
export interface ClientWatchers {
  /** Sees every attempt at a call, for a recording. */
  readonly traffic?: Traffic;
  /** Remembers what Meta's answers say of the tokens. */
  readonly tokens?: TokenAnswers;
}

/** The options with every default filled in. */
export interface ClientSettings {
  readonly botAppId: AppId;
  readonly pageAccessToken: ThreadControlClientOptions['pageAccessToken'];
  readonly appSecret: string | undefined;
  /** Origin and version: `https://graph.facebook.com/v26.0`. */
  readonly root: string;
  readonly timeoutMs: number;
  /** How long the token function may take. */
  readonly tokenTimeoutMs: number;
  readonly maxRetries: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger | undefined;
  readonly probe: Probe | undefined;
  readonly traffic: Traffic | undefined;
  readonly tokens: TokenAnswers | undefined;
}

const OPTION_NAMES = namesOf<ThreadControlClientOptions>({
  botAppId: true,
  pageAccessToken: true,
  appSecret: true,
  baseUrl: true,
  apiVersion: true,
  timeoutMs: true,
  maxRetries: true,
  clock: true,
  random: true,
  logger: true,
  probe: true,
});
const DEFAULT_BASE_URL = 'https://graph.facebook.com';
const DEFAULT_API_VERSION = 'v26.0';
const DEFAULT_TIMEOUT_MS = 5000;
const LONGEST_TIMEOUT_MS = 10 * 60_000;
const DEFAULT_MAX_RETRIES = 3;
const MOST_RETRIES = 10;
/** What a header can carry; no blank, no line break. */
const TOKEN_CHARACTERS = /^[\x21-\x7e]+$/;

/**
 * Checks the options and fills in the defaults.
 * @throws {@link InvalidOptionError} if an option has a value it cannot have; the text shows no value that may be a secret
 */
export function settingsOf(options: ThreadControlClientOptions, watchers: ClientWatchers = {}): ClientSettings {
  checkOptions(options);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return {
    botAppId: options.botAppId,
    pageAccessToken: options.pageAccessToken,
    appSecret: options.appSecret,
    root: `${new URL(options.baseUrl ?? DEFAULT_BASE_URL).origin}/${options.apiVersion ?? DEFAULT_API_VERSION}`,
    timeoutMs,
    tokenTimeoutMs: Math.min(timeoutMs, APPLICATION_TIMEOUT_MS),
    maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    logger: options.logger,
    probe: options.probe,
    traffic: watchers.traffic,
    tokens: watchers.tokens,
  };
}

/** Whether this text can be a token. */
export function isTokenText(text: string): boolean {
  return TOKEN_CHARACTERS.test(text);
}

function checkOptions(options: ThreadControlClientOptions): void {
  const given = checkFields('', options, OPTION_NAMES);
  const { botAppId, pageAccessToken, appSecret } = given;
  if (typeof botAppId !== 'string' || botAppId === '') {
    throw new InvalidOptionError('botAppId', describedPart(botAppId), "the bot's Facebook app id, as a string");
  }
  const isToken = typeof pageAccessToken === 'string' && isTokenText(pageAccessToken.trim());
  if (!isToken && typeof pageAccessToken !== 'function') {
    throw new InvalidOptionError(
      'pageAccessToken',
      describedPart(pageAccessToken),
      'a Page access token, or a function that has one for each Page',
    );
  }
  if (appSecret !== undefined && (typeof appSecret !== 'string' || appSecret === '')) {
    throw new InvalidOptionError('appSecret', describedPart(appSecret), 'the App Secret, or left out');
  }
  checkGraphSettings('', given);
}

/**
 * Refuses what cannot work of how Graph is called.
 * @param path in front of the names: `graph.`, or empty
 * @throws {@link InvalidOptionError}
 */
export function checkGraphSettings(path: string, settings: Readonly<Record<string, unknown>>): void {
  const { baseUrl, apiVersion, timeoutMs, maxRetries } = settings;
  const check = (name: string, value: unknown, fits: boolean, expected: string): void => {
    if (value !== undefined && !fits) throw new InvalidOptionError(`${path}${name}`, describedPart(value), expected);
  };
  const origin = 'an http or https origin without path, such as https://graph.facebook.com';
  check('baseUrl', baseUrl, isOrigin(baseUrl), origin);
  const isVersion = typeof apiVersion === 'string' && /^v\d+\.\d+$/.test(apiVersion);
  check('apiVersion', apiVersion, isVersion, 'a version such as v26.0');
  const isTimeout = typeof timeoutMs === 'number' && timeoutMs >= 1 && timeoutMs <= LONGEST_TIMEOUT_MS;
  check('timeoutMs', timeoutMs, isTimeout, `a number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`);
  const isCount = Number.isInteger(maxRetries) && Number(maxRetries) >= 0 && Number(maxRetries) <= MOST_RETRIES;
  check('maxRetries', maxRetries, isCount, `a whole number from 0 to ${MOST_RETRIES}`);
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  const isBare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return isBare && (url.protocol === 'https:' || url.protocol === 'http:');
}
