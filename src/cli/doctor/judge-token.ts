/**
 * Judges ids, secret, token, permissions and API version.
 *
 * @see https://developers.facebook.com/docs/graph-api/reference/debug_token
 */
import type { AdministrationAnswer } from '../../graph/administration.js';
import { versionState } from '../../graph/api-versions.js';
import { isRecord } from '../../thread/read-unknown.js';
import { GUIDE_SCOPE, NEEDED_SCOPES, type Finding } from './finding.js';
import { PAGE_INBOX_IDS } from '../page-inbox.js';
import { recordIn, textOf, type Observations } from './observe.js';

/** Days before the end of a token at which that is worth a word. */
const EXPIRY_NOTICE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

const DASHBOARD = 'developers.facebook.com > My Apps > your app';
const SILENT_AFTER_HANDOVER =
  'After each handover the bot stays silent: Meta names it as the owner by an id that it does not know as its own.';
const NEW_TOKEN = `${DASHBOARD} > Messenger > Messenger API Settings > Generate access tokens; then FACEBOOK_PAGE_ACCESS_TOKEN`;

/** What Meta knows about the token; empty where it was not told. */
export interface TokenFacts {
  readonly known: boolean;
  readonly isValid: boolean | undefined;
  readonly appId: string | undefined;
  readonly appName: string | undefined;
  readonly type: string | undefined;
  readonly pageId: string | undefined;
  readonly expiresAtS: number | undefined;
  readonly dataEndsAtS: number | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly targets: ReadonlyMap<string, readonly string[]>;
  readonly error: string | undefined;
}

/** The facts in the answer of `debug_token`. */
export function tokenFacts(answer: AdministrationAnswer): TokenFacts {
  const { data } = recordIn(answer);
  const facts = isRecord(data) ? data : {};
  const error = isRecord(facts['error']) ? facts['error'] : undefined;
  const granular: unknown[] = Array.isArray(facts['granular_scopes']) ? facts['granular_scopes'] : [];
  const targets = granular.filter(isRecord).flatMap(({ scope, target_ids: ids }): [string, string[]][] => {
    return typeof scope === 'string' && Array.isArray(ids) ? [[scope, ids.map(String)]] : [];
  });
  return {
    known: isRecord(data),
    isValid: typeof facts['is_valid'] === 'boolean' ? facts['is_valid'] : undefined,
    appId: textOf(facts['app_id']),
    appName: textOf(facts['application']),
    type: textOf(facts['type']),
    pageId: textOf(facts['profile_id']),
    expiresAtS: numberOf(facts['expires_at']),
    dataEndsAtS: numberOf(facts['data_access_expires_at']),
    scopes: Array.isArray(facts['scopes']) ? facts['scopes'].map(String) : undefined,
    targets: new Map(targets),
    error: error === undefined ? undefined : textOf(error['message']),
  };
}

/** Whether Meta refused because of `appsecret_proof`. */
export function proofRefused(answer: AdministrationAnswer): boolean {
  return answer.status === 'refused' && /appsecret_proof/i.test(answer.message);
}

/** Whether this says nothing about the settings: no answer, or Meta busy. */
export function saysNothing(answer: AdministrationAnswer): boolean {
  return (
    answer.status === 'unanswered' ||
    (answer.status === 'refused' && ['rateLimited', 'metaFault'].includes(answer.means))
  );
}

/** Why an answer says nothing, or not what was asked, for a person. */
export function excuse(answer: AdministrationAnswer): string {
  switch (answer.status) {
    case 'answered':
      return 'Meta answered in a form that is not documented.';
    case 'unanswered':
      return `No answer from Meta: ${answer.why}.`;
    case 'refused': {
      const code =
        answer.code === undefined
          ? `HTTP ${answer.httpStatus}`
          : `code ${answer.code}${answer.subcode === undefined ? '' : `/${answer.subcode}`}`;
      return `Meta refused (${code}): ${answer.message}`;
    }
  }
}

