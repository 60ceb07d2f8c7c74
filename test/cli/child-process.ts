/** Programs of this repository as processes of their own, and what they print. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '..', '..');
/** On a machine that is busy with other things. */
const PRINTS_WITHIN_MS = 45_000;

/** A running program, in JavaScript. Those of this repository come from `bundled`. */
export class Program {
  /** What it printed so far, errors included. */
  printed = '';
  /** Its exit code; nothing where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();

  constructor(
    file: string,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    node: readonly string[] = [],
    cwd = REPOSITORY,
  ) {
    this.#child = spawn(process.execPath, [...node, resolve(REPOSITORY, file), ...args], {
      cwd,
      env: { ...withoutOurs(process.env), TSX_TSCONFIG_PATH: join(REPOSITORY, 'tsconfig.json'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
        for (const listener of this.#listeners) listener();
      });
    }
    // `close`, not `exit`: by then everything that was printed has been read.
    this.ended = new Promise((done) => this.#child.once('close', (code) => done(code)));
  }

  /** Resolves with the match when it has printed that, at or after `from`. */
  prints(what: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((done, fail) => {
      const look = (): void => {
        const match = what.exec(this.printed.slice(from));
        if (match === null) return;
        over();
        done(match);
      };
      const limit = setTimeout(() => {
        over();
        fail(new Error(`Nothing like ${String(what)} was printed, but:\n${this.printed}`));
      }, PRINTS_WITHIN_MS);
      const over = (): void => {
        clearTimeout(limit);
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Sends it a signal; resolves with its exit code. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** The tests' own environment says nothing to the programs about bots. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(FACEBOOK_|VCC_LIVE_|GRAPH_|PORT$|NODE_V8)/.test(name)),
  );
}
