/**
 * Whether a message or a remembered thread costs more when there are more Pages: 100, 1,000 and 10,000 of them.
 *
 * Memory and Redis are both measured. Redis is one of this machine; its own CPU, memory and traffic are asked by INFO.
 */
import { createClient } from 'redis';
import { hasRedisServer, RedisServer } from '../test/store/redis-server.js';
import { PinnedProcess } from './pinned-process.js';
import type { ScaleGiven, ScaleUse } from './processes/scale.js';
import type { Row, Table } from './report.js';
import { plain, times } from './report.js';
import type { Extent, Stage } from './rounds.js';

const PAGES = [100, 1_000, 10_000];
const QUICK_PAGES = [10, 100];
const CUSTOMERS_OF_PAGE = 10;
const QUICK_BELOW_WEBHOOKS = 5_000;
/** Customers who write at one time. A process remembers the records of 10,000. */
const WRITING = 8_000;
/** Messages of known customers that the cost is the mean of. */
const MESSAGES_FOR_EACH_WEBHOOK = 3;

/** Costs with one number of Pages. */
interface Costs {
  readonly pages: number;
  /** By the name of the figure. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What Redis says of itself. */
interface RedisUse {
  readonly cpuMicros: number;
  readonly memoryBytes: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** The rows of the scale. */
export async function scale(stage: Stage, { webhooks }: Extent): Promise<Table> {
  const sizes = webhooks < QUICK_BELOW_WEBHOOKS ? QUICK_PAGES : PAGES;
  const messages = webhooks * MESSAGES_FOR_EACH_WEBHOOK;
  const rows = rowsOf(await each(sizes, (pages) => inMemory(stage, pages, messages)));
  if (!hasRedisServer()) {
    return { rows, missing: 'Redis is not measured: there is no redis-server. Run "apt install redis-server".' };
  }
  return { rows: [...rows, ...rowsOf(await each(sizes, (pages) => inRedis(stage, pages, messages)))] };
}

async function each(sizes: readonly number[], measure: (pages: number) => Promise<Costs['figures']>): Promise<Costs[]> {
  const costs: Costs[] = [];
  for (const pages of sizes) costs.push({ pages, figures: await measure(pages) });
  return costs;
}

async function inMemory(stage: Stage, pages: number, messages: number): Promise<Costs['figures']> {
  return withBot(stage, { pages, customersOfPage: CUSTOMERS_OF_PAGE }, async (bot) => {
    const first = await bot.ask<ScaleUse>('everyCustomerWrites');
    const known = await bot.ask<ScaleUse>('messages', { count: messages, among: WRITING });
    return {
      'memory: µs of CPU for a message': known.cpuMicros / known.messages,
      'memory: bytes of heap for a thread': first.heapBytes / first.messages,
    };
  });
}

async function inRedis(stage: Stage, pages: number, messages: number): Promise<Costs['figures']> {
  const server = await RedisServer.start();
  try {
    const given = { pages, customersOfPage: CUSTOMERS_OF_PAGE, redisUrl: server.url };
    return await withBot(stage, given, async (bot) => {
      const empty = await useOf(server.url);
      const first = await bot.ask<ScaleUse>('everyCustomerWrites');
      const remembered = await useOf(server.url);
      // Those who write are remembered from their first message on.
      await bot.ask<ScaleUse>('messages', { count: WRITING, among: WRITING });
      const before = await useOf(server.url);
      const known = await bot.ask<ScaleUse>('messages', { count: messages, among: WRITING });
      const after = await useOf(server.url);
      const perMessage = (figure: (use: RedisUse) => number): number =>
        (figure(after) - figure(before)) / known.messages;
      const bytesOfEvent = perMessage(({ memoryBytes }) => memoryBytes);
      const bytesOfFirst = (remembered.memoryBytes - empty.memoryBytes) / first.messages;
      return {
        'Redis: µs of CPU of the bot for a message': known.cpuMicros / known.messages,
        'Redis: µs of CPU of Redis for a message': perMessage(({ cpuMicros }) => cpuMicros),
        'Redis: bytes of Redis for a thread': bytesOfFirst - bytesOfEvent,
        'Redis: bytes of Redis for a finished event': bytesOfEvent,
        'Redis: bytes to Redis for a message': perMessage(({ inBytes }) => inBytes),
        'Redis: bytes from Redis for a message': perMessage(({ outBytes }) => outBytes),
      };
    });
  } finally {
    await server.stop();
  }
}

async function withBot<T>(stage: Stage, given: ScaleGiven, measure: (bot: PinnedProcess) => Promise<T>): Promise<T> {
  const bot = await PinnedProcess.start('server', stage.program('scale'), [], ['--expose-gc']);
  try {
    await bot.ask('begin', given);
    return await measure(bot);
  } finally {
    await bot.end();
  }
}

async function useOf(url: string): Promise<RedisUse> {
  const client = await createClient({ url }).connect();
  try {
    const told = await client.info('everything');
    const number = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(told)?.[1]);
    return {
      cpuMicros: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
      memoryBytes: number('used_memory_dataset'),
      inBytes: number('total_net_input_bytes'),
      outBytes: number('total_net_output_bytes'),
    };
  } finally {
    client.destroy();
  }
}

/** A row for each figure: the cost with the most Pages against the one with the fewest. */
function rowsOf(costs: readonly Costs[]): Row[] {
  const [fewest, most] = [costs[0], costs.at(-1)];
  if (!fewest || !most) return [];
  return Object.keys(fewest.figures).map((what): Row => {
    const value = (most.figures[what] ?? NaN) / (fewest.figures[what] ?? NaN);
    const note = costs.map(({ pages, figures }) => `${pages} Pages: ${plain(figures[what] ?? NaN)}`).join(', ');
    return { what: `${what}, most Pages : fewest`, value, shown: times, must: 1.5, aim: 1.1, rounds: [], note };
  });
}
