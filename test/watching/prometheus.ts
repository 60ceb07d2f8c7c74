/** A Prometheus of this machine for one test file: its own process, port and folder; and promtool, which comes with it. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/listening.js';

const HOW_TO_GET_ONE =
  'Tests with Prometheus are skipped: there is no prometheus with promtool. "apt-get install prometheus", or set PROMETHEUS_PATH to the folder of both.';
const FOLDER = process.env['PROMETHEUS_PATH'];
const STARTS_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** The path of a program of Prometheus. */
function program(name: 'prometheus' | 'promtool'): string {
  return FOLDER === undefined ? name : join(FOLDER, name);
}

/** As `describe`; without Prometheus it says what is missing, and fails where CI is set. */
export function describeWithPrometheus(title: string, tests: (this: Mocha.Suite) => void): void {
  if (spawnSync(program('promtool'), ['--version']).status === 0) {
    describe(title, tests);
    return;
  }
  describe(title, () => {
    it('needs a prometheus', function () {
      if (process.env['CI']) throw new Error(HOW_TO_GET_ONE);
      console.warn(`    ${HOW_TO_GET_ONE}`);
      this.skip();
    });
  });
}

/** Runs promtool. Its output, and whether it is content. */
export function promtool(...args: string[]): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program('promtool'), args, { encoding: 'utf8' });
  return { ok: status === 0, output: stdout + stderr };
}

/** What a query found: the labels of each series, and its value. */
export type Found = readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[];

/** A Prometheus that scrapes one target five times a second. */
export class Prometheus {
  readonly #origin: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(origin: string, folder: string, child: ChildProcess) {
    this.#origin = origin;
    this.#folder = folder;
    this.#child = child;
  }

  static async start(target: string, rules: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'bot', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const port = await freePort();
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ];
    const child = spawn(program('prometheus'), args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const started = new Prometheus(`http://127.0.0.1:${port}`, folder, child);
    await started.until('up', (found) => found.some(({ value }) => value === 1));
    return started;
  }

  /** Asks for a value now. @throws with Prometheus's own words if it does not understand the query */
  async query(expr: string): Promise<Found> {
    const answer = await fetch(`${this.#origin}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const body = (await answer.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data: {
        readonly result: readonly { readonly metric: Found[0]['metric']; readonly value: [number, string] }[];
      };
    };
    if (body.status !== 'success') throw new Error(`${expr}: ${body.error ?? answer.status}`);
    return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** Asks again and again until the answer is as wanted. */
  async until(expr: string, wanted: (found: Found) => boolean): Promise<Found> {
    const endMs = performance.now() + STARTS_WITHIN_MS;
    for (;;) {
      const found = await this.query(expr).catch((): Found => []);
      if (wanted(found)) return found;
      if (performance.now() > endMs) throw new Error(`"${expr}" is ${JSON.stringify(found)} still.`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Names of the alerts that fire or are about to. */
  async alerts(): Promise<string[]> {
    const found = await this.query('ALERTS');
    return [...new Set(found.map(({ metric }) => metric['alertname'] ?? ''))].sort();
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
