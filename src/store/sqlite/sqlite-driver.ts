/**
 * The two libraries that open an SQLite file: Node's own and `better-sqlite3`. Both are synchronous, and alike in what is
 * used here.
 * @see https://nodejs.org/api/sqlite.html
 * @see https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md
 */
import { HandoverError, InvalidOptionError } from '../../thread/errors.js';

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

const BETTER_SQLITE3 = 'better-sqlite3';
const DRIVER_NAMES: ReadonlySet<string> = new Set(['node:sqlite', BETTER_SQLITE3]);
const INSTALL = `npm install ${BETTER_SQLITE3}`;

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
