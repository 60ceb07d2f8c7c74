/**
 * Takes tokens, proofs and secrets out of a text that another system wrote.
 *
 * Meta repeats tokens in its messages ("Malformed access token EAA…"), and network libraries repeat URLs.
 */

const REDACTED = '[redacted]';

/** Shorter values are ordinary syllables: replacing them would make the text unreadable and hide nothing. */
const SHORTEST_SECRET_CHARACTERS = 4;

/** Parameters and headers that carry a secret, whatever its value; and Meta's token format. */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [
    /\b(access_token|input_token|appsecret_proof|client_secret)(\\?["']?\s*[=:]\s*\\?["']?)[^&\s"'<>,}\\]+/gi,
    `$1$2${REDACTED}`,
  ],
  // The same in a URL that is a parameter of another.
  [/(access_token|input_token|appsecret_proof|client_secret)(%3d)(?:(?!%26)[^&\s"'<>,}])+/gi, `$1$2${REDACTED}`],
  [/\bBearer\s+[^\s"',]+/gi, `Bearer ${REDACTED}`],
  // Not "OAuth" alone: "Invalid OAuth access token" is Meta's.
  [/(Authorization["']?\s*[:=]\s*["']?OAuth)\s+[^\s"',]+/gi, `$1 ${REDACTED}`],
  [/\bEAA[A-Za-z0-9]{12,}/g, REDACTED],
];

/** `text` without the given secrets (plain, or as URLs and forms write them) and without anything that has the shape of one. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET_CHARACTERS) continue;
    for (const spelling of spellingsOf(secret)) clean = clean.replaceAll(spelling, REDACTED);
  }
  for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement);
  return clean;
}

function spellingsOf(secret: string): ReadonlySet<string> {
  const inUrl = encodeURIComponent(secret);
  // Most secrets are letters and digits, which every form writes as they are.
  if (inUrl === secret) return new Set([secret]);
  const inForm = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  const inLowerCase = inUrl.replaceAll(/%../g, (escaped) => escaped.toLowerCase());
  return new Set([secret, encodeURIComponent(inUrl), inUrl, inLowerCase, inForm]);
}
