/**
 * Answers the request with which Meta checks that a webhook address is ours.
 *
 * The stock adapter answers a wrong token with 200 and echoes any challenge, so it cannot do this.
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Meta sends digits. Nothing that a browser could take for markup is sent back. */
const PLAIN_CHALLENGE = /^[A-Za-z0-9_-]{1,256}$/;

/** What to answer. The caller sends `body` as `text/plain`. */
export interface ChallengeAnswer {
  readonly status: 200 | 400 | 403;
  readonly body: string;
}

/**
 * `hub.mode` is `subscribe` and `hub.verify_token` is ours → 200 and the challenge; a challenge that is missing or not
 * plain → 400; everything else → 403. Tokens are compared in constant time; if ours is empty, every request is refused.
 * @param query the query of the GET request, parsed; a parameter that came twice counts as missing
 * @param verifyToken the token typed into the app dashboard
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
 */
export function answerChallenge(
  query: URLSearchParams | Readonly<Record<string, unknown>>,
  verifyToken: string,
): ChallengeAnswer {
  if (parameterOf(query, 'hub.mode') !== 'subscribe') return { status: 403, body: 'Forbidden' };
  if (!isOurToken(parameterOf(query, 'hub.verify_token'), verifyToken)) return { status: 403, body: 'Forbidden' };

  const challenge = parameterOf(query, 'hub.challenge');
  if (challenge === undefined || !PLAIN_CHALLENGE.test(challenge)) return { status: 400, body: 'Bad Request' };
  return { status: 200, body: challenge };
}

function parameterOf(query: URLSearchParams | Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (query instanceof URLSearchParams) {
    const values = query.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  }
  const value = query[name];
  return typeof value === 'string' ? value : undefined;
}

/** Callers in plain JavaScript pass `undefined` from an unset variable: that is no token of ours. */
function isOurToken(token: string | undefined, ours: unknown): boolean {
  if (token === undefined || typeof ours !== 'string' || ours === '') return false;
  // Digests, because timingSafeEqual needs equal lengths and the comparison must not reveal the token's length.
  return timingSafeEqual(digestOf(token), digestOf(ours));
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
