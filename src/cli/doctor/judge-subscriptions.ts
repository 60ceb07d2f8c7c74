/**
 * Judges whether Meta delivers: the app's subscription and the Page's.
 *
 * "Only fields with subscriptions at both the Page and app levels will get webhooks": each level has its own line.
 * @see https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps
 */
import type { AdministrationAnswer } from '../../graph/administration.js';
import { NEEDED_FIELDS, type Finding } from './finding.js';
import { secretIsWrong } from './judge-app.js';
import { appsIn, pageSubscriptionOf, type Observations } from './observe.js';
import { excuse, proofRefused, saysNothing, tokenFacts } from './token-facts.js';
import { shownAddress } from '../shown-address.js';

const APP_WEBHOOKS = 'developers.facebook.com > My Apps > your app > Webhooks > Page';
const PAGE_WEBHOOKS =
  'developers.facebook.com > My Apps > your app > Messenger > Messenger API Settings > Webhooks > the Page > Add subscriptions';
const FIRST_THE_SECRET = 'doctor cannot ask Meta before app id and secret are right.';

/** Whether the app has a webhook for Pages, and it is active. */
export function judgeAppSubscription({ appSubscriptions }: Observations): Finding {
  const line = { check: 'appSubscription', title: 'App-level subscription' } as const;
  if (appSubscriptions.status !== 'answered') return untold(line, appSubscriptions, APP_WEBHOOKS);
  const found = pageSubscriptionOf(appSubscriptions);
  const wrong = {
    ...line,
    status: 'red',
    expected: 'an active subscription to the object "page"',
    where: APP_WEBHOOKS,
  } as const;
  const why = "Meta delivers nothing to the bot, whatever the Page's subscription is.";
  if (found === undefined) return { ...wrong, found: 'the app has no webhook for Pages', why };
  if (!found.active) return { ...wrong, found: 'the subscription exists and is not active', why };
  return { ...line, status: 'ok', found: 'active' };
}

/** Whether Meta delivers to the expected address. */
export function judgeCallbackUrl({ appSubscriptions, settings }: Observations): Finding {
  const line = { check: 'callbackUrl', title: 'Callback URL' } as const;
  const address = pageSubscriptionOf(appSubscriptions)?.callbackUrl;
  if (address === undefined || !URL.canParse(address)) return untold(line, appSubscriptions, APP_WEBHOOKS);
  const shown = shownAddress(address);
  const callback = new URL(address);
  const wrong = { ...line, status: 'red', found: shown, where: `${APP_WEBHOOKS} > Callback URL` } as const;
  if (callback.protocol !== 'https:' && !isLoopback(callback.hostname)) {
    return { ...wrong, expected: 'an https address', why: 'Meta delivers to https only.' };
  }
  const { url } = settings;
  if (url === undefined || !URL.canParse(url))
    return { ...line, status: 'ok', found: `${shown} (give --url to compare)` };
  const meant = new URL(url);
  // Behind a tunnel or a load balancer the bot's own address is another than the public one.
  const comparable = isLoopback(meant.hostname) === isLoopback(callback.hostname);
  if (!comparable) {
    const where = `does ${shown} lead to ${shownAddress(url)}? The tunnel's or load balancer's settings show it`;
    return { ...line, status: 'unchecked', found: `${shown}, and --url is an address of this machine`, where };
  }
  if (meant.host === callback.host && meant.pathname === callback.pathname)
    return { ...line, status: 'ok', found: shown };
  return {
    ...wrong,
    expected: shownAddress(url),
    why: 'Meta delivers to another address, and the bot gets nothing.',
  };
}

/** The fields subscribed for the app. */
export function judgeAppFields({ appSubscriptions }: Observations): Finding {
  const line = { check: 'appFields', title: 'App-level fields' } as const;
  const subscription = pageSubscriptionOf(appSubscriptions);
  if (subscription === undefined) return untold(line, appSubscriptions, APP_WEBHOOKS);
  return fieldsFinding(line, subscription.fields, `${APP_WEBHOOKS}: Subscribe beside each field`);
}

