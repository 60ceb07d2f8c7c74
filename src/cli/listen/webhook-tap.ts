/**
 * A proxy between Meta and a bot: forwards every request, byte for byte, and reports each delivery.
 *
 * A bot should keep no record of its webhooks, because they hold customers' words. A tap needs nothing from the bot. It
 * also sees what the bot refuses, such as wrong signatures.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalOf } from '../../webhook/admit-local-request.js';
import { answerChallenge } from '../../webhook/challenge.js';
import { readRequest, refusalStatus } from '../../webhook/read-body.js';
import type { BodyLimits } from '../../webhook/read-body.js';
import { verifySignature } from '../../webhook/signature.js';
import type { TrafficObserver } from '../../thread/traffic.js';
import { forwardRequest, queryOf, type Answer } from './forward-request.js';
import { TapServer, answerWith, refuseRequest } from './tap-server.js';

/** A delivery that went through. */
export interface TappedDelivery {
  readonly atMs: number;
  readonly body: string;
  /** `wrong`: missing, or not that of the body · `unchecked`: there is one, and the app secret is not known. */
  readonly signature: 'valid' | 'wrong' | 'unchecked';
  /** What is wrong with the signature, in a sentence. */
  readonly hint?: string;
  /** What Meta was answered. */
  readonly status: number;
  readonly tookMs: number;
  /** Set if the bot could not be reached: the system's code. */
  readonly unreachable?: string;
}

/** How a tap is set up. */
export interface TapOptions {
  readonly port: number;
  readonly host: string;
  /** The bot's webhook. Without it the tap itself answers, and every delivery ends here. */
  readonly forwardTo: string | undefined;
  readonly appSecret: string | undefined;
  readonly verifyToken: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onDelivery: (delivery: TappedDelivery) => void;
  /** Names by which it may be called, beside localhost and IP addresses, by requests that prove nothing. */
  readonly allowedHosts: readonly string[];
  /** Called when a request is refused, before or while it is read. */
  readonly onTurnedAway: (why: string) => void;
  /** Sees each delivery whose signature is not wrong. */
  readonly traffic?: TrafficObserver | undefined;
}

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** Listens. Rejects with the system's error if the port cannot be had. */
export function startWebhookTap(options: TapOptions): Promise<TapServer> {
  return TapServer.start({ ...options, maxBytes: BODY_LIMIT_BYTES }, (request, response, limits) =>
    passThrough(request, response, { ...options, limits }),
  );
}

async function passThrough(
  request: IncomingMessage,
  response: ServerResponse,
  options: TapOptions & { readonly limits: BodyLimits },
): Promise<void> {
  const startedMs = performance.now();
  const refusal = refusalOf(request, options.allowedHosts);
  // A page of another site never has Meta's signature; a tunnel's name cannot be known in advance.
  if (refusal?.why === 'site') {
    turnAway(response, 403, refusal.says, options);
    return;
  }
  const read = await readRequest(request, options.limits);
  if (read.kind === 'aborted') return;
  if (read.kind !== 'bytes') {
    const status = refusalStatus(read.kind);
    turnAway(response, status, `A body was not read (${status}): ${NOT_READ[read.kind]}`, options);
    return;
  }
  const checked = checkedSignature(request, read.bytes, options.appSecret);
  if (refusal !== undefined && !isFromMeta(request, checked.signature, options.verifyToken)) {
    turnAway(response, 403, refusal.says, options);
    return;
  }
  const { forwardTo, traffic } = options;
  const isSeen = request.method === 'POST' && checked.signature !== 'wrong';
  const acknowledged = isSeen ? traffic?.webhook(read.bytes.toString('utf8')) : undefined;
  const answer =
    forwardTo === undefined
      ? answerHere(request, checked.signature, options.verifyToken)
      : await forwardRequest(request, read.bytes, botAddress(request, forwardTo));
  acknowledged?.(answer.neverSent === true ? 'unreached' : answer.status);
  answerWith(response, answer);
  if (request.method !== 'POST') return;
  options.onDelivery({
    atMs: options.now(),
    body: read.bytes.toString('utf8'),
    ...checked,
    status: answer.status,
    tookMs: Math.round(performance.now() - startedMs),
    ...(answer.unreachable === undefined ? {} : { unreachable: answer.unreachable }),
  });
}

const NOT_READ: Readonly<Record<'tooLarge' | 'tooSlow' | 'noRoom', string>> = {
  tooLarge: `it has more than ${BODY_LIMIT_BYTES} bytes.`,
  tooSlow: 'it did not end within ten seconds.',
  noRoom: 'too many bodies have not ended.',
};

function turnAway(response: ServerResponse, status: number, why: string, { onTurnedAway }: TapOptions): void {
  refuseRequest(response, status, why);
  onTurnedAway(why);
}

/** A request with Meta's signature may use any host name. */
function isFromMeta(
  request: IncomingMessage,
  signature: TappedDelivery['signature'],
  verifyToken: string | undefined,
): boolean {
  if (request.method === 'POST') return signature === 'valid';
  return request.method === 'GET' && answerChallenge(queryOf(request), verifyToken ?? '').status === 200;
}

function botAddress(request: IncomingMessage, forwardTo: string): URL {
  const target = new URL(forwardTo);
  for (const [name, value] of queryOf(request)) target.searchParams.append(name, value);
  return target;
}

function answerHere(
  request: IncomingMessage,
  signature: TappedDelivery['signature'],
  verifyToken: string | undefined,
): Answer {
  const headers = { 'Content-Type': 'text/plain' };
  if (request.method === 'POST') {
    return signature === 'wrong'
      ? { status: 401, headers, body: Buffer.from('Signature missing or wrong') }
      : { status: 200, headers, body: Buffer.from('EVENT_RECEIVED') };
  }
  const { status, body } = answerChallenge(queryOf(request), verifyToken ?? '');
  return { status, headers, body: Buffer.from(body) };
}

/** Without the app secret it can still be seen that there is no signature at all. */
function checkedSignature(
  request: IncomingMessage,
  bytes: Buffer,
  appSecret: string | undefined,
): Pick<TappedDelivery, 'signature' | 'hint'> {
  const verdict = verifySignature(bytes, request.headersDistinct['x-hub-signature-256'], appSecret ?? '');
  if (verdict.valid) return { signature: 'valid' };
  if (appSecret === undefined && verdict.reason === 'mismatch') return { signature: 'unchecked' };
  return { signature: 'wrong', hint: verdict.hint };
}
