/**
 * Says whether a webhook body comes from Meta, and names the likely mistake if it does not.
 *
 * The stock adapter accepts only the SHA-1 header that Meta calls legacy. Nearly every "invalid signature" is the
 * caller's own mistake, which this file can name.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidOptionError } from '../thread/errors.js';

/** Bodies longer than this are not hashed again to find out what is wrong: anybody can send one. Bytes. */
const DIAGNOSED_BODY_MAX_BYTES = 65_536;

const PREFIX = 'sha256=';
const SIGNATURE = /^sha256=[0-9a-f]{64}$/i;

const HINT_MISSING =
  'The header X-Hub-Signature-256 is missing. Meta sends it with every webhook: either the request is not from Meta, or a proxy removes the header.';
const HINT_SEVERAL =
  'The header X-Hub-Signature-256 came more than once. Meta sends it once: either the request is not from Meta, or a proxy adds to it.';
const HINT_SHA1 =
  'This is the legacy SHA-1 signature. Read the header X-Hub-Signature-256, which Meta sends beside it.';
const HINT_MALFORMED = 'The value of X-Hub-Signature-256 is not "sha256=" followed by 64 hexadecimal digits.';
const HINT_NO_SECRET =
  'No app secret is configured, so nothing can be verified. Copy it from the app dashboard, Settings > Basic.';
const HINT_PARSED_BODY =
  'The body was given as a parsed object. Keep the bytes of the request as they came, before any body parser, and verify those.';
const HINT_SECRET_BLANKS =
  'The app secret has blanks or a line break around it: without them the signature is right. Remove them from the configuration.';
const HINT_RESERIALISED =
  'The body was parsed and serialised again: with the escapes that Meta writes (\\u00e4 for ä, \\/ for /) the signature is right. Verify the bytes as they came.';
const HINT_GENERAL =
  'Either the app secret is not that of the app this webhook belongs to, or the body is not byte for byte what was sent (parsed and serialised again by a body parser, or decoded in pieces).';

/**
 * The result of verifying.
 * - `missing`: no header
 * - `sha1Only`: the value of the legacy header `X-Hub-Signature` was given
 * - `malformed`: not `sha256=` and 64 hexadecimal digits, or more than one value
 * - `mismatch`: another secret, or not the bytes that Meta signed
 *
 * `hint` names the likely mistake in a sentence for the operator's log. Do not send it in the answer to the request. It
 * never holds the secret or the expected signature.
 */
export type SignatureVerdict =
  | { readonly valid: true }
  | {
      readonly valid: false;
      readonly reason: 'missing' | 'sha1Only' | 'malformed' | 'mismatch';
      readonly hint: string;
    };

/**
 * Compares the signature of a webhook with that of its body, in constant time. Never throws.
 *
 * Worked value: body `{"object":"page","entry":[]}`, secret `example-app-secret` →
 * `sha256=ad8be1d70c23fcbf13161e2bdec3804c9dc74496ff7ef30b79d9ac1c3a791649`
 * @param rawBody the bytes as they came, before any parser; a string stands for its UTF-8 bytes
 * @param header value of `X-Hub-Signature-256`; Meta sends lower-case digits, upper-case ones are accepted too
 * @param appSecret secret of the app that the webhook belongs to: the bot's, not VCC Live's. An empty one verifies nothing.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads
 */
export function verifySignature(
  rawBody: Uint8Array | string,
  header: string | readonly string[] | undefined,
  appSecret: string,
): SignatureVerdict {
  const values = headerValues(header);
  const [value] = values;
  if (value === undefined || value === '') return refused('missing', HINT_MISSING);
  if (values.length > 1) return refused('malformed', HINT_SEVERAL);
  if (value.startsWith('sha1=')) return refused('sha1Only', HINT_SHA1);

  if (!SIGNATURE.test(value)) return refused('malformed', HINT_MALFORMED);
  if (!isSecret(appSecret)) return refused('mismatch', HINT_NO_SECRET);
  if (!isBody(rawBody)) return refused('mismatch', HINT_PARSED_BODY);

  const received = value.slice(PREFIX.length).toLowerCase();
  if (areEqual(received, hmacSha256(rawBody, appSecret))) return VALID;
  return refused('mismatch', likelyMistake(rawBody, received, appSecret));
}

/**
 * The value of `X-Hub-Signature-256` that Meta would send with this body; for tests of one's own webhook.
 *
 * Worked value: see {@link verifySignature}.
 * @throws InvalidOptionError if the secret is empty
 */
export function signPayload(rawBody: Uint8Array | string, appSecret: string): string {
  if (!isSecret(appSecret)) throw new InvalidOptionError('appSecret', 'empty', "the app's secret");
  return PREFIX + hmacSha256(rawBody, appSecret);
}

const VALID: SignatureVerdict = { valid: true };

function refused(reason: 'missing' | 'sha1Only' | 'malformed' | 'mismatch', hint: string): SignatureVerdict {
  return { valid: false, reason, hint };
}

function headerValues(header: unknown): readonly string[] {
  if (typeof header === 'string') return [header.trim()];
  const values: readonly unknown[] = Array.isArray(header) ? header : [];
  return values.filter((value): value is string => typeof value === 'string').map((value) => value.trim());
}

/** Callers in plain JavaScript pass `undefined` from an unset variable. */
function isSecret(appSecret: unknown): boolean {
  return typeof appSecret === 'string' && appSecret !== '';
}

/** Callers in plain JavaScript pass `req.body`. */
function isBody(rawBody: unknown): boolean {
  return typeof rawBody === 'string' || rawBody instanceof Uint8Array;
}

/** @returns hexadecimal digits, lower case */
function hmacSha256(body: Uint8Array | string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** In constant time. */
function areEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}

/** As stripe-node does for its users: tries the usual mistakes, and names the one that explains the signature. */
function likelyMistake(rawBody: Uint8Array | string, received: string, appSecret: string): string {
  if (rawBody.length > DIAGNOSED_BODY_MAX_BYTES) return HINT_GENERAL;

  const trimmedSecret = appSecret.trim();
  if (trimmedSecret !== appSecret && trimmedSecret !== '' && areEqual(received, hmacSha256(rawBody, trimmedSecret))) {
    return HINT_SECRET_BLANKS;
  }

  const text = typeof rawBody === 'string' ? rawBody : Buffer.from(rawBody).toString('utf8');
  const escaped = escapeNonAscii(text);
  const candidates = [escaped, escaped.replaceAll('/', '\\/')];
  const explains = candidates.some((body) => body !== text && areEqual(received, hmacSha256(body, trimmedSecret)));
  return explains ? HINT_RESERIALISED : HINT_GENERAL;
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
