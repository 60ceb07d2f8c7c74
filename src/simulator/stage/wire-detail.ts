/** An entry of the wire with everything that travelled, and with the command that does it again. */
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { WireEntry } from '../wire.js';
import { asCurl } from './as-curl.js';
import { parsed, refused, type Reply } from './reply.js';
import type { WireDetail } from './stage-words.js';

/** Where the entries are. */
export const ENTRIES = '/stage/wire/';

/** The answer of `GET /stage/wire/<seq>`, or a refusal if the wire has dropped the entry. */
export function wireReply(path: string, simulator: MessengerSimulator): Reply {
  const seq = /^\d{1,15}$/.exec(path.slice(ENTRIES.length))?.[0];
  if (seq === undefined) return refused(404, `There is nothing at ${path}.`);
  const entry = simulator.wire.entries().find((one) => one.seq === Number(seq));
  if (entry === undefined) return refused(404, `The wire no longer keeps entry ${seq}.`);
  return { status: 200, body: wireDetail(entry, simulator) };
}

function wireDetail(entry: WireEntry, { graphBaseUrl, settings }: MessengerSimulator): WireDetail {
  const curl = asCurl(entry, { graphBaseUrl, apiVersion: settings.apiVersion, botAppId: settings.botAppId });
  return { entry: readable(entry), ...(curl === undefined ? {} : { curl }) };
}

/** What travelled comes first, and the body of a webhook as JSON, not as a string in a string. */
function readable(entry: WireEntry): unknown {
  if (entry.kind === 'webhook') {
    const { body, signature, url, ...rest } = entry;
    return { url, signature, body: parsed(body)?.value ?? body, ...rest };
  }
  if (entry.kind === 'graph') {
    const { method, path, query, body, status, answer, ...rest } = entry;
    return { method, path, query, body, status, answer, ...rest };
  }
  if (entry.kind === 'vccLive') {
    const { name, url, body, status, ...rest } = entry;
    return { name, url, body, status, ...rest };
  }
  return entry;
}
