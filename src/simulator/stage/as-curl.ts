/**
 * A delivery or a Graph call of the wire as a command line that does it again.
 *
 * Exists so that what was seen can be tried by hand. Token and secret stand as shell variables: none is ever written out.
 */
import { visibleLines } from '../../thread/visible-text.js';
import type { DatabaseApiEntry, GraphEntry, VccLiveEntry, WebhookEntry, WireEntry } from '../wire.js';

/** The variables that a command needs, by app. */
const TOKEN_OF_BOT = '$FACEBOOK_PAGE_ACCESS_TOKEN';
const TOKEN_OF_VCC_LIVE = '$VCC_LIVE_PAGE_ACCESS_TOKEN';
const SECRET = '$FACEBOOK_APP_SECRET';
const SECRET_OF_VCC_LIVE = '$VCC_LIVE_WEBHOOK_SECRET';

/** Where an entry is sent again to. */
export interface CurlTargets {
  /** Origin of Graph. */
  readonly graphBaseUrl: string;
  /** Version of calls that were made inside the simulator, without a version in their path. */
  readonly apiVersion: string;
  /** App whose calls carry `appsecret_proof`. */
  readonly botAppId: string;
}

/**
 * The command for a POSIX shell with curl and openssl, or nothing if nothing travelled.
 *
 * A webhook is signed anew by the command, with `$FACEBOOK_APP_SECRET`; a Graph call of the bot gets its
 * `appsecret_proof` the same way.
 */
export function asCurl(entry: WireEntry, targets: CurlTargets): string | undefined {
  const command = commandOf(entry, targets);
  // It is pasted into a terminal. What was JSON means the same afterwards.
  return command === undefined ? undefined : visibleLines(command);
}

function commandOf(entry: WireEntry, targets: CurlTargets): string | undefined {
  switch (entry.kind) {
    case 'graph':
      return graphCommand(entry, targets);
    case 'webhook':
      return webhookCommand(entry);
    case 'vccLive':
      return vccLiveCommand(entry);
    case 'databaseApi':
      return databaseApiCommand(entry, targets);
    case 'owner':
    case 'note':
      return undefined;
  }
}

function databaseApiCommand({ method, path, query }: DatabaseApiEntry, { graphBaseUrl }: CurlTargets): string {
  const search = new URLSearchParams(query).toString();
  const address = quoted(`${graphBaseUrl}${path}${search === '' ? '' : `?${search}`}`);
  return `curl -i -X ${method} ${address} \\\n  -u "$VCC_LIVE_CUSTOMER:$VCC_LIVE_API_KEY"`;
}

/** Nothing if it was encrypted: the key is not here. */
function vccLiveCommand(entry: VccLiveEntry): string | undefined {
  if (entry.encrypted) return undefined;
  const query = `"${entry.url.includes('?') ? '&' : '?'}${entry.secretParameter}=${SECRET_OF_VCC_LIVE}"`;
  return [
    `curl -i -X POST ${quoted(entry.url)}${query}`,
    `-H 'Content-Type: application/json'`,
    `--data-raw ${quoted(json(entry.body))}`,
  ].join(' \\\n  ');
}

function webhookCommand(entry: WebhookEntry): string | undefined {
  if (entry.url === undefined) return undefined;
  const signed = entry.signature !== undefined;
  return [
    `BODY=${quoted(entry.body)}`,
    ...(signed ? [`SIGNATURE=${hmac('"$BODY"', SECRET)}`] : []),
    [
      `curl -i -X POST ${quoted(entry.url)}`,
      `-H 'Content-Type: application/json'`,
      ...(signed ? ['-H "X-Hub-Signature-256: sha256=$SIGNATURE"'] : []),
      '--data-raw "$BODY"',
    ].join(' \\\n  '),
  ].join('\n');
}

function graphCommand(entry: GraphEntry, targets: CurlTargets): string {
  const versioned = /^\/v\d+\.\d+\//.test(entry.path) ? entry.path : `/${targets.apiVersion}${entry.path}`;
  const query = new URLSearchParams(entry.query).toString();
  const byBot = entry.appId === targets.botAppId;
  const token = byBot ? TOKEN_OF_BOT : TOKEN_OF_VCC_LIVE;
  const address = `${targets.graphBaseUrl}${versioned}${query === '' ? '' : `?${query}`}`;
  const proof = byBot ? `"${query === '' ? '?' : '&'}appsecret_proof=$PROOF"` : '';
  const body = hasBody(entry.body)
    ? [`-H 'Content-Type: application/json'`, `--data-raw ${quoted(json(entry.body))}`]
    : [];
  return [
    ...(byBot ? [`PROOF=${hmac(`"${token}"`, SECRET)}`] : []),
    [`curl -i -X ${entry.method} ${quoted(address)}${proof}`, `-H "Authorization: Bearer ${token}"`, ...body].join(
      ' \\\n  ',
    ),
  ].join('\n');
}

/** Shell words for the hexadecimal HMAC-SHA256 of `text`. */
function hmac(text: string, key: string): string {
  return `$(printf '%s' ${text} | openssl dgst -sha256 -hmac "${key}" | sed 's/^.* //')`;
}

function hasBody(body: unknown): boolean {
  if (body === undefined || body === null) return false;
  return typeof body !== 'object' || Object.keys(body).length > 0;
}

function json(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
