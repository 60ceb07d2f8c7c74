/**
 * A bot as one of several processes: its own clock, its own port, nothing shared but the stores, and it can be killed.
 *
 * The bot answers each message once, with the message's own text, so that answers can be counted.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ActivityHandler, ConversationState } from 'botbuilder';
import type { Storage, StoreItems, TurnContext } from 'botbuilder';
import { runDialog } from 'botbuilder-dialogs';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type {
  Clock,
  HandoverEventMap,
  HandoverResult,
  ThreadKey,
  ThreadStore,
  VccLiveHandoverOptions,
} from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { AnsweringDialog } from './answering-dialog.js';
import { GraphGateway, keepBody, ProcessPause } from './process-pause.js';
import type { VirtualTime } from './virtual-time.js';
import { listenLocally, originOf } from '../kit/listening.js';
import { loggerInto } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';

/** A turn of the bot's logic. Without an end if the process died in it. */
export interface SeenTurn {
  readonly process: number;
  readonly type: string;
  readonly text: string | undefined;
  readonly beganMs: number;
  endedMs?: number;
}

/** An event that the plugin emitted. */
export interface Emitted {
  readonly process: number;
  readonly atMs: number;
  readonly name: keyof HandoverEventMap;
  readonly payload: any;
}

/** What all processes write down. Time is the machine's. */
export interface Notes {
  readonly turns: SeenTurn[];
  readonly emitted: Emitted[];
  /** Results that a dialog was given, whether it could answer then or not. */
  readonly given: { readonly process: number; readonly atMs: number; readonly result: HandoverResult }[];
  readonly results: { readonly process: number; readonly atMs: number; readonly result: HandoverResult }[];
  readonly errors: { readonly process: number; readonly atMs: number; readonly error: Error }[];
  /** Lines of `logger.error`. */
  readonly complaints: string[];
}

/** How a bot of a schedule is made. */
export interface BotTraits {
  /** Which of the processes it is. */
  readonly index: number;
  /** Its clock minus the machine's. */
  readonly skewMs: number;
  /** Whether {@link BotProcess.pause} may be called: pausing costs a gateway before the Graph API. */
  readonly mayPause: boolean;
  readonly template: 'everyTurn' | 'messagesOnly';
  readonly timers: VccLiveHandoverOptions['timers'];
  readonly inlineThreadControl: boolean;
}

/** What processes share, and what writes down what they do. */
export interface Surroundings {
  readonly sim: MessengerSimulator;
  readonly time: VirtualTime;
  readonly notes: Notes;
  /** A process's own way to the database that all share. */
  readonly storeFor: (clock: Clock) => ThreadStore;
  /** Bot Framework's storage, with the states of dialogs. */
  readonly storage: Storage;
}

const EVENT_NAMES: readonly (keyof HandoverEventMap)[] = [
  'passed',
  'claimed',
  'returned',
  'ownerChanged',
  'failed',
  'suppressed',
  'standbyMessage',
  'ignored',
];
type BotLogic = (context: TurnContext) => Promise<void>;

const NEVER = new Promise<never>(() => undefined);

/** One process. */
export class BotProcess {
  readonly handover: VccLiveHandover;
  readonly adapter: HandoverFacebookAdapter;
  readonly url: string;
  /** While set, the store is out of reach for this process. */
  storeLost = false;
  dead = false;
  readonly #server: Server;
  readonly #gateway: GraphGateway | undefined;
  readonly #index: number;
  readonly #notes: Notes;
  readonly #time: VirtualTime;
  readonly #pause: ProcessPause;

