/** A bot as a process of its own: everything shared is in Redis or in a folder, and it may be killed at any moment. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ConversationState } from 'botbuilder';
import type { Storage, StoreItems } from 'botbuilder';
import { runDialog } from 'botbuilder-dialogs';
import type { ThreadStore } from 'botbuilder-handover-vcclive';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import type { SqliteDriverName } from 'botbuilder-handover-vcclive/sqlite';
import { SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { createClient } from 'redis';
import { FolderStorage } from '../../samples/kept/folder-storage.js';
import { AnsweringDialog } from '../chaos/answering-dialog.js';

type Redis = ReturnType<typeof createClient>;

const env = (name: string): string => process.env[name] ?? '';

/** Bot Framework's state in the same Redis. The last writer wins, as with `ConversationState` on every storage. */
function redisStorage(redis: Redis): Storage {
  return {
    read: async (keys) => {
      const items: StoreItems = {};
      for (const key of keys) {
        const text = await redis.get(`state:${key}`);
        if (text !== null) items[key] = JSON.parse(text) as unknown;
      }
      return items;
    },
    write: async (changes: StoreItems) => {
      for (const [key, item] of Object.entries(changes)) {
        await redis.set(`state:${key}`, JSON.stringify({ ...(item as object), eTag: '*' }));
      }
    },
    delete: async (keys) => {
      for (const key of keys) await redis.del(`state:${key}`);
    },
  };
}

/** What all processes share. */
interface Shared {
  readonly store: ThreadStore;
  readonly storage: Storage;
}

async function inRedis(url: string): Promise<Shared> {
  const redis: Redis = createClient({ url });
  redis.on('error', () => undefined);
  await redis.connect();
  return { store: new RedisThreadStore(redis), storage: redisStorage(redis) };
}

function inFolder(folder: string): Shared {
  return {
    store: new SqliteThreadStore(join(folder, 'handover.db'), { driver: env('SQLITE_DRIVER') as SqliteDriverName }),
    storage: new FolderStorage(join(folder, 'state')),
  };
}

async function main(): Promise<void> {
  const shared = env('FOLDER') === '' ? await inRedis(env('REDIS_URL')) : inFolder(env('FOLDER'));
  const skewMs = Number(env('SKEW_MS') || 0);
  const handover = new VccLiveHandover({
    botAppId: env('FACEBOOK_APP_ID'),
    vccLiveAppId: env('VCC_LIVE_APP_ID'),
    pageAccessToken: env('FACEBOOK_PAGE_ACCESS_TOKEN'),
    appSecret: env('FACEBOOK_APP_SECRET'),
    talkToAgent: [],
    store: shared.store,
    graph: { baseUrl: env('GRAPH_BASE_URL') },
    clock: {
      now: () => Date.now() + skewMs,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: env('FACEBOOK_VERIFY_TOKEN') });
  adapter.onTurnError = async (_context, error) => {
    console.error(`onTurnError: ${error.stack ?? error.message}`);
  };
  const state = new ConversationState(shared.storage);
  const dialogs = state.createProperty('dialogs');
  const root = new AnsweringDialog(handover, { sign: `[${env('NAME')}] ` });
  const server = createServer((req, res) => {
    void adapter.processActivity(req, res, async (context) => {
      if (context.activity.type !== 'message' && context.activity.name !== 'handoff.status') return;
      await runDialog(root, context, dialogs);
      await state.saveChanges(context);
    });
  });
  server.listen(Number(env('PORT')), '127.0.0.1', () => console.log(`${env('NAME')} listens`));
}

process.on('unhandledRejection', (reason) => {
  console.error('unhandled rejection:', reason);
});
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
