import type { Storage } from 'botbuilder';
import { MemoryStorage } from 'botbuilder';
import { BlobsStorage } from 'botbuilder-azure-blobs';
import { ContainerClient } from '@azure/storage-blob';
import { expect } from 'chai';
import type { StorageLike } from '../../src/store/bot-storage/bot-storage-store.js';
import { BotStorageThreadStore } from '../../src/store/bot-storage/bot-storage-store.js';
import { InvalidOptionError, StoreError } from '../../src/thread/errors.js';
import type { MaybePromise } from '../../src/thread/maybe-promise.js';
import type { StoredRecord, ThreadStore } from '../../src/thread/store.js';
import type { Emulator } from './azurite.js';
import { startEmulator } from './azurite.js';
import { manyProcesses } from './many-processes.js';
import { finish, take, ticketOf } from './tickets.js';
import { epochOf, faultOf, handClock, recordWith, rejection, threadStoreContract } from './thread-store-contract.js';
import { loggerInto, quietLogger } from '../kit/loggers.js';

const THREAD = { pageId: '1776', psid: '4001' };
const THREAD_KEY = 'handover-vcclive.thread.1776.4001';
const DAY_MS = 24 * 60 * 60 * 1000;

threadStoreContract(
  'BotStorageThreadStore over MemoryStorage',
  (clock, lifetimes) => {
    const memory: Record<string, string> = {};
    const storage = new MemoryStorage(memory);
    const another = () => new BotStorageThreadStore(storage, { ...lifetimes, clock });
    return { store: another(), another, everything: () => Promise.resolve(JSON.stringify(memory)) };
  },
  { isShared: true },
);

describe('BotStorageThreadStore over BlobsStorage on an emulator', function () {
  this.timeout(60_000);
  let emulator: Emulator;
  let containers = 0;

  before(async () => {
    emulator = await startEmulator();
  });

  after(() => emulator.stop());

  threadStoreContract(
    'it',
    (clock, lifetimes) => {
      containers += 1;
      const storage = new BlobsStorage(emulator.connectionString, `contract-${containers}`);
      const another = () => new BotStorageThreadStore(storage, { ...lifetimes, clock });
      return { store: another(), another };
    },
    { isShared: true },
  );

  manyProcesses('it', () => ({ kind: 'blobs', connectionString: emulator.connectionString }), { firstWrites: false });

  it('begins a thread anew whose blob is no JSON, and gives the others of the same reading', async () => {
    const storage = new BlobsStorage(emulator.connectionString, 'nojson');
    const said: string[] = [];
    const log = loggerInto(said, 'error');
    const store = new BotStorageThreadStore(storage).forBot({ appId: '263', log, faultOf });
    const other = { pageId: '1776', psid: '4002' };
    for (const thread of [THREAD, other]) {
      await store.update(thread, () => ({
        record: recordWith(1, thread.psid),
        value: undefined,
      }));
    }
    const container = new ContainerClient(emulator.connectionString, 'nojson');
    const blob = container.getBlockBlobClient('handover-vcclive.263.thread.1776.4001');
    await blob.upload('{"body":{"rec', 13);
    expect(await store.listOpen(10)).to.deep.equal([other]);
    expect(await store.read(THREAD)).to.equal(undefined);
    expect(await grow(store)).to.equal(1);
    expect(await grow(store)).to.equal(2);
    expect((await store.listSetAside(5)).map(({ thread }) => thread)).to.deep.equal([THREAD]);
    expect(said).to.have.lengthOf(1);
  });

  it('overwrites without an eTag and refuses a stale one: what the store is built on', async () => {
    const storage = new BlobsStorage(emulator.connectionString, 'etags');
    await storage.write({ key: { value: 1 } });
    const first = (await storage.read(['key']))['key'] as { eTag: string };
    await storage.write({ key: { value: 2 } });
    const refusal = await rejection(storage.write({ key: { value: 3, eTag: first.eTag } }));
    expect((refusal as Error).message).to.match(/eTag conflict/);
    expect((await storage.read(['key']))['key']).to.include({ value: 2 });
  });
});

