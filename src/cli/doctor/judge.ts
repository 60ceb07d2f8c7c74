/** All lines of a check-up, in order: a pure function of what was seen. */
import type { CheckId, Finding } from './finding.js';
import { judgeIds, judgeSecret } from './judge-app.js';
import { judgeOtherApps, judgeVccLive } from './judge-apps.js';
import { judgeDefaultApp, judgeRouting, judgeSocialRouting, judgeTakeControl } from './judge-routing.js';
import {
  judgeAppFields,
  judgeAppSubscription,
  judgeCallbackUrl,
  judgePageFields,
  judgePageSubscription,
} from './judge-subscriptions.js';
import { judgeArrivals, judgeOwnerCalls, judgeStandbyAccess, judgeThreadOwner } from './judge-thread.js';
import { judgeExpiry, judgeScopes, judgeToken, judgeTokenApp, judgeTokenPage, judgeVersion } from './judge-token.js';
import { judgeVccLiveApi } from './judge-vcc-live-api.js';
import { judgeChallenge, judgeDelivery, judgeForged } from './judge-webhook.js';
import type { Observations } from './observe.js';

/** In the order in which to fix them: each depends on those before it. */
const JUDGES: readonly ((seen: Observations) => Finding | undefined)[] = [
  judgeIds,
  judgeSecret,
  judgeToken,
  judgeTokenApp,
  judgeTokenPage,
  judgeExpiry,
  judgeScopes,
  judgeVersion,
  judgeAppSubscription,
  judgeCallbackUrl,
  judgeAppFields,
  judgePageSubscription,
  judgePageFields,
  judgeChallenge,
  judgeForged,
  judgeDelivery,
  judgeRouting,
  judgeDefaultApp,
  judgeSocialRouting,
  judgeTakeControl,
  judgeVccLive,
  judgeOtherApps,
  judgeVccLiveApi,
  judgeOwnerCalls,
  judgeThreadOwner,
  judgeArrivals,
  judgeStandbyAccess,
];

/** What cannot be read without the Page's token. */
const BY_PAGE_TOKEN: readonly CheckId[] = [
  ...([
    'pageSubscription',
    'pageFields',
    'routing',
    'defaultApp',
    'vccLive',
    'otherApps',
    'ownerCalls',
    'threadOwner',
  ] as const),
];
const OF_TOKEN: readonly CheckId[] = ['token', 'tokenApp', 'tokenPage', 'tokenExpiry', 'scopes'];
const OF_WEBHOOK: readonly CheckId[] = ['webhookChallenge', 'webhookSignature', 'webhookDelivery'];
const OF_APP: readonly CheckId[] = ['appSubscription', 'callbackUrl', 'appFields'];

/** A red line, and what cannot be checked because of it; the deepest first. */
const BLOCKS: readonly (readonly [CheckId, readonly CheckId[]])[] = [
  ['apiVersion', ['appSecret', ...OF_TOKEN, ...OF_APP, ...BY_PAGE_TOKEN]],
  ['ids', ['appSecret', ...OF_TOKEN, ...OF_APP, ...OF_WEBHOOK, ...BY_PAGE_TOKEN]],
  ['appSecret', [...OF_TOKEN, ...OF_APP, ...OF_WEBHOOK, ...BY_PAGE_TOKEN]],
  ['token', [...OF_TOKEN, ...BY_PAGE_TOKEN]],
  ['tokenApp', BY_PAGE_TOKEN],
  ['tokenPage', BY_PAGE_TOKEN],
  ['scopes', BY_PAGE_TOKEN],
  ['appSubscription', [...OF_APP, ...OF_WEBHOOK]],
  ['pageSubscription', ['pageFields', 'standbyAccess']],
  ['appFields', ['standbyAccess']],
  ['pageFields', ['standbyAccess']],
  ['webhookDelivery', OF_WEBHOOK],
  ['routing', ['defaultApp', 'socialRouting', 'takeControl']],
  ['defaultApp', ['socialRouting']],
  ['vccLive', ['otherApps']],
  ['threadOwner', ['ownerCalls']],
];

/** The findings, in order. */
export function judge(seen: Observations): readonly Finding[] {
  const findings = JUDGES.map((each) => each(seen)).filter((finding) => finding !== undefined);
  const red = new Set(findings.filter(({ status }) => status === 'red').map(({ check }) => check));
  return findings.map((finding) => {
    if (finding.status !== 'unchecked') return finding;
    const [blockedBy] = BLOCKS.find(([blocker, blocked]) => red.has(blocker) && blocked.includes(finding.check)) ?? [];
    return blockedBy === undefined ? finding : { ...finding, blockedBy };
  });
}
