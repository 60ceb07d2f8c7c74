/**
 * Compares the secret in a webhook's address with the configured one.
 *
 * VCC Live signs nothing: only the secret shows that VCC Live sends the request.
 * @see https://vcc.live/developers/webhook/overview/securing-requests
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** The result of comparing. `several` values under one name are refused, because a proxy may read another one. */
export type SecretVerdict = 'right' | 'missing' | 'several' | 'wrong';

/** Compares in a time that reveals nothing about the secret, its length included. Never throws. */
export function verdictOnSecret(query: URLSearchParams, name: string, secret: string): SecretVerdict {
  const given = query.getAll(name);
  const [value] = given;
  if (value === undefined || value === '') return 'missing';
  if (given.length > 1) return 'several';
  return timingSafeEqual(digestOf(value), digestOf(secret)) ? 'right' : 'wrong';
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