/** Something else lies under the keys of a store: it stops no thread, and is not lost. */
describe('BotStorageThreadStore and what it did not write', () => {
  const said: string[] = [];
  const bot = {
    appId: '263',
    log: loggerInto(said, 'error'),
    faultOf,
  };
  beforeEach(() => {
    said.length = 0;
  });

  const foreign: Record<string, object> = {
    'an item of somebody else': { name: 'x' },
    'a list': [1, 2],
    'an item without a body': { born: 'a', written: 'a' },
    'a record that is a text': { body: { record: 'x' }, born: 'a', written: 'a' },
  };
  for (const [what, item] of Object.entries(foreign)) {
    it(`keeps ${what} under another key, and begins anew`, async () => {
      const storage = new MemoryStorage();
      const key = 'handover-vcclive.263.thread.1776.4001';
      await storage.write({ [key]: item });
      const store = new BotStorageThreadStore(storage).forBot(bot);
      expect(await store.read(THREAD)).to.equal(undefined);
      expect(await grow(store)).to.equal(1);
      expect(await grow(store)).to.equal(2);
      const [aside] = await store.listSetAside(5);
      const kept = (await storage.read([aside?.where ?? '']))[aside?.where ?? ''] as { body: { found: object } };
      expect(kept.body.found).to.deep.include({ ...item });
      expect(said).to.have.lengthOf(1);
    });
  }

  it('leaves out entries that cannot be read, and takes a ticket that cannot be read for none', async () => {
    const storage = new MemoryStorage();
    const store = new BotStorageThreadStore(storage).forBot(bot);
    await store.schedule({ thread: THREAD, name: 'idle', atMs: 0 });
    await store.update(THREAD, () => ({ record: recordWith(1, 'h1'), value: undefined }));
    await take(store, ticketOf('e1', 'a', THREAD), 60_000);
    await finish(store, ticketOf('e2', 'a', THREAD));
    const memory = storage as unknown as { memory: Record<string, string> };
    for (const [key, text] of Object.entries(memory.memory)) {
      const item = JSON.parse(text) as {
        body: { entries?: unknown[]; tickets?: unknown[]; finished?: unknown[] };
      };
      item.body.entries?.unshift(null, 'x', { thread: 'x' }, { thread: THREAD, name: 'idle', atMs: 'soon' });
      if (item.body.tickets !== undefined) item.body.tickets = [null, 'x', { event: 'e1', by: 7 }];
      item.body.finished?.unshift(null, 'x', { event: 'e1', by: 'a', atMs: 'soon' });
      memory.memory[key] = JSON.stringify(item);
    }
    const seen = new BotStorageThreadStore(storage).forBot(bot);
    expect(await seen.takeDue(Date.now(), 10, 1000)).to.deep.equal([{ thread: THREAD, name: 'idle', atMs: 0 }]);
    expect(await seen.listOpen(10)).to.deep.equal([THREAD]);
    expect(await take(seen, ticketOf('e1', 'b', THREAD))).to.equal('entered');
    expect(await take(seen, ticketOf('e2', 'b', THREAD)), 'what can be read counts').to.equal('done');
  });

  it('takes lists that cannot be read for empty, and finds the deadlines and handovers that come after', async () => {
    const storage = new MemoryStorage();
    const unreadable = { body: { entries: 'x' }, born: 'a', written: 'a' };
    for (const list of ['due', 'open']) {
      const keys = Array.from({ length: 8 }, (_, shard) => `handover-vcclive.263.${list}.${shard}`);
      await storage.write(Object.fromEntries(keys.map((key) => [key, unreadable])));
    }
    const store = new BotStorageThreadStore(storage).forBot(bot);
    expect(await store.takeDue(Date.now(), 10, 1000)).to.deep.equal([]);
    expect(await store.listOpen(10)).to.deep.equal([]);
    await store.schedule({ thread: THREAD, name: 'idle', atMs: 0 });
    await store.update(THREAD, () => ({ record: recordWith(1, 'h1'), value: undefined }));
    expect(await store.takeDue(Date.now(), 10, 1000)).to.have.lengthOf(1);
    expect(await store.findHandover('h1')).to.deep.equal(THREAD);
  });

  it('believes that an item is no JSON when it was read three times, and keeps what the storage says of it', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage, { random: () => 0.01 }).forBot(bot);
    await put(store, 7);
    const cut = new SyntaxError('Unexpected end of JSON input');
    storage.once('read', () => Promise.reject(cut));
    expect(await grow(store), 'an answer that was cut off on its way').to.equal(8);
    let isRuined = true;
    storage.always('read', () =>
      isRuined && storage.readKeys.at(-1)?.includes(`handover-vcclive.263.thread.1776.4001`)
        ? Promise.reject(cut)
        : Promise.resolve(),
    );
    storage.afterWriting('handover-vcclive.263.thread.1776.4001', () => {
      isRuined = false;
      return Promise.resolve();
    });
    expect(await grow(store)).to.equal(1);
    expect([said.length, (await store.listSetAside(5)).length]).to.deep.equal([1, 1]);
  });
});

