/** A Redis Cluster of this machine for one test file: three masters, a replica of each, on loopback. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'redis';
import { ended, launch } from './redis-server.js';
import { freePort } from '../kit/listening.js';

const SLOTS = 16_384;
const MASTERS = 3;
/** A node talks to the others on its port plus this. */
const BUS_OFFSET = 10_000;
const HIGHEST_PORT = 65_535;
const MAX_TRIES = 20;
const NODE_TIMEOUT_MS = 1_000;
const READY_WITHIN_MS = 60_000;
const ASKED_EVERY_MS = 25;

/** A node of the cluster. */
interface Node {
  readonly port: number;
  readonly folder: string;
  child: ChildProcess;
}

/** A running cluster that keeps nothing on disk. Nodes 0 to 2 begin as masters, 3 to 5 as their replicas. */
export class RedisCluster {
  readonly #nodes: readonly Node[];

  private constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** @param settings further ones of each node, as on its command line */
  static async start(settings: readonly string[] = []): Promise<RedisCluster> {
    const nodes: Node[] = [];
    const cluster = new RedisCluster(nodes);
    try {
      for (let each = 0; each < 2 * MASTERS; each += 1) nodes.push(await startNode(settings));
      await cluster.#form();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Addresses of all nodes. */
  get urls(): readonly string[] {
    return this.#nodes.map(urlOf);
  }

  /** The keys on each of the nodes that began as masters. */
  async keysOfMasters(pattern: string): Promise<string[][]> {
    return Promise.all(
      this.#nodes.slice(0, MASTERS).map(async (node) => (await ask(node, ['KEYS', pattern])) as string[]),
    );
  }

  /** Ends a node as a power cut does. */
  async kill(index: number): Promise<void> {
    await ended(this.#node(index).child, 'SIGKILL');
  }

  /** A node takes connections and commands, and answers none, until {@link thaw}: as a machine does that hangs. */
  freeze(index: number): void {
    this.#node(index).child.kill('SIGSTOP');
  }

  thaw(index: number): void {
    this.#node(index).child.kill('SIGCONT');
  }

  /** Resolves when a node is a master and the whole cluster answers again. */
  async promoted(index: number): Promise<void> {
    await until(`node ${index} is promoted`, async () => {
      const isMaster = String(await ask(this.#node(index), ['ROLE'])).startsWith('master');
      return isMaster && String(await ask(this.#node(index), ['CLUSTER', 'INFO'])).includes('cluster_state:ok');
    });
  }

  /** Moves the slot of a key to the next master, as an operator does who adds a node. */
  async moveSlotOf(key: string): Promise<void> {
    const slot = Number(await ask(this.#node(0), ['CLUSTER', 'KEYSLOT', key]));
    const fromIndex = Math.floor((slot * MASTERS) / SLOTS);
    const from = this.#node(fromIndex);
    const to = this.#node((fromIndex + 1) % MASTERS);
    const [fromId, toId] = await Promise.all([idOf(from), idOf(to)]);
    await ask(to, ['CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId]);
    await ask(from, ['CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId]);
    const keys = (await ask(from, ['CLUSTER', 'GETKEYSINSLOT', String(slot), '10000'])) as string[];
    for (const each of keys) await ask(from, ['MIGRATE', '127.0.0.1', String(to.port), each, '0', '5000']);
    for (const node of this.#nodes.slice(0, MASTERS))
      await ask(node, ['CLUSTER', 'SETSLOT', String(slot), 'NODE', toId]);
  }

  async stop(): Promise<void> {
    for (const { child, folder } of this.#nodes) {
      await ended(child, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #form(): Promise<void> {
    const masters = this.#nodes.slice(0, MASTERS);
    for (const [index, node] of masters.entries()) {
      const [from, to] = [index, index + 1].map((edge) => Math.ceil((edge * SLOTS) / MASTERS)) as [number, number];
      const slots = Array.from({ length: to - from }, (_, slot) => String(from + slot));
      await ask(node, ['CLUSTER', 'ADDSLOTS', ...slots]);
      await ask(node, ['CONFIG', 'SET', 'cluster-allow-replica-migration', 'no']);
    }
    for (const node of this.#nodes.slice(1)) {
      await ask(this.#node(0), ['CLUSTER', 'MEET', '127.0.0.1', String(node.port)]);
    }
    for (const [index, master] of masters.entries()) {
      const masterId = await idOf(master);
      const replica = this.#node(MASTERS + index);
      await until('the replica knows its master', async () =>
        String(await ask(replica, ['CLUSTER', 'NODES'])).includes(masterId),
      );
      await ask(replica, ['CLUSTER', 'REPLICATE', masterId]);
    }
    for (const [index, node] of this.#nodes.entries()) {
      await until('all nodes agree, and replicas follow', async () => {
        const isOk = String(await ask(node, ['CLUSTER', 'INFO'])).includes('cluster_state:ok');
        const known = String(await ask(node, ['CLUSTER', 'NODES']));
        const roles = known.split('\n').filter((line) => / (?:myself,)?slave /.test(line)).length;
        const follows = index < MASTERS || String(await ask(node, ['ROLE'])).includes('connected');
        return isOk && roles === MASTERS && follows;
      });
    }
  }

  #node(index: number): Node {
    const node = this.#nodes[index];
    if (!node) throw new RangeError(`There is no node ${index}`);
    return node;
  }
}

async function startNode(more: readonly string[]): Promise<Node> {
  const folder = await mkdtemp(path.join(tmpdir(), 'redis-cluster-'));
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    if (port + BUS_OFFSET > HIGHEST_PORT) continue;
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS), ...more];
    try {
      const child = await launch(port, folder, [...settings, '--repl-diskless-sync-delay', '0']);
      return { port, folder, child };
    } catch (error) {
      if (tries >= MAX_TRIES) throw error;
    }
  }
}

async function idOf(node: Node): Promise<string> {
  return String(await ask(node, ['CLUSTER', 'MYID']));
}

function urlOf({ port }: Node): string {
  return `redis://127.0.0.1:${port}`;
}

async function ask(node: Node, words: string[]): Promise<unknown> {
  const client = createClient({ url: urlOf(node), socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand(words);
  } finally {
    client.destroy();
  }
}

/** Resolves when it holds; asked again every few milliseconds. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endsAtMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < endsAtMs) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
  }
  throw new Error(`It did not come true in time: ${what}`);
}
