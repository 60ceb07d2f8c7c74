/**
 * Ready-made routes for the two probes of Kubernetes and of load balancers, for restify, express and node:http.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import { checkHealthOptions } from './health.js';
import type { DependencyHealth, HealthOptions, HealthReport } from './health.js';
import type { AnswerDeps, Reply, WebhookRequest, WebhookResponse } from '../../webhook/http-request.js';
import { answerRequest, methodOf } from '../../webhook/http-request.js';

/** Answers one request of a probe. Never rejects. */
export type HealthHandler = (req: WebhookRequest, res: WebhookResponse) => Promise<void>;

/** The routes of the two probes. */
export interface HealthHandlers {
  /**
   * 200 as long as the process answers at all. It asks nothing else, because no restart cures an outage of the store:
   * `server.get('/healthz', liveness)`.
   */
  readonly liveness: HealthHandler;
  /** 200 or 503, as {@link HealthReport.ready} says, with the report as JSON but without its reasons. */
  readonly readiness: HealthHandler;
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
const ALIVE = JSON.stringify({ status: 'alive' });

/**
 * @param report what the readiness asks
 * @throws {@link InvalidOptionError} naming the option
 */
export function healthHandlers(
  report: (options: HealthOptions) => Promise<HealthReport>,
  options: HealthOptions,
  deps: AnswerDeps,
): HealthHandlers {
  checkHealthOptions(options);
  // Async functions themselves: restify refuses others that do not take `next`.
  const answering =
    (reply: () => Promise<Reply>): HealthHandler =>
    async (req, res) =>
      answerRequest(req, res, deps, async () => (isRead(req) ? reply() : NOT_ALLOWED));
  return {
    liveness: answering(() => Promise.resolve({ status: 200, body: ALIVE, headers: HEADERS })),
    readiness: answering(async () => {
      const found = await report(options);
      return { status: found.ready ? 200 : 503, body: JSON.stringify(withoutReasons(found)), headers: HEADERS };
    }),
  };
}

const NOT_ALLOWED: Reply = { status: 405, body: 'Method not allowed', headers: { allow: 'GET, HEAD' } };

function isRead(req: WebhookRequest): boolean {
  const method = methodOf(req);
  return method === 'GET' || method === 'HEAD';
}

/** A reason may name a host, and anybody may read what a route answers. */
function withoutReasons({ store, inbox, ...rest }: HealthReport): HealthReport {
  return { ...rest, store: withoutReason(store), ...(inbox === undefined ? {} : { inbox: withoutReason(inbox) }) };
}

function withoutReason({ status, durationMs }: DependencyHealth): DependencyHealth {
  return { status, durationMs };
}
