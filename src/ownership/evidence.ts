/**
 * What a webhook item, or a call of our own, proves about a thread: the table of evidence in docs/ownership.md.
 */
import type { ThreadEvent } from '../thread/event.js';
import type { AppId, EventKey } from '../thread/ids.js';
import type { ExplicitMark, NamedOwner, SideMark } from '../thread/record.js';
import type { AppIds, Evidence } from './ledger.js';
import { placeOwn, stampOf } from './meta-time.js';

/** When an event arrived; it replaces the stamp of events that Meta did not stamp. */
export interface Arrival {
  /** Our clock. */
  readonly nowMs: number;
  /** Meta's clock minus ours, if known. */
  readonly offsetMs: number | undefined;
  /** The thread's newest time on Meta's clock, see `newestPlace`. */
  readonly newestStamp: number | undefined;
  /** Deduplication key of the event, if it has been made. Default: a text of the event's own fields. */
  readonly eventKey?: EventKey;
}

/** When a call of ours was sent and answered, for what it proves. */
export interface OwnCall {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly offsetMs: number | undefined;
  /** Meta's clock is known from stamps in seconds only. Default `false`. */
  readonly isOffsetRough?: boolean;
  /** Newest place of the thread on Meta's clock when the call was sent, see `newestPlace`. */
  readonly newestStamp: number | undefined;
}

const KEY_OF_ANSWER = 'answer';
const KEY_OF_REFUSAL = 'refused';

/** What `thread_owner` answered. */
export type OwnerAnswered =
  | { readonly owner: 'app'; readonly appId: AppId; readonly expiresAtMs?: number }
  | { readonly owner: 'hidden'; readonly expiresAtMs?: number }
  | { readonly owner: 'idle' };

/** Evidence in one webhook item. Empty if it proves nothing about this thread. */
export function evidenceOfEvent(event: ThreadEvent, ids: AppIds, arrival: Arrival): Evidence[] {
  if (event.channel === 'changes') return [];
  const stamp = stampOf(event, arrival.nowMs);
  const atMetaMs = stamp ?? placeOwn(arrival.newestStamp, arrival.nowMs, arrival.offsetMs);
  const evidence: Evidence[] = stamp === undefined ? [] : [{ sort: 'activity', atMetaMs: stamp }];
  const key = arrival.eventKey ?? `${event.channel}:${event.kind}:${event.mid ?? ''}`;
  const place: StampedPlace =
    stamp !== undefined && event.timestampInSeconds ? { atMetaMs, inSeconds: true } : { atMetaMs };
  // Without a stamp the time is our guess, and the evidence that the guess outvotes must show that.
  const mark: SideMark = stamp === undefined ? { atMetaMs, key, own: true } : { ...place, key };

  switch (event.kind) {
    case 'passThreadControl':
      if (event.newOwnerAppId !== undefined) evidence.push(webhookNames({ app: event.newOwnerAppId }, place, event));
      return evidence;
    case 'takeThreadControl':
      if (event.newOwnerAppId !== undefined) {
        evidence.push(webhookNames({ app: event.newOwnerAppId }, place, event));
      } else if (event.previousOwnerAppId === undefined || event.previousOwnerAppId === ids.botAppId) {
        // The shape before 2021 names no app: it reaches the app that lost control, which is ours.
        evidence.push(webhookNames('notUs', place, event));
      }
      return evidence;
    default:
      break;
  }
  if (event.channel === 'standby') {
    evidence.push({ sort: 'notUs', mark });
    if (event.kind === 'echo' && event.appId === ids.vccLiveAppId) evidence.push({ sort: 'vccLiveEcho', mark });
    return evidence;
  }
  // Only what a customer wrote proves that Meta routes the thread to us. A postback does not: our own buttons reach us
  // whoever owns the thread. Nor do echoes, receipts, notices of Meta's, or the removal of an older message.
  if (event.kind === 'message' && !event.isNotice && !event.isDeleted) evidence.push({ sort: 'us', mark });
  return evidence;
}

/** Our own pass, take or release was confirmed: the thread has this owner. */
export function evidenceOfCall(owner: NamedOwner, call: OwnCall): Evidence {
  return {
    sort: 'explicit',
    mark: { ...placedWithAnswer(call), owner, source: 'call', key: 'call' },
  };
}

/** `thread_owner` answered. */
export function evidenceOfAnswer(answer: OwnerAnswered, call: OwnCall): Evidence {
  const expiresAtMetaMs = answer.owner === 'idle' ? undefined : answer.expiresAtMs;
  const expiry = expiresAtMetaMs === undefined ? {} : { expiresAtMetaMs };
  if (answer.owner === 'hidden') {
    return { sort: 'notUs', mark: { ...placed(call), key: KEY_OF_ANSWER, own: true, ...expiry } };
  }
  return {
    sort: 'explicit',
    mark: {
      ...placedWithAnswer(call),
      owner: answer.owner === 'idle' ? 'idle' : { app: answer.appId },
      source: 'answer',
      key: KEY_OF_ANSWER,
      ...expiry,
    },
  };
}

/** Graph accepted a message of ours. */
export function evidenceOfAcceptedSend(call: OwnCall): Evidence {
  return { sort: 'us', mark: { ...placed(call), key: 'send', own: true } };
}

/** Graph refused a message of ours because another app controls the thread. */
export function evidenceOfRefusedSend(call: OwnCall): Evidence {
  return { sort: 'notUs', mark: { ...placed(call), key: KEY_OF_REFUSAL, own: true } };
}

/** Whether a mark comes from a webhook item without a stamp. Its time is a guess: the item may have come late. */
export function isOfUnstampedItem(mark: SideMark | undefined): boolean {
  return mark?.own === true && mark.key !== KEY_OF_REFUSAL && mark.key !== KEY_OF_ANSWER;
}

function webhookNames(owner: NamedOwner, place: StampedPlace, event: ThreadEvent): Evidence {
  const key = JSON.stringify([
    event.kind,
    event.previousOwnerAppId ?? '',
    event.newOwnerAppId ?? '',
    event.metadata ?? '',
  ]);
  return { sort: 'explicit', mark: { ...place, owner, source: 'webhook', key } };
}

type StampedPlace = Pick<ExplicitMark, 'atMetaMs' | 'inSeconds'>;

interface Placed {
  readonly atMetaMs: number;
  readonly blindAtMs?: number;
}

function placed(call: OwnCall): Placed {
  const atMetaMs = placeOwn(call.newestStamp, call.sentAtMs, call.offsetMs);
  if (call.offsetMs !== undefined && call.isOffsetRough !== true) return { atMetaMs };
  return { atMetaMs, blindAtMs: call.answeredAtMs + (call.offsetMs ?? 0) };
}

function placedWithAnswer(call: OwnCall): Placed & { readonly answeredAtMetaMs: number } {
  const place = placed(call);
  return { ...place, answeredAtMetaMs: Math.max(place.atMetaMs, call.answeredAtMs + (call.offsetMs ?? -Infinity)) };
}
