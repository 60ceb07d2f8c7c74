/**
 * Judges token, permissions and API version.
 * @see https://developers.facebook.com/docs/graph-api/reference/debug_token
 */
import { versionIsServed, type AdministrationAnswer } from '../../graph/administration.js';
import { NEWEST_VERSION, versionState } from '../../graph/api-versions.js';
import { GUIDE_SCOPE, NEEDED_SCOPES, type Finding } from './finding.js';
import { recordIn, textOf, type Observations } from './observe.js';
import { excuse, proofRefused, saysNothing, tokenFacts, type TokenFacts } from './token-facts.js';

/** How many days before a token's end the check-up warns. */
const EXPIRY_NOTICE_DAYS = 14;
const DAY_MS = 24 * 60 * 60_000;

const DASHBOARD = 'developers.facebook.com > My Apps > your app';
const NEW_TOKEN = `${DASHBOARD} > Messenger > Messenger API Settings > Generate access tokens; then FACEBOOK_PAGE_ACCESS_TOKEN`;

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
    why: 'From that day on, the bot cannot answer.',
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
      why: 'Meta stops giving out data about people; the person who made the token has to log in again.',
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
export function judgeVersion({ settings, nowMs, page, token, version }: Observations): Finding {
  const { apiVersion } = settings;
  const line = { check: 'apiVersion', title: `Graph API ${apiVersion}` } as const;
  const life = versionState(apiVersion, nowMs);
  const answered = [page, token].find((answer) => answer.status === 'answered');
  const servedBy = answered?.status === 'answered' ? answered.servedBy : undefined;
  const served = servedBy === undefined || servedBy === apiVersion ? '' : `; Meta serves ${servedBy} instead`;
  const change = {
    // The newest that this package knows is no example if Meta has just refused it.
    expected: `a version that Meta still serves for a while${apiVersion === NEWEST_VERSION ? '' : `, such as ${NEWEST_VERSION}`}`,
    where: 'the option graph.apiVersion of the plugin, and --api-version or GRAPH_API_VERSION here',
  };
  const isServed = versionIsServed(version);
  if (isServed === false) {
    return {
      ...line,
      status: 'red',
      found: `Meta does not serve it. ${excuse(version)}`,
      why: 'Meta refuses every call, so the bot can neither answer nor hand over.',
      ...change,
    };
  }
  switch (life.state) {
    case 'ended':
      return {
        ...line,
        status: 'red',
        found: `it has ended${life.untilMs === undefined ? '' : ` on ${dayOf(life.untilMs)}`}${served}`,
        why: 'Without saying so, Meta answers with the oldest version left, whose answers may differ.',
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
        status: isServed === true ? 'attention' : 'unchecked',
        found: `it is newer than this package knows${isServed === true ? ', and Meta serves it' : ''}${served}`,
        expected: `a version that this package knows, up to ${NEWEST_VERSION}`,
        why: 'Answers may have another form than this package expects.',
        where: 'developers.facebook.com/docs/graph-api/changelog/versions; then the option graph.apiVersion',
      };
    case 'usable':
      return {
        ...line,
        status: 'ok',
        found: `${life.untilMs === undefined ? 'served, no end announced' : `served until ${dayOf(life.untilMs)}`}${served}`,
      };
  }
}

/** The Page of a Page's token; nothing if it is somebody else's. */
function pageOf(facts: TokenFacts, page: AdministrationAnswer): string | undefined {
  if (facts.pageId !== undefined) return facts.pageId;
  return facts.type === undefined || facts.type === 'PAGE' ? textOf(recordIn(page)['id']) : undefined;
}

function firstMend(token: AdministrationAnswer, page: AdministrationAnswer): string {
  if (proofRefused(page) || token.status === 'refused')
    return 'doctor cannot ask Meta before app id and secret are right.';
  return excuse(page);
}

function untold(token: AdministrationAnswer): string {
  if (token.status === 'refused' && !saysNothing(token))
    return 'doctor cannot ask Meta before app id and secret are right.';
  return token.status === 'answered' ? 'Meta does not show it.' : excuse(token);
}

function debuggerByEye(): string {
  return 'developers.facebook.com/tools/debug/accesstoken shows it';
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
