/**
 * Makes a call of thread control, and finds out whether it worked if its answer was lost.
 *
 * After a timeout, a reset or a fault of Meta's the call may have worked, so the client asks `thread_owner` before it
 * repeats anything. A repeat does no harm. But after a hidden success Meta refuses the repeat, and that refusal is no
 * failure.
 */
import { sleep } from '../thread/clock.js';
import type { AppId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { isRecord } from '../thread/read-unknown.js';
import type { CallAttempts } from './attempt-call.js';
import type { GraphErrorCode } from '../thread/errors.js';
import { lostThreadError, unreadableError } from './call-errors.js';
import { ALREADY_OWNER } from './classify-refusal.js';
import type { ClientSettings } from './client-options.js';
import { type ControlIntent, concludeOwner } from './conclude-owner.js';
import type { GraphApiError } from './graph-api-error.js';
import type { Attempt, GraphCall } from './graph-call.js';
import type { OwnerAnswer } from './owner-answer.js';
import type { OwnerQuestions } from './owner-questions.js';
import { ownerIn } from './owner-questions.js';

/** A confirmed change of thread control. Times are of the request that confirmed it; our clock, milliseconds since 1970. */
export interface ControlReceipt {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** `answer`: the call itself was answered · `threadOwner`: its answer was lost, and `thread_owner` showed that it worked. */
  readonly confirmedBy: 'answer' | 'threadOwner';
  /** How many times the call was made; 1 if the first did it. */
  readonly attempts: number;
  /** Meta refused a take because the bot had the thread already. */
  readonly alreadyOurs?: true;
  /** The owner that Meta named, if it named one. */
  readonly owner?: OwnerAnswer;
}

/** Dependencies of {@link controlThread}. */
export interface ControlDeps {
  readonly attempts: CallAttempts;
  readonly owners: OwnerQuestions;
  readonly settings: ClientSettings;
}

/** What is to happen to which thread. */
export interface ControlOrder {
  readonly thread: ThreadKey;
  readonly intent: ControlIntent;
  readonly parameters: object;
  /** Asked before each repeat: `false` if the caller has learnt meanwhile that the call had worked. Default: repeats. */
  readonly isWanted?: (() => Promise<boolean>) | undefined;
}

const FIRST_RETRY_DELAY_MS = 1000;
const LONGEST_RETRY_DELAY_MS = 30_000;
/** A take that Meta refuses so says nothing about the thread. */
const NOT_ABOUT_OWNER: readonly GraphErrorCode[] = [
  'rateLimited',
  'invalidToken',
  'policyViolation',
  'customerUnreachable',
];
/** Waits are up to this share longer, so that many threads do not retry at once. */
const JITTER_SHARE = 0.5;

/**
 * Makes the call until its result is clear: once, and at most `maxRetries` times more. Meta refuses a take with one code
 * for several reasons, and one of them is that the bot has the thread already, so a refused take is followed by a question.
 *
 * @throws {@link GraphApiError}, `outcome: 'unknown'` if neither the call nor `thread_owner` was answered; `refused`
 * with `owner` if `thread_owner` showed that nothing had moved
 */
export async function controlThread(
  { attempts, owners, settings }: ControlDeps,
  { thread, intent, parameters, isWanted }: ControlOrder,
): Promise<ControlReceipt> {
  const call: GraphCall = {
    operation: intent.operation,
    pageId: thread.pageId,
    method: 'POST',
    edge: `/${intent.operation}_thread_control`,
    body: { recipient: { id: thread.psid }, ...parameters },
  };
  // `everUnclear`: an attempt may have worked. `inDoubt`: and nothing has shown since that it did not.
  let everUnclear = false;
  let inDoubt = false;
  for (let made = 1; ; made++) {
    const attempt = await attempts.attempt(call);
    const confirmed = confirmedByAnswer(intent, attempt, made, settings.botAppId);
    if (confirmed !== undefined) return confirmed;
    const error = attempt.ok ? unreadableError(call) : attempt.error;
    if (error.outcome === 'unknown') everUnclear = inDoubt = true;

    const mayRepeat = made <= settings.maxRetries && (error.outcome === 'unknown' || isUnsent(error));
    if (!everUnclear && !mayRepeat && !mayBeOurs(intent, error)) throw error;
    // If nothing arrived this time the question can wait, unless this is the last chance to put it.
    const owner = error.outcome === 'notSent' && mayRepeat ? undefined : await askOnce(owners, thread);
    if (owner !== undefined) {
      const conclusion = concludeOwner(intent, owner, settings.botAppId);
      if (conclusion === 'done') {
        const receipt = receiptOf(owner, 'threadOwner', made, owner);
        return everUnclear ? receipt : { ...receipt, alreadyOurs: true };
      }
      if (conclusion === 'lost') throw lostThreadError(call, owner, error);
      inDoubt = false;
    }
    // "Not the owner" after an unclear attempt may be the trace of its success, so by itself it clears nothing.
    const isUnclear = owner === undefined && (inDoubt || (everUnclear && error.code === 'anotherAppOwns'));
    if (!mayRepeat) throw finalError(error, owner, isUnclear);
    await waitToRepeat(settings, made);
    if (isWanted && !(await isWanted())) throw finalError(error, owner, isUnclear);
  }
}

/** True if no byte of the call can have arrived, and the next attempt may fare better. */
export function isUnsent(error: GraphApiError): boolean {
  return (
    error.outcome === 'notSent' && error.retryable && (error.code === 'networkFailed' || error.code === 'timedOut')
  );
}

/** Waits before the next attempt: 1, 2, 4 … seconds, and up to half more. */
export async function waitToRepeat({ clock, random }: ClientSettings, made: number): Promise<void> {
  const baseMs = Math.min(FIRST_RETRY_DELAY_MS * 2 ** (made - 1), LONGEST_RETRY_DELAY_MS);
  await sleep(clock, baseMs * (1 + JITTER_SHARE * random()));
}

function confirmedByAnswer(
  intent: ControlIntent,
  attempt: Attempt,
  attempts: number,
  botAppId: AppId,
): ControlReceipt | undefined {
  if (!attempt.ok) {
    const { metaCode, metaSubcode } = attempt.error;
    const hadIt =
      intent.operation === 'take' && metaCode === ALREADY_OWNER.code && metaSubcode === ALREADY_OWNER.subcode;
    return hadIt ? { ...receiptOf(attempt, 'answer', attempts), alreadyOurs: true } : undefined;
  }
  if (isRecord(attempt.value) && attempt.value['success'] === true) return receiptOf(attempt, 'answer', attempts);
  // The older form of the answer to take: the new owner. It confirms unless it names somebody else.
  const owner = intent.operation === 'take' ? ownerIn(attempt) : undefined;
  const isBots = owner?.owner === 'hidden' || (owner?.owner === 'app' && owner.appId === botAppId);
  return owner !== undefined && isBots ? receiptOf(attempt, 'answer', attempts, owner) : undefined;
}

function receiptOf(
  times: { readonly sentAtMs: number; readonly answeredAtMs: number },
  confirmedBy: ControlReceipt['confirmedBy'],
  attempts: number,
  owner?: OwnerAnswer,
): ControlReceipt {
  const { sentAtMs, answeredAtMs } = times;
  return { sentAtMs, answeredAtMs, confirmedBy, attempts, ...(owner === undefined ? {} : { owner }) };
}

/** One question and no more: the call that is in doubt has its own repeats. */
async function askOnce(owners: OwnerQuestions, thread: ThreadKey): Promise<OwnerAnswer | undefined> {
  const asked = await owners.ask(thread);
  return asked.ok ? asked.owner : undefined;
}

/** The refusal of a take may mean that the bot has the thread already. */
function mayBeOurs({ operation }: ControlIntent, { outcome, code }: GraphApiError): boolean {
  return operation === 'take' && outcome === 'refused' && !NOT_ABOUT_OWNER.includes(code);
}

function finalError(error: GraphApiError, owner: OwnerAnswer | undefined, isUnclear: boolean): GraphApiError {
  const settled = error.outcome === 'notSent' ? 'notSent' : 'refused';
  return error.restated({ outcome: isUnclear ? 'unknown' : settled, owner });
}
