/** Makes the parts of a simulator from its options, and connects them. */
import { webhookFields, type WebhookField } from './event-routing.js';
import { GraphEdges } from './graph-edges.js';
import { GraphServer } from './graph-server.js';
import { SimulatorClock } from './held-clock.js';
import { MessengerPlatform, type ConnectedApp, type Page } from './messenger-platform.js';
import {
  allowedHostsFrom,
  habitsFrom,
  PAGE_INBOX_APP_ID,
  settingsFrom,
  type PlatformHabits,
  type SimulatedPageOptions,
  type SimulatorOptions,
  type SimulatorSettings,
} from './options.js';
import type { Surroundings } from './people/index.js';
import { SeededRandom } from './seeded-random.js';
import { VccLiveWebhooks } from './vcc-live-webhooks.js';
import { ChatLog } from './vcc-live/chat-log.js';
import { DATABASE_API_PREFIX } from './vcc-live/database-api.js';
import { SimulatedVccLive } from './vcc-live/simulated-vcc-live.js';
import { Weather } from './weather.js';
import { ACK_TIMEOUT_MS, WebhookDelivery } from './webhook-delivery.js';
import { Wire } from './wire.js';
import { setUpOf, type PageSetUp } from './wrong-settings.js';

/** The app that `setUp.otherAppConnected` connects. */
const OTHER_APP_ID = '900900900900901';
const TURNS_OF_THE_LOOP = 3;
const LOOK_AGAIN_REAL_MS = 2;
/** A bot that waits for so long without a call only sleeps. Milliseconds of this machine. */
const SLEEPS_AFTER_REAL_MS = 250;

/** The parts of a simulator. */
export interface SimulatorDeps {
  readonly settings: SimulatorSettings;
  readonly habits: PlatformHabits;
  readonly setUp: PageSetUp;
  readonly random: SeededRandom;
  readonly weather: Weather;
  readonly clock: SimulatorClock;
  readonly wire: Wire;
  readonly platform: MessengerPlatform;
  readonly delivery: WebhookDelivery;
  readonly server: GraphServer;
  readonly surroundings: Surroundings;
  readonly vccLive: SimulatedVccLive;
  readonly callback: { url: string | undefined };
}

/**
 * Makes the parts and connects them.
 * @throws InvalidOptionError naming the option
 */
export function assembleSimulator(options: SimulatorOptions): SimulatorDeps {
  const settings = settingsFrom(options);
  const habits = habitsFrom(options);
  const setUp = setUpOf(options.setUp);
  const random = new SeededRandom(options.seed ?? 1);
  const weather = new Weather(random);
  const callback: SimulatorDeps['callback'] = { url: undefined };
  const clock: SimulatorClock = new SimulatorClock(options.clock ?? 'real', options.startMs, () =>
    quiet(clock, delivery, server, vccLiveWebhooks),
  );
  const wire = new Wire(() => clock.now(), options.wireCapacity);
  const botAppFields = new Set(options.botAppFields ?? webhookFields);
  const proofRequired = options.requireAppSecretProof ?? true;
  const pages = settings.pages.map((page) => pageOf(page, settings, setUp, botAppFields, proofRequired));
  const botOf = (pageId: string): ConnectedApp | undefined =>
    pages.find((page) => page.pageId === pageId)?.apps.get(settings.botAppId);
  const delivery: WebhookDelivery = new WebhookDelivery({
    clock,
    wire,
    weather,
    random,
    botAppId: settings.botAppId,
    appSecret: settings.appSecret,
    ackTimeoutMs: options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
    platformNow: () => clock.now() + weather.clockSkewMs,
    isSubscribed: (pageId) => setUp.appSubscriptionActive && (botOf(pageId)?.pageFields.size ?? 0) > 0,
    unsubscribe: (pageId) => botOf(pageId)?.pageFields.clear(),
  });
  const platform = new MessengerPlatform({
    clock,
    wire,
    weather,
    random,
    habits,
    setUp,
    pages,
    routing: options.routing ?? true,
    mayTake: permission(options.takeControlAllowed ?? true),
    mayUseHumanAgent: permission(options.humanAgentAppIds ?? settings.pages.map((page) => page.vccLiveAppId)),
    deliver: (item) => delivery.enqueue(item),
    onSubscribed: (pageId) => delivery.forgive(pageId),
  });
  const edges = new GraphEdges({
    platform,
    settings,
    random,
    callbackUrl: () => callback.url,
    setUp,
    habits,
    tokenIsDead: () => weather.deadToken.active,
  });
  const server = new GraphServer({
    edges,
    wire,
    weather,
    clock,
    tls: options.tls,
    allowedHosts: allowedHostsFrom(options),
  });
  const chats = new ChatLog();
  const vccLive = new SimulatedVccLive({ now: () => clock.now(), wire, weather, chats });
  server.mount(DATABASE_API_PREFIX, (request, response) => vccLive.api.receive(request, response));
  const vccLiveWebhooks: VccLiveWebhooks = new VccLiveWebhooks({ wire, weather, clock, chats });
  const settled = async (): Promise<void> => {
    await vccLiveWebhooks.quiet();
    await delivery.settled();
  };
  const surroundings: Surroundings = { platform, edges, wire, vccLiveWebhooks, settled, heard: new WeakSet() };
  const parts = { settings, habits, setUp, random, weather, clock, wire, platform, delivery, server };
  return { ...parts, surroundings, vccLive, callback };
}

