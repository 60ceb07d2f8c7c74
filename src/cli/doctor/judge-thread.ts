/**
 * Judges one thread and what arrives: which call names the owner, who it is, a real message, the standby channel.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { AdministrationAnswer } from '../../graph/administration.js';
import { readIsOwner, readOwner, type NamedByMeta } from '../../graph/owner-answer.js';
import { nameOfMetasApp } from '../../thread/meta-apps.js';
import { CONNECTED_APPS, ROUTING, type Finding } from './finding.js';
import { judgeAppFields, judgePageFields } from './judge-subscriptions.js';
import type { Observations } from './observe.js';
import { excuse, saysNothing, untold } from './token-facts.js';

const STANDBY_ACCESS = `${CONNECTED_APPS} > the bot > Edit: "Access standby channel"`;

/**
 * Which of Meta's two calls names the owner on this Page; nothing if no thread was asked about. Meta refuses `thread_owner`
 * for good on some Pages, and the plugin then asks `is_owner`.
 */
export function judgeOwnerCalls(seen: Observations): Finding | undefined {
  const { owner, isOwner } = seen;
  if (owner === undefined || isOwner === undefined) return undefined;
  const line = { check: 'ownerCalls', title: 'Calls for the owner' } as const;
  if (isUnknownCustomer(owner) || saysNothing(owner) || (ownerIn(seen) === undefined && saysNothing(isOwner)))
    return { ...line, status: 'unchecked', found: untold(seen, 'owner'), where: 'run doctor again' };
  const fallback = isOwnerIn(seen) !== undefined;
  const failure = `thread_owner does not work. ${excuse(owner)}`;
  if (ownerIn(seen) !== undefined)
    return { ...line, status: 'ok', found: `thread_owner works, is_owner ${fallback ? 'works, too' : 'does not'}` };
  if (fallback) {
    return {
      ...line,
      status: 'attention',
      found: `is_owner works; ${failure}`,
      expected: 'thread_owner',
      why: 'is_owner says whether the bot has the thread, not which app has it, and Meta allows two such calls a second.',
      where: 'nothing to change: the plugin asks is_owner instead. A newer or older graph.apiVersion may answer',
    };
  }
  return {
    ...line,
    status: 'red',
    found: `${failure} is_owner does not work. ${excuse(isOwner)}`,
    expected: 'thread_owner or is_owner',
    why: 'The bot cannot ask who has a thread. After a release by VCC Live it stays silent until control ends.',
    where: `the permissions of the token; ${ROUTING}: the bot as default application; another graph.apiVersion`,
  };
}

/** Who has the thread that was asked about; nothing without `--psid`. */
export function judgeThreadOwner(seen: Observations): Finding | undefined {
  const { owner: answer, settings } = seen;
  if (answer === undefined) return undefined;
  const line = { check: 'threadOwner', title: 'Owner of the thread' } as const;
  const owner = ownerIn(seen);
  if (owner !== undefined) return { ...line, status: 'ok', found: ownerWords(owner, settings) };
  const isOurs = isOwnerIn(seen);
  if (isOurs !== undefined) {
    return {
      ...line,
      status: 'ok',
      found: isOurs ? 'the bot, by is_owner' : 'not the bot, by is_owner: another app, or none',
    };
  }
  if (isUnknownCustomer(answer)) {
    return {
      ...line,
      status: 'red',
      found: excuse(answer),
      expected: 'a customer of this Page',
      why: 'PSIDs belong to one Page; with the wrong one every call about the customer fails.',
      where: 'take the PSID from a webhook of this Page (sender.id): listen shows it',
    };
  }
  return { ...line, status: 'unchecked', found: untold(seen, 'owner'), where: 'run doctor again' };
}

