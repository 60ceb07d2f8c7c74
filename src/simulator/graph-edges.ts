/**
 * Graph's edges: checks a call as Graph does, lets the platform act, and makes the answer.
 *
 * Knows no HTTP, because VCC Live's agents inside the simulator make the same calls as an app.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import { webhookFields } from './event-routing.js';
import {
  errorBody,
  graphErrors,
  missingParameter,
  missingScope,
  noSuchField,
  refusalError,
  unknownPath,
  unsupportedRequest,
  wrongParameter,
  type GraphErrorText,
} from './graph-errors.js';
import { checkUpload } from './message-checks.js';
import type { PlatformHabits, SimulatorSettings } from './options.js';
import { GRANTED_SCOPES, type PageSetUp } from './wrong-settings.js';
import type { ConnectedApp, ControlOutcome, MessengerPlatform, Page, Thread } from './messenger-platform.js';
import type { SeededRandom } from './seeded-random.js';
import {
  checkMessage,
  checkProof,
  checkSenderAction,
  isAppId,
  isWebhookField,
  listOf,
  objectOf,
  text,
  fileOf,
} from './graph-parameters.js';
import { type JsonObject } from './webhook-items.js';

/** Longest metadata, characters. */
const METADATA_LIMIT = 1000;
const VERSION = /^v\d+\.\d+$/;
/** The other app that a token may be of by mistake. */
const OTHER_APP_ID = '900900900900900';
const PERSON_ID = '122000000000001';
/** Which permission of the token an edge needs. */
const SCOPE_OF_EDGE: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>> = {
  messages: { POST: 'pages_messaging' },
  message_attachments: { POST: 'pages_messaging' },
  pass_thread_control: { POST: 'pages_messaging' },
  take_thread_control: { POST: 'pages_messaging' },
  release_thread_control: { POST: 'pages_messaging' },
  request_thread_control: { POST: 'pages_messaging' },
  extend_thread_control: { POST: 'pages_messaging' },
  thread_owner: { GET: 'pages_messaging' },
  conversations: { GET: 'pages_messaging' },
  secondary_receivers: { GET: 'pages_messaging' },
  subscribed_apps: { GET: 'pages_show_list', POST: 'pages_manage_metadata', DELETE: 'pages_manage_metadata' },
};

/** A call, after its parameters have been collected from query and body. */
export interface GraphRequest {
  readonly method: string;
  /** With or without version: `/v26.0/me/messages`. */
  readonly path: string;
  readonly params: JsonObject;
  readonly token: string | undefined;
  /** The body claimed to be JSON and was not. */
  readonly malformedBody?: boolean;
}

/** What Graph answers. */
export interface GraphAnswer {
  readonly status: number;
  readonly body: unknown;
  /** JSON to send as it is, instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whose token came along. */
export interface GraphCaller {
  readonly page: Page;
  readonly app: ConnectedApp;
}

/** A token that the simulator knows: a Page's, or an app's own (`APPID|SECRET`), which belongs to no Page. */
export interface GraphToken {
  readonly app: ConnectedApp;
  readonly page?: Page;
}

/** A path taken apart. */
export interface GraphTarget {
  /** `me`, a Page id, an app id, a PSID, `debug_token`. */
  readonly node: string;
  /** What follows the node; empty if nothing does. */
  readonly edge: string;
  /** What faults and timelines call it: the edge, or the node if there is none. */
  readonly name: string;
}

/** What the edges work with. */
export interface GraphDeps {
  readonly platform: MessengerPlatform;
  readonly settings: SimulatorSettings;
  readonly random: SeededRandom;
  /** Where the bot's webhook is, for `/<app-id>/subscriptions`. */
  readonly callbackUrl: () => string | undefined;
  readonly setUp: PageSetUp;
  readonly habits: PlatformHabits;
  /** Whether the weather has ended the bot's token. */
  readonly tokenIsDead: () => boolean;
}

type EdgeHandler = (caller: GraphCaller, params: JsonObject) => GraphAnswer;

/** Takes a path apart: `/v26.0/me/messages` → node `me`, edge `messages`. */
export function graphTarget(path: string): GraphTarget {
  const parts = path.split('/').filter((part) => part !== '');
  if (VERSION.test(parts[0] ?? '')) parts.shift();
  const [node = '', ...rest] = parts;
  const edge = rest.join('/');
  return { node, edge, name: edge === '' ? node : edge };
}

/** Graph, without HTTP and without weather. */
export class GraphEdges {
  readonly #deps: GraphDeps;
  readonly #handlers: Readonly<Record<string, Readonly<Partial<Record<string, EdgeHandler>>>>>;