describe('BotStorageThreadStore and other writers', () => {
  it('calls the change again with what the faster writer left', async () => {
    const storage = new MemoryStorage();
    const mine = new BotStorageThreadStore(storage);
    const theirs = new BotStorageThreadStore(storage);
    await put(mine, 1);
    const slow = new Interposed(storage);
    slow.once('write', () => put(theirs, 10));
    const seen: (number | undefined)[] = [];
    const value = await new BotStorageThreadStore(slow).update(THREAD, (current) => {
      seen.push(epochOf(current));
      return { record: recordWith((epochOf(current) ?? 0) + 1), value: seen.length };
    });
    expect(seen).to.deep.equal([1, 10]);
    expect(value).to.equal(2);
    expect(epochOf(await mine.read(THREAD))).to.equal(11);
  });

  for (const [what, error] of [
    ['by the text of memory and blobs', new Error('Storage: error writing "k" due to eTag conflict.')],
    [
      "by the text of the Agents SDK's",
      new Error('[-120700] - Storage: error writing "k" due to eTag conflict. - http'),
    ],
    ['by statusCode 412', Object.assign(new Error('Precondition Failed'), { statusCode: 412 })],
    ['by code 412, as Cosmos DB does', Object.assign(new Error('[Error upserting document]'), { code: 412 })],
  ] as const) {
    it(`knows a conflict ${what}, and tries again`, async () => {
      const storage = new Interposed(new MemoryStorage());
      const store = new BotStorageThreadStore(storage);
      await put(store, 1);
      storage.once('write', () => Promise.reject(error));
      await put(store, 2);
      expect(epochOf(await store.read(THREAD))).to.equal(2);
    });
  }

  it('gives up after maxTries and says that other processes were faster', async () => {
    const conflict = Object.assign(new Error('busy'), { statusCode: 412 });
    const storage = new Interposed(new MemoryStorage());
    storage.always('write', () => Promise.reject(conflict));
    const waits: number[] = [];
    const clock = { ...handClock(), after: instantly(waits) };
    const store = new BotStorageThreadStore(storage, { maxTries: 4, clock, random: () => 0.5 });
    const error = await rejection(put(store, 1));
    expect(error).to.be.instanceOf(StoreError);
    expect(error).to.include({ code: 'storeConflict', operation: 'update', reason: 'HTTP 412: busy' });
    expect(storage.calls.filter((call) => call === 'write')).to.have.length(4);
    expect(waits, 'half of 20, 40, 80, 160 ms').to.deep.equal([10, 20, 40, 80]);
  });

  it('does not change twice where a write arrived although it was reported as refused', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    await put(store, 1);
    storage.onceAfter('write', () => Promise.reject(new Error('due to eTag conflict, says the second try')));
    expect(await grow(store)).to.equal(2);
    expect(epochOf(await store.read(THREAD))).to.equal(2);
  });

  it('notices by reading back that another first writer overwrote it, and goes on with what is there', async () => {
    const storage = new MemoryStorage();
    const first = new Interposed(storage);
    const second = new Interposed(storage);
    const mine = new BotStorageThreadStore(first);
    const theirs = new BotStorageThreadStore(second);
    // Both look before either writes; the second writes after the first and before the first reads back.
    let theirUpdate: Promise<number> | undefined;
    const written = gate();
    second.once('write', () => written.opened);
    first.once('write', async () => {
      theirUpdate = grow(theirs);
      await second.reached('write');
    });
    first.onceAfter('write', async () => {
      written.open();
      await theirUpdate;
    });
    expect(await grow(mine)).to.equal(2);
    expect(await theirUpdate).to.equal(1);
    expect(epochOf(await mine.read(THREAD))).to.equal(2);
  });

  it('believes its first write where another process has gone on with it before the reading back', async () => {
    const storage = new MemoryStorage();
    const first = new Interposed(storage);
    const theirs = new BotStorageThreadStore(storage);
    first.onceAfter('write', async () => {
      await grow(theirs);
    });
    expect(await grow(new BotStorageThreadStore(first))).to.equal(1);
    expect(epochOf(await theirs.read(THREAD))).to.equal(2);
  });

  it('never writes with eTag "*", and with the eTag it read wherever there was one', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    await put(store, 1);
    await put(store, 2);
    await store.schedule({ thread: THREAD, name: 'idle', atMs: 0 });
    await finish(store, ticketOf('e1', 'a', THREAD));
    const eTags = storage.written.flatMap((items) => Object.values(items));
    expect(eTags.map((item) => (item as { eTag?: string }).eTag)).not.to.include('*');
    const ofThread = storage.written.flatMap((items) => (items[THREAD_KEY] as { eTag?: string } | undefined) ?? []);
    expect(ofThread.map((item) => typeof item.eTag)).to.deep.equal(['undefined', 'string', 'string', 'string']);
  });

  it('makes changes of one thread wait for each other, so that one process causes no conflict', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    const written = gate();
    storage.once('write', () => written.opened);
    const writing = storage.reached('write');
    const both = Promise.all([grow(store), grow(store)]);
    await writing;
    expect(storage.calls).to.deep.equal(['read', 'write']);
    written.open();
    expect(await both).to.deep.equal([1, 2]);
    expect(storage.calls).to.deep.equal(['read', 'write', 'read', 'read', 'write']);
  });

  it('reads back every write to a storage that keeps no eTags, so that one process stays right', async () => {
    const items = new Map<string, unknown>();
    const storage: StorageLike = {
      read: async (keys) => Object.fromEntries(keys.flatMap((key) => (items.has(key) ? [[key, items.get(key)]] : []))),
      write: async (changes) => {
        for (const [key, item] of Object.entries(changes)) items.set(key, JSON.parse(JSON.stringify(item)));
      },
      delete: async (keys) => keys.forEach((key) => items.delete(key)),
    };
    const store = new BotStorageThreadStore(storage);
    await Promise.all(Array.from({ length: 10 }, () => grow(store)));
    expect(epochOf(await store.read(THREAD))).to.equal(10);
  });

  it('takes an item that is not its own for absent and replaces it', async () => {
    const storage = new MemoryStorage();
    await storage.write({ [THREAD_KEY]: { something: 'else' } });
    const store = new BotStorageThreadStore(storage);
    expect(await store.read(THREAD)).to.equal(undefined);
    expect(await grow(store)).to.equal(1);
    expect(await grow(store)).to.equal(2);
  });
});

