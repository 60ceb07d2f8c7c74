/**
 * Judges who gets a Page's conversations: routing, default application, VCC Live's app, the thread that was asked about.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { isRecord } from '../../thread/read-unknown.js';
import { readOwner, type NamedByMeta } from '../../graph/owner-answer.js';
import type { Finding } from './finding.js';
import { vccLiveIdIsWrong } from './judge-app.js';
import { excuse, proofRefused } from './token-facts.js';
import { nameOfMetasApp } from '../../thread/known-apps.js';
import { appsIn, recordIn, type Observations } from './observe.js';

const ROUTING = 'the Page > Settings > Advanced messaging > Conversation routing (facebook.com or Meta Business Suite)';
/** The fields that VCC Live's app must be subscribed to. */
const NEEDED_OF_VCC_LIVE = ['messages', 'messaging_handovers'] as const;

/** Whether a default application is set at all: Meta's `msgr_multi_app`, which is read so and documented nowhere in words. */
export function judgeRouting(seen: Observations): Finding {
  const line = { check: 'routing', title: 'Conversation routing' } as const;
  const on = routingOf(seen);
  if (on === undefined)
    return { ...line, status: 'unchecked', found: untold(seen, 'features'), where: `look there: ${ROUTING}` };
  if (on) return { ...line, status: 'ok', found: 'on (msgr_multi_app is true)' };
  return {
    ...line,
    status: 'red',
    found: 'msgr_multi_app is false: no default application is set',
    expected: 'the bot as default application',
    why: 'Every connected app gets every message and may answer it, and so may VCC Live. The bot cannot take a thread back.',
    where: `${ROUTING}: set the bot as default application`,
  };
}

/** Whether the bot is the default application. No call of Meta's says so, but what Meta shows to the bot proves it. */
export function judgeDefaultApp(seen: Observations): Finding {
  const { connectedApps, settings } = seen;
  const line = { check: 'defaultApp', title: 'Default application' } as const;
  const look = `look there: ${ROUTING} > Default application`;
  const wrong = {
    ...line,
    status: 'red',
    expected: `app ${settings.appId}`,
    why: 'New conversations go to another app; the bot gets them on standby only, and may not answer.',
    where: `${ROUTING}: set the bot as default application`,
  } as const;
  if (routingOf(seen) === false)
    return { ...line, status: 'unchecked', found: 'No default application is set, see above.', where: look };
  const owner = ownerIn(seen);
  if (owner?.owner === 'hidden')
    return { ...wrong, found: 'Meta hides the owner of a thread from the bot: it is not the default application' };
  const others = appsIn(connectedApps);
  if (others.some((app) => app.id === settings.appId)) {
    return { ...wrong, found: 'the bot is among the secondary receivers' };
  }
  if (owner?.owner === 'app' && owner.appId !== settings.appId) {
    return {
      ...line,
      status: 'ok',
      found: "the bot, by what it may see: who owns another app's thread",
    };
  }
  if (others.length > 0) return { ...line, status: 'ok', found: 'the bot, by what it may see: the other apps' };
  return { ...line, status: 'unchecked', found: untold(seen, 'connectedApps'), where: look };
}

/** Whether the Page lets the bot take threads back: only a real take shows it. */
export function judgeTakeControl({ mayTake }: Observations): Finding {
  const line = { check: 'takeControl', title: 'Take control' } as const;
  if (mayTake === 'yes') return { ...line, status: 'ok', found: 'a take of a thread that VCC Live had was allowed' };
  if (mayTake === 'no') {
    return {
      ...line,
      status: 'red',
      found: 'a take of a thread that VCC Live had was refused',
      expected: '"Allow this app to take control of conversations" on, for the bot',
      why: 'Timers, words like "back to the bot" and the operator\'s take cannot take a thread back; only VCC Live can pass it back.',
      where: `${ROUTING} > the bot: Allow this app to take control of conversations`,
    };
  }
  return {
    ...line,
    status: 'unchecked',
    found: 'No call shows the setting.',
    where: `look there: ${ROUTING} > the bot: Allow this app to take control of conversations; or try it: --psid <yours> --live`,
  };
}

