/**
 * An SQLite file that several processes of one machine share.
 *
 * The libraries are synchronous: while SQLite waits for a lock, the whole process would stand still. Here SQLite does not
 * wait. What finds the file locked waits in a queue and is tried again, until its time is over.
 */
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../thread/clock.js';
import { systemClock } from '../../thread/clock.js';
import { InvalidOptionError } from '../../thread/errors.js';
import type { MaybePromise } from '../../thread/maybe-promise.js';
import { fieldOf } from '../../thread/read-unknown.js';
import type { OpenDatabase } from './sqlite-driver.js';
import { fileFailed, notCreated, sqliteFailure, unavailable } from './sqlite-failure.js';
import { migrate, SCHEMA_VERSION, schemaVersion } from './sqlite-schema.js';
import { SqliteSession } from './sqlite-session.js';

/** When SQLite tells the disk to write: after each change, or now and then. @see https://www.sqlite.org/pragma.html#pragma_synchronous */
export type Synchronous = 'normal' | 'full';

/** What an {@link SqliteFile} needs besides the path. */
export interface SqliteFileOptions {
  readonly open: OpenDatabase;
  readonly synchronous: Synchronous;
  readonly busyTimeoutMs: number;
  /** For the waits between two tries. Default: the machine's. */
  readonly clock?: Clock;
  /** In [0, 1): for the jitter of these waits. Default `Math.random`. */
  readonly random?: () => number;
}

interface Waiting {
  readonly untilMs: number;
  /** Whether it is over: it has its answer, or an error. Not over: the file is locked still. */
  readonly attempt: (isLastTry: boolean) => boolean;
  readonly reject: (error: unknown) => void;
  readonly operation: string;
}

/** Readable for its owner only: an inbox holds what customers wrote. */
const OWNER_ONLY = 0o600;
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 5;
/** The write-ahead log shrinks to this after it has grown. */
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;
/** After these the connection goes on; after any other failure the file is opened anew. */
const HARMLESS: ReadonlySet<string> = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_FULL']);

/** The file is opened when it is first used, and again after a failure. Every method fails with a `StoreError`. */
export class SqliteFile {
  readonly #path: string;
  readonly #shown: string;
  readonly #options: SqliteFileOptions;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #session: SqliteSession | undefined;
  #cancelRetry: (() => void) | undefined;
  /** Tries in a row that found the file locked. */
  #triesInVain = 0;
  #closed = false;

  /** @throws InvalidOptionError if the path is none of a file */
  constructor(path: string, options: SqliteFileOptions) {
    // `file:` addresses and `:memory:` mean something else to SQLite than a path.
    if (typeof path !== 'string' || path === '' || /^(?:file)?:/i.test(path)) {
      throw new InvalidOptionError('path', JSON.stringify(path), 'the path of a file');
    }
    this.#shown = path;
    this.#path = resolve(path);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Runs something that only reads, in one statement. */
  read<T>(operation: string, run: (session: SqliteSession) => T): MaybePromise<T> {
    return this.#attempt(operation, () => run(this.#opened(operation)), true);
  }

  /** Runs something that writes, in one transaction. */
  write<T>(operation: string, run: (session: SqliteSession) => T): MaybePromise<T> {
    return this.#attempt(operation, () => {
      const session = this.#opened(operation);
      return session.transaction(() => run(session));
    });
  }

  /** As {@link write}; the disk has it before this resolves, whatever `synchronous` is. */
  writeToDisk<T>(operation: string, run: (session: SqliteSession) => T): MaybePromise<T> {
    return this.#attempt(operation, () => {
      const session = this.#opened(operation);
      session.run('PRAGMA synchronous = FULL');
      try {
        return session.transaction(() => run(session));
      } finally {
        session.run(this.#synchronous);
      }
    });
  }

  /** Closes the file; nothing is asked from then on. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    for (const each of this.#waiting.splice(0)) each.reject(closed(each.operation));
    this.#discard();
  }

  get #synchronous(): string {
    return `PRAGMA synchronous = ${this.#options.synchronous}`;
  }

  /** Now if the file is free. What writes waits for those that waited before; a reader meets no lock. */
  #attempt<T>(operation: string, run: () => T, isReader = false): MaybePromise<T> {
    if (this.#closed) throw closed(operation);
    if (isReader || this.#waiting.length === 0) {
      try {
        return run();
      } catch (error) {
        if (!isLocked(error)) throw this.#failed(operation, error);
      }
    }
    return new Promise<T>((fulfil, reject) => {
      const attempt = (isLastTry: boolean): boolean => {
        try {
          fulfil(run());
        } catch (error) {
          if (isLocked(error) && !isLastTry) return false;
          reject(this.#failed(operation, error));
        }
        return true;
      };
      const untilMs = this.#clock.now() + this.#options.busyTimeoutMs;
      this.#waiting.push({ untilMs, attempt, reject, operation });
      this.#retrySoon();
    });
  }

  #retrySoon(): void {
    if (this.#cancelRetry) return;
    const { random = Math.random } = this.#options;
    const longestMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** this.#triesInVain);
    this.#cancelRetry = this.#clock.after(longestMs * (0.5 + random() / 2), () => {
      this.#cancelRetry = undefined;
      this.#retry();
    });
  }

  /** The first in the queue is the oldest: the order of a process's calls is kept. */
  #retry(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!first.attempt(this.#clock.now() >= first.untilMs)) {
        this.#triesInVain += 1;
        this.#retrySoon();
        return;
      }
      this.#triesInVain = 0;
      this.#waiting.shift();
    }
  }

  #opened(operation: string): SqliteSession {
    this.#session ??= this.#open(operation);
    return this.#session;
  }

  #open(operation: string): SqliteSession {
    this.#createPrivately(operation);
    const session = new SqliteSession(this.#options.open(this.#path));
    try {
      this.#prepare(operation, session);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  #prepare(operation: string, session: SqliteSession): void {
    session.exec('PRAGMA busy_timeout = 0');
    const mode = session.get('PRAGMA journal_mode = WAL')?.['journal_mode'];
    if (mode !== 'wal') throw fileFailed(operation, this.#shown, { code: 'SQLITE_PROTOCOL', message: '' });
    // What is deleted is overwritten: a customer who is forgotten is not left in free pages.
    session.exec(`${this.#synchronous}; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
    const version = schemaVersion(session);
    if (version > SCHEMA_VERSION) {
      const known = `its tables have version ${version}, this release knows ${SCHEMA_VERSION}`;
      throw unavailable(operation, `${this.#shown} is of a newer release: ${known}; install the newer release`);
    }
    if (version < SCHEMA_VERSION) session.transaction(() => migrate(session, this.#clock.now()));
  }

  /** Only if it is not there: to open and close a file that a connection uses would give up the connection's locks. */
  #createPrivately(operation: string): void {
    try {
      closeSync(openSync(this.#path, 'wx', OWNER_ONLY));
    } catch (error) {
      const code = String(fieldOf(error, 'code'));
      if (code !== 'EEXIST') throw notCreated(operation, this.#shown, code);
    }
  }

  /** What SQLite said becomes a `StoreError`; anything else is the caller's own. */
  #failed(operation: string, error: unknown): Error {
    const failure = sqliteFailure(error);
    if (failure === undefined) return error as Error;
    if (!HARMLESS.has(failure.code)) this.#discard();
    return fileFailed(operation, this.#shown, failure);
  }

  #discard(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

function isLocked(error: unknown): boolean {
  const code = sqliteFailure(error)?.code;
  return code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED';
}

function closed(operation: string): Error {
  return unavailable(operation, 'it has been closed');
}
