/**
 * A bot process that stands still in the middle of a turn, for longer than its lease, and goes on after another process has
 * run the event: a paused virtual machine, a blocked event loop. Real processes, really stopped.
 */
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { Emulator } from '../store/azurite.js';
import { startEmulator } from '../store/azurite.js';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { TcpRelay } from '../store/tcp-relay.js';
import type { BotProcessSettings } from './bot-process.js';
import { BotProcess, until } from './bot-processes.js';
import { connection } from './scene.js';

const WITHIN_MS = 150_000;
const PSID = '6600112233445511';

/** Longer than a lease, and the longest wait of a connection for the next try. */
const CUT_OFF_MS = 17_000;

function aPausedProcess(shared: () => Pick<BotProcessSettings, 'redisUrl' | 'blobs'>): void {
  let sim: MessengerSimulator;
  let bots: BotProcess[] = [];
  let urls: string[] = [];

  before(async function () {
    this.timeout(WITHIN_MS);
    sim = await MessengerSimulator.start();
    const settings: BotProcessSettings = {
      ...shared(),
      prefix: 'paused',
      verifyToken: sim.settings.verifyToken,
      handover: connection(sim),
    };
    bots = [new BotProcess(settings), new BotProcess(settings)];
    urls = await Promise.all(bots.map((bot) => bot.listens()));
  });

  after(async () => {
    for (const bot of bots) bot.signal('SIGKILL');
    await Promise.all(bots.map((bot) => bot.ended));
    await sim.stop();
  });

  async function deliverTo(bot: number, mid: string, text: string): Promise<number> {
    const { pageId } = sim.settings;
    const item = { sender: { id: PSID }, recipient: { id: pageId }, timestamp: Date.now(), message: { mid, text } };
    const body = { object: 'page', entry: [{ id: pageId, time: Date.now(), messaging: [item] }] };
    sim.connectBot(urls[bot]!);
    return (await sim.deliverRaw(body)).status;
  }

  it('says nothing when it goes on: the customer reads one answer, and the next message is answered', async () => {
    const [first, second] = bots as [BotProcess, BotProcess];
    sim.connectBot(urls);
    await sim.customer(PSID).says('hi');
    await until(() => sim.customer(PSID).hears().length === 1);
    expect(await deliverTo(0, 'm_1', 'hold it'), 'acknowledged at the deadline').to.equal(200);
    expect(first.turns('began')).to.include('hold it');
    first.signal('SIGSTOP');

    second.letGo('hold it');
    let status = 0;
    // As Meta does: again, until somebody takes it.
    await until(async () => (status = await deliverTo(1, 'm_1', 'hold it')) === 200);
    expect(status).to.equal(200);
    await until(() => sim.customer(PSID).hears().includes('bot: hold it'));

    first.signal('SIGCONT');
    first.letGo('hold it');
    await until(() => endedEarly(first) === 1);
    expect(await deliverTo(0, 'm_2', 'and now?')).to.equal(200);
    await until(() => sim.customer(PSID).hears().includes('bot: and now?'));
    expect(sim.customer(PSID).hears()).to.deep.equal(['bot: hi', 'bot: hold it', 'bot: and now?']);
  }).timeout(WITHIN_MS);

  it('answers late if a later message was first elsewhere: its turn ends early, and its event runs again', async () => {
    const [first, second] = bots as [BotProcess, BotProcess];
    const earlierEnds = endedEarly(first);
    const heard = sim.customer(PSID).hears().length;
    expect(await deliverTo(0, 'm_slow', 'hold me'), 'acknowledged at the deadline').to.equal(200);
    first.signal('SIGSTOP');
    await until(async () => (await deliverTo(1, 'm_quick', 'quick')) === 200);
    await until(() => second.turns('ended').includes('quick'));

    first.signal('SIGCONT');
    first.letGo('hold me');
    await until(() => endedEarly(first) > earlierEnds);
    await until(() => first.turns('began').filter((text) => text === 'hold me').length === 2);
    first.letGo('hold me');
    await until(() => first.turns('ended').includes('hold me'));
    expect(sim.customer(PSID).hears().slice(heard)).to.deep.equal(['bot: quick', 'bot: hold me']);
  }).timeout(WITHIN_MS);

  it('leaves the dialog alone that a later message has begun elsewhere: it gets its result', async () => {
    const [first, second] = bots as [BotProcess, BotProcess];
    const earlierEnds = endedEarly(first);
    const heard = sim.customer(PSID).hears().length;
    expect(await deliverTo(0, 'm_held', 'hold silently'), 'acknowledged at the deadline').to.equal(200);
    first.signal('SIGSTOP');
    await until(async () => (await deliverTo(1, 'm_agent', 'agent please')) === 200);
    await until(() => second.turns('ended').includes('agent please'));

    first.signal('SIGCONT');
    first.letGo('hold silently');
    await until(() => endedEarly(first) > earlierEnds);
    await sim.agent().handsBack(PSID, 'done');
    await until(() => sim.customer(PSID).hears().slice(heard).includes('ended: completed via passBack'));
  }).timeout(WITHIN_MS);

  for (const text of ['hold on', 'hold silently']) {
    it(`saves nothing when it goes on after "${text}": the dialog that waits in the other process gets its result`, async () => {
      const [first, second] = bots as [BotProcess, BotProcess];
      const earlierEnds = endedEarly(first);
      const heard = sim.customer(PSID).hears().length;
      expect(await deliverTo(0, `m_${text}`, text), 'acknowledged at the deadline').to.equal(200);
      first.signal('SIGSTOP');
      second.letGo(text);
      await until(async () => (await deliverTo(1, `m_${text}`, text)) === 200);
      expect(await deliverTo(1, `m_agent after ${text}`, 'agent please')).to.equal(200);
      await until(() => second.turns('ended').includes('agent please'));

      first.signal('SIGCONT');
      first.letGo(text);
      await until(() => endedEarly(first) > earlierEnds);
      await sim.agent().handsBack(PSID, 'done');
      await until(() => sim.customer(PSID).hears().slice(heard).includes('ended: completed via passBack'));
    }).timeout(WITHIN_MS);
  }
}

