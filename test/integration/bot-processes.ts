/** Bots as processes of their own, seen from the test that started them. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { bundled } from '../run/bundled.js';
import type { BotProcessOrder, BotProcessSettings, BotProcessWord } from './bot-process.js';

const PROGRAM = bundled('test/integration/bot-process.ts');
/** A condition comes true within this, on a machine that is busy with other things. */
const COMES_TRUE_WITHIN_MS = 90_000;

/** One of the bots, seen from outside. */
export class BotProcess {
  readonly words: BotProcessWord[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(settings: BotProcessSettings) {
    this.#child = fork(PROGRAM, [JSON.stringify(settings)], {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#child.on('message', (word) => void this.words.push(word as BotProcessWord));
    this.ended = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
  }

  async listens(): Promise<string> {
    await until(() => this.words.some((word) => 'port' in word));
    const [first] = this.words.flatMap((word) => ('port' in word ? [word.port] : []));
    return `http://127.0.0.1:${first}/api/messages`;
  }

  /** The texts whose turns began, or ended. */
  turns(which: 'began' | 'ended'): string[] {
    return this.words.flatMap((word) => ('turn' in word && word.turn === which ? [word.text] : []));
  }

  /** The lines of its log. */
  get log(): string[] {
    return this.words.flatMap((word) => ('logged' in word ? [word.logged] : []));
  }

  /** The turn of this text, which holds, goes on, or will not hold. */
  letGo(text: string): void {
    if (this.#child.connected) this.#child.send({ letGo: text } satisfies BotProcessOrder);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Resolves when it holds; asked every few milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const latestMs = Date.now() + COMES_TRUE_WITHIN_MS;
  while (Date.now() < latestMs) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come true: ${holds.toString()}`);
}
