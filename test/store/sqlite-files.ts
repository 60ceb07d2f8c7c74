/** SQLite files for a test: in a folder of its own, opened with each library that this Node has. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SqliteDriverName } from 'botbuilder-handover-vcclive/sqlite';
import { sqliteDriver } from '../../src/store/sqlite/sqlite-driver.js';

const ALL: readonly SqliteDriverName[] = ['node:sqlite', 'better-sqlite3'];
/** For whoever leaves something out. */
export const HOW_TO_GET_ONE =
  'Tests with SQLite are skipped: no library is there. Use Node 22.13 or later, or run "npm install --no-save -D better-sqlite3".';

/** The libraries that load here. The compiled better-sqlite3 belongs to one version of Node. */
export const DRIVERS: readonly SqliteDriverName[] = ALL.filter(loads);

/** As `describe`, for each library; without any it says what is missing, and fails where CI is set. */
export function describeWithSqlite(
  title: string,
  tests: (driver: SqliteDriverName) => void,
  drivers: readonly SqliteDriverName[] = DRIVERS,
): void {
  for (const driver of drivers) describe(`${title} with ${driver}`, () => tests(driver));
  if (DRIVERS.length > 0) return;
  describe(title, () => {
    it('needs a library for SQLite', function () {
      if (process.env['CI']) throw new Error(HOW_TO_GET_ONE);
      console.warn(`    ${HOW_TO_GET_ONE}`);
      this.skip();
    });
  });
}

/** A folder for files, which is removed after the tests of the `describe` that asks. */
export class SqliteFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'sqlite-'));
  #files = 0;

  constructor() {
    after(() => {
      chmodSync(this.path, 0o700);
      rmSync(this.path, { recursive: true, force: true });
    });
  }

  /** The path of a file that is not there yet. */
  newFile(): string {
    this.#files += 1;
    return path.join(this.path, `${this.#files}.db`);
  }
}

function loads(driver: SqliteDriverName): boolean {
  try {
    sqliteDriver(driver)(':memory:').close();
    return true;
  } catch {
    return false;
  }
}
