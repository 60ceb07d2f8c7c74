/**
 * Refuses options that cannot work, before anything runs.
 *
 * Exists so that a typo in an id is one clear line at start-up, not a customer who is stranded a week later.
 */
import { InvalidOptionError } from '../thread/errors.js';
import { MOST_HANDOVERS_COUNTED } from '../handover/loop-breaker.js';
import type { VccLiveHandoverOptions } from './handover-options.js';

const TEXT_NAMES = ['connecting', 'unavailable', 'failed', 'unclaimed', 'abandoned', 'returned'];
const REQUEST_POLICIES = ['grantVccLive', 'grantAll', 'deny'];
const TIMER_NAMES = ['unclaimedMs', 'idleMs', 'maximumMs'];
const FUNCTIONS_OF_A_STORE = [
  'read',
  'update',
  'forget',
  'claim',
  'finish',
  'release',
  'schedule',
  'unschedule',
  'takeDue',
];

/**
 * Refuses what cannot work.
 * @throws {@link InvalidOptionError} naming the option, what it got and what it expects; secrets are never shown
 */
export function checkOptions(options: VccLiveHandoverOptions): void {
  if (!isObject(options))
    throw new InvalidOptionError(
      'options',
      described(options),
      'an object with botAppId, vccLiveAppId and pageAccessToken',
    );
  const given: Readonly<Record<string, unknown>> = { ...options };
  checkId('botAppId', given['botAppId'], 'the Facebook app id of the bot');
  if (typeof given['vccLiveAppId'] !== 'function')
    checkId(
      'vccLiveAppId',
      given['vccLiveAppId'],
      "VCC Live's app id (VCC Live support tells it), or a function of the Page id",
    );
  if (given['botAppId'] === given['vccLiveAppId']) {
    throw new InvalidOptionError(
      'vccLiveAppId',
      'the same as botAppId',
      "VCC Live's own app id: a thread cannot be passed to the bot itself",
    );
  }
  if (typeof given['pageAccessToken'] !== 'function')
    checkSecret('pageAccessToken', given['pageAccessToken'], 'a Page access token, or a function of the Page id');
  if (given['appSecret'] !== undefined) checkSecret('appSecret', given['appSecret'], "the App Secret of the bot's app");
  checkTriggers(given['talkToAgent']);
  checkTexts(given['texts']);
  checkKind('metadata', given['metadata'], 'function', 'a function (context, request) => string | object');
  checkKind('statusEvents', given['statusEvents'], 'boolean', 'true or false');
  checkKind('inlineThreadControl', given['inlineThreadControl'], 'boolean', 'true or false');
  if (given['redact'] !== false)
    checkKind('redact', given['redact'], 'function', 'a function (text) => string, or false');
  checkKind(
    'availability',
    given['availability'],
    'function',
    'a function (context, request) => available, unavailable or unknown',
  );
  checkLoopBreaker(given['loopBreaker']);
  checkTimers(given['timers']);
  checkRequests(given['requests']);
  checkReclaim(given['reclaim']);
  checkStore(given['store']);
  checkGraph(given['graph']);
  checkMethods('logger', given['logger'], ['info', 'warn', 'error']);
  checkMethods('clock', given['clock'], ['now', 'after']);
}

/**
 * A duration in milliseconds, where it is given.
 * @throws {@link InvalidOptionError}
 */
export function checkDuration(option: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidOptionError(option, described(value), 'a positive, finite number of milliseconds');
  }
}

function checkId(option: string, value: unknown, expected: string): void {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return;
  const got =
    typeof value === 'string' && value.trim() !== ''
      ? `${JSON.stringify(value)}, with blanks around it`
      : described(value);
  throw new InvalidOptionError(option, got, `a string without blanks around it: ${expected}`);
}

/** As {@link checkId}, for values that no error may show. */
function checkSecret(option: string, value: unknown, expected: string): void {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return;
  const blank = typeof value === 'string' && value.trim() === '';
  const got = typeof value !== 'string' ? described(value) : blank ? 'empty' : 'a string with blanks around it';
  throw new InvalidOptionError(option, got, `a string without blanks around it: ${expected}`);
}

function checkTriggers(value: unknown): void {
  if (value === undefined) return;
  const triggers: readonly unknown[] = Array.isArray(value) ? value : [value];
  triggers.forEach((trigger, index) => {
    const option = Array.isArray(value) ? `talkToAgent[${index}]` : 'talkToAgent';
    if (trigger instanceof RegExp || typeof trigger === 'function') return;
    if (typeof trigger === 'string' && trigger.trim() !== '') return;
    if (
      isObject(trigger) &&
      isObject(trigger['recognizer']) &&
      typeof trigger['recognizer']['recognize'] === 'function'
    ) {
      if (typeof trigger['intent'] !== 'string' || trigger['intent'] === '') {
        throw new InvalidOptionError(`${option}.intent`, described(trigger['intent']), 'the name of an intent');
      }
      const { minScore } = trigger;
      if (minScore === undefined || (typeof minScore === 'number' && minScore >= 0 && minScore <= 1)) return;
      throw new InvalidOptionError(`${option}.minScore`, described(minScore), 'a number from 0 to 1');
    }
    throw new InvalidOptionError(
      option,
      described(trigger),
      'a RegExp, a text, { recognizer, intent, minScore? } or a function of the turn context',
    );
  });
}

