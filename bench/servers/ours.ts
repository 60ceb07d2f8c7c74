/** The adapter of this package with its middleware, set up as the README says. The store is memory, Redis, an SQLite file or blobs. */
import * as http from 'node:http';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';
import type { Bot, Framework } from './bots.js';
import { latenessMs, logicOf } from './bots.js';
import { countedBlobsStore } from './blobs.js';
import { restifyServer } from './restify.js';

export interface OurServer {
  readonly graphOrigin: string;
  readonly bot: Bot;
  readonly framework: Framework;
  /** On restify: its body parser before the adapter. Default: none. */
  readonly parser?: 'bodyParser' | 'none';
  readonly inlineThreadControl?: boolean;
  /** Address of the Redis that remembers the threads. Default: memory. */
  readonly redisUrl?: string;
  /** Path of the SQLite file that remembers the threads. Default: memory. */
  readonly sqlitePath?: string;
  /** The deliveries are in that file as well. */
  readonly hasInbox?: boolean;
  /** Connection string of the blobs that remember the threads. Default: memory. */
  readonly blobs?: string;
}

export async function ourServer(how: OurServer): Promise<http.Server> {
  const adapter = ourAdapter(how);
  const logic = logicOf(how.bot);
  if (how.framework === 'restify') {
    return restifyServer((req, res) => adapter.processActivity(req, res, logic), how.parser ?? 'none');
  }
  return http.createServer((req, res) => void adapter.processActivity(req, res, logic));
}

/** How late the quick turns since the last question were, milliseconds. */
export function quickTurnsMs(): number[] {
  return latenessMs.splice(0);
}

function ourAdapter(how: OurServer): HandoverFacebookAdapter {
  const { graphOrigin, inlineThreadControl = false, redisUrl, sqlitePath, hasInbox = false, blobs } = how;
  const handover = new VccLiveHandover({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: PAGE_TOKEN,
    appSecret: APP_SECRET,
    graph: { baseUrl: graphOrigin },
    inlineThreadControl,
    ...(redisUrl === undefined ? {} : { store: new RedisThreadStore(redisUrl) }),
    ...(sqlitePath === undefined ? {} : { store: new SqliteThreadStore(sqlitePath) }),
    ...(sqlitePath === undefined || !hasInbox ? {} : { inbox: new SqliteInbox(sqlitePath) }),
    ...(blobs === undefined ? {} : { store: countedBlobsStore(blobs) }),
  });
  return new HandoverFacebookAdapter({ handover, verify_token: VERIFY_TOKEN });
}
