/** The stage of the integration tests: a pretend platform, one or more bots on real HTTP ports, and one held clock. */
import { createServer, type Server } from 'node:http';
import { ActivityHandler, ConversationState, MemoryStorage } from 'botbuilder';
import type { Storage, StoreItems } from 'botbuilder';
import { ComponentDialog, WaterfallDialog, runDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import { MemoryThreadStore, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type {
  BotLogic,
  Clock,
  HandoverEventMap,
  HandoverRequest,
  HandoverResult,
  SuppressedReason,
  ThreadKey,
  ThreadStore,
  Ticket,
  VccLiveHandoverOptions,
} from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type {
  GraphEntry,
  SimulatedAgent,
  SimulatedCustomer,
  SimulatedPageInbox,
  SimulatorOptions,
} from 'botbuilder-handover-vcclive/simulator';
import type { ThreadRecord } from '../../src/thread/record.js';
import { recordsIn } from '../store/thread-records.js';
import { phrasesBesideDialogs } from './own-words.js';
import type { TransportPlugin } from './transports/transports.js';
import { listenLocally, originOf } from '../kit/listening.js';
import { quietLogger } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';

export const PSID = '6600112233445566';
const STEP_MS = 250;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A turn as the bot's logic saw it. */
export interface SeenTurn {
  readonly type: string;
  readonly name: string | undefined;
  readonly text: string | undefined;
  readonly value: any;
}

/** One piece of news, and the bot that told it. */
export interface Told {
  readonly name: keyof HandoverEventMap;
  readonly news: any;
  readonly bot: number;
}

/** The bots' clock: Meta's, unless it is rushed ahead; Meta's stamps are then rushed with it. */
export class BotClock implements Clock {
  readonly #sim: MessengerSimulator;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #aheadMs = 0;

  constructor(sim: MessengerSimulator) {
    this.#sim = sim;
  }

  now(): number {
    return this.#sim.clock.now() + this.#aheadMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.now() + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets the clock run, with Meta's stamps, until `promise` is settled: for waits that are in the way of a delivery. */
  async rush<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    void promise.then(
      () => (over = true),
      () => (over = true),
    );
    await breath(10);
    const isOver = (): boolean => over;
    while (!isOver()) {
      this.#aheadMs += STEP_MS;
      this.#sim.weather.clockSkewMs += STEP_MS;
      this.#fire();
      await breath(5);
    }
    return promise;
  }

  /** Moves both clocks. */
  async advance(ms: number): Promise<void> {
    const moved = this.#sim.clock.advance(ms);
    await moved;
    this.#fire();
    await this.#sim.settled();
  }

  #fire(): void {
    for (const timer of [...this.#timers].sort((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs > this.now() || !this.#timers.delete(timer)) continue;
      timer.run();
    }
  }
}

/** A process that can die: from that moment nothing that it waits for ever comes. */
class Life {
  #dead = false;

  get dead(): boolean {
    return this.#dead;
  }

  die(): void {
    this.#dead = true;
  }

  async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#dead) return new Promise(() => undefined);
    const value = await work();
    return this.#outlived(value);
  }

  #outlived<T>(value: T): T | Promise<T> {
    return this.#dead ? new Promise(() => undefined) : value;
  }
}

/** A store seen by one process: it dies with it, can be lost, and its writes can be watched. */
export interface ProcessStore extends ThreadStore {
  /** While set, nothing answers. */
  lost: boolean;
  /** Called after each write of a record. */
  onWritten: ((record: ThreadRecord | undefined) => void) | undefined;
}

function processStore(shared: ThreadStore, life: Life): ProcessStore {
  const records = recordsIn(shared);
  const seen: ProcessStore = storeAround(
    shared,
    ({ name, given, run }) =>
      life.guard(async () => {
        if (seen.lost) throw new StoreLost();
        const answer = await run();
        const [of] = given as [ThreadKey | Ticket];
        if (name === 'update' || name === 'enter')
          seen.onWritten?.(await records.read('thread' in of ? of.thread : of));
        return answer;
      }),
    { lost: false, onWritten: undefined as ProcessStore['onWritten'] },
  );
  return seen;
}

