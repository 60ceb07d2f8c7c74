/**
 * The simulated Messenger platform: Graph by HTTP, webhooks to the bot, customers, VCC Live's agents, weather and a clock.
 *
 * Runs a bot without a Facebook account. It is as strict as Meta wherever Meta's behaviour is known.
 */
import { readFile } from 'node:fs/promises';
import { readRecording } from '../recording/read-recording.js';
import { checkFields } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import { webhookFields } from './event-routing.js';
import { assembleSimulator, type SimulatorDeps } from './assemble-simulator.js';
import { type MountedHandler } from './graph-server.js';
import { SimulatorExpectations } from './expectations.js';
import type { SimulatorClock } from './held-clock.js';
import { type ConnectedApp, type Page } from './messenger-platform.js';
import { type PlatformHabits, type SimulatorOptions, type SimulatorSettings } from './options.js';
import { type PageSetUp } from './wrong-settings.js';
import {
  BUSINESS_AI_APP_ID,
  SimulatedAgent,
  SimulatedBusinessAi,
  SimulatedCustomer,
  SimulatedPageInbox,
} from './people/index.js';
import type { ActualCall } from './replay/expected-calls.js';
import { playRecording, type PlayedAnswer } from './replay/play-recording.js';
import type { ReplayReport } from './replay/replay-report.js';
import { SimulatorStateError, WireTimeoutError } from './simulator-errors.js';
import type { SimulatedVccLive } from './vcc-live/simulated-vcc-live.js';
import { type VccLiveWebhookTarget } from './vcc-live-webhooks.js';
import type { Weather } from './weather.js';
import { type RawDelivery, type WebhookAnswer } from './webhook-delivery.js';
import { escapedJson } from './webhook-items.js';
import { wireLine, type Wire, type WireEntry } from './wire.js';

const WAIT_MS = 2000;
const REPLAY_WAIT_MS = 5000;
const LINES_IN_ERROR = 20;
const CHALLENGE_LIMIT = 2_000_000_000;

/** Who really owns a thread. */
export interface TrueOwner {
  /** App id, or `idle`. */
  readonly owner: string;
  /** When its control ends on the simulator's clock, milliseconds. Absent if the thread is idle. */
  readonly expiresAtMs?: number;
}

/** The platform. Start one, connect a bot, let a customer speak, stop it. */
export class MessengerSimulator {
  /** What a bot must be configured with. */
  readonly settings: SimulatorSettings;
  /** Origin of Graph: calls go to `<graphBaseUrl>/<version>/me/…`. */
  readonly graphBaseUrl: string;
  /** What goes wrong; turn its switches at any time. */
  readonly weather: Weather;
  /** Meta's undocumented answers; may be changed at any time. */
  readonly habits: PlatformHabits;
  /** How app and Page are set up at Meta; may be changed at any time. */
  readonly setUp: PageSetUp;
  /** The clock of expiry, delay and redelivery. */
  readonly clock: SimulatorClock;
  /** Everything that happened. */
  readonly wire: Wire;
  /** VCC Live's agents and its Database API. What they do in a thread is in {@link agent}. */
  readonly vccLive: SimulatedVccLive;
  /** What a test expects of the whole: `await simulator.expects.owner(psid, 'vccLive')`. */
  readonly expects: SimulatorExpectations;
  readonly #deps: SimulatorDeps;

