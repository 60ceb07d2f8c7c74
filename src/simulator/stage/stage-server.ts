/**
 * The stage: a page in the browser with the customer's phone, VCC Live's agents, the wire and the weather.
 *
 * Exists so that a handover can be seen without a Facebook account. It is mounted on the simulator's own port, which is
 * loopback unless the simulator's option `host` says otherwise.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { systemClock, type Clock } from '../../thread/clock.js';
import { parseExactJson } from '../../thread/exact-json.js';
import type { ThreadKey } from '../../thread/key.js';
import type { BodyLimits } from '../../webhook/read-body.js';
import { bodyLimits, readRequest, refusalStatus } from '../../webhook/read-body.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { WireEntry } from '../wire.js';
import { asCurl } from './as-curl.js';
import { EventStream } from './event-stream.js';
import { readPage } from './page-file.js';
import { performCommand } from './perform-command.js';
import { ScenarioPlayer } from './play-scenario.js';
import type { Cast, Scenario, ScenarioNeed, StagedBot } from './scenarios/index.js';
import { readCommand } from './read-command.js';
import { watchSilentOwner } from './silent-owner.js';
import type {
  SettingsView,
  StageAnswer,
  StageSnapshot,
  SwitchView,
  ThreadView,
  WireDetail,
  WireRow,
} from './stage-words.js';
import { ThreadBoard } from './thread-board.js';
import { WeatherBoard } from './weather-board.js';
import { wireRow } from './wire-rows.js';

/** Between two batches, milliseconds: at most 20 a second. */
const FLUSH_MS = 50;
/** How many lines of the timeline a page gets and keeps. */
const ROW_CAPACITY = 1000;
const BODY_MAX_BYTES = 64 * 1024;
const FIRST_PSID = 6_600_112_233_445_566n;

const DEFAULT_MENU: SettingsView['menu'] = [
  { title: 'Talk to an agent', payload: 'TALK_TO_AGENT' },
  { title: 'Start over', payload: 'GET_STARTED' },
];

/** Options of {@link serveStage}. */
export interface StageOptions {
  /** Who the bot believes owns a thread: `(thread) => (await handover.ownerOf(thread)).owner`. Default: nobody can say. */
  readonly believes?: (thread: ThreadKey) => Promise<string>;
  /** What the bot is called on the page. Default `Bot`. */
  readonly botLabel?: string;
  /** What Pages are called, by id. Default: `Your Page`, or `Page 1` and so on if there are several. */
  readonly pageNames?: Readonly<Record<string, string>>;
  /** Shuts the bot down and starts it again, for whoever plays that. Default: the stage cannot. */
  readonly bot?: StagedBot;
  /** The Page's persistent menu. Default: "Talk to an agent", "Start over". */
  readonly menu?: SettingsView['menu'];
  /** The built page. Default: the package's own. */
  readonly pageFile?: string;
  /** Pause between the steps of a scenario that plays by itself, milliseconds. Default 2500. */
  readonly pauseMs?: number;
  /** If nobody has written yet, each Page has a first customer from the start. Default true. */
  readonly firstCustomer?: boolean;
  /** Of batches, pauses and heartbeats. Default: this machine's clock. */
  readonly timer?: Clock;
  /** What may wait for one slow page before it is dropped, bytes. Default 4 MiB. */
  readonly unreadMaxBytes?: number;
}

/** A running stage. */
export interface StageServer {
  /** The page's address. */
  readonly url: string;
  /** Only this machine can open it. False: whoever reaches the port can act as customer and agent. */
  readonly loopbackOnly: boolean;
  /** How many pages are open. */
  readonly pages: number;
  /** Ends every page's connection. The simulator goes on. */
  close(): void;
}

/**
 * Serves the page at `/` of the simulator's port, and what it needs below `/stage/`.
 *
 * `GET /stage/events`: server-sent events, a snapshot and then numbered batches; `Last-Event-ID` goes on without a gap.
 * `POST /stage/act`: one command as JSON. `GET /stage/wire/<seq>`: one entry with its curl command.
 */
export function serveStage(simulator: MessengerSimulator, options: StageOptions = {}): StageServer {
  const stage = new Stage(simulator, options);
  simulator.mount('/', (request, response) => stage.receive(request, response));
  simulator.mount('/stage/', (request, response) => stage.receive(request, response));
  return stage;
}

