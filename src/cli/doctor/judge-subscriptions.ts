/**
 * Judges whether Meta delivers: the app's subscription, the Page's, and the webhook at the other end.
 *
 * "Only fields with subscriptions at both the Page and app levels will get webhooks": each level has its own line.
 * @see https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps
 */
import type { AdministrationAnswer } from '../../graph/administration.js';
import { NEEDED_FIELDS, type Finding } from './finding.js';
import { excuse, proofRefused, saysNothing, tokenFacts } from './judge-token.js';
import { appsIn, pageSubscriptionOf, type Observations } from './observe.js';
import { shownAddress } from '../shown-address.js';
import { ACKNOWLEDGE_WITHIN_MS, type ProbeAnswer } from './probe-webhook.js';

/** An acknowledgement that takes longer than this leaves no room for a bad day. */
const SLOW_MS = 2500;

const APP_WEBHOOKS = 'developers.facebook.com > My Apps > your app > Webhooks > Page';
const PAGE_WEBHOOKS =
  'developers.facebook.com > My Apps > your app > Messenger > Messenger API Settings > Webhooks > the Page > Add subscriptions';
const FIRST_THE_SECRET = 'Meta cannot be asked before app id and secret are right.';

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
  const why = 'Meta delivers nothing to the bot, whatever the Page says.';
  if (found === undefined) return { ...wrong, found: 'the app has no webhook for Pages', why };
  if (!found.active) return { ...wrong, found: 'the subscription is there and not active', why };
  return { ...line, status: 'ok', found: 'active' };
}

