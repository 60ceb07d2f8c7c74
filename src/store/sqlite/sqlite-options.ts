/** The options that the store and the inbox in an SQLite file have in common. */
import type { Clock } from '../../thread/clock.js';
import { InvalidOptionError } from '../../thread/errors.js';
import { positiveOption } from '../positive-option.js';
import type { SqliteDriverName } from './sqlite-driver.js';
import { sqliteDriver } from './sqlite-driver.js';
import type { Synchronous } from './sqlite-file.js';
import { SqliteFile } from './sqlite-file.js';

const BUSY_TIMEOUT_MS = 1_500;

/** Settings of a file. */
export interface SqliteOptions {
  /**
   * The library that opens the file. Default: `node:sqlite` if this Node has it (22.13 and later), else `better-sqlite3`, which
   * you install. Processes with different libraries can share a file.
   */
  readonly driver?: SqliteDriverName;
  /** A write that finds the file locked is tried again for so long, and then fails, milliseconds. Default 1500. */
  readonly busyTimeoutMs?: number;
  /** For tests: the time by which leases and records end. Default: the machine's clock, the same for all its processes. */
  readonly clock?: Pick<Clock, 'now'>;
}

/** @throws InvalidOptionError if an option is wrong; HandoverError `missingPeer` if no library is there */
export function sqliteFile(path: string, options: SqliteOptions, synchronous: Synchronous): SqliteFile {
  const busyTimeoutMs = positiveOption('busyTimeoutMs', options.busyTimeoutMs, BUSY_TIMEOUT_MS);
  return new SqliteFile(path, { open: sqliteDriver(options.driver), busyTimeoutMs, synchronous });
}

/** @throws InvalidOptionError if it is neither */
export function synchronousOption(value: Synchronous | undefined, fallback: Synchronous): Synchronous {
  const wanted: string = value ?? fallback;
  if (wanted === 'normal' || wanted === 'full') return wanted;
  throw new InvalidOptionError('synchronous', JSON.stringify(wanted), '"normal" or "full"');
}
