/**
 * Many conversations at once with bots that are killed at random moments; what became of each, by the platform's truth.
 *
 * Real processes, a real Redis or SQLite file, real sockets, SIGKILL; Meta's redelivery is the simulator's.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SqliteDriverName } from 'botbuilder-handover-vcclive/sqlite';
import { bundled } from '../run/bundled.js';
import { freePort } from '../kit/listening.js';

const PROGRAM = bundled('test/crash/bot-program.ts');

/** How a run is made. */
export interface CrashPlan {
  /** What the processes share: the address of a Redis, or a folder. */
  readonly shared: { readonly redisUrl: string } | { readonly folder: string; readonly driver: SqliteDriverName };
  readonly conversations: number;
  /** Conversations that go on at the same time. */
  readonly together: number;
  readonly processes: number;
  /** Kills in all, spread over the run. */
  readonly kills: number;
  /** Between two kills, at least and at most, milliseconds. */
  readonly pauseMs: readonly [number, number];
  /** Each process' clock is ahead of the machine's by this. */
  readonly skewsMs?: readonly number[];
  readonly random: () => number;
}

/** What was seen. */
export interface CrashReport {
  readonly kills: number;
  readonly handovers: number;
  /** Sentences about messages that nobody answered. */
  readonly lost: readonly string[];
  /** Conversations whose last message was not answered by the bot. */
  readonly stuck: readonly string[];
  /** Conversations that were passed to VCC Live more than once. */
  readonly passedTwice: readonly string[];
  /** Answers that came twice, although no crash fell between send and record. */
  readonly unexplained: readonly string[];
  /** Answers that came twice because one did. */
  readonly answeredTwice: number;
  readonly refusedOverOthers: number;
  readonly seconds: number;
  /** What processes printed that they should not have. */
  readonly complaints: readonly string[];
}

interface Conversation {
  readonly psid: string;
  readonly said: { readonly text: string; readonly to: 'bot' | 'agent' }[];
}

interface Generation {
  readonly name: string;
  /** Where webhooks reach it. All generations of a process have the same. */
  readonly url: string;
  readonly child: ChildProcess;
  wasKilled: boolean;
}

/** Past the redelivery that Meta tries after five minutes: the ones before may all have met a process that was killed. */
const ANSWER_WITHIN_MS = 400_000;
const LOOK_EVERY_MS = 25;
const WIRE_CAPACITY = 400_000;

/** Plays the plan. */
export async function crash(plan: CrashPlan): Promise<CrashReport> {
  const sim = await MessengerSimulator.start({ wireCapacity: WIRE_CAPACITY });
  const herd = new Herd(sim, plan);
  try {
    await herd.start();
    return await new Run(sim, herd, plan).play();
  } finally {
    await herd.stop();
    await sim.stop();
  }
}

/** The bot's processes. Each has a port of its own, for all its generations. */
class Herd {
  readonly generations: Generation[] = [];
  readonly complaints: string[] = [];
  kills = 0;
  readonly #sim: MessengerSimulator;
  readonly #plan: CrashPlan;
  readonly #ports: number[] = [];
  readonly #living: Generation[] = [];
  #stopping = false;

  constructor(sim: MessengerSimulator, plan: CrashPlan) {
    this.#sim = sim;
    this.#plan = plan;
  }

