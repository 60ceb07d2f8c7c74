/**
 * Collects the facts of a check-up: Meta's answers, the webhook's answers, the time.
 *
 * The conclusions are pure functions of these facts, in other files.
 */
import type { AdministrationAnswer, GraphAdministration } from '../../graph/administration.js';
import { isRecord } from '../../thread/read-unknown.js';
import type { CallSettings } from '../meta-settings.js';
import { askVccLive, type VccLiveApiAnswer } from './ask-vcc-live.js';
import { probeWebhook, type WebhookProbe } from './probe-webhook.js';

/** What was configured, without the secrets. */
export interface KnownSettings {
  readonly appId: string;
  readonly vccLiveAppId: string | undefined;
  readonly pageId: string | undefined;
  readonly apiVersion: string;
  readonly hasVerifyToken: boolean;
  /** `--url`. */
  readonly url: string | undefined;
  /** False with `--no-webhook`. */
  readonly asksWebhook: boolean;
}

/** Messages and other events that arrived while a person wrote to the Page. */
export interface Arrivals {
  readonly forSeconds: number;
  /** The customer's own, by channel: messages and postbacks. */
  readonly messaging: number;
  readonly standby: number;
  /** Whose thread the first event on standby was of; absent if none came. */
  readonly standbyPsid?: string;
  /** Everything else that was signed. */
  readonly others: number;
  /** Deliveries whose signature was wrong. */
  readonly forged: number;
  /** Deliveries that the bot did not answer with 200. */
  readonly refusedByBot: number;
}

/** All facts. */
export interface Observations {
  readonly nowMs: number;
  readonly settings: KnownSettings;
  /** A call without a token: whether Meta serves the version. */
  readonly version: AdministrationAnswer;
  readonly token: AdministrationAnswer;
  readonly page: AdministrationAnswer;
  readonly features: AdministrationAnswer;
  readonly appSubscriptions: AdministrationAnswer;
  readonly pageSubscriptions: AdministrationAnswer;
  readonly connectedApps: AdministrationAnswer;
  /** Absent if no address was known. */
  readonly webhook?: WebhookProbe;
  /** Both absent if no thread was asked about. */
  readonly owner?: AdministrationAnswer;
  readonly isOwner?: AdministrationAnswer;
  /** Absent if no access is configured. */
  readonly vccLiveApi?: VccLiveApiAnswer;
  readonly arrivals?: Arrivals;
  /** What a real take showed of the Page's setting; absent without `--live`. */
  readonly mayTake?: 'yes' | 'no';
  /** Meta refused a real take, because routing is off; absent if it did not. */
  readonly routing?: 'off';
}

/** What to check. */
export interface ObservationOrder {
  readonly settings: CallSettings;
  readonly graph: GraphAdministration;
  readonly url: string | undefined;
  readonly psid: string | undefined;
  /** Whether the webhook is asked at all. */
  readonly askWebhook: boolean;
  readonly nowMs: number;
}

/** Asks everything, one question after another. Never rejects. */
export async function observe(order: ObservationOrder): Promise<Observations> {
  const { graph, settings } = order;
  const version = await graph.probeVersion();
  const token = await graph.inspectToken();
  const page = await graph.describePage();
  const appSubscriptions = await graph.appSubscriptions();
  const pageSubscriptions = await graph.pageSubscriptions();
  const features = await graph.featureStatus();
  const connectedApps = await graph.connectedApps();
  const owner = order.psid === undefined ? {} : await askOwner(graph, order.psid);
  const vccLiveApi = settings.vccLiveApi === undefined ? {} : { vccLiveApi: await askVccLive(settings.vccLiveApi) };
  const url = order.url ?? pageSubscriptionOf(appSubscriptions)?.callbackUrl;
  const asked = order.askWebhook && url !== undefined && URL.canParse(url) ? url : undefined;
  const { appSecret, verifyToken } = settings;
  const webhook = asked === undefined ? {} : { webhook: await probeWebhook({ url: asked, appSecret, verifyToken }) };
  return {
    nowMs: order.nowMs,
    settings: {
      appId: settings.appId,
      vccLiveAppId: settings.vccLiveAppId,
      pageId: settings.pageId,
      apiVersion: settings.apiVersion,
      hasVerifyToken: verifyToken !== undefined,
      url: order.url,
      asksWebhook: order.askWebhook,
    },
    version,
    token,
    page,
    features,
    appSubscriptions,
    pageSubscriptions,
    connectedApps,
    ...webhook,
    ...owner,
    ...vccLiveApi,
  };
}

async function askOwner(graph: GraphAdministration, psid: string): Promise<Pick<Observations, 'owner' | 'isOwner'>> {
  return { owner: await graph.threadOwner(psid), isOwner: await graph.isOwner(psid) };
}

/** The app's subscription to Pages. */
export interface AppSubscription {
  readonly callbackUrl: string | undefined;
  readonly active: boolean;
  readonly fields: readonly string[];
}

/** An app that is known to be connected to the Page. */
export interface ConnectedAppView {
  readonly id: string;
  readonly name: string;
  /** Absent if the answer does not tell. */
  readonly fields?: readonly string[];
}

/** The app's subscription in the answer of `/<app>/subscriptions`; nothing if there is none, or no answer. */
export function pageSubscriptionOf(answer: AdministrationAnswer): AppSubscription | undefined {
  const found = listIn(answer).find((each) => each['object'] === 'page');
  if (found === undefined) return undefined;
  const fields = Array.isArray(found['fields']) ? found['fields'] : [];
  return {
    callbackUrl: textOf(found['callback_url']),
    active: found['active'] !== false,
    fields: fields
      .map((each: unknown) => textOf(isRecord(each) ? each['name'] : each))
      .filter((name) => name !== undefined),
  };
}

/** The apps in a list of `subscribed_apps` or `secondary_receivers`. */
export function appsIn(answer: AdministrationAnswer): readonly ConnectedAppView[] {
  return listIn(answer).flatMap((each) => {
    const id = textOf(each['id']);
    if (id === undefined) return [];
    const given = each['subscribed_fields'];
    const fields = Array.isArray(given) ? { fields: given.map(String) } : {};
    return [{ id, name: textOf(each['name']) ?? 'an app without a name', ...fields }];
  });
}

/** An object in an answer; empty if there is none. */
export function recordIn(answer: AdministrationAnswer): Readonly<Record<string, unknown>> {
  return answer.status === 'answered' && isRecord(answer.value) ? answer.value : {};
}

/** A string or a number, as a string. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

function listIn(answer: AdministrationAnswer): readonly Readonly<Record<string, unknown>>[] {
  const { data } = recordIn(answer);
  return Array.isArray(data) ? data.filter(isRecord) : [];
}
