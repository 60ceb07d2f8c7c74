/**
 * Meta's HTTP request, once, for restify, express and node:http: each early return has its status and its reason.
 *
 * Exists because the stock adapter acknowledges late, verifies SHA-1 only, and crashes on what Meta really sends.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import type { ThreadEvent } from '../../thread/event.js';
import { namesOf } from '../../thread/check-values.js';
import { fieldOf } from '../../thread/read-unknown.js';
import type { RepeatedLines } from '../../thread/repeated-lines.js';
import { answerChallenge } from '../../webhook/challenge.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import type { BodyLimits } from '../../webhook/read-body.js';
import { verifySignature } from '../../webhook/signature.js';
import type { AnswerDeps, BodyOptions, Reply, WebhookRequest, WebhookResponse } from '../../webhook/http-request.js';
import {
  BODY_NAMES,
  answerRequest,
  headerOf,
  methodOf,
  parseJson,
  queryOf,
  readBody,
  refuseBody,
} from '../../webhook/http-request.js';
import type { DeliveryVerdict } from '../../queue/deliver.js';
import type { RecordOption } from './record-traffic.js';

/** The options of everything that receives Meta's webhooks. */
export interface ReceivingOptions extends BodyOptions {
  /** A delivery is acknowledged after this at the latest, while a slow turn goes on. Milliseconds. Default 4000. */
  ackDeadlineMs?: number | undefined;
  /**
   * Records webhooks and Graph calls in this new file, for a bug report: `'bug.jsonl'`, or `{ file, keep }`. Ids, names,
   * texts and tokens are replaced; `keep` lists texts and field names that stay. Default: nothing is recorded.
   */
  record?: RecordOption | undefined;
}

/** The names of {@link ReceivingOptions}. */
export const RECEIVING_NAMES = [
  ...BODY_NAMES,
  ...namesOf<Omit<ReceivingOptions, keyof BodyOptions>>({ ackDeadlineMs: true, record: true }),
];

/** How a webhook is received. */
export interface ReceiveDeps extends AnswerDeps {
  readonly verifyToken: string;
  readonly appSecret: string;
  readonly limits: BodyLimits;
  /** What to do about a body that was parsed away, beside the usual advice. */
  readonly parsedBodyHint?: string | undefined;
}

/**
 * Works the events of a body off, or keeps it; resolves when they are done or it is time to answer. Called only for a body
 * whose signature is right.
 */
export type Deliver = (events: readonly ThreadEvent[], body: Buffer) => Promise<DeliveryVerdict>;

/** Meta looks at the status only, and an answer without a body is one packet less to put together. */
const RECEIVED: Reply = { status: 200, body: '' };

/** The longest of Meta's is `whatsapp_business_account`. */
const LONGEST_OBJECT_NAME = 40;

/** Why the plugin does not handle an object that a Messenger bot's app may be subscribed to by mistake. */
const WHY_NOT: Readonly<Partial<Record<string, string>>> = {
  '"instagram"': ', because an Instagram message does not show which app owns its thread',
};

const RAW_BODY_LINE =
  'The request body was read before the adapter saw its bytes, so its signature cannot be checked. ' +
  'Use no body parser on this route, or one that keeps the bytes: express.json({ verify: (req, _res, buf) => { req.rawBody = buf; } }).';

/** Receives one request and answers it. Never rejects. */
export function receiveWebhook(
  req: WebhookRequest,
  res: WebhookResponse,
  deps: ReceiveDeps,
  deliver: Deliver,
): Promise<void> {
  return answerRequest(req, res, deps, () => receive(req, deps, deliver));
}

/** The reply, or `undefined` if nobody waits for one any more. */
async function receive(req: WebhookRequest, deps: ReceiveDeps, deliver: Deliver): Promise<Reply | undefined> {
  const method = methodOf(req);
  if (method === 'GET') return challenge(req, deps);
  if (method !== 'POST') return { status: 405, body: 'Method not allowed', headers: { allow: 'GET, POST' } };

  const body = await readBody(req, deps.limits);
  if (body.kind === 'aborted') return undefined;
  if (body.kind === 'parsedAway') {
    const line = deps.parsedBodyHint === undefined ? RAW_BODY_LINE : `${RAW_BODY_LINE} ${deps.parsedBodyHint}`;
    deps.lines.say('error', body.kind, line);
    return { status: 500, body: line };
  }
  if (body.kind !== 'bytes') return refuseBody(body, deps.limits, deps);

  const signature = headerOf(req, 'x-hub-signature-256') ?? headerOf(req, 'x-hub-signature');
  const verdict = verifySignature(body.bytes, signature, deps.appSecret);
  if (!verdict.valid) {
    const { reason, hint } = verdict;
    deps.lines.say('warn', `signature ${reason}`, `A webhook was refused (${reason}): ${hint}`);
    return { status: 401, body: 'Signature missing or wrong' };
  }
  const parsed = parseJson(body.bytes.toString('utf8'));
  if (!parsed.ok) return { status: 400, body: 'Body is not JSON' };
  const object = fieldOf(parsed.value, 'object');
  if (object !== 'page') return refuseObject(object, deps.lines);

  const delivered = await deliver(parseWebhook(parsed.value), body.bytes);
  return replyTo(delivered);
}

/** What Meta is answered for a verdict. */
export function replyTo(verdict: DeliveryVerdict): Reply {
  if (verdict === 'busy' || verdict === 'unavailable') return { status: 503, body: 'Deliver again later' };
  return RECEIVED;
}

function challenge(req: WebhookRequest, deps: ReceiveDeps): Reply {
  const reply = answerChallenge(queryOf(req), deps.verifyToken);
  if (reply.status !== 200) {
    deps.lines.say(
      'warn',
      'challenge',
      'A webhook verification was refused: hub.mode has to be "subscribe", hub.verify_token the verify_token of the adapter, and hub.challenge what Meta sends.',
    );
  }
  return reply;
}

/**
 * Signed by Meta, and not about a Page: the app is subscribed to something that the plugin does not handle. Of Instagram,
 * Meta sends messages to every subscribed app, so a message there does not show who owns the thread.
 */
function refuseObject(object: unknown, lines: RepeatedLines): Reply {
  const name = typeof object === 'string' ? JSON.stringify(object.slice(0, LONGEST_OBJECT_NAME)) : 'no name';
  lines.sayOnce(
    'warn',
    name,
    `Deliveries of the object ${name} are answered 404: the plugin handles those of "page" only${WHY_NOT[name] ?? ''}. ` +
      'In the app dashboard, remove that subscription under Webhooks, or lead it to another address. This is said once.',
  );
  return { status: 404, body: 'Not a delivery of a Page' };
}
