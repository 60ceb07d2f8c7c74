/**
 * The stage: a page in the browser with the customer's phone, VCC Live's agents, the wire and the weather.
 *
 * Exists so that a handover can be seen without a Facebook account. It is mounted on the simulator's own port, which is
 * loopback unless the simulator's option `host` says otherwise.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../../thread/clock.js';
import type { BodyLimits } from '../../webhook/read-body.js';
import { bodyLimits, readRequest, refusalStatus } from '../../webhook/read-body.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { WireEntry } from '../wire.js';
import { drawnThread, DRAWINGS } from './drawn-thread.js';
import { EventStream } from './event-stream.js';
import { readPage } from './page-file.js';
import { performCommand } from './perform-command.js';
import { ScenarioPlayer } from './play-scenario.js';
import { readCommand } from './read-command.js';
import { parsed, refused, send, type Reply } from './reply.js';
import { RowBoard } from './row-board.js';
import type { Cast, Scenario, ScenarioNeed } from './scenarios/index.js';
import { watchSilentOwner } from './silent-owner.js';
import { TimelineRecorder } from '../timeline/record-timelines.js';
import { checkedOptions, clockView, isLoopback, settingsView, type StageOptions } from './stage-options.js';
import type { StageSnapshot, SwitchView } from './stage-words.js';
import { ThreadBoard } from './thread-board.js';
import { WeatherBoard } from './weather-board.js';
import { ENTRIES, wireReply } from './wire-detail.js';

export type { StageOptions } from './stage-options.js';

/** Between two batches, milliseconds: at most 20 a second. */
const FLUSH_MS = 50;
const BODY_MAX_BYTES = 64 * 1024;
const FIRST_PSID = 6_600_112_233_445_566n;

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
 * `GET /stage/timeline/<Page>/<PSID>.svg?width=480`: what happened in a thread, drawn.
 */
export function serveStage(simulator: MessengerSimulator, options: StageOptions = {}): StageServer {
  const stage = new Stage(simulator, checkedOptions(options));
  simulator.mount('/', (request, response) => stage.receive(request, response));
  simulator.mount('/stage/', (request, response) => stage.receive(request, response));
  return stage;
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
  readonly #rows: RowBoard;
  readonly #timelines: TimelineRecorder;
  readonly #stopListening: readonly (() => void)[];
  #nextPsid = FIRST_PSID;
  #sentWeather = '';
  #scenarioChanged = false;
  #agentsChanged = false;
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
    this.#rows = new RowBoard(simulator);
    this.#timelines = new TimelineRecorder(simulator, options.handover);
    this.#board = new ThreadBoard({
      simulator,
      believes: options.believes,
      timer: this.#timer,
      onChange: () => this.#soon(),
      onVerdict: (view) => {
        this.#rows.writeVerdict(view);
        this.#soon();
      },
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
      simulator.vccLive.onChange(() => {
        this.#agentsChanged = true;
        this.#soon();
      }),
      () => this.#timelines.close(),
      () => this.#board.close(),
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
    if (path.startsWith(DRAWINGS)) return drawnThread(request.url ?? '', this.#timelines, this.#board);
    return path.startsWith(ENTRIES) ? wireReply(path, this.#simulator) : refused(404, `There is nothing at ${path}.`);
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
    this.#rows.follow(entry, isNew);
    this.#board.follow(entry);
    this.#soon();
  }

  #soon(): void {
    this.#flushing ??= this.#timer.after(FLUSH_MS, () => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    const { threads, talk } = this.#board.takeChanges();
    const rows = this.#rows.takeChanges();
    const weather = this.#weatherChange();
    const scenario = this.#scenarioChanged ? { scenario: this.#player.view() } : {};
    const agents = this.#agentsChanged ? { agents: this.#simulator.vccLive.agents } : {};
    this.#scenarioChanged = false;
    this.#agentsChanged = false;
    this.#stream.send({
      ...(threads.length === 0 ? {} : { threads }),
      ...(talk.length === 0 ? {} : { talk }),
      ...(rows.length === 0 ? {} : { rows }),
      ...(weather === undefined ? {} : { weather }),
      ...scenario,
      ...agents,
      clock: clockView(this.#simulator),
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
      settings: settingsView(this.#simulator, this.#options, this.loopbackOnly),
      scenarios: this.#player.offers(),
      ...this.#board.everything(),
      rows: this.#rows.everything(),
      weather: this.#weather.read(),
      agents: this.#simulator.vccLive.agents,
      clock: clockView(this.#simulator),
      scenario: this.#player.view(),
    };
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
}
