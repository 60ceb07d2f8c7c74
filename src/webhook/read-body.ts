/**
 * Reads the body of a request whose sender is not verified yet. Bytes, time, and the memory of all unfinished bodies
 * together are bounded.
 *
 * Anybody can open a connection, send half a body and wait. Node closes such a connection after minutes, and does not
 * count its bytes.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../thread/clock.js';
import type { Deadline } from '../thread/deadlines.js';
import { Deadlines } from '../thread/deadlines.js';

/** Larger bodies are refused unless an option says otherwise. Meta's are far smaller. */
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
/** How many bytes all unfinished bodies of a route may hold together. */
const DEFAULT_MAX_PENDING_BODY_BYTES = 64 * 1024 * 1024;
/** An honest sender needs milliseconds. */
const DEFAULT_BODY_TIMEOUT_MS = 10_000;
const FIRST_BUFFER_BYTES = 4096;

/** The result of reading. */
export type BodyReading =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** 413. */
  | { readonly kind: 'tooLarge' }
  /** 408. */
  | { readonly kind: 'tooSlow' }
  /** 503: all unfinished bodies together hold too much, and this one holds most. */
  | { readonly kind: 'noRoom' }
  /** The sender has closed the connection, so no answer is needed. */
  | { readonly kind: 'aborted' };

/** How many bytes are read, and for how long. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Shared by all bodies of a route. */
  readonly pending: PendingBodies;
  /** Of `timeoutMs`. */
  readonly deadlines: Deadlines;
}

/** A body that has not ended. */
interface Unfinished {
  readonly heldBytes: number;
  giveUp(): void;
}

/** The memory of all bodies of a route that have not ended. */
export class PendingBodies {
  readonly #maxBytes: number;
  readonly #bodies = new Set<Unfinished>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What they hold now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  remove(body: Unfinished): void {
    if (this.#bodies.delete(body)) this.#heldBytes -= body.heldBytes;
  }

  /**
   * A body holds more bytes, and has not ended. If that exceeds the limit, the largest body is given up: honest senders' bodies are small.
   * A body that was given up no longer counts.
   */
  grown(body: Unfinished, byBytes: number): void {
    this.#bodies.add(body);
    this.#heldBytes += byBytes;
    while (this.#heldBytes > this.#maxBytes) {
      let largest: Unfinished | undefined;
      for (const body of this.#bodies) if (body.heldBytes > (largest?.heldBytes ?? 0)) largest = body;
      if (!largest) return;
      largest.giveUp();
    }
  }
}

/**
 * Reads the stream to its end, also if other code has paused it, set an encoding, or listens for `readable`.
 * A body that is announced as too large is not read at all.
 * @param announcedBytes what `Content-Length` says; `NaN` if it says nothing
 * @param settle called exactly once, in the same step in which the stream ends
 */
export function readStream(
  stream: IncomingMessage,
  announcedBytes: number,
  limits: BodyLimits,
  settle: (reading: BodyReading) => void,
): void {
  if (stream.destroyed) settle({ kind: 'aborted' });
  else if (announcedBytes > limits.maxBytes) settle({ kind: 'tooLarge' });
  else new BodyReader(stream, announcedBytes, limits, settle).start();
}

/** {@link readStream} of a request that no other code has touched. */
export function readRequest(request: IncomingMessage, limits: BodyLimits): Promise<BodyReading> {
  const announcedBytes = Number(request.headers['content-length'] ?? NaN);
  return new Promise((resolve) => readStream(request, announcedBytes, limits, resolve));
}

/** Limits for one route. */
export function bodyLimits(
  clock: Clock,
  given: { readonly maxBytes?: number; readonly maxPendingBytes?: number; readonly timeoutMs?: number } = {},
): BodyLimits {
  const { maxBytes = DEFAULT_MAX_BODY_BYTES, timeoutMs = DEFAULT_BODY_TIMEOUT_MS } = given;
  // One body of the allowed size must fit.
  const maxPendingBytes = given.maxPendingBytes ?? Math.max(DEFAULT_MAX_PENDING_BODY_BYTES, maxBytes);
  const deadlines = new Deadlines(clock, timeoutMs);
  return { maxBytes, timeoutMs, pending: new PendingBodies(maxPendingBytes), deadlines };
}

/** The HTTP status that answers a body that was not read. */
export function refusalStatus(reading: Exclude<BodyReading['kind'], 'bytes' | 'aborted'>): 408 | 413 | 503 {
  switch (reading) {
    case 'tooLarge':
      return 413;
    case 'tooSlow':
      return 408;
    case 'noRoom':
      return 503;
  }
}

class BodyReader implements Unfinished {
  readonly #stream: IncomingMessage;
  readonly #announcedBytes: number;
  readonly #limits: BodyLimits;
  readonly #settle: (reading: BodyReading) => void;
  /** The whole body, if it arrived in one piece. */
  #only: Buffer | undefined;
  #buffer: Buffer | undefined;
  #length = 0;
  #isOver = false;
  #pulls = false;
  #deadline: Deadline | undefined;

