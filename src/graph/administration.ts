/**
 * Asks Graph how an app and its Page are set up: tokens, subscriptions, routing. Each answer comes back as data.
 *
 * A check wants Meta's answer word for word, and a refusal is an answer too. So no method throws, retries or remembers
 * anything, as {@link ThreadControlClient} does.
 * @see https://developers.facebook.com/docs/graph-api/reference/debug_token
 * @see https://developers.facebook.com/docs/graph-api/reference/app/subscriptions
 * @see https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps
 */
import { createHmac } from 'node:crypto';
import { type Clock, systemClock } from '../thread/clock.js';
import { classifyRefusal } from './classify-refusal.js';
import type { GraphErrorCode } from '../thread/errors.js';
import type { AppId, Psid } from '../thread/ids.js';
import { AxiosExchange } from './axios-exchange.js';
import type { HttpExchange } from './http-exchange.js';
import { isSuccess, parseJson, refusalOf } from './read-answer.js';
import { redactSecrets } from './redact-secrets.js';

/** Who is asking and where. */
export interface AdministrationOptions {
  readonly appId: AppId;
  readonly appSecret: string;
  readonly pageAccessToken: string;
  /** Origin of the Graph API, without a path. */
  readonly baseUrl: string;
  /** Such as `v26.0`. */
  readonly apiVersion: string;
  /** Time limit of one call, milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** One call. */
export interface AdministrationCall {
  readonly method: 'GET' | 'POST';
  /** Node and edge: `/me`, `/debug_token`, `/<app-id>/subscriptions`. */
  readonly path: string;
  /** Whose token goes along: the Page's, with `appsecret_proof`, the app's (`APPID|SECRET`), or none. */
  readonly as: 'page' | 'app' | 'nobody';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** The result of a call. Texts hold no token, proof or secret. */
export type AdministrationAnswer =
  | {
      readonly status: 'answered';
      readonly value: unknown;
      /** The body as it came. */
      readonly text: string;
      /** The version that served the call, if Meta names it. */
      readonly servedBy?: string;
      readonly tookMs: number;
    }
  | {
      readonly status: 'refused';
      readonly means: GraphErrorCode;
      readonly httpStatus: number;
      readonly code?: number;
      readonly subcode?: number;
      /** Meta's own words. */
      readonly message: string;
      /** What they mean and what to change. */
      readonly advice: string;
      readonly tookMs: number;
    }
  | { readonly status: 'unanswered'; readonly why: string; readonly tookMs: number };

const TIMEOUT_MS = 10_000;
/** Graph's code for a call without a token, and for a path that does not exist. */
const NO_TOKEN_OR_PATH = 2500;
const USER_AGENT = 'botbuilder-handover-vcclive';

/** The calls about one app and one Page. */
export class GraphAdministration {
  readonly #options: AdministrationOptions;
  readonly #http: HttpExchange;
  readonly #clock: Clock;
  readonly #proof: string;

  constructor(options: AdministrationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#http = new AxiosExchange(options.timeoutMs ?? TIMEOUT_MS, this.#clock);
    this.#proof = createHmac('sha256', options.appSecret).update(options.pageAccessToken).digest('hex');
  }

  /** What Meta knows about the Page access token: `GET /debug_token`. */
  inspectToken(): Promise<AdministrationAnswer> {
    const query = { input_token: this.#options.pageAccessToken };
    return this.ask({ method: 'GET', path: '/debug_token', as: 'app', query });
  }

  /** Name and id of the token's Page. */
  describePage(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me', as: 'page', query: { fields: 'id,name' } });
  }

  /** Which routing features the Page has. */
  featureStatus(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me', as: 'page', query: { fields: 'messaging_feature_status' } });
  }

  /** What the app is subscribed to, and where Meta delivers it. */
  appSubscriptions(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: `/${this.#options.appId}/subscriptions`, as: 'app' });
  }

  /** Which apps the Page is subscribed to, with their fields. */
  pageSubscriptions(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me/subscribed_apps', as: 'page' });
  }

  /** Subscribes the app to these fields of the Page. Meta replaces the fields that were there. */
  subscribePage(fields: readonly string[]): Promise<AdministrationAnswer> {
    const query = { subscribed_fields: fields.join(',') };
    return this.ask({ method: 'POST', path: '/me/subscribed_apps', as: 'page', query });
  }

