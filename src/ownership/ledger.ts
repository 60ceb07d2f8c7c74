/**
 * Concludes from evidence who owns a thread.
 *
 * No message reports every change of owner. So the ledger keeps the newest of each sort of evidence; folding one in takes
 * a maximum, which is idempotent and works in any order. The owner is a pure function of the five maxima and of the time.
 * docs/ownership.md explains it.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { ThreadOwner } from '../thread/handover.js';
import type { AppId } from '../thread/ids.js';
import type {
  EvidenceMaxima,
  ExplicitMark,
  NamedOwner,
  RecordedOwner,
  SideMark,
  ThreadRecord,
} from '../thread/record.js';
import { areUndecided, mayBeOlder, REST_OF_SECOND_MS } from './same-second.js';

/** Control ends after 24 hours without activity. */
const CONTROL_MS = 24 * 60 * 60_000;

/** If every webhook comes so late, our own observations are placed too early by as much. */
const LATE_DELIVERY_MS = 10_000;

/** The app ids of the bot and of VCC Live. */
export interface AppIds {
  readonly botAppId: AppId;
  readonly vccLiveAppId: AppId;
}

/** One piece of evidence, placed on Meta's clock. */
export type Evidence =
  | { readonly sort: 'explicit'; readonly mark: ExplicitMark }
  | { readonly sort: 'us' | 'notUs' | 'vccLiveEcho'; readonly mark: SideMark }
  | { readonly sort: 'activity'; readonly atMetaMs: number };

/** The owner that evidence names, without a look at the clock. `inferred`: another app, and nothing says which. */
export interface Verdict {
  readonly owner: ThreadOwner['owner'];
  readonly appId?: AppId | undefined;
  readonly since?: number | undefined;
  readonly expiresAtMetaMs?: number | undefined;
  readonly inferred?: true | undefined;
}

/** What the caller has to do after a step. */
export interface Effects {
  /** `thread_owner` has to be asked. */
  readonly askOwner: boolean;
  /** The recorded owner changed to, from or between other apps; the epoch has grown. */
  readonly ownerChanged?: { readonly from: Verdict; readonly to: Verdict };
}

/** Folds evidence into the maxima of a record. */
export function fold(maxima: EvidenceMaxima, evidence: readonly Evidence[]): EvidenceMaxima {
  let { explicit, us, notUs, vccLiveEcho, activityAtMetaMs } = maxima;
  for (const piece of evidence) {
    switch (piece.sort) {
      case 'explicit':
        if (!explicit || compareExplicit(piece.mark, explicit) > 0) explicit = piece.mark;
        break;
      case 'activity':
        if (activityAtMetaMs === undefined || piece.atMetaMs > activityAtMetaMs) activityAtMetaMs = piece.atMetaMs;
        break;
      case 'us':
        us = laterSide(us, piece.mark);
        break;
      case 'notUs':
        notUs = laterSide(notUs, piece.mark);
        break;
      case 'vccLiveEcho':
        vccLiveEcho = laterSide(vccLiveEcho, piece.mark);
        break;
    }
  }
  // Field by field, in one order: this runs for every event, and V8 reads records of one shape several times as fast.
  const next: { -readonly [K in keyof EvidenceMaxima]: EvidenceMaxima[K] } = {};
  if (explicit) next.explicit = explicit;
  if (us) next.us = us;
  if (notUs) next.notUs = notUs;
  if (vccLiveEcho) next.vccLiveEcho = vccLiveEcho;
  if (activityAtMetaMs !== undefined) next.activityAtMetaMs = activityAtMetaMs;
  return next;
}

function laterSide(known: SideMark | undefined, mark: SideMark): SideMark {
  return !known || compareSides(mark, known) > 0 ? mark : known;
}

/** All verdicts have the same fields in the same order, see {@link fold}. */
function verdict(
  owner: Verdict['owner'],
  appId: AppId | undefined,
  since: number | undefined,
  expiresAtMetaMs: number | undefined,
  inferred: true | undefined,
): Verdict {
  return { owner, appId, since, expiresAtMetaMs, inferred };
}

const UNKNOWN: Verdict = verdict('unknown', undefined, undefined, undefined, undefined);

