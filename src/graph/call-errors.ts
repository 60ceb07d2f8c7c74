/**
 * Makes the errors of Graph calls, and takes the secrets out of the texts in them.
 *
 * Every error says what was being done, what happened, what it means, and what to do.
 */
import { isRecord } from '../thread/read-unknown.js';
import { cutText } from './bound-metadata.js';
import { type Verdict, isRetryable } from './classify-refusal.js';
import { GraphApiError, type GraphErrorDetails, type GraphOperation } from './graph-api-error.js';
import type { GraphCall } from './graph-call.js';
import type { HttpFailure } from './http-exchange.js';
import type { OwnerAnswer } from './owner-answer.js';
import type { DeadToken, Pause, Paused } from './page-pauses.js';
import type { ReadRefusal } from './read-answer.js';
import { redactSecrets } from './redact-secrets.js';

/** How much of Meta's text an error shows: as much as a person reads in a log line. Characters. */
const META_TEXT_CHARACTERS = 300;
/** Node's and OpenSSL's codes for a server that is reached and not trusted. */
const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

const DOING: Readonly<Record<GraphOperation, string>> = {
  pass: 'Passing the thread',
  take: 'Taking the thread',
  release: 'Releasing the thread',
  request: 'Requesting the thread',
  extend: 'Prolonging control of the thread',
  owner: 'Asking who owns the thread',
  featureStatus: 'Reading the messaging features',
  page: 'Reading the Page of the token',
  send: 'Sending the message',
};

/** Meta refused, for the reason in `verdict`. */
export function refusedError(
  call: GraphCall,
  refusal: ReadRefusal,
  verdict: Verdict,
  retryAfterMs: number | undefined,
  secrets: readonly string[],
): GraphApiError {
  const { httpStatus } = refusal;
  const hidden = [...secrets, ...customersOf(call)];
  const clean = (text: string | undefined) =>
    text === undefined ? undefined : cutText(redactSecrets(text, hidden), META_TEXT_CHARACTERS);
  const fbTraceId = clean(refusal.fbTraceId);
  const facts = [factsOf(refusal), ...(fbTraceId === undefined ? [] : [`trace ${fbTraceId}`])].join(', ');
  const said = refusal.text === '' ? '' : ` "${clean(refusal.text) ?? ''}"`;
  return new GraphApiError({
    ...about(call),
    code: verdict.means,
    outcome: verdict.outcome,
    retryable: verdict.retryable,
    metaCode: refusal.code,
    metaSubcode: refusal.subcode,
    httpStatus,
    fbTraceId,
    retryAfterMs,
    userMessage: clean(refusal.userMessage),
    text: `${doing(call)}: Meta refused (${facts}).${said} ${verdict.advice}${waitText(retryAfterMs)}`,
  });
}

/** No answer came, or one that is too large to be Meta's. */
export function failedError(call: GraphCall, failure: HttpFailure, secrets: readonly string[]): GraphApiError {
  const outcome = failure.sent ? 'unknown' : 'notSent';
  const message = cutText(redactSecrets(failure.cause.message, secrets), META_TEXT_CHARACTERS);
  const cause = { ...failure.cause, message };
  if (failure.reason === 'tooLarge') {
    const text = `${doing(call)}: the answer is far larger than the Graph API's. Check baseUrl and any proxy on the way.`;
    return new GraphApiError({
      ...about(call),
      code: 'networkFailed',
      outcome: 'unknown',
      retryable: false,
      text,
      cause,
    });
  }
  const isCertificate = CERTIFICATE_FAULT.test(failure.cause.code ?? '');
  const code = failure.reason === 'timeout' ? 'timedOut' : 'networkFailed';
  const what = isCertificate
    ? "the server's certificate or TLS is not accepted. Check baseUrl, and the certificate of any proxy on the way"
    : failure.sent
      ? 'no answer came back. Check the network if it stays'
      : 'the server cannot be reached. Check baseUrl, DNS, firewall and any proxy on the way';
  const text = `${doing(call)}: ${what} (${message}).`;
  const retryable = isRetryable(code) && !(isCertificate && !failure.sent);
  return new GraphApiError({ ...about(call), code, outcome, retryable, text, cause });
}

/** An answer that is not the Graph API's: a proxy's page, a login form, nothing at all. Its text is not repeated. */
export function foreignAnswerError(
  call: GraphCall,
  httpStatus: number,
  verdict: Verdict,
  retryAfterMs: number | undefined,
): GraphApiError {
  const { means: code, outcome, retryable, advice } = verdict;
  const text = `${doing(call)}: the answer (HTTP ${httpStatus}) is not the Graph API's. ${advice}${waitText(retryAfterMs)}`;
  return new GraphApiError({ ...about(call), code, outcome, retryable, httpStatus, retryAfterMs, text });
}