interface Reply {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

class Stage implements StageServer {
  readonly url: string;
  readonly loopbackOnly: boolean;
  readonly #simulator: MessengerSimulator;
  readonly #options: StageOptions;
  readonly #timer: Clock;
  readonly #limits: BodyLimits;
  readonly #board: ThreadBoard;
  readonly #weather: WeatherBoard;
  readonly #player: ScenarioPlayer;
  readonly #stream: EventStream;
  readonly #rows = new Map<number, WireRow>();
  readonly #rowOfSeq = new Map<number, number>();
  readonly #changedRows = new Set<number>();
  readonly #stopListening: readonly (() => void)[];
  #nextRow = 1;
  #nextPsid = FIRST_PSID;
  #sentWeather = '';
  #scenarioChanged = false;
  #flushing: (() => void) | undefined;

  constructor(simulator: MessengerSimulator, options: StageOptions) {
    this.#simulator = simulator;
    this.#options = options;
    this.#timer = options.timer ?? systemClock;
    this.#limits = bodyLimits(this.#timer, { maxBytes: BODY_MAX_BYTES });
    this.url = `${simulator.graphBaseUrl}/`;
    this.loopbackOnly = isLoopback(new URL(this.url).hostname);
    this.#weather = new WeatherBoard(simulator.weather);
    this.#sentWeather = JSON.stringify(this.#weather.read());
    const { wire } = simulator;
    for (const entry of wire.entries()) this.#write(entry, true);
    this.#board = new ThreadBoard({
      simulator,
      believes: options.believes,
      onChange: () => this.#soon(),
      onVerdict: (view) => this.#writeVerdict(view),
    });
    this.#player = new ScenarioPlayer({
      cast: (scenario) => this.#cast(scenario),
      has: (need) => this.#has(need),
      onChange: () => {
        this.#scenarioChanged = true;
        this.#soon();
      },
      timer: this.#timer,
      pauseMs: options.pauseMs,
    });
    this.#stream = new EventStream({
      run: randomBytes(6).toString('hex'),
      snapshot: (batch) => this.#snapshot(batch),
      timer: this.#timer,
      unreadMaxBytes: options.unreadMaxBytes,
    });
    this.#stopListening = [
      wire.on('entry', (entry) => this.#follow(entry, true)),
      wire.on('update', (entry) => this.#follow(entry, false)),
      watchSilentOwner(wire, simulator.settings.botAppId, this.#timer),
    ];
    if (options.firstCustomer !== false && this.#board.size === 0) {
      for (const { pageId } of simulator.settings.pages) this.#board.know({ pageId, psid: this.#newPsid() });
    }
  }

  get pages(): number {
    return this.#stream.readers;
  }

  close(): void {
    for (const stop of this.#stopListening) stop();
    this.#flushing?.();
    this.#flushing = undefined;
    this.#stream.close();
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response).then(
      (reply) => {
        if (reply !== undefined) send(response, reply);
      },
      (error: unknown) => {
        if (response.headersSent) response.destroy();
        else send(response, refused(500, error instanceof Error ? error.message : String(error)));
      },
    );
  }

  /** The answer, or nothing if the response has been begun. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const wanted = path === '/stage/act' ? 'POST' : 'GET';
    if (request.method !== wanted) return { ...refused(405, `${path} takes ${wanted}.`), headers: { Allow: wanted } };
    if (path === '/') return this.#page();
    if (path === '/stage/act') return this.#act(request);
    if (path === '/stage/events') {
      this.#stream.open(request, response);
      return undefined;
    }
    const seq = /^\/stage\/wire\/(\d{1,15})$/.exec(path)?.[1];
    return seq === undefined ? refused(404, `There is nothing at ${path}.`) : this.#entry(Number(seq));
  }

  async #page(): Promise<Reply> {
    const page = await readPage(this.#options.pageFile);
    if (page === undefined) return refused(503, 'The page has not been built. Run: npm run build');
    const headers = {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': page.policy,
      'Referrer-Policy': 'no-referrer',
    };
    return { status: 200, body: page.html, headers };
  }

  #entry(seq: number): Reply {
    const entry = this.#simulator.wire.entries().find((one) => one.seq === seq);
    if (entry === undefined) return refused(404, `The wire no longer keeps entry ${seq}.`);
    const { graphBaseUrl, settings } = this.#simulator;
    const curl = asCurl(entry, { graphBaseUrl, apiVersion: settings.apiVersion, botAppId: settings.botAppId });
    const detail: WireDetail = { entry: readable(entry), ...(curl === undefined ? {} : { curl }) };
    return { status: 200, body: detail };
  }

  async #act(request: IncomingMessage): Promise<Reply | undefined> {
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return refused(415, 'Send the command as application/json.');
    }
    const body = await readRequest(request, this.#limits);
    if (body.kind === 'aborted') return undefined;
    // What is left of the body is thrown away with its connection.
    if (body.kind !== 'bytes') {
      const problem = `A command has at most ${BODY_MAX_BYTES} bytes, and ten seconds.`;
      return { ...refused(refusalStatus(body.kind), problem), headers: { Connection: 'close' } };
    }
    const json = parsed(body.bytes.toString('utf8'));
    if (json === undefined) return refused(400, 'The body is not JSON.');
    const read = readCommand(json.value);
    if ('problem' in read) return refused(400, read.problem);
    const { status, answer } = await performCommand(read.command, {
      simulator: this.#simulator,
      board: this.#board,
      weather: this.#weather,
      player: this.#player,
      bot: this.#options.bot,
      newPsid: () => this.#newPsid(),
      onChange: () => this.#soon(),
    });
    return { status, body: answer };
  }

  #follow(entry: WireEntry, isNew: boolean): void {
    this.#write(entry, isNew);
    this.#board.follow(entry);
    this.#soon();
  }

  #write(entry: WireEntry, isNew: boolean): void {
    const known = this.#rowOfSeq.get(entry.seq);
    // It has ended after its line was forgotten.
    if (known === undefined && !isNew) return;
    const id = known ?? this.#nextRow++;
    this.#rowOfSeq.set(entry.seq, id);
    this.#keepRow({
      id,
      ...wireRow(entry, { appSecret: this.#simulator.settings.appSecret, nameOf: (app) => this.#appName(app) }),
    });
  }

  #writeVerdict(view: ThreadView): void {
    const { truth, believed = 'unknown' } = view;
    const words = `Real owner: ${ownerWords[truth]}. The bot believes: ${ownerWords[believed]}.`;
    this.#keepRow({
      id: this.#nextRow++,
      atMs: this.#simulator.clock.now(),
      kind: 'belief',
      aside: false,
      threads: [view.key],
      title: words,
      status: view.differs ? 'the bot is wrong' : 'the bot is right again',
      tone: view.differs ? 'bad' : 'good',
      chips: [],
    });
    this.#soon();
  }

  #keepRow(row: WireRow): void {
    this.#rows.set(row.id, row);
    this.#changedRows.add(row.id);
    while (this.#rows.size > ROW_CAPACITY) {
      const [oldest] = this.#rows.values();
      if (oldest === undefined) return;
      this.#rows.delete(oldest.id);
      if (oldest.seq !== undefined) this.#rowOfSeq.delete(oldest.seq);
    }
  }

  #soon(): void {
    this.#flushing ??= this.#timer.after(FLUSH_MS, () => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const { threads, talk } = this.#board.takeChanges();
    const rows = [...this.#changedRows].sort((a, b) => a - b).flatMap((id) => this.#rows.get(id) ?? []);
    this.#changedRows.clear();
    const weather = this.#weatherChange();
    const scenario = this.#scenarioChanged ? { scenario: this.#player.view() } : {};
    this.#scenarioChanged = false;
    this.#stream.send({
      ...(threads.length === 0 ? {} : { threads }),
      ...(talk.length === 0 ? {} : { talk }),
      ...(rows.length === 0 ? {} : { rows }),
      ...(weather === undefined ? {} : { weather }),
      ...scenario,
      clock: this.#clock(),
    });
  }

  #weatherChange(): SwitchView[] | undefined {
    const weather = this.#weather.read();
    const text = JSON.stringify(weather);
    if (text === this.#sentWeather) return undefined;
    this.#sentWeather = text;
    return weather;
  }

  #snapshot(batch: number): StageSnapshot {
    return {
      batch,
      settings: this.#settings(),
      scenarios: this.#player.offers(),
      ...this.#board.everything(),
      rows: [...this.#rows.values()].sort((a, b) => a.id - b.id),
      weather: this.#weather.read(),
      clock: this.#clock(),
      scenario: this.#player.view(),
    };
  }

  #settings(): SettingsView {
    const { settings, graphBaseUrl } = this.#simulator;
    return {
      botLabel: this.#options.botLabel ?? 'Bot',
      pages: settings.pages.map(({ pageId }, index) => ({
        pageId,
        name: this.#options.pageNames?.[pageId] ?? (settings.pages.length === 1 ? 'Your Page' : `Page ${index + 1}`),
      })),
      botAppId: settings.botAppId,
      vccLiveAppId: settings.vccLiveAppId,
      pageInboxAppId: settings.pageInboxAppId,
      graphBaseUrl,
      environment: [
        `FACEBOOK_APP_ID=${settings.botAppId}`,
        `FACEBOOK_APP_SECRET=${settings.appSecret}`,
        `FACEBOOK_PAGE_ACCESS_TOKEN=${settings.pageAccessToken}`,
        `FACEBOOK_VERIFY_TOKEN=${settings.verifyToken}`,
        `VCC_LIVE_APP_ID=${settings.vccLiveAppId}`,
        `GRAPH_BASE_URL=${graphBaseUrl}`,
      ],
      knowsBelief: this.#options.believes !== undefined,
      vccLiveWebhooks: this.#simulator.vccLiveConnected,
      canRestart: this.#options.bot !== undefined,
      loopbackOnly: this.loopbackOnly,
      menu: this.#options.menu ?? DEFAULT_MENU,
      rowCapacity: ROW_CAPACITY,
    };
  }

  #clock(): StageSnapshot['clock'] {
    const { mode } = this.#simulator.clock;
    return { mode, nowMs: this.#simulator.clock.now() };
  }

  #cast(scenario: Scenario): Cast {
    const { pages } = this.#simulator.settings;
    const page = scenario.page === 'last' ? pages.at(-1) : pages[0];
    const { pageId } = page ?? this.#simulator.settings;
    const psid = this.#newPsid();
    this.#board.know({ pageId, psid });
    return {
      simulator: this.#simulator,
      customer: this.#simulator.customer(psid, pageId),
      agent: this.#simulator.agent(pageId),
      inbox: this.#simulator.pageInbox(pageId),
      bot: this.#options.bot,
    };
  }

  #has(need: ScenarioNeed): boolean {
    switch (need) {
      case 'vccLiveWebhooks':
        return this.#simulator.vccLiveConnected;
      case 'restart':
        return this.#options.bot !== undefined;
      case 'twoPages':
        return this.#simulator.settings.pages.length > 1;
    }
  }

  #newPsid(): string {
    let psid: string;
    do psid = String(this.#nextPsid++);
    while (this.#board.knows(psid));
    return psid;
  }

  #appName(appId: string): string {
    const { settings } = this.#simulator;
    if (appId === settings.botAppId) return 'the bot';
    if (appId === settings.pageInboxAppId) return 'the Page inbox';
    return settings.pages.some((page) => page.vccLiveAppId === appId) ? 'VCC Live' : `app ${appId}`;
  }
}

const ownerWords: Readonly<Record<ThreadView['truth'] | NonNullable<ThreadView['believed']>, string>> = {
  bot: 'the bot',
  vccLive: 'VCC Live',
  inbox: 'the Page inbox',
  other: 'another app',
  idle: 'nobody (idle)',
  unknown: 'not known',
};

/** What travelled comes first, and the body of a webhook as JSON, not as a string in a string. */
function readable(entry: WireEntry): unknown {
  if (entry.kind === 'webhook') {
    const { body, signature, url, ...rest } = entry;
    return { url, signature, body: parsed(body)?.value ?? body, ...rest };
  }
  if (entry.kind === 'graph') {
    const { method, path, query, body, status, answer, ...rest } = entry;
    return { method, path, query, body, status, answer, ...rest };
  }
  if (entry.kind === 'vccLive') {
    const { name, url, body, status, ...rest } = entry;
    return { name, url, body, status, ...rest };
  }
  return entry;
}

function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function refused(status: number, problem: string): Reply {
  const body: StageAnswer = { ok: false, problem };
  return { status, body };
}

function send(response: ServerResponse, reply: Reply): void {
  // Not chained: in a process that has loaded restify, writeHead returns nothing.
  response.writeHead(reply.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
  });
  response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseExactJson(text) };
  } catch {
    return undefined;
  }
}
