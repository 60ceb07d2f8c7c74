/**
 * A bot as one of several processes: its own clock, its own port, nothing shared but the stores, and it can be killed.
 *
 * The bot answers each message once, with the message's own text, so that answers can be counted.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ActivityHandler, ConversationState } from 'botbuilder';
import type { Storage, StoreItems, TurnContext } from 'botbuilder';
import { runDialog } from 'botbuilder-dialogs';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type {
  Clock,
  HandoverEventMap,
  HandoverResult,
  ThreadStore,
  VccLiveHandoverOptions,
} from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { AnsweringDialog } from './answering-dialog.js';
import type { VirtualTime } from './virtual-time.js';

/** A turn of the bot's logic. Without an end where the process died in it. */
export interface SeenTurn {
  readonly process: number;
  readonly type: string;
  readonly text: string | undefined;
  readonly beganMs: number;
  endedMs?: number;
}

/** One piece of news. */
export interface Told {
  readonly process: number;
  readonly atMs: number;
  readonly name: keyof HandoverEventMap;
  readonly news: any;
}

/** What all processes write down. Time is the machine's. */
export interface Notes {
  readonly turns: SeenTurn[];
  readonly told: Told[];
  readonly results: { readonly process: number; readonly atMs: number; readonly result: HandoverResult }[];
  readonly errors: { readonly process: number; readonly atMs: number; readonly error: Error }[];
  /** Lines of `logger.error`. */
  readonly complaints: string[];
}

/** How the bots of a schedule are made. */
export interface BotTraits {
  readonly template: 'everyTurn' | 'messagesOnly';
  readonly timers: VccLiveHandoverOptions['timers'];
  readonly inlineThreadControl: boolean;
}

/** What processes share: as a database, and as Bot Framework's storage. */
export interface Shared {
  readonly store: ThreadStore;
  readonly storage: Storage;
}

const NEWS: readonly (keyof HandoverEventMap)[] = [
  'passed',
  'claimed',
  'returned',
  'ownerChanged',
  'failed',
  'suppressed',
  'standbyMessage',
  'ignored',
];
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
  readonly #index: number;
  readonly #notes: Notes;
  readonly #time: VirtualTime;

  private constructor(
    index: number,
    sim: MessengerSimulator,
    server: Server,
    shared: Shared,
    traits: BotTraits,
    skewMs: number,
    notes: Notes,
    time: VirtualTime,
  ) {
    this.#time = time;
    this.#index = index;
    this.#server = server;
    this.#notes = notes;
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken } = sim.settings;
    this.handover = new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken,
      appSecret,
      talkToAgent: [],
      store: this.#mortalStore(shared.store),
      clock: this.#clock(skewMs),
      graph: { baseUrl: sim.graphBaseUrl },
      logger: {
        info: () => undefined,
        warn: () => undefined,
        error: (line) => void notes.complaints.push(line),
      },
      ...(traits.timers === undefined ? {} : { timers: traits.timers }),
      inlineThreadControl: traits.inlineThreadControl,
    });
    for (const name of NEWS) {
      this.handover.on(name, (news) => {
        if (!this.dead) notes.told.push({ process: index, atMs: Date.now(), name, news });
      });
    }
    this.adapter = new HandoverFacebookAdapter({ handover: this.handover, verify_token: verifyToken });
    this.adapter.onTurnError = async (_context, error) => {
      if (!this.dead) notes.errors.push({ process: index, atMs: Date.now(), error });
    };
    const logic = this.#logic(traits, this.#mortalStorage(shared.storage));
    this.handover.attach(this.adapter, logic);
    server.on('request', (req, res) => void this.adapter.processActivity(req, res, logic));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/messages`;
  }

  /** Starts a process. */
  static async start(
    index: number,
    sim: MessengerSimulator,
    shared: Shared,
    traits: BotTraits,
    skewMs: number,
    notes: Notes,
    time: VirtualTime,
  ): Promise<BotProcess> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BotProcess(index, sim, server, shared, traits, skewMs, notes, time);
  }

  /** SIGKILL: connections break, and nothing that it waits for comes. */
  kill(): void {
    this.dead = true;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Sends something of the application's own accord. */
  async speaksUp(psid: string, pageId: string, text: string): Promise<void> {
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

  #clock(skewMs: number): Clock {
    return {
      now: () => Date.now() + skewMs,
      after: (delayMs, run) => {
        const timer = setTimeout(() => {
          if (!this.dead) run();
        }, delayMs);
        return () => clearTimeout(timer);
      },
    };
  }

  #logic(traits: BotTraits, storage: Storage): (context: TurnContext) => Promise<void> {
    const state = new ConversationState(storage);
    const dialogs = state.createProperty('dialogs');
    const root = new AnsweringDialog(this.handover, {
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
      if (traits.template === 'everyTurn') await runDialog(root, context, dialogs);
      else await handler.run(context);
      await state.saveChanges(context);
      if (!this.dead) turn.endedMs = Date.now();
    };
  }

  /** Whatever methods a store has: each goes through {@link #mortal}. */
  #mortalStore(store: ThreadStore): ThreadStore {
    const mortal: ThreadStore = new Proxy(store, {
      get: (_target, name) => {
        // One process, one bot.
        if (name === 'forBot') return () => mortal;
        const method: unknown = Reflect.get(store, name, store);
        if (typeof method !== 'function') return method;
        // The store is everybody's: a process that stops does not stop it.
        if (name === 'close') return undefined;
        return (...given: unknown[]) => this.#mortal(() => Reflect.apply(method, store, given) as Promise<unknown>);
      },
    });
    return mortal;
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
    if (this.dead) return NEVER;
    const value = await this.#time.during(work());
    return this.#outlived(value);
  }

  #outlived<T>(value: T): T | Promise<T> {
    return this.dead ? NEVER : value;
  }
}