describe('BotStorageThreadStore in processes whose clocks differ', () => {
  const LEASE_MS = 15_000;

  it('ends a lease when it was seen unrenewed for as long, whatever the clock of its process says', async () => {
    const storage = new MemoryStorage();
    const [mine, theirs] = [handClock(1_780_000_000_000), handClock(1_780_000_000_000 + 180_000)];
    const one = new BotStorageThreadStore(storage, { clock: mine });
    const two = new BotStorageThreadStore(storage, { clock: theirs });
    await put(one, 1);
    expect(await take(one, ticketOf('e1', 'a', THREAD), LEASE_MS)).to.equal('entered');
    expect(await take(two, ticketOf('e1', 'b', THREAD), LEASE_MS), 'three minutes ahead').to.equal('busy');
    theirs.move(10_000);
    await one.renew(ticketOf('e1', 'a', THREAD), LEASE_MS);
    expect(await take(two, ticketOf('e1', 'b', THREAD), LEASE_MS)).to.equal('busy');
    theirs.move(LEASE_MS - 1);
    expect(await take(two, ticketOf('e1', 'b', THREAD), LEASE_MS), 'it was renewed').to.equal('busy');
    theirs.move(1);
    expect(await take(two, ticketOf('e1', 'b', THREAD), LEASE_MS)).to.equal('entered');
    expect((await one.readFor(ticketOf('e1', 'a', THREAD))).isOurs, 'for the process that stood still').to.equal(false);
  });
});

