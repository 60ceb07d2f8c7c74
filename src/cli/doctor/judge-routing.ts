/**
 * Judges who gets a Page's conversations: routing, default application, Social routing, the setting for taking control.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { isRecord } from '../../thread/read-unknown.js';
import { CONNECTED_APPS, ROUTING, type Finding } from './finding.js';
import { ownerIn } from './judge-thread.js';
import { appsIn, recordIn, type Observations } from './observe.js';
import { untold } from './token-facts.js';

const TAKE_CONTROL = `${CONNECTED_APPS} > the bot > Edit: "Take control of conversations"`;

/**
 * Whether a default application is set at all. Meta explains none of its flags, and Pages that are routed were seen with
 * `msgr_multi_app` false. So the flag alone is a warning; only a take that Meta refuses for it proves that routing is off.
 */
export function judgeRouting(seen: Observations): Finding {
  const line = { check: 'routing', title: 'Conversation routing' } as const;
  const flags = flagsOf(seen);
  const shown = flags === undefined ? '' : flagWords(flags);
  const change = {
    expected: 'the bot as default application',
    where: `${ROUTING}: set the bot as default application`,
  } as const;
  if (seen.routing === 'off') {
    return {
      ...line,
      status: 'red',
      found: `Meta refused a take, because conversation routing is off${shown === '' ? '' : ` (${shown})`}`,
      why: 'Every connected app gets every message and may answer it, and so may VCC Live. The bot cannot take a thread back.',
      ...change,
    };
  }
  const proof = proofOfRouting(seen);
  if (proof !== undefined)
    return { ...line, status: 'ok', found: `on, because ${proof}${shown === '' ? '' : ` (${shown})`}` };
  const on = flags?.['msgr_multi_app'];
  if (on === undefined) {
    const found = flags === undefined ? untold(seen, 'features') : `Meta does not show msgr_multi_app (${shown})`;
    return { ...line, status: 'unchecked', found, where: `look there: ${ROUTING}` };
  }
  if (on) return { ...line, status: 'ok', found: `on (${shown})` };
  return {
    ...line,
    status: 'attention',
    found: `perhaps off (${shown})`,
    why: 'If no default application is set, every connected app gets every message, and the bot cannot take a thread back.',
    ...change,
    where: `look there: ${ROUTING}; or try it: --psid <yours> --live`,
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
  const owner = ownerIn(seen);
  if (seen.routing === 'off') return { ...line, status: 'unchecked', found: 'Routing is off, see above.', where: look };
  if (judgeRouting(seen).status === 'attention')
    return { ...line, status: 'unchecked', found: 'Perhaps none is set, see above.', where: look };
  if (owner?.owner === 'hidden')
    return { ...wrong, found: 'Meta hides the owner of a thread from the bot: it is not the default application' };
  const others = appsIn(connectedApps);
  if (others.some((app) => app.id === settings.appId)) {
    return { ...wrong, found: 'the bot is among the secondary receivers' };
  }
  if (seesOwnerOfOtherApp(seen)) {
    return {
      ...line,
      status: 'ok',
      found: "the bot, by what it may see: who owns another app's thread",
    };
  }
  if (others.length > 0) return { ...line, status: 'ok', found: 'the bot, by what it may see: the other apps' };
  return { ...line, status: 'unchecked', found: untold(seen, 'connectedApps'), where: look };
}

/**
 * Whether another app gets the conversations that begin in the Page's chat, although the bot is the default application.
 * No call shows the setting; messages that arrive on standby only are its sign.
 */
export function judgeSocialRouting(seen: Observations): Finding {
  const { arrivals, settings } = seen;
  const line = { check: 'socialRouting', title: 'Social routing' } as const;
  const owner = ownerIn(seen);
  const isOurs = owner?.owner === 'idle' || (owner?.owner === 'app' && owner.appId === settings.appId);
  const onlyStandby = arrivals !== undefined && arrivals.standby > 0 && arrivals.messaging === 0;
  if (!onlyStandby || isOurs || judgeDefaultApp(seen).status !== 'ok') {
    const where = `look there: ${ROUTING} > Social routing: it names the bot, or no app`;
    return { ...line, status: 'unchecked', found: 'No call shows the setting.', where };
  }
  const isOther = owner?.owner === 'app' && owner.appId !== settings.vccLiveAppId;
  const condition = isOther ? '' : '; right only if the thread was handed over before';
  return {
    ...line,
    status: isOther ? 'red' : 'attention',
    found: `the bot is the default application, and the message arrived on standby${condition}`,
    expected: 'the bot, or no app of its own, for conversations that begin in the chat of the Page',
    why: 'Social routing beats the default application: the app that it names gets new conversations, and the bot may not answer.',
    where: `${ROUTING} > Social routing. Links (m.me) and ads may have a routing of their own`,
  };
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
      expected: '"Take control of conversations" on, for the bot',
      why: 'Timers, words like "back to the bot" and the operator\'s take cannot take a thread back; only VCC Live can pass it back.',
      where: TAKE_CONTROL,
    };
  }
  return {
    ...line,
    status: 'unchecked',
    found: 'No call shows the setting.',
    where: `look there: ${TAKE_CONTROL}; or try it: --psid <yours> --live`,
  };
}

/** Take works with routing only, and Meta names an app's thread to that app and to the default application only. */
function proofOfRouting(seen: Observations): string | undefined {
  if (seen.mayTake === 'yes') return 'Meta allowed a take';
  return seesOwnerOfOtherApp(seen) ? "Meta shows the bot who owns another app's thread" : undefined;
}

function seesOwnerOfOtherApp(seen: Observations): boolean {
  const owner = ownerIn(seen);
  return owner?.owner === 'app' && owner.appId !== seen.settings.appId;
}

type Flags = Readonly<Record<string, unknown>>;

function flagsOf({ features }: Observations): Flags | undefined {
  const flags = recordIn(features)['messaging_feature_status'];
  return isRecord(flags) ? flags : undefined;
}

/** All flags: which of them counts is not published. */
function flagWords(flags: Flags): string {
  return Object.entries(flags)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
