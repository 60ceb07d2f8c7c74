/**
 * Bots with an inbox as processes of their own: a delivery that kills every process, and a Redis that is out of reach in the
 * middle of turns. Each customer reads one answer.
 */
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { createClient } from 'redis';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { TcpRelay } from '../store/tcp-relay.js';
import type { BotProcessSettings } from './bot-process.js';
import { BotProcess, until } from './bot-processes.js';
import { connection } from './scene.js';

/** A story ends within this, on a machine that is busy with other things. */
const WITHIN_MS = 600_000;
const OUTAGE_MS = 18_000;
const LEASE_MS = 15_000;
/** Of the inbox, unless a story says otherwise: see `BotProcessSettings.leaseMs`. */
const INBOX_LEASE_MS = 3_000;
const INNOCENT = 20;

describeWithRedis('Processes with an inbox', function () {
  this.timeout(WITHIN_MS);
  let redis: RedisServer;
  let relay: TcpRelay;
  let sim: MessengerSimulator;
  let prefix = '';
  let stories = 0;
  const bots: BotProcess[] = [];

  before(async () => {
    redis = await RedisServer.start();
  });

  after(() => redis.stop());

  beforeEach(async () => {
    stories += 1;
    prefix = `inbox-story-${stories}`;
    relay = await TcpRelay.to(redis.url);
    sim = await MessengerSimulator.start();
  });

  afterEach(async () => {
    for (const bot of bots) bot.signal('SIGKILL');
    await Promise.all(bots.splice(0).map((bot) => bot.ended));
    await relay.close();
    await sim.stop();
  });

  /** A process that listens, and the address at which it does. */
  async function newBot(settings: Partial<BotProcessSettings> = {}): Promise<{ bot: BotProcess; url: string }> {
    const { verifyToken } = sim.settings;
    const shared = { redisUrl: relay.url, prefix, verifyToken, handover: connection(sim), inbox: true };
    const bot = new BotProcess({ ...shared, ...settings });
    bots.push(bot);
    return { bot, url: await bot.listens() };
  }

  const psidOf = (customer: number): string => `66001122334455${customer + 10}`;
  const heardBy = (customer: number): string[] => sim.customer(psidOf(customer)).hears();
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const goneBy = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('set aside what kills each of them, and answer all others once', async () => {
    const texts = numbers(INNOCENT).map((customer) => `hold ${customer}`);
    const first = await newBot();
    sim.connectBot(first.url);
    for (const [customer, text] of texts.entries()) await sim.customer(psidOf(customer)).says(text);
    await until(() => first.bot.turns('began').length === INNOCENT);
    await sim.customer(psidOf(INNOCENT)).says('poison');
    await first.bot.ended;

    // Nobody can tell yet which of them it was.
    const second = await newBot();
    await second.bot.ended;
    expect(second.bot.turns('ended')).to.deep.equal([]);

    const died: BotProcess[] = [];
    for (;;) {
      const { bot } = await newBot();
      for (const text of texts) bot.letGo(text);
      void bot.ended.then(() => died.push(bot));
      await until(() => died.includes(bot) || bot.log.some((line) => line.includes('set aside')));
      if (!died.includes(bot)) break;
    }
    await until(() => numbers(INNOCENT).every((customer) => heardBy(customer).length > 0));

    expect(numbers(INNOCENT).map(heardBy)).to.deep.equal(texts.map((text) => [`bot: ${text}`]));
    expect(heardBy(INNOCENT)).to.deep.equal([]);
    expect(died, 'processes that ran it alone').to.have.length(3);
    expect(died[0]!.log.join()).to.match(/lost with two processes or more/);
    expect(bots.at(-1)!.log.join()).to.match(/1 deliveries ended every process .* set aside .* Look at/);
    const client = createClient({ url: redis.url });
    await client.connect();
    const aside = await client.lRange(`{${prefix}:${sim.settings.botAppId}}:inbox:aside`, 0, -1);
    await client.close();
    expect(aside).to.have.length(1);
    expect(aside[0]).to.include('"poison"');
  });

  it('answer each customer once if Redis is out of reach in the middle of their turns, longer than a lease', async () => {
    const first = await newBot({ leaseMs: LEASE_MS });
    const other = await newBot({ leaseMs: LEASE_MS });
    sim.connectBot(first.url);
    const texts = numbers(6).map((customer) => `hold ${customer}`);
    for (const [customer, text] of texts.entries()) await sim.customer(psidOf(customer)).says(text);
    await until(() => first.bot.turns('began').length === texts.length);
    for (const text of texts) other.bot.letGo(text);

    relay.cut();
    await goneBy(OUTAGE_MS);
    // Three turns end while Redis is out of reach, three long after it.
    // Nobody can say whether another process has their events, so they say nothing, and run again.
    for (const text of texts.slice(0, 3)) first.bot.letGo(text);
    await until(() => first.bot.log.filter((line) => line.includes('event runs again')).length === 3);
    expect(numbers(3).flatMap((customer) => heardBy(customer))).to.deep.equal([]);
    for (const text of texts.slice(0, 3)) first.bot.letGo(text);
    relay.mend();
    await until(() => numbers(3).every((customer) => heardBy(customer).length === 1));
    await goneBy(LEASE_MS + LEASE_MS / 2);
    for (const text of texts.slice(3)) first.bot.letGo(text);
    await until(() => numbers(6).every((customer) => heardBy(customer).length > 0));
    await sim.customer(psidOf(0)).says('and now?');
    await until(() => heardBy(0).includes('bot: and now?'));

    expect(numbers(6).map((customer) => heardBy(customer).slice(0, 1))).to.deep.equal(
      texts.map((text) => [`bot: ${text}`]),
    );
    expect(numbers(5).map((customer) => heardBy(customer + 1).length)).to.deep.equal([1, 1, 1, 1, 1]);
    expect(heardBy(0)).to.deep.equal(['bot: hold 0', 'bot: and now?']);
    expect(other.bot.turns('began'), 'nothing was taken from a process that lives').to.deep.equal([]);
  });

  it('finish what they run when they are asked to stop, and no other process runs it beside', async () => {
    const first = await newBot({ closesWithinMs: 60_000 });
    const other = await newBot();
    sim.connectBot(first.url);
    await sim.customer(psidOf(0)).says('hold 0');
    await until(() => first.bot.turns('began').length === 1);
    other.bot.letGo('hold 0');

    first.bot.signal('SIGTERM');
    await goneBy(3 * INBOX_LEASE_MS);
    expect(other.bot.turns('began'), 'its process lives').to.deep.equal([]);
    first.bot.letGo('hold 0');
    expect(await first.bot.ended).to.equal(0);

    sim.connectBot(other.url);
    await sim.customer(psidOf(0)).says('still there?');
    await until(() => heardBy(0).includes('bot: still there?'));
    expect(heardBy(0)).to.deep.equal(['bot: hold 0', 'bot: still there?']);
    expect(other.bot.turns('began')).to.deep.equal(['still there?']);
  });

  it('leave what lasts too long to another process when they stop, and say nothing for it afterwards', async () => {
    const first = await newBot({ closesWithinMs: 500 });
    const other = await newBot();
    sim.connectBot(first.url);
    await sim.customer(psidOf(0)).says('hold 0');
    await until(() => first.bot.turns('began').length === 1);
    other.bot.letGo('hold 0');

    first.bot.signal('SIGTERM');
    await until(() => first.bot.words.some((word) => 'left' in word));
    expect(first.bot.words).to.deep.include({ left: { running: 1, waiting: 0 } });
    await until(() => heardBy(0).length === 1);
    first.bot.letGo('hold 0');
    // It has spoken by then, to nobody, and may save nothing.
    await until(() => first.bot.log.some((line) => line.includes('another process has gone on with the thread')));

    sim.connectBot(other.url);
    await sim.customer(psidOf(0)).says('still there?');
    await until(() => heardBy(0).includes('bot: still there?'));
    expect(heardBy(0)).to.deep.equal(['bot: hold 0', 'bot: still there?']);
    expect(other.bot.turns('began')).to.deep.equal(['hold 0', 'still there?']);
  });
});
