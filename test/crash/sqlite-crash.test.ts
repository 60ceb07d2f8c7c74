/** The same over one SQLite file. */
import { SqliteFolder, describeWithSqlite } from '../store/sqlite-files.js';
import { nothingIsLost, TITLE, WITHIN_MS } from './nothing-is-lost.js';

describeWithSqlite('bot processes that are killed, over one SQLite file', (driver) => {
  const folder = new SqliteFolder();

  it(TITLE, () => nothingIsLost({ folder: folder.path, driver })).timeout(WITHIN_MS);
});