  /** The connected apps that the bot can see. */
  connectedApps(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me/secondary_receivers', as: 'page', query: { fields: 'id,name' } });
  }

  /** Who owns a customer's thread. */
  threadOwner(psid: Psid): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me/thread_owner', as: 'page', query: { recipient: psid } });
  }

  /**
   * Whether the bot owns a customer's thread, by the conversation's field `is_owner`. Meta allows two calls a second for a Page.
   * @see https://developers.facebook.com/docs/messenger-platform/changelog
   */
  isOwner(psid: Psid): Promise<AdministrationAnswer> {
    const query = { user_id: psid, fields: 'is_owner' };
    return this.ask({ method: 'GET', path: '/me/conversations', as: 'page', query });
  }

  /** Asks without a token. The refusal tells whether Meta serves the version: {@link versionIsServed}. */
  probeVersion(): Promise<AdministrationAnswer> {
    return this.ask({ method: 'GET', path: '/me', as: 'nobody' });
  }

  /** Makes one call. Never rejects. */
  async ask(call: AdministrationCall): Promise<AdministrationAnswer> {
    const sentAtMs = this.#clock.now();
    const result = await this.#http.run({
      method: call.method,
      url: this.#urlOf(call),
      headers: {
        Accept: 'application/json',
        'User-Agent': USER_AGENT,
        ...(call.as === 'page' ? { Authorization: `Bearer ${this.#options.pageAccessToken}` } : {}),
        ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
    });
    const tookMs = this.#clock.now() - sentAtMs;
    if (result.status === 'failed') return { status: 'unanswered', why: this.#clean(result.cause.message), tookMs };
    const { httpStatus, text } = result;
    const value = parseJson(text);
    if (isSuccess(httpStatus, value)) {
      const servedBy = result.headers.get('facebook-api-version');
      return { status: 'answered', value, text, tookMs, ...(servedBy === undefined ? {} : { servedBy }) };
    }
    const refusal = refusalOf(httpStatus, value);
    if (refusal === undefined) {
      const why = `HTTP ${httpStatus} with something that is not the Graph API's. Is a proxy or a login page on the way?`;
      return { status: 'unanswered', why, tookMs };
    }
    const { means, advice } = classifyRefusal(refusal, call.path.endsWith('/messages') ? 'send' : 'other');
    return {
      status: 'refused',
      means,
      httpStatus,
      ...(refusal.code === undefined ? {} : { code: refusal.code }),
      ...(refusal.subcode === undefined ? {} : { subcode: refusal.subcode }),
      message: this.#clean(refusal.text),
      advice,
      tookMs,
    };
  }

  /** Closes the connections. */
  close(): void {
    this.#http.close();
  }

  /** Meta documents an app's token in the query. No text of ours holds that address. */
  #urlOf({ path, as, query }: AdministrationCall): string {
    const { appId, appSecret, baseUrl, apiVersion } = this.#options;
    const credentials = {
      app: { access_token: `${appId}|${appSecret}` },
      page: { appsecret_proof: this.#proof },
      nobody: {},
    }[as];
    const parameters = new URLSearchParams({ ...query, ...credentials }).toString();
    return `${new URL(baseUrl).origin}/${apiVersion}${path}?${parameters}`;
  }

  #clean(text: string): string {
    const { appSecret, pageAccessToken } = this.#options;
    return redactSecrets(text, [pageAccessToken, appSecret, this.#proof]);
  }
}

/** Whether a refusal says that Meta does not serve the version of the call: it takes the version for a part of the path. */
export function versionIsUnknown(answer: AdministrationAnswer): boolean {
  return (
    answer.status === 'refused' && answer.code === NO_TOKEN_OR_PATH && /unknown path components/i.test(answer.message)
  );
}

/** Whether Meta serves the version, by the answer of {@link GraphAdministration.probeVersion}; `undefined`: it does not tell. */
export function versionIsServed(probe: AdministrationAnswer): boolean | undefined {
  if (versionIsUnknown(probe)) return false;
  const needsToken = probe.status === 'refused' && probe.code === NO_TOKEN_OR_PATH;
  return needsToken || probe.status === 'answered' ? true : undefined;
}