  async start(): Promise<void> {
    for (let index = 0; index < this.#plan.processes; index += 1) this.#ports.push(await freePort());
    await Promise.all(this.#ports.map((_port, index) => this.#launch(index)));
    this.#sim.connectBot(this.#ports.map(webhookUrl));
  }

  /** Kills processes at random until the plan's kills are used up or `over` says so; each is started again. */
  async harass(over: () => boolean): Promise<void> {
    const { kills, pauseMs, random } = this.#plan;
    const [least, most] = pauseMs;
    while (this.kills < kills && !over()) {
      await sleep(least + random() * (most - least));
      const index = Math.floor(random() * this.#ports.length);
      const generation = this.#living[index];
      if (generation === undefined) continue;
      generation.wasKilled = true;
      generation.child.kill('SIGKILL');
      this.kills += 1;
      await once(generation.child, 'exit');
      await this.#launch(index);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#living.map(async ({ child }) => {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }),
    );
  }

  #launch(index: number): Promise<void> {
    const { settings, graphBaseUrl } = this.#sim;
    const name = `p${index}.${this.generations.length}`;
    const child = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        NAME: name,
        PORT: String(this.#ports[index]),
        ...('folder' in this.#plan.shared
          ? { FOLDER: this.#plan.shared.folder, SQLITE_DRIVER: this.#plan.shared.driver }
          : { REDIS_URL: this.#plan.shared.redisUrl }),
        SKEW_MS: String(this.#plan.skewsMs?.[index] ?? 0),
        GRAPH_BASE_URL: graphBaseUrl,
        FACEBOOK_APP_ID: settings.botAppId,
        FACEBOOK_APP_SECRET: settings.appSecret,
        FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
        FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
        VCC_LIVE_APP_ID: settings.vccLiveAppId,
      },
    });
    const generation: Generation = { name, url: webhookUrl(this.#ports[index] ?? 0), child, wasKilled: false };
    this.generations.push(generation);
    this.#living[index] = generation;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (/unhandled rejection|onTurnError|no onTurnError/.test(text)) this.complaints.push(`${name}: ${text}`);
    });
    return new Promise((done, fail) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('listens')) done();
      });
      child.once('exit', (code, signal) => {
        if (this.#stopping || signal === 'SIGKILL') done();
        else fail(new Error(`A bot process ended by itself: ${String(code)} ${this.complaints.join('\n')}`));
      });
    });
  }
}

class Run {
  readonly #sim: MessengerSimulator;
  readonly #herd: Herd;
  readonly #plan: CrashPlan;
  readonly #stuck: string[] = [];

  constructor(sim: MessengerSimulator, herd: Herd, plan: CrashPlan) {
    this.#sim = sim;
    this.#herd = herd;
    this.#plan = plan;
  }