  constructor(
    stream: IncomingMessage,
    announcedBytes: number,
    limits: BodyLimits,
    settle: (reading: BodyReading) => void,
  ) {
    this.#stream = stream;
    this.#announcedBytes = announcedBytes;
    this.#limits = limits;
    this.#settle = settle;
  }

  get heldBytes(): number {
    return this.#buffer?.length ?? 0;
  }

  start(): void {
    const stream = this.#stream;
    stream.on('data', this.#keep);
    stream.on('end', this.#end);
    stream.on('error', this.#abort);
    stream.on('close', this.#abort);
    this.#deadline = this.#limits.deadlines.add(this.#tooSlow);
    // A listener for `readable` keeps a stream from flowing; when any code reads, `data` is emitted.
    if (stream.listenerCount('readable') > 0) {
      this.#pulls = true;
      stream.on('readable', this.#pull);
      this.#pull();
    }
    // Middleware that waits pauses the stream, and may never resume it.
    if (stream.isPaused()) stream.resume();
  }

  giveUp(): void {
    this.#finish({ kind: 'noRoom' });
  }

  readonly #pull = (): void => {
    while (this.#stream.read() !== null);
  };

  readonly #keep = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, this.#stream.readableEncoding ?? 'utf8') : chunk;
    const length = this.#length + bytes.length;
    if (length > this.#limits.maxBytes) this.#finish({ kind: 'tooLarge' });
    else if (this.#length === 0 && bytes.length === this.#announcedBytes) {
      // Nearly all do: such a body ends in the same step, so nobody has to watch what it holds.
      this.#only = bytes;
      this.#length = length;
    } else this.#append(bytes, length);
  };

  /** Into one buffer: a million pieces of a byte each would hold a hundred times what they bring. */
  #append(bytes: Buffer, length: number): void {
    const before = this.#buffer?.length ?? 0;
    if (length > before) {
      const room = Math.min(Math.max(length, before * 2, FIRST_BUFFER_BYTES), Math.max(this.#limits.maxBytes, length));
      const larger = Buffer.allocUnsafeSlow(room);
      this.#buffer?.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    if (this.#buffer) bytes.copy(this.#buffer, this.#length);
    this.#length = length;
    const grownBy = (this.#buffer?.length ?? 0) - before;
    if (grownBy > 0) this.#limits.pending.grown(this, grownBy);
  }

  readonly #end = (): void => {
    const bytes = this.#only ?? this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#finish({ kind: 'bytes', bytes });
  };

  readonly #tooSlow = (): void => this.#finish({ kind: 'tooSlow' });

  readonly #abort = (): void => this.#finish({ kind: 'aborted' });

  #finish(reading: BodyReading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#limits.pending.remove(this);
    this.#only = undefined;
    this.#buffer = undefined;
    this.#stopListening();
    this.#settle(reading);
  }

  #stopListening(): void {
    const stream = this.#stream;
    stream.off('data', this.#keep);
    stream.off('end', this.#end);
    stream.off('error', this.#abort);
    stream.off('close', this.#abort);
    // Node schedules work for each removal, also if there is nothing to remove.
    if (this.#pulls) stream.off('readable', this.#pull);
  }
}
