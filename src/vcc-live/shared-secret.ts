/**
 * Compares the secret in a webhook's address with the one that was agreed on.
 *
 * Exists because VCC Live signs nothing: the secret is all that says who is calling.
 * @see https://vcc.live/developers/webhook/overview/securing-requests
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** What became of comparing: `several` values under one name are refused, because a proxy may read another one. */
export type SecretVerdict = 'right' | 'missing' | 'several' | 'wrong';

/** Compares in a time that tells nothing of the secret, its length included. Never throws. */
export function checkSecret(query: URLSearchParams, name: string, secret: string): SecretVerdict {
  const given = query.getAll(name);
  const [value] = given;
  if (value === undefined || value === '') return 'missing';
  if (given.length > 1) return 'several';
  return timingSafeEqual(digestOf(value), digestOf(secret)) ? 'right' : 'wrong';
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
