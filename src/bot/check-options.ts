/**
 * Refuses options that cannot work, before anything runs.
 *
 * Exists so that a typo in an id is one clear line at start-up, not a customer who is stranded a week later.
 */
import { InvalidOptionError } from '../thread/errors.js';
import { MOST_HANDOVERS_COUNTED } from '../handover/loop-breaker.js';
import type { PagePolicies, HandoverOptions } from './handover-options.js';

const TEXT_NAMES = ['connecting', 'unavailable', 'failed', 'unclaimed', 'abandoned', 'returned'];
const OUTCOMES_TO_ASK_AFTER = ['completed', 'unclaimed', 'abandoned', 'takenBack'];
const OPEN_PROMPTS = ['continue', 'repeat', 'drop'];
/** The checks of what may differ by Page: one for each policy. */
const POLICY_CHECKS: Readonly<Record<keyof PagePolicies, (option: string, value: unknown) => void>> = {
  talkToAgent: checkTriggers,
  texts: checkTexts,
  metadata: (option, value) => checkKind(option, value, 'function', 'a function (context, request) => string | object'),
  redact: (option, value) => {
    if (value !== false) checkKind(option, value, 'function', 'a function (text) => string, or false');
  },
  availability: (option, value) =>
    checkKind(option, value, 'function', 'a function (context, request) => available, unavailable or unknown'),
  loopBreaker: checkLoopBreaker,
  timers: checkTimers,
  controlRequests: checkRequests,
  reclaim: checkReclaim,
  satisfactionQuestion: checkSatisfaction,
  openPrompt: checkOpenPrompt,
  statusEvents: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
  inlineThreadControl: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
};
/** What is the same for all Pages. */
const COMMON_OPTIONS: Readonly<Record<Exclude<keyof HandoverOptions, keyof PagePolicies>, true>> = {
  botAppId: true,
  vccLiveAppId: true,
  pageAccessToken: true,
  appSecret: true,
  pages: true,
  store: true,
  inbox: true,
  limits: true,
  graph: true,
  logger: true,
  telemetry: true,
  clock: true,
};
const REQUEST_POLICIES = ['grantVccLive', 'grantAll', 'deny'];
const TIMER_NAMES = ['unclaimedMs', 'idleMs', 'maximumMs'];
const METHODS_OF_A_PROBE = ['happened', 'begin'];
const FUNCTION_LIMIT = 'applicationFunctionMs';
const LIMIT_NAMES = ['maxEvents', 'maxEventsPerThread', 'maxTurns', 'maxBytes', 'longestTurnMs', FUNCTION_LIMIT];
const LONGEST_FUNCTION_MS = 600_000;
const FUNCTIONS_OF_A_STORE = [
  'forBot',
  'read',
  'update',
  'forget',
  'enter',
  'isNext',
  'renew',
  'leave',
  'readFor',
  'schedule',
  'unschedule',
  'takeDue',
  'findHandover',
  'listOpen',
  'listSetAside',
];

/**
 * Refuses what cannot work.
 * @throws {@link InvalidOptionError} naming the option, what it got and what it expects; secrets are never shown
 */
export function checkOptions(options: HandoverOptions): void {
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
  for (const [name, check] of Object.entries(POLICY_CHECKS)) check(name, given[name]);
  checkPages(given['pages']);
  checkStore(given['store']);
  checkMethods('inbox', given['inbox'], ['forBot', 'put', 'remove', 'renew', 'setAside', 'giveBack', 'takeOver']);
  checkLimits(given['limits']);
  checkGraph(given['graph']);
  checkMethods('logger', given['logger'], ['info', 'warn', 'error']);
  checkProbes(given['telemetry']);
  checkMethods('clock', given['clock'], ['now', 'after']);
}

/** Options that have no effect, because there are none of that name: a misspelt one would be missed for weeks. */
export function unknownOptions(options: HandoverOptions): string[] {
  return Object.keys(options).filter(
    (name) => !Object.hasOwn(POLICY_CHECKS, name) && !Object.hasOwn(COMMON_OPTIONS, name),
  );
}

/**
 * Refuses policies of one Page that cannot work.
 * @param path how the options name them: `pages.1234`
 * @throws {@link InvalidOptionError}
 */
