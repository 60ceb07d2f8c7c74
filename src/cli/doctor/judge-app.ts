/** Judges the app ids and the app secret. */
import { nameOfMetasApp } from '../../thread/meta-apps.js';
import type { Finding } from './finding.js';
import { recordIn, textOf, type Observations } from './observe.js';
import { excuse, proofRefused, saysNothing, tokenFacts } from './token-facts.js';

const BASIC_SETTINGS = 'developers.facebook.com > My Apps > your app > App settings > Basic';
const SILENT_AFTER_HANDOVER =
  'After each handover the bot stays silent: Meta names the bot as the owner by an id that the bot does not know.';

/** Whether VCC Live's app id cannot be right, before anybody is asked. */
export function vccLiveIdIsWrong({ settings: { appId, vccLiveAppId } }: Observations): boolean {
  if (vccLiveAppId === undefined) return false;
  return !isDigits(vccLiveAppId) || vccLiveAppId === appId || nameOfMetasApp(vccLiveAppId) !== undefined;
}

/** The secret has signed the proof of a call that Meta answered, so it is that of the app that made the token. */
function fitsOtherApp({ token, page }: Pick<Observations, 'token' | 'page'>): boolean {
  return token.status === 'refused' && !saysNothing(token) && page.status === 'answered';
}

/** Ids that cannot be right. */
export function judgeIds({ settings, page, token }: Observations): Finding {
  const { appId, vccLiveAppId } = settings;
  const pageIds = [settings.pageId, textOf(recordIn(page)['id'])];
  const line = { check: 'ids', title: 'App ids' } as const;
  const wrong = {
    ...line,
    status: 'red',
    expected: 'digits only, of two different apps',
    why: "A wrong id fails in silence: a pass reaches no app, and VCC Live's events look like another app's.",
  } as const;
  const notDigits = [
    ...(isDigits(appId) ? [] : ['FACEBOOK_APP_ID']),
    ...(vccLiveAppId === undefined || isDigits(vccLiveAppId) ? [] : ['VCC_LIVE_APP_ID']),
  ];
  if (notDigits.length > 0) {
    const found = `${notDigits.join(' and ')} ${notDigits.length > 1 ? 'are' : 'is'} no number`;
    return {
      ...wrong,
      found,
      where: 'the app id is in the App Dashboard, top left; ask VCC Live support for theirs',
    };
  }
  if (pageIds.includes(appId)) {
    return {
      ...wrong,
      found: `FACEBOOK_APP_ID is ${appId}, the id of the Page`,
      expected: "the id of the bot's app, which is never that of a Page",
      why: SILENT_AFTER_HANDOVER,
      where: 'the app id is in the App Dashboard, top left; it is FACEBOOK_APP_ID and the option botAppId',
    };
  }
  if (vccLiveAppId !== undefined && pageIds.includes(vccLiveAppId)) {
    return {
      ...wrong,
      found: `VCC_LIVE_APP_ID is ${vccLiveAppId}, the id of the Page`,
      where: "ask VCC Live support for their app's id; it is VCC_LIVE_APP_ID and the option vccLiveAppId",
    };
  }
  if (vccLiveAppId === appId) {
    return {
      ...wrong,
      found: 'VCC_LIVE_APP_ID is the id of the bot itself',
      where: "ask VCC Live support for their app's id",
    };
  }
  const nameAtMeta = vccLiveAppId === undefined ? undefined : nameOfMetasApp(vccLiveAppId);
  if (nameAtMeta !== undefined) {
    return {
      ...wrong,
      found: `VCC_LIVE_APP_ID is ${nameAtMeta}`,
      why: "Customers would wait in an app of Meta's, where no agent of VCC Live sees them.",
      where: "ask VCC Live support for their app's id",
    };
  }
  if (fitsOtherApp({ token, page })) {
    return {
      ...wrong,
      found: `FACEBOOK_APP_ID is ${appId}, and secret and token are of another app`,
      expected: 'the id of the app that made the token, in FACEBOOK_APP_ID and in the option botAppId',
      why: SILENT_AFTER_HANDOVER,
      where: `${BASIC_SETTINGS} > App ID`,
    };
  }
  return { ...line, status: 'ok', found: `bot ${appId}, VCC Live ${vccLiveAppId ?? 'not set'}` };
}

/** App id and secret, by Meta's word: the app's own token, and the proof made with the secret. */
export function judgeSecret({ token, appSubscriptions, page, settings }: Observations): Finding {
  const line = { check: 'appSecret', title: 'App id and secret' } as const;
  const asApp = token.status === 'refused' || token.status === 'unanswered' ? token : appSubscriptions;
  const wrong = {
    ...line,
    status: 'red',
    expected: `the App Secret of app ${settings.appId}`,
    why: 'Every webhook of Meta fails the signature check, and Meta refuses calls with appsecret_proof.',
    where: `${BASIC_SETTINGS} > App secret; then FACEBOOK_APP_SECRET. Or FACEBOOK_APP_ID is that of another app`,
  } as const;
  if (!isDigits(settings.appId))
    return { ...line, status: 'unchecked', found: 'The app id is no number.', where: 'run doctor again' };
  if (saysNothing(token)) return { ...line, status: 'unchecked', found: excuse(token), where: 'run doctor again' };
  if (fitsOtherApp({ token, page })) {
    const found = "The secret is that of the token's app; the app id is not, see above.";
    return { ...line, status: 'unchecked', found, where: 'run doctor again' };
  }
  if (token.status === 'refused') {
    return { ...wrong, found: `Meta does not accept them together. ${excuse(asApp)}` };
  }
  const madeElsewhere = (tokenFacts(token).appId ?? settings.appId) !== settings.appId;
  if (proofRefused(page) && !madeElsewhere) return { ...wrong, found: `The proof was refused. ${excuse(page)}` };
  const proof = page.status === 'answered' ? ', appsecret_proof accepted' : '';
  return { ...line, status: 'ok', found: `they belong together${proof}` };
}

/** Whether the secret itself was found to be wrong. */
export function secretIsWrong({ token, page, settings }: Observations): boolean {
  if (token.status === 'refused' && !saysNothing(token)) return true;
  return proofRefused(page) && (tokenFacts(token).appId ?? settings.appId) === settings.appId;
}

function isDigits(id: string): boolean {
  return /^\d+$/.test(id);
}
