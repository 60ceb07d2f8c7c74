/**
 * Sends what changed to every open page, by server-sent events: a snapshot first, then numbered batches.
 *
 * Exists so that a page which lost its connection goes on where it was, and a page which reads too slowly is dropped
 * instead of being buffered for without end.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../thread/clock.js';
import type { StageBatch, StageSnapshot } from './stage-words.js';

/** Between two signs of life, milliseconds: shorter than any proxy's patience. */
const HEARTBEAT_MS = 15_000;
/** How long a page waits before it connects again, milliseconds. */
const RETRY_MS = 1000;
/** How many batches are kept for pages that come back. */
const KEPT_BATCHES = 200;
/** What may wait for one reader before it is dropped, bytes. */
const UNREAD_MAX_BYTES = 4 * 1024 * 1024;

/** What a stream works with. */
export interface StreamDeps {
  /** Tells one run of the stage from another: numbers of an earlier run mean nothing. */
  readonly run: string;
  /** Everything as of the last batch. */
  readonly snapshot: (batch: number) => StageSnapshot;
  /** Of the heartbeat. */
  readonly timer: Clock;
  /** Default 4 MiB. */
  readonly unreadMaxBytes?: number | undefined;
}

/** The open pages. */
export class EventStream {
  readonly #deps: StreamDeps;
  readonly #readers = new Map<ServerResponse, () => void>();
  readonly #kept: { readonly batch: number; readonly text: string }[] = [];
  #batch = 0;

  constructor(deps: StreamDeps) {
    this.#deps = deps;
  }

  /** How many pages are open. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Begins to serve a page. */
  open(request: IncomingMessage, response: ServerResponse): void {
    // Not chained: in a process that has loaded restify, writeHead returns nothing.
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    response.write([`retry: ${RETRY_MS}\n\n`, ...(this.#missed(request) ?? [this.#snapshot()])].join(''));
    let cancel = (): void => undefined;
    const beat = (): void => {
      if (this.#write(response, ': still here\n\n')) cancel = this.#deps.timer.after(HEARTBEAT_MS, beat);
    };
    cancel = this.#deps.timer.after(HEARTBEAT_MS, beat);
    this.#readers.set(response, () => cancel());
    response.once('close', () => this.#forget(response));
  }

  /** Sends a batch to everybody, and keeps it for those who come back. */
  send(changes: Omit<StageBatch, 'batch'>): void {
    this.#batch += 1;
    const text = this.#message('batch', { batch: this.#batch, ...changes });
    this.#kept.push({ batch: this.#batch, text });
    if (this.#kept.length > KEPT_BATCHES) this.#kept.shift();
    for (const response of [...this.#readers.keys()]) this.#write(response, text);
  }

  /** Ends every connection. */
  close(): void {
    for (const response of [...this.#readers.keys()]) {
      this.#forget(response);
      response.end();
    }
  }

  /** What a page that comes back has not seen, or nothing if only a snapshot helps. */
  #missed(request: IncomingMessage): string[] | undefined {
    const [run, number] = String(request.headers['last-event-id'] ?? '').split('.');
    const seen = Number(number);
    if (run !== this.#deps.run || !Number.isInteger(seen) || seen > this.#batch) return undefined;
    const oldest = this.#kept[0]?.batch ?? this.#batch + 1;
    if (seen + 1 < oldest) return undefined;
    return this.#kept.filter(({ batch }) => batch > seen).map(({ text }) => text);
  }

  #snapshot(): string {
    return this.#message('snapshot', this.#deps.snapshot(this.#batch));
  }

  #message(event: string, data: StageSnapshot | StageBatch): string {
    return `id: ${this.#deps.run}.${this.#batch}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  /** @returns false if the reader has been dropped */
  #write(response: ServerResponse, text: string): boolean {
    if (!this.#readers.has(response)) return false;
    if (response.writableLength > (this.#deps.unreadMaxBytes ?? UNREAD_MAX_BYTES)) {
      this.#forget(response);
      response.destroy();
      return false;
    }
    response.write(text);
    return true;
  }

  #forget(response: ServerResponse): void {
    this.#readers.get(response)?.();
    this.#readers.delete(response);
  }
}
