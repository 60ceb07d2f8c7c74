/** Two bot processes over a Redis Cluster, a master of which is killed while customers write. */
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { RedisCluster } from '../store/redis-cluster.js';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { BotProcess, until } from './bot-processes.js';
import { connection } from './scene.js';

const WITHIN_MS = 300_000;
const MASTERS = 3;
const CUSTOMERS = 24;
const MESSAGES = 5;
/** Between two deliveries of what was not acknowledged. Meta waits longer. */
const REDELIVERED_AFTER_MS = 100;

describeWithRedis('Two bot processes over a Redis Cluster', function () {
  this.timeout(WITHIN_MS);
  let cluster: RedisCluster;
  let state: RedisServer;
  let sim: MessengerSimulator;
  let bots: BotProcess[] = [];
  let urls: string[] = [];

  before(async function () {
    this.timeout(WITHIN_MS);
    [cluster, state] = await Promise.all([RedisCluster.start(), RedisServer.start()]);
    sim = await MessengerSimulator.start();
    const settings = {
      redisUrl: state.url,
      clusterUrls: cluster.urls,
      prefix: 'cluster',
      verifyToken: sim.settings.verifyToken,
      handover: connection(sim),
    };
    bots = [new BotProcess(settings), new BotProcess(settings)];
    urls = await Promise.all(bots.map((bot) => bot.listens()));
    sim.connectBot(urls);
  });

  after(async () => {
    for (const bot of bots) bot.signal('SIGKILL');
    await Promise.all(bots.map((bot) => bot.ended));
    await sim.stop();
    await Promise.all([cluster.stop(), state.stop()]);
  });

  const psidOf = (customer: number): string => `66001122334${5000 + customer}`;
  const textOf = (customer: number, message: number): string =>
    message === MESSAGES && customer % 2 === 0 ? 'agent please' : `${customer}/${message}`;
  let acknowledged = 0;

  /** Delivers as Meta does: the same message again and again until it is acknowledged. */
  async function deliver(customer: number, message: number): Promise<void> {
    const { pageId } = sim.settings;
    const text = textOf(customer, message);
    const item = {
      sender: { id: psidOf(customer) },
      recipient: { id: pageId },
      timestamp: Date.now(),
      message: { mid: `m_${customer}_${message}`, text },
    };
    const body = { object: 'page', entry: [{ id: pageId, time: Date.now(), messaging: [item] }] };
    for (;;) {
      const answer = await sim.deliverRaw(body).catch(() => undefined);
      if (answer?.status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, REDELIVERED_AFTER_MS));
    }
    acknowledged += 1;
  }

  it('lose no message and hand no thread over twice when a master is killed under load', async () => {
    const customers = Array.from({ length: CUSTOMERS }, (_, customer) => customer);
    await Promise.all(customers.map((customer) => sim.customer(psidOf(customer)).says('hi')));
    await sim.settled();
    const writing = customers.map(async (customer) => {
      for (let message = 1; message <= MESSAGES; message += 1) await deliver(customer, message);
    });
    await until(() => acknowledged >= CUSTOMERS);
    await cluster.kill(0);
    const before = acknowledged;
    await Promise.all([cluster.promoted(MASTERS), Promise.all(writing)]);

    // Most were on their way then, so the failover was met, not missed.
    expect(before).to.be.below((CUSTOMERS * MESSAGES) / 2);
    for (const customer of customers) {
      const texts = Array.from({ length: MESSAGES }, (_, index) => textOf(customer, index + 1));
      const wanted = ['bot: hi', ...texts.filter((text) => text !== 'agent please').map((text) => `bot: ${text}`)];
      const heard = (): string[] => sim.customer(psidOf(customer)).hears();
      await until(() => heard().filter((text) => text.startsWith('bot: ')).length >= wanted.length);
      expect(heard().filter((text) => text.startsWith('bot: '))).to.deep.equal(wanted);
    }
    // A request that met the dead master may fail: then its customer reads that, and nothing is passed.
    const asked = customers.filter((customer) => customer % 2 === 0).map(psidOf);
    const isPassed = (psid: string): boolean => sim.ownerOf(psid).owner === sim.settings.vccLiveAppId;
    const isTold = (psid: string): boolean => sim.customer(psid).hears().includes('ended: failed via none');
    await until(() => asked.every((psid) => isPassed(psid) !== isTold(psid)));
    const handedOver = asked.filter(isPassed);
    expect(handedOver.length).to.be.above(0);
    const passes = sim.wire.of('graph').flatMap((call) => {
      if (call.edge !== 'pass_thread_control' || call.appId !== sim.settings.botAppId) return [];
      return [(call.body as { recipient?: { id?: string } }).recipient?.id];
    });
    expect(passes.sort()).to.deep.equal([...handedOver].sort());

    await Promise.all(handedOver.map((psid) => sim.agent().handsBack(psid, 'done')));
    const endings = (psid: string): string[] =>
      sim
        .customer(psid)
        .hears()
        .filter((text) => text.startsWith('ended:'));
    await until(() => handedOver.every((psid) => endings(psid).length > 0));
    for (const psid of handedOver) expect(endings(psid)).to.deep.equal(['ended: completed via passBack']);
  });
});
