/** Plays a schedule: the pretend platform, bot processes, people; and writes down what happened for the judge. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MemoryStorage } from 'botbuilder';
import { BotStorageThreadStore, MemoryThreadStore } from 'botbuilder-handover-vcclive';
import type { Clock, ThreadStore } from 'botbuilder-handover-vcclive';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { ConversationEntry, WireEntry } from 'botbuilder-handover-vcclive/simulator';
import { BotProcess, type Notes, type Surroundings } from './bot-process.js';
import type { Act, Edge, GraphFault, Move, Schedule } from './schedule.js';
import { VirtualTime } from './virtual-time.js';
import type { ThreadRecord } from '../../src/thread/record.js';
import { DRIVERS } from '../store/sqlite-files.js';
import { recordsIn } from '../store/thread-records.js';

const START_MS = Date.UTC(2026, 10, 22, 9);
const DAY_AND_MORE_MS = 25 * 60 * 60_000;
const RESTART_MS = 2000;
const WIRE_CAPACITY = 50_000;
/** Past Meta's fourth redelivery, every lease and every retry. */
const DUST_SETTLES_MS = 400_000;
const LONGEST_PAUSE_MS = 60_000;
const BETWEEN_LAST_WORDS_MS = 20_000;
const MACHINE_CLOCK: Clock = { now: () => Date.now(), after: later };
let prefixes = 0;

/** A client of Redis, as `createClient` makes it. */
export type RedisClient = ConstructorParameters<typeof RedisThreadStore>[0];
const PSID = '6600112233445566';

/** A message or button of the customer's. */
export interface Said {
  readonly text: string;
  readonly atMs: number;
  /** Who owned the thread just after. */
  readonly owner: string;
}

/** A process stood still. */
export interface Pause {
  readonly process: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Everything that was seen. */
export interface Chronicle {
  readonly schedule: Schedule;
  readonly notes: Notes;
  readonly said: readonly Said[];
  readonly wire: readonly WireEntry[];
  /** When each entry of the wire ended, by its number. */
  readonly endedMs: ReadonlyMap<number, number>;
  readonly conversation: readonly ConversationEntry[];
  readonly appIds: { readonly bot: string; readonly vccLive: string; readonly inbox: string };
  readonly deaths: readonly { readonly process: number; readonly atMs: number }[];
  readonly pauses: readonly Pause[];
  readonly outages: readonly { readonly process: number | 'all'; readonly fromMs: number; readonly toMs: number }[];
  /** Who owns the thread in the end, in truth and as each process knows it. */
  readonly truth: string;
  readonly believed: readonly string[];
  readonly record: ThreadRecord | undefined;
  readonly settledMs: number;
  /** The handover that was open still after VCC Live had handed the thread back in calm weather. */
  readonly openAfterHandBack: ThreadRecord['open'] | undefined;
}

/** Plays it to the end: afterwards the weather is calm, the thread is the bot's, and the customer has had the last word. */
export async function play(schedule: Schedule, redis?: RedisClient): Promise<Chronicle> {
  const time = new VirtualTime(START_MS);
  try {
    const stage = await Stage.open(schedule, time, redis);
    try {
      for (const move of schedule.moves) await stage.perform(move);
      return await stage.settle();
    } finally {
      await stage.close();
    }
  } finally {
    time.end();
  }
}

class Stage {
  readonly #schedule: Schedule;
  readonly #time: VirtualTime;
  readonly #sim: MessengerSimulator;
  readonly #stores: Stores;
  readonly #store: ThreadStore;
  readonly #surroundings: Surroundings;
  readonly #processes: BotProcess[] = [];
  readonly #fallen: BotProcess[] = [];
  readonly #notes: Notes = { turns: [], emitted: [], given: [], results: [], errors: [], complaints: [] };
  readonly #said: Said[] = [];
  readonly #endedMs = new Map<number, number>();
  readonly #deaths: { process: number; atMs: number }[] = [];
  readonly #outages: { process: number | 'all'; fromMs: number; toMs: number }[] = [];
  readonly #pauses: Pause[] = [];
  #counter = 0;

