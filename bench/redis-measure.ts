/**
 * What the store in Redis costs: commands around a turn, CPU beside the memory store, and what a second bot process brings.
 *
 * Redis is one of this machine, started for the measure. Its commands are counted where they arrive, with MONITOR: what
 * a script does inside is not a round trip, and is not counted.
 */
import { cpus } from 'node:os';
import { createClient } from 'redis';
import { hasRedisServer, RedisServer } from '../test/store/redis-server.js';
import type { LoadResult } from './processes/load.js';
import type { ServerKind } from './processes/server.js';
import { CORES, PinnedProcess } from './pinned-process.js';
import type { Row, Table } from './report.js';
import { figuresOf, plain, times } from './report.js';
import type { Extent, Stage } from './rounds.js';
import { compareServers, median, ratios } from './rounds.js';

/** A store in another process is never as cheap as memory; a send is a part of every usual turn. */
const SHARE_OF_WEBHOOKS = 0.3;
const COUNTED_TURNS = 200;
/** Two bots, the load, and Redis with what is left of the pretend Graph. */
const CORES_FOR_TWO_BOTS = 4;
const IDLE_LOOK_MS = 1_000;
/** What a process asks on its own, between turns: which deadlines have come. */
const NOT_OF_A_TURN = /:due/;

/** The rows of Redis. */
export async function redis(stage: Stage, extent: Extent): Promise<Table> {
  if (!hasRedisServer()) {
    return {
      rows: [],
      missing: 'not measured: there is no redis-server. "apt install redis-server", or set REDIS_SERVER_PATH to one.',
    };
  }
  const server = await RedisServer.start();
  try {
    const webhooks = Math.ceil(extent.webhooks * SHARE_OF_WEBHOOKS);
    const counted = [
      await roundTrips(stage, server.url, 'oursRedis', 'commands to Redis around an empty turn'),
      await roundTrips(stage, server.url, 'oursRedisEcho', 'commands to Redis around a turn that answers', 3),
    ];
    const rounds = await compareServers(
      stage,
      ['oursEcho', 'oursRedisEcho'],
      'message',
      { ...extent, webhooks },
      server.url,
    );
    const each = ratios(rounds, 'oursRedisEcho', 'oursEcho');
    const besideMemory: Row = {
      what: 'CPU of an echo bot with Redis : with memory',
      value: median(each),
      shown: times,
      must: 1.7,
      aim: 1.3,
      rounds: each,
    };
    const figures = figuresOf(rounds);
    const rows = [...counted, besideMemory];
    const free = await freeCores();
    if (free < CORES_FOR_TWO_BOTS) {
      const missing =
        `two bot processes beside one: not measurable here. Bots, load and Redis need ${CORES_FOR_TWO_BOTS} free cores; ` +
        `of ${CORES} here, ${free} ${free === 1 ? 'is' : 'are'} idle.`;
      return { figures, rows, missing };
    }
    return { figures, rows: [...rows, await twoBots(stage, server.url, { ...extent, webhooks })] };
  } finally {
    await server.stop();
  }
}

/** How often a turn goes to Redis: each command is sent after the answer of the one before. */
async function roundTrips(
  stage: Stage,
  redisUrl: string,
  kind: ServerKind,
  what: string,
  target?: number,
): Promise<Row> {
  const bot = await PinnedProcess.start('server', stage.program('server'), [kind, stage.graphOrigin, redisUrl]);
  const watcher = createClient({ url: redisUrl });
  await watcher.connect();
  try {
    const ports = [await bot.ask<number>('port')];
    // The first turns bring the scripts.
    await stage.load.ask('run', { ports, shape: 'message', webhooks: COUNTED_TURNS });
    const commands: string[] = [];
    await watcher.monitor((line) => void commands.push(line));
    await stage.load.ask('run', { ports, shape: 'message', webhooks: COUNTED_TURNS });
    await everythingSeen(redisUrl, commands);
    const ofTurns = commands.flatMap(commandOfClient);
    const value = ofTurns.length / COUNTED_TURNS;
    const row = { what, value, shown: plain, rounds: [], note: namesOf(ofTurns) };
    return target === undefined ? row : { ...row, must: target, aim: target };
  } finally {
    watcher.destroy();
    await bot.end();
  }
}

/** Redis tells what it does in order: when it has told this, it has told all before. */
async function everythingSeen(redisUrl: string, commands: readonly string[]): Promise<void> {
  const client = createClient({ url: redisUrl });
  await client.connect();
  const last = `end of ${process.pid}`;
  await client.echo(last);
  await client.close();
  while (!commands.some((line) => line.includes(last))) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The command of one line of MONITOR; none if a script or this measure sent it. */
function commandOfClient(line: string): string[] {
  const [, from, name, rest = ''] = /^\S+ \[\d+ (\S+)\] "(\w+)"(.*)$/.exec(line) ?? [];
  if (from === undefined || from === 'lua' || name === undefined) return [];
  const command = name.toLowerCase();
  if (!['get', 'eval', 'evalsha'].includes(command) || NOT_OF_A_TURN.test(rest)) return [];
  const key = /\}:(\w+)/.exec(rest)?.[1] ?? '';
  return [`${command} ${key}`];
}

/** `3 x evalsha claim, …`, for each turn. */
function namesOf(commands: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const command of commands) counts.set(command, (counts.get(command) ?? 0) + 1);
  return [...counts].map(([command, count]) => `${plain(count / COUNTED_TURNS)} ${command}`).join(', ');
}

/** The same load for one process and for two, which share nothing but Redis. */
async function twoBots(stage: Stage, redisUrl: string, { rounds, webhooks }: Extent): Promise<Row> {
  const args = ['oursRedisEcho', stage.graphOrigin, redisUrl];
  const bots = [
    await PinnedProcess.start('server', stage.program('server'), args),
    await PinnedProcess.start(2, stage.program('server'), args),
  ];
  try {
    const both = await Promise.all(bots.map((bot) => bot.ask<number>('port')));
    const eventsPerSecond = async (ports: readonly number[]): Promise<number> => {
      const { seconds } = await stage.load.ask<LoadResult>('run', { ports, shape: 'message', webhooks });
      return webhooks / seconds;
    };
    await eventsPerSecond(both);
    const each: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const one = await eventsPerSecond(both.slice(0, 1));
      each.push((await eventsPerSecond(both)) / one);
    }
    return { what: 'events/s of two bot processes : one', value: median(each), shown: times, rounds: each };
  } finally {
    for (const bot of bots) await bot.end();
  }
}

/** Cores that nothing uses at this moment, while our processes wait. */
async function freeCores(): Promise<number> {
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, IDLE_LOOK_MS));
  const after = ticks();
  const all = after.all - before.all;
  return all === 0 ? CORES : Math.round(((after.idle - before.idle) / all) * CORES);
}

function ticks(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times: spent } of cpus()) {
    idle += spent.idle;
    all += spent.user + spent.nice + spent.sys + spent.irq + spent.idle;
  }
  return { idle, all };
}