function checkTexts(value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value))
    throw new InvalidOptionError('texts', described(value), `an object with ${TEXT_NAMES.join(', ')}`);
  for (const [name, text] of Object.entries(value)) {
    if (!TEXT_NAMES.includes(name)) {
      throw new InvalidOptionError(`texts.${name}`, 'unknown', `one of ${TEXT_NAMES.join(', ')}`);
    }
    if (text === null || text === undefined || typeof text === 'string' || typeof text === 'function' || isObject(text))
      continue;
    throw new InvalidOptionError(
      `texts.${name}`,
      described(text),
      'a text, an activity, a function of the turn context, or null for silence',
    );
  }
}

function checkTimers(value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) {
    throw new InvalidOptionError('timers', described(value), `an object with ${TIMER_NAMES.join(', ')}`);
  }
  for (const [name, duration] of Object.entries(value)) {
    if (!TIMER_NAMES.includes(name)) {
      throw new InvalidOptionError(`timers.${name}`, 'unknown', `one of ${TIMER_NAMES.join(', ')}`);
    }
    checkDuration(`timers.${name}`, duration);
  }
}

function checkLoopBreaker(value: unknown): void {
  if (value === undefined || value === false) return;
  if (!isObject(value)) {
    throw new InvalidOptionError('loopBreaker', described(value), 'an object with maxHandovers, withinMs, or false');
  }
  checkDuration('loopBreaker.withinMs', value['withinMs']);
  const { maxHandovers } = value;
  const counted =
    Number.isInteger(maxHandovers) && Number(maxHandovers) > 0 && Number(maxHandovers) <= MOST_HANDOVERS_COUNTED;
  if (maxHandovers === undefined || counted) return;
  const expected = `a whole number from 1 to ${MOST_HANDOVERS_COUNTED}`;
  throw new InvalidOptionError('loopBreaker.maxHandovers', described(maxHandovers), expected);
}

function checkRequests(value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  if (typeof value === 'string' && REQUEST_POLICIES.includes(value)) return;
  throw new InvalidOptionError('requests', described(value), `one of ${REQUEST_POLICIES.join(', ')}, or a function`);
}

function checkReclaim(value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) throw new InvalidOptionError('reclaim', described(value), 'an object with customer, agent');
  for (const [name, words] of Object.entries(value)) {
    const patterns: readonly unknown[] = Array.isArray(words) ? words : [words];
    const known = name === 'customer' || name === 'agent';
    if (known && patterns.every((each) => each instanceof RegExp || (typeof each === 'string' && each.trim() !== ''))) {
      continue;
    }
    const expected = 'a RegExp, a text, or an array of them, under customer or agent';
    throw new InvalidOptionError(`reclaim.${name}`, known ? described(words) : 'unknown', expected);
  }
}

function checkStore(value: unknown): void {
  if (value === undefined) return;
  const missing = isObject(value)
    ? FUNCTIONS_OF_A_STORE.filter((name) => typeof value[name] !== 'function')
    : undefined;
  if (missing?.length === 0) return;
  const got =
    missing === undefined ? described(value) : `an object without ${missing.map((name) => `${name}()`).join(', ')}`;
  throw new InvalidOptionError(
    'store',
    got,
    'a ThreadStore, for example new BotStorageThreadStore(storage) around a Bot Framework storage',
  );
}

function checkGraph(value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value))
    throw new InvalidOptionError(
      'graph',
      described(value),
      'an object with baseUrl, apiVersion, timeoutMs, maxRetries',
    );
  checkDuration('graph.timeoutMs', value['timeoutMs']);
  const { maxRetries, apiVersion, baseUrl } = value;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && Number(maxRetries) >= 0)) {
    throw new InvalidOptionError('graph.maxRetries', described(maxRetries), 'a whole number, 0 or more');
  }
  if (apiVersion !== undefined && !(typeof apiVersion === 'string' && /^v\d+\.\d+$/.test(apiVersion))) {
    throw new InvalidOptionError('graph.apiVersion', described(apiVersion), 'a version like v26.0');
  }
  if (baseUrl !== undefined && !isOrigin(baseUrl)) {
    throw new InvalidOptionError('graph.baseUrl', described(baseUrl), 'an origin like https://graph.facebook.com');
  }
}

function checkKind(option: string, value: unknown, kind: 'function' | 'boolean', expected: string): void {
  if (value !== undefined && typeof value !== kind) throw new InvalidOptionError(option, described(value), expected);
}

function checkMethods(option: string, value: unknown, names: readonly string[]): void {
  if (value === undefined) return;
  if (isObject(value) && names.every((name) => typeof value[name] === 'function')) return;
  throw new InvalidOptionError(
    option,
    described(value),
    `an object with ${names.map((name) => `${name}()`).join(', ')}`,
  );
}

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === ''
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value.trim() === '' ? 'empty' : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
