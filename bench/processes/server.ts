/** One server of the comparison: `node server.js <kind> <graph origin> <address of the store>`. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentsServer } from '../servers/agents.js';
import { bareServer } from '../servers/bare.js';
import { blobRequests } from '../servers/blobs.js';
import { botkitServer } from '../servers/botkit.js';
import { ourServer, quickTurnsMs } from '../servers/ours.js';
import { plainServer } from '../servers/plain.js';
import { stockServer } from '../servers/stock.js';
import { answerQuestions } from './answer-questions.js';

/** Who answers, and what its bot does. */
export type ServerKind =
  | 'bare'
  | 'bareEcho'
  | 'stock'
  | 'stockEcho'
  | 'stockRestify'
  | 'ours'
  | 'oursEcho'
  | 'oursRestify'
  | 'oursRestifyParser'
  | 'oursSlow'
  | 'oursInline'
  | 'oursRedis'
  | 'oursRedisEcho'
  | 'oursSqliteEcho'
  | 'oursSqliteInboxEcho'
  | 'oursBlobsEcho'
  | 'agents'
  | 'agentsApplication'
  | 'agentsEcho'
  | 'plain'
  | 'plainEcho'
  | 'botkit';

const [kind, graphOrigin = '', storeAddress = ''] = process.argv.slice(2);
void start(kind as ServerKind).then((server) => {
  const answers = { port: () => (server.address() as AddressInfo).port, quickTurnsMs, blobRequests };
  if (server.listening) answerQuestions(answers);
  else server.listen(0, '127.0.0.1', () => answerQuestions(answers));
});

async function start(which: ServerKind): Promise<Server> {
  switch (which) {
    case 'bare':
      return bareServer(undefined);
    case 'bareEcho':
      return bareServer(graphOrigin);
    case 'stock':
      return stockServer({ graphOrigin, bot: 'silent', framework: 'node' });
    case 'stockEcho':
      return stockServer({ graphOrigin, bot: 'echo', framework: 'node' });
    case 'stockRestify':
      return stockServer({ graphOrigin, bot: 'silent', framework: 'restify' });
    case 'ours':
      return ourServer({ graphOrigin, bot: 'silent', framework: 'node' });
    case 'oursEcho':
      return ourServer({ graphOrigin, bot: 'echo', framework: 'node' });
    case 'oursRestify':
      return ourServer({ graphOrigin, bot: 'silent', framework: 'restify' });
    case 'oursRestifyParser':
      return ourServer({ graphOrigin, bot: 'silent', framework: 'restify', parser: 'bodyParser' });
    case 'oursSlow':
      return ourServer({ graphOrigin, bot: 'slow', framework: 'node' });
    case 'oursInline':
      return ourServer({ graphOrigin, bot: 'silent', framework: 'node', inlineThreadControl: true });
    case 'oursRedis':
      return ourServer({ graphOrigin, bot: 'silent', framework: 'node', redisUrl: storeAddress });
    case 'oursRedisEcho':
      return ourServer({ graphOrigin, bot: 'echo', framework: 'node', redisUrl: storeAddress });
    case 'oursSqliteEcho':
      return ourServer({ graphOrigin, bot: 'echo', framework: 'node', sqlitePath: storeAddress });
    case 'oursSqliteInboxEcho':
      return ourServer({ graphOrigin, bot: 'echo', framework: 'node', sqlitePath: storeAddress, hasInbox: true });
    case 'oursBlobsEcho':
      return ourServer({ graphOrigin, bot: 'echo', framework: 'node', blobs: storeAddress });
    case 'agents':
      return agentsServer(graphOrigin, 'bare');
    case 'agentsApplication':
      return agentsServer(graphOrigin, 'silent');
    case 'agentsEcho':
      return agentsServer(graphOrigin, 'echo');
    case 'plain':
      return plainServer(graphOrigin, 'silent');
    case 'plainEcho':
      return plainServer(graphOrigin, 'echo');
    case 'botkit':
      return botkitServer();
  }
}
