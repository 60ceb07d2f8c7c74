/** The load, in a process of its own: sends prepared webhooks over a fixed number of connections and times each answer. */
import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';
import { CONNECTIONS, WEBHOOK_PATH } from '../settings.js';
import type { Shape, Webhook } from '../webhooks.js';
import { messageOf, signed, webhooks } from '../webhooks.js';
import { answerQuestions } from './answer-questions.js';

/** What is to be sent where. */
export interface Load {
  /** Of the servers, which get the webhooks in turn. */
  readonly ports: readonly number[];
  readonly shape: Shape;
  readonly webhooks: number;
  /** Webhooks at a time. Default: {@link CONNECTIONS}. */
  readonly connections?: number;
  /** This process has its core for itself, and runs on while nothing comes. Default: it sleeps. */
  readonly staysAwake?: boolean;
}

/** How it went. */
export interface LoadResult {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Batches at a steady pace, some of them with a message whose turn is slow. */
export interface PacedLoad {
  readonly port: number;
  readonly batches: number;
  readonly everyMs: number;
  /** Every so many batches bring a slow one; 0: none. */
  readonly slowEvery: number;
}

const QUICK_IN_BATCH = 4;

let handedOver = 0;

answerQuestions({ run, runPaced, handOver });

async function run({
  ports,
  shape,
  webhooks: count,
  connections = CONNECTIONS,
  staysAwake = false,
}: Load): Promise<LoadResult> {
  const prepared = webhooks(shape, count);
  const pools = ports.map((port) => poolFor(port, connections));
  const latenciesMs: number[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < prepared.length) {
      const pool = pools[next % pools.length] as Pool;
      const webhook = prepared[next++] as Webhook;
      const beganMs = performance.now();
      await deliver(pool, webhook);
      latenciesMs.push(performance.now() - beganMs);
    }
  };
  const rest = staysAwake ? stayAwake() : undefined;
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: connections }, line));
  rest?.();
  const seconds = (performance.now() - beganMs) / 1000;
  await Promise.all(pools.map((pool) => pool.close()));
  latenciesMs.sort((a, b) => a - b);
  return { seconds, p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99) };
}

/** The text says when it was sent, so that the turn of each message knows how late it is. */
async function runPaced({ port, batches, everyMs, slowEvery }: PacedLoad): Promise<void> {
  // Each slow batch holds its connection until its turn is over; what is quick must not wait for one on this side.
  const slow = slowEvery > 0 ? Math.ceil(batches / slowEvery) : 0;
  const pool = poolFor(port, CONNECTIONS + slow);
  const under: Promise<void>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const sentAtNs = process.hrtime.bigint();
    const items = Array.from({ length: QUICK_IN_BATCH }, (_, index) =>
      messageOf(batch * QUICK_IN_BATCH + index, `quick ${sentAtNs}`),
    );
    // Customers of their own: a slow turn holds up its own thread, and that is right.
    if (slowEvery > 0 && batch % slowEvery === 0) items.unshift(messageOf(900_000 + batch, 'slow'));
    under.push(deliver(pool, signed({ messaging: items })));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await Promise.all(under);
  await pool.close();
}

async function handOver({ port }: { port: number }): Promise<void> {
  const pool = poolFor(port);
  handedOver += 1;
  await deliver(pool, signed({ messaging: [messageOf(1_000_000 + handedOver, 'talk to agent')] }));
  await pool.close();
}

/**
 * Keeps this process running while nothing comes. Else each answer to a load that sleeps pays for waking it, in the kernel and
 * on the server's account: a server that is slower than the load pays for every answer, a faster one for none.
 * @returns what ends that
 */
function stayAwake(): () => void {
  let isOver = false;
  const turn = (): void => {
    if (!isOver) setImmediate(turn);
  };
  turn();
  return () => {
    isOver = true;
  };
}

function poolFor(port: number, connections = CONNECTIONS): Pool {
  return new Pool(`http://127.0.0.1:${port}`, { connections });
}

async function deliver(pool: Pool, { body, headers }: Webhook): Promise<void> {
  const answer = await pool.request({ path: WEBHOOK_PATH, method: 'POST', headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`A webhook was answered with ${answer.statusCode}.`);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
