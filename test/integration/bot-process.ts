/**
 * A bot as a process of its own, for tests with several: adapter, plugin and dialogs; nothing shared but Redis, blobs or a folder.
 *
 * Says `{ port }` when it listens, each turn as `{ turn }`, and `{ left }` when it has stopped on SIGTERM. A turn whose
 * text begins with "hold" goes on when it is told `{ letGo: text }`, which may be before it has begun, and says nothing if its text
 * ends with "silently". "poison" kills it. Each turn changes the bot's state: it counts the turns.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ConversationState } from 'botbuilder';
import type { Storage, StoreItems, TurnContext } from 'botbuilder';
import { ComponentDialog, WaterfallDialog, runDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import type * as azureBlobs from 'botbuilder-azure-blobs';
import type { DeliveryInbox, HandoverResult, ThreadStore, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { BotStorageThreadStore, VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import type { SqliteDriverName } from 'botbuilder-handover-vcclive/sqlite';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { createClient } from 'redis';
import { FolderStorage } from '../../samples/kept/folder-storage.js';
import { listenLocally } from '../kit/listening.js';

/** What the process is started with. */
export interface BotProcessSettings {
  readonly redisUrl?: string;
  /** Addresses of a Redis Cluster for the thread store; everything else stays in `redisUrl`. */
  readonly clusterUrls?: readonly string[];
  /** Where store and state are without Redis: the connection string of an account with blobs. */
  readonly blobs?: string;
  /** Where store, inbox and state are without Redis and blobs: an SQLite file and other files in a folder. */
  readonly sqlite?: { readonly folder: string; readonly driver: SqliteDriverName };
  /** Begins the keys of store and state in Redis; the name of the container with blobs. */
  readonly prefix: string;
  readonly verifyToken: string;
  readonly handover: Pick<
    VccLiveHandoverOptions,
    'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret' | 'graph'
  >;
  readonly inbox?: boolean;
  /** Of the inbox. Default 3000. */
  readonly leaseMs?: number;
  /** How long the process waits for its turns when it is asked to stop. Default 10,000. */
  readonly closesWithinMs?: number;
  readonly ackDeadlineMs?: number;
}

/** What it says. */
export type BotProcessWord =
  | { readonly port: number }
  | { readonly turn: 'began' | 'ended'; readonly text: string }
  | { readonly logged: string }
  | { readonly left: { readonly running: number; readonly waiting: number } };

/** What it is told. */
export interface BotProcessOrder {
  readonly letGo: string;
}