export function checkPagePolicies(path: string, value: unknown): void {
  if (!isObject(value)) throw new InvalidOptionError(path, described(value), 'an object with the policies of the Page');
  for (const [name, policy] of Object.entries(value)) {
    const check = Object.hasOwn(POLICY_CHECKS, name) ? POLICY_CHECKS[name as keyof PagePolicies] : undefined;
    if (!check) {
      const expected = `one of ${Object.keys(POLICY_CHECKS).join(', ')}; anything else is for all Pages`;
      throw new InvalidOptionError(`${path}.${name}`, 'unknown', expected);
    }
    check(`${path}.${name}`, policy);
  }
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
  if (typeof value === 'number' || typeof value === 'bigint') {
    const why = 'a number beyond 2^53 loses digits';
    throw new InvalidOptionError(option, `the number ${value}`, `a string, in quotes (${why}): ${expected}`);
  }
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

function checkTriggers(name: string, value: unknown): void {
  if (value === undefined) return;
  const triggers: readonly unknown[] = Array.isArray(value) ? value : [value];
  triggers.forEach((trigger, index) => {
    const option = Array.isArray(value) ? `${name}[${index}]` : name;
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

function checkTexts(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value))
    throw new InvalidOptionError(option, described(value), `an object with ${TEXT_NAMES.join(', ')}`);
  for (const [name, text] of Object.entries(value)) {
    if (!TEXT_NAMES.includes(name)) {
      throw new InvalidOptionError(`${option}.${name}`, 'unknown', `one of ${TEXT_NAMES.join(', ')}`);
    }
    if (text === null || text === undefined || typeof text === 'string' || typeof text === 'function' || isObject(text))
      continue;
    throw new InvalidOptionError(
      `${option}.${name}`,
      described(text),
      'a text, an activity, a function of the turn context, or null for silence',
    );
  }
}

function checkTimers(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) {
    throw new InvalidOptionError(option, described(value), `an object with ${TIMER_NAMES.join(', ')}`);
  }
  for (const [name, duration] of Object.entries(value)) {
    if (!TIMER_NAMES.includes(name)) {
      throw new InvalidOptionError(`${option}.${name}`, 'unknown', `one of ${TIMER_NAMES.join(', ')}`);
    }
    checkDuration(`${option}.${name}`, duration);
  }
}

function checkLoopBreaker(option: string, value: unknown): void {
  if (value === undefined || value === false) return;
  if (!isObject(value)) {
    throw new InvalidOptionError(option, described(value), 'an object with maxHandovers, withinMs, or false');
  }
  checkDuration(`${option}.withinMs`, value['withinMs']);
  const { maxHandovers } = value;
  const counted =
    Number.isInteger(maxHandovers) && Number(maxHandovers) > 0 && Number(maxHandovers) <= MOST_HANDOVERS_COUNTED;
  if (maxHandovers === undefined || counted) return;
  const expected = `a whole number from 1 to ${MOST_HANDOVERS_COUNTED}`;
  throw new InvalidOptionError(`${option}.maxHandovers`, described(maxHandovers), expected);
}

function checkRequests(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  if (typeof value === 'string' && REQUEST_POLICIES.includes(value)) return;
  throw new InvalidOptionError(option, described(value), `one of ${REQUEST_POLICIES.join(', ')}, or a function`);
}

function checkReclaim(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) throw new InvalidOptionError(option, described(value), 'an object with customer, agent');
  for (const [name, words] of Object.entries(value)) {
    const patterns: readonly unknown[] = Array.isArray(words) ? words : [words];
    const known = name === 'customer' || name === 'agent';
    if (known && patterns.every(isReclaimPattern)) continue;
    const expected = 'a RegExp, a text, a function of the text, or an array of them, under customer or agent';
    throw new InvalidOptionError(`${option}.${name}`, known ? described(words) : 'unknown', expected);
  }
}

function isReclaimPattern(value: unknown): boolean {
  if (value instanceof RegExp || typeof value === 'function') return true;
  return typeof value === 'string' && value.trim() !== '';
}

