/**
 * Says in one short line why a store failed, in the store's own words and without its secrets.
 *
 * "The store did not answer" would send an operator to the network when the key is wrong or the memory is full.
 */
import { fieldOf, itemsOf, stringOf } from './read-unknown.js';

const REDACTED = '[redacted]';
const MAX_REASON_CHARACTERS = 200;
/** How many nested causes are searched. */
const MAX_DEPTH = 4;
const SHORTEST_ERROR_STATUS = 100;
const LONGEST_ERROR_STATUS = 599;

/** How drivers, servers and connection strings write secrets. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // redis://user:password@host. The last @ counts: a password may contain @.
  [/:\/\/[^\s/]*@/g, `://${REDACTED}@`],
  [
    /\b((?:Account|Shared ?Access|Primary|Secondary|Master|Api|Access)[-_ ]?Key|SharedAccessSignature|sig|signature|password|passwd|pwd|pass|token|access_token|client_secret|secret)(["']?\s*[=:]\s*["']?)[^\s&;,"'<>]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/\b(Bearer|SharedKey|SharedKeyLite|SharedAccessSignature|Basic)\s+[^\s"',;<]+/gi, `$1 ${REDACTED}`],
  // Redis repeats the arguments of a command that it does not know.
  [/,? with args beginning with:.*/gis, ''],
  // A key of ours ends with the Page's and the customer's id.
  [/\d{14,}/g, '…'],
];

/** A text without anything that has the shape of a secret, and without customers' ids. */
export function withoutStoreSecrets(text: string): string {
  return SECRETS.reduce((clean, [shape, replacement]) => clean.replace(shape, replacement), text);
}

/**
 * Why a store's call failed: the code and the first sentence of the innermost error that has a text.
 * `undefined` if no error has one. Never throws.
 */
export function failureReason(thrown: unknown): string | undefined {
  const said = saidBy(thrown, 0);
  if (said === undefined) return undefined;
  const clean = withoutStoreSecrets(said);
  return clean.length <= MAX_REASON_CHARACTERS ? clean : `${clean.slice(0, MAX_REASON_CHARACTERS - 1)}…`;
}

/**
 * What may be kept of a driver's error: name, code, message and stack without secrets. The error itself may hold the
 * request with all of its headers.
 */
export function cleanedCause(thrown: unknown): Error {
  const clean = new Error(failureReason(thrown) ?? 'no reason was given');
  const name = stringOf(fieldOf(thrown, 'name'));
  const code = codeOf(thrown);
  const stack = thrown instanceof Error ? stringOf(readable(thrown, 'stack')) : undefined;
  clean.name = name ?? (thrown instanceof Error ? thrown.name : 'Error');
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  clean.stack = [`${clean.name}: ${clean.message}`, ...frames].join('\n');
  return code === undefined ? clean : Object.assign(clean, { code });
}

function saidBy(thrown: unknown, depth: number): string | undefined {
  if (typeof thrown === 'string') return firstSentence(thrown);
  if (typeof thrown !== 'object' || thrown === null || depth > MAX_DEPTH) return undefined;
  const message = stringOf(readable(thrown, 'message')) ?? '';
  const { code, text } = spoken(message);
  const named = code ?? codeOf(thrown);
  const sentence = firstSentence(text);
  if (sentence !== undefined) {
    return named === undefined || sentence.toLowerCase().includes(named.toLowerCase())
      ? sentence
      : `${named}: ${sentence}`;
  }
  // A connection that fails on every address of a host is an AggregateError without a message.
  const inner = [...itemsOf(readable(thrown, 'errors')), readable(thrown, 'cause')];
  for (const each of inner) {
    const said = saidBy(each, depth + 1);
    if (said !== undefined) return said;
  }
  return named;
}

/** Redis names the script in which a command was refused: Redis 6 before its text, Redis 7 after it. */
const SCRIPT_NOISE = /^ERR Error running script.*?: -(?=[A-Z])|\.? script: [0-9a-f]{40}, on @user_script:\d+\.?$/g;

/** Azure answers with XML or JSON; the code and the message in it are enough. */
function spoken(message: string): { readonly code: string | undefined; readonly text: string } {
  const trimmed = message.trim().replace(SCRIPT_NOISE, '');
  if (trimmed.startsWith('<')) {
    const part = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)`, 'i').exec(trimmed)?.[1];
    return { code: part('Code'), text: part('Message') ?? part('title') ?? 'the answer was a page, not data' };
  }
  if (!trimmed.startsWith('{')) return { code: undefined, text: trimmed };
  try {
    const body: unknown = JSON.parse(trimmed);
    const inner = fieldOf(body, 'error') ?? fieldOf(body, 'odata.error') ?? body;
    const said = fieldOf(inner, 'message');
    const text = stringOf(said) ?? stringOf(fieldOf(said, 'value')) ?? stringOf(itemsOf(fieldOf(body, 'Errors'))[0]);
    return { code: stringOf(fieldOf(inner, 'code')), text: text ?? '' };
  } catch {
    return { code: undefined, text: trimmed };
  }
}

/** Up to the end of the line or of the sentence, without the full stop. */
function firstSentence(text: string): string | undefined {
  const [line = ''] = text.trim().split(/[\r\n]/, 1);
  const [sentence = ''] = line.split(/(?<=[a-z)\]"'])\.\s+(?=[A-Z])/, 1);
  const clean = sentence
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return clean === '' ? undefined : clean;
}

function codeOf(thrown: unknown): string | undefined {
  const code = readable(thrown, 'code');
  // `ECONNREFUSED`, `AuthenticationFailed`; not the codes of this package's own errors.
  if (typeof code === 'string' && /^[A-Z]/.test(code)) return code;
  const status = readable(thrown, 'statusCode') ?? code;
  if (typeof status !== 'number' || status < SHORTEST_ERROR_STATUS || status > LONGEST_ERROR_STATUS) return undefined;
  return `HTTP ${status}`;
}

/** Also what is inherited, as `message` of some errors is; a getter that throws reads as absent. */
function readable(thrown: unknown, key: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    return (thrown as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
