/**
 * Graph by HTTP: reads a call however it was written, lets the weather strike, answers.
 *
 * Exists to keep Graph's rules free of sockets. Parameters are taken from query, JSON and forms, the token from all of
 * these and from the Authorization header, as Graph takes them.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../thread/clock.js';
import { parseExactJson } from '../thread/exact-json.js';
import { refusalOf } from '../webhook/admit-local-request.js';
import { bodyLimits, readRequest, refusalStatus } from '../webhook/read-body.js';
import type { SimulatorClock } from './held-clock.js';
import type { GraphAnswer, GraphEdges, GraphToken } from './graph-edges.js';
import { graphTarget } from './graph-edges.js';
import { graphErrors, sendRefusalError, type GraphErrorText } from './graph-errors.js';
import { callOf, isForm, type ReadCall } from './read-graph-call.js';
import type { Fault, FaultMoment, Weather } from './weather.js';
import type { GraphEntry, Wire } from './wire.js';

const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** Meta takes files up to 25 MB; a larger one has to arrive to be refused. */
const FORM_LIMIT_BYTES = 32 * 1024 * 1024;
const SLOW_MS = 10_000;
/** How many reasons for a refusal are written to the wire, each once: whoever is refused may make them up. */
const MOST_REFUSALS = 20;
const NEWEST_VERSION = 'v26.0';

/** Answers requests below a path of its own, beside Graph. */
export type MountedHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the server works with. */
export interface GraphServerDeps {
  readonly edges: GraphEdges;
  readonly wire: Wire;
  readonly weather: Weather;
  readonly clock: SimulatorClock;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  /** Names that it is called by, beside localhost and IP addresses. */
  readonly allowedHosts: readonly string[];
}

/** `destroy`: the connection breaks instead. */
type Reply = { readonly answer: GraphAnswer } | { readonly destroy: 'requestLost' | 'answerLost' };

interface Struck {
  readonly reply: Reply;
  readonly fault?: string;
  readonly done: boolean;
}

/** The HTTP server of the simulator. */
export class GraphServer {
  readonly #deps: GraphServerDeps;
  readonly #server: Server;
  // Real time: a sender does not wait by the simulator's clock.
  readonly #limits = bodyLimits(systemClock, { maxBytes: BODY_LIMIT_BYTES });
  readonly #formLimits = bodyLimits(systemClock, { maxBytes: FORM_LIMIT_BYTES });
  readonly #refusals = new Set<string>();
  readonly #mounted: { readonly prefix: string; readonly handler: MountedHandler }[] = [];
  #replay: ((call: ReadCall) => GraphAnswer | 'failed' | undefined) | undefined;
  #heldCalls = 0;
  #openCalls = 0;
  #lastCallAtRealMs = 0;
  #nextHeld = promiseWithResolve();

  constructor(deps: GraphServerDeps) {
    this.#deps = deps;
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#receive(request, response);
    this.#server = deps.tls === undefined ? createHttpServer(listener) : createHttpsServer(deps.tls, listener);
  }

