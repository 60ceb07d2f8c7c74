/** The people and the apps of the ownership stories, and short words for what happens to them. */
import type { AppIds, Evidence } from '../../src/ownership/ledger.js';
import type { OwnCall } from '../../src/ownership/evidence.js';
import type { NamedOwner } from '../../src/thread/record.js';
import type { ThreadEvent, ThreadEventChannel, ThreadEventKind } from '../../src/thread/event.js';

export const BOT = '900100200300400';
export const VCC_LIVE = '900500600700800';
export const INBOX = '263902037430900';
export const LEAD_GEN = '413038776280800';
export const PAGE = '111222333444555';
const PSID = '6600112233445566';

export const ids: AppIds = { botAppId: BOT, vccLiveAppId: VCC_LIVE };

/** Noon of the stories, Meta's clock: 2026-09-21T14:13:20Z. */
export const NOON = 1_790_000_000_000;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An item of a webhook about our customer. */
export function item(
  kind: ThreadEventKind,
  channel: ThreadEventChannel,
  timestampMs: number | undefined,
  more: Partial<ThreadEvent> = {},
): ThreadEvent {
  const stamp = timestampMs === undefined ? {} : { timestampMs };
  return { kind, channel, pageId: PAGE, psid: PSID, raw: {}, ...stamp, ...more };
}

/** `pass_thread_control` that names the new owner. */
export const passTo = (app: string, atMetaMs: number): ThreadEvent =>
  item('passThreadControl', 'messaging', atMetaMs, { previousOwnerAppId: VCC_LIVE, newOwnerAppId: app });

/** `take_thread_control` from the bot by an app that is named. */
export const takeBy = (app: string, atMetaMs: number): ThreadEvent =>
  item('takeThreadControl', 'messaging', atMetaMs, { previousOwnerAppId: BOT, newOwnerAppId: app });

/** `take_thread_control` from the bot, in the old shape that does not say by whom. */
export const takeByNobodyNamed = (atMetaMs: number): ThreadEvent =>
  item('takeThreadControl', 'messaging', atMetaMs, { previousOwnerAppId: BOT });

/** A webhook, as evidence, without the way through the event. */
export const webhook = (owner: NamedOwner, atMetaMs: number): Evidence => ({
  sort: 'explicit',
  mark: { atMetaMs, owner, source: 'webhook', key: JSON.stringify(owner) },
});

/** The same, stamped by Meta in whole seconds. */
export const inSeconds = (event: ThreadEvent): ThreadEvent => {
  const timestampMs = Math.floor((event.timestampMs ?? 0) / SECOND) * SECOND;
  return { ...event, timestampMs, timestampInSeconds: true };
};

/** A confirmed call of ours, sent and answered at these places of Meta's clock. */
export const call = (owner: NamedOwner, atMetaMs: number, answeredAtMetaMs = atMetaMs): Evidence => ({
  sort: 'explicit',
  mark: { atMetaMs, answeredAtMetaMs, owner, source: 'call', key: 'call' },
});

/** An answer of `thread_owner`, asked and answered at these places of Meta's clock. */
export const answer = (
  owner: NamedOwner,
  atMetaMs: number,
  answeredAtMetaMs = atMetaMs,
  expiresAtMetaMs?: number,
): Evidence => ({
  sort: 'explicit',
  mark: {
    atMetaMs,
    answeredAtMetaMs,
    owner,
    source: 'answer',
    key: 'answer',
    ...(expiresAtMetaMs === undefined ? {} : { expiresAtMetaMs }),
  },
});

/** Strong evidence with a stamp of Meta's. */
export const strong = (sort: 'us' | 'notUs' | 'vccLiveEcho', atMetaMs: number): Evidence => ({
  sort,
  mark: { atMetaMs, key: `${sort}@${atMetaMs}` },
});

/** Strong evidence that we placed ourselves: a send accepted or refused, a hidden answer. */
export const own = (sort: 'us' | 'notUs', atMetaMs: number): Evidence => ({
  sort,
  mark: { atMetaMs, key: 'send', own: true },
});

export const activity = (atMetaMs: number): Evidence => ({ sort: 'activity', atMetaMs });

/** A call of a process whose clock is right, which knows that, and which saw nothing of the thread before. */
export const callAt = (sentAtMs: number, answeredAtMs = sentAtMs): OwnCall => ({
  sentAtMs,
  answeredAtMs,
  offsetMs: 0,
  newestStamp: undefined,
});
