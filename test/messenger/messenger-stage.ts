/** A pretend platform with bots without a framework, for the tests of this room. */
import { createServer } from 'node:http';
import { MemoryThreadStore, MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import type { HandoverEventMap, MessengerBotOptions, ThreadKey } from 'botbuilder-handover-vcclive/messenger';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type {
  GraphEntry,
  SimulatedAgent,
  SimulatedCustomer,
  SimulatorOptions,
} from 'botbuilder-handover-vcclive/simulator';
import { BotClock, PSID, breath, connection } from '../integration/scene.js';
import { listening } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';

/** A platform, and what stands around it. */
export interface Stage {
  readonly sim: MessengerSimulator;
  readonly clock: BotClock;
  readonly store: MemoryThreadStore;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly thread: ThreadKey;
  /** What bots have logged as warnings and errors. */
  readonly log: readonly string[];
  /** Makes a bot. It answers webhooks after {@link connect}. */
  bot(options?: Partial<MessengerBotOptions>): MessengerBot;
  /** Gives the bots' addresses to the platform, which delivers to them in turn. */
  connect(...bots: readonly MessengerBot[]): Promise<void>;
  /** `bot`, `vccLive`, or an id. */
  owner(): string;
  /** The bodies of the messages that the bot sent. */
  sent(): Record<string, unknown>[];
  /** Lets time go by, in steps in which a process looks for deadlines once. */
  lapse(ms: number): Promise<void>;
  /** Delivers one item of the customer's thread. */
  deliver(item: object): Promise<void>;
}

const closing: (() => Promise<unknown>)[] = [];
const LOOK_MS = 5000;

/** Opens a stage; {@link closeStages} closes it. */
export async function openStage(options: SimulatorOptions = {}): Promise<Stage> {
  const sim = await MessengerSimulator.start({ clock: 'held', ...options });
  closing.push(() => sim.stop());
  const clock = new BotClock(sim);
  const store = new MemoryThreadStore({ now: () => clock.now() });
  const log: string[] = [];
  const note = (line: string): void => void log.push(line);
  const { settings } = sim;
  const calls = (): GraphEntry[] =>
    sim.wire.of('graph').filter(({ appId, edge }) => appId === settings.botAppId && edge === 'messages');
  return {
    sim,
    clock,
    store,
    log,
    customer: sim.customer(PSID),
    agent: sim.agent(),
    thread: { pageId: settings.pageId, psid: PSID },
    bot: (own = {}) => {
      const { appSecret, verifyToken } = settings;
      const logger = { ...quietLogger, warn: note, error: note };
      const known = { appSecret, verifyToken, clock, store, logger };
      // The bots of these tests hear "agent please" themselves, which the default phrases hear, too.
      const bot = new MessengerBot({ ...connection(sim), ...known, talkToAgent: [], ...own });
      closing.push(() => bot.close());
      return bot;
    },
    connect: async (...bots) => {
      const urls: string[] = [];
      for (const { webhook } of bots) {
        const { url, close } = await listening(createServer((req, res) => void webhook(req, res)));
        closing.push(close);
        urls.push(url);
      }
      sim.connectBot(urls);
    },
    owner: () => {
      const { owner } = sim.ownerOf(PSID);
      return owner === settings.botAppId ? 'bot' : owner === settings.vccLiveAppId ? 'vccLive' : owner;
    },
    sent: () => calls().map(({ body }) => body as Record<string, unknown>),
    lapse: async (ms) => {
      for (let gone = 0; gone < ms; gone += LOOK_MS) {
        await clock.advance(Math.min(LOOK_MS, ms - gone));
        // What a process does on a deadline is no delivery that the platform could wait for.
        await breath();
        await sim.settled();
      }
    },
    deliver: async (item) => {
      await clock.advance(1000);
      const head = { sender: { id: PSID }, recipient: { id: settings.pageId }, timestamp: clock.now() };
      const entry = { id: settings.pageId, time: clock.now(), messaging: [{ ...head, ...item }] };
      await sim.deliverRaw({ object: 'page', entry: [entry] });
      await sim.settled();
    },
  };
}

/** Closes what a test has opened. For `afterEach`. */
export async function closeStages(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/** Collects what a bot emits under one name. */
export function collect<K extends keyof HandoverEventMap>(bot: MessengerBot, name: K): HandoverEventMap[K][] {
  const found: HandoverEventMap[K][] = [];
  bot.on(name, (news) => void found.push(news));
  return found;
}
