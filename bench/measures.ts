/** The measures, one function each: what runs against what, and what has to come of it. */
import type { HeapUse } from './processes/memory.js';
import type { BotKind } from './processes/middleware.js';
import type { SenderKind } from './processes/sender.js';
import type { ServerKind } from './processes/server.js';
import { PinnedProcess } from './pinned-process.js';
import { blobs } from './blob-measure.js';
import { loading } from './loading-measure.js';
import { redis } from './redis-measure.js';
import { scale } from './scale-measure.js';
import { sqlite } from './sqlite-measure.js';
import type { Row, Table } from './report.js';
import { figuresOf, percent, plain, times } from './report.js';
import type { Extent, Rounds, Sample, Stage } from './rounds.js';
import { compareServers, inTurn, median, ratios } from './rounds.js';
import type { Shape } from './webhooks.js';

/** One part of the benchmark. */
export interface Measure {
  readonly name: string;
  readonly run: (stage: Stage, extent: Extent) => Promise<Table>;
}

/** A ratio that a measure reports. `must` and `aim`: at most this; without them the ratio has no mark. */
interface Target {
  readonly side: ServerKind;
  readonly against: ServerKind;
  readonly must?: number;
  readonly aim?: number;
}

/** A send costs several times an empty turn, so fewer of them make a run of the same length. */
const ECHO_SHARE = 0.4;
const SLOW_SERVER_SHARE = 0.3;

export const MEASURES: readonly Measure[] = [
  servers('empty turn, one message per webhook', ['bare', 'stock', 'ours'], 'message', 1, [
    { side: 'ours', against: 'stock', must: 1.15, aim: 0.85 },
    { side: 'ours', against: 'bare', must: 2.0, aim: 1.4 },
  ]),
  servers('empty turn, four messages per webhook', ['bare', 'stock', 'ours'], 'fourMessages', 0.5, [
    { side: 'ours', against: 'stock' },
  ]),
  servers('echo bot, one Graph send each', ['bareEcho', 'stockEcho', 'oursEcho'], 'message', ECHO_SHARE, [
    { side: 'oursEcho', against: 'stockEcho', must: 0.5, aim: 0.35 },
    { side: 'oursEcho', against: 'bareEcho', must: 1.8, aim: 1.3 },
  ]),
  servers('the Agents SDK: empty turn', ['bare', 'ours', 'agents', 'agentsApplication'], 'message', SLOW_SERVER_SHARE, [
    { side: 'agents', against: 'ours' },
    { side: 'agentsApplication', against: 'agents' },
  ]),
  servers('the Agents SDK: echo bot', ['bareEcho', 'oursEcho', 'agentsEcho'], 'message', SLOW_SERVER_SHARE, [
    { side: 'agentsEcho', against: 'oursEcho' },
  ]),
  servers('no framework: empty turn', ['bare', 'ours', 'plain'], 'message', 1, [
    { side: 'plain', against: 'bare', must: 1.8, aim: 1.3 },
    { side: 'plain', against: 'ours' },
  ]),
  servers('no framework: echo bot', ['bareEcho', 'oursEcho', 'plainEcho'], 'message', ECHO_SHARE, [
    { side: 'plainEcho', against: 'bareEcho', must: 1.7, aim: 1.2 },
    { side: 'plainEcho', against: 'oursEcho' },
  ]),
  servers('standby events', ['bare', 'ours'], 'standby', 1, [{ side: 'ours', against: 'bare', must: 1.8, aim: 1.3 }]),
  servers('empty turn on restify', ['stockRestify', 'oursRestify', 'oursRestifyParser'], 'message', 0.6, [
    { side: 'oursRestify', against: 'stockRestify', must: 0.9, aim: 0.7 },
    { side: 'oursRestifyParser', against: 'stockRestify' },
  ]),
  servers(
    'a peer: Botkit with the stock adapter and its own express',
    ['botkit', 'ours'],
    'message',
    SLOW_SERVER_SHARE,
    [],
  ),
  { name: 'a slow thread beside quick ones', run: slowThread },
  { name: 'middleware alone', run: middlewareAlone },
  { name: 'ways to send', run: waysToSend },
  { name: 'Graph calls for a handover', run: graphCalls },
  { name: 'memory', run: memory },
  { name: 'SQLite', run: sqlite },
  { name: 'Redis', run: redis },
  { name: 'Blobs', run: blobs },
  { name: 'loading the package', run: loading },
  { name: 'scale: Pages and their customers', run: scale },
];

function servers(
  name: string,
  kinds: readonly ServerKind[],
  shape: Shape,
  share: number,
  targets: readonly Target[],
): Measure {
  return {
    name,
    run: async (stage, extent) => {
      const webhooks = Math.ceil(extent.webhooks * share);
      const rounds = await compareServers(stage, kinds, shape, { ...extent, webhooks });
      const rows = targets.map(({ side, against, ...marks }): Row => {
        const each = ratios(rounds, side, against);
        return { what: `CPU of ${side} : ${against}`, value: median(each), shown: times, ...marks, rounds: each };
      });
      if (name.startsWith('empty turn, one')) rows.push(latencyRow(rounds));
      return { figures: figuresOf(rounds), rows };
    },
  };
}

function latencyRow(rounds: Rounds): Row {
  const each = ratios(rounds, 'ours', 'stock', ({ p99Ms }) => p99Ms);
  return { what: 'p99 of ours : stock', value: median(each), shown: times, must: 0.75, aim: 0.4, rounds: each };
}

