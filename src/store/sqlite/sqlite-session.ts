/** One connection to an SQLite file: runs statements, each of which it prepares once. */
import type { SqliteDatabase, SqliteParams, SqliteStatement } from './sqlite-driver.js';

/** A row, by the names of its columns. */
export type SqliteRow = Readonly<Record<string, unknown>>;

const NO_PARAMS: SqliteParams = {};

/** Throws what the library throws. */
export class SqliteSession {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** The first row, or `undefined`. */
  get(sql: string, params: SqliteParams = NO_PARAMS): SqliteRow | undefined {
    return this.#prepared(sql).get(params) as SqliteRow | undefined;
  }

  all(sql: string, params: SqliteParams = NO_PARAMS): SqliteRow[] {
    return this.#prepared(sql).all(params) as SqliteRow[];
  }

  /** For statements that give no row. */
  run(sql: string, params: SqliteParams = NO_PARAMS): void {
    this.#prepared(sql).run(params);
  }

  /** Runs several statements, unprepared. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs all of it or nothing. The lock for writing is taken at the beginning, so nobody else writes in between. */
  transaction<T>(run: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const value = run();
      this.run('COMMIT');
      return value;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Closes the connection. Never throws. */
  close(): void {
    try {
      this.#database.close();
    } catch {
      // Closed already, or its file is beyond help.
    }
  }

  #rollBack(): void {
    try {
      this.run('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  #prepared(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** A column that holds text; an empty one if it does not. */
export function textIn(row: SqliteRow | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : '';
}
