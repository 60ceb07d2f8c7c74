/**
 * A proxy between a bot and Graph, for recordings: forwards every call, byte for byte, and reports it.
 *
 * It has a port of its own, which the webhooks' tunnel does not reach.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SeenAnswer, SeenCall, TrafficObserver } from '../../thread/traffic.js';
import { refusalOf } from '../../webhook/admit-local-request.js';
import { readRequest, refusalStatus, type BodyLimits } from '../../webhook/read-body.js';
import { forwardRequest, queryOf, type Answer } from './forward-request.js';
import { TapServer, answerWith, refuseRequest } from './tap-server.js';

/** How the proxy is set up. */
export interface GraphTapOptions {
  readonly port: number;
  readonly host: string;
  /** Origin of Graph. */
  readonly graph: string;
  readonly traffic: TrafficObserver;
  /** Names by which it may be called, beside localhost and IP addresses. */
  readonly allowedHosts: readonly string[];
}

/** Meta takes files up to 25 MB. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Listens. Rejects with the system's error if the port cannot be had. */
export function startGraphTap(options: GraphTapOptions): Promise<TapServer> {
  return TapServer.start({ ...options, maxBytes: BODY_LIMIT_BYTES }, (request, response, limits) =>
    passOn(request, response, { ...options, limits }),
  );
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { graph, traffic, allowedHosts, limits }: GraphTapOptions & { readonly limits: BodyLimits },
): Promise<void> {
  const refusal = refusalOf(request, allowedHosts);
  if (refusal !== undefined) {
    refuseRequest(response, 403, refusal.says);
    return;
  }
  const read = await readRequest(request, limits);
  if (read.kind === 'aborted') return;
  if (read.kind !== 'bytes') {
    refuseRequest(response, refusalStatus(read.kind), `The body was not read: ${read.kind}.`);
    return;
  }
  const answered = traffic.graphCall(seenCall(request, read.bytes));
  const answer = await forwardRequest(request, read.bytes, new URL(request.url ?? '/', graph));
  answered(seenAnswer(answer));
  answerWith(response, answer);
}

function seenCall(request: IncomingMessage, bytes: Buffer): SeenCall {
  const [path = '/'] = (request.url ?? '/').split('?');
  const call = { method: request.method ?? 'GET', path, query: Object.fromEntries(queryOf(request)) };
  const type = request.headers['content-type'] ?? '';
  if (bytes.length === 0) return call;
  if (type.startsWith('multipart/form-data')) return { ...call, fileBytes: bytes.length };
  const text = bytes.toString('utf8');
  if (type.includes('x-www-form-urlencoded')) return { ...call, form: Object.fromEntries(new URLSearchParams(text)) };
  return { ...call, json: text };
}

function seenAnswer({ status, headers, body, unreachable }: Answer): SeenAnswer {
  if (unreachable !== undefined) return { failed: 'connection' };
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { status, headers: byName, text: body.toString('utf8') };
}
