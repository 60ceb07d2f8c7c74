/** Judges the apps that are connected to the Page: VCC Live's, and those that nobody expects. */
import { nameOfMetasApp } from '../../thread/meta-apps.js';
import { CONNECTED_APPS, type Finding } from './finding.js';
import { vccLiveIdIsWrong } from './judge-app.js';
import { appsIn, type ConnectedAppView, type Observations } from './observe.js';
import { untold } from './token-facts.js';

/** The fields that VCC Live's app must be subscribed to. */
const NEEDED_OF_VCC_LIVE = ['messages', 'messaging_handovers'] as const;

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
      where: `look for VCC Live there: ${CONNECTED_APPS}; or ask VCC Live support`,
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

/** Connected apps that are neither the bot, nor VCC Live, nor Meta's own. */
export function judgeOtherApps(seen: Observations): Finding {
  const { connectedApps, pageSubscriptions, settings } = seen;
  const line = { check: 'otherApps', title: 'Other connected apps' } as const;
  const where = `look there: ${CONNECTED_APPS}`;
  const all = new Map([...appsIn(pageSubscriptions), ...appsIn(connectedApps)].map((app) => [app.id, app]));
  if (judgeVccLive(seen).status === 'red')
    return { ...line, status: 'unchecked', found: "One of them may be VCC Live's, see above.", where };
  const isOwn = ({ id }: ConnectedAppView): boolean => id === settings.appId || id === settings.vccLiveAppId;
  const others = [...all.values()].filter((app) => !isOwn(app));
  const strangers = others.filter(({ id }) => nameOfMetasApp(id) === undefined);
  if (strangers.length > 0) {
    return {
      ...line,
      status: 'attention',
      found: strangers.map(({ id, name }) => `${name} (${id})`).join(', '),
      expected: "only the bot, VCC Live and Meta's own apps",
      why: 'Many bots take a thread when Meta refuses their message. Such an app takes customers away from VCC Live and from this bot.',
      where: `${CONNECTED_APPS}: remove the app, or switch its "Take control of conversations" off`,
    };
  }
  // An app that is not the default one sees only itself.
  const seesOthers = appsIn(connectedApps).some(({ id }) => id !== settings.appId);
  if (!seesOthers) return { ...line, status: 'unchecked', found: untold(seen, 'connectedApps'), where };
  const names = others.map(({ id }) => nameOfMetasApp(id) ?? id);
  return { ...line, status: 'ok', found: names.length === 0 ? 'none' : `only ${names.join(', ')}` };
}