/** The owner by evidence alone, without the clock. The epoch follows this owner. */
export function ownerByEvidence(maxima: EvidenceMaxima, ids: AppIds): Verdict {
  const { explicit } = maxima;
  const settledAt = explicit ? (explicit.answeredAtMetaMs ?? explicit.atMetaMs) : -Infinity;
  const us = newerThan(maxima.us, settledAt);
  const notUs = newerThan(maxima.notUs, settledAt);
  const echo = newerThan(maxima.vccLiveEcho, settledAt);
  const others = Math.max(notUs ? notUs.atMetaMs : -Infinity, echo ? echo.atMetaMs : -Infinity);

  // Evidence of the same millisecond: if in doubt, the bot stays silent.
  if (us && us.atMetaMs > others) return verdict('bot', ids.botAppId, us.atMetaMs, undefined, undefined);
  if (others > -Infinity) {
    const hiddenExpiry = notUs?.expiresAtMetaMs;
    const named = explicit && !us ? verdictOf(explicit, ids) : undefined;
    if (echo && (!us || echo.atMetaMs > us.atMetaMs)) {
      const vccLive = verdict('vccLive', ids.vccLiveAppId, echo.atMetaMs, hiddenExpiry, undefined);
      // An echo does not shorten the control that the explicit evidence gave to VCC Live.
      return named?.owner === 'vccLive' ? withLaterExpiry(vccLive, named.expiresAtMetaMs) : vccLive;
    }
    if (named && isAnotherApp(named) && !named.inferred) return withLaterExpiry(named, hiddenExpiry);
    return verdict('other', undefined, others, hiddenExpiry, true);
  }
  return explicit ? verdictOf(explicit, ids) : UNKNOWN;
}

/**
 * The owner now: evidence, and the clock. An owner whose 24 hours or `expiration` are over without activity is
 * idle; that is computed here each time and never written.
 * @param nowOnMetaClock Meta's milliseconds, see `metaNow`
 */
export function ownerNow(maxima: EvidenceMaxima, ids: AppIds, nowOnMetaClock: number): Verdict {
  return atTime(ownerByEvidence(maxima, ids), maxima, nowOnMetaClock);
}

/** {@link ownerNow}, if the owner by evidence is known. */
export function atTime(byEvidence: Verdict, maxima: EvidenceMaxima, nowOnMetaClock: number): Verdict {
  if (byEvidence.owner === 'idle' || byEvidence.owner === 'unknown') return byEvidence;
  // An owner proven now is not idle since yesterday: a pass on a thread that was quiet for days has its 24 hours, and a
  // refused send contradicts an expiration that has passed.
  const since = byEvidence.since ?? Infinity;
  const provenAt = isAnotherApp(byEvidence) ? provenAtOrAfter(since, maxima) : since;
  const given = byEvidence.expiresAtMetaMs;
  // Meta cuts `expiration` to whole seconds, so an answer of the last second names a time that has passed.
  const control = given !== undefined && given + REST_OF_SECOND_MS >= provenAt ? given : provenAt + CONTROL_MS;
  const expiresAtMetaMs = Math.max(control, (maxima.activityAtMetaMs ?? -Infinity) + CONTROL_MS);
  if (nowOnMetaClock >= expiresAtMetaMs) return verdict('idle', undefined, expiresAtMetaMs, undefined, undefined);
  return verdict(byEvidence.owner, byEvidence.appId, byEvidence.since, expiresAtMetaMs, byEvidence.inferred);
}

/** Whether another app owns the thread by this verdict. */
export function isAnotherApp({ owner }: Verdict): boolean {
  return owner === 'vccLive' || owner === 'other';
}

/** Whether the bot may speak by this verdict: it owns the thread, or no app does. */
export function isOurs({ owner }: Pick<Verdict, 'owner'>): boolean {
  return owner === 'bot' || owner === 'idle';
}

/**
 * One step: folds evidence into a record, moves the epoch, and says what the caller has to do.
 * Pure: the same record, evidence and ids give the same answer.
 */