  /** Listens and returns its origin: `http://127.0.0.1:40000`. */
  listen(port: number, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        const { port: taken } = this.#server.address() as AddressInfo;
        const name = host.includes(':') ? `[${host}]` : host;
        resolve(`${this.#deps.tls === undefined ? 'http' : 'https'}://${name}:${taken}`);
      });
    });
  }

  /** Gives every path that begins with `prefix` to `handler`; `/` stands for itself alone, the rest is Graph's. */
  mount(prefix: string, handler: MountedHandler): void {
    this.#mounted.push({ prefix, handler });
  }

  /** Asks this function first how a call of the bot is answered. Returns how to end it. */
  answerFrom(replay: (call: ReadCall) => GraphAnswer | 'failed' | undefined): () => void {
    this.#replay = replay;
    return () => (this.#replay = undefined);
  }

  /** Calls that wait for the clock because the weather made them slow. */
  get heldCalls(): number {
    return this.#heldCalls;
  }

  /** Calls that have not been answered. */
  get openCalls(): number {
    return this.#openCalls;
  }

  /** When a call last came or was answered, on `performance.now()`. */
  get lastCallAtRealMs(): number {
    return this.#lastCallAtRealMs;
  }

  /** Resolves when the next call begins to wait for the clock. */
  nextHeldCall(): Promise<void> {
    return this.#nextHeld.promise;
  }

  /** Breaks every connection and frees the port. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const refusal = refusalOf(request, this.#deps.allowedHosts);
    if (refusal !== undefined) {
      this.#turnAway(response, refusal.says);
      return;
    }
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const mounted = this.#mounted.find(({ prefix }) => (prefix === '/' ? path === prefix : path.startsWith(prefix)));
    if (mounted !== undefined) {
      mounted.handler(request, response);
      return;
    }
    this.#count(1);
    void this.#serve(request, response)
      .catch(() => request.socket.destroy())
      .finally(() => this.#count(-1));
  }

  /** Whatever is asked for: what is mounted here is as open to other sites as Graph is. */
  #turnAway(response: ServerResponse, problem: string): void {
    if (!this.#refusals.has(problem) && this.#refusals.size < MOST_REFUSALS) {
      this.#refusals.add(problem);
      this.#deps.wire.note(`refused: ${problem}`);
    }
    response.writeHead(403, { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' });
    response.end(JSON.stringify({ ok: false, problem }));
  }

  #count(change: 1 | -1): void {
    this.#openCalls += change;
    this.#lastCallAtRealMs = performance.now();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isUpload = isForm(request.headers['content-type'] ?? '');
    const read = await readRequest(request, isUpload ? this.#formLimits : this.#limits);
    if (read.kind === 'aborted') return;
    if (read.kind !== 'bytes') {
      refuseBody(response, read.kind);
      return;
    }
    const call = callOf(request, read.bytes);
    const edge = graphTarget(call.path).name;
    const seq = this.#deps.wire.write(pendingEntry(call, this.#deps.edges.tokenOf(call.token), edge));
    const { reply, fault, done } = await this.#underWeather(call, edge);
    const strike = fault === undefined ? {} : { fault };
    if ('destroy' in reply) {
      this.#deps.wire.end(seq, { outcome: reply.destroy, done, ...strike });
      request.socket.destroy();
      return;
    }
    const { status, text } = reply.answer;
    const body = text === undefined ? reply.answer.body : parseExactJson(text);
    const refused = status !== 200;
    this.#deps.wire.end(seq, { outcome: 'answered', status, answer: body, refused, done, ...strike });
    const isText = typeof body === 'string';
    response.writeHead(status, {
      'Content-Type': isText ? 'text/html; charset=utf-8' : 'application/json; charset=UTF-8',
      // Meta serves an unversioned call by the version of the app's dashboard: here the newest.
      'facebook-api-version': /^\/(v\d+\.\d+)\//.exec(call.path)?.[1] ?? NEWEST_VERSION,
      'Cache-Control': 'private, no-cache, no-store',
      ...reply.answer.headers,
    });
    response.end(text ?? (isText ? body : JSON.stringify(body)));
  }

  async #underWeather(call: ReadCall, edge: string): Promise<Struck> {
    const { weather, edges } = this.#deps;
    if (weather.lostRequests.strikes(edge) !== undefined) {
      return { reply: { destroy: 'requestLost' }, fault: 'lostRequests', done: false };
    }
    const admitted = edges.admission(call) === undefined;
    const played = admitted ? this.#replay?.(call) : undefined;
    if (played === 'failed') return { reply: { destroy: 'answerLost' }, done: false };
    if (played !== undefined) return { reply: { answer: played }, done: played.status === 200 };
    const before = admitted ? this.#refusedBefore(call, edge) : undefined;
    if (before !== undefined) return before;
    const slow = weather.slow.strikes(edge);
    if (slow?.when === 'before') await this.#wait(slow.ms);
    const answer = edges.answer(call);
    const done = answer.status === 200;
    if (slow !== undefined && slow.when !== 'before') await this.#wait(slow.ms);
    if (weather.lostAnswers.strikes(edge) !== undefined) {
      return { reply: { destroy: 'answerLost' }, fault: 'lostAnswers', done };
    }
    const after = this.#brokenServer(edge, 'after');
    if (after !== undefined) return { ...after, done };
    return { reply: { answer }, ...(slow === undefined ? {} : { fault: 'slow' }), done };
  }

  #refusedBefore(call: ReadCall, edge: string): Struck | undefined {
    const { weather, edges } = this.#deps;
    // An app's own token lives on when the Page's is dead.
    const ofPage = edges.callerOf(call.token) !== undefined;
    if (ofPage && weather.deadToken.strikes(edge) !== undefined)
      return this.#struck('deadToken', graphErrors.expiredToken);
    const rate = weather.rateLimited.strikes(edge);
    if (rate !== undefined) {
      const code = rate.code ?? 613;
      const pageId = edges.callerOf(call.token)?.page.pageId ?? '';
      const headers = usageHeaders(code, pageId, rate.minutes ?? 1);
      return { reply: { answer: edges.error(rateError(code), headers) }, fault: 'rateLimited', done: false };
    }
    const send = edge === 'messages' ? weather.sendRefused.strikes(edge) : undefined;
    if (send !== undefined) return this.#struck('sendRefused', sendRefusalError(send));
    return this.#brokenServer(edge, 'before');
  }

  #brokenServer(edge: string, when: 'before' | 'after'): Struck | undefined {
    const { http500, code1, code2 } = this.#deps.weather;
    const strikes = (fault: Fault<FaultMoment>): boolean => fault.strikes(edge, when) !== undefined;
    if (strikes(http500)) {
      const answer = { status: 500, body: '<html><body><h1>500 Internal Server Error</h1></body></html>' };
      return { reply: { answer }, fault: 'http500', done: false };
    }
    if (strikes(code1)) return this.#struck('code1', graphErrors.unknownError);
    if (strikes(code2)) return this.#struck('code2', graphErrors.serviceUnavailable);
    return undefined;
  }

  #struck(fault: string, error: GraphErrorText): Struck {
    return { reply: { answer: this.#deps.edges.error(error) }, fault, done: false };
  }

  #wait(ms = SLOW_MS): Promise<void> {
    this.#heldCalls += 1;
    this.#nextHeld.resolve();
    this.#nextHeld = promiseWithResolve();
    return new Promise((resolve) => {
      this.#deps.clock.afterInBackground(ms, () => {
        this.#heldCalls -= 1;
        resolve();
      });
    });
  }
}

function promiseWithResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

function pendingEntry(call: ReadCall, token: GraphToken | undefined, edge: string): Omit<GraphEntry, 'seq' | 'atMs'> {
  return {
    kind: 'graph',
    ...(token === undefined ? {} : { appId: token.app.appId }),
    ...(token?.page === undefined ? {} : { pageId: token.page.pageId }),
    appName: token?.app.name ?? (call.token === undefined ? 'no token' : 'unknown token'),
    method: call.method,
    path: call.path,
    edge,
    query: call.query,
    body: call.body,
    outcome: 'pending',
    refused: false,
    done: false,
  };
}

/** The connection is closed with the rest of the body. */
function refuseBody(response: ServerResponse, kind: 'tooLarge' | 'tooSlow' | 'noRoom'): void {
  const status = refusalStatus(kind);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8', Connection: 'close' });
  const message = `The body of the call was not read: ${kind}.`;
  response.end(JSON.stringify({ error: { message, type: 'OAuthException', code: 1 } }));
}

function rateError(code: 4 | 613 | 80006): GraphErrorText {
  switch (code) {
    case 4:
      return graphErrors.appLimit;
    case 613:
      return graphErrors.rateLimit;
    case 80006:
      return graphErrors.messengerRateLimit;
  }
}

/** @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
function usageHeaders(code: 4 | 613 | 80006, pageId: string, minutes: number): Readonly<Record<string, string>> {
  if (code === 4) return { 'X-App-Usage': JSON.stringify({ call_count: 100, total_time: 25, total_cputime: 25 }) };
  const usage = {
    type: 'messenger',
    call_count: 100,
    total_cputime: 25,
    total_time: 25,
    estimated_time_to_regain_access: minutes,
  };
  return { 'X-Business-Use-Case-Usage': JSON.stringify({ [pageId]: [usage] }) };
}
