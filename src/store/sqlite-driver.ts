/**
 * The two libraries that open an SQLite file: Node's own and `better-sqlite3`. Both are synchronous, and alike in what is
 * used here.
 * @see https://nodejs.org/api/sqlite.html
 * @see https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md
 */
import { HandoverError, InvalidOptionError } from '../thread/errors.js';
import { fieldOf } from '../thread/read-unknown.js';

/** A library that opens SQLite files. */
export type SqliteDriverName = 'node:sqlite' | 'better-sqlite3';

/** What a statement's named parameters may be. */
export type SqliteParams = Readonly<Record<string, string | number | null>>;

/** A prepared statement. */
export interface SqliteStatement {
  get(params: SqliteParams): unknown;
  all(params: SqliteParams): unknown[];
  run(params: SqliteParams): unknown;
}

/** An open file. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Opens a file. Throws what the library throws. */
export type OpenDatabase = (path: string) => SqliteDatabase;

/** What SQLite said: the name of its result code, such as `SQLITE_FULL`, and its text. */
export interface SqliteFailure {
  readonly code: string;
  readonly message: string;
}

const BETTER_SQLITE3 = 'better-sqlite3';
const DRIVER_NAMES: ReadonlySet<string> = new Set(['node:sqlite', BETTER_SQLITE3]);
const INSTALL = `npm install ${BETTER_SQLITE3}`;

/** The result codes that this package tells apart, by number. @see https://www.sqlite.org/rescode.html */
const PRIMARY_CODES: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  26: 'SQLITE_NOTADB',
};
/** The low byte of a result code is the primary code. */
const PRIMARY_MASK = 0xff;

/**
 * @param name absent: Node's own if this Node has it, else `better-sqlite3`
 * @throws InvalidOptionError if the name is none; HandoverError `missingPeer` if the library is not there
 */
export function sqliteDriver(name?: SqliteDriverName): OpenDatabase {
  // Callers in JavaScript write anything.
  if (name !== undefined && !DRIVER_NAMES.has(name)) {
    throw new InvalidOptionError('driver', JSON.stringify(name), [...DRIVER_NAMES].join(' or '));
  }
  const own = name === BETTER_SQLITE3 ? undefined : nodeSqlite();
  if (own) return own;
  if (name === 'node:sqlite') {
    const text = `This Node (${process.version}) has no node:sqlite. Use Node 22.13 or later, or run: ${INSTALL}`;
    throw new HandoverError('missingPeer', text);
  }
  return betterSqlite3();
}

/** What SQLite said, by either library; `undefined` if the error is not SQLite's. */
export function sqliteFailure(error: unknown): SqliteFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = fieldOf(error, 'code');
  if (code === 'ERR_SQLITE_ERROR') {
    const primary = Number(fieldOf(error, 'errcode')) & PRIMARY_MASK;
    return { code: PRIMARY_CODES[primary] ?? `SQLite's result code ${primary}`, message: error.message };
  }
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  // An extended code, such as SQLITE_IOERR_WRITE, begins with its primary code.
  const known = Object.values(PRIMARY_CODES).find((primary) => code === primary || code.startsWith(`${primary}_`));
  return { code: known ?? code, message: error.message };
}

interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

/** `undefined` before Node 22.5, and before 22.13 without `--experimental-sqlite`. */
function nodeSqlite(): OpenDatabase | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- Node 20 has no such module
    const { DatabaseSync } = require('node:sqlite') as NodeSqlite;
    return (path) => new DatabaseSync(path);
  } catch {
    return undefined;
  }
}

type BetterSqlite3 = new (path: string, options: { readonly timeout: number }) => SqliteDatabase;

function betterSqlite3(): OpenDatabase {
  let Database: BetterSqlite3;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would need the package at load
    Database = require('better-sqlite3') as BetterSqlite3;
  } catch (cause) {
    const text = `An SQLite file needs Node 22.13 or later, or the package "${BETTER_SQLITE3}", which is not installed. Run: ${INSTALL}`;
    throw new HandoverError('missingPeer', text, { cause });
  }
  try {
    // Loads the compiled part, which is missing if install scripts were blocked, and is of one version of Node.
    new Database(':memory:', { timeout: 0 }).close();
  } catch (cause) {
    const text = `The package "${BETTER_SQLITE3}" is installed, but not its part for Node ${process.version}. Run: npm rebuild ${BETTER_SQLITE3}`;
    throw new HandoverError('missingPeer', text, { cause });
  }
  return (path) => new Database(path, { timeout: 0 });
}