  async play(): Promise<CrashReport> {
    const beganMs = performance.now();
    const conversations: Conversation[] = [];
    let next = 0;
    let over = false;
    const killing = this.#herd.harass(() => over);
    const talk = async (): Promise<void> => {
      while (next < this.#plan.conversations) {
        const conversation = { psid: String(6_600_000_000_000_000 + next), said: [] };
        next += 1;
        conversations.push(conversation);
        await this.#converse(conversation);
      }
    };
    await Promise.all(Array.from({ length: this.#plan.together }, talk));
    over = true;
    await killing;
    return { ...this.#judge(conversations), seconds: (performance.now() - beganMs) / 1000 };
  }

  /** Hello, an agent please, a word with the agent, back to the bot, goodbye. */
  async #converse(conversation: Conversation): Promise<void> {
    const { psid } = conversation;
    const customer = this.#sim.customer(psid);
    const says = (text: string, to: 'bot' | 'agent'): void => {
      conversation.said.push({ text, to });
      customer.says(text).catch(() => undefined);
    };
    const hears = (text: string): Promise<boolean> =>
      this.#until(() => customer.hears().some((each) => each.includes(text)));
    const agent = this.#sim.agent();
    says(`hello ${psid}.`, 'bot');
    const greeted = await hears(`re hello ${psid}.`);
    says(`agent ${psid}.`, 'bot');
    const passed =
      greeted && (await this.#until(() => this.#sim.ownerOf(psid).owner === this.#sim.settings.vccLiveAppId));
    if (!passed) {
      this.#stuck.push(`${psid}: ${greeted ? 'was not passed' : 'was not greeted'}`);
      return;
    }
    says(`my parcel ${psid}.`, 'agent');
    void agent.says(psid, 'I am Anna.').catch(() => undefined);
    await sleep(this.#plan.random() * 200);
    void agent.handsBack(psid, 'done').catch(() => undefined);
    if (!(await hears(`ended agent ${psid}.`))) this.#stuck.push(`${psid}: its dialog did not end`);
    says(`bye ${psid}.`, 'bot');
    if (!(await hears(`re bye ${psid}.`))) this.#stuck.push(`${psid}: its last message is not answered`);
  }

  async #until(fits: () => boolean): Promise<boolean> {
    const untilMs = performance.now() + ANSWER_WITHIN_MS;
    while (!fits()) {
      if (performance.now() > untilMs) return false;
      await sleep(LOOK_EVERY_MS);
    }
    return true;
  }

  #judge(conversations: readonly Conversation[]): Omit<CrashReport, 'seconds'> {
    const { botAppId, vccLiveAppId } = this.#sim.settings;
    const lost: string[] = [];
    const unexplained: string[] = [];
    let answeredTwice = 0;
    // From the wire: an app inside the simulator keeps only its last events.
    const shownToAgents = new Set(this.#shownTo(vccLiveAppId));
    for (const { psid, said } of conversations) {
      const heard = this.#sim.customer(psid).inbox();
      for (const { text, to } of said) {
        const answers = heard.filter((each) => each.from === 'bot' && each.text?.endsWith(`re ${text}`) === true);
        const begun = text.startsWith('agent') && heard.some((each) => each.text?.includes(`ended ${text}`) === true);
        const shown = to === 'agent' && shownToAgents.has(text);
        if (answers.length === 0 && !begun && !shown) lost.push(`${psid}: "${text}"`);
      }
      for (const [text, times] of repeated(
        heard.flatMap((each) => (each.from === 'bot' ? [withoutSign(each.text)] : [])),
      )) {
        const first = heard.find((each) => withoutSign(each.text) === text);
        if (first !== undefined && this.#diedSaying(psid, first)) answeredTwice += times - 1;
        else unexplained.push(`${psid}: "${text}" ${times} times`);
      }
    }
    const passes = this.#sim.wire.of('owner').filter((entry) => entry.to === vccLiveAppId);
    const counts = new Map<string, number>();
    for (const { psid } of passes) counts.set(psid, (counts.get(psid) ?? 0) + 1);
    const refused = this.#sim.wire
      .of('graph')
      .filter((entry) => entry.appId === botAppId && entry.edge === 'messages' && entry.refused);
    return {
      kills: this.#herd.kills,
      handovers: passes.length,
      lost,
      stuck: this.#stuck,
      passedTwice: [...counts].filter(([, times]) => times > 1).map(([psid, times]) => `${psid}: ${times} times`),
      unexplained,
      answeredTwice,
      refusedOverOthers: refused.length,
      complaints: this.#herd.complaints,
    };
  }

  /** The texts of customers that an app got. */
  #shownTo(appId: string): string[] {
    return this.#sim.wire.of('webhook').flatMap((entry) => {
      const text = entry.appId === appId ? /"text":"([^"]*)"/.exec(entry.body)?.[1] : undefined;
      return text === undefined ? [] : [text];
    });
  }

  /** Whether the process that said this was killed before it had acknowledged the delivery that it was about. */
  #diedSaying(psid: string, { text, atMs }: { readonly text?: string; readonly atMs: number }): boolean {
    const name = /^\[([^\]]+)\]/.exec(text ?? '')?.[1];
    const killed = this.#herd.generations
      .filter((each) => each.wasKilled && (name === undefined || each.name === name))
      .map(({ url }) => url);
    return this.#sim.wire.of('webhook').some(
      (entry) =>
        entry.atMs <= atMs &&
        entry.psids.includes(psid) &&
        killed.includes(entry.url ?? '') &&
        entry.outcome === 'unreachable' &&
        // Not one that came when the process was dead already.
        entry.reason !== 'ECONNREFUSED',
    );
  }
}

function webhookUrl(port: number): string {
  return `http://127.0.0.1:${port}/api/messages`;
}

/** Each process signs what it says; the plugin's own texts have no sign. */
function withoutSign(text: string | undefined): string {
  return (text ?? '').replace(/^\[[^\]]+\] /, '');
}

function repeated(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].filter(([, times]) => times > 1);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