describe('BotStorageThreadStore when the storage does not answer', () => {
  const outage = new Error('connect ECONNREFUSED 127.0.0.1:10000');
  const methods: Record<string, (store: ThreadStore) => MaybePromise<unknown>> = {
    read: (store) => store.read(THREAD),
    update: (store) => put(store, 1),
    forget: (store) => store.forget(THREAD),
    enter: (store) => take(store, ticketOf('e1', 'a', THREAD)),
    renew: (store) => store.renew(ticketOf('e1', 'a', THREAD), 1000),
    isNext: (store) => store.isNext(ticketOf('e1', 'a', THREAD)),
    readFor: (store) => store.readFor(ticketOf('e1', 'a', THREAD)),
    leave: (store) => store.leave(ticketOf('e1', 'a', THREAD), 'finished'),
    schedule: (store) => store.schedule({ thread: THREAD, name: 'idle', atMs: 0 }),
    unschedule: (store) => store.unschedule(THREAD, 'idle'),
    takeDue: (store) => store.takeDue(0, 1, 1),
    findHandover: (store) => store.findHandover('0123456789abcdef0123456789abcdef'),
    listOpen: (store) => store.listOpen(1),
  };

  for (const [operation, call] of Object.entries(methods)) {
    it(`rejects ${operation} with storeUnavailable and its words`, async () => {
      const storage = new Interposed(new MemoryStorage());
      storage.always('read', () => Promise.reject(outage));
      const error = await rejection((async () => call(new BotStorageThreadStore(storage)))());
      expect(error).to.be.instanceOf(StoreError);
      expect(error).to.include({ code: 'storeUnavailable', operation, reason: outage.message });
    });
  }

  it('tells a failing write and a failing delete likewise, and works again afterwards', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    storage.once('write', () => Promise.reject(outage));
    expect(await rejection(put(store, 1))).to.include({
      code: 'storeUnavailable',
      operation: 'update',
      reason: outage.message,
    });
    storage.once('delete', () => Promise.reject(outage));
    expect(await rejection(store.forget(THREAD))).to.include({ operation: 'forget', reason: outage.message });
    await put(store, 1);
    expect(epochOf(await store.read(THREAD))).to.equal(1);
  });

  it('takes a storage that throws instead of rejecting for the same', async () => {
    const storage = new MemoryStorage();
    storage.read = () => {
      throw outage;
    };
    expect(await rejection(new BotStorageThreadStore(storage).read(THREAD))).to.include({ reason: outage.message });
  });
});

