/**
 * VCC Live repeats a report until it gets the answer 200: what was kept changes nothing, what was not kept is answered 503.
 * On every store, and over two processes that share it.
 */
import { createServer, type Server } from 'node:http';
import { MemoryStorage, type Storage, type StoreItems } from 'botbuilder';
import type { Clock, ThreadStore } from 'botbuilder-handover-vcclive';
import { BotStorageThreadStore, MemoryThreadStore } from 'botbuilder-handover-vcclive';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { expect } from 'chai';
import { describeWithRedis, RedisServer } from '../store/redis-server.js';
import type { Bot, Scene } from './scene.js';
import { PSID, breath, closeScenes, dialogBot, scene, until } from './scene.js';
import { listenLocally, stopServer } from '../kit/listening.js';

const SECRET = 'a secret';
const SECOND_MS = 1000;
const LOOK_MS = 5000;
const FIRST_REPEAT_MS = 10_000;
const TAKE_BACK_MS = 30_000;

/** A store, and how its server goes down and comes back. */
interface Backing {
  readonly storeOf: (clock: Clock) => ThreadStore;
  readonly goesDown: (stage: Scene) => void;
  readonly comesBack: (stage: Scene) => unknown;
}

/** A Bot Framework storage whose database can be lost. */
class LosableStorage implements Storage {
  isLost = false;
  readonly #storage = new MemoryStorage();

  read = (keys: string[]): Promise<StoreItems> => this.#run(() => this.#storage.read(keys));
  write = (changes: StoreItems): Promise<void> => this.#run(() => this.#storage.write(changes));
  delete = (keys: string[]): Promise<void> => this.#run(() => this.#storage.delete(keys));

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.isLost) throw new TypeError('no database');
    return work();
  }
}

const servers: Server[] = [];

/** A bot's route for VCC Live's webhooks. */
async function routeOf(bot: Bot): Promise<string> {
  const receive = bot.handover.vccLiveWebhook({ secret: SECRET });
  const server = createServer((req, res) => void receive(req, res));
  servers.push(server);
  return `${await listenLocally(server)}/vcc-live`;
}

/** A customer who waits for an agent, two bot processes with one store, and the first one's route at VCC Live. */
async function waiting(store: Backing['storeOf']): Promise<{ readonly stage: Scene; readonly moveRoute: () => void }> {
  const stage = await scene({ bots: 2, store });
  const routes: string[] = [];
  for (const bot of stage.bots) {
    dialogBot(bot, 'everyTurn');
    bot.handover.attach(bot.adapter, bot.run);
    routes.push(await routeOf(bot));
  }
  const [first = '', second = ''] = routes;
  stage.sim.connectVccLive({ url: first, secret: SECRET });
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return { stage, moveRoute: () => stage.sim.connectVccLive({ url: second, secret: SECRET }) };
}

async function lapse(stage: Scene, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += LOOK_MS) {
    await stage.clock.advance(Math.min(LOOK_MS, ms - gone));
    await breath(10);
    await stage.sim.settled();
  }
}

const reportsOf = (stage: Scene): unknown[] =>
  stage.sim.wire.of('vccLive').map(({ attempt, outcome, status }) => [attempt, outcome, status]);
const resultsOf = (stage: Scene): unknown[] =>
  stage.bots.flatMap((bot) => bot.results).map(({ outcome, via, disposition }) => [outcome, via, disposition]);
const HOME_ONCE = [['completed', 'vccLiveWebhook', 'lost']];