/** The lateness of quick turns, in batches that bring a two-second turn of another thread now and then, and without it. */
async function slowThread(stage: Stage, { rounds, webhooks }: Extent): Promise<Table> {
  const server = await PinnedProcess.start('server', stage.program('server'), ['oursSlow', stage.graphOrigin]);
  try {
    const port = await server.ask<number>('port');
    const batches = Math.max(100, Math.ceil(webhooks / 20));
    const p99 = async (slowEvery: number): Promise<number> => {
      await stage.load.ask('runPaced', { port, batches, everyMs: 3, slowEvery });
      const lateness = (await server.ask<number[]>('quickTurnsMs')).sort((a, b) => a - b);
      return lateness[Math.floor(lateness.length * 0.99)] ?? NaN;
    };
    await p99(0);
    const each: number[] = [];
    const withMs: number[] = [];
    const withoutMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const without = await p99(0);
      const beside = await p99(10);
      each.push(beside / without);
      withMs.push(beside);
      withoutMs.push(without);
    }
    const note = `${plain(median(withMs))} ms beside it, ${plain(median(withoutMs))} ms without`;
    return {
      rows: [
        {
          what: 'p99 of quick turns, with : without',
          value: median(each),
          shown: times,
          must: 2,
          aim: 1.1,
          rounds: each,
          note,
        },
      ],
    };
  } finally {
    await server.end();
  }
}

async function middlewareAlone(stage: Stage, { rounds, webhooks }: Extent): Promise<Table> {
  const runner = await PinnedProcess.start('server', stage.program('middleware'));
  const compare = async (bot: BotKind): Promise<{ each: number[]; added: number[] }> => {
    const cpu = (): Promise<{ with: number; without: number }> =>
      runner.ask<{ with: number; without: number }>('run', { bot, turns: webhooks });
    for (let warmUp = 0; warmUp < 3; warmUp += 1) await cpu();
    const each: number[] = [];
    const added: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const sides = await cpu();
      each.push(sides.with / sides.without - 1);
      added.push((sides.with - sides.without) * 100);
    }
    return { each, added };
  };
  const rowOf = async (what: string, bot: BotKind, must?: number): Promise<Row> => {
    const { each, added } = await compare(bot);
    const note = `${plain(median(added))} µs a turn`;
    const row = { what, value: median(each), shown: percent, rounds: each, note };
    return must === undefined ? row : { ...row, must, aim: 0.12 };
  };
  try {
    return {
      rows: [
        await rowOf('added to a bot with states, dialog and answer', 'template', 0.25),
        await rowOf('the same, activities without a payload', 'bareTemplate'),
        await rowOf('added to a bot that does nothing', 'empty'),
      ],
    };
  } finally {
    await runner.end();
  }
}

async function waysToSend(stage: Stage, { rounds, webhooks }: Extent): Promise<Table> {
  const kinds: readonly SenderKind[] = ['ours', 'undici', 'axiosOverUndici', 'axios', 'fetch'];
  const messages = Math.ceil(webhooks * ECHO_SHARE);
  const senders = await Promise.all(
    kinds.map((kind) => PinnedProcess.start('server', stage.program('sender'), [kind, stage.graphOrigin])),
  );
  try {
    const sides = senders.map((sender, index) => ({
      name: kinds[index] as string,
      run: async (): Promise<Sample> => {
        const before = await sender.cpuSeconds();
        const seconds = await sender.ask<number>('run', { messages });
        const cpu = (await sender.cpuSeconds()) - before;
        return { cpuPer10k: (cpu / messages) * 10_000, eventsPerSecond: messages / seconds, p50Ms: NaN, p99Ms: NaN };
      },
    }));
    for (const { run } of sides) await run();
    const measured = await inTurn(rounds, sides);
    const each = ratios(measured, 'ours', 'undici');
    return {
      figures: figuresOf(measured),
      rows: [{ what: 'CPU of our client : undici', value: median(each), shown: times, rounds: each }],
    };
  } finally {
    for (const sender of senders) await sender.end();
  }
}

async function graphCalls(stage: Stage): Promise<Table> {
  const callsOf = async (kind: ServerKind): Promise<string[]> => {
    const server = await PinnedProcess.start('server', stage.program('server'), [kind, stage.graphOrigin]);
    try {
      const port = await server.ask<number>('port');
      // The first one learns what the Page can do.
      await stage.load.ask('handOver', { port });
      await stage.graph.ask('count');
      await stage.load.ask('handOver', { port });
      return await stage.graph.ask<string[]>('counted');
    } finally {
      await server.end();
    }
  };
  const two = await callsOf('ours');
  const one = await callsOf('oursInline');
  return {
    rows: [
      { what: 'notice and pass', value: two.length, shown: plain, must: 2, aim: 2, rounds: [], note: two.join(', ') },
      {
        what: 'inline thread control',
        value: one.length,
        shown: plain,
        must: 1,
        aim: 1,
        rounds: [],
        note: one.join(', '),
      },
    ],
  };
}

async function memory(stage: Stage, { webhooks }: Extent): Promise<Table> {
  const process = await PinnedProcess.start('server', stage.program('memory'), [], ['--expose-gc']);
  const isQuick = webhooks < 5_000;
  try {
    const use = await process.ask<HeapUse>('remembered', { threads: isQuick ? 10_000 : 100_000 });
    const threads = isQuick ? 200_000 : 1_000_000;
    const bound = await process.ask<{ grownBytes: number; kept: number }>('bounded', { threads, maxThreads: 20_000 });
    return {
      rows: [
        {
          what: 'bytes of heap for each remembered thread',
          value: use.bytesEach,
          shown: plain,
          must: 1024,
          aim: 500,
          rounds: [],
        },
        {
          what: `MiB grown by ${threads} threads in a store of 20000, once full`,
          value: bound.grownBytes / 1024 / 1024,
          shown: plain,
          must: 4,
          aim: 1,
          rounds: [],
          note: `${bound.kept} kept`,
        },
      ],
    };
  } finally {
    await process.end();
  }
}
