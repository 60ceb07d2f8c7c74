/** Checks of the options that may differ by Page: one check for each policy. */
import { InvalidOptionError } from '../thread/errors.js';
import { checkDuration, checkKind, checkNames, described, isObject } from '../thread/check-values.js';
import { MOST_HANDOVERS_COUNTED } from '../handover/loop-breaker.js';
import type { PagePolicies } from './handover-options.js';

const TEXT_NAMES = ['connecting', 'unavailable', 'failed', 'unclaimed', 'abandoned', 'returned'];
const OUTCOMES_TO_ASK_AFTER = ['completed', 'unclaimed', 'abandoned', 'takenBack'];
const OPEN_PROMPTS = ['continue', 'repeat', 'drop'];
const REQUEST_POLICIES = ['grantVccLive', 'grantAll', 'deny'];
const TIMER_NAMES = ['unclaimedMs', 'idleMs', 'maximumMs'];
/** The checks, by option. */
export const POLICY_CHECKS: Readonly<Record<keyof PagePolicies, (option: string, value: unknown) => void>> = {
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
  ownEchoes: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
  inlineThreadControl: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
};

/**
 * Refuses policies of one Page that cannot work.
 * @param path how the options name them: `pages.1234`
 * @throws {@link InvalidOptionError}
 */
export function checkPagePolicies(path: string, value: unknown): void {
  if (!isObject(value)) throw new InvalidOptionError(path, described(value), 'an object with the policies of the Page');
  checkNames(path, value, Object.keys(POLICY_CHECKS), '; anything else is for all Pages');
  for (const [name, policy] of Object.entries(value))
    POLICY_CHECKS[name as keyof PagePolicies](`${path}.${name}`, policy);
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
  checkNames(option, value, TEXT_NAMES);
  for (const [name, text] of Object.entries(value)) {
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
  checkNames(option, value, TIMER_NAMES);
  for (const [name, duration] of Object.entries(value)) checkDuration(`${option}.${name}`, duration);
}

function checkLoopBreaker(option: string, value: unknown): void {
  if (value === undefined || value === false) return;
  if (!isObject(value)) {
    throw new InvalidOptionError(option, described(value), 'an object with maxHandovers, withinMs, or false');
  }
  checkNames(option, value, ['maxHandovers', 'withinMs']);
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
  checkNames(option, value, ['customer', 'agent']);
  for (const [name, words] of Object.entries(value)) {
    const patterns: readonly unknown[] = Array.isArray(words) ? words : [words];
    if (patterns.every(isReclaimPattern)) continue;
    const expected = 'a RegExp, a text, a function of the text, or an array of them';
    throw new InvalidOptionError(`${option}.${name}`, described(words), expected);
  }
}

function isReclaimPattern(value: unknown): boolean {
  if (value instanceof RegExp || typeof value === 'function') return true;
  return typeof value === 'string' && value.trim() !== '';
}

function checkSatisfaction(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value)) throw new InvalidOptionError(option, described(value), 'an object with ask, after');
  checkNames(option, value, ['ask', 'after']);
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