function repeats(name: string, backing: () => Backing): void {
  describe(`a report that VCC Live repeats, with ${name}`, function () {
    this.timeout(30_000);
    afterEach(async () => {
      await closeScenes();
      for (const server of servers.splice(0)) {
        await stopServer(server);
      }
    });

    it('was kept, and its answer was lost: the repeated one changes nothing, and the thread comes home once', async () => {
      const { stage } = await waiting(backing().storeOf);
      stage.sim.weather.vccLiveAnswersLost.once();
      await stage.agent.closesChat(PSID, { disposition: 'lost' });
      const kept = (await stage.record())?.open?.report;
      expect(kept).to.include({ disposition: 'lost' });
      await lapse(stage, FIRST_REPEAT_MS);
      expect((await stage.record())?.open?.report).to.deep.equal(kept);
      expect(reportsOf(stage)).to.deep.equal([
        [1, 'answerLost', 200],
        [2, 'answered', 200],
      ]);
      await lapse(stage, TAKE_BACK_MS);
      await until(() => resultsOf(stage).length > 0);
      expect(resultsOf(stage)).to.deep.equal(HOME_ONCE);
      expect(stage.news('vccLiveEvent')).to.have.length(1);
      expect(stage.calls('take_thread_control')).to.have.length(1);
    });

    it('comes to the other process: told once, home once', async () => {
      const { stage, moveRoute } = await waiting(backing().storeOf);
      await stage.agent.closesChat(PSID, { disposition: 'lost' });
      moveRoute();
      expect((await stage.agent.closesChat(PSID, { disposition: 'lost' })).status).to.equal(200);
      await lapse(stage, TAKE_BACK_MS + 2 * LOOK_MS);
      await until(() => resultsOf(stage).length > 0);
      expect(resultsOf(stage)).to.deep.equal(HOME_ONCE);
      expect(stage.news('vccLiveEvent')).to.have.length(1);
    });

    it('comes after the handover has ended: 200, and nothing is done', async () => {
      const { stage } = await waiting(backing().storeOf);
      stage.sim.weather.vccLiveAnswersLost.once();
      await stage.agent.closesChat(PSID, { disposition: 'lost' });
      await stage.agent.handsBack(PSID);
      const before = await stage.record();
      await lapse(stage, FIRST_REPEAT_MS);
      expect(reportsOf(stage).at(-1)).to.deep.equal([2, 'answered', 200]);
      expect((await stage.record())?.conclusions).to.deep.equal(before?.conclusions);
      expect(resultsOf(stage)).to.deep.equal([['completed', 'passBack', 'lost']]);
    });

    it('could not be kept: 503, and the repeated one is kept as if it were the first', async () => {
      const { storeOf, goesDown, comesBack } = backing();
      const { stage } = await waiting(storeOf);
      goesDown(stage);
      expect((await stage.agent.closesChat(PSID, { disposition: 'lost' })).status).to.equal(503);
      await comesBack(stage);
      expect((await stage.record())?.open?.report).to.equal(undefined);
      await lapse(stage, FIRST_REPEAT_MS);
      expect(reportsOf(stage)).to.deep.equal([
        [1, 'answered', 503],
        [2, 'answered', 200],
      ]);
      await lapse(stage, TAKE_BACK_MS + 2 * LOOK_MS);
      await until(() => resultsOf(stage).length > 0);
      expect(resultsOf(stage)).to.deep.equal(HOME_ONCE);
    });
  });
}

repeats('a store in memory', () => ({
  storeOf: (clock) => new MemoryThreadStore({ now: () => clock.now() }),
  goesDown: (stage) => stage.bots.forEach((bot) => (bot.store.lost = true)),
  comesBack: (stage) => stage.bots.forEach((bot) => (bot.store.lost = false)),
}));

repeats('a Bot Framework storage', () => {
  const storage = new LosableStorage();
  return {
    storeOf: (clock) => new BotStorageThreadStore(storage, { clock }),
    goesDown: () => void (storage.isLost = true),
    comesBack: () => void (storage.isLost = false),
  };
});

describeWithRedis('with a Redis of this machine', () => {
  let redis: RedisServer;
  let stores: RedisThreadStore[] = [];
  let prefixes = 0;
  before(async function () {
    this.timeout(20 * SECOND_MS);
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
  });
  after(() => redis.stop());

  repeats('Redis', () => ({
    storeOf: () => {
      const store = new RedisThreadStore(redis.url, { prefix: `repeats-${(prefixes += 1)}` });
      stores.push(store);
      return store;
    },
    // It takes commands, and answers none.
    goesDown: () => redis.freeze(),
    // The store replaces a connection that gave no answer, and that takes a moment.
    comesBack: async (stage) => {
      redis.thaw();
      let answers = false;
      while (!answers) {
        await breath();
        answers = await stage.record().then(
          () => true,
          () => false,
        );
      }
    },
  }));
});