/** What a store of the user's own throws: not one of the package's errors. */
class StoreLost extends Error {
  override readonly name = 'StoreLost';
  constructor() {
    super('connection refused');
  }
}

/** One bot process: adapter, plugin and logic behind an HTTP port of its own. */
export class Bot {
  readonly turns: SeenTurn[] = [];
  /** What dialogs ended with. */
  readonly results: HandoverResult[] = [];
  readonly errors: Error[] = [];
  readonly life = new Life();
  readonly store: ProcessStore;
  readonly storage: Storage;
  readonly handover: VccLiveHandover;
  readonly adapter: HandoverFacebookAdapter;
  /** What runs in each turn, after the turn was noted down. */
  logic: BotLogic = echoing;
  #server: Server | undefined;
  #url = '';

  constructor(scene: { sim: MessengerSimulator; clock: Clock }, shared: SharedState, options: SceneOptions) {
    const { sim, clock } = scene;
    this.store = processStore(shared.store, this.life);
    this.storage = mortal(shared.storage, this.life);
    this.handover = new VccLiveHandover({
      ...connection(sim),
      clock,
      ...(options.store === 'own' ? {} : { store: this.store }),
      logger: quietLogger,
      talkToAgent: phrasesBesideDialogs,
      ...options.handover,
      graph: { baseUrl: sim.graphBaseUrl, timeoutMs: 60_000, ...options.handover?.graph },
    });
    this.adapter = new HandoverFacebookAdapter({
      handover: this.handover,
      verify_token: sim.settings.verifyToken,
      ackDeadlineMs: 120_000,
      ...options.adapter,
    });
    this.adapter.onTurnError = async (_context, error) => void this.errors.push(error);
  }

  /** The logic with its book-keeping, as it is given to the adapter. */
  run: BotLogic = async (context) => {
    const { type, name, text, value } = context.activity;
    this.turns.push({ type, name, text, value: value as unknown });
    await this.logic(context);
  };

  get url(): string {
    return this.#url;
  }

  /** The texts of the messages that the logic got. */
  get heard(): (string | undefined)[] {
    return this.turns.filter((turn) => turn.type === 'message').map((turn) => turn.text);
  }

  /** The names of the events that the logic got. */
  get events(): (string | undefined)[] {
    return this.turns.filter((turn) => turn.type === 'event').map((turn) => turn.name);
  }

