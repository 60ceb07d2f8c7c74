/**
 * Hostile input against adapters on real ports: nothing crashes, statuses are right, memory stays bounded.
 *
 * `npm run fuzz` sends 100,000 bodies; FUZZ_SEED makes a run again.
 */
import { expect } from 'chai';
import { ActivityTypes, BotAdapter, TurnContext } from 'botbuilder';
import type { Activity, ResourceResponse } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryThreadStore, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { BotLogic } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { type Chance, hostileRequest, hostileValue } from './hostile-bodies.js';
import { listenLocally, stopServer } from '../kit/listening.js';

const BODIES = Number(process.env['FUZZ_BODIES'] ?? 1500);
/** `npm test` sends the same ones each time; the command sends new ones. */
const USUAL_SEED = 662_402_500;
const NEW_SEED = process.env['FUZZ_BODIES'] === undefined ? USUAL_SEED : Math.floor(Math.random() * 2 ** 31);
const SEED = Number(process.env['FUZZ_SEED'] ?? NEW_SEED);
const SECRET = 'fuzz-secret';
const MAX_BODY_BYTES = 64 * 1024;
const MAX_THREADS = 2000;
const CONNECTIONS = 16;
/** What a run may leave behind: the bounded store, code that was compiled, connections. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

/** Mulberry32: a seed gives the same bodies on every machine. */
function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Reads what bots read of an activity, and answers now and then. */
const curious: BotLogic = async (context) => {
  const { text, from, conversation, value, type } = context.activity as Partial<Omit<Activity, 'text'>> & {
    text?: unknown;
  };
  if (type === ActivityTypes.Message && typeof text === 'string' && text.length % 50 === 7) {
    await context.sendActivity(`${text.slice(0, 20)} ${from?.id ?? ''} ${conversation?.id ?? ''} ${typeof value}`);
  }
};

describe('hostile input', () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  let graph: Server;
  let bot: Server;
  let store: MemoryThreadStore;
  let handover: VccLiveHandover;
  const complaints: string[] = [];

  beforeEach(async () => {
    process.on('unhandledRejection', onRejection);
    graph = createServer((req, res) => {
      req.resume();
      req.once('end', () =>
        res.setHeader('content-type', 'application/json').end('{"success":true,"message_id":"m_1","recipient_id":"1"}'),
      );
    });
    const graphBaseUrl = await listenLocally(graph);
    store = new MemoryThreadStore({ maxThreads: MAX_THREADS, maxClaims: 5000 });
    complaints.length = 0;
    const log = (line: unknown): void => void complaints.push(String(line));
    handover = new VccLiveHandover({
      botAppId: '900100200300400',
      vccLiveAppId: '900500600700800',
      pageAccessToken: 'fuzz-token',
      appSecret: SECRET,
      store,
      graph: { baseUrl: graphBaseUrl },
      logger: { info: () => undefined, warn: () => undefined, error: log },
    });
  });

  afterEach(async () => {
    process.off('unhandledRejection', onRejection);
    await Promise.all([graph, bot].map(stopServer));
    expect(rejections.splice(0), 'unhandled rejections').to.deep.equal([]);
    expect(({} as { polluted?: unknown }).polluted, 'a polluted prototype').to.equal(undefined);
  });

  const withAdapter = {
    'the package’s adapter': () => {
      const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v', maxBodyBytes: MAX_BODY_BYTES });
      adapter.onTurnError = async () => undefined;
      return adapter;
    },
    'a stock adapter, repaired': () => {
      const stock = new FacebookAdapter({ verify_token: 'v', app_secret: SECRET, access_token: 'fuzz-token' });
      stock.onTurnError = async () => undefined;
      return repairFacebookAdapter(stock, { handover, maxBodyBytes: MAX_BODY_BYTES });
    },
  };

  for (const [name, make] of Object.entries(withAdapter)) {
    const bodies = name.startsWith('the') ? BODIES : Math.ceil(BODIES / 10);
    it(`${name} answers ${bodies} hostile bodies rightly, and stays as large as it was`, async () => {
      const adapter = make();
      bot = createServer((req, res) => void adapter.processActivity(req, res, curious));
      const url = `${await listenLocally(bot)}/api/messages`;
      const chance = chanceFrom(SEED);
      const wrong: string[] = [];
      const statuses: Record<number, number> = {};
      await send(url, Math.min(500, bodies), chance, wrong, statuses);
      const before = heapBytes();
      const began = performance.now();
      await send(url, bodies, chance, wrong, statuses);
      const grown = heapBytes() - before;
      const rate = bodies / ((performance.now() - began) / 1000);
      console.log(
        `      seed ${SEED}: ${bodies} bodies, ${rate.toFixed(0)} a second, heap ${grown > 0 ? '+' : ''}${(grown / 2 ** 20).toFixed(1)} MiB, ${JSON.stringify(statuses)}`,
      );
      expect(wrong.slice(0, 5), `wrong answers (FUZZ_SEED=${SEED})`).to.deep.equal([]);
      expect(
        complaints
          .filter((line) => /could not be received|could not be worked on|no onTurnError/.test(line))
          .slice(0, 3),
      ).to.deep.equal([]);
      expect(grown, 'heap that stays').to.be.below(MAX_GROWTH_BYTES);
      expect(store.claimCount, 'claims kept').to.be.at.most(5000);
    }).timeout(30_000 + bodies * 20);
  }

  it('a flood of unknown customers leaves no more threads than there is room for', async () => {
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v' });
    bot = createServer((req, res) => void adapter.processActivity(req, res, curious));
    const url = `${await listenLocally(bot)}/api/messages`;
    const chance = chanceFrom(SEED);
    const messages = Array.from({ length: 100 }, () => crowdOf(chance, 100));
    for (const body of messages) expect(await post(url, body)).to.equal(200);
    expect(store.threadCount).to.be.at.most(MAX_THREADS);
  }).timeout(60_000);

  it('bodies that never end hold up nobody, and one that is too large is refused before it has come', async () => {
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: 'v', maxBodyBytes: MAX_BODY_BYTES });
    bot = createServer((req, res) => void adapter.processActivity(req, res, curious));
    const url = `${await listenLocally(bot)}/api/messages`;
    const { port } = bot.address() as AddressInfo;
    const slow = await Promise.all(Array.from({ length: 200 }, () => halfBody(port, 5000)));
    expect(await post(url, crowdOf(chanceFrom(SEED), 1)), 'somebody else meanwhile').to.equal(200);
    for (const socket of slow) socket.write('{');
    const large = await halfBody(port, MAX_BODY_BYTES + 1);
    const [answer] = (await once(large, 'data')) as [Buffer];
    expect(answer.toString()).to.match(/^HTTP\/1.1 413/);
    for (const socket of [...slow, large]) socket.destroy();
    expect(await post(url, crowdOf(chanceFrom(SEED + 1), 1)), 'and afterwards').to.equal(200);
  }).timeout(30_000);

  it(`turns of other adapters with ${Math.ceil(BODIES / 3)} hostile activities end, and run the logic at most once`, async () => {
    bot = createServer();
    await listenLocally(bot);
    const chance = chanceFrom(SEED);
    for (let made = 0; made < Math.ceil(BODIES / 3); made += 1) {
      const activity = hostileActivity(chance);
      const context = new TurnContext(new DumbAdapter(), activity);
      let runs = 0;
      await handover.onTurn(context, async () => {
        runs += 1;
      });
      expect(runs, JSON.stringify(activity)).to.be.at.most(1);
    }
  }).timeout(30_000 + BODIES * 20);
});