describe('BotStorageThreadStore and its index of open handovers', () => {
  const ID = '0123456789abcdef0123456789abcdef';
  const hasOpen = (epoch: number, id = ID): StoredRecord => recordWith(epoch, id);
  const openIn = (store: ThreadStore, id = ID): Promise<void> =>
    store.update(THREAD, () => ({ record: hasOpen(1, id), value: undefined }));
  const entriesIn = (memory: Record<string, string>): number =>
    Object.entries(memory).flatMap(([key, item]) => {
      if (!key.includes('.open.')) return [];
      return (JSON.parse(item) as { body: { entries: unknown[] } }).body.entries;
    }).length;

  it('does not look at the index where no handover begins or ends', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    await openIn(store);
    storage.readKeys.length = 0;
    await store.update(THREAD, () => ({ record: hasOpen(2), value: undefined }));
    expect(storage.readKeys).to.deep.equal([[THREAD_KEY]]);
  });

  it('believes no entry whose record was never written', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    await put(store, 1);
    storage.onceAfter('write', () => {
      storage.once('write', () => Promise.reject(new Error('the process dies here')));
      return Promise.resolve();
    });
    expect(await rejection(openIn(store))).to.include({ code: 'storeUnavailable', operation: 'update' });
    expect(await store.findHandover(ID)).to.equal(undefined);
    expect(await store.listOpen(10)).to.deep.equal([]);
  });

  it('writes no record of a handover that could not be entered', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    storage.once('write', () => Promise.reject(new Error('connect ECONNREFUSED')));
    expect(await rejection(openIn(store))).to.include({ code: 'storeUnavailable', operation: 'update' });
    expect(await store.read(THREAD)).to.equal(undefined);
  });

  it('has concluded a handover although its entry could not be removed', async () => {
    const memory: Record<string, string> = {};
    const storage = new Interposed(new MemoryStorage(memory));
    const store = new BotStorageThreadStore(storage);
    await openIn(store);
    storage.afterWriting(THREAD_KEY, () => {
      storage.once('write', () => Promise.reject(new Error('connect ECONNREFUSED')));
      return Promise.resolve();
    });
    await put(store, 2);
    expect(entriesIn(memory)).to.equal(1);
    expect(await store.findHandover(ID)).to.equal(undefined);
    expect(await store.listOpen(10)).to.deep.equal([]);
  });

  it('keeps no entry of a handover that is over', async () => {
    const memory: Record<string, string> = {};
    const store = new BotStorageThreadStore(new MemoryStorage(memory));
    await openIn(store);
    expect(entriesIn(memory)).to.equal(1);
    await put(store, 2);
    expect(entriesIn(memory)).to.equal(0);
    await openIn(store);
    await store.forget(THREAD);
    expect(entriesIn(memory)).to.equal(0);
  });

  it('removes entries whose records have expired, when somebody lists the open handovers', async () => {
    const clock = handClock();
    const memory: Record<string, string> = {};
    const store = new BotStorageThreadStore(new MemoryStorage(memory), { clock, recordTtlMs: DAY_MS });
    const begin = (n: number): Promise<void> =>
      store.update({ pageId: '1776', psid: `${n}` }, () => ({
        record: hasOpen(1, n.toString(16).padStart(32, '0')),
        value: undefined,
      }));
    for (let n = 0; n < 100; n += 1) await begin(n);
    clock.move(DAY_MS);
    for (let n = 1000; n < 1100; n += 1) await begin(n);
    expect(await store.listOpen(500)).to.have.lengthOf(100);
    expect(entriesIn(memory)).to.equal(100);
  });

  it('calls a change that is not pure a few times at most', async () => {
    const store = new BotStorageThreadStore(new MemoryStorage());
    let calls = 0;
    const impure = store.update(THREAD, () => {
      calls += 1;
      return { record: hasOpen(1, `${calls}`.padStart(32, '0')), value: undefined };
    });
    expect(await rejection(impure)).to.include({ code: 'storeConflict', operation: 'update' });
    expect(calls).to.be.below(10);
  });
});

