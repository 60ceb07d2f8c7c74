/**
 * Who owns a thread, concluded from evidence.
 *
 * Nobody tells the bot reliably, so each sort of evidence keeps its newest, folding in is taking a maximum (idempotent,
 * in any order), and the owner is one pure function of the five maxima and of now. docs/ownership.md explains it.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { ThreadOwner } from '../thread/handover.js';
import type {
  EvidenceMaxima,
  ExplicitMark,
  NamedOwner,
  RecordedOwner,
  SideMark,
  ThreadRecord,
} from '../thread/record.js';

/** Control ends after 24 hours without activity. */
const CONTROL_MS = 24 * 60 * 60_000;

/** The two apps of a Page that matter to us. */
export interface AppIds {
  readonly botAppId: string;
  readonly vccLiveAppId: string;
}

/** One piece of evidence, placed on Meta's clock. */
export type Evidence =
  | { readonly sort: 'explicit'; readonly mark: ExplicitMark }
  | { readonly sort: 'us' | 'notUs' | 'vccLiveEcho'; readonly mark: SideMark }
  | { readonly sort: 'activity'; readonly at: number };

/** The owner that evidence names, whatever the clock says. `inferred`: somebody else, and nothing says who. */
export interface Verdict {
  readonly owner: ThreadOwner['owner'];
  readonly appId?: string;
  readonly since?: number;
  readonly expiresAt?: number;
  readonly inferred?: true;
}

/** What the ledger wants done after a step. */
export interface Effects {
  /** `thread_owner` has to be asked. */
  readonly askOwner: boolean;
  /** The recorded owner changed to, from or between other apps; the epoch has grown. */
  readonly ownerChanged?: { readonly from: Verdict; readonly to: Verdict };
}

/** Folds evidence into the maxima of a record. */
export function fold(maxima: EvidenceMaxima, evidence: readonly Evidence[]): EvidenceMaxima {
  const next: { -readonly [K in keyof EvidenceMaxima]: EvidenceMaxima[K] } = { ...maxima };
  for (const piece of evidence) {
    switch (piece.sort) {
      case 'explicit':
        if (!next.explicit || compareExplicit(piece.mark, next.explicit) > 0) next.explicit = piece.mark;
        break;
      case 'activity':
        if (next.activityAt === undefined || piece.at > next.activityAt) next.activityAt = piece.at;
        break;
      case 'us':
      case 'notUs':
      case 'vccLiveEcho': {
        const known = next[piece.sort];
        if (!known || compareSides(piece.mark, known) > 0) next[piece.sort] = piece.mark;
        break;
      }
    }
  }
  return next;
}

/** The owner by evidence alone: what the epoch goes by. The clock is not asked. */
export function ownerByEvidence(maxima: EvidenceMaxima, ids: AppIds): Verdict {
  const { explicit } = maxima;
  const settledAt = explicit ? (explicit.answeredAt ?? explicit.at) : -Infinity;
  const us = newerThan(maxima.us, settledAt);
  const notUs = newerThan(maxima.notUs, settledAt);
  const echo = newerThan(maxima.vccLiveEcho, settledAt);
  const others = Math.max(notUs?.at ?? -Infinity, echo?.at ?? -Infinity);

  // Evidence of the same millisecond: silence is the safe side.
  if (us && us.at > others) return { owner: 'bot', appId: ids.botAppId, since: us.at };
  if (others > -Infinity) {
    const hiddenExpiry = notUs?.expiresAt === undefined ? {} : { expiresAt: notUs.expiresAt };
    const named = explicit && !us ? verdictOf(explicit, ids) : undefined;
    if (echo && (!us || echo.at > us.at)) {
      const vccLive: Verdict = { owner: 'vccLive', appId: ids.vccLiveAppId, since: echo.at, ...hiddenExpiry };
      // An echo does not shorten the control that the explicit evidence gave to VCC Live.
      return named?.owner === 'vccLive' ? withLaterExpiry(vccLive, named.expiresAt) : vccLive;
    }
    if (named && isAnotherApp(named) && !named.inferred) return withLaterExpiry(named, notUs?.expiresAt);
    return { owner: 'other', since: others, inferred: true, ...hiddenExpiry };
  }
  return explicit ? verdictOf(explicit, ids) : { owner: 'unknown' };
}

/**
 * The owner now: evidence, and the clock. An owner whose 24 hours or `expiration` are over without activity is
 * idle; that is computed here each time and never written.
 * @param nowOnMetaClock Meta's milliseconds, see `metaNow`
 */
export function ownerNow(maxima: EvidenceMaxima, ids: AppIds, nowOnMetaClock: number): Verdict {
  return atTime(ownerByEvidence(maxima, ids), maxima, nowOnMetaClock);
}

/** {@link ownerNow}, where the owner by evidence is known. */
export function atTime(verdict: Verdict, maxima: EvidenceMaxima, nowOnMetaClock: number): Verdict {
  if (verdict.owner === 'idle' || verdict.owner === 'unknown') return verdict;
  // An owner proven now is not idle since yesterday: a pass on a thread that was quiet for days has its 24 hours, and a
  // refused send contradicts an expiration that has passed.
  const since = verdict.since ?? Infinity;
  const provenAt = isAnotherApp(verdict) ? provenAtOrAfter(since, [maxima.explicit, maxima.notUs]) : since;
  const control =
    verdict.expiresAt !== undefined && verdict.expiresAt > provenAt ? verdict.expiresAt : provenAt + CONTROL_MS;
  const expiresAt = Math.max(control, (maxima.activityAt ?? -Infinity) + CONTROL_MS);
  if (nowOnMetaClock >= expiresAt) return { owner: 'idle', since: expiresAt };
  // Not a spread: that is eight times as slow here, and this is asked several times for each event.
  return Object.assign({}, verdict, { expiresAt });
}

