/** Judges the bot's webhook: the challenge, a forged delivery, and the acknowledgement of a signed one. */
import type { Finding } from './finding.js';
import { secretIsWrong } from './judge-app.js';
import type { Observations } from './observe.js';
import { ACKNOWLEDGE_WITHIN_MS, type ProbeAnswer } from './probe-webhook.js';

/** A slower acknowledgement leaves no reserve below Meta's limit. Milliseconds. */
const SLOW_MS = 2500;

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
      where:
        'set it to the verify token in the webhook settings; Meta sends the challenge only when the webhook is set up',
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
    why: 'Meta will not accept the address when somebody sets it up or changes it.',
    where:
      answer.httpStatus === 401 || answer.httpStatus === 403
        ? "the bot's verify token differs from FACEBOOK_VERIFY_TOKEN here"
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
      found: `status ${httpStatus}: it was accepted`,
      expected: 'status 401',
      why: 'Anybody who knows the address can pretend to be any customer, and hand threads over.',
      where:
        'the bot: use HandoverFacebookAdapter, or verifySignature over the bytes as they came, with FACEBOOK_APP_SECRET',
    };
  }
  if (httpStatus >= 400 && httpStatus < 500) return { ...line, status: 'ok', found: `rejected with ${httpStatus}` };
  return {
    ...line,
    status: 'unchecked',
    found: `status ${httpStatus}, which neither accepts nor rejects it.`,
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
      found: 'It was signed with a wrong secret, see above.',
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
      why: 'Meta redelivers, alerts after 15 minutes, and ends the subscription after an hour.',
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
    why: 'When the bot is slower than usual, Meta stops waiting and redelivers.',
    where: 'the bot: is its machine asleep when idle, or far away?',
  };
}

type Line = Pick<Finding, 'check' | 'title'>;

function notAsked(line: Line, { settings }: Observations): Finding {
  if (!settings.asksWebhook) {
    return { ...line, status: 'unchecked', found: 'It was not checked.', where: 'run without --no-webhook' };
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
        where: "the bot's log; it must acknowledge first and run turns afterwards",
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
    return { found: `200 after ${tookMs} ms`, where: 'the bot: it must acknowledge first and run turns afterwards' };
  const found = `status ${httpStatus}`;
  if (httpStatus === 401 || httpStatus === 403) {
    return {
      found: `${found}: it does not accept the signature`,
      where: "the bot's FACEBOOK_APP_SECRET is another one, or a body parser on its route changes the bytes",
    };
  }
  if (httpStatus === 404)
    return { found: `${found}: nothing answers at that path`, where: 'the path in the callback URL, or in --url' };
  if (httpStatus === 405)
    return { found: `${found}: that path takes no POST`, where: 'the path in the callback URL, or in --url' };
  if (httpStatus === 502 || httpStatus === 504)
    return {
      found: `${found}: a proxy answers, the bot behind it does not`,
      where: 'start the bot; check the tunnel or load balancer',
    };
  if (httpStatus >= 500)
    return {
      found: `${found}: the bot failed`,
      where: "the bot's log says why; 503 means that its store cannot be reached",
    };
  return { found, where: 'Meta accepts only 200; the bot, or a proxy before it, answers with another status' };
}

function reachAdvice(code: string): string {
  if (code === 'ECONNREFUSED') return 'no server listens there: start the bot, or the tunnel to it';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host: check the address';
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code))
    return 'the certificate is not accepted, and Meta will not accept it either: use one of a public authority';
  return 'the connection breaks: look at the bot, its firewall and any proxy before it';
}