/** Resolves when nothing is in progress but what waits for the clock. */
async function quiet(
  clock: SimulatorClock,
  delivery: WebhookDelivery,
  server: GraphServer,
  vccLive: VccLiveWebhooks,
): Promise<void> {
  for (;;) {
    if (server.heldCalls > 0) return;
    await Promise.race([Promise.all([delivery.quiet(), vccLive.quiet()]), server.nextHeldCall()]);
    // What the last moment began reaches its first wait.
    for (let turns = 0; turns < TURNS_OF_THE_LOOP; turns += 1) await new Promise(setImmediate);
    if (!somebodyWaits(clock, server)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_REAL_MS));
  }
}

/**
 * Whether a bot that uses the simulator's clock waits for an answer. Its time limit goes by the clock, so the clock must not
 * move before the answer is there. A bot that only sleeps does not count.
 */
function somebodyWaits(clock: SimulatorClock, server: GraphServer): boolean {
  if (clock.waits === 0) return false;
  const lastSignMs = Math.max(clock.lastWaitAtRealMs, server.lastCallAtRealMs);
  return server.openCalls > 0 || performance.now() - lastSignMs < SLEEPS_AFTER_REAL_MS;
}

function pageOf(
  page: Required<SimulatedPageOptions>,
  settings: SimulatorSettings,
  setUp: PageSetUp,
  botAppFields: Set<WebhookField>,
  proofRequired: boolean,
): Page {
  const bot: ConnectedApp = {
    appId: settings.botAppId,
    role: 'bot',
    name: 'bot',
    secret: settings.appSecret,
    proofRequired,
    pageAccessToken: page.pageAccessToken,
    appFields: botAppFields,
    pageFields: new Set(webhookFields),
    received: [],
  };
  const vccLive: ConnectedApp = {
    appId: page.vccLiveAppId,
    role: 'vccLive',
    name: 'VCC Live',
    proofRequired: false,
    pageAccessToken: page.vccLivePageAccessToken,
    appFields: new Set(webhookFields),
    pageFields: new Set(webhookFields),
    received: [],
  };
  const inbox: ConnectedApp = {
    appId: PAGE_INBOX_APP_ID,
    role: 'inbox',
    name: 'Page Inbox',
    proofRequired: false,
    appFields: new Set(webhookFields),
    pageFields: new Set(webhookFields),
    received: [],
  };
  const other: ConnectedApp = {
    appId: OTHER_APP_ID,
    role: 'other',
    name: 'Another bot',
    proofRequired: false,
    appFields: new Set(webhookFields),
    pageFields: new Set(webhookFields),
    received: [],
  };
  const isConnected: Readonly<Record<ConnectedApp['role'], () => boolean>> = {
    bot: () => true,
    vccLive: () => setUp.vccLiveConnected,
    inbox: () => true,
    other: () => setUp.otherAppConnected,
  };
  const defaultApps = { bot, vccLive, inbox } as const;
  return {
    pageId: page.pageId,
    get defaultAppId() {
      return defaultApps[setUp.defaultApp].appId;
    },
    get entryAppId() {
      return setUp.socialRouting === 'defaultApp' ? this.defaultAppId : defaultApps[setUp.socialRouting].appId;
    },
    get apps() {
      const connected = [bot, vccLive, inbox, other].filter(({ role }) => isConnected[role]());
      return new Map(connected.map((app) => [app.appId, app]));
    },
    threads: new Map(),
  };
}

function permission(allowed: boolean | readonly string[]): (appId: string) => boolean {
  if (typeof allowed === 'boolean') return () => allowed;
  return (appId) => allowed.includes(appId);
}
