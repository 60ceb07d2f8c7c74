/**
 * Follows a log file as it grows, and begins at its start again if the file is truncated or replaced, as rotated logs are.
 *
 * It polls instead of using file events, so it works on network disks and in containers too.
 */
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { sleep, type Clock } from '../../thread/clock.js';

/** How to follow. */
export interface FollowOptions {
  /** Begin with what is there already; else only what comes. */
  readonly fromStart: boolean;
  readonly clock: Clock;
  /** True when it is to end. */
  readonly stopped: () => boolean;
}

const LOOK_EVERY_MS = 250;
const CHUNK_BYTES = 64 * 1024;
/** A line longer than this is no log line; it is dropped, so that a broken file cannot fill the memory. */
const LONGEST_LINE = 5 * 1024 * 1024;

/** The lines, for as long as it is followed. Rejects with the system's error if the file cannot be read at first. */
export async function* followFile(file: string, options: FollowOptions): AsyncGenerator<string> {
  const first = await stat(file);
  let position = options.fromStart ? 0 : first.size;
  let inode = first.ino;
  let decoder = new StringDecoder('utf8');
  let rest = '';
  while (!options.stopped()) {
    const now = await stat(file).catch(() => undefined);
    if (now !== undefined && (now.ino !== inode || now.size < position)) {
      position = 0;
      inode = now.ino;
      decoder = new StringDecoder('utf8');
      rest = '';
    }
    if (now === undefined || now.size === position) {
      await sleep(options.clock, LOOK_EVERY_MS);
      continue;
    }
    const bytes = await readAt(file, position);
    position += bytes.length;
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) rest = '';
    yield* lines;
  }
}

/** The lines of a stream; its last one needs no line break. */
export async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk)))).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) rest = '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function readAt(file: string, position: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