/** Whether another app owns the thread by this verdict. */
export function isAnotherApp(verdict: Verdict): boolean {
  return verdict.owner === 'vccLive' || verdict.owner === 'other';
}

/**
 * One step: folds evidence into a record, moves the epoch, and says what has to be done.
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
    (after.inferred === true && before.inferred !== true) || evidence.some((piece) => outvotedByUs(piece, maxima, ids));

  const next: ThreadRecord = {
    ...record,
    evidence: maxima,
    epoch: changed ? record.epoch + 1 : record.epoch,
    recordedOwner: sideOf(after),
  };
  return {
    record: next,
    before,
    verdict: after,
    effects: changed ? { askOwner, ownerChanged: { from: before, to: after } } : { askOwner },
  };
}

/** The latest that these marks prove something, none of them from before `since`. */
function provenAtOrAfter(since: number, marks: readonly (ExplicitMark | SideMark | undefined)[]): number {
  const times = marks.flatMap((mark) => (mark && mark.at >= since ? [mark.blindAtMs ?? mark.at] : []));
  return Math.max(since, ...times);
}

/** Explicit evidence in its total order: time of sending, then strength, then a canonical key. */
function compareExplicit(a: ExplicitMark, b: ExplicitMark): number {
  return a.at - b.at || strength(a) - strength(b) || compareText(explicitKey(a), explicitKey(b));
}

function strength(mark: ExplicitMark): number {
  if (mark.owner === 'notUs') return 0;
  return mark.source === 'answer' ? 1 : mark.source === 'call' ? 2 : 3;
}

function explicitKey(mark: ExplicitMark): string {
  return JSON.stringify([mark.key, mark.owner, mark.answeredAt ?? 0, mark.expiresAt ?? 0, mark.blindAtMs ?? 0]);
}

function compareSides(a: SideMark, b: SideMark): number {
  return (
    a.at - b.at ||
    // A stamp of Meta's is stronger than a place that we worked out.
    Number(b.own ?? false) - Number(a.own ?? false) ||
    (a.expiresAt ?? 0) - (b.expiresAt ?? 0) ||
    (a.blindAtMs ?? 0) - (b.blindAtMs ?? 0) ||
    compareText(a.key, b.key)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function newerThan(mark: SideMark | undefined, at: number): SideMark | undefined {
  return mark && mark.at > at ? mark : undefined;
}

function withLaterExpiry(verdict: Verdict, expiresAt: number | undefined): Verdict {
  if (expiresAt === undefined) return verdict;
  return { ...verdict, expiresAt: Math.max(verdict.expiresAt ?? expiresAt, expiresAt) };
}

function verdictOf(mark: ExplicitMark, ids: AppIds): Verdict {
  const when = { since: mark.at, ...(mark.expiresAt === undefined ? {} : { expiresAt: mark.expiresAt }) };
  if (mark.owner === 'notUs') return { owner: 'other', inferred: true, ...when };
  return { ...named(mark.owner, ids), ...when };
}

function named(owner: Exclude<NamedOwner, 'notUs'>, ids: AppIds): Verdict {
  if (owner === 'idle') return { owner: 'idle' };
  if (owner.app === ids.botAppId) return { owner: 'bot', appId: owner.app };
  return { owner: owner.app === ids.vccLiveAppId ? 'vccLive' : 'other', appId: owner.app };
}

function sideOf(verdict: Verdict): RecordedOwner {
  return verdict.owner === 'vccLive' || verdict.owner === 'other' ? verdict.owner : 'bot';
}

/**
 * `bot`, `idle` and `unknown` are one side, and learning the name of an app that was already known to be another is no
 * change. The other way round is one: a name is only lost where the thread was ours in between.
 */
function sameSide(a: Verdict, b: Verdict): boolean {
  if (sideOf(a) !== sideOf(b)) return false;
  if (sideOf(a) === 'bot') return true;
  return a.appId === undefined || a.appId === b.appId;
}

/**
 * Rule 10: a pass or take webhook was folded in, the ledger says something else, and it is an observation of our own
 * (whose place on Meta's clock is a guess) that outvotes it, not another webhook.
 */
function outvotedByUs(piece: Evidence, maxima: EvidenceMaxima, ids: AppIds): boolean {
  if (piece.sort !== 'explicit' || piece.mark.source !== 'webhook') return false;
  const verdict = ownerByEvidence(maxima, ids);
  if (agrees(verdict, piece.mark, ids)) return false;
  const { explicit } = maxima;
  if (explicit && compareExplicit(explicit, piece.mark) > 0) return explicit.source !== 'webhook';
  const strong = [maxima.us, maxima.notUs].filter((mark) => mark !== undefined && mark.at > piece.mark.at);
  return strong.some((mark) => mark?.own === true);
}

function agrees(verdict: Verdict, mark: ExplicitMark, ids: AppIds): boolean {
  if (mark.owner === 'notUs') return isAnotherApp(verdict);
  const says = named(mark.owner, ids);
  return verdict.owner === says.owner && (says.owner !== 'other' || verdict.appId === says.appId);
}