/** Whether VCC Live's app is on the Page, under the id that is configured. */
export function judgeVccLive(seen: Observations): Finding {
  const { settings, pageSubscriptions, connectedApps } = seen;
  const { vccLiveAppId, appId } = settings;
  const line = { check: 'vccLive', title: "VCC Live's app" } as const;
  const wrong = {
    ...line,
    status: 'red',
    why: 'A pass fails, or leaves the customer with an app that does not listen.',
  } as const;
  if (vccLiveAppId === undefined) {
    return {
      ...wrong,
      found: 'VCC_LIVE_APP_ID is not set',
      expected: "VCC Live's Facebook app id",
      where: 'ask VCC Live support; then set VCC_LIVE_APP_ID',
    };
  }
  if (vccLiveIdIsWrong(seen))
    return { ...line, status: 'unchecked', found: 'Its id cannot be right.', where: 'run doctor again' };
  const subscribed = appsIn(pageSubscriptions).find((app) => app.id === vccLiveAppId);
  const deaf = NEEDED_OF_VCC_LIVE.filter((field) => subscribed?.fields?.includes(field) === false);
  if (deaf.length > 0) {
    return {
      ...wrong,
      found: `it is connected, and not subscribed to ${deaf.join(', ')}`,
      expected: NEEDED_OF_VCC_LIVE.join(', '),
      where: 'only VCC Live can change it: tell their support',
    };
  }
  const listed = appsIn(connectedApps);
  const known = subscribed ?? listed.find((app) => app.id === vccLiveAppId);
  if (known !== undefined) return { ...line, status: 'ok', found: `${known.name} (${known.id})` };
  // An app that is not the default one sees only itself, which says nothing about the others.
  const seesOthers = listed.length > 0 && !listed.some((app) => app.id === appId);
  if (!seesOthers) {
    return {
      ...line,
      status: 'unchecked',
      found: untold(seen, 'connectedApps'),
      where: `look for VCC Live there: ${ROUTING} > connected apps; or ask VCC Live support`,
    };
  }
  const others = listed.map((app) => `${app.name} (${app.id})`).join(', ');
  return {
    ...wrong,
    found: `app ${vccLiveAppId} is not among the connected apps: ${others}`,
    expected: `app ${vccLiveAppId} (VCC_LIVE_APP_ID)`,
    where: `if VCC Live is there under another id, correct VCC_LIVE_APP_ID; if not, connect the Page in VCC Live`,
  };
}

/** Who has the thread that was asked about; nothing without `--psid`. */
export function judgeThreadOwner(seen: Observations): Finding | undefined {
  const { owner: answer, settings } = seen;
  if (answer === undefined) return undefined;
  const line = { check: 'threadOwner', title: 'Owner of the thread' } as const;
  const owner = ownerIn(seen);
  if (owner !== undefined) return { ...line, status: 'ok', found: ownerWords(owner, settings) };
  if (answer.status === 'refused' && answer.means === 'customerUnreachable') {
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
    where: 'the red lines above, from the top',
  };
}

/** Who that is, in words. */
export function ownerWords(
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

function routingOf({ features }: Observations): boolean | undefined {
  const flags = recordIn(features)['messaging_feature_status'];
  const flag = isRecord(flags) ? flags['msgr_multi_app'] : undefined;
  return typeof flag === 'boolean' ? flag : undefined;
}

function ownerIn({ owner }: Observations): NamedByMeta | undefined {
  return owner?.status === 'answered' ? readOwner(owner.value) : undefined;
}

function untold(seen: Observations, which: 'features' | 'connectedApps' | 'owner'): string {
  const answer = seen[which];
  if (answer === undefined) return 'It was not checked.';
  if (proofRefused(answer)) return 'doctor cannot ask Meta before app id and secret are right.';
  return answer.status === 'answered' ? 'Meta does not show it to the bot.' : excuse(answer);
}
