/** What users meet with a file: it is locked, full, damaged, read-only, of a newer release, or not there. */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { InvalidOptionError, StoreError } from 'botbuilder-handover-vcclive';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import type { OpenDatabase, SqliteDatabase } from '../../src/store/sqlite/sqlite-driver.js';
import { sqliteDriver } from '../../src/store/sqlite/sqlite-driver.js';
import { SqliteFile } from '../../src/store/sqlite/sqlite-file.js';
import { DRIVERS, SqliteFolder, describeWithSqlite } from './sqlite-files.js';
import { epochOf, handClock, recordWith, rejection } from './thread-store-contract.js';
import { finish, take, ticketOf } from './tickets.js';
import { quietLogger } from '../kit/loggers.js';

const THREAD = { pageId: '1776', psid: '4001' };
const NOBODY = 65_534;

describeWithSqlite('The file of an SqliteThreadStore', (driver) => {
  const folder = new SqliteFolder();
  const closing: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const each of closing.splice(0)) await each.close();
  });

  const toBeClosed = <T extends { close(): unknown }>(each: T): T => {
    closing.push(each);
    return each;
  };
  const storeAt = (at: string, options: object = {}): SqliteThreadStore =>
    toBeClosed(new SqliteThreadStore(at, { driver, ...options }));
  /** Another program that has the file open. */
  const programAt = (at: string): SqliteDatabase => toBeClosed(sqliteDriver(driver)(at));
  const write = (store: SqliteThreadStore, epoch: number): Promise<void> =>
    store.update(THREAD, () => ({ record: recordWith(epoch), value: undefined }));
  const failureOf = async (promise: Promise<unknown>): Promise<StoreError> => {
    const error = await rejection(promise);
    expect(error).to.be.instanceOf(StoreError).with.property('code', 'storeUnavailable');
    return error as StoreError;
  };

  it('is created when it is first used, for its owner only, and is there after a restart', async () => {
    const at = folder.newFile();
    const before = storeAt(at);
    await write(before, 3);
    expect(statSync(at).mode & 0o777).to.equal(0o600);
    await before.close();
    expect(epochOf(await storeAt(at).read(THREAD))).to.equal(3);
  });

  it('keeps the path that it was given in the folder of that moment', async () => {
    const [home, other] = [process.cwd(), path.join(folder.path, 'other')];
    mkdirSync(other);
    try {
      process.chdir(folder.path);
      const store = storeAt('relative.db');
      process.chdir(other);
      await write(store, 1);
    } finally {
      process.chdir(home);
    }
    expect(statSync(path.join(folder.path, 'relative.db')).isFile()).to.equal(true);
  });

  it('serves a store and an inbox, and two bots, at the same time', async () => {
    const at = folder.newFile();
    const store = storeAt(at);
    const inbox = toBeClosed(new SqliteInbox(at, { driver }));
    const ids = await Promise.all([inbox.put('{"n":1}'), inbox.put('{"n":2}'), write(store, 1)]);
    await inbox.giveBack([ids[0]!]);
    const other = toBeClosed(new SqliteInbox(at, { driver }));
    expect((await other.takeOver(10)).deliveries.map(({ body }) => body)).to.deep.equal(['{"n":1}']);
    expect((await other.forBot({ appId: '263', log: quietLogger }).takeOver(10)).deliveries).to.deep.equal([]);
  });

  it('loses what is over, row by row', async () => {
    const clock = handClock();
    const at = folder.newFile();
    const store = storeAt(at, { clock, recordTtlMs: 5_000, claimRetentionMs: 3_000 });
    await write(store, 1);
    await finish(store, ticketOf('old', 'a', THREAD));
    clock.move(5_000);
    await finish(store, ticketOf('new', 'a', { pageId: '1', psid: '2' }));
    const rows = (table: string): unknown[] => programAt(at).prepare(`SELECT * FROM ${table}`).all({});
    expect(rows('handover_threads')).to.have.length(0);
    expect(rows('handover_finished')).to.have.length(1);
  });

  it('loses the tickets of dead processes a day after their lease, in whatever thread the next event is', async () => {
    const clock = handClock();
    const at = folder.newFile();
    const store = storeAt(at, { clock });
    await take(store, ticketOf('of a process that died', 'a', THREAD), 15_000);
    const afterAnotherEvent = async (byMs: number): Promise<number> => {
      clock.move(byMs);
      await finish(store, ticketOf(`at ${clock.now()}`, 'b', { pageId: '1', psid: '2' }));
      return programAt(at).prepare('SELECT * FROM handover_tickets').all({}).length;
    };
    expect(await afterAnotherEvent(60_000), 'its process may only be paused').to.equal(1);
    expect(await afterAnotherEvent(24 * 60 * 60_000)).to.equal(0);
  });

  it('loses what is over of more than one sweep looks at, and nothing else', async () => {
    const clock = handClock();
    const at = folder.newFile();
    const store = storeAt(at, { clock, claimRetentionMs: 100_000 });
    for (let event = 0; event < 1_200; event += 1) await finish(store, ticketOf(`old ${event}`, 'a', THREAD));
    clock.move(100_000);
    for (let sweep = 0; sweep < 4; sweep += 1) {
      clock.move(1_000);
      await finish(store, ticketOf(`new ${sweep}`, 'a', THREAD));
    }
    const events = programAt(at).prepare('SELECT event FROM handover_finished ORDER BY event').all({});
    expect(events.map((row) => (row as { readonly event: unknown }).event)).to.deep.equal(
      [0, 1, 2, 3].map((sweep) => `new ${sweep}`),
    );
  });

  it('keeps nothing of a customer who is forgotten among many', async () => {
    const at = folder.newFile();
    const store = storeAt(at);
    const record = { openHandoverId: 'h', forgettable: false, body: { epoch: 1, reference: 'x'.repeat(300) } };
    const customers = Array.from({ length: 600 }, (_, each) => ({ pageId: '1776', psid: `customer-${each}.` }));
    for (const thread of customers) {
      await store.update(thread, () => ({ record, value: undefined }));
      await store.schedule({ thread, name: 'idle', atMs: 0 });
      await finish(store, ticketOf(`of ${thread.psid}`, 'a', thread));
    }
    const gone = customers.filter((_, each) => each % 3 === 0);
    for (const thread of gone) await store.forget(thread);
    await store.close();
    const file = readFileSync(at, 'latin1');
    expect(gone.filter(({ psid }) => file.includes(`1776/${psid}`))).to.deep.equal([]);
    expect(file.includes('1776/customer-1.'), 'the others are there').to.equal(true);
  });

  if (DRIVERS.length > 1) {
    it('is the same for both libraries', async () => {
      const at = folder.newFile();
      for (const [epoch, each] of DRIVERS.entries()) await write(storeAt(at, { driver: each }), epoch);
      for (const each of DRIVERS) expect(epochOf(await storeAt(at, { driver: each }).read(THREAD))).to.equal(1);
    });
  }

  describe('that another program has locked', () => {
    /** Waits end when the test says so. */
    const heldTime = () => {
      let nowMs = 0;
      let waits: (() => void)[] = [];
      return {
        clock: {
          now: () => nowMs,
          after: (_delayMs: number, run: () => void) => {
            waits.push(run);
            return () => (waits = waits.filter((each) => each !== run));
          },
        },
        pass: (ms: number) => {
          nowMs += ms;
          for (const run of waits.splice(0)) run();
        },
        waits: () => waits.length,
      };
    };
    const storeOver = (at: string, clock: ReturnType<typeof heldTime>['clock']): SqliteThreadStore => {
      const file = new SqliteFile(at, {
        open: sqliteDriver(driver),
        busyTimeoutMs: 1_000,
        synchronous: 'normal',
        clock,
      });
      return toBeClosed(new SqliteThreadStore(file, {}, undefined));
    };

    it('lets the process go on, answers who reads, and writes in order when the lock is free', async () => {
      const at = folder.newFile();
      await write(storeAt(at), 1);
      const time = heldTime();
      const store = storeOver(at, time.clock);
      const other = programAt(at);
      other.exec('BEGIN IMMEDIATE');
      const epochs: (number | undefined)[] = [];
      const grow = (): Promise<void> =>
        store.update(THREAD, (current) => {
          epochs.push(epochOf(current));
          return { record: recordWith(epochs.length + 10), value: undefined };
        });
      const writes = Promise.all([grow(), grow(), Promise.resolve(take(store, ticketOf('e', 'a', THREAD)))]);
      expect(epochOf(await store.read(THREAD))).to.equal(1);
      time.pass(100);
      expect(epochs).to.deep.equal([]);
      other.exec('COMMIT');
      time.pass(100);
      expect((await writes)[2]).to.equal('entered');
      expect(epochs).to.deep.equal([1, 11]);
      expect(time.waits(), 'nothing waits').to.equal(0);
    });

    it('fails after the busy timeout, says so, and serves again when the lock is free', async () => {
      const at = folder.newFile();
      await write(storeAt(at), 1);
      const time = heldTime();
      const store = storeOver(at, time.clock);
      const other = programAt(at);
      other.exec('BEGIN IMMEDIATE');
      const [first, second] = [failureOf(write(store, 2)), failureOf(write(store, 3))];
      for (let passed = 0; passed < 10; passed += 1) time.pass(100);
      expect((await first).message).to.include('is locked: another program holds its lock too long');
      expect((await second).message).to.include('SQLITE_BUSY');
      other.exec('COMMIT');
      await write(store, 4);
      expect(epochOf(await store.read(THREAD))).to.equal(4);
    });

    it('leaves nobody waiting when it is closed', async () => {
      const at = folder.newFile();
      const time = heldTime();
      const store = storeOver(at, time.clock);
      await write(store, 1);
      programAt(at).exec('BEGIN IMMEDIATE');
      const failure = failureOf(write(store, 2));
      await store.close();
      expect((await failure).message).to.include('has been closed');
      expect(time.waits()).to.equal(0);
      expect((await failureOf(store.read(THREAD))).operation).to.equal('read');
    });
  });

  it('that is full fails with what to do, keeps what it has, and goes on when there is room', async () => {
    const at = folder.newFile();
    let database: SqliteDatabase | undefined;
    // As on a disk without room for more pages.
    const open: OpenDatabase = (given) => {
      database = sqliteDriver(driver)(given);
      database.prepare('PRAGMA max_page_count = 25').get({});
      return database;
    };
    const file = new SqliteFile(at, { open, busyTimeoutMs: 1_000, synchronous: 'normal' });
    const store = toBeClosed(new SqliteThreadStore(file, {}, undefined));
    await write(store, 1);
    const large = { forgettable: true, body: { epoch: 2, reference: 'x'.repeat(100_000) } };
    const grown = (): Promise<void> => store.update(THREAD, () => ({ record: large, value: undefined }));
    for (const failure of [await failureOf(grown()), await failureOf(grown())]) {
      expect(failure.message).to.include('its disk is full; free some space').and.include('SQLITE_FULL');
    }
    expect(epochOf(await store.read(THREAD))).to.equal(1);
    database?.prepare('PRAGMA max_page_count = 400').get({});
    await grown();
    expect(epochOf(await store.read(THREAD))).to.equal(2);
  });

  it('that is no database fails with what to do, and is served when it was moved away', async () => {
    const at = folder.newFile();
    writeFileSync(at, 'These are notes, and no database. '.repeat(200));
    const store = storeAt(at);
    for (const failure of [await failureOf(write(store, 1)), await failureOf(store.read(THREAD))]) {
      expect(failure.message).to.include(`${at} is no SQLite database, or damaged; stop the bot`);
    }
    renameSync(at, `${at}.damaged`);
    await write(store, 1);
    expect(epochOf(await store.read(THREAD))).to.equal(1);
  });

  it('that is damaged in the middle fails where it is damaged, and says what to do', async () => {
    const at = folder.newFile();
    const before = storeAt(at);
    for (let psid = 0; psid < 200; psid += 1) {
      const record = { forgettable: true, body: { epoch: 1, reference: 'x'.repeat(500) } };
      await before.update({ pageId: '1', psid: String(psid) }, () => ({ record, value: undefined }));
    }
    await before.close();
    const [pages, file] = [Math.floor(statSync(at).size / 4096), openSync(at, 'r+')];
    // All but the first pages, with the file's header and the list of tables.
    for (let page = 4; page < pages; page += 1) writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
    closeSync(file);
    const failure = await failureOf(storeAt(at).read({ pageId: '1', psid: '100' }));
    expect(failure.message).to.include('is damaged; stop the bot, then restore a backup').and.include('SQLITE_CORRUPT');
  });

  it('that a newer release has written is refused, and left as it is', async () => {
    const at = folder.newFile();
    await write(storeAt(at), 1);
    programAt(at).exec('INSERT INTO handover_schema (version, since_ms) VALUES (7, 0)');
    const failure = await failureOf(storeAt(at).read(THREAD));
    expect(failure.message).to.include('is of a newer release: its tables have version 7, this release knows 1');
    programAt(at).exec('DELETE FROM handover_schema WHERE version = 7');
    expect(epochOf(await storeAt(at).read(THREAD))).to.equal(1);
  });

  it('is not there for a folder that does not exist, and is made when the folder is', async () => {
    const missing = path.join(folder.path, 'missing');
    const store = storeAt(path.join(missing, 'a.db'));
    expect((await failureOf(write(store, 1))).message).to.include('its folder does not exist; create the folder');
    mkdirSync(missing);
    await write(store, 1);
    rmSync(path.join(folder.path, 'through'), { force: true });
    writeFileSync(path.join(folder.path, 'through'), '');
    const failure = await failureOf(write(storeAt(path.join(folder.path, 'through', 'a.db')), 1));
    expect(failure.message).to.include('its path leads through a file');
  });

  describe('of a user who may not write', () => {
    /** Root may write anything, so it becomes somebody else. */
    const asNobody = async <T>(run: () => Promise<T>): Promise<T> => {
      const { seteuid, geteuid } = process;
      const isRoot = geteuid?.() === 0;
      if (isRoot) seteuid?.(NOBODY);
      try {
        return await run();
      } finally {
        if (isRoot) seteuid?.(0);
      }
    };

    it('cannot be created, and says whose folder it is', async () => {
      const readOnly = path.join(folder.path, 'read-only');
      mkdirSync(readOnly, { mode: 0o555 });
      const failure = await asNobody(() => failureOf(write(storeAt(path.join(readOnly, 'a.db')), 1)));
      expect(failure.message).to.include("let the bot's user write the folder").and.include('EACCES');
    });

    it('can neither be read nor written if it is the file of another user', async () => {
      chmodSync(folder.path, 0o755);
      const at = folder.newFile();
      const before = storeAt(at);
      await write(before, 1);
      await before.close();
      for (const [mode, says] of [
        [0o600, 'cannot be opened; let the'],
        [0o444, 'is read-only here; let the'],
      ] as const) {
        chmodSync(at, process.geteuid?.() === 0 ? mode : mode & 0o444);
        const failure = await asNobody(() => failureOf(write(storeAt(at), 2)));
        expect(failure.message, mode.toString(8)).to.include(`${says} bot's user`);
      }
    });
  });

  it('may not be a name that means something else to SQLite, and options are checked', () => {
    for (const wrong of ['', ':memory:', 'file:handover.db', 7 as unknown as string]) {
      expect(() => storeAt(wrong))
        .to.throw(InvalidOptionError)
        .with.property('option', 'path');
    }
    const options = { recordTtlMs: 0, claimRetentionMs: -1, busyTimeoutMs: 0.5, synchronous: 'off', driver: 'sqlite3' };
    for (const [option, value] of Object.entries(options)) {
      expect(() => storeAt(folder.newFile(), { [option]: value }))
        .to.throw(InvalidOptionError)
        .with.property('option', option);
    }
  });
});