/** Whether VCC Live's app id cannot be right, before anybody is asked. */
export function vccLiveIdIsWrong({ settings: { appId, vccLiveAppId } }: Observations): boolean {
  if (vccLiveAppId === undefined) return false;
  return !isDigits(vccLiveAppId) || vccLiveAppId === appId || PAGE_INBOX_IDS.includes(vccLiveAppId);
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
    why: 'A wrong id fails in silence: a pass goes nowhere, and events of VCC Live are taken for those of a stranger.',
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
      where: 'the app id stands in the App Dashboard, top left; VCC Live support tells theirs',
    };
  }
  if (pageIds.includes(appId)) {
    return {
      ...wrong,
      found: `FACEBOOK_APP_ID is ${appId}, the id of the Page`,
      expected: "the id of the bot's app, which is never that of a Page",
      why: SILENT_AFTER_HANDOVER,
      where: 'the app id stands in the App Dashboard, top left; it is FACEBOOK_APP_ID and the option botAppId',
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
  if (vccLiveAppId !== undefined && PAGE_INBOX_IDS.includes(vccLiveAppId)) {
    return {
      ...wrong,
      found: "VCC_LIVE_APP_ID is Meta's Page Inbox",
      why: 'Customers would wait in the inbox of the Page, where no agent of VCC Live sees them.',
      where: "ask VCC Live support for their app's id",
    };
  }
  if (fitsOtherApp({ token, page })) {
    return {
      ...wrong,
      found: `FACEBOOK_APP_ID is ${appId}, and secret and token are of another app`,
      expected: 'the id of the app that made the token, in FACEBOOK_APP_ID and in the option botAppId',
      why: SILENT_AFTER_HANDOVER,
      where: `${DASHBOARD} > App settings > Basic > App ID`,
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
    why: 'Every webhook of Meta fails the check of its signature, and calls with appsecret_proof are refused.',
    where: `${DASHBOARD} > App settings > Basic > App secret; then FACEBOOK_APP_SECRET. Or FACEBOOK_APP_ID is that of another app`,
  } as const;
  if (!isDigits(settings.appId))
    return { ...line, status: 'unchecked', found: 'The app id is no number.', where: 'run doctor again' };
  if (saysNothing(token)) return { ...line, status: 'unchecked', found: excuse(token), where: 'run doctor again' };
  if (fitsOtherApp({ token, page })) {
    const found = "The secret is that of the token's app; the app id is not, see above.";
    return { ...line, status: 'unchecked', found, where: 'run doctor again' };
  }
  if (token.status === 'refused') {
    return { ...wrong, found: `Meta does not take them together. ${excuse(asApp)}` };
  }
  const madeElsewhere = (tokenFacts(token).appId ?? settings.appId) !== settings.appId;
  if (proofRefused(page) && !madeElsewhere) return { ...wrong, found: `The proof was refused. ${excuse(page)}` };
  const proof = page.status === 'answered' ? ', appsecret_proof accepted' : '';
  return { ...line, status: 'ok', found: `they belong together${proof}` };
}

/** Whether the token lives. */
export function judgeToken({ token, page }: Observations): Finding {
  const line = { check: 'token', title: 'Page access token' } as const;
  const facts = tokenFacts(token);
  const dead = page.status === 'refused' && page.means === 'invalidToken';
  if (facts.isValid === false || dead) {
    const said = facts.error ?? (page.status === 'refused' ? page.message : 'Meta calls it invalid');
    const advice = dead ? ` ${page.advice}` : '';
    return {
      ...line,
      status: 'red',
      found: `${said.trim()}${advice}`,
      expected: 'a token that Meta accepts',
      why: 'The bot cannot send, pass or take anything; customers get no answer.',
      where: NEW_TOKEN,
    };
  }
  if (facts.isValid === true || page.status === 'answered') return { ...line, status: 'ok', found: 'valid' };
  return { ...line, status: 'unchecked', found: firstMend(token, page), where: 'run doctor again' };
}

/** Whether the token was made by the bot's app. */
export function judgeTokenApp({ token, settings }: Observations): Finding {
  const line = { check: 'tokenApp', title: "Token's app" } as const;
  const { appId, appName } = tokenFacts(token);
  if (appId === undefined) return { ...line, status: 'unchecked', found: untold(token), where: debuggerByEye() };
  if (appId === settings.appId)
    return { ...line, status: 'ok', found: `app ${appId}${appName === undefined ? '' : ` (${appName})`}` };
  return {
    ...line,
    status: 'red',
    found: `app ${appId}${appName === undefined ? '' : ` (${appName})`}`,
    expected: `app ${settings.appId} (FACEBOOK_APP_ID, the option botAppId)`,
    why: 'The bot would act as another app: Meta refuses its proofs, and threads are never its own.',
    where: `${NEW_TOKEN}. Or, if app ${appId} is the bot's: set FACEBOOK_APP_ID and botAppId to '${appId}'`,
  };
}

/** Whether the token is a Page's, and of the Page that was meant. */
export function judgeTokenPage({ token, page, settings }: Observations): Finding {
  const line = { check: 'tokenPage', title: "Token's Page" } as const;
  const facts = tokenFacts(token);
  const pageId = pageOf(facts, page);
  const wrong = { ...line, status: 'red', where: NEW_TOKEN } as const;
  if (facts.type !== undefined && facts.type !== 'PAGE') {
    return {
      ...wrong,
      found: `a token of type ${facts.type}`,
      expected: 'a token of type PAGE',
      why: "It speaks for a person or a system user, and the Page's calls (/me/messages, /me/subscribed_apps) are refused.",
    };
  }
  if (pageId === undefined) return { ...line, status: 'unchecked', found: untold(token), where: debuggerByEye() };
  const name = textOf(recordIn(page)['name']);
  const found = `Page ${pageId}${name === undefined ? '' : ` (${name})`}`;
  if (settings.pageId === undefined || settings.pageId === pageId) return { ...line, status: 'ok', found };
  return {
    ...wrong,
    found,
    expected: `Page ${settings.pageId}`,
    why: 'PSIDs belong to one Page: with the token of another, every customer is unknown.',
  };
}

/** When the token ends. */
export function judgeExpiry({ token, nowMs }: Observations): Finding {
  const line = { check: 'tokenExpiry', title: "Token's end" } as const;
  const { known, expiresAtS, dataEndsAtS, isValid } = tokenFacts(token);
  if (!known) return { ...line, status: 'unchecked', found: untold(token), where: debuggerByEye() };
  if (isValid === false)
    return { ...line, status: 'unchecked', found: 'The token is not valid, see above.', where: debuggerByEye() };
  const worth = {
    ...line,
    status: 'attention',
    expected: 'a token without an end',
    why: 'On that day the bot falls silent in the middle of its conversations.',
    where: `make one from a long-lived user token: ${NEW_TOKEN}`,
  } as const;
  if (expiresAtS !== undefined && expiresAtS > 0) {
    const inDays = Math.floor((expiresAtS * 1000 - nowMs) / DAY_MS);
    const found = `ends on ${dayOf(expiresAtS * 1000)}, in ${inDays} days`;
    return inDays <= EXPIRY_NOTICE_DAYS ? { ...worth, found } : { ...line, status: 'ok', found };
  }
  if (dataEndsAtS !== undefined && dataEndsAtS > 0 && dataEndsAtS * 1000 <= nowMs) {
    return {
      ...worth,
      found: `no end, but its access to data ended on ${dayOf(dataEndsAtS * 1000)}`,
      expected: 'access to data that has not ended',
      why: 'Meta stops to give out data about people; the person who made the token has to log in again.',
    };
  }
  return { ...line, status: 'ok', found: 'no end' };
}

/** Whether the token may do what a handover needs. */
export function judgeScopes({ token, page }: Observations): Finding {
  const line = { check: 'scopes', title: "Token's permissions" } as const;
  const facts = tokenFacts(token);
  const { scopes } = facts;
  if (scopes === undefined || facts.isValid === false) {
    const found = facts.isValid === false ? 'The token is not valid, see above.' : untold(token);
    return { ...line, status: 'unchecked', found, where: debuggerByEye() };
  }
  const pageId = pageOf(facts, page);
  const missing = NEEDED_SCOPES.filter((scope) => !scopes.includes(scope));
  const where = `${DASHBOARD} > App Review > Permissions and features, then a new token: ${NEW_TOKEN}`;
  if (missing.length > 0) {
    return {
      ...line,
      status: 'red',
      found: `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing`,
      expected: NEEDED_SCOPES.join(', '),
      why: 'pages_messaging is for sending and thread control, pages_manage_metadata for subscribing, pages_show_list for reading subscriptions.',
      where,
    };
  }
  const elsewhere = NEEDED_SCOPES.filter((scope) => {
    const targets = facts.targets.get(scope);
    return pageId !== undefined && targets !== undefined && targets.length > 0 && !targets.includes(pageId);
  });
  if (elsewhere.length > 0) {
    return {
      ...line,
      status: 'red',
      found: `${elsewhere.join(', ')} granted, but for other Pages`,
      expected: `granted for Page ${String(pageId)}`,
      why: 'Meta refuses calls for this Page as if the permission were missing.',
      where: `Facebook > Settings > Business Integrations > your app: tick the Page; then a new token: ${NEW_TOKEN}`,
    };
  }
  if (!scopes.includes(GUIDE_SCOPE)) {
    return {
      ...line,
      status: 'attention',
      found: `all that a handover needs; ${GUIDE_SCOPE} is missing`,
      expected: `${GUIDE_SCOPE} too`,
      why: "VCC Live's guide asks it of both apps. Only recipients by telephone number need it.",
      where,
    };
  }
  return { ...line, status: 'ok', found: [...NEEDED_SCOPES, GUIDE_SCOPE].join(', ') };
}

/** Whether the version of the Graph API lives. */
export function judgeVersion({ settings, nowMs, page, token }: Observations): Finding {
  const { apiVersion } = settings;
  const line = { check: 'apiVersion', title: `Graph API ${apiVersion}` } as const;
  const life = versionState(apiVersion, nowMs);
  const answered = [page, token].find((answer) => answer.status === 'answered');
  const servedBy = answered?.status === 'answered' ? answered.servedBy : undefined;
  const served = servedBy === undefined || servedBy === apiVersion ? '' : `; Meta serves ${servedBy} instead`;
  const change = {
    expected: 'a version that Meta still serves for a while, v26.0 for one',
    where: 'the option graph.apiVersion of the plugin, and --api-version or GRAPH_API_VERSION here',
  };
  switch (life.state) {
    case 'ended':
      return {
        ...line,
        status: 'red',
        found: `it has ended${life.untilMs === undefined ? '' : ` on ${dayOf(life.untilMs)}`}${served}`,
        why: 'Meta answers with the oldest version that is left, whose answers may differ, without saying so.',
        ...change,
      };
    case 'ending':
      return {
        ...line,
        status: 'attention',
        found: `it ends on ${dayOf(life.untilMs)}${served}`,
        why: 'After that day Meta answers with another version without saying so.',
        ...change,
      };
    case 'newer':
      return {
        ...line,
        status: 'unchecked',
        found: `it is newer than this package knows${served}`,
        where: 'look it up at developers.facebook.com/docs/graph-api/changelog/versions',
      };
    case 'usable':
      return {
        ...line,
        status: 'ok',
        found: `${life.untilMs === undefined ? 'served, no end announced' : `served until ${dayOf(life.untilMs)}`}${served}`,
      };
  }
}

/** The Page of a Page's token; nothing where it is somebody else's. */
function pageOf(facts: TokenFacts, page: AdministrationAnswer): string | undefined {
  if (facts.pageId !== undefined) return facts.pageId;
  return facts.type === undefined || facts.type === 'PAGE' ? textOf(recordIn(page)['id']) : undefined;
}

function firstMend(token: AdministrationAnswer, page: AdministrationAnswer): string {
  if (proofRefused(page) || token.status === 'refused')
    return 'Meta cannot be asked before app id and secret are right.';
  return excuse(page);
}

function untold(token: AdministrationAnswer): string {
  if (token.status === 'refused' && !saysNothing(token))
    return 'Meta cannot be asked before app id and secret are right.';
  return token.status === 'answered' ? 'Meta does not say.' : excuse(token);
}

function debuggerByEye(): string {
  return 'developers.facebook.com/tools/debug/accesstoken shows it';
}

function isDigits(id: string): boolean {
  return /^\d+$/.test(id);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
