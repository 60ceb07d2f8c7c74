/**
 * Sides of a comparison, measured in turn, round after round, so that whatever else the machine does meets them alike.
 */
import type { LoadResult } from './processes/load.js';
import type { ServerKind } from './processes/server.js';
import { PINNED, PinnedProcess } from './pinned-process.js';
import type { ProgramName } from './programs.js';
import type { Shape } from './webhooks.js';
import { eventsIn } from './webhooks.js';

/** One run of one side. */
export interface Sample {
  /** CPU seconds of the server for 10,000 events. The trustworthy figure on a shared machine. */
  readonly cpuPer10k: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What was measured of each side: one sample for each round. */
export type Rounds = ReadonlyMap<string, readonly Sample[]>;

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  /** Webhooks of one run. */
  readonly webhooks: number;
}

/** Programs and the processes that serve every measure. */
export interface Stage {
  readonly program: (name: ProgramName) => string;
  readonly load: PinnedProcess;
  readonly graph: PinnedProcess;
  readonly graphOrigin: string;
}

/** Twice as much as one run: bots run for days, so everything is to be compiled, and the memory to be what it will be. */
const WARM_UP_SHARE = 2;

/** Runs these servers against the same load in turn. */
export async function compareServers(
  stage: Stage,
  kinds: readonly ServerKind[],
  shape: Shape,
  { rounds, webhooks }: Extent,
  storeAddress = '',
): Promise<Rounds> {
  // The pretend Graph and a store need the load's core, too.
  const staysAwake = PINNED && storeAddress === '' && !kinds.some((kind) => kind.endsWith('Echo'));
  const servers = await Promise.all(
    kinds.map((kind) =>
      PinnedProcess.start('server', stage.program('server'), [kind, stage.graphOrigin, storeAddress]),
    ),
  );
  try {
    const runs = await Promise.all(
      servers.map(async (server, index) => {
        const port = await server.ask<number>('port');
        const run = async (count: number): Promise<Sample> => {
          const cpuBefore = await server.cpuSeconds();
          const result = await stage.load.ask<LoadResult>('run', { ports: [port], shape, webhooks: count, staysAwake });
          const cpu = (await server.cpuSeconds()) - cpuBefore;
          const events = count * eventsIn(shape);
          return {
            cpuPer10k: (cpu / events) * 10_000,
            eventsPerSecond: events / result.seconds,
            p50Ms: result.p50Ms,
            p99Ms: result.p99Ms,
          };
        };
        return { name: kinds[index] as string, run };
      }),
    );
    for (const { run } of runs) await run(Math.ceil(webhooks * WARM_UP_SHARE));
    return await inTurn(
      rounds,
      runs.map(({ name, run }) => ({ name, run: () => run(webhooks) })),
    );
  } finally {
    for (const server of servers) await server.end();
  }
}

/** Round after round, each beginning with the next side. */
export async function inTurn(
  rounds: number,
  sides: readonly { readonly name: string; readonly run: () => Promise<Sample> }[],
): Promise<Rounds> {
  const samples = new Map<string, Sample[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < sides.length; index += 1) {
      const side = sides[(round + index) % sides.length];
      if (side) samples.get(side.name)?.push(await side.run());
    }
  }
  return samples;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A figure of one side divided by that of another, round by round. */
export function ratios(
  rounds: Rounds,
  side: string,
  against: string,
  figure: (sample: Sample) => number = (sample) => sample.cpuPer10k,
): number[] {
  const others = rounds.get(against) ?? [];
  return (rounds.get(side) ?? []).map((sample, round) => figure(sample) / figure(others[round] as Sample));
}
