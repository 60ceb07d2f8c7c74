/** A Redis that fails over while its connections stay, that loads, or whose password changes: no process is restarted for it. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect } from 'chai';
import { StoreError } from 'botbuilder-handover-vcclive';

import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { createClient, createClientPool } from 'redis';
import { ReplacementPace } from '../../src/store/redis/replacement-pace.js';
import { RedisServer, describeWithRedis } from './redis-server.js';
import { TcpRelay } from './tcp-relay.js';
import { epochOf, recordWith } from './thread-store-contract.js';
import { listenLocally } from '../kit/listening.js';

const THREAD = { pageId: '1776', psid: '4001' };

/** What a failover closes nothing of, in each of the ways in which a store gets its connection. */
const WAYS: Record<string, (url: string) => Promise<{ store: RedisThreadStore; leave: () => void }>> = {
  'a connection of its own': (url) => {
    const store = new RedisThreadStore(url);
    return Promise.resolve({ store, leave: () => undefined });
  },
  "the application's client": async (url) => {
    const client = createClient({ url });
    await client.connect();
    return { store: new RedisThreadStore(client), leave: () => client.destroy() };
  },
  "the application's pool": async (url) => {
    const pool = createClientPool({ url }, { minimum: 3 });
    pool.on('error', () => undefined);
    await pool.connect();
    return { store: new RedisThreadStore(pool), leave: () => pool.destroy() };
  },
};

describeWithRedis('Redis that fails over', () => {
  let old: RedisServer;
  let next: RedisServer;
  let relay: TcpRelay;
  const leaving: (() => unknown)[] = [];

  beforeEach(async () => {
    [old, next] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    relay = await TcpRelay.to(old.url);
  });

  afterEach(async () => {
    for (const leave of leaving.splice(0)) await leave();
    await relay.close();
    await Promise.all([old.stop(), next.stop()]);
  });

  /** The old primary follows the new one; whoever is connected to it stays connected. */
  const failOver = async (): Promise<void> => {
    await command(old.url, ['REPLICAOF', '127.0.0.1', new URL(next.url).port]);
    relay.pointTo(next.url);
  };

  for (const [way, open] of Object.entries(WAYS)) {
    it(`is found again over ${way}, though that stays connected to the old primary`, async () => {
      const { store, leave } = await open(relay.url);
      leaving.push(leave, () => store.close());
      await write(store, 1);
      await failOver();
      const refused = await rejectionOf(write(store, 2));
      expect(refused).to.be.instanceOf(StoreError);
      expect(refused?.message).to.include("READONLY You can't write against a read only replica");
      await until(async () => (await rejectionOf(write(store, 3))) === undefined);
      const seen = new RedisThreadStore(next.url);
      leaving.push(() => seen.close());
      expect(epochOf(await seen.read(THREAD)), 'written to the new primary').to.equal(3);
    });
  }

  for (const [way, open] of Object.entries(WAYS)) {
    it(`is found again over ${way}, which was cut and whose new connection nobody answers`, async () => {
      const { store, leave } = await open(relay.url);
      leaving.push(leave, () => store.close());
      await write(store, 1);
      relay.goDeaf();
      const before = relay.accepted;
      await until(async () => (await rejectionOf(write(store, 2))) !== undefined && relay.accepted > before);
      relay.mend();
      await until(async () => (await rejectionOf(write(store, 3))) === undefined);
    });
  }

  it('is found if nobody answers the first connection', async () => {
    relay.goDeaf();
    const store = new RedisThreadStore(relay.url);
    leaving.push(() => store.close());
    expect(await rejectionOf(write(store, 1))).to.be.instanceOf(StoreError);
    relay.mend();
    await until(async () => (await rejectionOf(write(store, 2))) === undefined);
  });

  it('is found again by the inbox', async () => {
    const inbox = new RedisInbox(relay.url);
    leaving.push(() => inbox.close());
    await inbox.put('{}', 'thread');
    await failOver();
    expect((await rejectionOf(inbox.put('{}', 'thread')))?.message).to.include('READONLY');
    await until(async () => (await rejectionOf(inbox.put('{}', 'thread'))) === undefined);
  });

  it("is left to the application where that is the application's client: it stays as it is", async () => {
    const client = createClient({ url: relay.url });
    await client.connect();
    const store = new RedisThreadStore(client);
    await write(store, 1);
    await failOver();
    await until(async () => (await rejectionOf(write(store, 2))) === undefined);
    await store.close();
    expect(client.isReady).to.equal(true);
    client.destroy();
  });

  it('is asked for a connection now and then while nobody has taken over, not for each command', async () => {
    const store = new RedisThreadStore(relay.url);
    leaving.push(() => store.close());
    await write(store, 1);
    // The name still leads to the old primary.
    await command(old.url, ['REPLICAOF', '127.0.0.1', new URL(next.url).port]);
    const before = relay.accepted;
    const startedAtMs = performance.now();
    let refused = 0;
    while (performance.now() - startedAtMs < 1500) {
      await Promise.all(Array.from({ length: 20 }, () => rejectionOf(write(store, 2))));
      refused += 20;
    }
    // After 0, 100, 300, 700 and 1500 milliseconds.
    expect(relay.accepted - before, `${refused} commands were refused`).to.be.within(1, 5);
  });

  it('is told by NOAUTH where its password was set, and is used again when it has been taken away', async () => {
    const store = new RedisThreadStore(relay.url);
    leaving.push(() => store.close());
    await write(store, 1);
    const operator = await createClient({ url: old.url }).connect();
    leaving.push(() => operator.destroy());
    await operator.sendCommand(['CONFIG', 'SET', 'requirepass', 'hunter22']);
    await operator.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await until(async () => (await rejectionOf(write(store, 2)))?.message.includes('NOAUTH') === true);
    await operator.sendCommand(['CONFIG', 'SET', 'requirepass', '']);
    await until(async () => (await rejectionOf(write(store, 3))) === undefined);
  });

  it('is used as soon as it knows the password of the address, and its words are told until then', async () => {
    await command(old.url, ['CONFIG', 'SET', 'requirepass', 'another']);
    const store = new RedisThreadStore(relay.url.replace('://', '://:hunter22@'));
    leaving.push(() => store.close());
    const refused = await rejectionOf(write(store, 1));
    expect(refused?.message).to.include('WRONGPASS').and.not.include('hunter22');
    const operator = await createClient({ url: old.url, password: 'another' }).connect();
    await operator.sendCommand(['CONFIG', 'SET', 'requirepass', 'hunter22']);
    operator.destroy();
    await until(async () => (await rejectionOf(write(store, 1))) === undefined);
  });
});

