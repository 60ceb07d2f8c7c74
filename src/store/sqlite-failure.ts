/** Says why an SQLite file does not serve, and what to do about it, instead of "unable to open database file". */
import { HandoverError, StoreError } from '../thread/errors.js';
import type { SqliteFailure } from './sqlite-driver.js';

/** By SQLite's result code: what the failure means, after the file's name. */
const MEANINGS: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'is locked: another program holds its lock too long; close what has the file open, such as a backup',
  SQLITE_LOCKED: 'is locked: another program holds its lock too long; close what has the file open, such as a backup',
  SQLITE_FULL: 'cannot grow: its disk is full; free some space, and the bot goes on by itself',
  SQLITE_CORRUPT: 'is damaged; stop the bot, then restore a backup, or move the file away to begin anew',
  SQLITE_NOTADB: 'is no SQLite database, or damaged; stop the bot, then restore a backup, or give another path',
  SQLITE_READONLY: "is read-only here; let the bot's user write the file and its folder",
  SQLITE_PERM: "is read-only here; let the bot's user write the file and its folder",
  SQLITE_CANTOPEN: "cannot be opened; let the bot's user read and write the file and its folder",
  SQLITE_IOERR: 'meets errors of its disk; look at the disk, whether it has free space and works',
  SQLITE_PROTOCOL: 'cannot be locked; keep it on a disk of this machine, not on a network share',
};
/** By the code of the operating system, when the file is created. */
const NOT_CREATED: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be created: its folder does not exist; create the folder',
  ENOTDIR: 'cannot be created: its path leads through a file; give another path',
  EACCES: "cannot be created: its folder is read-only here; let the bot's user write the folder",
  EPERM: "cannot be created: its folder is read-only here; let the bot's user write the folder",
  EROFS: 'cannot be created: its disk is read-only; give a path on another disk',
  ENOSPC: 'cannot be created: its disk is full; free some space, and the bot goes on by itself',
};

/** An operation failed with what SQLite said. @param file as the user wrote its path */
export function fileFailed(operation: string, file: string, { code, message }: SqliteFailure): StoreError {
  const meaning = MEANINGS[code];
  return unavailable(
    operation,
    meaning === undefined ? `${file}: ${message} (${code})` : `${file} ${meaning} (${code})`,
  );
}

/** The file is not there and could not be created. @param code of the operating system */
export function notCreated(operation: string, file: string, code: string): StoreError {
  return unavailable(operation, `${file} ${NOT_CREATED[code] ?? 'cannot be created'} (${code})`);
}

/** For any other reason. */
export function unavailable(operation: string, why: string): StoreError {
  return new StoreError('storeUnavailable', operation, { cause: new HandoverError('storeUnavailable', why) });
}