/** Turns that may go on, or wait for it. */
class Held {
  readonly #free = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  constructor() {
    process.on('message', ({ letGo }: BotProcessOrder) => {
      const goOn = this.#waiting.get(letGo);
      this.#waiting.delete(letGo);
      if (goOn) goOn();
      else this.#free.add(letGo);
    });
  }

  async until(text: string): Promise<void> {
    if (this.#free.delete(text)) return;
    await new Promise<void>((resolve) => this.#waiting.set(text, resolve));
  }
}

/** What the bot's own state needs of a client. */
interface StateClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** The bot's own state, where every process finds it. */
class RedisStorage implements Storage {
  readonly #client: StateClient;
  readonly #prefix: string;

  constructor(client: StateClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async read(keys: string[]): Promise<StoreItems> {
    const found: StoreItems = {};
    for (const key of keys) {
      const kept = await this.#client.get(`${this.#prefix}:state:${key}`);
      if (kept !== null) found[key] = JSON.parse(kept);
    }
    return found;
  }

  async write(changes: StoreItems): Promise<void> {
    for (const [key, item] of Object.entries(changes)) {
      await this.#client.set(`${this.#prefix}:state:${key}`, JSON.stringify(item));
    }
  }

  async delete(keys: string[]): Promise<void> {
    for (const key of keys) await this.#client.del(`${this.#prefix}:state:${key}`);
  }
}

class RootDialog extends ComponentDialog {
  constructor(handover: VccLiveHandover, held: Held) {
    super('root');
    this.addDialog(handover.dialog());
    this.addDialog(
      new WaterfallDialog('main', [
        async (step: WaterfallStepContext) => {
          const { type, text } = step.context.activity;
          if (type !== 'message') return step.endDialog();
          if (text === 'agent please') return step.replaceDialog('agent');
          if (text === 'poison') process.kill(process.pid, 'SIGKILL');
          if (text.startsWith('hold')) await held.until(text);
          if (text.endsWith('silently')) return step.endDialog();
          await step.context.sendActivity(`bot: ${text}`);
          return step.endDialog();
        },
      ]),
    );
    this.addDialog(
      new WaterfallDialog('agent', [
        handover.step(),
        async (step: WaterfallStepContext) => {
          const { outcome, via } = step.result as HandoverResult;
          await step.context.sendActivity(`ended: ${outcome} via ${via}`);
          return step.endDialog();
        },
      ]),
    );
    this.initialDialogId = 'main';
  }
}

/** What a turn is told by. */
function textOf({ activity }: TurnContext): string {
  return (activity.type === 'message' ? activity.text : activity.name) ?? '';
}

function tell(word: BotProcessWord): void {
  process.send?.(word);
}

/** Where the process finds what all of them share. */
interface Shared {
  readonly store: ThreadStore;
  readonly inbox?: DeliveryInbox;
  readonly state: Storage;
  readonly close: () => Promise<void>;
}

async function sharedOf(settings: BotProcessSettings): Promise<Shared> {
  const { redisUrl, clusterUrls, blobs, sqlite, prefix, inbox, leaseMs = 3000 } = settings;
  if (sqlite !== undefined) {
    const { folder, driver } = sqlite;
    const path = join(folder, 'handover.db');
    return {
      store: new SqliteThreadStore(path, { driver }),
      ...(inbox ? { inbox: new SqliteInbox(path, { driver, leaseMs }) } : {}),
      state: new FolderStorage(join(folder, 'state')),
      close: () => Promise.resolve(),
    };
  }
  if (redisUrl === undefined) {
    // Takes seconds to load, which processes at Redis need not wait for.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where it is used only
    const { BlobsStorage } = require('botbuilder-azure-blobs') as typeof azureBlobs;
    const storage = new BlobsStorage(blobs ?? '', prefix);
    return { store: new BotStorageThreadStore(storage), state: storage, close: () => Promise.resolve() };
  }
  const client = createClient({ url: redisUrl });
  client.on('error', () => undefined);
  await client.connect();
  return {
    store: new RedisThreadStore(clusterUrls ?? redisUrl, { prefix }),
    ...(inbox ? { inbox: new RedisInbox(redisUrl, { prefix, leaseMs }) } : {}),
    state: new RedisStorage(client, prefix),
    close: () => client.close(),
  };
}

async function main(settings: BotProcessSettings) {
  const { verifyToken, handover: options, ackDeadlineMs } = settings;
  const shared = await sharedOf(settings);
  const handover = new VccLiveHandover({
    ...options,
    talkToAgent: [],
    logger: { info: () => undefined, warn: (line) => tell({ logged: line }), error: (line) => tell({ logged: line }) },
    store: shared.store,
    ...(shared.inbox ? { inbox: shared.inbox } : {}),
  });
  const adapter = new HandoverFacebookAdapter({
    handover,
    verify_token: verifyToken,
    ...(ackDeadlineMs === undefined ? {} : { ackDeadlineMs }),
  });
  const state = new ConversationState(handover.guardStorage(shared.state));
  const dialogs = state.createProperty('dialogs');
  const turns = state.createProperty<number>('turns');
  const root = new RootDialog(handover, new Held());
  const logic = async (context: TurnContext): Promise<void> => {
    const { type, name } = context.activity;
    if (type !== 'message' && name !== 'handoff.status') return;
    await turns.set(context, (await turns.get(context, 0)) + 1);
    // The bot's own state is read by now: a test that cuts the network from here on hits the plugin, and not that.
    tell({ turn: 'began', text: textOf(context) });
    await runDialog(root, context, dialogs);
    await state.saveChanges(context);
    tell({ turn: 'ended', text: textOf(context) });
  };
  handover.attach(adapter, logic);
  const server = createServer((req, res) => void adapter.processActivity(req, res, logic));
  await listenLocally(server);
  tell({ port: (server.address() as AddressInfo).port });
  process.once('SIGTERM', () => {
    void handover.close({ withinMs: settings.closesWithinMs ?? 10_000 }).then(async (left) => {
      tell({ left });
      await shared.close();
      server.close();
      server.closeIdleConnections();
      // A turn that goes on may still be told to.
      if (left.running === 0) process.disconnect();
    });
  });
}

void main(JSON.parse(process.argv[2] ?? '{}') as BotProcessSettings);
