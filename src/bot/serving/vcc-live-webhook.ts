/**
 * The route for VCC Live's webhooks Chat (Async) and Ticket Status (Async), for restify, express and node:http.
 *
 * Exists because VCC Live signs nothing: a secret in the address says who is calling, and a report counts only for
 * handovers that are open.
 * @see https://vcc.live/developers/webhook/overview/securing-requests
 * @see https://vcc.live/developers/webhook/overview/responding-to-requests
 */
import type { Clock } from '../../thread/clock.js';
import { InvalidOptionError, StoreError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import { fieldOf, idOf, isRecord } from '../../thread/read-unknown.js';
import type { VccLiveEvent } from '../../thread/vcc-live-event.js';
import type { ApplicationFunction, ApplicationFunctions } from '../../thread/application-functions.js';
import { checkDuration, checkFields, checkKind, checkSecret, namesOf } from '../../thread/check-values.js';
import type { BodyLimits } from '../../webhook/read-body.js';
import type {
  AnswerDeps,
  Body,
  BodyOptions,
  Reply,
  WebhookRequest,
  WebhookResponse,
} from '../../webhook/http-request.js';
import {
  BODY_NAMES,
  answerRequest,
  limitsOf,
  methodOf,
  parseJson,
  queryOf,
  readBody,
  refuseBody,
} from '../../webhook/http-request.js';
import type { BodyEncryption } from '../../vcc-live/decrypt-body.js';
import { BodyDecryption } from '../../vcc-live/decrypt-body.js';
import { handoverIdsIn } from '../../vcc-live/find-handover-ids.js';
import { parseVccLiveEvent } from '../../vcc-live/parse-event.js';
import type { SecretVerdict } from '../../vcc-live/shared-secret.js';
import { verdictOnSecret } from '../../vcc-live/shared-secret.js';
import type { ReportPolicy } from '../../handover/vcc-live-report.js';
import type { VccLiveReports } from '../../handover/vcc-live-reports.js';

/** Options of `handover.vccLiveWebhook`. */
export interface VccLiveWebhookOptions extends BodyOptions {
  /** The secret that the webhook's address carries in its query, as it is set at VCC Live. */
  secret: string;
  /** The name of the secret in the query. Default `secret-key`, as in VCC Live's example. */
  secretParameter?: string;
  /** How VCC Live encrypts the bodies, if that is switched on; the initialization vector is read from `?iv=`. */
  encryption?: BodyEncryption;
  /**
   * Finds the id of the handover in an event, if it is not simply in one of its fields. Default: 32 hexadecimal digits
   * in any field but the transcript, custom fields of the customer's record and of the ticket included.
   */
  handoverIdOf?: (event: VccLiveEvent) => string | undefined | Promise<string | undefined>;
  /** Says which thread an event belongs to, if no id of an open handover is found in it. Default: none. */
  threadOf?: (event: VccLiveEvent) => ThreadKey | undefined | Promise<ThreadKey | undefined>;
  /**
   * The thread is taken back this long after VCC Live says that the chat is closed, unless it has come home by itself.
   * Milliseconds. Default 30,000. `false`: it is not. Needs a Page that allows the bot to take control.
   */
  takeBackAfterMs?: number | false;
  /**
   * The transcript of a closed chat is kept with the thread's record, and the result has it. Default false: it is in the
   * event `vccLiveEvent` and stored nowhere.
   */
  keepTranscript?: boolean;
}

/** Receives one request and answers it. Never rejects. */
export type VccLiveWebhookHandler = (req: WebhookRequest, res: WebhookResponse) => Promise<void>;

/** What the route works with. */
export interface VccLiveWebhookDeps extends AnswerDeps {
  readonly reports: VccLiveReports;
  readonly functions: ApplicationFunctions;
}

/** The options with their defaults, checked. */
interface Settings extends ReportPolicy {
  readonly secret: string;
  readonly secretParameter: string;
  readonly decryption: BodyDecryption | undefined;
  readonly limits: BodyLimits;
  readonly handoverIdOf: VccLiveWebhookOptions['handoverIdOf'];
  readonly threadOf: VccLiveWebhookOptions['threadOf'];
}

const OWN_NAMES = namesOf<Omit<VccLiveWebhookOptions, keyof BodyOptions>>({
  secret: true,
  secretParameter: true,
  encryption: true,
  handoverIdOf: true,
  threadOf: true,
  takeBackAfterMs: true,
  keepTranscript: true,
});
const ENCRYPTION_NAMES = namesOf<BodyEncryption>({ cipher: true, key: true });
const WITHOUT_BLANKS = 'a text without blanks around it';
const DEFAULT_SECRET_PARAMETER = 'secret-key';
const IV_PARAMETER = 'iv';
/** Long enough for a hand-back of VCC Live's own, short enough for a customer who writes to nobody meanwhile. */
const DEFAULT_TAKE_BACK_AFTER_MS = 30_000;
const WHAT_IT_IS = 'A webhook of VCC Live';
const DONE: Reply = { status: 200, body: 'OK' };

const SECRET_HINTS: Readonly<Record<Exclude<SecretVerdict, 'right'>, string>> = {
  missing: 'has no value in the query of the address; add it at VCC Live',
  several: 'came more than once in the query of the address',
  wrong: 'is not the secret of the options; compare the two, and encode characters such as + and & in the address',
};

/**
 * Makes the route.
 * @throws {@link InvalidOptionError} naming the option, what it got and what it expects; secrets are never shown
 */
export function vccLiveWebhook(options: VccLiveWebhookOptions, deps: VccLiveWebhookDeps): VccLiveWebhookHandler {
  const settings = settingsOf(options, deps.clock);
  // Async as it is written: restify asks that of a handler without `next`.
  return async (req, res) => {
    await answerRequest(req, res, deps, () => receive(req, settings, deps));
  };
}

/** The reply, or `undefined` if nobody waits for one any more. */
async function receive(req: WebhookRequest, settings: Settings, deps: VccLiveWebhookDeps): Promise<Reply | undefined> {
  if (methodOf(req) !== 'POST') return { status: 405, body: 'Method not allowed', headers: { allow: 'POST' } };
  const query = queryOf(req);
  const secret = verdictOnSecret(query, settings.secretParameter, settings.secret);
  if (secret !== 'right') {
    const name = JSON.stringify(settings.secretParameter);
    const line = `${WHAT_IT_IS} was refused (401): the parameter ${name} ${SECRET_HINTS[secret]}.`;
    deps.lines.say('warn', `secret ${secret}`, line);
    return { status: 401, body: 'Unauthorized' };
  }

  const body = await readBody(req, settings.limits);
  if (body.kind === 'aborted') return undefined;
  if (body.kind !== 'bytes' && body.kind !== 'parsedAway') return refuseBody(body, settings.limits, deps);
  const read = valueOf(body, settings.decryption, query.get(IV_PARAMETER) ?? '');
  if (!read.ok) {
    deps.lines.say('warn', `unreadable: ${read.reason}`, `${WHAT_IT_IS} was refused (400): ${read.reason}.`);
    return { status: 400, body: 'Body cannot be read' };
  }
  const event = parseVccLiveEvent(read.value);
  if (event) return workOff(event, settings, deps);
  const line = `${WHAT_IT_IS} is neither Chat (Async) nor Ticket Status (Async), so nothing is done with it.`;
  deps.lines.say('warn', 'neither', line);
  return DONE;
}

/** What a body holds, decrypted if bodies are encrypted; `reason` is the end of a sentence for the log. */
type Reading = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

function valueOf(
  body: Extract<Body, { kind: 'bytes' | 'parsedAway' }>,
  decryption: BodyDecryption | undefined,
  iv: string,
): Reading {
  if (body.kind === 'parsedAway') {
    if (decryption) return { ok: false, reason: 'a body parser kept nothing to decrypt; use none on this route' };
    // Nothing is signed, so what a body parser made of the bytes is as good as they are.
    return objectOf(body.value);
  }
  const text = body.bytes.toString('utf8');
  const decrypted = decryption ? decryption.decrypt(text, iv) : ({ ok: true, text } as const);
  if (!decrypted.ok) return { ok: false, reason: `the body should be encrypted, and ${decrypted.reason}` };
  const parsed = parseJson(decrypted.text);
  if (parsed.ok) return objectOf(parsed.value);
  const hint = decryption
    ? 'what it decrypts to is no JSON: another key, cipher or initialization vector (?iv=)'
    : 'it is no JSON: is body encryption switched on for this webhook at VCC Live?';
  return { ok: false, reason: hint };
}

function objectOf(value: unknown): Reading {
  return isRecord(value) ? { ok: true, value } : { ok: false, reason: 'its JSON is no object' };
}

/** What a function of the application's says of an event. */
type Told<T> = { readonly kind: 'told'; readonly value: T | undefined } | { readonly kind: 'failed' };

async function workOff(event: VccLiveEvent, settings: Settings, deps: VccLiveWebhookDeps): Promise<Reply> {
  const unanswered: string[] = [];
  const told = async <T>(described: ApplicationFunction<Told<T>>, ask: () => unknown): Promise<T | undefined> => {
    const answer = await deps.functions.call(described, ask);
    if (answer.kind === 'told') return answer.value;
    unanswered.push(described.name);
    return undefined;
  };
  const { handoverIdOf, threadOf } = settings;
  const id = handoverIdOf && (await told(HANDOVER_ID_OF, () => handoverIdOf(event)));
  // Without the function, and when it failed, the id is looked for in every field.
  const handoverIds = handoverIdOf && unanswered.length === 0 ? (id === undefined ? [] : [id]) : handoverIdsIn(event);
  const address = {
    handoverIds,
    threadOf: async () => threadOf && told(THREAD_OF, () => threadOf(event)),
  };
  try {
    const verdict = await deps.reports.receive(event, address, settings);
    // VCC Live sends it again, and the function may know better then.
    if (verdict === 'nobodys' && unanswered.length > 0) return { status: 500, body: 'Internal error' };
    if (verdict === 'nobodys') deps.log.info(`${WHAT_IT_IS} (${event.kind}) concerns no open handover.`);
    return DONE;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    deps.log.error(
      `${WHAT_IT_IS} (${event.kind}) could not be kept, so VCC Live gets the answer 503 and may send it again: ${error.message}`,
    );
    return { status: 503, body: 'Try again later' };
  }
}

const FAILED = { kind: 'failed' } as const;
const NOTHING_TOLD = { value: { kind: 'told', value: undefined } } as const;

const HANDOVER_ID_OF: ApplicationFunction<Told<string>> = {
  name: 'handoverIdOf',
  accept: (given) => {
    if (given === undefined || given === null) return NOTHING_TOLD;
    return typeof given === 'string' ? { value: { kind: 'told', value: given.trim().toLowerCase() } } : undefined;
  },
  expected: 'an id or nothing',
  instead: FAILED,
  otherwise: 'The id is looked for in every field of the event.',
  // What was thrown may hold what customer and agent wrote.
  hidesError: true,
};

const THREAD_OF: ApplicationFunction<Told<ThreadKey>> = {
  name: 'threadOf',
  accept: (given) => {
    if (given === undefined || given === null) return NOTHING_TOLD;
    const pageId = idOf(fieldOf(given, 'pageId'));
    const psid = idOf(fieldOf(given, 'psid'));
    return pageId === undefined || psid === undefined
      ? undefined
      : { value: { kind: 'told', value: { pageId, psid } } };
  },
  expected: '{ pageId, psid } or nothing',
  instead: FAILED,
  otherwise: 'VCC Live gets the answer 500 and may send the event again.',
  hidesError: true,
};

function settingsOf(options: VccLiveWebhookOptions, clock: Clock): Settings {
  checkFields('', options, [...OWN_NAMES, ...BODY_NAMES]);
  const { secret, secretParameter = DEFAULT_SECRET_PARAMETER, encryption, handoverIdOf, threadOf } = options;
  const { takeBackAfterMs = DEFAULT_TAKE_BACK_AFTER_MS, keepTranscript = false } = options;
  checkSecret(
    'secret',
    secret,
    `${WITHOUT_BLANKS}: the secret in the address of the webhook, as it is set at VCC Live`,
  );
  checkSecret('secretParameter', secretParameter, `${WITHOUT_BLANKS}: the name of a parameter of the query`);
  if (secretParameter === IV_PARAMETER) {
    const expected = 'another name: that is the initialization vector';
    throw new InvalidOptionError('secretParameter', `"${IV_PARAMETER}"`, expected);
  }
  if (takeBackAfterMs !== false) checkDuration('takeBackAfterMs', takeBackAfterMs);
  checkKind('handoverIdOf', handoverIdOf, 'function', 'a function (event) => string | undefined');
  checkKind('threadOf', threadOf, 'function', 'a function (event) => { pageId, psid } | undefined');
  checkKind('keepTranscript', keepTranscript, 'boolean', 'true or false');
  if (encryption !== undefined) checkFields('encryption', encryption, ENCRYPTION_NAMES);
  return {
    secret,
    secretParameter,
    decryption: encryption && new BodyDecryption(encryption),
    limits: limitsOf(options, clock),
    handoverIdOf,
    threadOf,
    takeBackAfterMs,
    keepTranscript,
  };
}
