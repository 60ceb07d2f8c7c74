/** Two bots as processes of their own behind one address; nothing is shared but Redis. */
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { createClient } from 'redis';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { partitionOf } from '../../src/store/partition-of.js';
import { recordsIn } from '../store/thread-records.js';
import { BotProcess, until } from './bot-processes.js';
import type { BotProcessSettings } from './bot-process.js';
import { connection } from './scene.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
/** A test ends within this, on a machine that is busy with other things. */
const WITHIN_MS = 120_000;

describeWithRedis('Two bot processes with Redis', function () {
  let redis: RedisServer;
  let sim: MessengerSimulator;
  let bots: BotProcess[] = [];
  let urls: string[] = [];
  let psid = '';
  let customers = 0;

  before(async () => {
    redis = await RedisServer.start();
  });

  after(() => redis.stop());

  /** For all tests of a group: starting processes takes longer than any of them. */
  function withBots(prefix: string, options: Partial<BotProcessSettings> = {}): void {
    before(async function () {
      this.timeout(WITHIN_MS);
      sim = await MessengerSimulator.start();
      const settings: BotProcessSettings = {
        redisUrl: redis.url,
        prefix,
        verifyToken: sim.settings.verifyToken,
        handover: connection(sim),
        ...options,
      };
      bots = [new BotProcess(settings), new BotProcess(settings)];
      urls = await Promise.all(bots.map((bot) => bot.listens()));
    });

    after(async () => {
      for (const bot of bots) bot.signal('SIGKILL');
      await Promise.all(bots.map((bot) => bot.ended));
      await sim.stop();
    });

    beforeEach(async function () {
      this.timeout(WITHIN_MS);
      psid = await newCustomer();
      for (const bot of bots) bot.words.length = 0;
    });
  }

  /** A customer whom the bot may answer, because they wrote. */
  async function newCustomer(): Promise<string> {
    customers += 1;
    const id = `66001122334455${customers + 10}`;
    const greetings = (): number => ended().filter((text) => text === 'hi').length;
    const before = greetings();
    sim.connectBot(urls);
    await sim.customer(id).says('hi');
    // The bot's last word of that turn comes after the customer's: the next turn that is seen is the test's.
    await until(() => sim.customer(id).hears().length === 1 && greetings() > before);
    return id;
  }

  /** What the customer read after the first greeting. */
  const heard = (id = psid): string[] => sim.customer(id).hears().slice(1);
  const began = (): string[] => bots.flatMap((bot) => bot.turns('began'));
  const ended = (): string[] => bots.flatMap((bot) => bot.turns('ended'));

  /** Delivers one message to one of the bots; resolves with the status of its answer. */
  async function deliverTo(bot: number, mid: string, text: string, id = psid): Promise<number> {
    const { pageId } = sim.settings;
    const message = { mid: `${mid} of ${id}`, text };
    const item = { sender: { id }, recipient: { id: pageId }, timestamp: Date.now(), message };
    const body = { object: 'page', entry: [{ id: pageId, time: Date.now(), messaging: [item] }] };
    sim.connectBot(urls[bot]!);
    const answer = await sim.deliverRaw(body);
    return answer.status;
  }

  /** Texts of the bot that Graph got while another app owned the thread. */
  function saidOverTheAgent(): string[] {
    let owner = 'idle';
    const found: string[] = [];
    for (const entry of sim.wire.entries()) {
      if (entry.kind === 'owner' && entry.psid === psid) owner = entry.to;
      if (entry.kind !== 'graph' || entry.appId !== sim.settings.botAppId || entry.edge !== 'messages') continue;
      if ((entry.body as { recipient?: { id?: string } }).recipient?.id !== psid) continue;
      if (owner !== 'idle' && owner !== sim.settings.botAppId) found.push(JSON.stringify(entry.body));
    }
    return found;
  }

  describe('behind one address', function () {
    this.timeout(WITHIN_MS);
    withBots('bots');

    it('make one handover and one resume of many copies, and say no word over the agent', async () => {
      sim.connectBot(urls);
      sim.weather.duplicates = 2;
      sim.weather.duplicatesCome = 'together';
      const customer = sim.customer(psid);
      await customer.says('hello');
      await customer.says('agent please');
      await sim.settled();
      expect(sim.ownerOf(psid).owner).to.equal(sim.settings.vccLiveAppId);
      await customer.says('is somebody there?');
      await sim.agent().says(psid, 'Hello, I am Anna');
      await sim.agent().handsBack(psid, 'done');
      await customer.says('thanks');
      await sim.settled();
      sim.weather.calm();

      const own = heard().filter((text) => text !== 'Hello, I am Anna');
      expect(own).to.deep.equal(['bot: hello', CONNECTING, 'ended: completed via passBack', 'bot: thanks']);
      const passes = sim.wire.of('graph').filter((call) => call.edge === 'pass_thread_control');
      expect(passes.filter((call) => call.appId === sim.settings.botAppId)).to.have.length(1);
      expect(saidOverTheAgent()).to.deep.equal([]);
    });

    it('keep the order of a thread: a slow turn in one holds up the next message in the other, and no other thread', async () => {
      const other = await newCustomer();
      const first = deliverTo(0, 'm_1', 'hold first');
      await until(() => began().includes('hold first'));
      const second = deliverTo(1, 'm_2', 'second');
      // It has come to its process when it has its ticket behind the first.
      const id = `${sim.settings.pageId}/${psid}`;
      const client = createClient({ url: redis.url });
      await client.connect();
      await until(
        async () => (await client.hLen(`{bots:${sim.settings.botAppId}/${partitionOf(id, 64)}}:queue:${id}`)) === 2,
      );
      await client.close();
      const third = deliverTo(0, 'm_3', 'third');
      expect(await deliverTo(1, 'm_4', 'other', other)).to.equal(200);
      expect(heard(other), 'the other thread did not wait').to.deep.equal(['bot: other']);
      expect(heard()).to.deep.equal([]);
      bots[0]!.letGo('hold first');
      expect(await Promise.all([first, second, third])).to.deep.equal([200, 200, 200]);
      await until(() => heard().length === 3);
      expect(heard()).to.deep.equal(['bot: hold first', 'bot: second', 'bot: third']);
      const ofAll = new RedisThreadStore(redis.url, { prefix: 'bots' });
      const store = recordsIn(ofAll, sim.settings.botAppId);
      const anybody = { thread: { pageId: sim.settings.pageId, psid }, event: 'another', processId: 'anybody' };
      await until(async () => (await store.isNext(anybody)) === 'next');
      await ofAll.close();
    });

    it('do not acknowledge a copy while the other works on the first, and do it once', async () => {
      const first = deliverTo(0, 'm_1', 'hold');
      await until(() => began().length === 1);
      expect(await deliverTo(1, 'm_1', 'hold')).to.equal(503);
      expect(await first, 'its own turn goes on').to.equal(200);
      bots[0]!.letGo('hold');
      await until(() => ended().length === 1);
      // The turn has ended when the bot says so; a moment later the event is finished for both.
      await until(async () => (await deliverTo(1, 'm_1', 'hold')) === 200);
      expect(began()).to.deep.equal(['hold']);
      expect(heard()).to.deep.equal(['bot: hold']);
    });

    it('finish what a process that was killed had begun, with the next delivery, and what came behind it', async () => {
      void deliverTo(0, 'm_1', 'hold for good').catch(() => undefined);
      await until(() => began().length === 1);
      bots[0]!.signal('SIGKILL');
      await bots[0]!.ended;
      const answers = [deliverTo(1, 'm_1', 'hello again'), deliverTo(1, 'm_2', 'are you there?')];
      expect(await Promise.all(answers), 'its lease is not over, and this one may be killed as well').to.deep.equal([
        503, 503,
      ]);
      await until(async () => (await deliverTo(1, 'm_1', 'hello again')) === 200);
      await until(async () => (await deliverTo(1, 'm_2', 'are you there?')) === 200);
      expect(heard()).to.have.members(['bot: hello again', 'bot: are you there?']).and.to.have.length(2);
    });
  });

  describe('and an inbox', function () {
    this.timeout(WITHIN_MS);
    withBots('inbox', { inbox: true });

    it('acknowledge at once, and work off what a process that was killed in a slow turn had acknowledged', async () => {
      const [killed, other] = [bots[0]!, bots[1]!];
      expect(await deliverTo(0, 'm_1', 'hold')).to.equal(200);
      await until(() => killed.turns('began').length === 1);
      killed.signal('SIGKILL');
      await killed.ended;
      bots = [other];
      urls = [urls[1]!];
      expect(heard()).to.deep.equal([]);
      other.letGo('hold');
      await until(() => other.turns('ended').length === 1);
      expect(heard()).to.deep.equal(['bot: hold']);
      expect(other.turns('began')).to.deep.equal(['hold']);
    });

    it('when asked to stop, finish what runs, take nothing more, and end', async () => {
      const bot = bots.at(-1)!;
      const late = await newCustomer();
      expect(await deliverTo(0, 'm_1', 'hold')).to.equal(200);
      await until(() => bot.turns('began').includes('hold'));
      bot.signal('SIGTERM');
      await until(async () => (await deliverTo(0, 'm_2', 'too late', late)) === 503);
      bot.letGo('hold');
      expect(await bot.ended).to.equal(0);
      expect(bot.words.at(-1)).to.deep.equal({ left: { running: 0, waiting: 0 } });
      expect(heard()).to.deep.equal(['bot: hold']);
    });
  });
});
