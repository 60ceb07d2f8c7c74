/**
 * The sample bot on the simulator's own port, with everything that the page of `npm start` can show: two Pages, VCC Live's
 * webhooks, and a bot that you can shut down and start again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MemoryStorage } from 'botbuilder';
import { MemoryThreadStore } from 'botbuilder-handover-vcclive';
import type {
  CloseReport,
  HandoverEventMap,
  HandoverListener,
  ThreadKey,
  ThreadOwner,
} from 'botbuilder-handover-vcclive';
import type { MessengerSimulator, SimulatorOptions, StageOptions } from 'botbuilder-handover-vcclive/simulator';
import { startBot } from './bot.js';
import type { SampleMemory, SamplePolicies } from './bot.js';
import type { SampleSettings } from './settings.js';
import { stagePolicies } from './stage-policies.js';

const SHOP = '111222333444555';
const WORKSHOP = '222333444555666';
/** Invented, like all ids of the simulator. */
const VCC_LIVE_WEBHOOK_SECRET = 'simulated-vcc-live-webhook-secret';

/** The Pages of the stage. */
export const stagePlatform: Pick<SimulatorOptions, 'pageId' | 'pages'> = {
  pageId: SHOP,
  pages: [{ pageId: WORKSHOP }],
};

/** What the stage needs of the plugin, whatever the bot runs on. */
export interface StagedPlugin {
  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): unknown;
  ownerOf(thread: ThreadKey): Promise<ThreadOwner>;
  close(how?: { readonly withinMs?: number }): Promise<CloseReport>;
}

/** A running sample bot of any framework, or of none. */
export interface RunningBot {
  readonly port: number;
  readonly handover: StagedPlugin;
  /** Serves a request that came in on another server's port. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  stop(): Promise<void>;
}

/** Starts a sample bot with the policies of the stage. */
export type StartBot = (
  settings: SampleSettings,
  say: (line: string) => void,
  how: SamplePolicies & SampleMemory,
) => Promise<RunningBot>;

/** The sample bot, which you can shut down and start again. Its state is kept meanwhile. */
export interface BotOnStage {
  readonly handover: StagedPlugin;
  /** Starts the bot; does nothing if it runs. */
  start(): Promise<void>;
  /** Shuts the bot down as a deployment would: running turns finish. Webhooks then get 503. */
  stop(): Promise<void>;
  /** What the page shows of the bot. */
  readonly stage: Pick<StageOptions, 'botLabel' | 'pageNames' | 'believes' | 'handover' | 'bot'>;
}

/**
 * Starts the bot. It uses the simulator's clock: if you wind it forward by a day, the day passes for both.
 * @param startWith starts the bot of another framework. Default: Bot Framework's
 */
export async function putOnStage(
  simulator: MessengerSimulator,
  say: (line: string) => void,
  startWith: StartBot = startBot,
): Promise<BotOnStage> {
  const { settings, graphBaseUrl, clock } = simulator;
  // The platform forgets everything at the end, so memory is enough. `npm run sample` keeps an SQLite file.
  const kept = { store: new MemoryThreadStore({ now: () => clock.now() }), storage: new MemoryStorage() };
  const tokens = new Map(settings.pages.map(({ pageId, pageAccessToken }) => [pageId, pageAccessToken]));
  const start = (): Promise<RunningBot> =>
    startWith(
      {
        appId: settings.botAppId,
        appSecret: settings.appSecret,
        pageAccessToken: settings.pageAccessToken,
        verifyToken: settings.verifyToken,
        vccLiveAppId: settings.vccLiveAppId,
        vccLiveWebhookSecret: VCC_LIVE_WEBHOOK_SECRET,
        graphBaseUrl,
        port: 0,
      },
      say,
      { ...stagePolicies(simulator), ...kept, pageAccessToken: (pageId) => tokens.get(pageId) ?? '' },
    );
  let bot = await start();
  let isUp = true;
  const heard = new HeardEvents();
  heard.hear(bot.handover);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (isUp) {
      bot.serve(request, response);
      return;
    }
    // A load balancer would answer for a stopped process. Not chained: restify's writeHead returns nothing.
    response.writeHead(503);
    response.end();
  };
  simulator.mount('/api/messages', serve);
  simulator.mount('/vcc-live', serve);
  simulator.connectBot(`${graphBaseUrl}/api/messages`);
  simulator.connectVccLive({ url: `${graphBaseUrl}/vcc-live`, secret: VCC_LIVE_WEBHOOK_SECRET });
  const verified = await simulator.verifyWebhook();
  if (!verified.ok) throw new Error(`The bot did not answer the webhook verification: ${verified.status}`);

  let changing: Promise<void> = Promise.resolve();
  /** Runs one after another: a start during a shutdown waits for the shutdown. */
  const change = (up: boolean): Promise<void> => {
    changing = changing.then(async () => {
      if (isUp === up) return;
      if (up) {
        bot = await start();
        heard.hear(bot.handover);
      }
      isUp = up;
      simulator.wire.note(up ? 'the bot has been started again' : 'the bot is shut down');
      if (!up) await bot.stop();
    });
    return changing;
  };
  const current: BotOnStage = {
    get handover() {
      return bot.handover;
    },
    start: () => change(true),
    stop: () => change(false),
    stage: {
      botLabel: 'Sample bot',
      pageNames: { [SHOP]: 'Shop', [WORKSHOP]: 'Workshop' },
      believes: async (thread) => (await bot.handover.ownerOf(thread)).owner,
      handover: heard,
      bot: { start: () => change(true), stop: () => change(false) },
    },
  };
  return current;
}

/** The events of every bot that has been started, for listeners who came before it. */
class HeardEvents {
  readonly #subscriptions: ((handover: StagedPlugin) => void)[] = [];
  #current: StagedPlugin | undefined;

  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): void {
    this.#subscriptions.push((handover) => handover.on(event, listener));
    this.#current?.on(event, listener);
  }

  hear(handover: StagedPlugin): void {
    this.#current = handover;
    for (const subscribe of this.#subscriptions) subscribe(handover);
  }
}
