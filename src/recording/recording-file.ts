/**
 * A file of lines that is written in the background: in order, within a bound, and never in the way of the bot.
 */
import { closeSync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { InvalidOptionError } from '../thread/errors.js';

/** Only this user may read it. */
const OWNER_ONLY = 0o600;
const MOST_PENDING_BYTES = 16 * 1024 * 1024;
const writeTo = promisify<number, Uint8Array, number>((fd, bytes, done) =>
  write(fd, bytes, (error, written) => done(error, written)),
);

/** Writes some bytes and resolves with how many were written. */
export type WriteBytes = (fd: number, bytes: Uint8Array) => Promise<number>;

/** An open file. */
export class RecordingFile {
  readonly path: string;
  readonly #fd: number;
  readonly #write: WriteBytes;
  readonly #complain: (line: string) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #isOver = false;

  /**
   * Makes the file.
   * @param complain gets one line when the recording ends before its time
   * @throws {@link InvalidOptionError} if the file exists already or cannot be made
   */
  constructor(path: string, complain: (line: string) => void, writeBytes: WriteBytes = writeTo) {
    this.path = path;
    this.#complain = complain;
    this.#write = writeBytes;
    try {
      this.#fd = openSync(path, 'wx', OWNER_ONLY);
    } catch (error) {
      const code = codeOf(error);
      const got = code === 'EEXIST' ? `${path}, which exists already` : `${path}, which cannot be made (${code})`;
      throw new InvalidOptionError('record', got, 'the name of a new file in a folder that exists');
    }
  }

  /** Adds a line. Returns at once and never throws. */
  line(text: string): void {
    if (this.#isOver) return;
    const bytes = Buffer.from(`${text}\n`, 'utf8');
    if (this.#pendingBytes + bytes.length > MOST_PENDING_BYTES) {
      this.#giveUp('the disk is slower than the traffic');
      return;
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all lines are written, and closes the file. */
  async close(): Promise<void> {
    const wasOver = this.#isOver;
    await this.#writing;
    this.#isOver = true;
    if (!wasOver) closeQuietly(this.#fd);
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#isOver) {
        let rest: Uint8Array = Buffer.concat(this.#pending.splice(0));
        while (rest.length > 0) {
          const written = await this.#write(this.#fd, rest);
          this.#pendingBytes -= written;
          rest = rest.subarray(written);
        }
      }
    } catch (error) {
      this.#giveUp(codeOf(error));
    }
    this.#writing = undefined;
  }

  #giveUp(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pending = [];
    closeQuietly(this.#fd);
    this.#complain(
      `The recording ${this.path} ends here: a line could not be written (${why}). The bot goes on. ` +
        'To record again, start the bot with the name of a new file.',
    );
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is closed already.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
}