  private constructor(
    { sim, storage, storeFor, notes, time }: Surroundings,
    traits: BotTraits,
    server: Server,
    { pause, gateway }: { readonly pause: ProcessPause; readonly gateway: GraphGateway | undefined },
  ) {
    this.#time = time;
    this.#index = traits.index;
    this.#server = server;
    this.#notes = notes;
    this.#pause = pause;
    this.#gateway = gateway;
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken } = sim.settings;
    const clock = this.#clock(traits.skewMs);
    this.handover = new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken,
      appSecret,
      talkToAgent: [],
      store: this.#mortalStore(storeFor(clock)),
      clock,
      graph: { baseUrl: gateway?.url ?? sim.graphBaseUrl },
      logger: loggerInto(notes.complaints, 'error'),
      ...(traits.timers === undefined ? {} : { timers: traits.timers }),
      inlineThreadControl: traits.inlineThreadControl,
    });
    for (const name of EVENT_NAMES) {
      this.handover.on(name, (payload) => {
        if (!this.dead) notes.emitted.push({ process: this.#index, atMs: Date.now(), name, payload });
      });
    }
    this.adapter = new HandoverFacebookAdapter({ handover: this.handover, verify_token: verifyToken });
    this.adapter.onTurnError = async (_context, error) => {
      if (!this.dead) notes.errors.push({ process: this.#index, atMs: Date.now(), error });
    };
    const logic = this.#logic(traits, clock, this.#mortalStorage(storage));
    this.handover.attach(this.adapter, logic);
    server.on('request', (req, res) => void this.#receive(req, res, logic));
    this.url = `${originOf(server)}/api/messages`;
  }

  /** Starts a process. */
  static async start(surroundings: Surroundings, traits: BotTraits): Promise<BotProcess> {
    const server = createServer();
    await listenLocally(server);
    const pause = new ProcessPause();
    const { graphBaseUrl } = surroundings.sim;
    const gateway = traits.mayPause ? await GraphGateway.start(graphBaseUrl, pause) : undefined;
    return new BotProcess(surroundings, traits, server, { pause, gateway });
  }

  /** SIGSTOP. */
  pause(): void {
    this.#pause.begin();
  }

  /** SIGCONT. */
  resume(): void {
    this.#pause.end();
  }

  get isPaused(): boolean {
    return this.#pause.isPaused;
  }

  /** The application does something of its own accord, as soon as its process runs. */
  async does(what: (bot: this) => Promise<unknown>): Promise<void> {
    await this.#pause.over();
    if (!this.dead) await what(this);
  }

  /** SIGKILL: connections break, and nothing that it waits for comes. */
  kill(): void {
    this.dead = true;
    this.#server.close();
    this.#server.closeAllConnections();
    this.#gateway?.close();
  }

  /** Sends something of the application's own accord. */
  async speaksUp({ psid, pageId }: ThreadKey, text: string): Promise<void> {
    const reference = {
      channelId: 'facebook',
      serviceUrl: '',
      bot: { id: pageId, name: '' },
      user: { id: psid, name: '' },
      conversation: { id: psid, name: '', isGroup: false, conversationType: '' },
    };
    await this.adapter.continueConversation(reference, async (context) => {
      await context.sendActivity(text);
    });
  }

  /** The clock of the process: no timer comes to a dead one. */
  #clock(skewMs: number): Clock {
    const clock = this.#pause.clock(skewMs);
    return {
      now: () => clock.now(),
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          if (!this.dead) run();
        }),
    };
  }

  async #receive(req: IncomingMessage, res: ServerResponse, logic: BotLogic): Promise<void> {
    if (this.#pause.isPaused) {
      await keepBody(req);
      await this.#pause.over();
    }
    if (!this.dead) await this.adapter.processActivity(req, res, logic);
  }

  #logic(traits: BotTraits, clock: Clock, storage: Storage): BotLogic {
    const state = new ConversationState(this.handover.guardStorage(storage));
    const dialogs = state.createProperty('dialogs');
    const root = new AnsweringDialog(this.handover, {
      sleep: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
      onGiven: (result) => {
        if (!this.dead) this.#notes.given.push({ process: this.#index, atMs: Date.now(), result });
      },
      onResult: (result) => {
        if (!this.dead) this.#notes.results.push({ process: this.#index, atMs: Date.now(), result });
      },
    });
    const handler = new ActivityHandler();
    handler.onMessage(async (context, next) => {
      await runDialog(root, context, dialogs);
      await next();
    });
    return async (context) => {
      const { type, text } = context.activity as { type: string; text?: string };
      const turn: SeenTurn = { process: this.#index, type, text, beganMs: Date.now() };
      this.#notes.turns.push(turn);
      try {
        if (traits.template === 'everyTurn') await runDialog(root, context, dialogs);
        else await handler.run(context);
        await state.saveChanges(context);
      } finally {
        // Nothing of a dead process gets here; a turn that fails has ended.
        if (!this.dead) turn.endedMs = Date.now();
      }
    };
  }

  /** The store as this process sees it. */
  #mortalStore(store: ThreadStore): ThreadStore {
    return storeAround(store, ({ run }) => this.#mortal(() => run() as Promise<unknown>));
  }

  #mortalStorage(storage: Storage): Storage {
    return {
      read: (keys) => this.#alive(() => storage.read(keys)),
      write: (changes: StoreItems) => this.#alive(() => storage.write(changes)),
      delete: (keys) => this.#alive(() => storage.delete(keys)),
    };
  }

  #mortal<T>(work: () => Promise<T>): Promise<T> {
    return this.#alive(() => {
      if (this.storeLost) return Promise.reject(new Error('connection refused'));
      return work();
    });
  }

  async #alive<T>(work: () => Promise<T>): Promise<T> {
    await this.#pause.over();
    if (this.dead) return NEVER;
    const value = await this.#time.during(work());
    return this.#outlived(value);
  }

  #outlived<T>(value: T): T | Promise<T> {
    return this.dead ? NEVER : value;
  }
}
