/**
 * Sends a webhook what Meta sends: the challenge, a delivery with a wrong signature, a delivery with the right one.
 *
 * None of the three needs Meta, and each answer alone can explain a bot that never gets a message.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import { randomInt } from 'node:crypto';
import { signPayload } from '../../webhook/signature.js';
import { codeOf } from '../check-bot.js';
import { shownAddress } from '../shown-address.js';

/** Meta's limit for acknowledging, milliseconds. */
export const ACKNOWLEDGE_WITHIN_MS = 5000;
/** Longer than Meta waits, so that a late answer differs from no answer. */
const GIVE_UP_MS = 8000;
/** No events: nothing to do, and signed like any other delivery. */
const EMPTY_DELIVERY = '{"object":"page","entry":[]}';
const SOME_OTHER_SECRET = 'not-the-secret-of-this-app';
const HIGHEST_CHALLENGE = 2_000_000_000;

/** One answer. `unreachable`: no connection, or one that broke, with the system's code. */
export type ProbeAnswer =
  | { readonly status: 'answered'; readonly httpStatus: number; readonly body: string; readonly tookMs: number }
  | { readonly status: 'silent'; readonly afterMs: number }
  | { readonly status: 'unreachable'; readonly code: string };

/** What a webhook answered. */
export interface WebhookProbe {
  /** Without query, which may hold a secret. */
  readonly address: string;
  /** Absent if the verify token is not known. */
  readonly challenge?: { readonly sent: string; readonly answer: ProbeAnswer };
  readonly forged: ProbeAnswer;
  readonly delivery: ProbeAnswer;
}

/** What is needed to ask. */
export interface WebhookQuestion {
  readonly url: string;
  readonly appSecret: string;
  readonly verifyToken: string | undefined;
  /** Milliseconds; default 8000. */
  readonly giveUpMs?: number;
}

/** Asks all three, one after another. Never rejects. */
export async function probeWebhook(question: WebhookQuestion): Promise<WebhookProbe> {
  const { url, appSecret, verifyToken, giveUpMs = GIVE_UP_MS } = question;
  const sent = String(randomInt(HIGHEST_CHALLENGE));
  const challenge =
    verifyToken === undefined
      ? {}
      : { challenge: { sent, answer: await ask(challengeUrl(url, verifyToken, sent), giveUpMs, {}) } };
  const forged = await ask(url, giveUpMs, delivery(SOME_OTHER_SECRET));
  const signed = await ask(url, giveUpMs, delivery(appSecret));
  return { address: shownAddress(url), ...challenge, forged, delivery: signed };
}

function challengeUrl(url: string, verifyToken: string, challenge: string): string {
  const asked = new URL(url);
  asked.searchParams.set('hub.mode', 'subscribe');
  asked.searchParams.set('hub.verify_token', verifyToken);
  asked.searchParams.set('hub.challenge', challenge);
  return asked.href;
}

function delivery(secret: string): RequestInit {
  const bytes = Buffer.from(EMPTY_DELIVERY);
  return {
    method: 'POST',
    body: bytes,
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': signPayload(bytes, secret) },
  };
}

async function ask(url: string, giveUpMs: number, how: RequestInit): Promise<ProbeAnswer> {
  const startedMs = performance.now();
  try {
    const response = await fetch(url, { ...how, redirect: 'manual', signal: AbortSignal.timeout(giveUpMs) });
    const body = await response.text();
    return { status: 'answered', httpStatus: response.status, body, tookMs: Math.round(performance.now() - startedMs) };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return { status: 'silent', afterMs: giveUpMs };
    return { status: 'unreachable', code: codeOf(error) };
  }
}