/** Whether Meta calls the address that was meant. */
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
    const where = `does ${shown} lead to ${shownAddress(url)}? The tunnel's or load balancer's settings tell`;
    return { ...line, status: 'unchecked', found: `${shown}, and --url is an address of this machine`, where };
  }
  if (meant.host === callback.host && meant.pathname === callback.pathname)
    return { ...line, status: 'ok', found: shown };
  return {
    ...wrong,
    expected: shownAddress(url),
    why: 'Meta delivers somewhere else, and the bot hears nothing.',
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

/** The challenge, as when the webhook is set up. */
export function judgeChallenge(seen: Observations): Finding {
  const { webhook, settings } = seen;
  const line = { check: 'webhookChallenge', title: 'Webhook: challenge' } as const;
  if (webhook === undefined) return notAsked(line, seen);
  const { challenge } = webhook;
  if (challenge === undefined || !settings.hasVerifyToken) {
    return {
      ...line,
      status: 'unchecked',
      found: 'FACEBOOK_VERIFY_TOKEN is not set.',
      where: 'set it to the word that is typed into the webhook settings; Meta asks only when the webhook is set up',
    };
  }
  const { answer, sent } = challenge;
  if (answer.status !== 'answered') return silence(line);
  if (answer.httpStatus === 200 && answer.body.trim() === sent)
    return { ...line, status: 'ok', found: `answered by ${webhook.address}` };
  return {
    ...line,
    status: 'red',
    found: answer.httpStatus === 200 ? '200, but not with the challenge' : `status ${answer.httpStatus}`,
    expected: 'status 200 and the challenge as plain text',
    why: 'Meta does not accept the address when it is set up, nor when it is changed.',
    where:
      answer.httpStatus === 401 || answer.httpStatus === 403
        ? "the bot's verify token is another one than FACEBOOK_VERIFY_TOKEN here"
        : "the bot: GET on the webhook's path must reach the adapter (processActivity does both)",
  };
}

/** A forged delivery. */
export function judgeForged(seen: Observations): Finding {
  const { webhook } = seen;
  const line = { check: 'webhookSignature', title: 'Webhook: bad signature' } as const;
  if (webhook === undefined) return notAsked(line, seen);
  const { forged } = webhook;
  if (forged.status !== 'answered') return silence(line);
  const { httpStatus } = forged;
  if (httpStatus >= 200 && httpStatus < 300) {
    return {
      ...line,
      status: 'red',
      found: `status ${httpStatus}: it was taken`,
      expected: 'status 401',
      why: 'Anybody who knows the address can speak to the bot in the name of any customer, and hand threads over.',
      where:
        'the bot: use HandoverFacebookAdapter, or verifySignature over the bytes as they came, with FACEBOOK_APP_SECRET',
    };
  }
  if (httpStatus >= 400 && httpStatus < 500) return { ...line, status: 'ok', found: `rejected with ${httpStatus}` };
  return {
    ...line,
    status: 'unchecked',
    found: `status ${httpStatus}, which is neither taken nor rejected.`,
    where: "the bot's log says what failed",
  };
}

/** A signed delivery without events. */
export function judgeDelivery(seen: Observations): Finding {
  const { webhook } = seen;
  const line = { check: 'webhookDelivery', title: 'Webhook: acknowledgement' } as const;
  if (webhook === undefined) return notAsked(line, seen);
  const { delivery, address } = webhook;
  if (delivery.status === 'answered' && secretIsWrong(seen)) {
    return {
      ...line,
      status: 'unchecked',
      found: 'It was signed with a secret that is wrong, see above.',
      where: 'run doctor again',
    };
  }
  const trouble = deliveryTrouble(delivery, address);
  if (trouble !== undefined) {
    return {
      ...line,
      status: 'red',
      found: trouble.found,
      expected: 'status 200 within 5 s',
      why: 'Meta delivers again and again, alerts after 15 minutes, and ends the subscription after an hour.',
      where: trouble.where,
    };
  }
  const tookMs = delivery.status === 'answered' ? delivery.tookMs : 0;
  if (tookMs <= SLOW_MS) return { ...line, status: 'ok', found: `200 in ${tookMs} ms` };
  return {
    ...line,
    status: 'attention',
    found: `200 in ${tookMs} ms, and there was nothing in it`,
    expected: 'well below 5 s',
    why: 'On a bad day Meta gives up waiting and delivers again.',
    where: 'the bot: is its machine asleep when idle, or far away?',
  };
}

/** Whether the secret itself was found to be wrong. */
export function secretIsWrong({ token, page, settings }: Observations): boolean {
  if (token.status === 'refused' && !saysNothing(token)) return true;
  return proofRefused(page) && (tokenFacts(token).appId ?? settings.appId) === settings.appId;
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
      ? 'There is none to look at.'
      : excuse(answer);
  return { ...line, status: 'unchecked', found, where: `look at it there: ${look}` };
}

function notAsked(line: Line, { settings }: Observations): Finding {
  if (!settings.asksWebhook) {
    return { ...line, status: 'unchecked', found: 'It was not asked.', where: 'leave --no-webhook away' };
  }
  return { ...line, status: 'unchecked', found: 'No address is known.', where: 'give it with --url' };
}

function silence(line: Line): Finding {
  return {
    ...line,
    status: 'unchecked',
    found: 'It does not answer, see the delivery.',
    where: 'run doctor again when it does',
  };
}

function deliveryTrouble(
  answer: ProbeAnswer,
  address: string,
): { readonly found: string; readonly where: string } | undefined {
  switch (answer.status) {
    case 'silent':
      return {
        found: `no answer within ${answer.afterMs} ms`,
        where: "the bot's log; it must acknowledge first and work afterwards",
      };
    case 'unreachable':
      return { found: `${address} cannot be reached (${answer.code})`, where: reachAdvice(answer.code) };
    case 'answered':
      return statusTrouble(answer.httpStatus, answer.tookMs);
  }
}

function statusTrouble(
  httpStatus: number,
  tookMs: number,
): { readonly found: string; readonly where: string } | undefined {
  if (httpStatus === 200 && tookMs <= ACKNOWLEDGE_WITHIN_MS) return undefined;
  if (httpStatus === 200)
    return { found: `200 after ${tookMs} ms`, where: 'the bot: it must acknowledge first and work afterwards' };
  const found = `status ${httpStatus}`;
  if (httpStatus === 401 || httpStatus === 403) {
    return {
      found: `${found}: it does not accept the signature`,
      where: "the bot's FACEBOOK_APP_SECRET is another one, or a body parser on its route changes the bytes",
    };
  }
  if (httpStatus === 404)
    return { found: `${found}: nothing is at that path`, where: 'the path in the callback URL, or in --url' };
  if (httpStatus === 405)
    return { found: `${found}: that path takes no POST`, where: 'the path in the callback URL, or in --url' };
  if (httpStatus === 502 || httpStatus === 504)
    return {
      found: `${found}: a proxy is there, the bot behind it is not`,
      where: 'start the bot; check the tunnel or load balancer',
    };
  if (httpStatus >= 500)
    return {
      found: `${found}: something in the bot failed`,
      where: "the bot's log says what; 503 means that its store cannot be reached",
    };
  return { found, where: 'Meta takes nothing but 200; the bot, or what stands before it, answers otherwise' };
}

function reachAdvice(code: string): string {
  if (code === 'ECONNREFUSED') return 'nobody listens there: start the bot, or the tunnel to it';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host: check the address';
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code))
    return 'the certificate is not accepted, by Meta neither: use one of a public authority';
  return 'the connection breaks: look at the bot, its firewall and what stands before it';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
