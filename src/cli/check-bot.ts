/**
 * Sends a bot the two requests that Meta sends first, and says in words what is wrong with the bot's answers.
 *
 * A bot that does nothing may have a dozen causes. The answer to one empty delivery distinguishes them.
 */
import { createHmac } from 'node:crypto';
import { textOfThrown } from '../thread/errors.js';
import { signPayload } from '../webhook/signature.js';
import { shownAddress } from './shown-address.js';

/** Meta's limit for acknowledging, real milliseconds. */
const ANSWER_WITHIN_MS = 5000;
/** A delivery without events: nothing to answer, nothing to do, and signed like any other. */
const EMPTY_DELIVERY = '{"object":"page","entry":[]}';
/** How Bot Framework's adapters refuse what is no activity. */
const TAKES_ACTIVITIES = /validateAndFixActivity|missing activity type/i;

/** What a bot is asked with. */
export interface BotCheck {
  readonly url: string;
  readonly appSecret: string;
  readonly verifyToken: string;
}

/** The result. */
export interface BotVerdict {
  /** Deliveries reach the bot and are acknowledged. */
  readonly ready: boolean;
  /** For a person, in whole sentences. */
  readonly says: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Asks with an empty signed delivery, then with the handshake. Never rejects. */
export async function checkBot(check: BotCheck, answerWithinMs = ANSWER_WITHIN_MS): Promise<BotVerdict> {
  const { url } = check;
  try {
    const { status, body } = await ask(url, answerWithinMs, delivery(check));
    const trouble = TAKES_ACTIVITIES.test(body) ? activitiesTrouble(url) : deliveryTrouble(url, status);
    if (trouble !== undefined) return { ready: false, says: trouble };
  } catch (error) {
    return { ready: false, says: silenceTrouble(url, error, answerWithinMs) };
  }
  const challenge = 'a-challenge-of-the-simulator';
  const handshake = await ask(handshakeUrl(check, challenge), answerWithinMs, {}).catch(() => undefined);
  const trouble = handshakeTrouble(handshake, challenge);
  return { ready: true, says: `The bot answers at ${shownAddress(url)}.${trouble === undefined ? '' : ` ${trouble}`}` };
}

/** What is wrong if the bot answers a delivery with this status; nothing if the bot acknowledges it. */
export function deliveryTrouble(url: string, status: number): string | undefined {
  if (status === 200) return undefined;
  const bot = `The bot at ${shownAddress(url)} answers ${status}`;
  if (status === 401 || status === 403) {
    return `${bot}: it does not accept the signature. Is FACEBOOK_APP_SECRET the one above? Does the bot check the bytes as they came, not JSON that was parsed and written again?`;
  }
  if (status === 404) return `${bot}: nothing answers at that path. Give the webhook's own address with --bot.`;
  if (status === 405) return `${bot}: that path takes no POST. Give the webhook's own address with --bot.`;
  if (status >= 300 && status < 400) return `${bot}, a redirection. Meta wants 200 from the address itself.`;
  if (status >= 500) {
    return `${bot} to a delivery: the bot failed, and its log says why. Meta would redeliver, and end the subscription after an hour.`;
  }
  return `${bot} to a delivery. Meta accepts only 200 as an acknowledgement.`;
}

function activitiesTrouble(url: string): string {
  return (
    `The bot at ${shownAddress(url)} takes activities of Azure Bot Service, not Meta's webhooks. ` +
    'Run this command with --azure, and it plays Azure Bot Service, too.'
  );
}

/** The system's code of a failed fetch, which hides it in `cause`; several addresses of one name come as one AggregateError. */
export function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return code;
  return textOfThrown(cause);
}

function delivery({ appSecret }: BotCheck): RequestInit {
  const bytes = Buffer.from(EMPTY_DELIVERY);
  return {
    method: 'POST',
    body: bytes,
    headers: {
      'Content-Type': 'application/json',
      'X-Hub-Signature': `sha1=${createHmac('sha1', appSecret).update(bytes).digest('hex')}`,
      'X-Hub-Signature-256': signPayload(bytes, appSecret),
    },
  };
}

function handshakeUrl({ url, verifyToken }: BotCheck, challenge: string): string {
  const asked = new URL(url);
  asked.searchParams.set('hub.mode', 'subscribe');
  asked.searchParams.set('hub.verify_token', verifyToken);
  asked.searchParams.set('hub.challenge', challenge);
  return asked.href;
}

async function ask(url: string, withinMs: number, how: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...how, redirect: 'manual', signal: AbortSignal.timeout(withinMs) });
  return { status: response.status, body: await response.text() };
}

function handshakeTrouble(answer: Answer | undefined, challenge: string): string | undefined {
  const only = 'Meta sends it once, when the webhook is set up; here the bot works without it.';
  if (answer === undefined) return `It does not answer the handshake (GET with hub.challenge). ${only}`;
  if (answer.status === 200 && answer.body.trim() === challenge) return undefined;
  if (answer.status === 200) return `It answers the handshake with 200, but not with the challenge. ${only}`;
  if (answer.status === 404 || answer.status === 405) {
    return `It has no handshake: GET is answered ${answer.status}. ${only}`;
  }
  return `It refuses the handshake with ${answer.status}: is FACEBOOK_VERIFY_TOKEN the one above? ${only}`;
}

/** What is wrong when a bot gave no answer at all. */
export function silenceTrouble(url: string, error: unknown, withinMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `The bot at ${shownAddress(url)} took a delivery and did not answer within ${withinMs} ms. Meta would redeliver it.`;
  }
  const code = codeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return `No server listens at ${shownAddress(url)}. Start your bot with the values above.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host ${new URL(url).hostname} (${code}). Check --bot.`;
    default:
      return `No answer from ${shownAddress(url)} (${code}). ${advice(code)}`;
  }
}

function advice(code: string): string {
  if (/CERT|SSL|TLS/.test(code)) return 'Is it https with a certificate that this machine trusts?';
  return "The bot closed the connection, or a proxy in between did. The bot's log may say why.";
}
