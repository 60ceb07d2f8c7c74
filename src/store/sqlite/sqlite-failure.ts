/** Says why an SQLite file does not serve, and what to do about it, instead of "unable to open database file". */
import { HandoverError, StoreError } from '../../thread/errors.js';
import { fieldOf } from '../../thread/read-unknown.js';

/** What SQLite said: the name of its result code, such as `SQLITE_FULL`, and its text. */
export interface SqliteFailure {
  readonly code: string;
  readonly message: string;
}

const LOCKED = 'is locked: another program holds its lock too long; close what has the file open, such as a backup';
const READ_ONLY = "is read-only here; let the bot's user write the file and its folder";
/** SQLite's result codes: the name, and what it means, after the file's name. @see https://www.sqlite.org/rescode.html */
const RESULT_CODES: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  3: ['SQLITE_PERM', READ_ONLY],
  5: ['SQLITE_BUSY', LOCKED],
  6: ['SQLITE_LOCKED', LOCKED],
  8: ['SQLITE_READONLY', READ_ONLY],
  10: ['SQLITE_IOERR', 'meets errors of its disk; look at the disk, whether it has free space and works'],
  11: ['SQLITE_CORRUPT', 'is damaged; stop the bot, then restore a backup, or move the file away to begin anew'],
  13: ['SQLITE_FULL', 'cannot grow: its disk is full; free some space, and the bot goes on by itself'],
  14: ['SQLITE_CANTOPEN', "cannot be opened; let the bot's user read and write the file and its folder"],
  15: ['SQLITE_PROTOCOL', 'cannot be locked; keep it on a disk of this machine, not on a network share'],
  26: ['SQLITE_NOTADB', 'is no SQLite database, or damaged; stop the bot, then restore a backup, or give another path'],
};
/** The low byte of a result code is the primary code. */
const PRIMARY_MASK = 0xff;
/** By the code of the operating system, when the file is created. */
const NOT_CREATED: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be created: its folder does not exist; create the folder',
  ENOTDIR: 'cannot be created: its path leads through a file; give another path',
  EACCES: "cannot be created: its folder is read-only here; let the bot's user write the folder",
  EPERM: "cannot be created: its folder is read-only here; let the bot's user write the folder",
  EROFS: 'cannot be created: its disk is read-only; give a path on another disk',
  ENOSPC: 'cannot be created: its disk is full; free some space, and the bot goes on by itself',
};

/** What SQLite said, by either library; `undefined` if the error is not SQLite's. */
export function sqliteFailure(error: unknown): SqliteFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = fieldOf(error, 'code');
  if (code === 'ERR_SQLITE_ERROR') {
    const primary = Number(fieldOf(error, 'errcode')) & PRIMARY_MASK;
    return { code: RESULT_CODES[primary]?.[0] ?? `SQLite's result code ${primary}`, message: error.message };
  }
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  // An extended code, such as SQLITE_IOERR_WRITE, begins with its primary code.
  const known = Object.values(RESULT_CODES).find(([name]) => code === name || code.startsWith(`${name}_`));
  return { code: known?.[0] ?? code, message: error.message };
}

/** An operation failed with what SQLite said. @param file as the user wrote its path */
export function fileFailed(operation: string, file: string, { code, message }: SqliteFailure): StoreError {
  const meaning = Object.values(RESULT_CODES).find(([name]) => name === code)?.[1];
  return unavailable(operation, meaning ? `${file} ${meaning} (${code})` : `${file}: ${message} (${code})`);
}

/** The file is not there and could not be created. @param code of the operating system */
export function notCreated(operation: string, file: string, code: string): StoreError {
  return unavailable(operation, `${file} ${NOT_CREATED[code] ?? 'cannot be created'} (${code})`);
}

/** For any other reason. */
export function unavailable(operation: string, why: string): StoreError {
  return new StoreError('storeUnavailable', operation, { cause: new HandoverError('storeUnavailable', why) });
}
