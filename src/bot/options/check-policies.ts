/** Checks of the options that may differ by Page: one check for each policy. */
import { InvalidOptionError } from '../../thread/errors.js';
import { checkDuration, checkFields, checkKind, described, isObject, namesOf } from '../../thread/check-values.js';
import { MOST_HANDOVERS_COUNTED } from '../../handover/loop-breaker.js';
import type { LoopBreaker } from '../../handover/loop-breaker.js';
import type { ReclaimWords } from '../../handover/policies.js';
import type { HandoverTimers } from '../../handover/timers.js';
import type { PagePolicies, Satisfaction } from './handover-options.js';
import { TEXT_NAMES } from './plugin-texts.js';

const OUTCOMES_TO_ASK_AFTER: readonly unknown[] = ['completed', 'unclaimed', 'abandoned', 'takenBack'];
const TRIGGER_NAMES = ['recognizer', 'intent', 'minScore'];
const TIMER_NAMES = namesOf<HandoverTimers>({ unclaimedMs: true, idleMs: true, maximumMs: true });
const LOOP_BREAKER_NAMES = namesOf<LoopBreaker>({ maxHandovers: true, withinMs: true });
const RECLAIM_NAMES = namesOf<ReclaimWords>({ customer: true, agent: true });
const QUESTION_NAMES = namesOf<Satisfaction>({ ask: true, after: true });

/** The checks of policies that are given, by option. */
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
  controlRequests: oneOfOrFunction(['grantVccLive', 'grantAll', 'deny']),
  reclaim: checkReclaim,
  satisfactionQuestion: checkSatisfaction,
  openPrompt: oneOfOrFunction(['continue', 'repeat', 'drop']),
  statusEvents: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
  ownEchoes: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
  inlineThreadControl: (option, value) => checkKind(option, value, 'boolean', 'true or false'),
};

/**
 * Refuses policies that cannot work. What is `undefined` is not given.
 * @param path in front of their names: `pages.1234.`, or empty
 * @throws {@link InvalidOptionError}
 */
export function checkPolicies(path: string, given: Readonly<Record<string, unknown>>): void {
  for (const [name, check] of Object.entries(POLICY_CHECKS)) {
    if (given[name] !== undefined) check(`${path}${name}`, given[name]);
  }
}

/**
 * Refuses policies of one Page that cannot work.
 * @param path how the options name them: `pages.1234`
 * @throws {@link InvalidOptionError}
 */
export function checkPagePolicies(path: string, value: unknown): void {
  const given = checkFields(path, value, Object.keys(POLICY_CHECKS), '; anything else is for all Pages');
  checkPolicies(`${path}.`, given);
}

function checkTriggers(name: string, value: unknown): void {
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
      checkFields(option, trigger, TRIGGER_NAMES);
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
  for (const [name, text] of Object.entries(checkFields(option, value, TEXT_NAMES))) {
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
  const timers = checkFields(option, value, TIMER_NAMES);
  for (const [name, duration] of Object.entries(timers)) checkDuration(`${option}.${name}`, duration);
}

function checkLoopBreaker(option: string, value: unknown): void {
  if (value === false) return;
  const { maxHandovers, withinMs } = checkFields(option, value, LOOP_BREAKER_NAMES, '; or false');
  checkDuration(`${option}.withinMs`, withinMs);
  const counted =
    Number.isInteger(maxHandovers) && Number(maxHandovers) > 0 && Number(maxHandovers) <= MOST_HANDOVERS_COUNTED;
  if (maxHandovers === undefined || counted) return;
  const expected = `a whole number from 1 to ${MOST_HANDOVERS_COUNTED}`;
  throw new InvalidOptionError(`${option}.maxHandovers`, described(maxHandovers), expected);
}

function oneOfOrFunction(words: readonly unknown[]): (option: string, value: unknown) => void {
  return (option, value) => {
    if (typeof value === 'function' || words.includes(value)) return;
    throw new InvalidOptionError(option, described(value), `one of ${words.join(', ')}, or a function`);
  };
}

function checkReclaim(option: string, value: unknown): void {
  for (const [name, words] of Object.entries(checkFields(option, value, RECLAIM_NAMES))) {
    if (words === undefined) continue;
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
  const { ask, after } = checkFields(option, value, QUESTION_NAMES);
  const asks = typeof ask === 'function' || isObject(ask) || (typeof ask === 'string' && ask.trim() !== '');
  if (!asks) {
    const expected = 'a text, an activity, or a function of the turn context and the result';
    throw new InvalidOptionError(`${option}.ask`, described(ask), expected);
  }
  if (after === undefined) return;
  const outcomes: readonly unknown[] = Array.isArray(after) ? after : [];
  if (outcomes.length > 0 && outcomes.every((each) => OUTCOMES_TO_ASK_AFTER.includes(each))) return;
  const expected = `an array of ${OUTCOMES_TO_ASK_AFTER.join(', ')}`;
  throw new InvalidOptionError(
    `${option}.after`,
    Array.isArray(after) ? JSON.stringify(after) : described(after),
    expected,
  );
}
