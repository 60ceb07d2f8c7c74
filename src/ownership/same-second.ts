/**
 * Whether two explicit facts contradict each other, and their stamps do not show which is newer. Meta stamps some webhooks
 * in whole seconds only, and two stamps may be equal.
 *
 * The ledger picks one of them by a fixed order, independent of their arrival. That is a guess, so the plugin asks
 * `thread_owner`.
 */
import type { AppId } from '../thread/ids.js';
import type { ExplicitMark, NamedOwner, SideMark } from '../thread/record.js';

/** A stamp in whole seconds stands for the end of its second. */
export const REST_OF_SECOND_MS = 999;

/** True if the two name owners that cannot both be right, and either may be the newer one. */
export function areUndecided(one: ExplicitMark, other: ExplicitMark, botAppId: AppId): boolean {
  return mayBeOfOneMoment(one, other) && contradict(sideOf(one.owner, botAppId), sideOf(other.owner, botAppId));
}

/**
 * True if strong evidence that was stamped in whole seconds outvotes an explicit fact of the same second: it may be the older one.
 * @param side of the fence on which the strong evidence puts the thread
 */
export function mayBeOlder(strong: SideMark, side: 'bot' | 'notUs', explicit: ExplicitMark, botAppId: AppId): boolean {
  if (strong.inSeconds !== true || !contradict(side, sideOf(explicit.owner, botAppId))) return false;
  return strong.atMetaMs > latest(explicit) && strong.atMetaMs - REST_OF_SECOND_MS <= latest(explicit);
}

function mayBeOfOneMoment(one: ExplicitMark, other: ExplicitMark): boolean {
  if (one.inSeconds !== true && other.inSeconds !== true) {
    return one.source === 'webhook' && other.source === 'webhook' && one.atMetaMs === other.atMetaMs;
  }
  return earliest(one) <= latest(other) && earliest(other) <= latest(one);
}

function earliest({ atMetaMs, inSeconds }: ExplicitMark): number {
  return inSeconds === true ? atMetaMs - REST_OF_SECOND_MS : atMetaMs;
}

function latest({ atMetaMs, answeredAtMetaMs }: ExplicitMark): number {
  return Math.max(atMetaMs, answeredAtMetaMs ?? atMetaMs);
}

/** `notUs`: an app that is not ours, and no evidence says which. For the bot, "bot" and "idle" are the same. */
function sideOf(owner: NamedOwner, botAppId: AppId): string {
  if (owner === 'notUs') return owner;
  return owner === 'idle' || owner.app === botAppId ? 'bot' : `app ${owner.app}`;
}

function contradict(one: string, other: string): boolean {
  if (one === 'bot' || other === 'bot') return one !== other;
  return one !== 'notUs' && other !== 'notUs' && one !== other;
}