  private constructor(schedule: Schedule, time: VirtualTime, sim: MessengerSimulator, redis: RedisClient | undefined) {
    this.#schedule = schedule;
    this.#time = time;
    this.#sim = sim;
    this.#stores = storesOf(schedule, redis);
    this.#store = this.#stores.storeFor(MACHINE_CLOCK);
    const { storeFor } = this.#stores;
    this.#surroundings = { sim, time, notes: this.#notes, storeFor, storage: new MemoryStorage() };
    sim.wire.on('update', (entry) => this.#endedMs.set(entry.seq, Date.now()));
  }

  static async open(schedule: Schedule, time: VirtualTime, redis: RedisClient | undefined): Promise<Stage> {
    const sim = await MessengerSimulator.start({
      clock: 'real',
      seed: schedule.seed,
      wireCapacity: WIRE_CAPACITY,
      ...schedule.habits,
    });
    const stage = new Stage(schedule, time, sim, redis);
    for (let index = 0; index < schedule.processes; index += 1) await stage.#start(index);
    stage.#connect();
    const { duplicates, duplicatesCome, reorderMs, delayMs, batchingMs, batchingApart, timestampsInSeconds } = schedule;
    Object.assign(sim.weather, { duplicates, duplicatesCome, reorderMs, delayMs, batchingMs, batchingApart });
    Object.assign(sim.weather, { timestampsInSeconds, clockSkewMs: schedule.metaSkewMs });
    return stage;
  }

  async perform({ gapMs, act }: Move): Promise<void> {
    if (gapMs > 0) await this.#time.pass(gapMs);
    this.#sim.wire.note(JSON.stringify(act));
    await this.#act(act);
  }

  /** Calm weather, the thread comes home, three last messages. */
  async settle(): Promise<Chronicle> {
    const { weather } = this.#sim;
    const { clockSkewMs } = weather;
    await this.#time.pass(1);
    weather.calm();
    weather.clockSkewMs = clockSkewMs;
    for (const bot of this.#processes) bot.storeLost = false;
    this.#sim.wire.note('calm');
    await this.#time.pass(LONGEST_PAUSE_MS + DUST_SETTLES_MS);
    const from = await this.#bringHome();
    await this.#time.pass(BETWEEN_LAST_WORDS_MS);
    const thread = this.#thread;
    const openAfterHandBack = from === 'vccLive' ? (await recordsIn(this.#store).read(thread))?.open : undefined;
    for (let words = 0; words < 3; words += 1) {
      this.#customerSays('says');
      await this.#time.pass(BETWEEN_LAST_WORDS_MS);
    }
    const { settings } = this.#sim;
    const believed: string[] = [];
    for (const bot of this.#processes) believed.push((await bot.handover.ownerOf(thread)).owner);
    return {
      schedule: this.#schedule,
      notes: this.#notes,
      said: this.#said,
      wire: this.#sim.wire.entries(),
      endedMs: this.#endedMs,
      conversation: this.#sim.customer(PSID).conversation(),
      appIds: { bot: settings.botAppId, vccLive: settings.vccLiveAppId, inbox: settings.pageInboxAppId },
      deaths: this.#deaths,
      pauses: this.#pauses,
      outages: this.#outages,
      truth: this.#owner(),
      believed,
      record: await recordsIn(this.#store).read(thread),
      settledMs: Date.now(),
      openAfterHandBack,
    };
  }

  async close(): Promise<void> {
    for (const bot of [...this.#processes, ...this.#fallen]) bot.kill();
    await this.#sim.stop();
    this.#stores.remove();
  }

  async #act(act: Act): Promise<void> {
    const agent = this.#sim.agent();
    const inbox = this.#sim.pageInbox();
    switch (act.do) {
      case 'says':
      case 'asksForAgent':
      case 'asksSlowly':
        this.#customerSays(act.do);
        return;
      case 'pressesButton':
        ignore(this.#sim.customer(PSID).presses('MENU', 'Menu'));
        return;
      case 'reads':
        ignore(this.#sim.customer(PSID).reads());
        return;
      case 'comesByLink':
        ignore(this.#sim.customer(PSID).follows('spring'));
        return;
      case 'agentSays':
        ignore(agent.says(PSID, `agent's ${++this.#counter}`));
        return;
      case 'agentHandsBack':
        ignore(agent.handsBack(PSID, 'done'));
        return;
      case 'agentReleases':
        ignore(agent.releases(PSID));
        return;
      case 'agentTakes':
        ignore(agent.takes(PSID));
        return;
      case 'agentPassesToInbox':
        ignore(agent.passesTo(PSID, this.#sim.settings.pageInboxAppId));
        return;
      case 'inboxReplies':
        ignore(inbox.replies(PSID, `inbox' ${++this.#counter}`));
        return;
      case 'inboxTakes':
        ignore(inbox.movesToMain(PSID));
        return;
      case 'inboxIsDone':
        ignore(inbox.marksDone(PSID));
        return;
      case 'botSpeaksUp':
        ignore(this.#process(act.process)?.does((bot) => bot.speaksUp(this.#thread, `news ${++this.#counter}`)));
        return;
      case 'botTakes':
        ignore(this.#process(act.process)?.does((bot) => bot.handover.take(this.#thread)));
        return;
      case 'botReleases':
        ignore(this.#process(act.process)?.does((bot) => bot.handover.release(this.#thread)));
        return;
      case 'processDies':
        await this.#kill(act.process % this.#schedule.processes);
        return;
      case 'processPauses':
        this.#pause(act.process, act.forMs, act.avoided);
        return;
      case 'storeIsLost':
        this.#loseStore(act.process, act.forMs);
        return;
      case 'graphFails':
        failOnce(this.#sim, act.fault, act.edge, act.ms);
        return;
      case 'aDayPasses':
        // A request in progress would last a day: no turn does, and Meta unsubscribes an app that fails for so long.
        await this.#time.pass(DUST_SETTLES_MS);
        await this.#time.leap(DAY_AND_MORE_MS);
        return;
    }
  }

  get #thread(): { readonly pageId: string; readonly psid: string } {
    return { pageId: this.#sim.settings.pageId, psid: PSID };
  }

  #customerSays(sort: 'says' | 'asksForAgent' | 'asksSlowly'): void {
    const word = sort === 'says' ? 'hello' : sort === 'asksForAgent' ? 'agent' : 'slow';
    const text = `${word} ${++this.#counter}.`;
    const atMs = Date.now();
    ignore(this.#sim.customer(PSID).says(text));
    this.#said.push({ text, atMs, owner: this.#owner() });
  }

  #process(index: number): BotProcess | undefined {
    const bot = this.#processes[index % this.#schedule.processes];
    return bot?.dead === true ? undefined : bot;
  }

  async #start(index: number): Promise<void> {
    const { template, timers, inline, processSkewsMs, moves } = this.#schedule;
    this.#processes[index] = await BotProcess.start(this.#surroundings, {
      index,
      skewMs: processSkewsMs[index] ?? 0,
      mayPause: moves.some(({ act }) => act.do === 'processPauses'),
      template,
      inlineThreadControl: inline,
      timers: timers ? { unclaimedMs: 45_000, idleMs: 90_000, maximumMs: 600_000 } : undefined,
    });
  }

  /** If there is none of them, the load balancer asks all. */
  #connect(bots: readonly BotProcess[] = this.#processes): void {
    this.#sim.connectBot((bots.length === 0 ? this.#processes : bots).map((bot) => bot.url));
  }

  /** It dies, and another one takes its place a little later. */
  async #kill(index: number): Promise<void> {
    const bot = this.#processes[index];
    if (bot === undefined || bot.dead) return;
    bot.kill();
    this.#fallen.push(bot);
    this.#deaths.push({ process: index, atMs: Date.now() });
    await this.#time.pass(RESTART_MS);
    await this.#start(index);
    this.#connect();
  }

  #pause(which: 0 | 1, forMs: number, avoided: boolean): void {
    const bot = this.#process(which);
    if (bot === undefined || bot.isPaused) return;
    bot.pause();
    const fromMs = Date.now();
    this.#pauses.push({ process: which % this.#schedule.processes, fromMs, toMs: fromMs + forMs });
    if (avoided) this.#connect(this.#processes.filter((each) => !each.isPaused));
    later(forMs, () => {
      bot.resume();
      this.#connect();
    });
  }

  #loseStore(which: 0 | 1 | 'all', forMs: number): void {
    const lost = which === 'all' ? this.#processes : [this.#process(which)];
    for (const bot of lost) {
      if (bot === undefined) continue;
      bot.storeLost = true;
      later(forMs, () => (bot.storeLost = false));
    }
    const process = which === 'all' ? which : which % this.#schedule.processes;
    this.#outages.push({ process, fromMs: Date.now(), toMs: Date.now() + forMs });
  }

  /** Whoever has the thread gives it to the bot. Returns who that was. */
  async #bringHome(): Promise<string> {
    const owner = this.#owner();
    if (owner === 'vccLive') ignore(this.#sim.agent().handsBack(PSID, 'end'));
    if (owner === 'inbox') ignore(this.#sim.pageInbox().marksDone(PSID));
    await this.#time.rest();
    return owner;
  }

  #owner(): string {
    const { settings } = this.#sim;
    const { owner } = this.#sim.ownerOf(PSID);
    if (owner === settings.botAppId) return 'bot';
    if (owner === settings.vccLiveAppId) return 'vccLive';
    return owner === settings.pageInboxAppId ? 'inbox' : owner;
  }
}

/** The stores of one schedule. */
interface Stores {
  /** Each process's own way to the database. */
  readonly storeFor: (clock: Clock) => ThreadStore;
  readonly remove: () => void;
}

/**
 * A storage has no clock, so the process's own counts there; Redis has one, the same for all, and processes with an SQLite file
 * have the machine's. If there is no Redis, or no library for SQLite, memory serves all
 * processes instead.
 */
function storesOf(schedule: Schedule, redis: RedisClient | undefined): Stores {
  if (schedule.store === 'sqlite' && DRIVERS.length > 0) return sqliteStores();
  return { storeFor: storeMaker(schedule, redis), remove: () => undefined };
}

/** A file for the schedule, and a connection for each process. */
function sqliteStores(): Stores {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  const opened: SqliteThreadStore[] = [];
  return {
    storeFor: () => {
      const store = new SqliteThreadStore(path.join(folder, 'handover.db'), { clock: MACHINE_CLOCK });
      opened.push(store);
      return store;
    },
    remove: () => {
      for (const store of opened) void store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function storeMaker(schedule: Schedule, redis: RedisClient | undefined): (clock: Clock) => ThreadStore {
  if (schedule.store === 'botStorage') {
    const storage = new MemoryStorage();
    // The store waits a little when another process writes. Time stands still during its work, so that wait takes none.
    const after = (_delayMs: number, run: () => void): (() => void) => later(0, run);
    return (clock) => new BotStorageThreadStore(storage, { clock: { now: () => clock.now(), after } });
  }
  if (schedule.store === 'memory' || redis === undefined) {
    const memory = new MemoryThreadStore();
    return () => memory;
  }
  prefixes += 1;
  // A schedule has one thread, and each second of its hours asks every partition.
  const options = { clock: MACHINE_CLOCK, prefix: `chaos-${process.pid}-${prefixes}`, random: () => 0, partitions: 4 };
  return () => new RedisThreadStore(redis, options);
}

function failOnce({ weather }: MessengerSimulator, fault: GraphFault, edge: Edge, ms: number): void {
  const where = edge === 'any' ? {} : { edges: [edge] };
  switch (fault) {
    case 'lostAnswer':
      return weather.lostAnswers.once(where);
    case 'lostRequest':
      return weather.lostRequests.once(where);
    case 'slowAfter':
      return weather.slow.once({ ...where, ms, when: 'after' });
    case 'slowBefore':
      return weather.slow.once({ ...where, ms, when: 'before' });
    case 'http500After':
      return weather.http500.once({ ...where, when: 'after' });
    case 'http500Before':
      return weather.http500.once({ ...where, when: 'before' });
    case 'code1After':
      return weather.code1.once({ ...where, when: 'after' });
    case 'code2Before':
      return weather.code2.once({ ...where, when: 'before' });
    case 'rateLimit':
      return weather.rateLimited.once({ ...where, minutes: 1 });
  }
}

function later(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

/** What the platform refuses (handing back what one does not have) is no act; what the bot refuses is seen elsewhere. */
function ignore(act: Promise<unknown> | undefined): void {
  act?.catch(() => undefined);
}
