/** SqliteInbox over real files. */
import { SqliteInbox } from 'botbuilder-handover-vcclive/sqlite';
import { sqliteDriver } from '../../src/store/sqlite/sqlite-driver.js';
import { inboxContract } from './inbox-contract.js';
import { SqliteFolder, describeWithSqlite } from './sqlite-files.js';

describeWithSqlite('SqliteInbox', (driver) => {
  const folder = new SqliteFolder();

  inboxContract('as every inbox', () => {
    const path = folder.newFile();
    return {
      newProcess: (clock, options) => new SqliteInbox(path, { driver, clock, ...options }),
      setAside: () => {
        const database = sqliteDriver(driver)(path);
        const rows = database.prepare('SELECT body FROM handover_inbox_aside ORDER BY id DESC').all({});
        database.close();
        return Promise.resolve(rows.map((row) => String((row as { readonly body: unknown }).body)));
      },
    };
  });
});
