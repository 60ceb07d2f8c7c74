/** All lines of a check-up, in order: a pure function of what was seen. */
import type { Finding } from './finding.js';
import {
  judgeArrivals,
  judgeDefaultApp,
  judgeRouting,
  judgeTakeControl,
  judgeThreadOwner,
  judgeVccLive,
} from './judge-routing.js';
import {
  judgeAppFields,
  judgeAppSubscription,
  judgeCallbackUrl,
  judgeChallenge,
  judgeDelivery,
  judgeForged,
  judgePageFields,
  judgePageSubscription,
} from './judge-subscriptions.js';
import {
  judgeExpiry,
  judgeIds,
  judgeScopes,
  judgeSecret,
  judgeToken,
  judgeTokenApp,
  judgeTokenPage,
  judgeVersion,
} from './judge-token.js';
import type { Observations } from './observe.js';

/** In the order in which they are best mended: each leans on those before it. */
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
  judgeTakeControl,
  judgeVccLive,
  judgeThreadOwner,
  judgeArrivals,
];

/** The findings, in order. */
export function judge(seen: Observations): readonly Finding[] {
  return JUDGES.map((each) => each(seen)).filter((finding) => finding !== undefined);
}