/** How many turns of a process another one has taken over. */
function endedEarly({ log }: BotProcess): number {
  return log.filter((line) => line.includes('another process has gone on with the thread')).length;
}

describeWithRedis('A process that was paused, with Redis', () => {
  let redis: RedisServer;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  aPausedProcess(() => ({ redisUrl: redis.url }));
});

describeWithRedis('A process that is cut off from Redis alone, in a turn that outlasts its lease', () => {
  let redis: RedisServer;
  let relay: TcpRelay;
  let sim: MessengerSimulator;
  let bots: BotProcess[] = [];

  before(async function () {
    this.timeout(WITHIN_MS);
    redis = await RedisServer.start();
    relay = await TcpRelay.to(redis.url);
    sim = await MessengerSimulator.start();
    const { verifyToken } = sim.settings;
    const settings = { prefix: 'cut', verifyToken, handover: connection(sim) };
    bots = [relay.url, redis.url].map((redisUrl) => new BotProcess({ ...settings, redisUrl }));
  });

  after(async () => {
    for (const bot of bots) bot.signal('SIGKILL');
    await Promise.all(bots.map((bot) => bot.ended));
    await sim.stop();
    await relay.close();
    await redis.stop();
  });

  it('says nothing: the customer reads the answer of the process that took the event over, and no second one', async () => {
    const [first, second] = bots as [BotProcess, BotProcess];
    const urls = await Promise.all(bots.map((bot) => bot.listens()));
    sim.connectBot(urls[0]!);
    const customer = sim.customer(PSID);
    const { pageId } = sim.settings;
    const item = { sender: { id: PSID }, recipient: { id: pageId }, timestamp: Date.now() };
    const body = (mid: string, text: string): object => ({
      object: 'page',
      entry: [{ id: pageId, time: Date.now(), messaging: [{ ...item, message: { mid, text } }] }],
    });
    await customer.says('hi');
    await until(() => customer.hears().length === 1);
    expect((await sim.deliverRaw(body('m_1', 'hold it'))).status, 'acknowledged at the deadline').to.equal(200);
    relay.cut();
    const cutAtMs = Date.now();

    sim.connectBot(urls[1]!);
    second.letGo('hold it');
    await until(async () => (await sim.deliverRaw(body('m_1', 'hold it'))).status === 200);
    await until(() => customer.hears().includes('bot: hold it'));
    await until(() => Date.now() - cutAtMs > CUT_OFF_MS);
    first.letGo('hold it');
    await until(() => endedEarly(first) === 1);
    relay.mend();

    await until(async () => (await sim.deliverRaw(body('m_2', 'and now?'))).status === 200);
    await until(() => customer.hears().includes('bot: and now?'));
    expect(customer.hears()).to.deep.equal(['bot: hi', 'bot: hold it', 'bot: and now?']);
    expect(first.turns('began')).to.deep.equal(['hi', 'hold it']);
  }).timeout(WITHIN_MS);
});

describe('A process that was paused, with blobs', () => {
  let emulator: Emulator;
  before(async function () {
    this.timeout(WITHIN_MS);
    emulator = await startEmulator();
  });
  after(() => emulator.stop());
  aPausedProcess(() => ({ blobs: emulator.connectionString }));
});
