/** Bots as processes of their own over one SQLite file, killed in the middle of what they do. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { SqliteFolder, describeWithSqlite } from '../store/sqlite-files.js';
import { BotProcess, until } from './bot-processes.js';
import { connection } from './scene.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const PSID = '6600112233445501';
/** A story ends within this, on a machine that is busy with other things. */
const WITHIN_MS = 180_000;

describeWithSqlite('Bot processes over one SQLite file', function (driver) {
  const folder = new SqliteFolder();
  let sim: MessengerSimulator;
  let shared = '';
  const bots: BotProcess[] = [];

  beforeEach(async () => {
    shared = mkdtempSync(join(folder.path, 'bots-'));
    sim = await MessengerSimulator.start();
  });

  afterEach(async () => {
    for (const bot of bots) bot.signal('SIGKILL');
    await Promise.all(bots.splice(0).map((bot) => bot.ended));
    await sim.stop();
  });

  /** A process that listens, and the address at which it does. */
  async function newBot(): Promise<{ bot: BotProcess; url: string }> {
    const { verifyToken } = sim.settings;
    const sqlite = { folder: shared, driver };
    const bot = new BotProcess({ sqlite, prefix: '', verifyToken, handover: connection(sim), inbox: true });
    bots.push(bot);
    return { bot, url: await bot.listens() };
  }

  async function killed(bot: BotProcess): Promise<void> {
    bot.signal('SIGKILL');
    await bot.ended;
  }

  const customer = () => sim.customer(PSID);

  it('go on with a handover after each of them was killed in it, and end its dialog once', async () => {
    const first = await newBot();
    sim.connectBot(first.url);
    await customer().says('hello');
    await customer().says('agent please');
    await until(() => first.bot.turns('ended').includes('agent please'));
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
    await killed(first.bot);

    const second = await newBot();
    sim.connectBot(second.url);
    await customer().says('is somebody there?');
    await sim.agent().says(PSID, 'Hello, I am Anna');
    await until(() => customer().hears().includes('Hello, I am Anna'));
    await killed(second.bot);

    const third = await newBot();
    sim.connectBot(third.url);
    await sim.agent().handsBack(PSID, 'done');
    await customer().says('thanks');
    await until(() => customer().hears().includes('bot: thanks'));
    expect(customer().hears()).to.deep.equal([
      'bot: hello',
      CONNECTING,
      'Hello, I am Anna',
      'ended: completed via passBack',
      'bot: thanks',
    ]);
  }).timeout(WITHIN_MS);

  it('answer what a killed one had in its inbox, once and in order', async () => {
    const first = await newBot();
    const second = await newBot();
    sim.connectBot(first.url);
    await customer().says('hold one');
    await customer().says('two');
    await until(() => first.bot.turns('began').length === 1);
    second.bot.letGo('hold one');
    await killed(first.bot);
    await until(() => customer().hears().length === 2);
    sim.connectBot(second.url);
    await customer().says('three');
    await until(() => customer().hears().length === 3);
    expect(customer().hears()).to.deep.equal(['bot: hold one', 'bot: two', 'bot: three']);
  }).timeout(WITHIN_MS);

  it('make one handover of many copies that come to all of them at once', async () => {
    const processes = [await newBot(), await newBot(), await newBot()];
    sim.connectBot(processes.map(({ url }) => url));
    sim.weather.duplicates = 2;
    sim.weather.duplicatesCome = 'together';
    await customer().says('hello');
    await customer().says('agent please');
    await until(() => sim.ownerOf(PSID).owner === sim.settings.vccLiveAppId);
    await sim.agent().handsBack(PSID, 'done');
    await customer().says('thanks');
    await until(() => customer().hears().includes('bot: thanks'));
    expect(customer().hears()).to.deep.equal([
      'bot: hello',
      CONNECTING,
      'ended: completed via passBack',
      'bot: thanks',
    ]);
  }).timeout(WITHIN_MS);
});
