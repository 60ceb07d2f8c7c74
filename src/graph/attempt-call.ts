/**
 * Makes one attempt at a Graph call: token, proof, pause, request, and the reading of the answer.
 *
 * Every call goes through this file, so no call ignores a throttled Page or a dead token.
 */
import { createHmac } from 'node:crypto';
import type { PageId } from '../thread/ids.js';
import { askedWaitMs } from './asked-wait.js';
import { AxiosExchange } from './axios-exchange.js';
import {
  deadTokenError,
  failedError,
  foreignAnswerError,
  invalidCallError,
  pauseLine,
  pausedError,
  refusedError,
  tokenError,
} from './call-errors.js';
import { type Verdict, classifyRefusal } from './classify-refusal.js';
import { type ClientSettings, isTokenText } from './client-options.js';
import { readForeignAnswer } from './foreign-answer.js';
import { GraphApiError } from './graph-api-error.js';
import type { Attempt, GraphCall } from './graph-call.js';
import type { HttpAnswer, HttpExchange } from './http-exchange.js';
import { withinTime } from '../thread/time-limit.js';
import type { SeenCall } from '../thread/traffic.js';
import { multipartBody } from './multipart-body.js';
import { DeadTokens, PagePauses, type Reach } from './page-pauses.js';
import { type ReadRefusal, isSuccess, parseJson, refusalOf } from './read-answer.js';
import { UndiciExchange } from './undici-exchange.js';

const USER_AGENT = 'botbuilder-handover-vcclive';
const JSON_TYPE = 'application/json';
/** How many tokens' proofs are remembered: one for each Page of the bot, and some that were replaced lately. */
const MOST_PROOFS = 1_000;
const PROXY_VARIABLE = /^(?:https?|all)_proxy$/i;
const NOT_JSON = 'the body cannot be written as JSON (a circle, or a BigInt, in it).';

/** Makes attempts, and remembers between them what Meta said about Pages and tokens. */
export class CallAttempts {
  readonly #settings: ClientSettings;
  /** For messages, the hot path. */
  readonly #sends: HttpExchange;
  /** For everything else. */
  readonly #calls: HttpExchange;
  readonly #pauses = new PagePauses();
  readonly #deadTokens = new DeadTokens();
  /** `appsecret_proof` by token: the same few tokens sign every call. */
  readonly #proofs = new Map<string, string>();

  constructor(settings: ClientSettings) {
    const { timeoutMs, clock } = settings;
    this.#settings = settings;
    this.#calls = new AxiosExchange(timeoutMs, clock);
    // axios reads the environment's proxy settings; undici would read them differently.
    this.#sends = hasProxy(process.env) ? this.#calls : new UndiciExchange(timeoutMs, clock);
  }