/** What arrived while somebody wrote; nothing without `--listen`. */
export function judgeArrivals({ arrivals, settings, owner }: Observations): Finding | undefined {
  if (arrivals === undefined) return undefined;
  const line = { check: 'arrivals', title: 'A real message' } as const;
  const { messaging, standby, forged, refusedByBot, forSeconds } = arrivals;
  const found = `in ${forSeconds} s: ${messaging} on messaging, ${standby} on standby`;
  const wrong = { ...line, status: 'red', expected: 'a message on messaging, acknowledged by the bot' } as const;
  if (refusedByBot > 0) {
    return {
      ...wrong,
      found: `${found}; ${refusedByBot} not acknowledged by the bot`,
      why: 'Meta delivers them again and ends the subscription after an hour.',
      where: "the bot's log",
    };
  }
  if (messaging > 0) return { ...line, status: 'ok', found };
  if (forged > 0) {
    return {
      ...wrong,
      found: `${found}; ${forged} with a wrong signature`,
      why: 'They were not signed with the secret that is configured here.',
      where: 'FACEBOOK_APP_SECRET',
    };
  }
  if (standby > 0) {
    const named = owner?.status === 'answered' ? readOwner(owner.value) : undefined;
    const atVccLive = named?.owner === 'app' && named.appId === settings.vccLiveAppId;
    if (atVccLive) return { ...line, status: 'ok', found: `${found}: VCC Live has this thread` };
    return {
      ...wrong,
      found,
      why: 'Another app owns the conversation; the bot may only listen.',
      where: `${ROUTING}: set the bot as default application`,
    };
  }
  return {
    ...wrong,
    found,
    why: 'No event of the Page reaches this address.',
    where: 'the other red lines, from the top',
  };
}

/** Who that is, in words. */
function ownerWords(
  owner: NamedByMeta,
  { appId, vccLiveAppId }: Pick<Observations['settings'], 'appId' | 'vccLiveAppId'>,
): string {
  if (owner.owner === 'idle') return 'no app: it is idle, the default application may write';
  const until =
    owner.expiresAtMs === undefined
      ? ''
      : `, until ${new Date(owner.expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (owner.owner === 'hidden') return `an app that Meta does not name${until}`;
  if (owner.appId === appId) return `the bot${until}`;
  if (owner.appId === vccLiveAppId) return `VCC Live${until}`;
  const name = nameOfMetasApp(owner.appId);
  return `app ${owner.appId}${name === undefined ? '' : ` (${name})`}${until}`;
}

/**
 * Whether the Page lets the bot have standby events. No call shows the setting. If both levels are subscribed and VCC Live
 * has the thread, a customer's message must arrive on standby.
 */
export function judgeStandbyAccess(seen: Observations): Finding {
  const { arrivals, settings } = seen;
  const line = { check: 'standbyAccess', title: 'Access standby channel' } as const;
  if (arrivals !== undefined && arrivals.standby > 0)
    return { ...line, status: 'ok', found: 'on: an event arrived on standby' };
  const owner = ownerIn(seen);
  const atVccLive = owner?.owner === 'app' && owner.appId === settings.vccLiveAppId;
  const subscribed = judgeAppFields(seen).status === 'ok' && judgePageFields(seen).status === 'ok';
  const silent = arrivals !== undefined && arrivals.messaging === 0 && arrivals.forged === 0;
  if (!silent || !atVccLive || !subscribed) {
    const trial = 'or try it: while VCC Live has your thread, run --psid <yours> --listen <port>, and write';
    return {
      ...line,
      status: 'unchecked',
      found: 'No call shows the setting.',
      where: `look there: ${STANDBY_ACCESS} is on; ${trial}`,
    };
  }
  return {
    ...line,
    status: 'red',
    found: `VCC Live has the thread, the field standby is subscribed at both levels, and in ${arrivals.forSeconds} s nothing arrived on standby`,
    expected: '"Access standby channel" on, for the bot',
    why: 'While an agent has a thread, the bot gets no events of it: it sees no answer of an agent, and timers may take the thread.',
    where: STANDBY_ACCESS,
  };
}

/** The owner of the thread that was asked about, as `thread_owner` names it. */
export function ownerIn({ owner }: Observations): NamedByMeta | undefined {
  return owner?.status === 'answered' ? readOwner(owner.value) : undefined;
}

function isOwnerIn({ isOwner }: Observations): boolean | undefined {
  return isOwner?.status === 'answered' ? readIsOwner(isOwner.value) : undefined;
}

function isUnknownCustomer(answer: AdministrationAnswer): boolean {
  return answer.status === 'refused' && answer.means === 'customerUnreachable';
}