async function send(
  url: string,
  bodies: number,
  chance: Chance,
  wrong: string[],
  statuses: Record<number, number>,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = bodies;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const hostile = hostileRequest(chance, SECRET, MAX_BODY_BYTES);
      const status = await answerTo(url, hostile.bytes, hostile.headers, agent);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status !== hostile.status) {
        wrong.push(
          `${hostile.made}: ${status} instead of ${hostile.status}: ${hostile.bytes.toString('utf8').slice(0, 400)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  agent.destroy();
}

function answerTo(
  url: string,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
  agent?: Agent,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': bytes.length },
      ...(agent ? { agent } : {}),
    });
    req.once('response', (res) => {
      res.resume();
      res.once('end', () => resolve(res.statusCode ?? 0));
    });
    req.once('error', reject);
    req.end(bytes);
  });
}

async function post(url: string, body: object): Promise<number> {
  const { createHmac } = await import('node:crypto');
  const bytes = Buffer.from(JSON.stringify(body));
  return answerTo(url, bytes, {
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(bytes).digest('hex')}`,
  });
}

function crowdOf(chance: Chance, customers: number): object {
  const messaging = Array.from({ length: customers }, () => ({
    sender: { id: String(1e15 + Math.floor(chance() * 1e14)) },
    recipient: { id: '111222333444555' },
    timestamp: Date.now(),
    message: { mid: `m_${chance()}`, text: 'hello' },
  }));
  return { object: 'page', entry: [{ id: '111222333444555', time: Date.now(), messaging }] };
}

/** A request whose headers are there and whose body is not. */
async function halfBody(port: number, length: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.write(`POST /api/messages HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
  return socket;
}

/** Activities as Azure's channel and Botkit's adapter make them of such bodies. */
function hostileActivity(chance: Chance): Record<string, unknown> {
  const body = hostileValue(chance) as { entry?: { messaging?: unknown[]; standby?: unknown[] }[] };
  const entry = Array.isArray(body.entry) ? body.entry[0] : undefined;
  const item = entry?.messaging?.[0] ?? entry?.standby?.[0] ?? body;
  const types = ['message', 'event', 'conversationUpdate', 'messageReaction', '', undefined];
  const names = ['standby', 'pass_thread_control', 'request_thread_control', undefined, 'handoff.status'];
  const account = (): unknown =>
    chance() < 0.2 ? undefined : { id: chance() < 0.8 ? String(Math.floor(chance() * 1e6)) : null };
  return {
    type: types[Math.floor(chance() * types.length)],
    name: names[Math.floor(chance() * names.length)],
    channelId: 'facebook',
    text: chance() < 0.3 ? undefined : 'hello',
    channelData: chance() < 0.1 ? 'text' : item,
    value: chance() < 0.5 ? item : body,
    from: account(),
    recipient: account(),
    conversation: account(),
    timestamp: new Date(),
  };
}

class DumbAdapter extends BotAdapter {
  async sendActivities(_context: TurnContext, activities: Partial<Activity>[]): Promise<ResourceResponse[]> {
    return activities.map(() => ({ id: 'sent' }));
  }
  async updateActivity(): Promise<void> {}
  async deleteActivity(): Promise<void> {}
  async continueConversation(): Promise<void> {}
}
