/**
 * Asks Meta who owns a thread, folds the answer into the record, and does the same with the bot's own Graph calls.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { ThreadKey } from '../thread/key.js';
import type { NamedOwner, ThreadRecord } from '../thread/record.js';
import { evidenceOfAnswer, evidenceOfCall } from '../ownership/evidence.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { OwnerAnswer } from '../graph/owner-answer.js';
import type { ChangeResult, ThreadRecords } from './change-record.js';
import { asError, publicOwner } from './change-record.js';
import type { EngineDeps } from './engine-deps.js';
import type { Outcome } from './lifecycle.js';
import { unchanged } from './lifecycle.js';
import type { AnsweredCall } from './turn.js';

/** Meta may take half a minute with all repeats of the question. No customer waits for a chat bot that long. */
const CUSTOMER_WAITS_MS = 5000;

/** A thread and the apps of its Page. */
export interface ThreadOfApps {
  readonly thread: ThreadKey;
  readonly ids: AppIds;
}

/** A call that moves the thread. */
export interface OwnerCall extends ThreadOfApps {
  /** Who owns the thread once the call has worked. */
  readonly owner: NamedOwner;
  readonly call: () => Promise<AnsweredCall>;
}

/** Asks Meta who owns the thread and folds the answer in. `undefined` if there is no answer. */
export async function askOwner(records: ThreadRecords, thread: ThreadKey): Promise<Verdict | undefined> {
  try {
    return await askOwnerOrThrow(records, thread);
  } catch (error) {
    sayNoAnswer(records.deps, error);
    return undefined;
  }
}

/** {@link askOwner} while a customer waits: `undefined` after five seconds. A later answer is folded in all the same. */
export async function askOwnerInTime(records: ThreadRecords, thread: ThreadKey): Promise<Verdict | undefined> {
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = records.deps.clock.after(CUSTOMER_WAITS_MS, () => resolve(undefined));
  });
  try {
    return await Promise.race([askOwner(records, thread), late]);
  } finally {
    cancel();
  }
}

/** {@link askOwner}, but rejects with Graph's or the store's error. */
export async function askOwnerOrThrow(records: ThreadRecords, thread: ThreadKey): Promise<Verdict> {
  const ids = await records.ids(thread);
  const newestStamp = await newestStampOf(records, thread);
  const answer = await records.deps.graph.owner(thread);
  return fold(records, { thread, ids }, answer, newestStamp);
}

/** Asks Meta whether the bot may speak in the thread, if nothing can be stored. `undefined` if there is no answer. */
export async function isOursByMeta(records: ThreadRecords, thread: ThreadKey): Promise<boolean | undefined> {
  const { graph, botAppId } = records.deps;
  try {
    const answer = await graph.owner(thread);
    return answer.owner === 'idle' || (answer.owner === 'app' && answer.appId === botAppId);
  } catch (error) {
    sayNoAnswer(records.deps, error);
    return undefined;
  }
}

/** Makes a call that moves the thread, and folds in that it worked, or what Meta said of the owner when it refused. */
export async function ownCall<T>(
  records: ThreadRecords,
  { thread, ids, owner, call }: OwnerCall,
  after: (record: ThreadRecord) => Outcome<T>,
): Promise<ChangeResult<T>> {
  const newestStamp = await newestStampOf(records, thread);
  try {
    const answered = await call();
    const changed = await records.change(
      thread,
      ids,
      [evidenceOfCall(owner, records.own(answered, newestStamp))],
      after,
    );
    if (changed.askOwner) await askOwner(records, thread);
    return changed;
  } catch (error) {
    if (error instanceof GraphApiError && error.owner) {
      const { owner: answer } = error;
      // A hand-back may have arrived since the question: the answer is not newer than what was known before the call.
      await records.forgiving(() => fold(records, { thread, ids }, answer, newestStamp));
    }
    throw error;
  }
}

/** The newest stamp of a thread, before a call is sent. */
export async function newestStampOf(records: ThreadRecords, thread: ThreadKey): Promise<number | undefined> {
  return newestPlace((await records.deps.store.read(thread))?.evidence ?? {});
}

async function fold(
  records: ThreadRecords,
  { thread, ids }: ThreadOfApps,
  answer: OwnerAnswer,
  newestStamp: number | undefined,
): Promise<Verdict> {
  const evidence = evidenceOfAnswer(answer, records.own(answer, newestStamp));
  const { before, now } = await records.change(thread, ids, [evidence], unchanged);
  if (contradicts(before, now)) {
    const [ledger, meta] = [publicOwner(before), publicOwner(now)];
    records.deps.events.emit('disagreement', { thread, by: 'threadOwner', ledger, meta });
  }
  return now;
}

/** Not if one of them is unknown, or hidden. Bot and idle are the same: the bot may speak. */
function contradicts(before: Verdict, now: Verdict): boolean {
  if (before.owner === 'unknown' || now.owner === 'unknown') return false;
  if (isAnotherApp(before) !== isAnotherApp(now)) return true;
  return before.owner !== now.owner && before.appId !== undefined && now.appId !== undefined && isAnotherApp(now);
}

/** While Graph is out of reach, every event may ask. */
export function sayNoAnswer({ lines }: Pick<EngineDeps, 'lines'>, error: unknown): void {
  const line = `thread_owner gave no answer, so what is known of the thread counts: ${asError(error).message}`;
  lines.say('warn', 'thread_owner', line);
}
