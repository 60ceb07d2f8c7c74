/** A process of the benchmark: started on a core of its own if that is possible, asked questions, ended. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** What runs beside what: the server has its core for itself. */
export type Core = 'server' | 'load';

/** Cores that this machine lends us. */
export const CORES = availableParallelism();
const CORE_NUMBER: Readonly<Record<Core, number>> = { server: 0, load: 1 };
const CAN_PIN = CORES > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Whether server and load have cores of their own. */
export const PINNED = CAN_PIN;

interface Reply {
  readonly ready?: true;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A running process. */
export class PinnedProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => {
      const reply = message as Reply;
      if (reply.id === undefined) return;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    child.on('exit', (code, signal) => {
      for (const reply of this.#waiting.values()) reply({ error: `The process ended (${code ?? signal}).` });
      this.#waiting.clear();
    });
  }

  /** Starts a program and resolves when it is ready to be asked. */
  static async start(
    core: Core | number,
    program: string,
    args: readonly string[] = [],
    nodeArgs: readonly string[] = [],
  ): Promise<PinnedProcess> {
    const number = typeof core === 'number' ? core : CORE_NUMBER[core];
    const [command, ...before] = CAN_PIN ? ['taskset', '-c', String(number), process.execPath] : [process.execPath];
    const child = spawn(command, [...before, ...nodeArgs, program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`${program} ${args.join(' ')} ended with ${code} before it was ready.`)),
      );
    });
    return new PinnedProcess(child);
  }

  /** Asks, and gets the answer. */
  async ask<T>(name: string, given?: unknown): Promise<T> {
    const id = (this.#asked += 1);
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, name, given });
    });
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply.value as T;
  }

  /** CPU time since the process began, user and system, seconds. */
  async cpuSeconds(): Promise<number> {
    const { user, system } = await this.ask<NodeJS.CpuUsage>('usage');
    return (user + system) / 1e6;
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await ended;
  }
}
