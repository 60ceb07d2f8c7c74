/** SqliteThreadStore over real files, which are also locked, filled up, damaged and taken away. */
import { readFileSync } from 'node:fs';
import { threadStoreContract } from './thread-store-contract.js';
import type { Lifetimes } from './thread-store-contract.js';
import type { Clock } from 'botbuilder-handover-vcclive';
import { SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { manyProcesses } from './many-processes.js';
import { SqliteFolder, describeWithSqlite } from './sqlite-files.js';

describeWithSqlite('SqliteThreadStore', (driver) => {
  const folder = new SqliteFolder();
  const open: SqliteThreadStore[] = [];

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  const storeAt = (path: string, options: object = {}): SqliteThreadStore => {
    const store = new SqliteThreadStore(path, { driver, ...options });
    open.push(store);
    return store;
  };

  const backing = (clock: Clock, lifetimes: Lifetimes) => {
    const path = folder.newFile();
    const another = () => storeAt(path, { ...lifetimes, clock });
    const everything = async (): Promise<string> => {
      for (const store of open.splice(0)) await store.close();
      return readFileSync(path, 'latin1');
    };
    return { store: another(), another, everything };
  };
  threadStoreContract('SqliteThreadStore', backing, { isShared: true });

  const shared = folder.newFile();
  manyProcesses('SqliteThreadStore', () => ({ kind: 'sqlite', path: shared, driver }), { firstWrites: true });
});