/** An answer with a status of success whose content Meta does not document. It is not known whether the call worked. */
export function unreadableError(call: GraphCall): GraphApiError {
  const text = `${doing(call)}: the answer is not what the Graph API gives. Check baseUrl, apiVersion and any proxy on the way.`;
  return new GraphApiError({
    ...about(call),
    code: 'unknownAnswer',
    outcome: 'unknown',
    retryable: false,
    text,
  });
}

/** The Page's calls, or its messages, pause. */
export function pausedError(call: GraphCall, pause: Pause): GraphApiError {
  const why = pause.reason === 'policy' ? 'Meta objected to what was sent before' : 'Meta throttles this Page';
  const what = pause.reach === 'sends' ? 'Messages are sent' : 'Calls are made';
  const text = `${doing(call)}: not tried, because ${why}. ${what} again in ${secondsOf(pause.restMs)} s.`;
  const retryAfterMs = pause.restMs;
  return new GraphApiError({
    ...about(call),
    code: 'rateLimited',
    outcome: 'notSent',
    retryable: true,
    retryAfterMs,
    text,
  });
}

/** The line for the log when calls of a Page begin to pause. */
export function pauseLine(
  { pageId, reach }: Paused,
  refusal: Pick<Verdict, 'means'> & Pick<ReadRefusal, 'httpStatus' | 'code' | 'subcode'>,
  waitMs: number,
): { readonly level: 'warn' | 'error'; readonly text: string } {
  const isPolicy = refusal.means === 'policyViolation';
  const who = refusal.code === undefined ? 'A server between here and Meta' : 'Meta';
  const why = `${who} ${isPolicy ? 'objects to what Page' : 'throttles Page'} ${pageId}${isPolicy ? ' sends' : ''} (${factsOf(refusal)})`;
  const what = reach === 'sends' ? 'Its messages pause' : 'All its calls pause';
  const others = reach === 'sends' ? '; handovers go on' : ', and no thread can be handed over';
  const advice = isPolicy
    ? 'Look at Page Quality and the Support Inbox of the Page, and find out what sends so much.'
    : 'If it happens often, send less or ask Meta for a higher limit.';
  const text = `${why}. ${what} for ${secondsOf(waitMs)} s${others}. ${advice}`;
  return { level: isPolicy ? 'error' : 'warn', text };
}

/** The call has no token. */
export function tokenError(call: GraphCall, why: string): GraphApiError {
  const text = `${doing(call)}: ${why}`;
  return new GraphApiError({ ...about(call), code: 'invalidToken', outcome: 'notSent', retryable: false, text });
}

/** Meta called this token dead within the last second. */
export function deadTokenError(call: GraphCall, { code, subcode }: DeadToken): GraphApiError {
  const why = 'not tried, because Meta called this Page access token dead less than a second ago.';
  return tokenError(call, `${why} Give a new one as pageAccessToken.`).restated({
    metaCode: code,
    metaSubcode: subcode,
  });
}

/** The call is wrong, and sending it would do harm. */
export function invalidCallError(call: GraphCall, why: string): GraphApiError {
  const text = `${doing(call)}: ${why}`;
  return new GraphApiError({ ...about(call), code: 'invalidCall', outcome: 'notSent', retryable: false, text });
}

/** `thread_owner` shows, after an unclear attempt, that the thread went elsewhere. */
export function lostThreadError(call: GraphCall, owner: OwnerAnswer, cause: GraphApiError): GraphApiError {
  const owners = { app: 'another app', hidden: 'an app that Meta does not name', idle: 'nobody' };
  const who = owner.owner === 'app' ? `app ${owner.appId}` : owners[owner.owner];
  const text = `${doing(call)}: no clear answer came, and thread_owner says that the thread belongs to ${who} now.`;
  return new GraphApiError({
    ...about(call),
    code: 'anotherAppOwns',
    outcome: 'refused',
    retryable: false,
    owner,
    text,
    cause,
  });
}

function factsOf({ code, subcode, httpStatus }: Pick<ReadRefusal, 'httpStatus' | 'code' | 'subcode'>): string {
  return [
    ...(code === undefined ? [] : [`code ${code}`]),
    ...(subcode === undefined ? [] : [`subcode ${subcode}`]),
    `HTTP ${httpStatus}`,
  ].join(', ');
}

function waitText(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined ? '' : ` Wait ${secondsOf(retryAfterMs)} s.`;
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** Errors go to logs, and Meta repeats ids ("Object with ID '…' does not exist"). */
function customersOf({ query, body }: GraphCall): string[] {
  const recipient: unknown = body && 'recipient' in body ? body.recipient : query?.['recipient'];
  const id: unknown = isRecord(recipient) ? recipient['id'] : recipient;
  return typeof id === 'string' ? [id] : [];
}

function doing(call: GraphCall): string {
  return `${DOING[call.operation]} on Page ${call.pageId}`;
}

function about(call: GraphCall): Pick<GraphErrorDetails, 'operation' | 'pageId'> {
  return { operation: call.operation, pageId: call.pageId };
}