  constructor(deps: GraphDeps) {
    this.#deps = deps;
    this.#handlers = {
      '': { GET: (caller, params) => this.#describePage(caller, params) },
      messages: { POST: (caller, params) => this.#messages(caller, params) },
      message_attachments: { POST: (_caller, params) => this.#saveAttachment(params) },
      pass_thread_control: { POST: (caller, params) => this.#pass(caller, params) },
      take_thread_control: {
        POST: this.#control((page, thread, appId, metadata) => this.#deps.platform.take(page, thread, appId, metadata)),
      },
      release_thread_control: {
        POST: this.#control((page, thread, appId) => this.#deps.platform.release(page, thread, appId)),
      },
      request_thread_control: {
        POST: this.#control((page, thread, appId, metadata) =>
          this.#deps.platform.request(page, thread, appId, metadata),
        ),
      },
      extend_thread_control: { POST: (caller, params) => this.#extend(caller, params) },
      thread_owner: { GET: (caller, params) => this.#threadOwner(caller, params) },
      conversations: { GET: (caller, params) => this.#conversations(caller, params) },
      secondary_receivers: { GET: (caller) => this.#secondaryReceivers(caller) },
      subscribed_apps: {
        GET: (caller) => this.#listSubscription(caller),
        POST: (caller, params) => this.#subscribe(caller, params),
        DELETE: (caller) => this.#unsubscribe(caller),
      },
    };
  }

  /** Whose Page token this is. */
  callerOf(token: string | undefined): GraphCaller | undefined {
    if (token === undefined) return undefined;
    for (const page of this.#deps.platform.pages.values()) {
      for (const app of page.apps.values()) if (app.pageAccessToken === token) return { page, app };
    }
    return undefined;
  }

  /** Whose token this is, of whichever kind. */
  tokenOf(token: string | undefined): GraphToken | undefined {
    const caller = this.callerOf(token);
    if (caller !== undefined) return caller;
    const app = token === undefined ? undefined : this.#appOfAppToken(token);
    return app === undefined ? undefined : { app };
  }

  /** An error's answer. */
  error(text: GraphErrorText, headers?: Readonly<Record<string, string>>): GraphAnswer {
    const body = errorBody(text, `A${this.#deps.random.letters(22)}`);
    return { status: text.httpStatus, body, ...(headers === undefined ? {} : { headers }) };
  }

  /** What stands in the way of any call with this token, before its edge is looked at. */
  admission(request: GraphRequest): GraphErrorText | undefined {
    const { token, params } = request;
    if (request.malformedBody === true) return graphErrors.malformedBody;
    if (!isServed(request.path, this.#deps.setUp.newestApiVersion)) return unknownPath(pathBelowVersion(request.path));
    if (token === undefined) return graphErrors.noToken;
    const app = this.tokenOf(token)?.app;
    if (app === undefined) return graphErrors.badToken;
    const proof = params['appsecret_proof'];
    const foreign = this.#deps.setUp.tokenMadeBy === 'other' && app.role === 'bot' && app.pageAccessToken === token;
    if (foreign && proof !== undefined) return graphErrors.proofInvalid;
    return checkProof(app, token, proof) ?? this.#expiry(app, token);
  }

  #expiry(app: ConnectedApp, token: string): GraphErrorText | undefined {
    return app.pageAccessToken === token && this.#hasExpired(app) ? graphErrors.expiredToken : undefined;
  }

  #hasExpired(app: ConnectedApp): boolean {
    const { tokenExpiresAtMs } = this.#deps.setUp;
    return app.role === 'bot' && tokenExpiresAtMs !== undefined && this.#deps.platform.now() >= tokenExpiresAtMs;
  }

  /** A call by HTTP. */
  answer(request: GraphRequest): GraphAnswer {
    const problem = this.admission(request);
    if (problem !== undefined) return this.error(problem);
    const target = graphTarget(request.path);
    if (target.node === 'debug_token') return this.#debugToken(request);
    if (target.edge === 'subscriptions') return this.#appSubscriptions(request, target.node);
    const caller = this.callerOf(request.token);
    if (caller === undefined) return this.error(unsupportedRequest(request.method, target.node));
    return this.answerTo(caller, request);
  }

  /** A call of a known app: VCC Live's agents use this. */
  answerTo(caller: GraphCaller, request: GraphRequest): GraphAnswer {
    const { node, edge } = graphTarget(request.path);
    if (node !== 'me' && node !== caller.page.pageId) return this.#otherNode(caller, request, node, edge);
    const methods = this.#handlers[edge];
    if (methods === undefined) return this.error(unknownPath(`/${edge}`));
    const handler = methods[request.method];
    if (handler === undefined) return this.error(unsupportedRequest(request.method, node));
    const missing = this.#missingPermission(caller, request.method, edge);
    if (missing !== undefined) return this.error(missing);
    return handler(caller, request.params);
  }

  /** What the token may not do. A person's token can read that person, and nothing of a Page's edges. */
  #missingPermission({ app }: GraphCaller, method: string, edge: string): GraphErrorText | undefined {
    if (app.role !== 'bot') return undefined;
    if (this.#deps.setUp.tokenOf === 'user') return edge === '' ? undefined : graphErrors.pageTokenRequired;
    const scope = SCOPE_OF_EDGE[edge]?.[method];
    if (scope === undefined || this.#deps.setUp.tokenScopes.includes(scope)) return undefined;
    return missingScope(scope);
  }

  #otherNode(caller: GraphCaller, request: GraphRequest, node: string, edge: string): GraphAnswer {
    const known = caller.page.threads.has(node);
    if (!known || edge !== '' || request.method !== 'GET') return this.error(unsupportedRequest(request.method, node));
    return ok({ first_name: 'Simulated', last_name: `Customer ${node.slice(-4)}`, id: node });
  }

  #describePage({ page, app }: GraphCaller, params: JsonObject): GraphAnswer {
    const fields = text(params['fields'])?.split(',') ?? ['name', 'id'];
    if (app.role === 'bot' && this.#deps.setUp.tokenOf === 'user') {
      if (fields.includes('messaging_feature_status'))
        return this.error(noSuchField('messaging_feature_status', 'User'));
      return ok({ ...(fields.includes('name') ? { name: 'A Person' } : {}), id: PERSON_ID });
    }
    return ok({
      ...(fields.includes('name') ? { name: `Page ${page.pageId}` } : {}),
      ...(fields.includes('messaging_feature_status') ? { messaging_feature_status: this.#features() } : {}),
      id: page.pageId,
    });
  }

  /** What each flag means is not published (U). Observers read one of two as "Conversation Routing is on". */
  #features(): Readonly<Record<string, boolean>> {
    const off = { hop_v2: false, msgr_multi_app: false, ig_multi_app: false };
    return { ...off, [this.#deps.setUp.routingFlag]: this.#deps.platform.routing };
  }

  #messages(caller: GraphCaller, params: JsonObject): GraphAnswer {
    const { platform } = this.#deps;
    const { page, app } = caller;
    const named = this.#sendRecipient(caller, params);
    if ('httpStatus' in named) return this.error(named);
    const { thread, byUserRef } = named;
    // Meta tells nobody whom a user_ref is of.
    const answered = byUserRef ? {} : { recipient_id: thread.psid };
    const action = params['sender_action'];
    if (action !== undefined) {
      const checkedAction = checkSenderAction(action, params);
      if (typeof checkedAction === 'object') return this.error(checkedAction);
      const outcome = platform.senderAction(page, thread, app.appId, checkedAction);
      return outcome.allowed ? ok(answered) : this.error(refusalError(outcome.why, this.#deps.habits));
    }
    const checked = checkMessage(params);
    if ('httpStatus' in checked) return this.error(checked);
    const outcome = platform.send(page, thread, app.appId, checked, byUserRef);
    if (!outcome.allowed) return this.error(refusalError(outcome.why, this.#deps.habits));
    return ok({ ...answered, message_id: outcome.mid });
  }

  /** @see https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api */
  #saveAttachment(params: JsonObject): GraphAnswer {
    const message = objectOf(params['message']);
    if (message === undefined) return this.error(missingParameter('message'));
    const problem = checkUpload(message['attachment'], fileOf(params));
    if (problem !== undefined) return this.error(problem);
    return ok({ attachment_id: String(10 ** 15 + this.#deps.random.below(9 * 10 ** 15)) });
  }

  #pass(caller: GraphCaller, params: JsonObject): GraphAnswer {
    const target = params['target_app_id'];
    if (target !== undefined && !isAppId(target)) {
      return this.error(wrongParameter('target_app_id', 'a number or a numeric string'));
    }
    return this.#control((page, thread, appId, metadata) =>
      this.#deps.platform.pass(page, thread, appId, target === undefined ? undefined : String(target), metadata),
    )(caller, params);
  }

  #extend(caller: GraphCaller, params: JsonObject): GraphAnswer {
    const duration = Number(params['duration']);
    if (params['duration'] === undefined) return this.error(missingParameter('duration'));
    if (!Number.isInteger(duration) || duration <= 0) {
      return this.error(wrongParameter('duration', 'a whole number of seconds above 0'));
    }
    return this.#control((page, thread, appId) => this.#deps.platform.extend(page, thread, appId, duration))(
      caller,
      params,
    );
  }

  #control(
    act: (page: Page, thread: Thread, appId: string, metadata: string | undefined) => ControlOutcome,
  ): EdgeHandler {
    return (caller, params) => {
      const thread = this.#recipient(caller, params);
      if ('httpStatus' in thread) return this.error(thread);
      const { metadata } = params;
      if (metadata !== undefined && typeof metadata !== 'string') {
        return this.error(wrongParameter('metadata', 'a string'));
      }
      // U: the limit of metadata in thread control; this is the published one of the Send API.
      if (metadata !== undefined && metadata.length > METADATA_LIMIT) {
        return this.error(wrongParameter('metadata', `at most ${METADATA_LIMIT} characters long`));
      }
      const outcome = act(caller.page, thread, caller.app.appId, metadata);
      return outcome.allowed ? ok({ success: true }) : this.error(refusalError(outcome.why, this.#deps.habits));
    };
  }

  /** The owner and the default application see the owner's app id; the others only when its control ends. */
  #threadOwner(caller: GraphCaller, params: JsonObject): GraphAnswer {
    const psid = text(params['recipient']);
    if (psid === undefined) return this.error(missingParameter('recipient'));
    const thread = caller.page.threads.get(psid);
    if (thread === undefined) return this.error(graphErrors.noMatchingUser);
    const { platform, habits } = this.#deps;
    if (!habits.threadOwnerServed) return this.error(noSuchField('thread_owner', 'Page'));
    const { ownerAppId, expiresAtMs } = platform.truthOf(thread);
    // U: the exact empty form, and the unit of expiration (seconds by the name UNIX-TIMESTAMP).
    if (ownerAppId === undefined || expiresAtMs === undefined) return ok({ data: [] });
    const isDefault = platform.routing && caller.app.appId === caller.page.defaultAppId;
    const visible = caller.app.appId === ownerAppId || isDefault;
    const skewMs = platform.skewMs();
    const expiration = Math.floor((expiresAtMs + skewMs) / 1000);
    return ok({ data: [{ thread_owner: visible ? { app_id: ownerAppId, expiration } : { expiration } }] });
  }

  /** The Page's conversation with one customer. U: whether an idle one is anybody's. */
  #conversations(caller: GraphCaller, params: JsonObject): GraphAnswer {
    const psid = text(params['user_id']);
    if (psid === undefined) return this.error(missingParameter('user_id'));
    const thread = caller.page.threads.get(psid);
    if (thread === undefined) return ok({ data: [] });
    const wanted = text(params['fields']) ?? 'id';
    const unknown = wanted.split(',').find((field) => field !== 'id' && field !== 'is_owner');
    if (unknown !== undefined) return this.error(noSuchField(unknown, 'UnifiedThread'));
    const { ownerAppId } = this.#deps.platform.truthOf(thread);
    const isOwner = wanted.split(',').includes('is_owner') ? { is_owner: ownerAppId === caller.app.appId } : {};
    return ok({ data: [{ ...isOwner, id: `t_${psid}` }] });
  }

  /** Legacy: the default application sees the others, another app only itself. */
  #secondaryReceivers({ page, app }: GraphCaller): GraphAnswer {
    const others = [...page.apps.values()].filter((other) => other.appId !== page.defaultAppId);
    const visible = app.appId === page.defaultAppId ? others : others.filter((other) => other === app);
    return ok({ data: visible.map((other) => ({ id: other.appId, name: other.name })) });
  }

  /** U: whether other apps' subscriptions are listed too; only the caller's own is. */
  #listSubscription({ app }: GraphCaller): GraphAnswer {
    if (app.pageFields.size === 0) return ok({ data: [] });
    const link = `https://www.facebook.com/games/?app_id=${app.appId}`;
    return ok({ data: [{ link, name: app.name, id: app.appId, subscribed_fields: [...app.pageFields] }] });
  }

  #subscribe({ page, app }: GraphCaller, params: JsonObject): GraphAnswer {
    const wanted = listOf(params['subscribed_fields']);
    if (wanted.length === 0) return this.error(missingParameter('subscribed_fields'));
    const wrong = wanted.findIndex((field) => !isWebhookField(field));
    if (wrong >= 0) {
      return this.error(wrongParameter(`subscribed_fields[${wrong}]`, `one of {${webhookFields.join(', ')}}`));
    }
    app.pageFields.clear();
    for (const field of wanted) if (isWebhookField(field)) app.pageFields.add(field);
    if (app.role === 'bot') this.#deps.platform.onSubscribed(page.pageId);
    return ok({ success: true });
  }

  #unsubscribe({ app }: GraphCaller): GraphAnswer {
    app.pageFields.clear();
    return ok({ success: true });
  }

  /** @see https://developers.facebook.com/docs/graph-api/reference/app/subscriptions */
  #appSubscriptions(request: GraphRequest, appId: string): GraphAnswer {
    const app = request.token === undefined ? undefined : this.#appOfAppToken(request.token);
    if (app?.appId !== appId || request.method !== 'GET') {
      return this.error(unsupportedRequest(request.method, appId));
    }
    const url = app.role === 'bot' ? this.#deps.callbackUrl() : 'https://vcc-live.example.test/webhook';
    if (url === undefined || app.appFields.size === 0) return ok({ data: [] });
    const version = this.#deps.settings.apiVersion;
    const fields = [...app.appFields].map((name) => ({ name, version }));
    return ok({
      data: [{ object: 'page', callback_url: url, active: this.#deps.setUp.appSubscriptionActive, fields }],
    });
  }

  /** @see https://developers.facebook.com/docs/graph-api/reference/debug_token */
  #debugToken(request: GraphRequest): GraphAnswer {
    const input = text(request.params['input_token']);
    if (request.method !== 'GET') return this.error(unsupportedRequest(request.method, 'debug_token'));
    if (input === undefined) return this.error(missingParameter('input_token'));
    const found = this.callerOf(input);
    if (found === undefined) {
      const { message, code } = graphErrors.badToken;
      return ok({ data: { error: { code, message }, is_valid: false, scopes: [] } });
    }
    const { page, app } = found;
    const { setUp } = this.#deps;
    const isBot = app.role === 'bot';
    const nowS = Math.floor(this.#deps.platform.platformNow() / 1000);
    const dead = isBot && (this.#deps.tokenIsDead() || this.#hasExpired(app));
    const { code, subcode, message } = graphErrors.expiredToken;
    const ofPage = !isBot || setUp.tokenOf === 'page';
    const scopes = isBot ? setUp.tokenScopes : GRANTED_SCOPES;
    return ok({
      data: {
        app_id: isBot && setUp.tokenMadeBy === 'other' ? OTHER_APP_ID : app.appId,
        type: ofPage ? 'PAGE' : 'USER',
        application: app.name,
        ...(dead ? { error: { code, message, subcode } } : {}),
        data_access_expires_at: nowS + 90 * 24 * 60 * 60,
        expires_at: isBot && setUp.tokenExpiresAtMs !== undefined ? Math.floor(setUp.tokenExpiresAtMs / 1000) : 0,
        is_valid: !dead,
        issued_at: nowS,
        ...(ofPage ? { profile_id: page.pageId } : {}),
        scopes,
        granular_scopes: scopes
          .filter((scope) => scope.startsWith('pages_'))
          .map((scope) => ({ scope, target_ids: [page.pageId] })),
        user_id: PERSON_ID,
      },
    });
  }

  /**
   * The Send API names a customer in other ways than by PSID, too. Only opt-ins happen on this platform: nobody comments,
   * and telephone numbers need a permission that the token does not have.
   */
  #sendRecipient(
    caller: GraphCaller,
    params: JsonObject,
  ): { readonly thread: Thread; readonly byUserRef: boolean } | GraphErrorText {
    const recipient = objectOf(params['recipient']);
    const userRef = text(recipient?.['user_ref']);
    if (userRef !== undefined && recipient?.['id'] === undefined) {
      const thread = caller.page.userRefs?.get(userRef);
      return thread === undefined ? graphErrors.noMatchingUser : { thread, byUserRef: true };
    }
    if (recipient?.['phone_number'] !== undefined) return missingScope('pages_messaging_phone_number');
    const object = text(recipient?.['comment_id']) ?? text(recipient?.['post_id']);
    if (object !== undefined) return unsupportedRequest('POST', object);
    if (recipient?.['notification_messages_token'] !== undefined) return graphErrors.noMatchingUser;
    const thread = this.#recipient(caller, params);
    return 'httpStatus' in thread ? thread : { thread, byUserRef: false };
  }

  #recipient(caller: GraphCaller, params: JsonObject): Thread | GraphErrorText {
    const given = params['recipient'];
    if (given === undefined) return missingParameter('recipient');
    const recipient = objectOf(given);
    if (recipient === undefined) return wrongParameter('recipient', 'a JSON object');
    const id = recipient['id'];
    if (typeof id !== 'string' && typeof id !== 'number') return missingParameter('recipient[id]');
    return caller.page.threads.get(String(id)) ?? graphErrors.noMatchingUser;
  }

  /** `APPID|SECRET`. */
  #appOfAppToken(token: string): ConnectedApp | undefined {
    for (const page of this.#deps.platform.pages.values()) {
      for (const app of page.apps.values()) {
        if (app.secret !== undefined && token === `${app.appId}|${app.secret}`) return app;
      }
    }
    return undefined;
  }
}

/** Whether a path's version is not newer than the newest one. */
function isServed(path: string, newest: string | undefined): boolean {
  const version = versionOf(path);
  return newest === undefined || version === undefined || Number(version.slice(1)) <= Number(newest.slice(1));
}

function pathBelowVersion(path: string): string {
  return path.slice((versionOf(path)?.length ?? -1) + 1);
}

function versionOf(path: string): string | undefined {
  const [, first = ''] = path.split('/');
  return VERSION.test(first) ? first : undefined;
}

function ok(body: unknown): GraphAnswer {
  return { status: 200, body };
}
