/** RedisThreadStore over a real Redis, which is also stopped, frozen and started again. */
import { expect } from 'chai';
import { InvalidOptionError, StoreError } from 'botbuilder-handover-vcclive';
import type { Clock, StoredRecord } from 'botbuilder-handover-vcclive';
import type { RedisClientLike } from 'botbuilder-handover-vcclive/redis';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { createClient, createClientPool } from 'redis';
import { partitionOf } from '../../src/store/partition-of.js';
import { manyProcesses } from './many-processes.js';
import { finish, take, ticketOf } from './tickets.js';
import { RedisServer, describeWithRedis } from './redis-server.js';
import type { Lifetimes } from './thread-store-contract.js';
import { epochOf, faultOf, recordWith, rejection, threadStoreContract } from './thread-store-contract.js';
import { loggerInto } from '../kit/loggers.js';

const THREAD = { pageId: '1776', psid: '4001' };
/** What the keys of {@link THREAD} begin with. */
const tagOf = (prefix: string, id = '1776/4001'): string => `{${prefix}/${partitionOf(id, 64)}}`;

describeWithRedis('RedisThreadStore', function () {
  let server: RedisServer;
  const open: RedisThreadStore[] = [];
  let prefixes = 0;

  before(async () => {
    server = await RedisServer.start();
  });

  after(() => server.stop());

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  const storeOf = (prefix: string, options: object = {}): RedisThreadStore => {
    const store = new RedisThreadStore(server.url, { prefix, ...options });
    open.push(store);
    return store;
  };

  const backing = (clock: Clock, lifetimes: Lifetimes) => {
    prefixes += 1;
    const another = () => storeOf(`contract-${prefixes}`, { ...lifetimes, clock });
    return { store: another(), another };
  };
  threadStoreContract('RedisThreadStore', backing, { isShared: true });

  manyProcesses('RedisThreadStore', () => ({ kind: 'redis', url: server.url }), { firstWrites: true });

  describe('in processes whose clocks differ', () => {
    it('ends leases and lifetimes by the clock of Redis alone', async () => {
      const store = storeOf('clocks', { recordTtlMs: 60_000 });
      await store.update(THREAD, () => ({ record: recordWith(1), value: undefined }));
      expect(await take(store, ticketOf('e', 'a', THREAD), 60_000)).to.equal('entered');
      const { now } = Date;
      try {
        // This process is an hour ahead from here on.
        Date.now = () => now() + 3_600_000;
        const ahead = storeOf('clocks');
        expect(await take(ahead, ticketOf('e', 'b', THREAD), 60_000)).to.equal('busy');
        expect(epochOf(await ahead.read(THREAD))).to.equal(1);
        expect(await ahead.isNext(ticketOf('another', 'b', THREAD))).to.equal('waiting');
      } finally {
        Date.now = now;
      }
    });

    it('gives a deadline once, whatever the takers think the time is', async () => {
      const store = storeOf('due');
      await store.schedule({ thread: THREAD, name: 'idle', atMs: 1000 });
      expect(await store.takeDue(999, 10, 60_000)).to.have.length(0);
      expect(await store.takeDue(1000, 10, 60_000)).to.have.length(1);
      expect(await storeOf('due').takeDue(Number.MAX_SAFE_INTEGER, 10, 60_000)).to.have.length(0);
    });
  });

  describe('with something in its keys that it did not write', () => {
    const said: string[] = [];
    const open = {
      appId: '263',
      log: loggerInto(said, 'error'),
      faultOf,
    };
    const id = `${THREAD.pageId}/${THREAD.psid}`;
    const connected = () => createClient({ url: server.url }).connect();
    const redis = async <T>(ask: (client: Awaited<ReturnType<typeof connected>>) => Promise<T>): Promise<T> => {
      const client = await connected();
      try {
        return await ask(client);
      } finally {
        await client.close();
      }
    };
    beforeEach(() => {
      said.length = 0;
    });

    const FAR_MS = 99_999_999_999_999;
    const ruins: Record<string, (key: string) => Promise<unknown>> = {
      'a record that is cut off': (key) =>
        redis(async (client) => client.set(key, ((await client.get(key)) ?? '').slice(0, -9))),
      'a text without a header': (key) => redis((client) => client.set(key, '{"epoch":1}')),
      'a text with a version of a question mark': (key) => redis((client) => client.set(key, `? ${FAR_MS} - k {}`)),
      'a text with a version of other bytes': (key) =>
        redis((client) => client.set(key, Buffer.from(`\u00ff ${FAR_MS} - k {}`, 'latin1'))),
      'a text with an unusual space': (key) => redis((client) => client.set(key, `v ${FAR_MS} a\u00a0b k {}`)),
      'an empty text': (key) => redis((client) => client.set(key, '')),
      'bytes that are no text': (key) => redis((client) => client.set(key, Buffer.from([255, 254, 0, 32, 49]))),
      'a list': (key) => redis((client) => client.del(key).then(() => client.lPush(key, 'x'))),
    };
    for (const [what, ruin] of Object.entries(ruins)) {
      it(`puts ${what} aside as it is, and begins anew, with a ticket or without one`, async () => {
        for (const way of ['update', 'enter']) {
          said.length = 0;
          const prefix = `ruined-${way}-${what.replace(/\W/g, '')}`;
          await storeOf(prefix)
            .forBot(open)
            .update(THREAD, () => ({ record: recordWith(7), value: undefined }));
          const key = `${tagOf(`${prefix}:263`)}:thread:${id}`;
          await ruin(key);
          const left = await redis((client) => client.dump(key));
          const store = storeOf(prefix).forBot(open);
          expect(await store.read(THREAD)).to.equal(undefined);
          const grown = (current: StoredRecord | undefined) => ({ record: recordWith(1), value: current });
          if (way === 'update') expect(await store.update(THREAD, grown)).to.equal(undefined);
          else {
            const entered = await store.enter(ticketOf('e', 'a', THREAD), 1000, grown);
            expect(entered).to.include({ status: 'entered', value: undefined });
          }
          const [aside] = await store.listSetAside(5);
          expect(aside?.thread).to.deep.equal(THREAD);
          expect(await redis((client) => client.dump(aside?.where ?? ''))).to.equal(left);
          expect(await redis((client) => client.pTTL(aside?.where ?? ''))).to.be.above(0);
          expect(said).to.have.lengthOf(1);
        }
      });
    }

    it('takes a claim and a ticket that nobody can read for none', async () => {
      const store = storeOf('claims').forBot(open);
      const ticket = ticketOf('e', 'a', THREAD);
      for (const ruined of ['x', 'l soon a', '']) {
        await redis((client) => client.set(`${tagOf('claims:263')}:claim:e`, ruined));
        for (const event of ['before', 'e']) {
          await redis((client) => client.hSet(`${tagOf('claims:263')}:queue:${id}`, event, ruined));
        }
        const entered = await store.enter(ticket, 1000, () => ({ record: undefined, value: undefined }));
        expect(entered).to.include({ status: 'entered', mustWait: false });
        await store.leave(ticket, 'released');
      }
    });

    it('drops a deadline and an open handover that nobody can read, and gives the others', async () => {
      const store = storeOf('members').forBot(open);
      await store.schedule({ thread: THREAD, name: 'idle', atMs: 1000 });
      for (const member of ['x', '%/1 idle', '1/2 %zz', '1/2/3 idle']) {
        await redis((client) => client.zAdd(`${tagOf('members:263')}:due`, { score: 1, value: member }));
      }
      await redis((client) => client.hSet(`${tagOf('members:263')}:due:hidden`, 'x', 'soon'));
      await redis((client) => client.hSet(`${tagOf('members:263')}:open`, 'h', '%'));
      expect(await store.takeDue(1000, 10, 1)).to.deep.equal([{ thread: THREAD, name: 'idle', atMs: 1000 }]);
      expect(await store.listOpen(10)).to.deep.equal([]);
      expect(await redis((client) => client.zRange(`${tagOf('members:263')}:due`, 0, -1))).to.deep.equal([
        `${id} idle`,
      ]);
      expect(said).to.have.lengthOf(4);
    });

    it('gives the deadlines that it has taken, also if it cannot drop one that nobody can read', async () => {
      await redis((client) => client.sendCommand(['ACL', 'SETUSER', 'bound', 'on', 'nopass', '~*', '+@all', '-zrem']));
      const store = new RedisThreadStore(server.url.replace('://', '://bound:any@'), { prefix: 'bound' });
      await store.schedule({ thread: THREAD, name: 'idle', atMs: 1000 });
      await redis((client) => client.zAdd(`${tagOf('bound')}:due`, { score: 1, value: 'x' }));
      const taken = await store.takeDue(1000, 10, 60_000).finally(() => store.close());
      expect(taken).to.deep.equal([{ thread: THREAD, name: 'idle', atMs: 1000 }]);
    });
  });

  describe('when Redis is away', () => {
    let away: RedisServer;

    beforeEach(async () => {
      away = await RedisServer.start();
    });

    afterEach(() => away.stop());

    it('rejects every method at once, and works again when Redis is back, which has forgotten the scripts', async () => {
      const store = new RedisThreadStore(away.url, { commandTimeoutMs: 20_000 });
      open.push(store);
      await store.update(THREAD, () => ({ record: recordWith(1), value: undefined }));
      await away.kill();
      await until(async () => (await code(store.read(THREAD))) === 'storeUnavailable');
      const startedAtMs = performance.now();
      const methods: Promise<unknown>[] = [
        store.read(THREAD),
        store.update(THREAD, () => ({ record: recordWith(2), value: undefined })),
        take(store, ticketOf('e', 'a')),
        store.renew(ticketOf('e', 'a'), 1000),
        store.leave(ticketOf('e', 'a'), 'finished'),
        store.leave(ticketOf('e', 'a'), 'released'),
        store.isNext(ticketOf('e', 'a')),
        store.readFor(ticketOf('e', 'a')),
        store.schedule({ thread: THREAD, name: 'n', atMs: 1 }),
        store.unschedule(THREAD, 'n'),
        store.takeDue(1, 1, 1),
        store.findHandover('id'),
        store.listOpen(1),
        store.forget(THREAD),
      ];
      const codes = await Promise.all(methods.map(code));
      expect(new Set(codes)).to.deep.equal(new Set(['storeUnavailable']));
      expect(performance.now() - startedAtMs, 'not one waited for Redis').to.be.below(10_000);

      await away.restart();
      await until(async () => (await code(store.read(THREAD))) === undefined);
      expect(await store.read(THREAD), 'this Redis keeps nothing').to.equal(undefined);
      expect(await store.update(THREAD, (current) => ({ record: recordWith(3), value: current }))).to.equal(undefined);
      expect(epochOf(await store.read(THREAD))).to.equal(3);
    });

    it('rejects after its time limit where Redis takes commands and answers none, and makes another connection', async () => {
      const store = new RedisThreadStore(away.url, { commandTimeoutMs: 200 });
      open.push(store);
      await take(store, ticketOf('e1', 'a'));
      away.freeze();
      expect(await code(take(store, ticketOf('e2', 'a')))).to.equal('storeUnavailable');
      expect(await code(take(store, ticketOf('e2', 'a')))).to.equal('storeUnavailable');
      away.thaw();
      await until(async () => (await code(take(store, ticketOf('e3', 'a')))) === undefined);
    });

    it('is waited for at the start, for as long as one command may take', async () => {
      await away.kill();
      const store = new RedisThreadStore(away.url, { commandTimeoutMs: 5000 });
      open.push(store);
      const claim = take(store, ticketOf('e1', 'a'));
      await away.restart();
      expect(await claim).to.equal('entered');
    });
  });

  describe('with a client of the application', () => {
    it('uses it, and leaves it open', async () => {
      const client = createClient({ url: server.url });
      await client.connect();
      const store = new RedisThreadStore(client, { prefix: 'given' });
      await store.update(THREAD, () => ({ record: recordWith(1), value: undefined }));
      await store.close();
      expect(client.isReady).to.equal(true);
      expect((await client.keys('{given/*')).length).to.equal(1);
      await client.close();
    });

    it('takes a pool as well', async () => {
      const pool = createClientPool({ url: server.url });
      await pool.connect();
      const store = new RedisThreadStore(pool, { prefix: 'pool' });
      await store.update(THREAD, () => ({ record: recordWith(1), value: undefined }));
      expect(epochOf(await store.read(THREAD))).to.equal(1);
      await pool.close();
    });

    it('says that it is not connected, instead of waiting', async () => {
      const store = new RedisThreadStore(createClient({ url: server.url }));
      const error = (await rejection(store.read(THREAD))) as StoreError;
      expect(error.code).to.equal('storeUnavailable');
      expect((error.cause as Error).message).to.include('connect()');
    });
  });

  describe('refuses wrong options', () => {
    it('naming what is no client and no address, and never showing an address', () => {
      for (const redis of [undefined, {}, 6379, 'localhost:6379', 'http://:secret@host']) {
        expect(() => new RedisThreadStore(redis as string))
          .to.throw(InvalidOptionError)
          .with.property('option', 'redis');
      }
      expect(() => new RedisThreadStore('http://:secret@host')).to.throw(/^((?!secret).)*$/);
    });

    it('naming the option', () => {
      const wrong = {
        prefix: 'a{b}',
        recordTtlMs: 0,
        claimRetentionMs: -1,
        commandTimeoutMs: 0.5,
        maxTries: 0,
        partitions: 0,
      };
      for (const [option, value] of Object.entries(wrong)) {
        expect(() => storeOf('wrong', { [option]: value }))
          .to.throw(InvalidOptionError)
          .with.property('option', option);
      }
    });
  });

  it('keeps the keys of a thread in one slot, and those of threads in many', async () => {
    const store = storeOf('slots');
    for (let psid = 0; psid < 200; psid += 1) {
      const ticket = ticketOf(`e${psid}`, 'a', { pageId: '1776', psid: String(psid) });
      await store.enter(ticket, 60_000, () => ({ record: recordWith(1), value: undefined }));
    }
    const client = await createClient({ url: server.url }).connect();
    const tags = (await client.keys('{slots/*')).map((key) => key.slice(0, key.indexOf('}') + 1));
    expect(tags).to.have.length(400);
    expect(new Set(tags).size).to.be.within(50, 64);
    await client.close();
  });

  it('keeps all keys of a thread in the partition of the thread, and all with an end but those of deadlines', async () => {
    const store = storeOf('keys');
    await store.enter(ticketOf('e1', 'a', THREAD), 60_000, () => ({ record: recordWith(1), value: undefined }));
    await finish(store, ticketOf('e0', 'a', THREAD));
    await store.schedule({ thread: THREAD, name: 'idle', atMs: 1 });
    const client = createClient({ url: server.url });
    await client.connect();
    const keys = (await client.keys('*keys*')).sort();
    const tag = tagOf('keys');
    expect(keys.filter((key) => !key.startsWith(`${tag}:`))).to.deep.equal([]);
    const endless = await Promise.all(keys.map(async (key) => ((await client.pTTL(key)) === -1 ? [key] : [])));
    expect(endless.flat()).to.deep.equal([`${tag}:due`]);
    await client.close();
  });

  it('enters a handover in the index, and removes it, with the command that writes the record', async () => {
    const client = await createClient({ url: server.url }).connect();
    let commands = 0;
    const counted: RedisClientLike = {
      evalSha: (sha1, input) => ((commands += 1), client.evalSha(sha1, input)),
      eval: (source, input) => client.eval(source, input),
    };
    const store = new RedisThreadStore(counted, { prefix: 'index' });
    const index = (): Promise<Record<string, string>> => client.hGetAll(`${tagOf('index')}:open`);
    const write = (openHandoverId?: string): Promise<void> =>
      store.update(THREAD, () => ({ record: recordWith(1, openHandoverId), value: undefined }));
    await write('first');
    expect(await index()).to.deep.equal({ first: '1776/4001' });
    await write('second');
    expect(await index()).to.deep.equal({ second: '1776/4001' });
    await write();
    expect(await index()).to.deep.equal({});
    expect(commands).to.equal(3);
    await client.close();
  });

  it('forgets what the index says of a thread, also if Redis has lost the record', async () => {
    const client = await createClient({ url: server.url }).connect();
    const store = storeOf('lost');
    await store.update(THREAD, () => ({ record: recordWith(1, 'h'), value: undefined }));
    await client.del(`${tagOf('lost')}:thread:1776/4001`);
    await store.forget(THREAD);
    expect(await client.keys('{lost/*')).to.deep.equal([]);
    await client.close();
  });

  it('takes the oldest deadlines of all partitions first, and no partition waits for another one', async () => {
    const store = storeOf('fair');
    const busy = { pageId: '1776', psid: '1' };
    for (let n = 0; n < 50; n += 1) await store.schedule({ thread: busy, name: `busy ${n}`, atMs: 2000 + n });
    for (let n = 0; n < 10; n += 1) {
      await store.schedule({ thread: { pageId: '1776', psid: `${10 + n}` }, name: 'quiet', atMs: 2005 });
    }
    const names = (await store.takeDue(5000, 20, 60_000)).map(({ name }) => name);
    expect(names.filter((name) => name === 'quiet')).to.have.length(10);
    expect(names.slice(0, 5)).to.deep.equal(['busy 0', 'busy 1', 'busy 2', 'busy 3', 'busy 4']);
    expect(await store.takeDue(5000, 5, 60_000), 'behind those that are taken').to.have.length(5);
    expect(await store.takeDue(5000, 100, 60_000)).to.have.length(35);
    expect(await store.takeDue(5000, 100, 60_000)).to.deep.equal([]);
  });
});

/** The code that a promise rejects with. */
async function code(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
  );
}

/** Resolves when it holds; asked every few milliseconds, for ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come true: ${holds.toString()}`);
}
