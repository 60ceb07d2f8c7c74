/** A page without a browser: hears the stage's events, sends commands, looks at entries. */
import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import type { StageBatch, StageSnapshot, ThreadView, WireRow } from '../../src/simulator/stage/stage-words.js';

/** On a machine that is busy with other things. */
const WAIT_MS = 15_000;

export interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: any;
}

/** One connection to `/stage/events`. */
export class Visitor {
  readonly heard: Heard[] = [];
  /** Comments: signs of life. */
  readonly comments: string[] = [];
  ended = false;
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #rest = '';
  #listeners: (() => void)[] = [];

  constructor(origin: string, lastEventId?: string) {
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    this.#request = get(`${origin}/stage/events`, { headers }, (response) => {
      this.#response = response;
      response.setEncoding('utf8');
      response.on('data', (text: string) => this.#read(text));
      response.once('close', () => this.#end());
    });
    this.#request.on('error', () => this.#end());
  }

  /** The first event for which this holds. */
  async until(holds: (heard: Heard) => boolean, what = 'an event'): Promise<Heard> {
    const limit = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.heard.find(holds);
      if (found !== undefined) return found;
      if (Date.now() > limit)
        throw new Error(`${what} did not come. Heard: ${JSON.stringify(this.heard).slice(0, 2000)}`);
      await this.#next(limit - Date.now());
    }
  }

  async snapshot(): Promise<StageSnapshot> {
    return (await this.until(({ event }) => event === 'snapshot', 'a snapshot')).data;
  }

  get batches(): StageBatch[] {
    return this.heard.filter(({ event }) => event === 'batch').map(({ data }) => data);
  }

  /** The newest form of every line that was heard. */
  get rows(): WireRow[] {
    const rows = new Map<number, WireRow>();
    for (const { data } of this.heard) for (const row of data.rows ?? []) rows.set(row.id, row);
    return [...rows.values()].sort((a, b) => a.id - b.id);
  }

  thread(psid: string): ThreadView | undefined {
    return this.heard.flatMap(({ data }) => data.threads ?? []).findLast((thread: ThreadView) => thread.psid === psid);
  }

  /** Everything said in a thread, as the page would show it. */
  said(psid: string): { from: string; text?: string }[] {
    let said: any[] = [];
    for (const { data } of this.heard) {
      for (const { key, whole, entries } of data.talk ?? []) {
        if (key.endsWith(`/${psid}`)) said = whole ? entries : [...said, ...entries];
      }
    }
    return said.filter(({ kind }) => kind === 'message').map(({ from, text }) => ({ from, text }));
  }

  /** Waits until this holds, looking again with every event. */
  async sees(holds: () => boolean, what: string): Promise<void> {
    await this.until(() => holds(), what);
  }

  /** Resolves when the server has ended the connection. */
  async untilEnd(): Promise<void> {
    await eventually(() => this.ended, 'the end of the connection');
  }

  /** Stops reading without hanging up. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  leave(): void {
    this.#request.destroy();
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      );
      if (block.startsWith(':')) this.comments.push(block);
      else if (fields['event'] !== undefined) {
        this.heard.push({ id: fields['id'] ?? '', event: fields['event'], data: JSON.parse(fields['data'] ?? 'null') });
      }
    }
    this.#tell();
  }

  #end(): void {
    this.ended = true;
    this.#tell();
  }

  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, Math.max(ms, 1));
      this.#listeners.push(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

/** Sends a command as the page does. */
export async function act(
  origin: string,
  command: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any }> {
  const response = await fetch(`${origin}/stage/act`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof command === 'string' ? command : JSON.stringify(command),
  });
  return { status: response.status, body: await response.json() };
}

/** Waits until this holds, and not for ever. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  const limit = Date.now() + WAIT_MS;
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`${what} did not come.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