describe('BotStorageThreadStore leaves little behind', () => {
  it('names a customer nowhere who is forgotten again after the storage failed at any step of the first time', async () => {
    for (let failing = 1, hasFailed = true; hasFailed; failing += 1) {
      const memory: Record<string, string> = {};
      const storage = new Interposed(new MemoryStorage(memory));
      const store = new BotStorageThreadStore(storage).forBot({ appId: '263', log: quietLogger, faultOf });
      await store.update(THREAD, () => ({ record: { ...recordWith(1), body: 'unreadable' }, value: undefined }));
      await store.update(THREAD, () => ({ record: recordWith(2, 'h1'), value: undefined }));
      await store.schedule({ thread: THREAD, name: 'idle', atMs: 0 });
      let calls = 0;
      const failOnce = (): Promise<void> => {
        calls += 1;
        return calls === failing ? Promise.reject(new Error('HTTP 503')) : Promise.resolve();
      };
      for (const method of ['read', 'write', 'delete'] as const) storage.always(method, failOnce);
      hasFailed = await store.forget(THREAD).then(
        () => false,
        () => true,
      );
      calls = Number.POSITIVE_INFINITY;
      await store.forget(THREAD);
      expect(JSON.stringify(memory), `call ${failing} failed`).not.to.include(THREAD.psid);
    }
  });

  it('writes only keys that every storage takes, whatever the ids are', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage, { prefix: 'my_bot' });
    await store.update({ pageId: 'a/b#?\\', psid: 'ő*' }, () => ({ record: recordWith(1), value: 0 }));
    await take(store, ticketOf('x'.repeat(1000), 'a', { pageId: '1', psid: 'y'.repeat(500) }));
    await store.schedule({ thread: THREAD, name: 'idle', atMs: 0 });
    const keys = storage.written.flatMap((items) => Object.keys(items));
    expect(keys).to.have.length(3);
    for (const key of keys) expect(key).to.match(/^my_bot\.[\w.-]{1,248}$/);
  });

  it('reads few items where it looks for deadlines, however many there are and for whenever', async () => {
    const clock = handClock();
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage, { clock });
    for (let n = 0; n < 500; n += 1) {
      await store.schedule({ thread: { pageId: '1776', psid: `${n}` }, name: 'idle', atMs: clock.now() + n * DAY_MS });
    }
    storage.readKeys.length = 0;
    expect(await store.takeDue(clock.now() - 1, 10, 1000)).to.deep.equal([]);
    expect(storage.readKeys.map((keys) => keys.length)).to.deep.equal([8]);
  });

  it('finds every one of many deadlines that come at once', async () => {
    const clock = handClock();
    const store = new BotStorageThreadStore(new MemoryStorage(), { clock });
    const psids = Array.from({ length: 501 }, (_, i) => String(i));
    for (const psid of psids) {
      await store.schedule({ thread: { pageId: '1776', psid }, name: 'idle', atMs: clock.now() });
    }
    const due = await store.takeDue(clock.now(), 1000, 1000);
    expect(new Set(due.map(({ thread }) => thread.psid))).to.deep.equal(new Set(psids));
  });

  it('keeps nothing of deadlines that are over, and one entry of a deadline that was moved', async () => {
    const clock = handClock();
    const memory: Record<string, string> = {};
    const store = new BotStorageThreadStore(new MemoryStorage(memory), { clock });
    const entries = (): number => (JSON.stringify(memory).match(/psid/g) ?? []).length;
    for (let n = 0; n < 40; n += 1) {
      await store.schedule({ thread: THREAD, name: 'idle', atMs: clock.now() + n * DAY_MS });
    }
    expect(entries()).to.equal(1);
    await store.unschedule(THREAD, 'idle');
    expect(entries()).to.equal(0);
  });

  it('finds a deadline whose item another process began at the same moment', async () => {
    const clock = handClock();
    const memory: Record<string, string> = {};
    const other: Record<string, string> = {};
    const storage = new Interposed(new MemoryStorage(memory));
    const store = new BotStorageThreadStore(storage, { clock });
    await new BotStorageThreadStore(new MemoryStorage(other), { clock }).schedule({
      thread: { pageId: '1812', psid: '4001' },
      name: 'idle',
      atMs: clock.now(),
    });
    // Write 1, read 1, write 2: the other process overwrites the item when we have already believed.
    storage.onceAfter('write', () => {
      storage.onceAfter('read', () => {
        for (const key of Object.keys(memory)) memory[key] = Object.values(other)[0] ?? '';
        return Promise.resolve();
      });
      return Promise.resolve();
    });
    await store.schedule({ thread: THREAD, name: 'idle', atMs: clock.now() });
    expect(await store.takeDue(clock.now(), 10, 1000)).to.have.length(2);
  });

  it('keeps two hundred finished events of a thread, and none whose time is over', async () => {
    const clock = handClock();
    const memory: Record<string, string> = {};
    const store = new BotStorageThreadStore(new MemoryStorage(memory), { clock, claimRetentionMs: 10_000 });
    for (let index = 0; index < 250; index += 1) await finish(store, ticketOf(`e${index}`, 'a', THREAD));
    const kept = (): number => (memory[THREAD_KEY]?.match(/"event"/g) ?? []).length;
    expect(kept()).to.equal(200);
    clock.move(10_000);
    await finish(store, ticketOf('later', 'a', THREAD));
    expect(kept()).to.equal(1);
  });

  it('asks an Agents SDK storage for no empty list of keys, which it throws at', async () => {
    const storage = new Interposed(new MemoryStorage());
    const store = new BotStorageThreadStore(storage);
    await store.takeDue(0, 10, 1000);
    await take(store, ticketOf('e1', 'a', THREAD));
    expect(storage.readKeys.filter((keys) => keys.length === 0)).to.deep.equal([]);
  });
});