describe('A server in the place of Redis', () => {
  const refusals = [
    'LOADING Redis is loading the dataset in memory',
    'MASTERDOWN Link with MASTER is down',
    'CLUSTERDOWN The cluster is down',
  ];
  for (const refusal of refusals) {
    it(`that answers ${refusal.split(' ')[0]} is left for another connection, and its words are told`, async () => {
      const fake = await FakeRedis.refusing(refusal);
      const store = new RedisThreadStore(fake.url);
      const refused = await rejectionOf(write(store, 1));
      expect(refused?.message).to.include(refusal);
      fake.refusal = undefined;
      await until(async () => (await rejectionOf(store.read(THREAD))) === undefined);
      expect(fake.accepted).to.be.within(2, 6);
      await store.close();
      await fake.close();
    });
  }

  it('that refuses one command for what it is keeps its connection', async () => {
    const fake = await FakeRedis.refusing("OOM command not allowed when used memory > 'maxmemory'.");
    const store = new RedisThreadStore(fake.url);
    for (let tries = 0; tries < 3; tries += 1) {
      expect((await rejectionOf(write(store, 1)))?.message).to.include(
        "OOM command not allowed when used memory > 'maxmemory'.",
      );
    }
    expect(fake.accepted).to.equal(1);
    await store.close();
    await fake.close();
  });
});

describe('The pace at which connections are replaced', () => {
  it('is once at once, then ever slower down to one in five seconds, and begins anew after a quiet minute', () => {
    const pace = new ReplacementPace();
    const replaced: number[] = [];
    for (let nowMs = 0; nowMs <= 30_000; nowMs += 50) if (pace.isTime(nowMs)) replaced.push(nowMs);
    expect(replaced).to.deep.equal([0, 100, 300, 700, 1500, 3100, 6300, 11_300, 16_300, 21_300, 26_300]);
    expect([pace.isTime(86_300), pace.isTime(86_350), pace.isTime(86_400)]).to.deep.equal([true, false, true]);
  });
});

/** Speaks as much RESP as a client needs to connect, and answers scripts with a refusal, or with nothing. */
class FakeRedis {
  refusal: string | undefined;
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(refusal: string) {
    this.refusal = refusal;
    this.#server = createServer((socket) => {
      this.accepted += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        for (const name of commandsIn(data.toString())) socket.write(this.#answerTo(name));
      });
    });
  }

  static async refusing(refusal: string): Promise<FakeRedis> {
    const fake = new FakeRedis(refusal);
    await listenLocally(fake.#server);
    return fake;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answerTo(name: string): string {
    if (name === 'HELLO') return '%1\r\n$5\r\nproto\r\n:3\r\n';
    if (!/^(EVAL|EVALSHA)$/.test(name)) return '+OK\r\n';
    return this.refusal === undefined ? '$-1\r\n' : `-${this.refusal}\r\n`;
  }
}

/** The names of the commands in a request: the first text of each list. */
function commandsIn(request: string): string[] {
  return [...request.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)].map(([, name = '']) => name.toUpperCase());
}

function write(store: RedisThreadStore, epoch: number): Promise<undefined> {
  return store.update(THREAD, () => ({ record: recordWith(epoch), value: undefined }));
}

async function command(url: string, words: string[]): Promise<void> {
  const client = await createClient({ url }).connect();
  await client.sendCommand(words);
  client.destroy();
}

function rejectionOf(promise: Promise<unknown>): Promise<Error | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
}

/** Resolves when it holds; asked every few milliseconds, for twenty seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`It did not come true: ${holds.toString()}`);
}