function checkSatisfaction(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) throw new InvalidOptionError(option, described(value), 'an object with ask, after');
  for (const name of Object.keys(value)) {
    if (name !== 'ask' && name !== 'after')
      throw new InvalidOptionError(`${option}.${name}`, 'unknown', 'ask or after');
  }
  const { ask, after } = value;
  const asks = typeof ask === 'function' || isObject(ask) || (typeof ask === 'string' && ask.trim() !== '');
  if (!asks) {
    const expected = 'a text, an activity, or a function of the turn context and the result';
    throw new InvalidOptionError(`${option}.ask`, described(ask), expected);
  }
  if (after === undefined) return;
  const outcomes: readonly unknown[] = Array.isArray(after) ? after : [];
  if (outcomes.length > 0 && outcomes.every((each) => OUTCOMES_TO_ASK_AFTER.some((known) => known === each))) return;
  const expected = `an array of ${OUTCOMES_TO_ASK_AFTER.join(', ')}`;
  throw new InvalidOptionError(
    `${option}.after`,
    Array.isArray(after) ? JSON.stringify(after) : described(after),
    expected,
  );
}

function checkOpenPrompt(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  if (typeof value === 'string' && OPEN_PROMPTS.includes(value)) return;
  throw new InvalidOptionError(option, described(value), `one of ${OPEN_PROMPTS.join(', ')}, or a function`);
}

function checkPages(value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  if (!isObject(value)) {
    throw new InvalidOptionError('pages', described(value), 'an object by Page id, or a function of the Page id');
  }
  for (const [pageId, policies] of Object.entries(value)) {
    if (pageId === '' || pageId.trim() !== pageId) {
      throw new InvalidOptionError(`pages.${pageId}`, 'no Page id', 'policies by the id of the Page, digits');
    }
    checkPagePolicies(`pages.${pageId}`, policies);
  }
}

function checkStore(value: unknown): void {
  if (value === undefined) return;
  const missing = isObject(value)
    ? FUNCTIONS_OF_A_STORE.filter((name) => typeof value[name] !== 'function')
    : undefined;
  if (missing?.length === 0) return;
  const got =
    missing === undefined ? describedPart(value) : `an object without ${missing.map((name) => `${name}()`).join(', ')}`;
  throw new InvalidOptionError(
    'store',
    got,
    'a ThreadStore, for example new BotStorageThreadStore(storage) around a Bot Framework storage',
  );
}

function checkLimits(value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) {
    throw new InvalidOptionError('limits', described(value), `an object with ${LIMIT_NAMES.join(', ')}`);
  }
  for (const [name, limit] of Object.entries(value)) {
    if (!LIMIT_NAMES.includes(name)) {
      throw new InvalidOptionError(`limits.${name}`, 'unknown', `one of ${LIMIT_NAMES.join(', ')}`);
    }
    if (limit === undefined) continue;
    if (name === FUNCTION_LIMIT) checkFunctionLimit(`limits.${name}`, limit);
    else if (!Number.isSafeInteger(limit) || Number(limit) <= 0) {
      throw new InvalidOptionError(`limits.${name}`, described(limit), 'a whole number above 0');
    }
  }
}

function checkFunctionLimit(option: string, limitMs: unknown): void {
  checkDuration(option, limitMs);
  // A timer of more than 2^31 milliseconds would end at once.
  if (Number(limitMs) <= LONGEST_FUNCTION_MS) return;
  throw new InvalidOptionError(option, described(limitMs), `at most ${LONGEST_FUNCTION_MS} milliseconds`);
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

function checkProbes(value: unknown): void {
  if (!Array.isArray(value)) return checkMethods('telemetry', value, METHODS_OF_A_PROBE);
  const probes: readonly unknown[] = value;
  probes.forEach((probe, index) => checkMethods(`telemetry[${index}]`, probe ?? null, METHODS_OF_A_PROBE));
}

function checkMethods(option: string, value: unknown, names: readonly string[]): void {
  if (value === undefined) return;
  if (isObject(value) && names.every((name) => typeof value[name] === 'function')) return;
  throw new InvalidOptionError(
    option,
    describedPart(value),
    `an object with ${names.map((name) => `${name}()`).join(', ')}`,
  );
}

/** Where an object belongs, a text is often an address, whose password must not be shown. */
function describedPart(value: unknown): string {
  return typeof value === 'string' ? 'a text' : described(value);
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
