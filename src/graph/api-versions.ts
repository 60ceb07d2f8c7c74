/**
 * When each version of the Graph API ends, as far as Meta has announced.
 *
 * A version ends silently: Meta then serves its calls with the oldest version left, which may behave differently.
 * @see https://developers.facebook.com/docs/graph-api/changelog/versions
 */

/** Where a version stands in its life. `untilMs`: when it ends, milliseconds since 1970; absent where Meta has not said. */
export type VersionState =
  | { readonly state: 'usable'; readonly untilMs?: number }
  | { readonly state: 'ending'; readonly untilMs: number }
  | { readonly state: 'ended'; readonly untilMs?: number }
  /** Newer than this table. */
  | { readonly state: 'newer' };

/** A version that ends within this is near its end: time for a release and a review of the app. */
const NEAR_END_MS = 90 * 24 * 60 * 60_000;

/** First day on which the version is not served any more; `undefined`: not announced. Older ones than these have ended. */
const ENDS: Readonly<Record<string, string | undefined>> = {
  'v26.0': undefined,
  'v25.0': '2028-07-29',
  'v24.0': '2028-02-18',
  'v23.0': '2027-10-08',
  'v22.0': '2027-05-20',
  'v21.0': '2027-01-21',
  'v20.0': '2026-09-24',
  'v19.0': '2026-05-21',
  'v18.0': '2026-01-26',
};

/** The newest version in this table. */
export const NEWEST_VERSION = 'v26.0';

/** The state of a version such as `v25.0` at `nowMs`. */
export function versionState(version: string, nowMs: number): VersionState {
  if (!(version in ENDS)) return majorOf(version) > majorOf(NEWEST_VERSION) ? { state: 'newer' } : { state: 'ended' };
  const end = ENDS[version];
  if (end === undefined) return { state: 'usable' };
  const untilMs = Date.parse(end);
  if (nowMs >= untilMs) return { state: 'ended', untilMs };
  return { state: untilMs - nowMs <= NEAR_END_MS ? 'ending' : 'usable', untilMs };
}

function majorOf(version: string): number {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}