describe('BotStorageThreadStore refuses wrong options', () => {
  it('names a storage that is none', () => {
    for (const storage of [undefined, {}, MemoryStorage]) {
      expect(() => new BotStorageThreadStore(storage as unknown as StorageLike))
        .to.throw(InvalidOptionError)
        .with.property('option', 'storage');
    }
  });

  it('names the option', () => {
    const wrong = { prefix: 'a.b', recordTtlMs: 0, claimRetentionMs: -1, maxTries: 1.5 };
    for (const [option, value] of Object.entries(wrong)) {
      expect(() => new BotStorageThreadStore(new MemoryStorage(), { [option]: value }))
        .to.throw(InvalidOptionError)
        .with.property('option', option);
    }
  });

  it("takes botbuilder's Storage and the Agents SDK's, by their types", () => {
    const botFramework: Storage = new MemoryStorage();
    const agents: AgentsStorage = new MemoryStorage();
    expect(new BotStorageThreadStore(botFramework)).to.be.instanceOf(BotStorageThreadStore);
    expect(new BotStorageThreadStore(agents)).to.be.instanceOf(BotStorageThreadStore);
  });
});

/** The shape of the Agents SDK's `Storage`: properties instead of methods, which the compiler compares more strictly. */
interface AgentsStorage {
  read: (keys: string[]) => Promise<Record<string, any> & { eTag?: string }>;
  write: (changes: Record<string, any> & { eTag?: string }) => Promise<void>;
  delete: (keys: string[]) => Promise<void>;
}

type Method = 'read' | 'write' | 'delete';
type Hook = () => Promise<unknown>;

/** A storage between the store and the real one, where a test steps in before or after a call. */
class Interposed implements StorageLike {
  readonly calls: Method[] = [];
  readonly written: Record<string, unknown>[] = [];
  readonly readKeys: string[][] = [];
  readonly #inner: Storage;
  readonly #before = new Map<Method, Hook>();
  readonly #after = new Map<Method, Hook>();
  readonly #always = new Map<Method, Hook>();
  readonly #afterKey = new Map<string, Hook>();
  readonly #waiting = new Map<Method, () => void>();

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  /** Before the next call of that method; a rejection is the call's. */
  once(method: Method, hook: Hook): void {
    this.#before.set(method, hook);
  }

  /** After the next call of that method has done its work; a rejection is the call's. */
  onceAfter(method: Method, hook: Hook): void {
    this.#after.set(method, hook);
  }

  always(method: Method, hook: Hook): void {
    this.#always.set(method, hook);
  }

  afterWriting(key: string, hook: Hook): void {
    this.#afterKey.set(key, hook);
  }

  /** Resolves when that method is called next. */
  reached(method: Method): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(method, resolve);
    });
  }

  async read(keys: string[]): Promise<Record<string, unknown>> {
    this.readKeys.push(keys);
    return this.#call('read', () => this.#inner.read(keys));
  }

  async write(changes: Record<string, unknown>): Promise<void> {
    this.written.push(changes);
    await this.#call('write', () => this.#inner.write(changes));
    for (const key of Object.keys(changes)) {
      const hook = this.#afterKey.get(key);
      this.#afterKey.delete(key);
      await hook?.();
    }
  }

  async delete(keys: string[]): Promise<void> {
    return this.#call('delete', () => this.#inner.delete(keys));
  }

  async #call<T>(method: Method, work: () => Promise<T>): Promise<T> {
    this.calls.push(method);
    this.#waiting.get(method)?.();
    const before = this.#before.get(method) ?? this.#always.get(method);
    this.#before.delete(method);
    await before?.();
    const result = await work();
    const after = this.#after.get(method);
    this.#after.delete(method);
    await after?.();
    return result;
  }
}

function put(store: ThreadStore, epoch: number): Promise<void> {
  return store.update(THREAD, () => ({ record: recordWith(epoch), value: undefined }));
}

function grow(store: ThreadStore): Promise<number> {
  return store.update(THREAD, (current) => {
    const epoch = (epochOf(current) ?? 0) + 1;
    return { record: recordWith(epoch), value: epoch };
  });
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Lets every wait pass at once and notes how long it would have been. */
function instantly(waits: number[]): (delayMs: number, run: () => void) => () => void {
  return (delayMs, run) => {
    waits.push(delayMs);
    setImmediate(run);
    return () => undefined;
  };
}
