/**
 * Refuses options that cannot work, before anything runs.
 *
 * Exists so that a typo in an id is one clear line at start-up, not a customer who is stranded a week later.
 */
import { InvalidOptionError } from '../../thread/errors.js';
import {
  checkDuration,
  checkFields,
  checkId,
  checkMethods,
  checkSecret,
  described,
  describedPart,
  isObject,
  namesOf,
} from '../../thread/check-values.js';
import { checkGraphSettings } from '../../graph/client-options.js';
import { POLICY_CHECKS, checkPagePolicies, checkPolicies } from './check-policies.js';
import type { GraphOptions, HandoverLimits, HandoverOptions, PagePolicies } from './handover-options.js';

/** What is the same for all Pages. */
const COMMON_OPTIONS = namesOf<Omit<HandoverOptions, keyof PagePolicies>>({
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
});
/** Every option. */
export const OPTION_NAMES: readonly string[] = [...COMMON_OPTIONS, ...Object.keys(POLICY_CHECKS)];
const WITHOUT_BLANKS = 'a string without blanks around it';
const A_STORE = 'a ThreadStore, for example new BotStorageThreadStore(storage) around a Bot Framework storage';
const METHODS_OF_A_PROBE = ['happened', 'begin'];
const FUNCTION_LIMIT = 'applicationFunctionMs';
const LIMIT_NAMES = namesOf<HandoverLimits>({
  maxEvents: true,
  maxEventsPerThread: true,
  maxTurns: true,
  maxBytes: true,
  longestTurnMs: true,
  applicationFunctionMs: true,
});
const GRAPH_NAMES = namesOf<GraphOptions>({ baseUrl: true, apiVersion: true, timeoutMs: true, maxRetries: true });
const LONGEST_FUNCTION_MS = 600_000;
const METHODS_OF_A_STORE = [
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
  const given = checkFields('', options, OPTION_NAMES);
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
  if (typeof given['pageAccessToken'] !== 'function') {
    const expected = `${WITHOUT_BLANKS}: a Page access token, or a function of the Page id`;
    checkSecret('pageAccessToken', given['pageAccessToken'], expected);
  }
  if (given['appSecret'] !== undefined) {
    checkSecret('appSecret', given['appSecret'], `${WITHOUT_BLANKS}: the App Secret of the bot's app`);
  }
  checkPolicies('', given);
  checkPages(given['pages']);
  checkMethods('store', given['store'], METHODS_OF_A_STORE, A_STORE);
  checkMethods('inbox', given['inbox'], ['forBot', 'put', 'remove', 'renew', 'setAside', 'giveBack', 'takeOver']);
  checkLimits(given['limits']);
  checkGraph(given['graph']);
  checkMethods('logger', given['logger'], ['info', 'warn', 'error']);
  checkProbes(given['telemetry']);
  checkMethods('clock', given['clock'], ['now', 'after']);
}

function checkPages(value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  if (!isObject(value)) {
    throw new InvalidOptionError('pages', describedPart(value), 'an object by Page id, or a function of the Page id');
  }
  for (const [pageId, policies] of Object.entries(value)) {
    if (pageId === '' || pageId.trim() !== pageId) {
      throw new InvalidOptionError(`pages.${pageId}`, 'no Page id', 'policies by the id of the Page, digits');
    }
    checkPagePolicies(`pages.${pageId}`, policies);
  }
}

function checkLimits(value: unknown): void {
  if (value === undefined) return;
  for (const [name, limit] of Object.entries(checkFields('limits', value, LIMIT_NAMES))) {
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
  if (value !== undefined) checkGraphSettings('graph.', checkFields('graph', value, GRAPH_NAMES));
}

function checkProbes(value: unknown): void {
  if (!Array.isArray(value)) return checkMethods('telemetry', value, METHODS_OF_A_PROBE);
  const probes: readonly unknown[] = value;
  probes.forEach((probe, index) => checkMethods(`telemetry[${index}]`, probe ?? null, METHODS_OF_A_PROBE));
}
