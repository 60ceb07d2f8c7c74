/**
 * What a live run says about the facts that Meta does not publish. Pure.
 *
 * This package assumes an answer to each question and survives the other answer. A live run on a real Page shows which
 * one holds.
 */
import { visibleText } from '../../thread/visible-text.js';
import type { AdministrationAnswer } from '../../graph/administration.js';
import { isRecord } from '../../thread/read-unknown.js';
import type { ThreadEvent } from '../../thread/event.js';
import type { LiveRun, LiveStep, StepId } from './live-run.js';

/** One of them, with what was seen. No id of a customer is in it. */
export interface SettledQuestion {
  readonly id: string;
  /** What this package takes for likely. */
  readonly assumed: string;
  /** What was seen on this Page. */
  readonly seen: string;
  /** Whether the assumption holds here. `unsettled`: this run could not tell. */
  readonly holds: 'yes' | 'no' | 'unsettled';
}

/** Below this a time is in seconds: as milliseconds it is 1973. */
const SECONDS_BELOW = 1e11;
const NOT_TRIED = 'not tried in this run';
const NOBODY_LISTENED = 'no webhooks were collected; run it with --listen';

/** All questions that a bot alone can put, in the order of the guide. */
export function settleQuestions(run: LiveRun, arrived: readonly ThreadEvent[] | undefined): readonly SettledQuestion[] {
  const step = (id: StepId): LiveStep | undefined => run.steps.findLast((each) => each.step === id);
  return [
    heardQuestion('release-is-silent', 'a release sends no webhook to the default application', step('release'), false),
    heardQuestion('own-pass-is-silent', 'the app that passes a thread gets no webhook of it', step('pass'), false),
    heardQuestion('own-take-is-silent', 'the app that takes a thread gets no webhook of it', step('take'), false),
    longMetadata(step('passLongMetadata')),
    emptyOwner(run),
    ownerUnit(run),
    ownerIdType(run),
    requestWithRouting(step('request')),
    refusal(
      'take-while-owner',
      'a take by the owner is refused with 27/1893035',
      step('takeWhileOwner'),
      (code) => code === '27/1893035',
    ),
    refusal(
      'pass-to-stranger',
      'a pass to an app that is not connected is refused with 100/2018164',
      step('passToStranger'),
      (code) => code === '100/2018164',
    ),
    refusal('pass-to-self', 'a pass to oneself is refused with code 100', step('passToSelf'), (code) =>
      code.startsWith('100'),
    ),
    refusal(
      'extend-beyond-a-week',
      'an extension over 7 days is refused with code 100',
      step('extendTooLong'),
      (code) => code.startsWith('100'),
    ),
    takeRefused(run),
    sendIntoIdle(step('sendIntoIdle')),
    standbyKinds(arrived),
  ];
}

function heardQuestion(id: string, assumed: string, step: LiveStep | undefined, expected: boolean): SettledQuestion {
  if (step === undefined || step.answer.status !== 'answered') return unsettled(id, assumed, NOT_TRIED);
  if (step.heard === undefined) return unsettled(id, assumed, NOBODY_LISTENED);
  const control = step.heard.filter((event) => event.kind.endsWith('ThreadControl'));
  const seen = control.length === 0 ? 'no webhook came' : `came: ${control.map((event) => event.kind).join(', ')}`;
  return { id, assumed, seen, holds: control.length > 0 === expected ? 'yes' : 'no' };
}

function longMetadata(step: LiveStep | undefined): SettledQuestion {
  const id = 'metadata-limit';
  const assumed = 'metadata of thread control may have 1000 characters and no more';
  if (step === undefined) return unsettled(id, assumed, NOT_TRIED);
  if (step.answer.status === 'answered') return { id, assumed, seen: '1001 characters were accepted', holds: 'no' };
  return judged(id, assumed, step, (code) => code.startsWith('100'));
}

function emptyOwner(run: LiveRun): SettledQuestion {
  const id = 'owner-of-idle';
  const assumed = 'thread_owner of an idle thread is {"data":[]}';
  const idle = ownerAnswers(run).find(({ owner }) => owner === 'idle')?.answer;
  if (idle?.status !== 'answered') return unsettled(id, assumed, 'the thread was not seen idle');
  const compact = idle.text.replace(/\s+/g, '');
  return { id, assumed, seen: compact.slice(0, 200), holds: compact === '{"data":[]}' ? 'yes' : 'no' };
}

function ownerUnit(run: LiveRun): SettledQuestion {
  const id = 'expiration-unit';
  const assumed = 'expiration in thread_owner is in seconds';
  const expiration = ownerAnswers(run)
    .map(({ answer }) => ownerField(answer, 'expiration'))
    .find((value) => value !== undefined);
  if (expiration === undefined) return unsettled(id, assumed, 'no answer had an expiration');
  const inSeconds = Number(expiration) < SECONDS_BELOW;
  const seen = `a ${typeof expiration} in ${inSeconds ? 'seconds' : 'milliseconds'}`;
  return { id, assumed, seen, holds: inSeconds ? 'yes' : 'no' };
}