export function step(
  record: ThreadRecord,
  evidence: readonly Evidence[],
  ids: AppIds,
): {
  readonly record: ThreadRecord;
  /** The owner by evidence before. */
  readonly before: Verdict;
  /** The owner by evidence now. */
  readonly verdict: Verdict;
  readonly effects: Effects;
} {
  const before = ownerByEvidence(record.evidence, ids);
  const maxima = fold(record.evidence, evidence);
  const after = ownerByEvidence(maxima, ids);
  const changed = !sameSide(before, after);
  const askOwner =
    (after.inferred === true && before.inferred !== true) ||
    (isAnotherApp(before) && !isAnotherApp(after) && evidence.some((piece) => outvotesGuess(piece, record.evidence))) ||
    evidence.some((piece) => outvotedByUs(piece, maxima, ids) || isUndecided(piece, record.evidence, maxima, ids));
  return {
    record: folded(record, maxima, changed ? record.epoch + 1 : record.epoch, sideOf(after)),
    before,
    verdict: after,
    effects: changed ? { askOwner, ownerChanged: { from: before, to: after } } : askOwner ? ASK : NOTHING,
  };
}

const ASK: Effects = { askOwner: true };
const NOTHING: Effects = { askOwner: false };

/** The record with other evidence. Field by field, see {@link fold}. */
function folded(
  { open, conclusions }: ThreadRecord,
  evidence: EvidenceMaxima,
  epoch: number,
  recordedOwner: RecordedOwner,
): ThreadRecord {
  return open === undefined
    ? { evidence, epoch, recordedOwner, conclusions }
    : { evidence, epoch, recordedOwner, open, conclusions };
}

/** The latest time at which the evidence proves another owner; evidence from before `since` does not count. */
function provenAtOrAfter(since: number, { explicit, notUs }: EvidenceMaxima): number {
  return Math.max(since, provenBy(explicit, since), provenBy(notUs, since));
}

function provenBy(mark: ExplicitMark | SideMark | undefined, since: number): number {
  return mark && mark.atMetaMs >= since ? (mark.blindAtMs ?? mark.atMetaMs) : since;
}

/** Explicit evidence in its total order: time of sending, then strength, then a canonical key. */
function compareExplicit(a: ExplicitMark, b: ExplicitMark): number {
  return a.atMetaMs - b.atMetaMs || strength(a) - strength(b) || compareText(explicitKey(a), explicitKey(b));
}

function strength(mark: ExplicitMark): number {
  if (mark.owner === 'notUs') return 0;
  return mark.source === 'answer' ? 1 : mark.source === 'call' ? 2 : 3;
}

function explicitKey({ key, owner, answeredAtMetaMs, expiresAtMetaMs, blindAtMs, inSeconds }: ExplicitMark): string {
  return JSON.stringify([key, owner, answeredAtMetaMs ?? 0, expiresAtMetaMs ?? 0, blindAtMs ?? 0, inSeconds ?? false]);
}