/** Whether the Page is subscribed for the bot's app. */
export function judgePageSubscription(seen: Observations): Finding {
  const { pageSubscriptions, settings } = seen;
  const line = { check: 'pageSubscription', title: 'Page-level subscription' } as const;
  const wrong = {
    ...line,
    status: 'red',
    expected: `app ${settings.appId} among the Page's subscribed apps`,
    why: 'Meta delivers nothing of this Page. It ends the subscription itself when a webhook has failed for an hour.',
    where: `${PAGE_WEBHOOKS}; or: doctor --fix`,
  } as const;
  if (pageSubscriptions.status !== 'answered') return unreadable(wrong, line, seen);
  if (secretIsWrong(seen)) return { ...line, status: 'unchecked', found: FIRST_THE_SECRET, where: 'run doctor again' };
  const own = appsIn(pageSubscriptions).find((app) => app.id === settings.appId);
  if (own === undefined) return { ...wrong, found: "the bot's app is not among the Page's subscribed apps" };
  return { ...line, status: 'ok', found: `it has the bot's app (${own.name})` };
}

/** The fields subscribed for the Page. */
export function judgePageFields({ pageSubscriptions, settings }: Observations): Finding {
  const line = { check: 'pageFields', title: 'Page-level fields' } as const;
  const own = appsIn(pageSubscriptions).find((app) => app.id === settings.appId);
  if (own?.fields === undefined) return untold(line, pageSubscriptions, PAGE_WEBHOOKS);
  return fieldsFinding(line, own.fields, `${PAGE_WEBHOOKS}; or: doctor --fix`);
}

/** The fields that the Page lacks, of those that a handover needs. */
export function missingPageFields({ pageSubscriptions, settings }: Observations): readonly string[] {
  const own = appsIn(pageSubscriptions).find((app) => app.id === settings.appId);
  return NEEDED_FIELDS.map(({ field }) => field).filter((field) => own?.fields?.includes(field) !== true);
}

type Line = Pick<Finding, 'check' | 'title'>;

function fieldsFinding(line: Line, fields: readonly string[], where: string): Finding {
  const missing = NEEDED_FIELDS.filter(({ field }) => !fields.includes(field));
  const expected = NEEDED_FIELDS.map(({ field }) => field).join(', ');
  if (missing.length === 0) return { ...line, status: 'ok', found: expected };
  return {
    ...line,
    status: 'red',
    found: `${missing.map(({ field }) => field).join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing`,
    expected,
    why: `${missing.map(({ field, lost }) => `without ${field} ${lost}`).join('; ')}.`,
    where,
  };
}

/** A refusal that no other line explains is a fault by itself. */
function unreadable(wrong: Omit<Finding, 'found'>, line: Line, seen: Observations): Finding {
  const { pageSubscriptions: answer, token, page } = seen;
  const { scopes, type } = tokenFacts(token);
  const explained =
    saysNothing(answer) ||
    proofRefused(answer) ||
    (answer.status === 'refused' && answer.means === 'invalidToken') ||
    (page.status === 'refused' && page.means === 'invalidToken') ||
    (type !== undefined && type !== 'PAGE') ||
    scopes?.includes('pages_show_list') === false ||
    scopes?.includes('pages_manage_metadata') === false;
  if (explained) return untold(line, answer, PAGE_WEBHOOKS);
  return { ...wrong, found: excuse(answer) };
}

function untold(line: Line, answer: AdministrationAnswer, look: string): Finding {
  const found = proofRefused(answer)
    ? FIRST_THE_SECRET
    : answer.status === 'answered'
      ? 'There is none to check.'
      : excuse(answer);
  return { ...line, status: 'unchecked', found, where: `look at it there: ${look}` };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
