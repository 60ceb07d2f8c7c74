/** Bad days over real sockets: Redis gone and back, an SQLite file locked and damaged, connections that hang, limits, a token that dies in the middle. */
import { expect } from 'chai';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:net';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { PSID, breath, closeScenes, scene, until } from '../integration/scene.js';
import type { Scene } from '../integration/scene.js';
import { sqliteDriver } from '../../src/store/sqlite/sqlite-driver.js';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { listenLocally, originOf } from '../kit/listening.js';
import { SqliteFolder, describeWithSqlite } from '../store/sqlite-files.js';

const FIRST_REDELIVERY_MS = 10_000;
const LEASE_AND_MORE_MS = 60_000;

describeWithRedis('Redis', () => {
  let redis: RedisServer;
  let store: RedisThreadStore;

  beforeEach(async () => {
    redis = await RedisServer.start();
    store = new RedisThreadStore(redis.url, { commandTimeoutMs: 300 });
  });
  afterEach(async () => {
    await closeScenes();
    await store.close();
    await redis.stop();
  });

  it('that is stopped lets nothing run and loses nothing; started again, what Meta delivers again is answered once', async () => {
    const stage = await scene({ store: () => store });
    await stage.customer.says('before');
    expect(stage.customer.hears()).to.deep.equal(['bot: before']);
    await redis.kill();
    await stage.customer.says('meanwhile');
    expect(stage.bot.heard).to.deep.equal(['before']);
    expect(lastStatus(stage)).to.equal(503);
    await redis.restart();
    await until(() => isReady(store));
    await stage.clock.advance(FIRST_REDELIVERY_MS);
    expect(stage.customer.hears()).to.deep.equal(['bot: before', 'bot: meanwhile']);
    expect(lastStatus(stage)).to.equal(200);
  });

  it('that takes connections and answers nothing is told from one that works', async () => {
    const stage = await scene({ store: () => store });
    await stage.customer.says('before');
    redis.freeze();
    await stage.customer.says('meanwhile');
    expect(lastStatus(stage)).to.equal(503);
    redis.thaw();
    await until(() => isReady(store));
    // What it had taken when it froze it does now: an event that nobody works on is claimed until its lease ends.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await stage.clock.rush(stage.clock.advance(FIRST_REDELIVERY_MS));
    await stage.clock.rush(stage.clock.advance(LEASE_AND_MORE_MS));
    expect(stage.customer.hears()).to.deep.equal(['bot: before', 'bot: meanwhile']);
  }).timeout(60_000);
});

describeWithSqlite('An SQLite file', (driver) => {
  const folder = new SqliteFolder();
  let path: string;
  let store: SqliteThreadStore;

  beforeEach(() => {
    path = folder.newFile();
    store = new SqliteThreadStore(path, { driver, busyTimeoutMs: 50 });
  });
  afterEach(async () => {
    await closeScenes();
    await store.close();
  });

  it('that another program has locked lets nothing run; unlocked, what Meta delivers again is answered once', async () => {
    const stage = await scene({ store: () => store });
    await stage.customer.says('before');
    const other = sqliteDriver(driver)(path);
    other.exec('BEGIN IMMEDIATE');
    await stage.customer.says('meanwhile');
    expect(lastStatus(stage)).to.equal(503);
    expect(stage.bot.heard).to.deep.equal(['before']);
    other.exec('COMMIT');
    other.close();
    await stage.clock.advance(FIRST_REDELIVERY_MS);
    expect(stage.customer.hears()).to.deep.equal(['bot: before', 'bot: meanwhile']);
    expect(lastStatus(stage)).to.equal(200);
  });

  it('that is no database is not served before somebody moves it away, and then without a restart', async () => {
    writeFileSync(path, 'These are notes, and no database. '.repeat(200));
    const stage = await scene({ store: () => store });
    await stage.customer.says('meanwhile');
    expect(lastStatus(stage)).to.equal(503);
    expect(stage.bot.heard).to.deep.equal([]);
    renameSync(path, `${path}.notes`);
    await stage.clock.advance(FIRST_REDELIVERY_MS);
    expect(stage.customer.hears()).to.deep.equal(['bot: meanwhile']);
  });

  it('that cannot be had for the inbox either lets Meta deliver again', async () => {
    const inbox = new SqliteInbox(`${path}-folder/inbox.db`, { driver });
    const stage = await scene({ store: () => store, handover: { inbox } });
    await stage.customer.says('meanwhile');
    expect(lastStatus(stage)).to.equal(503);
    expect(stage.bot.heard).to.deep.equal([]);
    await inbox.close();
  });
});

