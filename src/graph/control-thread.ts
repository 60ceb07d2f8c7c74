/**
 * Makes a call of thread control, and finds out whether it worked if its answer was lost.
 *
 * After a timeout, a reset or a fault of Meta's the call may have worked, so the client asks `thread_owner` before it
 * repeats anything. A repeat does no harm. But after a hidden success Meta refuses the repeat, and that refusal is no
 * failure. Nor is every refused take: code 27 also means that the bot has the thread already.
 */
import { sleep } from '../thread/clock.js';
import type { AppId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { isRecord } from '../thread/read-unknown.js';
import type { CallAttempts } from './attempt-call.js';
import { lostThreadError, unreadableError } from './call-errors.js';
import { ALREADY_OWNER } from './classify-refusal.js';
import type { ClientSettings } from './client-options.js';
import { type ControlIntent, concludeOwner } from './conclude-owner.js';
import type { GraphApiError } from './graph-api-error.js';
import type { Attempt, GraphCall } from './graph-call.js';
import { type OwnerAnswer, readOwner } from './owner-answer.js';

/** A confirmed change of thread control. Times are of the request that confirmed it; our clock, milliseconds since 1970. */
export interface ControlReceipt {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** `answer`: the call itself was answered · `threadOwner`: its answer was lost, and `thread_owner` showed that it worked. */
  readonly confirmedBy: 'answer' | 'threadOwner';
  /** How many times the call was made; 1 if the first did it. */
  readonly attempts: number;
  /** Present on a take that moved nothing, because the bot had the thread already. */
  readonly hadControl?: true;
  /** The owner that Meta named, if it named one. */
  readonly owner?: OwnerAnswer;
}

const FIRST_RETRY_DELAY_MS = 1000;
const LONGEST_RETRY_DELAY_MS = 30_000;
/** Meta's codes of a refused take. Each of them was also seen when the bot had the thread already, or may mean it. */
const AMBIGUOUS_TAKE_CODES: readonly (number | undefined)[] = [10, 27];
/** Waits are up to this share longer, so that many threads do not retry at once. */
const JITTER_SHARE = 0.5;

/**
 * Makes the call until its result is clear: once, and at most `maxRetries` times more.
 *
 * @param isWanted asked before each repeat: `false` if the caller has learnt meanwhile that the call had worked
 * @throws {@link GraphApiError}, `outcome: 'unknown'` if neither the call nor `thread_owner` was answered; `refused`
 * with `owner` if `thread_owner` showed that nothing had moved
 */
export async function controlThread(
  attempts: CallAttempts,
  settings: ClientSettings,
  thread: ThreadKey,
  intent: ControlIntent,
  parameters: object,
  isWanted?: () => Promise<boolean>,
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
    const isAmbiguous = isAmbiguousTake(intent, error);
    if (!everUnclear && !mayRepeat && !isAmbiguous) throw error;
    // If nothing arrived this time the question can wait, unless this is the last chance to put it.
    const owner = error.outcome === 'notSent' && mayRepeat ? undefined : await askOnce(attempts, thread);
    if (owner !== undefined) {
      const conclusion = concludeOwner(intent, owner, settings.botAppId);
      if (conclusion === 'done') {
        const receipt = receiptOf(owner, 'threadOwner', made, owner);
        return isAmbiguous && !everUnclear ? { ...receipt, hadControl: true } : receipt;
      }
      if (conclusion === 'lost') throw lostThreadError(call, owner, error);
      inDoubt = false;
    }
    if (!mayRepeat) throw everUnclear || owner ? finalError(error, owner, inDoubt) : error;
    await waitToRepeat(settings, made);
    if (isWanted && !(await isWanted())) throw finalError(error, owner, inDoubt);
  }
}

/** The call that asks who owns a thread. */
export function ownerCall(thread: ThreadKey): GraphCall {
  const query = { recipient: thread.psid };
  return { operation: 'owner', pageId: thread.pageId, method: 'GET', edge: '/thread_owner', query };
}

/** The owner in the answer to any call, or `undefined` if it names none. */
export function ownerOf(attempt: Attempt & { readonly ok: true }): OwnerAnswer | undefined {
  const owner = readOwner(attempt.value);
  return owner === undefined ? undefined : { ...owner, sentAtMs: attempt.sentAtMs, answeredAtMs: attempt.answeredAtMs };
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
    return hadIt
      ? { ...receiptOf(attempt, 'answer', attempts), ...(attempts === 1 ? { hadControl: true } : {}) }
      : undefined;
  }
  if (isRecord(attempt.value) && attempt.value['success'] === true) return receiptOf(attempt, 'answer', attempts);
  // The older form of the answer to take: the new owner. It confirms unless it names somebody else.
  const owner = intent.operation === 'take' ? ownerOf(attempt) : undefined;
  const isBots = owner?.owner === 'hidden' || (owner?.owner === 'app' && owner.appId === botAppId);
  return owner !== undefined && isBots ? receiptOf(attempt, 'answer', attempts, owner) : undefined;
}

/** A take that Meta refused with a code that does not say whether the bot has the thread already. */
function isAmbiguousTake({ operation }: ControlIntent, { outcome, metaCode }: GraphApiError): boolean {
  return operation === 'take' && outcome === 'refused' && AMBIGUOUS_TAKE_CODES.includes(metaCode);
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
async function askOnce(attempts: CallAttempts, thread: ThreadKey): Promise<OwnerAnswer | undefined> {
  const attempt = await attempts.attempt(ownerCall(thread));
  return attempt.ok ? ownerOf(attempt) : undefined;
}

/** "Not the owner" after an unclear attempt may be the trace of its success, so by itself it clears nothing. */
function finalError(error: GraphApiError, owner: OwnerAnswer | undefined, inDoubt: boolean): GraphApiError {
  const isUnclear = owner === undefined && (inDoubt || error.code === 'anotherAppOwns');
  const settled = error.outcome === 'notSent' ? 'notSent' : 'refused';
  return error.restated({ outcome: isUnclear ? 'unknown' : settled, owner });
}