  /** One request at most. Never rejects. */
  async attempt(call: GraphCall): Promise<Attempt> {
    const { clock, appSecret, root } = this.#settings;
    const askedAtMs = clock.now();
    const json = jsonOf(call.body);
    const form = call.file === undefined || json === null ? undefined : await multipartBody(call.body ?? {}, call.file);
    if (json === null) return notSent(invalidCallError(call, NOT_JSON), askedAtMs);
    const reaches = heldUpBy(call);
    const pausedBefore = this.#pauses.current(call.pageId, reaches, askedAtMs);
    if (pausedBefore !== undefined) return notSent(pausedError(call, pausedBefore), askedAtMs);
    const { pageAccessToken: source } = this.#settings;
    const token = typeof source === 'string' ? source.trim() : await this.#token(call, source);
    const sentAtMs = clock.now();
    if (token instanceof GraphApiError) {
      this.#settings.tokens?.refused(scopeOf(call), call.pageId, sentAtMs);
      return notSent(token, sentAtMs);
    }
    // Asked a second time: another call may have met the limit while the token function ran.
    const pausedSince = this.#pauses.current(call.pageId, reaches, sentAtMs);
    if (pausedSince !== undefined) return notSent(pausedError(call, pausedSince), sentAtMs);
    const dead = this.#deadTokens.isEmpty ? undefined : this.#deadTokens.find(scopeOf(call), token, sentAtMs);
    if (dead !== undefined) return notSent(deadTokenError(call, dead), sentAtMs);

    const proof = appSecret === undefined ? undefined : this.#proof(token, appSecret);
    const http = call.operation === 'send' ? this.#sends : this.#calls;
    const seen = this.#settings.traffic?.observer?.graphCall(seenCall(this.#settings.root, call, json));
    const result = await http.run({
      method: call.method,
      url: urlOf(root, call, proof),
      headers: headersOf(call, token, form?.contentType),
      body: form?.bytes ?? json,
    });
    const answeredAtMs = clock.now();
    seen?.(result.status === 'failed' ? { failed: result.reason } : { ...result, status: result.httpStatus });
    if (result.status === 'failed') {
      const error = failedError(call, result, present([token, appSecret, proof]));
      return { ok: false, error, sentAtMs, answeredAtMs };
    }
    const value = parseJson(result.text);
    if (isSuccess(result.httpStatus, value)) {
      this.#pauses.succeeded(call.pageId, reaches, sentAtMs);
      if (!this.#deadTokens.isEmpty) this.#deadTokens.revive(scopesOf(call.pageId), token);
      this.#settings.tokens?.accepted(scopeOf(call), call.pageId, answeredAtMs);
      return { ok: true, value, sentAtMs, answeredAtMs };
    }
    const secrets = present([token, appSecret, proof]);
    const error = this.#refusal(call, result, value, { token, secrets, sentAtMs, answeredAtMs });
    return { ok: false, error, sentAtMs, answeredAtMs };
  }

  /** Closes all connections. */
  close(): void {
    this.#sends.close();
    this.#calls.close();
  }

  /** The token for this call, or the error that says why there is none. The function's own error is dropped: it may hold the token. */
  async #token(call: GraphCall, source: TokenFunction): Promise<string | GraphApiError> {
    const { clock, tokenTimeoutMs } = this.#settings;
    const given = await withinTime<unknown>(clock, tokenTimeoutMs, () => source(call.pageId));
    if (given.status === 'failed') {
      const why = 'the function pageAccessToken threw an error, which is not shown here because it may hold a token.';
      return tokenError(call, why);
    }
    if (given.status === 'late') {
      const why = `the function pageAccessToken gave nothing within ${tokenTimeoutMs} ms. Let it keep the token in memory.`;
      return tokenError(call, why);
    }
    const token = typeof given.value === 'string' ? given.value.trim() : '';
    if (token === '') return tokenError(call, 'the function pageAccessToken gave no token for this Page.');
    if (isTokenText(token)) return token;
    return tokenError(call, 'the function pageAccessToken gave a text that cannot be a token.');
  }

  /** @see https://developers.facebook.com/docs/graph-api/guides/secure-requests#appsecret_proof */
  #proof(token: string, appSecret: string): string {
    const known = this.#proofs.get(token);
    if (known !== undefined) return known;
    const proof = createHmac('sha256', appSecret).update(token).digest('hex');
    // A function may give a new token for every call.
    if (this.#proofs.size >= MOST_PROOFS) this.#proofs.clear();
    this.#proofs.set(token, proof);
    return proof;
  }