  async listen(): Promise<void> {
    this.#server = createServer((req, res) => void this.adapter.processActivity(req, res, this.run));
    await listenLocally(this.#server);
    this.#url = `${originOf(this.#server)}/api/messages`;
  }

  /** The process is gone: its connections break, and nothing of it goes on. */
  die(): void {
    this.life.die();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  stop(): Promise<void> {
    this.life.die();
    return new Promise((resolve) => {
      if (!this.#server) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** What a scene is opened with. */
export interface SceneOptions {
  readonly sim?: SimulatorOptions;
  readonly handover?: Partial<VccLiveHandoverOptions>;
  readonly adapter?: { ackDeadlineMs?: number };
  /** Default 1. */
  readonly bots?: number;
  /** How far the clock of each bot is ahead of the others' (or behind: negative), milliseconds. Default 0 for each. */
  readonly clocksAheadMs?: readonly number[];
  /** What all bots share; `own`: each has the one that the plugin makes itself, and the stage sees nothing of it. */
  readonly store?: 'own' | ((clock: Clock) => ThreadStore);
}

interface SharedState {
  readonly store: ThreadStore;
  readonly storage: Storage;
}

/** Platform, bots, one customer, VCC Live's agent. */
export interface Scene {
  readonly sim: MessengerSimulator;
  readonly clock: BotClock;
  /** The first bot. */
  readonly bot: Bot;
  readonly bots: readonly Bot[];
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly inbox: SimulatedPageInbox;
  readonly thread: ThreadKey;
  /** All news of all bots, in the order in which it was told. */
  readonly told: readonly Told[];
  readonly store: ThreadStore;
  /** The news of one sort. */
  news<K extends keyof HandoverEventMap>(name: K): HandoverEventMap[K][];
  /** Why things stayed in. */
  suppressed(): SuppressedReason[];
  /** Graph calls of the bot's app to one edge. */
  calls(edge: string): GraphEntry[];
  /** `bot`, `vccLive`, `inbox` or `idle`. */
  owner(): string;
  /** The record of the customer's thread. */
  record(): Promise<ThreadRecord | undefined>;
  /** Meta's time in milliseconds, a millisecond later each time. */
  stamp(): number;
  /** Good weather again; the stamps go on from where they are. */
  calm(): void;
  /** Delivers items of the customer's thread, past the platform's own routing. */
  deliver(items: readonly object[], array?: 'messaging' | 'standby'): Promise<number>;
  close(): Promise<void>;
}

/** The clock of a machine that is set wrong. */
function shifted(clock: Clock, aheadMs: number): Clock {
  return { now: () => clock.now() + aheadMs, after: (delayMs, run) => clock.after(delayMs, run) };
}

const open: Scene[] = [];

/** Opens a scene; {@link closeScenes} closes it. */
export async function scene(options: SceneOptions = {}): Promise<Scene> {
  const sim = await MessengerSimulator.start({ clock: 'held', ...options.sim });
  const clock = new BotClock(sim);
  const shared: SharedState = {
    store:
      typeof options.store === 'function' ? options.store(clock) : new MemoryThreadStore({ now: () => clock.now() }),
    storage: new MemoryStorage(),
  };
  const bots = Array.from({ length: options.bots ?? 1 }, (_bot, index) => {
    const aheadMs = options.clocksAheadMs?.[index] ?? 0;
    return new Bot({ sim, clock: shifted(clock, aheadMs) }, shared, options);
  });
  for (const bot of bots) await bot.listen();
  const told: Told[] = [];
  bots.forEach((bot, index) => listen(bot.handover, index, told));
  sim.connectBot(bots.map((bot) => bot.url));
  const { settings } = sim;
  const thread = { pageId: settings.pageId, psid: PSID };
  let stamps = 0;
  const made: Scene = {
    sim,
    clock,
    bot: bots[0]!,
    bots,
    customer: sim.customer(PSID),
    agent: sim.agent(),
    inbox: sim.pageInbox(),
    thread,
    told,
    store: shared.store,
    news: <K extends keyof HandoverEventMap>(name: K) =>
      told.filter((each) => each.name === name).map((each) => each.news as HandoverEventMap[K]),
    suppressed: () => told.filter((each) => each.name === 'suppressed').map((each) => each.news.reason),
    calls: (edge) => sim.wire.of('graph').filter((entry) => entry.appId === settings.botAppId && entry.edge === edge),
    owner: () => {
      const { owner } = sim.ownerOf(PSID);
      const names = new Map([
        [settings.botAppId, 'bot'],
        [settings.vccLiveAppId, 'vccLive'],
        [settings.pageInboxAppId, 'inbox'],
      ]);
      return names.get(owner) ?? owner;
    },
    record: () => recordsIn(shared.store).read(thread),
    stamp: () => clock.now() + stamps++,
    calm: () => {
      const { clockSkewMs } = sim.weather;
      sim.weather.calm();
      sim.weather.clockSkewMs = clockSkewMs;
    },
    deliver: async (items, array = 'messaging') => {
      // Stamps of the platform's own grow by the millisecond while its clock stands: a second keeps these apart.
      await clock.advance(1000);
      const head = { sender: { id: PSID }, recipient: { id: settings.pageId } };
      const list = items.map((item) => ({ ...head, timestamp: made.stamp(), ...item }));
      const body = { object: 'page', entry: [{ id: settings.pageId, time: made.stamp(), [array]: list }] };
      const answer = await sim.deliverRaw(body);
      await clock.advance(1000);
      return answer.status;
    },
    close: async () => {
      for (const bot of bots) await bot.stop();
      await sim.stop();
    },
  };
  open.push(made);
  return made;
}

/** Closes whatever a test has opened. For `afterEach`. */
export async function closeScenes(): Promise<void> {
  for (const each of open.splice(0)) await each.close();
}

/** What a handover needs to know of the simulator. */
export function connection(
  sim: MessengerSimulator,
): Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret' | 'graph'> {
  const { botAppId, vccLiveAppId, pageAccessToken, appSecret } = sim.settings;
  return { botAppId, vccLiveAppId, pageAccessToken, appSecret, graph: { baseUrl: sim.graphBaseUrl } };
}

/** Answers every message with its text. */
export const echoing: BotLogic = async (context) => {
  if (context.activity.type === 'message') await context.sendActivity(`bot: ${context.activity.text}`);
};

/** Notes down everything a plugin tells. */
export function listen(handover: Pick<TransportPlugin, 'on'>, bot: number, told: Told[]): void {
  const names: (keyof HandoverEventMap)[] = [
    'begun',
    'passed',
    'claimed',
    'returning',
    'returned',
    'ownerChanged',
    'refused',
    'failed',
    'disagreement',
    'suppressed',
    'vccLiveEvent',
    'standbyMessage',
    'ignored',
  ];
  for (const name of names) handover.on(name, (news) => void told.push({ name, news, bot }));
}

/** What a bot with dialogs is made on. */
export type DialogHost = Pick<Bot, 'handover' | 'storage' | 'results' | 'logic'>;

/** Which turns run the dialogs. */
export type Template = 'everyTurn' | 'messagesOnly';

/**
 * A bot with dialogs: "agent please" begins a handover from a waterfall, whose next step greets with the result.
 * Anything else is answered with its text.
 */
export function dialogBot(bot: DialogHost, template: Template, request: HandoverRequest = {}): void {
  const state = new ConversationState(bot.handover.guardStorage(bot.storage));
  const dialogs = state.createProperty('dialogs');
  const root = new RootDialog(bot, request);
  if (template === 'everyTurn') {
    bot.logic = async (context) => {
      await runDialog(root, context, dialogs);
      await state.saveChanges(context);
    };
    return;
  }
  const handler = new ActivityHandler();
  handler.onMessage(async (context, next) => {
    await runDialog(root, context, dialogs);
    await next();
  });
  bot.logic = async (context) => {
    await handler.run(context);
    await state.saveChanges(context);
  };
}

class RootDialog extends ComponentDialog {
  constructor(bot: DialogHost, request: HandoverRequest) {
    super('root');
    this.addDialog(bot.handover.dialog());
    this.addDialog(
      new WaterfallDialog('main', [
        async (step: WaterfallStepContext) => {
          const { type, text } = step.context.activity;
          if (type !== 'message') return step.endDialog();
          if (text === 'agent please') return step.replaceDialog('agent');
          await step.context.sendActivity(`bot: ${text}`);
          return step.endDialog();
        },
      ]),
    );
    this.addDialog(
      new WaterfallDialog('agent', [
        bot.handover.step(request),
        async (step: WaterfallStepContext) => {
          const result = step.result as HandoverResult;
          await step.context.sendActivity(`ended: ${result.outcome} via ${result.via}`);
          bot.results.push(result);
          return step.endDialog();
        },
      ]),
    );
    this.initialDialogId = 'main';
  }
}

/** What the bot sent to Graph while another app owned the thread. The rule of the whole product: nothing. */
export function saidOverOthers(stage: Scene): string[] {
  const { botAppId } = stage.sim.settings;
  const owners = new Map<string, string>();
  const found: string[] = [];
  for (const entry of stage.sim.wire.entries()) {
    if (entry.kind === 'owner') owners.set(entry.psid, entry.to);
    if (entry.kind !== 'graph' || entry.appId !== botAppId || entry.edge !== 'messages') continue;
    const body = entry.body as { recipient?: { id?: string } };
    const owner = owners.get(body.recipient?.id ?? '') ?? 'idle';
    if (owner !== 'idle' && owner !== botAppId) found.push(JSON.stringify(entry.body));
  }
  return found;
}

/** Resolves when `fits` holds; looked at every few milliseconds, for a second. */
export async function until(fits: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !fits(); tries += 1) await breath(5);
  if (!fits()) throw new Error(`It did not come true: ${fits.toString()}`);
}

/** A few real milliseconds, for sockets. */
export function breath(ms = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A day and a bit: control has ended. */
export const MORE_THAN_A_DAY_MS = DAY_MS + 60_000;

function mortal(storage: Storage, life: Life): Storage {
  return {
    read: (keys) => life.guard(() => storage.read(keys)),
    write: (changes: StoreItems) => life.guard(() => storage.write(changes)),
    delete: (keys) => life.guard(() => storage.delete(keys)),
  };
}
