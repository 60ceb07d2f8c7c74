/**
 * Takes tokens, proofs and secrets out of a text that somebody else wrote.
 *
 * Exists because Meta repeats tokens in its messages ("Malformed access token EAA…") and network libraries repeat URLs.
 */

const REDACTED = '[redacted]';

/** Shorter values are ordinary syllables: replacing them would make the text unreadable and hide nothing. */
const SHORTEST_SECRET_CHARACTERS = 4;

/** Parameters and headers that carry a secret, whatever its value; and Meta's token format. */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [
    /\b(access_token|input_token|appsecret_proof|client_secret)(["']?\s*[=:]\s*["']?)[^&\s"'<>,}]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/\bBearer\s+[^\s"',]+/gi, `Bearer ${REDACTED}`],
  [/\bEAA[A-Za-z0-9]{12,}/g, REDACTED],
];

/** `text` without the given secrets (plain or URL-encoded) and without anything that has the shape of one. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET_CHARACTERS) continue;
    clean = clean.replaceAll(secret, REDACTED).replaceAll(encodeURIComponent(secret), REDACTED);
  }
  for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement);
  return clean;
}