function compareSides(a: SideMark, b: SideMark): number {
  return (
    a.atMetaMs - b.atMetaMs ||
    // A stamp of Meta's is stronger than a time that we computed.
    Number(b.own ?? false) - Number(a.own ?? false) ||
    Number(b.inSeconds ?? false) - Number(a.inSeconds ?? false) ||
    (a.expiresAtMetaMs ?? 0) - (b.expiresAtMetaMs ?? 0) ||
    (a.blindAtMs ?? 0) - (b.blindAtMs ?? 0) ||
    compareText(a.key, b.key)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function newerThan(mark: SideMark | undefined, at: number): SideMark | undefined {
  return mark && mark.atMetaMs > at ? mark : undefined;
}

function withLaterExpiry(of: Verdict, expiresAtMetaMs: number | undefined): Verdict {
  if (expiresAtMetaMs === undefined) return of;
  return verdict(
    of.owner,
    of.appId,
    of.since,
    Math.max(of.expiresAtMetaMs ?? expiresAtMetaMs, expiresAtMetaMs),
    of.inferred,
  );
}

function verdictOf({ atMetaMs, owner, expiresAtMetaMs }: ExplicitMark, ids: AppIds): Verdict {
  if (owner === 'notUs') return verdict('other', undefined, atMetaMs, expiresAtMetaMs, true);
  const { owner: side, appId } = named(owner, ids);
  return verdict(side, appId, atMetaMs, expiresAtMetaMs, undefined);
}

function named(owner: Exclude<NamedOwner, 'notUs'>, ids: AppIds): Pick<Verdict, 'owner' | 'appId'> {
  if (owner === 'idle') return { owner: 'idle', appId: undefined };
  if (owner.app === ids.botAppId) return { owner: 'bot', appId: owner.app };
  return { owner: owner.app === ids.vccLiveAppId ? 'vccLive' : 'other', appId: owner.app };
}

function sideOf({ owner }: Verdict): RecordedOwner {
  return owner === 'vccLive' || owner === 'other' ? owner : 'bot';
}

/**
 * `bot`, `idle` and `unknown` are one side, and learning the name of an app that was already known to be another is no
 * change. The other way round is one: a name is only lost if the thread was ours in between.
 */
function sameSide(a: Verdict, b: Verdict): boolean {
  if (sideOf(a) !== sideOf(b)) return false;
  if (sideOf(a) === 'bot') return true;
  return a.appId === undefined || a.appId === b.appId;
}

/**
 * Rule 10: a pass or take webhook was folded in, the ledger says something else, and it is an observation of our own
 * (whose time on Meta's clock is a guess) that outvotes it, not another webhook.
 */
function outvotedByUs(piece: Evidence, maxima: EvidenceMaxima, ids: AppIds): boolean {
  if (piece.sort !== 'explicit' || piece.mark.source !== 'webhook') return false;
  const concluded = ownerByEvidence(maxima, ids);
  if (agrees(concluded, piece.mark, ids)) return false;
  const { explicit } = maxima;
  if (explicit && compareExplicit(explicit, piece.mark) > 0) return explicit.source !== 'webhook';
  const strong = [maxima.us, maxima.notUs].filter((mark) => mark !== undefined && mark.atMetaMs > piece.mark.atMetaMs);
  return strong.some((mark) => mark?.own === true);
}

/**
 * The other way round: a webhook outvotes an answer or a refusal of Meta's, by which another app had the thread. Their places
 * are too early if Meta's clock was not known well, or if all webhooks come late: then nobody knows which of the two is newer.
 */
function outvotesGuess(piece: Evidence, { explicit, notUs }: EvidenceMaxima): boolean {
  if (piece.sort !== 'explicit' || piece.mark.source !== 'webhook') return false;
  const { atMetaMs } = piece.mark;
  const isGuess = (mark: ExplicitMark | SideMark): boolean =>
    mark.blindAtMs !== undefined || atMetaMs - mark.atMetaMs < LATE_DELIVERY_MS;
  return (explicit?.source === 'answer' && isGuess(explicit)) || (notUs?.own === true && isGuess(notUs));
}

/**
 * Rule 10, second half: a webhook or a call of ours contradicts the explicit evidence of the same second, whichever of the
 * two counts. An answer never does: it would ask for itself. Nor do stamps in seconds say whether a message or the explicit
 * evidence of its second is newer.
 */
function isUndecided(piece: Evidence, before: EvidenceMaxima, after: EvidenceMaxima, { botAppId }: AppIds): boolean {
  if (piece.sort === 'activity') return false;
  const { explicit } = after;
  if (piece.sort !== 'explicit') {
    const side = piece.sort === 'us' ? 'bot' : 'notUs';
    return explicit !== undefined && mayBeOlder(piece.mark, side, explicit, botAppId);
  }
  if (piece.mark.source === 'answer') return false;
  const { mark } = piece;
  if ([before.explicit, explicit].some((known) => known && areUndecided(mark, known, botAppId))) return true;
  const { us, notUs } = after;
  return (
    mark === explicit &&
    ((us !== undefined && mayBeOlder(us, 'bot', mark, botAppId)) ||
      (notUs !== undefined && mayBeOlder(notUs, 'notUs', mark, botAppId)))
  );
}

function agrees(concluded: Verdict, mark: ExplicitMark, ids: AppIds): boolean {
  if (mark.owner === 'notUs') return isAnotherApp(concluded);
  const says = named(mark.owner, ids);
  return concluded.owner === says.owner && (says.owner !== 'other' || concluded.appId === says.appId);
}
