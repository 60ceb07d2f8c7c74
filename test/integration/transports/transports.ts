/**
 * The same bot on each transport that a bot may use: our adapter, Botkit with the stock adapter, Azure Bot Service.
 *
 * Exists so that a story is written once and played on all of them. "agent please" hands over from a dialog, whose next
 * step says how it ended; everything else is answered with its text.
 */
import { createServer } from 'node:http';
import { CloudAdapter, ConfigurationBotFrameworkAuthentication, MemoryStorage } from 'botbuilder';
import type { Storage } from 'botbuilder';
import { FacebookAdapter, FacebookEventTypeMiddleware } from 'botbuilder-adapter-facebook';
import { WaterfallDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import { Botkit } from 'botkit';
import express from 'express';
import { MemoryThreadStore } from 'botbuilder-handover-vcclive';
import type {
  BotLogic,
  HandoverEventMap,
  HandoverListener,
  HandoverPlugin,
  HandoverResult,
  SuppressedReason,
  ThreadKey,
  ThreadOwner,
  VccLiveHandoverOptions,
} from 'botbuilder-handover-vcclive';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type {
  GraphEntry,
  SimulatedAgent,
  SimulatedCustomer,
  SimulatedPageInbox,
  SimulatorOptions,
} from 'botbuilder-handover-vcclive/simulator';
import { Bot, BotClock, PSID, breath, dialogBot, listen } from '../scene.js';
import type { Told } from '../scene.js';
import type { AzureHabits } from '../../../src/simulator/azure/azure-activities.js';
import { AzureChannel } from '../../../src/simulator/azure/azure-channel.js';
import type { ThreadRecord } from '../../../src/thread/record.js';
import { recordsIn } from '../../store/thread-records.js';
import { agentsHosts } from './agents-hosts.js';
import { handoverFor, referenceTo, statusOf } from './host-parts.js';
import { listening } from '../../kit/listening.js';
import { repairedAdapter } from './repaired-adapter.js';
import { messengerBot } from './messenger-bot.js';

/** A process looks for deadlines every five seconds. */
const LOOK_MS = 5000;

/** What a story may need that not every host has: an option. */
export type StoryNeed = 'statusEvents';

/** What the plugin of every host can do. */
export interface TransportPlugin extends Pick<HandoverPlugin, 'vccLiveWebhook' | 'health' | 'close' | 'forget'> {
  on<K extends keyof HandoverEventMap>(event: K, listener: HandoverListener<K>): unknown;
  take(thread: ThreadKey): Promise<void>;
  ownerOf(thread: ThreadKey, how?: { readonly ask?: boolean }): Promise<ThreadOwner>;
}

/** What a bot on a transport can be seen to do. */
export interface TransportBot {
  readonly handover: TransportPlugin;
  /** The texts of the messages that the bot's logic got. */
  readonly heard: readonly (string | undefined)[];
  /** The states of the `handoff.status` events that the bot's logic got. */
  readonly statuses: readonly string[];
  /** What the dialog ended with. */
  readonly results: readonly HandoverResult[];
  /** What reached `onTurnError`. */
  readonly errors: readonly unknown[];
  /** Writes to a customer who has not written, as far as that is the transport's own way to do it. */
  writesTo(thread: ThreadKey, text: string): Promise<void>;
  stop(): Promise<void>;
}

/** What a transport is opened with. */
export interface TransportOptions {
  readonly sim?: SimulatorOptions;
  readonly handover?: Partial<VccLiveHandoverOptions>;
  readonly channel?: Partial<AzureHabits>;
}

/** What a bot of the stories stands on. */
export interface Ground {
  readonly sim: MessengerSimulator;
  readonly clock: BotClock;
  readonly store: MemoryThreadStore;
  readonly storage: Storage;
}

/** One of them. */
export interface Transport {
  readonly name: string;
  /** What this host has not. The stories that need it are named in docs/hosts.md. */
  readonly lacks?: readonly StoryNeed[];
  /** Its channel parses Meta's JSON, so the last digits of long app ids are lost. */
  readonly losesDigits?: true;
  /** Starts the bot and connects it to the platform. */
  start(ground: Ground, options: TransportOptions): Promise<TransportBot>;
}

/** A platform with a bot on a transport. */
export interface Play {
  readonly sim: MessengerSimulator;
  readonly clock: BotClock;
  readonly bot: TransportBot;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly inbox: SimulatedPageInbox;
  readonly thread: ThreadKey;
  /** All news of the plugin, in the order in which it was told. */
  readonly told: readonly Told[];
  news<K extends keyof HandoverEventMap>(name: K): HandoverEventMap[K][];
  suppressed(): SuppressedReason[];
  /** How often the bot has saved its state. */
  saves(): number;
  /** Graph calls of the bot's app to one edge. */
  calls(edge: string): GraphEntry[];
  /** `bot`, `vccLive`, `inbox` or `idle`. */
  owner(psid?: string, pageId?: string): string;
  readonly store: MemoryThreadStore;
  record(): Promise<ThreadRecord | undefined>;
  /** Lets time go by, in steps in which a process looks for deadlines once. */
  lapse(ms: number, stepMs?: number): Promise<void>;
  /** Delivers items of the customer's thread, past the platform's own routing. */
  deliver(items: readonly object[], array?: 'messaging' | 'standby'): Promise<void>;
  /** What the bot sent to Graph while another app owned the thread. The rule of the whole product: nothing. */
  saidOverOthers(): string[];
}

/** Our adapter. */
export const ourAdapter: Transport = {
  name: 'HandoverFacebookAdapter',
  async start({ sim, clock, store, storage }, options) {
    const bot = new Bot(
      { sim, clock },
      { store, storage },
      { ...(options.handover && { handover: options.handover }) },
    );
    dialogBot(bot, 'everyTurn');
    bot.handover.attach(bot.adapter, bot.run);
    await bot.listen();
    sim.connectBot(bot.url);
    return {
      handover: bot.handover,
      results: bot.results,
      errors: bot.errors,
      get heard() {
        return bot.heard;
      },
      get statuses() {
        return bot.turns.filter(({ name }) => name === 'handoff.status').map(({ value }) => value.state as string);
      },
      writesTo: (thread, text) =>
        bot.adapter.continueConversation(referenceTo(thread, thread.psid), async (context) => {
          await context.sendActivity(text);
        }),
      stop: () => bot.stop(),
    };
  },
};

/** Botkit, with the adapter that its author would have. */
export const botkit: Transport = {
  name: 'Botkit with the stock adapter',
  async start({ sim, clock, store, storage }, options) {
    const { verifyToken, appSecret, pageAccessToken } = sim.settings;
    const several =
      typeof options.handover?.pageAccessToken === 'function' ? options.handover.pageAccessToken : undefined;
    const adapter = new FacebookAdapter({
      verify_token: verifyToken,
      app_secret: appSecret,
      // It speaks https only, so its own calls end nowhere.
      api_host: '127.0.0.1:9',
      ...(several
        ? { getAccessTokenForPage: async (pageId: string) => several(pageId) }
        : { access_token: pageAccessToken }),
    });
    adapter.use(new FacebookEventTypeMiddleware());
    const errors: unknown[] = [];
    adapter.onTurnError = async (_context, error) => void errors.push(error);
    const handover = handoverFor({ sim, clock, store }, options);
    const webserver = express();
    const controller = new Botkit({ adapter, webserver, disable_console: true, storage });
    controller.usePlugin(handoverPlugin(handover, { ackDeadlineMs: 120_000 }));
    const heard: (string | undefined)[] = [];
    const statuses: string[] = [];
    const results: HandoverResult[] = [];
    const handleTurn = controller.handleTurn.bind(controller);
    controller.handleTurn = (context) => {
      statuses.push(...statusOf(context.activity));
      return handleTurn(context);
    };
    controller.addDialog(handover.dialog());
    controller.addDialog(
      new WaterfallDialog('agent', [
        handover.step(),
        async (step: WaterfallStepContext) => {
          const result = step.result as HandoverResult;
          await step.context.sendActivity(`ended: ${result.outcome} via ${result.via}`);
          results.push(result);
          return step.endDialog();
        },
      ]),
    );
    controller.on('message,facebook_postback', async (bot, message) => {
      heard.push(message.text);
      if (message.text === 'agent please') await bot.beginDialog('agent');
      else await bot.reply(message, `bot: ${message.text}`);
    });
    const { url, close } = await listening(createServer(webserver));
    sim.connectBot(url);
    return {
      handover,
      heard,
      statuses,
      results,
      errors,
      writesTo: async (thread, text) => {
        const bot = await controller.spawn(thread.pageId);
        await bot.startConversationWithUser(thread.psid);
        await bot.say(text);
      },
      stop: close,
    };
  },
};

/** A bot behind Azure Bot Service, with its Facebook channel before it. */
export interface AzureBot extends TransportBot {
  readonly channel: AzureChannel;
  readonly adapter: CloudAdapter;
}

/** Azure Bot Service's Facebook channel. */
export const azure = {
  name: "Azure Bot Service's Facebook channel",
  losesDigits: true,
  async start({ sim, clock, store, storage }, options): Promise<AzureBot> {
    const channel = await AzureChannel.open(sim, options.channel);
    const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
    const errors: unknown[] = [];
    adapter.onTurnError = async (_context, error) => void errors.push(error);
    const handover = handoverFor({ sim, clock, store }, options);
    adapter.use(handover);
    const heard: (string | undefined)[] = [];
    const host = { handover, storage, results: [] as HandoverResult[], logic: (async () => undefined) as BotLogic };
    dialogBot(host, 'everyTurn');
    const statuses: string[] = [];
    const logic: BotLogic = async (context) => {
      statuses.push(...statusOf(context.activity));
      if (context.activity.type === 'message') heard.push(context.activity.text);
      await host.logic(context);
    };
    handover.attach(adapter, logic, { microsoftAppId: 'any-app-id' });
    const app = express();
    app.use(express.json());
    app.post('/api/messages', (req, res) => void adapter.process(req, res as never, logic));
    const { url, close } = await listening(createServer(app));
    channel.connect(url);
    return {
      channel,
      adapter,
      handover,
      heard,
      statuses,
      results: host.results,
      errors,
      writesTo: (thread, text) => {
        const reference = referenceTo(thread, `${thread.psid}-${thread.pageId}`);
        return adapter.continueConversationAsync(
          'any-app-id',
          { ...reference, serviceUrl: channel.serviceUrl },
          async (context) => {
            await context.sendActivity(text);
          },
        );
      },
      stop: async () => {
        await close();
        await channel.close();
      },
    };
  },
} satisfies Transport;

/** Every transport. */
export const transports: readonly Transport[] = [
  ourAdapter,
  repairedAdapter,
  botkit,
  azure,
  ...agentsHosts,
  messengerBot,
];

const open: (() => Promise<void>)[] = [];

/** Opens a platform with a bot on that transport; {@link closePlays} closes it. */
export async function playOn<B extends TransportBot>(
  transport: { start(ground: Ground, options: TransportOptions): Promise<B> },
  options: TransportOptions = {},
): Promise<Play & { readonly bot: B }> {
  const sim = await MessengerSimulator.start({ clock: 'held', ...options.sim });
  open.push(() => sim.stop());
  const clock = new BotClock(sim);
  const store = new MemoryThreadStore({ now: () => clock.now() });
  let saves = 0;
  const memory = new MemoryStorage();
  const storage: Storage = {
    read: (keys) => memory.read(keys),
    write: (changes) => {
      saves += 1;
      return memory.write(changes);
    },
    delete: (keys) => memory.delete(keys),
  };
  const bot = await transport.start({ sim, clock, store, storage }, options);
  open.push(async () => {
    await bot.handover.close();
    await bot.stop();
  });
  const told: Told[] = [];
  listen(bot.handover, 0, told);
  const { settings } = sim;
  const thread = { pageId: settings.pageId, psid: PSID };
  const names = new Map([
    [settings.botAppId, 'bot'],
    [settings.pageInboxAppId, 'inbox'],
    ...settings.pages.map((page) => [page.vccLiveAppId, 'vccLive'] as const),
  ]);
  let stamps = 0;
  return {
    sim,
    clock,
    bot,
    told,
    thread,
    customer: sim.customer(PSID),
    agent: sim.agent(),
    inbox: sim.pageInbox(),
    news: <K extends keyof HandoverEventMap>(name: K) =>
      told.filter((each) => each.name === name).map((each) => each.news as HandoverEventMap[K]),
    suppressed: () => told.filter((each) => each.name === 'suppressed').map((each) => each.news.reason),
    calls: (edge) => sim.wire.of('graph').filter((entry) => entry.appId === settings.botAppId && entry.edge === edge),
    owner: (psid = PSID, pageId = settings.pageId) => {
      const { owner } = sim.ownerOf(psid, pageId);
      return names.get(owner) ?? owner;
    },
    store,
    saves: () => saves,
    record: () => recordsIn(store).read(thread),
    lapse: async (ms, stepMs = LOOK_MS) => {
      for (let gone = 0; gone < ms; gone += stepMs) {
        await clock.advance(Math.min(stepMs, ms - gone));
        // What a process does on a deadline is its own doing, not a delivery that the platform could wait for.
        await breath();
        await sim.settled();
      }
    },
    deliver: async (items, array = 'messaging') => {
      // Stamps of the platform's own grow by the millisecond while its clock stands: a second keeps these apart.
      await clock.advance(1000);
      const head = { sender: { id: PSID }, recipient: { id: settings.pageId } };
      const list = items.map((item) => ({ ...head, timestamp: clock.now() + stamps++, ...item }));
      await sim.deliverRaw({ object: 'page', entry: [{ id: settings.pageId, time: clock.now(), [array]: list }] });
      await clock.advance(1000);
    },
    saidOverOthers: () => {
      const owners = new Map<string, string>();
      const found: string[] = [];
      for (const entry of sim.wire.entries()) {
        if (entry.kind === 'owner') owners.set(`${entry.pageId}/${entry.psid}`, entry.to);
        if (entry.kind !== 'graph' || entry.appId !== settings.botAppId || entry.edge !== 'messages') continue;
        const body = entry.body as { recipient?: { id?: string } };
        const owner = owners.get(`${entry.pageId}/${body.recipient?.id}`) ?? 'idle';
        if (owner !== 'idle' && owner !== settings.botAppId) found.push(JSON.stringify(entry.body));
      }
      return found;
    },
  };
}

/** Closes whatever a test has opened. For `afterEach`. */
export async function closePlays(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}
