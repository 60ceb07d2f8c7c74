/** A Redis of this machine for one test file: its own process, port and folder. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../kit/listening.js';

const HOW_TO_GET_ONE =
  'Tests with Redis are skipped: there is no redis-server. "apt install redis-server", or set REDIS_SERVER_PATH to one.';
const PROGRAM = process.env['REDIS_SERVER_PATH'] ?? 'redis-server';
const STARTS_WITHIN_MS = 15_000;
/** Another process may take a free port before Redis does. */
const MAX_TRIES = 5;

/** As `describe`; without a redis-server it says what is missing, and fails where CI is set. */
export function describeWithRedis(title: string, tests: (this: Mocha.Suite) => void): void {
  if (hasRedisServer()) {
    describe(title, tests);
    return;
  }
  describe(title, () => {
    it('needs a redis-server', function () {
      if (process.env['CI']) throw new Error(HOW_TO_GET_ONE);
      console.warn(`    ${HOW_TO_GET_ONE}`);
      this.skip();
    });
  });
}

/** A running Redis that keeps nothing on disk. */
export class RedisServer {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #child: ChildProcess;

  private constructor(port: number, folder: string, child: ChildProcess) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#port = port;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(): Promise<RedisServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'redis-'));
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      try {
        return new RedisServer(port, folder, await launch(port, folder));
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
      }
    }
  }

  /** Ends it as a power cut does; what it had is gone. */
  async kill(): Promise<void> {
    await ended(this.#child, 'SIGKILL');
  }

  /** The same address, and nothing in it. */
  async restart(): Promise<void> {
    this.#child = await launch(this.#port, this.#folder);
  }

  /** Takes connections and commands, and answers none, until {@link thaw}. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether one can be started here. */
export function hasRedisServer(): boolean {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts a redis-server that keeps nothing on disk. @param more further settings, as on its command line */
export async function launch(port: number, folder: string, more: readonly string[] = []): Promise<ChildProcess> {
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const settings = [...place, '--save', '', '--appendonly', 'no', ...more];
  const child = spawn(PROGRAM, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('redis-server did not start in time')), STARTS_WITHIN_MS);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${String(code)}`)));
      child.stdout.on('data', (line: Buffer) => {
        if (!line.toString().includes('Ready to accept connections')) return;
        clearTimeout(limit);
        resolve();
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}

/** Ends a process. */
export function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