describe('Graph', () => {
  afterEach(closeScenes);

  it('that takes a message and never answers costs one turn its time limit; nothing is said twice', async () => {
    const hole = await Hole.open();
    try {
      const stage = await scene({ handover: { graph: { baseUrl: hole.url, timeoutMs: 5000, maxRetries: 0 } } });
      hole.leadsTo(new URL(stage.sim.graphBaseUrl));
      await stage.customer.says('one');
      expect(stage.customer.hears()).to.deep.equal(['bot: one']);
      hole.swallows = true;
      await stage.clock.rush(stage.customer.says('two'));
      expect(stage.bot.errors.map((error) => (error as { code?: string }).code)).to.deep.equal(['timedOut']);
      hole.swallows = false;
      await stage.customer.says('three');
      expect(stage.customer.hears()).to.deep.equal(['bot: one', 'bot: three']);
    } finally {
      await hole.close();
    }
  });

  it('whose connections are half open is reached by new ones', async () => {
    const hole = await Hole.open();
    try {
      const stage = await scene({ handover: { graph: { baseUrl: hole.url, timeoutMs: 5000, maxRetries: 0 } } });
      hole.leadsTo(new URL(stage.sim.graphBaseUrl));
      await stage.customer.says('one');
      hole.forget();
      await stage.clock.rush(stage.customer.says('two'));
      await stage.customer.says('three');
      expect(stage.customer.hears().at(-1)).to.equal('bot: three');
    } finally {
      await hole.close();
    }
  });

  it('that is slow with a message has it said once, whatever the bot was told', async () => {
    const stage = await scene({ handover: { graph: { timeoutMs: 2000, maxRetries: 2 } } });
    stage.sim.weather.slow.once({ edges: ['messages'], ms: 20_000, when: 'before' });
    await stage.clock.rush(stage.customer.says('hello'));
    expect(stage.bot.errors).to.have.length(1);
    await stage.clock.advance(30_000);
    await breath(20);
    expect(stage.customer.hears()).to.deep.equal(['bot: hello']);
  });

  for (const code of [4, 613, 80006] as const) {
    it(`under limit ${code} is left alone for as long as it asks, and called again after that`, async () => {
      const stage = await scene();
      stage.sim.weather.rateLimited.once({ code, minutes: 2, edges: ['messages'] });
      await stage.customer.says('one');
      const calls = (): number => stage.sim.wire.of('graph').length;
      const called = calls();
      await stage.customer.says('two');
      await stage.customer.says('three');
      expect(calls(), 'calls while the Page is left alone').to.equal(called);
      expect(stage.bot.errors.map((error) => (error as { code?: string }).code)).to.deep.equal([
        'rateLimited',
        'rateLimited',
        'rateLimited',
      ]);
      await stage.clock.advance(code === 4 ? 61_000 : 121_000);
      await stage.customer.says('four');
      expect(stage.customer.hears()).to.deep.equal(['bot: four']);
    });
  }

  it('whose token dies between notice and pass fails the handover, tells it once, and works again with the token', async () => {
    const stage = await scene();
    stage.sim.weather.deadToken.always({ edges: ['pass_thread_control'] });
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('bot');
    expect(stage.news('failed').map(({ error }) => (error as { code?: string }).code)).to.deep.equal(['invalidToken']);
    expect(stage.calls('pass_thread_control'), 'not tried again').to.have.length(1);
    expect(stage.customer.hears()).to.have.length(2);
    stage.calm();
    await stage.clock.advance(2000);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
    expect((await stage.record())?.open?.phase).to.equal('passed');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });
});

/** Between a bot and Graph: a wire that can be cut without a word. */
class Hole {
  swallows = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #silent = new WeakSet<Socket>();
  #target: URL | undefined;

  private constructor() {
    this.#server = createServer((near) => this.#serve(near));
  }

  static async open(): Promise<Hole> {
    const hole = new Hole();
    await listenLocally(hole.#server);
    return hole;
  }

  get url(): string {
    return originOf(this.#server);
  }

  leadsTo(target: URL): void {
    this.#target = target;
  }

  /** The connections of now stay open, and nothing passes them any more. */
  forget(): void {
    for (const socket of this.#sockets) this.#silent.add(socket);
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(near: Socket): void {
    const far = connect(Number(this.#target?.port), '127.0.0.1');
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    const carry = (from: Socket, to: Socket): void => {
      from.on('data', (bytes: Buffer) => {
        if (!this.swallows && !this.#silent.has(from)) to.write(bytes);
      });
      from.on('close', () => to.destroy());
    };
    carry(near, far);
    carry(far, near);
  }
}

function lastStatus(stage: Scene): number | undefined {
  const toBot = stage.sim.wire.of('webhook').filter((entry) => entry.appName === 'bot' && entry.status !== undefined);
  return toBot.at(-1)?.status;
}

/** Whether the store answers. A read of nobody's record tells. */
function isReady(store: RedisThreadStore): boolean {
  void store.read({ pageId: '0', psid: '0' }).then(
    () => ready.add(store),
    () => undefined,
  );
  return ready.has(store);
}
const ready = new WeakSet<RedisThreadStore>();