function ownerIdType(run: LiveRun): SettledQuestion {
  const id = 'owner-id-type';
  const assumed = 'app_id in thread_owner is a string';
  // Looked at in the text: reading it makes strings of long ids.
  const texts = ownerAnswers(run).map(({ answer }) => (answer.status === 'answered' ? answer.text : ''));
  const text = texts.find((each) => each.includes('"app_id"'));
  if (text === undefined) return unsettled(id, assumed, 'no answer named an app');
  const isString = /"app_id"\s*:\s*"/.test(text);
  return { id, assumed, seen: isString ? 'a string' : 'a number', holds: isString ? 'yes' : 'no' };
}

function requestWithRouting(step: LiveStep | undefined): SettledQuestion {
  const id = 'request-with-routing';
  const assumed = 'request_thread_control is refused while a default application is set';
  if (step === undefined) return unsettled(id, assumed, NOT_TRIED);
  if (step.answer.status !== 'answered') return judged(id, assumed, step, () => true);
  return { id, assumed, seen: `success; afterwards the owner was: ${step.owner}`, holds: 'no' };
}

function takeRefused(run: LiveRun): SettledQuestion {
  const id = 'take-not-allowed';
  const assumed = 'a take that the Page does not allow is refused with code 10';
  if (run.settings.mayTake !== 'no') return unsettled(id, assumed, 'this Page allows the bot to take');
  const refused = run.steps.find(
    ({ step, answer }) => (step === 'take' || step === 'takeAgain') && answer.status === 'refused',
  );
  return refused === undefined
    ? unsettled(id, assumed, NOT_TRIED)
    : judged(id, assumed, refused, (code) => code.startsWith('10') && !code.startsWith('100'));
}

function sendIntoIdle(step: LiveStep | undefined): SettledQuestion {
  const id = 'send-takes-idle';
  const assumed = 'a message of the default application into an idle thread makes it the owner';
  if (step === undefined) return unsettled(id, assumed, 'not tried: it needs --message, which the customer reads');
  if (step.answer.status !== 'answered') return unsettled(id, assumed, described(step.answer));
  return { id, assumed, seen: `afterwards the owner was: ${step.owner}`, holds: step.owner === 'bot' ? 'yes' : 'no' };
}

function standbyKinds(arrived: readonly ThreadEvent[] | undefined): SettledQuestion {
  const id = 'standby-kinds';
  const assumed = 'standby carries messages, postbacks, echoes, reads and deliveries, and nothing else';
  if (arrived === undefined) return unsettled(id, assumed, NOBODY_LISTENED);
  const kinds = [...new Set(arrived.filter(({ channel }) => channel === 'standby').map(({ kind }) => kind))];
  if (kinds.length === 0) return unsettled(id, assumed, 'nothing came on standby in this run');
  const expected = new Set(['message', 'postback', 'echo', 'read', 'delivery']);
  const others = kinds.filter((kind) => !expected.has(kind));
  return { id, assumed, seen: `came: ${kinds.join(', ')}`, holds: others.length === 0 ? 'yes' : 'no' };
}

function refusal(
  id: string,
  assumed: string,
  step: LiveStep | undefined,
  fits: (code: string) => boolean,
): SettledQuestion {
  if (step === undefined) return unsettled(id, assumed, NOT_TRIED);
  if (step.answer.status === 'answered')
    return { id, assumed, seen: `success; afterwards the owner was: ${step.owner}`, holds: 'no' };
  return judged(id, assumed, step, fits);
}

function judged(id: string, assumed: string, { answer }: LiveStep, fits: (code: string) => boolean): SettledQuestion {
  if (answer.status !== 'refused' || answer.means === 'rateLimited' || answer.means === 'metaFault')
    return unsettled(id, assumed, described(answer));
  return { id, assumed, seen: described(answer), holds: fits(codeOf(answer)) ? 'yes' : 'no' };
}

/** An answer in one line. */
export function described(answer: AdministrationAnswer): string {
  switch (answer.status) {
    case 'answered':
      return 'success';
    case 'refused':
      return `refused with ${codeOf(answer)}: ${visibleText(answer.message)}`;
    case 'unanswered':
      return `no answer: ${visibleText(answer.why)}`;
  }
}

function codeOf({ code, subcode, httpStatus }: Extract<AdministrationAnswer, { status: 'refused' }>): string {
  if (code === undefined) return `HTTP ${httpStatus}`;
  return subcode === undefined ? String(code) : `${code}/${subcode}`;
}

function unsettled(id: string, assumed: string, seen: string): SettledQuestion {
  return { id, assumed, seen, holds: 'unsettled' };
}

function ownerAnswers(run: LiveRun): readonly { readonly owner: string; readonly answer: AdministrationAnswer }[] {
  const first = { owner: run.before, answer: run.beforeAnswer };
  return [first, ...run.steps.map(({ owner, ownerAnswer }) => ({ owner, answer: ownerAnswer }))];
}

function ownerField(answer: AdministrationAnswer, field: string): unknown {
  if (answer.status !== 'answered' || !isRecord(answer.value)) return undefined;
  const { data } = answer.value;
  const first: unknown = Array.isArray(data) ? data[0] : data;
  const owner = isRecord(first) ? first['thread_owner'] : undefined;
  return isRecord(owner) ? owner[field] : undefined;
}