  /** The error for an answer that is no success; remembers what it says about the token and the Page. */
  #refusal(call: GraphCall, answer: HttpAnswer, value: unknown, sent: SentCall): GraphApiError {
    const { httpStatus } = answer;
    const sort = call.operation === 'send' ? 'send' : 'other';
    const refusal = refusalOf(httpStatus, value);
    if (refusal === undefined) {
      const verdict = readForeignAnswer(httpStatus, sort);
      const waitMs = this.#remember(call, { ...verdict, httpStatus }, answer, sent);
      return foreignAnswerError(call, httpStatus, verdict, waitMs);
    }
    const verdict = classifyRefusal(refusal, sort);
    const waitMs = this.#remember(call, { ...verdict, ...refusal }, answer, sent);
    return refusedError(call, refusal, verdict, waitMs, sent.secrets);
  }

  /** Holds back what the refusal stops. @returns for how long, if it is a pause */
  #remember(
    call: GraphCall,
    refusal: Verdict & Pick<ReadRefusal, 'httpStatus' | 'code' | 'subcode'>,
    answer: HttpAnswer,
    sent: SentCall,
  ): number | undefined {
    const { pageId } = call;
    const { stops, means } = refusal;
    const { answeredAtMs } = sent;
    if (stops === 'token') {
      this.#deadTokens.remember(scopeOf(call), sent.token, refusal, answeredAtMs);
      this.#settings.tokens?.refused(scopeOf(call), pageId, answeredAtMs);
    }
    if (stops !== 'sends' && stops !== 'page') return undefined;
    const isNew = this.#pauses.current(pageId, [stops], answeredAtMs) === undefined;
    const paused = { pageId, reach: stops };
    const waitMs =
      means === 'policyViolation'
        ? this.#pauses.stop(paused, answeredAtMs)
        : this.#pauses.throttle(paused, askedWaitMs(answer.headers, answeredAtMs), sent);
    if (isNew) this.#tellPause(pauseLine(paused, refusal, waitMs));
    return waitMs;
  }

  #tellPause({ level, text }: { readonly level: 'warn' | 'error'; readonly text: string }): void {
    try {
      this.#settings.logger?.[level](text);
    } catch {
      // A logger that throws fails no call.
    }
  }
}

type TokenFunction = Exclude<ClientSettings['pageAccessToken'], string>;

interface SentCall {
  readonly token: string;
  readonly secrets: readonly string[];
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** The call as a recording shows it: without token and proof. */
function seenCall(root: string, { method, edge, query = {}, body, file, pageId }: GraphCall, json?: string): SeenCall {
  const path = `${new URL(root).pathname}/me${edge}`;
  const written = body === undefined ? undefined : json;
  return { method, path, query, json: written, fileBytes: file?.bytes.length, pageId };
}

/** `null` if it cannot be written: a bot's own activity data may hold anything. */
function jsonOf(body: object | undefined): string | undefined | null {
  try {
    return body === undefined ? undefined : JSON.stringify(body);
  } catch {
    return null;
  }
}

function present(secrets: readonly (string | undefined)[]): readonly string[] {
  return secrets.filter((secret) => secret !== undefined);
}

const ALL_REACHES: readonly Reach[] = ['page', 'sends'];
const PAGE_ONLY: readonly Reach[] = ['page'];

/** The pauses that hold this call up. */
function heldUpBy({ operation, evenIfMessagesPause }: GraphCall): readonly Reach[] {
  return operation === 'send' && evenIfMessagesPause !== true ? ALL_REACHES : PAGE_ONLY;
}

/** Messages are one kind of call, everything else the other. */
function scopeOf(call: GraphCall): string {
  const [send, control] = scopesOf(call.pageId);
  return call.operation === 'send' ? send : control;
}

function scopesOf(pageId: PageId): readonly [send: string, control: string] {
  return [`send:${pageId}`, `control:${pageId}`];
}

function notSent(error: GraphApiError, nowMs: number): Attempt {
  return { ok: false, error, sentAtMs: nowMs, answeredAtMs: nowMs };
}

/** Whether the environment names a proxy, in any of the ways that axios knows. */
function hasProxy(environment: NodeJS.ProcessEnv): boolean {
  return Object.entries(environment).some(([name, value]) => PROXY_VARIABLE.test(name) && value !== '');
}

function urlOf(root: string, call: GraphCall, proof: string | undefined): string {
  const url = `${root}/me${call.edge}`;
  // A proof is hexadecimal, and nothing in it has to be encoded.
  if (call.query === undefined) return proof === undefined ? url : `${url}?appsecret_proof=${proof}`;
  const query = new URLSearchParams(call.query);
  if (proof !== undefined) query.set('appsecret_proof', proof);
  return query.size === 0 ? url : `${url}?${query.toString()}`;
}

function headersOf(call: GraphCall, token: string, contentType = JSON_TYPE): Readonly<Record<string, string>> {
  const Authorization = `Bearer ${token}`;
  return call.body === undefined
    ? { Authorization, Accept: JSON_TYPE, 'User-Agent': USER_AGENT }
    : { Authorization, Accept: JSON_TYPE, 'User-Agent': USER_AGENT, 'Content-Type': contentType };
}