  private constructor(deps: SimulatorDeps, graphBaseUrl: string) {
    this.#deps = deps;
    this.settings = deps.settings;
    this.graphBaseUrl = graphBaseUrl;
    this.weather = deps.weather;
    this.habits = deps.habits;
    this.setUp = deps.setUp;
    this.clock = deps.clock;
    this.wire = deps.wire;
    this.vccLive = deps.vccLive;
    this.expects = new SimulatorExpectations({
      wire: deps.wire,
      settled: () => this.settled(),
      handshake: () => this.verifyWebhook(),
      ownerOf: (psid, pageId) => this.ownerOf(psid, pageId).owner,
      appIds: (pageId = this.settings.pageId) => ({
        bot: this.settings.botAppId,
        vccLive: appOf(this.#page(pageId), 'vccLive').appId,
        pageInbox: this.settings.pageInboxAppId,
      }),
    });
  }

  /**
   * Starts a platform.
   * @throws {@link InvalidOptionError} naming the option; rejects with the system's error if the port is taken
   */
  static async start(options: SimulatorOptions = {}): Promise<MessengerSimulator> {
    const deps = assembleSimulator(options);
    const origin = await deps.server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    return new MessengerSimulator(deps, origin);
  }

  /** Where the bot's webhook is. Several addresses take turns, as processes behind a load balancer. */
  connectBot(webhookUrl: string | readonly string[]): void {
    const urls = typeof webhookUrl === 'string' ? [webhookUrl] : webhookUrl;
    for (const url of urls) {
      if (!URL.canParse(url))
        throw new InvalidOptionError('webhookUrl', JSON.stringify(url), 'an http or https address');
    }
    this.#deps.callback.url = urls[0];
    this.#deps.delivery.connect(urls);
  }

  /**
   * Where VCC Live's own webhooks go, and how they are secured: `agent.closesChat(psid)` sends one.
   * @throws {@link InvalidOptionError} naming the field
   */
  connectVccLive(target: VccLiveWebhookTarget): void {
    this.#deps.surroundings.vccLiveWebhooks.connect(target);
  }

  /** {@link connectVccLive} has been called. */
  get vccLiveConnected(): boolean {
    return this.#deps.surroundings.vccLiveWebhooks.connected;
  }

  /** The handshake: `ok` if the bot answered 200 with the challenge as plain text. */
  async verifyWebhook(): Promise<{ readonly ok: boolean; readonly status: number; readonly body: string }> {
    const challenge = String(this.#deps.random.below(CHALLENGE_LIMIT));
    const { status, body } = await this.#deps.delivery.verify(this.settings.verifyToken, challenge);
    const ok = status === 200 && body === challenge;
    this.wire.note(`webhook verification ${ok ? 'succeeded' : `failed: status ${status}`}`);
    return { ok, status, body };
  }

  /** A customer; known to the Page from now on. */
  customer(psid: string, pageId = this.settings.pageId): SimulatedCustomer {
    if (psid === '') throw new InvalidOptionError('psid', 'empty', 'a page-scoped id');
    return new SimulatedCustomer(this.#deps.surroundings, this.#page(pageId), psid);
  }

  /** VCC Live's agents. */
  agent(pageId = this.settings.pageId): SimulatedAgent {
    const page = this.#page(pageId);
    return new SimulatedAgent(this.#deps.surroundings, page, appOf(page, 'vccLive'));
  }

  /** The Page Inbox, the third app of every Page. */
  pageInbox(pageId = this.settings.pageId): SimulatedPageInbox {
    const page = this.#page(pageId);
    return new SimulatedPageInbox(this.#deps.surroundings, page, appOf(page, 'inbox'));
  }

  /**
   * Meta's Business AI, which takes threads from other apps.
   * @param appId default: the observed one; any other id plays one that nobody knows yet
   */
  businessAi(pageId = this.settings.pageId, appId = BUSINESS_AI_APP_ID): SimulatedBusinessAi {
    return new SimulatedBusinessAi(this.#deps.surroundings, this.#page(pageId), appId);
  }

  /** The truth about a thread. */
  ownerOf(psid: string, pageId = this.settings.pageId): TrueOwner {
    const thread = this.#page(pageId).threads.get(psid);
    if (thread === undefined) return { owner: 'idle' };
    const { ownerAppId, expiresAtMs } = this.#deps.platform.truthOf(thread);
    if (ownerAppId === undefined || expiresAtMs === undefined) return { owner: 'idle' };
    return { owner: ownerAppId, expiresAtMs };
  }

  /** The bot's app subscribes again for a Page, for all fields, after Meta has disabled its webhooks. */
  resubscribe(pageId = this.settings.pageId): void {
    const bot = appOf(this.#page(pageId), 'bot');
    for (const field of webhookFields) bot.pageFields.add(field);
    this.#deps.delivery.forgive(pageId);
    this.wire.note(`the bot's app is subscribed again for Page ${pageId}`);
  }

  /**
   * Posts anything to the bot, once, whatever the weather. Objects are sent as Meta writes JSON; strings and bytes as
   * they are. Rejects if there is no answer.
   */
  deliverRaw(body: string | Uint8Array | object, how: RawDelivery = {}): Promise<WebhookAnswer> {
    checkFields('', how, ['headers', 'signWith']);
    const bytes =
      body instanceof Uint8Array
        ? Buffer.from(body)
        : Buffer.from(typeof body === 'string' ? body : escapedJson(body), 'utf8');
    return this.#deps.delivery.postRaw(bytes, how);
  }

  /**
   * Plays a recording at the connected bot and says where its Graph calls differ. The recorded answers are given, so the
   * platform's own threads stay as they are. docs/recordings.md describes recordings.
   * @param how `waitMs`: how long a recorded call may take to come, real milliseconds, default 5000
   * @throws {@link InvalidOptionError} if the file is no recording; rejects with the system's error if it cannot be read
   */
  async replay(file: string, how: { readonly waitMs?: number } = {}): Promise<ReplayReport> {
    checkFields('', how, ['waitMs']);
    const recording = readRecording(await readFile(file, 'utf8'));
    const stage = {
      settings: this.settings,
      now: () => this.clock.now(),
      deliver: (body: string) => this.deliverRaw(body),
      answerCalls: (answer: (call: ActualCall) => PlayedAnswer | undefined) => this.#deps.server.answerFrom(answer),
    };
    return playRecording(recording, stage, how.waitMs ?? REPLAY_WAIT_MS);
  }

  /** Serves another path from the same port: a page, for one. */
  mount(prefix: string, handler: MountedHandler): void {
    this.#deps.server.mount(prefix, handler);
  }

  /** Resolves when no webhook is in progress or waiting. What waits for a held clock, or for a redelivery, does not count. */
  settled(): Promise<void> {
    return this.#deps.surroundings.settled();
  }

  /**
   * The first entry, past or coming, for which `predicate` holds.
   * @param how `timeoutMs`: real milliseconds, default 2000; `afterSeq`: only entries after that one
   * @throws {@link WireTimeoutError} with the wire's last lines
   */
  waitFor(
    predicate: (entry: WireEntry) => boolean,
    how: { readonly timeoutMs?: number; readonly afterSeq?: number } = {},
  ): Promise<WireEntry> {
    const { timeoutMs = WAIT_MS, afterSeq = 0 } = how;
    const fits = (entry: WireEntry): boolean => entry.seq > afterSeq && predicate(entry);
    const past = this.wire.entries().find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const stops = (['entry', 'update'] as const).map((event) => this.wire.on(event, (entry) => check(entry)));
      const limit = setTimeout(() => {
        for (const stop of stops) stop();
        const last = this.wire.entries().slice(-LINES_IN_ERROR).map(wireLine).join('\n');
        reject(new WireTimeoutError(timeoutMs, last));
      }, timeoutMs);
      const check = (entry: WireEntry): void => {
        if (!fits(entry)) return;
        clearTimeout(limit);
        for (const stop of stops) stop();
        resolve(entry);
      };
    });
  }

  /** Ends everything: port, connections, timers. May be called twice. */
  async stop(): Promise<void> {
    this.clock.close();
    this.#deps.delivery.close();
    await this.#deps.server.close();
  }

  #page(pageId: string): Page {
    const page = this.#deps.platform.pages.get(pageId);
    if (page === undefined)
      throw new InvalidOptionError('pageId', JSON.stringify(pageId), "one of the simulator's Pages");
    return page;
  }
}

function appOf(page: Page, role: ConnectedApp['role']): ConnectedApp {
  for (const app of page.apps.values()) if (app.role === role) return app;
  throw new SimulatorStateError(`Page ${page.pageId} has no app in the role ${role}.`);
}
